//! The words within the signs of a template.

use std::fmt;

/// Why a template cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Counted from 1; none where it is about all of it.
    pub(super) line: Option<usize>,
    pub(super) why: String,
}

impl Fault {
    pub(super) fn whole(why: impl Into<String>) -> Self {
        Self { line: None, why: why.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word<'t> {
    Name(&'t str),
    Text(&'t str),
    Whole(i64),
    Fraction(f64),
    Sign(&'static str),
}

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Fraction(number) => write!(f, "{number}"),
            Self::Sign(sign) => f.write_str(sign),
        }
    }
}

/// Longer ones first, so that none is read as the beginning of another.
const SIGNS: [&str; 16] =
    ["==", "!=", "<>", "<=", ">=", "..", "<", ">", "=", "|", ":", ",", ".", "[", "]", "("];
const CLOSING: &str = ")";

/// The words of one tag, read from the front.
pub(super) struct Words<'t> {
    words: Vec<Word<'t>>,
    at: usize,
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Result<Self, String> {
        let (mut words, mut rest) = (Vec::new(), text.trim_start());
        while let Some(first) = rest.chars().next() {
            let (word, length) = match first {
                '"' | '\'' => {
                    let inner = &rest[1..];
                    let end = inner.find(first).ok_or("a text is not closed")?;
                    (Word::Text(&inner[..end]), end + 2)
                }
                'a'..='z' | 'A'..='Z' | '_' => {
                    let end = rest.find(|sign: char| !is_of_name(sign)).unwrap_or(rest.len());
                    (Word::Name(&rest[..end]), end)
                }
                '0'..='9' | '-' => number(rest)?,
                _ => {
                    let signs = SIGNS.iter().chain([&CLOSING]);
                    let sign = signs.copied().find(|sign| rest.starts_with(sign));
                    let sign = sign.ok_or_else(|| format!("`{first}` means nothing here"))?;
                    (Word::Sign(sign), sign.len())
                }
            };
            words.push(word);
            rest = rest[length..].trim_start();
        }
        Ok(Self { words, at: 0 })
    }

    pub(super) fn peek(&self) -> Option<Word<'t>> {
        self.words.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Word<'t>> {
        let word = self.peek();
        self.at += usize::from(word.is_some());
        word
    }

    /// Takes a word if it is the next one.
    pub(super) fn take(&mut self, word: Word<'_>) -> bool {
        let is_next = self.peek() == Some(word);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn expect(&mut self, word: Word<'_>) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.instead_of(&format!("`{word}`"))) }
    }

    pub(super) fn name(&mut self) -> Result<&'t str, String> {
        match self.peek() {
            Some(Word::Name(name)) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.instead_of("a name")),
        }
    }

    pub(super) fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is too much here")),
        }
    }

    pub(super) fn instead_of(&self, wanted: &str) -> String {
        match self.peek() {
            Some(word) => format!("{wanted} is missing before `{word}`"),
            None => format!("{wanted} is missing at the end"),
        }
    }
}

fn is_of_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// A number at the front, and how many bytes it takes. Two points after it are those of a range.
fn number(text: &str) -> Result<(Word<'_>, usize), String> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with('-'));
    let whole = sign + digits(&text[sign..]);
    if whole == sign {
        return Err(String::from("`-` means nothing here"));
    }
    let after = text[whole..].strip_prefix('.').map_or(0, digits);
    let length = if after == 0 { whole } else { whole + 1 + after };
    let written = &text[..length];
    let word = if after == 0 {
        written.parse().map(Word::Whole).ok()
    } else {
        written.parse().map(Word::Fraction).ok()
    };
    Ok((word.ok_or_else(|| format!("`{written}` is too large a number"))?, length))
}
