//! What a record was.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// One change of an item.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Revision {
    /// The key of this revision.
    pub(crate) id: String,
    /// What happened to the item.
    pub(crate) action: RevisionAction,
    /// When, an ISO 8601 instant.
    pub(crate) at: String,
    /// Who; `null` for the server itself, for nobody signed in, and for people out of sight.
    pub(crate) actor: Option<RevisionActor>,
    /// What the client called itself; `import:` and its job for an import.
    pub(crate) origin: Option<String>,
    /// The address it came from; `null` unless an administrator asks.
    pub(crate) ip: Option<String>,
    /// The fields in which the two sides differ.
    pub(crate) changed: Vec<String>,
    /// The item before; `null` where there was none, or none in sight.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub(crate) before: Option<Map<String, Json>>,
    /// The item after; `null` where there was none, or none in sight.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub(crate) after: Option<Map<String, Json>>,
}

/// What happened to an item.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum RevisionAction {
    Create,
    Update,
    Delete,
    Restore,
}

/// Who made a revision, as far as the asker may know.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RevisionActor {
    /// The key of the user.
    pub(crate) id: String,
    /// First and last name.
    pub(crate) name: Option<String>,
    /// The e-mail address.
    pub(crate) email: Option<String>,
}

/// A page of revisions, newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct HistoryPage {
    /// The revisions.
    pub(crate) data: Vec<Revision>,
    /// The `after` of the next page; `null` at the end.
    pub(crate) cursor: Option<String>,
    /// For how many days revisions are kept; 0 where the collection keeps none.
    pub(crate) keep_days: u32,
}

/// What is taken back from a revision.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RevertBody {
    /// The key of the revision.
    pub(crate) revision: String,
    /// The fields; without them all that it changed and the caller may write; the rest is told.
    #[cfg_attr(test, ts(optional, type = "readonly string[]"))]
    pub(crate) fields: Option<Vec<String>>,
    /// As the item was before the revision (unless given), or as it was after it.
    #[cfg_attr(test, ts(optional))]
    pub(crate) to: Option<RevertSide>,
}

/// Which side of a revision.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum RevertSide {
    Before,
    After,
}

impl From<RevertSide> for engine::RevisionSide {
    fn from(side: RevertSide) -> Self {
        match side {
            RevertSide::Before => Self::Before,
            RevertSide::After => Self::After,
        }
    }
}

impl From<engine::History> for HistoryPage {
    fn from(history: engine::History) -> Self {
        Self {
            data: history.revisions.into_iter().map(Into::into).collect(),
            cursor: history.cursor,
            keep_days: history.keep_days,
        }
    }
}

impl From<engine::Revision> for Revision {
    fn from(one: engine::Revision) -> Self {
        Self {
            id: one.id,
            action: match one.kind {
                engine::RevisionKind::Create => RevisionAction::Create,
                engine::RevisionKind::Update => RevisionAction::Update,
                engine::RevisionKind::Delete => RevisionAction::Delete,
                engine::RevisionKind::Restore => RevisionAction::Restore,
            },
            at: one.at,
            actor: one.actor.map(|person| RevisionActor {
                id: person.id,
                name: person.name,
                email: person.email,
            }),
            origin: one.origin,
            ip: one.ip,
            changed: one.changed,
            before: one.before,
            after: one.after,
        }
    }
}
