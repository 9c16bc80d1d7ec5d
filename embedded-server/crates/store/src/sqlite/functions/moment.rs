//! Days, times and moments in texts, as the patterns of Postgres' casts find them.

use super::{PURE, with_text};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use rusqlite::{Connection, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("bx_day", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| {
            Written::read(text).and_then(|one| one.day).map(|day| day.to_string())
        })
        .flatten())
    })?;
    connection.create_scalar_function("bx_clock", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| {
            Written::read(text).and_then(|one| one.time).map(|time| time.strftime("%T").to_string())
        })
        .flatten())
    })?;
    connection.create_scalar_function("bx_moment", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| Written::read(text)?.moment()).flatten())
    })
}

/// What a text says: a day, a time, or both; an offset stands behind a time only.
struct Written {
    day: Option<Date>,
    time: Option<Time>,
    offset: Offset,
}

impl Written {
    fn read(text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        match text.len() {
            10 if text.as_bytes()[4] == b'-' => {
                Some(Self { day: Some(day(text)?), time: None, offset: Offset::UTC })
            }
            length if length > 10 && matches!(text.as_bytes()[10], b'T' | b' ') => {
                let (time, offset) = clock(&text[11..])?;
                Some(Self { day: Some(day(&text[..10])?), time: Some(time), offset })
            }
            _ => {
                let (time, offset) = clock(text)?;
                Some(Self { day: None, time: Some(time), offset })
            }
        }
    }

    /// In UTC and to the millisecond, in the years that have four digits.
    fn moment(&self) -> Option<String> {
        let local = self.day?.to_datetime(self.time.unwrap_or_default());
        let east = SignedDuration::from_secs(i64::from(self.offset.seconds()));
        let at = local.checked_sub(east).ok().filter(|at| at.year() > 0)?;
        Some(format!("{}.{:03}Z", at.strftime("%Y-%m-%dT%H:%M:%S"), at.millisecond()))
    }
}

/// `2024-02-29`.
fn day(text: &str) -> Option<Date> {
    let parts = text.as_bytes();
    if parts[4] != b'-' || parts[7] != b'-' {
        return None;
    }
    let year = i16::try_from(digits(&text[..4])?).ok().filter(|year| *year > 0)?;
    Date::new(year, digits(&text[5..7])?.try_into().ok()?, digits(&text[8..])?.try_into().ok()?)
        .ok()
}

/// `10:11`, `10:11:12`, `10:11:12.5`, with nothing, `Z` or an offset behind it.
fn clock(text: &str) -> Option<(Time, Offset)> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text, Offset::UTC),
    };
    let (whole, fraction) = match clock.split_once('.') {
        Some((whole, fraction)) if whole.len() == 8 && (1..=9).contains(&fraction.len()) => {
            digits(fraction)?;
            // Cut here, since what is finer than it is told would be rounded before 1970.
            (whole, format!("{:0<3}000000", &fraction[..fraction.len().min(3)]))
        }
        Some(_) => return None,
        None => (clock, String::from("0")),
    };
    let (hour, minute, second) = match whole.as_bytes() {
        [_, _, b':', _, _] => (&whole[..2], &whole[3..], "00"),
        [_, _, b':', _, _, b':', _, _] => (&whole[..2], &whole[3..5], &whole[6..]),
        _ => return None,
    };
    let second = digits(second).filter(|second| *second < 60)?;
    let time = Time::new(
        digits(hour)?.try_into().ok()?,
        digits(minute)?.try_into().ok()?,
        second.try_into().ok()?,
        digits(&fraction)?,
    );
    Some((time.ok()?, offset))
}

/// `Z`, `+02`, `+0230`, `-02:30`; Postgres knows offsets of less than sixteen hours.
fn offset(text: &str) -> Option<Offset> {
    if text == "Z" {
        return Some(Offset::UTC);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match text.as_bytes() {
        [_, _, _] => (&text[1..], "00"),
        [_, _, _, _, _] => (&text[1..3], &text[3..]),
        [_, _, _, b':', _, _] => (&text[1..3], &text[4..]),
        _ => return None,
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let seconds = (hours < 16 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60)?;
    Offset::from_seconds(seconds).ok()
}

fn digits(text: &str) -> Option<i32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::asked::asked;
    use rusqlite::types::Value;

    #[test]
    fn moments_are_told_in_utc_and_what_is_none_is_null() {
        for (text, expected) in [
            ("2024-01-02", Some("2024-01-02T00:00:00.000Z")),
            ("2024-01-02 10:00:00", Some("2024-01-02T10:00:00.000Z")),
            ("2024-01-02T10:00", Some("2024-01-02T10:00:00.000Z")),
            ("2024-01-02T10:00:00.1239999", Some("2024-01-02T10:00:00.123Z")),
            ("2024-01-02T10:00:00+02:00", Some("2024-01-02T08:00:00.000Z")),
            ("2024-01-01 23:30:00-0130", Some("2024-01-02T01:00:00.000Z")),
            ("2024-02-29T00:00Z", Some("2024-02-29T00:00:00.000Z")),
            ("9999-12-31", Some("9999-12-31T00:00:00.000Z")),
            ("9999-12-31T23:59:59.999", Some("9999-12-31T23:59:59.999Z")),
            ("9999-12-31T23:59-01", None),
            ("0001-01-01", Some("0001-01-01T00:00:00.000Z")),
            ("1960-01-01T00:00:00.0005", Some("1960-01-01T00:00:00.000Z")),
            ("1969-12-31T23:59:59.9999", Some("1969-12-31T23:59:59.999Z")),
            ("2024-01-02T10:00:00.5", Some("2024-01-02T10:00:00.500Z")),
            ("2024-01-02T10:00:00.1x", None),
            ("2024-01-02T10:00Z02", None),
            ("2024-01-02T10:00Z02:30", None),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2024-13-01", None),
            ("2024-19-01T10:00", None),
            ("0000-01-01", None),
            ("0001-01-01T00:00+01", None),
            ("2024-01-02T24:00", None),
            ("2024-01-02T10:00:60", None),
            ("2024-01-02T10:00:00.", None),
            ("2024-01-02T10:00 ", None),
            ("2024-01-02T10:00+16", None),
            ("10:00", None),
            ("soon", None),
            ("", None),
        ] {
            let expected = expected.map_or(Value::Null, |text| Value::Text(text.to_owned()));
            assert_eq!(asked(&format!("bx_moment('{text}')")), expected, "{text}");
        }
    }

    #[test]
    fn days_and_times_are_read_as_they_are_written() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(asked("bx_day('2024-01-02T23:00-05')"), text("2024-01-02"));
        assert_eq!(asked("bx_day('2024-01-02x')"), Value::Null);
        assert_eq!(asked("bx_clock('2024-01-02T23:00-05')"), text("23:00:00"));
        assert_eq!(asked("bx_clock('23:01:02.75')"), text("23:01:02"));
        assert_eq!(asked("bx_clock('2024-01-02')"), Value::Null);
        assert_eq!(asked("bx_clock(NULL)"), Value::Null);
    }
}
