//! The words of an expression: keywords, functions, columns, constants and signs that are known.

use super::fault;
use base::{Result, nearest};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, upper-case.
    Keyword(String),
    /// A function, lower-case; always followed by `(`.
    Function(String),
    /// A column of the collection, by its exact name.
    Column(String),
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
pub(super) const FUNCTIONS: [&str; 27] = [
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
    "md5",
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
pub(super) const CHANGING: [&str; 4] = ["now", "random", "gen_random_uuid", "uuid_generate_v4"];

/// Functions over many records.
const AGGREGATES: [&str; 5] = ["avg", "count", "max", "min", "sum"];

/// Operators, longest first.
const SIGNS: [&str; 15] =
    ["||", "<>", "!=", "<=", ">=", "(", ")", ",", "+", "-", "*", "/", "%", "<", ">"];

pub(super) fn read(text: &str, columns: &[&str]) -> Result<Vec<Token>> {
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
                let length =
                    rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
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
    Ok(tokens)
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
        if AGGREGATES.contains(&lower.as_str()) {
            let what = "looks at other records, and an expression sees its own record alone";
            return Err(fault(format!("`{text}` {what}")).hint(
                "the default {\"type\": \"AUTOINCREMENT\"} counts on from record to record",
            ));
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

impl Token {
    /// The word as it is told to whoever wrote it.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Keyword(word)
            | Self::Function(word)
            | Self::Column(word)
            | Self::Number(word) => {
                format!("`{word}`")
            }
            Self::Text(text) => format!("'{text}'"),
            Self::Sign(sign) => format!("`{sign}`"),
        }
    }
}
