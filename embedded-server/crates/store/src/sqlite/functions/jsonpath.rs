//! SQL/JSON paths run on a document, with the answers of Postgres. The grammar is `base::JsonPath`.

mod double;

use super::decimal::{self, Decimal};
use super::json::{equal, read};
use super::{PURE, is_null, once, unfit};
use base::{
    JsonArithmetic, JsonCompare, JsonExpression, JsonMethod, JsonPath, JsonPattern, JsonStep,
};
use regex::{Regex, RegexBuilder};
use rusqlite::functions::Context;
use rusqlite::{Connection, Result};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Most memory a compiled `like_regex` may take, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("bx_jsonpath_exists", 2, PURE, |context| {
        asked(context, |path, json| path.found(json).map(|found| !found.is_empty()))
    })?;
    connection.create_scalar_function("bx_jsonpath_match", 2, PURE, |context| {
        asked(context, |path, json| match path.found(json)?.as_slice() {
            [only] => only.as_bool(),
            _ => None,
        })
    })
}

fn asked(
    context: &Context<'_>,
    ask: impl FnOnce(&Path, &Json) -> Option<bool>,
) -> Result<Option<bool>> {
    if is_null(context, 1) {
        return Ok(None);
    }
    let path = once(context, 1, |text| Ok(Path::parse(text)))?;
    let path = (*path).as_ref().map_err(unfit)?;
    Ok(read(context, 0).and_then(|json| ask(path, &json)))
}

/// A path and its patterns, each compiled once.
struct Path {
    path: JsonPath,
    patterns: Vec<Regex>,
}

/// What makes Postgres answer NULL: a missing key in strict mode, arithmetic on text.
struct Fails;

type Found<'j> = Vec<Cow<'j, Json>>;

#[derive(Clone, Copy)]
struct Here<'j> {
    strict: bool,
    patterns: &'j [Regex],
    root: &'j Json,
    current: &'j Json,
    /// Length of the array whose positions are being read.
    length: usize,
}

impl Path {
    fn parse(text: &str) -> Result<Self, String> {
        let path = JsonPath::parse(text)?;
        let compiled = |pattern: &JsonPattern| {
            RegexBuilder::new(&pattern.text)
                .size_limit(PATTERN_BYTES_MAX)
                .case_insensitive(pattern.ignore_case)
                .build()
                .map_err(|fault| format!("the pattern of like_regex cannot be read: {fault}"))
        };
        let patterns = path.patterns.iter().map(compiled).collect::<Result<_, _>>()?;
        Ok(Self { path, patterns })
    }

    /// Every value the path leads to; `None` if it fails on this one.
    fn found<'j>(&'j self, json: &'j Json) -> Option<Found<'j>> {
        let here = Here {
            strict: self.path.strict,
            patterns: &self.patterns,
            root: json,
            current: json,
            length: 0,
        };
        here.values(&self.path.expression).ok()
    }
}

impl<'j> Here<'j> {
    fn values(self, of: &JsonExpression) -> Result<Found<'j>, Fails> {
        Ok(match of {
            JsonExpression::Root => vec![Cow::Borrowed(self.root)],
            JsonExpression::Current => vec![Cow::Borrowed(self.current)],
            JsonExpression::Last => {
                let last = i64::try_from(self.length).map_err(|_| Fails)? - 1;
                vec![Cow::Owned(Json::from(last))]
            }
            JsonExpression::Literal(json) => vec![Cow::Owned(json.clone())],
            JsonExpression::Steps(start, steps) => {
                let mut found = self.values(start)?;
                for step in steps {
                    let mut next = Vec::new();
                    for value in found {
                        self.take(step, value, &mut next)?;
                    }
                    found = next;
                }
                found
            }
            JsonExpression::Negative(of) => {
                let zero = Json::from(0);
                self.unwrapped(of)?
                    .iter()
                    .map(|value| calculate(JsonArithmetic::Subtract, &zero, value).map(Cow::Owned))
                    .collect::<Result<_, _>>()?
            }
            JsonExpression::Arithmetic(operation, left, right) => {
                let (left, right) = (self.unwrapped(left)?, self.unwrapped(right)?);
                let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
                    return Err(Fails);
                };
                vec![Cow::Owned(calculate(*operation, left, right)?)]
            }
            JsonExpression::Compare(..)
            | JsonExpression::And(..)
            | JsonExpression::Or(..)
            | JsonExpression::Not(_)
            | JsonExpression::Exists(_)
            | JsonExpression::StartsWith(..)
            | JsonExpression::LikeRegex(..)
            | JsonExpression::IsUnknown(_) => {
                vec![Cow::Owned(self.truth(of).map_or(Json::Null, Json::Bool))]
            }
        })
    }

    /// The values, arrays opened one level in lax mode.
    fn unwrapped(self, of: &JsonExpression) -> Result<Found<'j>, Fails> {
        let found = self.values(of)?;
        if self.strict {
            return Ok(found);
        }
        Ok(found.into_iter().flat_map(opened).collect())
    }

    /// True, false or unknown.
    fn truth(self, of: &JsonExpression) -> Option<bool> {
        match of {
            JsonExpression::And(left, right) => match (self.truth(left), self.truth(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            JsonExpression::Or(left, right) => match (self.truth(left), self.truth(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            JsonExpression::Not(of) => self.truth(of).map(|truth| !truth),
            JsonExpression::IsUnknown(of) => Some(self.truth(of).is_none()),
            JsonExpression::Exists(of) => self.values(of).ok().map(|found| !found.is_empty()),
            JsonExpression::Compare(operation, left, right) => {
                let left = self.unwrapped(left).ok()?;
                let right = self.unwrapped(right).ok()?;
                let pairs = left.iter().flat_map(|l| right.iter().map(move |r| (l, r)));
                any(pairs.map(|(left, right)| holds(*operation, left, right)), self.strict)
            }
            JsonExpression::StartsWith(of, beginning) => {
                let found = self.unwrapped(of).ok()?;
                let test = |value: &Cow<'_, Json>| {
                    value.as_str().map(|text| text.starts_with(beginning.as_str()))
                };
                any(found.iter().map(test), self.strict)
            }
            JsonExpression::LikeRegex(of, place) => {
                let pattern = self.patterns.get(*place)?;
                let found = self.unwrapped(of).ok()?;
                let test =
                    |value: &Cow<'_, Json>| value.as_str().map(|text| pattern.is_match(text));
                any(found.iter().map(test), self.strict)
            }
            JsonExpression::Root
            | JsonExpression::Current
            | JsonExpression::Last
            | JsonExpression::Literal(_)
            | JsonExpression::Steps(..)
            | JsonExpression::Negative(_)
            | JsonExpression::Arithmetic(..) => match self.values(of).ok()?.as_slice() {
                [only] => only.as_bool(),
                _ => None,
            },
        }
    }

    fn take(self, step: &JsonStep, value: Cow<'j, Json>, out: &mut Found<'j>) -> Result<(), Fails> {
        match step {
            JsonStep::Key(_) | JsonStep::EveryKey | JsonStep::Filter(_)
                if !self.strict && value.is_array() =>
            {
                // Lax mode looks into arrays, one level deep.
                opened(value).into_iter().try_for_each(|value| self.take_one(step, value, out))
            }
            _ => self.take_one(step, value, out),
        }
    }

    fn take_one(
        self,
        step: &JsonStep,
        value: Cow<'j, Json>,
        out: &mut Found<'j>,
    ) -> Result<(), Fails> {
        match step {
            JsonStep::Key(key) => {
                let found = match value {
                    Cow::Borrowed(json) => json.get(key.as_str()).map(Cow::Borrowed),
                    Cow::Owned(Json::Object(mut object)) => object.remove(key).map(Cow::Owned),
                    Cow::Owned(_) => None,
                };
                match found {
                    Some(found) => out.push(found),
                    None if self.strict => return Err(Fails),
                    None => {}
                }
            }
            JsonStep::EveryKey => match members(value) {
                Some(found) => out.extend(found),
                None if self.strict => return Err(Fails),
                None => {}
            },
            JsonStep::EveryElement => {
                if self.strict && !value.is_array() {
                    return Err(Fails);
                }
                out.extend(opened(value));
            }
            JsonStep::Elements(ranges) => {
                if self.strict && !value.is_array() {
                    return Err(Fails);
                }
                let elements = opened(value);
                let inner = Here { length: elements.len(), ..self };
                for (from, to) in ranges {
                    let from = inner.position(from)?;
                    let to = to.as_ref().map_or(Ok(from), |to| inner.position(to))?;
                    let last = i64::try_from(elements.len()).map_err(|_| Fails)? - 1;
                    if self.strict && (from < 0 || from > to || to > last) {
                        return Err(Fails);
                    }
                    for at in from.max(0)..=to.min(last) {
                        let at = usize::try_from(at).map_err(|_| Fails)?;
                        out.extend(elements.get(at).cloned());
                    }
                }
            }
            JsonStep::Filter(test) => {
                let inner = Here { current: &value, ..self };
                if inner.truth(test) == Some(true) {
                    out.push(value);
                }
            }
            JsonStep::Method(method) => apply(*method, value, self.strict, out)?,
        }
        Ok(())
    }

    fn position(self, of: &JsonExpression) -> Result<i64, Fails> {
        match self.values(of)?.as_slice() {
            [only] => number(only).map(|number| number.trunc() as i64).ok_or(Fails),
            _ => Err(Fails),
        }
    }
}

/// Whether one of the tests holds. Lax stops at the first that does, strict lets an unknown win.
fn any(tests: impl Iterator<Item = Option<bool>>, strict: bool) -> Option<bool> {
    let (mut holds, mut unknown) = (false, false);
    for test in tests {
        match test {
            Some(true) if !strict => return Some(true),
            Some(truth) => holds |= truth,
            None if strict => return None,
            None => unknown = true,
        }
    }
    if holds || !unknown { Some(holds) } else { None }
}

/// The elements of an array, or the value itself.
fn opened(value: Cow<'_, Json>) -> Found<'_> {
    match value {
        Cow::Borrowed(Json::Array(elements)) => elements.iter().map(Cow::Borrowed).collect(),
        Cow::Owned(Json::Array(elements)) => elements.into_iter().map(Cow::Owned).collect(),
        other => vec![other],
    }
}

fn members(value: Cow<'_, Json>) -> Option<Found<'_>> {
    match value {
        Cow::Borrowed(Json::Object(object)) => Some(object.values().map(Cow::Borrowed).collect()),
        Cow::Owned(Json::Object(object)) => {
            Some(object.into_iter().map(|(_, value)| Cow::Owned(value)).collect())
        }
        _ => None,
    }
}

fn apply<'j>(
    method: JsonMethod,
    value: Cow<'j, Json>,
    strict: bool,
    out: &mut Found<'j>,
) -> Result<(), Fails> {
    match method {
        JsonMethod::Type => out.push(Cow::Owned(Json::from(kind(&value)))),
        JsonMethod::Size => match value.as_array() {
            Some(elements) => out.push(Cow::Owned(Json::from(elements.len()))),
            None if strict => return Err(Fails),
            None => out.push(Cow::Owned(Json::from(1))),
        },
        JsonMethod::Double => {
            let values = if strict { vec![value] } else { opened(value) };
            for value in values {
                let found = match value.as_ref() {
                    Json::String(text) => Cow::Owned(double::of_text(text).ok_or(Fails)?),
                    // A number is tried as a double and stays the number that it is.
                    Json::Number(number) => {
                        double::read(&number.to_string()).ok_or(Fails)?;
                        value
                    }
                    Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
                        return Err(Fails);
                    }
                };
                out.push(found);
            }
        }
        JsonMethod::Ceiling | JsonMethod::Floor | JsonMethod::Abs => {
            let values = if strict { vec![value] } else { opened(value) };
            for value in values {
                let number = number(&value).ok_or(Fails)?;
                let made = match method {
                    JsonMethod::Ceiling => number.ceil(),
                    JsonMethod::Floor => number.floor(),
                    JsonMethod::Abs => number.abs(),
                    JsonMethod::Type | JsonMethod::Size | JsonMethod::Double => number,
                };
                out.push(Cow::Owned(real(made)?));
            }
        }
    }
    Ok(())
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

fn number(json: &Json) -> Option<f64> {
    json.as_number().and_then(|number| number.to_string().parse().ok())
}

fn real(number: f64) -> Result<Json, Fails> {
    if !number.is_finite() {
        return Err(Fails);
    }
    let mut digits = Vec::with_capacity(24);
    crate::row::write_real(&mut digits, number);
    serde_json::from_slice(&digits).map_err(|_| Fails)
}

/// Sums, differences, products and remainders are exact while they fit 38 digits; beyond that,
/// and for quotients that do not come out even, they are doubles.
fn calculate(operation: JsonArithmetic, left: &Json, right: &Json) -> Result<Json, Fails> {
    let (Json::Number(left), Json::Number(right)) = (left, right) else { return Err(Fails) };
    let (left, right) = (left.to_string(), right.to_string());
    if let Some(exact) = exactly(operation, &left, &right) {
        return exact;
    }
    let left: f64 = left.parse().map_err(|_| Fails)?;
    let right: f64 = right.parse().map_err(|_| Fails)?;
    real(match operation {
        JsonArithmetic::Add => left + right,
        JsonArithmetic::Subtract => left - right,
        JsonArithmetic::Multiply => left * right,
        JsonArithmetic::Divide => left / right,
        JsonArithmetic::Remainder => left % right,
    })
}

fn exactly(operation: JsonArithmetic, left: &str, right: &str) -> Option<Result<Json, Fails>> {
    let (left, left_scale) = Decimal::read(left)?.as_integer()?;
    let (right, right_scale) = Decimal::read(right)?.as_integer()?;
    if right == 0 && matches!(operation, JsonArithmetic::Divide | JsonArithmetic::Remainder) {
        return Some(Err(Fails));
    }
    let (value, scale) = if operation == JsonArithmetic::Multiply {
        (left.checked_mul(right)?, left_scale + right_scale)
    } else {
        let scale = left_scale.max(right_scale);
        let left = left.checked_mul(10_i128.checked_pow(scale - left_scale)?)?;
        let right = right.checked_mul(10_i128.checked_pow(scale - right_scale)?)?;
        match operation {
            JsonArithmetic::Add => (left.checked_add(right)?, scale),
            JsonArithmetic::Subtract => (left.checked_sub(right)?, scale),
            JsonArithmetic::Remainder => (left % right, scale),
            JsonArithmetic::Divide if left % right == 0 => (left / right, 0),
            JsonArithmetic::Divide | JsonArithmetic::Multiply => return None,
        }
    };
    let printed = Decimal::of_integer(value, scale).print();
    Some(serde_json::from_str(&printed).map_err(|_| Fails))
}

/// Whether it holds between two values; unknown between kinds that cannot be compared.
fn holds(operation: JsonCompare, left: &Json, right: &Json) -> Option<bool> {
    let order = match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        // Nothing equals null but null, and nothing is before or after it.
        (Json::Null, _) | (_, Json::Null) => {
            return Some(matches!(operation, JsonCompare::NotEqual));
        }
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::String(left), Json::String(right)) => left.cmp(right),
        (Json::Number(_), Json::Number(_)) if equal(left, right) => Ordering::Equal,
        (Json::Number(left), Json::Number(right)) => {
            let plain = |text: String| Decimal::read(&text).map(|decimal| decimal.print());
            decimal::compare(&plain(left.to_string())?, &plain(right.to_string())?)
        }
        _ => return None,
    };
    Some(match operation {
        JsonCompare::Equal => order.is_eq(),
        JsonCompare::NotEqual => order.is_ne(),
        JsonCompare::Less => order.is_lt(),
        JsonCompare::LessOrEqual => order.is_le(),
        JsonCompare::Greater => order.is_gt(),
        JsonCompare::GreaterOrEqual => order.is_ge(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::asked::{connection, truth};

    const DOCUMENT: &str = r#"{"name":"Ada","age":36,"price":0.3,"tags":["a","b"],"items":[{"n":1,"w":"x"},{"n":5,"w":"yes"}],"deep":{"er":{"est":null}},"ok":true,"m":[[1,2],[3]]}"#;

    #[test]
    fn paths_lead_where_they_say() {
        let cases = [
            ("$.name", Some(true)),
            ("$.nothing", Some(false)),
            ("$.tags[*]", Some(true)),
            ("strict $.nothing", None),
        ];
        for (path, expected) in cases {
            assert_eq!(truth(&format!("bx_jsonpath_exists('{DOCUMENT}', '{path}')")), expected);
        }
        let cases = [
            ("$.age == 36", Some(true)),
            ("$.price == 0.1 + 0.2", Some(true)),
            ("$.items[*].n > 4", Some(true)),
            ("$.name like_regex \"^a\" flag \"i\"", Some(true)),
            ("$.name == 1", None),
            ("$.age", None),
        ];
        for (path, expected) in cases {
            assert_eq!(
                truth(&format!("bx_jsonpath_match('{DOCUMENT}', '{path}')")),
                expected,
                "{path}"
            );
        }
        assert_eq!(truth("bx_jsonpath_exists(NULL, '$')"), None);
        assert_eq!(truth("bx_jsonpath_exists('1', NULL)"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        let connection = connection();
        let deep = format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000));
        let no = "!".repeat(100_000);
        for path in
            ["", "$.", "$[", "$ ?", "$.a ==", "$x", "$.a b", "\"open", "$.keyvalue()", &deep, &no]
        {
            let asked =
                connection.query_row("SELECT bx_jsonpath_exists('{}', ?1)", [path], |_| Ok(()));
            assert!(asked.is_err(), "{path}");
        }
    }
}
