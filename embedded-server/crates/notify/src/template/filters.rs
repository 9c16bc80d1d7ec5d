//! What may be done with a value in a template: Liquid's own filters, and what conditions and loops
//! are made of. None of them reaches anything but what it is given.

use super::page::{escape, escape_bare, unescaped};
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use minijinja::value::{Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};
use std::cmp::Ordering;

type Made = Result<Value, Error>;

/// What is done with a value and what stands beside it.
type Act = fn(&Value, &[Value]) -> Made;

/// Largest text that a filter makes, in bytes, and the longest list, in items. What is told of a list
/// ends behind more than any page may have, so that it is refused there.
const BYTES_MAX: usize = 512 * 1024;
const TOLD_MAX: usize = 1024 * 1024;
const ITEMS_MAX: usize = 10_000;
/// Most signs of a range: whoever counts further in a mail has made a mistake.
const RANGE_MAX: i64 = 1_000;
/// Bytes that one unit of the budget pays for, what one item of a list costs, and what nobody can pay for.
const BYTES_OF_FUEL: usize = 64;
const ITEM_BYTES: usize = 32;
const WEIGHED_MAX: usize = 8 * 1024 * 1024;

/// A filter by its name, with the fewest and the most arguments beside the value.
const FILTERS: [(&str, usize, usize, Act); 45] = [
    ("abs", 0, 0, |value, _| Ok(figure(number(value).abs()))),
    ("append", 1, 1, |value, more| text(format!("{}{}", told(value), told(&more[0])))),
    ("at_least", 1, 1, |value, more| Ok(figure(number(value).max(number(&more[0]))))),
    ("at_most", 1, 1, |value, more| Ok(figure(number(value).min(number(&more[0]))))),
    ("capitalize", 0, 0, capitalize),
    ("ceil", 0, 0, |value, _| Ok(figure(number(value).ceil()))),
    ("compact", 0, 0, |value, _| list(items(value)?.into_iter().filter(|one| !is_nil(one)))),
    ("concat", 1, 1, |value, more| list(items(value)?.into_iter().chain(items(&more[0])?))),
    ("date", 1, 1, date),
    ("default", 1, 1, |value, more| {
        let is_none = !truthy(value) || is_empty(value);
        Ok(if is_none { more[0].clone() } else { value.clone() })
    }),
    ("divided_by", 1, 1, |value, more| divided(value, &more[0], |left, right| left / right)),
    ("downcase", 0, 0, |value, _| text(told(value).to_lowercase())),
    ("escape", 0, 0, |value, _| safe(escape(&told(value)))),
    ("escape_once", 0, 0, |value, _| safe(escape(&unescaped(&told(value))))),
    ("first", 0, 0, |value, _| Ok(items(value)?.into_iter().next().unwrap_or_default())),
    ("floor", 0, 0, |value, _| Ok(figure(number(value).floor()))),
    ("join", 0, 1, join),
    ("last", 0, 0, |value, _| Ok(items(value)?.pop().unwrap_or_default())),
    ("lstrip", 0, 0, |value, _| text(told(value).trim_start().to_owned())),
    ("map", 1, 1, |value, more| list(items(value)?.into_iter().map(|one| get(&one, &more[0])))),
    ("minus", 1, 1, |value, more| Ok(figure(number(value) - number(&more[0])))),
    ("modulo", 1, 1, |value, more| {
        divided(value, &more[0], |left, right| left - right * (left / right).floor())
    }),
    ("newline_to_br", 0, 0, |value, _| {
        safe(escape(&told(value)).replace("\r\n", "\n").replace('\n', "<br />\n"))
    }),
    ("plus", 1, 1, |value, more| Ok(figure(number(value) + number(&more[0])))),
    ("prepend", 1, 1, |value, more| text(format!("{}{}", told(&more[0]), told(value)))),
    ("remove", 1, 1, |value, more| replaced(value, &more[0], &Value::from(""), usize::MAX)),
    ("remove_first", 1, 1, |value, more| replaced(value, &more[0], &Value::from(""), 1)),
    ("replace", 2, 2, |value, more| replaced(value, &more[0], &more[1], usize::MAX)),
    ("replace_first", 2, 2, |value, more| replaced(value, &more[0], &more[1], 1)),
    ("reverse", 0, 0, |value, _| list(items(value)?.into_iter().rev())),
    ("round", 0, 1, round),
    ("rstrip", 0, 0, |value, _| text(told(value).trim_end().to_owned())),
    ("size", 0, 0, |value, _| Ok(Value::from(size(value)))),
    ("slice", 1, 2, slice),
    ("sort", 0, 0, sort),
    ("split", 1, 1, split),
    ("strip", 0, 0, |value, _| text(told(value).trim().to_owned())),
    ("strip_html", 0, 0, strip_html),
    ("strip_newlines", 0, 0, |value, _| text(told(value).replace(['\r', '\n'], ""))),
    ("times", 1, 1, |value, more| Ok(figure(number(value) * number(&more[0])))),
    ("truncate", 0, 2, truncate),
    ("truncatewords", 0, 2, truncate_words),
    ("upcase", 0, 0, |value, _| text(told(value).to_uppercase())),
    ("url_decode", 0, 0, url_decode),
    ("url_encode", 0, 0, |value, _| text(url_encode(&told(value)))),
];

/// What no template names: conditions, loops and places are made of them.
const OWN: [(&str, Act); 14] = [
    ("_bare", |value, _| safe(escape_bare(&told(value)))),
    ("_blank", |value, _| {
        let is_blank = is_nil(value)
            || value.kind() == ValueKind::Bool && !value.is_true()
            || is_empty(value)
            || value.as_str().is_some_and(|text| text.trim().is_empty());
        Ok(Value::from(is_blank))
    }),
    ("_contains", |value, more| Ok(Value::from(contains(value, &more[0])?))),
    ("_empty", |value, _| Ok(Value::from(is_empty(value)))),
    ("_eq", |value, more| Ok(Value::from(alike(value, &more[0])))),
    ("_ge", |value, more| {
        Ok(Value::from(matches!(order(value, &more[0]), Some(Ordering::Greater | Ordering::Equal))))
    }),
    ("_get", |value, more| Ok(get(value, &more[0]))),
    ("_gt", |value, more| Ok(Value::from(order(value, &more[0]) == Some(Ordering::Greater)))),
    ("_items", looped),
    ("_le", |value, more| {
        Ok(Value::from(matches!(order(value, &more[0]), Some(Ordering::Less | Ordering::Equal))))
    }),
    ("_lt", |value, more| Ok(Value::from(order(value, &more[0]) == Some(Ordering::Less)))),
    ("_ne", |value, more| Ok(Value::from(!alike(value, &more[0])))),
    ("_range", range),
    ("_truthy", |value, _| Ok(Value::from(truthy(value)))),
];

/// The fewest and the most arguments of a filter that templates may name.
pub(super) fn arguments_of(name: &str) -> Option<(usize, usize)> {
    FILTERS.iter().find(|(one, ..)| *one == name).map(|(_, few, most, _)| (*few, *most))
}

/// Tells the engine all of them, under the names that programs use.
pub(super) fn tell(engine: &mut Environment<'_>) {
    let named = FILTERS.iter().map(|(name, _, _, act)| (*name, *act));
    for (name, act) in named.chain(OWN) {
        engine.add_filter(format!("f_{name}"), move |state: &State, given: Rest<Value>| -> Made {
            let mut bytes = 0;
            for value in given.iter() {
                weigh(value, &mut bytes);
            }
            state.consume_fuel(1 + (bytes / BYTES_OF_FUEL) as u64)?;
            let (value, more) = given.split_first().ok_or(ErrorKind::MissingArgument)?;
            act(value, more)
        });
    }
}

/// Adds what looking at a value costs, in bytes, with all that lies in it: a list may hold one long text
/// many times. It ends where nobody could pay for more.
fn weigh(value: &Value, bytes: &mut usize) {
    *bytes += value.as_str().map_or(ITEM_BYTES, str::len);
    let items = match value.kind() {
        ValueKind::Seq => value.try_iter(),
        ValueKind::Map => {
            *bytes += ITEM_BYTES * value.len().unwrap_or(0);
            return;
        }
        _ => return,
    };
    for item in items.into_iter().flatten() {
        if *bytes > WEIGHED_MAX {
            return;
        }
        weigh(&item, bytes);
    }
}

fn refused(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why.into())
}

fn text(text: String) -> Made {
    if text.len() > BYTES_MAX {
        return Err(refused(format!("a text would have more than {BYTES_MAX} bytes")));
    }
    Ok(Value::from(text))
}

/// Text that is a piece of a page already.
fn safe(text: String) -> Made {
    if text.len() > 6 * BYTES_MAX {
        return Err(refused(format!("a text would have more than {BYTES_MAX} bytes")));
    }
    Ok(Value::from_safe_string(text))
}

fn list(items: impl Iterator<Item = Value>) -> Made {
    let items: Vec<Value> = items.take(ITEMS_MAX + 1).collect();
    if items.len() > ITEMS_MAX {
        return Err(refused(format!("a list would have more than {ITEMS_MAX} items")));
    }
    Ok(Value::from(items))
}

fn is_nil(value: &Value) -> bool {
    value.is_undefined() || value.is_none()
}

/// Nothing but nil and false is false: an empty text and zero are not.
fn truthy(value: &Value) -> bool {
    !is_nil(value) && (value.kind() != ValueKind::Bool || value.is_true())
}

fn is_empty(value: &Value) -> bool {
    match value.kind() {
        ValueKind::String | ValueKind::Seq | ValueKind::Map => value.len() == Some(0),
        _ => false,
    }
}

/// A value as text: of a list all items, of an object nothing. A list ends where it is longer than
/// any text may be.
pub(super) fn told(value: &Value) -> String {
    let mut text = String::new();
    tell_on(value, &mut text);
    text
}

fn tell_on(value: &Value, text: &mut String) {
    if let Some(said) = value.as_str() {
        text.push_str(said);
        return;
    }
    match value.kind() {
        ValueKind::Bool => text.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => match value.as_i64() {
            Some(whole) => text.push_str(&whole.to_string()),
            None => text.push_str(&number(value).to_string()),
        },
        ValueKind::Seq => {
            for item in value.try_iter().into_iter().flatten() {
                if text.len() > TOLD_MAX {
                    return;
                }
                tell_on(&item, text);
            }
        }
        _ => {}
    }
}

/// A value as a number; what is none counts as 0.
fn number(value: &Value) -> f64 {
    match value.kind() {
        ValueKind::Number => f64::try_from(value.clone()).unwrap_or(0.0),
        ValueKind::String => {
            told(value).trim().parse().ok().filter(|one: &f64| one.is_finite()).unwrap_or(0.0)
        }
        _ => 0.0,
    }
}

/// A number, whole if it is.
fn figure(number: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Value::from(number as i64)
    } else {
        Value::from(number)
    }
}

fn divided(value: &Value, by: &Value, how: fn(f64, f64) -> f64) -> Made {
    let by = number(by);
    if by == 0.0 {
        return Err(refused("something is divided by 0"));
    }
    Ok(figure(how(number(value), by)))
}

fn round(value: &Value, more: &[Value]) -> Made {
    let digits = more.first().map_or(0.0, number).clamp(0.0, 10.0);
    let by = 10_f64.powf(digits.floor());
    Ok(figure((number(value) * by).round() / by))
}

/// A count that was given, at most `most`.
fn count(value: Option<&Value>, otherwise: usize, most: usize) -> usize {
    let Some(value) = value.filter(|value| !is_nil(value)) else { return otherwise };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the ends are checked"
    )]
    let count = number(value).clamp(0.0, 1e9) as usize;
    count.min(most)
}

/// What a loop goes over: a list, the pairs of an object, a value alone; nothing of nil.
fn items(value: &Value) -> Result<Vec<Value>, Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Ok(Vec::new()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter()?.take(ITEMS_MAX + 1).collect();
            if items.len() > ITEMS_MAX {
                return Err(refused(format!("a list has more than {ITEMS_MAX} items")));
            }
            Ok(items)
        }
        ValueKind::Map => {
            let keys: Vec<Value> = value.try_iter()?.take(ITEMS_MAX).collect();
            let pair = |key: Value| {
                let found = value.get_item(&key).unwrap_or_default();
                Value::from(vec![key, found])
            };
            Ok(keys.into_iter().map(pair).collect())
        }
        _ if is_empty(value) => Ok(Vec::new()),
        _ => Ok(vec![value.clone()]),
    }
}

fn looped(value: &Value, more: &[Value]) -> Made {
    let all = items(value)?;
    let offset = count(more.get(1), 0, all.len());
    let limit = count(more.first(), all.len(), all.len());
    let mut chosen: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    if more.get(2).is_some_and(Value::is_true) {
        chosen.reverse();
    }
    Ok(Value::from(chosen))
}

fn range(from: &Value, more: &[Value]) -> Made {
    #[expect(clippy::cast_possible_truncation, reason = "it is cut to what is whole and small")]
    let whole = |value: &Value| number(value).clamp(-1e12, 1e12) as i64;
    let (from, to) = (whole(from), whole(&more[0]));
    if to - from >= RANGE_MAX {
        return Err(refused(format!("a range has more than {RANGE_MAX} numbers")));
    }
    Ok(Value::from((from..=to).map(Value::from).collect::<Vec<_>>()))
}

/// What lies in a value under a name or at a place; `size`, `first` and `last` are those of lists.
fn get(value: &Value, place: &Value) -> Value {
    let by_name = place.as_str();
    let found = match (value.kind(), by_name, place.as_i64()) {
        (ValueKind::Map, Some(name), _) => value.get_attr(name).unwrap_or_default(),
        (ValueKind::Seq, None, Some(at)) => {
            let length = i64::try_from(value.len().unwrap_or(0)).unwrap_or(i64::MAX);
            let at = if at < 0 { length.saturating_add(at) } else { at };
            usize::try_from(at)
                .ok()
                .and_then(|at| value.get_item_by_index(at).ok())
                .unwrap_or_default()
        }
        _ => Value::UNDEFINED,
    };
    if !found.is_undefined() {
        return found;
    }
    match (by_name, value.kind()) {
        (Some("size"), ValueKind::Seq | ValueKind::String | ValueKind::Map) => {
            Value::from(size(value))
        }
        (Some("first"), ValueKind::Seq) => value.get_item_by_index(0).unwrap_or_default(),
        (Some("last"), ValueKind::Seq) => {
            let last = value.len().unwrap_or(0).checked_sub(1);
            last.and_then(|last| value.get_item_by_index(last).ok()).unwrap_or_default()
        }
        _ => Value::UNDEFINED,
    }
}

fn size(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.len().unwrap_or(0), |text| text.chars().count())
}

/// Equal by kind: a number and a text are never. Lists are by their items, objects never.
fn alike(left: &Value, right: &Value) -> bool {
    if is_nil(left) || is_nil(right) {
        return is_nil(left) && is_nil(right);
    }
    if left.kind() != right.kind() {
        return false;
    }
    match left.kind() {
        ValueKind::Number => order(left, right) == Some(Ordering::Equal),
        ValueKind::Bool => left.is_true() == right.is_true(),
        ValueKind::String => left.as_str() == right.as_str(),
        ValueKind::Seq if left.len() == right.len() => {
            let (left, right) = (left.try_iter(), right.try_iter());
            left.into_iter().flatten().zip(right.into_iter().flatten()).all(|(a, b)| alike(&a, &b))
        }
        _ => false,
    }
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left.kind(), right.kind()) {
        (ValueKind::Number, ValueKind::Number) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => number(left).partial_cmp(&number(right)),
        },
        (ValueKind::String, ValueKind::String) => Some(left.as_str().cmp(&right.as_str())),
        _ => None,
    }
}

fn contains(value: &Value, part: &Value) -> Result<bool, Error> {
    match value.kind() {
        ValueKind::String => Ok(!is_nil(part) && told(value).contains(&told(part))),
        ValueKind::Seq => Ok(items(value)?.iter().any(|item| alike(item, part))),
        _ => Ok(false),
    }
}

fn capitalize(value: &Value, _: &[Value]) -> Made {
    let said = told(value);
    let mut signs = said.chars();
    let first: String = signs.next().map(char::to_uppercase).into_iter().flatten().collect();
    text(first + &signs.as_str().to_lowercase())
}

fn join(value: &Value, more: &[Value]) -> Made {
    let between = more.first().map_or_else(|| String::from(" "), told);
    let mut all = String::new();
    for (at, item) in items(value)?.iter().enumerate() {
        if at > 0 {
            all.push_str(&between);
        }
        all.push_str(&told(item));
        if all.len() > BYTES_MAX {
            break;
        }
    }
    text(all)
}

/// Replaces from the front. How long it gets is known before it is made.
fn replaced(value: &Value, what: &Value, by: &Value, most: usize) -> Made {
    let (said, what, by) = (told(value), told(what), told(by));
    if what.is_empty() {
        return text(said);
    }
    let found = said.matches(what.as_str()).take(most).count();
    let length = said.len() - found * what.len() + found.saturating_mul(by.len());
    if length > BYTES_MAX {
        return Err(refused(format!("a text would have more than {BYTES_MAX} bytes")));
    }
    text(said.replacen(&what, &by, most))
}

fn split(value: &Value, more: &[Value]) -> Made {
    let (said, by) = (told(value), told(&more[0]));
    if by.is_empty() {
        return list(said.chars().map(|sign| Value::from(sign.to_string())));
    }
    if said.is_empty() {
        return Ok(Value::from(Vec::<Value>::new()));
    }
    list(said.split(by.as_str()).map(Value::from))
}

fn slice(value: &Value, more: &[Value]) -> Made {
    let of_list = value.kind() == ValueKind::Seq;
    let all: Vec<Value> = if of_list {
        items(value)?
    } else {
        told(value).chars().take(ITEMS_MAX).map(|sign| Value::from(sign.to_string())).collect()
    };
    let from = number(&more[0]);
    #[expect(
        clippy::cast_precision_loss,
        reason = "no list is so long that its length were no number"
    )]
    let from = if from < 0.0 { all.len() as f64 + from } else { from };
    let length = count(more.get(1), 1, all.len());
    let from = count(Some(&Value::from(from.max(0.0))), 0, all.len());
    let part = all.into_iter().skip(from).take(length);
    if of_list { list(part) } else { text(part.map(|sign| told(&sign)).collect()) }
}

fn sort(value: &Value, _: &[Value]) -> Made {
    let mut all = items(value)?;
    all.sort_by(|left, right| order(left, right).unwrap_or_else(|| told(left).cmp(&told(right))));
    list(all.into_iter())
}

fn strip_html(value: &Value, _: &[Value]) -> Made {
    let said = told(value);
    let (mut plain, mut rest) = (String::new(), said.as_str());
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        match rest[at..].find('>') {
            Some(end) => rest = &rest[at + end + 1..],
            None => {
                rest = &rest[at..];
                break;
            }
        }
    }
    plain.push_str(rest);
    text(plain)
}

fn truncate(value: &Value, more: &[Value]) -> Made {
    let said = told(value);
    let most = count(more.first(), 50, BYTES_MAX);
    let end = more.get(1).map_or_else(|| String::from("..."), told);
    if said.chars().count() <= most {
        return text(said);
    }
    let kept = most.saturating_sub(end.chars().count());
    text(said.chars().take(kept).collect::<String>() + &end)
}

fn truncate_words(value: &Value, more: &[Value]) -> Made {
    let said = told(value);
    let most = count(more.first(), 15, BYTES_MAX).max(1);
    let end = more.get(1).map_or_else(|| String::from("..."), told);
    let words: Vec<&str> = said.split_whitespace().take(most + 1).collect();
    if words.len() <= most {
        return text(said);
    }
    text(words[..most].join(" ") + &end)
}

fn url_encode(said: &str) -> String {
    let mut encoded = String::with_capacity(said.len());
    for byte in said.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn url_decode(value: &Value, _: &[Value]) -> Made {
    let said = told(value).replace('+', " ");
    let (mut bytes, mut rest) = (Vec::with_capacity(said.len()), said.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code =
            code.filter(|two| *first == b'%' && two.bytes().all(|one| one.is_ascii_hexdigit()));
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    text(String::from_utf8_lossy(&bytes).into_owned())
}

/// A moment as its format asks; what is none stays as it is. In UTC, as instants travel.
fn date(value: &Value, more: &[Value]) -> Made {
    let (said, format) = (told(value), told(&more[0]));
    let in_utc = |at: Timestamp| at.to_zoned(TimeZone::UTC).datetime();
    let moment: Option<DateTime> = match value.as_i64() {
        Some(seconds) => Timestamp::from_second(seconds).ok().map(in_utc),
        None => {
            let said = said.trim();
            said.parse().map(in_utc).ok().or_else(|| said.parse().ok())
        }
    };
    let Some(moment) = moment else { return text(said) };
    match jiff::fmt::strtime::format(&format, moment) {
        Ok(written) => text(written),
        Err(_) => Err(refused("the format of a date cannot be read")),
    }
}
