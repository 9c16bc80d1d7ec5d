//! Every operator name over one fixed data set with a NULL row: which rows match.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// One collection with a column of every family. Row 6 is NULL everywhere.
pub(super) async fn things(app: &App) {
    app.collection(
        "things",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "n": { "type": "Integer" },
            "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
            "name": { "type": "String" },
            "day": { "type": "Date" },
            "moment": { "type": "DateTime" },
            "active": { "type": "Boolean" },
            "uid": { "type": "UUID" },
            "tags": { "type": "Array_String" },
            "nums": { "type": "Array_Integer" },
            "doc": { "type": "JSONB" },
            "span": { "type": "Range_Integer" },
            "spot": { "type": "Point" }
        } }),
    )
    .await;
    let rows = json!([
        { "id": 1, "n": 1, "price": 10.5, "name": "Alpha", "day": "2024-01-01",
          "moment": "2024-01-01T10:00:00Z", "active": true,
          "uid": "00000000-0000-4000-8000-000000000001", "tags": ["a", "b"], "nums": [1, 2],
          "doc": { "k": "v1", "n": 5, "b": true, "deep": { "x": 1, "list": [1, 2, 3] } },
          "span": [1, 5], "spot": { "type": "Point", "coordinates": [1, 1] } },
        { "id": 2, "n": 2, "price": 20, "name": "alphabet", "day": "2024-02-01",
          "moment": "2024-02-01T10:00:00Z", "active": false,
          "uid": "00000000-0000-4000-8000-000000000002", "tags": ["b"], "nums": [2],
          "doc": { "k": "v2", "n": 10, "b": false },
          "span": { "lower": 5, "upper": 10, "lowerInclusive": false } },
        { "id": 3, "n": 3, "price": 20, "name": "Beta_x", "day": "2024-03-01",
          "moment": "2024-03-01T10:00:00Z", "active": true,
          "uid": "00000000-0000-4000-8000-000000000003", "tags": [], "nums": [],
          "doc": { "k": null, "n": "7" }, "span": { "lower": null, "upper": 3 } },
        { "id": 4, "n": 4, "price": 30.25, "name": "be%ta", "day": "2024-04-01",
          "moment": "2024-04-01T10:00:00Z", "active": false,
          "uid": "00000000-0000-4000-8000-000000000004", "tags": ["c", "a", "b"],
          "nums": [10, 2, 1], "doc": [1, 2, 3], "span": { "lower": 20, "upper": null } },
        { "id": 5, "n": 5, "price": -5, "name": "", "day": "2024-05-01",
          "moment": "2024-05-01T10:00:00Z", "active": true,
          "uid": "00000000-0000-4000-8000-000000000005", "tags": ["x"], "nums": [5], "doc": {},
          "span": [7, 7] },
        { "id": 6 }
    ]);
    app.admin().post("/items/things/bulk", rows).await.expect_status(201);
}

/// Field, operator, operand as JSON text, ids of the rows that match.
pub(super) type Case = (&'static str, &'static str, &'static str, &'static [u64]);

const CASES: &[Case] = &[
    ("n", "eq", "2", &[2]),
    ("n", "eq", "\"2\"", &[2]),
    ("n", "eq", "null", &[6]),
    ("name", "eq", "\"\"", &[5]),
    ("active", "eq", "true", &[1, 3, 5]),
    ("active", "eq", "\"false\"", &[2, 4]),
    ("price", "eq", "20", &[2, 3]),
    ("price", "eq", "\"20.00\"", &[2, 3]),
    ("uid", "eq", "\"00000000-0000-4000-8000-000000000003\"", &[3]),
    ("moment", "eq", "\"2024-02-01T12:00:00+02:00\"", &[2]),
    ("tags", "eq", "[\"a\",\"b\"]", &[1]),
    ("tags", "eq", "\"a\"", &[1, 4]),
    ("tags", "ne", "\"a\"", &[2, 3, 5]),
    ("tags", "in", "[\"a\",\"x\"]", &[1, 4, 5]),
    ("tags", "notIn", "[\"a\"]", &[2, 3, 5]),
    ("nums", "eq", "2", &[1, 2, 4]),
    ("nums", "in", "[\"2\",null]", &[1, 2, 4, 6]),
    ("span", "eq", "[7,7]", &[5]),
    ("n", "ne", "2", &[1, 3, 4, 5]),
    ("n", "ne", "null", &[1, 2, 3, 4, 5]),
    ("n", "neq", "2", &[1, 3, 4, 5]),
    ("n", "gt", "3", &[4, 5]),
    ("price", "gt", "20", &[4]),
    ("price", "gt", "9", &[1, 2, 3, 4]),
    ("name", "gt", "\"B\"", &[2, 3, 4]),
    ("day", "gt", "\"2024-03-01\"", &[4, 5]),
    ("n", "gte", "3", &[3, 4, 5]),
    ("moment", "gte", "\"2024-04-01\"", &[4, 5]),
    ("n", "lt", "3", &[1, 2]),
    ("price", "lt", "0", &[5]),
    ("n", "lte", "3", &[1, 2, 3]),
    ("n", "is", "null", &[6]),
    ("n", "is", "\"null\"", &[6]),
    ("n", "is", "2", &[2]),
    ("n", "not", "2", &[1, 3, 4, 5]),
    ("n", "not", "null", &[1, 2, 3, 4, 5]),
    ("n", "in", "[1,3,9]", &[1, 3]),
    ("n", "in", "[]", &[]),
    ("n", "in", "\"1,3\"", &[1, 3]),
    ("n", "in", "5", &[5]),
    ("n", "in", "[1,null]", &[1, 6]),
    ("price", "in", "[20,\"30.25\"]", &[2, 3, 4]),
    ("name", "in", "[\"Alpha\",\"\"]", &[1, 5]),
    ("n", "notIn", "[1,3]", &[2, 4, 5]),
    ("n", "notIn", "[]", &[1, 2, 3, 4, 5, 6]),
    ("n", "notIn", "[1,null]", &[2, 3, 4, 5]),
    ("n", "nin", "[1,3]", &[2, 4, 5]),
    ("name", "like", "\"alpha\"", &[2]),
    ("name", "like", "\"%eta%\"", &[3]),
    ("name", "like", "\"be%ta\"", &[4]),
    ("name", "like", "\"O'B\"", &[]),
    ("name", "notLike", "\"alpha\"", &[1, 3, 4, 5]),
    ("name", "iLike", "\"ALPHA\"", &[1, 2]),
    ("name", "notILike", "\"ALPHA\"", &[3, 4, 5]),
    ("name", "ilike", "\"ALPHA\"", &[1, 2]),
    ("name", "contains", "\"a_\"", &[3]),
    ("name", "contains", "\"%\"", &[4]),
    ("name", "contains", "\"A\"", &[1]),
    ("tags", "contains", "\"a\"", &[1, 4]),
    ("doc", "contains", "{\"k\":\"v1\"}", &[1]),
    ("span", "contains", "5", &[1]),
    ("span", "contains", "25", &[4]),
    ("span", "contains", "[2,3]", &[1, 3]),
    ("name", "icontains", "\"A\"", &[1, 2, 3, 4]),
    ("name", "icontains", "\"A_\"", &[3]),
    ("name", "ncontains", "\"a\"", &[5]),
    ("tags", "ncontains", "\"a\"", &[2, 3, 5]),
    ("name", "startsWith", "\"AL\"", &[1, 2]),
    ("name", "startsWiths", "\"al\"", &[2]),
    ("name", "endsWith", "\"A\"", &[1, 4]),
    ("name", "endsWiths", "\"a\"", &[1, 4]),
    ("name", "endsWiths", "\"A\"", &[]),
    ("name", "nstartsWith", "\"AL\"", &[3, 4, 5]),
    ("name", "nstartsWiths", "\"al\"", &[1, 3, 4, 5]),
    ("name", "nendsWith", "\"A\"", &[2, 3, 5]),
    ("name", "nendsWiths", "\"A\"", &[1, 2, 3, 4, 5]),
    ("name", "matches", "\"%a\"", &[1, 4]),
    ("name", "matches", "\"alpha\"", &[]),
    ("name", "matches", "\"A____\"", &[1]),
    ("name", "matches", "\"Beta\\\\_x\"", &[3]),
    ("name", "matches", "\"\"", &[5]),
    ("name", "imatches", "\"ALPHA%\"", &[1, 2]),
    ("name", "regex", "\"^[A-B]\"", &[1, 3]),
    ("name", "regex", "\"a$\"", &[1, 4]),
    ("n", "between", "[2,4]", &[2, 3, 4]),
    ("price", "between", "[-5,10.5]", &[1, 5]),
    ("day", "between", "[\"2024-02-01\",\"2024-03-31\"]", &[2, 3]),
    ("n", "notBetween", "[2,4]", &[1, 5]),
    ("n", "nbetween", "[2,4]", &[1, 5]),
    ("n", "isNull", "true", &[6]),
    ("n", "isNull", "\"true\"", &[6]),
    ("n", "isNull", "false", &[1, 2, 3, 4, 5]),
    ("doc", "isNull", "true", &[6]),
    ("n", "isNotNull", "true", &[1, 2, 3, 4, 5]),
    ("n", "isNotNull", "false", &[6]),
    ("name", "empty", "true", &[5, 6]),
    ("name", "empty", "false", &[1, 2, 3, 4]),
    ("tags", "empty", "true", &[3, 6]),
    ("tags", "empty", "false", &[1, 2, 4, 5]),
    ("doc", "empty", "true", &[5, 6]),
    ("doc", "empty", "false", &[1, 2, 3, 4]),
    ("tags", "arraycontains", "\"a\"", &[1, 4]),
    ("tags", "arraycontains", "[\"a\",\"b\"]", &[1, 4]),
    ("tags", "arraycontains", "[]", &[1, 2, 3, 4, 5]),
    ("nums", "arraycontains", "1", &[1, 4]),
    ("doc", "arraycontains", "2", &[4]),
    ("tags", "arraycontained", "[\"a\",\"b\"]", &[1, 2, 3]),
    ("tags", "arraycontainsany", "[\"c\",\"x\"]", &[4, 5]),
    ("tags", "arraycontainsany", "[]", &[]),
    ("tags", "arrayoverlap", "[\"c\",\"x\"]", &[4, 5]),
    ("tags", "arraylength", "2", &[1]),
    ("tags", "arraylength", "{\"op\":\"gt\",\"value\":1}", &[1, 4]),
    ("tags", "arraylength", "{\"gt\":1}", &[1, 4]),
    ("tags", "arrayempty", "true", &[3]),
    ("tags", "arrayempty", "false", &[1, 2, 4, 5]),
    ("doc", "jsonbContains", "{\"n\":10}", &[2]),
    ("doc", "jsonbContains", "{}", &[1, 2, 3, 5]),
    ("doc", "jsonbContains", "[1,3]", &[4]),
    ("doc", "jsonbContains", "2", &[4]),
    ("doc", "jsonbContains", "{\"deep\":{\"list\":[3]}}", &[1]),
    ("doc", "jsoncontains", "{\"n\":10}", &[2]),
    ("doc", "jsonbContainedBy", "{\"k\":\"v2\",\"n\":10,\"b\":false,\"z\":1}", &[2, 5]),
    ("doc", "jsonbNotContains", "{\"n\":10}", &[1, 3, 4, 5]),
    ("doc", "jsonbHasKey", "\"k\"", &[1, 2, 3]),
    ("doc", "jsonhaskey", "\"deep\"", &[1]),
    ("doc", "jsonbHasAnyKeys", "[\"b\",\"zz\"]", &[1, 2]),
    ("doc", "jsonbHasAnyKeys", "[]", &[]),
    ("doc", "jsonhasanykeys", "[\"b\",\"zz\"]", &[1, 2]),
    ("doc", "jsonbHasAllKeys", "[\"k\",\"b\"]", &[1, 2]),
    ("doc", "jsonhasallkeys", "[\"k\",\"b\"]", &[1, 2]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"k\",\"value\":\"v1\"}", &[1]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"n\",\"value\":5}", &[1]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"n\",\"value\":7}", &[3]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"b\",\"value\":true}", &[1]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"k\",\"value\":null}", &[3, 4, 5, 6]),
    ("doc", "jsonbKeyNotEquals", "{\"key\":\"k\",\"value\":\"v1\"}", &[2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyNotEquals", "{\"key\":\"k\",\"value\":null}", &[1, 2]),
    ("doc", "jsonbKeyGt", "{\"key\":\"n\",\"value\":6}", &[2, 3]),
    ("doc", "jsonbKeyGte", "{\"key\":\"n\",\"value\":10}", &[2]),
    ("doc", "jsonbKeyLt", "{\"key\":\"n\",\"value\":7}", &[1]),
    ("doc", "jsonbKeyLte", "{\"key\":\"n\",\"value\":7}", &[1, 3]),
    ("doc", "jsonbKeyGt", "{\"key\":\"k\",\"value\":0}", &[]),
    ("doc", "jsonbKeyIn", "{\"key\":\"k\",\"values\":[\"v1\",\"v2\"]}", &[1, 2]),
    ("doc", "jsonbKeyIn", "{\"key\":\"n\",\"values\":[\"5\"]}", &[1]),
    ("doc", "jsonbKeyIn", "{\"key\":\"k\",\"values\":[]}", &[]),
    ("doc", "jsonbKeyNotIn", "{\"key\":\"k\",\"values\":[\"v1\"]}", &[2]),
    ("doc", "jsonbKeyLike", "{\"key\":\"k\",\"pattern\":\"V%\"}", &[1, 2]),
    ("doc", "jsonbKeyLike", "{\"key\":\"k\",\"pattern\":\"v\"}", &[]),
    ("doc", "jsonbKeyIsNull", "\"k\"", &[3, 4, 5, 6]),
    ("doc", "jsonbKeyIsNotNull", "\"k\"", &[1, 2]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"deep\",\"x\"],\"value\":1}", &[1]),
    ("doc", "jsonbDeepValue", "{\"path\":\"k\",\"value\":\"v2\"}", &[2]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"n\"],\"value\":6,\"op\":\"gt\"}", &[2, 3]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"k\"],\"value\":null}", &[3, 4, 5, 6]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"k\"],\"value\":null,\"op\":\"ne\"}", &[1, 2]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"k\"],\"value\":\"V%\",\"op\":\"ilike\"}", &[1, 2]),
    ("doc", "jsonbArrayLength", "{\"op\":\"eq\",\"value\":3}", &[4]),
    ("doc", "jsonbArrayLength", "{\"value\":3}", &[4]),
    ("doc", "jsonbArrayLength", "{\"path\":[\"deep\",\"list\"],\"op\":\"gte\",\"value\":3}", &[1]),
    ("doc", "jsonbTypeOf", "{\"type\":\"object\"}", &[1, 2, 3, 5]),
    ("doc", "jsonbTypeOf", "{\"type\":\"array\"}", &[4]),
    ("doc", "jsonbTypeOf", "{\"path\":[\"n\"],\"type\":\"string\"}", &[3]),
    ("doc", "jsonbTypeOf", "{\"path\":[\"k\"],\"type\":\"null\"}", &[3]),
    ("doc", "jsonbTypeOf", "{\"path\":[\"b\"],\"type\":\"boolean\"}", &[1, 2]),
    ("doc", "jsonbPathExists", "\"$.deep.x\"", &[1]),
    ("doc", "jsonbPathExists", "\"$.deep.list[*] ? (@ > 2)\"", &[1]),
    ("doc", "jsonbPathExists", "\"$.k\"", &[1, 2, 3]),
    ("doc", "jsonpath", "\"$[*] ? (@ == 2)\"", &[4]),
    ("doc", "jsonbPathMatch", "\"$.n == 10\"", &[2]),
    ("doc", "jsonbPathMatch", "\"$.n > 5 || $.b == true\"", &[1, 2]),
    ("span", "overlaps", "[4,6]", &[1, 2]),
    ("span", "overlaps", "{\"lower\":null,\"upper\":1}", &[1, 3]),
    ("tags", "overlaps", "[\"c\",\"x\"]", &[4, 5]),
    (
        "spot",
        "within",
        r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]]]}"#,
        &[1],
    ),
    ("spot", "within", r#"{"type":"Polygon","coordinates":[[[1,1],[2,1],[2,2],[1,1]]]}"#, &[]),
    ("spot", "containsGEO", r#"{"type":"Point","coordinates":[1,1]}"#, &[1]),
    ("spot", "contains", r#""POINT(1 1)""#, &[1]),
    ("spot", "intersects", r#"{"type":"LineString","coordinates":[[0,0],[2,2]]}"#, &[1]),
    ("spot", "nIntersects", r#"{"x":1,"y":1}"#, &[]),
    ("spot", "nIntersects", r#"{"x":1,"y":2}"#, &[1]),
    (
        "spot",
        "dwithin",
        r#"{"geometry":{"type":"Point","coordinates":[1,1.001]},"distance":111}"#,
        &[1],
    ),
    (
        "spot",
        "dwithin",
        r#"{"geometry":{"type":"Point","coordinates":[1,1.001]},"distance":110}"#,
        &[],
    ),
    ("spot", "dwithin", r#"{"geometry":{"x":1,"y":2},"distance":9,"not":true}"#, &[1]),
    ("spot", "overlaps", r#"{"type":"MultiPoint","coordinates":[[1,1],[2,2]]}"#, &[]),
];

const NAMES: usize = 76;

#[test]
fn the_tables_hold_every_operator_name() {
    let names: BTreeSet<&str> = CASES.iter().map(|(_, operator, ..)| *operator).collect();
    assert_eq!(names.len(), NAMES, "{names:?}");
}

pub(super) fn filter(field: &str, operator: &str, operand: &str) -> Json {
    let operand: Json = serde_json::from_str(operand).expect("an operand is JSON");
    json!({ field: { operator: operand } })
}

/// The ids that a filter finds, or what was said instead.
pub(super) async fn found(app: &App, filter: Json) -> Result<Vec<u64>, String> {
    let parameters = json!({ "filter": filter, "fields": ["id"], "sort": { "id": "asc" } });
    let answer = app.admin().find("things", parameters).await;
    let rows = answer.body["data"].as_array().ok_or_else(|| answer.text.clone())?;
    let ids: Vec<u64> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
    match answer.body["totalCount"] == json!(ids.len()) {
        true => Ok(ids),
        false => Err(answer.text),
    }
}

on_every_store!(every_operator_finds_exactly_its_rows, async |app| {
    things(app).await;
    let mut wrong = Vec::new();
    for (field, operator, operand, expected) in CASES {
        match found(app, filter(field, operator, operand)).await {
            Ok(ids) if ids == *expected => {}
            other => {
                wrong.push(format!("{field} {operator} {operand}: {other:?}, not {expected:?}"))
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
});

on_every_store!(a_negation_leaves_out_rows_without_a_value, async |app| {
    things(app).await;
    for inner in [
        json!({ "n": { "eq": 2 } }),
        json!({ "n": { "in": [2] } }),
        json!({ "n": { "between": [2, 2] } }),
    ] {
        let ids = app
            .admin()
            .column("things", "id", json!({ "filter": { "NOT": inner }, "sort": ["id"] }))
            .await;
        assert_eq!(ids, [1, 3, 4, 5].map(|id| json!(id)), "{inner}");
    }
    let both = json!({ "filter": { "NOT": { "n": { "isNull": true } } }, "sort": ["id"] });
    assert_eq!(app.admin().column("things", "id", both).await.len(), 5);
});

on_every_store!(an_operand_that_its_column_cannot_hold_is_refused, async |app| {
    things(app).await;
    for (field, operator, operand) in [
        ("n", "eq", "\"x\""),
        ("n", "eq", "1.5"),
        ("n", "gt", "null"),
        ("n", "eq", "[1]"),
        ("n", "eq", "{\"a\":1}"),
        ("n", "in", "{}"),
        ("doc", "jsonbPathExists", "\"$.\""),
        ("doc", "jsonbPathMatch", "5"),
        ("n", "in", "[\"x\"]"),
        ("n", "between", "[1]"),
        ("n", "between", "[1,2,3]"),
        ("n", "between", "[1,null]"),
        ("n", "like", "\"1\""),
        ("active", "eq", "\"perhaps\""),
        ("day", "gt", "\"yesterday\""),
        ("moment", "gt", "\"$NOW+INVALID_5\""),
        ("uid", "eq", "\"x\""),
        ("name", "like", "{}"),
        ("name", "regex", "\"(\""),
        ("name", "regex", "\"(?=x)\""),
        ("name", "eq", "{\"a\":1}"),
        ("tags", "arraylength", "\"two\""),
        ("nums", "arraycontains", "\"x\""),
        ("n", "arraycontains", "1"),
        ("doc", "jsonbKeyEquals", "\"k\""),
        ("doc", "jsonbKeyIn", "{\"key\":\"k\"}"),
        ("doc", "jsonbTypeOf", "{\"type\":\"tree\"}"),
        ("doc", "jsonbDeepValue", "{\"path\":[\"n\"],\"value\":1,\"op\":\"near\"}"),
        ("name", "jsonbHasKey", "\"k\""),
        ("n", "within", "{\"type\":\"Point\",\"coordinates\":[1,1]}"),
    ] {
        let answer =
            app.admin().find("things", json!({ "filter": filter(field, operator, operand) })).await;
        assert_eq!(answer.status, 400, "{field} {operator} {operand}: {}", answer.text);
        assert!(
            answer.text.contains(field) && !answer.text.contains("SELECT"),
            "{field} {operator} {operand}: {}",
            answer.text
        );
    }
});

on_every_store!(operator_names_may_differ_in_case_where_that_is_unambiguous, async |app| {
    things(app).await;
    let found = json!({ "filter": { "name": { "startswith": "AL" } }, "sort": ["id"] });
    assert_eq!(app.admin().column("things", "id", found).await, [json!(1), json!(2)]);
});

on_every_store!(a_time_of_day_cast_to_a_number_is_none, async |app| {
    let fields = json!({ "fields": { "opens": { "type": "Time" } } });
    app.collection("shops", fields).await;
    app.admin().create("shops", json!({ "opens": "12:00:00+02" })).await;
    let filter = json!({ "filter": { "opens": { "gt": 1, "cast": "numeric" } } });
    assert!(app.admin().rows("shops", filter).await.is_empty());
    let filter = json!({ "filter": { "opens": { "like": "%:00:00%", "cast": "text" } } });
    assert_eq!(app.admin().rows("shops", filter).await.len(), 1);
});

on_every_store!(a_key_is_ordered_against_a_number_cast_to_one, async |app| {
    let fields = json!({ "fields": { "owner": { "type": "UUID" }, "size": { "type": "Double" } } });
    app.collection("shops", fields).await;
    let owner = "00000000-0000-4000-8000-000000000001";
    app.admin().create("shops", json!({ "owner": owner, "size": 1.5 })).await;
    for (operator, count) in [("lt", 1), ("gt", 0)] {
        let filter = json!({ "filter": { "owner": { operator: "$COL(size::uuid)" } } });
        assert_eq!(app.admin().rows("shops", filter).await.len(), count, "{operator}");
    }
});
