//! SQL defaults and computed fields of an earlier version that are not understood now: said to the
//! store word by word, as that version said them, until somebody changes them.

use super::words::Token;
use crate::Dialect;
use crate::writer::{literal, quoted};

/// The words in those of a dialect.
pub(super) fn said(tokens: &[Token], dialect: Dialect) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
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
            Token::Text(text) => literal(text),
            Token::Number(digits) => digits.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::Column(name) => quoted(name),
        });
        at += 1;
    }
    parts.join(" ")
}

/// The index of the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

fn called(name: &str, inner: &[Token], dialect: Dialect) -> String {
    let arguments = || arguments(inner).into_iter().map(|argument| said(argument, dialect));
    let list = || arguments().collect::<Vec<_>>().join(", ");
    let plain = |name: &str| format!("{name}({})", list());
    match (name, dialect) {
        ("now", Dialect::Sqlite) => String::from("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
        ("gen_random_uuid" | "uuid_generate_v4", Dialect::Sqlite) => String::from("bx_uuid4()"),
        ("gen_random_uuid" | "uuid_generate_v4", Dialect::Postgres) => {
            String::from("gen_random_uuid()")
        }
        ("random", Dialect::Sqlite) => String::from("(random() / 18446744073709551616.0 + 0.5)"),
        ("substring" | "substr", Dialect::Postgres) => counted("substr", arguments()),
        ("round", Dialect::Postgres) => counted("round", arguments()),
        ("substring" | "substr", Dialect::Sqlite) => plain("substr"),
        ("char_length", _) => plain("length"),
        ("greatest", Dialect::Sqlite) => plain("max"),
        ("least", Dialect::Sqlite) => plain("min"),
        ("date_part", Dialect::Sqlite) => plain("bx_date_part"),
        ("md5", Dialect::Sqlite) => plain("bx_md5"),
        ("extract", Dialect::Sqlite) => {
            let part = match inner.first() {
                Some(Token::Keyword(part)) => part.to_ascii_lowercase(),
                _ => String::new(),
            };
            let of = said(inner.get(2..).unwrap_or_default(), dialect);
            format!("bx_date_part({}, {of})", literal(&part))
        }
        ("concat", Dialect::Postgres) => {
            let parts: Vec<String> =
                arguments().map(|part| format!("coalesce(({part})::text, '')")).collect();
            format!("({})", parts.join(" || "))
        }
        ("floor", Dialect::Sqlite) => {
            let of = list();
            format!("(CAST({of} AS INTEGER) - (({of}) < CAST({of} AS INTEGER)))")
        }
        ("ceil", Dialect::Sqlite) => {
            let of = list();
            format!("(CAST({of} AS INTEGER) + (({of}) > CAST({of} AS INTEGER)))")
        }
        ("cast", _) => format!("CAST({})", said(inner, dialect)),
        ("extract", Dialect::Postgres) => format!("extract({})", said(inner, dialect)),
        (name, _) => plain(name),
    }
}

/// A call whose arguments behind the first are counts.
fn counted(name: &str, arguments: impl Iterator<Item = String>) -> String {
    let count = |(at, argument)| match at {
        0 => argument,
        _ => format!("({argument})::integer"),
    };
    let arguments: Vec<String> = arguments.enumerate().map(count).collect();
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
