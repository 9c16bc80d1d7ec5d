//! When a person was here last, noted beside the request and not in it.

use crate::{Auth, Profile, sign_in};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How old `lastAccess` may be before a question of who one is writes it again: a write for each
/// question would cost more than the answer (`spec/auth.md` 21, F24).
const NOTED_MS: i64 = 15 * 60 * 1_000;

/// People whose last note is remembered at once.
const REMEMBERED_MAX: usize = 10_000;

/// What was noted of whom, or of which token. An identity that is kept ready does not see it in its record.
#[derive(Default)]
pub(crate) struct Presence(Mutex<HashMap<String, Noted>>);

struct Noted {
    /// What the record said when this was noted: where it says something else, it is asked.
    stood: Option<i64>,
    at_ms: i64,
}

impl Presence {
    /// Whether a moment is to be written; from now on it counts as written.
    fn is_due(&self, user_id: &str, stood: Option<i64>, now_ms: i64) -> bool {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = map.get(user_id).filter(|noted| noted.stood == stood);
        let last = noted.map(|noted| noted.at_ms).max(stood);
        if last.is_some_and(|last| now_ms - last < NOTED_MS) {
            return false;
        }
        Self::put(&mut map, user_id, Noted { stood, at_ms: now_ms });
        true
    }

    fn note(&self, user_id: &str, stood: Option<i64>, now_ms: i64) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Self::put(&mut map, user_id, Noted { stood, at_ms: now_ms });
    }

    fn put(map: &mut HashMap<String, Noted>, user_id: &str, noted: Noted) {
        if map.len() >= REMEMBERED_MAX {
            map.retain(|_, one| noted.at_ms - one.at_ms < NOTED_MS);
        }
        if map.len() >= REMEMBERED_MAX {
            map.clear();
        }
        map.insert(user_id.to_owned(), noted);
    }
}

impl Auth {
    /// Notes that a signed-in user is there, at most once in a quarter of an hour. Nobody waits.
    pub fn still_here(&self, profile: &Profile) {
        let now_ms = self.engine().clock().now_ms();
        if self.0.presence.is_due(&profile.user_id, last_access(profile), now_ms) {
            self.engine().note_presence(profile.user_id.clone(), now_ms);
        }
    }

    /// Notes that the API token behind an identity was used, in the same way.
    pub(crate) fn token_used(&self, profile: &Profile, now_ms: i64) {
        let Some(token) = &profile.api_token else { return };
        if self.0.uses.is_due(&token.id, token.used_ms, now_ms) {
            self.engine().note_token_use(token.id.clone(), now_ms);
        }
    }

    /// Notes that a user signed in.
    pub(crate) fn was_here(&self, profile: &Profile, now_ms: i64) {
        self.0.presence.note(&profile.user_id, last_access(profile), now_ms);
        self.engine().note_presence(profile.user_id.clone(), now_ms);
    }
}

fn last_access(profile: &Profile) -> Option<i64> {
    profile.user.get("lastAccess").and_then(Json::as_str).and_then(sign_in::instant_ms)
}

#[cfg(test)]
mod tests {
    use super::{NOTED_MS, Presence};

    #[test]
    fn a_person_is_noted_once_in_a_quarter_of_an_hour() {
        let presence = Presence::default();
        let due = |stood, now| presence.is_due("ada", stood, now);
        assert!(due(None, 1_000));
        // The record as it was read before the note says nothing of it.
        assert!(!due(None, 1_000 + NOTED_MS - 1));
        assert!(!due(Some(1_000), 1_000 + NOTED_MS - 1));
        assert!(due(None, 1_000 + NOTED_MS));
        // What the record says counts, whatever was noted of another state of it.
        assert!(!due(Some(5 * NOTED_MS), 5 * NOTED_MS + 1));
        assert!(due(Some(7), 5 * NOTED_MS));
        assert!(presence.is_due("bob", None, 1_000), "each by themselves");
    }
}
