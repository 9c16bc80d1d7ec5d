//! Parts of dates, as `extract` of Postgres counts them.

use super::{PURE, with_text};
use rusqlite::{Connection, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("bx_date_part", 2, PURE, |context| {
        let part = with_text(context, 0, Part::named).flatten();
        Ok(part.and_then(|part| with_text(context, 1, |text| part.of(text)).flatten()))
    })
}

#[derive(Clone, Copy)]
enum Part {
    Year,
    IsoYear,
    Quarter,
    Month,
    Week,
    Day,
    Dow,
    IsoDow,
    Hour,
    Minute,
    Second,
}

impl Part {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "year" => Self::Year,
            "isoyear" => Self::IsoYear,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            "week" => Self::Week,
            "day" => Self::Day,
            "dow" => Self::Dow,
            "isodow" => Self::IsoDow,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            _ => return None,
        })
    }

    /// The part of a date, instant or time in its canonical form; `None` where it has none.
    fn of(self, text: &str) -> Option<i64> {
        let (date, time) = match text.split_once(['T', ' ']) {
            Some((date, time)) => (Some(date), Some(time)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        let time_part = |at: usize| {
            // A plain date is its first moment.
            let Some(time) = time else { return date.map(|_| 0) };
            number(time.get(at..at + 2)?)
        };
        match self {
            Self::Hour => return time_part(0),
            Self::Minute => return time_part(3),
            Self::Second => return time_part(6),
            Self::Year
            | Self::IsoYear
            | Self::Quarter
            | Self::Month
            | Self::Week
            | Self::Day
            | Self::Dow
            | Self::IsoDow => {}
        }
        let mut parts = date?.rsplitn(3, '-');
        let day = i8::try_from(number(parts.next()?)?).ok()?;
        let month = i8::try_from(number(parts.next()?)?).ok()?;
        let year = i16::try_from(parts.next()?.parse::<i64>().ok()?).ok()?;
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        Some(match self {
            Self::Year => i64::from(year),
            Self::IsoYear => i64::from(date.iso_week_date().year()),
            Self::Quarter => i64::from((month - 1) / 3 + 1),
            Self::Month => i64::from(month),
            Self::Week => i64::from(date.iso_week_date().week()),
            Self::Day => i64::from(day),
            Self::Dow => i64::from(date.weekday().to_sunday_zero_offset()),
            Self::IsoDow => i64::from(date.weekday().to_monday_one_offset()),
            Self::Hour | Self::Minute | Self::Second => return None,
        })
    }
}

fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::asked::asked;
    use rusqlite::types::Value;

    #[test]
    fn parts_are_those_of_postgres() {
        let cases = [
            ("year", "2024-02-29", Some(2024)),
            ("quarter", "2024-05-03T00:00:00.000Z", Some(2)),
            ("month", "2024-12-01", Some(12)),
            // The first days of January may belong to the last week of the year before.
            ("week", "2021-01-03", Some(53)),
            ("week", "2018-12-31", Some(1)),
            ("isoyear", "2021-01-03", Some(2020)),
            ("isoyear", "2018-12-31T23:00:00.000Z", Some(2019)),
            ("day", "2024-01-31T23:59:59.999Z", Some(31)),
            ("dow", "2021-01-03", Some(0)),
            ("isodow", "2021-01-03", Some(7)),
            ("hour", "2024-01-31T23:59:58.999Z", Some(23)),
            ("minute", "10:11:12+00", Some(11)),
            ("second", "10:11:12.750", Some(12)),
            ("hour", "2024-01-31", Some(0)),
            ("year", "10:11:12", None),
            ("year", "2024-02-30", None),
            ("fortnight", "2024-02-01", None),
        ];
        for (part, text, expected) in cases {
            let expected = expected.map_or(Value::Null, Value::Integer);
            assert_eq!(
                asked(&format!("bx_date_part('{part}', '{text}')")),
                expected,
                "{part} {text}"
            );
        }
        assert_eq!(asked("bx_date_part('year', NULL)"), Value::Null);
    }
}
