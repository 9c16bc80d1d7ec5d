//! What a change does, in words for a person.

use super::draft::{fields, text};
use super::plan::{PlannedStep, StepKind};
use super::values::{describe, misfits};
use catalog::{Catalog, Change, DefaultValue, Field, ForeignKey};
use serde_json::Value as Json;
use sql::Dialect;

/// What stands in the way of a change, or is lost by it, in words behind a count.
pub(super) fn at_stake(change: &Change, dialect: Dialect) -> Option<&'static str> {
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
pub(super) fn declared(old: &Catalog, next: &Catalog, changes: &[Change]) -> Vec<PlannedStep> {
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
        examples: Vec::new(),
    }
}

/// One change.
pub(super) fn said(change: &Change) -> PlannedStep {
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
        Change::ForgetCollection { collection } => step(
            StepKind::ForgetCollection,
            &collection.name,
            format!(
                "Give the table `{}` back: it stays as it is with all its rows, and is no collection any more",
                collection.name
            ),
        ),
        Change::AdoptCollection { collection } => step(
            StepKind::AdoptCollection,
            &collection.name,
            format!("Take the table `{}` over as it is", collection.name),
        ),
        Change::RenameCollection { from, to } => PlannedStep {
            from: Some(from.clone()),
            to: Some(to.clone()),
            ..step(StepKind::RenameCollection, to, format!("Rename collection `{from}` to `{to}`"))
        },
        Change::AddField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            to: Some(described(field)),
            ..step(
                StepKind::AddField,
                collection,
                format!("Add field `{}` ({}) to `{collection}`", field.name, described(field)),
            )
        },
        Change::DropField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            from: Some(described(field)),
            ..step(
                StepKind::DropField,
                collection,
                format!("Delete field `{}` of `{collection}` with its values", field.name),
            )
        },
        Change::ForgetField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            from: Some(described(field)),
            ..step(
                StepKind::ForgetField,
                collection,
                format!(
                    "Give the column `{}` of `{collection}` back: it stays as it is with all its values, and is no field any more",
                    field.name
                ),
            )
        },
        Change::RememberField { collection, field } => PlannedStep {
            field: Some(field.name.clone()),
            to: Some(described(field)),
            ..step(
                StepKind::RememberField,
                collection,
                format!("Take the column `{}` of `{collection}` over again as it is", field.name),
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

/// A field's type for people.
fn described(field: &Field) -> String {
    match field.computed {
        Some(_) => format!("VIRTUAL, {}", describe(&field.kind)),
        None => describe(&field.kind),
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
    differ(described(from), described(to));
    if let (Some(before), Some(after)) = (&from.computed, &to.computed) {
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
