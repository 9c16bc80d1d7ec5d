//! What a dry run finds out about values that must be unique, and about records that rows point at.
//! Nothing is written that a row could clash with: a batch is asked beside the records, and what its
//! standing rows take is remembered for the rows behind them.

use super::rejects::Rejects;
use super::rows::Row;
use super::{Imports, RowFault, Run, is_ours};
use crate::foreign::POINTS_NOWHERE;
use access::Actor;
use base::{Code, Detail, Error, Result, Value};
use catalog::Collection;
use query::{Operation, Write};
use serde_json::{Map, Value as Json};
use sql::{Pointer, Sought, Statement, UniqueList};
use std::collections::{BTreeMap, HashMap};
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
        let state = self.0.engine.state();
        if let Some(collection) = state.catalog.get(&run.ask.collection) {
            let sought = sought(collection, &judged);
            let answers = self.answers(run, actor, (collection, &sought), &mut judged).await?;
            let keys = Keys::of(collection, &sought, &answers);
            let mut waiting = Vec::new();
            for (at, answer) in &answers {
                let Some((row, outcome)) = judged.get_mut(*at) else { continue };
                match take(run, taken, (&sought, &keys), (row, answer)) {
                    Err(fault) => *outcome = Err(run.cells.addressed(row, &fault)),
                    Ok(Some(own)) => waiting.push((*at, own)),
                    Ok(None) => {}
                }
            }
            // Rows that point at rows which do not stand do not stand either.
            while let Some(place) = waiting.iter().position(|(_, own)| {
                let stands = |at: &usize| judged.get(*at).is_some_and(|(_, one)| one.is_ok());
                own.iter().any(|(_, at)| !stands(at))
            }) {
                let (at, own) = waiting.swap_remove(place);
                let stands = |at: &usize| judged.get(*at).is_some_and(|(_, one)| one.is_ok());
                let lost = own.into_iter().filter(|(_, at)| !stands(at)).map(|(name, _)| name);
                let fault = points_nowhere(lost.collect());
                if let Some((row, outcome)) = judged.get_mut(at) {
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

    /// What is answered of each row of a batch that may stand, by its place. Where the store refuses
    /// the question for what a row holds, as it would refuse the row, that is found by halving.
    async fn answers(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        of: (&Collection, &Sought),
        judged: &mut [Judged],
    ) -> Result<BTreeMap<usize, Vec<Value>>> {
        let stand = judged.iter().enumerate().filter(|(_, (_, outcome))| outcome.is_ok());
        let mut waiting: Vec<Vec<usize>> = vec![stand.map(|(at, _)| at).collect()];
        let mut answers = BTreeMap::new();
        while let Some(mut places) = waiting.pop() {
            let Some(asked) = self.question(run, actor, of, (judged, &places)).await? else {
                continue;
            };
            match self.0.engine.store().rows(&asked).await {
                Ok(found) => {
                    for mut answer in found {
                        let Some(Value::Int(at)) = answer.first() else { continue };
                        let at = usize::try_from(*at).unwrap_or(usize::MAX);
                        answers.insert(at, answer.split_off(1));
                    }
                }
                Err(fault) if is_ours(&fault) => return Err(fault),
                Err(fault) => match places.as_slice() {
                    [at] => {
                        if let Some((row, outcome)) = judged.get_mut(*at) {
                            *outcome = Err(run.cells.addressed(row, &fault));
                        }
                    }
                    _ => {
                        waiting.push(places.split_off(places.len() / 2));
                        waiting.push(places);
                    }
                },
            }
        }
        Ok(answers)
    }

    /// The question of the rows at these places; `None` where nothing is to be asked of them.
    async fn question(
        &self,
        run: &Run<'_>,
        actor: &Actor,
        (collection, sought): (&Collection, &Sought),
        (judged, places): (&[Judged], &[usize]),
    ) -> Result<Option<Statement>> {
        if places.is_empty() || (sought.lists.is_empty() && sought.pointers.is_empty()) {
            return Ok(None);
        }
        let engine = &self.0.engine;
        let bodies = places.iter().filter_map(|at| judged.get(*at)?.1.as_ref().ok());
        let operations = bodies.map(|body| {
            let (collection, body) = (run.ask.collection.clone(), body.clone());
            Operation::Create { collection, body }
        });
        let write = Write { operations: operations.collect(), strict: true };
        let planned = match engine.plan_write(&engine.state(), write, places.len(), actor).await {
            Err(fault) if is_ours(&fault) => return Err(fault),
            // Refused together for what each was not refused for alone: the write will tell.
            Err(_) => return Ok(None),
            Ok(planned) => planned,
        };
        let (plan, dialect) = (planned.guarded.plan(), engine.store().dialect());
        let lines: Vec<i64> =
            places.iter().map(|at| i64::try_from(*at).unwrap_or(i64::MAX)).collect();
        sql::compile_tried(plan, collection, dialect, sought, &lines)
    }
}

/// What is asked of these rows.
fn sought(collection: &Collection, judged: &[Judged]) -> Sought {
    let mut sought = sql::sought(collection);
    let is_key = |name: &str| collection.called(name).is_some_and(|field| field.primary_key);
    let bodies = judged.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
    if !bodies.flat_map(Map::keys).any(|name| is_key(name)) {
        // Keys that we make are like no other.
        sought.lists.retain(|list| list.fields.as_slice() != [collection.primary_key.as_str()]);
    }
    sought
}

/// The places of the rows of a batch by what others of the same file may point at.
struct Keys<'a> {
    collection: &'a str,
    by_field: HashMap<&'a str, HashMap<&'a str, usize>>,
}

impl<'a> Keys<'a> {
    fn of(
        collection: &'a Collection,
        sought: &'a Sought,
        answers: &'a BTreeMap<usize, Vec<Value>>,
    ) -> Self {
        let mut by_field: HashMap<&str, HashMap<&str, usize>> = HashMap::new();
        let mut column = 0;
        for list in &sought.lists {
            if let [field] = list.fields.as_slice()
                && sought
                    .pointers
                    .iter()
                    .any(|one| one.target == collection.name && one.far == *field)
            {
                let known = by_field.entry(field.as_str()).or_default();
                for (at, answer) in answers {
                    if let Some(value) = answer.get(column + 1).and_then(Value::as_text) {
                        known.entry(value).or_insert(*at);
                    }
                }
            }
            column += 1 + list.fields.len();
        }
        Self { collection: collection.name.as_str(), by_field }
    }

    /// The row of this batch that a value points at.
    fn place(&self, pointer: &Pointer, value: &str) -> Option<usize> {
        let known = self.by_field.get(pointer.far.as_str())?;
        known.get(value).copied().filter(|_| pointer.target == self.collection)
    }
}

/// Pointers of a row at rows of its batch, and the places of those.
type Own = Vec<(String, usize)>;

/// Takes the values of a row, unless one is taken or what it points at is missing: then why it is
/// refused. Answers what has to stand of its batch so that it stands.
fn take(
    run: &Run<'_>,
    taken: &mut Taken,
    (sought, keys): (&Sought, &Keys<'_>),
    (row, answer): (&Row, &[Value]),
) -> std::result::Result<Option<Own>, Error> {
    let is_true = |value: Option<&Value>| matches!(value, Some(Value::Bool(true) | Value::Int(1)));
    let mut rest = answer.iter();
    let mut wanted: Vec<(&UniqueList, Values<'_>)> = Vec::with_capacity(sought.lists.len());
    for list in &sought.lists {
        let there = is_true(rest.next());
        let values: Values<'_> =
            rest.by_ref().take(list.fields.len()).map(Value::as_text).collect();
        if there {
            return Err(refusal(list, None));
        }
        if list.same_nulls || values.iter().all(Option::is_some) {
            if let Some(line) = taken.by(list, &values) {
                return Err(refusal(list, Some(line)));
            }
            wanted.push((list, values));
        }
    }
    let (mut lost, mut own) = (Vec::new(), Own::new());
    for pointer in &sought.pointers {
        let missing = is_true(rest.next());
        let Some(value) = rest.next().and_then(Value::as_text).filter(|_| missing) else {
            continue;
        };
        let far = UniqueList { fields: vec![pointer.far.clone()], same_nulls: false };
        let before =
            pointer.target == run.ask.collection && taken.by(&far, &vec![Some(value)]).is_some();
        match keys.place(pointer, value) {
            _ if before => {}
            Some(at) => own.push((pointer.column.clone(), at)),
            None => lost.push(pointer.column.clone()),
        }
    }
    if !lost.is_empty() {
        return Err(points_nowhere(lost));
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
    Ok((!own.is_empty()).then_some(own))
}

/// The refusal of the store for fields that point at nothing.
fn points_nowhere(fields: Vec<String>) -> Error {
    let code = Code::ForeignKeyViolation;
    let details = fields.into_iter().map(|one| Detail::field(code.as_str(), one, POINTS_NOWHERE));
    Error::new(code, "Foreign key constraint violation").details(details.collect())
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
