//! What a change of permissions would do.

use super::explain::ExplainedRole;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// Permissions as they would be.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct ImpactBody {
    /// At most 50. Those of one role are judged together.
    pub(crate) changes: Vec<ImpactChange>,
    /// To this person, of the role that is changed; to the role with nobody in it unless given.
    #[cfg_attr(test, ts(rename = "user_Id"))]
    pub(crate) user_id: Option<String>,
    /// In this tenant.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
}

/// One permission as it would be.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImpactChange {
    /// Key of the role.
    #[cfg_attr(test, ts(rename = "role_Id"))]
    pub(crate) role_id: String,
    /// The collection.
    pub(crate) collection: String,
    /// The action.
    #[cfg_attr(test, ts(type = "'create' | 'read' | 'update' | 'delete'"))]
    pub(crate) action: String,
    /// Its fields and conditions as they would be stored; `null` where it is taken away.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub(crate) permission: Option<Map<String, Json>>,
}

/// What a change would do to one action of a role on a collection.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PermissionImpact {
    /// The role.
    pub(crate) role: ExplainedRole,
    /// The collection.
    pub(crate) collection: String,
    /// The action.
    #[cfg_attr(test, ts(type = "'create' | 'read' | 'update' | 'delete'"))]
    pub(crate) action: &'static str,
    /// Which records are in reach; `null` for making new ones, and for changing and removing what is
    /// the house's own, where more than permissions decides.
    pub(crate) records: Option<RecordsInReach>,
    /// Fields that would be among those named, and are not.
    pub(crate) fields_gained: Vec<String>,
    /// The other way round.
    pub(crate) fields_lost: Vec<String>,
}

/// Which records are in reach, before and after.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RecordsInReach {
    /// How many are.
    pub(crate) before: u64,
    /// How many would be.
    pub(crate) after: u64,
    /// How many would be that are not.
    pub(crate) gained: u64,
    /// How many are that would not be.
    pub(crate) lost: u64,
    /// A few of those gained, without what is hidden from everybody.
    #[cfg_attr(test, ts(type = "Record<string, unknown>[]"))]
    pub(crate) gained_sample: Vec<Map<String, Json>>,
    /// A few of those lost.
    #[cfg_attr(test, ts(type = "Record<string, unknown>[]"))]
    pub(crate) lost_sample: Vec<Map<String, Json>>,
}

impl PermissionImpact {
    pub(crate) fn new(impact: engine::Impact, role: ExplainedRole) -> Self {
        let engine::Impact { collection, action, records, fields_gained, fields_lost } = impact;
        let records = records.map(|records| {
            let engine::RecordImpact { before, after, gained, lost, gained_sample, lost_sample } =
                records;
            RecordsInReach { before, after, gained, lost, gained_sample, lost_sample }
        });
        Self { role, collection, action: action.as_str(), records, fields_gained, fields_lost }
    }
}
