//! What becomes of stored values when a field changes its type.

use super::column::column_type;
use crate::Dialect;
use crate::dialect::Family;
use crate::writer::literal;
use catalog::FieldKind;

/// How the values of a column become values of another type. All three are SQL over the column.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The new value.
    pub value: String,
    /// True where the value can be converted at all; a change is refused while it is not.
    pub fits: String,
    /// True where nothing of the value is lost.
    pub keeps: String,
}

const TRUE_WORDS: &str = "('true','t','yes','1')";
const BOOLEAN_WORDS: &str = "('true','t','yes','1','false','f','no','0')";

/// The conversion of `column` (as SQL) from one type to another. Between types with nothing in
/// common only NULL fits, so that an empty column may become anything.
#[must_use]
pub fn conversion(from: &FieldKind, to: &FieldKind, column: &str, dialect: Dialect) -> Conversion {
    let (source, target) = (Family::of(from), Family::of(to));
    let on = On { c: column, dialect };
    let json_target = matches!(to, FieldKind::Json { .. });
    let found = match (source, target) {
        (Family::Json, Family::Json) => (json_target || from == to).then(|| on.same()),
        (_, Family::Json) if !json_target => None,
        (_, Family::Text | Family::Folded) if source != Family::Binary => {
            let text =
                if source.is_text() { column.to_owned() } else { dialect.as_text(column, source) };
            Some(on.bounded(text, to))
        }
        (Family::Text | Family::Folded, _) => on.of_text(to, target),
        (source, target) if source == target && source != Family::Decimal => Some(on.same()),
        (_, Family::Json) => on.to_json(source),
        _ => on.between_numbers(source, to, target).or_else(|| on.between_moments(source, target)),
    };
    let found = found.unwrap_or_else(|| Part {
        value: String::from("NULL"),
        fits: String::from("FALSE"),
        keeps: String::from("TRUE"),
    });
    let value = match dialect {
        Dialect::Sqlite => found.value,
        Dialect::Postgres => format!("({})::{}", found.value, column_type(to, dialect)),
    };
    Conversion {
        value,
        fits: format!("({column} IS NULL OR ({}))", found.fits),
        keeps: format!("({column} IS NULL OR ({}))", found.keeps),
    }
}

struct Part {
    value: String,
    fits: String,
    keeps: String,
}

impl Part {
    fn new(value: impl Into<String>, fits: impl Into<String>) -> Self {
        Self { value: value.into(), fits: fits.into(), keeps: String::from("TRUE") }
    }

    fn keeps(mut self, keeps: impl Into<String>) -> Self {
        self.keeps = keeps.into();
        self
    }
}

struct On<'a> {
    c: &'a str,
    dialect: Dialect,
}

impl On<'_> {
    fn sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    fn same(&self) -> Part {
        Part::new(self.c, "TRUE")
    }

    fn matches(&self, text: &str, pattern: &str) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("bx_regex({text}, {})", literal(pattern)),
            Dialect::Postgres => format!("({text}) ~ {}", literal(pattern)),
        }
    }

    /// Text into a text with bounds.
    fn bounded(&self, text: String, to: &FieldKind) -> Part {
        let fits = match to {
            FieldKind::String { length: Some(length) } => format!("length({text}) <= {length}"),
            FieldKind::Token => format!("length({text}) <= 9"),
            FieldKind::Enum { values } => {
                let words: Vec<String> = values.iter().map(|word| literal(word)).collect();
                format!("{text} IN ({})", words.join(", "))
            }
            _ => String::from("TRUE"),
        };
        Part::new(text, fits)
    }

    fn of_text(&self, to: &FieldKind, target: Family) -> Option<Part> {
        let t = format!("trim({})", self.c);
        let digits = |most: u32| self.matches(&t, &format!("^[+-]?[0-9]{{1,{most}}}$"));
        let number = |type_name: &str| match self.dialect {
            Dialect::Sqlite => format!("CAST({t} AS {type_name})"),
            Dialect::Postgres => t.clone(),
        };
        let lower = format!("lower({t})");
        Some(match target {
            Family::Integer => {
                let range = format!("CAST({t} AS BIGINT) BETWEEN {} AND {}", i32::MIN, i32::MAX);
                // The order of tests in an AND is free in SQL, in a CASE it is not.
                Part::new(
                    number("INTEGER"),
                    format!("CASE WHEN {} THEN {range} ELSE FALSE END", digits(10)),
                )
            }
            Family::BigInt => Part::new(number("INTEGER"), digits(18)),
            Family::Decimal => {
                let whole = self.matches(&t, "^[+-]?[0-9]{1,200}(\\.[0-9]{1,200})?$");
                let (value, fits) = match self.dialect {
                    Dialect::Sqlite => self.rescaled(&format!("bx_dec({t})"), to),
                    Dialect::Postgres => self.rescaled(&format!("({t})::numeric"), to),
                };
                Part::new(value, format!("CASE WHEN {whole} THEN {fits} ELSE FALSE END"))
            }
            Family::Real | Family::Double => Part::new(
                number("REAL"),
                self.matches(&t, "^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"),
            ),
            Family::Boolean => Part::new(
                format!("({lower} IN {TRUE_WORDS})"),
                format!("{lower} IN {BOOLEAN_WORDS}"),
            ),
            Family::Date => {
                let form = self.matches(&t, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
                let real =
                    if self.sqlite() { format!(" AND date({t}) IS {t}") } else { String::new() };
                Part::new(t, format!("{form}{real}"))
            }
            Family::Instant | Family::Local => {
                let form = self.matches(
                    &t,
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$",
                );
                let zone = if target == Family::Instant { "Z" } else { "" };
                match self.dialect {
                    Dialect::Sqlite => {
                        let day = format!("substr({t}, 1, 10)");
                        let value = format!("strftime('%Y-%m-%dT%H:%M:%f{zone}', {t})");
                        Part::new(
                            &value,
                            format!("{form} AND {value} IS NOT NULL AND date({day}) IS {day}"),
                        )
                    }
                    Dialect::Postgres => {
                        let zoned = format!("({t}) ~ '[T ].*(Z|[+-][0-9]{{2}}:[0-9]{{2}})$'");
                        let local = format!(
                            "(CASE WHEN {zoned} THEN ({t})::timestamptz AT TIME ZONE 'UTC' ELSE ({t})::timestamp END)"
                        );
                        let value = if zone.is_empty() {
                            local
                        } else {
                            format!("{local} AT TIME ZONE 'UTC'")
                        };
                        Part::new(value, form)
                    }
                }
            }
            Family::Time => {
                let form =
                    "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{3})?[+-][0-9]{2}(:[0-9]{2})?$";
                Part::new(&t, self.matches(&t, form))
            }
            Family::LocalTime => {
                Part::new(&t, self.matches(&t, "^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]{3})?$"))
            }
            Family::Uuid => Part::new(
                &lower,
                self.matches(
                    &lower,
                    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
                ),
            ),
            Family::Json => match self.dialect {
                Dialect::Sqlite => {
                    Part::new(format!("json({})", self.c), format!("json_valid({})", self.c))
                }
                // Postgres 14 cannot ask whether a text is JSON; what only looks so fails the change.
                Dialect::Postgres => {
                    Part::new(self.c, self.matches(&t, "^([\\[{\"0-9-]|true$|false$|null$)"))
                }
            },
            Family::Text | Family::Folded | Family::Binary => return None,
        })
    }

    fn to_json(&self, source: Family) -> Option<Part> {
        let c = self.c;
        let value = match (source, self.dialect) {
            (Family::Binary, _) => return None,
            (Family::Boolean, Dialect::Sqlite) => {
                format!("CASE WHEN {c} THEN 'true' ELSE 'false' END")
            }
            (Family::Decimal, Dialect::Sqlite) => c.to_owned(),
            (_, Dialect::Sqlite) => format!("json_quote({c})"),
            (
                Family::Integer
                | Family::BigInt
                | Family::Real
                | Family::Double
                | Family::Decimal
                | Family::Boolean,
                Dialect::Postgres,
            ) => format!("to_jsonb({c})"),
            (_, Dialect::Postgres) => format!("to_jsonb({})", self.dialect.as_text(c, source)),
        };
        Some(Part::new(value, "TRUE"))
    }

    fn between_numbers(&self, source: Family, to: &FieldKind, target: Family) -> Option<Part> {
        let c = self.c;
        let range = |most: i64| format!("{c} BETWEEN {} AND {most}", -most - 1);
        let whole = match (source, self.dialect) {
            (Family::Decimal, Dialect::Sqlite) => {
                format!(
                    "(instr({c}, '.') = 0 OR rtrim(substr({c}, instr({c}, '.') + 1), '0') = '') AND length({c}) <= 40"
                )
            }
            (_, Dialect::Sqlite) => format!("{c} = CAST({c} AS INTEGER)"),
            (_, Dialect::Postgres) => format!("{c} = trunc({c})"),
        };
        let as_real = match self.dialect {
            Dialect::Sqlite => format!("CAST({c} AS REAL)"),
            Dialect::Postgres => c.to_owned(),
        };
        let to_int = |most: i64| {
            let (low, high) = (-most - 1, most);
            match (self.dialect, source) {
                (Dialect::Sqlite, Family::Decimal) => {
                    let value = format!("CAST({c} AS INTEGER)");
                    // Beyond 18 digits the cast saturates.
                    Part::new(
                        &value,
                        format!(
                            "{whole} AND length(ltrim({c}, '-')) - length(substr({c}, instr({c} || '.', '.'))) <= 18 AND {value} BETWEEN {low} AND {high}"
                        ),
                    )
                }
                (Dialect::Sqlite, _) => Part::new(
                    format!("CAST({c} AS INTEGER)"),
                    format!("{whole} AND {c} BETWEEN {low} AND {high}"),
                ),
                (Dialect::Postgres, _) => {
                    Part::new(c, format!("{whole} AND {c} BETWEEN {low} AND {high}"))
                }
            }
        };
        Some(match (source, target) {
            (Family::BigInt, Family::Integer) => Part::new(c, range(i64::from(i32::MAX))),
            (Family::Integer, Family::BigInt) => self.same(),
            (Family::Integer | Family::BigInt, Family::Real | Family::Double) => {
                Part::new(as_real, "TRUE").keeps(range(9_007_199_254_740_991))
            }
            (Family::Real, Family::Double) => self.same(),
            (Family::Double, Family::Real) => Part::new(c, "TRUE").keeps("FALSE"),
            (Family::Decimal, Family::Real | Family::Double) => {
                // So many digits come back from a double as they went in; from a `real`, six.
                let most = if target == Family::Double { 15 } else { 6 };
                let digits = format!(
                    "replace(replace({c}{}, '.', ''), '-', '')",
                    if self.sqlite() { "" } else { "::text" }
                );
                Part::new(as_real, "TRUE").keeps(format!("length({digits}) <= {most}"))
            }
            (Family::Decimal | Family::Real | Family::Double, Family::Integer) => {
                to_int(i64::from(i32::MAX))
            }
            (Family::Decimal, Family::BigInt) => to_int(i64::MAX),
            // The largest double below 2^63.
            (Family::Real | Family::Double, Family::BigInt) => to_int(9_223_372_036_854_774_784),
            (Family::Integer | Family::BigInt, Family::Decimal) => {
                let text = match self.dialect {
                    Dialect::Sqlite => format!("CAST({c} AS TEXT)"),
                    Dialect::Postgres => format!("{c}::numeric"),
                };
                let (value, fits) = self.rescaled(&text, to);
                Part::new(value, fits)
            }
            (Family::Decimal, Family::Decimal) => {
                let (value, fits) = self.rescaled(c, to);
                Part::new(value, fits)
            }
            (Family::Real | Family::Double, Family::Decimal) => {
                let scale = match to {
                    FieldKind::Decimal { scale, .. } => scale.unwrap_or(15),
                    _ => 15,
                };
                let text = match self.dialect {
                    Dialect::Sqlite => format!("bx_dec(printf('%.{scale}f', {c}))"),
                    Dialect::Postgres => format!("round({c}::numeric, {scale})"),
                };
                let (value, fits) = self.rescaled(&text, to);
                let back = match self.dialect {
                    Dialect::Sqlite => format!("CAST({text} AS REAL) = {c}"),
                    Dialect::Postgres => format!("({text})::double precision = {c}"),
                };
                Part::new(value, fits).keeps(back)
            }
            (Family::Boolean, Family::Integer | Family::BigInt) => match self.dialect {
                Dialect::Sqlite => self.same(),
                Dialect::Postgres => Part::new(format!("{c}::integer"), "TRUE"),
            },
            (Family::Integer | Family::BigInt, Family::Boolean) => {
                Part::new(format!("({c} = 1)"), format!("{c} IN (0, 1)"))
            }
            _ => return None,
        })
    }

    /// A decimal with as many digits after the point as the target wants, and whether it has room
    /// there.
    fn rescaled(&self, number: &str, to: &FieldKind) -> (String, String) {
        let FieldKind::Decimal { precision: Some(precision), scale } = to else {
            return (number.to_owned(), String::from("TRUE"));
        };
        let scale = scale.unwrap_or(0);
        let room = precision.saturating_sub(scale);
        match self.dialect {
            Dialect::Postgres => (
                number.to_owned(),
                format!(
                    "round({number}, {scale}) = {number} AND abs({number}) < 1e{room}::numeric"
                ),
            ),
            Dialect::Sqlite => {
                let whole = format!("substr({number}, 1, instr({number} || '.', '.') - 1)");
                let rest = format!("substr({number} || '.', instr({number} || '.', '.') + 1)");
                let rest = format!("rtrim(replace({rest}, '.', ''), '0')");
                let value = if scale == 0 {
                    whole.clone()
                } else {
                    format!(
                        "{whole} || '.' || substr({rest} || '{}', 1, {scale})",
                        "0".repeat(scale as usize)
                    )
                };
                let fits =
                    format!("length({rest}) <= {scale} AND length(ltrim({whole}, '-0')) <= {room}");
                (value, fits)
            }
        }
    }

    fn between_moments(&self, source: Family, target: Family) -> Option<Part> {
        let c = self.c;
        let utc = format!("({c} AT TIME ZONE 'UTC')");
        Some(match (source, target, self.dialect) {
            (Family::Date, Family::Instant, Dialect::Sqlite) => {
                Part::new(format!("{c} || 'T00:00:00.000Z'"), "TRUE")
            }
            (Family::Date, Family::Instant, Dialect::Postgres) => {
                Part::new(format!("{c}::timestamp AT TIME ZONE 'UTC'"), "TRUE")
            }
            (Family::Date, Family::Local, Dialect::Sqlite) => {
                Part::new(format!("{c} || 'T00:00:00.000'"), "TRUE")
            }
            (Family::Date, Family::Local, Dialect::Postgres) => self.same(),
            (Family::Instant | Family::Local, Family::Date, Dialect::Sqlite) => {
                Part::new(format!("substr({c}, 1, 10)"), "TRUE")
                    .keeps(format!("substr({c}, 12, 12) = '00:00:00.000'"))
            }
            (Family::Instant, Family::Date, Dialect::Postgres) => {
                Part::new(&utc, "TRUE").keeps(format!("{utc}::time = '00:00'"))
            }
            (Family::Local, Family::Date, Dialect::Postgres) => {
                Part::new(c, "TRUE").keeps(format!("{c}::time = '00:00'"))
            }
            (Family::Instant, Family::Local, Dialect::Sqlite) => {
                Part::new(format!("substr({c}, 1, 23)"), "TRUE")
            }
            (Family::Local, Family::Instant, Dialect::Sqlite) => {
                Part::new(format!("{c} || 'Z'"), "TRUE")
            }
            (Family::Instant, Family::Local, Dialect::Postgres)
            | (Family::Local, Family::Instant, Dialect::Postgres) => Part::new(utc, "TRUE"),
            _ => return None,
        })
    }
}
