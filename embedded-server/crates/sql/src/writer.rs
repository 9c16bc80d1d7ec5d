//! SQL text as it is written: one growing text and the values bound in it.

use crate::dialect::Family;
use crate::{Bind, Dialect, Statement};
use base::Value;
use std::fmt;
use std::sync::Arc;

/// One statement being written.
pub(crate) struct Writer {
    pub(crate) dialect: Dialect,
    text: String,
    binds: Vec<Bind>,
    aliases: u32,
}

/// A table of the statement: `t1`, `t2` …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alias(u32);

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

impl Alias {
    /// One of its columns, `t1."name"`.
    pub(crate) fn column(self, name: &str) -> String {
        format!("{self}.{}", quoted(name))
    }
}

impl Writer {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::with_capacity(512), binds: Vec::new(), aliases: 0 }
    }

    /// A name no other table of this statement has.
    pub(crate) fn alias(&mut self) -> Alias {
        self.aliases += 1;
        Alias(self.aliases)
    }

    /// Text of ours, never of a caller.
    pub(crate) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// The parts with `between` between them.
    pub(crate) fn list<T: AsRef<str>>(
        &mut self,
        parts: impl IntoIterator<Item = T>,
        between: &str,
    ) -> &mut Self {
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                self.text.push_str(between);
            }
            self.text.push_str(part.as_ref());
        }
        self
    }

    /// Binds a value; answers its placeholder, cast to what the family's columns hold. The text
    /// may stand anywhere in the statement, more than once.
    pub(crate) fn bind(&mut self, bind: Bind, family: Family) -> String {
        self.binds.push(bind);
        let mark = match self.dialect {
            Dialect::Sqlite => '?',
            Dialect::Postgres => '$',
        };
        format!("{mark}{}{}", self.binds.len(), self.dialect.bind_cast(family))
    }

    /// Binds a value of a plan.
    pub(crate) fn value(&mut self, value: Value, family: Family) -> String {
        self.bind(Bind::Value(value), family)
    }

    /// Binds a text.
    pub(crate) fn text(&mut self, text: impl Into<String>) -> String {
        self.value(Value::Text(text.into()), Family::Text)
    }

    /// What was bound so far.
    pub(crate) fn binds(&self) -> &[Bind] {
        &self.binds
    }

    pub(crate) fn finish(self) -> Statement {
        Statement { text: Arc::from(self.text), binds: self.binds }
    }
}

/// Most parts of one chain of operators. SQLite nests expressions up to 1,000 deep, and a chain
/// is as deep as it is long.
const CHAIN_MAX: usize = 50;

/// The parts with an operator between them, long chains in brackets of brackets. The operator
/// must not care for brackets (`AND`, `OR`, `||`).
pub(crate) fn chained(mut parts: Vec<String>, operator: &str) -> String {
    while parts.len() > CHAIN_MAX {
        parts = parts.chunks(CHAIN_MAX).map(|some| format!("({})", some.join(operator))).collect();
    }
    parts.join(operator)
}

/// An identifier in double quotes, which both dialects read alike.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text constant. Only for words of the catalog; callers' text is bound.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
