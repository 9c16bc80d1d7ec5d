//! Roles and their permissions out of one project and into another (`spec/auth.md` 12.2). Rows
//! are recognised by what they are about, a role by its id where this project knows it, else by
//! its name.

use crate::{Engine, Role, State};
use access::Actor;
use base::{Code, Detail, Error, Result, uuid_v4};
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};

/// What of a permission row means the same in every project.
const MEANING: [&str; 7] = [
    "collection",
    "action",
    "fields",
    "conditions",
    "relConditions",
    "defaultValues",
    "checkConditions",
];

/// One role as a file holds it.
#[derive(Debug)]
pub struct ExportedRole {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its permissions, without ids.
    pub permissions: Vec<Map<String, Json>>,
}

/// What a permission is about: it stands at most once for a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Name of the role.
    pub role: String,
    /// The collection.
    pub collection: String,
    /// `create`, `read`, `update` or `delete`.
    pub action: String,
}

/// What a file of roles does, or would do.
#[derive(Debug, Default)]
pub struct RolesChange {
    /// Permissions that are new.
    pub created: Vec<Grant>,
    /// Permissions that say something else afterwards.
    pub updated: Vec<Grant>,
    /// Permissions of a named role that the file does not name.
    pub deleted: Vec<Grant>,
    /// Permissions that are as the file has them.
    pub unchanged: Vec<Grant>,
}

/// What a list of permissions did.
#[derive(Debug, Default)]
pub struct PermissionsImported {
    /// Rows written.
    pub imported: usize,
    /// Rows left alone, because there is one about the same.
    pub skipped: usize,
    /// Rows that cannot be taken, each with its reason.
    pub errors: Vec<(Json, Error)>,
}

fn text<'a>(row: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

fn meaning(row: &Map<String, Json>) -> Map<String, Json> {
    let one = |key: &str| (key.to_owned(), row.get(key).cloned().unwrap_or(Json::Null));
    MEANING.into_iter().map(one).collect()
}

/// The same of a row that comes from outside and must say what it is about.
fn whole(row: &Map<String, Json>) -> Result<Map<String, Json>> {
    match ["collection", "action"].into_iter().find(|key| text(row, key).is_none()) {
        Some(key) => Err(Error::new(Code::ValidationError, format!("`{key}` is missing")).at(key)),
        None => Ok(meaning(row)),
    }
}

/// The stored row of a role about the same as this one.
fn stored<'a>(role: &'a Role, row: &Map<String, Json>) -> Option<&'a Map<String, Json>> {
    let about = |row: &Map<String, Json>| {
        (text(row, "collection").map(str::to_owned), text(row, "action").map(str::to_owned))
    };
    role.rows.iter().filter_map(Json::as_object).find(|known| about(known) == about(row))
}

fn grant(role: &str, row: &Map<String, Json>) -> Grant {
    let word = |key: &str| text(row, key).unwrap_or_default().to_owned();
    Grant { role: role.to_owned(), collection: word("collection"), action: word("action") }
}

fn create(role: &str, row: Map<String, Json>) -> Operation {
    let mut body = row;
    body.insert(String::from("role_Id"), json!(role));
    Operation::Create { collection: String::from("baasix_Permission"), body }
}

fn update(known: &Map<String, Json>, row: Map<String, Json>) -> Operation {
    Operation::Update {
        collection: String::from("baasix_Permission"),
        key: known.get("id").cloned().unwrap_or_default(),
        body: row,
        expect: Map::new(),
    }
}

/// A file of roles on its way into a project.
#[derive(Default)]
struct Taken {
    operations: Vec<Operation>,
    change: RolesChange,
    faults: Vec<Detail>,
}

impl Taken {
    fn wrong(&mut self, at: String, error: &Error) {
        self.faults.push(Detail::field(error.code().as_str(), at, error.message()));
    }
}

impl Engine {
    /// Every role with its permissions.
    #[must_use]
    pub fn export_roles(&self) -> Vec<ExportedRole> {
        let one = |role: &Role| ExportedRole {
            name: role.name.clone(),
            description: text(&role.record, "description").map(str::to_owned),
            permissions: role.rows.iter().filter_map(Json::as_object).map(meaning).collect(),
        };
        let mut roles: Vec<ExportedRole> = self.state().roles.values().map(one).collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        roles
    }

    /// Every permission, with the id and the name of its role.
    #[must_use]
    pub fn export_permissions(&self) -> Vec<Map<String, Json>> {
        let state = self.state();
        let mut roles: Vec<&Role> = state.roles.values().collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        let of_role = |role: &&Role| {
            let (id, name) = (role.id.clone(), role.name.clone());
            let rows = role.rows.iter().filter_map(Json::as_object).map(meaning);
            let told = rows.map(move |row| {
                let mut told = Map::from_iter([
                    (String::from("role_Id"), json!(id)),
                    (String::from("role"), json!(name)),
                ]);
                told.extend(row);
                told
            });
            told.collect::<Vec<_>>()
        };
        roles.iter().flat_map(of_role).collect()
    }

    /// What taking a file of roles would do.
    pub fn preview_roles(&self, file: &Json) -> Result<RolesChange> {
        self.taken(&self.state(), file).map(|taken| taken.change)
    }

    /// Gives each role of a file exactly the permissions that the file names, and makes roles
    /// that are missing. All of it or nothing.
    pub async fn import_roles(
        &self,
        file: &Json,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<RolesChange> {
        let Taken { operations, change, .. } = self.taken(&self.state(), file)?;
        self.write(Write { operations, strict: true }, actor, source).await?;
        Ok(change)
    }

    fn taken(&self, state: &State, file: &Json) -> Result<Taken> {
        let Some(roles) = file.get("roles").and_then(Json::as_array) else {
            return Err(Error::new(Code::InvalidBody, "the list of roles is missing")
                .at("roles")
                .hint("send what GET /permissions-export answers"));
        };
        let mut taken = Taken::default();
        let mut seen: Vec<&str> = Vec::new();
        for (at, entry) in roles.iter().enumerate() {
            let role = entry.as_object().and_then(|entry| Some((text(entry, "name")?, entry)));
            let Some((name, entry)) = role else {
                let error = Error::new(Code::InvalidBody, "each role needs its `name`");
                taken.wrong(format!("roles.{at}"), &error);
                continue;
            };
            if seen.contains(&name) {
                let error = Error::new(Code::InvalidBody, format!("role `{name}` stands twice"));
                taken.wrong(format!("roles.{at}"), &error);
                continue;
            }
            seen.push(name);
            let rows = match entry.get("permissions") {
                None | Some(Json::Null) => &[][..],
                Some(Json::Array(rows)) => rows.as_slice(),
                Some(_) => {
                    let error = Error::new(Code::InvalidBody, "`permissions` must be a list");
                    taken.wrong(format!("roles.{at}.permissions"), &error);
                    continue;
                }
            };
            self.take_role(state, &mut taken, (name, entry), rows, at)?;
        }
        if taken.faults.is_empty() {
            return Ok(taken);
        }
        let count = taken.faults.len();
        let message = format!("{count} of the permissions cannot be taken; nothing was changed");
        Err(Error::new(Code::ValidationError, message).details(taken.faults))
    }

    fn take_role(
        &self,
        state: &State,
        taken: &mut Taken,
        (name, entry): (&str, &Map<String, Json>),
        rows: &[Json],
        at: usize,
    ) -> Result<()> {
        let role = state.role_named(name);
        let id = match role {
            Some(role) => role.id.clone(),
            None => {
                let id = uuid_v4()?;
                let mut body = Map::from_iter([
                    (String::from("id"), json!(id)),
                    (String::from("name"), json!(name)),
                ]);
                if let Some(description) = entry.get("description") {
                    body.insert(String::from("description"), description.clone());
                }
                let collection = String::from("baasix_Role");
                taken.operations.push(Operation::Create { collection, body });
                id
            }
        };
        let mut named: Vec<Grant> = Vec::new();
        for (number, row) in rows.iter().enumerate() {
            let place = format!("roles.{at}.permissions.{number}");
            let row = match row.as_object().ok_or_else(no_object).and_then(whole) {
                Ok(row) => row,
                Err(error) => {
                    taken.wrong(place, &error);
                    continue;
                }
            };
            let about = grant(name, &row);
            if let Err(error) = self.judge_permission(&row) {
                taken.wrong(place, &error);
            } else if named.contains(&about) {
                taken.wrong(place, &twice(&about));
            } else {
                match role.and_then(|role| stored(role, &row)) {
                    Some(known) if meaning(known) == row => {
                        taken.change.unchanged.push(about.clone());
                    }
                    Some(known) => {
                        taken.operations.push(update(known, row));
                        taken.change.updated.push(about.clone());
                    }
                    None => {
                        taken.operations.push(create(&id, row));
                        taken.change.created.push(about.clone());
                    }
                }
                named.push(about);
            }
        }
        for known in role.iter().flat_map(|role| role.rows.iter()).filter_map(Json::as_object) {
            let about = grant(name, known);
            if !named.contains(&about) {
                taken.operations.push(Operation::Delete {
                    collection: String::from("baasix_Permission"),
                    key: known.get("id").cloned().unwrap_or_default(),
                    expect: Map::new(),
                    force: false,
                });
                taken.change.deleted.push(about);
            }
        }
        Ok(())
    }

    /// Takes a list of permissions, each with its role. A row that cannot be taken is told and
    /// keeps none of the others out; those are written together or not at all.
    pub async fn import_permissions(
        &self,
        list: &[Json],
        overwrite: bool,
        actor: &Actor,
        source: Option<&str>,
    ) -> Result<PermissionsImported> {
        let state = self.state();
        let mut done = PermissionsImported::default();
        let mut operations = Vec::new();
        let mut named: Vec<Grant> = Vec::new();
        for entry in list {
            let judged = entry.as_object().ok_or_else(no_object).and_then(|entry| {
                let role = role_of(&state, entry)?;
                let row = whole(entry)?;
                self.judge_permission(&row)?;
                let about = grant(&role.name, &row);
                if named.contains(&about) { Err(twice(&about)) } else { Ok((role, row, about)) }
            });
            let (role, row, about) = match judged {
                Ok(judged) => judged,
                Err(error) => {
                    done.errors.push((entry.clone(), error));
                    continue;
                }
            };
            named.push(about);
            match stored(role, &row) {
                Some(_) if !overwrite => done.skipped += 1,
                Some(known) => operations.push(update(known, row)),
                None => operations.push(create(&role.id, row)),
            }
        }
        done.imported = operations.len();
        self.write(Write { operations, strict: true }, actor, source).await?;
        Ok(done)
    }
}

/// The role that a permission names, by id or by name.
fn role_of<'a>(state: &'a State, row: &Map<String, Json>) -> Result<&'a Role> {
    let id = text(row, "role_Id");
    let name = match row.get("role") {
        Some(Json::Object(role)) => text(role, "name"),
        _ => text(row, "role"),
    };
    id.and_then(|id| state.roles.get(id))
        .or_else(|| name.and_then(|name| state.role_named(name)))
        .ok_or_else(|| {
            let told = name.or(id).unwrap_or_default();
            Error::new(Code::ValidationError, format!("there is no role `{told}`"))
                .at("role_Id")
                .hint("name the role's id as `role_Id`, or its name as `role`")
        })
}

fn no_object() -> Error {
    Error::new(Code::InvalidBody, "a permission is an object")
}

fn twice(about: &Grant) -> Error {
    let Grant { role, collection, action } = about;
    let message = format!("`{role}` has `{action}` of `{collection}` twice");
    Error::new(Code::ValidationError, message)
}
