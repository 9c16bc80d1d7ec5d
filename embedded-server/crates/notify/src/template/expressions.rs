//! Values, filters and conditions of a template, as the program says them.

use super::filters;
use super::liquid::{Block, Done, Reader};
use super::words::{Word, Words};
use minijinja::Value;
use std::fmt::Write as _;

/// Terms of a condition; names and filters of one value. They lie within each other in the program.
pub(super) const TERMS_MAX: usize = 16;
const CHAIN_MAX: usize = 16;
/// Places of which each is told by another.
const PLACES_MAX: usize = 4;

const FORLOOP: [(&str, &str); 7] = [
    ("index", "index"),
    ("index0", "index0"),
    ("rindex", "revindex"),
    ("rindex0", "revindex0"),
    ("first", "first"),
    ("last", "last"),
    ("length", "length"),
];

/// A value of an expression: how the program says it.
pub(super) enum Said {
    Value(String),
    /// The words that compare with whatever holds nothing.
    Empty,
    Blank,
}

impl Reader<'_> {
    /// A condition: what is named later binds closer, as Liquid has it.
    pub(super) fn condition(&mut self, words: &mut Words<'_>) -> Done<String> {
        let (mut terms, mut between) = (Vec::new(), Vec::new());
        loop {
            if terms.len() >= TERMS_MAX {
                return Err(format!("at most {TERMS_MAX} terms of a condition are taken"));
            }
            terms.push(self.term(words)?);
            if words.take(Word::Name("and")) {
                between.push("and");
            } else if words.take(Word::Name("or")) {
                between.push("or");
            } else {
                break;
            }
        }
        let mut said = terms.pop().ok_or("a condition is missing")?;
        while let (Some(term), Some(word)) = (terms.pop(), between.pop()) {
            said = format!("({term} {word} {said})");
        }
        Ok(said)
    }

    fn term(&mut self, words: &mut Words<'_>) -> Done<String> {
        if words.take(Word::Name("not")) {
            let said = self.term_alone(words)?;
            return Ok(format!("(not {said})"));
        }
        self.term_alone(words)
    }

    fn term_alone(&mut self, words: &mut Words<'_>) -> Done<String> {
        let left = self.value(words, 0)?;
        let how = match words.peek() {
            Some(Word::Sign("==")) => "eq",
            Some(Word::Sign("!=" | "<>")) => "ne",
            Some(Word::Sign("<")) => "lt",
            Some(Word::Sign("<=")) => "le",
            Some(Word::Sign(">")) => "gt",
            Some(Word::Sign(">=")) => "ge",
            Some(Word::Name("contains")) => "contains",
            _ => return Ok(format!("({}|f__truthy)", self.plain(left))),
        };
        words.next();
        let right = self.value(words, 0)?;
        let left = match (left, how) {
            (Said::Empty, "eq" | "ne") | (Said::Blank, "eq" | "ne") => {
                return Err(String::from(
                    "`empty` and `blank` stand behind what they compare with",
                ));
            }
            (left, _) => self.plain(left),
        };
        Ok(compared(&left, how, right))
    }

    /// A value with its filters.
    pub(super) fn filtered(&mut self, words: &mut Words<'_>) -> Done<String> {
        let value = self.value(words, 0)?;
        let mut said = self.plain(value);
        let mut count = 0;
        while words.take(Word::Sign("|")) {
            count += 1;
            if count > CHAIN_MAX {
                return Err(format!("at most {CHAIN_MAX} filters of a value are taken"));
            }
            let name = words.name()?;
            let Some(most) = filters::arguments_of(name) else {
                return Err(format!("there is no filter `{name}`"));
            };
            let mut arguments = Vec::new();
            if words.take(Word::Sign(":")) {
                loop {
                    let argument = self.value(words, 0)?;
                    arguments.push(self.plain(argument));
                    if words.peek() == Some(Word::Sign(":")) {
                        return Err(String::from("arguments have no names in a mail"));
                    }
                    if !words.take(Word::Sign(",")) {
                        break;
                    }
                }
            }
            if arguments.len() < most.0 || arguments.len() > most.1 {
                let takes = if most.0 == most.1 {
                    format!("{}", most.0)
                } else {
                    format!("{} to {}", most.0, most.1)
                };
                return Err(format!("`{name}` takes {takes} arguments, not {}", arguments.len()));
            }
            write!(said, "|f_{name}({})", arguments.join(","))
                .map_err(|fault| fault.to_string())?;
        }
        Ok(said)
    }

    pub(super) fn plain(&mut self, said: Said) -> String {
        match said {
            Said::Value(said) => said,
            Said::Empty | Said::Blank => self.constant(Value::from("")),
        }
    }

    pub(super) fn value(&mut self, words: &mut Words<'_>, depth: usize) -> Done<Said> {
        if depth > PLACES_MAX {
            return Err(String::from("names lie too deep within each other"));
        }
        let Some(word) = words.peek() else { return Err(words.instead_of("a value")) };
        let constant = match word {
            Word::Text(text) => Value::from(text),
            Word::Whole(number) => Value::from(number),
            Word::Fraction(number) => Value::from(number),
            Word::Name("true") => Value::from(true),
            Word::Name("false") => Value::from(false),
            Word::Name("nil" | "null") => Value::from(()),
            Word::Name("empty") => {
                words.next();
                return Ok(Said::Empty);
            }
            Word::Name("blank") => {
                words.next();
                return Ok(Said::Blank);
            }
            Word::Sign("(") => {
                words.next();
                let from = self.value(words, depth + 1)?;
                words.expect(Word::Sign(".."))?;
                let to = self.value(words, depth + 1)?;
                words.expect(Word::Sign(")"))?;
                let (from, to) = (self.plain(from), self.plain(to));
                return Ok(Said::Value(format!("({from}|f__range({to}))")));
            }
            Word::Name(name) => {
                words.next();
                return self.path(name, words, depth).map(Said::Value);
            }
            Word::Sign(_) => return Err(words.instead_of("a value")),
        };
        words.next();
        Ok(Said::Value(self.constant(constant)))
    }

    /// A variable and what is asked of it.
    fn path(&mut self, name: &str, words: &mut Words<'_>, depth: usize) -> Done<String> {
        let is_loop = |block: &Block| matches!(block, Block::For { otherwise: false, .. });
        if name == "forloop" {
            if !self.blocks.iter().any(|(block, _)| is_loop(block)) {
                return Err(String::from("`forloop` is known within a loop"));
            }
            words.expect(Word::Sign("."))?;
            let asked = words.name()?;
            let known = FORLOOP.iter().find(|(liquid, _)| *liquid == asked);
            let (_, said) = known.ok_or_else(|| format!("there is no `forloop.{asked}`"))?;
            return Ok(format!("loop.{said}"));
        }
        let of_loop = |block: &Block| matches!(block, Block::For { name: one, otherwise: false } if one == name);
        if !self.assigned.contains(name) && !self.blocks.iter().any(|(block, _)| of_loop(block)) {
            self.made.names.insert(name.to_owned());
        }
        let mut said = format!("v_{name}");
        for count in 0.. {
            let place = if words.take(Word::Sign(".")) {
                let name = words.name()?;
                self.constant(Value::from(name))
            } else if words.take(Word::Sign("[")) {
                let place = self.value(words, depth + 1)?;
                words.expect(Word::Sign("]"))?;
                self.plain(place)
            } else {
                break;
            };
            if count >= CHAIN_MAX {
                return Err(format!("at most {CHAIN_MAX} names follow each other"));
            }
            write!(said, "|f__get({place})").map_err(|fault| fault.to_string())?;
        }
        Ok(said)
    }
}

/// Two values beside each other, as a condition of the program.
pub(super) fn compared(left: &str, how: &str, right: Said) -> String {
    match (right, how) {
        (Said::Empty, "eq") => format!("({left}|f__empty)"),
        (Said::Empty, "ne") => format!("(not {left}|f__empty)"),
        (Said::Blank, "eq") => format!("({left}|f__blank)"),
        (Said::Blank, "ne") => format!("(not {left}|f__blank)"),
        // Nothing is more or less than nothing.
        (Said::Empty | Said::Blank, _) => String::from("false"),
        (Said::Value(right), how) => format!("({left}|f__{how}({right}))"),
    }
}
