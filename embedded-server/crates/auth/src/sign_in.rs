//! Sign-in, sign-out and passwords.

use crate::audit::{Event, facts};
use crate::identity::{self, Presented, profile};
use crate::second_factor::Entry;
use crate::tenant::tenant_denied;
use crate::token::fingerprint;
use crate::{Auth, Profile};
use access::{Actor, Identity};
use base::{Code, Error, Result};
use engine::field_is;
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json, json};

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

impl Auth {
    /// Refused (`FORBIDDEN`) where the configuration leaves signing in to other ways.
    pub fn takes_passwords(&self) -> Result<()> {
        if self.serves("local") {
            return Ok(());
        }
        Err(Error::new(Code::Forbidden, "signing in with a password is switched off")
            .hint("sign in at a provider; `GET /auth/providers` lists them"))
    }

    /// Signs in with address and password. Unknown account and wrong password are one answer. Whoever
    /// has a second factor is asked for it.
    pub async fn sign_in(&self, ask: SignIn) -> Result<Entry> {
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
            self.refused_sign_in(user.as_ref(), "password", ask.ip.as_deref());
            return Err(Error::new(Code::InvalidCredentials, "Incorrect password."));
        }
        self.0.attempts.succeeded(&keys);
        let user = user.ok_or_else(|| Error::internal("a verified password without its user"))?;
        if let Some(status) =
            user.get("status").and_then(Json::as_str).filter(|status| *status != "active")
        {
            let refusal = Error::new(Code::AccountInactive, format!("Account is {status}"));
            self.refused_sign_in(Some(&user), "status", ask.ip.as_deref());
            return Err(refusal);
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
        self.enter(profile, session_type, tenant, ask.ip, ask.user_agent).await
    }

    /// Tells that somebody did not come in. Of an account that there is not nothing is written down.
    fn refused_sign_in(&self, user: Option<&Map<String, Json>>, why: &str, ip: Option<&str>) {
        let Some(user) = user.and_then(|user| user.get("id")?.as_str()) else { return };
        let facts = facts([("because", Json::from(why))]);
        let action = "sign-in refused";
        self.refused(&Event { action, user, by: None, tenant: None, ip, facts });
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

    pub(crate) async fn password_hash(&self, user: &Map<String, Json>) -> Result<Option<String>> {
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
        let entered = Event {
            action: "signed in",
            user: &profile.user_id,
            by: Some(&profile.user_id),
            tenant: tenant.as_deref(),
            ip: ip.as_deref(),
            facts: facts([("session", json!(session)), ("type", json!(session_type))]),
        };
        let operations = vec![
            Operation::Create { collection: String::from("baasix_Sessions"), body },
            entered.row(),
        ];
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

    /// What is told of an account that is made and waits until its address is confirmed: whom it is
    /// for, and no token.
    pub(crate) async fn unconfirmed(
        &self,
        mut profile: Profile,
        tenant: Option<&str>,
    ) -> Result<Entry> {
        if let Some(tenant) = tenant {
            profile.tenant = self.tenant(tenant).await?;
        }
        let state = self.engine().state();
        let role = state.roles.get(&profile.role_id);
        Ok(Entry::Unconfirmed(Box::new(SignedIn {
            token: String::new(),
            refresh_token: String::new(),
            expires_in: 0,
            session_seconds: 0,
            role: role.map_or(Json::Null, |role| Json::Object((*role.record).clone())),
            permissions: role
                .map_or(Json::Array(Vec::new()), |role| Json::Array((*role.rows).clone())),
            profile,
        })))
    }

    /// Ends the session behind the presented identity. Nothing to end is fine.
    pub async fn sign_out(&self, presented: &Presented) -> Result<()> {
        let Some(session) = presented.profile.as_ref().and_then(|profile| profile.session.clone())
        else {
            return Ok(());
        };
        let user = presented.actor.user().unwrap_or_default();
        let event = Event::of("signed out", user, presented);
        let event = event.with(facts([("session", json!(session))]));
        self.end_sessions(&[session], Some(&event)).await
    }

    /// Ends sessions, and tells of it where there is something to tell.
    pub(crate) async fn end_sessions(
        &self,
        sessions: &[String],
        event: Option<&Event<'_>>,
    ) -> Result<()> {
        let operations = sessions.iter().map(|session| Operation::Delete {
            collection: String::from("baasix_Sessions"),
            key: Json::String(session.clone()),
            expect: Map::new(),
            force: true,
        });
        let operations = operations.chain(event.map(Event::row)).collect();
        let write = Write { operations, strict: false };
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
        if !self.knows_password(profile, current, presented.actor.ip.as_deref()).await? {
            return Err(Error::new(Code::CurrentPasswordInvalid, "the current password is wrong"));
        }
        let body = Map::from_iter([(String::from("password"), Json::String(new.to_owned()))]);
        let keep = profile.session.clone();
        let event = Event::of("password changed", user_id, presented);
        crate::hook::KEEP_SESSION.scope(keep, self.update_user(user_id, body, &event)).await
    }

    /// Whether this is the password of an account, with a growing wait between wrong ones. Nobody
    /// knows that of an account without one.
    pub(crate) async fn knows_password(
        &self,
        profile: &Profile,
        password: &str,
        ip: Option<&str>,
    ) -> Result<bool> {
        let keys = attempt_keys(&profile.user_id, ip);
        let now_ms = self.engine().clock().now_ms();
        self.0.attempts.check(&keys, now_ms)?;
        let hash = self.password_hash(&profile.user).await?;
        let right = self.0.hashing.verify(password, hash).await?;
        self.0.attempts.check(&keys, now_ms)?;
        if !right {
            self.0.attempts.failed(&keys, now_ms);
        }
        Ok(right)
    }

    async fn update_user(
        &self,
        user_id: &str,
        body: Map<String, Json>,
        event: &Event<'_>,
    ) -> Result<()> {
        let change = Operation::Update {
            collection: String::from("baasix_User"),
            key: Json::String(user_id.to_owned()),
            body,
            expect: Map::new(),
        };
        let operations = vec![change, event.row()];
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
        let event = Event::of("password set", user_id, presented);
        self.update_user(user_id, body, &event).await
    }
}

pub(crate) fn session_type(asked: Option<&str>) -> Result<String> {
    match asked.unwrap_or("default") {
        known @ ("default" | "mobile" | "web") => Ok(known.to_owned()),
        _ => Err(Error::new(Code::SessionTypeInvalid, "Invalid session type")
            .hint("one of `default`, `mobile`, `web`")),
    }
}

/// A failure counts for the account and for the address, each with its own wait.
pub(crate) fn attempt_keys(account: &str, ip: Option<&str>) -> Vec<String> {
    let mut keys = vec![format!("account {account}")];
    keys.extend(ip.map(|ip| format!("account {account} from {ip}")));
    keys
}

/// Milliseconds since 1970 of a wire instant.
pub(crate) fn instant_ms(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}
