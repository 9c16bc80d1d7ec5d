//! Every field type: what is written is read back, the extremes hold, and what does not fit is
//! refused by the field's name.

use super::table::TYPES;
use crate::harness::{App, Kind, on_every_store};
use serde_json::{Map, Value as Json, json};

fn field(at: usize) -> String {
    format!("f{at}_{}", TYPES[at].name.to_lowercase())
}

fn parse(text: &str) -> Json {
    serde_json::from_str(text).expect("the table holds JSON")
}

/// One collection with a field of every type.
async fn everything(app: &App) {
    let mut fields = Map::new();
    fields.insert(String::from("id"), json!({ "type": "Integer", "primaryKey": true }));
    for (at, one) in TYPES.iter().enumerate() {
        let mut definition = parse(one.options);
        definition["type"] = json!(one.name);
        fields.insert(field(at), definition);
    }
    app.collection("everything", json!({ "fields": fields })).await;
}

/// Equal as JSON; binary floating point numbers by value, because their spelling may differ.
fn same(name: &str, a: &Json, b: &Json) -> bool {
    match (name, a.as_f64(), b.as_f64()) {
        ("Real" | "Double" | "Float", Some(a), Some(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

on_every_store!(every_type_reads_back_what_was_written, async |app| {
    everything(app).await;
    let admin = app.admin();
    let mut wrong = Vec::new();
    let mut id = 0;
    for (at, one) in TYPES.iter().enumerate() {
        let name = field(at);
        for (given, expected) in one.good {
            id += 1;
            let written =
                admin.post("/items/everything", json!({ "id": id, &name: parse(given) })).await;
            if written.status != 201 {
                wrong.push(format!("{name} {given}: {}", written.text));
                continue;
            }
            let read = admin.get(&format!("/items/everything/{id}?fields={name}")).await;
            let found = &read.body["data"][&name];
            if !same(one.name, found, &parse(expected)) {
                wrong.push(format!("{name} {given}: read {found}, expected {expected}"));
            }
            // Every other field stayed NULL, and NULL can be written over a value.
            admin
                .patch(&format!("/items/everything/{id}"), json!({ &name: null }))
                .await
                .expect_status(200);
            let cleared = admin.one("everything", &json!(id)).await;
            let set = cleared
                .as_object()
                .expect("a record")
                .iter()
                .find(|(key, value)| key.starts_with('f') && !value.is_null());
            assert_eq!(set, None);
            admin
                .patch(&format!("/items/everything/{id}"), json!({ &name: parse(given) }))
                .await
                .expect_status(200);
            let again = admin.get(&format!("/items/everything/{id}?fields={name}")).await;
            assert_eq!(again.text, read.text, "changed and created differ");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
});

on_every_store!(a_value_that_does_not_fit_is_refused_by_the_name_of_its_field, async |app| {
    everything(app).await;
    let admin = app.admin();
    admin.create("everything", json!({ "id": 1 })).await;
    let mut wrong = Vec::new();
    for (at, one) in TYPES.iter().enumerate() {
        let name = field(at);
        for bad in one.bad {
            let body = json!({ &name: parse(bad) });
            let created =
                admin.post("/items/everything", json!({ "id": 2, &name: parse(bad) })).await;
            let updated = admin.patch("/items/everything/1", body.clone()).await;
            let bulk = admin
                .post(
                    "/items/everything/bulk",
                    json!([{ "id": 2 }, { "id": 3, &name: parse(bad) }]),
                )
                .await;
            for (how, answer) in [("POST", created), ("PATCH", updated), ("bulk", bulk)] {
                let named = answer.body["details"][0]["field"] == json!(name);
                if answer.status != 400 || answer.code() != "VALIDATION_ERROR" || !named {
                    wrong.push(format!("{how} {name} {bad}: {} {}", answer.status, answer.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(admin.rows("everything", json!({})).await.len(), 1, "something was written");
});

on_every_store!(a_read_value_finds_its_own_record, async |app| {
    everything(app).await;
    let admin = app.admin();
    for (at, one) in TYPES.iter().enumerate() {
        let name = field(at);
        let (given, _) = one.good[one.good.len() - 1];
        let id = json!(at + 1);
        admin.create("everything", json!({ "id": id, &name: parse(given) })).await;
        let value = admin.one("everything", &id).await[&name].clone();
        let found =
            admin.column("everything", "id", json!({ "filter": { &name: { "eq": value } } })).await;
        assert_eq!(found, [id], "{name} eq {value}");
    }
});

on_every_store!(numbers_can_be_asked_for_as_text, async |app| {
    app.collection("sums", json!({ "fields": { "amount": { "type": "Decimal" }, "big": { "type": "BigInt" }, "small": { "type": "Integer" } } })).await;
    let body = parse(r#"{"amount":12345678901234567890.10,"big":9007199254740993,"small":5}"#);
    let id = app.admin().create("sums", body).await;
    let tokens = app
        .admin()
        .get(&format!("/items/sums/{}?fields=amount,big,small", crate::harness::plain(&id)))
        .await;
    assert!(tokens.text.contains(r#""amount":12345678901234567890.10"#), "{}", tokens.text);
    assert!(tokens.text.contains(r#""big":9007199254740993"#), "{}", tokens.text);
    let exact = app.admin().with_header("accept-numbers", "string").one("sums", &id).await;
    assert_eq!(
        (&exact["amount"], &exact["big"], &exact["small"]),
        (&json!("12345678901234567890.10"), &json!("9007199254740993"), &json!(5))
    );
    let asked = app.admin().get("/items/sums?numbers=string").await;
    assert_eq!(asked.body["data"][0]["amount"], "12345678901234567890.10");
});

on_every_store!(exact_numbers_are_exact_in_lists_ranges_and_averages_too, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields = json!({
        "id": key, "parts": { "type": "Array_Decimal" }, "span": { "type": "Range_Decimal" },
        "counts": { "type": "Array_Integer" }, "big": { "type": "BigInt" },
    });
    app.collection("shares", json!({ "historyDays": 9, "timestamps": false, "fields": fields }))
        .await;
    app.collection("owners", json!({ "timestamps": false, "fields": { "id": key } })).await;
    let relation = json!({ "type": "M2O", "target": "owners", "name": "owner", "alias": "shares" });
    app.relation("shares", relation).await;
    let admin = app.admin();
    admin.create("owners", json!({ "id": 1 })).await;
    let row = r#"{"id":1,"owner_id":1,"big":9007199254740993,"counts":[1,2],"parts":[12345678901234567890.10,null,-0.5,3],"span":{"lower":0.10,"upper":12345678901234567890.5}}"#;
    admin.create("shares", parse(row)).await;
    admin.create("shares", parse(r#"{"id":2,"owner_id":1,"big":9007199254740993}"#)).await;
    let exact = admin.with_header("accept-numbers", "string");
    let parts = r#"["12345678901234567890.10",null,"-0.5","3"]"#;
    let span = r#"{"lower":"0.10","upper":"12345678901234567890.5","lowerInclusive":true,"upperInclusive":true}"#;
    let one = exact.get("/items/shares/1?fields=parts,span,counts").await;
    assert_eq!(
        one.text,
        format!(r#"{{"data":{{"id":1,"parts":{parts},"span":{span},"counts":[1,2]}}}}"#)
    );
    let deep = exact.get("/items/owners/1?fields=shares.parts,shares.span").await;
    assert!(deep.text.contains(parts) && deep.text.contains(span), "{}", deep.text);
    assert!(deep.text.contains(r#""parts":null"#), "{}", deep.text);
    let joined = exact.get("/items/shares?fields=id,owner.shares.parts&limit=1&sort=id").await;
    assert!(joined.text.contains(parts), "{}", joined.text);
    let past = exact.get("/items/shares/1/history").await;
    assert!(
        past.text.contains(parts) && past.text.contains(r#""upper":"12345678901234567890.5""#),
        "{}",
        past.text
    );
    // Without that they are numbers, digit by digit.
    let plain = admin.get("/items/shares/1?fields=parts").await;
    assert!(plain.text.contains("[12345678901234567890.10,null,-0.5,3]"), "{}", plain.text);
    // What was answered can be sent.
    let again = exact
        .patch("/items/shares/2", parse(&format!(r#"{{"parts":{parts},"span":{span}}}"#)))
        .await;
    again.expect_status(200);
    let stored = exact.get("/items/shares/2?fields=parts,span").await;
    assert!(stored.text.contains(parts) && stored.text.contains(span), "{}", stored.text);
    // The average of numbers that no double holds.
    let asked =
        r#"aggregate={"a":{"function":"avg","field":"big"},"s":{"function":"sum","field":"big"}}"#;
    let both = admin.get(&format!("/items/shares?{asked}")).await;
    assert_eq!(
        both.text,
        r#"{"data":[{"a":9007199254740993,"s":18014398509481986}],"totalCount":1}"#
    );
    let both = exact.get(&format!("/items/shares?{asked}&groupBy=owner_id")).await;
    assert!(
        both.text.contains(r#""a":"9007199254740993","s":"18014398509481986""#),
        "{}",
        both.text
    );
    admin.create("shares", json!({ "id": 3, "owner_id": 1, "big": 2 })).await;
    let thirds = admin.get(&format!("/items/shares?{asked}")).await;
    assert!(thirds.text.contains(r#""a":6004799503160662.6667,"#), "{}", thirds.text);
});

on_every_store!(case_insensitive_text_compares_and_is_unique_without_case, async |app| {
    app.collection(
        "handles",
        json!({ "fields": { "handle": { "type": "CiText", "unique": true } } }),
    )
    .await;
    app.admin().create("handles", json!({ "handle": "Ada" })).await;
    app.admin()
        .post("/items/handles", json!({ "handle": "ADA" }))
        .await
        .expect_refusal(409, "UNIQUE_VIOLATION");
    assert_eq!(
        app.admin().rows("handles", json!({ "filter": { "handle": "aDA" } })).await.len(),
        1
    );
    assert_eq!(
        app.admin()
            .rows("handles", json!({ "filter": { "handle": { "in": ["ada"] } } }))
            .await
            .len(),
        1
    );
});

on_every_store!(a_virtual_field_is_computed_and_cannot_be_written, async |app| {
    app.collection(
        "persons",
        json!({ "fields": {
            "first": { "type": "String" }, "last": { "type": "String" },
            "full": { "type": "VIRTUAL", "calculated": "COALESCE(first, '') || ' ' || COALESCE(last, '')" }
        } }),
    )
    .await;
    let admin = app.admin();
    let id =
        admin.create("persons", json!({ "first": "Ada", "last": "Lovelace", "full": "x" })).await;
    assert_eq!(admin.one("persons", &id).await["full"], "Ada Lovelace");
    admin
        .patch(
            &format!("/items/persons/{}", crate::harness::plain(&id)),
            json!({ "first": "Augusta" }),
        )
        .await
        .expect_status(200);
    let rows = admin
        .rows(
            "persons",
            json!({ "filter": { "full": { "startsWith": "augusta l" } }, "sort": "full" }),
        )
        .await;
    assert_eq!(rows[0]["full"], "Augusta Lovelace");
});

/// What one store answers, the other answers byte for byte.
#[tokio::test]
async fn both_stores_answer_the_same_bytes() {
    if App::postgres_is_missing() {
        return;
    }
    let (one, two) = (App::start(Kind::Sqlite).await, App::start(Kind::Postgres).await);
    for app in [&one, &two] {
        everything(app).await;
        let mut rows = Vec::new();
        for (at, one) in TYPES.iter().enumerate() {
            for (given, _) in one.good {
                rows.push(json!({ "id": rows.len() + 1, &field(at): parse(given) }));
            }
        }
        app.admin().post("/items/everything/bulk", json!(rows)).await.expect_status(201);
    }
    let fields: Vec<String> = (0..TYPES.len()).map(field).collect();
    for (at, name) in fields.iter().enumerate() {
        if matches!(TYPES[at].name, "JSON" | "JSONB" | "Point" | "Binary")
            || TYPES[at].name.contains('_')
        {
            // Not ordered; compared by key below.
            continue;
        }
        for way in ["asc", "desc"] {
            let path = format!(
                "/items/everything?fields=id,{name}&sort={{\"{name}\":\"{way}\"}}&filter={{\"{name}\":{{\"isNotNull\":true}}}}"
            );
            let (a, b) = (one.admin().get(&path).await, two.admin().get(&path).await);
            assert_eq!((a.status, &a.text), (b.status, &b.text), "{path}");
        }
    }
    let path = format!("/items/everything?sort=id&fields=id,{}", fields.join(","));
    let (a, b) = (one.admin().get(&path).await, two.admin().get(&path).await);
    assert_eq!(a.body["data"].as_array().map(Vec::len), b.body["data"].as_array().map(Vec::len));
    for (a, b) in a.body["data"]
        .as_array()
        .expect("rows")
        .iter()
        .zip(b.body["data"].as_array().expect("rows"))
    {
        assert_eq!(a.to_string(), b.to_string());
    }
    one.stop().await;
    two.stop().await;
}

on_every_store!(a_computed_number_may_be_larger_than_what_it_is_computed_of, async |app| {
    app.collection(
        "boxes",
        json!({ "timestamps": false, "fields": {
            "id": { "type": "Integer", "primaryKey": true }, "sold": { "type": "Integer" },
            "twice": { "type": "VIRTUAL", "calculated": "sold * 2 + 1" },
            "share": { "type": "VIRTUAL", "calculated": "100 / (sold - 5)" },
            // A whole number is a count, too.
            "places": { "type": "Integer", "defaultValue": 1 }, "code": { "type": "String" },
            "start": { "type": "VIRTUAL", "calculated": "substr(code, places, places + 1)" }
        } }),
    )
    .await;
    for (id, sold) in [(1, json!(2_147_483_647)), (2, json!(-2_147_483_648_i64)), (3, Json::Null)] {
        app.admin().create("boxes", json!({ "id": id, "sold": sold })).await;
    }
    assert_eq!(
        app.admin().column("boxes", "twice", json!({ "sort": "id" })).await,
        [json!(4_294_967_295_i64), json!(-4_294_967_295_i64), Json::Null]
    );
    // Nothing can be divided by nothing, and the record stands all the same.
    app.admin().create("boxes", json!({ "id": 4, "sold": 5, "code": "abcdef", "places": 2 })).await;
    let start = app.admin().column("boxes", "start", json!({ "filter": { "id": { "eq": 4 } } }));
    assert_eq!(start.await, [json!("bcd")]);
    app.admin().create("boxes", json!({ "id": 5, "sold": 15 })).await;
    assert_eq!(
        app.admin()
            .column("boxes", "share", json!({ "sort": "id", "filter": { "id": { "gt": 3 } } }))
            .await,
        [Json::Null, json!(10)]
    );
});
