//! Many documents become one catalog: relations find their far ends, foreign keys get columns,
//! and what one document cannot know alone is checked.

use crate::check::{self, invalid};
use crate::document::{flag, parse};
use crate::{Catalog, Collection, FieldKind, OnDelete, Relation, RelationKind};
use base::{Code, Error, Result};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

impl Catalog {
    /// The catalog of these stored documents. `kind_of` tells what the expression of a computed
    /// field answers, given the collection; such a field is text where it cannot tell.
    pub fn build(
        documents: impl IntoIterator<Item = (String, Json)>,
        version: u64,
        kind_of: impl Fn(&str, &Collection) -> Option<FieldKind>,
    ) -> Result<Self> {
        let mut parsed: IndexMap<String, Collection> = IndexMap::new();
        for (name, document) in documents {
            let collection =
                parse(&name, &document).map_err(|error| of_collection(error, &name))?;
            if let Some(twin) = parsed.keys().find(|other| other.eq_ignore_ascii_case(&name)) {
                return Err(Error::new(
                    Code::SchemaExists,
                    format!("collections `{twin}` and `{name}` differ in case only, which SQLite cannot hold"),
                )
                .at("collectionName"));
            }
            parsed.insert(name, collection);
        }
        let mut related = Vec::with_capacity(parsed.len());
        for collection in parsed.values() {
            let found = relations(collection, &|name| parsed.get(name))
                .and_then(|found| check_relations(collection, &found, &parsed).map(|()| found))
                .map_err(|error| of_collection(error, &collection.name))?;
            related.push(found);
        }
        check_indexes(&parsed)?;
        check_ids(&parsed)?;
        let collections = parsed
            .into_iter()
            .zip(related)
            .map(|((name, mut collection), relations)| {
                collection.relations = relations;
                type_computed(&mut collection, &kind_of);
                (name, Arc::new(collection))
            })
            .collect();
        Ok(Self { version, collections })
    }
}

/// Gives every computed field the kind of what its expression answers. One whose words an index
/// holds is text.
fn type_computed(
    collection: &mut Collection,
    kind_of: &impl Fn(&str, &Collection) -> Option<FieldKind>,
) {
    let known: Vec<(String, FieldKind)> = collection
        .fields
        .iter()
        .filter(|(name, _)| {
            !collection.indexes.iter().any(|one| one.is_of_words() && one.fields.contains(name))
        })
        .filter_map(|(name, field)| {
            Some((name.clone(), kind_of(field.computed.as_deref()?, collection)?))
        })
        .collect();
    for (name, kind) in known {
        if let Some(field) = collection.fields.get_mut(&name) {
            field.kind = kind;
        }
    }
}

fn of_collection(error: Error, name: &str) -> Error {
    let message = format!("collection `{name}`: {}", error.message());
    error.message_is(message)
}

/// Gives every relation that points (`BelongsTo`) its column: `foreignKey`, else the field itself
/// where it has a type, else `<field>_Id`. A missing column is added with the type of the far key;
/// a generated one follows when its target appears or changes its key.
pub fn complete(
    documents: &mut IndexMap<String, Json>,
    new_id: &mut dyn FnMut() -> String,
) -> Result<()> {
    let keys: IndexMap<String, (Json, Option<Json>)> = documents
        .iter()
        .filter_map(|(name, document)| {
            let fields = document.get("fields")?.as_object()?;
            let key = fields
                .values()
                .filter_map(Json::as_object)
                .find(|field| flag(field, "primaryKey"))?;
            Some((name.clone(), (key.get("type")?.clone(), key.get("values").cloned())))
        })
        .collect();
    for document in documents.values_mut() {
        let Some(fields) = document.get_mut("fields").and_then(Json::as_object_mut) else {
            continue;
        };
        let pointing: Vec<String> = fields
            .iter()
            .filter(|(_, field)| field.get("relType").and_then(Json::as_str) == Some("BelongsTo"))
            .map(|(name, _)| name.clone())
            .collect();
        for name in pointing {
            let Some(definition) = fields.get(&name).and_then(Json::as_object).cloned() else {
                continue;
            };
            let target = definition.get("target").and_then(Json::as_str).unwrap_or_default();
            let asked = pointing_column(&name, &definition);
            let found = other_spelling(&asked).into_iter().chain([asked.clone()]).rfind(|column| {
                fields.get(column).is_some_and(|field| field.get("type").is_some())
            });
            let known = keys.get(target);
            let kind = known.map_or_else(|| json!("UUID"), |(kind, _)| kind.clone());
            let values = known.and_then(|(_, values)| values.clone());
            let column = match found {
                Some(column) => {
                    if let Some(field) = fields.get_mut(&column).and_then(Json::as_object_mut)
                        && known.is_some()
                        && flag(field, "SystemGenerated")
                        && field.get("type") != Some(&kind)
                    {
                        field.insert("type".into(), kind);
                        match values {
                            Some(values) => field.insert("values".into(), values),
                            None => field.shift_remove("values"),
                        };
                    }
                    column
                }
                None => {
                    check::field_name(&asked)?;
                    let mut field = Map::new();
                    field.insert("type".into(), kind);
                    if let Some(values) = values {
                        field.insert("values".into(), values);
                    }
                    let required = definition.get("allowNull") == Some(&Json::Bool(false));
                    field.insert("allowNull".into(), Json::Bool(!required));
                    if flag(&definition, "unique") {
                        field.insert("unique".into(), Json::Bool(true));
                    }
                    field.insert("SystemGenerated".into(), Json::Bool(true));
                    field.insert("fieldId".into(), Json::String(new_id()));
                    fields.insert(asked.clone(), Json::Object(field));
                    asked
                }
            };
            if let Some(definition) = fields.get_mut(&name).and_then(Json::as_object_mut) {
                definition.insert("foreignKey".into(), Json::String(column));
            }
        }
    }
    Ok(())
}

/// The column that a pointing relation names.
fn pointing_column(name: &str, definition: &Map<String, Json>) -> String {
    match definition.get("foreignKey").and_then(Json::as_str).filter(|key| !key.is_empty()) {
        Some(column) => column.to_owned(),
        None if definition.contains_key("type") => name.to_owned(),
        None => check::fitted(&format!("{name}_Id")),
    }
}

/// `author_Id` for `author_id` and the other way round.
fn other_spelling(column: &str) -> Option<String> {
    match (column.strip_suffix("_Id"), column.strip_suffix("_id")) {
        (Some(stem), _) => Some(format!("{stem}_id")),
        (None, Some(stem)) => Some(format!("{stem}_Id")),
        (None, None) => None,
    }
}

/// Finds a far collection by name.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<&'a Collection>;

/// The relations that a collection's document declares. Those whose far side is not there yet
/// (a missing junction, a missing reverse column) are left out until it is; a pointing relation
/// stays, without constraint.
pub(crate) fn relations(
    collection: &Collection,
    lookup: Lookup<'_>,
) -> Result<IndexMap<String, Relation>> {
    let mut found = IndexMap::new();
    let definitions = collection.document.get("fields").and_then(Json::as_object);
    for (key, definition) in definitions.into_iter().flatten() {
        let Some(definition) = definition.as_object() else { continue };
        let Some(word) = definition.get("relType").and_then(Json::as_str) else { continue };
        let target = definition.get("target").and_then(Json::as_str).unwrap_or_default();
        let name = relation_name(collection, key, definition)?;
        let far = if target == collection.name { Some(collection) } else { lookup(target) };
        let Some((kind, constrained, scope)) =
            relation_kind(collection, (key, definition), word, target, far, lookup)
        else {
            continue;
        };
        let relation = Relation {
            name: name.clone(),
            declared_by: key.clone(),
            target: target.to_owned(),
            on_delete: on_delete(collection, key, definition, &kind, target)?,
            kind,
            constrained,
            scope,
        };
        if found.insert(name.clone(), relation).is_some() {
            return Err(invalid(
                format!("fields.{key}.as"),
                format!("two relations are named `{name}`"),
            ));
        }
    }
    Ok(found)
}

/// The document's `as`, else the key; where the key is a column itself, the key without `_id`.
fn relation_name(
    collection: &Collection,
    key: &str,
    definition: &Map<String, Json>,
) -> Result<String> {
    let at = format!("fields.{key}.as");
    let named = definition.get("as").and_then(Json::as_str).filter(|name| !name.is_empty());
    let name = match named {
        Some(name) => name.to_owned(),
        None if collection.fields.contains_key(key) => {
            let stem = ["_Id", "_id", "Id"].iter().find_map(|end| key.strip_suffix(end));
            stem.filter(|stem| !stem.is_empty()).unwrap_or(key).to_owned()
        }
        None => key.to_owned(),
    };
    check::identifier("relation name", &name, &at)?;
    if collection.fields.contains_key(&name) {
        return Err(invalid(at, format!("relation `{name}` has the name of a field"))
            .hint("give the relation a name of its own in `as`"));
    }
    Ok(name)
}

type Kind = (RelationKind, bool, Option<(String, String)>);

fn relation_kind(
    collection: &Collection,
    (key, definition): (&str, &Map<String, Json>),
    word: &str,
    target: &str,
    far: Option<&Collection>,
    lookup: Lookup<'_>,
) -> Option<Kind> {
    let text =
        |key: &str| definition.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let own_key = || {
        let asked = text("targetKey").and_then(|name| collection.field(name));
        asked.map_or_else(|| collection.primary_key.clone(), |field| field.name.clone())
    };
    match word {
        "BelongsTo" => {
            let asked = pointing_column(key, definition);
            let field = collection.field(&asked);
            let target_field =
                text("targetKey").and_then(|name| far.and_then(|far| far.field(name)));
            let held = definition.get("constraints") != Some(&Json::Bool(false));
            let polymorphic =
                collection.junction && !held && collection.fields.contains_key("collection");
            let kind = RelationKind::ToOne {
                unique: field.is_some_and(|field| field.unique),
                column: field.map_or(asked, |field| field.name.clone()),
                target_column: target_field.map_or_else(
                    || far.map_or_else(|| String::from("id"), |far| far.primary_key.clone()),
                    |field| field.name.clone(),
                ),
                only_when: polymorphic.then(|| (String::from("collection"), target.to_owned())),
            };
            Some((kind, held && far.is_some() && field.is_some(), None))
        }
        "HasMany" | "HasOne" => {
            let far = far?;
            let target_column = match text("foreignKey") {
                Some(name) => far.field(name)?.name.clone(),
                None => only_way_back(collection, far)?,
            };
            let column = own_key();
            if word == "HasOne" {
                return Some((RelationKind::HasOne { column, target_column }, false, None));
            }
            let scope = polymorphic_end(collection, far, &target_column)
                .then(|| (String::from("collection"), collection.name.clone()));
            let tables = definition.get("tables").and_then(Json::as_array).into_iter().flatten();
            let polymorphic = if flag(definition, "polymorphic") {
                tables.filter_map(Json::as_str).map(str::to_owned).collect()
            } else {
                Vec::new()
            };
            Some((RelationKind::ToMany { column, target_column, polymorphic }, false, scope))
        }
        _ => {
            let far = far?;
            let name = text("through")?;
            let junction = if name == collection.name { collection } else { lookup(name)? };
            let source =
                text("foreignKey").map_or_else(|| format!("{}_id", collection.name), str::to_owned);
            let other = text("otherKey").map_or_else(
                || format!("{target}_id{}", if target == collection.name { "_2" } else { "" }),
                str::to_owned,
            );
            let kind = RelationKind::Through {
                junction: name.to_owned(),
                column: own_key(),
                junction_source: junction.field(&source)?.name.clone(),
                junction_target: junction.field(&other)?.name.clone(),
                target_column: far.primary_key.clone(),
            };
            Some((kind, false, None))
        }
    }
}

/// The one column of the far collection that points here, if there is exactly one.
fn only_way_back(collection: &Collection, far: &Collection) -> Option<String> {
    let fields = far.document.get("fields").and_then(Json::as_object)?;
    let mut columns = fields.iter().filter_map(|(key, field)| {
        let field = field.as_object()?;
        let points = field.get("relType").and_then(Json::as_str) == Some("BelongsTo")
            && field.get("target").and_then(Json::as_str) == Some(&collection.name);
        let column = points.then(|| pointing_column(key, field))?;
        far.field(&column).map(|field| field.name.clone())
    });
    match (columns.next(), columns.next()) {
        (Some(column), None) => Some(column),
        _ => None,
    }
}

/// Whether the far collection is an M2A junction that leads here through this column.
fn polymorphic_end(collection: &Collection, far: &Collection, column: &str) -> bool {
    let fields = far.document.get("fields").and_then(Json::as_object);
    far.junction
        && far.fields.contains_key("collection")
        && fields.into_iter().flatten().any(|(_, field)| {
            field.get("constraints") == Some(&Json::Bool(false))
                && field.get("target").and_then(Json::as_str) == Some(&collection.name)
                && field.get("foreignKey").and_then(Json::as_str) == Some(column)
        })
}

/// The wire word of an `onDelete` or `onUpdate`.
pub(crate) fn parse_action(text: &str, at: &str) -> Result<OnDelete> {
    const KNOWN: [OnDelete; 4] =
        [OnDelete::Cascade, OnDelete::SetNull, OnDelete::Restrict, OnDelete::NoAction];
    KNOWN.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text.trim())).ok_or_else(
        || {
            invalid(at, format!("unknown action `{text}`"))
                .hint("actions: CASCADE, SET NULL, RESTRICT, NO ACTION")
        },
    )
}

fn on_delete(
    collection: &Collection,
    key: &str,
    definition: &Map<String, Json>,
    kind: &RelationKind,
    target: &str,
) -> Result<OnDelete> {
    if let Some(text) = definition.get("onUpdate").and_then(Json::as_str) {
        parse_action(text, &format!("fields.{key}.onUpdate"))?;
    }
    let required = match kind {
        RelationKind::ToOne { column, .. } => {
            collection.fields.get(column).is_some_and(|field| !field.nullable)
        }
        RelationKind::HasOne { .. }
        | RelationKind::ToMany { .. }
        | RelationKind::Through { .. } => false,
    };
    if let Some(text) = definition.get("onDelete").and_then(Json::as_str) {
        let at = format!("fields.{key}.onDelete");
        let action = parse_action(text, &at)?;
        if action == OnDelete::SetNull && required {
            return Err(invalid(at, format!("relation `{key}` cannot be set to null when its target goes, because its column is required"))
                .hint("choose CASCADE or RESTRICT, or allow null in the column"));
        }
        return Ok(action);
    }
    let kept =
        collection.system || target == "baasix_Tenant" || flag(definition, "SystemGenerated");
    Ok(if kept && !required { OnDelete::SetNull } else { OnDelete::Cascade })
}

fn check_relations(
    collection: &Collection,
    found: &IndexMap<String, Relation>,
    all: &IndexMap<String, Collection>,
) -> Result<()> {
    for relation in found.values() {
        let RelationKind::ToOne { column, target_column, .. } = &relation.kind else { continue };
        let at = format!("fields.{}", relation.declared_by);
        let Some(field) = collection.fields.get(column) else {
            return Err(invalid(
                at,
                format!("relation `{}` needs the field `{column}`", relation.name),
            ));
        };
        if !relation.constrained {
            continue;
        }
        let Some(far) = all.get(&relation.target) else { continue };
        let Some(far_field) = far.fields.get(target_column) else { continue };
        if !(far_field.primary_key || far_field.unique) {
            return Err(invalid(
                format!("{at}.targetKey"),
                format!(
                    "`{}.{target_column}` is neither primary key nor unique, so nothing can point to it",
                    far.name
                ),
            ));
        }
        if storage_class(&field.kind) != storage_class(&far_field.kind) {
            return Err(invalid(
                at,
                format!(
                    "`{column}` is {} but `{}.{target_column}`, to which it points, is {}",
                    field.kind.name(),
                    far.name,
                    far_field.kind.name()
                ),
            )
            .hint("give both the same type"));
        }
    }
    Ok(())
}

/// Types whose values Postgres compares without a cast.
fn storage_class(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::String { .. }
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::CiText
        | FieldKind::Suid
        | FieldKind::Token
        | FieldKind::Enum { .. } => "text",
        FieldKind::Integer | FieldKind::BigInt => "integer",
        other => other.name(),
    }
}

fn check_indexes(all: &IndexMap<String, Collection>) -> Result<()> {
    let mut names: IndexMap<String, &str> = IndexMap::new();
    for collection in all.values() {
        for index in &collection.indexes {
            let lower = index.name.to_ascii_lowercase();
            if all.keys().any(|table| table.to_ascii_lowercase() == lower) {
                return Err(invalid(
                    "indexes.name",
                    format!("index `{}` has the name of a collection", index.name),
                ));
            }
            if let Some(other) = names.insert(lower, &collection.name) {
                return Err(Error::new(
                    Code::SchemaExists,
                    format!(
                        "index `{}` of `{}` exists already on `{other}`",
                        index.name, collection.name
                    ),
                )
                .at("indexes.name")
                .hint("index names are unique in the whole project"));
            }
        }
    }
    Ok(())
}

fn check_ids(all: &IndexMap<String, Collection>) -> Result<()> {
    let mut ids: IndexMap<&str, &str> = IndexMap::new();
    for collection in all.values() {
        if let Some(other) = ids.insert(collection.schema_id(), &collection.name) {
            return Err(invalid(
                "schema.schemaId",
                format!("collections `{other}` and `{}` have the same `schemaId`", collection.name),
            )
            .hint("leave `schemaId` out of a copied schema"));
        }
    }
    Ok(())
}
