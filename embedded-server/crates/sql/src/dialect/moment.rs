//! Casts to dates, times and instants: canonical text, which sorts as they do, and NULL where there
//! is none.
//!
//! Both stores take the same texts for a day, a moment or a time: SQLite asks functions of ours
//! (`store`), Postgres the patterns here, which are as strict, because a text that only looked like
//! a day would be an error there and no NULL. A moment with an offset is moved to UTC, one without
//! is taken in UTC; a day or a time is read off a moment as it is written.

use super::{Dialect, Family};

/// A day that the calendar has, in the years 1 to 9999.
const DAY: &str = "(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])\
    |(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
    |([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
const MINUTE: &str = "([01][0-9]|2[0-3]):[0-5][0-9]";
const SECOND: &str = ":[0-5][0-9]([.][0-9]{1,9})?";
const OFFSET: &str = "(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?";

impl Dialect {
    pub(super) fn date_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Date | Family::Instant | Family::Local => format!("substr({text}, 1, 10)"),
            Family::Text | Family::Folded => match self {
                Self::Sqlite => format!("bx_day({text})"),
                Self::Postgres => {
                    let rest = format!("([T ]{MINUTE}({SECOND})?{OFFSET})?");
                    format!("CASE WHEN {text} ~ '^{DAY}{rest}$' THEN substr({text}, 1, 10) END")
                }
            },
            _ => self.nothing(),
        }
    }

    pub(super) fn time_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Time | Family::LocalTime => format!("substr({text}, 1, 8)"),
            Family::Instant | Family::Local => format!("substr({text}, 12, 8)"),
            Family::Text | Family::Folded => match self {
                Self::Sqlite => format!("bx_clock({text})"),
                Self::Postgres => {
                    let second = format!("'^({DAY}[T ])?{MINUTE}{SECOND}{OFFSET}$'");
                    let minute = format!("'^({DAY}[T ])?{MINUTE}{OFFSET}$'");
                    let clock = "'[0-9]{2}:[0-9]{2}";
                    format!(
                        "CASE WHEN {text} ~ {second} THEN substring({text} from {clock}:[0-9]{{2}}') \
                         WHEN {text} ~ {minute} THEN substring({text} from {clock}')||':00' END"
                    )
                }
            },
            _ => self.nothing(),
        }
    }

    pub(super) fn instant_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Instant => text.to_owned(),
            Family::Local => format!("({text}||'Z')"),
            Family::Date => format!("({text}||'T00:00:00.000Z')"),
            Family::Text | Family::Folded => match self {
                Self::Sqlite => format!("bx_moment({text})"),
                Self::Postgres => {
                    // Finer than it is told, it would be rounded.
                    let told = format!(
                        "regexp_replace({text}, '([.][0-9]{{3}})[0-9]+', '\\1')::timestamptz"
                    );
                    let shown = super::postgres::canonical(&told, Family::Instant);
                    format!(
                        "CASE WHEN {text} ~ '^{DAY}$' THEN {text}||'T00:00:00.000Z' \
                         WHEN {text} ~ '^{DAY}[T ]{MINUTE}({SECOND})?{OFFSET}$' THEN \
                         CASE WHEN {told} >= '0001-01-01 00:00:00Z' \
                         AND {told} < '10000-01-01 00:00:00Z' THEN {shown} END END"
                    )
                }
            },
            _ => self.nothing(),
        }
    }

    fn nothing(self) -> String {
        format!("NULL{}", self.null_cast(Family::Text))
    }
}
