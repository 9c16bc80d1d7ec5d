//! What an actor may name, by the policies that the guard goes by.

use crate::asked::denied;
use crate::guard::{Ground, Guard};
use crate::{Action, Actor, Policy};
use base::{Limits, Result};
use catalog::{Catalog, Collection};
use query::{Sight, Words};
use std::sync::Arc;

/// What an actor may name in a read of one collection: what the guard will let pass, asked before
/// anything is told of it. Nothing depends on the request, so that a name that is out of sight and
/// one that never was are one answer, in whatever part of the request they stand.
pub struct Seen<'a> {
    guard: Guard<'a>,
    root: Arc<Collection>,
    /// `None` of the asker's own record, where the role may read no other.
    policy: Option<&'a Policy>,
}

impl<'a> Seen<'a> {
    /// `None` for whoever no policy binds. An actor that may not read the collection at all is
    /// refused here, before a word is said of what it asked.
    pub fn of(
        collection: &str,
        full: &'a Catalog,
        actor: &'a Actor,
        words: &'a Words,
        limits: &'a Limits,
    ) -> Result<Option<Self>> {
        if actor.unbound() {
            return Ok(None);
        }
        let guard = Guard { policies: &actor.policies, full, words, limits, told: None };
        let policy = Some(guard.reading(collection)?);
        let root = full.get(collection).map(Arc::clone);
        let root = root.ok_or_else(|| denied(Action::Read, collection))?;
        Ok(Some(Self { guard, root, policy }))
    }

    /// Where these relations lead, by whichever policy governs there.
    fn ground(&self, path: &[&str]) -> Option<(Option<Ground<'_>>, Arc<Collection>)> {
        let ground = self.policy.map(|policy| Ground { policy, path: Vec::new() });
        path.iter().try_fold((ground, Arc::clone(&self.root)), |(ground, here), name| {
            let reached = self.guard.reach(ground.as_ref(), &here, name)?;
            Some((Some(reached.ground), reached.target))
        })
    }
}

impl Sight for Seen<'_> {
    fn field(&self, path: &[&str], name: &str) -> bool {
        self.ground(path)
            .is_some_and(|(ground, here)| ground.is_none_or(|ground| ground.grants(&here, name)))
    }

    fn relation(&self, path: &[&str], name: &str) -> bool {
        self.ground(path)
            .is_some_and(|(ground, here)| self.guard.reach(ground.as_ref(), &here, name).is_some())
    }

    fn own(&self, collection: &str) -> Option<Box<dyn Sight + '_>> {
        let root = Arc::clone(self.guard.full.get(collection)?);
        let policy = self.guard.reading(collection).ok();
        Some(Box::new(Self { guard: self.guard, root, policy }))
    }
}
