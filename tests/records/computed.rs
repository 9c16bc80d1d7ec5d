//! Computed fields: what an expression answers is the same on both stores and of the same type, and
//! what could not be the same is refused by both.

use crate::harness::{Answer, App, on_every_store};
use serde_json::{Value as Json, json};

fn stored() -> Json {
    json!({
        "id": { "type": "Integer", "primaryKey": true },
        "n": { "type": "Integer" }, "b": { "type": "BigInt" },
        "d": { "type": "Double" }, "r": { "type": "Real" },
        "p": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
        "q": { "type": "Decimal" }, "ok": { "type": "Boolean" },
        "s": { "type": "String" }, "t": { "type": "Text" }, "ci": { "type": "CiText" },
        "day": { "type": "Date" }, "at": { "type": "DateTime" }, "tm": { "type": "Time" },
        "u": { "type": "UUID" }, "j": { "type": "JSON" }, "ar": { "type": "Array_Integer" },
        "en": { "type": "Enum", "values": ["x", "y"] }, "bin": { "type": "Binary" }
    })
}

/// A number as its digits, in whichever form it is answered.
fn bare(number: &Json) -> String {
    number.as_str().map_or_else(|| number.to_string(), str::to_owned)
}

const FULL: usize = 3;

/// The third record has nothing but its key.
fn records() -> [Json; FULL] {
    [
        json!({ "id": 1, "n": 5, "b": "9007199254740993", "d": 0.1, "r": 0.1, "p": "12.50",
            "q": "1.2345678901234567890", "ok": true, "s": "ab Ä", "t": "b", "ci": "Ab",
            "day": "2024-01-02", "at": "2024-01-02T03:04:05.678Z", "tm": "10:11:12",
            "u": "123E4567-E89B-12D3-A456-426614174000", "j": { "a": 1 }, "ar": [1, 2],
            "en": "x", "bin": "aGk=" }),
        json!({ "id": 2, "n": -7, "b": "-9223372036854775808", "d": 1e21, "r": 1e10, "p": "-0.01",
            "q": "100", "ok": false, "s": " x ", "ci": "ß" }),
        json!({ "id": 3 }),
    ]
}

const NONE: Option<&str> = None;

on_every_store!(a_computed_double_is_a_number_or_the_write_is_refused_at_it, async |app| {
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true },
        "d": { "type": "Double" }, "e": { "type": "Double" }, "q": { "type": "Decimal" },
        "square": { "type": "VIRTUAL", "calculated": "d * d" },
        "share": { "type": "VIRTUAL", "calculated": "d / e" },
        "total": { "type": "VIRTUAL", "calculated": "d + e" },
        "less": { "type": "VIRTUAL", "calculated": "d - e" },
        "mixed": { "type": "VIRTUAL", "calculated": "q + d" }
    });
    app.collection("far", json!({ "timestamps": false, "fields": fields })).await;
    let admin = app.admin();
    for (values, field) in [
        (json!({ "d": 1e200 }), "square"),
        (json!({ "d": -1e200 }), "square"),
        (json!({ "d": 1e150, "e": 1e-200 }), "share"),
        (json!({ "d": 1e-150, "e": 5e-324 }), NO_FIELD),
        (json!({ "d": 1e100, "e": 1.7e308 }), NO_FIELD),
        (json!({ "d": 0, "q": "-1e400" }), "mixed"),
    ] {
        let mut record = values.clone();
        record["id"] = json!(1);
        let made = admin.post("/items/far", record).await;
        let refused = |answer: &Answer| {
            answer.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(answer.message(), "a computed field exceeds the range of a Double");
            assert_eq!(answer.body["details"][0]["field"], field, "{values}: {}", answer.text);
        };
        if field == NO_FIELD {
            made.expect_status(201);
            admin.delete("/items/far/1").await.expect_status(200);
            continue;
        }
        refused(&made);
        for count in [3, 12] {
            let row = |at: usize| {
                let mut row = if at == 2 { values.clone() } else { json!({ "d": 1 }) };
                row["id"] = json!(at);
                row
            };
            let rows: Vec<Json> = (0..count).map(row).collect();
            let many = admin.post("/items/far/bulk", json!(rows)).await;
            refused(&many);
            assert_eq!(many.body["details"][0]["index"], 2, "{}", many.text);
        }
        admin.create("far", json!({ "id": 1, "d": 1 })).await;
        refused(&admin.patch("/items/far/1", values.clone()).await);
        admin.delete("/items/far/1").await.expect_status(200);
    }
    assert_eq!(admin.rows("far", json!({})).await.len(), 0);
    // What is too small is nothing, and what is infinite on the way is so on both.
    let small = json!({ "id": 1, "d": 1e-200, "e": 1e200, "q": "1e-400" });
    admin.create("far", small).await;
    let found = admin.one("far", &json!(1)).await;
    assert_eq!((&found["square"], &found["share"]), (&json!(0), &json!(0)), "{found}");
    let numbers = (found["total"].as_f64(), found["mixed"].as_f64());
    assert_eq!(numbers, (Some(1e200), Some(1e-200)), "{found}");
    // A field is told by the name that it has now.
    let schema = admin.get("/schemas/far").await.body["data"]["schema"].clone();
    let mut fields = schema["fields"].clone();
    let square = fields.as_object_mut().expect("fields").remove("square").expect("a field");
    fields["area"] = square;
    let renamed = json!({ "schema": { "fields": fields } });
    admin.patch("/schemas/far", renamed).await.expect_status(200);
    let told = admin.post("/items/far", json!({ "id": 2, "d": 1e200 })).await;
    assert_eq!(told.body["details"][0]["field"], "area", "{}", told.text);
    let inner = json!({
        "id": { "type": "Integer", "primaryKey": true }, "d": { "type": "Double" },
        "back": { "type": "VIRTUAL", "calculated": "1 / (d * d)" },
        "none": { "type": "VIRTUAL", "calculated": "d * d - d * d" },
        "large": { "type": "VIRTUAL", "calculated": "d * d > 5" },
        "said": { "type": "VIRTUAL", "calculated": "'it is ' || d * d" }
    });
    app.collection("inner", json!({ "timestamps": false, "fields": inner })).await;
    admin.create("inner", json!({ "id": 1, "d": 1e200 })).await;
    admin.create("inner", json!({ "id": 2, "d": 1e-200 })).await;
    assert_eq!(
        json!(
            admin
                .rows("inner", json!({ "sort": "id", "fields": ["back", "none", "large", "said"] }))
                .await
        ),
        json!([
            { "back": 0, "none": null, "large": true, "said": "it is null" },
            { "back": null, "none": 0, "large": false, "said": "it is 0" }
        ])
    );
    // A new field is computed of the rows that are there.
    let mut fields = admin.get("/schemas/inner").await.body["data"]["schema"]["fields"].clone();
    fields["square"] = json!({ "type": "VIRTUAL", "calculated": "d * d" });
    let added = admin.patch("/schemas/inner", json!({ "schema": { "fields": fields } })).await;
    added.expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!(added.body["details"][1]["field"], "square", "{}", added.text);
});

/// Where nothing is refused.
const NO_FIELD: &str = "";

/// An expression, and what it answers of each record.
const ANSWERS: [(&str, [Option<&str>; FULL]); 85] = [
    // Whole numbers, also beyond 64 bits.
    ("n * 2", [Some("10"), Some("-14"), NONE]),
    ("n / 2", [Some("2"), Some("-3"), NONE]),
    ("n % 2", [Some("1"), Some("-1"), NONE]),
    ("-n", [Some("-5"), Some("7"), NONE]),
    ("n / 0", [NONE, NONE, NONE]),
    ("(n + 1) * (n + 2)", [Some("42"), Some("30"), NONE]),
    ("b * 2", [Some("18014398509481986"), Some("-18446744073709551616"), NONE]),
    ("b / 2", [Some("4503599627370496"), Some("-4611686018427387904"), NONE]),
    ("-b", [Some("-9007199254740993"), Some("9223372036854775808"), NONE]),
    ("ABS(b)", [Some("9007199254740993"), Some("9223372036854775808"), NONE]),
    ("ABS(n)", [Some("5"), Some("7"), NONE]),
    ("b + n", [Some("9007199254740998"), Some("-9223372036854775815"), NONE]),
    // Decimals.
    ("p", [Some("12.50"), Some("-0.01"), NONE]),
    ("p * 2", [Some("25.00"), Some("-0.02"), NONE]),
    ("p * n", [Some("62.50"), Some("0.07"), NONE]),
    ("p / 3", [Some("4.1666666666666667"), Some("-0.00333333333333333333"), NONE]),
    ("p + n", [Some("17.50"), Some("-7.01"), NONE]),
    ("p - 12.5", [Some("0.00"), Some("-12.51"), NONE]),
    ("q * q", [Some("1.52415787532388367501905199875019052100"), Some("10000"), NONE]),
    ("q / 3", [Some("0.41152263004115226300"), Some("33.3333333333333333"), NONE]),
    ("q % 3", [Some("1.2345678901234567890"), Some("1"), NONE]),
    ("n + 0.5", [Some("5.5"), Some("-6.5"), NONE]),
    ("n / 2.0", [Some("2.5000000000000000"), Some("-3.5000000000000000"), NONE]),
    ("ROUND(p, 1)", [Some("12.5"), Some("0.0"), NONE]),
    ("ROUND(p)", [Some("13"), Some("0"), NONE]),
    ("FLOOR(p)", [Some("12"), Some("-1"), NONE]),
    ("CEIL(p)", [Some("13"), Some("0"), NONE]),
    ("COALESCE(p, 0)", [Some("12.50"), Some("-0.01"), Some("0")]),
    ("COALESCE(n, p)", [Some("5"), Some("-7"), NONE]),
    ("GREATEST(p, n, 1)", [Some("12.50"), Some("1"), Some("1")]),
    ("CAST(p AS INTEGER)", [Some("13"), Some("0"), NONE]),
    ("CAST(n AS NUMERIC) / 2", [Some("2.5000000000000000"), Some("-3.5000000000000000"), NONE]),
    // Doubles.
    ("d", [Some("0.1"), Some("1e+21"), NONE]),
    ("d * 2", [Some("0.2"), Some("2e+21"), NONE]),
    ("d / 3", [Some("0.03333333333333333"), Some("3.333333333333333e+20"), NONE]),
    ("d * 0", [Some("0"), Some("0"), NONE]),
    ("r", [Some("0.1"), Some("10000000000"), NONE]),
    ("r * 2", [Some("0.2"), Some("20000000000"), NONE]),
    ("p + d", [Some("12.6"), Some("1e+21"), NONE]),
    ("-d * 0", [Some("0"), Some("0"), NONE]),
    ("FLOOR(d)", [Some("0"), Some("1e+21"), NONE]),
    ("ROUND(d)", [Some("0"), Some("1e+21"), NONE]),
    ("COALESCE(d, n)", [Some("0.1"), Some("1e+21"), NONE]),
    ("CAST(p AS REAL)", [Some("12.5"), Some("-0.01"), NONE]),
    // True and false.
    ("ok", [Some("true"), Some("false"), NONE]),
    ("NOT ok", [Some("false"), Some("true"), NONE]),
    ("n > 3", [Some("true"), Some("false"), NONE]),
    ("n = 5 AND ok", [Some("true"), Some("false"), NONE]),
    ("n IN (1, 5)", [Some("true"), Some("false"), NONE]),
    ("p NOT IN (12.5, 1)", [Some("false"), Some("true"), NONE]),
    ("n BETWEEN 1 AND 5", [Some("true"), Some("false"), NONE]),
    ("s IS NULL", [Some("false"), Some("false"), Some("true")]),
    ("j IS NOT NULL", [Some("true"), Some("false"), Some("false")]),
    ("ok IS TRUE", [Some("true"), Some("false"), Some("false")]),
    ("p > d", [Some("true"), Some("false"), NONE]),
    ("p = 12.5", [Some("true"), Some("false"), NONE]),
    ("d = 0.1", [Some("true"), Some("false"), NONE]),
    ("s < t", [Some("true"), NONE, NONE]),
    ("ci = s", [Some("false"), Some("false"), NONE]),
    ("day > '2024-01-01'", [Some("true"), NONE, NONE]),
    ("at < '2024-01-02T04:04:05+01:00'", [Some("false"), NONE, NONE]),
    // Texts.
    ("s || n", [Some("ab Ä5"), Some(" x -7"), NONE]),
    ("s || p", [Some("ab Ä12.50"), Some(" x -0.01"), NONE]),
    ("s || ok", [Some("ab Ätrue"), Some(" x false"), NONE]),
    ("s || d", [Some("ab Ä0.1"), Some(" x 1e+21"), NONE]),
    ("s || n + 1", [Some("ab Ä6"), Some(" x -6"), NONE]),
    ("CONCAT(s, n, p, ok, d)", [Some("ab Ä512.50true0.1"), Some(" x -7-0.01false1e+21"), Some("")]),
    ("COALESCE(s, t)", [Some("ab Ä"), Some(" x "), NONE]),
    ("LOWER(s)", [Some("ab ä"), Some(" x "), NONE]),
    ("UPPER(ci)", [Some("AB"), Some("ß"), NONE]),
    ("TRIM(s)", [Some("ab Ä"), Some("x"), NONE]),
    (
        "md5(s)",
        [Some("50b39f6d869964fc520f73d0c2d7aa93"), Some("6722c218a6f30869ef6886dc4b050a37"), NONE],
    ),
    ("LENGTH(s)", [Some("4"), Some("3"), NONE]),
    ("SUBSTR(s, n - 4, 2)", [Some("ab"), Some(""), NONE]),
    ("SUBSTR(s, 2)", [Some("b Ä"), Some("x "), NONE]),
    ("REPLACE(s, 'a', 'b')", [Some("bb Ä"), Some(" x "), NONE]),
    ("NULLIF(s, 'ab Ä')", [NONE, Some(" x "), NONE]),
    ("u", [Some("123e4567-e89b-12d3-a456-426614174000"), NONE, NONE]),
    ("en || ci", [Some("xAb"), NONE, NONE]),
    ("CASE WHEN ok THEN 'yes' ELSE 'no' END", [Some("yes"), Some("no"), Some("no")]),
    ("CASE n WHEN 5 THEN p WHEN -7 THEN 1 END", [Some("12.50"), Some("1"), NONE]),
    ("NULL", [NONE, NONE, NONE]),
    ("'it''s'", [Some("it's"), Some("it's"), Some("it's")]),
    ("LEAST(s, t)", [Some("ab Ä"), Some(" x "), NONE]),
    // Parts of moments.
    ("EXTRACT(YEAR FROM at) * 100 + EXTRACT(MONTH FROM day)", [Some("202401"), NONE, NONE]),
];

on_every_store!(an_expression_answers_the_same_on_every_store, async |app| {
    let mut fields = stored();
    for (at, (expression, _)) in ANSWERS.iter().enumerate() {
        fields[format!("v{at}")] = json!({ "type": "VIRTUAL", "calculated": expression });
    }
    app.collection("told", json!({ "timestamps": false, "fields": fields })).await;
    for record in records() {
        app.admin().create("told", record).await;
    }
    let rows = app.admin().rows("told", json!({ "sort": "id" })).await;
    let schema = app.admin().get("/schemas/told").await;
    for (at, (expression, expected)) in ANSWERS.iter().enumerate() {
        let name = format!("v{at}");
        let told = &schema.body["data"]["schema"]["fields"][&name]["resultType"];
        for (row, expected) in rows.iter().zip(expected) {
            let answer = &row[&name];
            let same = match (expected, told.as_str().expect("a type")) {
                (None, _) => answer.is_null(),
                (Some(text), "Integer" | "BigInt" | "Decimal" | "Boolean") => {
                    let spelled = answer.to_string();
                    spelled.as_str() == *text
                }
                (Some(text), "Double") => answer.as_f64() == text.parse().ok(),
                (Some(text), _) => answer == text,
            };
            assert!(same, "{expression} ({told}): {answer}, not {expected:?}");
        }
    }
});

on_every_store!(a_computed_field_is_of_the_type_that_its_expression_answers, async |app| {
    let told = [
        ("n", "Integer"),
        ("-n", "BigInt"),
        ("n * 2", "BigInt"),
        ("n % 10", "Integer"),
        ("COALESCE(n, 0)", "Integer"),
        ("CASE WHEN ok THEN n ELSE LENGTH(s) END", "Integer"),
        ("LENGTH(s)", "Integer"),
        ("b", "BigInt"),
        ("b * 2", "Decimal"),
        ("p * n", "Decimal"),
        ("p + d", "Double"),
        ("n > 3", "Boolean"),
        ("s || n", "Text"),
        ("u", "Text"),
        ("NULL", "Text"),
        ("day", "Date"),
        ("COALESCE(at, '2020-01-01T00:00:00Z')", "DateTime"),
        ("tm", "Time"),
    ];
    let mut fields = stored();
    for (at, (expression, _)) in told.iter().enumerate() {
        fields[format!("v{at}")] = json!({ "type": "VIRTUAL", "calculated": expression });
    }
    app.collection("told", json!({ "timestamps": false, "fields": fields })).await;
    let schema = app.admin().get("/schemas/told").await.body["data"]["schema"].clone();
    for (at, (expression, kind)) in told.iter().enumerate() {
        assert_eq!(schema["fields"][format!("v{at}")]["resultType"], *kind, "{expression}");
    }
    for record in records() {
        app.admin().create("told", record).await;
    }
    // A moment is answered as the field that it is taken of.
    for row in app.admin().rows("told", json!({})).await {
        for (at, of) in [(15, "day"), (17, "tm")] {
            assert_eq!(row[format!("v{at}")], row[of]);
        }
        let at = match &row["at"] {
            Json::Null => json!("2020-01-01T00:00:00.000Z"),
            at => at.clone(),
        };
        assert_eq!(row["v16"], at);
    }
    // What is told is no part of the document: another word sent back is passed over.
    let mut again = schema.clone();
    again["fields"]["v0"]["resultType"] = json!("Text");
    let answer = app.admin().patch("/schemas/told", json!({ "schema": again })).await;
    answer.expect_status(200);
    assert_eq!(app.admin().get("/schemas/told").await.body["data"]["schema"], schema);
    let types = app.admin().get("/types").await;
    for line in ["v0?: number | null;", "v11?: boolean | null;", "v12?: string | null;"] {
        assert!(types.text.contains(line), "{line}: {}", types.text);
    }
    // Exact clients read large numbers and decimals as text, as those of stored fields.
    let row = app.admin().get("/items/told/1?numbers=string").await.body["data"].clone();
    assert_eq!((&row["v0"], &row["v2"], &row["v9"]), (&json!(5), &json!("10"), &json!("62.50")));
});

on_every_store!(a_computed_number_is_a_number_wherever_it_is_asked_for, async |app| {
    let computed = |text: &str| json!({ "type": "VIRTUAL", "calculated": text });
    app.collection(
        "lines",
        json!({ "timestamps": false, "indexes": [{ "fields": ["total"], "name": "lines_total" }], "fields": {
            "id": { "type": "Integer", "primaryKey": true }, "qty": { "type": "Integer" },
            "price": { "type": "Decimal", "values": { "precision": 12, "scale": 2 } },
            "total": computed("price * qty"), "many": computed("qty > 3"), "half": computed("CAST(qty AS REAL) / 2")
        } }),
    )
    .await;
    let admin = app.admin();
    for (id, qty, price) in [(1, 2, "19.90"), (2, 7, "100.00"), (3, 1, "9.10"), (4, 4, "9.95")] {
        admin.create("lines", json!({ "id": id, "qty": qty, "price": price })).await;
    }
    for (ask, expected) in [
        (json!({ "filter": { "total": { "gt": 20 } }, "sort": "id" }), json!([1, 2, 4])),
        (json!({ "filter": { "total": 39.8 }, "sort": "id" }), json!([1, 4])),
        (
            json!({ "filter": { "total": { "in": ["39.800", 9.1] } }, "sort": "id" }),
            json!([1, 3, 4]),
        ),
        (json!({ "filter": { "total": { "between": [9, 40] } }, "sort": "id" }), json!([1, 3, 4])),
        (json!({ "filter": { "many": true }, "sort": "id" }), json!([2, 4])),
        (json!({ "filter": { "half": { "lte": 1 } }, "sort": "id" }), json!([1, 3])),
        (json!({ "filter": { "total": { "gt": "$COL(price)" } }, "sort": "id" }), json!([1, 2, 4])),
        (json!({ "sort": ["total", "id"] }), json!([3, 1, 4, 2])),
        (json!({ "sort": ["-half"] }), json!([2, 4, 1, 3])),
    ] {
        assert_eq!(json!(admin.column("lines", "id", ask.clone()).await), expected, "{ask}");
    }
    let ask = json!({ "aggregate": { "all": { "function": "sum", "field": "total" }, "mean": { "function": "avg", "field": "half" }, "most": { "function": "max", "field": "total" } } });
    let told = admin.rows("lines", ask).await;
    let told = ["all", "mean", "most"].map(|key| bare(&told[0][key]));
    assert_eq!(told, ["788.70", "1.75", "700.00"]);
    let groups = json!({ "groupBy": ["total"], "aggregate": { "n": { "function": "count", "field": "id" } }, "sort": "total" });
    let told = admin.rows("lines", groups).await;
    let told: Vec<String> =
        told.iter().map(|row| format!("{} {}", row["total"], row["n"])).collect();
    assert_eq!(told, ["9.10 1", "39.80 2", "700.00 1"]);
    let refused = admin.find("lines", json!({ "filter": { "total": "much" } })).await;
    refused.expect_status(400);
});

/// Whatever is refused, and the place it is refused at.
async fn refused(app: &App, calculated: &str) {
    let mut fields = stored();
    fields["v"] = json!({ "type": "VIRTUAL", "calculated": calculated });
    let schema = json!({ "timestamps": false, "fields": fields });
    let answer =
        app.admin().post("/schemas", json!({ "collectionName": "told", "schema": schema })).await;
    answer.expect_refusal(400, "SCHEMA_INVALID");
    assert!(answer.text.contains("fields.v.calculated"), "{calculated}: {}", answer.text);
    // Nothing of a store's own words.
    assert!(!answer.text.contains(" at line "), "{calculated}: {}", answer.text);
}

on_every_store!(what_the_stores_would_answer_differently_is_refused_by_both, async |app| {
    for calculated in [
        "j",
        "ar",
        "bin",
        "s || day",
        "s || at",
        "CONCAT(day, at, tm, u)",
        "n = s",
        "p || j",
        "ok = 1",
        "ok AND n",
        "NOT n",
        "ok + 1",
        "LENGTH(n)",
        "UPPER(n)",
        "ROUND(d, 2)",
        "d % 2",
        "CAST(s AS INTEGER)",
        "CAST(d AS INTEGER)",
        "COALESCE(s, n)",
        "CASE WHEN n THEN 1 END",
        "day > 'soon'",
        "day > at",
        "EXTRACT(YEAR FROM s)",
        "EXTRACT(YEAR FROM tm)",
        "lower(s, 1, 2)",
        "s LIKE 'a%'",
        "now()",
        "random()",
        "nope",
        "n +",
        "n n",
    ] {
        refused(app, calculated).await;
    }
    app.admin().get("/schemas/told").await.expect_status(404);
});

on_every_store!(an_expression_must_hold_under_the_new_type_beneath_it, async |app| {
    let mut fields = stored();
    fields["twice"] = json!({ "type": "VIRTUAL", "calculated": "n * 2" });
    let of = |fields: &Json| json!({ "timestamps": false, "fields": fields });
    app.collection("told", of(&fields)).await;
    app.admin().create("told", json!({ "id": 1, "n": 5 })).await;
    let change = async |kind: Json| {
        let mut next = fields.clone();
        next["n"] = kind;
        app.admin().patch("/schemas/told", json!({ "schema": of(&next) })).await
    };
    let refused = change(json!({ "type": "String" })).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("fields.twice.calculated"), "{}", refused.text);
    assert_eq!(app.admin().one("told", &json!(1)).await["twice"], 10);
    let values = json!({ "precision": 10, "scale": 2 });
    change(json!({ "type": "Decimal", "values": values })).await.expect_status(200);
    assert_eq!(app.admin().one("told", &json!(1)).await["twice"].to_string(), "10.00");
});

on_every_store!(an_sql_default_is_of_its_fields_type_on_every_store, async |app| {
    let schema = |kind: &str, text: &str| json!({ "fields": { "a": { "type": kind, "defaultValue": { "type": "SQL", "value": text } } } });
    for (kind, text) in [
        ("Integer", "true"),
        ("Integer", "1.0"),
        ("Boolean", "2"),
        ("Boolean", "'true'"),
        ("Double", "now()"),
        ("String", "MAX(id)"),
        ("Integer", "COALESCE(MAX(id), 0) + 1"),
        ("UUID", "lower('x')"),
        ("Integer", "COALESCE(1, 'a')"),
    ] {
        let made = json!({ "collectionName": "wrong", "schema": schema(kind, text) });
        let refused = app.admin().post("/schemas", made).await;
        refused.expect_refusal(400, "SCHEMA_INVALID");
        assert!(refused.text.contains("fields.a.defaultValue"), "{text}: {}", refused.text);
        assert!(!refused.text.contains(" at line "), "{text}: {}", refused.text);
    }
    for (at, (kind, text, expected)) in [
        ("String", "true", "\"true\""),
        ("String", "1 + 2", "\"3\""),
        ("Decimal", "1.50 * 2", "3.00"),
        ("Double", "1 / 2.0", "0.5"),
        ("BigInt", "5 / 2", "2"),
        ("Boolean", "NOT (1 < 2)", "false"),
        ("Date", "'2024-02-29'", "\"2024-02-29\""),
        ("String", "md5('Ä' || 1)", "\"6093f8ed656dde4da9dcc05b42bf184e\""),
        ("Integer", "EXTRACT(YEAR FROM CURRENT_DATE) * 0", "0"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("right{at}");
        app.collection(&name, schema(kind, text)).await;
        app.admin().create(&name, json!({})).await;
        let value = app.admin().column(&name, "a", json!({})).await;
        assert_eq!(value[0].to_string(), expected, "{kind} {text}");
    }
    // This moment is of a date, and one without a zone.
    let now =
        |kind: &str| json!({ "type": kind, "defaultValue": { "type": "SQL", "value": "now()" } });
    let fields =
        json!({ "day": now("Date"), "at": now("DateTime"), "local": now("DateTime_NO_TZ") });
    app.collection("moments", json!({ "timestamps": false, "fields": fields })).await;
    app.admin().create("moments", json!({})).await;
    let row = app.admin().rows("moments", json!({})).await.remove(0);
    let signs = ["day", "at", "local"].map(|name| row[name].as_str().map_or(0, str::len));
    assert_eq!(signs, [10, 24, 24], "{row}");
});
