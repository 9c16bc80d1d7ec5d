//! Opening a project: making the house's tables in an empty database, bringing an older one up
//! to date, refusing a newer one.

use crate::schema::draft::Draft;
use crate::schema::renew::renewal;
use crate::schema::stored::{Loaded, load, once, statement};
use crate::{bootstrap, in_the_way, seed};
use base::{Clock, Code, Error, Result, Value};
use catalog::{Catalog, HISTORY};
use serde_json::Value as Json;
use sql::{Dialect, Statement};
use std::sync::Arc;
use store::Store;

/// What was added to the house after its first version, oldest first.
const UPGRADES: [Upgrade; 8] = [
    Upgrade { version: 2, part: Part::MailsViewsAndIndexes },
    Upgrade { version: 3, part: Part::SchemaHistory },
    Upgrade { version: 4, part: Part::History },
    Upgrade { version: 5, part: Part::IndexesOfPlaces },
    Upgrade { version: 6, part: Part::Arrivals },
    Upgrade { version: 7, part: Part::PlacesByKeys },
    Upgrade { version: 8, part: Part::KindsOfComputed },
    Upgrade { version: 9, part: Part::Identity },
];

/// One addition. Once a program with it was given away it stays as it is: the next addition has
/// the next number.
struct Upgrade {
    version: i64,
    part: Part,
}

enum Part {
    /// The project's mails, the right of signed-in people to views of their own, the tables and
    /// indexes of imports, and indexes that serve every page of their order.
    MailsViewsAndIndexes,
    /// The table of the schema's history.
    SchemaHistory,
    /// The history outlives the users and tenants that it names: no constraint holds it to them.
    History,
    /// Indexes of one geometry, which were indexes by order, answer what lies where.
    IndexesOfPlaces,
    /// Where rows of imports wait, and how the feed tells of them.
    Arrivals,
    /// Indexes of places know records by their keys, which no copy of the file changes.
    PlacesByKeys,
    /// Computed columns are of the kind that their expressions answer, and no longer text.
    KindsOfComputed,
    /// Second factors, personas, variables, tests of permissions, and columns of identity. An
    /// invitation keeps no token that could be used: those of before are over.
    Identity,
}

/// Version of the house's own tables. A database with a higher one was written by a newer
/// program.
pub(crate) const HOUSE_VERSION: i64 = 9;

/// The key in `_meta` that holds [`HOUSE_VERSION`].
pub(crate) const HOUSE_KEY: &str = "house_version";

/// Times an upgrade is begun anew because another process was faster.
const TRIES: u32 = 3;

/// The catalog of the project behind `store`, after whatever had to be made or brought up to date.
pub(crate) async fn open(store: &Store, clock: &Clock) -> Result<Catalog> {
    store.equip().await?;
    if !is_there(store).await? {
        return bootstrap::found(store, clock).await;
    }
    let mut tried = 1;
    loop {
        match up_to_date(store, clock).await {
            // Another process changed the catalog between our look and our commit.
            Err(error) if error.code() == Code::PlanStale && tried < TRIES => tried += 1,
            done => return done,
        }
    }
}

async fn up_to_date(store: &Store, clock: &Clock) -> Result<Catalog> {
    let loaded = load(store).await?;
    let version = house_version(&loaded)?;
    let catalog = Catalog::build(loaded.documents, loaded.version, sql::kind_of)?;
    let mut draft = Draft::of(&catalog);
    let mut changed = with_new_system_parts(&mut draft);
    for (collection, field) in catalog::hide_secrets(&mut draft.documents) {
        draft.after.extend(forgotten(store.dialect(), &collection, &field));
        changed = true;
    }
    let mut upgraded = false;
    for upgrade in UPGRADES.iter().filter(|upgrade| upgrade.version > version) {
        tracing::info!(to = upgrade.version, "the project is brought to a new version");
        // First of all: another process that did it meanwhile is noticed before its tables are.
        draft.before.extend(recorded(store.dialect(), upgrade.version, &clock.now_iso()));
        upgrade.part.add(&mut draft, store.dialect(), clock)?;
        upgraded = true;
    }
    if upgraded {
        // Once, from whatever version it comes, and before the tables change: what a rebuild makes
        // anew stands in its new form.
        draft.before.extend(renewal(store, &draft.old).await?.statements);
        let kinds = |upgrade: &Upgrade| matches!(upgrade.part, Part::KindsOfComputed);
        if UPGRADES.iter().find(|one| kinds(one)).is_some_and(|one| one.version > version) {
            for collection in catalog.collections.values() {
                draft.before.extend(sql::renewed(collection, store.dialect())?);
            }
        }
        changed = true;
    }
    if !changed {
        return Ok(catalog);
    }
    match draft.commit(store, clock).await {
        Ok((catalog, _)) => Ok(catalog),
        Err(fault) if upgraded => Err(in_the_way::told(store, &catalog, fault).await),
        Err(fault) => Err(fault),
    }
}

fn house_version(loaded: &Loaded) -> Result<i64> {
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
    Ok(version)
}

/// The version reached, and a row that says when: it can be written once only.
fn recorded(dialect: Dialect, version: i64, now: &str) -> [Statement; 2] {
    [
        once(dialect, format!("house:{version}"), now),
        statement(
            dialect,
            r#"INSERT INTO "_meta" ("key", "value") VALUES (?1, ?2) ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value""#,
            r#"INSERT INTO "_meta" ("key", "value") VALUES ($1::text, $2::text) ON CONFLICT ("key") DO UPDATE SET "value" = excluded."value""#,
            vec![Value::text(HOUSE_KEY), Value::Text(version.to_string())],
        ),
    ]
}

impl Part {
    fn add(&self, draft: &mut Draft, dialect: Dialect, clock: &Clock) -> Result<()> {
        let now = clock.now_iso();
        match self {
            Self::MailsViewsAndIndexes => {
                draft.before.extend(later_house_tables(dialect));
                draft.after.extend(seed::mails(dialect, &now)?);
                draft.after.extend(seed::own_views(dialect, &now)?);
            }
            Self::SchemaHistory => draft.before.push(sql::schema_history(dialect)),
            Self::History => {
                let own = catalog::system_document(HISTORY).and_then(|own| own.get("fields"));
                let stored = draft.documents.get_mut(HISTORY).and_then(|one| one.get_mut("fields"));
                if let (Some(own), Some(stored)) = (own, stored) {
                    for pointer in ["user", "tenant"] {
                        stored[pointer] = own[pointer].clone();
                    }
                }
            }
            // The indexes are made anew behind every upgrade.
            Self::IndexesOfPlaces | Self::PlacesByKeys => {}
            // Behind the indexes, which those over computed columns are among.
            Self::KindsOfComputed => {}
            Self::Arrivals => draft.before.extend(arrivals(dialect)),
            // What the system's documents have more comes by itself.
            Self::Identity => draft.before.push(statement(
                dialect,
                r#"UPDATE "baasix_Invite" SET "status" = 'expired' WHERE "status" = 'pending'"#,
                r#"UPDATE "baasix_Invite" SET "status" = 'expired' WHERE "status" = 'pending'"#,
                Vec::new(),
            )),
        }
        Ok(())
    }
}

/// What was added to the house's tables before they had a second version.
fn later_house_tables(dialect: Dialect) -> Vec<Statement> {
    let texts = [
        (
            r#"CREATE TABLE IF NOT EXISTS "_import" ("id" TEXT PRIMARY KEY NOT NULL, "at_ms" INTEGER NOT NULL, "job" TEXT NOT NULL CHECK (json_valid("job"))) STRICT"#,
            r#"CREATE TABLE IF NOT EXISTS "_import" ("id" text PRIMARY KEY, "at_ms" bigint NOT NULL, "job" text NOT NULL)"#,
        ),
        (r#"DROP INDEX IF EXISTS "_change_source""#, r#"DROP INDEX IF EXISTS "_change_source""#),
        (
            r#"CREATE INDEX "_change_source" ON "_change" ("source", "seq") WHERE "source" IS NOT NULL"#,
            r#"CREATE INDEX "_change_source" ON "_change" ("source", "seq") WHERE "source" IS NOT NULL"#,
        ),
    ];
    texts.map(|(sqlite, postgres)| statement(dialect, sqlite, postgres, Vec::new())).into()
}

/// What imports have that are invisible until they are whole.
fn arrivals(dialect: Dialect) -> Vec<Statement> {
    let texts = [
        (
            r#"CREATE TABLE "_import_row" ("import" TEXT NOT NULL, "n" INTEGER NOT NULL, "shape" TEXT NOT NULL, "key" TEXT NOT NULL, "record" TEXT NOT NULL, "moved" INTEGER NOT NULL DEFAULT 0, PRIMARY KEY ("import", "n")) STRICT"#,
            r#"CREATE TABLE "_import_row" ("import" text NOT NULL, "n" bigint NOT NULL, "shape" text NOT NULL, "key" text COLLATE "C" NOT NULL, "record" jsonb NOT NULL, "moved" boolean NOT NULL DEFAULT false, PRIMARY KEY ("import", "n"))"#,
        ),
        (
            r#"CREATE INDEX "_import_row_moved" ON "_import_row" ("key", "import") WHERE "moved""#,
            r#"CREATE INDEX "_import_row_moved" ON "_import_row" ("key", "import") WHERE "moved""#,
        ),
        (
            r#"CREATE TABLE "_import_moving" ("import" TEXT PRIMARY KEY NOT NULL, "collection" TEXT NOT NULL) STRICT"#,
            r#"CREATE TABLE "_import_moving" ("import" text PRIMARY KEY, "collection" text NOT NULL)"#,
        ),
        (
            r#"ALTER TABLE "_import" ADD COLUMN "process" TEXT"#,
            r#"ALTER TABLE "_import" ADD COLUMN "process" text"#,
        ),
        (
            r#"ALTER TABLE "_import" ADD COLUMN "alive_ms" INTEGER NOT NULL DEFAULT 0"#,
            r#"ALTER TABLE "_import" ADD COLUMN "alive_ms" bigint NOT NULL DEFAULT 0"#,
        ),
        (
            r#"ALTER TABLE "_change" ADD COLUMN "import" TEXT"#,
            r#"ALTER TABLE "_change" ADD COLUMN "import" text"#,
        ),
        (
            r#"ALTER TABLE "_change" ADD COLUMN "records" INTEGER NOT NULL DEFAULT 1"#,
            r#"ALTER TABLE "_change" ADD COLUMN "records" bigint NOT NULL DEFAULT 1"#,
        ),
        (
            r#"ALTER TABLE "_feed_cursor" ADD COLUMN "part" INTEGER NOT NULL DEFAULT 0"#,
            r#"ALTER TABLE "_feed_cursor" ADD COLUMN "part" bigint NOT NULL DEFAULT 0"#,
        ),
    ];
    texts.map(|(sqlite, postgres)| statement(dialect, sqlite, postgres, Vec::new())).into()
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

/// Adds the system collections, fields and indexes that this program knows and the stored
/// documents lack, and gives indexes of ours the form that they have now. Whatever administrators
/// added stays.
fn with_new_system_parts(draft: &mut Draft) -> bool {
    let mut changed = false;
    for (name, document) in catalog::system_documents() {
        let Some(stored) = draft.documents.get_mut(name) else {
            draft.documents.insert(name.clone(), document.clone());
            changed = true;
            continue;
        };
        let own = document.get("fields").and_then(Json::as_object).into_iter().flatten();
        if let Some(fields) = stored.get_mut("fields").and_then(Json::as_object_mut) {
            for (field, definition) in own {
                if !fields.contains_key(field) {
                    fields.insert(field.clone(), definition.clone());
                    changed = true;
                }
            }
        }
        let Some(own) = document.get("indexes").and_then(Json::as_array) else { continue };
        let Some(stored) = stored.as_object_mut() else { continue };
        let indexes = stored.entry("indexes").or_insert_with(|| Json::Array(Vec::new()));
        let Some(indexes) = indexes.as_array_mut() else { continue };
        for index in own {
            match indexes.iter_mut().find(|known| known.get("name") == index.get("name")) {
                Some(known) if known == index => continue,
                Some(known) => *known = index.clone(),
                None => indexes.push(index.clone()),
            }
            changed = true;
        }
    }
    changed
}

/// Takes the values of a field that is hidden from now on out of the history and out of what is told
/// of changes: nothing hidden is ever written there.
fn forgotten(dialect: Dialect, collection: &str, field: &str) -> [Statement; 2] {
    let texts = [
        (
            r#"UPDATE "baasix_AuditLog" SET "changes" = json_remove("changes", '$.before."' || ?2 || '"', '$.after."' || ?2 || '"') WHERE "entity" = ?1 AND "type" = 'data'"#,
            r#"UPDATE "baasix_AuditLog" SET "changes" = "changes" #- ARRAY['before', $2::text] #- ARRAY['after', $2::text] WHERE "entity" = $1::text AND "type" = 'data'"#,
        ),
        (
            r#"UPDATE "_change" SET "before" = json_remove("before", '$."' || ?2 || '"'), "after" = json_remove("after", '$."' || ?2 || '"') WHERE "collection" = ?1"#,
            r#"UPDATE "_change" SET "before" = "before" #- ARRAY[$2::text], "after" = "after" #- ARRAY[$2::text] WHERE "collection" = $1::text"#,
        ),
    ];
    texts.map(|(sqlite, postgres)| {
        statement(dialect, sqlite, postgres, vec![Value::text(collection), Value::text(field)])
    })
}

#[cfg(test)]
mod tests {
    use super::{HOUSE_VERSION, UPGRADES};

    #[test]
    fn upgrades_are_numbered_without_a_gap_up_to_the_version_of_the_house() {
        let numbers: Vec<i64> = UPGRADES.iter().map(|upgrade| upgrade.version).collect();
        assert_eq!(numbers, (2..=HOUSE_VERSION).collect::<Vec<_>>());
    }
}
