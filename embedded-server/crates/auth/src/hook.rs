//! What the house sees of writes to users and their roles before names are resolved: passwords
//! become hashes, addresses lower-case, roles assignments, and privilege cannot be self-made.

use crate::password::Hashing;
use access::{Actor, Identity};
use base::{Code, Detail, EMAIL_SIGNS_MAX, Error, Result, Value};
use catalog::{Catalog, Collection, FieldKind};
use engine::{BeforeWrite, Engine, field_is, field_test};
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

tokio::task_local! {
    /// The session that survives a password change by its own user.
    pub(crate) static KEEP_SESSION: Option<String>;
}

/// Accounts that one question is about.
const ASKED_AT_ONCE: usize = 500;

/// Columns of `baasix_User` that no registration may set.
const OURS: [&str; 10] = [
    "id",
    "status",
    "emailVerified",
    "avatar_Id",
    "lastAccess",
    "totpEnabled",
    "password",
    "fullName",
    "role_Id",
    "tenant_Id",
];

/// Whether a column of `baasix_User` is the house's.
pub(crate) fn is_ours(name: &str) -> bool {
    OURS.contains(&name)
}

/// The states a user can be in (`spec/auth.md` 10); only `active` may sign in.
const STATES: [&str; 6] = ["active", "inactive", "deleted", "suspended", "pending", "invited"];

/// What [`crate::Auth::hook`] gives to the engine.
pub(crate) struct UserHook {
    hashing: Hashing,
}

impl UserHook {
    pub(crate) fn new(hashing: Hashing) -> Self {
        Self { hashing }
    }

    async fn run(&self, engine: &Engine, write: &mut Write, actor: &Actor) -> Result<()> {
        let mut more = Vec::new();
        let (mut ended, mut moved) = (Vec::new(), Vec::new());
        let state = engine.state();
        for operation in &mut write.operations {
            if let Operation::Create { collection, body }
            | Operation::Update { collection, body, .. } = operation
                && let Some(collection) = state.catalog.get(collection)
            {
                users_within(&state.catalog, collection, body, &mut |user| {
                    within(user, actor, &mut ended)?;
                    moved.extend(
                        user.get("id").and_then(Json::as_str).and_then(|id| says(id, user)),
                    );
                    Ok(())
                })?;
            }
            match operation {
                Operation::Create { collection, body } if collection == "baasix_User" => {
                    normalise(body)?;
                    let id = match body.get("id").and_then(Json::as_str) {
                        Some(id) => id.to_owned(),
                        None => {
                            let id = base::uuid_v4()?;
                            // Only a role that may set ids may be seen setting one.
                            if actor.unbound() {
                                body.insert(String::from("id"), Json::String(id.clone()));
                            }
                            id
                        }
                    };
                    refuse_privilege(body, actor)?;
                    if let Some(hash) = self.take_password(body).await? {
                        more.push(account(&id, &hash));
                    }
                    if let Some(role) = body.remove("role_Id").filter(|role| !role.is_null()) {
                        more.push(assignment(&id, role, tenant_meant(body, actor)?));
                    }
                }
                Operation::Update { collection, key, body, .. } if collection == "baasix_User" => {
                    normalise(body)?;
                    let Some(id) = key.as_str().map(str::to_owned) else { continue };
                    refuse_privilege(body, actor)?;
                    moved.extend(says(&id, body));
                    let status_ends = body
                        .get("status")
                        .and_then(Json::as_str)
                        .is_some_and(|status| status != "active");
                    let mut end_sessions = status_ends;
                    if let Some(hash) = self.take_password(body).await? {
                        more.push(self.replace_account(engine, &id, &hash).await?);
                        end_sessions = true;
                    }
                    if let Some(role) = body.remove("role_Id").filter(|role| !role.is_null()) {
                        let tenant = tenant_meant(body, actor)?;
                        let old = assignments_in(engine, &id, &tenant).await?;
                        more.extend(old.into_iter().map(|key| delete("baasix_UserRole", key)));
                        more.push(assignment(&id, role, tenant));
                    }
                    if end_sessions {
                        let keep = KEEP_SESSION.try_with(Clone::clone).ok().flatten();
                        let sessions = rows(engine, "baasix_Sessions", &id).await?;
                        let ended =
                            sessions.into_iter().filter(|session| Some(session) != keep.as_ref());
                        more.extend(ended.map(|key| delete("baasix_Sessions", key)));
                    }
                }
                Operation::Create { .. } | Operation::Update { .. } | Operation::Delete { .. } => {}
            }
        }
        for id in ended {
            let sessions = rows(engine, "baasix_Sessions", &id).await?;
            more.extend(sessions.into_iter().map(|key| delete("baasix_Sessions", key)));
        }
        for id in proven_elsewhere(engine, &moved).await? {
            let body = Map::from_iter([(String::from("emailVerified"), Json::Bool(false))]);
            let (collection, key) = (String::from("baasix_User"), Json::String(id));
            more.push(Operation::Update { collection, key, body, expect: Map::new() });
        }
        write.operations.extend(more);
        Ok(())
    }

    async fn take_password(&self, body: &mut Map<String, Json>) -> Result<Option<String>> {
        match body.remove("password") {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(password)) => self.hashing.hash(&password).await.map(Some),
            Some(_) => {
                Err(Error::new(Code::ValidationError, "`password` is a text").at("password"))
            }
        }
    }

    async fn replace_account(&self, engine: &Engine, user: &str, hash: &str) -> Result<Operation> {
        let read = Read {
            collection: String::from("baasix_Account"),
            fields: vec![String::from("id")],
            filter: Some(Filter::All(vec![
                field_is("user_Id", user),
                field_is("providerId", "credential"),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        let found = engine.find(&read, "replace a password").await?.into_iter().next();
        Ok(match found.and_then(|row| row.get("id").cloned()) {
            None => account(user, hash),
            Some(key) => Operation::Update {
                collection: String::from("baasix_Account"),
                key,
                body: Map::from_iter([(String::from("password"), Json::String(hash.to_owned()))]),
                expect: Map::new(),
            },
        })
    }
}

impl BeforeWrite for UserHook {
    fn before<'a>(
        &'a self,
        engine: &'a Engine,
        write: &'a mut Write,
        actor: &'a Actor,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(self.run(engine, write, actor))
    }
}

/// The account and the address that a body gives it, where it does not say itself how that stands.
fn says(id: &str, body: &Map<String, Json>) -> Option<(String, String)> {
    let email = body.get("email")?.as_str()?;
    (!body.contains_key("emailVerified")).then(|| (id.to_owned(), email.to_owned()))
}

/// Of accounts and the addresses that they are given, those that have shown another to be their own
/// so far. Asked together, however many a bulk changes.
async fn proven_elsewhere(engine: &Engine, moved: &[(String, String)]) -> Result<Vec<String>> {
    // A key that is none is refused where it is written.
    let keyed = moved.iter().filter_map(|(id, email)| {
        let key = query::coerce(&FieldKind::Uuid, &Json::String(id.clone())).ok()?;
        key.as_text().map(|key| (key.to_owned(), (id, email)))
    });
    let given: HashMap<String, (&String, &String)> = keyed.collect();
    let keys: Vec<&String> = given.keys().collect();
    let mut elsewhere = Vec::new();
    for keys in keys.chunks(ASKED_AT_ONCE) {
        let read = Read {
            collection: String::from("baasix_User"),
            fields: ["id", "email"].map(str::to_owned).to_vec(),
            filter: Some(Filter::All(vec![
                field_test("id", "in", json!(keys)),
                field_is("emailVerified", true),
            ])),
            limit: Some(-1),
            ..Read::default()
        };
        for row in engine.find(&read, "whether an address changes").await? {
            let text = |name: &str| row.get(name).and_then(Json::as_str);
            if let Some((id, email)) = text("id").and_then(|id| given.get(id))
                && text("email") != Some(email.as_str())
            {
                elsewhere.push((*id).clone());
            }
        }
    }
    Ok(elsewhere)
}

/// Every user that a body writes through relations, however deep.
fn users_within(
    catalog: &Catalog,
    collection: &Collection,
    body: &mut Map<String, Json>,
    found: &mut dyn FnMut(&mut Map<String, Json>) -> Result<()>,
) -> Result<()> {
    for (name, value) in body {
        let Some(target) =
            collection.relation(name).and_then(|relation| catalog.get(&relation.target))
        else {
            continue;
        };
        let bodies = match value {
            Json::Object(_) => std::slice::from_mut(value),
            Json::Array(items) => items.as_mut_slice(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => continue,
        };
        for body in bodies.iter_mut().filter_map(Json::as_object_mut) {
            if target.name == "baasix_User" {
                found(body)?;
            }
            users_within(catalog, target, body, found)?;
        }
    }
    Ok(())
}

/// One user written through another record: the rules are those of a user by itself. `ended`
/// collects whose sessions end.
fn within(user: &mut Map<String, Json>, actor: &Actor, ended: &mut Vec<String>) -> Result<()> {
    normalise(user)?;
    refuse_privilege(user, actor)?;
    if let Some(key) = ["password", "role_Id"].into_iter().find(|key| user.contains_key(*key)) {
        return Err(Error::new(
            Code::FieldForbidden,
            format!("`{key}` of a user is not set through another record"),
        )
        .hint("write it to the user itself, in `baasix_User`")
        .detail(Detail::field(
            Code::FieldForbidden.as_str(),
            key,
            "only on the user itself",
        )));
    }
    let ends = user.get("status").and_then(Json::as_str).is_some_and(|status| status != "active");
    if ends && let Some(id) = user.get("id").and_then(Json::as_str) {
        ended.push(id.to_owned());
    }
    Ok(())
}

fn normalise(body: &mut Map<String, Json>) -> Result<()> {
    if let Some(Json::String(email)) = body.get_mut("email") {
        *email = email.trim().to_lowercase();
        let wrong = if email.chars().count() > EMAIL_SIGNS_MAX {
            Some(format!("Email must be at most {EMAIL_SIGNS_MAX} characters long"))
        } else {
            (!looks_like_address(email)).then(|| String::from("Invalid email format"))
        };
        if let Some(wrong) = wrong {
            return Err(Error::new(
                Code::ValidationError,
                format!("Validation failed: email: {wrong}"),
            )
            .detail(Detail::field("isEmail", "email", wrong)));
        }
    }
    if let Some(Json::String(phone)) = body.get_mut("phone") {
        *phone = phone.chars().filter(|sign| !PHONE_DRESS.contains(sign)).collect();
        if !looks_like_phone(phone) {
            let wrong = "a phone number is `+` and 6 to 20 digits, or the digits alone";
            let message = format!("Validation failed: phone: {wrong}");
            return Err(Error::new(Code::ValidationError, message)
                .detail(Detail::field("isPhone", "phone", wrong)));
        }
    }
    if let Some(status) = body.get("status").and_then(Json::as_str)
        && !STATES.contains(&status)
    {
        let message = format!("`status` cannot be `{status}`");
        return Err(Error::new(Code::ValidationError, message.clone())
            .hint(format!("one of {}", STATES.join(", ")))
            .detail(Detail::field("enum", "status", message)));
    }
    Ok(())
}

/// What people put into a phone number to read it by. It is left out, so that one number is one
/// text, as its uniqueness needs.
const PHONE_DRESS: [char; 6] = [' ', '-', '.', '(', ')', '/'];

fn looks_like_phone(phone: &str) -> bool {
    let digits = phone.strip_prefix('+').unwrap_or(phone);
    (6..=20).contains(&digits.len()) && digits.bytes().all(|sign| sign.is_ascii_digit())
}

/// One `@`, a dot in the domain, no spaces: the test the wire contract names.
#[must_use]
pub fn looks_like_address(email: &str) -> bool {
    let mut parts = email.split('@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let spaced = email.chars().any(char::is_whitespace);
    !spaced
        && !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

fn account(user: &str, hash: &str) -> Operation {
    let body =
        json!({ "user_Id": user, "accountId": user, "providerId": "credential", "password": hash });
    create("baasix_Account", body)
}

fn assignment(user: &str, role: Json, tenant: Json) -> Operation {
    create("baasix_UserRole", json!({ "user_Id": user, "role_Id": role, "tenant_Id": tenant }))
}

/// Where a role is given along with a user: in the tenant that is named, else in the caller's, and
/// everywhere (`null`) where there is none (`spec/auth.md` 10).
fn tenant_meant(body: &mut Map<String, Json>, actor: &Actor) -> Result<Json> {
    let Some(named) = body.remove("tenant_Id") else {
        return Ok(actor.tenant.clone().map_or(Json::Null, Json::from));
    };
    let held = actor.tenancy.holds();
    match query::coerce(&FieldKind::Uuid, &named) {
        Ok(Value::Text(key)) if !held || actor.tenant.as_ref() == Some(&key) => {
            Ok(Json::String(key))
        }
        Ok(_) if held => Err(Error::new(
            Code::TenantMismatch,
            "a role is given in the tenant of the request, and in no other",
        )
        .at("tenant_Id")),
        Ok(_) => Ok(Json::Null),
        Err(why) => {
            let message = format!("Validation failed: tenant_Id: {why}");
            let detail = Detail::field("type", "tenant_Id", why);
            Err(Error::new(Code::ValidationError, message).at("tenant_Id").detail(detail))
        }
    }
}

fn create(collection: &str, body: Json) -> Operation {
    let body = match body {
        Json::Object(body) => body,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Map::new()
        }
    };
    Operation::Create { collection: collection.to_owned(), body }
}

fn delete(collection: &str, key: String) -> Operation {
    Operation::Delete {
        collection: collection.to_owned(),
        key: Json::String(key),
        expect: Map::new(),
        force: true,
    }
}

async fn rows(engine: &Engine, collection: &str, user: &str) -> Result<Vec<String>> {
    keys(engine, collection, field_is("user_Id", user)).await
}

/// The assignments of a user in one tenant, or those in none.
async fn assignments_in(engine: &Engine, user: &str, tenant: &Json) -> Result<Vec<String>> {
    let within = field_is("tenant_Id", tenant.clone());
    let all = Filter::All(vec![field_is("user_Id", user), within]);
    keys(engine, "baasix_UserRole", all).await
}

async fn keys(engine: &Engine, collection: &str, filter: Filter) -> Result<Vec<String>> {
    let read = Read {
        collection: collection.to_owned(),
        fields: vec![String::from("id")],
        filter: Some(filter),
        limit: Some(-1),
        ..Read::default()
    };
    let found = engine.find(&read, "follow a change of a user").await?;
    Ok(found
        .into_iter()
        .filter_map(|row| row.get("id").and_then(Json::as_str).map(str::to_owned))
        .collect())
}

/// Passwords and roles of users are administrators' business, nested role assignments included.
fn refuse_privilege(body: &Map<String, Json>, actor: &Actor) -> Result<()> {
    if body.contains_key("totpEnabled") && !matches!(actor.identity, Identity::System(_)) {
        let message = "`totpEnabled` follows the second factor itself";
        return Err(Error::new(Code::FieldForbidden, message)
            .hint("`DELETE /auth/admin/totp/{userId}` takes somebody's second factor away")
            .detail(Detail::field(Code::FieldForbidden.as_str(), "totpEnabled", message)));
    }
    // Who could say so of itself would prove an address that is somebody else's.
    match ["password", "role_Id", "userRoles", "emailVerified"]
        .iter()
        .find(|key| body.contains_key(**key))
    {
        Some(key) if !actor.unbound() => Err(Error::new(
            Code::FieldForbidden,
            format!("`{key}` of a user is set by administrators"),
        )
        .detail(Detail::field(Code::FieldForbidden.as_str(), *key, "administrators only"))),
        Some(_) | None => Ok(()),
    }
}
