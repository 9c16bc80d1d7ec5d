//! What happened to accounts, in the log beside the history of records (`baasix_AuditLog`, type
//! `auth`): who came in and from where, what was refused, which secrets were made and ended. Never
//! a value of any. What changes something is told in the write that changes it.

use crate::{Auth, Presented};
use access::Actor;
use catalog::HISTORY;
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A refusal that is like one of before is told again after so long.
const AGAIN_MS: i64 = 60_000;

/// Refusals that are told within that time, whatever they are like: a flood is no history.
const TOLD_MAX: usize = 60;

/// Something that happened to an account.
pub(crate) struct Event<'e> {
    /// What, in a word of the log.
    pub(crate) action: &'static str,
    /// Key of the account.
    pub(crate) user: &'e str,
    /// Key of who did it, where that is known.
    pub(crate) by: Option<&'e str>,
    /// Key of the tenant that it happened in.
    pub(crate) tenant: Option<&'e str>,
    /// Address that it was asked from.
    pub(crate) ip: Option<&'e str>,
    /// What else there is to know, without any secret.
    pub(crate) facts: Json,
}

impl<'e> Event<'e> {
    /// What somebody does to an account, its own or another.
    pub(crate) fn of(action: &'static str, user: &'e str, presented: &'e Presented) -> Self {
        let actor = &presented.actor;
        let (by, tenant) = (actor.user(), actor.tenant.as_deref());
        Self { action, user, by, tenant, ip: actor.ip.as_deref(), facts: Json::Null }
    }

    pub(crate) fn with(self, facts: Json) -> Self {
        Self { facts, ..self }
    }

    /// Its row, for the write that it is part of.
    pub(crate) fn row(&self) -> Operation {
        let after = if self.facts.is_null() { json!({}) } else { self.facts.clone() };
        let body = json!({
            "type": "auth",
            "entity": "baasix_User",
            "entityId": self.user,
            "action": self.action,
            "changes": { "after": after },
            "ipaddress": self.ip,
            "userId": self.by,
            "tenant_Id": self.tenant,
        });
        let body = body.as_object().cloned().unwrap_or_default();
        Operation::Create { collection: HISTORY.to_owned(), body }
    }
}

/// Which refusals were told lately.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<String, i64>>);

impl Refusals {
    /// Whether one of this kind is to be told; from now on it counts as told.
    fn is_due(&self, kind: String, now_ms: i64) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| now_ms - *at < AGAIN_MS);
        if told.contains_key(&kind) || told.len() >= TOLD_MAX {
            return false;
        }
        told.insert(kind, now_ms);
        true
    }
}

impl Auth {
    /// Tells of a refusal, in its own time: nobody waits for it, and whether it is told shows in no
    /// answer. Of the same account and address once in a minute.
    pub(crate) fn refused(&self, event: &Event<'_>) {
        let kind = format!("{} {} {}", event.action, event.user, event.ip.unwrap_or_default());
        if !self.0.refusals.is_due(kind, self.engine().clock().now_ms()) {
            return;
        }
        let (engine, operation) = (self.engine().clone(), event.row());
        tokio::spawn(async move {
            let write = Write { operations: vec![operation], strict: true };
            if let Err(fault) = engine.write(write, &Actor::system("tell of a refusal"), None).await
            {
                tracing::warn!(%fault, "a refusal was not written into the log");
            }
        });
    }
}

/// The facts of an event by name, none that is null.
pub(crate) fn facts<const N: usize>(pairs: [(&str, Json); N]) -> Json {
    let known = pairs.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(known.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::{AGAIN_MS, Refusals, TOLD_MAX};

    #[test]
    fn a_flood_of_refusals_is_told_by_a_few() {
        let refusals = Refusals::default();
        let due = |kind: &str, now| refusals.is_due(kind.to_owned(), now);
        assert!(due("a", 0));
        assert!(!due("a", AGAIN_MS - 1) && due("b", AGAIN_MS - 1));
        assert!(due("a", AGAIN_MS), "again after its time");
        let told = (0..1_000).filter(|one| due(&one.to_string(), AGAIN_MS)).count();
        assert_eq!(told, TOLD_MAX - 2, "whatever they are like");
        assert!(due("c", 3 * AGAIN_MS));
    }
}
