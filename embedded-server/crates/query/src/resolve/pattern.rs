//! Regular expressions: those that both stores read alike.
//!
//! SQLite runs them with `regex`, Postgres with its own engine. What only one of them knows, or
//! what means something else to each, is refused here with the part that does it.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerlKind, ClassSet, ClassSetItem,
    HexLiteralKind, Literal, LiteralKind, Position, Repetition, RepetitionKind, RepetitionRange,
    Span,
};

/// Most times of one repetition: Postgres takes no more.
const TIMES_MAX: u32 = 255;

/// Most signs that a pattern looks for once its repetitions are written out: neither store compiles
/// a larger one in reasonable time, and each gives up at another size.
const SIGNS_MAX: usize = 1_000;

/// Whether both stores read the pattern, and alike.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    Reader { pattern, ascii: None }.read().map(drop)
}

/// The same for a pattern inside of a JSON path, and the pattern as it is to be run there: Postgres
/// reads the classes of such a one by the language of its database, so they are spelled out as the
/// signs of ASCII that they are elsewhere.
pub(super) fn spelled_out(pattern: &str) -> Result<String, String> {
    let edits = Reader { pattern, ascii: Some(Vec::new()) }.read()?;
    let mut spelled = pattern.to_owned();
    for (span, text) in edits.into_iter().rev() {
        spelled.replace_range(span.start.offset..span.end.offset, &text);
    }
    Ok(spelled)
}

struct Reader<'p> {
    pattern: &'p str,
    /// What is to be written in place of which part, from left to right, where classes are spelled
    /// out.
    ascii: Option<Vec<(Span, String)>>,
}

type Read<T = ()> = Result<T, String>;

impl Reader<'_> {
    fn read(mut self) -> Read<Vec<(Span, String)>> {
        if let Some(part) = unshared(self.pattern) {
            return Err(unalike(part));
        }
        let tree = Parser::new()
            .parse(self.pattern)
            .map_err(|_| format!("`{}` is not a regular expression", self.pattern))?;
        self.tree(&tree)?;
        if signs(&tree) > SIGNS_MAX {
            return Err(format!(
                "the pattern looks for more than {SIGNS_MAX} signs once its repetitions are written out"
            ));
        }
        Ok(self.ascii.unwrap_or_default())
    }

    fn part(&self, span: &Span) -> &str {
        self.pattern.get(span.start.offset..span.end.offset).unwrap_or_default()
    }

    fn write(&mut self, span: Span, text: impl Into<String>) {
        if let Some(edits) = &mut self.ascii {
            edits.push((span, text.into()));
        }
    }

    /// As deep as the parser let the pattern be.
    fn tree(&mut self, tree: &Ast) -> Read {
        match tree {
            Ast::Empty(_) | Ast::Flags(_) | Ast::Dot(_) | Ast::Assertion(_) => Ok(()),
            Ast::Literal(literal) => self.literal(literal),
            Ast::ClassUnicode(class) => Err(unalike(self.part(&class.span))),
            Ast::ClassPerl(class) => {
                let signs = perl(&class.kind);
                self.write(
                    class.span,
                    match class.negated {
                        // A list of what is left out leaves out the end of a line too.
                        true => format!("(?:[^{signs}]|\\n)"),
                        false => format!("[{signs}]"),
                    },
                );
                Ok(())
            }
            Ast::ClassBracketed(class) => self.list(class),
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Group(group) => self.tree(&group.ast),
            Ast::Alternation(all) => all.asts.iter().try_for_each(|one| self.tree(one)),
            Ast::Concat(all) => all.asts.iter().try_for_each(|one| self.tree(one)),
        }
    }

    fn literal(&self, literal: &Literal) -> Read {
        match literal.kind {
            LiteralKind::HexBrace(_) | LiteralKind::Octal => Err(unalike(self.part(&literal.span))),
            LiteralKind::HexFixed(HexLiteralKind::X) => Err(unalike(self.part(&literal.span))),
            LiteralKind::Verbatim
            | LiteralKind::Meta
            | LiteralKind::Superfluous
            | LiteralKind::HexFixed(_)
            | LiteralKind::Special(_) => Ok(()),
        }
    }

    fn repetition(&mut self, repetition: &Repetition) -> Read {
        let part = self.part(&repetition.op.span);
        match &*repetition.ast {
            Ast::Repetition(_) => {
                return Err(format!(
                    "`{part}` repeats what is repeated already: group it in (?:…)"
                ));
            }
            Ast::Assertion(_) => return Err(format!("`{part}` has nothing before it to repeat")),
            _ => {}
        }
        if let RepetitionKind::Range(range) = &repetition.op.kind {
            let (RepetitionRange::Exactly(most)
            | RepetitionRange::AtLeast(most)
            | RepetitionRange::Bounded(_, most)) = *range;
            if most > TIMES_MAX {
                return Err(format!("`{part}` repeats more than {TIMES_MAX} times"));
            }
            let plain = |sign: u8| sign.is_ascii_digit() || b"{,}?".contains(&sign);
            if part.starts_with("{,") || !part.bytes().all(plain) {
                return Err(unalike(part));
            }
        }
        self.tree(&repetition.ast)
    }

    fn list(&mut self, class: &ClassBracketed) -> Read {
        let whole = self.part(&class.span).to_owned();
        let ClassSet::Item(item) = &class.kind else { return Err(unalike(&whole)) };
        let inner = whole.get(1..).unwrap_or_default();
        if let Some(part) = ["--", "[=", "[."].into_iter().find(|part| inner.contains(part)) {
            return Err(unalike(part));
        }
        if class.negated && self.ascii.is_some() {
            self.without_line_ends(class, &whole)?;
        }
        let one = std::slice::from_ref(item);
        let items = if let ClassSetItem::Union(union) = item { &union.items } else { one };
        for (place, item) in items.iter().enumerate() {
            match item {
                ClassSetItem::Literal(literal) => {
                    let inside = place > 0 && place + 1 < items.len();
                    if inside && literal.c == '-' && literal.kind == LiteralKind::Verbatim {
                        return Err(unalike(&whole));
                    }
                    self.literal(literal)?;
                }
                ClassSetItem::Range(range) => {
                    self.literal(&range.start)?;
                    self.literal(&range.end)?;
                }
                ClassSetItem::Ascii(class) => self.named(class)?,
                ClassSetItem::Perl(class) if class.negated && self.ascii.is_some() => {
                    return Err(unalike(&whole));
                }
                ClassSetItem::Perl(class) => self.write(class.span, perl(&class.kind)),
                // Postgres sees a plain bracket there, and so does the other way of asking.
                ClassSetItem::Bracketed(_) if self.ascii.is_none() => {}
                ClassSetItem::Bracketed(_)
                | ClassSetItem::Unicode(_)
                | ClassSetItem::Union(_)
                | ClassSetItem::Empty(_) => return Err(unalike(&whole)),
            }
        }
        Ok(())
    }

    /// In a JSON path of Postgres no list of what is left out holds the end of a line.
    fn without_line_ends(&mut self, class: &ClassBracketed, whole: &str) -> Read {
        let inner = whole.get(2..whole.len().saturating_sub(1)).unwrap_or_default();
        if inner.starts_with([']', '-']) {
            return Err(unalike(whole));
        }
        // Behind the `[^`.
        let Position { offset, line, column } = class.span.start;
        let at = Position::new(offset + 2, line, column + 2);
        self.write(Span::new(at, at), "\\n");
        Ok(())
    }

    fn named(&mut self, class: &ClassAscii) -> Read {
        let part = self.part(&class.span).to_owned();
        // Postgres counts the signs of U+0080 to U+009F among them, and knows no `[:^alpha:]`.
        if class.negated || class.kind == ClassAsciiKind::Cntrl {
            return Err(unalike(&part));
        }
        let signs = match class.kind {
            ClassAsciiKind::Alnum => "0-9A-Za-z",
            ClassAsciiKind::Alpha => "A-Za-z",
            ClassAsciiKind::Blank => " \\t",
            ClassAsciiKind::Digit => "0-9",
            ClassAsciiKind::Graph => "!-~",
            ClassAsciiKind::Lower => "a-z",
            ClassAsciiKind::Print => " -~",
            ClassAsciiKind::Punct => "!-\\/:-@\\[-`{-~",
            ClassAsciiKind::Space => perl(&ClassPerlKind::Space),
            ClassAsciiKind::Upper => "A-Z",
            ClassAsciiKind::Word => perl(&ClassPerlKind::Word),
            ClassAsciiKind::Xdigit => "0-9A-Fa-f",
            ClassAsciiKind::Ascii | ClassAsciiKind::Cntrl if self.ascii.is_some() => {
                return Err(unalike(&part));
            }
            ClassAsciiKind::Ascii | ClassAsciiKind::Cntrl => return Ok(()),
        };
        self.write(class.span, signs);
        Ok(())
    }
}

/// How many signs a pattern looks for, each repetition written out. A long list of signs counts as
/// several.
fn signs(tree: &Ast) -> usize {
    let of_all = |all: &[Ast]| all.iter().map(signs).fold(0, usize::saturating_add);
    match tree {
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Assertion(_)
        | Ast::Literal(_)
        | Ast::Dot(_)
        | Ast::ClassUnicode(_)
        | Ast::ClassPerl(_) => 1,
        Ast::ClassBracketed(class) => match &class.kind {
            ClassSet::Item(ClassSetItem::Union(union)) => 1 + union.items.len() / 8,
            ClassSet::Item(_) | ClassSet::BinaryOp(_) => 1,
        },
        Ast::Repetition(repetition) => {
            let times = match &repetition.op.kind {
                RepetitionKind::Range(
                    RepetitionRange::Exactly(most)
                    | RepetitionRange::AtLeast(most)
                    | RepetitionRange::Bounded(_, most),
                ) => usize::try_from(*most).unwrap_or(usize::MAX).max(1),
                RepetitionKind::ZeroOrOne
                | RepetitionKind::ZeroOrMore
                | RepetitionKind::OneOrMore => 1,
            };
            signs(&repetition.ast).saturating_mul(times)
        }
        Ast::Group(group) => signs(&group.ast),
        Ast::Alternation(all) => of_all(&all.asts),
        Ast::Concat(all) => of_all(&all.asts),
    }
}

/// The signs of a class, as they stand between brackets.
fn perl(kind: &ClassPerlKind) -> &'static str {
    match kind {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Space => " \\t\\n\\r\\f\\v",
        ClassPerlKind::Word => "0-9A-Za-z_",
    }
}

/// Groups with flags or names, Unicode classes, signs by their number, and the word boundary, which
/// Postgres spells `\y`.
fn unshared(pattern: &str) -> Option<&'static str> {
    const PARTS: [&str; 9] = ["\\p", "\\P", "\\b", "\\B", "\\z", "\\x", "\\<", "\\>", "&&"];
    let flagged = pattern.match_indices("(?").any(|(at, _)| !pattern[at..].starts_with("(?:"));
    if flagged {
        return Some("(?");
    }
    let bare = pattern.replace("\\\\", "");
    PARTS.into_iter().find(|part| bare.contains(part))
}

fn unalike(part: &str) -> String {
    format!("`{part}` does not mean the same in both stores")
}

#[cfg(test)]
mod tests {
    use super::{check, spelled_out};

    #[test]
    fn what_one_store_reads_otherwise_is_refused() {
        for pattern in [
            ".{256}",
            "a{1,1000}",
            "a{300,}",
            "(a{100}){11}",
            "(.{255}){20}",
            "((a{255}){255}){0}",
            "((^){255}){255}",
            "a**",
            "a*+",
            "a{1}{2}",
            "x{1,2}{3}",
            "(?:^*a)",
            "^*",
            "$+",
            "a{,5}",
            "a{ 2 }",
            "[a--b]",
            "[--a]",
            "[a~~b]",
            "[a&&b]",
            "[a-c-e]",
            "\\u{41}",
            "\\x41",
            "[[=a=]]",
            "[[.a.]]",
            "[[.hyphen.]]",
            "[[:cntrl:]]",
            "[[:^alpha:]]",
            "(?i)a",
            "\\bword",
            "\\pL",
            "(",
            "[b-a]",
        ] {
            assert!(check(pattern).is_err(), "{pattern}");
            assert!(spelled_out(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn what_both_read_alike_passes() {
        for pattern in [
            "",
            "^a.*b$",
            ".{255}",
            "(?:\\w{250}){4}",
            "[a-zA-Z0-9_]{1,255}",
            "a{2,}?",
            "(?:a*)*",
            "(a|b|)+",
            "[a-z-]",
            "[-a]",
            "[.=]",
            "[]a]",
            "[^]a]",
            "[a\\-c]",
            "\\u0041",
            "[\\w.-]+@[\\w-]+",
            "[[:alpha:]_]",
            "\\$\\{x\\}",
            "\\d{4}-\\d{2}",
            "[[ab]]",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn classes_in_a_json_path_are_spelled_out() {
        for (pattern, spelled) in [
            ("^a+$", "^a+$"),
            ("\\d\\D", "[0-9](?:[^0-9]|\\n)"),
            ("[[:upper:]x\\d-]\\w", "[A-Zx0-9-][0-9A-Za-z_]"),
            ("[^a\\s]b", "[^\\na \\t\\n\\r\\f\\v]b"),
            ("\\\\d", "\\\\d"),
        ] {
            assert_eq!(spelled_out(pattern).as_deref(), Ok(spelled), "{pattern}");
            assert!(regex::Regex::new(spelled).is_ok(), "{spelled}");
        }
        for pattern in ["[\\D]", "[[ab]]", "[^]a]"] {
            assert!(spelled_out(pattern).is_err(), "{pattern}");
        }
    }
}
