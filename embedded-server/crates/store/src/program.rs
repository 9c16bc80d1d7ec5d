//! How the steps of a program hang together, on either database.

use crate::StepOutcome;
use base::{Code, Error, Result, Value};
use sql::{Bind, Expect};

/// The value a placeholder stands for, given what the steps before did. A step that returned no
/// row kept nothing: NULL.
pub(crate) fn bound<'a>(bind: &'a Bind, done: &'a [StepOutcome]) -> Result<&'a Value> {
    match bind {
        Bind::Value(value) => Ok(value),
        Bind::Step(step) => match done.get(*step) {
            Some(did) => Ok(did.kept.as_ref().unwrap_or(&Value::Null)),
            None => Err(Error::internal(format!("a bind names step {step}, which has not run"))),
        },
    }
}

/// What a database refused of the caller's records, with the operation of the request it was for.
pub(crate) fn addressed(error: Error, index: Option<usize>) -> Error {
    match (error.code(), index) {
        (
            Code::UniqueViolation
            | Code::ForeignKeyViolation
            | Code::RequiredFieldMissing
            | Code::ValidationError,
            Some(index),
        ) => error.at_index(index),
        _ => error,
    }
}

/// Compares what a step did with what it must have done. The error is handed over, once.
pub(crate) fn expected(expect: &mut Expect, did: &StepOutcome) -> Result<()> {
    let holds = match &*expect {
        Expect::Any => true,
        Expect::Rows(rows, _) => did.rows == *rows,
        Expect::True(_) => match &did.kept {
            Some(Value::Bool(truth)) => *truth,
            Some(Value::Int(number)) => *number != 0,
            Some(Value::Null | Value::Real(_) | Value::Text(_) | Value::Bytes(_)) | None => false,
        },
    };
    if holds {
        return Ok(());
    }
    match std::mem::replace(expect, Expect::Any) {
        Expect::Rows(_, error) | Expect::True(error) => Err(*error),
        Expect::Any => Ok(()),
    }
}
