//! What the words of an expression say: operators by their precedence in Postgres, functions with
//! the kinds they take. What the stores would answer differently is refused here.

use super::fault;
use super::kind::{BEYOND, Held, Kind, alike, as_text, into};
use super::node::{Node, What};
use super::words::Token;
use crate::dialect::Family;
use base::Result;
use catalog::FieldKind;

/// Deepest nesting.
const DEPTH_MAX: usize = 60;

/// Most parts, those that are said several times counted as often: what is built is walked by
/// functions that call themselves.
const PARTS_MAX: usize = 500;

/// The value that the words say.
pub(super) fn understood<'a>(
    tokens: &'a [Token],
    columns: &'a dyn Fn(&str) -> Option<&'a FieldKind>,
) -> Result<Node> {
    let mut reader = Reader { tokens, at: 0, depth: 0, parts: 0, columns };
    let node = reader.either()?;
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.unexpected()),
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    parts: usize,
    columns: &'a dyn Fn(&str) -> Option<&'a FieldKind>,
}

fn truth(what: What) -> Node {
    Node { kind: Kind::Truth, what }
}

fn boxed(node: Node) -> Box<Node> {
    Box::new(node)
}

/// A value that must be of this kind, or NULL.
fn wanted(node: Node, kind: Kind, by: &str) -> Result<Node> {
    match node.kind {
        _ if node.kind.held() == kind.held() && node.kind != Kind::Null => Ok(node),
        Kind::Null => Ok(into(node, kind)),
        Kind::Uuid if kind == Kind::Text => Ok(into(node, kind)),
        other => Err(fault(format!("{by} takes {}, not {}", kind.word(), other.word()))),
    }
}

/// A value that must be a number, or NULL.
fn number(node: Node, by: &str) -> Result<Node> {
    match node.kind {
        Kind::Null => Ok(into(node, Kind::Whole(0))),
        kind if kind.is_number() => Ok(node),
        kind => Err(fault(format!("{by} takes numbers, not {}", kind.word()))),
    }
}

fn pair(left: Node, right: Node) -> Result<(Node, Node)> {
    let mut both = alike(vec![left, right])?.into_iter();
    match (both.next(), both.next()) {
        (Some(left), Some(right)) => Ok((left, right)),
        _ => Err(fault("a value is missing")),
    }
}

fn compared(sign: &'static str, left: Node, right: Node) -> Result<Node> {
    let (left, right) = pair(left, right)?;
    if let Kind::Moment(Family::Time) = left.kind {
        return Err(fault("times of day with an offset are ordered by each store in its own way"));
    }
    Ok(truth(What::Compare(sign, boxed(left), boxed(right))))
}

fn reckoned(sign: &'static str, left: Node, right: Node) -> Result<Node> {
    let by = format!("`{sign}`");
    let (left, right) = (number(left, &by)?, number(right, &by)?);
    let (one, two) = match (left.kind, right.kind) {
        (Kind::Whole(one), Kind::Whole(two)) => (one, two),
        _ => {
            let (left, right) = pair(left, right)?;
            if left.kind == Kind::Double && sign == "%" {
                return Err(fault("`%` takes whole numbers and decimals, not doubles"));
            }
            let kind = left.kind;
            return Ok(Node { kind, what: What::Reckon(sign, boxed(left), boxed(right)) });
        }
    };
    let most = match sign {
        "+" | "-" => one.saturating_add(two),
        "*" => one.saturating_mul(two),
        // The least 64-bit number has no opposite.
        "/" if one.saturating_add(1) == BEYOND => BEYOND,
        "/" => one,
        _ => one.min(two),
    };
    let held = |node: &Node| node.kind.held() == Held::Int;
    if held(&left) && held(&right) && Kind::Whole(most).held() == Held::Int {
        let what = What::Reckon(sign, boxed(left), boxed(right));
        return Ok(Node { kind: Kind::Whole(most), what });
    }
    let kind = Kind::Whole(most.max(BEYOND));
    let (left, right) = (boxed(into(left, kind)), boxed(into(right, kind)));
    let what = match sign {
        "/" => What::Share(left, right),
        _ => What::Reckon(sign, left, right),
    };
    Ok(Node { kind, what })
}

impl<'a> Reader<'a> {
    /// Counts parts that come to the expression.
    fn grow(&mut self, by: usize) -> Result<()> {
        self.parts = self.parts.saturating_add(by);
        if self.parts > PARTS_MAX {
            return Err(fault(format!("the expression has more than {PARTS_MAX} parts")));
        }
        Ok(())
    }

    /// A value that is said once more.
    fn again(&mut self, node: &Node) -> Result<Node> {
        self.grow(node.weight())?;
        Ok(node.clone())
    }

    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn unexpected(&self) -> base::Error {
        match self.peek() {
            None => fault("the expression ends where a value is missing"),
            Some(token) => fault(format!("{} stands where nothing like it can", token.told())),
        }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Keyword(one)) if one == word)
    }

    fn word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, any: &[&'static str]) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Sign(sign)) if any.contains(sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn must(&mut self, sign: &'static str) -> Result<()> {
        match self.sign(&[sign]) {
            Some(_) => Ok(()),
            None => Err(self.unexpected()),
        }
    }

    fn must_word(&mut self, word: &str) -> Result<()> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn either(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(fault(format!("the expression is nested deeper than {DEPTH_MAX} levels")));
        }
        let mut left = self.both()?;
        while self.word("OR") {
            self.grow(1)?;
            let right = wanted(self.both()?, Kind::Truth, "`OR`")?;
            left = wanted(left, Kind::Truth, "`OR`")?;
            left = truth(What::Both("OR", boxed(left), boxed(right)));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Node> {
        let mut left = self.not()?;
        while self.word("AND") {
            self.grow(1)?;
            let right = wanted(self.not()?, Kind::Truth, "`AND`")?;
            left = wanted(left, Kind::Truth, "`AND`")?;
            left = truth(What::Both("AND", boxed(left), boxed(right)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Node> {
        let mut times = 0;
        while self.word("NOT") {
            times += 1;
        }
        let mut node = self.is()?;
        if times > 0 {
            node = wanted(node, Kind::Truth, "`NOT`")?;
        }
        if times % 2 == 1 {
            node = truth(What::Not(boxed(node)));
        }
        Ok(node)
    }

    fn is(&mut self) -> Result<Node> {
        let mut node = self.comparison()?;
        while self.word("IS") {
            self.grow(1)?;
            let no = self.word("NOT");
            let word = match self.next() {
                Some(Token::Keyword(word)) => match (word.as_str(), no) {
                    ("NULL", false) => "NULL",
                    ("NULL", true) => "NOT NULL",
                    ("TRUE", false) => "TRUE",
                    ("TRUE", true) => "NOT TRUE",
                    ("FALSE", false) => "FALSE",
                    ("FALSE", true) => "NOT FALSE",
                    _ => {
                        return Err(fault(
                            "behind IS stands NULL, TRUE or FALSE, with or without NOT",
                        ));
                    }
                },
                _ => {
                    return Err(fault("behind IS stands NULL, TRUE or FALSE, with or without NOT"));
                }
            };
            if !word.ends_with("NULL") {
                node = wanted(node, Kind::Truth, "`IS TRUE`")?;
            }
            node = truth(What::Is(boxed(node), word));
        }
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node> {
        let left = self.within()?;
        match self.sign(&["=", "<>", "!=", "<=", ">=", "<", ">"]) {
            Some(sign) => compared(if sign == "!=" { "<>" } else { sign }, left, self.within()?),
            None => Ok(left),
        }
    }

    fn within(&mut self) -> Result<Node> {
        let left = self.joined()?;
        let turned = self.is_word("NOT")
            && matches!(self.tokens.get(self.at + 1), Some(Token::Keyword(word)) if word == "IN" || word == "BETWEEN");
        self.at += usize::from(turned);
        let found = if self.word("IN") {
            self.must("(")?;
            let mut any: Option<Node> = None;
            for one in self.list()? {
                let one = compared("=", self.again(&left)?, one)?;
                any = Some(match any {
                    Some(before) => truth(What::Both("OR", boxed(before), boxed(one))),
                    None => one,
                });
            }
            any.ok_or_else(|| fault("`IN` needs at least one value"))?
        } else if self.word("BETWEEN") {
            let least = compared(">=", self.again(&left)?, self.joined()?)?;
            self.must_word("AND")?;
            let most = compared("<=", left, self.joined()?)?;
            truth(What::Both("AND", boxed(least), boxed(most)))
        } else {
            return Ok(left);
        };
        Ok(if turned { truth(What::Not(boxed(found))) } else { found })
    }

    fn joined(&mut self) -> Result<Node> {
        let mut left = self.sum()?;
        while self.sign(&["||"]).is_some() {
            self.grow(1)?;
            let right = as_text(self.sum()?)?;
            let what = What::Joined(boxed(as_text(left)?), boxed(right));
            left = Node { kind: Kind::Text, what };
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Node> {
        let mut left = self.product()?;
        while let Some(sign) = self.sign(&["+", "-"]) {
            self.grow(1)?;
            left = reckoned(sign, left, self.product()?)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node> {
        let mut left = self.signed()?;
        while let Some(sign) = self.sign(&["*", "/", "%"]) {
            self.grow(1)?;
            left = reckoned(sign, left, self.signed()?)?;
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Node> {
        let mut less = false;
        let mut any = false;
        while let Some(sign) = self.sign(&["+", "-"]) {
            less ^= sign == "-";
            any = true;
        }
        let node = self.value()?;
        if !any {
            return Ok(node);
        }
        let node = number(node, "a sign")?;
        if !less {
            return Ok(node);
        }
        let kind = match node.kind {
            Kind::Whole(most) if most.saturating_add(1) == BEYOND => Kind::Whole(BEYOND),
            kind => kind,
        };
        Ok(Node { kind, what: What::Negative(boxed(into(node, kind))) })
    }

    /// Values up to the parenthesis that closes.
    fn list(&mut self) -> Result<Vec<Node>> {
        let mut all = Vec::new();
        if self.sign(&[")"]).is_some() {
            return Ok(all);
        }
        loop {
            all.push(self.either()?);
            if self.sign(&[","]).is_none() {
                self.must(")")?;
                return Ok(all);
            }
        }
    }

    fn value(&mut self) -> Result<Node> {
        let Some(token) = self.next() else { return Err(self.unexpected()) };
        self.grow(1)?;
        Ok(match token {
            Token::Sign("(") => {
                let node = self.either()?;
                self.must(")")?;
                node
            }
            Token::Text(text) => Node { kind: Kind::Text, what: What::Text(text.clone()) },
            Token::Number(digits) => constant(digits),
            Token::Column(name) => {
                let kind = (self.columns)(name).ok_or_else(|| self.unexpected())?;
                let what = What::Column(name.clone(), Family::of(kind));
                Node { kind: Kind::of_field(kind), what }
            }
            Token::Function(name) => {
                self.must("(")?;
                self.called(name)?
            }
            Token::Keyword(word) => match word.as_str() {
                "NULL" => Node { kind: Kind::Null, what: What::Null },
                "TRUE" => truth(What::Truth(true)),
                "FALSE" => truth(What::Truth(false)),
                "CURRENT_TIMESTAMP" => call(Kind::Moment(Family::Instant), "now", Vec::new()),
                "CURRENT_DATE" => call(Kind::Moment(Family::Date), "today", Vec::new()),
                "CASE" => self.case()?,
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
            },
            Token::Sign(_) => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    fn case(&mut self) -> Result<Node> {
        let subject = if self.is_word("WHEN") { None } else { Some(self.either()?) };
        let (mut whens, mut values) = (Vec::new(), Vec::new());
        while self.word("WHEN") {
            let when = self.either()?;
            whens.push(match &subject {
                Some(subject) => compared("=", self.again(subject)?, when)?,
                None => wanted(when, Kind::Truth, "`WHEN`")?,
            });
            self.must_word("THEN")?;
            values.push(self.either()?);
        }
        let rest = self.word("ELSE");
        if rest {
            values.push(self.either()?);
        }
        self.must_word("END")?;
        if whens.is_empty() {
            return Err(fault("a CASE needs at least one WHEN"));
        }
        let mut values = alike(values)?;
        let kind = values.first().map_or(Kind::Null, |one| one.kind);
        let rest = if rest { values.pop().map(boxed) } else { None };
        Ok(Node { kind, what: What::Case(whens.into_iter().zip(values).collect(), rest) })
    }

    /// A function; its parenthesis is open.
    fn called(&mut self, name: &str) -> Result<Node> {
        match name {
            "extract" => {
                let Some(Token::Keyword(part)) = self.next() else {
                    return Err(fault("EXTRACT is written EXTRACT(YEAR FROM field)"));
                };
                self.must_word("FROM")?;
                let of = self.either()?;
                self.must(")")?;
                return part_of(&part.to_ascii_lowercase(), of);
            }
            "cast" => {
                let of = self.either()?;
                self.must_word("AS")?;
                let Some(Token::Keyword(to)) = self.next() else {
                    return Err(fault("CAST is written CAST(value AS TEXT)"));
                };
                self.must(")")?;
                return cast(of, to);
            }
            _ => {}
        }
        let mut of = self.list()?;
        let (least, most) = match name {
            "now" | "random" | "gen_random_uuid" | "uuid_generate_v4" => (0, 0),
            "coalesce" | "concat" | "greatest" | "least" => (1, 50),
            "nullif" | "date_part" => (2, 2),
            "replace" => (3, 3),
            "substr" | "substring" => (2, 3),
            "trim" | "ltrim" | "rtrim" | "round" => (1, 2),
            _ => (1, 1),
        };
        if of.len() < least || of.len() > most {
            return Err(fault(format!(
                "`{name}` takes {}, not {} values",
                if least == most { format!("{least}") } else { format!("{least} to {most}") },
                of.len()
            )));
        }
        let texts = |of: Vec<Node>| -> Result<Vec<Node>> {
            of.into_iter().map(|one| wanted(one, Kind::Text, &format!("`{name}`"))).collect()
        };
        Ok(match name {
            "now" => call(Kind::Moment(Family::Instant), "now", of),
            "random" => call(Kind::Double, "random", of),
            "gen_random_uuid" | "uuid_generate_v4" => call(Kind::Uuid, "gen_random_uuid", of),
            "lower" => call(Kind::Text, "lower", texts(of)?),
            "upper" => call(Kind::Text, "upper", texts(of)?),
            "md5" => call(Kind::Text, "md5", texts(of)?),
            "trim" => call(Kind::Text, "trim", texts(of)?),
            "ltrim" => call(Kind::Text, "ltrim", texts(of)?),
            "rtrim" => call(Kind::Text, "rtrim", texts(of)?),
            "replace" => call(Kind::Text, "replace", texts(of)?),
            "length" | "char_length" => call(Kind::Whole(1 << 31), "length", texts(of)?),
            "substr" | "substring" => {
                let rest = of
                    .split_off(1)
                    .into_iter()
                    .map(|one| wanted(one, Kind::Whole(0), &format!("`{name}`")));
                let rest: Vec<Node> = rest.collect::<Result<_>>()?;
                let mut all = texts(of)?;
                all.extend(rest);
                let all = call(Kind::Text, "substr", all);
                self.grow(all.weight())?;
                all
            }
            "concat" => {
                let parts = of.into_iter().map(as_text).collect::<Result<_>>()?;
                Node { kind: Kind::Text, what: What::Strung(parts) }
            }
            "coalesce" | "greatest" | "least" => {
                let of = alike(of)?;
                let kind = of.first().map_or(Kind::Null, |one| one.kind);
                let name = match name {
                    "coalesce" => "coalesce",
                    "greatest" => "greatest",
                    _ => "least",
                };
                if name != "coalesce" && kind == Kind::Moment(Family::Time) {
                    return Err(fault(
                        "times of day with an offset are ordered by each store in its own way",
                    ));
                }
                let all = call(kind, name, of);
                if name != "coalesce" {
                    self.grow(all.weight())?;
                }
                all
            }
            "nullif" => {
                let mut of = of.into_iter();
                let (Some(one), Some(two)) = (of.next(), of.next()) else {
                    return Err(self.unexpected());
                };
                let same = compared("=", self.again(&one)?, two)?;
                let none = into(Node { kind: Kind::Null, what: What::Null }, one.kind);
                Node { kind: one.kind, what: What::Case(vec![(same, none)], Some(boxed(one))) }
            }
            "date_part" => {
                let mut of = of.into_iter();
                match (of.next().map(|part| part.what), of.next()) {
                    (Some(What::Text(part)), Some(of)) => part_of(&part.to_ascii_lowercase(), of)?,
                    _ => return Err(fault("date_part is written date_part('year', field)")),
                }
            }
            "round" => rounded(of)?,
            _ => {
                let Some(one) = of.pop() else { return Err(self.unexpected()) };
                let one = number(one, &format!("`{name}`"))?;
                let name = match name {
                    "abs" => "abs",
                    "floor" => "floor",
                    _ => "ceil",
                };
                match one.kind {
                    Kind::Whole(_) if name != "abs" => one,
                    Kind::Whole(most) if most.saturating_add(1) == BEYOND => {
                        call(Kind::Whole(BEYOND), name, vec![into(one, Kind::Whole(BEYOND))])
                    }
                    kind => call(kind, name, vec![one]),
                }
            }
        })
    }
}

fn call(kind: Kind, name: &'static str, of: Vec<Node>) -> Node {
    Node { kind, what: What::Call(name, of) }
}

/// A number as written.
fn constant(digits: &str) -> Node {
    let (whole, broken) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if !broken.is_empty() {
        return Node { kind: Kind::Decimal, what: What::Number(format!("{whole}.{broken}")) };
    }
    let kind = match digits.contains('.') {
        true => Kind::Decimal,
        false => Kind::Whole(whole.parse().unwrap_or(u128::MAX)),
    };
    let kind = if kind == Kind::Whole(BEYOND - 1) { Kind::Whole(BEYOND) } else { kind };
    Node { kind, what: What::Number(whole.to_owned()) }
}

fn rounded(of: Vec<Node>) -> Result<Node> {
    let mut of = of.into_iter();
    let Some(one) = of.next() else { return Err(fault("`round` takes a number")) };
    let one = number(one, "`round`")?;
    let Some(digits) = of.next() else {
        return Ok(match one.kind {
            Kind::Whole(_) => one,
            kind => call(kind, "round", vec![one]),
        });
    };
    let few = match &digits.what {
        What::Number(text) => text.parse::<u32>().ok().filter(|digits| *digits <= 100),
        _ => None,
    };
    if few.is_none() || digits.kind.held() != Held::Int {
        return Err(fault("`round` takes a constant from 0 to 100 as the number of digits"));
    }
    match one.kind {
        Kind::Double => Err(fault("`round` to a number of digits takes decimals, not doubles")
            .hint(
                "round(field) rounds to a whole number; a Decimal field can be rounded to digits",
            )),
        _ => Ok(call(Kind::Decimal, "round", vec![into(one, Kind::Decimal), digits])),
    }
}

fn part_of(part: &str, of: Node) -> Result<Node> {
    let of_day = ["year", "quarter", "month", "week", "day", "dow", "isodow"].contains(&part);
    let of_clock = ["hour", "minute", "second"].contains(&part);
    match of.kind {
        Kind::Moment(Family::Time | Family::LocalTime) if of_clock => {}
        Kind::Moment(Family::Date | Family::Instant | Family::Local) if of_day || of_clock => {}
        Kind::Moment(_) => {
            return Err(fault(format!("{} has no part `{part}`", of.kind.word())));
        }
        kind => return Err(fault(format!("parts are taken of moments, not of {}", kind.word()))),
    }
    Ok(Node { kind: Kind::Whole(100_000), what: What::Part(part.to_owned(), boxed(of)) })
}

fn cast(of: Node, to: &str) -> Result<Node> {
    let told = of.kind.word();
    let none =
        || fault(format!("{told} cannot be cast to {to} with the same outcome on both stores"));
    let number = of.kind.is_number();
    match (to, of.kind) {
        ("TEXT", _) => as_text(of),
        ("INTEGER" | "BIGINT", Kind::Null) => Ok(into(of, Kind::Whole(0))),
        ("INTEGER" | "BIGINT", Kind::Truth) => Ok(into(of, Kind::Whole(1))),
        ("INTEGER" | "BIGINT", Kind::Whole(_)) => Ok(of),
        ("INTEGER" | "BIGINT", Kind::Decimal) => Ok(call(Kind::Whole(BEYOND), "round", vec![of])),
        ("NUMERIC", Kind::Whole(_) | Kind::Decimal | Kind::Null) => Ok(into(of, Kind::Decimal)),
        ("REAL", _) if number || of.kind == Kind::Null => Ok(into(of, Kind::Double)),
        _ => Err(none()),
    }
}
