//! Why somebody may or may not touch a record.

use access::{Actor, Origin};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;

/// What is asked about. With neither `user_Id` nor `role_Id` it is whoever is not signed in.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ExplainBody {
    /// Through the eyes of this person.
    #[cfg_attr(test, ts(rename = "user_Id"))]
    pub(crate) user_id: Option<String>,
    /// Through the eyes of this role, with nobody in it.
    #[cfg_attr(test, ts(rename = "role_Id"))]
    pub(crate) role_id: Option<String>,
    /// In this tenant.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
    /// The collection.
    pub(crate) collection: String,
    /// `read` (unless given), `update` or `delete`.
    #[cfg_attr(test, ts(type = "'read' | 'update' | 'delete'"))]
    pub(crate) action: Option<String>,
    /// The key of the record.
    #[cfg_attr(test, ts(type = "string | number"))]
    pub(crate) id: Json,
}

/// A verdict, and everything that it came from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Explanation {
    /// Whether the record may be touched.
    pub(crate) allowed: bool,
    /// How it came to that.
    #[cfg_attr(
        test,
        ts(
            type = "'administrator' | 'granted' | 'noPermission' | 'broken' | 'noTenant' | 'conditions' | 'absent'"
        )
    )]
    pub(crate) because: &'static str,
    /// The role that counts.
    pub(crate) role: ExplainedRole,
    /// Key of the tenant that it was asked in.
    pub(crate) tenant: Option<String>,
    /// The permission row that governs, as it is stored.
    #[cfg_attr(test, ts(type = "PermissionRecord | null"))]
    pub(crate) permission: Option<Json>,
    /// What is demanded of the record; nothing where there is no such record.
    pub(crate) clauses: Vec<ExplainedClause>,
    /// Every field that is not hidden from everybody.
    pub(crate) fields: Vec<ExplainedField>,
}

/// A role, by its key and its name.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExplainedRole {
    /// The key.
    pub(crate) id: Option<String>,
    /// The name.
    pub(crate) name: String,
}

/// One demand, and whether the record meets it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExplainedClause {
    /// Who demands it: the role's permission, or the tenant.
    #[cfg_attr(test, ts(type = "'permission' | 'tenant'"))]
    pub(crate) from: &'static str,
    /// As it is stored, with its variables.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub(crate) filter: Json,
    /// Whether it holds; null where a null keeps it from being said, which does not open either.
    pub(crate) holds: Option<bool>,
    /// What the record has at the paths that it names; of several far records the first ones.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub(crate) values: IndexMap<String, Json>,
}

/// A field, and whether it is among those that the permission names.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ExplainedField {
    /// The name.
    pub(crate) name: String,
    /// Whether it may be touched.
    pub(crate) allowed: bool,
}

impl Explanation {
    pub(crate) fn new(explained: engine::Explained, actor: &Actor) -> Self {
        let clauses = explained.demands.into_iter().map(|demand| ExplainedClause {
            from: match demand.origin {
                Origin::Permission(_) => "permission",
                Origin::Tenant => "tenant",
            },
            filter: demand.filter,
            holds: demand.holds,
            values: demand.values,
        });
        let fields = explained.fields.into_iter();
        Self {
            allowed: explained.allowed,
            because: explained.because.word(),
            role: ExplainedRole { id: actor.role.clone(), name: actor.role_name.clone() },
            tenant: actor.tenant.clone(),
            permission: explained.permission,
            clauses: clauses.collect(),
            fields: fields.map(|(name, allowed)| ExplainedField { name, allowed }).collect(),
        }
    }
}
