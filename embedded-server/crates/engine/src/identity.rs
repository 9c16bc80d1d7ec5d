//! Since when something learnt of who asks may be wrong: by a number that grows with every change of
//! users, roles, tenants or sessions. A change of one session concerns who holds it and nobody else.

use crate::Engine;
use crate::kept::{self, Kept};
use base::Value;
use catalog::Collection;
use query::{Assigned, Step};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Sessions whose change is remembered by itself; beyond that everything is asked anew.
const SESSIONS_MAX: usize = 10_000;

/// Whom a write concerns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Concerned {
    Nobody,
    /// Who holds these sessions, by their keys.
    Sessions(Vec<String>),
    Everybody,
}

impl Concerned {
    /// By what a write does. Of a session that is new nobody knows anything yet.
    pub(crate) fn by<'s>(steps: impl IntoIterator<Item = &'s Step>) -> Self {
        let of = |collection: &Collection, what| kept::of(&collection.name).contains(&what);
        let mut sessions = Vec::new();
        for step in steps {
            let (collection, key) = match step {
                Step::Insert { collection, .. } if of(collection, Kept::Session) => continue,
                Step::Insert { collection, .. } => (collection, None),
                Step::Update { collection, key, .. } | Step::Delete { collection, key, .. } => {
                    (collection, key.as_ref())
                }
                Step::Exists { .. } | Step::Pointed { .. } => continue,
            };
            // Settings and variables are kept as long as identities are, and seldom change.
            let seldom = of(collection, Kept::Settings) || of(collection, Kept::Variables);
            if of(collection, Kept::People) || seldom {
                return Self::Everybody;
            }
            if of(collection, Kept::Session) {
                let Some(Assigned::Value(Value::Text(key))) = key else { return Self::Everybody };
                sessions.push(key.clone());
            }
        }
        if sessions.is_empty() { Self::Nobody } else { Self::Sessions(sessions) }
    }
}

/// What is known to have changed.
#[derive(Default)]
pub(crate) struct Identities {
    version: AtomicU64,
    changed: Mutex<Changed>,
}

#[derive(Default)]
struct Changed {
    /// When everything changed last.
    everything: u64,
    /// When these sessions changed, since then.
    sessions: HashMap<String, u64>,
}

impl Identities {
    fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn changed(&self, concerned: Concerned) {
        let sessions = match concerned {
            Concerned::Nobody => return,
            Concerned::Sessions(sessions) => sessions,
            Concerned::Everybody => Vec::new(),
        };
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.version() + 1;
        let everything = sessions.is_empty();
        changed.sessions.extend(sessions.into_iter().map(|session| (session, now)));
        if everything || changed.sessions.len() > SESSIONS_MAX {
            changed.everything = now;
            changed.sessions = HashMap::new();
        }
        // Last: whoever learns something between the two learns it under the older number.
        self.version.store(now, Ordering::Release);
    }

    fn holds(&self, version: u64, session: Option<&str>) -> bool {
        if version == self.version() {
            return true;
        }
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let own = session.and_then(|session| changed.sessions.get(session));
        changed.everything <= version && own.is_none_or(|at| *at <= version)
    }
}

impl Engine {
    /// Grows whenever users, roles, sessions or tenants change. Asked before something is learnt
    /// of an identity, for [`Engine::identity_holds`].
    #[must_use]
    pub fn identity_version(&self) -> u64 {
        self.identities().version()
    }

    /// Whether what was learnt under this number of who holds a session (none for an identity
    /// without one) is still so; otherwise it must be asked again.
    #[must_use]
    pub fn identity_holds(&self, version: u64, session: Option<&str>) -> bool {
        self.identities().holds(version, session)
    }

    /// Everything known of anybody must be asked again.
    pub(crate) fn identity_changed(&self) {
        self.identities().changed(Concerned::Everybody);
    }
}

#[cfg(test)]
mod tests {
    use super::{Concerned, Identities, SESSIONS_MAX};

    fn sessions(names: &[&str]) -> Concerned {
        Concerned::Sessions(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn a_change_of_a_session_is_told_to_its_holder_alone() {
        let known = Identities::default();
        let learnt = known.version();
        known.changed(Concerned::Nobody);
        assert_eq!(known.version(), learnt);
        known.changed(sessions(&["a", "b"]));
        assert!(!known.holds(learnt, Some("a")) && !known.holds(learnt, Some("b")));
        assert!(known.holds(learnt, Some("c")) && known.holds(learnt, None));
        let later = known.version();
        assert!(later > learnt && known.holds(later, Some("a")), "what was asked again holds");
        known.changed(sessions(&["c"]));
        assert!(known.holds(later, Some("a")) && !known.holds(later, Some("c")));
        known.changed(Concerned::Everybody);
        for session in [None, Some("a"), Some("c"), Some("d")] {
            assert!(!known.holds(later, session), "{session:?}");
            assert!(known.holds(known.version(), session), "{session:?}");
        }
    }

    #[test]
    fn what_is_too_much_to_remember_is_told_to_everybody() {
        let known = Identities::default();
        let learnt = known.version();
        for one in 0..SESSIONS_MAX {
            known.changed(sessions(&[&one.to_string()]));
        }
        assert!(known.holds(learnt, Some("other")) && !known.holds(learnt, Some("0")));
        known.changed(sessions(&["one more"]));
        assert!(!known.holds(learnt, Some("other")) && !known.holds(learnt, Some("0")));
    }
}
