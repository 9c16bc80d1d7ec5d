//! Query strings: names and texts, with the bracket form unfolded and put beside the JSON form.

use base::{Code, Error, Limits, Result, nearly};
use serde_json::{Map, Value as Json};

/// Query parameters with the bracket form unfolded.
#[derive(Debug, Default)]
pub(crate) struct Params(Map<String, Json>);

impl Params {
    /// Reads a query string.
    pub(crate) fn parse(query: &str, limits: &Limits) -> Result<Self> {
        let (mut root, mut trees) = (Map::new(), Map::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (head, keys) = split_brackets(&name);
            if keys.len() > limits.filter_depth_max {
                return Err(invalid(
                    head,
                    format!("is nested deeper than {}", limits.filter_depth_max),
                ));
            }
            let place = if keys.is_empty() { &mut root } else { &mut trees };
            insert(place, &name, head, &keys, value.into_owned())?;
        }
        for (head, tree) in trees {
            let tree = unfold(tree);
            let both = match root.shift_remove(&head) {
                None => tree,
                Some(told) => beside(told, tree),
            };
            root.insert(head, both);
        }
        Ok(Self(root))
    }

    /// The same parameters as the keys of a JSON object, whose values need no unfolding.
    pub(crate) fn of(body: Map<String, Json>) -> Self {
        Self(body)
    }

    /// Refuses a name that was surely meant as one of `known`: in other letters, in the plural, with
    /// a dot for brackets or a bracket left open, or misspelt by a letter or two. Passed over, a
    /// filter would let everything through.
    pub(crate) fn none_nearly(&self, known: &[&str]) -> Result<()> {
        let mut others = self.0.keys().filter(|name| !known.contains(&name.as_str())).peekable();
        if others.peek().is_none() {
            return Ok(());
        }
        let plains: Vec<String> = known.iter().map(|one| plain(one)).collect();
        for name in others {
            let head = plain(name.split(['[', '.']).next().unwrap_or_default());
            let near = nearly(&head, plains.iter().map(String::as_str));
            if let Some((_, meant)) =
                plains.iter().zip(known).find(|(plain, _)| Some(plain.as_str()) == near)
            {
                return Err(invalid(name, format!("is not known; `{meant}` is")).hint(format!(
                    "did you mean `{meant}`? A part of it is written `{meant}[key]`"
                )));
            }
        }
        Ok(())
    }

    /// The names that were given.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// A bare text parameter.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.get(key)? {
            Json::String(text) => Some(text.clone()),
            Json::Array(items) => items.last().and_then(Json::as_str).map(str::to_owned),
            other => Some(other.to_string()),
        }
    }

    /// Whether a switch is on: `true` or `1`.
    pub(crate) fn on(&self, key: &str) -> bool {
        matches!(self.text(key).as_deref(), Some("true" | "1"))
    }

    /// A word that is on or off, if it is given.
    pub(super) fn switch(&self, key: &str) -> Result<Option<bool>> {
        let Some(text) = self.text(key) else { return Ok(None) };
        match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(invalid(key, format!("`{text}` is not `true` or `false`"))),
        }
    }

    /// JSON text, or the bracket form, or both: what stands in several parts holds together.
    pub(crate) fn json(&self, key: &str) -> Result<Option<Json>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Json::String(text)) => {
                serde_json::from_str(text).map(Some).map_err(|fault| unread(key, &fault))
            }
            Some(Json::Array(parts)) if parts.iter().any(Json::is_string) => joined(key, parts),
            Some(other) => Ok(Some(other.clone())),
        }
    }

    /// A list of words: a JSON array, comma-separated text, or a repeated key.
    pub(crate) fn words(&self, key: &str) -> Result<Vec<String>> {
        let mut words = Vec::new();
        let items = match self.get(key) {
            None => return Ok(words),
            Some(Json::Array(items)) => items.clone(),
            Some(other) => vec![other.clone()],
        };
        for item in items {
            match item {
                Json::String(text) if text.trim_start().starts_with('[') => {
                    let inner: Vec<Json> = serde_json::from_str(&text)
                        .map_err(|fault| invalid(key, format!("is not a JSON array ({fault})")))?;
                    for one in inner {
                        match one {
                            Json::String(word) => words.push(word),
                            other => {
                                return Err(invalid(
                                    key,
                                    format!("holds `{other}`, which is not a text"),
                                ));
                            }
                        }
                    }
                }
                Json::String(text) if text.trim_start().starts_with('{') => {
                    return Err(invalid(key, "is an object, and not a list of names"));
                }
                Json::String(text) => {
                    words.extend(
                        text.split(',')
                            .map(str::trim)
                            .filter(|word| !word.is_empty())
                            .map(str::to_owned),
                    );
                }
                other => return Err(invalid(key, format!("holds `{other}`, which is not a text"))),
            }
        }
        Ok(words)
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>> {
        match self.text(key) {
            None => Ok(None),
            Some(text) if text.trim().is_empty() => Ok(None),
            Some(text) => text
                .trim()
                .parse()
                .map(Some)
                .map_err(|_| invalid(key, format!("`{text}` is not a whole number"))),
        }
    }

    pub(super) fn natural(&self, key: &str) -> Result<Option<u64>> {
        match self.integer(key)? {
            None => Ok(None),
            Some(n) => {
                u64::try_from(n).map(Some).map_err(|_| invalid(key, format!("`{n}` is below zero")))
            }
        }
    }
}

/// `filter[a][gt]` is `filter` with the keys `a`, `gt`; `fields[]` has one empty key.
fn split_brackets(name: &str) -> (&str, Vec<&str>) {
    let Some(open) = name.find('[').filter(|_| name.ends_with(']')) else {
        return (name, Vec::new());
    };
    let inner = &name[open + 1..name.len() - 1];
    (&name[..open], inner.split("][").collect())
}

/// `whole` is the name as it was sent.
fn insert(
    map: &mut Map<String, Json>,
    whole: &str,
    head: &str,
    keys: &[&str],
    value: String,
) -> Result<()> {
    let Some((first, rest)) = keys.split_first() else {
        let slot = map.entry(head).or_insert(Json::Null);
        *slot = match slot.take() {
            Json::Null => Json::String(value),
            Json::Object(_) => return Err(value_and_brackets(whole)),
            Json::Array(mut items) => {
                items.push(Json::String(value));
                Json::Array(items)
            }
            other => Json::Array(vec![other, Json::String(value)]),
        };
        return Ok(());
    };
    let Json::Object(inner) = map.entry(head).or_insert_with(|| Json::Object(Map::new())) else {
        return Err(value_and_brackets(whole));
    };
    if !first.is_empty() {
        return insert(inner, whole, first, rest, value);
    }
    // `a[]=x&a[]=y` counts up, so that order is kept.
    let next = inner.len().to_string();
    if inner.contains_key(&next) {
        return Err(invalid(
            whole,
            "stands beside positions with gaps, behind which it has no place",
        )
        .hint("number every entry, or none"));
    }
    insert(inner, whole, &next, rest, value)
}

/// To keep one of the two would leave a condition out without a word.
fn value_and_brackets(name: &str) -> Error {
    invalid(name, "has a value in one place and brackets behind it in another")
        .hint("give the value its operator in brackets, as in filter[field][eq]=value")
}

/// What was said without brackets and, under the same name, with them.
fn beside(told: Json, tree: Json) -> Json {
    let mut parts = match told {
        Json::Array(texts) => texts,
        text => vec![text],
    };
    match tree {
        Json::Array(items) => parts.extend(items),
        tree => parts.push(tree),
    }
    Json::Array(parts)
}

/// One object of several, of which some are JSON text.
fn joined(key: &str, parts: &[Json]) -> Result<Option<Json>> {
    let mut objects: Vec<Map<String, Json>> = Vec::with_capacity(parts.len());
    for part in parts {
        let part = match part {
            Json::String(text) if text.trim().is_empty() => continue,
            Json::String(text) => {
                serde_json::from_str(text).map_err(|fault| unread(key, &fault))?
            }
            part => part.clone(),
        };
        let Json::Object(object) = part else {
            return Err(invalid(key, "stands several times, and not each time as an object"));
        };
        objects.push(object);
    }
    if key == "filter" {
        let all = objects.into_iter().map(Json::Object).collect();
        return Ok(Some(Json::Object(Map::from_iter([(String::from("AND"), Json::Array(all))]))));
    }
    let mut whole = Map::new();
    for (name, value) in objects.into_iter().flatten() {
        if whole.contains_key(&name) {
            return Err(invalid(key, format!("names `{name}` twice")));
        }
        whole.insert(name, value);
    }
    Ok(Some(Json::Object(whole)))
}

/// Highest position of a list with gaps; beyond it the keys are names. So the original's own parser
/// has it.
const GAP_MAX: usize = 20;

/// Objects whose keys are positions are lists, in whatever order the positions were sent.
fn unfold(json: Json) -> Json {
    match json {
        Json::Object(map) => {
            let most = map.len().max(GAP_MAX + 1);
            if !map.is_empty() && map.keys().all(|key| position(key).is_some_and(|at| at < most)) {
                let mut items: Vec<(String, Json)> = map.into_iter().collect();
                items.sort_by_key(|(key, _)| position(key));
                Json::Array(items.into_iter().map(|(_, value)| unfold(value)).collect())
            } else {
                Json::Object(map.into_iter().map(|(key, value)| (key, unfold(value))).collect())
            }
        }
        Json::Array(items) => Json::Array(items.into_iter().map(unfold).collect()),
        leaf => leaf,
    }
}

fn position(key: &str) -> Option<usize> {
    let plain =
        key.bytes().all(|byte| byte.is_ascii_digit()) && (key == "0" || !key.starts_with('0'));
    if plain { key.parse().ok() } else { None }
}

/// A name without what differs between habits of writing it: case, `_`, `-` and the plural.
fn plain(name: &str) -> String {
    let mut plain: String = name.chars().filter(|sign| !matches!(sign, '_' | '-')).collect();
    plain.make_ascii_lowercase();
    if plain.ends_with('s') {
        plain.pop();
    }
    plain
}

/// The refusal of a text that is no JSON, or is deeper than any reader of JSON goes.
fn unread(key: &str, fault: &serde_json::Error) -> Error {
    match fault.to_string() {
        deep if deep.starts_with("recursion limit") => {
            invalid(key, "is nested too deep: JSON may have 127 levels")
        }
        fault => invalid(key, format!("is not JSON ({fault})")),
    }
}

/// The refusal of a parameter.
pub(super) fn invalid(key: &str, what: impl AsRef<str>) -> Error {
    let what = what.as_ref();
    // What is quoted first is the value or a part of it, and no predicate of the parameter.
    let colon = if what.starts_with('`') { ":" } else { "" };
    Error::new(Code::InvalidQuery, format!("query parameter `{key}`{colon} {what}")).at(key)
}
