//! Liquid, read into a program of the engine that runs it. Nothing of a template reaches that
//! program but by its place in a list of constants: what is not Liquid cannot be said.
//! (`docs/adr/0022-templates-are-liquid.md`)

use super::expressions::{TERMS_MAX, compared};
use super::page::Spot;
use super::words::{Fault, Word, Words};
use minijinja::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Longest template, in bytes.
pub(super) const BYTES_MAX: usize = 256 * 1024;
/// Blocks within each other.
const DEPTH_MAX: usize = 16;
/// Branches of one condition, which lie within each other in the program.
const BRANCHES_MAX: usize = 32;

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Makes {
    /// A page, in which values are text wherever they stand.
    Html,
    /// Plain text.
    Text,
}

/// A template that can be run.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) source: String,
    pub(super) constants: Vec<Value>,
    /// The variables it asks for.
    pub(super) names: BTreeSet<String>,
    pub(super) makes: Makes,
}

pub(super) enum Block {
    If { unless: bool, branches: usize, otherwise: bool },
    Case { of: String, branches: usize, otherwise: bool },
    For { name: String, otherwise: bool },
}

impl Block {
    fn tag(&self) -> &'static str {
        match self {
            Self::If { unless: false, .. } => "if",
            Self::If { unless: true, .. } => "unless",
            Self::Case { .. } => "case",
            Self::For { .. } => "for",
        }
    }
}

/// Reads a template.
pub(super) fn compile(text: &str, makes: Makes) -> Result<Compiled, Fault> {
    if text.len() > BYTES_MAX {
        let why = format!("it has {} bytes; at most {BYTES_MAX} are taken", text.len());
        return Err(Fault::whole(why));
    }
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        counted: 0,
        trim: false,
        spot: Spot::default(),
        blocks: Vec::new(),
        assigned: BTreeSet::new(),
        made: Compiled {
            source: String::new(),
            constants: Vec::new(),
            names: BTreeSet::new(),
            makes,
        },
    };
    match reader.read() {
        Ok(()) => Ok(reader.made),
        Err(why) => Err(Fault { line: Some(reader.line), why }),
    }
}

pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The line of the tag at hand.
    line: usize,
    counted: usize,
    /// Whether the blanks that follow are taken away.
    trim: bool,
    spot: Spot,
    pub(super) blocks: Vec<(Block, usize)>,
    pub(super) assigned: BTreeSet<String>,
    pub(super) made: Compiled,
}

pub(super) type Done<T = ()> = Result<T, String>;

impl<'t> Reader<'t> {
    fn read(&mut self) -> Done {
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            let opens = rest
                .match_indices('{')
                .find(|(at, _)| matches!(rest.as_bytes().get(at + 1).copied(), Some(b'{' | b'%')));
            let Some((length, _)) = opens else { return self.literal(rest).and(self.closed()) };
            let is_tag = rest[length..].starts_with("{%");
            let inner = &rest[length + 2..];
            let trims = inner.starts_with('-');
            let text = &rest[..length];
            self.literal(if trims { text.trim_end() } else { text })?;
            self.at += length;
            self.mark_line();
            let (inner, taken) = self.inner(&inner[usize::from(trims)..], is_tag)?;
            self.at += 2 + usize::from(trims) + taken;
            if is_tag { self.tag(inner)? } else { self.output(inner)? }
        }
        self.closed()
    }

    fn closed(&mut self) -> Done {
        match self.blocks.last() {
            None => Ok(()),
            Some((block, line)) => {
                self.line = *line;
                Err(format!("`{}` is not closed", block.tag()))
            }
        }
    }

    fn mark_line(&mut self) {
        self.line += self.text[self.counted..self.at].matches('\n').count();
        self.counted = self.at;
    }

    /// What stands in a tag, and how many bytes it takes with its closing sign.
    fn inner(&mut self, text: &'t str, is_tag: bool) -> Done<(&'t str, usize)> {
        let close = if is_tag { "%}" } else { "}}" };
        let mut quote = None;
        for (at, sign) in text.char_indices() {
            match (quote, sign) {
                (None, '"' | '\'') => quote = Some(sign),
                (Some(open), sign) if open == sign => quote = None,
                (None, _) if text[at..].starts_with(close) => {
                    let inner = &text[..at];
                    let trimmed = inner.strip_suffix('-');
                    self.trim = trimmed.is_some();
                    return Ok((trimmed.unwrap_or(inner), at + 2));
                }
                _ => {}
            }
        }
        Err(format!("`{}` is not closed by `{close}`", if is_tag { "{%" } else { "{{" }))
    }

    /// Text as it stands.
    fn literal(&mut self, text: &str) -> Done {
        let text = if std::mem::take(&mut self.trim) { text.trim_start() } else { text };
        if text.is_empty() {
            return Ok(());
        }
        if let Some((Block::Case { branches: 0, .. }, _)) = self.blocks.last() {
            // Between `case` and its first `when` stands nothing that is meant.
            return Ok(());
        }
        self.spot.pass(text);
        let place = self.constant(Value::from_safe_string(text.to_owned()));
        self.emit(&format!("{{{{{place}}}}}"));
        Ok(())
    }

    fn emit(&mut self, program: &str) {
        self.made.source.push_str(program);
    }

    pub(super) fn constant(&mut self, value: Value) -> String {
        self.made.constants.push(value);
        format!("c[{}]", self.made.constants.len() - 1)
    }

    fn output(&mut self, inner: &str) -> Done {
        self.in_a_branch()?;
        let mut words = Words::of(inner)?;
        let mut said = self.filtered(&mut words)?;
        words.end()?;
        if self.made.makes == Makes::Html && self.spot.is_bare() {
            said.push_str("|f__bare");
        }
        self.emit(&format!("{{{{{said}}}}}"));
        Ok(())
    }

    /// Refuses what stands between `case` and its first `when`.
    fn in_a_branch(&self) -> Done {
        match self.blocks.last() {
            Some((Block::Case { branches: 0, .. }, _)) => {
                Err(String::from("`when` is missing before it"))
            }
            _ => Ok(()),
        }
    }

    fn tag(&mut self, inner: &'t str) -> Done {
        let inner = inner.trim();
        if inner.starts_with('#') {
            return Ok(());
        }
        let end = inner.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        let (tag, rest) = inner.split_at(end.unwrap_or(inner.len()));
        match tag {
            "comment" => return self.skip("comment").map(drop),
            "raw" => {
                let trim = std::mem::take(&mut self.trim);
                let text = self.skip("raw")?;
                let after = std::mem::replace(&mut self.trim, trim);
                self.literal(text)?;
                self.trim = after;
                return Ok(());
            }
            _ => {}
        }
        let mut words = Words::of(rest)?;
        match tag {
            "if" | "unless" | "case" | "for" | "assign" => {
                self.in_a_branch()?;
                self.opening(tag, &mut words)?;
            }
            "elsif" | "else" | "when" => self.branch(tag, &mut words)?,
            "endif" | "endunless" | "endcase" | "endfor" => self.ending(tag)?,
            "" => return Err(String::from("the name of a tag is missing")),
            other => {
                let why = "if, unless, case, for, assign, comment and raw are known";
                return Err(format!("there is no tag `{other}` in a mail: {why}"));
            }
        }
        words.end()
    }

    fn open(&mut self, block: Block) -> Done {
        if self.blocks.len() >= DEPTH_MAX {
            return Err(format!("at most {DEPTH_MAX} blocks lie within each other"));
        }
        self.blocks.push((block, self.line));
        Ok(())
    }

    fn opening(&mut self, tag: &str, words: &mut Words<'_>) -> Done {
        match tag {
            "for" => self.for_each(words),
            "assign" => {
                if self.blocks.iter().any(|(block, _)| matches!(block, Block::For { .. })) {
                    return Err(String::from("nothing is assigned within a loop"));
                }
                let name = words.name()?;
                words.expect(Word::Sign("="))?;
                let said = self.filtered(words)?;
                self.emit(&format!("{{%set v_{name}={said}%}}"));
                self.assigned.insert(name.to_owned());
                Ok(())
            }
            "case" => {
                let of = self.value(words, 0)?;
                let of = self.plain(of);
                self.open(Block::Case { of, branches: 0, otherwise: false })
            }
            _ => {
                let unless = tag == "unless";
                let condition = self.condition(words)?;
                let not = if unless { "not " } else { "" };
                self.emit(&format!("{{%if {not}{condition}%}}"));
                self.open(Block::If { unless, branches: 1, otherwise: false })
            }
        }
    }

    fn for_each(&mut self, words: &mut Words<'_>) -> Done {
        let name = words.name()?.to_owned();
        words.expect(Word::Name("in"))?;
        let list = self.value(words, 0)?;
        let list = self.plain(list);
        let (mut limit, mut offset, mut reversed) =
            (String::from("none"), String::from("0"), false);
        while let Some(Word::Name(how)) = words.peek() {
            words.next();
            match how {
                "reversed" => reversed = true,
                "limit" | "offset" => {
                    words.expect(Word::Sign(":"))?;
                    let said = self.value(words, 0)?;
                    let said = self.plain(said);
                    if how == "limit" { limit = said } else { offset = said }
                }
                _ => {
                    return Err(format!(
                        "a loop knows no `{how}`: limit, offset and reversed are known"
                    ));
                }
            }
        }
        self.emit(&format!("{{%for v_{name} in {list}|f__items({limit},{offset},{reversed})%}}"));
        self.open(Block::For { name, otherwise: false })
    }

    fn branch(&mut self, tag: &str, words: &mut Words<'_>) -> Done {
        let misplaced = || format!("`{tag}` stands in no block that has one");
        let Some((block, line)) = self.blocks.pop() else { return Err(misplaced()) };
        let (said, block) = match (tag, block) {
            ("else", Block::If { unless, branches, otherwise: false }) => {
                (String::from("{%else%}"), Block::If { unless, branches, otherwise: true })
            }
            ("else", Block::For { name, otherwise: false }) => {
                (String::from("{%else%}"), Block::For { name, otherwise: true })
            }
            ("else", Block::Case { of, branches, otherwise: false }) if branches > 0 => {
                (String::from("{%else%}"), Block::Case { of, branches, otherwise: true })
            }
            ("elsif", Block::If { unless, branches, otherwise: false }) => {
                let condition = self.condition(words)?;
                let block = Block::If { unless, branches: branches + 1, otherwise: false };
                (format!("{{%elif {condition}%}}"), block)
            }
            ("when", Block::Case { of, branches, otherwise: false }) => {
                let said = self.any_of(&of, words)?;
                let open = if branches == 0 { "if" } else { "elif" };
                let block = Block::Case { of, branches: branches + 1, otherwise: false };
                (format!("{{%{open} {said}%}}"), block)
            }
            _ => return Err(misplaced()),
        };
        if let Block::If { branches, .. } | Block::Case { branches, .. } = block
            && branches > BRANCHES_MAX
        {
            return Err(format!("at most {BRANCHES_MAX} branches of a condition are taken"));
        }
        self.emit(&said);
        self.blocks.push((block, line));
        Ok(())
    }

    /// The values of one `when`, by commas or by `or`.
    fn any_of(&mut self, of: &str, words: &mut Words<'_>) -> Done<String> {
        let mut all = String::new();
        for count in 1.. {
            if count > TERMS_MAX {
                return Err(format!("at most {TERMS_MAX} values of one `when` are taken"));
            }
            let said = self.value(words, 0)?;
            let said = compared(of, "eq", said);
            write!(all, "{}{said}", if count == 1 { "" } else { " or " })
                .map_err(|fault| fault.to_string())?;
            if !words.take(Word::Sign(",")) && !words.take(Word::Name("or")) {
                break;
            }
        }
        Ok(all)
    }

    fn ending(&mut self, tag: &str) -> Done {
        let opened = &tag["end".len()..];
        match self.blocks.pop() {
            Some((block, _)) if block.tag() == opened => {
                match block {
                    Block::For { .. } => self.emit("{%endfor%}"),
                    Block::Case { branches: 0, .. } => {}
                    Block::If { .. } | Block::Case { .. } => self.emit("{%endif%}"),
                }
                Ok(())
            }
            Some((block, line)) => {
                Err(format!("`{tag}` closes no `{}`, which was opened in line {line}", block.tag()))
            }
            None => Err(format!("`{tag}` closes nothing")),
        }
    }

    /// The text up to the end of a block whose inside is not read.
    fn skip(&mut self, tag: &str) -> Done<&'t str> {
        let (from, mut depth) = (self.at, 1_usize);
        while let Some(at) = self.text[self.at..].find("{%").map(|found| self.at + found) {
            let inner = &self.text[at + 2..];
            let name = inner.strip_prefix('-').unwrap_or(inner).trim_start();
            let ends = name.strip_prefix("end").and_then(|name| name.strip_prefix(tag));
            // What is raw holds no other raw.
            let opens = if tag == "comment" { name.strip_prefix(tag) } else { None };
            let is_word = |rest: &str| !rest.starts_with(|sign: char| sign.is_ascii_alphanumeric());
            if opens.is_some_and(is_word) {
                depth += 1;
            } else if let Some(rest) = ends.filter(|rest| is_word(rest)) {
                depth -= 1;
                if depth == 0 {
                    let close =
                        rest.find("%}").ok_or_else(|| format!("`end{tag}` is not closed"))?;
                    self.trim = rest[..close].ends_with('-');
                    self.at = self.text.len() - rest.len() + close + 2;
                    return Ok(&self.text[from..at]);
                }
            }
            self.at = at + 2;
        }
        Err(format!("`{tag}` is not closed"))
    }
}
