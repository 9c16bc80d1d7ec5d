//! Casts to dates, times and instants: canonical text, and NULL where there is none. Taken by its
//! signs alone, a word would stand behind every date and a number before.

use super::{Dialect, Family};

const DAY: &str = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]";
const MINUTE: &str = "[0-2][0-9]:[0-5][0-9]";
const SECOND: &str = ":[0-5][0-9]";

impl Dialect {
    pub(super) fn date_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Date | Family::Instant | Family::Local => format!("substr({text}, 1, 10)"),
            Family::Text | Family::Folded => {
                let (day, moment) = (self.is(text, DAY), self.begins(text, &moment("")));
                format!("CASE WHEN {day} OR {moment} THEN substr({text}, 1, 10) END")
            }
            _ => self.nothing(),
        }
    }

    pub(super) fn time_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Time | Family::LocalTime => format!("substr({text}, 1, 8)"),
            Family::Instant | Family::Local => format!("substr({text}, 12, 8)"),
            Family::Text | Family::Folded => {
                let second = self.begins(text, &format!("{MINUTE}{SECOND}"));
                let minute = self.is(text, MINUTE);
                let of_moment = self.begins(text, &moment(SECOND));
                format!(
                    "CASE WHEN {second} THEN substr({text}, 1, 8) WHEN {minute} THEN {text}||':00' \
                     WHEN {of_moment} THEN substr({text}, 12, 8) END"
                )
            }
            _ => self.nothing(),
        }
    }

    pub(super) fn instant_of(self, text: &str, family: Family) -> String {
        match family {
            Family::Instant => text.to_owned(),
            Family::Local => format!("({text}||'Z')"),
            Family::Date => format!("({text}||'T00:00:00.000Z')"),
            Family::Text | Family::Folded => {
                let (day, moment) = (self.is(text, DAY), self.begins(text, &moment("")));
                format!(
                    "CASE WHEN {day} THEN {text}||'T00:00:00.000Z' WHEN {moment} THEN {text} END"
                )
            }
            _ => self.nothing(),
        }
    }

    fn nothing(self) -> String {
        format!("NULL{}", self.null_cast(Family::Text))
    }

    /// Both stores read lists of signs in brackets alike.
    fn is(self, text: &str, pattern: &str) -> String {
        match self {
            Self::Sqlite => format!("{text} GLOB '{pattern}'"),
            Self::Postgres => format!("{text} ~ '^{pattern}$'"),
        }
    }

    fn begins(self, text: &str, pattern: &str) -> String {
        match self {
            Self::Sqlite => format!("{text} GLOB '{pattern}*'"),
            Self::Postgres => format!("{text} ~ '^{pattern}'"),
        }
    }
}

fn moment(seconds: &str) -> String {
    format!("{DAY}[T ]{MINUTE}{seconds}")
}
