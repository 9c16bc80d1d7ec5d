//! Computed fields: what an expression answers is the same text on both stores, and what could not
//! be the same is refused by both.

use crate::harness::{App, on_every_store};
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

/// An expression, and what it answers of each record.
const ANSWERS: [(&str, [Option<&str>; FULL]); 84] = [
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
    for (at, (expression, expected)) in ANSWERS.iter().enumerate() {
        let answers: Vec<&Json> = rows.iter().map(|row| &row[format!("v{at}")]).collect();
        assert_eq!(
            answers,
            expected.map(|one| json!(one)).iter().collect::<Vec<_>>(),
            "{expression}"
        );
    }
    // What is true is found by the same word.
    let at = ANSWERS.iter().position(|(text, _)| *text == "n > 3").expect("in the table");
    let asked = json!({ "filter": { format!("v{at}"): "true" } });
    assert_eq!(app.admin().column("told", "id", asked).await, [json!(1)]);
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
        "day",
        "at",
        "tm",
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
    assert_eq!(app.admin().one("told", &json!(1)).await["twice"], "10");
    let values = json!({ "precision": 10, "scale": 2 });
    change(json!({ "type": "Decimal", "values": values })).await.expect_status(200);
    assert_eq!(app.admin().one("told", &json!(1)).await["twice"], "10.00");
});

on_every_store!(an_sql_default_is_of_its_fields_type_on_every_store, async |app| {
    let schema = |kind: &str, text: &str| json!({ "fields": { "a": { "type": kind, "defaultValue": { "type": "SQL", "value": text } } } });
    for (kind, text) in [
        ("Integer", "true"),
        ("Integer", "1.0"),
        ("Boolean", "2"),
        ("Boolean", "'true'"),
        ("Double", "now()"),
        ("Date", "now()"),
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
});
