//! The history row: what a change row says, kept for people in `baasix_AuditLog` for as long as
//! their collection says, while `_change` stays a queue.
//!
//! On Postgres it is part of the statement that writes the change row. SQLite writes one table per
//! statement: there one more statement, whatever the number of records, copies what the program
//! has put into `_change`.

use super::Writes;
use super::remove::wake;
use crate::compile::Compiler;
use crate::dialect::Family;
use crate::writer::{Alias, literal, quoted};
use crate::{Bind, Dialect, Expect};
use base::{Value, iso_millis};
use catalog::{Catalog, Collection, HISTORY};
use query::Step;

/// How the program of a write leaves its history rows on SQLite.
pub(super) struct Kept<'p> {
    /// Collections that keep a history and may be written to.
    tracked: Vec<&'p str>,
    /// Some that may be written to keep none.
    others: bool,
    /// One record is written: its change row is the row inserted last.
    lone: bool,
    /// A record may come back from the trash.
    restores: bool,
    /// The step that holds the place in `_change` behind which this program writes.
    mark: Option<usize>,
}

impl<'p> Kept<'p> {
    pub(super) fn of(steps: &'p [Step], catalog: &'p Catalog, dialect: Dialect) -> Self {
        let back = |step: &Step| matches!(step, Step::Update { deleting: Some(false), .. });
        let restores = steps.iter().any(back);
        let mut kept =
            Self { tracked: Vec::new(), others: false, lone: false, restores, mark: None };
        if dialect == Dialect::Postgres {
            return kept;
        }
        let (mut writing, mut single) = (0, false);
        for step in steps {
            match step {
                Step::Insert { collection, .. } => {
                    kept.note(collection);
                    single = true;
                }
                Step::Update { collection, values, key, one, .. } => {
                    if values.is_empty() {
                        continue;
                    }
                    kept.note(collection);
                    single = *one && key.is_some();
                }
                Step::Delete { collection, one, .. } => {
                    kept.note(collection);
                    let wake = wake(catalog, collection);
                    single = *one && wake.touched().next().is_none();
                    wake.touched().for_each(|child| kept.note(child));
                }
                Step::Exists { .. } | Step::Pointed { .. } => continue,
            }
            writing += 1;
        }
        kept.lone = writing == 1 && single;
        kept
    }

    fn note(&mut self, collection: &'p Collection) {
        if !collection.tracked() {
            self.others = true;
        } else if !self.tracked.contains(&collection.name.as_str()) {
            self.tracked.push(&collection.name);
        }
    }
}

impl<'p> Writes<'p> {
    /// Remembers where `_change` ends before this program writes.
    pub(super) fn begin_history(&mut self) {
        if !self.history.tracked.is_empty() && !self.history.lone {
            self.history.mark = Some(self.mark());
        }
    }

    /// The history row of the one record that this program writes, right behind its change row.
    pub(super) fn history_of_last(&mut self) {
        if self.history.tracked.is_empty() || !self.history.lone {
            return;
        }
        let mut compiler = self.compiler();
        let change = compiler.writer.alias();
        let history = self.history_row(&mut compiler, change);
        compiler.writer.push(&format!(
            "{history} FROM \"_change\" {change} WHERE {} = last_insert_rowid()",
            change.column("seq")
        ));
        self.push(compiler, Expect::Any);
    }

    /// The history rows of everything that this program wrote.
    pub(super) fn end_history(&mut self) {
        let Some(mark) = self.history.mark else { return };
        let mut compiler = self.compiler();
        let change = compiler.writer.alias();
        let history = self.history_row(&mut compiler, change);
        let behind = compiler.writer.bind(Bind::Step(mark), Family::BigInt);
        let mut tests = format!("{} > {behind}", change.column("seq"));
        if self.history.others {
            let names: Vec<String> =
                self.history.tracked.iter().map(|name| literal(name)).collect();
            let listed = format!(" AND {} IN ({})", change.column("collection"), names.join(", "));
            tests.push_str(&listed);
        }
        compiler.writer.push(&format!("{history} FROM \"_change\" {change} WHERE {tests}"));
        self.push(compiler, Expect::Any);
    }

    /// What a statement binds that writes the change row of a record, and on Postgres its history
    /// row.
    pub(super) fn stamped(&self, collection: &Collection) -> Vec<Bind> {
        let mut binds = self.change_stamp();
        if self.dialect == Dialect::Postgres && collection.tracked() {
            binds.extend(self.history_stamp().map(Bind::Value));
        }
        binds
    }

    /// Postgres: a statement that writes change rows, as part of a WITH, and behind it the one
    /// that writes their history rows.
    pub(super) fn told(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        change: &str,
    ) -> String {
        let made = compiler.writer.alias();
        if !collection.tracked() {
            return format!("{made} AS ({change})");
        }
        let kept = compiler.writer.alias();
        let history = self.history_row(compiler, made);
        format!("{made} AS ({change} RETURNING *), {kept} AS ({history} FROM {made})")
    }

    /// The same as a statement of its own, behind a WITH that ends in a space.
    pub(super) fn told_alone(
        &self,
        compiler: &mut Compiler,
        collection: &Collection,
        with: &str,
        change: String,
    ) -> String {
        if self.dialect == Dialect::Sqlite || !collection.tracked() {
            return format!("{with}{change}");
        }
        let made = compiler.writer.alias();
        let history = self.history_row(compiler, made);
        format!("{}, {made} AS ({change} RETURNING *) {history} FROM {made}", with.trim_end())
    }

    /// `INSERT INTO "baasix_AuditLog" (…) SELECT …` of change rows, up to the FROM.
    pub(super) fn history_row(&self, compiler: &mut Compiler, change: Alias) -> String {
        let families = [Family::Text, Family::Instant, Family::Text, Family::Uuid];
        let mut bound = self
            .history_stamp()
            .into_iter()
            .zip(families)
            .map(|(value, family)| compiler.writer.value(value, family));
        let mut next = || bound.next().unwrap_or_default();
        let (head, at, ip, tenant) = (next(), next(), next(), next());
        let of = |name: &str| change.column(name);
        let (id, changes, user) = match self.dialect {
            Dialect::Sqlite => (
                format!(
                    "{head}||substr(lower(hex(randomblob(2))), 2)||'-'||substr('89ab', 1 + (random() & 3), 1)||\
                     substr(lower(hex(randomblob(2))), 2)||'-'||lower(hex(randomblob(6)))"
                ),
                // The sides are JSON texts already; put together without reading them again.
                format!(
                    "'{{\"before\":'||coalesce({}, 'null')||',\"after\":'||coalesce({}, 'null')||'}}'",
                    of("before"),
                    of("after")
                ),
                of("actor"),
            ),
            Dialect::Postgres => (
                format!(
                    "overlay(gen_random_uuid()::text placing {head} from 1 for {HEAD_LENGTH})::uuid"
                ),
                format!("jsonb_build_object('before', {}, 'after', {})", of("before"), of("after")),
                format!("{}::uuid", of("actor")),
            ),
        };
        let action = match self.history.restores {
            false => of("op"),
            true => format!(
                "CASE WHEN {0} = 'create' AND {1} IS NOT NULL THEN 'restore' ELSE {0} END",
                of("op"),
                of("before")
            ),
        };
        format!(
            "INSERT INTO {} (\"id\", \"type\", \"entity\", \"entityId\", \"action\", \"changes\", \
             \"ipaddress\", \"userId\", \"tenant_Id\", \"origin\", \"seq\", \"createdAt\", \"updatedAt\") \
             SELECT {id}, 'data', {}, {}, {}, {changes}, {ip}, {user}, {tenant}, {}, {}, {at}, {at}",
            quoted(HISTORY),
            of("collection"),
            of("id"),
            action,
            of("source"),
            of("seq"),
        )
    }

    /// What every history row of this write binds: the beginning of its id, when, from where and
    /// for which tenant.
    fn history_stamp(&self) -> [Value; 4] {
        let optional = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        [
            Value::Text(head_of_id(self.stamp.at_ms)),
            Value::Text(iso_millis(self.stamp.at_ms)),
            optional(&self.stamp.ip),
            optional(&self.stamp.tenant),
        ]
    }
}

/// How much of an id tells the time, its version digit included.
const HEAD_LENGTH: usize = 15;

/// The beginning of a UUID of version 7: rows that are written one after the other stand beside
/// each other in the index of the key.
fn head_of_id(at_ms: i64) -> String {
    let ms = u64::try_from(at_ms).unwrap_or_default();
    format!("{:08x}-{:04x}-7", (ms >> 16) & 0xffff_ffff, ms & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::{HEAD_LENGTH, head_of_id};

    #[test]
    fn ids_begin_with_their_time_in_order() {
        assert_eq!(head_of_id(0), "00000000-0000-7");
        assert_eq!(head_of_id(1_700_000_000_000), "018bcfe5-6800-7");
        for at_ms in [-1, 0, 1, 1_700_000_000_000, i64::MAX] {
            assert_eq!(head_of_id(at_ms).len(), HEAD_LENGTH);
        }
        assert!(head_of_id(1_700_000_000_000) < head_of_id(1_700_000_065_536));
    }
}
