//! A catalog with every kind of field and relation, for the tests of this crate.

use super::Scope;
use crate::Words;
use base::Limits;
use catalog::Catalog;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

pub(crate) const ADA: &str = "0a0a0a0a-0000-4000-8000-000000000001";
pub(crate) const EDITOR: &str = "0b0b0b0b-0000-4000-8000-000000000002";
pub(crate) const POST: &str = "0c0c0c0c-0000-4000-8000-000000000003";
/// 2024-01-02T03:04:05.678Z
pub(crate) const NOW_MS: i64 = 1_704_164_645_678;

pub(crate) struct Sample {
    pub(crate) catalog: Catalog,
    pub(crate) words: Words,
    pub(crate) limits: Limits,
}

impl Sample {
    /// Signed in as Ada, an editor.
    pub(crate) fn new() -> Self {
        let words = Words {
            now_ms: NOW_MS,
            user: Some(ADA.to_owned()),
            role: Some(EDITOR.to_owned()),
            tenant: None,
        };
        Self { catalog: catalog(), words, limits: Limits::default() }
    }

    pub(crate) fn nobody() -> Self {
        Self { words: Words { now_ms: NOW_MS, ..Words::default() }, ..Self::new() }
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope {
            visible: &self.catalog,
            full: &self.catalog,
            words: &self.words,
            limits: &self.limits,
        }
    }
}

fn documents() -> Vec<(&'static str, Json)> {
    let number =
        json!({"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}});
    let uuid = json!({"type": "UUID", "primaryKey": true, "defaultValue": {"type": "UUIDV4"}});
    vec![
        (
            "companies",
            json!({"timestamps": false, "fields": {
                "id": number, "name": {"type": "String", "allowNull": false},
            "usedIn": {"relType": "HasMany", "target": "posts_items_junction", "foreignKey": "item_id"},
            }}),
        ),
        (
            "authors",
            json!({"timestamps": false, "fields": {
                "id": uuid,
                "name": {"type": "String", "allowNull": false},
                "email": {"type": "CiText"},
                "secret": {"type": "String", "hidden": true},
                "company": {"relType": "BelongsTo", "target": "companies", "foreignKey": "company_id"},
                "posts": {"relType": "HasMany", "target": "posts", "foreignKey": "author_id"},
                "profile": {"relType": "HasOne", "target": "profiles", "foreignKey": "author_id"},
            }}),
        ),
        (
            "profiles",
            json!({"timestamps": false, "fields": {
                "id": number,
                "bio": {"type": "Text"},
                "author": {"relType": "BelongsTo", "target": "authors", "foreignKey": "author_id", "unique": true},
            }}),
        ),
        (
            "posts",
            json!({"paranoid": true, "sortEnabled": true, "usertrack": true, "fields": {
                "id": uuid,
                "title": {"type": "String", "allowNull": false, "values": {"length": 50},
                    "validate": {"notEmpty": true, "len": [3, 50]}},
                "body": {"type": "Text"},
                "status": {"type": "Enum", "values": ["draft", "live"], "defaultValue": "draft"},
                "price": {"type": "Decimal", "values": {"precision": 10, "scale": 2}, "validate": {"min": 0}},
                "quantity": {"type": "Integer", "validate": {"isInt": true}},
                "rating": {"type": "Double"},
                "published": {"type": "Boolean"},
                "publishedAt": {"type": "DateTime", "defaultValue": {"type": "NOW"}},
                "day": {"type": "Date"},
                "at": {"type": "Time"},
                "tags": {"type": "Array_String"},
                "meta": {"type": "JSONB"},
                "span": {"type": "Range_Integer"},
                "place": {"type": "Point"},
                "number": {"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}},
                "code": {"type": "SUID", "defaultValue": {"type": "SUID"}},
                "blob": {"type": "Binary"},
                "label": {"type": "VIRTUAL", "calculated": "upper(\"title\")"},
                "author": {"relType": "BelongsTo", "target": "authors", "foreignKey": "author_id"},
                "comments": {"relType": "HasMany", "target": "comments", "foreignKey": "post_id"},
                "tagged": {"relType": "HasMany", "target": "posts_tags_junction", "foreignKey": "posts_id"},
                "items": {"relType": "HasMany", "target": "posts_items_junction", "foreignKey": "posts_id",
                    "polymorphic": true, "tables": ["companies", "comments"]},
                "words": {"relType": "BelongsToMany", "target": "keywords", "through": "post_words",
                    "foreignKey": "post_id", "otherKey": "word_id"},
            }}),
        ),
        (
            "comments",
            json!({"fields": {
                "id": number,
                "body": {"type": "Text", "allowNull": false},
                "approved": {"type": "Boolean"},
                "post": {"relType": "BelongsTo", "target": "posts", "foreignKey": "post_id"},
            }}),
        ),
        (
            "keywords",
            json!({"timestamps": false, "fields": {
                "id": number, "name": {"type": "String", "allowNull": false},
            }}),
        ),
        (
            "post_words",
            json!({"timestamps": false, "fields": {
                "id": number,
                "post": {"relType": "BelongsTo", "target": "posts", "foreignKey": "post_id"},
                "word": {"relType": "BelongsTo", "target": "keywords", "foreignKey": "word_id"},
            }}),
        ),
        (
            "posts_tags_junction",
            json!({"isJunction": true, "fields": {
                "id": number,
                "posts": {"relType": "BelongsTo", "target": "posts", "foreignKey": "posts_id", "allowNull": false},
                "keywords": {"relType": "BelongsTo", "target": "keywords", "foreignKey": "keywords_id", "allowNull": false},
            }}),
        ),
        (
            "posts_items_junction",
            json!({"isJunction": true, "fields": {
                "id": number,
                "item_id": {"type": "Integer", "allowNull": false},
                "collection": {"type": "String", "allowNull": false},
                "posts": {"relType": "BelongsTo", "target": "posts", "foreignKey": "posts_id", "allowNull": false},
                "companies": {"relType": "BelongsTo", "target": "companies", "foreignKey": "item_id", "constraints": false},
                "comments": {"relType": "BelongsTo", "target": "comments", "foreignKey": "item_id", "constraints": false},
            }}),
        ),
    ]
}

fn catalog() -> Catalog {
    let mut next = 0;
    let mut id = move || {
        next += 1;
        format!("f{next}")
    };
    let mut stored = IndexMap::new();
    let system = catalog::system_documents().iter().map(|(name, one)| (name.as_str(), one.clone()));
    for (name, document) in system.chain(documents()) {
        let document = catalog::normalize(name, &document, None, &mut id).unwrap();
        stored.insert(name.to_owned(), document);
    }
    catalog::complete(&mut stored, &mut id).unwrap();
    Catalog::build(stored, 1, |_, _| None).unwrap()
}
