//! The change row.

use super::{Writes, key_family};
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::writer::{Alias, literal};
use crate::{Bind, Dialect};
use base::Value;
use catalog::Collection;

/// What a change row says happened.
#[derive(Clone, Copy)]
pub(super) enum Op {
    Create,
    Update,
    Delete,
    /// A record that comes back from the trash. To who reads the feed it is one that appears; the
    /// history calls it by its name.
    Restore,
}

impl Op {
    fn word(self) -> &'static str {
        match self {
            Self::Create | Self::Restore => "'create'",
            Self::Update => "'update'",
            Self::Delete => "'delete'",
        }
    }
}

/// What the change row of a record that comes back says of it before: nothing, in a word of its own,
/// by which the history tells it from a new one.
pub(super) const GONE: &str = "'null'";

/// What a change row says: what happened, and the record before and after as texts of JSON
/// objects.
pub(super) struct Said<'a> {
    pub(super) op: Op,
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
}

impl Writes<'_> {
    /// `INSERT INTO "_change" (…) SELECT …`, up to the FROM.
    pub(super) fn change_row(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        record: Alias,
        said: &Said<'_>,
    ) -> String {
        let json = |side: Option<&str>| match (side, self.dialect) {
            (None, _) => String::from("NULL"),
            (Some(text), Dialect::Sqlite) => text.to_owned(),
            (Some(text), Dialect::Postgres) => format!("{text}::jsonb"),
        };
        let key = record.column(&collection.primary_key);
        let key = self.dialect.as_text(&key, key_family(collection));
        let mut stamped = self.change_stamp().into_iter();
        let mut bound = |family| {
            let bind = stamped.next().unwrap_or(Bind::Value(Value::Null));
            compiler.writer.bind(bind, family)
        };
        let (actor, source, at_ms) =
            (bound(Family::Text), bound(Family::Text), bound(Family::BigInt));
        // Postgres fills `tx` by itself; SQLite has one writer and needs none.
        let (tx_name, tx) = match self.dialect {
            Dialect::Sqlite => ("\"tx\", ", "0, "),
            Dialect::Postgres => ("", ""),
        };
        format!(
            "INSERT INTO \"_change\" ({tx_name}\"collection\", \"id\", \"op\", \"before\", \"after\", \
             \"actor\", \"source\", \"at_ms\") SELECT {tx}{}, {key}, {}, {}, {}, {actor}, {source}, {at_ms}",
            literal(&collection.name),
            said.op.word(),
            json(said.before),
            json(said.after),
        )
    }

    /// What every change row of this write binds: actor, source and time.
    pub(super) fn change_stamp(&self) -> Vec<Bind> {
        let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        vec![
            Bind::Value(optional(&self.stamp.actor)),
            Bind::Value(optional(&self.stamp.source)),
            Bind::Value(Value::Int(self.stamp.at_ms)),
        ]
    }

    /// Keeps the place in `_change` behind which the next rows of this program will stand.
    pub(super) fn mark(&mut self) -> usize {
        let mut compiler = self.compiler();
        compiler.writer.push("SELECT coalesce(max(\"seq\"), 0) FROM \"_change\"");
        self.push(compiler, crate::Expect::Any)
    }

    /// Keys of the records of a collection that have a change row behind the mark.
    pub(super) fn changed_keys(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        mark: usize,
    ) -> String {
        let mark = compiler.writer.bind(Bind::Step(mark), Family::BigInt);
        let key = self.dialect.key_from_change("\"id\"", key_family(collection));
        // Rows of other transactions may stand behind the mark as well.
        let own = match self.dialect {
            Dialect::Sqlite => "",
            Dialect::Postgres => " AND \"tx\" = pg_current_xact_id()::text::bigint",
        };
        format!(
            "(SELECT {key} FROM \"_change\" WHERE \"seq\" > {mark}{own} AND \"collection\" = {})",
            literal(&collection.name)
        )
    }
}
