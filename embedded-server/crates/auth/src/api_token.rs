//! API tokens: what signs in programs. Opaque, long-lived, told once and kept as a hash; each acts
//! as the person it belongs to, within what it was made for.

use crate::audit::{Event, facts};
use crate::identity::{self, KnownToken, Profile};
use crate::sign_in::instant_ms;
use crate::tenant::tenant_denied;
use crate::token::{fingerprint, random_token};
use crate::{Auth, Presented};
use access::{Actor, Scopes};
use base::{Code, Detail, Error, Result, Value};
use catalog::FieldKind;
use engine::field_is;
use query::{Direction, Filter, Operation, Read, SortAsked, Write};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// How an API token begins, so that people and programs that look for leaked secrets know one.
pub(crate) const BEGINS: &str = "bsx_";

/// Signs of a token that stay readable: enough to tell one's tokens apart, and no help in
/// guessing the other 208 bits.
const SHOWN: usize = BEGINS.len() + 8;

/// Most API tokens of one account. Two requests side by side may go one beyond; none goes further.
pub const API_TOKENS_MAX: usize = 100;

/// How long a token lives when nobody says: a year.
const LIFETIME_MS: i64 = 365 * 24 * 60 * 60 * 1_000;

const COLLECTION: &str = "baasix_ApiToken";

/// An API token as it is listed. Times are wire instants.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// Key.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// How it begins.
    pub prefix: Option<String>,
    /// What it may be used for at most; none for all that its role may.
    pub scopes: Option<Vec<String>>,
    /// Key of the user it acts as.
    pub user: String,
    /// Key of the role that it is held to.
    pub role: Option<String>,
    /// Key of the tenant that it works in.
    pub tenant: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was used last, to a quarter of an hour.
    pub last_used_at: Option<String>,
    /// When it ends; none for never.
    pub expires_at: Option<String>,
}

/// What a new API token is asked for with.
#[derive(Clone, Debug, Default)]
pub struct NewApiToken {
    /// What it is for, in the owner's words.
    pub name: String,
    /// `action:collection` each; none for all that the role may.
    pub scopes: Option<Vec<String>>,
    /// When it ends. None asked: in a year; `Some(None)`: never.
    pub expires_at: Option<Option<String>>,
    /// Whose it is, where that is somebody else (administrators).
    pub user: Option<String>,
    /// Key of the role to hold it to, one of the user's.
    pub role: Option<String>,
    /// Key of the tenant to work in; the session's unless named.
    pub tenant: Option<String>,
}

impl ApiToken {
    fn of(record: &Map<String, Json>) -> Self {
        let text = |field: &str| record.get(field).and_then(Json::as_str).map(str::to_owned);
        Self {
            id: text("id").unwrap_or_default(),
            name: text("name").unwrap_or_default(),
            prefix: text("prefix"),
            scopes: words(record),
            user: text("user_Id").unwrap_or_default(),
            role: text("role_Id"),
            tenant: text("tenant_Id"),
            created_at: text("createdAt"),
            last_used_at: text("lastUsedAt"),
            expires_at: text("expiresAt"),
        }
    }
}

impl Auth {
    /// The API tokens of who asks, or (administrators) of somebody else, the newest first.
    pub async fn api_tokens(
        &self,
        presented: &Presented,
        user: Option<&str>,
    ) -> Result<Vec<ApiToken>> {
        let user = whose(presented, user)?;
        let newest = |path: &str| SortAsked {
            path: path.to_owned(),
            direction: Direction::Descending,
            distance: None,
        };
        let read = Read {
            collection: COLLECTION.to_owned(),
            fields: vec![String::from("*")],
            filter: Some(field_is("user_Id", user.as_str())),
            sort: ["createdAt", "id"].map(newest).to_vec(),
            limit: i64::try_from(2 * API_TOKENS_MAX).ok(),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "list API tokens").await?;
        Ok(rows.iter().map(ApiToken::of).collect())
    }

    /// Makes an API token and tells it, this once. Never more than its owner may do: its role is
    /// judged at each use, and the scopes only take away. `VALIDATION_ERROR` beyond
    /// [`API_TOKENS_MAX`] of one account.
    pub async fn make_api_token(
        &self,
        presented: &Presented,
        ask: NewApiToken,
    ) -> Result<(ApiToken, String)> {
        let user = whose(presented, ask.user.as_deref())?;
        let name = ask.name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(wrong("name", "a name has 1 to 100 characters"));
        }
        let scopes = ask
            .scopes
            .as_ref()
            .map(|words| self.scopes_asked(words, &presented.actor))
            .transpose()?;
        let now_ms = self.engine().clock().now_ms();
        let expires = expiry(ask.expires_at.as_ref(), now_ms)?;
        let own = presented.profile.as_ref().filter(|known| known.user_id == user);
        let session = own.and_then(|known| known.tenant.as_ref()?.get("id")?.as_str());
        let tenant = match ask.tenant.as_deref().or(session) {
            Some(named) => Some(self.tenant_key(named).await?),
            None => None,
        };
        self.must_hold(&user, ask.role.as_deref(), tenant.as_deref()).await?;
        if self.api_tokens(presented, Some(&user)).await?.len() >= API_TOKENS_MAX {
            let message = format!("an account has at most {API_TOKENS_MAX} API tokens");
            return Err(
                Error::new(Code::ValidationError, message).hint("revoke those that are not used")
            );
        }
        let secret = format!("{BEGINS}{}", random_token()?);
        let id = base::uuid_v4()?;
        let body = json!({
            "id": id,
            "name": name,
            "token": fingerprint(&secret),
            "prefix": &secret[..SHOWN],
            "scopes": scopes.map(|scopes| scopes.words().collect::<Vec<_>>()),
            "user_Id": user,
            "role_Id": ask.role,
            "tenant_Id": tenant,
            "expiresAt": expires.map(base::iso_millis),
        });
        let Json::Object(body) = body else {
            return Err(Error::internal("an object literal is an object"));
        };
        let told = facts([("name", json!(name)), ("prefix", json!(&secret[..SHOWN]))]);
        let event = Event::of("API token made", &user, presented).with(told);
        let operations =
            vec![Operation::Create { collection: COLLECTION.to_owned(), body }, event.row()];
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system("make an API token"), None).await?;
        let made = self.find_api_token(&field_is("id", id.as_str())).await?;
        let made = made.ok_or_else(|| Error::internal("a new API token is not there"))?;
        Ok((ApiToken::of(&made), secret))
    }

    /// Ends an API token for good: one's own, or (administrators) anybody's. `ITEM_NOT_FOUND` for
    /// any other key.
    pub async fn revoke_api_token(&self, presented: &Presented, id: &str) -> Result<()> {
        let own = whose(presented, None)?;
        let gone = || {
            Error::new(Code::ItemNotFound, "you have no API token with this id")
                .hint("`GET /auth/tokens` lists yours")
        };
        let key = uuid(id).ok_or_else(gone)?;
        let found = self.find_api_token(&field_is("id", key.as_str())).await?.ok_or_else(gone)?;
        let theirs = found.get("user_Id").and_then(Json::as_str);
        if theirs != Some(own.as_str()) && !presented.actor.is_administrator() {
            return Err(gone());
        }
        let told = facts([
            ("name", found.get("name").cloned().unwrap_or_default()),
            ("prefix", found.get("prefix").cloned().unwrap_or_default()),
        ]);
        let event = Event::of("API token revoked", theirs.unwrap_or_default(), presented);
        let gone = Operation::Delete {
            collection: COLLECTION.to_owned(),
            key: Json::String(key),
            expect: Map::new(),
            force: true,
        };
        let operations = vec![gone, event.with(told).row()];
        let write = Write { operations, strict: false };
        match self.engine().write(write, &Actor::system("revoke an API token"), None).await {
            Err(fault) if fault.code() == Code::ItemNotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Who bears the token of this fingerprint, and until when; or why it is dead. Its owner must
    /// be allowed to sign in now and still hold the role that it is held to, there where it works.
    pub(crate) async fn bearer_of(
        &self,
        print: &str,
        now_ms: i64,
    ) -> Result<Result<(Profile, i64), Code>> {
        let Some(mut row) = self.find_api_token(&field_is("token", print)).await? else {
            return Ok(Err(Code::SessionRevoked));
        };
        let time = |row: &Map<String, Json>, field: &str| {
            row.get(field).and_then(Json::as_str).map(|text| instant_ms(text).unwrap_or_default())
        };
        let until_ms = time(&row, "expiresAt").unwrap_or(i64::MAX);
        if row.get("revokedAt").is_some_and(|at| !at.is_null()) {
            return Ok(Err(Code::SessionRevoked));
        }
        if until_ms <= now_ms {
            return Ok(Err(Code::TokenExpired));
        }
        let used_ms = time(&row, "lastUsedAt");
        let Some(Json::Object(mut user)) = row.remove("user") else {
            return Ok(Err(Code::SessionRevoked));
        };
        let text = |field: &str| row.get(field).and_then(Json::as_str).map(str::to_owned);
        let (id, role, tenant_id) = (text("id"), text("role_Id"), text("tenant_Id"));
        keep_role(&mut user, role.as_deref());
        // Scopes that cannot be read open nothing.
        let scopes = match words(&row) {
            Some(words) => match Scopes::parse(words.iter().map(String::as_str)) {
                Ok(scopes) => Some(Arc::new(scopes)),
                Err(_) => return Ok(Err(Code::SessionRevoked)),
            },
            None if row.get("scopes").is_none_or(Json::is_null) => None,
            None => return Ok(Err(Code::SessionRevoked)),
        };
        let state = self.state_with_roles_of(&user).await?;
        let tenant = row.get("tenant").and_then(Json::as_object).cloned();
        let profile = identity::profile(user, tenant_id.as_deref(), tenant, None, &state);
        let Some((profile, id)) = profile.zip(id) else { return Ok(Err(Code::SessionRevoked)) };
        let api_token = Some(Arc::new(KnownToken { id, scopes, used_ms }));
        Ok(Ok((Profile { api_token, ..profile }, until_ms)))
    }

    async fn find_api_token(&self, is: &Filter) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: COLLECTION.to_owned(),
            fields: ["*", "user.*", "user.userRoles.*", "tenant.*"].map(str::to_owned).to_vec(),
            filter: Some(is.clone()),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.engine().find(&read, "find an API token").await?.into_iter().next())
    }

    /// Refuses a token that nobody could use: of a user who may not sign in, or who does not hold
    /// the role there.
    async fn must_hold(&self, user: &str, role: Option<&str>, tenant: Option<&str>) -> Result<()> {
        let key = uuid(user).ok_or_else(|| wrong("userId", "this is no key of a user"))?;
        let found = self.user_with_roles(field_is("id", key)).await?;
        let mut found = found.ok_or_else(|| wrong("userId", "there is no such user"))?;
        keep_role(&mut found, role);
        let state = self.state_with_roles_of(&found).await?;
        match (identity::profile(found, tenant, None, None, &state), role, tenant) {
            (Some(_), _, _) => Ok(()),
            (None, Some(_), _) => Err(wrong("role_Id", "the user does not hold this role there")),
            (None, None, Some(_)) => Err(tenant_denied()),
            (None, None, None) => Err(wrong("userId", "this user may not sign in")),
        }
    }

    async fn tenant_key(&self, named: &str) -> Result<String> {
        let row = self.tenant(named.trim()).await?;
        let id = row.as_ref().and_then(|row| row.get("id")).and_then(Json::as_str);
        id.map(str::to_owned).ok_or_else(tenant_denied)
    }

    /// Scopes as asked for, of collections that who asks may use: of another one nobody learns
    /// here whether it is there.
    fn scopes_asked(&self, words: &[String], actor: &Actor) -> Result<Scopes> {
        let scopes = Scopes::parse(words.iter().map(String::as_str))?;
        let state = self.engine().state();
        let usable = |name: &str| match actor.unbound() {
            true => state.catalog.get(name).is_some(),
            false => actor.policies.by_collection.contains_key(name),
        };
        if let Some(name) = scopes.collections().find(|name| !usable(name)) {
            return Err(wrong("scopes", &format!("you have no collection `{name}`")));
        }
        Ok(scopes)
    }
}

/// Whose tokens are meant: those of who asks, in person, or (administrators) those of another.
fn whose(presented: &Presented, named: Option<&str>) -> Result<String> {
    let Some(profile) = &presented.profile else {
        return Err(Error::new(Code::Unauthenticated, "sign in first"));
    };
    match named.map(str::trim).map(str::to_lowercase) {
        Some(user) if user != profile.user_id && !presented.actor.is_administrator() => {
            Err(Error::new(Code::Forbidden, "Access denied. Administrators only.").at("userId"))
        }
        Some(user) => Ok(user),
        None => Ok(profile.user_id.clone()),
    }
}

/// Leaves only the assignments of the role that a token is held to.
fn keep_role(user: &mut Map<String, Json>, role: Option<&str>) {
    if let (Some(role), Some(Json::Array(rows))) = (role, user.get_mut("userRoles")) {
        rows.retain(|row| row.get("role_Id").and_then(Json::as_str) == Some(role));
    }
}

/// The scopes of a record; none where it has none, or none that are a list of texts.
fn words(record: &Map<String, Json>) -> Option<Vec<String>> {
    let list = record.get("scopes")?.as_array()?;
    list.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

fn uuid(text: &str) -> Option<String> {
    match query::coerce(&FieldKind::Uuid, &Json::from(text)) {
        Ok(Value::Text(key)) => Some(key),
        _ => None,
    }
}

fn expiry(asked: Option<&Option<String>>, now_ms: i64) -> Result<Option<i64>> {
    match asked {
        None => Ok(Some(now_ms + LIFETIME_MS)),
        Some(None) => Ok(None),
        Some(Some(text)) => match instant_ms(text) {
            Some(at) if at > now_ms => Ok(Some(at)),
            Some(_) => Err(wrong("expiresAt", "a token ends in the future")),
            None => Err(wrong("expiresAt", "a time such as 2027-01-31T00:00:00Z, or null")),
        },
    }
}

fn wrong(field: &str, why: &str) -> Error {
    let message = format!("Validation failed: {field}: {why}");
    Error::new(Code::ValidationError, message)
        .at(field.to_owned())
        .detail(Detail::field("format", field, why))
}

#[cfg(test)]
mod tests {
    use super::{BEGINS, LIFETIME_MS, SHOWN, expiry};
    use base::Code;

    #[test]
    fn a_token_ends_in_a_year_unless_it_is_said_otherwise() {
        let now = 1_000_000_000_000;
        assert_eq!(expiry(None, now).unwrap(), Some(now + LIFETIME_MS));
        assert_eq!(expiry(Some(&None), now).unwrap(), None);
        let said = |text: &str| expiry(Some(&Some(text.to_owned())), now);
        assert_eq!(said("2090-01-01T00:00:00Z").unwrap(), Some(3_786_912_000_000));
        for wrong in ["2001-01-01T00:00:00Z", "2090-01-01", "soon", ""] {
            assert_eq!(said(wrong).unwrap_err().code(), Code::ValidationError, "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_of_a_token_leaves_most_of_it_to_guess() {
        let token = format!("{BEGINS}{}", crate::token::random_token().unwrap());
        assert_eq!((SHOWN, token.len()), (12, 47));
    }
}
