//! Plans: what a change would do, said in words, SQL and numbers before it is done.

use super::draft::{Draft, fields, text};
use super::polymorphic::emptied;
use super::values::{
    Touched, count, describe, fills_itself, leading, losses, misfits, number, quoted, stored_name,
    twins,
};
use super::{Changed, no_schema};
use base::{Clock, Code, Error, Result};
use catalog::{Catalog, Change, DefaultValue, Field, FieldKind, ForeignKey, invalid};
use serde_json::{Value as Json, json};
use sql::Dialect;
use store::Store;

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what is done to what")]
pub enum StepKind {
    CreateCollection,
    RenameCollection,
    DropCollection,
    AddField,
    RenameField,
    DropField,
    AlterField,
    AddIndex,
    DropIndex,
    AddRelation,
    DropRelation,
}

/// One step of a change.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedStep {
    /// What is done.
    pub op: StepKind,
    /// The collection, as it is named afterwards (or was, if it ends).
    pub collection: String,
    /// The field, index or relation's column.
    pub field: Option<String>,
    /// What it was.
    pub from: Option<String>,
    /// What it will be.
    pub to: Option<String>,
    /// A sentence for a person.
    pub summary: String,
    /// The statements. Where SQLite rebuilds a table for several steps at once, they stand with
    /// the first of them.
    pub sql: Vec<String>,
    /// Whether stored values are lost or stand in the way.
    pub lossy: bool,
    /// How many records have a value at stake, of how many.
    pub values: Option<(u64, u64)>,
}

/// What a change would do, and what allows it to be applied.
pub struct SchemaPlan {
    /// Binds the plan to the state it was made against and to what was asked.
    pub token: String,
    /// The dialect of its statements.
    pub store: &'static str,
    /// In the order in which they are done.
    pub steps: Vec<PlannedStep>,
}

/// What the asked state would take.
pub(crate) async fn plan(store: &Store, catalog: &Catalog, body: &Json) -> Result<SchemaPlan> {
    let mut draft = drafted(store, catalog, body)?;
    let (next, changes) = draft.next()?;
    let name = match store.dialect() {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    };
    Ok(SchemaPlan {
        token: token(catalog, body),
        store: name,
        steps: steps(store, catalog, &next, &changes).await?,
    })
}

/// Does what was planned, if nothing moved meanwhile.
pub(crate) async fn apply(
    store: &Store,
    clock: &Clock,
    catalog: &Catalog,
    body: &Json,
) -> Result<Changed> {
    let Some(given) = body.get("token").and_then(Json::as_str) else {
        return Err(Error::new(Code::InvalidBody, "the `token` of the plan is missing")
            .at("token")
            .hint("ask POST /schemas/plan first and send its token with the same body"));
    };
    let expected = token(catalog, body);
    if given != expected {
        let moved = given.split('-').next() != expected.split('-').next();
        let message = if moved {
            "the schema has changed since the plan was made"
        } else {
            "this is not the body that was planned"
        };
        return Err(Error::new(Code::PlanStale, message)
            .at("token")
            .hint("ask for a new plan and look at its steps"));
    }
    drafted(store, catalog, body)?.commit(store, clock).await
}

/// The version the plan was made against and a hash of what was asked.
fn token(catalog: &Catalog, body: &Json) -> String {
    let asked = json!([body.get("collections"), body.get("drop")]).to_string();
    // FNV-1a: the token guards against mistakes, not against administrators.
    let hash = asked.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}-{hash:016x}", catalog.version)
}

/// The documents as the body asks for them: ends, then renames, then new and changed ones.
fn drafted(store: &Store, catalog: &Catalog, body: &Json) -> Result<Draft> {
    let list = |key: &str| -> Result<&[Json]> {
        match body.get(key) {
            None | Some(Json::Null) => Ok(&[]),
            Some(Json::Array(list)) => Ok(list),
            Some(_) => {
                Err(Error::new(Code::InvalidBody, format!("`{key}` must be a list")).at(key))
            }
        }
    };
    let mut draft = Draft::of(catalog);
    for name in list("drop")? {
        let name =
            name.as_str().ok_or_else(|| invalid("drop", "`drop` must be a list of names"))?;
        // A junction may have gone with its collection already.
        if catalog.get(name).is_none() {
            return Err(no_schema(name, catalog));
        }
        if draft.documents.contains_key(name) {
            draft.delete(name)?;
        }
    }
    let asked: Vec<(&str, &Json, Option<&str>)> = list("collections")?
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            let name = entry.get("collectionName").and_then(Json::as_str);
            match (name, entry.get("schema")) {
                (Some(name), Some(schema)) => {
                    Ok((name, schema, entry.get("was").and_then(Json::as_str)))
                }
                _ => Err(invalid(
                    format!("collections.{at}"),
                    "each entry needs `collectionName` and `schema`",
                )),
            }
        })
        .collect::<Result<_>>()?;
    for (name, _, was) in &asked {
        if let Some(was) = was {
            draft.rename(was, name, store.dialect())?;
        }
    }
    for (name, schema, _) in asked {
        if draft.documents.contains_key(name) {
            draft.update(name, schema)?;
        } else {
            draft.create(name, schema)?;
        }
    }
    // Last, so that a relation may lead to a collection that stands below it in the list.
    for (at, entry) in list("collections")?.iter().enumerate() {
        let name = entry.get("collectionName").and_then(Json::as_str).unwrap_or_default();
        let relations = entry.get("relationships").and_then(Json::as_array).into_iter().flatten();
        for (number, relation) in relations.enumerate() {
            draft
                .create_relationship(name, relation)
                .map_err(|error| error.at(format!("collections.{at}.relationships.{number}")))?;
        }
    }
    Ok(draft)
}

/// Says every change in words, SQL and numbers.
pub(crate) async fn steps(
    store: &Store,
    old: &Catalog,
    next: &Catalog,
    changes: &[Change],
) -> Result<Vec<PlannedStep>> {
    let dialect = store.dialect();
    let mut steps = Vec::with_capacity(changes.len());
    let mut shown: Vec<String> = Vec::new();
    for change in changes {
        let mut step = said(change);
        step.sql = step_sql(change, changes, old, next, dialect, &mut shown);
        if let Some(touched) = touched(store, change, changes).await? {
            step.values = Some((touched.affected, touched.total));
            step.lossy = touched.affected > 0;
            if let Some(verb) = at_stake(change, dialect).filter(|_| touched.affected > 0) {
                step.summary = format!(
                    "{}: {} of {} values {verb}",
                    step.summary,
                    number(touched.affected),
                    number(touched.total)
                );
            }
        }
        steps.push(step);
    }
    steps.extend(declared(old, next, changes));
    for (junction, table) in emptied(old, next) {
        let id = old.get(&junction).map(|was| was.schema_id());
        let Some(is) = next.collections.values().find(|is| Some(is.schema_id()) == id) else {
            continue;
        };
        let ended = |step: &&mut PlannedStep| {
            step.op == StepKind::DropRelation
                && step.collection == is.name
                && step.field.as_ref() == Some(&table)
        };
        let Some(step) = steps.iter_mut().find(ended) else { continue };
        let touched = leading(store, &junction, &table).await?;
        step.values = Some((touched.affected, touched.total));
        step.lossy = touched.affected > 0;
        if step.lossy {
            step.summary = format!(
                "{}: {} of {} records still lead there",
                step.summary,
                number(touched.affected),
                number(touched.total)
            );
        }
    }
    Ok(steps)
}

/// What stands in the way of a change, or is lost by it, in words behind a count.
fn at_stake(change: &Change, dialect: Dialect) -> Option<&'static str> {
    Some(match change {
        Change::AddField { .. } => "are missing",
        Change::AlterField { from, to, .. } if misfits(from, to, dialect).is_some() => {
            "lose something or do not fit"
        }
        Change::AlterField { from, to, .. } if from.nullable && !to.nullable => "are missing",
        Change::AlterField { .. } | Change::AddIndex { .. } => "are not unique",
        _ => return None,
    })
}

/// What changes in the documents alone: relations that need no constraint, rules, settings.
fn declared(old: &Catalog, next: &Catalog, changes: &[Change]) -> Vec<PlannedStep> {
    let mut steps = Vec::new();
    for is in next.collections.values() {
        let Some(was) = old.collections.values().find(|was| was.schema_id() == is.schema_id())
        else {
            continue;
        };
        let by_id = |document: &Json, id: &str| {
            fields(document)
                .find(|(_, field)| text(field, "fieldId") == Some(id))
                .map(|(key, field)| (key.clone(), field.clone()))
        };
        let told = |op: StepKind, field: Option<&str>, summary: String| PlannedStep {
            field: field.map(str::to_owned),
            ..step(op, &is.name, summary)
        };
        let in_store = |field: &Json| {
            text(field, "relType") == Some("BelongsTo")
                && field.get("constraints") != Some(&Json::Bool(false))
        };
        let is_relation = |field: &Json| field.get("relType").is_some();
        for (key, field) in
            fields(&was.document).filter(|(_, field)| is_relation(field) && !in_store(field))
        {
            if by_id(&is.document, text(field, "fieldId").unwrap_or_default()).is_none() {
                steps.push(told(
                    StepKind::DropRelation,
                    Some(key),
                    format!("Delete relation `{key}` of `{}`", is.name),
                ));
            }
        }
        for (key, field) in fields(&is.document) {
            let target = text(field, "target").unwrap_or_default();
            match by_id(&was.document, text(field, "fieldId").unwrap_or_default()) {
                None if is_relation(field) && !in_store(field) => {
                    steps.push(told(
                        StepKind::AddRelation,
                        Some(key),
                        format!("Let `{}` reach `{target}` as `{key}`", is.name),
                    ));
                }
                Some((_, before))
                    if settings(&before) != settings(field)
                        && !structural(changes, &is.name, key) =>
                {
                    steps.push(told(
                        StepKind::AlterField,
                        Some(key),
                        format!("Change the settings of `{key}` of `{}`", is.name),
                    ));
                }
                _ => {}
            }
        }
        let top = |document: &Json| -> Vec<(String, Json)> {
            let kept = |key: &String| !matches!(key.as_str(), "fields" | "indexes" | "schemaId");
            let all = document.as_object().into_iter().flatten();
            all.filter(|(key, _)| kept(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let (before, after) = (top(&was.document), top(&is.document));
        let changed: Vec<String> = after
            .iter()
            .filter(|entry| !before.contains(entry))
            .map(|(key, _)| format!("`{key}`"))
            .collect();
        if !changed.is_empty() {
            let summary = format!("Change the settings of `{}`: {}", is.name, changed.join(", "));
            steps.push(told(StepKind::AlterField, None, summary));
        }
    }
    steps
}

/// A definition without what a structural step says already.
fn settings(field: &Json) -> Json {
    let mut field = field.clone();
    if let Some(field) = field.as_object_mut() {
        for key in [
            "type",
            "allowNull",
            "unique",
            "defaultValue",
            "values",
            "primaryKey",
            "calculated",
            "target",
            "foreignKey",
            "onDelete",
            "onUpdate",
        ] {
            field.shift_remove(key);
        }
    }
    field
}

/// Whether a step of its own tells what happens to this field.
fn structural(changes: &[Change], collection: &str, field: &str) -> bool {
    changes.iter().any(|change| match change {
        Change::AlterField { collection: on, to, .. } => on == collection && to.name == field,
        Change::RenameField { collection: on, to, .. } => on == collection && to == field,
        _ => false,
    })
}

/// The statements of one step. Where SQLite does several steps of a table at once, because it
/// rebuilds it or adds a column with its foreign key, the first of them shows all.
fn step_sql(
    change: &Change,
    changes: &[Change],
    old: &Catalog,
    next: &Catalog,
    dialect: Dialect,
    shown: &mut Vec<String>,
) -> Vec<String> {
    let texts = |part: &[Change]| -> (Vec<String>, bool) {
        let defined = sql::define(part, old, next, dialect);
        let bookkeeping =
            |text: &str| text.contains("\"_sequence\" ") && dialect == Dialect::Sqlite;
        let texts = defined
            .statements
            .iter()
            .map(|s| s.text.to_string())
            .filter(|t| !bookkeeping(t))
            .collect();
        (texts, defined.rebuilds)
    };
    let Some(name) = table_of(change) else { return texts(std::slice::from_ref(change)).0 };
    let table = stored_name(changes, name).to_owned();
    // Other steps of a renamed table need to know of the rename, which is a step of its own.
    let of_rename =
        |other: &&Change| matches!(other, Change::RenameCollection { from, .. } if *from == table);
    let renaming: Vec<Change> = changes.iter().filter(of_rename).cloned().collect();
    let (said_there, _) = texts(&renaming);
    let without_renaming = |part: Vec<Change>| {
        let (mut all, rebuilds) = texts(&[renaming.clone(), part].concat());
        all.retain(|text| !said_there.contains(text));
        (all, rebuilds)
    };
    if dialect == Dialect::Postgres {
        return without_renaming(vec![change.clone()]).0;
    }
    let of_table =
        |other: &&Change| table_of(other).is_some_and(|name| stored_name(changes, name) == table);
    let together: Vec<Change> = changes.iter().filter(of_table).cloned().collect();
    let pointing = together.iter().any(|change| matches!(change, Change::AddRelation { .. }));
    let (all, rebuilds) = without_renaming(together);
    if !rebuilds && !pointing {
        return without_renaming(vec![change.clone()]).0;
    }
    if shown.contains(&table) {
        return Vec::new();
    }
    shown.push(table);
    all
}

/// The existing table a change belongs to.
fn table_of(change: &Change) -> Option<&str> {
    match change {
        Change::DropRelation { collection, .. }
        | Change::DropIndex { collection, .. }
        | Change::DropField { collection, .. }
        | Change::RenameField { collection, .. }
        | Change::AddField { collection, .. }
        | Change::AlterField { collection, .. }
        | Change::AddIndex { collection, .. }
        | Change::AddRelation { collection, .. } => Some(collection),
        Change::DropCollection { .. }
        | Change::RenameCollection { .. }
        | Change::CreateCollection { .. } => None,
    }
}

/// How many stored values a change touches.
async fn touched(store: &Store, change: &Change, changes: &[Change]) -> Result<Option<Touched>> {
    Ok(match change {
        Change::DropCollection { collection } => {
            Some(count(store, &collection.name, "TRUE").await?)
        }
        Change::DropField { collection, field }
            if !matches!(field.kind, FieldKind::Virtual { .. }) =>
        {
            let condition = format!("{} IS NOT NULL", quoted(&field.name));
            Some(count(store, stored_name(changes, collection), &condition).await?)
        }
        // Records that stand would have no value for it.
        Change::AddField { collection, field } if !field.nullable && !fills_itself(field) => {
            Some(count(store, stored_name(changes, collection), "TRUE").await?)
        }
        Change::AddIndex { collection, index } if index.unique && !index.nulls_not_distinct => {
            twins(store, changes, collection, &index.fields).await?
        }
        Change::AlterField { collection, from, to } => {
            let table = stored_name(changes, collection);
            if let Some(condition) = losses(from, to, store.dialect()) {
                return count(store, table, &condition).await.map(Some);
            }
            let filled =
                matches!(to.default, Some(DefaultValue::Literal(_) | DefaultValue::AutoIncrement));
            if from.nullable && !to.nullable && !filled {
                return count(store, table, &format!("{} IS NULL", quoted(&from.name)))
                    .await
                    .map(Some);
            }
            if to.unique && !from.unique {
                return twins(store, changes, collection, std::slice::from_ref(&to.name)).await;
            }
            None
        }
        _ => None,
    })
}

fn step(op: StepKind, collection: &str, summary: String) -> PlannedStep {
    PlannedStep {
        op,
        collection: collection.to_owned(),
        field: None,
        from: None,
        to: None,
        summary,
        sql: Vec::new(),
        lossy: false,
        values: None,
    }
}

fn said(change: &Change) -> PlannedStep {
    let pointing = |key: &ForeignKey| format!("{}.{}", key.target, key.target_column);
    match change {
        Change::CreateCollection { collection } => {
            let fields = collection.fields.len();
            step(
                StepKind::CreateCollection,
                &collection.name,
                format!("Create collection `{}` with {fields} fields", collection.name),
            )
        }
        Change::DropCollection { collection } => step(
            StepKind::DropCollection,
            &collection.name,
            format!("Delete collection `{}` with all its records", collection.name),
        ),
        Change::RenameCollection { from, to } => PlannedStep {
            from: Some(from.clone()),
            to: Some(to.clone()),
            ..step(StepKind::RenameCollection, to, format!("Rename collection `{from}` to `{to}`"))
        },
        Change::AddField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            to: Some(describe(&field.kind)),
            ..step(
                StepKind::AddField,
                collection,
                format!("Add field `{}` ({}) to `{collection}`", field.name, describe(&field.kind)),
            )
        },
        Change::DropField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            from: Some(describe(&field.kind)),
            ..step(
                StepKind::DropField,
                collection,
                format!("Delete field `{}` of `{collection}` with its values", field.name),
            )
        },
        Change::RenameField { collection, from, to } => PlannedStep {
            field: Some(to.clone()),
            from: Some(from.clone()),
            to: Some(to.clone()),
            ..step(
                StepKind::RenameField,
                collection,
                format!("Rename field `{from}` of `{collection}` to `{to}`"),
            )
        },
        Change::AlterField { collection, from, to } => {
            let differences = differences(from, to);
            let join = |side: fn(&(String, String)) -> &String| {
                differences.iter().map(side).cloned().collect::<Vec<_>>().join(", ")
            };
            let (before, after) = (join(|(before, _)| before), join(|(_, after)| after));
            PlannedStep {
                field: Some(to.name.clone()),
                summary: format!(
                    "Change field `{}` of `{collection}` from {before} to {after}",
                    to.name
                ),
                from: Some(before),
                to: Some(after),
                ..step(StepKind::AlterField, collection, String::new())
            }
        }
        Change::AddIndex { collection, index } => PlannedStep {
            field: Some(index.name.clone()),
            to: Some(index.fields.join(", ")),
            ..step(
                StepKind::AddIndex,
                collection,
                format!(
                    "Add {}index `{}` on {}",
                    if index.unique { "unique " } else { "" },
                    index.name,
                    index.fields.join(", ")
                ),
            )
        },
        Change::DropIndex { collection, index } => PlannedStep {
            field: Some(index.name.clone()),
            from: Some(index.fields.join(", ")),
            ..step(StepKind::DropIndex, collection, format!("Delete index `{}`", index.name))
        },
        Change::AddRelation { collection, key } => PlannedStep {
            field: Some(key.column.clone()),
            to: Some(pointing(key)),
            ..step(
                StepKind::AddRelation,
                collection,
                format!(
                    "Let `{collection}.{}` point to `{}` (on delete: {})",
                    key.column,
                    pointing(key),
                    key.on_delete.as_str()
                ),
            )
        },
        Change::DropRelation { collection, key } => PlannedStep {
            field: Some(key.column.clone()),
            from: Some(pointing(key)),
            ..step(
                StepKind::DropRelation,
                collection,
                format!(
                    "`{collection}.{}` no longer has to point to `{}`",
                    key.column,
                    pointing(key)
                ),
            )
        },
    }
}

/// What differs between two states of a field, as pairs of words.
fn differences(from: &Field, to: &Field) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut differ = |before: String, after: String| {
        if before != after {
            found.push((before, after));
        }
    };
    differ(describe(&from.kind), describe(&to.kind));
    if let (FieldKind::Virtual { expression: before }, FieldKind::Virtual { expression: after }) =
        (&from.kind, &to.kind)
    {
        differ(format!("`{before}`"), format!("`{after}`"));
    }
    let required =
        |field: &Field| String::from(if field.nullable { "optional" } else { "required" });
    differ(required(from), required(to));
    let unique = |field: &Field| String::from(if field.unique { "unique" } else { "not unique" });
    differ(unique(from), unique(to));
    let default = |field: &Field| match &field.default {
        None => String::from("no default"),
        Some(DefaultValue::Literal(json)) => format!("default {json}"),
        Some(DefaultValue::Sql(text)) => format!("default `{text}`"),
        Some(DefaultValue::UuidV4) => String::from("default UUIDV4"),
        Some(DefaultValue::Suid) => String::from("default SUID"),
        Some(DefaultValue::Now) => String::from("default NOW"),
        Some(DefaultValue::AutoIncrement) => String::from("default AUTOINCREMENT"),
        Some(DefaultValue::CurrentUser) => String::from("default CURRENT_USER"),
        Some(DefaultValue::CurrentTenant) => String::from("default CURRENT_TENANT"),
    };
    differ(default(from), default(to));
    found
}
