//! What a dry run finds out about values that must be unique. Nothing is written that a row could
//! clash with: a batch is asked beside the records, and what its standing rows take is remembered
//! for the rows behind them.

use super::rejects::Rejects;
use super::rows::Row;
use super::{Imports, RowFault, Run, is_ours};
use access::Actor;
use base::{Code, Detail, Error, Result, Value};
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::{Statement, UniqueList};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Most values remembered: some 45 MB of them.
const VALUES_KEPT: usize = 1_800_000;

/// A row and the record it asks for, or why it is refused.
type Judged = (Row, std::result::Result<Map<String, Json>, Vec<RowFault>>);

/// The values that rows have taken, each by sixteen bytes and the line of its row.
pub(super) struct Taken {
    lines: HashMap<[u32; 4], u32>,
    hashers: [RandomState; 2],
    most: usize,
    full: bool,
}

/// Values of one list of fields as they were answered; `None` where a row has none.
type Values<'a> = Vec<Option<&'a str>>;

impl Taken {
    pub(super) fn new() -> Self {
        Self::of(VALUES_KEPT)
    }

    fn of(most: usize) -> Self {
        Self { lines: HashMap::new(), hashers: Default::default(), most, full: false }
    }

    fn key(&self, list: &UniqueList, values: &Values<'_>) -> [u32; 4] {
        let [one, other] = &self.hashers;
        let of = |hasher: &RandomState| {
            let hash = hasher.hash_one((&list.fields, list.same_nulls, values));
            [(hash >> 32) as u32, (hash & u64::from(u32::MAX)) as u32]
        };
        let ([a, b], [c, d]) = (of(one), of(other));
        [a, b, c, d]
    }

    /// The line of the row that took these values.
    fn by(&self, list: &UniqueList, values: &Values<'_>) -> Option<u32> {
        self.lines.get(&self.key(list, values)).copied()
    }

    /// Remembers who took these values. Answers whether this is the first that found no room.
    fn keep(&mut self, list: &UniqueList, values: &Values<'_>, line: u64) -> bool {
        if self.lines.len() >= self.most {
            return !std::mem::replace(&mut self.full, true);
        }
        let key = self.key(list, values);
        self.lines.insert(key, u32::try_from(line).unwrap_or(u32::MAX));
        false
    }
}

impl Imports {
    /// Judges a batch as the writing would, as far as that can be known without writing: line by
    /// line, and only rows that stand take values.
    pub(super) async fn try_batch(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        batch: Vec<Row>,
        taken: &mut Taken,
        rejects: &mut Rejects,
    ) -> Result<()> {
        let judge = |row: Row| {
            let judged = self.judge_row(run, actor, &row);
            (row, judged)
        };
        let mut judged: Vec<Judged> = batch.into_iter().map(judge).collect();
        if let Some((lists, asked)) = self.question(run, actor, &judged)? {
            let found = self.0.engine.store().rows(&asked).await?;
            for answer in &found {
                let Some((Value::Int(at), answer)) = answer.split_first() else { continue };
                let at = usize::try_from(*at).unwrap_or(usize::MAX);
                let Some((row, outcome)) = judged.get_mut(at) else { continue };
                if let Some(fault) = take(run, taken, &lists, (row, answer)) {
                    *outcome = Err(run.cells.addressed(row, &fault));
                }
            }
        }
        for (row, outcome) in judged {
            if let Err(faults) = &outcome {
                rejects.write(&row, faults)?;
            }
            run.live.with(|job| job.judged(&row, outcome.err()));
        }
        Ok(())
    }

    /// The question of a batch, by the places of its rows; `None` where nothing must be unique.
    fn question(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        judged: &[Judged],
    ) -> Result<Option<(Vec<UniqueList>, Statement)>> {
        let engine = &self.0.engine;
        let state = engine.state();
        let Some(collection) = state.catalog.get(&run.ask.collection) else { return Ok(None) };
        let (mut places, mut operations, mut keyed) = (Vec::new(), Vec::new(), false);
        for (place, (_, outcome)) in judged.iter().enumerate() {
            let Ok(body) = outcome else { continue };
            let is_key =
                |name: &str| collection.called(name).is_some_and(|field| field.primary_key);
            keyed |= body.keys().any(|name| is_key(name));
            places.push(i64::try_from(place).unwrap_or(i64::MAX));
            let (collection, body) = (run.ask.collection.clone(), body.clone());
            operations.push(Operation::Create { collection, body });
        }
        let mut lists = sql::unique_lists(collection);
        if !keyed {
            // Keys that we make are like no other.
            lists.retain(|list| list.fields.as_slice() != [collection.primary_key.as_str()]);
        }
        if places.is_empty() || lists.is_empty() {
            return Ok(None);
        }
        let write = Write { operations, strict: true };
        let planned = match engine.plan_write(&state, write, places.len(), actor) {
            Err(fault) if is_ours(&fault) => return Err(fault),
            // Refused together for what each was not refused for alone: the write will tell.
            Err(_) => return Ok(None),
            Ok(planned) => planned,
        };
        let (plan, dialect) = (planned.guarded.plan(), engine.store().dialect());
        let asked = sql::compile_tried(plan, collection, dialect, &lists, &places)?;
        Ok(asked.map(|asked| (lists, asked)))
    }
}

/// Takes the values of a row, unless one is taken: then why it is refused.
fn take(
    run: &Run<'_>,
    taken: &mut Taken,
    lists: &[UniqueList],
    (row, answer): (&Row, &[Value]),
) -> Option<Error> {
    let mut rest = answer.iter();
    let mut wanted: Vec<(&UniqueList, Values<'_>)> = Vec::with_capacity(lists.len());
    for list in lists {
        let there = matches!(rest.next(), Some(Value::Bool(true) | Value::Int(1)));
        let values: Values<'_> =
            rest.by_ref().take(list.fields.len()).map(Value::as_text).collect();
        if there {
            return Some(refusal(list, None));
        }
        if list.same_nulls || values.iter().all(Option::is_some) {
            if let Some(line) = taken.by(list, &values) {
                return Some(refusal(list, Some(line)));
            }
            wanted.push((list, values));
        }
    }
    for (list, values) in wanted {
        if taken.keep(list, &values, row.line) {
            let what = format!(
                "rows from here on are compared with records and not with each other: a dry run remembers {VALUES_KEPT} values that must be unique"
            );
            let fault = Error::new(Code::PayloadTooLarge, what);
            run.live.with(|job| job.note(run.cells.addressed(row, &fault)));
        }
    }
    None
}

/// The refusal of the store, which also says where the value stands if that is in the file.
fn refusal(list: &UniqueList, line: Option<u32>) -> Error {
    let words = match line {
        Some(line) => format!("is taken already, in line {line}"),
        None => String::from("is taken already"),
    };
    let code = Code::UniqueViolation;
    let details = list.fields.iter().map(|field| Detail::field(code.as_str(), field, &*words));
    Error::new(code, "Unique constraint violation").details(details.collect())
}

#[cfg(test)]
mod tests {
    use super::Taken;
    use sql::UniqueList;

    #[test]
    fn values_are_remembered_by_their_list_until_there_is_no_more_room() {
        let list = |name: &str| UniqueList { fields: vec![name.to_owned()], same_nulls: false };
        let (code, mail) = (list("code"), list("mail"));
        let mut taken = Taken::of(2);
        assert!(!taken.keep(&code, &vec![Some("A")], 2));
        assert!(!taken.keep(&code, &vec![None], 3));
        assert_eq!(taken.by(&code, &vec![Some("A")]), Some(2));
        assert_eq!(taken.by(&code, &vec![None]), Some(3));
        assert_eq!(taken.by(&mail, &vec![Some("A")]), None);
        // Said once.
        assert!(taken.keep(&code, &vec![Some("B")], 4));
        assert!(!taken.keep(&code, &vec![Some("C")], 5));
        assert_eq!(taken.by(&code, &vec![Some("B")]), None);
        assert_eq!(taken.by(&code, &vec![Some("A")]), Some(2));
    }
}
