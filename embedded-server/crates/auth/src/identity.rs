//! From a presented token to an actor.

use crate::tenant::tenant_denied;
use crate::token::{Read as TokenRead, fingerprint};
use crate::{Auth, sign_in};
use access::{Actor, Identity, Scopes, TENANT, Tenancy, Within};
use base::{Code, Result};
use engine::{Engine, Role, State, field_is};
use query::{Direction, Filter, Read, SortAsked};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Identities kept ready at once.
const CACHED_MAX: usize = 10_000;

/// Who presented a token, or that the token is dead.
#[derive(Clone, Debug)]
pub struct Presented {
    /// Who asks; the public role when nobody is signed in.
    pub actor: Actor,
    /// The signed-in user's records.
    pub profile: Option<Arc<Profile>>,
    /// A token was presented and is dead: what public may not do answers 401 with this code.
    pub dead: Option<Code>,
    /// Key of the administrator who sees the project through these eyes ([`Auth::seen_as`]).
    pub viewer: Option<String>,
}

/// What is known of a signed-in user. Hidden fields are not in it.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The record of `baasix_User`.
    pub user: Map<String, Json>,
    /// Key of the user.
    pub user_id: String,
    /// Key of the active role.
    pub role_id: String,
    /// The tenant's record, when the session has one.
    pub tenant: Option<Map<String, Json>>,
    /// Key of the session; none for the launch token and API tokens.
    pub session: Option<String>,
    /// The API token that was presented instead of one of a session.
    pub api_token: Option<Arc<KnownToken>>,
}

/// What an API token says of who bears it.
#[derive(Clone, Debug)]
pub struct KnownToken {
    /// Key of its record.
    pub id: String,
    /// What it may be used for at most; none for all that its role may.
    pub scopes: Option<Arc<Scopes>>,
    /// When it was used last, as its record said when it was read.
    pub(crate) used_ms: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<String, Cached>>);

#[derive(Clone)]
struct Cached {
    identity_version: u64,
    until_ms: i64,
    profile: Arc<Profile>,
}

impl Auth {
    /// Judges a presented token (`spec/auth.md` 3.3). Without one, or with a dead one, the
    /// request is public.
    ///
    /// `tenant` is the one that the request names besides; where the project has none it means
    /// nothing, and the session's own counts before it. One that there is not is
    /// `TENANT_ACCESS_DENIED`.
    pub async fn present(
        &self,
        token: Option<&str>,
        tenant: Option<&str>,
        ip: Option<String>,
    ) -> Result<Presented> {
        let presented = self.judged(token, ip).await?;
        match self.settings().tenants {
            Some(_) => self.within(presented, tenant).await,
            None => Ok(presented),
        }
    }

    /// Puts a request in its tenant. Asked of each one anew, and of no cache.
    pub(crate) async fn within(
        &self,
        mut presented: Presented,
        named: Option<&str>,
    ) -> Result<Presented> {
        let state = self.engine().state();
        let actor = &mut presented.actor;
        let role = actor.role.as_ref().and_then(|id| state.roles.get(id));
        let specific = role.and_then(|role| role.record.get("isTenantSpecific"));
        let signed_in = actor.user().is_some();
        let everywhere = actor.has_administrators_role()
            || (signed_in && specific.and_then(Json::as_bool) == Some(false));
        let free = everywhere || !signed_in;
        if actor.tenant.is_none()
            && free
            && let Some(named) = named.filter(|named| !named.trim().is_empty())
        {
            actor.tenant = Some(self.tenant_named(named.trim()).await?);
        }
        actor.tenancy = Tenancy {
            within: match (&actor.tenant, everywhere) {
                (Some(tenant), _) => Within::One(tenant.clone()),
                (None, true) => Within::All,
                (None, false) => Within::Nowhere,
            },
            ignored: Arc::clone(&self.0.tenant_free),
        };
        Ok(presented)
    }

    /// The key of a tenant as it is stored.
    async fn tenant_named(&self, named: &str) -> Result<String> {
        let row = self.tenant(named).await?;
        let id = row.as_ref().and_then(|row| row.get("id")).and_then(Json::as_str);
        id.map(str::to_owned).ok_or_else(|| tenant_denied().at("X-Tenant-Id"))
    }

    async fn judged(&self, token: Option<&str>, ip: Option<String>) -> Result<Presented> {
        // The original SDK sends these words when it holds no token.
        let token =
            token.map(str::trim).filter(|token| !matches!(*token, "" | "undefined" | "null"));
        let Some(token) = token else { return Ok(self.public(ip, None)) };
        let now_ms = self.engine().clock().now_ms();
        let version = self.engine().identity_version();
        let print = fingerprint(token);
        if let Some(profile) = self.0.cache.get(&print, now_ms, self.engine()) {
            self.token_used(&profile, now_ms);
            return Ok(self.signed_in(profile, ip));
        }
        let found = if self.is_launch_token(token) {
            self.owner().await?.map(|profile| (profile, i64::MAX))
        } else if token.starts_with(crate::api_token::BEGINS) {
            match self.bearer_of(&print, now_ms).await? {
                Ok(found) => Some(found),
                Err(dead) => return Ok(self.public(ip, Some(dead))),
            }
        } else {
            match self.0.keys.read(token, now_ms) {
                TokenRead::Expired => return Ok(self.public(ip, Some(Code::TokenExpired))),
                TokenRead::Invalid => return Ok(self.public(ip, Some(Code::SessionRevoked))),
                TokenRead::Claims(claims) => self
                    .session(&fingerprint(&claims.sessionToken), now_ms)
                    .await?
                    .map(|(profile, until_ms)| (profile, until_ms.min(claims.exp * 1_000))),
            }
        };
        let Some((profile, until_ms)) = found else {
            return Ok(self.public(ip, Some(Code::SessionRevoked)));
        };
        let profile = Arc::new(profile);
        let cached = Cached { identity_version: version, until_ms, profile: Arc::clone(&profile) };
        self.0.cache.put(print, cached, now_ms, self.engine());
        self.token_used(&profile, now_ms);
        Ok(self.signed_in(profile, ip))
    }

    fn is_launch_token(&self, token: &str) -> bool {
        let known = self.settings().launch_token.as_deref();
        known.is_some_and(|known| bool::from(known.as_bytes().ct_eq(token.as_bytes())))
    }

    pub(crate) fn public(&self, ip: Option<String>, dead: Option<Code>) -> Presented {
        let state = self.engine().state();
        let actor = actor(Identity::Anonymous, state.role_named("public"), None, ip);
        Presented { actor, profile: None, dead, viewer: None }
    }

    pub(crate) fn signed_in(&self, profile: Arc<Profile>, ip: Option<String>) -> Presented {
        let state = self.engine().state();
        let tenant =
            profile.tenant.as_ref().and_then(|tenant| tenant.get("id")).and_then(Json::as_str);
        let role = state.roles.get(&profile.role_id);
        let mut actor =
            actor(Identity::User(profile.user_id.clone()), role, tenant.map(str::to_owned), ip);
        let scopes = profile.api_token.as_ref().and_then(|token| token.scopes.as_ref());
        if let (Some(scopes), Some(role)) = (scopes, role) {
            actor.policies = Arc::clone(&state.ceiling(role, scopes).policies);
            actor.scopes = Some(Arc::clone(scopes));
        }
        Presented { actor, profile: Some(profile), dead: None, viewer: None }
    }

    /// The live session behind a stored fingerprint, and until when it lives.
    async fn session(&self, print: &str, now_ms: i64) -> Result<Option<(Profile, i64)>> {
        let read = Read {
            collection: String::from("baasix_Sessions"),
            fields: ["*", "user.*", "user.userRoles.*", "tenant.*"].map(str::to_owned).to_vec(),
            filter: Some(field_is("token", print)),
            limit: Some(1),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "judge a presented token").await?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        let until_ms = row
            .get("expiresAt")
            .and_then(Json::as_str)
            .and_then(sign_in::instant_ms)
            .unwrap_or_default();
        let Some(Json::Object(user)) = row.remove("user") else { return Ok(None) };
        if until_ms <= now_ms {
            return Ok(None);
        }
        let tenant_id = row.get("tenant_Id").and_then(Json::as_str).map(str::to_owned);
        let tenant = match row.remove("tenant") {
            Some(Json::Object(tenant)) => Some(tenant),
            Some(_) | None => None,
        };
        let session = row.get("id").and_then(Json::as_str).map(str::to_owned);
        let state = self.state_with_roles_of(&user).await?;
        Ok(profile(user, tenant_id.as_deref(), tenant, session, &state)
            .map(|profile| (profile, until_ms)))
    }

    /// The snapshot, with the roles of this user. One that another process made a moment ago is
    /// read now: nobody is turned away because it is new.
    pub(crate) async fn state_with_roles_of(&self, user: &Map<String, Json>) -> Result<Arc<State>> {
        let state = self.engine().state();
        let assignments = user.get("userRoles").and_then(Json::as_array);
        let known = |row: &Json| {
            let role = row.get("role_Id").and_then(Json::as_str);
            role.is_none_or(|role| state.roles.contains_key(role))
        };
        if assignments.into_iter().flatten().all(known) {
            return Ok(state);
        }
        self.engine().reload_policies().await?;
        Ok(self.engine().state())
    }

    /// The project's owner: the administrator who came first.
    async fn owner(&self) -> Result<Option<Profile>> {
        let state = self.engine().state();
        let Some(role) = state.role_named("administrator") else { return Ok(None) };
        let read = Read {
            collection: String::from("baasix_User"),
            fields: ["*", "userRoles.*"].map(str::to_owned).to_vec(),
            filter: Some(Filter::All(vec![
                field_is("userRoles.role_Id", role.id.as_str()),
                field_is("status", "active"),
            ])),
            sort: vec![SortAsked {
                path: String::from("createdAt"),
                direction: Direction::Ascending,
                distance: None,
            }],
            limit: Some(1),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "find the project's owner").await?;
        Ok(rows.into_iter().next().and_then(|user| profile(user, None, None, None, &state)))
    }

    /// Whether an administrator exists who may sign in.
    pub async fn has_owner(&self) -> Result<bool> {
        Ok(self.owner().await?.is_some())
    }
}

pub(crate) fn actor(
    identity: Identity,
    role: Option<&Role>,
    tenant: Option<String>,
    ip: Option<String>,
) -> Actor {
    Actor {
        identity,
        role: role.map(|role| role.id.clone()),
        role_name: role.map_or_else(|| String::from("none"), |role| role.name.clone()),
        tenant,
        tenancy: Tenancy::default(),
        policies: role.map(|role| Arc::clone(&role.policies)).unwrap_or_default(),
        scopes: None,
        read_only: false,
        ip,
    }
}

/// The identity of a user record read with its `userRoles`. None when the user may not sign in
/// or has no role there.
pub(crate) fn profile(
    mut user: Map<String, Json>,
    tenant_id: Option<&str>,
    tenant: Option<Map<String, Json>>,
    session: Option<String>,
    state: &State,
) -> Option<Profile> {
    let user_id = user.get("id")?.as_str()?.to_owned();
    if user.get("status").and_then(Json::as_str) != Some("active") {
        return None;
    }
    let role_id = choose_role(user.get("userRoles")?, tenant_id, state)?;
    user.remove("userRoles");
    let hidden = state.catalog.get("baasix_User")?;
    user.retain(|name, _| hidden.fields.get(name).is_none_or(|field| !field.hidden));
    Some(Profile { user, user_id, role_id, tenant, session, api_token: None })
}

/// The one active role: the assignment of the tenant, else a global one, oldest first.
fn choose_role(assignments: &Json, tenant_id: Option<&str>, state: &State) -> Option<String> {
    let text =
        |row: &Json, key: &str| row.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut rows: Vec<&Json> = assignments.as_array()?.iter().collect();
    rows.sort_by_key(|row| (text(row, "createdAt"), text(row, "id")));
    let fits = |row: &&&Json| match tenant_id {
        Some(tenant) => row.get("tenant_Id").and_then(Json::as_str) == Some(tenant),
        None => true,
    };
    let global = |row: &&&Json| row.get("tenant_Id").is_none_or(Json::is_null);
    let chosen = rows
        .iter()
        .find(|row| fits(row) && (tenant_id.is_some() || global(row)))
        .or_else(|| rows.iter().find(|row| fits(row)))?;
    let id = text(chosen, "role_Id");
    state.roles.contains_key(&id).then_some(id)
}

/// Whether somebody has a role in a tenant.
pub(crate) fn belongs_to(user: &Map<String, Json>, tenant: &str) -> bool {
    let rows = user.get("userRoles").and_then(Json::as_array);
    let there = |row: &Json| row.get(TENANT).and_then(Json::as_str) == Some(tenant);
    rows.is_some_and(|rows| rows.iter().any(there))
}

/// The tenant of who signs in without naming one and has no role outside of tenants: that of the
/// oldest assignment.
pub(crate) fn first_tenant(user: &Map<String, Json>) -> Option<String> {
    let text = |row: &Json, key: &str| row.get(key).and_then(Json::as_str).map(str::to_owned);
    let rows = user.get("userRoles").and_then(Json::as_array)?;
    if rows.iter().any(|row| text(row, TENANT).is_none()) {
        return None;
    }
    let first = rows.iter().min_by_key(|row| (text(row, "createdAt"), text(row, "id")));
    first.and_then(|row| text(row, TENANT))
}

impl Cached {
    /// Whether nothing has become otherwise that it was made of.
    fn holds(&self, now_ms: i64, engine: &Engine) -> bool {
        let token = self.profile.api_token.as_ref().map(|token| token.id.as_str());
        let by = self.profile.session.as_deref().or(token);
        self.until_ms > now_ms && engine.identity_holds(self.identity_version, by)
    }
}

impl Cache {
    fn get(&self, print: &str, now_ms: i64, engine: &Engine) -> Option<Arc<Profile>> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cached = map.get(print)?;
        cached.holds(now_ms, engine).then(|| Arc::clone(&cached.profile))
    }

    fn put(&self, print: String, cached: Cached, now_ms: i64, engine: &Engine) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= CACHED_MAX {
            map.retain(|_, one| one.holds(now_ms, engine));
        }
        if map.len() >= CACHED_MAX {
            map.clear();
        }
        map.insert(print, cached);
    }
}
