//! Viewing as somebody else.

use super::explain::ExplainedRole;
use auth::Persona;
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// As whom. With neither `user_Id` nor `role_Id` it is whoever is not signed in.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub(crate) struct PersonaBody {
    /// As this person.
    #[cfg_attr(test, ts(rename = "user_Id"))]
    pub(crate) user_id: Option<String>,
    /// As this role, with nobody in it.
    #[cfg_attr(test, ts(rename = "role_Id"))]
    pub(crate) role_id: Option<String>,
    /// In this tenant.
    #[cfg_attr(test, ts(rename = "tenant_Id"))]
    pub(crate) tenant_id: Option<String>,
}

/// A view that was opened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PersonaOpened {
    /// What requests show in `X-Plinth-Persona`, beside what their sender proves itself with. Told
    /// this once; of no use to anybody else.
    pub(crate) token: String,
    /// When it is over.
    pub(crate) expires_at: String,
    /// The person; `null` for a role with nobody in it.
    #[cfg_attr(test, ts(type = "Record<string, unknown> | null"))]
    pub(crate) user: Option<Map<String, Json>>,
    /// The role that counts.
    pub(crate) role: ExplainedRole,
    /// Key of the tenant that is looked into.
    pub(crate) tenant: Option<String>,
}

impl From<Persona> for PersonaOpened {
    fn from(persona: Persona) -> Self {
        let Persona { secret, expires_at, record, actor, .. } = persona;
        Self {
            token: secret,
            expires_at,
            user: record,
            role: ExplainedRole { id: actor.role, name: actor.role_name },
            tenant: actor.tenant,
        }
    }
}
