//! The life of a read: resolve, guard, compile, run.

use crate::{Engine, State};
use access::{Actor, Guarded, Identity};
use base::{Code, Error, Result};
use catalog::FieldKind;
use query::{AggregateFunction, Cond, Count, Projection, Read, ReadPlan, Rows, Scope, Sight};
use serde_json::{Map, Value as Json};
use sql::{Compiled, Numbers};
use tokio::sync::mpsc;

/// What a read answers: rows as JSON bytes and what a client needs to know about them.
#[derive(Debug)]
pub struct Records {
    /// The rows, joined by commas, without brackets.
    pub json: Vec<u8>,
    /// How many.
    pub rows: u64,
    /// All matching, when asked for.
    pub total: Option<u64>,
    /// The total is the store's estimate.
    pub estimated: bool,
    /// The cap cut the list and rows were left.
    pub truncated: bool,
    /// The place behind the last row, when cursors were asked for and more rows follow.
    pub cursor: Option<String>,
}

/// A column of rows that are shown as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerColumn {
    /// The keys that lead to it, from the row through what is embedded in it.
    pub path: Vec<String>,
    /// The field of the collection, for what is no group and lies in no other record.
    pub field: Option<String>,
}

impl AnswerColumn {
    /// What a read shows, in its order. A list of related records is one column.
    fn of(projection: &Projection) -> Vec<Self> {
        match projection {
            Projection::Rows(rows) => {
                let mut columns = Vec::new();
                Self::add(rows, &[], &mut columns);
                columns
            }
            Projection::Groups(grouping) => {
                let keys = grouping.keys.iter().filter_map(|key| key.keys.first());
                let all = keys.chain(grouping.aggregates.iter().map(|one| &one.alias));
                all.map(|key| Self { path: vec![key.clone()], field: None }).collect()
            }
        }
    }

    fn add(rows: &Rows, above: &[String], columns: &mut Vec<Self>) {
        let below = |key: &String| [above, std::slice::from_ref(key)].concat();
        columns.extend(rows.columns.iter().map(|one| Self {
            path: below(&one.key),
            field: Some(one.field.clone()).filter(|_| above.is_empty()),
        }));
        for expand in &rows.expands {
            match expand.relation.is_many() {
                true => columns.push(Self { path: below(&expand.key), field: None }),
                false => Self::add(&expand.rows, &below(&expand.key), columns),
            }
        }
    }
}

impl Engine {
    /// Reads as the actor may. Lists and groups answer what is visible; one record addressed by
    /// its key answers `ITEM_NOT_FOUND` when it is absent or hidden, which are the same.
    pub async fn read(&self, read: &Read, actor: &Actor, numbers: Numbers) -> Result<Records> {
        let state = self.state();
        match self.read_by(&state, read, actor, numbers).await {
            Err(fault)
                if self.is_behind(&fault, &state).await
                    || self.knows_less(&fault, &state, &read.collection).await =>
            {
                self.take_over().await?;
                self.read_by(&self.state(), read, actor, numbers).await
            }
            done => done,
        }
    }

    pub(crate) async fn read_by(
        &self,
        state: &State,
        read: &Read,
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<Records> {
        let (mut compiled, facts, plan) = self.prepare(state, read, actor, numbers)?;
        let watched = self.recorder().watch(plan, actor, self.clock().now_ms());
        let mut estimate = None;
        if facts.estimable {
            estimate = self.store().estimate(&facts.table).await?;
            if estimate.is_some() {
                compiled.total = None;
            }
        }
        let page = self.store().read(&compiled).await;
        let page = page.map_err(|fault| beyond_doubles(fault, &facts.sums))?;
        if let Some(watched) = watched {
            watched.answered(page.rows);
        }
        if facts.single && page.rows == 0 {
            return Err(not_found("read"));
        }
        let total = match (facts.counted, estimate) {
            (false, _) => None,
            // An estimate never undercuts what is on the page.
            (true, Some(estimate)) => Some(estimate.max(compiled.offset.unwrap_or(0) + page.rows)),
            (true, None) => page.total,
        };
        let cursor = page.cursor.filter(|_| page.more);
        let cursor = cursor.map(|values| query::encode_cursor(&facts.mark, &values));
        Ok(Records {
            rows: page.rows,
            total,
            estimated: estimate.is_some(),
            truncated: facts.capped && page.more,
            cursor,
            json: page.json,
        })
    }

    /// Reads without the page cap, in bounded chunks of rows, for exports.
    pub async fn stream(
        &self,
        read: &Read,
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<(Vec<AnswerColumn>, mpsc::Receiver<Result<Vec<u8>>>)> {
        let state = self.state();
        let read = Read { uncapped: true, ..read.clone() };
        let (mut compiled, _, plan) = self.prepare(&state, &read, actor, numbers)?;
        compiled.total = None;
        let columns = AnswerColumn::of(&plan.plan().projection);
        Ok((columns, self.store().stream(&compiled).await?))
    }

    /// Records for the house's own use, hidden fields included; as many as the read names.
    pub async fn find(&self, read: &Read, reason: &'static str) -> Result<Vec<Map<String, Json>>> {
        self.find_by(&self.state(), read, reason).await
    }

    /// The same by another snapshot than the one in place.
    pub(crate) async fn find_by(
        &self,
        state: &State,
        read: &Read,
        reason: &'static str,
    ) -> Result<Vec<Map<String, Json>>> {
        // The largest page is a limit of callers: a house that knows some of its roles denies the
        // others.
        let read = Read { uncapped: true, ..read.clone() };
        let records = self.read_by(state, &read, &Actor::system(reason), Numbers::Tokens).await?;
        parse_rows(&records.json)
    }

    /// Whether a path from a collection is one of relations that the actor may walk in a read of it.
    pub fn is_relation(&self, collection: &str, path: &str, actor: &Actor) -> bool {
        let state = self.state();
        let view = state.view(actor);
        let words = actor.words(self.clock().now_ms());
        let seen = access::Seen::of(collection, &state.catalog, actor, &words, self.limits());
        let Ok(seen) = seen else { return false };
        let mut here = view.get(collection);
        let mut walked: Vec<&str> = Vec::new();
        path.split('.').all(|step| {
            let relation = here.and_then(|one| one.relation(step)).filter(|relation| {
                seen.as_ref().is_none_or(|seen| seen.relation(&walked, &relation.name))
            });
            walked.push(step);
            here = relation.and_then(|relation| view.get(&relation.target));
            relation.is_some()
        })
    }

    /// Whether a collection has a field that the actor may name in a read of it.
    pub fn is_field(&self, collection: &str, name: &str, actor: &Actor) -> bool {
        let state = self.state();
        let view = state.view(actor);
        let words = actor.words(self.clock().now_ms());
        let seen = access::Seen::of(collection, &state.catalog, actor, &words, self.limits());
        let field = view.get(collection).and_then(|found| found.field(name));
        field
            .zip(seen.ok())
            .is_some_and(|(field, seen)| seen.is_none_or(|seen| seen.field(&[], &field.name)))
    }

    pub(crate) fn prepare(
        &self,
        state: &State,
        read: &Read,
        actor: &Actor,
        numbers: Numbers,
    ) -> Result<(Compiled, Facts, Guarded<ReadPlan>)> {
        let read = &*self.as_original(state, read, actor)?;
        let words = actor.words(self.clock().now_ms());
        let view = state.view(actor);
        if view.get(&read.collection).is_none() {
            return Err(match actor.unbound() {
                true => unknown_collection(&read.collection, state),
                false => access::denied(access::Action::Read, &read.collection),
            });
        }
        let scope =
            Scope { visible: &view, full: &state.catalog, words: &words, limits: self.limits() };
        let (full, limits) = (&state.catalog, self.limits());
        let seen = access::Seen::of(&read.collection, full, actor, &words, limits)?;
        let sight = seen.as_ref().map(|seen| seen as &dyn Sight);
        let plan = query::resolve_read(read, &scope, sight)?;
        let facts = Facts {
            table: plan.collection.name.clone(),
            single: plan.single,
            capped: plan.page.capped,
            counted: plan.count != Count::None,
            mark: plan.page.mark.clone(),
            estimable: plan.count == Count::Estimate
                && actor.free()
                && matches!(plan.filter, Cond::Always)
                && plan.search.is_none()
                && !plan.collection.paranoid
                && matches!(plan.projection, Projection::Rows(_)),
            sums: sums_of_doubles(&plan.projection),
        };
        let guarded = match actor.identity {
            Identity::System(reason) => Guarded::for_system(plan, reason),
            Identity::Anonymous | Identity::User(_) => {
                access::guard_read(plan, &state.catalog, actor, &words, self.limits())?
            }
        };
        let compiled = sql::compile_read(&guarded, self.store().dialect(), numbers);
        Ok((compiled, facts, guarded))
    }
}

pub(crate) struct Facts {
    table: String,
    single: bool,
    capped: bool,
    counted: bool,
    mark: String,
    estimable: bool,
    /// Alias and field of every aggregate that adds doubles.
    sums: Vec<(String, String)>,
}

/// Alias and field of every aggregate that adds doubles up.
fn sums_of_doubles(projection: &Projection) -> Vec<(String, String)> {
    let Projection::Groups(grouping) = projection else { return Vec::new() };
    let mut sums = Vec::new();
    for one in &grouping.aggregates {
        let (AggregateFunction::Sum | AggregateFunction::Avg, Some(column)) =
            (one.function, &one.column)
        else {
            continue;
        };
        if !matches!(column.kind, FieldKind::Real | FieldKind::Double) {
            continue;
        }
        let hops = column.hops.iter().map(|hop| hop.relation.name.as_str());
        let path: Vec<&str> = hops.chain([column.field.as_str()]).collect();
        sums.push((one.alias.clone(), path.join(".")));
    }
    sums
}

/// What a store refuses of a read that adds doubles up: each says it in its own way and names no
/// aggregate, and nothing else in such a read can be a value that does not fit.
fn beyond_doubles(fault: Error, sums: &[(String, String)]) -> Error {
    if sums.is_empty() || fault.code() != Code::ValidationError {
        return fault;
    }
    let named: Vec<String> =
        sums.iter().map(|(alias, field)| format!("`{alias}` (of `{field}`)")).collect();
    let (which, at) = match sums {
        [(alias, _)] => (named.join(""), format!("aggregate.{alias}")),
        _ => (format!("one of {}", named.join(", ")), String::from("aggregate")),
    };
    let message = format!("the sum behind {which} exceeds the range of a Double");
    Error::new(Code::ValidationError, message)
        .at(at)
        .hint("narrow the filter, or make the field a Decimal, of which sums have no such bound")
        .caused_by(fault)
}

/// The JSON objects of a page.
pub(crate) fn parse_rows(json: &[u8]) -> Result<Vec<Map<String, Json>>> {
    let mut text = Vec::with_capacity(json.len() + 2);
    text.push(b'[');
    text.extend_from_slice(json);
    text.push(b']');
    serde_json::from_slice(&text)
        .map_err(|fault| Error::internal("a page of the store is not JSON").caused_by(fault))
}

pub(crate) fn not_found(action: &str) -> Error {
    Error::new(
        Code::ItemNotFound,
        format!("Item not found or you don't have permission to {action} it"),
    )
}

pub(crate) fn unknown_collection(name: &str, state: &State) -> Error {
    let error = Error::new(Code::CollectionNotFound, format!("Model {name} not found"));
    match state.catalog.nearest(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
