//! What the two stores once answered differently, each asked again in its smallest form.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn measures(app: &App) {
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true },
        "weight": { "type": "Real" }, "exact": { "type": "Double" },
        "price": { "type": "Decimal", "values": { "precision": 12, "scale": 2 } },
        "sold": { "type": "Boolean" }, "doc": { "type": "JSON" }, "site": { "type": "String" },
        "stock": { "type": "Integer" },
    });
    app.collection("measures", json!({ "timestamps": false, "fields": fields })).await;
    let up = json!({ "type": "M2O", "target": "measures", "name": "up", "alias": "downs" });
    app.relation("measures", up).await;
    let rows = json!([
        { "id": 1, "weight": 16777217, "exact": 0.1, "price": 2.5, "sold": true, "doc": 1.0, "site": "see x.y, or a/b" },
        { "id": 2, "weight": 0.1, "exact": 0.1, "price": 10.5, "sold": false, "doc": { "n": 1.0 }, "site": "İb", "stock": 42, "up_id": 1 },
        { "id": 3, "weight": 1e15, "exact": 1.5e20, "price": -1, "doc": { "n": 2 }, "site": "b", "stock": 100, "up_id": 1 },
    ]);
    app.admin().post("/items/measures/bulk", rows).await.expect_status(201);
}

async fn ids(app: &App, filter: Json) -> Vec<Json> {
    app.admin().column("measures", "id", json!({ "filter": filter, "sort": "id" })).await
}

on_every_store!(a_real_has_the_same_digits_at_any_depth, async |app| {
    measures(app).await;
    let path = "/items/measures/2?fields=weight,up.weight";
    let whole = app.admin().get(path).await.text;
    assert!(whole.contains(r#""weight":0.1,"up":{"#), "{whole}");
    assert!(whole.contains(r#""weight":16777216}"#), "{whole}");
    let average = json!({ "n": { "function": "avg", "field": "weight" } });
    let filter = json!({ "id": { "gte": 2 } });
    let rows =
        app.admin().rows("measures", json!({ "aggregate": average, "filter": filter })).await;
    assert_eq!(rows[0]["n"].as_f64(), Some(f64::midpoint(0.1, 1e15)), "{rows:?}");
});

on_every_store!(a_real_equals_the_double_of_its_digits, async |app| {
    measures(app).await;
    assert_eq!(ids(app, json!({ "weight": { "eq": "$COL(exact)" } })).await, [json!(2)]);
});

on_every_store!(what_leaves_the_integers_is_none_of_them, async |app| {
    measures(app).await;
    let cast = |operator: &str, operand: Json| json!({ "exact": { operator: operand, "cast": "integer" } });
    assert_eq!(ids(app, cast("gte", json!(0))).await, [json!(1), json!(2)]);
    assert_eq!(ids(app, cast("isNull", json!(true))).await, [json!(3)]);
});

on_every_store!(a_truth_counts_as_a_number_in_a_cast, async |app| {
    measures(app).await;
    let filter = json!({ "sold": { "nin": [0], "cast": "decimal" } });
    assert_eq!(ids(app, filter).await, [json!(1)]);
});

on_every_store!(a_number_cast_to_text_is_ordered_like_text, async |app| {
    measures(app).await;
    let filter = json!({ "price": { "gt": "10", "cast": "text" } });
    assert_eq!(ids(app, filter).await, [json!(1), json!(2)]);
});

on_every_store!(numbers_in_documents_are_equal_by_value, async |app| {
    measures(app).await;
    assert_eq!(ids(app, json!({ "doc": { "eq": 1 } })).await, [json!(1)]);
    assert_eq!(ids(app, json!({ "doc": { "ne": { "n": 1 } } })).await, [json!(1), json!(3)]);
});

on_every_store!(values_gathered_through_a_relation_have_an_order, async |app| {
    measures(app).await;
    let aggregate = json!({ "all": { "function": "array_agg", "field": "downs.site" },
        "stock": { "function": "array_agg", "field": "downs.stock" } });
    let rows = app.admin().rows("measures", json!({ "aggregate": aggregate })).await;
    assert_eq!(rows[0]["all"], json!(["b", "İb", null, null]), "{rows:?}");
    assert_eq!(rows[0]["stock"], json!([100, 42, null, null]), "{rows:?}");
});

on_every_store!(a_search_finds_words_whatever_stands_between_them, async |app| {
    measures(app).await;
    for (words, found) in [("y", 1), ("x.y", 1), ("b", 3), ("İb", 2)] {
        let rows = app.admin().rows("measures", json!({ "search": words, "sort": "-id" })).await;
        assert!(rows.iter().any(|row| row["id"] == found), "{words}: {rows:?}");
    }
    let rows = app.admin().rows("measures", json!({ "search": "İb" })).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
});

on_every_store!(a_refused_deletion_is_one_answer, async |app| {
    app.collection("owners", json!({ "fields": { "name": { "type": "String" } } })).await;
    app.collection("cars", json!({ "fields": { "name": { "type": "String" } } })).await;
    let owner =
        json!({ "type": "M2O", "target": "owners", "name": "owner", "onDelete": "RESTRICT" });
    app.relation("cars", owner).await;
    let id = app.admin().create("owners", json!({ "name": "Ada" })).await;
    app.admin().create("cars", json!({ "owner_id": id })).await;
    let path = format!("/items/owners/{}", crate::harness::plain(&id));
    let answer = app.admin().delete(&path).await;
    answer.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    // The fault lies at what points here, which is told by its collection and its field.
    let fields: Vec<&Json> = answer.body["details"]
        .as_array()
        .expect("details")
        .iter()
        .map(|detail| &detail["field"])
        .collect();
    assert_eq!(fields, ["cars.owner_id"], "{}", answer.text);
});

on_every_store!(spellings_of_one_number_are_one_group_with_one_name, async |app| {
    app.collection("sums", json!({ "fields": { "n": { "type": "Decimal" } } })).await;
    let digits: Json = serde_json::from_str("[0, 0.00, 1.50, 1.5, 0.0]").expect("numbers");
    for digits in digits.as_array().expect("numbers") {
        app.admin().create("sums", json!({ "n": digits })).await;
    }
    let grouped = json!({ "groupBy": ["n"], "aggregate": { "times": "count" }, "sort": "n" });
    let rows = json!(app.admin().rows("sums", grouped).await).to_string();
    assert_eq!(rows, r#"[{"n":0,"times":3},{"n":1.5,"times":2}]"#);
});

on_every_store!(
    the_least_and_the_largest_decimal_are_spelled_alike_whatever_came_first,
    async |app| {
        let bounded = json!({ "type": "Decimal", "values": { "precision": 8, "scale": 2 } });
        app.collection(
        "sums",
        json!({ "fields": { "team": { "type": "String" }, "n": { "type": "Decimal" }, "price": bounded } }),
    )
    .await;
        // Each team has one value in several spellings, met in another order.
        let digits: Json = serde_json::from_str(
            "[[1.5, 1.50, 1.500], [1.500, 1.5, 1.50], [0.00, 0, 0.0], [-20, -20.0, -20.00]]",
        )
        .expect("numbers");
        for (team, spellings) in digits.as_array().expect("teams").iter().enumerate() {
            for n in spellings.as_array().expect("numbers") {
                let row = json!({ "team": format!("t{team}"), "n": n, "price": n });
                app.admin().create("sums", row).await;
            }
        }
        let aggregate = json!({
            "least": { "function": "min", "field": "n" }, "most": { "function": "max", "field": "n" },
            "cheap": { "function": "min", "field": "price" }, "dear": { "function": "max", "field": "price" },
        });
        let grouped = json!({ "groupBy": ["team"], "aggregate": aggregate, "sort": "team" });
        let rows = app.admin().rows("sums", grouped).await;
        let told =
            |key: &str| -> Vec<&str> { rows.iter().filter_map(|row| row[key].as_str()).collect() };
        assert_eq!(told("least"), ["1.5", "1.5", "0", "-20"], "{rows:?}");
        assert_eq!(told("most"), told("least"));
        // Where a scale is declared it is kept.
        assert_eq!(told("cheap"), ["1.50", "1.50", "0.00", "-20.00"], "{rows:?}");
        assert_eq!(told("dear"), told("cheap"));
        let whole = json!({ "aggregate": { "most": { "function": "max", "field": "n" } } });
        assert_eq!(app.admin().rows("sums", whole).await[0]["most"], "1.5");
    }
);

on_every_store!(a_pattern_knows_the_same_signs_on_every_server, async |app| {
    let field = json!({ "type": "Text" });
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields = json!({ "id": key, "said": field });
    app.collection("sayings", json!({ "timestamps": false, "fields": fields })).await;
    let said = ["日本語", "ﬁ", "a\nb", "\u{a0}", "٣", "a_1", "[x]", "AB"];
    let rows: Json =
        said.iter().enumerate().map(|(id, said)| json!({ "id": id, "said": said })).collect();
    app.admin().post("/items/sayings/bulk", rows).await.expect_status(201);
    for (pattern, found) in [
        (r"\w+$", &[2, 5, 7][..]),
        (r"\W", &[0, 1, 2, 3, 4, 6]),
        (r"\d", &[5]),
        (r"\s", &[2]),
        ("a.b", &[2]),
        ("^..?.?$", &[0, 1, 2, 3, 4, 5, 6, 7]),
        ("[[:alpha:]]", &[2, 5, 6, 7]),
        ("[a[x]y]", &[]),
        ("[^[:alpha:]\\d_]", &[0, 1, 2, 3, 4, 6]),
    ] {
        let filter = json!({ "said": { "regex": pattern } });
        let ids = app.admin().column("sayings", "id", json!({ "filter": filter, "sort": "id" }));
        assert_eq!(ids.await, found.iter().map(|id| json!(id)).collect::<Vec<_>>(), "{pattern}");
    }
    for pattern in [r"\x41", r"\<a"] {
        let filter = json!({ "filter": { "said": { "regex": pattern } } });
        app.admin().find("sayings", filter).await.expect_refusal(400, "INVALID_QUERY");
    }
});

on_every_store!(a_backslash_makes_the_next_sign_plain_in_every_pattern, async |app| {
    measures(app).await;
    for (operator, pattern, found) in [
        ("iLike", r"%X\.Y%", &[1][..]),
        ("like", r"\x\.y", &[1]),
        ("like", r"\b", &[1, 2, 3]),
        ("startsWith", r"S\ee", &[1]),
        ("like", "b\\", &[]),
    ] {
        let filter = json!({ "site": { operator: pattern } });
        let found: Vec<Json> = found.iter().map(|id| json!(id)).collect();
        assert_eq!(ids(app, filter).await, found, "{operator} {pattern}");
    }
});

on_every_store!(gathered_decimals_are_numbers, async |app| {
    measures(app).await;
    let gathered = json!({ "n": { "function": "array_agg", "field": "price" } });
    let rows = app.admin().find("measures", json!({ "aggregate": gathered })).await;
    assert!(rows.text.contains("[2.50,10.50,-1.00]"), "{}", rows.text);
});

on_every_store!(documents_that_are_equal_are_one_value, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields =
        json!({ "id": key, "doc": { "type": "JSON" }, "list": { "type": "Array_Decimal" } });
    app.collection("papers", json!({ "timestamps": false, "fields": fields })).await;
    let docs = [
        r#"{"id":1,"doc":{"a":1,"b":[2.0]},"list":[1.10]}"#,
        r#"{"id":2,"doc":{"b":[2],"a":1.0},"list":[1.1]}"#,
        r#"{"id":3,"doc":1e2,"list":[]}"#,
        r#"{"id":4,"doc":100,"list":[]}"#,
        r#"{"id":5,"doc":"100","list":null}"#,
        r#"{"id":6,"doc":[1,2],"list":[1,2]}"#,
        r#"{"id":7,"doc":[2,1],"list":[2,1]}"#,
    ];
    for doc in docs {
        let body: Json = serde_json::from_str(doc).expect("JSON");
        app.admin().create("papers", body).await;
    }
    let of = |field: &str| json!({ "function": "distinct", "field": field });
    let aggregate = json!({ "docs": of("doc"), "lists": of("list") });
    let rows = app.admin().rows("papers", json!({ "aggregate": aggregate })).await;
    assert_eq!(rows, [json!({ "docs": 5, "lists": 4 })]);
});

on_every_store!(a_sum_of_doubles_is_the_one_of_their_digits, async |app| {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let fields = json!({ "id": key, "kind": { "type": "String" }, "size": { "type": "Double" }, "weight": { "type": "Real" } });
    app.collection("sizes", json!({ "timestamps": false, "fields": fields })).await;
    let sizes = [5.3, 0.00001, 1e16, 1.0, -1e16, 0.1, 0.2, -2.5];
    let rows: Json = sizes
        .iter()
        .enumerate()
        .map(|(id, size)| json!({ "id": id, "kind": if id < 2 { "a" } else { "b" }, "size": size, "weight": 0.1 }))
        .collect();
    app.admin().post("/items/sizes/bulk", rows).await.expect_status(201);
    let of = |function: &str, field: &str| json!({ "function": function, "field": field });
    let aggregate =
        json!({ "s": of("sum", "size"), "a": of("avg", "size"), "w": of("sum", "weight") });
    // As one group, as groups, and as more than one page of them.
    let whole = app.admin().rows("sizes", json!({ "aggregate": aggregate.clone() })).await;
    assert_eq!(whole, [json!({ "s": 4.10001, "a": 4.10001 / 8.0, "w": 0.8 })]);
    let asked = json!({ "aggregate": aggregate, "groupBy": ["kind"], "sort": ["kind"] });
    let groups = app.admin().rows("sizes", asked).await;
    assert_eq!(
        groups,
        [
            json!({ "kind": "a", "s": 5.30001, "a": 5.30001 / 2.0, "w": 0.2 }),
            json!({ "kind": "b", "s": -1.2, "a": -1.2 / 6.0, "w": 0.6 }),
        ]
    );
});

on_every_store!(what_is_left_out_is_left_out_wherever_it_is_named, async |app| {
    measures(app).await;
    for fields in [json!(["-up.site", "id", "up.*"]), json!(["id", "up.*", "-up.site"])] {
        let read = json!({ "fields": fields, "filter": { "id": 2 } });
        let rows = app.admin().rows("measures", read).await;
        let up = rows[0]["up"].as_object().expect("a record");
        assert!(!up.contains_key("site") && up.contains_key("weight"), "{fields} {rows:?}");
    }
    for fields in
        [json!(["-up", "id", "up.*"]), json!(["-downs.up_id", "downs.site", "downs.up_id"])]
    {
        let read = json!({ "fields": fields, "filter": { "id": 1 } });
        let rows = app.admin().rows("measures", read).await;
        assert!(rows[0].get("up").is_none(), "{fields} {rows:?}");
        assert!(!json!(rows).to_string().contains("up_id"), "{fields} {rows:?}");
    }
});
