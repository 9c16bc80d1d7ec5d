//! The first start: the house's tables, the system collections, three roles, what signed-in
//! people may do with their own views, the mails and one row of settings. No user: the first owner is made by whoever assembles the house.

use crate::migrate::{HOUSE_KEY, HOUSE_VERSION};
use crate::schema::draft::Draft;
use crate::schema::stored::statement;
use crate::seed;
use base::{Clock, Result, Value, uuid_v4};
use catalog::Catalog;
use sql::Statement;
use store::{Store, Table, TableKind};

/// The key in `_meta` that says how many tables were there before the project.
const BESIDE_KEY: &str = "beside_existing";

fn is_table(table: &Table) -> bool {
    matches!(table.kind, TableKind::Plain | TableKind::Part)
}

/// The roles every project has, and whether each belongs to a tenant.
const ROLES: [(&str, &str, bool); 3] = [
    ("administrator", "May do everything", false),
    (seed::PEOPLE, "Signed-in people", true),
    ("public", "Everybody who is not signed in", false),
];

/// The settings of a new project, by column.
const SETTINGS: [(&str, &str); 12] = [
    ("project_name", "Baasix Project"),
    ("title", "Baasix Project"),
    ("project_color", "#663399"),
    ("secondary_color", "#f0f0f0"),
    ("description", "Powered by Baasix"),
    ("keywords", "cms, headless, api"),
    ("from_email_name", "Baasix"),
    ("timezone", "UTC"),
    ("language", "en"),
    ("date_format", "YYYY-MM-DD"),
    ("currency", "USD"),
    ("createdAt", ""),
];

/// Makes everything in one transaction.
pub(crate) async fn found(store: &Store, clock: &Clock) -> Result<Catalog> {
    let dialect = store.dialect();
    let mut draft = Draft::of(&Catalog::default());
    draft.documents = catalog::system_documents().clone();
    draft.before = sql::house_tables(dialect).statements;
    let now = clock.now_iso();
    let meta = |key: &str, value: String| {
        statement(
            dialect,
            r#"INSERT INTO "_meta" ("key", "value") VALUES (?1, ?2)"#,
            r#"INSERT INTO "_meta" ("key", "value") VALUES ($1::text, $2::text)"#,
            vec![Value::text(key), Value::Text(value)],
        )
    };
    draft.after.push(meta(HOUSE_KEY, HOUSE_VERSION.to_string()));
    draft.after.push(meta("catalog_version", String::from("0")));
    let others = store.tables().await?.iter().filter(|table| is_table(table)).count();
    if others > 0 {
        draft.after.push(meta(BESIDE_KEY, others.to_string()));
    }
    for (name, description, tenant) in ROLES {
        draft.after.push(statement(
            dialect,
            r#"INSERT INTO "baasix_Role" ("id", "name", "description", "isTenantSpecific", "createdAt", "updatedAt") VALUES (?1, ?2, ?3, ?4, ?5, ?5)"#,
            r#"INSERT INTO "baasix_Role" ("id", "name", "description", "isTenantSpecific", "createdAt", "updatedAt") VALUES ($1::text::uuid, $2::text, $3::text, $4::boolean, $5::text::timestamptz, $5::text::timestamptz)"#,
            vec![
                Value::Text(uuid_v4()?),
                Value::text(name),
                Value::text(description),
                Value::Bool(tenant),
                Value::text(&now),
            ],
        ));
    }
    draft.after.push(settings(store, &now));
    draft.after.extend(seed::mails(dialect, &now)?);
    draft.after.extend(seed::own_views(dialect, &now)?);
    draft.commit(store, clock).await.map(|(catalog, _)| catalog)
}

fn settings(store: &Store, now: &str) -> Statement {
    let columns: Vec<String> = SETTINGS.iter().map(|(column, _)| format!("\"{column}\"")).collect();
    let marks = |placeholder: &dyn Fn(usize) -> String| -> String {
        (1..=SETTINGS.len()).map(placeholder).collect::<Vec<_>>().join(", ")
    };
    let sqlite = marks(&|at| format!("?{at}"));
    let postgres = marks(&|at| match at == SETTINGS.len() {
        true => format!("${at}::text::timestamptz"),
        false => format!("${at}::text"),
    });
    let insert = |values: String, yes: &str, no: &str| {
        format!(
            "INSERT INTO \"baasix_Settings\" ({}, \"updatedAt\", \"smtp_enabled\", \"smtp_secure\", \"mobile_session_limit\", \"web_session_limit\") VALUES ({values}, {yes}, {no}, {no}, -1, -1)",
            columns.join(", ")
        )
    };
    let binds = SETTINGS
        .iter()
        .map(|(column, value)| Value::text(if *column == "createdAt" { now } else { *value }))
        .collect();
    let last = SETTINGS.len();
    statement(
        store.dialect(),
        &insert(sqlite, &format!("?{last}"), "0"),
        &insert(postgres, &format!("${last}::text::timestamptz"), "false"),
        binds,
    )
}
