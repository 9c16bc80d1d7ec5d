//! Registration, and the first owner.

use crate::mailed::is_verified;
use crate::second_factor::Entry;
use crate::token::random_token;
use crate::{Auth, identity};
use access::Actor;
use base::{Code, Detail, Error, Result};
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use std::sync::PoisonError;
use subtle::ConstantTimeEq;

/// What a registration asks with: the body as sent.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The body.
    pub body: Map<String, Json>,
    /// The authority that this server was called by, where that is known to be its own.
    pub own: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// Columns of `baasix_User` that a registration may set. Everything else there is ours; columns
/// that an administrator added are the application's own.
const REGISTRATION_FIELDS: [&str; 5] = ["email", "password", "firstName", "lastName", "phone"];

/// Keys of the registration body that are instructions, not columns.
const REGISTRATION_WORDS: [&str; 6] =
    ["tenant", "roleName", "inviteToken", "authMode", "authType", "link"];

impl Auth {
    /// Makes an account with the default role and signs it in.
    pub async fn register(&self, ask: Registration) -> Result<Entry> {
        self.takes_passwords()?;
        let invitation = match ask.body.get("inviteToken").and_then(Json::as_str) {
            Some(token) if !token.is_empty() => Some(self.invitation(token).await?),
            Some(_) | None => None,
        };
        // Whoever is invited may come where nobody else may.
        if !self.settings().public_registration && invitation.is_none() {
            return Err(Error::new(Code::RegistrationDisabled, "registration is switched off"));
        }
        let mut missing = Vec::new();
        for key in ["email", "password"] {
            if ask.body.get(key).and_then(Json::as_str).is_none_or(|text| text.trim().is_empty()) {
                missing.push(Detail::field(
                    Code::RequiredFieldMissing.as_str(),
                    key,
                    format!("`{key}` is required"),
                ));
            }
        }
        if !missing.is_empty() {
            return Err(Error::new(Code::ValidationError, "email and password are required")
                .details(missing));
        }
        let role = match &invitation {
            Some(invitation) => invitation.role.clone(),
            None => self.registration_role(&ask.body)?,
        };
        let state = self.engine().state();
        let users = state
            .catalog
            .get("baasix_User")
            .ok_or_else(|| Error::internal("no user collection"))?;
        let mut body = Map::new();
        for (key, value) in &ask.body {
            let own_column = users.fields.get(key).is_some_and(|field| {
                !field.generated
                    && !field.hidden
                    && !field.primary_key
                    && !crate::hook::is_ours(key)
            });
            if REGISTRATION_FIELDS.contains(&key.as_str())
                || (own_column && !REGISTRATION_WORDS.contains(&key.as_str()))
            {
                body.insert(key.clone(), value.clone());
            }
        }
        let email =
            body.get("email").and_then(Json::as_str).unwrap_or_default().trim().to_lowercase();
        if body.get("firstName").is_none_or(Json::is_null) {
            let local = email.split('@').next().unwrap_or_default().to_owned();
            body.insert(String::from("firstName"), Json::String(local));
        }
        body.insert(String::from("email"), Json::String(email.clone()));
        if invitation.as_ref().is_some_and(|invitation| invitation.email != email) {
            let told = "this invitation is for another address";
            let detail = Detail::field("invite", "email", told);
            return Err(Error::new(Code::InviteEmailMismatch, told).at("email").detail(detail));
        }
        let tenant = match &invitation {
            Some(_) => None,
            None => self.tenant_to_make(&ask.body)?,
        };
        let key = base::uuid_v4()?;
        body.insert(String::from("id"), Json::String(key.clone()));
        let name = body.get("firstName").and_then(Json::as_str).unwrap_or_default().to_owned();
        let within = match (&invitation, &tenant) {
            (Some(invitation), _) => invitation.tenant.clone().filter(|_| self.has_tenants()),
            (None, made) => made.as_ref().map(|tenant| tenant.key.clone()),
        };
        let letters = if let Some(invitation) = &invitation {
            // The mail that brought it was read there.
            body.insert(String::from("emailVerified"), Json::Bool(true));
            if let Some(tenant) = &within {
                body.insert(String::from("tenant_Id"), Json::String(tenant.clone()));
            }
            let now = base::iso_millis(self.engine().clock().now_ms());
            let welcome = self.welcome(&email, &name, within.as_deref()).await?;
            std::iter::once(invitation.accepted(&key, &now)).chain(welcome).collect()
        } else if self.settings().verified_only {
            let link = ask.body.get("link").and_then(Json::as_str);
            let page = self.page(link, ask.own.as_deref()).await?;
            if !page.is_for(|_| false) {
                return Err(crate::link::elsewhere());
            }
            self.first_verification(&key, &email, &name, &page, None).await?
        } else {
            self.welcome(&email, &name, None).await?.into_iter().collect()
        };
        let made = self.create_user(body, &role, tenant.as_ref(), letters, "registration").await;
        made.map_err(|fault| match fault.code() {
            Code::UniqueViolation if tenant.is_some() && is_of(&fault, "name") => {
                Error::new(Code::UniqueViolation, "a tenant of this name exists already")
                    .detail(Detail::field("unique", "tenant.name", "this name is taken"))
            }
            Code::UniqueViolation => Error::new(Code::EmailTaken, "User already exists"),
            Code::Conflict if invitation.is_some() => crate::invite::late(fault),
            _ => fault,
        })?;
        let user = self
            .user_by_email(&email)
            .await?
            .ok_or_else(|| Error::internal("a registered user is not there"))?;
        self.0.post.wake();
        let state = self.engine().state();
        let profile = identity::profile(user, within.as_deref(), None, None, &state)
            .ok_or_else(|| Error::internal("a registered user has no role"))?;
        if self.settings().verified_only && !is_verified(&profile.user) {
            return self.unconfirmed(profile, within.as_deref()).await;
        }
        self.enter(profile, String::from("default"), within, ask.ip, ask.user_agent).await
    }

    /// The tenant that a registration makes. Nobody registers into one that is there: that takes an
    /// invitation.
    fn tenant_to_make(&self, body: &Map<String, Json>) -> Result<Option<NewTenant>> {
        if !self.has_tenants() {
            return Ok(None);
        }
        let asked = body.get("tenant").filter(|asked| !asked.is_null());
        let Some(asked) = asked else {
            return Err(Error::new(Code::TenantRequired, "a registration needs a tenant")
                .hint("say `tenant: {name}` to make one")
                .detail(Detail::field(
                    Code::RequiredFieldMissing.as_str(),
                    "tenant",
                    "a tenant is required",
                )));
        };
        let name = asked.get("name").and_then(Json::as_str).map(str::trim);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => Ok(Some(NewTenant { key: base::uuid_v4()?, name: name.to_owned() })),
            None => {
                let why = "the name of a tenant is a text that says something";
                let told = format!("Validation failed: tenant.name: {why}");
                let detail = Detail::field("type", "tenant.name", why);
                Err(Error::new(Code::ValidationError, told).detail(detail))
            }
        }
    }

    fn registration_role(&self, body: &Map<String, Json>) -> Result<String> {
        let asked = body.get("roleName").and_then(Json::as_str);
        let name = asked.unwrap_or(&self.settings().default_role);
        let allowed = asked.is_none()
            || name == self.settings().default_role
            || self.settings().allowed_roles.iter().any(|one| one == name);
        // A privileged role is never to be had by asking, whatever the configuration says.
        if !allowed || name == "administrator" || name == "public" {
            return Err(Error::new(
                Code::RoleNotAllowed,
                "this role cannot be asked for at registration",
            ));
        }
        let state = self.engine().state();
        let role = state.role_named(name).map(|role| role.id.clone());
        role.ok_or_else(|| {
            Error::new(Code::RoleNotAllowed, "this role cannot be asked for at registration")
        })
    }

    /// Makes the first owner. Refused once an administrator exists.
    pub async fn create_owner(&self, email: &str, password: &str, first_name: &str) -> Result<()> {
        if self.has_owner().await? {
            return Err(Error::new(Code::Forbidden, "this project has an owner already"));
        }
        let state = self.engine().state();
        let role = state.role_named("administrator").map(|role| role.id.clone());
        let role = role.ok_or_else(|| Error::internal("no administrator role"))?;
        let body = json!({ "email": email.trim().to_lowercase(), "password": password, "firstName": first_name, "emailVerified": true });
        let Json::Object(body) = body else {
            return Err(Error::internal("an object literal is an object"));
        };
        self.create_user(body, &role, None, Vec::new(), "make the first owner").await
    }

    /// A one-time token that lets its bearer make the first owner; kept in memory only.
    pub fn offer_setup(&self) -> Result<String> {
        let token = random_token()?;
        *self.0.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }

    /// Spends the set-up token and makes the first owner.
    pub async fn setup(
        &self,
        token: &str,
        email: &str,
        password: &str,
        first_name: &str,
    ) -> Result<()> {
        // Taken while it is spent, so that of two who use the link at once one is too late.
        let held = {
            let mut known = self.0.setup.lock().unwrap_or_else(PoisonError::into_inner);
            let fits = known
                .as_ref()
                .is_some_and(|known| bool::from(known.as_bytes().ct_eq(token.as_bytes())));
            if fits { known.take() } else { None }
        };
        let Some(held) = held else {
            return Err(Error::new(Code::TokenInvalid, "the set-up link is unknown or was used")
                .hint("start the server again for a new one"));
        };
        let made = self.create_owner(email, password, first_name).await;
        if made.is_err() && !self.has_owner().await? {
            *self.0.setup.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        }
        made
    }

    async fn create_user(
        &self,
        mut body: Map<String, Json>,
        role: &str,
        tenant: Option<&NewTenant>,
        letters: Vec<Operation>,
        reason: &'static str,
    ) -> Result<()> {
        body.insert(String::from("role_Id"), Json::String(role.to_owned()));
        let mut operations = Vec::new();
        if let Some(NewTenant { key, name }) = tenant {
            body.insert(String::from("tenant_Id"), Json::String(key.clone()));
            let body = [("id", key), ("name", name)];
            let body = body.map(|(name, value)| (name.to_owned(), Json::String(value.clone())));
            let collection = String::from("baasix_Tenant");
            operations.push(Operation::Create { collection, body: Map::from_iter(body) });
        }
        operations.push(Operation::Create { collection: String::from("baasix_User"), body });
        operations.extend(letters);
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system(reason), None).await.map(drop)
    }
}

/// A tenant that a registration makes.
struct NewTenant {
    key: String,
    name: String,
}

/// Whether a refusal is about this field.
fn is_of(fault: &Error, field: &str) -> bool {
    fault.detail_list().iter().any(|detail| detail.field.as_deref() == Some(field))
}
