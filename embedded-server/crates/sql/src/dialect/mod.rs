//! What the two databases say differently: some fifteen questions, each answered by both. A new
//! question does not compile until it has two answers.

mod exact;
mod family;
mod geometry;
mod loose;
mod moment;
mod postgres;
mod sqlite;
mod words;

pub(crate) use family::Family;
pub(crate) use geometry::box_text;
pub(crate) use words::may_hold;

use crate::{Dialect, Numbers};
use query::{Cast, DatePart};

impl Dialect {
    /// What follows a placeholder. The first cast on Postgres names the plain kind that is bound,
    /// so that a statement prepared with a NULL has the same parameter types as any other.
    pub(crate) fn bind_cast(self, family: Family) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => postgres::bind_cast(family),
        }
    }

    /// A column as [`Family::form`] expects it.
    pub(crate) fn answered(self, column: &str, family: Family) -> String {
        match self {
            Self::Sqlite => sqlite::answered(column, family),
            Self::Postgres => postgres::answered(column, family),
        }
    }

    /// A column as the canonical value that may be bound again: cursors and kept keys.
    pub(crate) fn canonical(self, column: &str, family: Family) -> String {
        match self {
            Self::Sqlite => String::from(column),
            Self::Postgres => postgres::canonical(column, family),
        }
    }

    /// A column as JSON text in exactly the form it has in the answer; `null` when NULL.
    pub(crate) fn json_token(self, column: &str, family: Family, numbers: Numbers) -> String {
        let token = match self {
            Self::Sqlite => sqlite::json_token(column, family, numbers),
            Self::Postgres => postgres::json_token(column, family, numbers),
        };
        format!("coalesce({token},'null')")
    }

    /// Text without regard to case.
    pub(crate) fn folded(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_fold({text})"),
            // Columns may be declared in byte order, where `lower` knows ASCII only.
            Self::Postgres => format!("lower({text} COLLATE \"default\")"),
        }
    }

    /// An expression in the order of its family: text by bytes, decimals by number.
    pub(crate) fn ordered(self, column: &str, family: Family) -> String {
        match (self, family) {
            (Self::Sqlite, Family::Folded) => self.folded(column),
            (Self::Postgres, Family::Folded) => format!("{} COLLATE \"C\"", self.folded(column)),
            (Self::Sqlite, Family::Decimal) => format!("{column} COLLATE BX_DECIMAL"),
            (Self::Postgres, Family::Text) => format!("{column} COLLATE \"C\""),
            (Self::Sqlite | Self::Postgres, _) => String::from(column),
        }
    }

    /// What a cursor carries of a sort key: the value itself, folded where the order is.
    pub(crate) fn resumed(self, column: String, family: Family) -> String {
        if family == Family::Folded { self.folded(&column) } else { column }
    }

    /// What follows a sort key so that NULLs stand last ascending and first descending.
    pub(crate) fn nulls(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Sqlite, false) => " ASC NULLS LAST",
            (Self::Sqlite, true) => " DESC NULLS FIRST",
            // Postgres' own order.
            (Self::Postgres, false) => " ASC",
            (Self::Postgres, true) => " DESC",
        }
    }

    /// The function that joins texts of many rows.
    pub(crate) fn join_texts(self) -> &'static str {
        match self {
            Self::Sqlite => "group_concat",
            Self::Postgres => "string_agg",
        }
    }

    /// A part of a date, in UTC, as an integer.
    pub(crate) fn date_part(self, column: &str, family: Family, part: DatePart) -> String {
        let word = match part {
            DatePart::Year => "year",
            DatePart::IsoYear => "isoyear",
            DatePart::Quarter => "quarter",
            DatePart::Month => "month",
            DatePart::Week => "week",
            DatePart::Day => "day",
            DatePart::Dow => "dow",
            DatePart::IsoDow => "isodow",
            DatePart::Hour => "hour",
            DatePart::Minute => "minute",
            DatePart::Second => "second",
        };
        match self {
            Self::Sqlite => format!("bx_date_part('{word}', {column})"),
            Self::Postgres => postgres::date_part(column, family, word),
        }
    }

    /// A column as plain text, the canonical form of its family.
    pub(crate) fn as_text(self, column: &str, family: Family) -> String {
        match self {
            Self::Sqlite => sqlite::as_text(column, family),
            Self::Postgres => postgres::as_text(column, family),
        }
    }

    /// A text that holds a key, as a key of the family; NULL when it cannot be one.
    pub(crate) fn key_of_text(self, text: &str, family: Family) -> String {
        match self {
            // The far column's affinity converts what can be converted.
            Self::Sqlite => String::from(text),
            Self::Postgres => postgres::key_of_text(text, family),
        }
    }

    /// What gives a bare NULL its type.
    pub(crate) fn null_cast(self, family: Family) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => postgres::element_cast(family),
        }
    }

    /// A column compared as another type. Dates, times and instants become their canonical text,
    /// which sorts as they do, so that no text of a record can fail to be read as one.
    pub(crate) fn cast(self, column: &str, family: Family, cast: Cast) -> (String, Family) {
        let text = self.as_text(column, family);
        match cast {
            Cast::Text => (text, Family::Text),
            Cast::Uuid => (self.folded(&text), Family::Text),
            Cast::Json if family == Family::Json => (column.to_owned(), Family::Json),
            Cast::Json => (text, Family::Text),
            Cast::Integer | Cast::BigInt => {
                (self.number_of(column, family, Family::BigInt), Family::BigInt)
            }
            Cast::Decimal => (self.number_of(column, family, Family::Decimal), Family::Decimal),
            Cast::Real => (self.number_of(column, family, Family::Double), Family::Double),
            Cast::Boolean => (self.boolean_of(column, family), Family::Boolean),
            Cast::Date => (self.date_of(&text, family), Family::Text),
            Cast::Time => (self.time_of(&text, family), Family::Text),
            Cast::Timestamp => (self.instant_of(&text, family), Family::Text),
        }
    }

    /// A column as a number of a family; NULL where the text is none.
    pub(crate) fn number_of(self, column: &str, family: Family, wanted: Family) -> String {
        match self {
            Self::Sqlite => sqlite::number_of(column, family, wanted),
            Self::Postgres => postgres::number_of(column, family, wanted),
        }
    }

    fn boolean_of(self, column: &str, family: Family) -> String {
        match family {
            Family::Boolean => String::from(column),
            Family::Integer | Family::BigInt | Family::Real | Family::Double => {
                format!("({column} <> 0)")
            }
            _ => {
                let text = self.as_text(column, family);
                format!(
                    "CASE WHEN lower({text}) IN ('true','t','yes','1') THEN TRUE \
                     WHEN lower({text}) IN ('false','f','no','0') THEN FALSE END"
                )
            }
        }
    }

    /// Two sides of different families, made comparable.
    pub(crate) fn reconciled(
        self,
        left: (&str, Family),
        right: (&str, Family),
    ) -> (String, String, Family) {
        let is_number = |family| {
            matches!(
                family,
                Family::Integer | Family::BigInt | Family::Decimal | Family::Real | Family::Double
            )
        };
        let is_moment = |family| matches!(family, Family::Date | Family::Instant | Family::Local);
        let both = |test: &dyn Fn(Family) -> bool| test(left.1) && test(right.1);
        if both(&is_number) {
            if left.1 == Family::Decimal || right.1 == Family::Decimal {
                let decimal = |(text, family)| self.number_of(text, family, Family::Decimal);
                return (decimal(left), decimal(right), Family::Decimal);
            }
            // Integers and doubles compare as they stand; 32-bit values by their own digits.
            let double = |(text, family): (&str, Family)| match family {
                Family::Real => self.number_of(text, family, Family::Double),
                _ => text.to_owned(),
            };
            return (double(left), double(right), Family::Double);
        }
        if both(&Family::is_text) {
            return (left.0.to_owned(), right.0.to_owned(), Family::Folded);
        }
        if both(&is_moment) {
            let moment = |(text, family)| self.cast(text, family, Cast::Timestamp).0;
            return (moment(left), moment(right), Family::Text);
        }
        (self.as_text(left.0, left.1), self.as_text(right.0, right.1), Family::Text)
    }

    /// NULL, or nothing in it. Never unknown.
    pub(crate) fn empty(self, column: &str, family: Family) -> String {
        match (self, family) {
            (_, Family::Text | Family::Folded) => format!("({column} IS NULL OR {column} = '')"),
            (Self::Sqlite, Family::Json) => {
                format!("({column} IS NULL OR {column} IN ('[]','{{}}','\"\"'))")
            }
            (Self::Postgres, Family::Json) => {
                format!(
                    "({column} IS NULL OR {column} IN ('[]'::jsonb,'{{}}'::jsonb,'\"\"'::jsonb))"
                )
            }
            (Self::Sqlite | Self::Postgres, _) => format!("({column} IS NULL)"),
        }
    }

    /// One of the elements of a bound JSON array.
    pub(crate) fn among(self, column: &str, list: &str, family: Family) -> String {
        match self {
            Self::Sqlite if family == Family::Folded => {
                format!("{column} IN (SELECT bx_fold(value) FROM json_each({list}))")
            }
            Self::Sqlite => format!("{column} IN (SELECT value FROM json_each({list}))"),
            Self::Postgres => postgres::among(column, list, family),
        }
    }

    /// A regular expression found in a text.
    pub(crate) fn regex(self, text: &str, pattern: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_regex({text}, {pattern})"),
            // What a letter, a digit or a space is must not depend on the database's language.
            Self::Postgres => format!("(({text}) COLLATE \"C\" ~ {pattern})"),
        }
    }

    /// LIKE with a backslash as escape.
    pub(crate) fn like(self, text: &str, pattern: &str, fold: bool) -> String {
        match (self, fold) {
            (Self::Sqlite, _) => format!("bx_like({text}, {pattern}, {})", u8::from(fold)),
            (Self::Postgres, false) => format!("({text} LIKE {pattern})"),
            (Self::Postgres, true) => {
                format!("({} LIKE {})", self.folded(text), self.folded(pattern))
            }
        }
    }

    /// A text within a text.
    pub(crate) fn holds_text(self, text: &str, part: &str) -> String {
        match self {
            Self::Sqlite => format!("(instr({text}, {part}) > 0)"),
            Self::Postgres => format!("(strpos({text}, {part}) > 0)"),
        }
    }

    /// The paths to be bound for keys inside a JSON column. SQLite says array positions and keys
    /// differently, so a path with a number in it is tried as both.
    pub(crate) fn json_paths(self, keys: &[String]) -> Vec<String> {
        match self {
            Self::Sqlite => sqlite::json_paths(keys),
            Self::Postgres => keys.to_vec(),
        }
    }

    /// The JSON value at bound paths.
    pub(crate) fn json_at(self, column: &str, paths: &[String]) -> String {
        match self {
            Self::Sqlite => {
                let found: Vec<String> =
                    paths.iter().map(|path| format!("({column} -> {path})")).collect();
                match found.as_slice() {
                    [one] => one.clone(),
                    many => format!("coalesce({})", many.join(", ")),
                }
            }
            Self::Postgres => format!("({column} #> ARRAY[{}])", paths.join(", ")),
        }
    }

    /// The text of a JSON value: strings without quotes, `null` and absence as NULL.
    pub(crate) fn json_text(self, at: &str) -> String {
        match self {
            Self::Sqlite => format!(
                "CASE json_type({at}) WHEN 'text' THEN {at} ->> '$' WHEN 'null' THEN NULL ELSE {at} -> '$' END"
            ),
            Self::Postgres => format!("{at} #>> '{{}}'"),
        }
    }

    /// The number in a JSON value, or in text that spells one, exactly; NULL for everything else.
    pub(crate) fn json_number(self, at: &str) -> String {
        // Bounded, so that no text is longer than what a `numeric` can hold.
        const SPELT: &str = "'^-?[0-9]{1,200}([.][0-9]{1,200})?$'";
        match self {
            Self::Sqlite => format!(
                "CASE WHEN json_type({at}) IN ('integer','real') THEN bx_dec({at} -> '$') \
                 WHEN json_type({at}) = 'text' AND bx_regex({at} ->> '$', {SPELT}) THEN bx_dec({at} ->> '$') END"
            ),
            Self::Postgres => format!(
                "CASE WHEN jsonb_typeof({at}) = 'number' \
                 OR (jsonb_typeof({at}) = 'string' AND ({at} #>> '{{}}') ~ {SPELT}) \
                 THEN ({at} #>> '{{}}')::numeric END"
            ),
        }
    }

    /// `object`, `array`, `string`, `number`, `boolean`, `null`, or NULL when absent.
    pub(crate) fn json_type(self, at: &str) -> String {
        match self {
            Self::Sqlite => format!(
                "CASE json_type({at}) WHEN 'text' THEN 'string' WHEN 'integer' THEN 'number' \
                 WHEN 'real' THEN 'number' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' \
                 ELSE json_type({at}) END"
            ),
            Self::Postgres => format!("jsonb_typeof({at})"),
        }
    }

    /// Number of elements; NULL when the value is no array.
    pub(crate) fn array_length(self, at: &str) -> String {
        match self {
            Self::Sqlite => {
                format!("CASE WHEN json_type({at}) = 'array' THEN json_array_length({at}) END")
            }
            Self::Postgres => {
                format!("CASE WHEN jsonb_typeof({at}) = 'array' THEN jsonb_array_length({at}) END")
            }
        }
    }

    /// Every bound element is in the column.
    pub(crate) fn array_contains(self, column: &str, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_arr_contains({column}, {json})"),
            Self::Postgres => format!("({column} @> {json}::jsonb)"),
        }
    }

    /// Every element of the column is bound.
    pub(crate) fn array_contained(self, column: &str, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_arr_contained({column}, {json})"),
            Self::Postgres => format!("({column} <@ {json}::jsonb)"),
        }
    }

    /// An element in common.
    pub(crate) fn array_overlaps(self, column: &str, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_arr_overlap({column}, {json})"),
            Self::Postgres => postgres::array_overlaps(column, json),
        }
    }

    /// Equality of JSON: numbers by value.
    pub(crate) fn json_same(self, left: &str, right: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_json_same({left}, {right})"),
            Self::Postgres => format!("({left} = {right})"),
        }
    }

    /// JSON containment.
    pub(crate) fn json_contains(self, column: &str, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_json_contains({column}, {json})"),
            Self::Postgres => format!("({column} @> {json}::jsonb)"),
        }
    }

    /// JSON containment the other way round.
    pub(crate) fn json_contained(self, column: &str, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_json_contains({json}, {column})"),
            Self::Postgres => format!("({column} <@ {json}::jsonb)"),
        }
    }

    /// An object key, or a string element of an array.
    pub(crate) fn json_has(self, column: &str, key: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_json_has({column}, {key})"),
            Self::Postgres => format!("({column} ? {key})"),
        }
    }

    /// An SQL/JSON path that finds something, or whose predicate holds.
    pub(crate) fn json_path(self, column: &str, path: &str, predicate: bool) -> String {
        match (self, predicate) {
            (Self::Sqlite, false) => format!("bx_jsonpath_exists({column}, {path})"),
            (Self::Sqlite, true) => format!("bx_jsonpath_match({column}, {path})"),
            (Self::Postgres, false) => format!("({column} @? {path}::jsonpath)"),
            (Self::Postgres, true) => format!("({column} @@ {path}::jsonpath)"),
        }
    }

    /// A sum and what it is: integers stay integers, decimals exact.
    pub(crate) fn sum(self, column: &str, family: Family) -> (String, Family) {
        match (self, family) {
            (_, Family::Integer) => (format!("sum({column})"), Family::BigInt),
            (Self::Sqlite, Family::Boolean) => (format!("sum({column})"), Family::BigInt),
            (Self::Postgres, Family::Boolean) => (format!("sum({column}::int)"), Family::BigInt),
            (_, Family::Real | Family::Double) => {
                let number = self.number_of(column, family, Family::Double);
                (self.exact_sum(&number), Family::Double)
            }
            // A sum of 64-bit integers may leave them.
            (Self::Sqlite, _) => {
                let number = self.number_of(column, family, Family::Decimal);
                (format!("bx_dec_sum({number})"), Family::Decimal)
            }
            (Self::Postgres, _) => {
                let number = self.number_of(column, family, Family::Decimal);
                (format!("sum({number})"), Family::Decimal)
            }
        }
    }

    /// A sum of doubles, of their digits and rounded once: in whatever order the rows are met, by
    /// whichever store, it is the same.
    fn exact_sum(self, number: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_real_sum({number})"),
            Self::Postgres => format!("sum(({number})::text::numeric)::double precision"),
        }
    }

    /// What two JSON values have in common exactly when they are equal.
    pub(crate) fn json_key(self, json: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_json_key({json})"),
            Self::Postgres => String::from(json),
        }
    }

    /// An average: of decimals, and of whole numbers that no double holds, exact to at least 16
    /// digits without trailing zeros, of everything else a double.
    pub(crate) fn average(self, column: &str, family: Family) -> (String, Family) {
        // Postgres averages whole numbers as decimals, of which some are another double than the
        // quotient is.
        let quotient = |number: String| match self {
            Self::Sqlite => (format!("avg({number})"), Family::Double),
            Self::Postgres => {
                (format!("(sum({number})::double precision / count({number}))"), Family::Double)
            }
        };
        match (self, family) {
            (_, Family::Integer) => quotient(String::from(column)),
            (Self::Sqlite, Family::Boolean) => quotient(String::from(column)),
            (Self::Postgres, Family::Boolean) => quotient(format!("{column}::int")),
            (_, Family::Real | Family::Double) => {
                let number = self.number_of(column, family, Family::Double);
                (format!("({} / count({number}))", self.exact_sum(&number)), Family::Double)
            }
            (Self::Sqlite, _) => {
                let number = self.number_of(column, family, Family::Decimal);
                let exact = format!("bx_dec_avg({number})");
                let text = format!(
                    "CASE WHEN instr({exact}, '.') > 0 THEN rtrim(rtrim({exact}, '0'), '.') ELSE {exact} END"
                );
                (text, Family::Decimal)
            }
            (Self::Postgres, _) => {
                let number = self.number_of(column, family, Family::Decimal);
                (format!("trim_scale(avg({number}))"), Family::Decimal)
            }
        }
    }

    /// The least or largest value of a column.
    pub(crate) fn extreme(self, word: &str, column: &str, family: Family) -> String {
        match (self, family) {
            (Self::Postgres, Family::Boolean) => {
                format!("{}({column})", if word == "min" { "bool_and" } else { "bool_or" })
            }
            (Self::Postgres, Family::Uuid | Family::Json) => format!("{word}({column}::text)"),
            (Self::Postgres, Family::Binary) => {
                format!("decode({word}(encode({column}, 'hex')), 'hex')")
            }
            (Self::Sqlite | Self::Postgres, Family::Folded) => {
                format!("{word}({})", self.ordered(column, Family::Text))
            }
            (Self::Sqlite | Self::Postgres, _) => {
                format!("{word}({})", self.ordered(column, family))
            }
        }
    }

    /// The least or largest of decimals with any digits, as it is spelled; of its spellings the
    /// shortest.
    pub(crate) fn extreme_decimal(self, word: &str, column: &str) -> String {
        match self {
            Self::Sqlite => format!("bx_dec_{word}imum({column})"),
            // Lists are compared by their first number, then by the second.
            Self::Postgres => {
                let sign = if word == "max" { "-" } else { "" };
                format!(
                    "({word}(ARRAY[{column}, {sign}scale({column})]) FILTER (WHERE {column} IS NOT NULL))[1]"
                )
            }
        }
    }

    /// A key as it is stored, from the text of a change row.
    pub(crate) fn key_from_change(self, text: &str, family: Family) -> String {
        match self {
            Self::Sqlite => match family {
                Family::Integer | Family::BigInt => format!("CAST({text} AS INTEGER)"),
                _ => String::from(text),
            },
            Self::Postgres => match family {
                Family::Text | Family::Folded => String::from(text),
                family => format!("{text}{}", postgres::element_cast(family)),
            },
        }
    }
}
