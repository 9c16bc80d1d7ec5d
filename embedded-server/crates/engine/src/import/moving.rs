//! The second phase: what was put aside moves into its collection, part after part, under a mark
//! that hides it; the last step lets go of the mark. What must not stand is swept out again, by
//! the process that moved it or by one that found it left behind.

use super::rejects::Rejects;
use super::staging::{Part, Staged};
use super::{AHEAD, BATCH_ROWS, Imports, Job, Live, Mode, Run, State, is_ours, nothing_kept, rows};
use crate::arrival::{any, plain};
use access::Actor;
use base::{Code, Error, Result, Value};
use query::{Operation, Write};
use sql::{Dialect, Moved, Numbers, Program, ProgramStep, Window};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Rows that the database refused, by line.
type Late = BTreeMap<u64, Error>;

/// Refusals kept before they are told: their rows are looked for in the file.
const LATE_KEPT: usize = 5_000;

/// Longest time that moving one set should take. Whoever listens on Postgres waits for the set that
/// is under way, and whoever writes on SQLite stands behind it; the rest of a second is for a machine
/// that is busy with other work.
const SET_TAKES: Duration = Duration::from_millis(150);

/// Fewest rows that are moved at once, however slow it goes.
const SET_MIN: u64 = 50;

/// How many rows are moved at once: as many as go in the time that others may be made to wait.
struct Pace(u64);

impl Pace {
    fn took(&mut self, rows: u64, time: Duration) {
        if time > SET_TAKES {
            self.0 = (rows / 2).max(SET_MIN);
        } else if time < SET_TAKES / 4 && rows * 2 > self.0 {
            self.0 = (self.0 * 2).min(BATCH_ROWS as u64);
        }
    }
}

/// Rows swept out at once.
const SWEPT_AT_ONCE: i64 = 1_000;

impl Imports {
    /// Moves everything, then makes it visible.
    pub(super) async fn move_all(&self, run: &Run<'_>, staged: Staged) -> Result<State> {
        let before = self.readable_rows(&run.ask.collection, run.actor).await;
        let now_ms = self.0.engine.clock().now_ms();
        run.live.with(|job| job.writing(before, now_ms));
        let Staged { parts, mut marked } = staged;
        self.make_room(run, parts.iter().map(|part| part.rows).sum()).await?;
        let mut late = Late::new();
        let mut pace = Pace(BATCH_ROWS as u64);
        let alone = parts.len() == 1 && marked.is_none();
        if alone && let Some(done) = self.move_alone(run, &parts[0]).await? {
            return self.stands(run, done).await;
        }
        for (at, part) in parts.iter().enumerate() {
            if marked.is_none() {
                marked = Some(self.mark(run).await?);
            }
            if let Some(marked) = &marked {
                marked.known().await;
            }
            // Whenever there are twice as many.
            if at == 0 || at.is_power_of_two() {
                self.0.engine.count_anew(&run.ask.collection).await;
            }
            let actor = &self.standing(run.actor).await?;
            self.move_part(run, actor, part, &mut pace, &mut late).await?;
            if late.len() >= LATE_KEPT || (!late.is_empty() && run.ask.mode == Mode::All) {
                self.tell_late(run, &mut late).await?;
            }
            let (valid, refused) = run.live.with(|job| (job.rows_valid, job.rows_rejected));
            if refused > 0 && run.ask.mode == Mode::All {
                return Err(nothing_kept(refused, valid + refused));
            }
            if run.live.is_cancelled() {
                return Ok(State::Cancelled);
            }
        }
        self.tell_late(run, &mut late).await?;
        self.0.engine.count_anew(&run.ask.collection).await;
        self.standing(run.actor).await?;
        let done = self.done(run, 0).await?;
        self.write(run, Vec::new(), &done).await?;
        self.stands(run, done).await
    }

    /// Makes room behind the last record of a sorted collection. The snapshot that this takes ends
    /// with it: the mark waits until nobody holds one that is older.
    async fn make_room(&self, run: &Run<'_>, rows: u64) -> Result<()> {
        let source = format!("import:{}", run.id);
        self.0.engine.make_room(&run.ask.collection, rows, run.actor, &source).await
    }

    /// Moves the only part and makes it visible, in one transaction. `None` when the database
    /// refuses a row: then it has to be found, which nobody may see.
    async fn move_alone(&self, run: &Run<'_>, part: &Part) -> Result<Option<Job>> {
        let actor = self.standing(run.actor).await?;
        let steps = self.moves(run, &actor, part)?;
        let mut done = self.done(run, part.rows).await?;
        done.written(0, part.ends_at, self.0.engine.clock().now_ms());
        match self.write(run, steps, &done).await {
            Ok(()) => Ok(Some(done)),
            Err(fault) if is_ours(&fault) => Err(fault),
            Err(_) => Ok(None),
        }
    }

    /// The job as it is when its rows stand, of which so many are still to move.
    async fn done(&self, run: &Run<'_>, more: u64) -> Result<Job> {
        let mut done = run.live.with(|job| job.clone());
        (done.first_key, done.last_key) = self.ends(&run.id).await?;
        done.rows_written += more;
        done.state = State::Done;
        done.ended_at = Some(self.0.engine.clock().now_iso());
        Ok(done)
    }

    /// Runs the last steps of an import: from their commit on its rows are records, its job is
    /// done, and the feed tells of it.
    async fn write(&self, run: &Run<'_>, mut steps: Vec<ProgramStep>, done: &Job) -> Result<()> {
        let engine = &self.0.engine;
        if done.rows_written > 0 {
            let text = match engine.store().dialect() {
                Dialect::Sqlite => {
                    r#"INSERT INTO "_change" ("tx", "collection", "id", "op", "actor", "source", "at_ms", "import", "records") VALUES (0, ?1, ?2, 'create', ?3, ?4, ?5, ?2, ?6)"#
                }
                Dialect::Postgres => {
                    r#"INSERT INTO "_change" ("collection", "id", "op", "actor", "source", "at_ms", "import", "records") VALUES ($1::text, $2::text, 'create', $3::text, $4::text, $5::bigint, $2::text, $6::bigint)"#
                }
            };
            let binds = vec![
                Value::text(&run.ask.collection),
                Value::text(&run.id),
                run.actor.user().map_or(Value::Null, Value::text),
                Value::Text(format!("import:{}", run.id)),
                Value::Int(engine.clock().now_ms()),
                Value::Int(i64::try_from(done.rows_written).unwrap_or(i64::MAX)),
            ];
            steps.push(any(plain(text, binds)));
        }
        steps.push(engine.uncovering(&run.id));
        steps.push(self.claim_as(done)?);
        steps.extend(engine.store().telling().map(any));
        engine.store().write(Program { steps }).await.map(drop)
    }

    /// What follows when the rows stand.
    async fn stands(&self, run: &Run<'_>, done: Job) -> Result<State> {
        if let Err(fault) = self.0.engine.uncovered().await {
            // Its rows stand whatever this process knows of it.
            tracing::warn!(%fault, import = run.id, "the end of an import is not taken over yet");
        }
        let after = self.readable_rows(&run.ask.collection, run.actor).await;
        run.live.with(|job| *job = Job { state: job.state, rows_after: after, ..done });
        Ok(State::Done)
    }

    /// Rows of the collection that the actor may read; `None` where it may read none, or where
    /// they could not be counted: a number for the receipt is no reason to end an import.
    pub(super) async fn readable_rows(&self, collection: &str, actor: &Actor) -> Option<u64> {
        let read = query::Read {
            collection: collection.to_owned(),
            limit: Some(1),
            ..query::Read::default()
        };
        self.0.engine.read(&read, actor, Numbers::Tokens).await.ok()?.total
    }

    /// Moves one part, in as many sets as its pace asks for; when the database refuses it, the rows at fault are found by halving, so
    /// that each is told with its own reason.
    async fn move_part(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        part: &Part,
        pace: &mut Pace,
        late: &mut Late,
    ) -> Result<()> {
        let mut waiting = vec![part.clone()];
        while let Some(part) = waiting.pop() {
            if part.rows > pace.0 {
                let [first, second] = self.halves(run, &part).await?;
                waiting.extend([second, first]);
                continue;
            }
            let began = Instant::now();
            let mut steps = self.moves(run, actor, &part)?;
            steps.push(self.claim(&run.id));
            match self.0.engine.store().write(Program { steps }).await {
                Ok(_) => {
                    pace.took(part.rows, began.elapsed());
                    let now_ms = self.0.engine.clock().now_ms();
                    run.live.with(|job| job.written(part.rows, part.ends_at, now_ms));
                }
                Err(fault) if is_ours(&fault) => return Err(fault),
                Err(fault) if part.rows == 1 => {
                    self.forget(run, part.first).await?;
                    run.live.with(Job::refused_late);
                    let fault = crate::write::as_told(fault, actor);
                    late.insert(u64::try_from(part.first).unwrap_or_default(), fault);
                    if run.ask.mode == Mode::All {
                        return Ok(());
                    }
                }
                Err(_) => {
                    let [first, second] = self.halves(run, &part).await?;
                    waiting.push(second);
                    waiting.push(first);
                }
            }
        }
        let job = run.live.with(|job| job.clone());
        let steps = vec![self.claim_as(&job)?];
        self.0.engine.store().write(Program { steps }).await.map(drop)
    }

    /// The statements that move a part, as the actor may.
    fn moves(&self, run: &Run<'_>, actor: &Actor, part: &Part) -> Result<Vec<ProgramStep>> {
        let engine = &self.0.engine;
        let state = engine.state();
        let collection = state.catalog.get(&run.ask.collection).ok_or_else(|| {
            let what = format!("`{}` was removed during this import", run.ask.collection);
            Error::new(Code::ImportFailed, what)
        })?;
        let plan = engine.arrival_plan(&state, collection, actor)?;
        let window = Window { import: &run.id, first: part.first, last: part.last };
        let part = Moved { window, shapes: &part.shapes, rows: part.rows };
        let stamp = engine.stamp(actor, Some(&format!("import:{}", run.id)));
        sql::compile_move(&plan, &state.catalog, engine.store().dialect(), part, &stamp)
    }

    async fn halves(&self, run: &Run<'_>, part: &Part) -> Result<[Part; 2]> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT "n" FROM "_import_row" WHERE "import" = ?1 AND "n" BETWEEN ?2 AND ?3 ORDER BY "n""#
            }
            Dialect::Postgres => {
                r#"SELECT "n" FROM "_import_row" WHERE "import" = $1::text AND "n" BETWEEN $2::bigint AND $3::bigint ORDER BY "n""#
            }
        };
        let binds = vec![Value::text(&run.id), Value::Int(part.first), Value::Int(part.last)];
        let rows = self.0.engine.store().rows(&plain(text, binds)).await?;
        let lines: Vec<i64> =
            rows.iter().filter_map(|row| row.first().and_then(Value::as_int)).collect();
        let (one, other) = lines.split_at(lines.len() / 2);
        let half = |lines: &[i64]| match (lines.first(), lines.last()) {
            (Some(first), Some(last)) => {
                Ok(Part { first: *first, last: *last, rows: lines.len() as u64, ..part.clone() })
            }
            _ => Err(Error::internal("rows of an import that were put aside are gone")),
        };
        Ok([half(one)?, half(other)?])
    }

    /// Lets go of one row that was put aside and has not moved.
    async fn forget(&self, run: &Run<'_>, line: i64) -> Result<()> {
        let text = match self.0.engine.store().dialect() {
            Dialect::Sqlite => r#"DELETE FROM "_import_row" WHERE "import" = ?1 AND "n" = ?2"#,
            Dialect::Postgres => {
                r#"DELETE FROM "_import_row" WHERE "import" = $1::text AND "n" = $2::bigint"#
            }
        };
        let forget = any(plain(text, vec![Value::text(&run.id), Value::Int(line)]));
        let steps = vec![forget, self.claim(&run.id)];
        self.0.engine.store().write(Program { steps }).await.map(drop)
    }

    /// Tells rows that the database refused as the file has them: it is read once more.
    async fn tell_late(&self, run: &Run<'_>, late: &mut Late) -> Result<()> {
        if late.is_empty() {
            return Ok(());
        }
        let mut rejects = Rejects::append(self.rejects_path(&run.id))?;
        let mut batches = rows::read(run.ask, &run.cells, AHEAD, BATCH_ROWS);
        while let Some(batch) = batches.recv().await
            && !late.is_empty()
        {
            for row in batch? {
                let Some(fault) = late.remove(&row.line) else { continue };
                let fault = self.with_fields(run, &row, fault).await;
                let faults = run.cells.addressed(&row, &fault);
                rejects.write(&row, &faults)?;
                run.live.with(|job| job.note(faults));
            }
        }
        rejects.finish()
    }

    /// The same refusal with the fields that point at nothing, if it is one of a foreign key: the
    /// store names none.
    async fn with_fields(&self, run: &Run<'_>, row: &rows::Row, fault: Error) -> Error {
        let (engine, collection) = (&self.0.engine, &run.ask.collection);
        if fault.code() != Code::ForeignKeyViolation {
            return fault;
        }
        let Ok(body) = run.cells.body(row) else { return fault };
        let create = Operation::Create { collection: collection.clone(), body };
        let (state, write) = (engine.state(), Write { operations: vec![create], strict: true });
        match engine.plan_write(&state, write, 1, run.actor).await {
            Ok(planned) => {
                let plan = planned.guarded.plan();
                engine.with_foreign_fields(fault, plan, &state, run.actor).await
            }
            Err(_) => fault,
        }
    }

    /// Keys of the first and the last row put aside.
    async fn ends(&self, id: &str) -> Result<(Option<String>, Option<String>)> {
        let dialect = self.0.engine.store().dialect();
        let mut ends = [None, None];
        for (end, order) in ends.iter_mut().zip(["ASC", "DESC"]) {
            let mark = if dialect == Dialect::Sqlite { "?1" } else { "$1::text" };
            let text = format!(
                r#"SELECT "key" FROM "_import_row" WHERE "import" = {mark} ORDER BY "n" {order} LIMIT 1"#
            );
            let rows = self.0.engine.store().rows(&plain(&text, vec![Value::text(id)])).await?;
            let key = rows.first().and_then(|row| row.first()).and_then(Value::as_text);
            *end = key.map(str::to_owned);
        }
        let [first, last] = ends;
        Ok((first, last))
    }

    /// Takes an import's rows out again, last first, and lets go of what was put aside and of the
    /// room that was made for them. Answers how many had moved. Nobody has seen them, so nobody is told.
    pub(super) async fn sweep(&self, id: &str, collection: &str) -> Result<u64> {
        let engine = &self.0.engine;
        let text = match engine.store().dialect() {
            Dialect::Sqlite => {
                r#"SELECT min("n"), max("n"), coalesce(sum("moved"), 0) FROM (SELECT "n", "moved" FROM "_import_row" WHERE "import" = ?1 ORDER BY "n" DESC LIMIT ?2)"#
            }
            Dialect::Postgres => {
                r#"SELECT min(q."n"), max(q."n"), count(*) FILTER (WHERE q."moved") FROM (SELECT "n", "moved" FROM "_import_row" WHERE "import" = $1::text ORDER BY "n" DESC LIMIT $2::bigint) q"#
            }
        };
        let mut removed = 0;
        loop {
            let binds = vec![Value::text(id), Value::Int(SWEPT_AT_ONCE)];
            let rows = engine.store().rows(&plain(text, binds)).await?;
            let Some([Value::Int(first), Value::Int(last), moved]) =
                rows.first().map(Vec::as_slice)
            else {
                break;
            };
            let window = Window { import: id, first: *first, last: *last };
            let mut program = self.removal(window, collection)?;
            program.steps.push(self.claim(id));
            engine.store().write(program).await?;
            removed += u64::try_from(moved.as_int().unwrap_or_default()).unwrap_or_default();
        }
        let mut steps = vec![engine.uncovering(id), self.claim(id)];
        steps.extend(engine.store().telling().map(any));
        engine.store().write(Program { steps }).await?;
        engine.uncovered().await?;
        engine.give_back(collection, &format!("import:{id}")).await?;
        Ok(removed)
    }

    fn removal(&self, window: Window<'_>, collection: &str) -> Result<Program> {
        let engine = &self.0.engine;
        let (state, dialect) = (engine.state(), engine.store().dialect());
        let Some(collection) = state.catalog.get(collection) else {
            // Its rows went with it.
            let text = match dialect {
                Dialect::Sqlite => {
                    r#"DELETE FROM "_import_row" WHERE "import" = ?1 AND "n" BETWEEN ?2 AND ?3"#
                }
                Dialect::Postgres => {
                    r#"DELETE FROM "_import_row" WHERE "import" = $1::text AND "n" BETWEEN $2::bigint AND $3::bigint"#
                }
            };
            let binds =
                [Value::text(window.import), Value::Int(window.first), Value::Int(window.last)];
            return Ok(Program { steps: vec![any(plain(text, binds.into()))] });
        };
        let house = Actor::system("rows of an import that nobody has seen are taken out again");
        let plan = engine.arrival_plan(&state, collection, &house)?;
        sql::compile_removal(&plan, dialect, window)
    }

    /// Ends the jobs whose process has ended in the middle of them: nothing of them is kept.
    pub(super) async fn clean_up(&self) -> Result<()> {
        for kept in self.stored_under_way().await? {
            if !kept.silent || !self.take(&kept).await? {
                continue;
            }
            let mut job = kept.job;
            tracing::warn!(import = job.id, "an import was cut off and is cleaned up behind");
            let live = Live {
                job: Arc::new(Mutex::new(job.clone())),
                cancelled: Arc::new(AtomicBool::new(true)),
            };
            self.begin(&job.id, live);
            let ended = self.cut_off(&mut job).await;
            self.finished(&job.id);
            ended?;
        }
        Ok(())
    }

    async fn cut_off(&self, job: &mut Job) -> Result<()> {
        match job.state {
            State::Undoing => {
                job.fail(
                    "the server ended while this import was taken back; it can be taken back again",
                );
            }
            State::Parsing | State::Checking | State::Writing => {
                job.rows_removed = self.sweep(&job.id, &job.collection).await?;
                job.fail("the server ended during this import; nothing of it was kept");
            }
            State::Done | State::Failed | State::Cancelled | State::Undone => {}
        }
        if job.ended_at.is_none() {
            job.ended_at = Some(self.0.engine.clock().now_iso());
        }
        self.end(job).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, SET_MIN, SET_TAKES};
    use std::time::Duration;

    #[test]
    fn sets_are_as_large_as_others_can_wait_for() {
        let mut pace = Pace(1_000);
        pace.took(1_000, SET_TAKES + Duration::from_millis(1));
        assert_eq!(pace.0, 500);
        pace.took(500, SET_TAKES);
        assert_eq!(pace.0, 500);
        for _ in 0..10 {
            pace.took(pace.0, SET_TAKES * 2);
        }
        assert_eq!(pace.0, SET_MIN);
        // The rest of a part says nothing of a whole set.
        pace.took(3, Duration::ZERO);
        assert_eq!(pace.0, SET_MIN);
        for _ in 0..10 {
            pace.took(pace.0, Duration::ZERO);
        }
        assert_eq!(pace.0, 1_000);
    }
}
