//! Whose account it is that somebody signs in to at a provider: the one that they came by before,
//! else the one of an address that both have confirmed, else a new one.

use super::{Auth, Found, Provider};
use crate::audit::{Event, facts};
use crate::identity;
use crate::link::Page;
use crate::mailed::is_verified;
use crate::second_factor::Entry;
use base::{Code, Detail, Error, Result};
use engine::field_is;
use query::{Filter, Operation, Read};
use serde_json::{Map, Value as Json, json};

const ROWS: &str = "baasix_Account";

/// Whom a provider has found.
pub(super) struct Whose<'w> {
    pub(super) provider: &'w Provider,
    pub(super) found: Found,
    /// The token of an invitation.
    pub(super) invite: Option<&'w str>,
}

impl Auth {
    /// Signs in to the account of whom a provider has found.
    pub(super) async fn enter_found(
        &self,
        whose: Whose<'_>,
        page: Option<&Page>,
        kind: String,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<Entry> {
        // Of two who come for the first time at once, the later finds what the earlier made.
        let user = match self.user_found(&whose, ip.as_deref()).await {
            Err(fault) if matches!(fault.code(), Code::UniqueViolation | Code::Conflict) => {
                self.user_found(&whose, ip.as_deref()).await?
            }
            user => user?,
        };
        match user.get("status").and_then(Json::as_str) {
            Some("active") => {}
            status => {
                let id = user.get("id").and_then(Json::as_str).unwrap_or_default();
                let because =
                    facts([("because", "status".into()), ("provider", json!(whose.provider.id))]);
                let (action, ip) = ("sign-in refused", ip.as_deref());
                self.refused(&Event {
                    action,
                    user: id,
                    by: None,
                    tenant: None,
                    ip,
                    facts: because,
                });
                let told = format!("Account is {}", status.unwrap_or("inactive"));
                return Err(Error::new(Code::AccountInactive, told));
            }
        }
        if !page.is_none_or(|page| page.is_for(|tenant| identity::belongs_to(&user, tenant))) {
            return Err(crate::link::elsewhere());
        }
        let tenant = identity::first_tenant(&user).filter(|_| self.has_tenants());
        let state = self.state_with_roles_of(&user).await?;
        let profile = identity::profile(user, tenant.as_deref(), None, None, &state);
        let profile = profile.ok_or_else(|| {
            Error::new(Code::Forbidden, "this account has no role")
                .hint("an administrator assigns one")
        })?;
        self.enter(profile, kind, tenant, ip, user_agent).await
    }

    async fn user_found(&self, whose: &Whose<'_>, ip: Option<&str>) -> Result<Map<String, Json>> {
        let Whose { provider, found, .. } = whose;
        let read = Read {
            collection: ROWS.to_owned(),
            fields: ["id", "user_Id"].map(str::to_owned).to_vec(),
            filter: Some(Filter::All(vec![
                field_is("providerId", provider.id.as_str()),
                field_is("accountId", found.subject.as_str()),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        let account = self.engine().find(&read, "sign in at a provider").await?.into_iter().next();
        if let Some(account) = account {
            let id = account.get("user_Id").and_then(Json::as_str).unwrap_or_default();
            let user = self.user_with_roles(field_is("id", id)).await?;
            let user = user.ok_or_else(|| Error::internal("an account without its user"))?;
            let renewed = Operation::Update {
                collection: ROWS.to_owned(),
                key: account.get("id").cloned().unwrap_or_default(),
                body: self.tokens(whose),
                expect: Map::new(),
            };
            self.write_as_house(vec![renewed], "keep what a provider gave").await?;
            return Ok(user);
        }
        match self.account_of_address(found).await? {
            Some(user) => self.link(whose, user, ip).await,
            None => self.newcomer(whose, ip).await,
        }
    }

    /// The account of the address that a provider tells, in small letters.
    async fn account_of_address(&self, found: &Found) -> Result<Option<Map<String, Json>>> {
        match address(found) {
            Some(email) => self.user_by_email(&email).await,
            None => Ok(None),
        }
    }

    /// Joins what a provider knows somebody by to the account of the same address. Only where both
    /// have confirmed it: else whoever writes somebody's address into a profile there, or was here
    /// first under somebody else's address, has their account.
    async fn link(
        &self,
        whose: &Whose<'_>,
        user: Map<String, Json>,
        ip: Option<&str>,
    ) -> Result<Map<String, Json>> {
        if !whose.found.verified || !is_verified(&user) {
            let told = "there is an account of this address already";
            return Err(Error::new(Code::EmailTaken, told)
                .hint("sign in to it as before; the address must be confirmed here and there"));
        }
        if user.get("status").and_then(Json::as_str) != Some("active") {
            return Ok(user);
        }
        let id = user.get("id").and_then(Json::as_str).unwrap_or_default();
        let operations = vec![self.joined(whose, id), linked(whose, id, ip).row()];
        self.write_as_house(operations, "join an account to a provider").await?;
        Ok(user)
    }

    /// Makes an account of who was never here.
    async fn newcomer(&self, whose: &Whose<'_>, ip: Option<&str>) -> Result<Map<String, Json>> {
        let found = &whose.found;
        let email = address(found);
        let invitation = match whose.invite {
            Some(token) => Some(self.invitation(token).await?),
            None => None,
        };
        if let Some(invitation) = &invitation
            && (!found.verified || email.as_deref() != Some(invitation.email.as_str()))
        {
            let told = "this invitation is for another address";
            let detail = Detail::field("invite", "email", told);
            return Err(Error::new(Code::InviteEmailMismatch, told).at("email").detail(detail));
        }
        if !self.settings().public_registration && invitation.is_none() {
            return Err(Error::new(Code::RegistrationDisabled, "registration is switched off"));
        }
        if self.settings().verified_only && !found.verified {
            let told = "the provider has not confirmed the address of this account";
            return Err(Error::new(Code::EmailNotVerified, told)
                .hint("confirm it there, or register here with a password"));
        }
        let state = self.engine().state();
        let role = match &invitation {
            Some(invitation) => invitation.role.clone(),
            None => {
                let role = state.role_named(&self.settings().default_role);
                let told = "the role of new accounts does not exist";
                role.map(|role| role.id.clone())
                    .ok_or_else(|| Error::new(Code::RoleNotAllowed, told))?
            }
        };
        let within = invitation.as_ref().and_then(|one| one.tenant.clone());
        let within = within.filter(|_| self.has_tenants());
        let everywhere = state.roles.get(&role).is_some_and(|role| {
            role.record.get("isTenantSpecific").and_then(Json::as_bool) == Some(false)
        });
        if self.has_tenants() && within.is_none() && !everywhere {
            return Err(Error::new(Code::TenantRequired, "a new account needs a tenant")
                .hint("register with `tenant: {name}`, or follow an invitation"));
        }
        let key = base::uuid_v4()?;
        let first = found.first.clone().or_else(|| {
            email.as_deref().and_then(|email| email.split('@').next()).map(str::to_owned)
        });
        let first = first.unwrap_or_else(|| whose.provider.name.clone());
        let body = json!({
            "id": key,
            "email": email,
            "firstName": first.chars().take(100).collect::<String>(),
            "lastName": found.last,
            "emailVerified": found.verified && email.is_some(),
            "role_Id": role,
        });
        let mut body = body.as_object().cloned().unwrap_or_default();
        if let Some(tenant) = &within {
            body.insert(String::from("tenant_Id"), json!(tenant));
        }
        let collection = String::from("baasix_User");
        let mut operations = vec![Operation::Create { collection, body }, self.joined(whose, &key)];
        operations.push(linked(whose, &key, ip).row());
        let now = base::iso_millis(self.engine().clock().now_ms());
        operations.extend(invitation.map(|invitation| invitation.accepted(&key, &now)));
        if let Some(email) = &email {
            operations.extend(self.welcome(email, &first, within.as_deref()).await?);
        }
        self.write_as_house(operations, "make an account by a provider").await?;
        self.0.post.wake();
        let user = self.user_with_roles(field_is("id", key)).await?;
        user.ok_or_else(|| Error::internal("an account that was made is not there"))
    }

    fn joined(&self, whose: &Whose<'_>, user: &str) -> Operation {
        let mut body = self.tokens(whose);
        body.insert(String::from("user_Id"), json!(user));
        body.insert(String::from("providerId"), json!(whose.provider.id));
        body.insert(String::from("accountId"), json!(whose.found.subject));
        Operation::Create { collection: ROWS.to_owned(), body }
    }

    /// What a provider gave for later. What it did not give again stays.
    fn tokens(&self, whose: &Whose<'_>) -> Map<String, Json> {
        let tokens = &whose.found.tokens;
        let ends = tokens.seconds.and_then(|seconds| i64::try_from(seconds).ok()).map(|seconds| {
            let seconds = seconds.min(10 * 365 * 86_400);
            base::iso_millis(self.engine().clock().now_ms() + seconds * 1_000)
        });
        let given = [
            ("accessToken", tokens.access.clone()),
            ("refreshToken", tokens.refresh.clone()),
            ("idToken", tokens.id.clone()),
            ("accessTokenExpiresAt", ends),
        ];
        let given =
            given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?))));
        given.collect()
    }
}

/// An address as accounts have it; what is none is left out.
fn address(found: &Found) -> Option<String> {
    found.email.as_deref().and_then(|email| crate::mailed::address(email).ok())
}

fn linked<'e>(whose: &Whose<'_>, user: &'e str, ip: Option<&'e str>) -> Event<'e> {
    let facts = facts([("provider", json!(whose.provider.id))]);
    Event { action: "provider joined", user, by: Some(user), tenant: None, ip, facts }
}
