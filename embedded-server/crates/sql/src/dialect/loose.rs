//! Columns of tables that we did not make: they may hold more than their field tells, or values of
//! other kinds.

use super::{Family, sqlite};
use crate::writer::Alias;
use crate::{Dialect, Numbers};
use catalog::Collection;

impl Dialect {
    /// [`Self::json_token`] of a column whose values may be of another kind than its field says: a
    /// table of SQLite that we did not make. What does not fit stands as the text it is, as it does
    /// outside of relations.
    pub(crate) fn loose_token(self, column: &str, family: Family, numbers: Numbers) -> String {
        match self {
            Self::Sqlite => {
                let usual = self.json_token(column, family, numbers);
                sqlite::loose_token(column, family, &usual)
            }
            Self::Postgres => {
                let usual = self.json_token(column, family, numbers);
                match spelled(column, family) {
                    Some(spelled) => format!("CASE WHEN {spelled} THEN {usual} ELSE 'null' END"),
                    None => usual,
                }
            }
        }
    }

    /// [`Self::answered`] of such a column: text that is no JSON would break the answer.
    pub(crate) fn loosely_answered(self, column: &str, family: Family) -> String {
        match (self, family) {
            (Self::Sqlite, Family::Json) => {
                format!(
                    "CASE WHEN json_valid({column}) THEN {column} ELSE json_quote(bx_real({column})) END"
                )
            }
            (Self::Sqlite, _) => self.answered(column, family),
            (Self::Postgres, _) => {
                let usual = self.answered(column, family);
                match spelled(column, family) {
                    Some(spelled) => format!("CASE WHEN {spelled} THEN {usual} END"),
                    None => usual,
                }
            }
        }
    }

    /// A column that holds more than its field tells, as what is shown of it: what is found, sorted
    /// and compared is what people saw, and a value that was answered finds its record again.
    pub(crate) fn as_shown(self, column: &str, family: Family) -> String {
        match (self, family) {
            (Self::Sqlite, Family::Text | Family::Folded) => format!(
                "CASE typeof({column}) WHEN 'text' THEN {column} WHEN 'null' THEN NULL \
                 WHEN 'blob' THEN bx_base64({column}) ELSE bx_real({column}) END"
            ),
            // Without the blanks that `char(n)` puts behind its values.
            (Self::Postgres, Family::Text) => format!("{column}::text"),
            (Self::Postgres, Family::Instant | Family::Local) => {
                format!("date_trunc('milliseconds', {column})")
            }
            (Self::Postgres, Family::LocalTime) => {
                format!("date_trunc('milliseconds', {column}::interval)::time")
            }
            (Self::Sqlite | Self::Postgres, _) => String::from(column),
        }
    }

    /// A column of an adopted table as it is told: NULL where its value has no spelling here.
    pub(crate) fn spelled_or_null(self, column: String, family: Family) -> String {
        match (self, spelled(&column, family)) {
            (Self::Postgres, Some(spelled)) => format!("(CASE WHEN {spelled} THEN {column} END)"),
            _ => column,
        }
    }

    /// Whether such a column of a moment is finer than what is shown, and in the same order.
    pub(crate) fn keeps_finer(self, family: Family) -> bool {
        self == Self::Postgres && matches!(family, Family::Instant | Family::Local)
    }

    /// What a cursor carries of such a moment: all of it.
    pub(crate) fn finest(self, column: &str, family: Family) -> String {
        let shown = self.canonical(column, family);
        shown.replace("SS.MS", "SS.US")
    }

    /// What a cursor carries of a column of an adopted table: of a moment that has no spelling here
    /// what the database calls it, so that the next page begins behind it.
    pub(crate) fn carried_whole(self, column: &str, family: Family, usual: String) -> String {
        match (self, family, spelled(column, family)) {
            (Self::Postgres, Family::Date | Family::Instant | Family::Local, Some(spelled)) => {
                format!("CASE WHEN {spelled} THEN {usual} ELSE {column}::text END")
            }
            _ => usual,
        }
    }

    /// The same of a field by its name, where it is such a one.
    pub(crate) fn field_as_shown(
        self,
        alias: Alias,
        collection: &Collection,
        field: &str,
    ) -> String {
        let column = alias.column(field);
        match collection.fields.get(field).filter(|field| field.loose) {
            Some(field) => self.as_shown(&column, Family::of(&field.kind)),
            None => column,
        }
    }
}

/// Whether a value of Postgres has a spelling here: numbers that are none and moments without end
/// or outside the years of four digits have not, and are told as NULL.
fn spelled(column: &str, family: Family) -> Option<String> {
    match family {
        Family::Decimal | Family::Real | Family::Double => {
            Some(format!("{column} <> ALL('{{NaN,Infinity,-Infinity}}')"))
        }
        Family::Date | Family::Instant | Family::Local => {
            Some(format!("{column} >= '0001-01-01' AND {column} < '10000-01-01'"))
        }
        Family::Text
        | Family::Folded
        | Family::Integer
        | Family::BigInt
        | Family::Boolean
        | Family::Time
        | Family::LocalTime
        | Family::Uuid
        | Family::Json
        | Family::Binary => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Family;
    use crate::Dialect;

    #[test]
    fn what_is_compared_is_what_is_shown() {
        let shown = |dialect: Dialect, family| dialect.as_shown("c", family);
        assert_eq!(
            shown(Dialect::Sqlite, Family::Text),
            "CASE typeof(c) WHEN 'text' THEN c WHEN 'null' THEN NULL WHEN 'blob' THEN bx_base64(c) ELSE bx_real(c) END"
        );
        let postgres = |family| shown(Dialect::Postgres, family);
        assert_eq!(postgres(Family::Text), "c::text");
        assert_eq!(postgres(Family::Instant), "date_trunc('milliseconds', c)");
        assert_eq!(postgres(Family::Local), "date_trunc('milliseconds', c)");
        assert_eq!(postgres(Family::LocalTime), "date_trunc('milliseconds', c::interval)::time");
        assert_eq!(shown(Dialect::Sqlite, Family::Instant), "c");
        assert_eq!(postgres(Family::Integer), "c");
    }
}
