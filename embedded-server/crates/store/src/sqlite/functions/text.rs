//! Text: case folding, LIKE, regular expressions.

use super::{PURE, is_null, once, unfit, with_text};
use md5::{Digest, Md5};
use regex::{Regex, RegexBuilder};
use rusqlite::{Connection, Result};

/// Most memory a compiled pattern may take, in bytes. The engine runs in linear time whatever the
/// pattern; its size is what a hostile one could blow up.
const PATTERN_BYTES_MAX: usize = 1 << 20;

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection
        .create_scalar_function("bx_fold", 1, PURE, |context| Ok(with_text(context, 0, fold)))?;
    connection
        .create_scalar_function("bx_upper", 1, PURE, |context| Ok(with_text(context, 0, raise)))?;
    connection.create_scalar_function("bx_md5", 1, PURE, |context| {
        Ok(with_text(context, 0, |text| {
            Md5::digest(text.as_bytes())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        }))
    })?;
    connection.create_scalar_function("bx_substr", 2, PURE, |context| {
        let begin = context.get::<Option<i64>>(1)?;
        Ok(begin.and_then(|begin| with_text(context, 0, |text| part(text, begin, i64::MAX))))
    })?;
    connection.create_scalar_function("bx_substr", 3, PURE, |context| {
        let (begin, count) = (context.get::<Option<i64>>(1)?, context.get::<Option<i64>>(2)?);
        let (Some(begin), Some(count)) = (begin, count) else { return Ok(None) };
        Ok(with_text(context, 0, |text| part(text, begin, count)))
    })?;
    connection.create_scalar_function("bx_like", 3, PURE, |context| {
        if is_null(context, 0) || is_null(context, 1) {
            return Ok(None);
        }
        let folding = context.get::<Option<bool>>(2)?.unwrap_or(false);
        let pattern = once(context, 1, |pattern| Ok(Pattern::read(pattern, folding)))?;
        Ok(with_text(context, 0, |text| pattern.matches(text)))
    })?;
    connection.create_scalar_function("bx_regex", 2, PURE, |context| {
        if is_null(context, 0) || is_null(context, 1) {
            return Ok(None);
        }
        let pattern = once(context, 1, |pattern| Ok(compiled(pattern)))?;
        let pattern = (*pattern).as_ref().map_err(unfit)?;
        Ok(with_text(context, 0, |text| pattern.is_match(text)))
    })
}

/// Lower case sign by sign, as `lower()` of Postgres does it: never more signs than before.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(lower).collect()
}

fn lower(sign: char) -> char {
    if sign.is_ascii() {
        sign.to_ascii_lowercase()
    } else {
        sign.to_lowercase().next().unwrap_or(sign)
    }
}

/// Upper case sign by sign, as `upper()` of Postgres does it: what has no single sign stays.
fn raise(text: &str) -> String {
    let upper = |sign: char| {
        let mut raised = sign.to_uppercase();
        match (raised.next(), raised.next()) {
            (Some(one), None) => one,
            _ => sign,
        }
    };
    text.chars().map(upper).collect()
}

/// The signs from a place, counted from one, as `substr()` of Postgres counts them: places before
/// the first hold nothing.
fn part(text: &str, begin: i64, count: i64) -> String {
    let end = begin.saturating_add(count.max(0));
    let first = usize::try_from(begin.max(1) - 1).unwrap_or(usize::MAX);
    let signs = usize::try_from(end.saturating_sub(begin.max(1))).unwrap_or(0);
    text.chars().skip(first).take(signs).collect()
}

fn compiled(pattern: &str) -> std::result::Result<Regex, regex::Error> {
    RegexBuilder::new(&as_postgres_reads(pattern))
        .size_limit(PATTERN_BYTES_MAX)
        .dot_matches_new_line(true)
        .build()
}

/// What stands for the classes of Postgres under the collation `C`, which knows ASCII only.
const CLASSES: [(char, &str); 6] = [
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('s', "[\\t\\n\\x0B\\f\\r ]"),
    ('S', "[^\\t\\n\\x0B\\f\\r ]"),
    ('w', "[0-9A-Za-z_]"),
    ('W', "[^0-9A-Za-z_]"),
];

/// A pattern that means here what it means to Postgres: its classes, and what stands between
/// brackets, where this engine knows more signs than a list of them.
fn as_postgres_reads(pattern: &str) -> String {
    let mut read = String::with_capacity(pattern.len() + 16);
    let mut signs = pattern.chars().peekable();
    // How many signs of a list were read, its `^` apart.
    let mut listed: Option<usize> = None;
    while let Some(sign) = signs.next() {
        let before = listed;
        listed = listed.map(|count| count + 1);
        match (sign, before) {
            ('\\', _) => {
                let next = signs.next();
                match CLASSES.iter().find(|(letter, _)| Some(*letter) == next) {
                    Some((_, class)) => read.push_str(class),
                    None => {
                        read.push('\\');
                        read.extend(next);
                    }
                }
            }
            ('[', None) => {
                read.push('[');
                read.extend(signs.next_if_eq(&'^'));
                listed = Some(0);
            }
            ('[', Some(_)) if signs.peek() == Some(&':') => {
                read.push('[');
                for sign in signs.by_ref() {
                    read.push(sign);
                    if sign == ']' {
                        break;
                    }
                }
            }
            (']', Some(count)) if count > 0 => {
                read.push(']');
                listed = None;
            }
            ('[' | ']' | '~', Some(_)) => {
                read.push('\\');
                read.push(sign);
            }
            (sign, _) => read.push(sign),
        }
    }
    read
}

/// A LIKE pattern: `%` any signs, `_` one sign, a backslash makes the next one plain.
struct Pattern {
    folding: bool,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Sign(char),
    One,
    Any,
    /// A backslash with nothing after it: nothing matches it.
    Nothing,
}

impl Pattern {
    fn read(pattern: &str, folding: bool) -> Self {
        let plain = |sign| Part::Sign(if folding { lower(sign) } else { sign });
        let mut parts = Vec::with_capacity(pattern.len());
        let mut signs = pattern.chars();
        while let Some(sign) = signs.next() {
            let part = match sign {
                '%' => Part::Any,
                '_' => Part::One,
                '\\' => signs.next().map_or(Part::Nothing, plain),
                sign => plain(sign),
            };
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Self { folding, parts }
    }

    /// Walks text and pattern side by side; after a mismatch the last `%` takes one sign more.
    fn matches(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut again: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let here = rest.clone();
            let sign = rest.next().map(|sign| if self.folding { lower(sign) } else { sign });
            match (self.parts.get(at), sign) {
                (Some(Part::Any), _) => {
                    at += 1;
                    if at == self.parts.len() {
                        return true;
                    }
                    again = Some((at, here.clone()));
                    rest = here;
                    continue;
                }
                (Some(Part::One), Some(_)) => {
                    at += 1;
                    continue;
                }
                (Some(Part::Sign(wanted)), Some(sign)) if *wanted == sign => {
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                (_, _) => {}
            }
            let Some((part, from)) = &mut again else { return false };
            if from.next().is_none() {
                return false;
            }
            at = *part;
            rest = from.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::{connection, text, truth};

    #[test]
    fn folding_is_sign_by_sign() {
        assert_eq!(text("bx_fold('ÄÖÜ ß Σς İ')").as_deref(), Some("äöü ß σς i"));
        assert_eq!(text("bx_fold(NULL)"), None);
        assert_eq!(text("bx_fold(12)").as_deref(), Some("12"));
    }

    #[test]
    fn parts_and_capitals_are_those_of_postgres() {
        for (asked, expected) in [
            ("bx_upper('äß ab ς')", "ÄSS AB Σ".replace("SS", "ß")),
            ("bx_md5('Ä')", String::from("b66491b03046f0846fe4206bc6a0f3c0")),
            ("bx_substr('abcdef', 2, 3)", String::from("bcd")),
            ("bx_substr('abcdef', -1, 4)", String::from("ab")),
            ("bx_substr('äöü', 2)", String::from("öü")),
            ("bx_substr('abc', 2, -1)", String::new()),
        ] {
            assert_eq!(text(asked), Some(expected), "{asked}");
        }
    }

    #[test]
    fn like_is_that_of_postgres() {
        let cases = [
            ("abc", "a%", 0, true),
            ("abc", "%b%", 0, true),
            ("abc", "b%", 0, false),
            ("abc", "a_c", 0, true),
            ("aéc", "a_c", 0, true),
            ("ac", "a_c", 0, false),
            ("ABC", "abc", 0, false),
            ("ÀBC", "àb%", 1, true),
            ("50%", "50\\%", 0, true),
            ("500", "50\\%", 0, false),
            ("a_b", "a\\_b", 0, true),
            ("axb", "a\\_b", 0, false),
            ("a\\b", "a\\\\b", 0, true),
            ("ab", "a\\b", 0, true),
            ("a", "a\\", 0, false),
            ("", "", 0, true),
            ("", "%", 0, true),
            ("a", "", 0, false),
            ("aXbXc", "%X%X%", 0, true),
            ("aaab", "%aab", 0, true),
            ("mississippi", "%iss%ip%", 0, true),
            ("mississippi", "%iss%ip", 0, false),
            ("a\nb", "a%b", 0, true),
        ];
        let connection = connection();
        for (text, pattern, fold, expected) in cases {
            let found: bool = connection
                .query_row("SELECT bx_like(?1, ?2, ?3)", (text, pattern, fold), |row| row.get(0))
                .unwrap();
            assert_eq!(found, expected, "{text:?} LIKE {pattern:?} ({fold})");
        }
        assert_eq!(truth("bx_like(NULL, '%', 0)"), None);
        assert_eq!(truth("bx_like('a', NULL, 0)"), None);
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let text = "a".repeat(20_000);
        let pattern = "%a".repeat(20) + "b";
        assert_eq!(truth(&format!("bx_like('{text}', '{pattern}', 0)")), Some(false));
        assert_eq!(truth(&format!("bx_regex('{text}', '(a|a)*b')")), Some(false));
    }

    #[test]
    fn expressions_match_anywhere() {
        assert_eq!(truth("bx_regex('abc', 'b')"), Some(true));
        assert_eq!(truth("bx_regex('abc', '^b')"), Some(false));
        assert_eq!(truth("bx_regex('Änderung', '^.nd')"), Some(true));
        assert_eq!(truth("bx_regex(NULL, 'b')"), None);
        for (text, pattern, found) in [
            ("ä", "\\w", false),
            ("é_", "^.\\w$", true),
            ("٣", "\\d", false),
            ("\u{a0}", "\\s", false),
            ("\u{b}", "\\s", true),
            ("ä", "[\\W]", true),
            ("7", "[^\\d]", false),
            ("a\nb", "a.b", true),
            ("[", "[a[]", true),
            ("]", "[]a]", true),
            ("b", "[^]a]", true),
            ("ä", "[[:alpha:]]", false),
            ("-", "[[:alpha:]~-]", true),
            ("\\d", "\\\\d", true),
        ] {
            let asked = format!("bx_regex('{text}', '{pattern}')");
            assert_eq!(truth(&asked), Some(found), "{pattern} in {text}");
        }
        let connection = connection();
        assert!(connection.query_row("SELECT bx_regex('a', '(')", [], |_| Ok(())).is_err());
    }
}
