//! Schema documents: what a client may send, what is stored, and what that means.

use crate::check::{self, invalid};
use crate::definition::parse_field;
use crate::document_index::{name_indexes, parse_indexes};
use crate::kind::canonical_type;
use crate::{Collection, Field, build, system};
use base::Result;
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Most fields of one collection; SQLite's own ceiling for columns is 2,000.
const FIELDS_MAX: usize = 1_000;

/// The key under which an answer tells what a computed field holds; it is never stored.
pub const RESULT_TYPE: &str = "resultType";

/// The document as it is stored: names checked, types in their canonical spelling, a primary key
/// and the fields of the flags added, every field with its stable `fieldId` and the document with
/// its `schemaId`. Keys keep their order and unknown keys stay.
///
/// With a `previous` document this is a change to it: `fields` replaces the old map when present,
/// every other key is merged.
pub fn normalize(
    name: &str,
    given: &Json,
    previous: Option<&Json>,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Json> {
    let Json::Object(given) = given else {
        return Err(invalid("schema", "the schema is missing")
            .hint("send {\"collectionName\": \"products\", \"schema\": {\"fields\": {…}}}"));
    };
    let junction =
        flag(given, "isJunction") || previous.is_some_and(|old| document_flag(old, "isJunction"));
    let own = system::document(name);
    if previous.is_none() && own.is_none() {
        check::new_collection_name(name, junction)?;
    } else {
        check::collection_name(name)?;
    }

    let mut document = match previous {
        Some(Json::Object(old)) => old.clone(),
        _ => Map::new(),
    };
    for (key, value) in given {
        document.insert(key.clone(), value.clone());
    }
    if !document.get("name").is_some_and(Json::is_string) {
        document.insert("name".into(), json!(name));
    }
    for key in ["timestamps", "paranoid", "sortEnabled", "usertrack", "isJunction"] {
        if document.get(key).is_some_and(|value| !(value.is_boolean() || value.is_null())) {
            return Err(invalid(format!("schema.{key}"), format!("`{key}` must be true or false")));
        }
    }
    for (key, least) in [(HISTORY_DAYS, 0), (TRASH_DAYS, 1)] {
        let said = document.get(key).filter(|value| !value.is_null());
        if said.is_some_and(|value| days(value).is_none_or(|days| days < least)) {
            return Err(invalid(
                format!("schema.{key}"),
                format!("`{key}` must be a whole number of days from {least} to {DAYS_MAX}"),
            ));
        }
    }
    let old_fields = previous.and_then(|old| old.get("fields")).and_then(Json::as_object);
    // Taken out of its place, which it gets back below: removing the key would move others.
    let fields = match document.get_mut("fields").map(Json::take) {
        Some(Json::Object(fields)) if !fields.is_empty() => fields,
        Some(Json::Object(_)) | None | Some(Json::Null) => {
            return Err(invalid("schema.fields", "a collection needs at least one field")
                .hint("send `fields`, for example {\"title\": {\"type\": \"String\"}}"));
        }
        Some(_) => {
            return Err(invalid(
                "schema.fields",
                "`fields` must be an object of field definitions",
            ));
        }
    };
    let mut fields = canonical_fields(fields)?;
    if let Some(own) = &own {
        keep_system_fields(&mut fields, own, old_fields);
    }
    add_primary_key(&mut fields, old_fields);
    add_flag_fields(&document, &mut fields, old_fields)?;
    if fields.len() > FIELDS_MAX {
        return Err(invalid(
            "schema.fields",
            format!("{} fields; at most {FIELDS_MAX} are allowed", fields.len()),
        ));
    }
    for (name, field) in &fields {
        // One that has the name from before is known by it.
        if old_fields.is_none_or(|old| !old.contains_key(name)) {
            check::new_field_name(name)?;
        }
        let called = field.get("as").and_then(Json::as_str);
        if called != old_fields.and_then(|old| old.get(name)?.get("as")?.as_str()) {
            let at = || format!("fields.{name}.as");
            called.map_or(Ok(()), |called| check::askable("relation", called, at()))?;
        }
        let rules = field.get("validate");
        // A stored contradiction is no reason to refuse a change of something else.
        if rules != old_fields.and_then(|old| old.get(name)).and_then(|old| old.get("validate")) {
            bounds(name, rules)?;
        }
    }
    assign_ids(&mut fields, old_fields, new_id)?;
    document.insert("fields".into(), Json::Object(fields));
    if let Some(own) = &own {
        keep_system_indexes(&mut document, own);
    }
    name_indexes(name, &mut document)?;
    let id = previous
        .and_then(|old| old.get("schemaId"))
        .or_else(|| given.get("schemaId"))
        .and_then(Json::as_str)
        .filter(|id| !id.is_empty())
        .map_or_else(new_id, str::to_owned);
    document.insert("schemaId".into(), Json::String(id));
    let document = Json::Object(document);
    parse(name, &document)?;
    Ok(document)
}

/// Refuses rules that no value could obey.
fn bounds(name: &str, rules: Option<&Json>) -> Result<()> {
    let number = |key: &str| {
        let bound = match rules?.get(key)? {
            Json::Number(bound) => bound.to_string(),
            Json::String(bound) => bound.trim().to_owned(),
            _ => return None,
        };
        bound.parse::<f64>().ok().map(|near| (bound, near))
    };
    let (Some((min, low)), Some((max, high))) = (number("min"), number("max")) else {
        return Ok(());
    };
    // Whole numbers have more digits than a double tells apart.
    let possible = match (min.parse::<i128>(), max.parse::<i128>()) {
        (Ok(min), Ok(max)) => min <= max,
        _ => low <= high,
    };
    if possible {
        return Ok(());
    }
    let at = format!("fields.{name}.validate");
    Err(invalid(at, format!("`min` is {min} and `max` is {max}: no value lies between them"))
        .hint("make `min` the smaller one"))
}

/// Days that the history of a record is kept, in a document.
const HISTORY_DAYS: &str = "historyDays";

/// Days after which a record leaves the trash for good, in a document.
const TRASH_DAYS: &str = "trashDays";

/// A hundred years: longer than any rule asks for, and far from where dates end.
const DAYS_MAX: u32 = 36_500;

fn days(value: &Json) -> Option<u32> {
    let days = value.as_u64().and_then(|days| u32::try_from(days).ok())?;
    (days <= DAYS_MAX).then_some(days)
}

/// Whether a flag of a definition is on; REF writes some as the text `"true"`.
pub(crate) fn flag(definition: &Map<String, Json>, key: &str) -> bool {
    match definition.get(key) {
        Some(Json::Bool(on)) => *on,
        Some(Json::String(text)) => text == "true",
        _ => false,
    }
}

fn document_flag(document: &Json, key: &str) -> bool {
    document.as_object().is_some_and(|document| flag(document, key))
}

/// The canonical spelling of a relation word in a field definition.
fn canonical_relation(word: &str, at: &str) -> Result<&'static str> {
    const WORDS: [(&str, &str); 8] = [
        ("BelongsTo", "BelongsTo"),
        ("HasMany", "HasMany"),
        ("HasOne", "HasOne"),
        ("BelongsToMany", "BelongsToMany"),
        ("M2O", "BelongsTo"),
        ("O2M", "HasMany"),
        ("O2O", "BelongsTo"),
        ("M2M", "BelongsToMany"),
    ];
    WORDS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(word))
        .map(|(_, word)| *word)
        .ok_or_else(|| {
            invalid(format!("{at}.relType"), format!("unknown relation type `{word}`"))
                .hint("relation types: BelongsTo, HasMany, HasOne, BelongsToMany")
        })
}

fn canonical_fields(given: Map<String, Json>) -> Result<Map<String, Json>> {
    let mut fields = Map::new();
    for (name, definition) in given {
        let at = format!("fields.{name}");
        check::field_name(&name)?;
        let Json::Object(mut definition) = definition else {
            return Err(invalid(at, format!("the definition of `{name}` must be an object"))
                .hint("for example {\"type\": \"String\", \"allowNull\": false}"));
        };
        for key in ["type", "relType"] {
            if definition.get(key).is_some_and(Json::is_null) {
                definition.shift_remove(key);
            }
        }
        // Told with every answer, and told anew by the expression.
        definition.shift_remove(RESULT_TYPE);
        let relation = definition.get("relType").cloned();
        let kind = definition.get("type").cloned();
        match &relation {
            Some(Json::String(word)) => {
                if word.eq_ignore_ascii_case("O2O") {
                    definition.insert("unique".into(), Json::Bool(true));
                }
                let word = canonical_relation(word, &at)?;
                definition.insert("relType".into(), json!(word));
                if word == "BelongsToMany"
                    && !definition.get("through").is_some_and(Json::is_string)
                {
                    return Err(invalid(format!("{at}.through"), format!("relation `{name}` does not say its junction collection in `through`"))
                        .hint("or let POST /schemas/{collection}/relationships with type M2M make the junction"));
                }
                match definition.get("target") {
                    Some(Json::String(target)) if check::is_name(target) => {}
                    Some(Json::String(target)) => {
                        check::identifier("relation target", target, &format!("{at}.target"))?
                    }
                    _ => {
                        return Err(invalid(
                            format!("{at}.target"),
                            format!("relation `{name}` does not say its `target` collection"),
                        ));
                    }
                }
            }
            Some(_) => return Err(invalid(format!("{at}.relType"), "`relType` must be a text")),
            None => {}
        }
        match kind {
            Some(Json::String(word)) => {
                definition.insert("type".into(), json!(canonical_type(&word, &at)?));
            }
            None if relation.is_some() => {}
            _ => {
                return Err(invalid(
                    format!("{at}.type"),
                    format!("field `{name}` does not say its `type`"),
                )
                .hint(format!("types: {}", crate::kind::TYPE_NAMES.join(", "))));
            }
        }
        fields.insert(name, Json::Object(definition));
    }
    Ok(fields)
}

/// What the system collections are made of stays: a change may add to them, nothing else.
fn keep_system_fields(
    fields: &mut Map<String, Json>,
    own: &Json,
    old_fields: Option<&Map<String, Json>>,
) {
    let Some(own_fields) = own.get("fields").and_then(Json::as_object) else { return };
    for (name, definition) in own_fields {
        let kept = old_fields.and_then(|old| old.get(name)).unwrap_or(definition);
        fields.insert(name.clone(), kept.clone());
    }
}

fn keep_system_indexes(document: &mut Map<String, Json>, own: &Json) {
    let Some(own) = own.get("indexes").and_then(Json::as_array) else { return };
    match document.get_mut("indexes").and_then(Json::as_array_mut) {
        Some(indexes) => {
            let lost =
                |index: &&Json| !indexes.iter().any(|known| known.get("name") == index.get("name"));
            let lost: Vec<Json> = own.iter().filter(lost).cloned().collect();
            indexes.extend(lost);
        }
        None => {
            document.insert("indexes".into(), Json::Array(own.clone()));
        }
    }
}

fn add_primary_key(fields: &mut Map<String, Json>, old_fields: Option<&Map<String, Json>>) {
    if fields.values().any(|field| document_flag(field, "primaryKey")) {
        return;
    }
    let old_key = old_fields
        .and_then(|old| old.iter().find(|(_, field)| document_flag(field, "primaryKey")))
        .map(|(name, field)| (name.clone(), field.clone()));
    if let Some((name, field)) = old_key {
        fields.shift_insert(0, name, field);
        return;
    }
    let id = json!({"type": "UUID", "primaryKey": true, "allowNull": false, "defaultValue": {"type": "UUIDV4"}});
    match fields.get_mut("id").and_then(Json::as_object_mut) {
        // A field `id` that nobody marked is meant to be the key.
        Some(field) if field.contains_key("type") => {
            field.insert("primaryKey".into(), Json::Bool(true));
        }
        _ => {
            fields.shift_insert(0, String::from("id"), id);
        }
    }
}

/// The fields that each flag stands for.
fn flag_fields(flag: &str) -> Vec<(&'static str, Json)> {
    let user = |name: &str| {
        json!({"relType": "BelongsTo", "target": "baasix_User", "foreignKey": format!("{name}_Id"),
            "as": name, "onDelete": "SET NULL", "SystemGenerated": true})
    };
    let user_key = json!({"type": "UUID", "allowNull": true, "SystemGenerated": true});
    match flag {
        "timestamps" => {
            let stamp = json!({"type": "DateTime", "allowNull": true, "defaultValue": {"type": "NOW"}, "SystemGenerated": true});
            vec![("createdAt", stamp.clone()), ("updatedAt", stamp)]
        }
        // No default: a new or old row is not deleted (D-15).
        "paranoid" => {
            vec![(
                "deletedAt",
                json!({"type": "DateTime", "allowNull": true, "SystemGenerated": true}),
            )]
        }
        "sortEnabled" => vec![(
            "sort",
            json!({"type": "Integer", "allowNull": true, "description": "Sort order for items", "SystemGenerated": true}),
        )],
        _ => vec![
            ("userCreated_Id", user_key.clone()),
            ("userUpdated_Id", user_key),
            ("userCreated", user("userCreated")),
            ("userUpdated", user("userUpdated")),
        ],
    }
}

fn add_flag_fields(
    document: &Map<String, Json>,
    fields: &mut Map<String, Json>,
    old_fields: Option<&Map<String, Json>>,
) -> Result<()> {
    for key in ["timestamps", "paranoid", "sortEnabled", "usertrack"] {
        let said = document.get(key).and_then(Json::as_bool);
        let on = said.unwrap_or(key == "timestamps");
        for (name, definition) in flag_fields(key) {
            let present = fields.get(name);
            if on {
                let wanted = definition.get("type");
                match present {
                    None => {
                        let kept = old_fields.and_then(|old| old.get(name));
                        fields.insert(name.to_owned(), kept.unwrap_or(&definition).clone());
                    }
                    Some(there) if wanted.is_some() && there.get("type") != wanted => {
                        return Err(invalid(
                            format!("fields.{name}"),
                            format!(
                                "`{key}` needs `{name}` to be {}",
                                wanted.unwrap_or(&Json::Null)
                            ),
                        )
                        .hint(format!("leave `{name}` out, or turn `{key}` off")));
                    }
                    Some(there)
                        if wanted.is_none()
                            && there.get("relType").is_none()
                            && old_fields.is_none_or(|old| !old.contains_key(name)) =>
                    {
                        return Err(invalid(
                            format!("fields.{name}"),
                            format!("`{key}` makes a relation `{name}`"),
                        )
                        .hint(format!("name the field otherwise, or turn `{key}` off")));
                    }
                    Some(_) => {}
                }
            } else if said == Some(false)
                && matches!(key, "timestamps" | "paranoid")
                && present.is_some_and(|there| document_flag(there, "SystemGenerated"))
            {
                fields.shift_remove(name);
            }
        }
    }
    Ok(())
}

/// Every field gets a `fieldId`: the one it was sent with, else the one its name had, else a new
/// one. Two fields never share one.
fn assign_ids(
    fields: &mut Map<String, Json>,
    old_fields: Option<&Map<String, Json>>,
    new_id: &mut dyn FnMut() -> String,
) -> Result<()> {
    let mut taken: IndexMap<String, String> = IndexMap::new();
    for (name, field) in fields.iter() {
        let Some(id) = field.get("fieldId") else { continue };
        let Some(id) = id.as_str().filter(|id| !id.is_empty()) else {
            return Err(invalid(format!("fields.{name}.fieldId"), "`fieldId` must be a text"));
        };
        if let Some(other) = taken.insert(id.to_owned(), name.clone()) {
            return Err(invalid(
                format!("fields.{name}.fieldId"),
                format!("fields `{other}` and `{name}` have the same `fieldId`"),
            )
            .hint("leave `fieldId` out of a copied field"));
        }
    }
    for (name, field) in fields.iter_mut() {
        let Some(field) = field.as_object_mut() else { continue };
        if field.contains_key("fieldId") {
            continue;
        }
        let kept = old_fields
            .and_then(|old| old.get(name))
            .and_then(|old| old.get("fieldId"))
            .and_then(Json::as_str)
            .filter(|id| !taken.contains_key(*id));
        let id = kept.map_or_else(&mut *new_id, str::to_owned);
        taken.insert(id.clone(), name.clone());
        field.insert("fieldId".into(), Json::String(id));
    }
    Ok(())
}

/// What a stored document means, taken alone: relations lead to their targets by name, and what
/// only the targets know (their keys) is settled by [`crate::Catalog::build`].
pub fn parse(name: &str, document: &Json) -> Result<Collection> {
    let Some(top) = document.as_object() else {
        return Err(invalid("schema", "the schema must be an object"));
    };
    let Some(definitions) = top.get("fields").and_then(Json::as_object) else {
        return Err(invalid("schema.fields", "the schema has no fields"));
    };
    let mut fields: IndexMap<String, Field> = IndexMap::new();
    for (field_name, definition) in definitions {
        let Some(definition) = definition.as_object() else {
            return Err(invalid(
                format!("fields.{field_name}"),
                "the definition must be an object",
            ));
        };
        if !definition.contains_key("type") {
            continue;
        }
        if let Some(twin) = fields.keys().find(|other| other.eq_ignore_ascii_case(field_name)) {
            return Err(invalid(
                format!("fields.{field_name}"),
                format!(
                    "fields `{twin}` and `{field_name}` differ in case only, which SQLite cannot hold"
                ),
            ));
        }
        fields.insert(field_name.clone(), parse_field(field_name, definition)?);
    }
    let mut keys =
        fields.values().filter(|field| field.primary_key).map(|field| field.name.clone());
    let primary_key = match (keys.next(), keys.next()) {
        (Some(key), None) => key,
        (Some(one), Some(two)) => {
            return Err(invalid(
                format!("fields.{two}.primaryKey"),
                format!("`{one}` and `{two}` are both marked as primary key; one is allowed"),
            )
            .hint("use a unique index for a key of several fields"));
        }
        _ => return Err(invalid("schema.fields", "the schema has no primary key")),
    };
    let mut collection = Collection {
        name: name.to_owned(),
        fields,
        relations: IndexMap::new(),
        indexes: Vec::new(),
        primary_key,
        timestamps: top.get("timestamps").and_then(Json::as_bool).unwrap_or(true),
        paranoid: flag(top, "paranoid"),
        sort_enabled: flag(top, "sortEnabled"),
        usertrack: flag(top, "usertrack"),
        junction: flag(top, "isJunction"),
        system: system::document(name).is_some(),
        history_days: top.get(HISTORY_DAYS).and_then(days),
        trash_days: top.get(TRASH_DAYS).and_then(days),
        adopted: flag(top, "adopted"),
        rowless: flag(top, "withoutRowNumbers"),
        arriving: false,
        document: Arc::new(document.clone()),
    };
    if !collection.adopted {
        // A schema copied from an adopted table makes a table that holds what its types tell.
        collection.fields.values_mut().for_each(|field| field.loose = false);
    }
    collection.indexes = parse_indexes(&collection, top)?;
    collection.relations = build::relations(&collection, &|_| None)?;
    Ok(collection)
}
