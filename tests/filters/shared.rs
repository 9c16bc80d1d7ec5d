//! What one store would read otherwise than the other, or wrongly in silence: told apart or refused
//! before either is asked.

use super::operators::{found, things};
use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// The refusal, and that it names the operator which it is about.
async fn refused(app: &App, collection: &str, filter: Json, at: &str) -> String {
    let answer = app.admin().find(collection, json!({ "filter": filter })).await;
    answer.expect_refusal(400, "INVALID_QUERY");
    assert!(answer.text.contains(at), "{filter}: {}", answer.text);
    answer.message().to_owned()
}

on_every_store!(a_cursor_goes_on_in_its_own_order_only, async |app| {
    things(app).await;
    let page = |sort: &str, after: &str| json!({ "sort": sort, "after": after, "limit": 2, "fields": ["id"] });
    let first = app.admin().find("things", page("n", "")).await;
    let cursor = first.body["cursor"].as_str().expect("a cursor").to_owned();
    let next = app.admin().rows("things", page("n", &cursor)).await;
    assert_eq!(next, [json!({ "id": 3 }), json!({ "id": 4 })]);
    for other in ["-n", "id", "name", "n,price", ""] {
        let answer = app.admin().find("things", page(other, &cursor)).await;
        answer.expect_refusal(400, "INVALID_QUERY");
        assert!(answer.message().contains("another sort"), "{other}: {}", answer.text);
    }
});

on_every_store!(no_key_or_value_in_a_document_holds_the_sign_that_ends_a_text, async |app| {
    things(app).await;
    for (operator, operand) in [
        ("jsonbKeyEquals", json!({ "key": "k\0zzz", "value": "v1" })),
        ("jsonbKeyEquals", json!({ "key": "k", "value": "v1\0" })),
        ("jsonbKeyNotEquals", json!({ "key": "k\0", "value": 1 })),
        ("jsonbKeyGt", json!({ "key": "n\0", "value": 1 })),
        ("jsonbKeyIn", json!({ "key": "k", "values": ["v1\0"] })),
        ("jsonbKeyNotIn", json!({ "key": "k\0", "values": ["v1"] })),
        ("jsonbKeyLike", json!({ "key": "k", "pattern": "v\0%" })),
        ("jsonbKeyIsNull", json!("k\0")),
        ("jsonbHasKey", json!("k\0")),
        ("jsonbHasAnyKeys", json!(["k\0"])),
        ("jsonbHasAllKeys", json!(["k", "n\0"])),
        ("jsonbDeepValue", json!({ "path": ["deep", "x\0"], "value": 1 })),
        ("jsonbArrayLength", json!({ "path": ["deep\0"], "value": 1 })),
        ("jsonbTypeOf", json!({ "path": "deep\0", "type": "object" })),
    ] {
        let why = refused(app, "things", json!({ "doc": { operator: operand } }), operator).await;
        assert!(why.contains("U+0000"), "{operator}: {why}");
    }
});

/// Signs beside those of ASCII, a line's end, and signs that classes count differently.
async fn signs(app: &App) {
    let fields = json!({ "id": { "type": "Integer", "primaryKey": true }, "text": { "type": "String" }, "list": { "type": "JSONB" } });
    app.collection("signs", json!({ "fields": fields })).await;
    let texts =
        ["A", "É", "a", "é", "7", "٣", " ", "\u{a0}", "\n", "\u{85}", "-", "_", "[", "\u{b}"];
    let rows: Vec<Json> = (1..)
        .zip(texts)
        .map(|(id, text)| json!({ "id": id, "text": text, "list": [text] }))
        .collect();
    app.admin().post("/items/signs/bulk", json!(rows)).await.expect_status(201);
}

on_every_store!(a_class_of_a_pattern_is_of_ascii_in_texts_and_in_paths, async |app| {
    signs(app).await;
    for (pattern, ids) in [
        ("[[:upper:]]", vec![1]),
        ("[[:lower:]]", vec![3]),
        ("[[:alpha:]]", vec![1, 3]),
        ("\\d", vec![5]),
        ("[\\d_]", vec![5, 12]),
        ("\\w", vec![1, 3, 5, 12]),
        ("\\s", vec![7, 9, 14]),
        ("[[:space:]]", vec![7, 9, 14]),
        ("\\D", vec![1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
        ("[[:punct:]]", vec![11, 12, 13]),
        ("[[:blank:]]", vec![7]),
        ("[[:graph:]]", vec![1, 3, 5, 11, 12, 13]),
        ("[[:print:]]", vec![1, 3, 5, 7, 11, 12, 13]),
        ("[[:alnum:]-]", vec![1, 3, 5, 11]),
        ("[[:xdigit:]]", vec![1, 3, 5]),
        ("^É$", vec![2]),
    ] {
        let path = format!("$[*] ? (@ like_regex {})", json!(pattern));
        for filter in [
            json!({ "text": { "regex": pattern } }),
            json!({ "list": { "jsonbPathExists": path } }),
        ] {
            let asked = json!({ "filter": filter, "sort": "id" });
            let found = app.admin().column("signs", "id", asked).await;
            assert_eq!(found, ids, "{filter}");
        }
    }
    let path = r#"$[*] ? (@ like_regex "[^a-z]" && @ like_regex "[[:upper:]]" flag "i")"#;
    let filter = json!({ "list": { "jsonbPathExists": path } });
    assert_eq!(app.admin().column("signs", "id", json!({ "filter": filter })).await, [1]);
});

on_every_store!(a_pattern_that_the_stores_read_differently_is_refused, async |app| {
    signs(app).await;
    for pattern in [
        ".{256}",
        "(.{255}){20}",
        "((a{255}){255}){0}",
        "a{1,1000}",
        "a**",
        "a*+",
        "a{1}{2}",
        "x{1,2}{3}",
        "^*",
        "[a--b]",
        "[a-c-e]",
        "\\u{41}",
        "[[=a=]]",
        "[[.a.]]",
        "[[.hyphen.]]",
        "[[:cntrl:]]",
        "a{,2}",
    ] {
        refused(app, "signs", json!({ "text": { "regex": pattern } }), "filter.text.regex").await;
        let path = format!("$[*] ? (@ like_regex {})", json!(pattern));
        let filter = json!({ "list": { "jsonbPathExists": path } });
        refused(app, "signs", filter, "filter.list.jsonbPathExists").await;
    }
    let shared = ["(?:a*)*", "(?:^)a?", "[.=]", "[a-z-]", "\\u0041", "[[ab]]", "a{2,}?"];
    for pattern in shared.into_iter().chain([".{255}", "(?:\\w{250}){4}", "[^a-z]{255}"]) {
        let filter = json!({ "filter": { "text": { "regex": pattern } } });
        app.admin().find("signs", filter).await.expect_status(200);
    }
});

on_every_store!(columns_of_kinds_that_do_not_compare_are_refused, async |app| {
    app.collection(
        "hours",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "at": { "type": "DateTime" }, "wall": { "type": "DateTime_NO_TZ" },
            "day": { "type": "Date" }, "time": { "type": "Time" }, "clock": { "type": "Time_NO_TZ" },
            "n": { "type": "Integer" }, "big": { "type": "BigInt" }, "price": { "type": "Decimal" },
            "uid": { "type": "UUID" }, "ok": { "type": "Boolean" },
            "text": { "type": "String" }, "word": { "type": "CiText" },
        } }),
    )
    .await;
    let row = json!({ "id": 1, "at": "2024-01-02T00:00:00Z", "wall": "2024-01-02T00:00:00", "day": "2024-01-02",
        "time": "10:00:00", "clock": "10:00:00", "n": 5, "big": 5, "price": 5, "ok": true,
        "uid": "00000000-0000-4000-8000-000000000001", "text": "a", "word": "A" });
    app.admin().create("hours", row).await;
    for (field, operator, other) in [
        ("clock", "eq", "time"),
        ("at", "gt", "at::time"),
        ("at", "gt", "n"),
        ("at", "gte", "at::date"),
        ("time", "eq", "clock"),
        ("time", "lt", "at::time"),
        ("day", "gt", "n"),
        ("n", "gt", "uid"),
        ("n", "eq", "ok"),
        ("ok", "eq", "text"),
        ("text", "lt", "n"),
    ] {
        let filter = json!({ field: { operator: format!("$COL({other})") } });
        let why = refused(app, "hours", filter, &format!("filter.{field}.{operator}")).await;
        assert!(why.contains("do not compare"), "{why}");
    }
    for (field, test) in [
        ("at", json!({ "eq": "$COL(day::date)" })),
        ("at", json!({ "eq": "$COL(day)" })),
        ("at", json!({ "eq": "$COL(wall)" })),
        ("day", json!({ "eq": "$COL(at)" })),
        ("day", json!({ "eq": "$COL(at::date)" })),
        ("at", json!({ "eq": "$COL(day)", "cast": "date" })),
        ("clock", json!({ "eq": "$COL(time)", "cast": "time" })),
        ("time", json!({ "gt": "$COL(at)", "cast": "time" })),
        ("clock", json!({ "gt": "$COL(at::time)" })),
        ("n", json!({ "eq": "$COL(big)" })),
        ("n", json!({ "eq": "$COL(price)" })),
        ("text", json!({ "eq": "$COL(word)" })),
        ("n", json!({ "lt": "$COL(text)", "cast": "text" })),
    ] {
        let filter = json!({ field: test });
        let found = app.admin().column("hours", "id", json!({ "filter": filter })).await;
        assert_eq!(found, [1], "{filter}");
    }
});

on_every_store!(the_last_moment_of_the_year_9999_can_be_written_and_asked_for, async |app| {
    let fields = json!({ "at": { "type": "DateTime" }, "wall": { "type": "DateTime_NO_TZ" }, "span": { "type": "Range_DateTime" } });
    app.collection("ends", json!({ "fields": fields })).await;
    for (given, told) in [
        (json!("9999-12-31T23:59:59.999Z"), "9999-12-31T23:59:59.999Z"),
        (json!("9999-12-31T22:59:59-01:00"), "9999-12-31T23:59:59.000Z"),
        (json!("9999-12-31"), "9999-12-31T00:00:00.000Z"),
        (json!(253_402_300_799_999_i64), "9999-12-31T23:59:59.999Z"),
        (json!("1709200000000"), "2024-02-29T09:46:40.000Z"),
        (json!("0001-01-01T00:00:00Z"), "0001-01-01T00:00:00.000Z"),
    ] {
        let row = json!({ "at": given, "wall": given, "span": [given, null] });
        let id = app.admin().create("ends", row).await;
        let row = app.admin().one("ends", &id).await;
        let wall = told.trim_end_matches('Z');
        assert_eq!(row["at"], told, "{given}");
        assert!(row["wall"].as_str().is_some_and(|text| text.starts_with(wall)), "{row}");
        assert_eq!(row["span"]["lower"], told, "{given}");
        let same = json!({ "filter": { "id": id, "at": { "eq": told }, "wall": given } });
        assert_eq!(app.admin().rows("ends", same).await.len(), 1, "{given}");
    }
    let before = json!({ "filter": { "at": { "lt": "9999-12-31" } } });
    assert_eq!(app.admin().rows("ends", before).await.len(), 2);
    for beyond in
        [json!("9999-12-31T23:59:59-01:00"), json!(253_402_300_800_000_i64), json!("0000-12-31")]
    {
        let answer = app.admin().post("/items/ends", json!({ "at": beyond })).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains("years 1 to 9999"), "{}", answer.text);
    }
});

on_every_store!(a_range_that_holds_nothing_overlaps_nothing, async |app| {
    things(app).await;
    for (operator, operand, ids) in [
        ("overlaps", json!({ "lower": 5, "upper": 5, "upperInclusive": false }), vec![]),
        ("overlaps", json!({ "lower": 5, "upper": 5, "lowerInclusive": false }), vec![]),
        (
            "contains",
            json!({ "lower": 5, "upper": 5, "upperInclusive": false }),
            vec![1, 2, 3, 4, 5],
        ),
        ("contains", json!([7, 7]), vec![2, 5]),
    ] {
        let filter = json!({ "span": { operator: operand } });
        assert_eq!(found(app, filter.clone()).await, Ok(ids.clone()), "{filter}");
        // None of it is known of the row without a range.
        let others = (1..=5).filter(|id| !ids.contains(id)).collect();
        assert_eq!(found(app, json!({ "NOT": filter })).await, Ok(others), "not {filter}");
    }
    // Nor does one that is stored, on whichever side it is empty.
    for (id, span) in [
        (11, json!({ "lower": 5, "upper": 5, "upperInclusive": false })),
        (12, json!({ "lower": 5, "upper": 5, "lowerInclusive": false })),
        (13, json!({ "lower": null, "upper": null, "lowerInclusive": false })),
    ] {
        app.admin().create("things", json!({ "id": id, "span": span })).await;
    }
    let late = json!({ "id": { "gt": 10 } });
    for (operator, operand, ids) in [
        ("overlaps", json!([1, 9]), vec![13]),
        ("overlaps", json!([5, 5]), vec![13]),
        ("contains", json!(5), vec![13]),
        ("contains", json!({ "lower": 1, "upper": 1, "upperInclusive": false }), vec![11, 12, 13]),
    ] {
        let filter = json!({ "span": { operator: operand } });
        let both = |filter: &Json| json!({ "AND": [late, filter] });
        assert_eq!(found(app, both(&filter)).await, Ok(ids.clone()), "{filter}");
        let others = (11..=13).filter(|id| !ids.contains(id)).collect();
        assert_eq!(found(app, both(&json!({ "NOT": filter }))).await, Ok(others), "not {filter}");
    }
    for operator in ["overlaps", "contains"] {
        for operand in [json!({ "lower": 9, "upper": 3 }), json!([10, 9])] {
            let filter = json!({ "span": { operator: operand } });
            let why = refused(app, "things", filter, &format!("filter.span.{operator}")).await;
            assert!(why.contains("cannot be greater than upper bound"), "{why}");
        }
    }
});

on_every_store!(lists_are_looked_through_for_documents_ranges_and_places, async |app| {
    things(app).await;
    let spot = json!({ "type": "Point", "coordinates": [1, 1] });
    for (field, operator, list, ids) in [
        ("doc", "in", json!([[1, 2, 3], {}]), vec![4, 5]),
        ("doc", "in", json!([{}, null]), vec![5, 6]),
        ("doc", "in", json!([]), vec![]),
        ("doc", "in", json!([null]), vec![6]),
        ("doc", "notIn", json!([[1, 2, 3], {}]), vec![1, 2, 3]),
        ("doc", "notIn", json!([{}, null]), vec![1, 2, 3, 4]),
        ("doc", "nin", json!([]), vec![1, 2, 3, 4, 5, 6]),
        ("span", "in", json!([[7, 7], { "lower": 1, "upper": 5 }]), vec![1, 5]),
        ("span", "notIn", json!([[7, 7]]), vec![1, 2, 3, 4]),
        ("spot", "in", json!([spot]), vec![1]),
        ("spot", "notIn", json!([spot]), vec![]),
    ] {
        let filter = json!({ field: { operator: list } });
        assert_eq!(found(app, filter.clone()).await, Ok(ids), "{filter}");
    }
    refused(app, "things", json!({ "doc": { "in": { "a": 1 } } }), "filter.doc.in").await;
});

on_every_store!(a_negation_inside_of_a_relation_is_one_of_conditions, async |app| {
    app.collection(
        "makers",
        json!({ "fields": { "name": { "type": "String" }, "rank": { "type": "Integer" } } }),
    )
    .await;
    app.collection("parts", json!({ "fields": { "n": { "type": "Integer" } } })).await;
    app.relation(
        "parts",
        json!({ "type": "M2O", "target": "makers", "name": "maker", "alias": "parts" }),
    )
    .await;
    for (n, name) in [(1, "Ann"), (2, "Bob")] {
        let maker = app.admin().create("makers", json!({ "name": name, "rank": n })).await;
        app.admin().create("parts", json!({ "n": n, "maker_id": maker })).await;
    }
    for (inner, ids) in [
        (json!({ "NOT": { "name": "Ann" } }), [2]),
        (json!({ "NOT": [{ "name": "Ann" }] }), [2]),
        (json!({ "NOT": [{ "name": "Bob" }, { "rank": { "gt": 1 } }] }), [1]),
        (json!({ "NOT": { "OR": [{ "name": "Bob" }, { "rank": 7 }] } }), [1]),
    ] {
        let filter = json!({ "maker": inner });
        let found = app.admin().column("parts", "n", json!({ "filter": filter })).await;
        assert_eq!(found, ids, "{filter}");
    }
    let ann = app.admin().rows("makers", json!({ "filter": { "name": "Ann" } })).await;
    let filter = json!({ "maker": { "not": ann[0]["id"] } });
    assert_eq!(app.admin().column("parts", "n", json!({ "filter": filter })).await, [2]);
    let filter = json!({ "NOT": [{ "n": 1 }, { "maker.name": "Ann" }] });
    assert_eq!(app.admin().column("parts", "n", json!({ "filter": filter })).await, [2]);
});
