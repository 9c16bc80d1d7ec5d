//! Keys of the records that a write makes, which are known before it runs or only after.

use crate::{Bind, Dialect};
use base::Value;
use query::Assigned;
use std::collections::HashMap;

/// Where the keys of the written records are found, once a program has run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(pub(super) Vec<Key>);

impl Keys {
    /// The keys of the records that steps of the plan wrote, given what the steps of the program
    /// kept. NULL where a step has no record.
    pub fn of<'o>(&self, steps: &[usize], kept: impl Fn(usize) -> Option<&'o Value>) -> Vec<Value> {
        let mut lists: HashMap<usize, Vec<Value>> = HashMap::new();
        let found = steps.iter().map(|step| match self.0.get(*step) {
            None | Some(Key::None) => Value::Null,
            Some(Key::Known(value)) => value.clone(),
            Some(Key::Step(step)) => kept(*step).cloned().unwrap_or(Value::Null),
            Some(Key::After { step, by }) => match kept(*step) {
                Some(Value::Int(first)) => Value::Int(first + by),
                _ => Value::Null,
            },
            Some(Key::Listed { step, at }) => {
                let list = lists.entry(*step).or_insert_with(|| listed(kept(*step)));
                list.get(*at).cloned().unwrap_or(Value::Null)
            }
        });
        found.collect()
    }
}

/// Where the key of a step's record is found.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// There is none.
    None,
    /// It was given.
    Known(Value),
    /// This step of the program keeps it.
    Step(usize),
    /// This step of the program keeps a JSON list of keys.
    Listed { step: usize, at: usize },
    /// This step of the program keeps the first of several keys in a row; this one stands so far
    /// behind it.
    After { step: usize, by: i64 },
}

impl Key {
    /// The key as later steps bind it.
    pub(super) fn bind(&self) -> Option<Bind> {
        match self {
            Self::Known(value) => Some(Bind::Value(value.clone())),
            Self::Step(step) => Some(Bind::Step(*step)),
            Self::None | Self::Listed { .. } | Self::After { .. } => None,
        }
    }

    /// The key as it was given: on SQLite, which stores these kinds as they are bound, nothing
    /// else has to tell it.
    pub(super) fn given(dialect: Dialect, key: Option<&Assigned>) -> Option<Self> {
        match (dialect, key) {
            (Dialect::Sqlite, Some(Assigned::Value(value @ (Value::Text(_) | Value::Int(_))))) => {
                Some(Self::Known(value.clone()))
            }
            _ => None,
        }
    }
}

/// The numbers of a JSON list.
fn listed(list: Option<&Value>) -> Vec<Value> {
    let list = list.and_then(Value::as_text).unwrap_or("[]");
    let list: Vec<i64> = serde_json::from_str(list).unwrap_or_default();
    list.into_iter().map(Value::Int).collect()
}
