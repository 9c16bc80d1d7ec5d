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
    // Which field is at fault is not told: on this side it would be the key.
    assert_eq!(answer.body["details"], json!([]), "{}", answer.text);
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
