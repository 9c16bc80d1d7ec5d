//! SQL text that an administrator writes: computed fields and SQL defaults.
//!
//! It is read into words and written again, for either dialect, so that nothing reaches a store
//! but known functions, operators, constants and the collection's own columns. Subqueries,
//! comments and a second statement have no words here.

use crate::Dialect;
use crate::dialect::Family;
use crate::writer::{literal, quoted};
use base::{Code, Error, Result, nearest};
use catalog::{Collection, FieldKind};

/// An expression that was read and found sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Vec<Token>);

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A keyword, upper-case.
    Keyword(String),
    /// A function, lower-case; always followed by `(`.
    Function(String),
    /// A column of the collection, by its exact name.
    Column(String),
    /// A column of 32-bit numbers: what is computed of them is a 64-bit number on both stores.
    Narrow(String),
    Text(String),
    Number(String),
    /// An operator, a comma or a parenthesis.
    Sign(&'static str),
}

/// Words with a fixed meaning. `CAST` and `EXTRACT` are functions with words inside.
const KEYWORDS: [&str; 18] = [
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "AND",
    "OR",
    "NOT",
    "IS",
    "NULL",
    "IN",
    "BETWEEN",
    "AS",
    "FROM",
    "TRUE",
    "FALSE",
    "CURRENT_TIMESTAMP",
    "CURRENT_DATE",
];

/// Type words after `AS` in a cast, and part words in `EXTRACT`.
const INNER_WORDS: [&str; 15] = [
    "TEXT", "INTEGER", "BIGINT", "REAL", "NUMERIC", "YEAR", "QUARTER", "MONTH", "WEEK", "DAY",
    "DOW", "ISODOW", "HOUR", "MINUTE", "SECOND",
];

/// Functions that both dialects have, or that one is given.
const FUNCTIONS: [&str; 26] = [
    "abs",
    "cast",
    "ceil",
    "char_length",
    "coalesce",
    "concat",
    "date_part",
    "extract",
    "floor",
    "gen_random_uuid",
    "greatest",
    "least",
    "length",
    "lower",
    "ltrim",
    "nullif",
    "now",
    "random",
    "replace",
    "round",
    "rtrim",
    "substr",
    "substring",
    "trim",
    "upper",
    "uuid_generate_v4",
];

/// Functions whose answer changes from call to call: fit for a default, not for a computed field.
const CHANGING: [&str; 4] = ["now", "random", "gen_random_uuid", "uuid_generate_v4"];

/// Operators, longest first.
const SIGNS: [&str; 15] =
    ["||", "<>", "!=", "<=", ">=", "(", ")", ",", "+", "-", "*", "/", "%", "<", ">"];

impl Expression {
    /// Reads the expression of a computed field of this collection.
    pub fn of_virtual(text: &str, collection: &Collection) -> Result<Self> {
        let columns: Vec<&str> = collection
            .fields
            .values()
            .filter(|field| !matches!(field.kind, FieldKind::Virtual { .. }))
            .map(|field| field.name.as_str())
            .collect();
        let mut read = Self::read(text, &columns)?;
        for token in &mut read.0 {
            if let Token::Column(name) = token
                && collection
                    .fields
                    .get(name)
                    .is_some_and(|one| matches!(one.kind, FieldKind::Integer))
            {
                *token = Token::Narrow(std::mem::take(name));
            }
        }
        let changing = read.0.iter().find_map(|token| match token {
            Token::Function(name) if CHANGING.contains(&name.as_str()) => Some(name.as_str()),
            Token::Keyword(word) if word.starts_with("CURRENT_") => Some(word.as_str()),
            _ => None,
        });
        match changing {
            Some(name) => Err(fault(format!(
                "`{name}` answers something else at every call, so a computed field cannot use it"
            ))),
            None => Ok(read),
        }
    }

    /// Whether the text of an expression names this column.
    pub(super) fn names(text: &str, column: &str) -> bool {
        let mut quote = None;
        let mut word = String::new();
        // A blank at the end closes the last word.
        for sign in text.chars().chain([' ']) {
            match quote {
                Some('"') if sign == '"' => {
                    if std::mem::take(&mut word) == column {
                        return true;
                    }
                    quote = None;
                }
                Some('"') => word.push(sign),
                Some(open) => quote = (sign != open).then_some(open),
                None if sign.is_alphanumeric() || sign == '_' => word.push(sign),
                None => {
                    if std::mem::take(&mut word) == column {
                        return true;
                    }
                    quote = matches!(sign, '"' | '\'').then_some(sign);
                }
            }
        }
        false
    }

    /// Reads the expression of an SQL default, which knows no columns.
    pub fn of_default(text: &str) -> Result<Self> {
        Self::read(text, &[])
    }

    fn read(text: &str, columns: &[&str]) -> Result<Self> {
        let mut rest = text.trim();
        let mut tokens = Vec::new();
        while let Some(sign) = rest.chars().next() {
            let (token, length) = match sign {
                ' ' | '\t' | '\r' | '\n' => (None, 1),
                '\'' => {
                    let (text, length) = between(rest, '\'')?;
                    (Some(Token::Text(text)), length)
                }
                '"' => {
                    let (name, length) = between(rest, '"')?;
                    (Some(column(&name, columns)?), length)
                }
                '0'..='9' | '.' => {
                    let length = rest
                        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                        .unwrap_or(rest.len());
                    let digits = &rest[..length];
                    if digits.parse::<f64>().is_err() {
                        return Err(fault(format!("`{digits}` is no number")));
                    }
                    (Some(Token::Number(digits.to_owned())), length)
                }
                'a'..='z' | 'A'..='Z' | '_' => {
                    let length = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                        .unwrap_or(rest.len());
                    let called = rest[length..].trim_start().starts_with('(');
                    (Some(word(&rest[..length], called, columns)?), length)
                }
                _ if rest.starts_with("--") || rest.starts_with("/*") => {
                    return Err(fault("comments are not allowed in an expression"));
                }
                '=' => (Some(Token::Sign("=")), 1),
                _ => match SIGNS.iter().find(|known| rest.starts_with(**known)) {
                    Some(known) => (Some(Token::Sign(known)), known.len()),
                    None => return Err(fault(format!("`{sign}` is not allowed in an expression"))),
                },
            };
            tokens.extend(token);
            rest = &rest[length..];
        }
        if tokens.is_empty() {
            return Err(fault("the expression is empty"));
        }
        balanced(&tokens)?;
        Ok(Self(tokens))
    }

    /// The expression in a dialect's words.
    #[must_use]
    pub fn render(&self, dialect: Dialect) -> String {
        rendered(&self.0, dialect)
    }
}

impl Expression {
    /// The expression as what fills a column. To SQLite a truth is 0 or 1, and so may either be on
    /// Postgres, which takes no number for a truth by itself.
    pub(crate) fn render_into(&self, family: Family, dialect: Dialect) -> String {
        let text = self.render(dialect);
        match (family, dialect) {
            (Family::Boolean, Dialect::Postgres) => {
                format!("(row_to_json(row({text}))->>'f1')::boolean")
            }
            _ => text,
        }
    }
}

fn fault(message: impl Into<String>) -> Error {
    Error::new(Code::SchemaInvalid, message).hint(format!(
        "an expression may use the collection's own fields, constants, + - * / % || = <> < > <= >=, AND OR NOT, IS NULL, IN, BETWEEN, CASE, and the functions {}",
        FUNCTIONS.join(", ")
    ))
}

/// The text between quotes at the beginning of `rest`, and how far it reaches.
fn between(rest: &str, quote: char) -> Result<(String, usize)> {
    let mut text = String::new();
    let mut signs = rest.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if sign != quote {
            text.push(sign);
        } else if signs.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Ok((text, at + 1));
        }
    }
    Err(fault(format!("a {quote} is not closed")))
}

fn column(name: &str, columns: &[&str]) -> Result<Token> {
    if columns.contains(&name) {
        return Ok(Token::Column(name.to_owned()));
    }
    let error =
        fault(format!("the expression names `{name}`, which is no field of the collection"));
    Err(match nearest(name, columns.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    })
}

fn word(text: &str, called: bool, columns: &[&str]) -> Result<Token> {
    let upper = text.to_ascii_uppercase();
    if upper == "SELECT" {
        return Err(fault("subqueries are not allowed in an expression"));
    }
    if columns.contains(&text) && !called {
        return Ok(Token::Column(text.to_owned()));
    }
    if KEYWORDS.contains(&upper.as_str()) {
        return Ok(Token::Keyword(upper));
    }
    if called {
        let lower = text.to_ascii_lowercase();
        if FUNCTIONS.contains(&lower.as_str()) {
            return Ok(Token::Function(lower));
        }
        let error = fault(format!("the function `{text}` is not available"));
        return Err(match nearest(&lower, FUNCTIONS) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
    if INNER_WORDS.contains(&upper.as_str()) {
        return Ok(Token::Keyword(upper));
    }
    column(text, columns)
}

fn balanced(tokens: &[Token]) -> Result<()> {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Err(fault("a `)` closes nothing")),
            },
            _ => {}
        }
    }
    if depth == 0 { Ok(()) } else { Err(fault("a `(` is not closed")) }
}

/// The index behind the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

fn rendered(tokens: &[Token], dialect: Dialect) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let divided = at > 0 && matches!(tokens[at - 1], Token::Sign("/" | "%"));
        if divided && dialect == Dialect::Postgres && !is_amount(token) {
            // Dividing by nothing is NULL on SQLite and a refused record on Postgres.
            let end = behind_operand(tokens, at);
            parts.push(format!("NULLIF({}, 0)", rendered(&tokens[at..end], dialect)));
            at = end;
            continue;
        }
        parts.push(match token {
            Token::Function(name) => {
                let end = closing(tokens, at + 1);
                let inner = tokens.get(at + 2..end).unwrap_or_default();
                at = end;
                called(name, inner, dialect)
            }
            Token::Keyword(word) => match (word.as_str(), dialect) {
                ("CURRENT_TIMESTAMP", _) => called("now", &[], dialect),
                ("CURRENT_DATE", Dialect::Sqlite) => String::from("date('now')"),
                ("CURRENT_DATE", Dialect::Postgres) => {
                    String::from("(now() AT TIME ZONE 'UTC')::date")
                }
                (word, _) => word.to_owned(),
            },
            Token::Narrow(name) if dialect == Dialect::Postgres => {
                format!("({})::bigint", quoted(name))
            }
            Token::Column(name) | Token::Narrow(name) => quoted(name),
            Token::Text(text) => literal(text),
            Token::Number(digits) => digits.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
        });
        at += 1;
    }
    parts.join(" ")
}

/// Whether it is a constant other than zero.
fn is_amount(token: &Token) -> bool {
    matches!(token, Token::Number(digits) if digits.contains(|one: char| ('1'..='9').contains(&one)))
}

/// The index behind the operand that begins here.
fn behind_operand(tokens: &[Token], at: usize) -> usize {
    let signs = tokens[at..].iter().take_while(|one| matches!(one, Token::Sign("+" | "-")));
    let first = at + signs.count();
    let end = match tokens.get(first) {
        Some(Token::Function(_)) => closing(tokens, first + 1),
        Some(Token::Sign("(")) => closing(tokens, first),
        Some(Token::Keyword(word)) if word == "CASE" => {
            let mut depth = 0_usize;
            let end = tokens[first..].iter().position(|one| {
                match one {
                    Token::Keyword(word) if word == "CASE" => depth += 1,
                    Token::Keyword(word) if word == "END" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0
            });
            first + end.unwrap_or(0)
        }
        _ => first,
    };
    (end + 1).min(tokens.len())
}

fn called(name: &str, inner: &[Token], dialect: Dialect) -> String {
    let arguments = || arguments(inner).into_iter().map(|argument| rendered(argument, dialect));
    let list = || arguments().collect::<Vec<_>>().join(", ");
    let plain = |name: &str| format!("{name}({})", list());
    match (name, dialect) {
        ("now", Dialect::Sqlite) => String::from("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
        ("gen_random_uuid" | "uuid_generate_v4", Dialect::Sqlite) => String::from("bx_uuid4()"),
        ("gen_random_uuid" | "uuid_generate_v4", Dialect::Postgres) => {
            String::from("gen_random_uuid()")
        }
        // Postgres' random is between 0 and 1, SQLite's any 64-bit integer.
        ("random", Dialect::Sqlite) => String::from("(random() / 18446744073709551616.0 + 0.5)"),
        // Positions and lengths are of four bytes on Postgres, columns of whole numbers of eight.
        ("substring" | "substr", Dialect::Postgres) => counted("substr", arguments()),
        ("round", Dialect::Postgres) => counted("round", arguments()),
        ("substring" | "substr", _) => plain("substr"),
        ("char_length", _) => plain("length"),
        ("greatest", Dialect::Sqlite) => plain("max"),
        ("least", Dialect::Sqlite) => plain("min"),
        ("date_part", Dialect::Sqlite) => plain("bx_date_part"),
        ("extract", Dialect::Sqlite) => {
            let part = match inner.first() {
                Some(Token::Keyword(part)) => part.to_ascii_lowercase(),
                _ => String::new(),
            };
            format!(
                "bx_date_part({}, {})",
                literal(&part),
                rendered(inner.get(2..).unwrap_or_default(), dialect)
            )
        }
        // `concat` is not immutable on Postgres, so no computed column may use it; this is.
        ("concat", Dialect::Postgres) => {
            let parts: Vec<String> =
                arguments().map(|part| format!("coalesce(({part})::text, '')")).collect();
            format!("({})", parts.join(" || "))
        }
        // Columns stand in byte order, which knows no letters beyond ASCII.
        ("lower" | "upper", Dialect::Postgres) => {
            format!("{name}(({})::text COLLATE \"default\")", list())
        }
        ("floor", Dialect::Sqlite) => {
            let x = list();
            format!("(CAST({x} AS INTEGER) - (({x}) < CAST({x} AS INTEGER)))")
        }
        ("ceil", Dialect::Sqlite) => {
            let x = list();
            format!("(CAST({x} AS INTEGER) + (({x}) > CAST({x} AS INTEGER)))")
        }
        ("cast", _) => format!("CAST({})", rendered(inner, dialect)),
        (name, _) => plain(name),
    }
}

/// A call whose arguments behind the first are counts.
fn counted(name: &str, arguments: impl Iterator<Item = String>) -> String {
    let arguments: Vec<String> = arguments
        .enumerate()
        .map(|(at, argument)| if at == 0 { argument } else { format!("({argument})::integer") })
        .collect();
    format!("{name}({})", arguments.join(", "))
}

/// The parts between the commas of the outer level.
fn arguments(inner: &[Token]) -> Vec<&[Token]> {
    if inner.is_empty() {
        return Vec::new();
    }
    let mut depth = 0_usize;
    inner
        .split(|token| {
            match token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Sign(",")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Expression;
    use crate::Dialect;

    const COLUMNS: [&str; 3] = ["firstName", "price", "at"];

    fn both(text: &str) -> (String, String) {
        let read = Expression::read(text, &COLUMNS).unwrap();
        (read.render(Dialect::Sqlite), read.render(Dialect::Postgres))
    }

    #[test]
    fn columns_are_quoted_and_functions_said_in_each_dialect() {
        let (sqlite, postgres) = both("concat(firstName, ' (', upper(\"firstName\"), ')')");
        assert_eq!(sqlite, r#"concat("firstName", ' (', upper("firstName"), ')')"#);
        assert_eq!(
            postgres,
            r#"(coalesce(("firstName")::text, '') || coalesce((' (')::text, '') || coalesce((upper(("firstName")::text COLLATE "default"))::text, '') || coalesce((')')::text, ''))"#
        );
        assert_eq!(
            both("case when price >= 1.5 then 'dear' else null end").0,
            "CASE WHEN \"price\" >= 1.5 THEN 'dear' ELSE NULL END"
        );
        assert_eq!(both("extract(year from at)").0, "bx_date_part('year', \"at\")");
        assert_eq!(both("extract(year from at)").1, "extract(YEAR FROM \"at\")");
        assert_eq!(
            both("it's".replace('\'', "''").replace("it''s", "'it''s'").as_str()).1,
            "'it''s'"
        );
        assert_eq!(both("greatest(price, 2) * -1").0, "max(\"price\", 2) * - 1");
    }

    #[test]
    fn dividing_by_nothing_is_null_in_each_dialect() {
        assert_eq!(both("price / at").0, "\"price\" / \"at\"");
        assert_eq!(both("price / at + 1").1, "\"price\" / NULLIF(\"at\", 0) + 1");
        assert_eq!(both("price / 2").1, "\"price\" / 2");
        assert_eq!(both("1 % (at - at) * 2").1, "1 % NULLIF(( \"at\" - \"at\" ), 0) * 2");
        assert_eq!(both("1 / -abs(at) - 1").1, "1 / NULLIF(- abs(\"at\"), 0) - 1");
        assert_eq!(
            both("1 / case when at > 1 then 0 else at / at end").1,
            "1 / NULLIF(CASE WHEN \"at\" > 1 THEN 0 ELSE \"at\" / NULLIF(\"at\", 0) END, 0)"
        );
    }

    #[test]
    fn whatever_is_no_plain_expression_is_refused() {
        for text in [
            "",
            "1; drop table a",
            "1 -- x",
            "1 /* x */",
            "(select 1)",
            "(SELECT password from users)",
            "a",
            "load_extension('x')",
            "pg_sleep(1)",
            "price::text",
            "$1",
            "'open",
            "(1",
            "1)",
            "\"nobody\"",
            "1.2.3",
            "exists(1)",
            "e'\\x'",
        ] {
            assert!(Expression::read(text, &COLUMNS).is_err(), "{text}");
        }
    }
}
