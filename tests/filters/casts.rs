//! Casts: every name, on columns of one's own and across a relation, with the operators that the
//! cast type has.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

/// Two marks with values of every family, one of texts that are nothing else, one of NULLs. Each
/// points at itself, so that a path asks the same of the same row.
async fn marks(app: &App) {
    app.collection(
        "marks",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "n": { "type": "Integer" },
            "label": { "type": "String" },
            "price": { "type": "Decimal", "values": { "precision": 8, "scale": 2 } },
            "flag": { "type": "Boolean" },
            "day": { "type": "Date" },
            "moment": { "type": "DateTime" },
            "ends": { "type": "Time_NO_TZ" },
            "code": { "type": "String" }
        } }),
    )
    .await;
    let own = json!({ "type": "M2O", "target": "marks", "name": "own", "alias": "owned" });
    app.relation("marks", own).await;
    let rows = json!([
        { "id": 1, "n": 12, "label": "7", "price": "1.50", "flag": true, "day": "2024-01-02", "moment": "2024-01-02T03:04:05Z",
          "ends": "04:00:00", "code": "00000000-0000-4000-8000-00000000000a" },
        { "id": 2, "n": 5, "label": "12", "price": "20", "flag": false, "day": "2024-02-02", "moment": "2024-02-02T23:00:00Z",
          "ends": "22:00:00", "code": "00000000-0000-4000-8000-00000000000b" },
        { "id": 3, "label": "x", "code": "none" },
        { "id": 4 }
    ]);
    app.admin().post("/items/marks/bulk", rows).await.expect_status(201);
    let own: Vec<Json> = (1..=4).map(|id| json!({ "id": id, "own_id": id })).collect();
    app.admin().patch("/items/marks/bulk", json!(own)).await.expect_status(200);
}

async fn found(app: &App, filter: &Json) -> Json {
    let ask = json!({ "filter": filter, "fields": ["id"], "sort": "id" });
    let answer = app.admin().find("marks", ask).await;
    answer.expect_status(200);
    answer.body["data"].as_array().expect("rows").iter().map(|row| row["id"].clone()).collect()
}

on_every_store!(every_name_of_a_cast_means_its_type_in_any_case, async |app| {
    marks(app).await;
    for (names, field, test, expected) in [
        ("text varchar char character", "n", json!({ "startsWith": "1" }), json!([1])),
        ("integer int smallint bigint", "label", json!({ "gt": 7 }), json!([2])),
        ("decimal numeric real float", "label", json!({ "gte": "7.0" }), json!([1, 2])),
        ("boolean bool", "n", json!({ "eq": true }), json!([1, 2])),
        ("date", "moment", json!({ "eq": "2024-01-02" }), json!([1])),
        ("timestamp timestamptz", "day", json!({ "gte": "2024-01-02T00:00:01Z" }), json!([2])),
        ("time timetz", "moment", json!({ "lt": "03:04:06" }), json!([1])),
        ("uuid", "code", json!({ "eq": "00000000-0000-4000-8000-00000000000A" }), json!([1])),
        ("json jsonb", "n", json!({ "eq": 12 }), json!([1])),
    ] {
        let mut names: Vec<&str> = names.split(' ').collect();
        if names.contains(&"real") {
            names.push("double precision");
        }
        for name in names {
            for spelled in [name.to_owned(), name.to_uppercase()] {
                for path in [field.to_owned(), format!("own.{field}")] {
                    let mut test = test.clone();
                    test["cast"] = json!(spelled);
                    let filter = json!({ path: test });
                    assert_eq!(found(app, &filter).await, expected, "{filter}");
                }
            }
        }
    }
});

on_every_store!(what_is_no_cast_is_left_aside, async |app| {
    marks(app).await;
    for cast in ["nonsense", "", "text[]", "varchar[]", "integer[]", "bigint[]", "uuid[]"] {
        for path in ["n", "own.n"] {
            let filter = json!({ path: { "gt": 5, "cast": cast } });
            assert_eq!(found(app, &filter).await, json!([1]), "{filter}");
        }
    }
    assert_eq!(found(app, &json!({ "n": { "gt": 5, "cast": null } })).await, json!([1]));
});

on_every_store!(casts_go_with_the_operators_of_their_type, async |app| {
    marks(app).await;
    for (field, test, expected) in [
        ("moment", json!({ "between": ["03:00:00", "04:00:00"], "cast": "time" }), json!([1])),
        ("moment", json!({ "gt": "12:00", "cast": "time" }), json!([2])),
        ("moment", json!({ "in": ["2024-02-02"], "cast": "date" }), json!([2])),
        ("moment", json!({ "ne": "2024-02-02", "cast": "date" }), json!([1])),
        ("moment", json!({ "like": "-01-", "cast": "text" }), json!([1])),
        ("n", json!({ "like": "2", "cast": "text" }), json!([1])),
        ("n", json!({ "in": ["5"], "cast": "varchar" }), json!([2])),
        ("flag", json!({ "iLike": "TRU", "cast": "text" }), json!([1])),
        ("flag", json!({ "eq": "false", "cast": "text" }), json!([2])),
        ("price", json!({ "eq": "1.50", "cast": "text" }), json!([1])),
        ("label", json!({ "between": [8, 20], "cast": "integer" }), json!([2])),
        ("label", json!({ "in": [7, 8], "cast": "bigint" }), json!([1])),
        ("label", json!({ "ne": 7, "cast": "integer" }), json!([2])),
        ("label", json!({ "lte": "7.00", "cast": "decimal" }), json!([1])),
        // A text that is no number is none in the cast.
        ("label", json!({ "isNotNull": true, "cast": "integer" }), json!([1, 2])),
        ("label", json!({ "isNotNull": true, "cast": "text" }), json!([1, 2, 3])),
    ] {
        for path in [field.to_owned(), format!("own.{field}")] {
            let filter = json!({ path: test });
            assert_eq!(found(app, &filter).await, expected, "{filter}");
        }
    }
    let number = json!({ "label": { "gte": 12, "cast": "integer" } });
    let morning = json!({ "own.moment": { "lt": "12:00:00", "cast": "time" } });
    assert_eq!(found(app, &json!({ "OR": [number, morning] })).await, json!([1, 2]));
    assert_eq!(found(app, &json!({ "AND": [number, morning] })).await, json!([]));
    let both =
        json!({ "AND": [{ "OR": [number, morning] }, { "n": { "eq": "5", "cast": "text" } }] });
    assert_eq!(found(app, &both).await, json!([2]));
});

on_every_store!(what_is_no_date_or_time_is_none_in_the_cast, async |app| {
    marks(app).await;
    let more = json!([
        { "id": 5, "label": "2024-03-01", "code": "10:30" },
        { "id": 6, "label": "2024-03-01T10:11:12Z", "code": "10:30:15" },
        { "id": 7, "label": "2024-03-01x", "code": "10:30x" }
    ]);
    app.admin().post("/items/marks/bulk", more).await.expect_status(201);
    for (filter, expected) in [
        (json!({ "label": { "gt": "2000-01-01", "cast": "date" } }), json!([5, 6])),
        (json!({ "label": { "lt": "2999-01-01", "cast": "date" } }), json!([5, 6])),
        (json!({ "label": { "gte": "2024-03-01T00:00:00Z", "cast": "timestamp" } }), json!([5, 6])),
        (json!({ "label": { "gt": "2024-03-01T00:00:00Z", "cast": "timestamp" } }), json!([6])),
        (json!({ "label": { "gte": "00:00", "cast": "time" } }), json!([6])),
        (json!({ "code": { "gte": "10:30", "cast": "time" } }), json!([5, 6])),
        (json!({ "code": { "lt": "10:30:15", "cast": "time" } }), json!([5])),
        (json!({ "n": { "lt": "2999-01-01", "cast": "date" } }), json!([])),
        (json!({ "flag": { "gt": "00:00", "cast": "time" } }), json!([])),
        (json!({ "day": { "gte": "00:00", "cast": "time" } }), json!([])),
        (json!({ "ends": { "gt": "2000-01-01", "cast": "date" } }), json!([])),
        (json!({ "label": { "isNull": true, "cast": "date" } }), json!([1, 2, 3, 4, 7])),
    ] {
        assert_eq!(found(app, &filter).await, expected, "{filter}");
    }
});

on_every_store!(a_column_on_the_right_may_carry_a_cast_of_its_own, async |app| {
    marks(app).await;
    for (filter, expected) in [
        (json!({ "ends": { "gt": "$COL(moment::time)" } }), json!([1])),
        (json!({ "ends": { "lt": "$COL(moment::time)" } }), json!([2])),
        (json!({ "ends": { "gt": "$COL(own.moment::time)" } }), json!([1])),
        (json!({ "own.ends": { "gt": "$COL(moment::TIME)" } }), json!([1])),
        (json!({ "moment": { "lt": "$COL(ends)", "cast": "time" } }), json!([1])),
        (json!({ "day": { "eq": "$COL(moment::date)" } }), json!([1, 2])),
        (json!({ "n": { "gt": "$COL(label::integer)" } }), json!([1])),
        (json!({ "label": { "gt": "$COL(n)", "cast": "integer" } }), json!([2])),
    ] {
        assert_eq!(found(app, &filter).await, expected, "{filter}");
    }
});

on_every_store!(a_moment_in_a_text_is_one_moment_however_it_is_written, async |app| {
    marks(app).await;
    let texts = [
        "2026-01-01T10:00:00.000Z",
        "2026-01-01 10:00:00",
        "2026-01-01T10:00",
        "2026-01-01T12:00:00+02:00",
        "2026-01-01 04:30:00.0009-0530",
        "2026-01-01T11:00:00+01",
        // None of these is a moment.
        "2026-13-01T10:00:00Z",
        "2026-19-01",
        "2026-02-30 10:00:00",
        "2026-01-01T10:00:00 soon",
        "2026-01-01T25:00:00Z",
        "2026-01-01T10:00:00+16:00",
        "0000-01-01",
        "0001-01-01T00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1900-02-29",
    ];
    let rows: Vec<Json> =
        (10..).zip(texts).map(|(id, text)| json!({ "id": id, "label": text })).collect();
    app.admin().post("/items/marks/bulk", json!(rows)).await.expect_status(201);
    let equal = json!([10, 11, 12, 13, 14, 15]);
    for given in ["2026-01-01T10:00:00Z", "2026-01-01 10:00:00", "2026-01-01T13:00:00+03:00"] {
        let filter = json!({ "label": { "eq": given, "cast": "timestamp" } });
        assert_eq!(found(app, &filter).await, equal, "{given}");
    }
    let any = |cast: &str| json!({ "AND": [{ "id": { "gte": 10 } }, { "label": { "isNotNull": true, "cast": cast } }] });
    assert_eq!(found(app, &any("timestamptz")).await, equal);
    // A day and a time are read off as they are written, wherever the moment would lie in UTC.
    assert_eq!(found(app, &any("date")).await, json!([10, 11, 12, 13, 14, 15, 23, 24]));
    let early = json!({ "label": { "lt": "05:00:00", "cast": "time" } });
    assert_eq!(
        found(app, &json!({ "AND": [{ "id": { "gte": 10 } }, early] })).await,
        json!([14, 23])
    );
});

on_every_store!(a_document_cast_to_text_is_spelled_in_one_way, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields = json!({ "id": key, "doc": { "type": "JSON" }, "docb": { "type": "JSONB" },
        "list": { "type": "Array_Integer" }, "range": { "type": "Range_Decimal" } });
    app.collection("papers", json!({ "fields": fields })).await;
    let doc = json!({ "bb": [1, 2.5], "a": { "c": null } });
    app.admin()
        .create(
            "papers",
            json!({ "id": 1, "doc": doc, "docb": doc, "list": [1, 2], "range": [1, 2.5] }),
        )
        .await;
    for (field, text) in [
        ("doc", r#"{"a": {"c": null}, "bb": [1, 2.5]}"#),
        ("docb", r#"{"a": {"c": null}, "bb": [1, 2.5]}"#),
        ("list", "[1, 2]"),
    ] {
        for test in
            [json!({ "eq": text }), json!({ "contains": text }), json!({ "startsWith": text })]
        {
            let mut test = test;
            test["cast"] = json!("text");
            let filter = json!({ field: test });
            let asked = json!({ "filter": filter, "fields": ["id"] });
            let found = app.admin().column("papers", "id", asked).await;
            assert_eq!(found, [1], "{filter}");
        }
    }
    let filter = json!({ "range": { "contains": "\"upper\": ", "cast": "text" } });
    let found = app.admin().column("papers", "id", json!({ "filter": filter })).await;
    assert_eq!(found, [1], "{filter}");
});
