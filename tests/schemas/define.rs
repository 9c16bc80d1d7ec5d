//! Defining collections: what is stored, who may, and what is refused.

use super::schema;
use crate::existing::outside;
use crate::harness::on_every_store;
use serde_json::{Value as Json, json};

on_every_store!(a_schema_is_stored_as_given_and_completed, async |app| {
    let admin = app.admin();
    let body = json!({ "collectionName": "products", "schema": {
        "name": "Product", "color": "red", "paranoid": true, "usertrack": true, "sortEnabled": true,
        "fields": { "zeta": { "type": "string", "values": { "length": 20 }, "validate": { "len": [3, 20] }, "icon": "star" }, "alpha": { "type": "Boolean" } }
    } });
    let created = admin.post("/schemas", body).await;
    created.expect_status(201);
    assert_eq!(created.body["message"], "Schema created successfully");
    assert_eq!(created.body["data"]["collectionName"], "products");
    let stored = schema(app, "products").await;
    assert_eq!(stored, created.body["data"]["schema"]);
    assert_eq!(
        (&stored["name"], &stored["color"], &stored["paranoid"]),
        (&json!("Product"), &json!("red"), &json!(true))
    );
    let fields = stored["fields"].as_object().expect("fields");
    assert_eq!(
        (&fields["zeta"]["type"], &fields["zeta"]["icon"], &fields["zeta"]["validate"]),
        (&json!("String"), &json!("star"), &json!({ "len": [3, 20] }))
    );
    for name in
        ["id", "createdAt", "updatedAt", "deletedAt", "userCreated_Id", "userUpdated_Id", "sort"]
    {
        assert!(fields.contains_key(name), "{name}: {stored}");
    }
    assert!(fields["deletedAt"].get("defaultValue").is_none_or(Json::is_null), "{stored}");
    assert_eq!(
        (&fields["id"]["type"], &fields["id"]["primaryKey"]),
        (&json!("UUID"), &json!(true))
    );
    let order: Vec<&String> =
        fields.keys().filter(|name| *name == "zeta" || *name == "alpha").collect();
    assert_eq!(order, ["zeta", "alpha"], "the order of fields was lost");
    assert!(fields.values().all(|field| field["fieldId"].is_string()), "{stored}");
});

on_every_store!(the_routes_of_schemas_answer_in_the_known_words, async |app| {
    let admin = app.admin();
    let fields = json!({ "a": { "type": "String" } });
    let body = json!({ "collectionName": "things", "schema": { "fields": fields } });
    let made = admin.post("/schemas", body.clone()).await;
    assert_eq!(made.expect_status(201).body["message"], "Schema created successfully");
    let changed = admin.patch("/schemas/things", json!({ "schema": { "icon": "box" } })).await;
    assert_eq!(changed.expect_status(200).body["message"], "Schema updated successfully");
    assert_eq!(
        (&changed.body["data"]["collectionName"], &changed.body["data"]["schema"]["icon"]),
        (&json!("things"), &json!("box"))
    );
    let index = json!({ "name": "by_a", "fields": ["a"], "type": "hash" });
    let indexed = admin.post("/schemas/things/indexes", index).await;
    assert_eq!(indexed.expect_status(201).body["message"], "Index added successfully");
    let unindexed = admin.delete("/schemas/things/indexes/by_a").await;
    assert_eq!(unindexed.expect_status(200).body["message"], "Index removed successfully");
    for (answer, status, words) in [
        (admin.post("/schemas", body).await, 409, "Error creating schema"),
        (
            admin.patch("/schemas/things", json!({ "schema": { "fields": {} } })).await,
            400,
            "Error updating schema",
        ),
        (
            admin.post("/schemas/things/indexes", json!({ "fields": ["b"] })).await,
            400,
            "Error adding index",
        ),
        (admin.delete("/schemas/things/indexes/by_a").await, 404, "Error removing index"),
        (admin.delete("/schemas/baasix_User").await, 403, "Error deleting schema"),
        (admin.get("/schemas/thing").await, 404, "Schema not found"),
    ] {
        assert_eq!((answer.status, answer.message()), (status, words), "{}", answer.text);
        assert!(answer.body["details"][0]["message"].is_string(), "{}", answer.text);
    }
    let unknown =
        json!({ "collectionName": "more", "schema": { "fields": { "a": { "type": "Strng" } } } });
    let unknown = admin.post("/schemas", unknown).await;
    assert!(
        unknown.text.contains("String") && unknown.text.contains("Range_Integer"),
        "{}",
        unknown.text
    );
    let removed = admin.delete("/schemas/things").await;
    assert_eq!(removed.expect_status(200).body["message"], "Schema deleted successfully");
    // A signed-in user without any grant is told of no collection, and not turned away.
    let nobody = app.with_grants("Nobody", &[]).await;
    let list = nobody.get("/schemas").await;
    assert_eq!(list.expect_status(200).body["totalCount"], 0, "{}", list.text);
});

on_every_store!(what_cannot_be_a_schema_is_refused_and_leaves_nothing, async |app| {
    app.collection("taken", json!({ "fields": { "a": { "type": "String" } } })).await;
    let admin = app.admin();
    let before = admin.get("/schemas").await.body["totalCount"].clone();
    let with = |fields: Json| json!({ "collectionName": "things", "schema": { "fields": fields } });
    let named = |name: &str| json!({ "collectionName": name, "schema": { "fields": { "a": { "type": "String" } } } });
    for (body, status, code) in [
        (json!("things"), 400, "INVALID_BODY"),
        (json!({}), 400, "INVALID_BODY"),
        (json!({ "collectionName": "things" }), 400, "INVALID_BODY"),
        (json!({ "collectionName": "things", "schema": [] }), 400, "INVALID_BODY"),
        (json!({ "collectionName": "things", "schema": {} }), 400, "SCHEMA_INVALID"),
        (with(json!({})), 400, "SCHEMA_INVALID"),
        (with(json!([])), 400, "SCHEMA_INVALID"),
        (with(json!({ "a": "String" })), 400, "SCHEMA_INVALID"),
        (with(json!({ "a": {} })), 400, "SCHEMA_INVALID"),
        (with(json!({ "a": { "type": "Strng" } })), 400, "SCHEMA_INVALID"),
        (with(json!({ "a\"b": { "type": "String" } })), 400, "SCHEMA_INVALID"),
        (with(json!({ "a b": { "type": "String" } })), 400, "SCHEMA_INVALID"),
        (
            with(json!({ "a": { "type": "String" }, "A": { "type": "String" } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(
                json!({ "a": { "type": "Integer", "primaryKey": true }, "b": { "type": "Integer", "primaryKey": true } }),
            ),
            400,
            "SCHEMA_INVALID",
        ),
        (with(json!({ "a": { "type": "JSON", "primaryKey": true } })), 400, "SCHEMA_INVALID"),
        (with(json!({ "a": { "type": "Enum" } })), 400, "SCHEMA_INVALID"),
        (
            with(json!({ "a": { "type": "Decimal", "values": { "precision": 2, "scale": 5 } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "Integer", "defaultValue": "many" } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "String", "defaultValue": { "type": "AUTOINCREMENT" } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "String", "validate": { "matches": "(" } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "String", "validate": { "longer": 3 } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "Integer", "validate": { "min": 5, "max": 3 } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "String", "validate": { "len": [5, 3] } } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "VIRTUAL", "calculated": "(SELECT 1)" } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "VIRTUAL", "calculated": "nothing || 'x'" } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(json!({ "a": { "type": "VIRTUAL", "calculated": "1); DROP TABLE taken; --" } })),
            400,
            "SCHEMA_INVALID",
        ),
        (
            with(
                json!({ "a": { "type": "Integer", "defaultValue": { "type": "SQL", "value": "1); DROP TABLE taken; --" } } }),
            ),
            400,
            "SCHEMA_INVALID",
        ),
        (named(""), 400, "SCHEMA_INVALID"),
        (named("a b"), 400, "SCHEMA_INVALID"),
        (named("a\"b"), 400, "SCHEMA_INVALID"),
        (named("1a"), 400, "SCHEMA_INVALID"),
        (named(&"x".repeat(64)), 400, "SCHEMA_INVALID"),
        (named("posts_tags_junction"), 400, "SCHEMA_INVALID"),
        (named("baasix_Mine"), 400, "SCHEMA_INVALID"),
        (named("_change"), 400, "SCHEMA_INVALID"),
        (named("sqlite_master"), 400, "SCHEMA_INVALID"),
        (named("pg_class"), 400, "SCHEMA_INVALID"),
        (named("export"), 400, "SCHEMA_INVALID"),
        (named("import"), 400, "SCHEMA_INVALID"),
        (named("indexes"), 400, "SCHEMA_INVALID"),
        (named("taken"), 409, "SCHEMA_EXISTS"),
        (named("Taken"), 409, "SCHEMA_EXISTS"),
    ] {
        let answer = admin.post("/schemas", body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{body}: {}", answer.text);
    }
    assert_eq!(admin.get("/schemas").await.body["totalCount"], before);
    assert!(admin.post("/schemas", json!("products")).await.text.contains("collectionName"));
    // The name is still free.
    app.collection("things", json!({ "fields": { "a": { "type": "String" } } })).await;
});

on_every_store!(
    only_administrators_change_schemas_and_the_signed_in_see_what_they_may_touch,
    async |app| {
        app.collection(
            "open",
            json!({ "fields": { "title": { "type": "String" }, "secret": { "type": "String" } } }),
        )
        .await;
        app.collection("closed", json!({ "fields": { "title": { "type": "String" } } })).await;
        let reader = app
            .with_grants(
                "Reader",
                &[json!({ "collection": "open", "action": "read", "fields": ["title"] })],
            )
            .await;
        let nobody = app.anonymous();
        for person in [&reader, &nobody] {
            for answer in [
                person.post("/schemas", json!({ "collectionName": "x", "schema": {} })).await,
                person.patch("/schemas/open", json!({ "schema": {} })).await,
                person.delete("/schemas/open").await,
                person.post("/schemas/open/relationships", json!({})).await,
                person.delete("/schemas/open/relationships/x").await,
                person.post("/schemas/open/indexes", json!({})).await,
                person.delete("/schemas/open/indexes/x").await,
                person.post("/schemas/plan", json!({})).await,
                person.post("/schemas/apply", json!({})).await,
                person.get("/schemas/export").await,
                person.post("/schemas/import", json!({})).await,
            ] {
                assert_eq!(
                    (answer.status, answer.message()),
                    (403, "Access denied. Administrators only."),
                    "{}",
                    answer.text
                );
            }
        }
        nobody.get("/schemas").await.expect_refusal(401, "UNAUTHENTICATED");
        nobody.get("/schemas/open").await.expect_refusal(401, "UNAUTHENTICATED");
        let seen = reader.get("/schemas").await;
        assert_eq!(seen.body["totalCount"], 1, "{}", seen.text);
        assert!(!seen.text.contains("secret") && !seen.text.contains("closed"), "{}", seen.text);
        let (hidden, unknown) =
            (reader.get("/schemas/closed").await, reader.get("/schemas/clozed").await);
        hidden.expect_refusal(404, "SCHEMA_NOT_FOUND");
        assert_eq!(hidden.text.replace("closed", "clozed"), unknown.text);
        assert!(app.admin().get("/schemas/open").await.text.contains("secret"));
    }
);

on_every_store!(
    schemas_are_open_to_everybody_where_the_configuration_says_so,
    |config| { config.schemas_public = true },
    async |app| {
        for name in ["open", "closed"] {
            app.collection(name, json!({ "fields": { "title": { "type": "String" } } })).await;
        }
        let grant = json!({ "collection": "open", "action": "read", "fields": ["title"] });
        app.grant_public(grant).await;
        let nobody = app.anonymous();
        let list = nobody.get("/schemas").await;
        assert_eq!(list.expect_status(200).body["totalCount"], 1, "{}", list.text);
        assert_eq!(list.body["data"][0]["collectionName"], "open");
        nobody.get("/schemas/open").await.expect_status(200);
        nobody.get("/schemas/closed").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
        let refused = nobody.delete("/schemas/open").await;
        refused.expect_refusal(403, "FORBIDDEN");
    }
);

on_every_store!(lists_of_schemas_are_searched_filtered_sorted_and_paged, async |app| {
    for name in ["apples", "pears", "plums"] {
        app.collection(
            name,
            json!({ "paranoid": name == "plums", "fields": { "a": { "type": "String" } } }),
        )
        .await;
    }
    let admin = app.admin();
    let names = async |query: &str| {
        let answer = admin.get(&format!("/schemas?{query}")).await;
        answer.expect_status(200);
        let rows = answer.body["data"].as_array().expect("a list").clone();
        rows.iter()
            .filter_map(|row| row["collectionName"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    let all = names("").await;
    assert!(all.contains(&String::from("apples")) && all.contains(&String::from("baasix_User")));
    assert_eq!(names("search=app").await, ["apples"]);
    assert_eq!(names("filter={\"schema.paranoid\":{\"eq\":true}}&search=p").await, ["plums"]);
    assert_eq!(
        names(
            "filter={\"collectionName\":{\"in\":[\"pears\",\"plums\"]}}&sort=collectionName:desc"
        )
        .await,
        ["plums", "pears"]
    );
    let page = admin.get("/schemas?filter={\"collectionName\":{\"in\":[\"pears\",\"plums\",\"apples\"]}}&limit=2&page=2&sort=collectionName:asc").await;
    assert_eq!(
        (&page.body["totalCount"], &page.body["data"][0]["collectionName"]),
        (&json!(3), &json!("plums")),
        "{}",
        page.text
    );
    assert_eq!(
        page.body["pagination"],
        json!({ "currentPage": 2, "totalPages": 2, "limit": 2, "hasNextPage": false, "hasPrevPage": true, "nextPage": null, "prevPage": 1 })
    );
    assert_eq!(names("limit=-1").await, all, "-1 is all");
    let none = admin.get("/schemas?limit=0").await;
    assert_eq!((&none.body["data"], &none.body["totalCount"]), (&json!([]), &json!(all.len())));
    assert_eq!(none.body["pagination"]["hasNextPage"], false, "{}", none.text);
    for limit in ["-2", "-100", "x"] {
        let refused = admin.get(&format!("/schemas?limit={limit}")).await;
        refused.expect_refusal(400, "INVALID_QUERY");
        let of_items = admin.get(&format!("/items/apples?limit={limit}")).await;
        assert_eq!(refused.message(), of_items.message());
    }
    admin.get("/schemas?filter={\"nothing\":1}").await.expect_refusal(400, "UNKNOWN_FIELD");
    admin.get("/schemas/nothing").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});

on_every_store!(removing_a_schema_removes_its_table_and_what_hung_on_it, async |app| {
    app.collection("authors", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.collection("posts", json!({ "fields": { "title": { "type": "String" } } })).await;
    app.relation(
        "posts",
        json!({ "type": "M2O", "target": "authors", "name": "author", "alias": "posts" }),
    )
    .await;
    app.relation(
        "posts",
        json!({ "type": "M2M", "target": "authors", "name": "readers", "alias": "reads" }),
    )
    .await;
    app.admin().create("posts", json!({ "title": "one", "author": { "name": "Ada" } })).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "authors", "action": "read", "fields": ["*"] })],
        )
        .await;
    app.admin().delete("/schemas/authors").await.expect_status(200);
    app.admin().get("/items/authors").await.expect_refusal(404, "COLLECTION_NOT_FOUND");
    reader.get("/items/authors").await.expect_refusal(403, "FORBIDDEN");
    let posts = schema(app, "posts").await;
    assert!(
        posts["fields"].get("author").is_none() && posts["fields"].get("readers").is_none(),
        "{posts}"
    );
    let names = app.admin().get("/schemas?search=junction").await;
    assert_eq!(names.body["totalCount"], 0, "{}", names.text);
    assert_eq!(app.admin().rows("posts", json!({})).await.len(), 1);
    // The name starts empty when it is used again.
    app.collection("authors", json!({ "fields": { "name": { "type": "String" } } })).await;
    assert_eq!(app.admin().rows("authors", json!({})).await.len(), 0);
    let system = app.admin().delete("/schemas/baasix_User").await;
    assert!(matches!(system.status, 400 | 403), "{}", system.text);
});

on_every_store!(system_collections_take_fields_of_ones_own_and_keep_theirs, async |app| {
    let admin = app.admin();
    let mut fields = schema(app, "baasix_User").await["fields"].clone();
    fields["nickname"] = json!({ "type": "String" });
    admin
        .patch("/schemas/baasix_User", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    let me = admin.user_id.clone().expect("an id");
    admin
        .patch(&format!("/items/baasix_User/{me}"), json!({ "nickname": "boss" }))
        .await
        .expect_status(200);
    assert_eq!(admin.get("/auth/me").await.body["user"]["nickname"], "boss");
    let gutted = admin
        .patch(
            "/schemas/baasix_User",
            json!({ "schema": { "fields": { "nickname": { "type": "String" } } } }),
        )
        .await;
    assert!(gutted.status == 200 || gutted.status == 400, "{}", gutted.text);
    assert!(schema(app, "baasix_User").await["fields"]["email"].is_object());
    admin.get("/auth/me").await.expect_status(200);
    // The catalogue itself is changed through this door only.
    let row = admin
        .post("/items/baasix_SchemaDefinition", json!({ "collectionName": "x", "schema": {} }))
        .await;
    row.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(an_sql_default_of_another_type_is_refused_when_it_is_defined, async |app| {
    let admin = app.admin();
    let schema = |kind: &str, text: &str| json!({ "fields": { "a": { "type": kind, "defaultValue": { "type": "SQL", "value": text } } } });
    app.collection("things", json!({ "fields": { "name": { "type": "String" } } })).await;
    for (kind, text) in [
        ("Integer", "'many'"),
        ("Integer", "upper('x')"),
        ("Integer", "now()"),
        ("Integer", "3.5"),
        ("Integer", "3000000000"),
        ("BigInt", "'1.5'"),
        ("Boolean", "'perhaps'"),
        ("Boolean", "'yes'"),
        ("Boolean", "2"),
        ("Boolean", "upper('true')"),
        ("Double", "'x' || 'y'"),
        ("DateTime", "'soon'"),
        ("Date", "'2026-02-30'"),
        ("UUID", "'no'"),
    ] {
        let made = json!({ "collectionName": "wrong", "schema": schema(kind, text) });
        let refused = admin.post("/schemas", made).await;
        refused.expect_refusal(400, "SCHEMA_INVALID");
        let mut grown = schema(kind, text);
        grown["fields"]["name"] = json!({ "type": "String" });
        let refused = admin.patch("/schemas/things", json!({ "schema": grown })).await;
        refused.expect_refusal(400, "SCHEMA_INVALID");
    }
    admin.get("/schemas/wrong").await.expect_status(404);
    for (kind, text) in [
        ("Integer", "1 + 2"),
        ("Integer", "NULL"),
        ("String", "'a' || 'b'"),
        ("Boolean", "1 < 2"),
        ("Double", "random()"),
        ("DateTime", "now()"),
        ("Decimal", "1.25"),
        ("UUID", "gen_random_uuid()"),
    ] {
        let name = format!("right_{}_{}", kind.to_lowercase(), text.len());
        app.collection(&name, schema(kind, text)).await;
        admin.create(&name, json!({})).await;
    }
});

on_every_store!(an_sql_default_from_before_is_in_no_changes_way, async |app| {
    let computed =
        |text: &str| json!({ "type": "Integer", "defaultValue": { "type": "SQL", "value": text } });
    app.collection("things", json!({ "fields": { "a": computed("1 + 2") } })).await;
    // As a version stored it that asked nothing of defaults.
    let old =
        r#"UPDATE "baasix_SchemaDefinition" SET "source" = replace("source", '1 + 2', '3.5')"#;
    outside(app, old).await;
    let later = app.beside().await;
    let changed = async |a: Json, b: Json| {
        let schema = json!({ "fields": { "a": a, "b": b } });
        later.owner.patch("/schemas/things", json!({ "schema": schema })).await
    };
    changed(computed("3.5"), computed("4")).await.expect_status(200);
    let mut named = computed("3.5");
    named["unique"] = json!(true);
    changed(named, computed("5")).await.expect_status(200);
    let stored = later.owner.get("/schemas/things").await.text;
    assert!(stored.contains("3.5") && !stored.contains("1 + 2"), "{stored}");
    let refused = changed(computed("3.6"), computed("5")).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    later.stop().await;
});
