//! Reads as the original takes them (`COMPAT=baasix`, `spec/data.md` 21, row 29): a condition that
//! names what is not there is left out instead of refused, and a list's operator on a document is a
//! fault of the server. Only what a client asks is read so, never a permission.

use crate::{Engine, Numbers, State};
use access::Actor;
use base::{Code, Error, Result};
use catalog::FieldKind;
use query::{CountMode, Filter, Read, Test};
use std::borrow::Cow;

impl Engine {
    /// The read without the conditions that say nothing.
    pub(crate) fn as_original<'r>(
        &self,
        state: &State,
        read: &'r Read,
        actor: &Actor,
    ) -> Result<Cow<'r, Read>> {
        if !read.as_original {
            return Ok(Cow::Borrowed(read));
        }
        let filter = match &read.filter {
            Some(filter) => self.said(state, read, filter, actor)?,
            None => None,
        };
        Ok(Cow::Owned(Read { filter, as_original: false, ..read.clone() }))
    }

    fn said(
        &self,
        state: &State,
        read: &Read,
        filter: &Filter,
        actor: &Actor,
    ) -> Result<Option<Filter>> {
        let parts = |parts: &[Filter]| -> Result<Vec<Filter>> {
            let said = parts.iter().map(|part| self.said(state, read, part, actor));
            said.filter_map(Result::transpose).collect()
        };
        // Where nothing is left of several, they say nothing together.
        let left = |all: &[Filter], said: Vec<Filter>| {
            Some(said).filter(|said| all.is_empty() || !said.is_empty())
        };
        Ok(match filter {
            Filter::All(all) => left(all, parts(all)?).map(Filter::All),
            Filter::Any(any) => left(any, parts(any)?).map(Filter::Any),
            Filter::Not(part) => {
                self.said(state, read, part, actor)?.map(|part| Filter::Not(Box::new(part)))
            }
            Filter::Test(test) => match self.known(state, read, test, actor)? {
                true => Some(filter.clone()),
                false => None,
            },
        })
    }

    /// Whether everything that a condition names is there for the caller. It passes the guard by
    /// itself, so that what is out of sight is left out like what never was.
    fn known(&self, state: &State, read: &Read, test: &Test, actor: &Actor) -> Result<bool> {
        let alone = |test: Test| Read {
            collection: read.collection.clone(),
            filter: Some(Filter::Test(test)),
            count: CountMode::None,
            ..Read::default()
        };
        match self.prepare(state, &alone(test.clone()), actor, Numbers::Tokens) {
            Ok((_, _, plan)) => {
                // What was asked stands before what the policy adds.
                let mut on_document = None;
                plan.plan().filter.each_test(&mut |one| {
                    on_document.get_or_insert(matches!(one.left.kind, FieldKind::Json { .. }));
                });
                if on_document == Some(true) && test.operator == "arraycontains" {
                    return Err(Error::internal("cannot cast type jsonb to text[]"));
                }
                Ok(true)
            }
            Err(fault) => match fault.code() {
                Code::UnknownField | Code::UnknownOperator => Ok(false),
                _ => Err(fault),
            },
        }
    }
}
