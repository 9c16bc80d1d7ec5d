//! Policies: what a role may do, as stored in `baasix_Permission`.

use indexmap::IndexMap;
use query::{Filter, RelConditions};
use serde_json::{Map, Value as Json};

/// What is done to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// New records.
    Create,
    /// Reading.
    Read,
    /// Changing.
    Update,
    /// Ending.
    Delete,
}

impl Action {
    /// All four, in the order of the wire.
    pub const ALL: [Action; 4] = [Action::Create, Action::Read, Action::Update, Action::Delete];

    /// The word of the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Every policy of one role.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// By collection and action. A missing entry grants nothing.
    pub by_collection: IndexMap<String, Vec<Policy>>,
}

impl Policies {
    /// The policy for one action on one collection.
    #[must_use]
    pub fn get(&self, collection: &str, action: Action) -> Option<&Policy> {
        self.by_collection.get(collection)?.iter().find(|policy| policy.action == action)
    }
}

/// One permission row.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What it is about.
    pub action: Action,
    /// Which fields and relations.
    pub fields: FieldGrants,
    /// Which records: `using` for existing ones, `check` for the record as written.
    pub conditions: Option<Filter>,
    /// Trims what shows inside relations.
    pub rel_conditions: RelConditions,
    /// Merged under the body on create and update (the body wins).
    pub defaults: Map<String, Json>,
    /// The stored row names something that does not exist: everything it governs is denied.
    pub broken: bool,
}

/// Field patterns of a permission row (`spec/auth.md` 12.5).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldGrants {
    /// `None` is the stored null: on read and delete no restriction on direct columns, on create
    /// and update nothing.
    pub patterns: Option<Vec<String>>,
}
