//! Defaults, required and unique fields, validation rules.

use crate::harness::{App, Kind, on_every_store, plain};
use serde_json::{Value as Json, json};

/// The sample schema of the SDK document.
async fn products(app: &App) {
    app.collection(
        "products",
        json!({
            "timestamps": true,
            "fields": {
                "id": { "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } },
                "sku": { "type": "SUID", "unique": true, "defaultValue": { "type": "SUID" } },
                "name": { "type": "String", "allowNull": false, "values": { "length": 255 }, "validate": { "notEmpty": true, "len": [3, 255] } },
                "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 }, "defaultValue": 0, "validate": { "min": 0, "max": 999_999.99 } },
                "quantity": { "type": "Integer", "defaultValue": 0, "validate": { "isInt": true, "min": 0 } },
                "email": { "type": "String", "validate": { "isEmail": true } },
                "website": { "type": "String", "validate": { "isUrl": true } },
                "code": { "type": "String", "validate": { "matches": "^[A-Z]{3}$" } },
                "address": { "type": "String", "validate": { "isIP": true } },
                "ref": { "type": "String", "validate": { "isUUID": true } },
                "score": { "type": "Decimal", "validate": { "min": -1.5, "max": 1.5 } },
                "marks": { "type": "Array_Integer", "validate": { "min": 0, "max": 10 } },
                "span": { "type": "Range_Integer", "validate": { "min": 0, "max": 10 } },
                "body": { "type": "HTML", "validate": { "notEmpty": true } },
                "status": { "type": "String", "defaultValue": "draft" },
                "label": { "type": "String", "defaultValue": "it's" },
                "isActive": { "type": "Boolean", "defaultValue": true },
                "sortOrder": { "type": "Integer", "defaultValue": { "type": "AUTOINCREMENT" } },
                "publishedAt": { "type": "DateTime", "defaultValue": { "type": "NOW" } },
                "day": { "type": "Date", "defaultValue": { "type": "NOW" } },
                "tags": { "type": "JSON", "defaultValue": [] },
                "extra": { "type": "JSON", "defaultValue": { "value": { "a": 1 } } },
                "owner": { "type": "UUID", "defaultValue": { "type": "CURRENT_USER" } },
                "nothing": { "type": "String", "defaultValue": null }
            }
        }),
    )
    .await;
}

fn millis(instant: &Json) -> String {
    instant.as_str().unwrap_or_default().to_owned()
}

on_every_store!(what_is_left_out_gets_its_default, async |app| {
    products(app).await;
    let admin = app.admin();
    let first = admin.create("products", json!({ "name": "Lamp", "price": 29.99 })).await;
    let second = admin.create("products", json!({ "name": "Chair" })).await;
    let row = admin.one("products", &first).await;
    assert_eq!(row["id"].as_str().map(str::len), Some(36));
    assert_eq!(row["sku"].as_str().map(str::len), Some(21), "{row}");
    assert_eq!(
        (&row["status"], &row["isActive"], &row["quantity"]),
        (&json!("draft"), &json!(true), &json!(0))
    );
    assert_eq!(
        (&row["label"], &row["tags"], &row["extra"]),
        (&json!("it's"), &json!([]), &json!({ "a": 1 }))
    );
    assert_eq!(row["nothing"], Json::Null);
    assert_eq!(row["price"].as_f64(), Some(29.99));
    assert_eq!(row["owner"], json!(admin.user_id));
    assert_eq!((&row["createdAt"], &row["updatedAt"]), (&row["createdAt"], &row["createdAt"]));
    assert_eq!(millis(&row["publishedAt"]).get(..10), row["day"].as_str());
    let next = admin.one("products", &second).await;
    let (a, b) = (
        row["sortOrder"].as_i64().expect("a number"),
        next["sortOrder"].as_i64().expect("a number"),
    );
    assert_eq!(b, a + 1);
    assert_ne!(row["sku"], next["sku"]);
    assert_eq!(next["price"].to_string(), "0.00");
});

on_every_store!(a_given_value_wins_over_the_default_and_null_stays_null, async |app| {
    products(app).await;
    let admin = app.admin();
    let id = admin.create("products", json!({ "name": "Lamp", "status": "live", "isActive": false, "quantity": null, "publishedAt": null, "sortOrder": 77, "sku": "mine" })).await;
    let row = admin.one("products", &id).await;
    assert_eq!(
        (&row["status"], &row["isActive"], &row["sortOrder"], &row["sku"]),
        (&json!("live"), &json!(false), &json!(77), &json!("mine"))
    );
    assert_eq!((&row["quantity"], &row["publishedAt"]), (&Json::Null, &Json::Null));
});

on_every_store!(every_rule_refuses_what_breaks_it_and_names_the_field, async |app| {
    products(app).await;
    let admin = app.admin();
    let id = admin.create("products", json!({ "name": "Lamp" })).await;
    let path = format!("/items/products/{}", plain(&id));
    for (field, bad, rule, message) in [
        ("name", json!(""), "notEmpty", "Field cannot be empty"),
        ("name", json!("   "), "notEmpty", "Field cannot be empty"),
        ("name", json!("ab"), "len", "at least 3 characters"),
        ("name", json!("x".repeat(300)), "", "at most 255 characters"),
        ("email", json!("x"), "isEmail", "Invalid email format"),
        ("email", json!("a b@c.de"), "isEmail", "Invalid email format"),
        ("email", json!("a@b"), "isEmail", "Invalid email format"),
        ("website", json!("www.example.com"), "isUrl", "Invalid URL format"),
        ("quantity", json!(1.5), "", "must be an integer"),
        ("quantity", json!(-1), "min", "Value -1 is less than minimum 0"),
        ("price", json!(-1), "min", "less than minimum 0"),
        ("price", json!("-0.01"), "min", "less than minimum 0"),
        ("price", json!(1_000_000), "max", "greater than maximum 999999.99"),
        ("score", json!(1.51), "max", "greater than maximum 1.5"),
        ("score", json!("-1.51"), "min", "less than minimum -1.5"),
        ("code", json!("abc"), "pattern", "does not match required pattern"),
        ("code", json!("ABCD"), "pattern", "does not match required pattern"),
        ("address", json!("300.1.1.1"), "isIP", ""),
        ("ref", json!("not-a-uuid"), "isUUID", ""),
        ("marks", json!([1, 11]), "max", "Array element [1]: Value 11 is greater than maximum 10"),
        ("span", json!([-1, 5]), "min", "Lower bound: Value -1 is less than minimum 0"),
        ("span", json!([1, 50]), "max", "Upper bound: Value 50 is greater than maximum 10"),
        ("span", json!([5, 1]), "range", "Lower bound (5) cannot be greater than upper bound (1)"),
        ("span", json!({ "lower": 1, "upper": 5, "step": 1 }), "type", "which has no `step`"),
        ("body", json!(" "), "notEmpty", "Field cannot be empty"),
    ] {
        let created = admin.post("/items/products", json!({ "name": "Chair", field: bad })).await;
        let updated = admin.patch(&path, json!({ field: bad })).await;
        for answer in [created, updated] {
            answer.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(answer.body["details"][0]["field"], field, "{}", answer.text);
            let inner = &answer.body["error"]["details"]["errors"][0];
            assert_eq!(
                (&answer.body["error"]["details"]["code"], &inner["field"]),
                (&json!("VALIDATION_ERROR"), &json!(field)),
                "{}",
                answer.text
            );
            assert!(answer.text.contains(message), "{field} {bad}: {}", answer.text);
            if !rule.is_empty() {
                assert_eq!(inner["rule"], rule, "{}", answer.text);
            }
        }
    }
    for (field, good) in [
        ("name", json!("äöü")),
        ("email", json!("a@b.co")),
        ("website", json!("https://example.com/a?b")),
        ("quantity", json!("3")),
        ("price", json!(999_999.99)),
        ("code", json!("ABC")),
        ("address", json!("::1")),
        ("address", json!("127.0.0.1")),
        ("ref", json!("f47ac10b-58cc-4372-a567-0e02b2c3d479")),
        ("marks", json!([0, 10])),
        ("span", json!([0, 10])),
        ("email", Json::Null),
    ] {
        admin.patch(&path, json!({ field: good })).await.expect_status(200);
    }
    assert_eq!(admin.rows("products", json!({})).await.len(), 1);
});

on_every_store!(several_broken_rules_are_told_together, async |app| {
    products(app).await;
    let answer = app
        .admin()
        .post("/items/products", json!({ "name": "ab", "email": "x", "price": -1 }))
        .await;
    answer.expect_refusal(400, "VALIDATION_ERROR");
    let fields: Vec<&str> = answer.body["details"]
        .as_array()
        .expect("details")
        .iter()
        .filter_map(|one| one["field"].as_str())
        .collect();
    assert_eq!(fields.len(), 3, "{}", answer.text);
    assert!(
        answer.message().starts_with("Validation failed: ") && answer.message().contains("; "),
        "{}",
        answer.text
    );
});

on_every_store!(a_required_field_cannot_be_missing_or_null, async |app| {
    products(app).await;
    let admin = app.admin();
    for body in [json!({}), json!({ "price": 1 }), json!({ "name": null })] {
        let answer = admin.post("/items/products", body).await;
        answer.expect_refusal(400, "REQUIRED_FIELD_MISSING");
        assert_eq!(answer.body["details"][0]["field"], "name", "{}", answer.text);
    }
    let id = admin.create("products", json!({ "name": "Lamp" })).await;
    let answer =
        admin.patch(&format!("/items/products/{}", plain(&id)), json!({ "name": null })).await;
    answer.expect_refusal(400, "REQUIRED_FIELD_MISSING");
    assert_eq!(answer.body["details"][0]["field"], "name", "{}", answer.text);
});

on_every_store!(a_unique_value_is_taken_once, async |app| {
    products(app).await;
    let admin = app.admin();
    admin.create("products", json!({ "name": "Lamp", "sku": "one" })).await;
    let other = admin.create("products", json!({ "name": "Chair", "sku": "two" })).await;
    let created = admin.post("/items/products", json!({ "name": "Table", "sku": "one" })).await;
    let updated =
        admin.patch(&format!("/items/products/{}", plain(&other)), json!({ "sku": "one" })).await;
    for answer in [created, updated] {
        answer.expect_refusal(409, "UNIQUE_VIOLATION");
        assert!(answer.message().starts_with("Unique constraint violation"), "{}", answer.text);
        assert_eq!(answer.body["details"][0]["field"], "sku", "{}", answer.text);
        assert!(
            !answer.text.contains("INSERT") && !answer.text.contains("sqlite"),
            "{}",
            answer.text
        );
    }
    // Its own value is not taken by itself, and NULLs are not equal.
    admin
        .patch(&format!("/items/products/{}", plain(&other)), json!({ "sku": "two" }))
        .await
        .expect_status(200);
    admin.create("products", json!({ "name": "Null one", "sku": null })).await;
    admin.create("products", json!({ "name": "Null two", "sku": null })).await;
});

on_every_store!(ids_count_up_and_are_answered_in_their_type, async |app| {
    app.collection("tickets", json!({ "fields": {
        "id": { "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } },
        "title": { "type": "String" }
    } })).await;
    app.collection("pages", json!({ "fields": { "slug": { "type": "String", "primaryKey": true }, "title": { "type": "String" } } })).await;
    let admin = app.admin();
    let ids: Vec<Json> =
        [admin.create("tickets", json!({})).await, admin.create("tickets", json!({})).await]
            .to_vec();
    assert_eq!(ids, [json!(1), json!(2)]);
    // A removed key is not given again.
    admin.delete("/items/tickets/2").await.expect_status(200);
    assert_eq!(admin.create("tickets", json!({})).await, json!(3));
    assert_eq!(admin.create("tickets", json!({ "id": 10 })).await, json!(10));
    assert_eq!(admin.create("tickets", json!({})).await, json!(11));
    assert_eq!(admin.create("tickets", json!({ "id": 0 })).await, json!(0));
    assert_eq!(admin.one("tickets", &json!(0)).await["id"], 0);
    // Counters that are no keys move past given numbers too, within one request as well.
    app.collection("turns", json!({ "fields": { "title": { "type": "String" }, "n": { "type": "Integer", "unique": true, "defaultValue": { "type": "AUTOINCREMENT" } } } })).await;
    admin
        .post("/items/turns/bulk", json!([{}, { "n": 2 }, {}, { "n": 50 }, { "n": 20 }]))
        .await
        .expect_status(201);
    admin.create("turns", json!({})).await;
    assert_eq!(
        admin.column("turns", "n", json!({ "sort": "n" })).await,
        [1, 2, 3, 20, 50, 51].map(|n| json!(n))
    );
    for odd in ["007", "1e3", "-", "a b", "ü"] {
        let answer = admin.post("/items/pages", json!({ "slug": odd, "title": odd })).await;
        answer.expect_status(201);
        let path = odd.replace(' ', "%20");
        let read = admin.get(&format!("/items/pages/{path}")).await;
        assert_eq!((read.status, &read.body["data"]["slug"]), (200, &json!(odd)), "{}", read.text);
    }
    let list = admin.rows("pages", json!({ "filter": { "slug": "007" } })).await;
    assert_eq!(list[0]["slug"], "007");
    admin
        .post("/items/pages", json!({ "slug": "007" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
});

on_every_store!(a_record_that_could_not_be_addressed_is_not_made, async |app| {
    let key = json!({ "type": "String", "primaryKey": true });
    app.collection("words", json!({ "fields": { "word": key, "kind": { "type": "String" } } }))
        .await;
    let admin = app.admin();
    for word in ["", ".", "..", "bulk", "export", "import-csv", "import-json"] {
        for (path, body) in [
            ("/items/words", json!({ "word": word })),
            ("/items/words/bulk", json!([{ "word": "x" }, { "word": word }])),
        ] {
            let answer = admin.post(path, body).await;
            answer.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(answer.body["details"][0]["field"], "word", "{}", answer.text);
        }
    }
    assert_eq!(admin.rows("words", json!({})).await.len(), 0);
    for word in ["Bulk", "exports", "...", " ", "a/b", "100%", "import"] {
        let id = admin.create("words", json!({ "word": word })).await;
        assert_eq!(id, word);
        let encoded = word.replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
        let path = format!("/items/words/{encoded}");
        admin.patch(&path, json!({ "kind": "noun" })).await.expect_status(200);
        assert_eq!(admin.get(&path).await.expect_status(200).body["data"]["word"], word);
        admin.delete(&path).await.expect_status(200);
    }
});

on_every_store!(a_key_that_has_counted_to_its_end_is_refused, async |app| {
    for (name, kind, last) in
        [("small", "Integer", "2147483647"), ("large", "BigInt", "9223372036854775807")]
    {
        let key = json!({ "type": kind, "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
        let fields = json!({ "id": key, "title": { "type": "String" } });
        app.collection(name, json!({ "timestamps": false, "fields": fields })).await;
        let admin = app.admin();
        let path = format!("/items/{name}");
        admin.post_text(&path, &format!("{{\"id\": {last}}}")).await.expect_status(201);
        for rows in [1, 3, 12] {
            let rows: Vec<Json> = (0..rows).map(|at| json!({ "title": at.to_string() })).collect();
            let refused = match rows.as_slice() {
                [one] => admin.post(&path, one.clone()).await,
                many => admin.post(&format!("{path}/bulk"), json!(many)).await,
            };
            refused.expect_refusal(400, "VALIDATION_ERROR");
            // A counter of Postgres goes beyond 32 bits; the column refuses its number.
            if kind == "BigInt" || app.kind == Kind::Sqlite {
                let words = "the numbers of a field that counts by itself are used up";
                assert_eq!(refused.message(), words, "{name}: {}", refused.text);
            }
        }
        assert_eq!(admin.find(name, json!({ "limit": 0 })).await.body["totalCount"], 1);
    }
});
