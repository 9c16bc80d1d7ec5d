//! What an index would bring, tried where nobody sees it.

use super::advice::{Advice, ProposedIndex, advise};
use super::recorder::Seen;
use super::sample;
use super::shape::PageForm;
use crate::Engine;
use crate::schema::draft::Draft;
use crate::state::State;
use access::Actor;
use base::{Code, Error, Result};
use catalog::Catalog;
use query::{CountMode, Read};
use serde_json::{Map, Value as Json, json};
use sql::{Compiled, Numbers};
use std::sync::Arc;
use std::time::Duration;
use store::{Timed, Trial};

/// Records from whose values the reads are made, in so many runs spread over the collection.
const SAMPLED: u64 = 200;
const SPREAD: u64 = 5;

/// Times that each read is timed.
const RUNS: usize = 5;

/// Records written to learn what a write costs.
const WRITTEN: u32 = 500;

/// How much longer a trial may take that somebody agreed to.
const PATIENCE: u32 = 10;

const WHY: &str = "try an index that a slow query asks for";

/// What an index was found to bring.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The index.
    pub index: ProposedIndex,
    /// Records in the collection, about.
    pub records: u64,
    /// The reads without it.
    pub before: Timed,
    /// The reads with it.
    pub after: Timed,
    /// Whether the database used it.
    pub used: bool,
    /// How long making it took.
    pub build: Duration,
    /// Its size.
    pub index_bytes: u64,
    /// What writing one record takes without it and with it.
    pub write: Option<(Duration, Duration)>,
    /// Bytes that were copied for it.
    pub copied_bytes: u64,
    /// Tests for which no value of the collection stands, which were left out.
    pub left_out: Vec<String>,
}

impl Engine {
    /// Tries the index that would help a query. A copy beyond the house's bound is made with
    /// `consent` only.
    pub async fn measure_slow(&self, id: &str, consent: bool) -> Result<Measured> {
        let seen = u64::from_str_radix(id, 16).ok().and_then(|key| self.recorder().one(key));
        let Some(seen) = seen else {
            return Err(Error::new(Code::NotFound, "this query is not remembered any more")
                .hint("the record is kept in memory; run the query again"));
        };
        let state = self.state();
        let index = match advise(&seen.shape, seen.limit, &state.catalog) {
            Advice::Index(index) => index,
            Advice::Served(fields) => {
                return Err(Error::new(
                    Code::NotFound,
                    format!(
                        "there is nothing to try: an index over {} serves this query already",
                        fields.join(", ")
                    ),
                ));
            }
            Advice::Nothing => {
                return Err(Error::new(Code::NotFound, "no index would help this query"));
            }
        };
        // Each holds a copy of data and a processor while it lasts.
        let Ok(_alone) = self.trial_lock().try_lock() else {
            return Err(Error::new(Code::Unavailable, "another index is being tried now")
                .retry_after_ms(5_000));
        };
        let limits = self.limits();
        let patient = Duration::from_millis(limits.trial_ms_max);
        let (bytes_max, limit) = match consent {
            true => (u64::MAX, patient * PATIENCE),
            false => (limits.trial_bytes_max, patient),
        };
        let (records, rows) = self.sampled(&state, &seen).await?;
        let next = with_index(&state.catalog, &index)?;
        let Some(table) = next.get(&index.collection).and_then(|collection| {
            sql::index_trial(collection, &index.name, WRITTEN, self.store().dialect())
        }) else {
            return Err(Error::internal("an index was drafted and is not there"));
        };
        let mut sampled = sample::reads(&seen, &rows);
        if seen.shape.page == PageForm::Cursor {
            self.behind_some(&state, &mut sampled.reads).await?;
        }
        let next = State::without_roles(Arc::new(next));
        let trial = Trial {
            table,
            before: self.compiled(&state, &sampled.reads)?,
            after: self.compiled(&next, &sampled.reads)?,
            runs: RUNS,
            bytes_max,
            limit,
        };
        let outcome = self.store().trial(trial).await?;
        if !outcome.same {
            return Err(Error::internal("a read answered otherwise with an index than without"));
        }
        let used = outcome.after.plan.iter().any(|line| line.contains(&index.name));
        Ok(Measured {
            index,
            records,
            before: outcome.before,
            after: outcome.after,
            used,
            build: outcome.build,
            index_bytes: outcome.index_bytes,
            write: outcome.write,
            copied_bytes: outcome.copied_bytes,
            left_out: sampled.left_out,
        })
    }

    /// About how many records there are, and some of them from all over the collection.
    async fn sampled(&self, state: &State, seen: &Seen) -> Result<(u64, Vec<Map<String, Json>>)> {
        let key = state.catalog.get(&seen.shape.collection).map(|one| one.primary_key.clone());
        let fields = sample::fields(&seen.shape).into_iter().chain(key).collect();
        let mut read = Read {
            collection: seen.shape.collection.clone(),
            fields,
            limit: Some(1),
            with_deleted: seen.shape.with_deleted,
            count: CountMode::Estimate,
            ..Read::default()
        };
        let actor = Actor::system(WHY);
        let counted = self.read_by(state, &read, &actor, Numbers::Tokens).await?;
        let records = counted.total.unwrap_or(counted.rows);
        read.count = CountMode::None;
        read.limit = Some(i64::try_from(SAMPLED / SPREAD).unwrap_or(1));
        let mut rows = Vec::new();
        for at in 0..SPREAD {
            read.offset = Some(records * at / SPREAD);
            rows.extend(self.find_by(state, &read, WHY).await?);
        }
        Ok((records, rows))
    }

    /// Lets reads that go on behind a record do so behind the first of their pages.
    async fn behind_some(&self, state: &State, reads: &mut [Read]) -> Result<()> {
        for read in reads {
            read.after = Some(String::new());
            let first = self.read_by(state, read, &Actor::system(WHY), Numbers::Tokens).await?;
            if let Some(cursor) = first.cursor {
                read.after = Some(cursor);
            }
        }
        Ok(())
    }

    fn compiled(&self, state: &State, reads: &[Read]) -> Result<Vec<Compiled>> {
        let actor = Actor::system(WHY);
        reads.iter().map(|read| Ok(self.prepare(state, read, &actor, Numbers::Tokens)?.0)).collect()
    }
}

/// The catalog as it would be.
fn with_index(catalog: &Catalog, index: &ProposedIndex) -> Result<Catalog> {
    let mut draft = Draft::of(catalog);
    let body = json!({ "name": index.name, "fields": index.fields });
    draft.create_index(&index.collection, &body)?;
    Ok(draft.next()?.0)
}
