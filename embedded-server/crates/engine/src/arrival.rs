//! Rows that stand in a table and are no records yet: those of an import that is not finished.
//!
//! While `_import_moving` names a collection, everything that reads it leaves them out. The mark
//! is looked for in the statement itself, so that all of them become records in the moment in
//! which it is gone; what the catalog says of it only keeps the test out of every other statement.

use crate::retention::quoted;
use crate::{Engine, State};
use base::{Result, Value};
use catalog::{Collection, DefaultValue, HISTORY};
use query::{Assigned, Step, WritePlan};
use sql::{Bind, Dialect, Drawn, Expect, Program, ProgramStep, Statement};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Time in which other processes on the same database hear of a mark: SQLite's look twice a
/// second, Postgres's are told at once, both then read what they need.
const HEARD_AFTER: Duration = Duration::from_secs(2);

/// Wait between two looks whether a statement of before the mark still runs.
const LOOKS_APART: Duration = Duration::from_millis(2);

/// Rows of a past import let go of at once: few enough that no other write waits for it.
const PRUNED_AT_ONCE: i64 = 2_000;

/// A mark that was set, and from when on everybody knows it.
pub(crate) struct Marked {
    known_from: Instant,
}

impl Marked {
    /// Waits until whoever reads leaves out what is marked.
    pub(crate) async fn known(&self) {
        tokio::time::sleep_until(self.known_from).await;
    }
}

impl Engine {
    /// The collections that rows of imports are on their way into, the history of those rows among
    /// them.
    pub(crate) async fn arriving(&self) -> Result<BTreeSet<String>> {
        let text = r#"SELECT DISTINCT "collection" FROM "_import_moving""#;
        let rows = self.store().rows(&plain(text, Vec::new())).await?;
        let name = |row: &Vec<Value>| row.first().and_then(Value::as_text).map(str::to_owned);
        let history = (!rows.is_empty()).then(|| HISTORY.to_owned());
        Ok(rows.iter().filter_map(name).chain(history).collect())
    }

    /// Marks a collection: rows of the import that move into it are no records until
    /// [`Self::uncover`]. `claim` is a step that the import runs with everything it does.
    pub(crate) async fn cover(
        &self,
        import: &str,
        collection: &str,
        claim: ProgramStep,
    ) -> Result<Marked> {
        // A schema change looks at the marks before it begins, and none begins meanwhile.
        let alone = self.schema_lock().await;
        let text = match self.store().dialect() {
            Dialect::Sqlite => {
                r#"INSERT INTO "_import_moving" ("import", "collection") VALUES (?1, ?2) ON CONFLICT DO NOTHING"#
            }
            Dialect::Postgres => {
                r#"INSERT INTO "_import_moving" ("import", "collection") VALUES ($1::text, $2::text) ON CONFLICT DO NOTHING"#
            }
        };
        let statement = plain(text, vec![Value::text(import), Value::text(collection)]);
        let mut steps = vec![claim, any(statement)];
        steps.extend(self.store().telling().map(any));
        self.store().write(Program { steps }).await?;
        let known_from = Instant::now() + HEARD_AFTER;
        let before = Arc::downgrade(&self.state());
        self.reload_policies().await?;
        drop(alone);
        self.outlast(&before).await;
        Ok(Marked { known_from })
    }

    /// Waits for what was begun by an older snapshot, which knows nothing of a mark.
    async fn outlast(&self, before: &std::sync::Weak<State>) {
        let most = Instant::now() + Duration::from_millis(self.limits().statement_ms_max);
        while before.strong_count() > 0 && Instant::now() < most {
            tokio::time::sleep(LOOKS_APART).await;
        }
        if before.strong_count() > 0 {
            tracing::warn!(
                "what was begun before an import has not ended, and is waited for no more"
            );
        }
    }

    /// Has Postgres count the rows anew that are put aside and that have moved. It keeps the plan of
    /// a statement until its tables are counted, and does that by itself once a minute: a plan that
    /// was made for none of them looks through all of them for each.
    pub(crate) async fn count_anew(&self, collection: &str) {
        if self.store().dialect() == Dialect::Sqlite {
            return;
        }
        for table in ["_import_row", collection] {
            let text = format!("ANALYZE {}", quoted(table));
            let steps = vec![any(plain(&text, Vec::new()))];
            if let Err(fault) = self.store().write(Program { steps }).await {
                tracing::warn!(%fault, table, "the rows of an import were not counted");
            }
        }
    }

    /// The step that lets go of the mark: what moved so far is records, or gone.
    pub(crate) fn uncovering(&self, import: &str) -> ProgramStep {
        let text = match self.store().dialect() {
            Dialect::Sqlite => r#"DELETE FROM "_import_moving" WHERE "import" = ?1"#,
            Dialect::Postgres => r#"DELETE FROM "_import_moving" WHERE "import" = $1::text"#,
        };
        any(plain(text, vec![Value::text(import)]))
    }

    /// What is to be done when a mark was let go of: the next statements need no test any more.
    pub(crate) async fn uncovered(&self) -> Result<()> {
        self.reload_policies().await?;
        self.feed().wake();
        Ok(())
    }

    /// Draws the numbers that a plan of new records of one collection asks for.
    pub(crate) async fn draw_numbers(
        &self,
        collection: &Collection,
        plan: &WritePlan,
    ) -> Result<Drawn> {
        let mut numbers = Drawn::new();
        let counted = collection
            .fields
            .values()
            .filter(|field| field.default == Some(DefaultValue::AutoIncrement));
        for field in counted {
            let (mut wanted, mut given) = (0, None);
            for step in &plan.steps {
                let Step::Insert { values, .. } = step else { continue };
                match values.get(&field.name) {
                    Some(Assigned::NextNumber) => wanted += 1,
                    Some(Assigned::Value(Value::Int(number))) => given = given.max(Some(*number)),
                    _ => {}
                }
            }
            let dialect = self.store().dialect();
            // SQLite's own counter learns of a key only when its row is written.
            let unseen = dialect == Dialect::Sqlite && field.primary_key && given.is_some();
            if wanted == 0 && !unseen {
                continue;
            }
            let program = sql::draw(collection, &field.name, given, wanted, dialect);
            let outcome = self.store().write(program).await?;
            let kept = outcome.steps.last().and_then(|step| step.kept.as_ref());
            numbers.insert(field.name.clone(), sql::drawn(kept, wanted));
        }
        Ok(numbers)
    }

    /// Lets go of rows of past imports of which nothing is told any more.
    pub(crate) async fn prune_arrivals(&self) -> Result<()> {
        let past = r#"SELECT "id" FROM "_import" WHERE "process" IS NULL AND NOT EXISTS (SELECT 1 FROM "_change" WHERE "_change"."import" = "_import"."id") AND EXISTS (SELECT 1 FROM "_import_row" WHERE "_import_row"."import" = "_import"."id")"#;
        for row in self.store().rows(&plain(past, Vec::new())).await? {
            let Some(import) = row.first().and_then(Value::as_text) else { continue };
            let text = match self.store().dialect() {
                Dialect::Sqlite => {
                    r#"DELETE FROM "_import_row" WHERE "import" = ?1 AND "n" IN (SELECT "n" FROM "_import_row" WHERE "import" = ?1 ORDER BY "n" LIMIT ?2)"#
                }
                Dialect::Postgres => {
                    r#"DELETE FROM "_import_row" WHERE "import" = $1::text AND "n" IN (SELECT "n" FROM "_import_row" WHERE "import" = $1::text ORDER BY "n" LIMIT $2::bigint)"#
                }
            };
            loop {
                let binds = vec![Value::text(import), Value::Int(PRUNED_AT_ONCE)];
                let steps = vec![any(plain(text, binds))];
                let outcome = self.store().write(Program { steps }).await?;
                if outcome.steps.first().is_none_or(|step| step.rows == 0) {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// A statement of the house with its values.
pub(crate) fn plain(text: &str, binds: Vec<Value>) -> Statement {
    Statement { text: Arc::from(text), binds: binds.into_iter().map(Bind::Value).collect() }
}

/// A step that may find anything.
pub(crate) fn any(statement: Statement) -> ProgramStep {
    ProgramStep::new(statement, Expect::Any)
}
