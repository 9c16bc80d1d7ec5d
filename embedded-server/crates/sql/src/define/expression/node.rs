//! An expression as it was understood: every part has a kind, and says itself in either dialect
//! so that the answers are equal.

use super::super::column::{constant, now};
use super::kind::{Held, Kind};
use crate::Dialect;
use crate::dialect::Family;
use crate::writer::{literal, quoted};
use base::Value;

/// A constant of fewer signs is within the doubles.
const NUMBER_SHORT: usize = 300;

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Column(String, Family),
    Text(String),
    Number(String),
    Truth(bool),
    Null,
    /// A default that is a constant.
    Value(Value),
    /// The same value as another kind holds it.
    Form(Box<Node>),
    /// The same double, with one zero.
    OneZero(Box<Node>),
    Negative(Box<Node>),
    /// Both sides are held alike.
    Reckon(&'static str, Box<Node>, Box<Node>),
    /// Whole numbers that may be beyond 64 bits, divided as whole numbers.
    Share(Box<Node>, Box<Node>),
    /// Both sides are held alike.
    Compare(&'static str, Box<Node>, Box<Node>),
    Both(&'static str, Box<Node>, Box<Node>),
    Not(Box<Node>),
    /// `IS …`, with the word behind it.
    Is(Box<Node>, &'static str),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    /// Texts one behind the other: NULL if one of them is.
    Joined(Box<Node>, Box<Node>),
    /// Texts one behind the other: what is NULL adds nothing.
    Strung(Vec<Node>),
    Call(&'static str, Vec<Node>),
    /// A part of a moment, by its name.
    Part(String, Box<Node>),
}

impl Node {
    /// How many parts it has once it is said, where some say what is in them several times.
    pub(super) fn weight(&self) -> usize {
        let all =
            |of: &[Self]| of.iter().fold(0, |sum: usize, one| sum.saturating_add(one.weight()));
        let inner = match &self.what {
            What::Column(..)
            | What::Text(_)
            | What::Number(_)
            | What::Truth(_)
            | What::Null
            | What::Value(_) => 0,
            What::Form(of)
            | What::OneZero(of)
            | What::Negative(of)
            | What::Not(of)
            | What::Is(of, _)
            | What::Part(_, of) => of.weight(),
            What::Reckon(_, left, right)
            | What::Share(left, right)
            | What::Compare(_, left, right)
            | What::Both(_, left, right)
            | What::Joined(left, right) => left.weight().saturating_add(right.weight()),
            What::Case(arms, rest) => {
                let rest = rest.as_ref().map_or(0, |rest| rest.weight());
                arms.iter().fold(rest, |sum, (when, then)| {
                    sum.saturating_add(when.weight()).saturating_add(then.weight())
                })
            }
            What::Strung(of) => all(of),
            // SQLite is told each value in every place, Postgres a count three times.
            What::Call("greatest" | "least", of) => all(of).saturating_mul(of.len()),
            What::Call("substr", of) => all(of).saturating_mul(3),
            What::Call(_, of) => all(of),
        };
        inner.saturating_add(1)
    }

    /// Whether a double in it may be beyond the largest: Postgres refuses what SQLite calls infinite,
    /// and what comes to nothing because it is too small.
    pub(super) fn leaves_doubles(&self) -> bool {
        let reckoned = match &self.what {
            What::Reckon(_, left, _) => left.kind.held() == Held::Double,
            What::Form(of) => {
                self.kind.held() == Held::Double
                    && of.kind.held() == Held::Decimal
                    && !matches!(&of.what, What::Number(digits) if digits.len() < NUMBER_SHORT)
            }
            _ => false,
        };
        reckoned || self.parts().into_iter().any(Self::leaves_doubles)
    }

    /// What it is made of.
    fn parts(&self) -> Vec<&Self> {
        match &self.what {
            What::Column(..)
            | What::Text(_)
            | What::Number(_)
            | What::Truth(_)
            | What::Null
            | What::Value(_) => Vec::new(),
            What::Form(of)
            | What::OneZero(of)
            | What::Negative(of)
            | What::Not(of)
            | What::Is(of, _)
            | What::Part(_, of) => vec![of.as_ref()],
            What::Reckon(_, left, right)
            | What::Share(left, right)
            | What::Compare(_, left, right)
            | What::Both(_, left, right)
            | What::Joined(left, right) => vec![left.as_ref(), right.as_ref()],
            What::Case(arms, rest) => {
                let arms = arms.iter().flat_map(|(when, then)| [when, then]);
                arms.chain(rest.as_deref()).collect()
            }
            What::Strung(of) | What::Call(_, of) => of.iter().collect(),
        }
    }

    pub(super) fn say(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Sqlite => self.lite(),
            Dialect::Postgres => self.pg(),
        }
    }

    fn lite(&self) -> String {
        match &self.what {
            What::Column(name, _) => quoted(name),
            What::Text(text) => literal(text),
            What::Number(digits) if self.kind.held() == Held::Int => digits.clone(),
            What::Number(digits) => literal(digits),
            What::Truth(truth) => String::from(if *truth { "1" } else { "0" }),
            What::Null => String::from("NULL"),
            What::Value(value) => constant(value, Dialect::Sqlite),
            What::Form(of) => of.formed_lite(self.kind.held()),
            What::OneZero(of) => format!("({} + 0.0)", of.lite()),
            What::Negative(of) => match self.kind.held() {
                Held::Decimal => format!("bx_dec_sub('0', {})", of.lite()),
                _ => format!("(- {})", of.lite()),
            },
            What::Reckon(sign, left, right) => {
                let (one, two) = (left.lite(), right.lite());
                let name = match *sign {
                    _ if left.kind.held() != Held::Decimal => {
                        return format!("({one} {sign} {two})");
                    }
                    "+" => "bx_dec_add",
                    "-" => "bx_dec_sub",
                    "*" => "bx_dec_mul",
                    "/" => "bx_dec_div",
                    _ => "bx_dec_mod",
                };
                format!("{name}({one}, {two})")
            }
            What::Share(left, right) => format!("bx_dec_share({}, {})", left.lite(), right.lite()),
            What::Compare(sign, left, right) => match left.kind.held() {
                Held::Decimal => {
                    format!("(bx_dec_cmp({}, {}) {sign} 0)", left.lite(), right.lite())
                }
                _ => format!("({} {sign} {})", left.lite(), right.lite()),
            },
            What::Part(part, of) => format!("bx_date_part({}, {})", literal(part), of.lite()),
            What::Joined(left, right) => format!("({} || {})", left.lite(), right.lite()),
            What::Strung(parts) => {
                let all: Vec<String> =
                    parts.iter().map(|part| format!("ifnull({}, '')", part.lite())).collect();
                format!("({})", all.join(" || "))
            }
            What::Call(name, of) => self.called_lite(name, of),
            What::Both(..) | What::Not(_) | What::Is(..) | What::Case(..) => {
                self.shared(Dialect::Sqlite)
            }
        }
    }

    /// Held as something else.
    fn formed_lite(&self, held: Held) -> String {
        let inner = self.lite();
        match (self.kind.held(), held) {
            (Held::Int, Held::Decimal | Held::Text) => format!("CAST({inner} AS TEXT)"),
            (Held::Int, Held::Double) => format!("CAST({inner} AS REAL)"),
            (Held::Truth, Held::Int) | (Held::Int, Held::Truth) => inner,
            (Held::Decimal, Held::Double) => format!("bx_double({inner})"),
            (Held::Double, Held::Text) => format!("bx_real({inner})"),
            (Held::Truth, Held::Text) => {
                format!("(CASE {inner} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)")
            }
            _ => inner,
        }
    }

    fn called_lite(&self, name: &str, of: &[Node]) -> String {
        let say: Vec<String> = of.iter().map(Self::lite).collect();
        let held = of.first().map_or(Held::Other, |first| first.kind.held());
        let plain = |name: &str| format!("{name}({})", say.join(", "));
        match (name, held) {
            ("now", _) => self.now(Dialect::Sqlite),
            ("today", _) => String::from("date('now')"),
            ("random", _) => String::from("(random() / 18446744073709551616.0 + 0.5)"),
            ("gen_random_uuid", _) => String::from("bx_uuid4()"),
            ("abs" | "floor" | "ceil" | "round", Held::Decimal) => plain(&format!("bx_dec_{name}")),
            ("floor" | "ceil" | "round" | "substr", _) => plain(&format!("bx_{name}")),
            ("lower", _) => plain("bx_fold"),
            ("upper" | "md5", _) => plain(&format!("bx_{name}")),
            ("greatest", Held::Decimal) => plain("bx_dec_max"),
            ("least", Held::Decimal) => plain("bx_dec_min"),
            // One of them alone answers NULL as soon as any value is.
            ("greatest" | "least", _) => {
                let turned = (0..say.len()).map(|first| {
                    let (before, after) = say.split_at(first);
                    format!("coalesce({}, NULL)", [after, before].concat().join(", "))
                });
                let name = if name == "greatest" { "max" } else { "min" };
                match say.as_slice() {
                    [one] => one.clone(),
                    _ => format!("{name}({})", turned.collect::<Vec<_>>().join(", ")),
                }
            }
            ("coalesce", _) if say.len() == 1 => say.join(""),
            _ => plain(name),
        }
    }

    /// This moment, in the form that its kind has.
    fn now(&self, dialect: Dialect) -> String {
        let family = match self.kind {
            Kind::Moment(family) => family,
            _ => Family::Instant,
        };
        now(family, dialect).map_or_else(|| String::from("NULL"), |text| format!("({text})"))
    }

    fn pg(&self) -> String {
        match &self.what {
            What::Column(name, family) => {
                let name = quoted(name);
                match (self.kind, family) {
                    (Kind::Text, _) => format!("(({name})::text COLLATE \"C\")"),
                    (Kind::Whole(_), Family::Integer) => format!("({name})::bigint"),
                    // By its digits, as every reader sees it.
                    (Kind::Double, Family::Real) => format!("(({name})::text)::double precision"),
                    _ => name,
                }
            }
            What::Text(text) => match self.kind {
                Kind::Moment(family) => format!("{}::{}", literal(text), moment(family)),
                _ => format!("({}::text COLLATE \"C\")", literal(text)),
            },
            What::Number(digits) => format!("{digits}::{}", self.form()),
            What::Truth(truth) => truth.to_string(),
            What::Null => String::from("NULL"),
            What::Value(value) => constant(value, Dialect::Postgres),
            What::Form(of) => of.formed_pg(self),
            What::OneZero(of) => format!("({} + 0)", of.pg()),
            What::Negative(of) => format!("(- {})", of.pg()),
            What::Reckon(sign, left, right) if left.kind.held() == Held::Double => {
                let (one, two) = (left.pg(), right.pg());
                match *sign {
                    "*" => format!("bx_float_mul({one}, {two})"),
                    "/" => format!("bx_float_div({one}, {two})"),
                    "-" => format!("bx_float_add({one}, (- {two}))"),
                    _ => format!("bx_float_add({one}, {two})"),
                }
            }
            What::Reckon(sign, left, right) => {
                format!("({} {sign} {})", left.pg(), divided(sign, right))
            }
            What::Share(left, right) => format!("div({}, {})", left.pg(), divided("/", right)),
            What::Compare(sign, left, right) => format!("({} {sign} {})", left.pg(), right.pg()),
            What::Part(part, of) => {
                let of = match of.kind {
                    Kind::Moment(Family::Instant) => format!("({} AT TIME ZONE 'UTC')", of.pg()),
                    _ => of.pg(),
                };
                format!("floor(date_part({}, {of}))::bigint", literal(part))
            }
            What::Joined(left, right) => format!("({} || {})", left.pg(), right.pg()),
            // `concat` is not immutable, so no computed column may use it; this is.
            What::Strung(parts) => {
                let all: Vec<String> =
                    parts.iter().map(|part| format!("coalesce({}, '')", part.pg())).collect();
                format!("({})", all.join(" || "))
            }
            What::Call(name, of) => self.called_pg(name, of),
            What::Both(..) | What::Not(_) | What::Is(..) | What::Case(..) => {
                self.shared(Dialect::Postgres)
            }
        }
    }

    /// The type of Postgres that holds the value.
    fn form(&self) -> &'static str {
        match self.kind.held() {
            Held::Int => "bigint",
            Held::Decimal => "numeric",
            Held::Double => "double precision",
            Held::Truth => "boolean",
            Held::Uuid => "uuid",
            Held::Text | Held::Other => "text",
            Held::Moment => match self.kind {
                Kind::Moment(family) => moment(family),
                _ => "text",
            },
        }
    }

    fn formed_pg(&self, to: &Self) -> String {
        let inner = self.pg();
        match (self.kind.held(), to.kind.held()) {
            (Held::Double, Held::Text) if self.leaves_doubles() => {
                format!("(bx_float_text({inner}) COLLATE \"C\")")
            }
            (Held::Decimal, Held::Double) if to.leaves_doubles() => format!("bx_float_of({inner})"),
            // There is one zero.
            (Held::Double, Held::Text) => format!("((({inner} + 0)::text) COLLATE \"C\")"),
            (Held::Truth, Held::Int) => format!("(({inner})::integer)::bigint"),
            // Postgres reads 0 and 1, and refuses other numbers.
            (Held::Int | Held::Decimal, Held::Truth) => format!("(({inner})::text)::boolean"),
            (_, Held::Text) => format!("((({inner})::text) COLLATE \"C\")"),
            _ => format!("({inner})::{}", to.form()),
        }
    }

    fn called_pg(&self, name: &str, of: &[Node]) -> String {
        let say: Vec<String> = of.iter().map(Self::pg).collect();
        let held = of.first().map_or(Held::Other, |first| first.kind.held());
        let plain = |name: &str| format!("{name}({})", say.join(", "));
        match name {
            "now" => self.now(Dialect::Postgres),
            "today" => String::from("(now() AT TIME ZONE 'UTC')::date"),
            "gen_random_uuid" => String::from("gen_random_uuid()"),
            "trim" => plain("btrim"),
            "md5" => format!("({} COLLATE \"C\")", plain(name)),
            "length" => format!("{}::bigint", plain("length")),
            // Columns stand in byte order, which knows no letters beyond ASCII.
            "lower" | "upper" => {
                format!("({name}({} COLLATE \"default\") COLLATE \"C\")", say.join(""))
            }
            // Positions and lengths are of four bytes.
            "substr" => {
                let count = |(at, text): (usize, &String)| {
                    // Fewer signs than none are refused by one store, and others to the other.
                    let least = if at > 1 { "0" } else { "-2147483647" };
                    match at {
                        0 => text.clone(),
                        _ => format!(
                            "(CASE WHEN {text} > 2147483647 THEN 2147483647 WHEN {text} < {least} THEN {least} ELSE {text} END)::integer"
                        ),
                    }
                };
                let counts: Vec<String> = say.iter().enumerate().map(count).collect();
                format!("substr({})", counts.join(", "))
            }
            "round" if held == Held::Decimal && say.len() == 2 => {
                let digits = say.get(1).map_or("0", String::as_str);
                format!("round({}, ({digits})::integer)", say.first().map_or("", String::as_str))
            }
            _ => plain(name),
        }
    }

    /// What both say alike.
    fn shared(&self, dialect: Dialect) -> String {
        match &self.what {
            What::Both(word, left, right) => {
                format!("({} {word} {})", left.say(dialect), right.say(dialect))
            }
            What::Not(of) => format!("(NOT {})", of.say(dialect)),
            What::Is(of, word) => format!("({} IS {word})", of.say(dialect)),
            What::Case(arms, rest) => {
                let mut text = String::from("(CASE");
                for (when, then) in arms {
                    text.push_str(&format!(
                        " WHEN {} THEN {}",
                        when.say(dialect),
                        then.say(dialect)
                    ));
                }
                if let Some(rest) = rest {
                    text.push_str(&format!(" ELSE {}", rest.say(dialect)));
                }
                text + " END)"
            }
            _ => String::from("NULL"),
        }
    }

    /// Whether it is a constant other than zero.
    fn is_amount(&self) -> bool {
        match &self.what {
            What::Number(digits) => digits.contains(|one: char| ('1'..='9').contains(&one)),
            What::Form(of) | What::Negative(of) => of.is_amount(),
            _ => false,
        }
    }
}

/// Dividing by nothing is NULL on SQLite and a refused record on Postgres.
fn divided(sign: &str, right: &Node) -> String {
    if matches!(sign, "/" | "%") && !right.is_amount() {
        format!("NULLIF({}, 0)", right.pg())
    } else {
        right.pg()
    }
}

/// The type of a moment on Postgres.
fn moment(family: Family) -> &'static str {
    match family {
        Family::Date => "date",
        Family::Instant => "timestamptz",
        Family::Local => "timestamp",
        Family::Time => "timetz",
        _ => "time",
    }
}
