//! What is stored of jobs, and whose they are: each belongs to the process that runs it, which
//! says so again and again. One that is silent for long has ended, and whoever notices first
//! cleans up behind it.

use super::{Imports, Job, LISTED_MAX};
use crate::arrival::{any, plain};
use base::{Code, Error, Result, Value};
use serde_json::Value as Json;
use sql::{Dialect, Expect, Program, ProgramStep, Statement};
use std::time::Duration;

/// How often a process says that it still works on its jobs.
pub(super) const SAID_EVERY: Duration = Duration::from_secs(2);

/// Silence after which the process of a job has ended, in milliseconds: five times that.
pub(super) const SILENT_MS: i64 = 10_000;

/// The moment by the database's own clock, which all processes share.
fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        Dialect::Postgres => "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
    }
}

/// A job and the process that it belongs to.
pub(super) struct Kept {
    pub(super) job: Job,
    pub(super) process: Option<String>,
    /// Its process has said nothing for long.
    pub(super) silent: bool,
}

impl Imports {
    fn dialect(&self) -> Dialect {
        self.0.engine.store().dialect()
    }

    /// Text with placeholders as `?1`, in the words of the store.
    fn asked(&self, text: &str, binds: Vec<Value>) -> Statement {
        match self.dialect() {
            Dialect::Sqlite => plain(text, binds),
            Dialect::Postgres => {
                let mut text = text.to_owned();
                for (at, value) in binds.iter().enumerate() {
                    let cast = if matches!(value, Value::Int(_)) { "bigint" } else { "text" };
                    text = text.replace(&format!("?{}", at + 1), &format!("${}::{cast}", at + 1));
                }
                plain(&text, binds)
            }
        }
    }

    async fn found(&self, tail: &str, binds: Vec<Value>) -> Result<Vec<Kept>> {
        let now = now(self.dialect());
        let text = format!(
            r#"SELECT "job", "process", CASE WHEN "alive_ms" < {now} - {SILENT_MS} THEN 1 ELSE 0 END FROM "_import" {tail}"#
        );
        let rows = self.0.engine.store().rows(&self.asked(&text, binds)).await?;
        let parse = |row: Vec<Value>| {
            let text = |at: usize| row.get(at).and_then(Value::as_text);
            let job = serde_json::from_str(text(0).unwrap_or_default()).map_err(|fault| {
                Error::internal("a stored import is unreadable").caused_by(fault)
            })?;
            let silent = row.get(2).and_then(Value::as_int) == Some(1);
            Ok(Kept { job, process: text(1).map(str::to_owned), silent })
        };
        rows.into_iter().map(parse).collect()
    }

    /// The newest jobs.
    pub(super) async fn stored(&self) -> Result<Vec<Job>> {
        let binds = vec![Value::Int(LISTED_MAX)];
        let found = self.found(r#"ORDER BY "at_ms" DESC LIMIT ?1"#, binds).await?;
        Ok(found.into_iter().map(|kept| kept.job).collect())
    }

    /// One job.
    pub(super) async fn stored_job(&self, id: &str) -> Result<Option<Job>> {
        let found = self.found(r#"WHERE "id" = ?1"#, vec![Value::text(id)]).await?;
        Ok(found.into_iter().next().map(|kept| kept.job))
    }

    /// The jobs that were about a file of this content, newest first.
    pub(super) async fn stored_of(&self, hash: &str) -> Result<Vec<Job>> {
        // As text: Postgres reads no document with the sign U+0000 in it, which a refused value may
        // hold. Quotes inside of texts are escaped, so that only the key itself looks like this.
        let own = r#"WHERE "job" LIKE ?1 ORDER BY "at_ms" DESC"#;
        let hash = Value::Text(format!("%\"hash\":\"{hash}\"%"));
        let found = self.found(own, vec![hash]).await?;
        Ok(found.into_iter().map(|kept| kept.job).collect())
    }

    /// The jobs that some process has under way, or had.
    pub(super) async fn stored_under_way(&self) -> Result<Vec<Kept>> {
        self.found(r#"WHERE "process" IS NOT NULL"#, Vec::new()).await
    }

    /// Keeps a job that begins: it is this process's.
    pub(super) async fn keep(&self, job: &Job) -> Result<()> {
        let text = format!(
            r#"INSERT INTO "_import" ("id", "at_ms", "job", "process", "alive_ms") VALUES (?1, ?2, ?3, ?4, {now}) ON CONFLICT ("id") DO UPDATE SET "job" = excluded."job", "process" = excluded."process", "alive_ms" = excluded."alive_ms""#,
            now = now(self.dialect()),
        );
        let binds = vec![
            Value::text(&job.id),
            Value::Int(self.0.engine.clock().now_ms()),
            Value::Text(written(job)?),
            Value::text(&self.0.process),
        ];
        let steps = vec![any(self.asked(&text, binds))];
        self.0.engine.store().write(Program { steps }).await.map(drop)
    }

    /// Begins anew with a job that had ended, as it is now, if it is still as it `stood`: answers
    /// whether it is this process's. Of several who do so at once one is told so.
    pub(super) async fn begin_again(&self, stood: &Job, job: &Job) -> Result<bool> {
        let text = format!(
            r#"UPDATE "_import" SET "job" = ?3, "process" = ?2, "alive_ms" = {now} WHERE "id" = ?1 AND "process" IS NULL AND "job" LIKE ?4 AND "job" LIKE ?5"#,
            now = now(self.dialect()),
        );
        let like = |name: &str, value: Json| Value::Text(format!("%\"{name}\":{value}%"));
        let binds = vec![
            Value::text(&job.id),
            Value::text(&self.0.process),
            Value::Text(written(job)?),
            like("state", Json::from(stood.state.as_str())),
            like("endedAt", Json::from(stood.ended_at.clone())),
        ];
        let steps = vec![any(self.asked(&text, binds))];
        let outcome = self.0.engine.store().write(Program { steps }).await?;
        Ok(outcome.steps.first().is_some_and(|step| step.rows == 1))
    }

    /// Keeps a job that has ended, unless another process has taken it: it is nobody's then.
    pub(super) async fn end(&self, job: &Job) -> Result<()> {
        let text = r#"UPDATE "_import" SET "job" = ?3, "process" = NULL WHERE "id" = ?1 AND ("process" = ?2 OR "process" IS NULL)"#;
        let binds =
            vec![Value::text(&job.id), Value::text(&self.0.process), Value::Text(written(job)?)];
        let steps = vec![any(self.asked(text, binds))];
        self.0.engine.store().write(Program { steps }).await.map(drop)
    }

    /// The step by which everything that a job does fails once it is another process's.
    pub(super) fn claim(&self, id: &str) -> ProgramStep {
        let text = format!(
            r#"UPDATE "_import" SET "alive_ms" = {} WHERE "id" = ?1 AND "process" = ?2"#,
            now(self.dialect())
        );
        let binds = vec![Value::text(id), Value::text(&self.0.process)];
        ProgramStep::new(self.asked(&text, binds), Expect::Rows(1, lost()))
    }

    /// The same, and the job as it stands then.
    pub(super) fn claim_as(&self, job: &Job) -> Result<ProgramStep> {
        let text = r#"UPDATE "_import" SET "job" = ?3 WHERE "id" = ?1 AND "process" = ?2"#;
        let binds =
            vec![Value::text(&job.id), Value::text(&self.0.process), Value::Text(written(job)?)];
        let statement = self.asked(text, binds);
        Ok(ProgramStep::new(statement, Expect::Rows(1, lost())))
    }

    /// Takes a job whose process is silent; answers whether it is ours now.
    pub(super) async fn take(&self, kept: &Kept) -> Result<bool> {
        let Some(process) = &kept.process else { return Ok(false) };
        let now = now(self.dialect());
        let text = format!(
            r#"UPDATE "_import" SET "process" = ?3, "alive_ms" = {now} WHERE "id" = ?1 AND "process" = ?2 AND "alive_ms" < {now} - {SILENT_MS}"#
        );
        let binds =
            vec![Value::text(&kept.job.id), Value::text(process), Value::text(&self.0.process)];
        let statement = self.asked(&text, binds);
        let steps = vec![ProgramStep::new(statement, Expect::Any)];
        let outcome = self.0.engine.store().write(Program { steps }).await?;
        Ok(outcome.steps.first().is_some_and(|step| step.rows == 1))
    }

    /// Says of every job of this process that it is still worked on, for as long as this is
    /// polled.
    pub(super) async fn say_so(&self) {
        loop {
            tokio::time::sleep(SAID_EVERY).await;
            for id in self.live_ids() {
                let mut claim = self.claim(&id);
                claim.expect = Expect::Any;
                let said = self.0.engine.store().write(Program { steps: vec![claim] }).await;
                if let Err(fault) = said {
                    tracing::warn!(%fault, import = id, "an import could not say that it runs");
                }
            }
        }
    }
}

fn written(job: &Job) -> Result<String> {
    serde_json::to_string(job).map_err(|fault| Error::internal("write an import").caused_by(fault))
}

fn lost() -> Box<Error> {
    let what = "this import was ended by another process, which took it for dead";
    Box::new(Error::new(Code::Unavailable, what))
}
