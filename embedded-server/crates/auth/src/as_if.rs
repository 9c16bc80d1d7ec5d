//! Somebody else's eyes: the actor that another person or a role would be. It is asked about and
//! opens nothing.

use crate::{Auth, Presented, identity};
use access::{Actor, Identity};
use base::{Code, Detail, Error, Result};
use engine::field_is;
use serde_json::Value as Json;
use std::sync::Arc;

/// Through whose eyes.
#[derive(Clone, Debug)]
pub enum Eyes {
    /// Those of a person, by key.
    Person(String),
    /// Those of a role, by key, with nobody in it.
    Role(String),
    /// Those of whoever is not signed in.
    Anybody,
}

impl Auth {
    /// The actor that somebody would be, in this tenant or in the one where a sign-in without a
    /// tenant leads. `VALIDATION_ERROR` for nobody, and for who may not sign in.
    pub async fn as_if(&self, eyes: &Eyes, tenant: Option<&str>) -> Result<Actor> {
        Ok(self.seen_by(eyes, tenant).await?.actor)
    }

    /// The same with the records of the person.
    pub(crate) async fn seen_by(&self, eyes: &Eyes, tenant: Option<&str>) -> Result<Presented> {
        let presented = match eyes {
            Eyes::Anybody => self.public(None, None),
            Eyes::Role(id) => {
                let state = self.engine().state();
                let role =
                    state.roles.get(id).ok_or_else(|| no("role_Id", "there is no such role"))?;
                // An administrator is one by its role alone; of other roles nobody is any person.
                let identity = match role.name.as_str() {
                    "administrator" => Identity::User(String::new()),
                    _ => Identity::Anonymous,
                };
                let actor = identity::actor(identity, Some(role), None, None);
                Presented { actor, profile: None, dead: None, viewer: None }
            }
            Eyes::Person(id) => {
                let user = match self.user_with_roles(field_is("id", id.as_str())).await {
                    Err(fault) if fault.code() == Code::InvalidQuery => None,
                    found => found?,
                };
                let user = user.ok_or_else(|| no("user_Id", "there is no such user"))?;
                let status = user.get("status").and_then(Json::as_str).unwrap_or_default();
                if status != "active" {
                    return Err(no(
                        "user_Id",
                        &format!("this account may not sign in: it is {status}"),
                    ));
                }
                let own = || identity::first_tenant(&user).filter(|_| self.has_tenants());
                let within = tenant.map(str::to_lowercase).or_else(own);
                let record = match &within {
                    Some(tenant) => self.tenant(tenant).await?,
                    None => None,
                };
                let state = self.state_with_roles_of(&user).await?;
                let profile = identity::profile(user, within.as_deref(), record, None, &state);
                let profile =
                    profile.ok_or_else(|| no("user_Id", "this account has no role there"))?;
                self.signed_in(Arc::new(profile), None)
            }
        };
        match self.has_tenants() {
            true => self.within(presented, tenant).await,
            false => Ok(presented),
        }
    }
}

fn no(field: &'static str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {field}: {why}"))
        .at(field)
        .detail(Detail::field("missing", field, why))
}
