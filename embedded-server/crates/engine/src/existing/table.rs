//! What a table becomes, looked at alone: its fields, its key, its indexes, or the reasons against.

use super::column::{Filled, Kind, filled, of_postgres, of_sqlite};
use super::look::{Looked, has_null, look, rows};
use super::{ExistingColumn, ExistingTable, Finding};
use base::Result;
use catalog::Catalog;
use serde_json::{Map, Value as Json, json};
use sql::Dialect;
use store::{Made, Store, Table, TableColumn, TableIndex, TableKind};

/// How the note on a column begins that can be no field.
const NOT_SHOWN: &str = "stays in the table and is not shown: ";

/// A table under examination.
pub(super) struct Examined<'a> {
    pub(super) table: &'a Table,
    pub(super) found: ExistingTable,
}

/// What a table is and would become. `others` are all tables, for where its foreign keys lead.
pub(super) async fn examine<'a>(
    store: &Store,
    catalog: &Catalog,
    table: &'a Table,
    others: &[Table],
) -> Result<Examined<'a>> {
    let mut found = ExistingTable {
        name: table.name.clone(),
        kind: match table.kind {
            TableKind::Plain => "table",
            TableKind::View => "view",
            TableKind::Part => "part",
            TableKind::Virtual => "virtual",
        },
        rows: None,
        columns: Vec::new(),
        relations: Vec::new(),
        reasons: against(catalog, table, others),
        notes: Vec::new(),
        document: None,
    };
    if table.kind != TableKind::Plain || !table.open {
        return Ok(Examined { table, found });
    }
    let looked = match store.dialect() {
        Dialect::Sqlite => look(store, &table.name, &table.columns).await?,
        Dialect::Postgres => None,
    };
    found.rows = match &looked {
        Some(looked) => Some(looked.rows),
        None => rows(store, &table.name).await?,
    };
    let mut fields = Map::new();
    for (at, column) in table.columns.iter().enumerate() {
        let kind = kind(column, store.dialect(), looked.as_ref(), at);
        describe(&mut found, &mut fields, table, column, kind, store.dialect());
    }
    if let [key] = table.key.as_slice() {
        judge_key(store, &mut found, table, key, &fields).await?;
    }
    if found.reasons.is_empty() {
        keep_document(&mut found, table, fields);
    }
    Ok(Examined { table, found })
}

/// What stands against a table as a whole.
fn against(catalog: &Catalog, table: &Table, others: &[Table]) -> Vec<Finding> {
    let name = &table.name;
    let mut reasons = Vec::new();
    match table.kind {
        TableKind::View => {
            reasons.push(Finding::new(
                "VIEW",
                format!("`{name}` is a view: it has no rows of its own"),
            ));
        }
        TableKind::Part => reasons.push(Finding::new(
            "PART",
            format!("`{name}` is a part of another table; take over the whole"),
        )),
        TableKind::Virtual => reasons.push(Finding::new(
            "VIRTUAL",
            format!("`{name}` is kept by an extension of the database, not by the database itself"),
        )),
        TableKind::Plain => {}
    }
    if !table.open {
        reasons.push(Finding::new(
            "RIGHTS",
            format!(
                "this user may not read and write `{name}`; grant SELECT, INSERT, UPDATE and DELETE"
            ),
        ));
    }
    if let Err(error) = catalog::new_collection_name(name, false) {
        reasons.push(Finding::new(
            "NAME",
            format!(
                "{}; rename the table, or reach it through a view of the tool that made it",
                error.message()
            ),
        ));
    } else if let Some(twin) = catalog
        .collections
        .keys()
        .chain(others.iter().map(|other| &other.name))
        .find(|other| *other != name && other.eq_ignore_ascii_case(name))
    {
        reasons.push(Finding::new(
            "NAME",
            format!("`{name}` and `{twin}` differ in case only; rename one of them"),
        ));
    }
    if table.kind == TableKind::Plain {
        match table.key.as_slice() {
            [] => reasons.push(Finding::new(
                "NO_KEY",
                format!("`{name}` has no primary key, so no record of it could be named; give it one"),
            )),
            [_] => {}
            several => reasons.push(Finding::new(
                "COMPOSITE_KEY",
                format!(
                    "the primary key of `{name}` is made of {} columns ({}); a record is named by one. \
                     Give the table a key of one column and keep these as a unique index",
                    several.len(),
                    several.join(", ")
                ),
            )),
        }
        for key in &table.foreign_keys {
            reasons.extend(leads_nowhere(name, key, others));
        }
    }
    reasons
}

/// SQLite refuses every write to a table one of whose foreign keys leads nowhere.
fn leads_nowhere(name: &str, key: &store::TableKey, others: &[Table]) -> Option<Finding> {
    // Another schema of Postgres keeps its own promises.
    if key.target.contains('.') {
        return None;
    }
    let far = others.iter().find(|other| other.name.eq_ignore_ascii_case(&key.target));
    let message = match far {
        None => {
            format!("a foreign key of `{name}` leads to `{}`, which does not exist", key.target)
        }
        Some(far) => {
            let wanted: Vec<&String> = match key.target_columns.as_slice() {
                [] => far.key.iter().collect(),
                given => given.iter().collect(),
            };
            let same = |columns: &[String]| {
                columns.len() == wanted.len()
                    && columns
                        .iter()
                        .all(|column| wanted.iter().any(|one| one.eq_ignore_ascii_case(column)))
            };
            let unique = |index: &TableIndex| {
                index.unique && !index.partial && index.columns.as_deref().is_some_and(same)
            };
            if wanted.len() == key.columns.len()
                && (same(&far.key) || far.indexes.iter().any(unique))
            {
                return None;
            }
            format!(
                "a foreign key of `{name}` leads to columns of `{}` that are neither its key nor unique",
                far.name
            )
        }
    };
    Some(Finding::of(
        "BROKEN_REFERENCE",
        key.columns.first().map_or("", String::as_str),
        format!("{message}; the database refuses every write to it"),
    ))
}

fn kind(
    column: &TableColumn,
    dialect: Dialect,
    looked: Option<&Looked>,
    at: usize,
) -> Result<Kind, String> {
    if let Err(error) = catalog::new_field_name(&column.name) {
        return Err(error.message().to_owned());
    }
    match dialect {
        Dialect::Sqlite => Ok(of_sqlite(column, looked.and_then(|looked| looked.columns.get(at)))),
        Dialect::Postgres => of_postgres(column),
    }
}

/// Adds a column to what is told and, where it can be a field, to the fields.
fn describe(
    found: &mut ExistingTable,
    fields: &mut Map<String, Json>,
    table: &Table,
    column: &TableColumn,
    kind: Result<Kind, String>,
    dialect: Dialect,
) {
    let primary_key = table.key.contains(&column.name);
    let computed = column.made == Made::Computed;
    let mut shown = ExistingColumn {
        name: column.name.clone(),
        declared: column.declared.clone(),
        kind: None,
        primary_key,
        read_only: computed,
        note: None,
    };
    let kind = match kind {
        Ok(kind) => kind,
        Err(why) => {
            if !column.nullable && column.default.is_none() && column.made == Made::Given {
                found.notes.push(Finding::of(
                    "REQUIRED_COLUMN_HIDDEN",
                    &column.name,
                    format!("`{}` must have a value and is not shown, so records can be changed here and not made", column.name),
                ));
            }
            shown.note = Some(format!("{NOT_SHOWN}{why}"));
            found.columns.push(shown);
            return;
        }
    };
    let filled = filled(column, kind.word, dialect);
    let alone = |index: &&TableIndex| {
        index.unique
            && !index.partial
            && index.columns.as_deref() == Some(std::slice::from_ref(&column.name))
    };
    let mut field = Map::new();
    field.insert("type".into(), json!(kind.word));
    if let Some(values) = kind.values {
        field.insert("values".into(), values);
    }
    // What the table fills by itself is not asked of a new record.
    let asked = !column.nullable && filled != Filled::Table && !computed;
    field.insert("allowNull".into(), json!(!(asked || primary_key)));
    if primary_key {
        field.insert("primaryKey".into(), json!(true));
        if filled == Filled::Table {
            found.notes.push(Finding::of(
                "KEY_MUST_BE_GIVEN",
                &column.name,
                format!("how the table makes its key is not known here (`{}`), so new records must bring one", column.default.as_deref().unwrap_or_default()),
            ));
        }
    } else if table.indexes.iter().any(|index| alone(&index)) {
        field.insert("unique".into(), json!(true));
    }
    if let Filled::Document(default) = filled {
        field.insert("defaultValue".into(), default);
    }
    if computed {
        field.insert("readOnly".into(), json!(true));
    }
    if kind.loose {
        field.insert("loose".into(), json!(true));
    }
    shown.kind = Some(kind.word.to_owned());
    shown.note = kind.note;
    found.columns.push(shown);
    fields.insert(column.name.clone(), Json::Object(field));
}

/// A key must be shown, be of a type that names records, and stand in every row.
async fn judge_key(
    store: &Store,
    found: &mut ExistingTable,
    table: &Table,
    key: &str,
    fields: &Map<String, Json>,
) -> Result<()> {
    let column = found.columns.iter().find(|column| column.name == key);
    let Some(field) = fields.get(key) else {
        let note = column.and_then(|column| column.note.as_deref()).unwrap_or_default();
        let why = note.strip_prefix(NOT_SHOWN).unwrap_or(note);
        let message = format!(
            "the key `{key}` of `{}` cannot be shown, so no record of it could be named: {why}",
            table.name
        );
        found.reasons.push(Finding::of("KEY_TYPE", key, message));
        return Ok(());
    };
    let kind = field["type"].as_str().unwrap_or_default();
    // Two rows may be shown alike, or one by another value than that by which it is found.
    let alike = matches!(kind, "Text" | "String" | "DateTime") && field["loose"] == true;
    let names = ["String", "Text", "UUID", "Integer", "BigInt", "Decimal", "Date", "DateTime"];
    if !names.contains(&kind) || alike {
        let note = column.and_then(|column| column.note.clone());
        let why = note.unwrap_or_else(|| format!("a {kind} names no record"));
        found.reasons.push(Finding::of(
            "KEY_TYPE",
            key,
            format!("the key `{key}` of `{}` cannot be taken: {why}", table.name),
        ));
    } else if store.dialect() == Dialect::Sqlite && has_null(store, &table.name, key).await? {
        found.reasons.push(Finding::of(
            "KEY_EMPTY",
            key,
            format!("rows of `{}` have no key (`{key}` is NULL); give them one", table.name),
        ));
    }
    Ok(())
}

fn keep_document(found: &mut ExistingTable, table: &Table, fields: Map<String, Json>) {
    let shown = |name: &String| fields.contains_key(name);
    let indexes: Vec<Json> = table
        .indexes
        .iter()
        .filter(|index| !index.partial && !index.constraint && catalog::is_name(&index.name))
        .filter_map(|index| {
            let columns = index.columns.as_ref().filter(|columns| columns.iter().all(shown))?;
            let told = !(index.unique && columns.len() == 1);
            told.then(|| json!({ "name": index.name, "fields": columns, "unique": index.unique }))
        })
        .collect();
    let mut document = Map::new();
    document.insert("name".into(), json!(table.name));
    document.insert("adopted".into(), json!(true));
    if table.rowless {
        document.insert("withoutRowNumbers".into(), json!(true));
    }
    document.insert("timestamps".into(), json!(false));
    document.insert("fields".into(), Json::Object(fields));
    if !indexes.is_empty() {
        document.insert("indexes".into(), json!(indexes));
    }
    let document = Json::Object(document);
    // The last judge of a document is the catalog itself.
    match catalog::normalize(&table.name, &document, None, &mut String::new) {
        Ok(_) => found.document = Some(document),
        Err(error) => found.reasons.push(Finding::new("DOCUMENT", error.message())),
    }
}
