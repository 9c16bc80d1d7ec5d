//! A database that holds tables of somebody else. Ours are made beside them only when that was
//! agreed to, and never over them.

use crate::Config;
use base::{Code, Error, Result};
use std::path::Path;
use store::{Store, TableKind};

/// Names of tables told in a refusal.
const TOLD: usize = 5;

/// Refuses to begin a project in a file with tables of its own, unless it was agreed to.
pub(crate) async fn agreed_in_sqlite(config: &Config) -> Result<()> {
    let file = config.sqlite_file();
    let path = file.clone();
    let looked = tokio::task::spawn_blocking(move || store::look_at_sqlite(&path));
    let found = looked
        .await
        .map_err(|fault| Error::internal("look into the database").caused_by(fault))??;
    if found.project {
        return Ok(());
    }
    judge(config, &found.tables, &file.display().to_string())
}

/// The names of the tables of somebody else in a SQLite file that holds no project; `None` where it
/// holds one, or nothing. For a program that asks a person first.
pub fn tables_of_somebody_else(file: &Path) -> Result<Option<Vec<String>>> {
    let found = store::look_at_sqlite(file)?;
    Ok((!found.project && !found.tables.is_empty()).then_some(found.tables))
}

/// Whose a SQLite file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It holds a project and was made for it.
    Plinth,
    /// It holds tables of somebody else, or a project that was made beside such tables.
    SomebodyElse,
    /// It holds no table, or is not there.
    Nobody,
}

/// Whose a SQLite file is, by what it holds. For a program that is about to delete it.
pub fn owner_of(file: &Path) -> Result<Owner> {
    let found = store::look_at_sqlite(file)?;
    Ok(match (found.is_ours(), found.project) {
        (false, _) => Owner::SomebodyElse,
        (true, true) => Owner::Plinth,
        (true, false) => Owner::Nobody,
    })
}

/// The same of the schema of a Postgres database.
pub(crate) async fn agreed_in_postgres(store: &Store, config: &Config) -> Result<()> {
    let agreed = beside(store, config).await;
    if agreed.is_err() {
        store.close().await;
    }
    agreed
}

async fn beside(store: &Store, config: &Config) -> Result<()> {
    let tables = store.tables().await?;
    let names: Vec<String> = tables
        .iter()
        .filter(|table| matches!(table.kind, TableKind::Plain | TableKind::Part))
        .map(|table| table.name.clone())
        .collect();
    let there = |name: &str| names.iter().any(|known| known == name);
    if there("_meta") && there("baasix_SchemaDefinition") {
        return Ok(());
    }
    judge(config, &names, "the database")
}

/// Whether a project may begin here, among these tables and with the owner that it was told.
fn judge(config: &Config, tables: &[String], place: &str) -> Result<()> {
    config.check_owner()?;
    if tables.is_empty() {
        return Ok(());
    }
    let ours = |name: &&String| name.starts_with("baasix_") || engine::is_house_table(name);
    if let Some(clash) = tables.iter().find(ours) {
        return Err(Error::new(
            Code::ConfigInvalid,
            format!("{place} has a table `{clash}`, which is a name of Plinth's own tables, and no project of Plinth"),
        )
        .hint("rename that table, or use another database or schema"));
    }
    if config.beside_existing {
        return Ok(());
    }
    let mut names: Vec<&str> = tables.iter().take(TOLD).map(String::as_str).collect();
    if tables.len() > TOLD {
        names.push("\u{2026}");
    }
    let file = match config.database_url {
        Some(_) => "",
        None => {
            ", and keeps the file in SQLite's WAL mode (while it is open, files that end in `-wal` and `-shm` stand beside it and belong to it)"
        }
    };
    Err(Error::new(
        Code::ConfigInvalid,
        format!(
            "{place} holds {} {} of its own ({}) and no project of Plinth; nothing was changed",
            tables.len(),
            if tables.len() == 1 { "table" } else { "tables" },
            names.join(", ")
        ),
    )
    .at("beside_existing")
    .hint(format!("`--beside-existing` makes Plinth's tables (`baasix_\u{2026}`, `_meta`, `_change`, `_feed_cursor`, `_sequence`, `_import`, `_schema_change`) beside them and leaves them as they are{file}; keep a copy first")))
}
