//! The rules of a field, asked of a value that already has the field's type.

use crate::coerce::decimal::Decimal;
use crate::coerce::shown;
use base::{EMAIL_SIGNS_MAX, Value};
use catalog::{Field, FieldKind, Rule};
use regex::Regex;
use serde_json::Value as Json;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{LazyLock, Mutex, PoisonError};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule's word on the wire.
    pub rule: &'static str,
    /// The sentence of the reference.
    pub message: String,
}

/// Every rule of `field` that `value` breaks. `json` is the value as it was sent, for the
/// sentences. NULL breaks nothing.
#[must_use]
pub fn validate(field: &Field, json: &Json, value: &Value) -> Vec<Broken> {
    if value.is_null() {
        return Vec::new();
    }
    let mut broken = Vec::new();
    if let (FieldKind::Range(_), Some(range)) = (&field.kind, parsed(value)) {
        check_range_order(&range, &mut broken);
    }
    for rule in &field.rules {
        check(rule, field, json, value, &mut broken);
    }
    broken
}

fn check(rule: &Rule, field: &Field, json: &Json, value: &Value, broken: &mut Vec<Broken>) {
    match rule {
        Rule::Min(_) | Rule::Max(_) | Rule::IsInt => check_number(rule, field, json, value, broken),
        Rule::NotEmpty => {
            let empty = match (&field.kind, value) {
                (FieldKind::Array(_), Value::Text(text)) => text == "[]",
                (kind, Value::Text(text)) => kind.is_text() && text.trim().is_empty(),
                _ => false,
            };
            if empty {
                broken.push(said("notEmpty", "Field cannot be empty"));
            }
        }
        Rule::Len(..)
        | Rule::IsEmail
        | Rule::IsUrl
        | Rule::IsIp
        | Rule::IsUuid
        | Rule::Pattern(_) => {
            if let (true, Value::Text(text)) = (field.kind.is_text(), value) {
                check_text(rule, text, broken);
            }
        }
    }
}

fn said(rule: &'static str, message: impl Into<String>) -> Broken {
    Broken { rule, message: message.into() }
}

/// Numbers stand alone, as elements of an array, or as the two ends of a range.
fn check_number(rule: &Rule, field: &Field, json: &Json, value: &Value, broken: &mut Vec<Broken>) {
    let mut one = |prefix: &str, digits: &str, sent: &str| {
        let Some(number) = Decimal::parse(digits) else { return };
        if let Some(found) = number_breaks(rule, &number, sent) {
            broken.push(Broken { message: format!("{prefix}{}", found.message), ..found });
        }
    };
    match (&field.kind, value) {
        (kind, Value::Int(n)) if kind.is_number() => one("", &n.to_string(), &shown_plain(json)),
        (kind, Value::Real(n)) if kind.is_number() => one("", &n.to_string(), &shown_plain(json)),
        (FieldKind::Decimal { .. }, Value::Text(digits)) => one("", digits, &shown_plain(json)),
        (FieldKind::Array(_), value) => {
            let Some(Json::Array(items)) = parsed(value) else { return };
            for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_number()) {
                let digits = item.to_string();
                one(&format!("Array element [{at}]: "), &digits, &digits);
            }
        }
        (FieldKind::Range(_), value) => {
            let Some(range) = parsed(value) else { return };
            for (key, prefix) in [("lower", "Lower bound: "), ("upper", "Upper bound: ")] {
                if range[key].is_number() {
                    let digits = range[key].to_string();
                    one(prefix, &digits, &digits);
                }
            }
        }
        _ => {}
    }
}

fn number_breaks(rule: &Rule, number: &Decimal, sent: &str) -> Option<Broken> {
    let against = |bound: &str| Decimal::parse(bound).map(|bound| number.order(&bound));
    match rule {
        Rule::Min(bound) if against(bound) == Some(Ordering::Less) => {
            Some(said("min", format!("Value {sent} is less than minimum {bound}")))
        }
        Rule::Max(bound) if against(bound) == Some(Ordering::Greater) => {
            Some(said("max", format!("Value {sent} is greater than maximum {bound}")))
        }
        Rule::IsInt if !number.is_integer() => {
            Some(said("isInt", format!("Value {sent} must be an integer")))
        }
        _ => None,
    }
}

/// A sent value without quotes.
fn shown_plain(json: &Json) -> String {
    json.as_str().map_or_else(|| shown(json), str::to_owned)
}

fn check_text(rule: &Rule, text: &str, broken: &mut Vec<Broken>) {
    let found = match rule {
        Rule::Len(least, most) => {
            let length = text.chars().count() as u64;
            if length < *least {
                Some(said("len", format!("Value must be at least {least} characters long")))
            } else if length > *most {
                Some(said("len", format!("Value must be at most {most} characters long")))
            } else {
                None
            }
        }
        Rule::IsEmail if text.chars().count() > EMAIL_SIGNS_MAX => Some(said(
            "isEmail",
            format!("Email must be at most {EMAIL_SIGNS_MAX} characters long"),
        )),
        Rule::IsEmail => (!is_email(text)).then(|| said("isEmail", "Invalid email format")),
        Rule::IsUrl => (!is_url(text)).then(|| said("isUrl", "Invalid URL format")),
        Rule::IsIp => {
            text.parse::<IpAddr>().is_err().then(|| said("isIP", "Invalid IP address format"))
        }
        Rule::IsUuid => {
            let uuid = crate::coerce::coerce(&FieldKind::Uuid, &Json::String(text.to_owned()));
            uuid.is_err().then(|| said("isUUID", "Invalid UUID format"))
        }
        Rule::Pattern(pattern) => (!matches(pattern, text))
            .then(|| said("pattern", "Value does not match required pattern")),
        Rule::Min(_) | Rule::Max(_) | Rule::IsInt | Rule::NotEmpty => None,
    };
    broken.extend(found);
}

/// One `@`, something on both sides, a dot inside the domain, no spaces.
fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else { return false };
    let dotted = domain
        .split_once('.')
        .is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty() && !rest.ends_with('.'));
    !name.is_empty() && dotted && !domain.contains('@') && !text.contains(char::is_whitespace)
}

/// An absolute URL: a scheme, and a host where the scheme needs one.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain);
    if !named || text.contains(char::is_whitespace) {
        return false;
    }
    let needs_host =
        ["http", "https", "ftp", "ws", "wss"].iter().any(|one| one.eq_ignore_ascii_case(scheme));
    if !needs_host {
        return !rest.is_empty();
    }
    let Some(rest) = rest.strip_prefix("//") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    !host.is_empty() && !host.contains(['<', '>', '\\', '^', '|', '"', '{', '}'])
}

/// Most patterns kept compiled; a project has as many as its fields have rules.
const PATTERNS_MAX: usize = 512;

/// Compiled patterns by their text: a bulk write asks the same few of every record.
static PATTERNS: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);

/// Whether the pattern is found in the text. A pattern that is none matches everything, as the
/// reference skips it; new ones are refused when the schema is saved.
fn matches(pattern: &str, text: &str) -> bool {
    let mut patterns = PATTERNS.lock().unwrap_or_else(PoisonError::into_inner);
    if patterns.len() >= PATTERNS_MAX && !patterns.contains_key(pattern) {
        patterns.clear();
    }
    let regex = patterns.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
    let regex = regex.clone();
    drop(patterns);
    regex.is_none_or(|regex| regex.is_match(text))
}

fn parsed(value: &Value) -> Option<Json> {
    value.as_text().and_then(|text| serde_json::from_str(text).ok())
}

/// How the ends of a range stand to each other; nothing where one is open.
pub(crate) fn order_of_ends(range: &Json) -> Option<Ordering> {
    match (&range["lower"], &range["upper"]) {
        (Json::Number(low), Json::Number(high)) => {
            let low = Decimal::parse(&low.to_string())?;
            Some(low.order(&Decimal::parse(&high.to_string())?))
        }
        // Canonical dates and times sort as text.
        (Json::String(low), Json::String(high)) => Some(low.cmp(high)),
        _ => None,
    }
}

/// What is wrong with a range that ends before it begins.
pub(crate) fn inverted(range: &Json) -> Option<String> {
    let (low, high) = (shown_plain(&range["lower"]), shown_plain(&range["upper"]));
    (order_of_ends(range)? == Ordering::Greater)
        .then(|| format!("Lower bound ({low}) cannot be greater than upper bound ({high})"))
}

fn check_range_order(range: &Json, broken: &mut Vec<Broken>) {
    if let Some(message) = inverted(range) {
        broken.push(said("range", message));
    }
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::coerce::coerce;
    use catalog::{Element, Field, FieldKind, RangeKind, Rule};
    use serde_json::{Value as Json, json};

    #[track_caller]
    fn check(kind: FieldKind, rules: Vec<Rule>, json: Json, wanted: &[&str]) {
        let field = Field {
            id: String::from("f1"),
            name: String::from("x"),
            kind,
            computed: None,
            primary_key: false,
            nullable: true,
            unique: false,
            default: None,
            rules,
            hidden: false,
            generated: false,
            read_only: false,
            loose: false,
        };
        let value = coerce(&field.kind, &json).unwrap();
        let found: Vec<_> = validate(&field, &json, &value)
            .into_iter()
            .map(|one| format!("{}: {}", one.rule, one.message))
            .collect();
        assert_eq!(found, wanted, "{json}");
    }

    fn min(bound: &str) -> Rule {
        Rule::Min(bound.to_owned())
    }

    fn max(bound: &str) -> Rule {
        Rule::Max(bound.to_owned())
    }

    #[test]
    fn numbers_have_bounds() {
        let decimal = FieldKind::Decimal { precision: None, scale: None };
        check(
            decimal.clone(),
            vec![min("0")],
            json!(-1),
            &["min: Value -1 is less than minimum 0"],
        );
        check(
            decimal,
            vec![max("9.99")],
            json!("10"),
            &["max: Value 10 is greater than maximum 9.99"],
        );
        check(FieldKind::Integer, vec![min("1"), max("5")], json!(5), &[]);
        check(
            FieldKind::Double,
            vec![Rule::IsInt],
            json!(1.5),
            &["isInt: Value 1.5 must be an integer"],
        );
        check(
            FieldKind::Array(Element::Integer),
            vec![min("2")],
            json!([2, 1]),
            &["min: Array element [1]: Value 1 is less than minimum 2"],
        );
        check(
            FieldKind::Range(RangeKind::Integer),
            vec![max("9")],
            json!([10, 3]),
            &[
                "range: Lower bound (10) cannot be greater than upper bound (3)",
                "max: Lower bound: Value 10 is greater than maximum 9",
            ],
        );
        check(
            FieldKind::Range(RangeKind::Date),
            vec![],
            json!(["2024-02-01", "2024-01-01"]),
            &["range: Lower bound (2024-02-01) cannot be greater than upper bound (2024-01-01)"],
        );
    }

    #[test]
    fn text_has_a_length_and_a_form() {
        let text = FieldKind::Text;
        check(
            text.clone(),
            vec![Rule::NotEmpty, Rule::Len(3, 5)],
            json!(" "),
            &["notEmpty: Field cannot be empty", "len: Value must be at least 3 characters long"],
        );
        check(
            text.clone(),
            vec![Rule::Len(0, 2)],
            json!("äöü"),
            &["len: Value must be at most 2 characters long"],
        );
        check(text.clone(), vec![Rule::Len(3, 3)], json!("äöü"), &[]);
        check(
            FieldKind::Array(Element::String),
            vec![Rule::NotEmpty],
            json!([]),
            &["notEmpty: Field cannot be empty"],
        );
        check(text.clone(), vec![Rule::NotEmpty], json!(null), &[]);
        let email = |given: &str, wanted: &[&str]| {
            check(FieldKind::CiText, vec![Rule::IsEmail], json!(given), wanted);
        };
        email("ada@example.org", &[]);
        for wrong in ["x", "a@b", "a b@c.de", "a@b@c.de", "@c.de", "a@.de"] {
            email(wrong, &["isEmail: Invalid email format"]);
        }
        let long = |signs: usize| format!("{}@example.org", "x".repeat(signs - 12));
        email(&long(254), &[]);
        email(&long(255), &["isEmail: Email must be at most 254 characters long"]);
        let url = |given: &str, wanted: &[&str]| {
            check(FieldKind::Text, vec![Rule::IsUrl], json!(given), wanted);
        };
        url("https://user@[::1]:80/a?b#c", &[]);
        url("mailto:ada@example.org", &[]);
        for wrong in ["www.example.com", "https://", "http:x", "ht tp://x", "://x"] {
            url(wrong, &["isUrl: Invalid URL format"]);
        }
        check(text.clone(), vec![Rule::IsIp], json!("::1"), &[]);
        check(text.clone(), vec![Rule::IsIp], json!("1.2.3"), &["isIP: Invalid IP address format"]);
        check(text.clone(), vec![Rule::IsUuid], json!("x"), &["isUUID: Invalid UUID format"]);
        let pattern = |text: &str| Rule::Pattern(text.to_owned());
        check(text.clone(), vec![pattern("^[A-Z]+$")], json!("AB"), &[]);
        check(
            text.clone(),
            vec![pattern("^[A-Z]+$")],
            json!("ab"),
            &["pattern: Value does not match required pattern"],
        );
        check(text, vec![pattern("(")], json!("ab"), &[]);
    }
}
