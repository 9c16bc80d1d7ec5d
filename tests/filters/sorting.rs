//! Sorting: every spelling, NULLs, ties, relations; the same order on both stores.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn cities(app: &App) {
    let fields = json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "name": { "type": "String" } } });
    app.collection("countries", fields).await;
    app.collection(
        "cities",
        json!({ "fields": {
            "id": { "type": "Integer", "primaryKey": true },
            "name": { "type": "String" },
            "rank": { "type": "Integer" },
            "area": { "type": "Decimal" },
            "founded": { "type": "Date" }
        } }),
    )
    .await;
    let relation =
        json!({ "type": "M2O", "target": "countries", "name": "country", "alias": "cities" });
    app.relation("cities", relation).await;
    let admin = app.admin();
    let countries = json!([{ "id": 1, "name": "Austria" }, { "id": 2, "name": "Zambia" }, { "id": 3, "name": "Malta" }]);
    admin.post("/items/countries/bulk", countries).await.expect_status(201);
    let rows = json!([
        { "id": 1, "name": "b", "rank": 2, "area": "10", "founded": "1900-01-01", "country_id": 1 },
        { "id": 2, "name": "B", "rank": 1, "area": "9", "founded": "0999-01-01", "country_id": 2 },
        { "id": 3, "name": "a", "rank": 2, "area": "-1", "country_id": 2 },
        { "id": 4, "rank": null, "area": "9.5", "founded": "2000-12-31" },
        { "id": 5, "name": "ä", "rank": 1, "founded": "1900-01-02", "country_id": 1 },
        { "id": 6, "name": "_", "rank": null, "area": "100" }
    ]);
    admin.post("/items/cities/bulk", rows).await.expect_status(201);
}

async fn order(app: &App, collection: &str, sort: Json) -> Vec<u64> {
    let parameters = json!({ "sort": sort, "fields": ["id"] });
    let ids = app.admin().column(collection, "id", parameters).await;
    ids.iter().map(|id| id.as_u64().expect("a number")).collect()
}

on_every_store!(nulls_come_last_upwards_and_first_downwards_and_ties_follow_the_key, async |app| {
    cities(app).await;
    for (sort, expected) in [
        (json!({ "rank": "asc" }), [2, 5, 1, 3, 4, 6]),
        (json!({ "rank": "desc" }), [6, 4, 3, 1, 5, 2]),
        (json!({ "rank": "asc", "id": "desc" }), [5, 2, 3, 1, 6, 4]),
        (json!({ "name": "asc" }), [2, 6, 3, 1, 5, 4]),
        (json!({ "name": "DESC" }), [4, 5, 1, 3, 6, 2]),
        (json!({ "area": "asc" }), [3, 2, 4, 1, 6, 5]),
        (json!({ "area": "desc" }), [5, 6, 1, 4, 2, 3]),
        (json!({ "founded": "asc" }), [2, 1, 5, 4, 3, 6]),
        (json!({ "rank": "desc", "area": "asc" }), [4, 6, 3, 1, 2, 5]),
    ] {
        assert_eq!(order(app, "cities", sort.clone()).await, expected, "{sort}");
    }
});

on_every_store!(a_sort_follows_relations_by_itself, async |app| {
    cities(app).await;
    let by_name = json!({ "country.name": "ASC", "id": "asc" });
    assert_eq!(order(app, "cities", by_name).await, [1, 5, 2, 3, 4, 6]);
    let down = json!({ "country.name": "DESC", "id": "asc" });
    assert_eq!(order(app, "cities", down).await, [4, 6, 2, 3, 1, 5]);
    // To many: the smallest related value upwards, the greatest downwards.
    assert_eq!(
        order(app, "countries", json!({ "cities.rank": "asc", "id": "asc" })).await,
        [1, 2, 3]
    );
    assert_eq!(order(app, "countries", json!({ "cities.area": "asc" })).await, [2, 1, 3]);
    assert_eq!(order(app, "countries", json!({ "cities.area": "desc" })).await, [3, 1, 2]);
});

on_every_store!(every_spelling_of_a_sort_is_understood, async |app| {
    cities(app).await;
    let expected = order(app, "cities", json!({ "rank": "desc", "name": "asc" })).await;
    for query in [
        "sort={\"rank\":\"desc\",\"name\":\"asc\"}",
        "sort=[\"-rank\",\"name\"]",
        "sort=rank:desc,name:asc",
        "sort=-rank,name",
        "sort=[\"rank:desc\",\"name\"]",
        "sort=[{\"column\":\"rank\",\"order\":\"desc\"},{\"column\":\"name\",\"order\":\"asc\"}]",
        "sort=[{\"field\":\"rank\",\"order\":\"desc\"},{\"field\":\"name\",\"order\":\"asc\"}]",
        "sort=[{\"rank\":\"desc\"},{\"name\":\"asc\"}]",
        "sort[rank]=desc&sort[name]=asc",
        "sort[0][rank]=DESC&sort[1][name]=Asc",
        "sort=-rank&sort=name",
    ] {
        let answer = app.admin().get(&format!("/items/cities?fields=id&{query}")).await;
        answer.expect_status(200);
        let rows = answer.body["data"].as_array().expect("a list");
        let ids: Vec<u64> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
        assert_eq!(ids, expected, "{query}");
    }
});

on_every_store!(more_sort_keys_than_anybody_orders_by_are_refused, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let keys = vec!["title"; 3_000];
    app.admin().find("notes", json!({ "sort": keys })).await.expect_refusal(400, "INVALID_QUERY");
});
