use crate::{
    Catalog, Change, DefaultValue, FieldKind, OnDelete, RelationKind, Rule, complete, diff,
    normalize,
};
use base::Result;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

/// Ids `f1`, `f2` … in the order in which they are asked for.
fn ids() -> impl FnMut() -> String {
    let mut next = 0;
    move || {
        next += 1;
        format!("f{next}")
    }
}

fn taken(name: &str, given: Json) -> Result<Json> {
    normalize(name, &given, None, &mut ids())
}

fn refused(given: Json) -> String {
    taken("posts", given).unwrap_err().to_string()
}

fn catalog(documents: &[(&str, Json)]) -> Result<Catalog> {
    let mut id = ids();
    let mut stored = IndexMap::new();
    for (name, given) in documents {
        let previous = stored.get(*name).cloned();
        stored.insert((*name).to_owned(), normalize(name, given, previous.as_ref(), &mut id)?);
    }
    complete(&mut stored, &mut id)?;
    Catalog::build(stored, 1, |_, _| None)
}

#[test]
fn the_example_of_the_client_document_is_understood() {
    let document = json!({"name": "Product", "timestamps": true, "fields": {
        "id": {"type": "UUID", "primaryKey": true, "defaultValue": {"type": "UUIDV4"}},
        "sku": {"type": "SUID", "unique": true, "defaultValue": {"type": "SUID"}},
        "name": {"type": "string", "allowNull": false, "values": {"length": 255}, "validate": {"notEmpty": true, "len": [3, 255]}},
        "price": {"type": "Decimal", "values": {"precision": 10, "scale": 2}, "validate": {"min": 0, "max": 999_999.99}},
        "isActive": {"type": "Boolean", "defaultValue": true},
        "sortOrder": {"type": "Integer", "defaultValue": {"type": "AUTOINCREMENT"}},
        "publishedAt": {"type": "DateTime", "defaultValue": {"type": "NOW"}}
    }, "studio": {"icon": "box"}});
    let catalog = catalog(&[("products", document)]).unwrap();
    let products = catalog.get("products").unwrap();
    assert_eq!(products.fields["name"].kind, FieldKind::String { length: Some(255) });
    assert_eq!(products.fields["name"].rules, [Rule::NotEmpty, Rule::Len(3, 255)]);
    assert_eq!(
        products.fields["price"].rules,
        [Rule::Min("0".into()), Rule::Max("999999.99".into())]
    );
    assert_eq!(products.fields["sortOrder"].default, Some(DefaultValue::AutoIncrement));
    assert!(!products.fields["sortOrder"].nullable && products.fields["price"].nullable);
    assert!(products.fields["sku"].unique && products.fields["createdAt"].generated);
    let keys: Vec<&String> = products.document.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "timestamps", "fields", "studio", "schemaId"]);
    let again = normalize(
        "products",
        &json!({"paranoid": true, "studio": 1}),
        Some(&products.document),
        &mut ids(),
    )
    .unwrap();
    let keys: Vec<&String> = again.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "timestamps", "fields", "studio", "schemaId", "paranoid"]);
    assert_eq!(products.document["fields"]["name"]["type"], "String");
}

#[test]
fn a_collection_without_a_key_gets_one_and_flags_get_their_fields() {
    let catalog = catalog(&[
        ("plain", json!({"fields": {"title": {"type": "String"}}, "timestamps": false})),
        ("full", json!({"fields": {"title": {"type": "String"}}, "paranoid": true, "sortEnabled": true, "usertrack": true})),
    ])
    .unwrap();
    let plain = catalog.get("plain").unwrap();
    assert_eq!(plain.fields.keys().collect::<Vec<_>>(), ["id", "title"]);
    assert_eq!(plain.key().default, Some(DefaultValue::UuidV4));
    let full = catalog.get("full").unwrap();
    assert_eq!(
        full.fields.keys().collect::<Vec<_>>(),
        [
            "id",
            "title",
            "createdAt",
            "updatedAt",
            "deletedAt",
            "sort",
            "userCreated_Id",
            "userUpdated_Id"
        ]
    );
    assert_eq!(full.fields["deletedAt"].default, None);
    assert_eq!(full.relations["userCreated"].on_delete, OnDelete::SetNull);
}

#[test]
fn what_no_store_could_hold_is_refused_with_place_and_fix() {
    let field = |definition: Json| refused(json!({"fields": {"x": definition}}));
    for (message, expected) in [
        (refused(json!("products")), "the schema is missing"),
        (refused(json!({})), "at least one field"),
        (refused(json!({"fields": {}})), "at least one field"),
        (refused(json!({"fields": {"a b": {"type": "String"}}})), "letters, digits"),
        (
            refused(json!({"fields": {"a": {"type": "String"}, "A": {"type": "String"}}})),
            "differ in case",
        ),
        (field(json!({"type": "Strin"})), "did you mean `String`?"),
        (field(json!({})), "does not say its `type`"),
        (
            field(json!({"type": "Integer", "defaultValue": "many"})),
            "is no value of the type Integer",
        ),
        (
            field(json!({"type": "Integer", "defaultValue": {"type": "UUIDV4"}})),
            "cannot take the default",
        ),
        (field(json!({"type": "String", "defaultValue": {"type": "NAW"}})), "did you mean `NOW`?"),
        (field(json!({"type": "Enum"})), "needs its words"),
        (field(json!({"type": "Enum", "values": ["a"], "defaultValue": "b"})), "is none of a"),
        (field(json!({"type": "Decimal", "values": {"precision": 2, "scale": 3}})), "do not fit"),
        (
            field(json!({"type": "String", "validate": {"matches": "("}})),
            "no valid regular expression",
        ),
        (
            field(json!({"type": "String", "validate": {"isEmial": true}})),
            "did you mean `isEmail`?",
        ),
        (field(json!({"type": "VIRTUAL"})), "needs its SQL expression"),
        (field(json!({"relType": "BelongsTo"})), "does not say its `target`"),
        (field(json!({"relType": "BelongsToo", "target": "a"})), "unknown relation type"),
        (field(json!({"type": "JSON", "primaryKey": true})), "cannot be a primary key"),
        (
            refused(json!({"fields": {"a": {"type": "String"}}, "indexes": [{"fields": ["b"]}]})),
            "does not have",
        ),
        (
            refused(json!({"fields": {"a": {"type": "String"}}, "timestamps": "yes"})),
            "true or false",
        ),
    ] {
        assert!(message.contains(expected), "{message} does not say {expected}");
    }
}

#[test]
fn a_change_replaces_fields_merges_the_rest_and_keeps_ids() {
    let old = taken(
        "posts",
        json!({"fields": {"title": {"type": "String"}, "body": {"type": "Text"}}, "note": 1}),
    )
    .unwrap();
    let id = |document: &Json, name: &str| document["fields"][name]["fieldId"].clone();
    let mut more = ids();
    let kept = normalize("posts", &json!({"paranoid": true}), Some(&old), &mut more).unwrap();
    assert_eq!((kept["note"].clone(), id(&kept, "body")), (json!(1), id(&old, "body")));
    assert!(kept["fields"]["deletedAt"].is_object());

    let mut fields = old["fields"].clone();
    let body = fields.as_object_mut().unwrap().shift_remove("body").unwrap();
    fields["text"] = body;
    fields["body"] = json!({"type": "Text"});
    fields.as_object_mut().unwrap().shift_remove("createdAt");
    let renamed =
        normalize("posts", &json!({"fields": fields}), Some(&old), &mut || "new".into()).unwrap();
    assert_eq!(id(&renamed, "text"), id(&old, "body"));
    assert_eq!(id(&renamed, "body"), "new");
    assert_eq!(id(&renamed, "createdAt"), id(&old, "createdAt"));
    assert_eq!(renamed["schemaId"], old["schemaId"]);

    let off = normalize("posts", &json!({"timestamps": false}), Some(&old), &mut ids()).unwrap();
    assert!(off["fields"].get("createdAt").is_none());
}

#[test]
fn relations_find_their_columns_in_every_spelling() {
    let catalog = catalog(&[
        ("users", json!({"fields": {"id": {"type": "Integer", "primaryKey": true, "defaultValue": {"type": "AUTOINCREMENT"}},
            "posts": {"relType": "HasMany", "target": "posts"},
            "tags": {"relType": "BelongsToMany", "target": "tags", "through": "user_tags", "foreignKey": "user_id", "otherKey": "tag_id"}}})),
        ("posts", json!({"fields": {
            "author": {"relType": "M2O", "target": "users"},
            "categoryId": {"type": "UUID", "relType": "BelongsTo", "target": "categories", "foreignKey": "categoryId", "as": "category"},
            "editor_id": {"type": "Integer"},
            "editor": {"relType": "BelongsTo", "target": "users", "foreignKey": "editor_Id", "onDelete": "set null"},
            "missing": {"relType": "BelongsTo", "target": "later"}}})),
        ("categories", json!({"fields": {"name": {"type": "String"}}})),
        ("tags", json!({"fields": {"name": {"type": "String"}}})),
        ("user_tags", json!({"fields": {"user_id": {"type": "Integer"}, "tag_id": {"type": "UUID"}}})),
    ])
    .unwrap();
    let posts = catalog.get("posts").unwrap();
    assert_eq!(posts.fields["author_Id"].kind, FieldKind::Integer);
    assert!(posts.fields["author_Id"].generated);
    let column = |name: &str| match &posts.relations[name].kind {
        RelationKind::ToOne { column, .. } => column.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [column("author"), column("category"), column("editor")],
        ["author_Id", "categoryId", "editor_id"]
    );
    assert_eq!(posts.relations["editor"].on_delete, OnDelete::SetNull);
    assert_eq!(posts.relations["author"].on_delete, OnDelete::Cascade);
    assert!(!posts.relations["missing"].constrained);
    assert_eq!(posts.foreign_keys().len(), 3);
    let users = catalog.get("users").unwrap();
    // Two columns of posts point here, so the way back must name one.
    assert!(users.relation("posts").is_none());
    assert!(
        matches!(&users.relations["tags"].kind, RelationKind::Through { junction_source, .. } if junction_source == "user_id")
    );
}

#[test]
fn columns_that_cannot_point_at_their_target_are_refused() {
    let error = catalog(&[
        ("a", json!({"fields": {"b_id": {"type": "Integer"}, "b": {"relType": "BelongsTo", "target": "b", "foreignKey": "b_id"}}})),
        ("b", json!({"fields": {"name": {"type": "String"}}})),
    ])
    .unwrap_err();
    assert!(
        error.message().contains("`b_id` is Integer but `b.id`, to which it points, is UUID"),
        "{error}"
    );
    let error = catalog(&[
        ("a", json!({"fields": {"b_Id": {"type": "UUID", "allowNull": false}, "b": {"relType": "BelongsTo", "target": "b", "onDelete": "SET NULL"}}})),
        ("b", json!({"fields": {"name": {"type": "String"}}})),
    ])
    .unwrap_err();
    assert!(error.message().contains("cannot be set to null"), "{error}");
}

fn rename(document: &mut Json, from: &str, to: &str) {
    let fields = document["fields"].as_object_mut().unwrap();
    let field = fields.shift_remove(from).unwrap();
    fields.insert(to.to_owned(), field);
}

#[test]
fn the_difference_of_two_catalogs_knows_renames_from_losses() {
    let build = |documents: &IndexMap<String, Json>, version| {
        Catalog::build(documents.clone(), version, |_, _| None).unwrap()
    };
    let mut id = ids();
    let mut documents = IndexMap::new();
    for (name, given) in [
        ("users", json!({"fields": {"email": {"type": "String", "unique": true}}})),
        (
            "posts",
            json!({"fields": {"title": {"type": "String"}, "body": {"type": "Text"}, "author": {"relType": "BelongsTo", "target": "users"}},
            "indexes": [{"fields": ["title"]}]}),
        ),
        ("old", json!({"fields": {"a": {"type": "String"}}})),
    ] {
        documents.insert(name.to_owned(), normalize(name, &given, None, &mut id).unwrap());
    }
    complete(&mut documents, &mut id).unwrap();
    let before = build(&documents, 1);
    assert!(diff(&before, &before).is_empty());

    let mut documents = documents;
    documents.shift_remove("old");
    let mut posts = documents.shift_remove("posts").unwrap();
    rename(&mut posts, "title", "headline");
    posts["indexes"][0]["fields"] = json!(["headline"]);
    posts["fields"].as_object_mut().unwrap().shift_remove("body");
    posts["fields"]["views"] = json!({"type": "Integer", "fieldId": "v"});
    documents.insert("articles".into(), posts);
    documents["users"]["fields"]["email"]["allowNull"] = json!(false);
    documents.insert(
        "tags".into(),
        normalize("tags", &json!({"fields": {"name": {"type": "String"}}}), None, &mut id).unwrap(),
    );
    let after = build(&documents, 2);
    let steps: Vec<String> = diff(&before, &after)
        .iter()
        .map(|change| match change {
            Change::DropCollection { collection } => format!("drop {}", collection.name),
            Change::RenameCollection { from, to } => format!("rename {from} {to}"),
            Change::DropField { collection, field } => format!("drop {collection}.{}", field.name),
            Change::RenameField { collection, from, to } => {
                format!("rename {collection}.{from} {to}")
            }
            Change::CreateCollection { collection } => format!("create {}", collection.name),
            Change::AddField { collection, field } => format!("add {collection}.{}", field.name),
            Change::AlterField { collection, to, .. } => format!("alter {collection}.{}", to.name),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        steps,
        [
            "drop old",
            "rename posts articles",
            "drop articles.body",
            "rename articles.title headline",
            "create tags",
            "add articles.views",
            "alter users.email"
        ]
    );
}

#[test]
fn a_changed_rule_of_a_relation_replaces_its_key_only() {
    let documents = |action: &str| {
        catalog(&[
            ("a", json!({"fields": {"b": {"relType": "BelongsTo", "target": "b", "onDelete": action}}})),
            ("b", json!({"fields": {"name": {"type": "String"}}})),
        ])
        .unwrap()
    };
    let changes = diff(&documents("CASCADE"), &documents("RESTRICT"));
    assert!(matches!(
        changes.as_slice(),
        [Change::DropRelation { .. }, Change::AddRelation { key, .. }] if key.on_delete == OnDelete::Restrict
    ));
}

#[test]
fn bounds_that_no_value_lies_between_are_refused_with_both_named() {
    let given = |rules: Json| json!({"fields": {"stock": {"type": "Integer", "validate": rules}}});
    for rules in
        [json!({"min": 5, "max": 3}), json!({"min": "5", "max": 3}), json!({"max": -1, "min": 0})]
    {
        let told = refused(given(rules));
        assert!(
            told.contains("`min`") && told.contains("`max`") && told.contains("stock"),
            "{told}"
        );
    }
    let narrow = json!({"min": 9_007_199_254_740_993_i64, "max": 9_007_199_254_740_992_i64});
    assert!(refused(given(narrow)).contains("stock"));
    for rules in [json!({"min": 3, "max": 3}), json!({"min": 5}), json!({"min": null, "max": 3})] {
        assert!(taken("posts", given(rules)).is_ok());
    }
    // What was stored before is no reason to refuse something else.
    let mut stored = taken("posts", given(json!({"min": 3, "max": 5}))).unwrap();
    stored["fields"]["stock"]["validate"] = json!({"min": 5, "max": 3});
    let mut change = stored.clone();
    change["paranoid"] = json!(true);
    assert!(normalize("posts", &change, Some(&stored), &mut ids()).is_ok());
}
