//! The shape of schema documents. The server keeps a document as it was given and judges it in
//! `catalog`; here its known keys are written down, and the tests hold them against documents that
//! the server made.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The definition of a collection.
#[derive(Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub(super) struct SchemaDefinition {
    /// A name for people.
    name: Option<String>,
    /// `createdAt` and `updatedAt`; on unless `false`.
    timestamps: Option<bool>,
    /// Soft delete: rows get `deletedAt` instead of being removed.
    paranoid: Option<bool>,
    /// A `sort` column for manual order.
    sort_enabled: Option<bool>,
    /// `userCreated_Id` and `userUpdated_Id`.
    usertrack: Option<bool>,
    /// For how many days the history of its records is kept; 0 keeps none, without a number it is
    /// the project's own (`history_days`).
    #[ts(optional, type = "number | null")]
    history_days: Option<u32>,
    /// After how many days a record in the trash is removed for good; without a number, never.
    #[ts(optional, type = "number | null")]
    trash_days: Option<u32>,
    /// It holds the pairs of a relation of many to many.
    is_junction: Option<bool>,
    /// Its table was there before the collection and is kept as it was made.
    adopted: Option<bool>,
    /// Its table is one of SQLite's `WITHOUT ROWID`.
    without_row_numbers: Option<bool>,
    /// The fields by their names.
    #[ts(type = "Record<string, FieldDefinition>")]
    fields: IndexMap<String, FieldDefinition>,
    /// The indexes.
    #[ts(optional, type = "readonly IndexDefinition[]")]
    indexes: Option<Vec<IndexDefinition>>,
    /// Stable identity: a collection that changes its name keeps it.
    schema_id: Option<String>,
}

/// One field of a collection: a column, a relation, or a column that is also a relation.
#[derive(Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub(super) struct FieldDefinition {
    /// Stable identity: the same id under another name is a rename, not a drop and an add.
    field_id: Option<String>,
    /// What the column holds; a relation without a column has none.
    #[serde(rename = "type")]
    #[ts(optional, type = "FieldType")]
    kind: Option<String>,
    /// The column is the key.
    primary_key: Option<bool>,
    /// NULL may be stored; yes unless `false`.
    allow_null: Option<bool>,
    /// Each value may stand once only.
    unique: Option<bool>,
    /// The value when none is given.
    #[ts(optional, type = "DefaultValue")]
    default_value: Option<Json>,
    /// Options of the type; for an Enum also its words alone.
    #[ts(optional, type = "FieldValues | readonly string[]")]
    values: Option<Json>,
    /// Rules checked on every write.
    validate: Option<ValidationRules>,
    /// A remark for developers.
    comment: Option<String>,
    /// A remark for people.
    description: Option<String>,
    /// Never leaves the server.
    hidden: Option<bool>,
    /// Computed by the table itself: what is sent for it is passed over.
    read_only: Option<bool>,
    /// Its column was there before it and holds more than the type tells, or values of other kinds.
    loose: Option<bool>,
    /// Made by a flag or a relation.
    #[serde(rename = "SystemGenerated")]
    #[ts(optional, type = "boolean | string")]
    system_generated: Option<Json>,
    /// SQL of a `VIRTUAL` field.
    calculated: Option<String>,
    /// The type of what a `VIRTUAL` field holds: told by the server, and passed over when sent.
    result_type: Option<String>,
    /// Which kind of relation it is.
    rel_type: Option<RelationType>,
    /// The collection at the far end.
    target: Option<String>,
    /// Name of the relation.
    #[serde(rename = "as")]
    alias: Option<String>,
    /// The column that holds the far key.
    foreign_key: Option<String>,
    /// The far column it points to; the far key unless given.
    target_key: Option<String>,
    /// The junction of a relation of many to many.
    through: Option<String>,
    /// The column of the junction that points to the far end.
    other_key: Option<String>,
    /// What happens to this row when the far one goes.
    on_delete: Option<ReferentialAction>,
    /// Kept for older clients: keys do not change.
    on_update: Option<ReferentialAction>,
    /// The relation leads to several collections.
    polymorphic: Option<bool>,
    /// Which ones.
    #[ts(optional, type = "readonly string[]")]
    tables: Option<Vec<String>>,
    /// `false` keeps the store from enforcing it.
    constraints: Option<bool>,
    /// For studios: how a far row is shown.
    #[ts(optional, type = "unknown")]
    show_as: Option<Json>,
    /// For studios: how a value is shown.
    #[ts(optional, type = "unknown")]
    display_format: Option<Json>,
    /// For studios.
    #[ts(optional, type = "unknown")]
    display_options: Option<Json>,
    /// Far rows count only when these columns of theirs have these values.
    #[ts(optional, type = "unknown")]
    scope: Option<Json>,
}

/// Which kind of relation a field is.
#[derive(Serialize, Deserialize, ts_rs::TS)]
pub(super) enum RelationType {
    BelongsTo,
    HasMany,
    HasOne,
    BelongsToMany,
}

/// What happens to a row when the one it points to goes.
#[derive(Serialize, Deserialize, ts_rs::TS)]
pub(super) enum ReferentialAction {
    #[serde(rename = "CASCADE")]
    Cascade,
    #[serde(rename = "RESTRICT")]
    Restrict,
    #[serde(rename = "SET NULL")]
    SetNull,
    #[serde(rename = "NO ACTION")]
    NoAction,
}

/// Options of a type: length of a String, digits of a Decimal, words of an Enum, and so on.
#[derive(Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub(super) struct FieldValues {
    /// Longest String.
    #[ts(optional, type = "number | `${number}`")]
    length: Option<Json>,
    /// Another name of `length`.
    #[ts(optional, type = "number | `${number}`")]
    string_length: Option<Json>,
    /// Digits of a Decimal in all.
    #[ts(optional, type = "number | `${number}`")]
    precision: Option<Json>,
    /// Digits of a Decimal after the point.
    #[ts(optional, type = "number | `${number}`")]
    scale: Option<Json>,
    /// Words of an Enum.
    #[ts(optional, type = "readonly string[]")]
    values: Option<Vec<String>>,
    /// Element type of an `Array`.
    #[serde(rename = "type")]
    element: Option<String>,
    /// Reference system of a geometry: 4326 (WGS 84).
    srid: Option<u32>,
}

/// Rules checked on every write of a field.
#[derive(Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub(super) struct ValidationRules {
    /// Smallest number.
    #[ts(optional, type = "number | string")]
    min: Option<Json>,
    /// Largest number.
    #[ts(optional, type = "number | string")]
    max: Option<Json>,
    /// Whole numbers only.
    is_int: Option<bool>,
    /// No empty text and no empty list.
    not_empty: Option<bool>,
    /// Shortest and longest text.
    #[ts(optional, type = "readonly [number, number]")]
    len: Option<(u64, u64)>,
    /// An e-mail address.
    is_email: Option<bool>,
    /// An absolute address.
    is_url: Option<bool>,
    /// An IP address.
    #[serde(rename = "isIP")]
    is_ip: Option<bool>,
    /// A UUID.
    #[serde(rename = "isUUID")]
    is_uuid: Option<bool>,
    /// A regular expression; `matches` and `regex` are other names of the same rule.
    is: Option<String>,
    /// As `is`.
    matches: Option<String>,
    /// As `is`.
    regex: Option<String>,
}

/// An index of a collection.
#[derive(Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(optional_fields)]
pub(super) struct IndexDefinition {
    /// `<collection>_<fields>_idx` unless given.
    name: Option<String>,
    /// The columns, in their order.
    #[ts(type = "readonly string[]")]
    fields: Vec<String>,
    /// Each combination may stand once only.
    unique: Option<bool>,
    /// NULLs count as equal to each other.
    nulls_not_distinct: Option<bool>,
    /// How it is built; a search whose fields are all in a `fulltext` index asks that first.
    #[serde(rename = "type")]
    #[ts(optional, type = "IndexType")]
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::{FieldValues, SchemaDefinition, ValidationRules};
    use catalog::{RULE_NAMES, TYPE_NAMES, normalize, system_documents};
    use serde_json::{Value as Json, json};

    /// The document read into the shape and written again, without the keys that are absent.
    fn again(document: &Json) -> Json {
        let read: SchemaDefinition = serde_json::from_value(document.clone()).unwrap();
        stripped(serde_json::to_value(read).unwrap())
    }

    fn stripped(json: Json) -> Json {
        match json {
            Json::Object(object) => {
                let kept = object.into_iter().filter(|(_, value)| !value.is_null());
                Json::Object(kept.map(|(key, value)| (key, stripped(value))).collect())
            }
            Json::Array(list) => Json::Array(list.into_iter().map(stripped).collect()),
            other => other,
        }
    }

    #[test]
    fn documents_of_the_server_have_the_shape_that_is_told() {
        for (name, document) in system_documents() {
            assert_eq!(again(document), *document, "{name}");
        }
    }

    #[test]
    fn a_document_with_every_type_rule_and_flag_has_the_shape_that_is_told() {
        let mut fields = json!({});
        for (at, name) in TYPE_NAMES.iter().enumerate() {
            let values = match *name {
                "Enum" => json!({ "values": ["a", "b"] }),
                "Decimal" => json!({ "precision": 10, "scale": "2" }),
                "Array" => json!({ "type": "Integer" }),
                "Point" => json!({ "srid": 4326 }),
                _ => json!({ "length": 255 }),
            };
            fields[format!("f{at}")] = json!({ "type": name, "values": values, "calculated": "1" });
        }
        let rules = json!({ "min": 1, "max": "9", "isInt": true, "notEmpty": true, "len": [1, 2], "isEmail": false,
            "isUrl": false, "isIP": false, "isUUID": false, "is": "a", "matches": "b", "regex": "c" });
        fields["f0"]["validate"] = rules;
        fields["author_Id"] = json!({ "type": "UUID", "allowNull": true });
        fields["author"] = json!({ "relType": "M2O", "target": "people", "foreignKey": "author_Id",
            "as": "author", "onDelete": "SET NULL", "constraints": false, "showAs": ["name"] });
        let given = json!({ "name": "All", "paranoid": true, "sortEnabled": true, "usertrack": true,
            "historyDays": 30, "trashDays": 7, "fields": fields, "indexes": [{ "fields": ["f0"], "unique": true, "type": "btree" }] });
        let mut next = 0;
        let stored = normalize("all", &given, None, &mut || {
            next += 1;
            next.to_string()
        });
        let stored = stored.unwrap();
        assert_eq!(again(&stored), stored);
        for field in stored["fields"].as_object().unwrap().values() {
            if field.get("values").is_some_and(Json::is_object) {
                serde_json::from_value::<FieldValues>(field["values"].clone()).unwrap();
            }
        }
    }

    #[test]
    fn the_rules_that_are_told_are_those_of_the_judge() {
        let told = serde_json::to_value(ValidationRules::default()).unwrap();
        let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
        assert_eq!(keys, RULE_NAMES);
    }
}
