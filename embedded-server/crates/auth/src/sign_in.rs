//! Sign-in, registration, the first owner and sign-out.

use crate::identity::{self, Presented, profile};
use crate::tenant::tenant_denied;
use crate::token::{fingerprint, random_token};
use crate::{Auth, Profile};
use access::{Actor, Identity};
use base::{Code, Detail, Error, Result};
use engine::field_is;
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::sync::PoisonError;
use subtle::ConstantTimeEq;

/// What a sign-in asks with.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// Address, any case.
    pub email: String,
    /// Password.
    pub password: String,
    /// Tenant to work in.
    pub tenant: Option<String>,
    /// The one that a client goes on naming with every request: counts where none is asked for and
    /// the account has a role in it.
    pub tenant_hint: Option<String>,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// What a registration asks with: the body as sent.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// The body.
    pub body: Map<String, Json>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// The token response.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Access token.
    pub token: String,
    /// Refresh token; changes with every refresh.
    pub refresh_token: String,
    /// Seconds the access token lives.
    pub expires_in: u64,
    /// Seconds the refresh token can be exchanged.
    pub session_seconds: u64,
    /// Who signed in.
    pub profile: Profile,
    /// The role's record.
    pub role: Json,
    /// The role's permission rows.
    pub permissions: Json,
}

/// Columns of `baasix_User` that a registration may set. Everything else there is ours; columns
/// that an administrator added are the application's own.
const REGISTRATION_FIELDS: [&str; 5] = ["email", "password", "firstName", "lastName", "phone"];

/// Keys of the registration body that are instructions, not columns.
const REGISTRATION_WORDS: [&str; 5] = ["tenant", "roleName", "inviteToken", "authMode", "authType"];

impl Auth {
    /// Signs in with address and password. Unknown account and wrong password are one answer.
    pub async fn sign_in(&self, ask: SignIn) -> Result<SignedIn> {
        let now_ms = self.engine().clock().now_ms();
        let email = ask.email.trim().to_lowercase();
        let session_type = session_type(ask.session_type.as_deref())?;
        let keys = attempt_keys(&email, ask.ip.as_deref());
        self.0.attempts.check(&keys, now_ms)?;
        let user = self.user_by_email(&email).await?;
        let hash = match &user {
            Some(user) => self.password_hash(user).await?,
            None => None,
        };
        let right = self.0.hashing.verify(&ask.password, hash).await?;
        // Guesses sent side by side all passed the first look; what failed meanwhile counts.
        self.0.attempts.check(&keys, now_ms)?;
        if !right {
            self.0.attempts.failed(&keys, now_ms);
            return Err(Error::new(Code::InvalidCredentials, "Incorrect password."));
        }
        self.0.attempts.succeeded(&keys);
        let user = user.ok_or_else(|| Error::internal("a verified password without its user"))?;
        if let Some(status) =
            user.get("status").and_then(Json::as_str).filter(|status| *status != "active")
        {
            return Err(Error::new(Code::AccountInactive, format!("Account is {status}")));
        }
        let state = self.state_with_roles_of(&user).await?;
        let tenants = self.settings().tenants.is_some();
        let hinted = ask.tenant_hint.map(|tenant| tenant.trim().to_lowercase());
        let hinted = hinted.filter(|tenant| identity::belongs_to(&user, tenant));
        let own = || hinted.or_else(|| identity::first_tenant(&user)).filter(|_| tenants);
        let asked = ask.tenant.map(|tenant| tenant.trim().to_lowercase());
        let tenant = asked.or_else(own);
        let profile =
            profile(user, tenant.as_deref(), None, None, &state).ok_or_else(|| {
                match (&tenant, tenants) {
                    (Some(_), true) => tenant_denied(),
                    (Some(_), false) => {
                        Error::new(Code::Forbidden, "Access denied for specified tenant")
                    }
                    (None, _) => Error::new(Code::Forbidden, "this account has no role")
                        .hint("an administrator assigns one"),
                }
            })?;
        self.open_session(profile, session_type, tenant, ask.ip, ask.user_agent).await
    }

    /// Makes an account with the default role and signs it in.
    pub async fn register(&self, ask: Registration) -> Result<SignedIn> {
        if !self.settings().public_registration {
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
        let role = self.registration_role(&ask.body)?;
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
        let tenant = self.tenant_to_make(&ask.body)?;
        let made = self.create_user(body, &role, tenant.as_ref(), "registration").await;
        made.map_err(|fault| match fault.code() {
            Code::UniqueViolation if tenant.is_some() && is_of(&fault, "name") => {
                Error::new(Code::UniqueViolation, "a tenant of this name exists already")
                    .detail(Detail::field("unique", "tenant.name", "this name is taken"))
            }
            Code::UniqueViolation => Error::new(Code::EmailTaken, "User already exists"),
            _ => fault,
        })?;
        let user = self
            .user_by_email(&email)
            .await?
            .ok_or_else(|| Error::internal("a registered user is not there"))?;
        let tenant = tenant.map(|tenant| tenant.key);
        let profile = profile(user, tenant.as_deref(), None, None, &self.engine().state())
            .ok_or_else(|| Error::internal("a registered user has no role"))?;
        self.open_session(profile, String::from("default"), tenant, ask.ip, ask.user_agent).await
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
        self.create_user(body, &role, None, "make the first owner").await
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
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system(reason), None).await.map(drop)
    }

    pub(crate) async fn user_by_email(&self, email: &str) -> Result<Option<Map<String, Json>>> {
        self.user_with_roles(field_is("email", email)).await
    }

    /// A user with its assignments.
    pub(crate) async fn user_with_roles(&self, is: Filter) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: String::from("baasix_User"),
            fields: ["*", "userRoles.*"].map(str::to_owned).to_vec(),
            filter: Some(is),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.engine().find(&read, "find an account").await?.into_iter().next())
    }

    async fn password_hash(&self, user: &Map<String, Json>) -> Result<Option<String>> {
        let Some(id) = user.get("id").and_then(Json::as_str) else { return Ok(None) };
        let read = Read {
            collection: String::from("baasix_Account"),
            fields: vec![String::from("password")],
            filter: Some(Filter::All(vec![
                field_is("user_Id", id),
                field_is("providerId", "credential"),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "verify a password").await?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.get("password").and_then(Json::as_str).map(str::to_owned)))
    }

    pub(crate) async fn open_session(
        &self,
        mut profile: Profile,
        session_type: String,
        tenant: Option<String>,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<SignedIn> {
        let now_ms = self.engine().clock().now_ms();
        if profile.tenant.is_none()
            && let Some(tenant) = &tenant
        {
            profile.tenant = self.tenant(tenant).await?;
        }
        let session = base::uuid_v4()?;
        let session_token = self.0.keys.session_token(&session)?;
        let refresh_token = self.0.keys.first_refresh(&session)?;
        let until = now_ms
            + i64::try_from(self.settings().session_seconds).unwrap_or(i64::MAX / 4_000) * 1_000;
        let body = json!({
            "id": session,
            "token": fingerprint(&session_token),
            "refreshToken": fingerprint(&refresh_token),
            "user_Id": profile.user_id,
            "tenant_Id": tenant,
            "expiresAt": base::iso_millis(until),
            "ipAddress": ip,
            "userAgent": user_agent,
            "type": session_type.as_str(),
        });
        let Json::Object(body) = body else {
            return Err(Error::internal("an object literal is an object"));
        };
        let operations =
            vec![Operation::Create { collection: String::from("baasix_Sessions"), body }];
        let (user, role) = (profile.user_id.as_str(), profile.role_id.as_str());
        let room = self.engine().session_room(user, role, &session_type, tenant.as_deref()).await?;
        let write = Write { operations, strict: true };
        let house = Actor::system("open a session");
        self.engine().write_session(write, room.as_ref(), &house).await?;
        self.end_sessions_beyond(&profile.user_id).await?;
        self.was_here(&profile, now_ms);
        self.token_response(profile, &session_token, refresh_token, tenant.as_deref())
    }

    pub(crate) fn token_response(
        &self,
        profile: Profile,
        session_token: &str,
        refresh_token: String,
        tenant: Option<&str>,
    ) -> Result<SignedIn> {
        let now_ms = self.engine().clock().now_ms();
        let token =
            self.0.keys.issue(&profile.user_id, &profile.role_id, session_token, tenant, now_ms)?;
        let state = self.engine().state();
        let role = state.roles.get(&profile.role_id);
        Ok(SignedIn {
            token,
            refresh_token,
            expires_in: self.0.keys.access_seconds(),
            session_seconds: self.settings().session_seconds,
            role: role.map_or(Json::Null, |role| Json::Object((*role.record).clone())),
            permissions: role
                .map_or(Json::Array(Vec::new()), |role| Json::Array((*role.rows).clone())),
            profile,
        })
    }

    /// Ends the session behind the presented identity. Nothing to end is fine.
    pub async fn sign_out(&self, presented: &Presented) -> Result<()> {
        let Some(session) = presented.profile.as_ref().and_then(|profile| profile.session.clone())
        else {
            return Ok(());
        };
        self.end_sessions(&[session]).await
    }

    pub(crate) async fn end_sessions(&self, sessions: &[String]) -> Result<()> {
        let operations = sessions.iter().map(|session| Operation::Delete {
            collection: String::from("baasix_Sessions"),
            key: Json::String(session.clone()),
            expect: Map::new(),
            force: true,
        });
        let write = Write { operations: operations.collect(), strict: false };
        match self.engine().write(write, &Actor::system("end sessions"), None).await {
            Err(fault) if fault.code() == Code::ItemNotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Changes the signed-in user's own password and ends every other session.
    pub async fn change_password(
        &self,
        presented: &Presented,
        current: &str,
        new: &str,
    ) -> Result<()> {
        let Identity::User(user_id) = &presented.actor.identity else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        crate::password::check_policy(new)?;
        let Some(profile) = &presented.profile else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        let keys = attempt_keys(user_id, presented.actor.ip.as_deref());
        let now_ms = self.engine().clock().now_ms();
        self.0.attempts.check(&keys, now_ms)?;
        let hash = self.password_hash(&profile.user).await?;
        let right = self.0.hashing.verify(current, hash).await?;
        self.0.attempts.check(&keys, now_ms)?;
        if !right {
            self.0.attempts.failed(&keys, now_ms);
            return Err(Error::new(Code::CurrentPasswordInvalid, "the current password is wrong"));
        }
        let body = Map::from_iter([(String::from("password"), Json::String(new.to_owned()))]);
        let keep = profile.session.clone();
        crate::hook::KEEP_SESSION.scope(keep, self.update_user(user_id, body)).await
    }

    async fn update_user(&self, user_id: &str, body: Map<String, Json>) -> Result<()> {
        let operations = vec![Operation::Update {
            collection: String::from("baasix_User"),
            key: Json::String(user_id.to_owned()),
            body,
            expect: Map::new(),
        }];
        self.engine()
            .write(Write { operations, strict: true }, &Actor::system("change a password"), None)
            .await
            .map(drop)
    }

    /// Sets another user's password (administrators) and ends all of that user's sessions.
    pub async fn set_password(
        &self,
        presented: &Presented,
        user_id: &str,
        new: &str,
    ) -> Result<()> {
        if !presented.actor.is_administrator() {
            return Err(Error::new(Code::Forbidden, "Access denied. Administrators only."));
        }
        let body = Map::from_iter([(String::from("password"), Json::String(new.to_owned()))]);
        self.update_user(user_id, body).await
    }
}

pub(crate) fn session_type(asked: Option<&str>) -> Result<String> {
    match asked.unwrap_or("default") {
        known @ ("default" | "mobile" | "web") => Ok(known.to_owned()),
        _ => Err(Error::new(Code::SessionTypeInvalid, "Invalid session type")
            .hint("one of `default`, `mobile`, `web`")),
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

/// A failure counts for the account and for the address, each with its own wait.
fn attempt_keys(account: &str, ip: Option<&str>) -> Vec<String> {
    let mut keys = vec![format!("account {account}")];
    keys.extend(ip.map(|ip| format!("account {account} from {ip}")));
    keys
}

/// Milliseconds since 1970 of a wire instant.
pub(crate) fn instant_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}
