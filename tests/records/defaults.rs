//! Every form of a default, the rules under their other names, and how a value is computed.

use crate::harness::{App, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn row(app: &App, collection: &str, body: Json) -> Json {
    let id = app.admin().create(collection, body).await;
    app.admin().one(collection, &id).await
}

on_every_store!(every_form_of_a_default_fills_what_is_left_out, async |app| {
    app.collection(
        "things",
        json!({ "fields": {
            "token": { "type": "UUID", "defaultValue": { "type": "UUIDV4" } },
            "word": { "type": "String", "defaultValue": { "type": "UUIDV4" } },
            "short": { "type": "String", "defaultValue": { "type": "SUID" } },
            "stamp": { "type": "DateTime", "defaultValue": { "type": "NOW" } },
            "clock": { "type": "Time_NO_TZ", "defaultValue": { "type": "NOW" } },
            "turn": { "type": "BigInt", "defaultValue": { "type": "AUTOINCREMENT" } },
            "who": { "type": "UUID", "defaultValue": { "type": "CURRENT_USER" } },
            "tenant": { "type": "UUID", "defaultValue": { "type": "CURRENT_TENANT" } },
            "plain": { "type": "String", "defaultValue": { "value": "given" } },
            "object": { "type": "JSON", "defaultValue": {} },
            "list": { "type": "Array_Integer", "defaultValue": [1, 2] },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 }, "defaultValue": 1.5 },
            "quote": { "type": "Text", "defaultValue": "it's \"so\"; --" },
            "off": { "type": "Boolean", "defaultValue": false },
            "none": { "type": "Integer", "defaultValue": null }
        } }),
    )
    .await;
    let first = row(app, "things", json!({})).await;
    let second = row(app, "things", json!({})).await;
    let length = |name: &str| first[name].as_str().map(str::len);
    assert_eq!(
        (length("token"), length("word"), length("short")),
        (Some(36), Some(36), Some(21)),
        "{first}"
    );
    assert!(["token", "word", "short"].iter().all(|name| first[*name] != second[*name]), "{first}");
    assert!(
        first["short"].as_str().is_some_and(|id| id.bytes().any(|b| !b.is_ascii_digit())),
        "{first}"
    );
    let stamp = first["stamp"].as_str().expect("a moment");
    assert!(stamp.len() == 24 && stamp.ends_with('Z') && length("clock").is_some(), "{first}");
    assert_eq!((&first["turn"], &second["turn"]), (&json!(1), &json!(2)));
    assert_eq!((&first["who"], &first["tenant"]), (&json!(app.admin().user_id), &Json::Null));
    for (name, value) in [
        ("plain", json!("given")),
        ("object", json!({})),
        ("list", json!([1, 2])),
        ("quote", json!("it's \"so\"; --")),
        ("off", json!(false)),
        ("none", Json::Null),
    ] {
        assert_eq!(first[name], value, "{name}: {first}");
    }
    assert_eq!(first["price"].to_string(), "1.50");
    let given = row(
        app,
        "things",
        json!({ "word": "w", "object": { "a": 1 }, "list": null, "off": true, "who": null }),
    )
    .await;
    assert_eq!(
        (&given["word"], &given["object"], &given["list"], &given["off"], &given["who"]),
        (&json!("w"), &json!({ "a": 1 }), &Json::Null, &json!(true), &Json::Null)
    );
});

on_every_store!(an_sql_default_is_computed_for_every_record, async |app| {
    let sql = |text: &str| json!({ "type": "SQL", "value": text });
    app.collection(
        "things",
        json!({ "fields": {
            "sum": { "type": "Integer", "defaultValue": sql("1 + 2 * 3") },
            "code": { "type": "String", "defaultValue": sql("upper('ab') || '-' || lower('CD')") },
            "made": { "type": "DateTime", "defaultValue": sql("now()") },
            "token": { "type": "UUID", "defaultValue": sql("gen_random_uuid()") },
            "dice": { "type": "Double", "defaultValue": sql("random()") },
            "either": { "type": "Integer", "defaultValue": sql("COALESCE(NULL, 5)") },
            "year": { "type": "Integer", "defaultValue": sql("EXTRACT(YEAR FROM now())") },
            "case_": { "type": "String", "defaultValue": sql("CASE WHEN 1 < 2 THEN 'yes' ELSE 'no' END") }
        } }),
    )
    .await;
    let first = row(app, "things", json!({})).await;
    let second = row(app, "things", json!({ "sum": 1, "code": null })).await;
    assert_eq!(
        (&first["sum"], &first["code"], &first["either"], &first["case_"]),
        (&json!(7), &json!("AB-cd"), &json!(5), &json!("yes")),
        "{first}"
    );
    assert_eq!((&second["sum"], &second["code"]), (&json!(1), &Json::Null));
    assert_eq!(first["token"].as_str().map(str::len), Some(36), "{first}");
    assert!(first["token"] != second["token"] && first["dice"] != second["dice"], "{first}");
    let made = first["made"].as_str().expect("a moment");
    assert_eq!(json!(first["year"].to_string()), json!(made[..4]), "{first}");
    let dice = first["dice"].as_f64().expect("a number");
    assert!((0.0..1.0).contains(&dice), "{first}");
});

on_every_store!(a_computed_truth_may_be_said_as_a_number, async |app| {
    let sql =
        |text: &str| json!({ "type": "Boolean", "defaultValue": { "type": "SQL", "value": text } });
    app.collection(
        "things",
        json!({ "fields": {
            "one": sql("1"), "none": sql("0"), "sum": sql("2 - 1"), "test": sql("1 < 2"),
            "case_": sql("CASE WHEN 1 < 2 THEN 0 ELSE 1 END"), "nothing": sql("NULL")
        } }),
    )
    .await;
    let told = |row: &Json| {
        ["one", "none", "sum", "test", "case_", "nothing"].map(|name| row[name].clone())
    };
    let wanted = [json!(true), json!(false), json!(true), json!(true), json!(false), Json::Null];
    assert_eq!(told(&row(app, "things", json!({})).await), wanted);
    app.admin().post("/items/things/bulk", json!([{}, {}])).await.expect_status(201);
    for row in app.admin().rows("things", json!({ "filter": { "one": true } })).await {
        assert_eq!(told(&row), wanted);
    }
    // What such a field is filled with that comes later.
    app.collection("later", json!({ "fields": { "name": { "type": "String" } } })).await;
    let id = app.admin().create("later", json!({ "name": "a" })).await;
    let grown = json!({ "fields": { "name": { "type": "String" }, "one": sql("1") } });
    app.admin().patch("/schemas/later", json!({ "schema": grown })).await.expect_status(200);
    assert_eq!(app.admin().one("later", &id).await["one"], true);
});

on_every_store!(rules_have_other_names_and_bounds_on_both_sides, async |app| {
    app.collection(
        "things",
        json!({ "fields": {
            "is": { "type": "String", "validate": { "is": "^a+$" } },
            "regex": { "type": "String", "validate": { "regex": "^b+$" } },
            "len": { "type": "Text", "validate": { "len": [2, 4] } },
            "whole": { "type": "Decimal", "validate": { "isInt": true } },
            "list": { "type": "Array_String", "validate": { "notEmpty": true } },
            "wholes": { "type": "Array_Double", "validate": { "isInt": true, "min": -1 } },
            "span": { "type": "Range_Decimal", "validate": { "isInt": true, "max": 9 } },
            "days": { "type": "Range_Date" }
        } }),
    )
    .await;
    let admin = app.admin();
    let id = admin.create("things", json!({})).await;
    let path = format!("/items/things/{}", plain(&id));
    for (field, bad, rule, message) in [
        ("is", json!("b"), "pattern", "Value does not match required pattern"),
        ("regex", json!("a"), "pattern", "Value does not match required pattern"),
        ("len", json!("ä"), "len", "Value must be at least 2 characters long"),
        ("len", json!("äöüße"), "len", "Value must be at most 4 characters long"),
        ("whole", json!("1.5"), "isInt", "Value 1.5 must be an integer"),
        ("list", json!([]), "notEmpty", "Field cannot be empty"),
        ("wholes", json!([1, 0.5]), "isInt", "Array element [1]: Value 0.5 must be an integer"),
        ("wholes", json!([-2]), "min", "Array element [0]: Value -2 is less than minimum -1"),
        ("span", json!([0.5, 2]), "isInt", "Lower bound: Value 0.5 must be an integer"),
        (
            "span",
            json!({ "lower": 1, "upper": 10 }),
            "max",
            "Upper bound: Value 10 is greater than maximum 9",
        ),
        (
            "days",
            json!(["2024-02-01", "2024-01-01"]),
            "range",
            "Lower bound (2024-02-01) cannot be greater than upper bound (2024-01-01)",
        ),
    ] {
        for answer in [
            admin.post("/items/things", json!({ field: bad })).await,
            admin.patch(&path, json!({ field: bad })).await,
        ] {
            answer.expect_refusal(400, "VALIDATION_ERROR");
            let told = &answer.body["error"]["details"]["errors"][0];
            assert_eq!(
                (&told["field"], &told["rule"], &told["message"]),
                (&json!(field), &json!(rule), &json!(message)),
                "{}",
                answer.text
            );
        }
    }
    let good = json!({ "is": "aa", "regex": "bb", "len": "äöüß", "whole": "2.0", "list": [""], "wholes": [1, -1], "span": [null, 9], "days": ["2024-01-01", "2024-01-01"] });
    admin.patch(&path, good).await.expect_status(200);
});

on_every_store!(a_virtual_field_is_chosen_filtered_sorted_and_grouped_like_any, async |app| {
    app.collection(
        "persons",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "first": { "type": "String" }, "last": { "type": "String" }, "age": { "type": "Integer" },
            "full": { "type": "VIRTUAL", "calculated": "CONCAT(first, ' ', last)" },
            "trimmed": { "type": "VIRTUAL", "calculated": "TRIM(LOWER(first)) || UPPER(COALESCE(last, '?'))" },
            "stage": { "type": "VIRTUAL", "calculated": "CASE WHEN age < 18 THEN 'child' ELSE 'grown' END" },
            "next": { "type": "VIRTUAL", "calculated": "age * 2 + 1" }
        } }),
    )
    .await;
    let admin = app.admin();
    let rows = json!([
        { "id": 1, "first": " Ada ", "last": "Byron", "age": 36 },
        { "id": 2, "first": "Bob", "age": 7, "full": "somebody else", "stage": "old" },
        { "id": 3, "first": "Cyd", "last": "Dell", "age": 17 }
    ]);
    admin.post("/items/persons/bulk", rows).await.expect_status(201);
    let chosen = admin
        .rows("persons", json!({ "fields": ["full", "trimmed", "stage"], "sort": "id" }))
        .await;
    assert_eq!(
        chosen[0],
        json!({ "full": " Ada  Byron", "trimmed": "adaBYRON", "stage": "grown" })
    );
    assert_eq!(
        (&chosen[1]["trimmed"], &chosen[1]["stage"]),
        (&json!("bob?"), &json!("child")),
        "{chosen:?}"
    );
    let next = admin.column("persons", "next", json!({ "sort": "id" })).await;
    assert_eq!(next.iter().map(plain).collect::<Vec<_>>(), ["73", "15", "35"]);
    for (ask, expected) in [
        (json!({ "filter": { "stage": "child" }, "sort": "id" }), json!([2, 3])),
        (json!({ "filter": { "full": { "contains": "Dell" } } }), json!([3])),
        (json!({ "sort": { "stage": "desc", "trimmed": "desc" } }), json!([1, 3, 2])),
    ] {
        assert_eq!(json!(admin.column("persons", "id", ask.clone()).await), expected, "{ask}");
    }
    let groups = json!({ "groupBy": ["stage"], "aggregate": { "n": "count" }, "sort": "stage" });
    assert_eq!(
        json!(admin.rows("persons", groups).await),
        json!([{ "stage": "child", "n": 2 }, { "stage": "grown", "n": 1 }])
    );
    // What is sent for it is left aside; it follows what it is computed from.
    admin
        .patch("/items/persons/3", json!({ "age": 18, "stage": "child" }))
        .await
        .expect_status(200);
    assert_eq!(admin.one("persons", &json!(3)).await["stage"], "grown");
    // A user's full name is one of these.
    let me = app.admin().user_id.clone().expect("an id");
    admin
        .patch(
            &format!("/items/baasix_User/{me}"),
            json!({ "firstName": "Ada", "lastName": "Byron", "fullName": "x" }),
        )
        .await
        .expect_status(200);
    let found = admin
        .rows(
            "baasix_User",
            json!({ "filter": { "fullName": "Ada Byron" }, "fields": ["fullName"] }),
        )
        .await;
    assert_eq!(json!(found), json!([{ "fullName": "Ada Byron" }]));
});
