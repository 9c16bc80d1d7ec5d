//! `COMPAT=baasix` (`spec/data.md` 21, row 29): what the original does otherwise, for programs that
//! were written around it. Files are not served yet, so that nothing of theirs is here.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn things(app: &App) {
    let fields = json!({
        "id": { "type": "Integer", "primaryKey": true },
        "name": { "type": "String" },
        "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
        "big": { "type": "BigInt" },
        "tags": { "type": "Array_String" },
        "meta": { "type": "JSON" },
        "secret": { "type": "String" },
        "parent_id": { "type": "Integer", "relType": "BelongsTo", "target": "things", "as": "parent", "foreignKey": "parent_id" },
    });
    app.collection("things", json!({ "timestamps": false, "fields": fields })).await;
    for row in [
        json!({ "id": 1, "name": "Ada", "price": "1.50", "big": 9_007_199_254_740_993_i64, "tags": ["a"], "meta": ["a"], "secret": "x" }),
        json!({ "id": 2, "name": "Bob", "price": "2.25", "tags": ["b"], "parent_id": 1, "secret": "y" }),
    ] {
        app.admin().create("things", row).await;
    }
}

on_every_store!(
    conditions_on_what_is_not_there_say_nothing_where_the_original_is_asked_for,
    |config| { config.compat = true },
    async |app| {
        things(app).await;
        let admin = app.admin();
        let ids = async |filter: &str| {
            let path = format!("/items/things?sort=id&fields=id&filter={filter}");
            let answer = admin.get(&path).await;
            let rows = answer.expect_status(200).body["data"].clone();
            rows.as_array().expect("rows").iter().filter_map(|row| row["id"].as_i64()).collect()
        };
        for (filter, expected) in [
            (r#"{"naem":"Ada"}"#, vec![1, 2]),
            (r#"{"naem":"Ada","name":"Bob"}"#, vec![2]),
            (r#"{"name":{"equals":"Ada"}}"#, vec![1, 2]),
            (r#"{"name":{"_eq":"Ada","ne":"Bob"}}"#, vec![1]),
            (r#"{"and":[{"name":"Ada"}]}"#, vec![1, 2]),
            (r#"{"_or":[{"name":"Ada"}],"id":2}"#, vec![2]),
            (r#"{"OR":[{"naem":"Ada"},{"name":"Bob"}]}"#, vec![2]),
            (r#"{"OR":[{"naem":"Ada"}]}"#, vec![1, 2]),
            (r#"{"NOT":{"naem":"Ada"}}"#, vec![1, 2]),
            (r#"{"parent.naem":"Ada","id":2}"#, vec![2]),
            (r#"{"parent.name":"Ada"}"#, vec![2]),
        ] {
            let found: Vec<i64> = ids(filter).await;
            assert_eq!(found, expected, "{filter}");
        }
        // What is not a name is refused as ever, and so is what would write.
        admin
            .get(r#"/items/things?filter={"id":{"gt":"x"}}"#)
            .await
            .expect_refusal(400, "INVALID_QUERY");
        admin.get(r#"/items/things?sort=naem"#).await.expect_refusal(400, "UNKNOWN_FIELD");
        let written = json!({ "filter": { "naem": "Ada" }, "data": { "secret": "z" } });
        let refused = admin.put("/items/things", written).await;
        refused.expect_refusal(400, "UNKNOWN_FIELD");
        let secrets = admin.column("things", "secret", json!({ "sort": "id" })).await;
        assert_eq!(secrets, ["x", "y"]);
        // Nor are conditions inside relations left out.
        for inside in [r#"{"parent":{"naem":"Ada"}}"#, r#"{"parent":{"name":{"equals":"Ada"}}}"#] {
            let path = format!("/items/things?fields=id,parent.id&relConditions={inside}");
            assert_eq!(admin.get(&path).await.status, 400, "{inside}");
        }
        // In a stored permission nothing is left out.
        let role = json!({ "collection": "things", "action": "read", "fields": ["*"], "conditions": { "naem": "Ada" } });
        let saved = admin.post("/permissions", role).await;
        assert!(saved.status >= 400, "{}", saved.text);
        // A field that the role may not read is left out like one that never was.
        let reader = app
            .with_grants("Reader", &[
                json!({ "collection": "things", "action": "read", "fields": ["id", "name", "parent.secret"] }),
            ])
            .await;
        for field in ["secret", "never"] {
            let rows =
                reader.rows("things", json!({ "filter": { field: "x" }, "fields": ["id"] })).await;
            assert_eq!(rows.len(), 2, "{field}");
        }
    }
);

on_every_store!(
    decimals_are_text_and_a_list_is_no_document_where_the_original_is_asked_for,
    |config| { config.compat = true },
    async |app| {
        things(app).await;
        let admin = app.admin();
        let one = admin.get("/items/things/1?fields=price,big").await;
        assert_eq!(one.text, r#"{"data":{"id":1,"price":"1.50","big":9007199254740993}}"#);
        let deep = admin.get("/items/things?filter[id]=2&fields=parent.price,parent.big").await;
        assert!(deep.text.contains(r#""price":"1.50","big":9007199254740993"#), "{}", deep.text);
        let sum = r#"/items/things?aggregate={"all":{"function":"sum","field":"price"}}"#;
        assert_eq!(admin.get(sum).await.body["data"][0]["all"].to_string(), "3.75");
        let asked =
            |field: &str| format!(r#"/items/things?filter={{"{field}":{{"arraycontains":"a"}}}}"#);
        assert_eq!(admin.get(&asked("tags")).await.body["totalCount"], 1);
        admin.get(&asked("meta")).await.expect_refusal(500, "INTERNAL");
        // Who asks for exact numbers gets them.
        let exact =
            admin.with_header("accept-numbers", "string").get("/items/things/1?fields=big").await;
        assert_eq!(exact.body["data"]["big"], "9007199254740993");
    }
);

on_every_store!(nothing_is_as_in_the_original_unless_it_is_asked_for, async |app| {
    things(app).await;
    let admin = app.admin();
    let plain: Json = admin.get("/items/things/1").await.body["data"]["price"].clone();
    assert_eq!(plain.to_string(), "1.50");
    for filter in
        [r#"{"naem":"Ada"}"#, r#"{"name":{"equals":"Ada"}}"#, r#"{"and":[{"name":"Ada"}]}"#]
    {
        let refused = admin.get(&format!("/items/things?filter={filter}")).await;
        assert_eq!(refused.status, 400, "{filter}");
    }
    let listed = r#"/items/things?filter={"meta":{"arraycontains":"a"}}"#;
    assert_eq!(admin.get(listed).await.expect_status(200).body["totalCount"], 1);
});
