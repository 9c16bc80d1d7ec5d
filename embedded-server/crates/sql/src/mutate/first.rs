//! Steps that go before those of a compiled write.

use super::{CompiledWrite, Key};
use crate::{Bind, Dialect, Expect, ProgramStep, Statement};
use base::Value;
use std::sync::Arc;

impl CompiledWrite {
    /// The same write behind these steps, in the same transaction.
    #[must_use]
    pub fn behind(mut self, first: Vec<ProgramStep>) -> Self {
        let by = first.len();
        for key in &mut self.keys.0 {
            match key {
                Key::Step(step) | Key::Listed { step, .. } | Key::After { step, .. } => *step += by,
                Key::None | Key::Known(_) => {}
            }
        }
        self.program.steps = in_turn(first, self.program.steps);
        self
    }
}

/// Steps and those that follow them, which still find what they take from each other.
#[must_use]
pub fn in_turn(mut first: Vec<ProgramStep>, mut then: Vec<ProgramStep>) -> Vec<ProgramStep> {
    let by = first.len();
    for bind in then.iter_mut().flat_map(|step| &mut step.statement.binds) {
        if let Bind::Step(step) = bind {
            *step += by;
        }
    }
    first.append(&mut then);
    first
}

/// A step behind which a transaction is the only one of its kind in a collection until it ends.
/// SQLite runs one program at a time anyway. Postgres would run the others beside it: two that
/// change the same records in a different order would wait for each other, and two that look
/// whether a record is there would both find none.
#[must_use]
pub fn alone(dialect: Dialect, collection: &str, kind: &str) -> Option<ProgramStep> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            let text = "SELECT 0 FROM pg_advisory_xact_lock(hashtextextended(\
                        concat_ws('/', 'plinth', current_schema(), $1::text, $2::text), 0))";
            let binds = [kind, collection].map(|word| Bind::Value(Value::text(word))).to_vec();
            let statement = Statement { text: Arc::from(text), binds };
            Some(ProgramStep::new(statement, Expect::Any))
        }
    }
}
