//! SQL/JSON paths, as far as people write them in filters: accessors, filters, comparisons,
//! arithmetic, `like_regex`, `starts with`, `exists`. Modes `lax` (the default) and `strict`.

use super::decimal::{self, Decimal};
use super::json::{equal, read};
use super::{PURE, is_null, once, unfit};
use regex::{Regex, RegexBuilder};
use rusqlite::functions::Context;
use rusqlite::{Connection, Result};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::cmp::Ordering;

/// Deepest nesting of a path; deeper ones are programs.
const DEPTH_MAX: usize = 64;

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

/// A parsed path.
struct Path {
    strict: bool,
    expression: Expression,
}

enum Expression {
    Root,
    Current,
    Last,
    Literal(Json),
    Steps(Box<Expression>, Vec<Step>),
    Negative(Box<Expression>),
    Arithmetic(Arithmetic, Box<Expression>, Box<Expression>),
    Compare(Compare, Box<Expression>, Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Exists(Box<Expression>),
    StartsWith(Box<Expression>, String),
    LikeRegex(Box<Expression>, Box<Regex>),
    IsUnknown(Box<Expression>),
}

enum Step {
    Key(String),
    EveryKey,
    /// `.**`: the value and everything below it, between two depths.
    Below(usize, usize),
    EveryElement,
    Elements(Vec<(Expression, Option<Expression>)>),
    Filter(Expression),
    Method(Method),
}

#[derive(Clone, Copy, PartialEq)]
enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Clone, Copy)]
enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy)]
enum Method {
    Type,
    Size,
    Double,
    Ceiling,
    Floor,
    Abs,
}

/// What makes Postgres answer NULL: a missing key in strict mode, arithmetic on text.
struct Fails;

type Found<'j> = Vec<Cow<'j, Json>>;

#[derive(Clone, Copy)]
struct Here<'j> {
    strict: bool,
    root: &'j Json,
    current: &'j Json,
    /// Length of the array whose positions are being read.
    length: usize,
}

impl Path {
    fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0, depth: 0 };
        let strict = if reader.word("strict") {
            true
        } else {
            reader.word("lax");
            false
        };
        let expression = reader.either()?;
        reader.blanks();
        if reader.at < text.len() {
            return Err(reader.unexpected());
        }
        Ok(Self { strict, expression })
    }

    /// Every value the path leads to; `None` if it fails on this one.
    fn found<'j>(&self, json: &'j Json) -> Option<Found<'j>> {
        let here = Here { strict: self.strict, root: json, current: json, length: 0 };
        self.expression.values(here).ok()
    }
}

impl Expression {
    fn values<'j>(&self, here: Here<'j>) -> Result<Found<'j>, Fails> {
        Ok(match self {
            Self::Root => vec![Cow::Borrowed(here.root)],
            Self::Current => vec![Cow::Borrowed(here.current)],
            Self::Last => {
                let last = i64::try_from(here.length).map_err(|_| Fails)? - 1;
                vec![Cow::Owned(Json::from(last))]
            }
            Self::Literal(json) => vec![Cow::Owned(json.clone())],
            Self::Steps(start, steps) => {
                let mut found = start.values(here)?;
                for step in steps {
                    let mut next = Vec::new();
                    for value in found {
                        step.take(value, here, &mut next)?;
                    }
                    found = next;
                }
                found
            }
            Self::Negative(of) => {
                let zero = Json::from(0);
                of.unwrapped(here)?
                    .iter()
                    .map(|value| calculate(Arithmetic::Subtract, &zero, value).map(Cow::Owned))
                    .collect::<Result<_, _>>()?
            }
            Self::Arithmetic(operation, left, right) => {
                let (left, right) = (left.unwrapped(here)?, right.unwrapped(here)?);
                let ([left], [right]) = (left.as_slice(), right.as_slice()) else {
                    return Err(Fails);
                };
                vec![Cow::Owned(calculate(*operation, left, right)?)]
            }
            Self::Compare(..)
            | Self::And(..)
            | Self::Or(..)
            | Self::Not(_)
            | Self::Exists(_)
            | Self::StartsWith(..)
            | Self::LikeRegex(..)
            | Self::IsUnknown(_) => {
                vec![Cow::Owned(self.truth(here).map_or(Json::Null, Json::Bool))]
            }
        })
    }

    /// The values, arrays opened one level in lax mode.
    fn unwrapped<'j>(&self, here: Here<'j>) -> Result<Found<'j>, Fails> {
        let found = self.values(here)?;
        if here.strict {
            return Ok(found);
        }
        Ok(found.into_iter().flat_map(opened).collect())
    }

    /// True, false or unknown.
    fn truth(&self, here: Here<'_>) -> Option<bool> {
        match self {
            Self::And(left, right) => match (left.truth(here), right.truth(here)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.truth(here), right.truth(here)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(of) => of.truth(here).map(|truth| !truth),
            Self::IsUnknown(of) => Some(of.truth(here).is_none()),
            Self::Exists(of) => of.values(here).ok().map(|found| !found.is_empty()),
            Self::Compare(operation, left, right) => {
                let left = left.unwrapped(here).ok()?;
                let right = right.unwrapped(here).ok()?;
                let pairs = left.iter().flat_map(|l| right.iter().map(move |r| (l, r)));
                any(pairs.map(|(left, right)| operation.holds(left, right)), here.strict)
            }
            Self::StartsWith(of, beginning) => {
                let found = of.unwrapped(here).ok()?;
                let test = |value: &Cow<'_, Json>| {
                    value.as_str().map(|text| text.starts_with(beginning.as_str()))
                };
                any(found.iter().map(test), here.strict)
            }
            Self::LikeRegex(of, pattern) => {
                let found = of.unwrapped(here).ok()?;
                let test =
                    |value: &Cow<'_, Json>| value.as_str().map(|text| pattern.is_match(text));
                any(found.iter().map(test), here.strict)
            }
            Self::Root
            | Self::Current
            | Self::Last
            | Self::Literal(_)
            | Self::Steps(..)
            | Self::Negative(_)
            | Self::Arithmetic(..) => match self.values(here).ok()?.as_slice() {
                [only] => only.as_bool(),
                _ => None,
            },
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

impl Step {
    fn take<'j>(
        &self,
        value: Cow<'j, Json>,
        here: Here<'j>,
        out: &mut Found<'j>,
    ) -> Result<(), Fails> {
        match self {
            Self::Key(_) | Self::EveryKey | Self::Filter(_) if !here.strict && value.is_array() => {
                // Lax mode looks into arrays, one level deep.
                opened(value).into_iter().try_for_each(|value| self.take_one(value, here, out))
            }
            _ => self.take_one(value, here, out),
        }
    }

    fn take_one<'j>(
        &self,
        value: Cow<'j, Json>,
        here: Here<'j>,
        out: &mut Found<'j>,
    ) -> Result<(), Fails> {
        match self {
            Self::Key(key) => {
                let found = match value {
                    Cow::Borrowed(json) => json.get(key.as_str()).map(Cow::Borrowed),
                    Cow::Owned(Json::Object(mut object)) => object.remove(key).map(Cow::Owned),
                    Cow::Owned(_) => None,
                };
                match found {
                    Some(found) => out.push(found),
                    None if here.strict => return Err(Fails),
                    None => {}
                }
            }
            Self::EveryKey => match members(value) {
                Some(found) => out.extend(found),
                None if here.strict => return Err(Fails),
                None => {}
            },
            Self::Below(least, most) => below(value, 0, *least, *most, out),
            Self::EveryElement => {
                if here.strict && !value.is_array() {
                    return Err(Fails);
                }
                out.extend(opened(value));
            }
            Self::Elements(ranges) => {
                if here.strict && !value.is_array() {
                    return Err(Fails);
                }
                let elements = opened(value);
                let inner = Here { length: elements.len(), ..here };
                for (from, to) in ranges {
                    let from = position(from, inner)?;
                    let to = to.as_ref().map_or(Ok(from), |to| position(to, inner))?;
                    let last = i64::try_from(elements.len()).map_err(|_| Fails)? - 1;
                    if here.strict && (from < 0 || from > to || to > last) {
                        return Err(Fails);
                    }
                    for at in from.max(0)..=to.min(last) {
                        let at = usize::try_from(at).map_err(|_| Fails)?;
                        out.extend(elements.get(at).cloned());
                    }
                }
            }
            Self::Filter(test) => {
                if test.truth(Here { current: &value, ..here }) == Some(true) {
                    out.push(value);
                }
            }
            Self::Method(method) => method.of(value, here.strict, out)?,
        }
        Ok(())
    }
}

fn position(expression: &Expression, here: Here<'_>) -> Result<i64, Fails> {
    match expression.values(here)?.as_slice() {
        [only] => number(only).map(|number| number.trunc() as i64).ok_or(Fails),
        _ => Err(Fails),
    }
}

fn below<'j>(value: Cow<'j, Json>, depth: usize, least: usize, most: usize, out: &mut Found<'j>) {
    let children = match &value {
        _ if depth >= most => Vec::new(),
        Cow::Borrowed(Json::Array(elements)) => elements.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Json::Object(object)) => object.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Json::Array(elements)) => elements.iter().cloned().map(Cow::Owned).collect(),
        Cow::Owned(Json::Object(object)) => object.values().cloned().map(Cow::Owned).collect(),
        Cow::Borrowed(_) | Cow::Owned(_) => Vec::new(),
    };
    if depth >= least {
        out.push(value);
    }
    for child in children {
        below(child, depth + 1, least, most, out);
    }
}

impl Method {
    fn of<'j>(self, value: Cow<'j, Json>, strict: bool, out: &mut Found<'j>) -> Result<(), Fails> {
        match self {
            Self::Type => out.push(Cow::Owned(Json::from(kind(&value)))),
            Self::Size => match value.as_array() {
                Some(elements) => out.push(Cow::Owned(Json::from(elements.len()))),
                None if strict => return Err(Fails),
                None => out.push(Cow::Owned(Json::from(1))),
            },
            Self::Double | Self::Ceiling | Self::Floor | Self::Abs => {
                let values = if strict { vec![value] } else { opened(value) };
                for value in values {
                    let number = match (self, value.as_ref()) {
                        (Self::Double, Json::String(text)) => {
                            text.trim().parse().map_err(|_| Fails)?
                        }
                        (_, json) => number(json).ok_or(Fails)?,
                    };
                    let made = match self {
                        Self::Ceiling => number.ceil(),
                        Self::Floor => number.floor(),
                        Self::Abs => number.abs(),
                        Self::Type | Self::Size | Self::Double => number,
                    };
                    out.push(Cow::Owned(real(made)?));
                }
            }
        }
        Ok(())
    }
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
fn calculate(operation: Arithmetic, left: &Json, right: &Json) -> Result<Json, Fails> {
    let (Json::Number(left), Json::Number(right)) = (left, right) else { return Err(Fails) };
    let (left, right) = (left.to_string(), right.to_string());
    if let Some(exact) = exactly(operation, &left, &right) {
        return exact;
    }
    let left: f64 = left.parse().map_err(|_| Fails)?;
    let right: f64 = right.parse().map_err(|_| Fails)?;
    real(match operation {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    })
}

fn exactly(operation: Arithmetic, left: &str, right: &str) -> Option<Result<Json, Fails>> {
    let (left, left_scale) = Decimal::read(left)?.as_integer()?;
    let (right, right_scale) = Decimal::read(right)?.as_integer()?;
    if right == 0 && matches!(operation, Arithmetic::Divide | Arithmetic::Remainder) {
        return Some(Err(Fails));
    }
    let (value, scale) = if operation == Arithmetic::Multiply {
        (left.checked_mul(right)?, left_scale + right_scale)
    } else {
        let scale = left_scale.max(right_scale);
        let left = left.checked_mul(10_i128.checked_pow(scale - left_scale)?)?;
        let right = right.checked_mul(10_i128.checked_pow(scale - right_scale)?)?;
        match operation {
            Arithmetic::Add => (left.checked_add(right)?, scale),
            Arithmetic::Subtract => (left.checked_sub(right)?, scale),
            Arithmetic::Remainder => (left % right, scale),
            Arithmetic::Divide if left % right == 0 => (left / right, 0),
            Arithmetic::Divide | Arithmetic::Multiply => return None,
        }
    };
    let printed = Decimal::of_integer(value, scale).print();
    Some(serde_json::from_str(&printed).map_err(|_| Fails))
}

impl Compare {
    /// Whether it holds between two values; unknown between kinds that cannot be compared.
    fn holds(self, left: &Json, right: &Json) -> Option<bool> {
        let order = match (left, right) {
            (Json::Null, Json::Null) => Ordering::Equal,
            // Nothing equals null but null, and nothing is before or after it.
            (Json::Null, _) | (_, Json::Null) => {
                return Some(matches!(self, Self::NotEqual));
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
        Some(match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// Reads a path from left to right.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn unexpected(&self) -> String {
        match self.rest().chars().next() {
            Some(sign) => format!("the JSON path has an unexpected `{sign}` at byte {}", self.at),
            None => String::from("the JSON path ends too early"),
        }
    }

    /// Takes a sign or several, if they come next.
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let here = self.rest().starts_with(sign);
        if here {
            self.at += sign.len();
        }
        here
    }

    /// Takes a word, if it comes next and ends there.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        let ends = !after.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        if ends {
            self.at += word.len();
        }
        ends
    }

    fn need(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn either(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("the JSON path is nested deeper than {DEPTH_MAX} levels"));
        }
        let mut left = self.all()?;
        while self.sign("||") {
            left = Expression::Or(Box::new(left), Box::new(self.all()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut left = self.test()?;
        while self.sign("&&") {
            left = Expression::And(Box::new(left), Box::new(self.test()?));
        }
        Ok(left)
    }

    fn test(&mut self) -> Result<Expression, String> {
        self.blanks();
        if self.rest().starts_with('!') && !self.rest().starts_with("!=") {
            self.at += 1;
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(format!("the JSON path is nested deeper than {DEPTH_MAX} levels"));
            }
            let of = self.test()?;
            self.depth -= 1;
            return Ok(Expression::Not(Box::new(of)));
        }
        let left = self.sum()?;
        const COMPARISONS: [(&str, Compare); 7] = [
            ("==", Compare::Equal),
            ("!=", Compare::NotEqual),
            ("<>", Compare::NotEqual),
            ("<=", Compare::LessOrEqual),
            (">=", Compare::GreaterOrEqual),
            ("<", Compare::Less),
            (">", Compare::Greater),
        ];
        for (sign, operation) in COMPARISONS {
            if self.sign(sign) {
                let right = self.sum()?;
                return Ok(Expression::Compare(operation, Box::new(left), Box::new(right)));
            }
        }
        if self.word("starts") {
            if !self.word("with") {
                return Err(self.unexpected());
            }
            return Ok(Expression::StartsWith(Box::new(left), self.string()?));
        }
        if self.word("like_regex") {
            let pattern = self.string()?;
            let flags = if self.word("flag") { self.string()? } else { String::new() };
            return Ok(Expression::LikeRegex(Box::new(left), Box::new(regex(&pattern, &flags)?)));
        }
        if self.word("is") {
            if !self.word("unknown") {
                return Err(self.unexpected());
            }
            return Ok(Expression::IsUnknown(Box::new(left)));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let operation = if self.sign("+") {
                Arithmetic::Add
            } else if self.sign("-") {
                Arithmetic::Subtract
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(operation, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.signed()?;
        loop {
            let operation = if self.sign("*") {
                Arithmetic::Multiply
            } else if self.sign("/") {
                Arithmetic::Divide
            } else if self.sign("%") {
                Arithmetic::Remainder
            } else {
                return Ok(left);
            };
            left = Expression::Arithmetic(operation, Box::new(left), Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> Result<Expression, String> {
        let mut negative = false;
        loop {
            if self.sign("-") {
                negative = !negative;
            } else if !self.sign("+") {
                break;
            }
        }
        let of = self.accessed()?;
        Ok(if negative { Expression::Negative(Box::new(of)) } else { of })
    }

    fn accessed(&mut self) -> Result<Expression, String> {
        let start = self.primary()?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        Ok(if steps.is_empty() { start } else { Expression::Steps(Box::new(start), steps) })
    }

    fn primary(&mut self) -> Result<Expression, String> {
        self.blanks();
        if self.sign("(") {
            let inner = self.either()?;
            self.need(")")?;
            return Ok(inner);
        }
        if self.sign("@") {
            return Ok(Expression::Current);
        }
        if self.rest().starts_with('$') {
            self.at += 1;
            if self.rest().starts_with(|sign: char| sign.is_alphanumeric() || sign == '_') {
                return Err(String::from("the JSON path names a variable; none is given"));
            }
            return Ok(Expression::Root);
        }
        for (word, expression) in [
            ("last", Expression::Last),
            ("true", Expression::Literal(Json::Bool(true))),
            ("false", Expression::Literal(Json::Bool(false))),
            ("null", Expression::Literal(Json::Null)),
        ] {
            if self.word(word) {
                return Ok(expression);
            }
        }
        if self.word("exists") {
            self.need("(")?;
            let of = self.either()?;
            self.need(")")?;
            return Ok(Expression::Exists(Box::new(of)));
        }
        if self.rest().starts_with('"') {
            return self.string().map(|text| Expression::Literal(Json::String(text)));
        }
        self.number()
    }

    fn number(&mut self) -> Result<Expression, String> {
        let bytes = self.rest().as_bytes();
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let exponent_sign = end > 0
                && matches!(byte, b'+' | b'-')
                && matches!(bytes.get(end - 1), Some(b'e' | b'E'));
            // `1.type()` is not a number with a broken part; `1.5` and `1.` are.
            let is_point = *byte == b'.' && bytes.get(end + 1).is_none_or(u8::is_ascii_digit);
            let is_exponent = end > 0 && matches!(byte, b'e' | b'E');
            if !(byte.is_ascii_digit() || is_point || is_exponent || exponent_sign) {
                break;
            }
            end += 1;
        }
        let decimal = self.rest().get(..end).and_then(Decimal::read);
        let Some(decimal) = decimal else { return Err(self.unexpected()) };
        self.at += end;
        serde_json::from_str(&decimal.print())
            .map(Expression::Literal)
            .map_err(|_| self.unexpected())
    }

    /// A string in double quotes, with the escapes of JSON.
    fn string(&mut self) -> Result<String, String> {
        self.blanks();
        if !self.rest().starts_with('"') {
            return Err(self.unexpected());
        }
        let rest = self.rest();
        let mut ends = None;
        let mut escaped = false;
        for (at, sign) in rest.char_indices().skip(1) {
            match sign {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    ends = Some(at);
                    break;
                }
                _ => {}
            }
        }
        let Some(end) = ends else {
            return Err(String::from("a text in the JSON path has no end"));
        };
        let quoted = rest.get(..=end).unwrap_or_default();
        let text = serde_json::from_str::<String>(quoted)
            .map_err(|_| String::from("a text in the JSON path has an escape that JSON has not"))?;
        self.at += end + 1;
        Ok(text)
    }

    fn step(&mut self) -> Result<Option<Step>, String> {
        if self.sign("[") {
            if self.sign("*") {
                self.need("]")?;
                return Ok(Some(Step::EveryElement));
            }
            let mut ranges = Vec::new();
            loop {
                let from = self.either()?;
                let to = if self.word("to") { Some(self.either()?) } else { None };
                ranges.push((from, to));
                if !self.sign(",") {
                    break;
                }
            }
            self.need("]")?;
            return Ok(Some(Step::Elements(ranges)));
        }
        if self.sign("?") {
            self.need("(")?;
            let test = self.either()?;
            self.need(")")?;
            return Ok(Some(Step::Filter(test)));
        }
        if !self.sign(".") {
            return Ok(None);
        }
        if self.sign("**") {
            return self.depths().map(Some);
        }
        if self.sign("*") {
            return Ok(Some(Step::EveryKey));
        }
        self.blanks();
        if self.rest().starts_with('"') {
            return Ok(Some(Step::Key(self.string()?)));
        }
        let name = self.name()?;
        if !self.sign("(") {
            return Ok(Some(Step::Key(name)));
        }
        self.need(")")?;
        Ok(Some(Step::Method(match name.as_str() {
            "type" => Method::Type,
            "size" => Method::Size,
            "double" => Method::Double,
            "ceiling" => Method::Ceiling,
            "floor" => Method::Floor,
            "abs" => Method::Abs,
            _ => return Err(format!("the JSON path method `{name}()` is not supported")),
        })))
    }

    fn name(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let end = rest
            .find(|sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == '$'))
            .unwrap_or(rest.len());
        if end == 0 {
            return Err(self.unexpected());
        }
        let name = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end;
        Ok(name)
    }

    /// What may follow `.**`: `{2}`, `{1 to 3}`, `{1 to last}`, or nothing.
    fn depths(&mut self) -> Result<Step, String> {
        if !self.sign("{") {
            return Ok(Step::Below(0, usize::MAX));
        }
        let least = self.depth()?;
        let most = if self.word("to") { self.depth()? } else { least };
        self.need("}")?;
        Ok(Step::Below(least, most))
    }

    fn depth(&mut self) -> Result<usize, String> {
        if self.word("last") {
            return Ok(usize::MAX);
        }
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
        let depth = rest.get(..end).and_then(|digits| digits.parse().ok());
        self.at += end;
        depth.ok_or_else(|| self.unexpected())
    }
}

fn regex(pattern: &str, flags: &str) -> Result<Regex, String> {
    let plain = flags.contains('q');
    let pattern = if plain { regex::escape(pattern) } else { pattern.to_owned() };
    let mut builder = RegexBuilder::new(&pattern);
    builder.size_limit(PATTERN_BYTES_MAX);
    for flag in flags.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            's' => builder.dot_matches_new_line(true),
            'm' => builder.multi_line(true),
            'x' => builder.ignore_whitespace(!plain),
            'q' => &mut builder,
            other => return Err(format!("the flag `{other}` of like_regex does not exist")),
        };
    }
    builder.build().map_err(|fault| format!("the pattern of like_regex cannot be read: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::super::asked::truth;
    use rusqlite::Connection;

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
        let connection = Connection::open_in_memory().unwrap();
        super::super::register(&connection).unwrap();
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
