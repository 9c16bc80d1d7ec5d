//! Values as the model compares them: by what their type means, from the JSON that stands for them.

use super::{Judged, Unsure};
use crate::soak::values::{Family, Type};
use serde_json::Value as Json;
use std::cmp::Ordering;

/// A value by which records are compared and ordered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Text(String),
    /// A decimal in units of 10⁻⁹.
    Number(i128),
    Float(f64),
    Truth(bool),
}

impl Key {
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Truth(a), Self::Truth(b)) => a.cmp(b),
            _ => panic!("values of two kinds are compared"),
        }
    }
}

/// What a column holds: a scalar of a family, or a list of them.
pub(super) fn key(kind: &Type, json: &Json) -> Judged<Key> {
    let key = scalar(kind.family, json)?;
    Ok(match (key, kind.name) {
        (Key::Float(number), "Real") => Key::Float(f64::from(number as f32)),
        (Key::Text(text), "CiText") => Key::Text(folded(&text)),
        (key, _) => key,
    })
}

pub(super) fn scalar(family: Family, json: &Json) -> Judged<Key> {
    let text = || json.as_str().map(str::to_owned).ok_or(Unsure("an operand of another type"));
    match family {
        Family::Text | Family::Enum | Family::Binary => Ok(Key::Text(text()?)),
        Family::Uuid => Ok(Key::Text(text()?.to_lowercase())),
        Family::Integer => {
            let number = decimal(&plain(json)?)?;
            if number % UNIT == 0 {
                Ok(Key::Number(number))
            } else {
                Err(Unsure("a broken integer"))
            }
        }
        Family::Decimal => {
            let number = decimal(&plain(json)?)?;
            // What a column of two places makes of more is told where it is written.
            if number % (UNIT / 100) == 0 {
                Ok(Key::Number(number))
            } else {
                Err(Unsure("more places than a decimal may have"))
            }
        }
        Family::Float => {
            let number = plain(json)?.parse::<f64>().map_err(|_| Unsure("no number"))?;
            Ok(Key::Float(if number == 0.0 { 0.0 } else { number }))
        }
        Family::Boolean => match json {
            Json::Bool(truth) => Ok(Key::Truth(*truth)),
            Json::Number(number) => Ok(Key::Truth(number.to_string() != "0")),
            Json::String(word) => Ok(Key::Truth(matches!(word.as_str(), "yes" | "true" | "1"))),
            _ => Err(Unsure("no truth")),
        },
        Family::Date => match text()? {
            date if day(&date).is_some() && date.len() == 10 => Ok(Key::Text(date)),
            _ => Err(Unsure("no date")),
        },
        Family::Moment => moment(json).map(Key::Number).ok_or(Unsure("no moment")),
        Family::Time => clock(&text()?).map(Key::Number).ok_or(Unsure("no time of day")),
        Family::Json | Family::Array | Family::Range | Family::Geo => {
            Err(Unsure("a value without an order"))
        }
    }
}

fn plain(json: &Json) -> Judged<String> {
    match json {
        Json::Number(number) => Ok(number.to_string()),
        Json::String(text) => Ok(text.trim().to_owned()),
        _ => Err(Unsure("no number")),
    }
}

pub(super) const UNIT: i128 = 1_000_000_000;

/// A decimal in units of 10⁻⁹; exact, or nothing.
pub(super) fn decimal(text: &str) -> Judged<i128> {
    let unsure = Unsure("a number that the model cannot hold");
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| unsure)?),
        None => (text, 0),
    };
    let (negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if all.is_empty() || all.len() > 20 || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unsure);
    }
    let number: i128 = all.parse().map_err(|_| unsure)?;
    let places = i32::try_from(part.len()).unwrap_or(99) - exponent;
    let shift = 9 - places;
    if !(-20..=15).contains(&shift) {
        return Err(unsure);
    }
    let power = 10_i128.pow(shift.unsigned_abs());
    let scaled = if shift >= 0 {
        number * power
    } else if number % power == 0 {
        number / power
    } else {
        return Err(unsure);
    };
    Ok(if negative { -scaled } else { scaled })
}

/// Days since 1970 of the date at the beginning of a text.
fn day(text: &str) -> Option<i128> {
    let mut parts = text.get(..10)?.split('-');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if !(1..=*months.get(month)?).contains(&day) {
        return None;
    }
    let before = year - 1;
    let days = before * 365 + before / 4 - before / 100 + before / 400;
    let days = days + months[..month].iter().sum::<i64>() + day - 1;
    Some(i128::from(days - 719_162))
}

/// Milliseconds of `HH:MM[:SS[.fff]]`, which may end with the hours of its zone.
fn clock(text: &str) -> Option<i128> {
    let (time, zone) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let mut parts = time.split(':');
    let (hours, minutes) =
        (parts.next()?.parse::<i128>().ok()?, parts.next()?.parse::<i128>().ok()?);
    let seconds = decimal(parts.next().unwrap_or("0")).ok()? / (UNIT / 1_000);
    let zone = match zone {
        "" | "Z" | "+00" | "+00:00" => 0,
        zone => {
            let (hours, minutes) = zone[1..].split_once(':').unwrap_or((&zone[1..], "0"));
            let all = hours.parse::<i128>().ok()? * 60 + minutes.parse::<i128>().ok()?;
            if zone.starts_with('-') { -all } else { all }
        }
    };
    Some((hours * 60 + minutes - zone) * 60_000 + seconds)
}

/// Milliseconds since 1970.
pub(super) fn moment(json: &Json) -> Option<i128> {
    match json {
        Json::Number(number) => number.to_string().parse().ok(),
        Json::String(text) => {
            let day = day(text)? * 86_400_000;
            match text.get(10..)? {
                "" => Some(day),
                rest => Some(day + clock(rest.strip_prefix(['T', ' '])?)?),
            }
        }
        _ => None,
    }
}

/// A part of a date as groups know it, from milliseconds since 1970.
pub(super) fn part(name: &str, ms: i128) -> Option<i128> {
    let days = ms.div_euclid(86_400_000);
    let in_day = ms.rem_euclid(86_400_000);
    // 1970-01-01 was a Thursday.
    let weekday = (days + 4).rem_euclid(7);
    let (mut year, mut rest) = (1970 + days.div_euclid(366), days);
    let days_before = |year: i128| {
        let before = year - 1;
        before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400)
            - 719_162
    };
    while days_before(year + 1) <= days {
        year += 1;
    }
    while days_before(year) > days {
        year -= 1;
    }
    let in_year = rest - days_before(year);
    rest = in_year;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let months = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in months {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    Some(match name {
        "year" => year,
        "quarter" => (month - 1) / 3 + 1,
        "month" => month,
        "day" => rest + 1,
        "dow" => weekday,
        "isodow" => (weekday + 6) % 7 + 1,
        "hour" => in_day / 3_600_000,
        "minute" => in_day / 60_000 % 60,
        "second" => in_day / 1_000 % 60,
        "week" => {
            // The week of the year in which its Thursday lies.
            let thursday = days - (weekday + 6) % 7 + 3;
            let mut of = year;
            if thursday < days_before(of) {
                of -= 1;
            } else if thursday >= days_before(of + 1) {
                of += 1;
            }
            (thursday - days_before(of)) / 7 + 1
        }
        _ => return None,
    })
}

/// Text without regard to case, sign by sign.
pub(super) fn folded(text: &str) -> String {
    text.chars()
        .map(|sign| {
            let mut lower = sign.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) => one,
                // The dotted capital I, the only sign whose small form is two.
                _ => 'i',
            }
        })
        .collect()
}

/// Two documents mean the same: numbers by value, keys in any order.
pub(super) fn alike(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            match (decimal(&a), decimal(&b)) {
                (Ok(a), Ok(b)) => a == b,
                _ => a == b || a.parse::<f64>().ok() == b.parse::<f64>().ok(),
            }
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::{day, decimal, moment, part};
    use serde_json::json;

    #[test]
    fn the_model_knows_the_calendar() {
        assert_eq!((day("1970-01-01"), day("2024-02-30")), (Some(0), None));
        assert_eq!(moment(&json!("2024-02-29T12:00:00+02:00")), Some(1_709_200_800_000));
        let parts = |text: &str| {
            let ms = moment(&json!(text)).unwrap();
            ["year", "quarter", "month", "week", "day", "dow", "isodow"]
                .map(|name| part(name, ms).unwrap())
        };
        assert_eq!(parts("2021-01-03"), [2021, 1, 1, 53, 3, 0, 7]);
        assert_eq!(parts("2024-12-30"), [2024, 4, 12, 1, 30, 1, 1]);
        assert_eq!(parts("0001-01-01"), [1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(parts("1969-12-31T23:59:59.999Z"), [1969, 4, 12, 1, 31, 3, 3]);
        assert_eq!(decimal("-1.50"), Ok(-1_500_000_000));
        assert_eq!(decimal("1e2"), Ok(100_000_000_000));
        assert!(decimal("1e-12").is_err());
    }
}
