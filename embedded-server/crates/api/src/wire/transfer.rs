//! Schemas and permissions as files hold them, and what taking such a file does.

use base::Error;
use engine::{ComparedSchemas, ExportedRole, Grant, PermissionsImported, Renewal, RolesChange};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The form of the files that are written.
pub(crate) const FILE_VERSION: &str = "1.0";

/// Every collection, as a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaFile {
    /// The form of the file.
    pub(crate) version: &'static str,
    /// When it was written.
    pub(crate) timestamp: String,
    /// The collections, by name.
    pub(crate) schemas: Vec<SchemaFileEntry>,
}

/// One collection of a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaFileEntry {
    /// Its name.
    pub(crate) collection_name: String,
    /// Its definition as it is stored.
    #[cfg_attr(test, ts(type = "SchemaDefinition"))]
    pub(crate) schema: Json,
    /// When it was made.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) created_at: Json,
    /// When it was changed last.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) updated_at: Json,
}

/// What taking a file would do: its own facts, and the changes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct FilePreview<T> {
    /// The form of the file, if it says one.
    pub(crate) import_version: Option<String>,
    /// When the file was written, if it says so.
    pub(crate) import_timestamp: Option<String>,
    /// What would be done.
    pub(crate) changes: T,
}

impl<T> FilePreview<T> {
    pub(crate) fn of(file: &Json, changes: T) -> Self {
        let text = |key: &str| file.get(key).and_then(Json::as_str).map(str::to_owned);
        Self { import_version: text("version"), import_timestamp: text("timestamp"), changes }
    }
}

/// What a file of schemas would do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SchemaPreview {
    /// Collections that would be new.
    pub(crate) new: Vec<NewSchema>,
    /// Collections that would change.
    pub(crate) modified: Vec<ModifiedSchema>,
    /// Collections that the file does not name. An import leaves them.
    pub(crate) deleted: Vec<String>,
    /// Collections that are as in the file.
    pub(crate) unchanged: Vec<String>,
}

/// A collection that would be made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct NewSchema {
    /// Its name.
    pub(crate) collection_name: String,
    /// Its definition as it would be stored.
    #[cfg_attr(test, ts(type = "SchemaDefinition"))]
    pub(crate) details: Json,
}

/// A collection that would be changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ModifiedSchema {
    /// Its name.
    pub(crate) collection_name: String,
    /// The keys of what differs; of fields, `fields.<name>`.
    pub(crate) differences: Vec<String>,
}

impl From<ComparedSchemas> for SchemaPreview {
    fn from(compared: ComparedSchemas) -> Self {
        let new = |(collection_name, details)| NewSchema { collection_name, details };
        let modified =
            |(collection_name, differences)| ModifiedSchema { collection_name, differences };
        Self {
            new: compared.new.into_iter().map(new).collect(),
            modified: compared.modified.into_iter().map(modified).collect(),
            deleted: compared.deleted,
            unchanged: compared.unchanged,
        }
    }
}

/// What bringing the indexes up to date did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct IndexesMigrated {
    /// Indexes that were missing, by name.
    pub(crate) created: Vec<String>,
    /// Indexes that had another form.
    pub(crate) rebuilt: Vec<String>,
    /// How many were as they should be.
    pub(crate) unchanged: usize,
}

impl From<Renewal> for IndexesMigrated {
    fn from(renewal: Renewal) -> Self {
        let Renewal { created, rebuilt, unchanged, .. } = renewal;
        Self { created, rebuilt, unchanged }
    }
}

/// Every role with its permissions, as a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RoleFile {
    /// The form of the file.
    pub(crate) version: &'static str,
    /// When it was written.
    pub(crate) timestamp: String,
    /// The roles, by name.
    pub(crate) roles: Vec<RoleFileEntry>,
}

/// One role of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RoleFileEntry {
    /// Its name.
    pub(crate) name: String,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// Its permissions, without ids.
    #[cfg_attr(test, ts(type = "PermissionRecord[]"))]
    pub(crate) permissions: Vec<Map<String, Json>>,
}

impl From<ExportedRole> for RoleFileEntry {
    fn from(role: ExportedRole) -> Self {
        let ExportedRole { name, description, permissions } = role;
        Self { name, description, permissions }
    }
}

/// Every permission, each with the id and the name of its role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PermissionExport {
    /// The permissions.
    #[cfg_attr(test, ts(type = "(PermissionRecord & { role: string })[]"))]
    pub(crate) permissions: Vec<Map<String, Json>>,
    /// When this was written.
    pub(crate) exported_at: String,
    /// The form of this.
    pub(crate) version: &'static str,
}

/// What a permission is about.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct GrantName {
    /// Name of the role.
    pub(crate) role: String,
    /// The collection.
    pub(crate) collection: String,
    /// `create`, `read`, `update` or `delete`.
    pub(crate) action: String,
}

fn named(grants: Vec<Grant>) -> Vec<GrantName> {
    let one = |Grant { role, collection, action }| GrantName { role, collection, action };
    grants.into_iter().map(one).collect()
}

/// What a file of roles would do to permissions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RolesPreview {
    /// Permissions that would be new.
    pub(crate) new: Vec<GrantName>,
    /// Permissions that would say something else.
    pub(crate) modified: Vec<GrantName>,
    /// Permissions of a named role that the file does not name.
    pub(crate) deleted: Vec<GrantName>,
    /// Permissions that are as in the file.
    pub(crate) unchanged: Vec<GrantName>,
}

impl From<RolesChange> for RolesPreview {
    fn from(change: RolesChange) -> Self {
        let RolesChange { created, updated, deleted, unchanged } = change;
        Self {
            new: named(created),
            modified: named(updated),
            deleted: named(deleted),
            unchanged: named(unchanged),
        }
    }
}

/// What taking a file of roles answers.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RolesImported {
    /// The sentence for a person.
    pub(crate) message: String,
    /// What it did.
    pub(crate) changes: RolesTaken,
}

/// What a file of roles did to permissions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RolesTaken {
    /// New ones.
    pub(crate) created: Vec<GrantName>,
    /// Those that say something else now.
    pub(crate) updated: Vec<GrantName>,
    /// Those that the file does not name.
    pub(crate) deleted: Vec<GrantName>,
    /// Always empty: a fault refuses the whole file.
    pub(crate) errors: Vec<String>,
}

impl From<RolesChange> for RolesTaken {
    fn from(change: RolesChange) -> Self {
        let RolesChange { created, updated, deleted, .. } = change;
        Self {
            created: named(created),
            updated: named(updated),
            deleted: named(deleted),
            errors: Vec::new(),
        }
    }
}

/// What taking a list of permissions did.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PermissionsTaken {
    /// Rows written.
    pub(crate) imported: usize,
    /// Rows left alone, because there is one about the same.
    pub(crate) skipped: usize,
    /// Rows that cannot be taken.
    pub(crate) errors: Vec<PermissionRefused>,
}

/// A permission that cannot be taken.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct PermissionRefused {
    /// The row as it was sent.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) permission: Json,
    /// Why.
    pub(crate) error: String,
}

impl From<PermissionsImported> for PermissionsTaken {
    fn from(done: PermissionsImported) -> Self {
        let refused = |(permission, error): (Json, Error)| PermissionRefused {
            permission,
            error: error.message().to_owned(),
        };
        Self {
            imported: done.imported,
            skipped: done.skipped,
            errors: done.errors.into_iter().map(refused).collect(),
        }
    }
}
