//! What the caller may do.

use access::Capability;
use indexmap::IndexMap;
use serde::Serialize;

/// What the caller may do, judged by the server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AccessReport {
    /// The active role.
    pub(crate) role: AccessRole,
    /// The id of the signed-in user; `null` for nobody.
    pub(crate) user: Option<String>,
    /// The collections the role may touch.
    #[cfg_attr(test, ts(type = "Record<string, AccessGrants>"))]
    pub(crate) collections: IndexMap<String, AccessGrants>,
}

/// The active role.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AccessRole {
    /// Its key.
    pub(crate) id: Option<String>,
    /// Its name; `public` without a user.
    pub(crate) name: String,
    /// Whether no permission binds it.
    pub(crate) administrator: bool,
}

/// What the role may do with one collection.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AccessGrants {
    pub(crate) create: AccessGrant,
    pub(crate) read: AccessGrant,
    pub(crate) update: AccessGrant,
    pub(crate) delete: AccessGrant,
}

impl From<[Capability; 4]> for AccessGrants {
    /// In the order of `Action::ALL`.
    fn from(actions: [Capability; 4]) -> Self {
        let [create, read, update, delete] = actions.map(AccessGrant::from);
        Self { create, read, update, delete }
    }
}

/// What the role may do with one action of a collection.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum AccessGrant {
    /// Nothing.
    Denied(#[cfg_attr(test, ts(type = "false"))] bool),
    /// It, within these bounds.
    Granted {
        /// Field patterns; `['*']` is every direct column.
        fields: Vec<String>,
        /// `true` when the grant holds only for rows that meet a condition.
        conditional: bool,
    },
}

impl From<Capability> for AccessGrant {
    fn from(one: Capability) -> Self {
        match one.fields {
            None => Self::Denied(false),
            Some(fields) => Self::Granted { fields, conditional: one.conditional },
        }
    }
}
