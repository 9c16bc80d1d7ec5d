//! What the guard demands, told to whoever asks why.
//!
//! It is told where it is demanded, by the statement that demands it: nothing is worked out twice, and
//! a demand that nobody makes any more is told by nobody.

use crate::Action;
use query::{Cond, Filter};
use std::cell::RefCell;

/// Who demands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The role's permission for this action on the collection.
    Permission(Action),
    /// The tenant that the request stands in.
    Tenant,
}

/// One thing that is demanded of a record.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Who demands it.
    pub origin: Origin,
    /// In names, as it is stored.
    pub filter: Filter,
    /// As it is asked.
    pub cond: Cond,
}

/// Where it is told.
#[derive(Debug, Default)]
pub struct Told(RefCell<Vec<Clause>>);

impl Told {
    pub(crate) fn tell(&self, origin: Origin, filter: &Filter, cond: &Cond) {
        let clause = Clause { origin, filter: filter.clone(), cond: cond.clone() };
        self.0.borrow_mut().push(clause);
    }

    /// Changes every condition that was told so far.
    pub(crate) fn each(&self, mut change: impl FnMut(&mut Cond)) {
        self.0.borrow_mut().iter_mut().for_each(|clause| change(&mut clause.cond));
    }

    /// Everything that was told.
    #[must_use]
    pub fn clauses(self) -> Vec<Clause> {
        self.0.into_inner()
    }
}

/// What must hold together, each by itself.
pub(crate) fn parts(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::All(all) => all.iter().flat_map(parts).collect(),
        Filter::Any(_) | Filter::Not(_) | Filter::Test(_) => vec![filter],
    }
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
