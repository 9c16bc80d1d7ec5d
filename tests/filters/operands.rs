//! Operands in all their shapes: scalars and lists, pairs and objects, open and closed ends,
//! elements of every type, and what a path may ask of a document.

use super::operators::{Case, filter, found, things};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

const SHAPES: &[Case] = &[
    ("name", "ne", "\"Alpha\"", &[2, 3, 4, 5]),
    ("name", "not", "\"Alpha\"", &[2, 3, 4, 5]),
    ("tags", "eq", "[\"b\",\"a\"]", &[]),
    ("nums", "ne", "[2]", &[1, 3, 4, 5]),
    ("doc", "eq", "{}", &[5]),
    ("doc", "eq", "[1,2,3]", &[4]),
    ("doc", "ne", "{}", &[1, 2, 3, 4]),
    ("span", "eq", "{\"lower\":7,\"upper\":7}", &[5]),
    ("spot", "eq", "{\"type\":\"Point\",\"coordinates\":[1,1]}", &[1]),
    ("active", "is", "true", &[1, 3, 5]),
    ("active", "is", "false", &[2, 4]),
    ("active", "is", "null", &[6]),
    ("day", "lt", "\"2024-02-01\"", &[1]),
    ("day", "lte", "\"2024-02-01\"", &[1, 2]),
    ("moment", "gt", "\"2024-04-01T10:00:00Z\"", &[5]),
    // A day alone is its midnight in UTC.
    ("moment", "lte", "\"2024-02-01\"", &[1]),
    ("name", "lte", "\"Alpha\"", &[1, 5]),
    ("price", "lte", "\"20.00\"", &[1, 2, 3, 5]),
    ("uid", "in", "[\"00000000-0000-4000-8000-000000000003\"]", &[3]),
    ("day", "in", "[\"2024-01-01\",\"2024-05-01\"]", &[1, 5]),
    ("active", "in", "[true]", &[1, 3, 5]),
    ("active", "in", "\"false\"", &[2, 4]),
    ("moment", "notIn", "[\"2024-01-01T10:00:00Z\"]", &[2, 3, 4, 5]),
    ("n", "notIn", "\"1,3\"", &[2, 4, 5]),
    ("n", "notIn", "5", &[1, 2, 3, 4]),
    ("n", "nin", "[]", &[1, 2, 3, 4, 5, 6]),
    ("name", "like", "\"Bet_\"", &[3]),
    ("name", "like", "\"e_t\"", &[4]),
    ("name", "like", "\"a\\\\_x\"", &[3]),
    ("name", "like", "\"e\\\\_t\"", &[]),
    ("name", "notLike", "\"%eta%\"", &[1, 2, 4, 5]),
    ("name", "iLike", "\"AL_HA\"", &[1, 2]),
    ("name", "notILike", "\"BE_\"", &[1, 5]),
    ("name", "startsWith", "\"B_T\"", &[3]),
    ("name", "startsWiths", "\"\"", &[1, 2, 3, 4, 5]),
    ("name", "icontains", "\"%\"", &[4]),
    ("name", "ncontains", "\"_\"", &[1, 2, 4, 5]),
    ("tags", "contains", "[\"a\",\"c\"]", &[4]),
    ("tags", "contains", "[]", &[1, 2, 3, 4, 5]),
    ("tags", "ncontains", "[\"a\",\"b\"]", &[2, 3, 5]),
    ("doc", "contains", "[1]", &[4]),
    ("doc", "ncontains", "{\"k\":\"v1\"}", &[2, 3, 4, 5]),
    ("span", "contains", "10", &[2]),
    ("span", "contains", "7", &[2, 5]),
    ("span", "contains", "-100", &[3]),
    ("span", "contains", "{\"lower\":2,\"upper\":3}", &[1, 3]),
    ("span", "contains", "{\"lower\":5,\"upper\":10,\"lowerInclusive\":false}", &[2]),
    ("span", "contains", "{\"lower\":30,\"upper\":null}", &[4]),
    ("span", "overlaps", "7", &[2, 5]),
    ("span", "overlaps", "{\"lower\":5,\"upper\":5}", &[1]),
    ("tags", "overlaps", "\"a\"", &[1, 4]),
    ("name", "regex", "\"^$\"", &[5]),
    ("name", "regex", "\"[%_]\"", &[3, 4]),
    ("name", "regex", "\"^(?:alpha|Beta)\"", &[2, 3]),
    ("n", "between", "\"2,4\"", &[2, 3, 4]),
    ("n", "between", "[4,2]", &[]),
    ("name", "between", "[\"A\",\"B\"]", &[1]),
    ("moment", "between", "[\"2024-02-01\",\"2024-03-01\"]", &[2]),
    ("price", "notBetween", "[0,20]", &[4, 5]),
    ("day", "nbetween", "[\"2024-02-01\",\"2024-03-31\"]", &[1, 4, 5]),
    ("n", "isNull", "\"false\"", &[1, 2, 3, 4, 5]),
    ("n", "isNull", "1", &[1, 2, 3, 4, 5]),
    ("n", "isNotNull", "\"true\"", &[1, 2, 3, 4, 5]),
    ("span", "isNull", "true", &[6]),
    ("tags", "isNull", "true", &[6]),
    ("spot", "isNotNull", "true", &[1]),
    ("doc", "empty", "\"true\"", &[5, 6]),
    ("nums", "arraycontained", "2", &[2, 3]),
    ("nums", "arraycontained", "[]", &[3]),
    ("nums", "arraycontainsany", "2", &[1, 2, 4]),
    ("nums", "arrayoverlap", "[5,10]", &[4, 5]),
    ("doc", "arraycontains", "[3,1]", &[4]),
    ("doc", "arraylength", "3", &[4]),
    ("tags", "arraylength", "{\"gte\":1,\"lt\":3}", &[1, 2, 5]),
    ("tags", "arraylength", "{\"op\":\"ne\",\"value\":1}", &[1, 3, 4]),
    ("tags", "arraylength", "{\"value\":3}", &[4]),
    ("tags", "arraylength", "\"2\"", &[1]),
    ("tags", "arraylength", "0", &[3]),
    ("tags", "arrayempty", "\"true\"", &[3]),
    ("doc", "jsonbContains", "{\"k\":null}", &[3]),
    ("doc", "jsonbContains", "[[1]]", &[]),
    ("doc", "jsonbContainedBy", "[1,2,3,4]", &[4]),
    ("doc", "jsonbNotContains", "{}", &[4]),
    // A key of an object, or a string among the elements of a list.
    ("doc", "jsonbHasKey", "\"n\"", &[1, 2, 3]),
    ("tags", "jsonbHasKey", "\"a\"", &[1, 4]),
    ("doc", "jsonbHasAnyKeys", "\"k\"", &[1, 2, 3]),
    ("doc", "jsonhasanykeys", "[]", &[]),
    ("doc", "jsonbHasAllKeys", "[]", &[1, 2, 3, 4, 5, 6]),
    ("doc", "jsonhasallkeys", "[]", &[1, 2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"n\",\"value\":\"7\"}", &[3]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"n\",\"value\":\"5\"}", &[1]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"b\",\"value\":\"true\"}", &[1]),
    ("doc", "jsonbKeyEquals", "{\"key\":\"b\",\"value\":false}", &[2]),
    ("doc", "jsonbKeyNotEquals", "{\"key\":\"n\",\"value\":5}", &[2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyNotEquals", "{\"key\":\"b\",\"value\":true}", &[2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyGt", "{\"key\":\"n\",\"value\":\"6\"}", &[2, 3]),
    ("doc", "jsonbKeyLt", "{\"key\":\"b\",\"value\":5}", &[]),
    ("doc", "jsonbKeyIn", "{\"key\":\"n\",\"values\":[5,10]}", &[1, 2]),
    ("doc", "jsonbKeyIn", "{\"key\":\"b\",\"values\":[true]}", &[1]),
    ("doc", "jsonbKeyNotIn", "{\"key\":\"n\",\"values\":[5]}", &[2, 3]),
    ("doc", "jsonbKeyNotIn", "{\"key\":\"n\",\"values\":[]}", &[1, 2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyLike", "{\"key\":\"k\",\"pattern\":\"%1\"}", &[1]),
    ("doc", "jsonbKeyLike", "{\"key\":\"n\",\"pattern\":\"1_\"}", &[2]),
    ("doc", "jsonbKeyIsNull", "\"deep\"", &[2, 3, 4, 5, 6]),
    ("doc", "jsonbKeyIsNotNull", "\"b\"", &[1, 2]),
    ("doc", "jsonbDeepValue", "{\"path\":[\"deep\",\"list\",\"1\"],\"value\":2}", &[1]),
    ("doc", "jsonbDeepValue", "{\"path\":\"n\",\"value\":10,\"op\":\"gte\"}", &[2]),
    ("doc", "jsonbDeepValue", "{\"path\":\"n\",\"value\":7,\"op\":\"lt\"}", &[1]),
    ("doc", "jsonbDeepValue", "{\"path\":\"n\",\"value\":7,\"op\":\"lte\"}", &[1, 3]),
    ("doc", "jsonbDeepValue", "{\"path\":\"n\",\"value\":5,\"op\":\"ne\"}", &[2, 3]),
    ("doc", "jsonbDeepValue", "{\"path\":\"k\",\"value\":\"v1\",\"op\":\"ne\"}", &[2]),
    ("doc", "jsonbDeepValue", "{\"path\":\"k\",\"value\":\"v1\",\"op\":\"gt\"}", &[2]),
    ("doc", "jsonbDeepValue", "{\"path\":\"k\",\"value\":\"v_\",\"op\":\"like\"}", &[1, 2]),
    ("doc", "jsonbDeepValue", "{\"path\":\"k\",\"value\":\"V%\",\"op\":\"like\"}", &[]),
    ("doc", "jsonbDeepValue", "{\"path\":\"b\",\"value\":true}", &[1]),
    ("doc", "jsonbDeepValue", "{\"path\":\"b\",\"value\":true,\"op\":\"ne\"}", &[2]),
    ("doc", "jsonbArrayLength", "{\"path\":[\"deep\",\"list\"],\"value\":3}", &[1]),
    ("doc", "jsonbArrayLength", "{\"op\":\"gt\",\"value\":3}", &[]),
    ("doc", "jsonbArrayLength", "{\"op\":\"lt\",\"value\":9}", &[4]),
    ("doc", "jsonbArrayLength", "{\"path\":\"deep\",\"value\":1}", &[]),
    ("doc", "jsonbTypeOf", "\"array\"", &[4]),
    ("doc", "jsonbTypeOf", "{\"type\":\"null\"}", &[]),
    ("doc", "jsonbTypeOf", "{\"path\":\"n\",\"type\":\"number\"}", &[1, 2]),
    ("doc", "jsonbTypeOf", "{\"path\":[\"k\"],\"type\":\"string\"}", &[1, 2]),
    ("doc", "jsonbTypeOf", "{\"path\":\"deep\",\"type\":\"object\"}", &[1]),
    ("doc", "jsonbTypeOf", "{\"path\":[\"deep\",\"list\"],\"type\":\"array\"}", &[1]),
    ("doc", "jsonbPathExists", "\"$.deep.list[0]\"", &[1]),
    ("doc", "jsonbPathExists", "\"$.deep.list[7]\"", &[]),
    ("doc", "jsonbPathExists", "\"$ ? (@.n > 6)\"", &[2]),
    ("doc", "jsonbPathExists", "\"$.deep ? (exists(@.x))\"", &[1]),
    ("doc", "jsonbPathExists", "\"$.k ? (@ starts with \\\"v\\\")\"", &[1, 2]),
    ("doc", "jsonbPathExists", "\"$.k ? (@ like_regex \\\"^V\\\" flag \\\"i\\\")\"", &[1, 2]),
    ("doc", "jsonbPathExists", "\"$.n ? (@ + 1 == 6)\"", &[1]),
    ("doc", "jsonbPathExists", "\"$ ? (!(@.b == true))\"", &[2, 3, 4, 5]),
    ("doc", "jsonbPathExists", "\"$.* ? (@ == true)\"", &[1]),
    ("doc", "jsonpath", "\"$[*]\"", &[1, 2, 3, 4, 5]),
    ("doc", "jsonbPathMatch", "\"exists($.deep)\"", &[1]),
    ("doc", "jsonbPathMatch", "\"$.k == \\\"v1\\\" && $.n == 5\"", &[1]),
    ("doc", "jsonbPathMatch", "\"$.k starts with \\\"v\\\"\"", &[1, 2]),
    ("doc", "jsonbPathMatch", "\"$[*] > 2\"", &[4]),
];

on_every_store!(every_shape_of_an_operand_means_what_the_table_says, async |app| {
    things(app).await;
    let mut wrong = Vec::new();
    for (field, operator, operand, expected) in SHAPES {
        match found(app, filter(field, operator, operand)).await {
            Ok(ids) if ids == *expected => {}
            other => {
                wrong.push(format!("{field} {operator} {operand}: {other:?}, not {expected:?}"))
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SHAPES.len(), wrong.join("\n"));
});

on_every_store!(document_operators_stand_beside_others_and_escape_nothing, async |app| {
    things(app).await;
    let not = json!({ "doc": { "jsonbKeyNotEquals": { "key": "k", "value": "v1" } } });
    for (filter, expected) in [
        (json!({ "doc": { "jsonbHasKey": "k" }, "n": { "gt": 1 } }), vec![2, 3]),
        (json!({ "doc": { "jsonbHasKey": "k", "jsonbKeyIsNotNull": "k" } }), vec![1, 2]),
        (
            json!({ "OR": [{ "doc": { "jsonbTypeOf": { "type": "array" } } }, { "n": 1 }] }),
            vec![1, 4],
        ),
        // What it joins by OR inside stays inside.
        (json!({ "AND": [not, { "n": -1 }] }), vec![]),
        (json!({ "AND": [{ "n": { "lt": 3 } }, not] }), vec![2]),
        // A bare list is equality where the column holds lists.
        (json!({ "tags": ["b"] }), vec![2]),
        (json!({ "doc": [1, 2, 3] }), vec![4]),
        // A cast beside an operator of lists or documents is left alone.
        (json!({ "tags": { "arraycontains": "a", "cast": "integer" } }), vec![1, 4]),
        (json!({ "doc": { "jsonbHasKey": "k", "cast": "text" } }), vec![1, 2, 3]),
    ] {
        assert_eq!(found(app, filter.clone()).await, Ok(expected), "{filter}");
    }
    for filter in [json!({ "n": ["1 OR 1=1"] }), json!({ "n": { "eq": ["1 OR 1=1"] } })] {
        let answer = app.admin().find("things", json!({ "filter": filter })).await;
        answer.expect_refusal(400, "INVALID_QUERY");
    }
});

/// What a path finds in each of these documents, as the Base44 surface spells its names with dots.
const WITHIN: [(&str, &[i64]); 11] = [
    (r#"$ ? (@."b" == 1)"#, &[1, 3, 4]),
    (r#"$ ? (@."b" == "1")"#, &[2]),
    (r#"$ ? (@."b" > 2)"#, &[4]),
    (r#"$ ? ((@."b" == 1 || @."b" == "1"))"#, &[1, 2, 3, 4]),
    (r#"$ ? (@."b" like_regex "^1")"#, &[2]),
    (r#"$ ? (@."b"."c" == "x")"#, &[8]),
    (r#"$ ? (exists(@."b"))"#, &[1, 2, 3, 4, 5, 8, 9]),
    (r#"$ ? ((!exists(@."b") || @."b" == null))"#, &[5, 6]),
    // What is no list has no size, though a path takes it for a list of one.
    (r#"$ ? ((@."b".type() == "array" && @."b".size() == 2))"#, &[3]),
    // Another kind is another value, which a path alone cannot tell.
    (r#"$[*] ? (!exists(@ ? (@."b" == 1)))"#, &[2, 4, 5, 6, 8, 9]),
    ("$ ? ((1 == 2))", &[]),
];

on_every_store!(what_lies_in_a_document_is_found_through_lists_and_by_its_own_kind, async |app| {
    let fields =
        json!({ "id": { "type": "Integer", "primaryKey": true }, "a": { "type": "JSONB" } });
    app.collection("within", json!({ "timestamps": false, "fields": fields })).await;
    let documents = [
        json!({ "b": 1 }),
        json!({ "b": "1" }),
        json!({ "b": [1, 2] }),
        json!([{ "b": 1 }, { "b": 3 }]),
        json!({ "b": null }),
        json!({}),
        json!(null),
        json!({ "b": { "c": "x" } }),
        json!({ "b": [] }),
    ];
    for (at, document) in documents.iter().enumerate() {
        app.admin().create("within", json!({ "id": at + 1, "a": document })).await;
    }
    let ids = async |filter: Json| -> Vec<i64> {
        let asked = json!({ "filter": filter, "sort": "id", "fields": ["id"] });
        let answer = app.admin().find("within", asked).await;
        answer.expect_status(200);
        let rows = answer.body["data"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row["id"].as_i64()).collect()
    };
    for (path, expected) in WITHIN {
        let found = json!({ "a": { "jsonbPathExists": path } });
        assert_eq!(ids(found.clone()).await, expected, "{path}");
        // Everything else, the record without a document included.
        let other = json!({ "OR": [{ "NOT": found }, { "a": { "isNull": true } }] });
        let rest: Vec<i64> = (1..=9).filter(|id| !expected.contains(id)).collect();
        assert_eq!(ids(other).await, rest, "not {path}");
    }
});

/// Element type, and three different values of it: the first may be spelled in two ways.
const ELEMENTS: [(&str, &str, &str, &str, &str); 9] = [
    ("Array_String", r#""a,b""#, r#""a,b""#, r#""{""#, r#""x""#),
    ("Array_Integer", "1", r#""1""#, "-2", "3"),
    ("Array_Decimal", "1.5", "1.50", "100", "0.1"),
    ("Array_Double", "0.5", "5e-1", "100", "0.1"),
    ("Array_Boolean", "true", "\"yes\"", "false", "null"),
    (
        "Array_UUID",
        r#""00000000-0000-4000-8000-00000000000a""#,
        r#""00000000-0000-4000-8000-00000000000A""#,
        r#""00000000-0000-4000-8000-00000000000b""#,
        r#""00000000-0000-4000-8000-00000000000c""#,
    ),
    (
        "Array_Date",
        r#""2024-01-01""#,
        r#""2024-01-01T05:00:00Z""#,
        r#""0999-01-01""#,
        r#""2024-01-02""#,
    ),
    (
        "Array_DateTime",
        r#""2024-01-01T00:00:00Z""#,
        r#""2024-01-01T02:00:00+02:00""#,
        r#""2024-01-01T00:00:00.001Z""#,
        r#""2023-01-01""#,
    ),
    ("Array_Time", r#""10:00:00""#, r#""10:00""#, r#""23:59:59""#, r#""00:00""#),
];

on_every_store!(lists_of_every_type_are_asked_alike, async |app| {
    let parse = |text: &str| serde_json::from_str::<Json>(text).expect("JSON");
    let mut wrong = Vec::new();
    for (kind, a, same, b, c) in ELEMENTS {
        let name = kind.to_lowercase();
        let fields =
            json!({ "id": { "type": "Integer", "primaryKey": true }, "list": { "type": kind } });
        app.collection(&name, json!({ "fields": fields })).await;
        let (a, same, b, c) = (parse(a), parse(same), parse(b), parse(c));
        let rows = json!([{ "id": 1, "list": [a, b] }, { "id": 2, "list": [b] }, { "id": 3, "list": [] }, { "id": 4 }]);
        app.admin().post(&format!("/items/{name}/bulk"), rows).await.expect_status(201);
        let mut cases = vec![
            ("arraycontains", same.clone(), vec![1]),
            ("arraycontains", b.clone(), vec![1, 2]),
            ("arraycontains", json!([b, same]), vec![1]),
            ("arraycontains", json!([]), vec![1, 2, 3]),
            ("arraycontained", json!([a, b]), vec![1, 2, 3]),
            ("arraycontained", json!([b]), vec![2, 3]),
            ("arraycontainsany", json!([same]), vec![1]),
            ("arrayoverlap", json!([a, b]), vec![1, 2]),
            ("contains", json!([same]), vec![1]),
            ("eq", json!([same, b]), vec![1]),
            ("arraylength", json!(2), vec![1]),
            ("arrayempty", json!(true), vec![3]),
        ];
        if !c.is_null() {
            cases.push(("arraycontains", c.clone(), vec![]));
            cases.push(("arraycontained", json!([b, c]), vec![2, 3]));
        }
        for (operator, operand, expected) in cases {
            let ask = json!({ "filter": { "list": { operator: operand } }, "sort": "id" });
            let answer = app.admin().find(&name, ask).await;
            let ids: Vec<Json> = answer.body["data"]
                .as_array()
                .map(|rows| rows.iter().map(|row| row["id"].clone()).collect())
                .unwrap_or_default();
            if answer.status != 200 || json!(ids) != json!(expected) {
                wrong.push(format!("{kind} {operator} {operand}: {ids:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
});

/// Range type and four rising values of its ends.
const ENDS: [(&str, [&str; 4]); 8] = [
    ("Range_Integer", ["-5", "1", "2", "10"]),
    ("Range_Double", ["-0.5", "0.25", "1e1", "11"]),
    ("Range_Decimal", ["-0.5", "9.5", "10", "10.01"]),
    ("Range_Date", [r#""0999-12-31""#, r#""2024-01-01""#, r#""2024-01-31""#, r#""2024-02-01""#]),
    (
        "Range_DateTime",
        [r#""2023-01-01""#, r#""2024-01-01""#, r#""2024-01-01T00:00:00.001Z""#, r#""2025-01-01""#],
    ),
    (
        "Range_DateTime_NO_TZ",
        [r#""2023-01-01""#, r#""2024-01-01""#, r#""2024-01-01T00:00:01""#, r#""2025-01-01""#],
    ),
    ("Range_Time", [r#""00:00""#, r#""09:00""#, r#""10:00""#, r#""23:59:59""#]),
    ("Range_Time_NO_TZ", [r#""00:00""#, r#""09:00""#, r#""10:00""#, r#""23:59:59""#]),
];

on_every_store!(ranges_of_every_type_hold_values_and_meet_other_ranges, async |app| {
    let mut wrong = Vec::new();
    for (kind, ends) in ENDS {
        let [a, b, c, d] = ends.map(|end| serde_json::from_str::<Json>(end).expect("JSON"));
        let name = kind.to_lowercase();
        let fields =
            json!({ "id": { "type": "Integer", "primaryKey": true }, "span": { "type": kind } });
        app.collection(&name, json!({ "fields": fields })).await;
        let rows = json!([
            { "id": 1, "span": [a, c] },
            { "id": 2, "span": { "lower": b, "upper": null } },
            { "id": 3, "span": { "lower": b, "upper": d, "lowerInclusive": false, "upperInclusive": false } },
            { "id": 4 }
        ]);
        app.admin().post(&format!("/items/{name}/bulk"), rows).await.expect_status(201);
        for (operator, operand, expected) in [
            ("contains", a.clone(), vec![1]),
            ("contains", b.clone(), vec![1, 2]),
            ("contains", c.clone(), vec![1, 2, 3]),
            ("contains", d.clone(), vec![2]),
            ("contains", json!([b, c]), vec![1, 2]),
            ("contains", json!({ "lower": b, "upper": c, "lowerInclusive": false }), vec![1, 2, 3]),
            ("overlaps", json!([a, b]), vec![1, 2]),
            ("overlaps", json!([d, null]), vec![2]),
            ("overlaps", json!([null, a]), vec![1]),
            ("eq", json!({ "lower": a, "upper": c }), vec![1]),
            ("isNull", json!(true), vec![4]),
        ] {
            let ask = json!({ "filter": { "span": { operator: operand } }, "sort": "id" });
            let answer = app.admin().find(&name, ask).await;
            let ids: Vec<Json> = answer.body["data"]
                .as_array()
                .map(|rows| rows.iter().map(|row| row["id"].clone()).collect())
                .unwrap_or_default();
            if answer.status != 200 || json!(ids) != json!(expected) {
                wrong.push(format!("{kind} {operator} {operand}: {ids:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
});

async fn words(app: &App) {
    app.collection("words", json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "word": { "type": "String" } } })).await;
    let rows = json!([
        { "id": 1, "word": "Äpfel" }, { "id": 2, "word": "äPFEL" }, { "id": 3, "word": "ÉCOLE" },
        { "id": 4, "word": "Straße" }, { "id": 5, "word": "Apfel" }
    ]);
    app.admin().post("/items/words/bulk", rows).await.expect_status(201);
}

on_every_store!(case_is_left_aside_in_every_alphabet, async |app| {
    words(app).await;
    for (operator, operand, expected) in [
        ("iLike", "ÄPF", vec![1, 2]),
        ("ilike", "école", vec![3]),
        ("notILike", "äpfel", vec![3, 4, 5]),
        ("icontains", "ÄPFEL", vec![1, 2]),
        ("startsWith", "ä", vec![1, 2]),
        ("startsWiths", "ä", vec![2]),
        ("endsWith", "STRAßE", vec![4]),
        ("endsWiths", "COLE", vec![3]),
        ("contains", "Ä", vec![1]),
        ("nstartsWith", "Ä", vec![3, 4, 5]),
    ] {
        let ask = json!({ "filter": { "word": { operator: operand } }, "sort": "id" });
        let ids = app.admin().column("words", "id", ask).await;
        assert_eq!(json!(ids), json!(expected), "{operator} {operand}");
    }
});

on_every_store!(a_field_of_any_short_name_is_not_what_a_condition_is_made_of, async |app| {
    app.collection(
        "letters",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "a": { "type": "BigInt" }, "b": { "type": "BigInt" }, "e": { "type": "Integer" },
            "one": { "type": "String" }, "value": { "type": "Integer" }, "key": { "type": "String" },
            "found": { "type": "String" }, "wanted": { "type": "String" }, "stem": { "type": "String" },
            "n": { "type": "Integer" }, "ci": { "type": "CiText" }, "list": { "type": "Array_Integer" }
        } }),
    )
    .await;
    let rows = json!([
        { "id": 1, "a": 1, "b": 2, "e": 5, "value": 5, "n": 5, "ci": "X", "list": [1, 2], "found": "cat", "wanted": "cats", "stem": "cat" },
        { "id": 2, "a": 3, "b": 4, "e": 6, "value": 6, "n": 7, "ci": "y", "list": [3], "found": "dog", "wanted": "cat", "stem": "d" }
    ]);
    app.admin().post("/items/letters/bulk", rows).await.expect_status(201);
    for (filter, expected) in [
        (json!({ "n": { "in": [7, 8] } }), json!([2])),
        (json!({ "n": { "in": [1] } }), json!([])),
        (json!({ "n": { "notIn": [7] } }), json!([1])),
        (json!({ "ci": { "in": ["x"] } }), json!([1])),
        (json!({ "list": { "arraycontainsany": [2, 9] } }), json!([1])),
        (json!({ "list": { "in": [3] } }), json!([2])),
        (json!({ "list": { "arraycontains": [3] } }), json!([2])),
        (json!({ "list": { "arraycontained": [1, 2, 3] } }), json!([1, 2])),
    ] {
        let ask = json!({ "filter": filter, "fields": ["id"], "sort": "id" });
        assert_eq!(json!(app.admin().column("letters", "id", ask).await), expected, "{filter}");
    }
    let ranked = json!({ "search": "cat", "sortByRelevance": true });
    assert_eq!(app.admin().column("letters", "id", ranked).await, [json!(1), json!(2)]);
});

on_every_store!(a_text_is_read_as_a_double_alike, async |app| {
    let id = json!({ "type": "Integer", "primaryKey": true });
    app.collection(
        "cells",
        json!({ "timestamps": false, "fields": { "id": id, "doc": { "type": "JSON" } } }),
    )
    .await;
    let texts = [
        "0x10",
        " -0X1a\t",
        "0x.8p2",
        "0x",
        "0x1p-1075",
        "1e-400",
        "1e400",
        "infinity",
        "nan",
        "1_0",
        "\u{a0}1",
        "+.5",
        "5.",
        "0.1234567890123456789",
        "12345678901234567890",
        "",
    ];
    let rows =
        texts.iter().enumerate().map(|(at, text)| json!({ "id": at + 1, "doc": { "a": text } }));
    let numbers = r#"[{ "id": 30, "doc": { "a": 12345678901234567890 } }, { "id": 31, "doc": { "a": 0.1234567890123456789 } }]"#;
    app.admin()
        .post("/items/cells/bulk", json!(rows.collect::<Vec<Json>>()))
        .await
        .expect_status(201);
    app.admin().post_text("/items/cells/bulk", numbers).await.expect_status(201);
    for (path, expected) in [
        ("$.a.double() > -100", json!([1, 2, 3, 12, 13, 14, 15, 30, 31])),
        ("$.a.double() == 16", json!([1])),
        ("$.a.double() == -26", json!([2])),
        ("$.a.double() == 2", json!([3])),
        ("$.a.double() < 0.2", json!([2, 14, 31])),
        ("$.a.double() == 0.123456789012346", json!([14])),
        ("$.a.double() == 0.1234567890123456789", json!([31])),
        ("$.a.double() == 12345678901234600000", json!([15])),
        ("$.a.double() == 12345678901234567890", json!([30])),
    ] {
        let asked = json!({ "filter": { "doc": { "jsonbPathMatch": path } }, "sort": "id" });
        assert_eq!(json!(app.admin().column("cells", "id", asked).await), expected, "{path}");
    }
});
