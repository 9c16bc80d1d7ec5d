//! From the bytes of a request to what it asks. Pure: imports `base` and `query` only.
//!
//! Accepts everything the SDK and the other known clients of the original send
//! (`spec/data.md` 1.1, 1.2): JSON texts, comma lists, repeated keys and the bracket form.

pub(crate) use super::params::Params;
use super::params::invalid;
use base::{Code, Error, Limits, Result, nearest};
use indexmap::IndexMap;
use query::{
    AggregateAsked, AggregateFunction, CountMode, Direction, DistanceAsked, Filter, Read,
    RelConditions, SortAsked,
};
use serde_json::Value as Json;

/// Every parameter of a list.
const PARAMETERS: [&str; 15] = [
    "fields",
    "filter",
    "sort",
    "limit",
    "offset",
    "page",
    "after",
    "search",
    "searchFields",
    "sortByRelevance",
    "relConditions",
    "paranoid",
    "aggregate",
    "groupBy",
    "count",
];

/// How numbers are answered, which the caller's headers say, too.
const NUMBERS: &str = "numbers";

/// Refuses a parameter by the name of a field: passed over, what was meant as its filter would let
/// everything through.
pub(crate) fn no_field(params: &Params, is_field: impl Fn(&str) -> bool) -> Result<()> {
    let known = |name: &str| name == NUMBERS || PARAMETERS.contains(&name);
    match params.names().filter(|name| !known(name)).take(LOOKED_AT_MAX).find(|name| is_field(name))
    {
        Some(name) => Err(invalid(name, "is no parameter; it is a field of the collection")
            .hint(format!("a field is asked for in `filter`, as `filter[{name}]=…`"))),
        None => Ok(()),
    }
}

/// Most names of others that are looked for among the fields.
const LOOKED_AT_MAX: usize = 50;

/// The parameters of a list, as a read of `collection`; `as_original` says that its filter is taken
/// as the original takes it.
pub(crate) fn read(
    collection: &str,
    params: &Params,
    limits: &Limits,
    is_relation: &dyn Fn(&str) -> bool,
    as_original: bool,
) -> Result<Read> {
    // The original passes over every name that it does not know.
    if !as_original {
        params.none_nearly(&PARAMETERS)?;
    }
    Ok(Read {
        collection: collection.to_owned(),
        key: None,
        fields: params.words("fields")?,
        filter: filter(params, limits, as_original)?,
        as_original,
        sort: sort(params)?,
        limit: params.integer("limit")?,
        uncapped: false,
        offset: params.natural("offset")?,
        page: params.integer("page")?.map(|page| u64::try_from(page).unwrap_or(1).max(1)),
        after: params.text("after"),
        search: params.text("search").filter(|words| !words.trim().is_empty()),
        search_fields: params.words("searchFields")?,
        by_relevance: params.on("sortByRelevance"),
        rel_conditions: rel_conditions(params, limits, is_relation)?,
        with_deleted: params.switch("paranoid")? == Some(false),
        aggregate: aggregate(params)?,
        group_by: params.words("groupBy")?,
        count: count(params)?,
        ..Read::default()
    })
}

fn filter(params: &Params, limits: &Limits, as_original: bool) -> Result<Option<Filter>> {
    let parse = if as_original { query::parse_loose_filter } else { query::parse_filter };
    params.json("filter")?.map(|json| parse(&json, "filter", limits)).transpose()
}

fn rel_conditions(
    params: &Params,
    limits: &Limits,
    is_relation: &dyn Fn(&str) -> bool,
) -> Result<RelConditions> {
    match params.json("relConditions")? {
        None => Ok(RelConditions::default()),
        Some(json) => query::parse_rel_conditions(&json, "relConditions", is_relation, limits),
    }
}

fn count(params: &Params) -> Result<CountMode> {
    match params.text("count").as_deref() {
        None | Some("exact") => Ok(CountMode::Exact),
        Some("estimate") => Ok(CountMode::Estimate),
        Some("none") => Ok(CountMode::None),
        Some(other) => {
            Err(invalid("count", format!("`{other}` is not `exact`, `estimate` or `none`")))
        }
    }
}

/// Every form of `spec/data.md` 7.
fn sort(params: &Params) -> Result<Vec<SortAsked>> {
    let mut keys = Vec::new();
    match params.get("sort") {
        None => {}
        Some(Json::String(text)) => sort_text(text, &mut keys)?,
        Some(Json::Array(items)) => {
            for item in items {
                match item {
                    Json::String(text) => sort_text(text, &mut keys)?,
                    other => sort_json(other, &mut keys)?,
                }
            }
        }
        Some(other) => sort_json(other, &mut keys)?,
    }
    Ok(keys)
}

fn sort_text(text: &str, keys: &mut Vec<SortAsked>) -> Result<()> {
    let trimmed = text.trim();
    if trimmed.starts_with(['{', '[']) {
        let json: Json = serde_json::from_str(trimmed)
            .map_err(|fault| invalid("sort", format!("is not JSON ({fault})")))?;
        return sort_json(&json, keys);
    }
    for word in trimmed.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        // A group of a part of a date has colons in its own name.
        let dated = word.starts_with("date:");
        keys.push(match (word.strip_prefix('-'), word.rsplit_once(':')) {
            (Some(path), _) => plain(path, Direction::Descending),
            (None, Some((_, way))) if dated && direction(way).is_err() => {
                plain(word, Direction::Ascending)
            }
            (None, Some((path, way))) => plain(path, direction(way)?),
            (None, None) => plain(word, Direction::Ascending),
        });
    }
    Ok(())
}

fn sort_json(json: &Json, keys: &mut Vec<SortAsked>) -> Result<()> {
    match json {
        Json::String(text) => sort_text(text, keys),
        Json::Array(items) => items.iter().try_for_each(|item| sort_json(item, keys)),
        Json::Object(map) => {
            let named = map.get("column").or_else(|| map.get("field")).and_then(Json::as_str);
            let way = map.get("order").or_else(|| map.get("direction"));
            // `{"field": "desc"}` alone is a column that is called `field`.
            let own = |path: &str| map.len() == 1 && direction(path).is_ok();
            if let Some(path) = named.filter(|path| !own(path)) {
                let way = match way {
                    None | Some(Json::Null) => Direction::Ascending,
                    Some(Json::String(way)) => direction(way)?,
                    Some(other) => {
                        return Err(invalid("sort", format!("`{other}` is not `asc` or `desc`")));
                    }
                };
                keys.push(plain(path, way));
                return Ok(());
            }
            for (path, way) in map {
                if path == DISTANCE {
                    keys.push(distance(way)?);
                    continue;
                }
                let way = way.as_str().ok_or_else(|| {
                    invalid("sort", format!("`{path}` goes `asc` or `desc`, not {way}"))
                })?;
                keys.push(plain(path, direction(way)?));
            }
            Ok(())
        }
        other => Err(invalid("sort", format!("`{other}` is not a sort key"))),
    }
}

fn plain(path: &str, direction: Direction) -> SortAsked {
    SortAsked { path: path.to_owned(), direction, distance: None }
}

/// The sort key that is no field.
const DISTANCE: &str = "_distance";

/// `{target, column, direction?}`.
fn distance(json: &Json) -> Result<SortAsked> {
    let at = format!("sort.{DISTANCE}");
    let wrong = |at: String, why: String| {
        Error::new(Code::InvalidQuery, why)
            .at(at)
            .hint(r#"for example {"_distance": {"target": [13.4, 52.5], "column": "place", "direction": "asc"}}"#)
    };
    let Json::Object(asked) = json else {
        return Err(wrong(
            at,
            format!("`{DISTANCE}` takes {{target, column, direction}}, not {json}"),
        ));
    };
    if let Some(key) =
        asked.keys().find(|key| !matches!(key.as_str(), "target" | "column" | "direction"))
    {
        return Err(wrong(format!("{at}.{key}"), format!("`{DISTANCE}` has no `{key}`")));
    }
    let target = asked.get("target").filter(|target| !target.is_null());
    let Some(target) = target else {
        return Err(wrong(
            format!("{at}.target"),
            String::from("`target` is missing: the place to measure from, [longitude, latitude]"),
        ));
    };
    let Some(column) = asked.get("column").and_then(Json::as_str) else {
        return Err(wrong(
            format!("{at}.column"),
            String::from("`column` is missing: the geometry field to measure to"),
        ));
    };
    let way = match asked.get("direction") {
        None | Some(Json::Null) => Direction::Ascending,
        Some(Json::String(way)) => direction(way)?,
        Some(other) => {
            return Err(wrong(
                format!("{at}.direction"),
                format!("`{other}` is not `asc` or `desc`"),
            ));
        }
    };
    let asked = DistanceAsked { target: target.clone(), column: column.to_owned() };
    Ok(SortAsked { path: DISTANCE.to_owned(), direction: way, distance: Some(asked) })
}

fn direction(way: &str) -> Result<Direction> {
    match way.trim().to_ascii_lowercase().as_str() {
        "asc" => Ok(Direction::Ascending),
        "desc" => Ok(Direction::Descending),
        other => Err(invalid("sort", format!("`{other}` is not `asc` or `desc`"))),
    }
}

const FUNCTIONS: [(&str, AggregateFunction); 7] = [
    ("count", AggregateFunction::Count),
    ("sum", AggregateFunction::Sum),
    ("avg", AggregateFunction::Avg),
    ("min", AggregateFunction::Min),
    ("max", AggregateFunction::Max),
    ("distinct", AggregateFunction::Distinct),
    ("array_agg", AggregateFunction::ArrayAgg),
];

fn aggregate(params: &Params) -> Result<IndexMap<String, AggregateAsked>> {
    let mut all = IndexMap::new();
    let Some(json) = params.json("aggregate")? else { return Ok(all) };
    let Json::Object(map) = json else { return Err(invalid("aggregate", "is not an object")) };
    for (alias, asked) in map {
        if alias.is_empty() || alias.contains('\0') {
            return Err(invalid("aggregate", "has a name that is empty or holds U+0000"));
        }
        let (word, field) = match query::held(&asked).as_ref() {
            Json::String(word) => (word.clone(), None),
            Json::Object(asked) => {
                const WORDS: [&str; 2] = ["function", "field"];
                // Left aside, a misspelt `field` would count records instead of values.
                if let Some(key) = asked.keys().find(|key| !WORDS.contains(&key.as_str())) {
                    let why = format!("an aggregate has no `{key}`");
                    let error =
                        Error::new(Code::InvalidQuery, why).at(format!("aggregate.{alias}.{key}"));
                    return Err(match nearest(key, WORDS) {
                        Some(near) => error.hint(format!("did you mean `{near}`?")),
                        None => error.hint("it has `function` and `field`"),
                    });
                }
                let text = |key: &str| match asked.get(key) {
                    None | Some(Json::Null) => Ok(None),
                    Some(Json::String(text)) => Ok(Some(text.clone())),
                    Some(other) => {
                        let why = format!("`{alias}`: `{key}` is {other}, which is not a text");
                        Err(invalid("aggregate", why))
                    }
                };
                let word = text("function")?
                    .ok_or_else(|| invalid("aggregate", format!("`{alias}` names no function")))?;
                (word, text("field")?)
            }
            other => {
                let why = format!("`{alias}` takes a function or {{function, field}}, not {other}");
                return Err(invalid("aggregate", why));
            }
        };
        let known = FUNCTIONS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        let Some((_, function)) = known else {
            let error =
                Error::new(Code::InvalidQuery, format!("Unsupported aggregate function: {word}"))
                    .at(format!("aggregate.{alias}.function"));
            return Err(match nearest(&word, FUNCTIONS.iter().map(|(name, _)| *name)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            });
        };
        let counted = *function == AggregateFunction::Count;
        if field.is_none() && !counted {
            let why = format!("`{alias}`: the `field` is missing; only count does without one");
            return Err(invalid("aggregate", why));
        }
        let field = field.unwrap_or_else(|| String::from("*"));
        if field == "*" && !counted {
            return Err(invalid("aggregate", format!("`{alias}`: only count takes `*`")));
        }
        all.insert(alias, AggregateAsked { function: *function, field });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{Params, read};
    use base::{Code, Limits};
    use query::{CountMode, Direction};
    use serde_json::json;

    fn ask(query: &str) -> Result<query::Read, base::Error> {
        let limits = Limits::default();
        read("posts", &Params::parse(query, &limits)?, &limits, &|_| false, false)
    }

    #[test]
    fn fields_come_in_every_spelling() {
        for query in [
            r#"fields=["*","author.*"]"#,
            "fields=*,author.*",
            "fields=*&fields=author.*",
            "fields[]=*&fields[]=author.*",
            "fields[0]=*&fields[1]=author.*",
        ] {
            assert_eq!(ask(query).unwrap().fields, ["*", "author.*"], "{query}");
        }
    }

    #[test]
    fn sort_comes_in_every_spelling() {
        for query in [
            r#"sort={"createdAt":"desc","name":"asc"}"#,
            r#"sort=["-createdAt","name"]"#,
            "sort=createdAt:desc,name:asc",
            "sort=-createdAt,name",
            r#"sort=["createdAt:DESC","name"]"#,
            r#"sort=[{"column":"createdAt","order":"desc"},{"field":"name","order":"ASC"}]"#,
            r#"sort=[{"createdAt":"desc"},{"name":"asc"}]"#,
            "sort[createdAt]=desc&sort[name]=asc",
            "sort[0][createdAt]=desc&sort[1][name]=asc",
        ] {
            let sort = ask(query).unwrap().sort;
            assert_eq!(sort.len(), 2, "{query}");
            assert_eq!(
                (sort[0].path.as_str(), sort[0].direction),
                ("createdAt", Direction::Descending),
                "{query}"
            );
            assert_eq!(
                (sort[1].path.as_str(), sort[1].direction),
                ("name", Direction::Ascending),
                "{query}"
            );
        }
    }

    #[test]
    fn a_filter_is_the_same_in_json_and_in_brackets() {
        let text = ask(r#"filter={"views":{"gt":"5"},"tag":{"in":["a","b"]}}"#).unwrap().filter;
        let brackets =
            ask("filter[views][gt]=5&filter[tag][in][0]=a&filter[tag][in][1]=b").unwrap().filter;
        assert_eq!(text, brackets);
    }

    #[test]
    fn what_cannot_be_read_says_which_parameter() {
        for (query, key) in [
            ("filter={", "filter"),
            ("limit=abc", "limit"),
            ("offset=-1", "offset"),
            (r#"sort={"a":"up"}"#, "sort"),
            ("count=all", "count"),
            (r#"fields=["a",1]"#, "fields"),
            (r#"fields={"n":1}"#, "fields"),
            ("paranoid=maybe", "paranoid"),
            ("filter[views=1", "filter[views"),
            ("filter.views=20", "filter.views"),
            ("Filter[n]=1", "Filter"),
            ("filters[n]=1", "filters"),
            ("group_by=n", "group_by"),
            ("Limit=1", "Limit"),
            ("filtr={}", "filtr"),
            ("filtr[n]=1", "filtr"),
            ("feilds=id", "feilds"),
            ("limitt=5", "limitt"),
            ("serach=a", "serach"),
            ("agregate={}", "agregate"),
            (r#"aggregate={"":"count"}"#, "aggregate"),
            (r#"aggregate={"n":{"function":"median","field":"a"}}"#, "aggregate.n.function"),
        ] {
            let error = ask(query).unwrap_err();
            assert_eq!((error.code(), error.path()), (Code::InvalidQuery, Some(key)), "{query}");
        }
    }

    #[test]
    fn a_refusal_says_what_should_have_stood_there() {
        let deep = format!("filter={}1{}", "[".repeat(200), "]".repeat(200));
        for (query, said) in [
            ("limit=1.5", "query parameter `limit`: `1.5` is not a whole number"),
            (r#"sort={"n":5}"#, "query parameter `sort`: `n` goes `asc` or `desc`, not 5"),
            (r#"aggregate={"n":"sum"}"#, "`field` is missing"),
            (r#"aggregate={"n":{"function":"sum","field":"*"}}"#, "only count takes `*`"),
            (r#"aggregate={"n":5}"#, "takes a function or {function, field}, not 5"),
            ("filters[n]=1", "query parameter `filters` is not known; `filter` is"),
            (deep.as_str(), "nested too deep"),
        ] {
            let error = ask(query).unwrap_err();
            assert!(error.to_string().contains(said), "{query}: {error}");
        }
    }

    #[test]
    fn other_names_are_passed_over_and_switches_have_two_spellings() {
        assert!(ask("format=csv&_=5&t=1&q=a&utm_source=b&country=DE&cache.buster=1&a[b=1").is_ok());
        for (query, shown) in [
            ("", false),
            ("paranoid=", false),
            ("paranoid=true", false),
            ("paranoid=1", false),
            ("paranoid=0", true),
            ("paranoid=False", true),
        ] {
            assert_eq!(ask(query).unwrap().with_deleted, shown, "{query}");
        }
        let limits = Limits::default();
        let misspelt = Params::parse("Filter[n]=1", &limits).unwrap();
        assert!(read("posts", &misspelt, &limits, &|_| false, true).is_ok());
    }

    #[test]
    fn the_rest_is_read_too() {
        let read = ask("limit=20&page=2&search=a+b&searchFields=[\"t\"]&paranoid=false&count=estimate&after=&aggregate={\"n\":\"count\"}&groupBy=a,b").unwrap();
        assert_eq!(
            (read.limit, read.page, read.search.as_deref()),
            (Some(20), Some(2), Some("a b"))
        );
        assert!(
            read.with_deleted
                && read.count == CountMode::Estimate
                && read.after.as_deref() == Some("")
        );
        assert_eq!((read.group_by.len(), read.aggregate["n"].field.as_str()), (2, "*"));
        assert_eq!(json!(read.search_fields), json!(["t"]));
    }
}
