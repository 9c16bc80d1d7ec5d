//! Opening a project: making the house's tables in an empty database, bringing an older one up
//! to date, refusing a newer one.

use crate::bootstrap;
use crate::schema::draft::{Draft, load};
use base::{Clock, Code, Error, Result, Value};
use catalog::Catalog;
use serde_json::Value as Json;
use sql::{Dialect, Statement};
use std::sync::Arc;
use store::Store;

/// Version of the house's own tables. A database with a higher one was written by a newer
/// program.
pub(crate) const HOUSE_VERSION: i64 = 1;

/// The key in `_meta` that holds [`HOUSE_VERSION`].
pub(crate) const HOUSE_KEY: &str = "house_version";

/// The catalog of the project behind `store`, after whatever had to be made or brought up to date.
pub(crate) async fn open(store: &Store, clock: &Clock) -> Result<Catalog> {
    if !is_there(store).await? {
        return bootstrap::found(store, clock).await;
    }
    let loaded = load(store).await?;
    let version = loaded.meta(HOUSE_KEY).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    if version > HOUSE_VERSION {
        return Err(Error::new(
            Code::DataNewer,
            format!(
                "the data has version {version}; this program knows versions up to {HOUSE_VERSION}"
            ),
        )
        .hint("open it with the newer program that wrote it, or restore a backup made before"));
    }
    for step in version + 1..=HOUSE_VERSION {
        upgrade(store, step).await?;
    }
    let catalog = Catalog::build(loaded.documents, loaded.version)?;
    let mut draft = Draft::of(&catalog);
    if with_new_system_fields(&mut draft) {
        draft.commit(store, clock).await.map(|(catalog, _)| catalog)
    } else {
        Ok(catalog)
    }
}

async fn is_there(store: &Store) -> Result<bool> {
    let text = match store.dialect() {
        Dialect::Sqlite => {
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '_meta'"
        }
        Dialect::Postgres => "SELECT count(*) FROM pg_class WHERE oid = to_regclass('\"_meta\"')",
    };
    let rows = store.rows(&Statement { text: Arc::from(text), binds: Vec::new() }).await?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int) == Some(1))
}

/// Brings the house's own tables from one version to the next. Version 1 is the first, so no
/// database is older; each later version adds its arm here.
async fn upgrade(store: &Store, step: i64) -> Result<()> {
    let known = store.version().await?;
    Err(Error::internal(format!(
        "there is no way to version {step} of the house's tables on {known}"
    )))
}

/// Adds the system collections and fields that this program knows and the stored documents lack.
/// Whatever administrators added stays.
fn with_new_system_fields(draft: &mut Draft) -> bool {
    let mut changed = false;
    for (name, document) in catalog::system_documents() {
        let Some(stored) = draft.documents.get_mut(name) else {
            draft.documents.insert(name.clone(), document.clone());
            changed = true;
            continue;
        };
        let own = document.get("fields").and_then(Json::as_object).into_iter().flatten();
        let Some(fields) = stored.get_mut("fields").and_then(Json::as_object_mut) else { continue };
        for (field, definition) in own {
            if !fields.contains_key(field) {
                fields.insert(field.clone(), definition.clone());
                changed = true;
            }
        }
    }
    changed
}
