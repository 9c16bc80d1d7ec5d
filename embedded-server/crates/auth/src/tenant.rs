//! The tenants that somebody may work in, and going from one to another (`spec/auth.md` 8.3).

use crate::identity::{Presented, profile};
use crate::sign_in::session_type;
use crate::{Auth, Entry};
use base::{Code, Error, Result};
use engine::{field_is, field_test};
use query::{Direction, Filter, Read, SortAsked};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// A tenant, and the role that somebody has in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Key in `baasix_Tenant`.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Key of the role.
    pub role: String,
    /// Name of the role.
    pub role_name: String,
}

/// What a change of the tenant asks with.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    /// The tenant to work in.
    pub tenant: String,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

impl Auth {
    /// Where the signed-in user may work, by name: the tenants of its assignments, for an
    /// administrator all there are; at most as many as one list answers. `MULTI_TENANT_DISABLED`
    /// where records belong to no tenants.
    pub async fn tenants_of(&self, presented: &Presented) -> Result<Vec<Membership>> {
        self.must_have_tenants()?;
        let Some(profile) = &presented.profile else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        if presented.actor.has_administrators_role() {
            return self.all_tenants(&profile.role_id, &presented.actor.role_name).await;
        }
        let read = Read {
            collection: String::from("baasix_UserRole"),
            fields: ["id", "createdAt", "tenant.id", "tenant.name", "role.id", "role.name"]
                .map(str::to_owned)
                .to_vec(),
            filter: Some(Filter::All(vec![
                field_is("user_Id", profile.user_id.as_str()),
                field_test("tenant_Id", "isNotNull", Json::Bool(true)),
            ])),
            // Of two roles in one tenant the one that was given first is the one that counts there.
            sort: ["createdAt", "id"].map(ascending).to_vec(),
            limit: Some(self.most()),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "tell who may work where").await?;
        let mut known = BTreeSet::new();
        let mut found: Vec<Membership> = rows
            .iter()
            .filter_map(|row| {
                Some(Membership {
                    tenant: text(row.get("tenant")?, "id")?,
                    name: text(row.get("tenant")?, "name")?,
                    role: text(row.get("role")?, "id")?,
                    role_name: text(row.get("role")?, "name")?,
                })
            })
            .filter(|one| known.insert(one.tenant.clone()))
            .collect();
        found.sort_by(|one, other| (&one.name, &one.tenant).cmp(&(&other.name, &other.tenant)));
        Ok(found)
    }

    async fn all_tenants(&self, role: &str, role_name: &str) -> Result<Vec<Membership>> {
        let read = Read {
            collection: String::from("baasix_Tenant"),
            fields: ["id", "name"].map(str::to_owned).to_vec(),
            sort: ["name", "id"].map(ascending).to_vec(),
            limit: Some(self.most()),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "tell all tenants").await?;
        let all = rows.into_iter().map(Json::Object).filter_map(|row| {
            Some(Membership {
                tenant: text(&row, "id")?,
                name: text(&row, "name")?,
                role: role.to_owned(),
                role_name: role_name.to_owned(),
            })
        });
        Ok(all.collect())
    }

    fn most(&self) -> i64 {
        i64::try_from(self.engine().limits().page_size_max).unwrap_or(i64::MAX)
    }

    /// Opens a session of the signed-in user in another tenant; the one that asks goes on. 404
    /// `NOT_FOUND` for a tenant that there is not, `TENANT_ACCESS_DENIED` where the user has no role.
    /// A second factor that the role there demands is set up first.
    pub async fn switch_tenant(&self, presented: &Presented, ask: Switch) -> Result<Entry> {
        self.must_have_tenants()?;
        let Some(known) = &presented.profile else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        let kind = session_type(ask.session_type.as_deref())?;
        let Some(tenant) = self.tenant(&ask.tenant).await? else {
            return Err(Error::new(Code::NotFound, "Tenant not found").at("tenant_Id"));
        };
        let key = text_of(&tenant, "id");
        let user = self.user_with_roles(field_is("id", known.user_id.as_str())).await?;
        let user = user.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))?;
        let state = self.state_with_roles_of(&user).await?;
        let profile = profile(user, key.as_deref(), Some(tenant), None, &state);
        let profile = profile.ok_or_else(tenant_denied)?;
        self.go_on(profile, kind, key, ask.ip, ask.user_agent).await
    }

    /// The record of a tenant; none for what is no key of any.
    pub(crate) async fn tenant(&self, key: &str) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: String::from("baasix_Tenant"),
            key: Some(Json::from(key)),
            ..Read::default()
        };
        match self.engine().find(&read, "find a tenant").await {
            Ok(rows) => Ok(rows.into_iter().next()),
            Err(fault) if matches!(fault.code(), Code::ItemNotFound | Code::InvalidId) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// `MULTI_TENANT_DISABLED` where records belong to no tenants.
    pub fn must_have_tenants(&self) -> Result<()> {
        if self.has_tenants() {
            return Ok(());
        }
        Err(Error::new(Code::MultiTenantDisabled, "this project has no tenants")
            .hint("`multi_tenant` (`MULTI_TENANT`) switches them on"))
    }
}

/// Where somebody has no role.
pub(crate) fn tenant_denied() -> Error {
    Error::new(Code::TenantAccessDenied, "Access denied for specified tenant").at("tenant_Id")
}

fn ascending(path: &str) -> SortAsked {
    SortAsked { path: path.to_owned(), direction: Direction::Ascending, distance: None }
}

fn text(row: &Json, key: &str) -> Option<String> {
    row.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn text_of(row: &Map<String, Json>, key: &str) -> Option<String> {
    row.get(key).and_then(Json::as_str).map(str::to_owned)
}
