//! Schema documents: what a client may send, what is stored, and what that means.

use crate::check::{self, invalid};
use crate::kind::{canonical_type, parse_kind};
use crate::{Collection, DefaultValue, Field, FieldKind, Index, Rule, build, system};
use base::{Result, nearest};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// Longest pattern of a rule, in bytes (`Limits::pattern_bytes_max` says the same of filters).
const PATTERN_BYTES_MAX: usize = 1_000;

/// Most fields of one collection; SQLite's own ceiling for columns is 2,000.
const FIELDS_MAX: usize = 1_000;

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

/// Every stored index has a name.
fn name_indexes(collection: &str, document: &mut Map<String, Json>) -> Result<()> {
    let Some(indexes) = document.get_mut("indexes") else { return Ok(()) };
    if indexes.is_null() {
        *indexes = json!([]);
    }
    let Json::Array(indexes) = indexes else {
        return Err(invalid("schema.indexes", "`indexes` must be a list"));
    };
    for (at, index) in indexes.iter_mut().enumerate() {
        let Json::Object(index) = index else {
            return Err(invalid(format!("indexes.{at}"), "an index must be an object")
                .hint("for example {\"fields\": [\"email\"], \"unique\": true}"));
        };
        if let Some(Json::String(field)) = index.get("fields") {
            let list = json!([field]);
            index.insert("fields".into(), list);
        }
        if !index.get("name").is_some_and(Json::is_string) {
            let fields: Vec<&str> = index
                .get("fields")
                .and_then(Json::as_array)
                .map(|fields| fields.iter().filter_map(Json::as_str).collect())
                .unwrap_or_default();
            let name = check::fitted(&format!("{collection}_{}_idx", fields.join("_")));
            index.shift_insert(0, String::from("name"), Json::String(name));
        }
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
        document: Arc::new(document.clone()),
    };
    collection.indexes = parse_indexes(&collection, top)?;
    collection.relations = build::relations(&collection, &|_| None)?;
    Ok(collection)
}

fn parse_field(name: &str, definition: &Map<String, Json>) -> Result<Field> {
    let at = format!("fields.{name}");
    let type_name = definition.get("type").and_then(Json::as_str).unwrap_or_default();
    let kind = parse_kind(canonical_type(type_name, &at)?, definition, &at)?;
    for key in ["allowNull", "unique", "primaryKey", "hidden"] {
        if definition.get(key).is_some_and(|value| !(value.is_boolean() || value.is_null())) {
            return Err(invalid(format!("{at}.{key}"), format!("`{key}` must be true or false")));
        }
    }
    let primary_key = flag(definition, "primaryKey");
    let default = parse_default(definition.get("defaultValue"), &kind, &at)?;
    if primary_key
        && !matches!(
            kind,
            FieldKind::String { .. }
                | FieldKind::Text
                | FieldKind::Uuid
                | FieldKind::Suid
                | FieldKind::Integer
                | FieldKind::BigInt
                | FieldKind::Token
                | FieldKind::Enum { .. }
                | FieldKind::Date
                | FieldKind::DateTime
                | FieldKind::Decimal { .. }
        )
    {
        return Err(invalid(at, format!("a {} cannot be a primary key", kind.name()))
            .hint("use UUID, SUID, Integer, BigInt or String"));
    }
    let counted = default == Some(DefaultValue::AutoIncrement);
    let virtual_field = matches!(kind, FieldKind::Virtual { .. });
    Ok(Field {
        id: definition.get("fieldId").and_then(Json::as_str).unwrap_or(name).to_owned(),
        name: name.to_owned(),
        nullable: virtual_field
            || !(primary_key || counted || definition.get("allowNull") == Some(&Json::Bool(false))),
        unique: !primary_key && flag(definition, "unique"),
        rules: parse_rules(definition.get("validate"), &at)?,
        hidden: flag(definition, "hidden"),
        generated: flag(definition, "SystemGenerated"),
        primary_key,
        default: if virtual_field { None } else { default },
        kind,
    })
}

fn parse_default(given: Option<&Json>, kind: &FieldKind, at: &str) -> Result<Option<DefaultValue>> {
    let at = format!("{at}.defaultValue");
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(None) };
    let literal = |value: &Json| -> Result<Option<DefaultValue>> {
        if value.is_null() {
            return Ok(None);
        }
        if let Some(reason) = literal_fault(kind, value) {
            return Err(invalid(at.clone(), format!("the default value {value} {reason}")));
        }
        Ok(Some(DefaultValue::Literal(value.clone())))
    };
    let Json::Object(object) = given else { return literal(given) };
    let word = object.get("type").and_then(Json::as_str).map(str::to_ascii_uppercase);
    let texts = matches!(
        kind,
        FieldKind::String { .. }
            | FieldKind::Text
            | FieldKind::Suid
            | FieldKind::Token
            | FieldKind::CiText
    );
    let (default, fits) = match word.as_deref() {
        Some("UUIDV4" | "UUID") => (DefaultValue::UuidV4, texts || *kind == FieldKind::Uuid),
        Some("SUID") => (DefaultValue::Suid, texts),
        Some("NOW") => (
            DefaultValue::Now,
            texts
                || matches!(
                    kind,
                    FieldKind::Date
                        | FieldKind::DateTime
                        | FieldKind::DateTimeNoTz
                        | FieldKind::Time
                        | FieldKind::TimeNoTz
                ),
        ),
        Some("AUTOINCREMENT") => {
            (DefaultValue::AutoIncrement, matches!(kind, FieldKind::Integer | FieldKind::BigInt))
        }
        Some("CURRENT_USER") => (DefaultValue::CurrentUser, texts || *kind == FieldKind::Uuid),
        Some("CURRENT_TENANT") => (DefaultValue::CurrentTenant, texts || *kind == FieldKind::Uuid),
        Some("SQL") => match object.get("value").and_then(Json::as_str).map(str::trim) {
            Some(text) if !text.is_empty() => (DefaultValue::Sql(text.to_owned()), true),
            _ => return Err(invalid(at, "an SQL default needs its expression in `value`")),
        },
        _ if object.len() == 1 && object.contains_key("value") => return literal(&object["value"]),
        _ if matches!(kind, FieldKind::Json { .. } | FieldKind::Geo(_) | FieldKind::Range(_)) => {
            return literal(given);
        }
        Some(other) => {
            const KNOWN: [&str; 7] =
                ["UUIDV4", "SUID", "NOW", "AUTOINCREMENT", "CURRENT_USER", "CURRENT_TENANT", "SQL"];
            let near = nearest(other, KNOWN)
                .map_or(String::new(), |near| format!("did you mean `{near}`? "));
            return Err(invalid(format!("{at}.type"), format!("unknown default `{other}`"))
                .hint(format!("{near}defaults: {}", KNOWN.join(", "))));
        }
        None => return literal(given),
    };
    if fits {
        Ok(Some(default))
    } else {
        Err(invalid(
            at,
            format!("a {} field cannot take the default {}", kind.name(), word.unwrap_or_default()),
        ))
    }
}

/// Why a literal cannot be the value of such a field, if it cannot. `query::coerce` is the full
/// judge of values; this refuses at design time what it would refuse at every write.
fn literal_fault(kind: &FieldKind, value: &Json) -> Option<String> {
    let whole = || match value {
        Json::Number(number) => number.to_string().parse::<i64>().ok(),
        Json::String(text) => text.trim().parse::<i64>().ok(),
        _ => None,
    };
    let number = || match value {
        Json::Number(number) => number.to_string().parse::<f64>().is_ok(),
        Json::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    };
    let fits = match kind {
        FieldKind::String { length: Some(length) } => match value.as_str() {
            Some(text) if text.chars().count() > *length as usize => {
                return Some(format!("is longer than {length}"));
            }
            text => text.is_some(),
        },
        FieldKind::Enum { values } => match value.as_str() {
            Some(word) if !values.iter().any(|known| known == word) => {
                return Some(format!("is none of {}", values.join(", ")));
            }
            word => word.is_some(),
        },
        FieldKind::Integer => whole().is_some_and(|n| i32::try_from(n).is_ok()),
        FieldKind::BigInt => whole().is_some(),
        FieldKind::Decimal { .. } | FieldKind::Real | FieldKind::Double => number(),
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Array(_) => value.is_array(),
        FieldKind::Json { .. } => true,
        FieldKind::Range(_) => value.is_array() || value.is_object() || value.is_string(),
        FieldKind::Geo(_) => value.is_object(),
        FieldKind::String { length: None }
        | FieldKind::Text
        | FieldKind::Html
        | FieldKind::CiText
        | FieldKind::Date
        | FieldKind::DateTime
        | FieldKind::DateTimeNoTz
        | FieldKind::Time
        | FieldKind::TimeNoTz
        | FieldKind::Uuid
        | FieldKind::Suid
        | FieldKind::Token
        | FieldKind::Binary
        | FieldKind::Virtual { .. } => value.is_string(),
    };
    (!fits).then(|| format!("is no value of the type {}", kind.name()))
}

fn parse_rules(given: Option<&Json>, at: &str) -> Result<Vec<Rule>> {
    const KNOWN: [&str; 12] = [
        "min", "max", "isInt", "notEmpty", "len", "isEmail", "isUrl", "isIP", "isUUID", "is",
        "matches", "regex",
    ];
    let at = format!("{at}.validate");
    let Some(given) = given.filter(|given| !given.is_null()) else { return Ok(Vec::new()) };
    let Json::Object(given) = given else {
        return Err(invalid(at, "`validate` must be an object of rules"));
    };
    let mut rules = Vec::new();
    for (key, value) in given {
        let at = format!("{at}.{key}");
        if value.is_null() || value == &Json::Bool(false) {
            continue;
        }
        let bound = || match value {
            Json::Number(number) => Ok(number.to_string()),
            Json::String(text) => Ok(text.clone()),
            _ => Err(invalid(at.clone(), format!("`{key}` must be a number"))),
        };
        rules.push(match key.as_str() {
            "min" => Rule::Min(bound()?),
            "max" => Rule::Max(bound()?),
            "isInt" => Rule::IsInt,
            "notEmpty" => Rule::NotEmpty,
            "isEmail" => Rule::IsEmail,
            "isUrl" => Rule::IsUrl,
            "isIP" | "isIp" => Rule::IsIp,
            "isUUID" | "isUuid" => Rule::IsUuid,
            "len" => match value.as_array().map(Vec::as_slice) {
                Some([low, high]) => match (low.as_u64(), high.as_u64()) {
                    (Some(low), Some(high)) if low <= high => Rule::Len(low, high),
                    _ => return Err(invalid(at, "`len` must be two whole numbers, the smaller first")),
                },
                _ => return Err(invalid(at, "`len` must be a pair, for example [3, 255]")),
            },
            "is" | "matches" | "regex" => {
                let Some(pattern) = value.as_str() else {
                    return Err(invalid(at, format!("`{key}` must be a regular expression as text")));
                };
                if pattern.len() > PATTERN_BYTES_MAX {
                    return Err(invalid(at, format!("the pattern has {} bytes; at most {PATTERN_BYTES_MAX} are allowed", pattern.len())));
                }
                if let Err(fault) = regex::Regex::new(pattern) {
                    return Err(invalid(at, "the pattern is no valid regular expression").caused_by(fault)
                        .hint("look-around and back references are not supported, because their time has no bound"));
                }
                Rule::Pattern(pattern.to_owned())
            }
            other => {
                let near = nearest(other, KNOWN).map_or(String::new(), |near| format!("did you mean `{near}`? "));
                return Err(invalid(at, format!("unknown rule `{other}`"))
                    .hint(format!("{near}rules: {}", KNOWN.join(", "))));
            }
        });
    }
    Ok(rules)
}

fn parse_indexes(collection: &Collection, top: &Map<String, Json>) -> Result<Vec<Index>> {
    let mut indexes: Vec<Index> = Vec::new();
    for (at, index) in top.get("indexes").and_then(Json::as_array).into_iter().flatten().enumerate()
    {
        let at = format!("indexes.{at}");
        let listed =
            index.get("fields").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut fields = Vec::new();
        for field in listed {
            let wanted = field.as_str().unwrap_or_default();
            let Some(found) = collection.field(wanted) else {
                let error = invalid(
                    format!("{at}.fields"),
                    format!(
                        "the index names `{wanted}`, which `{}` does not have",
                        collection.name
                    ),
                );
                return Err(match nearest(wanted, collection.fields.keys().map(String::as_str)) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            };
            fields.push(found.name.clone());
        }
        if fields.is_empty() {
            return Err(invalid(format!("{at}.fields"), "an index needs at least one field"));
        }
        let name = index.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        check::identifier("index name", &name, &format!("{at}.name"))?;
        if indexes.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            return Err(invalid(format!("{at}.name"), format!("two indexes are named `{name}`")));
        }
        let unique = index.get("unique").and_then(Json::as_bool).unwrap_or(false);
        let method = index.get("type").or_else(|| index.get("method")).and_then(Json::as_str);
        let method = method.map(str::to_ascii_lowercase).filter(|method| method != "btree");
        index_method(collection, &fields, unique, method.as_deref(), &at)?;
        indexes.push(Index {
            name,
            fields,
            unique,
            nulls_not_distinct: index
                .get("nullsNotDistinct")
                .and_then(Json::as_bool)
                .unwrap_or(false),
            method,
        });
    }
    Ok(indexes)
}

/// What an index method can do on our columns, whatever the store: the same document works on
/// both.
fn index_method(
    collection: &Collection,
    fields: &[String],
    unique: bool,
    method: Option<&str>,
    at: &str,
) -> Result<()> {
    let at = format!("{at}.type");
    match method {
        None => Ok(()),
        Some("hash") if fields.len() == 1 && !unique => Ok(()),
        Some("hash") => Err(invalid(at, "a hash index covers one field and cannot be unique")),
        Some("gin") if unique => Err(invalid(at, "a gin index cannot be unique")),
        Some("gin") if fields.iter().all(|field| collection.fields[field].kind.is_json()) => Ok(()),
        Some("gin") => Err(invalid(at, "a gin index covers JSON and array fields only")),
        Some(other) => Err(invalid(at, format!("index type `{other}` is not available"))
            .hint("index types: btree, hash, gin")),
    }
}
