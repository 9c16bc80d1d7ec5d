//! One record changed if a condition finds it, else made.
//!
//! Two who do it at once find nothing both. So a new record is made only if, in its own
//! transaction and with nobody else at the same place, the condition still finds nothing: whoever
//! comes second is told so, looks again and finds what the first one made.

use crate::read::parse_rows;
use crate::write::Provided;
use crate::{Engine, State, Written};
use access::Actor;
use base::{Code, Error, Result};
use query::{CountMode, Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json};
use sql::{CompiledWrite, Dialect, Expect, Numbers, ProgramStep, Statement};

/// How often it begins anew: the record came between, or went. Each time somebody else was done.
const ATTEMPTS: usize = 8;

/// What the first step says when the condition finds a record after all.
const CAME_BETWEEN: &str = "a record that the condition finds was made meanwhile";

/// An upsert, as asked.
#[derive(Clone, Debug)]
pub struct Upsert {
    /// Name of the collection.
    pub collection: String,
    /// Which record; the first one it finds is changed.
    pub filter: Filter,
    /// What is written, the same for a new record and an old one.
    pub body: Map<String, Json>,
    /// As in [`Write`].
    pub strict: bool,
}

/// That a condition finds nothing, before everything else in the transaction of a write.
struct Absent {
    page: Statement,
    collection: String,
}

impl Provided for Absent {
    fn around(&self, compiled: CompiledWrite, dialect: Dialect) -> CompiledWrite {
        let error = Box::new(Error::new(Code::Conflict, CAME_BETWEEN));
        let mut steps: Vec<_> =
            sql::alone(dialect, &self.collection, "upsert").into_iter().collect();
        steps.push(ProgramStep::new(self.page.clone(), Expect::Rows(0, error)));
        compiled.behind(steps)
    }
}

impl Engine {
    /// Changes the first record that the filter finds as the actor may read, or makes one. Answers
    /// what was written and whether it is new.
    pub async fn upsert(
        &self,
        asked: &Upsert,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<(Written, bool)> {
        if says_nothing(&asked.filter) {
            return Err(Error::new(Code::InvalidBody, "`filter` has no condition")
                .at("filter")
                .hint("say which record is meant; without a condition it would be any of them"));
        }
        let mut refused = None;
        for _ in 0..ATTEMPTS {
            let state = self.state();
            let (read, primary_key) = self.looked_for(asked, &state, actor)?;
            let records = self.read_by(&state, &read, actor, Numbers::Tokens).await?;
            let found = parse_rows(&records.json)?.into_iter().next();
            let key = found.and_then(|mut row| row.shift_remove(&primary_key));
            let fault = match (key, refused.take()) {
                // It is there all the same, so it is another one's that may not be changed, or the
                // refusal is of another value.
                (Some(key), Some((other, fault))) if other == Some(key.clone()) => {
                    return Err(fault);
                }
                (None, Some((None, fault))) => return Err(fault),
                (Some(key), _) => {
                    let operation = Operation::Update {
                        collection: asked.collection.clone(),
                        key: key.clone(),
                        body: asked.body.clone(),
                        expect: Map::new(),
                    };
                    let write = Write { operations: vec![operation], strict: asked.strict };
                    match self.write(write, actor, source).await {
                        Err(fault) if fault.code() == Code::ItemNotFound => (Some(key), fault),
                        done => return Ok((done?, false)),
                    }
                }
                (None, _) => {
                    // Who waits for the others waits here, and not with a connection in hand.
                    let _turn = self.moves().of(&format!("upsert {}", asked.collection)).await;
                    let (collection, body) = (asked.collection.clone(), asked.body.clone());
                    let operation = Operation::Create { collection, body };
                    let write = Write { operations: vec![operation], strict: asked.strict };
                    let (compiled, _, _) = self.prepare(&state, &read, actor, Numbers::Tokens)?;
                    let collection = asked.collection.clone();
                    let absent = Absent { page: compiled.page, collection };
                    match self.write_if(write, Some(&absent), actor, source).await {
                        Err(fault) if fault.message() == CAME_BETWEEN => continue,
                        Err(fault) if fault.code() == Code::UniqueViolation => (None, fault),
                        done => return Ok((done?, true)),
                    }
                }
            };
            refused = Some(fault);
        }
        Err(Error::new(Code::Conflict, "others keep making and removing this record")
            .hint("try again"))
    }

    /// How the record is looked for, and the name of its key.
    fn looked_for(&self, asked: &Upsert, state: &State, actor: &Actor) -> Result<(Read, String)> {
        let mut read = Read {
            collection: asked.collection.clone(),
            filter: Some(asked.filter.clone()),
            limit: Some(1),
            count: CountMode::None,
            ..Read::default()
        };
        if let Some(collection) = state.view(actor).get(&asked.collection) {
            read.fields = vec![collection.primary_key.clone()];
            return Ok((read, collection.primary_key.clone()));
        }
        // Refused in the words of a read.
        self.prepare(state, &read, actor, Numbers::Tokens)?;
        Err(Error::internal("a collection is read that the view has not"))
    }
}

/// Whether no condition is in it, however deep it goes.
fn says_nothing(filter: &Filter) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().all(says_nothing),
        Filter::Not(part) => says_nothing(part),
        Filter::Test(_) => false,
    }
}
