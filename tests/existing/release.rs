//! Taking over is a change of the schema like any other, and ending a taken collection leaves its
//! table where it was, unless its end is asked for by name.

use super::{TAKEN, adopt, everything, existing, on_a_shop, outside};
use crate::harness::{App, EMAIL};
use serde_json::{Value as Json, json};

async fn newest(app: &App) -> Json {
    let history = app.admin().get("/schemas/history?limit=1").await;
    history.expect_status(200).body["data"][0].clone()
}

/// Plans and applies a change; answers the steps of the plan.
async fn apply(app: &App, mut body: Json) -> Vec<Json> {
    let plan = app.admin().post("/schemas/plan", body.clone()).await;
    plan.expect_status(200);
    body["token"] = plan.body["data"]["token"].clone();
    app.admin().post("/schemas/apply", body).await.expect_status(200);
    plan.body["data"]["steps"].as_array().expect("steps").clone()
}

/// Undoes the newest change; answers the steps of the plan.
async fn undo(app: &App) -> Vec<Json> {
    let at = format!("/schemas/history/{}", newest(app).await["version"]);
    let plan = app.admin().post(&format!("{at}/plan"), json!({})).await;
    plan.expect_status(200);
    let token = &plan.body["data"]["token"];
    app.admin().post(&format!("{at}/undo"), json!({ "token": token })).await.expect_status(200);
    plan.body["data"]["steps"].as_array().expect("steps").clone()
}

/// What the steps do, and to which collection.
fn done(steps: &[Json]) -> Vec<String> {
    let text = |step: &Json, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let mut done: Vec<String> = steps
        .iter()
        .filter(|step| step["op"] != "alter_field")
        .map(|step| format!("{} {}", text(step, "op"), text(step, "collection")))
        .collect();
    done.sort();
    done
}

on_a_shop!(an_adoption_is_signed_and_undone_without_touching_a_table, async |app| {
    let before = everything(app).await;
    adopt(app, json!({ "tables": TAKEN })).await.expect_status(200);
    let entry = newest(app).await;
    assert_eq!(entry["actor"], EMAIL, "{entry}");
    assert_eq!(entry["standing"], "undoable", "{entry}");
    let steps = entry["steps"].as_array().expect("steps").clone();
    assert!(steps.iter().any(|step| step["op"] == "adopt_collection"), "{entry}");
    let nested =
        json!({ "sort": "id", "fields": ["*", "customer.name", "customer.passports.number"] });
    let orders = app.admin().rows("orders", nested.clone()).await;
    assert_eq!(orders.len(), 3);

    let steps = undo(app).await;
    assert_eq!(done(&steps), TAKEN.map(|name| format!("forget_collection {name}")));
    assert!(steps.iter().all(|step| step["sql"] == json!([])), "{steps:?}");
    assert!(steps.iter().all(|step| step["lossy"] == false), "{steps:?}");
    assert_eq!(everything(app).await, before, "giving back changed the database");
    app.admin().get("/items/orders").await.expect_refusal(404, "COLLECTION_NOT_FOUND");
    assert_eq!(existing(app, "orders").await["adoptable"], true);

    let steps = undo(app).await;
    assert_eq!(done(&steps), TAKEN.map(|name| format!("adopt_collection {name}")));
    assert_eq!(everything(app).await, before, "taking over again changed the database");
    assert_eq!(app.admin().rows("orders", nested).await, orders);
    let schema = app.admin().get("/schemas/orders").await;
    assert_eq!(schema.body["data"]["schema"]["adopted"], true, "{}", schema.text);
});

on_a_shop!(a_deleted_collection_leaves_a_table_that_was_there_before_it, async |app| {
    adopt(app, json!({ "tables": TAKEN })).await.expect_status(200);
    let before = everything(app).await;
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "customers", "action": "read", "fields": "*" })],
        )
        .await;
    assert_eq!(reader.rows("customers", json!({})).await.len(), 2);

    // Although a table that stays a collection leads to it.
    app.admin().delete("/schemas/customers").await.expect_status(200);
    assert_eq!(everything(app).await, before, "the table was touched");
    app.admin().get("/items/customers").await.expect_refusal(404, "COLLECTION_NOT_FOUND");
    assert_eq!(app.admin().rows("orders", json!({})).await.len(), 3);
    assert_eq!(existing(app, "customers").await["rows"], 2);
    let steps = newest(app).await["steps"].as_array().expect("steps").clone();
    assert_eq!(done(&steps)[0], "forget_collection customers", "{steps:?}");
    // The rights to it are no rights to the next table of that name.
    let permissions = json!({ "filter": { "collection": "customers" } });
    assert!(app.admin().rows("baasix_Permission", permissions).await.is_empty());

    undo(app).await;
    assert_eq!(everything(app).await, before);
    assert_eq!(reader.rows("customers", json!({})).await.len(), 2);
    let names = json!({ "fields": ["customer.name"], "filter": { "id": 3 } });
    assert_eq!(app.admin().rows("orders", names).await[0]["customer"]["name"], "Bo");

    let steps = apply(app, json!({ "drop": ["passports", "customers"] })).await;
    assert_eq!(done(&steps)[..2], ["forget_collection customers", "forget_collection passports"]);
    assert_eq!(everything(app).await, before, "the tables were touched");
    // What has gone meanwhile is not promised.
    outside(app, "DROP TABLE passports").await;
    let at = format!("/schemas/history/{}/plan", newest(app).await["version"]);
    let plan = app.admin().post(&at, json!({})).await;
    plan.expect_refusal(409, "CONFLICT");
    assert!(plan.text.contains("passports"), "{}", plan.text);
});

on_a_shop!(a_table_of_somebody_else_ends_only_by_name_and_with_all_of_it_told, async |app| {
    outside(
        app,
        "ALTER TABLE passports ADD COLUMN \"issued by\" text; UPDATE passports SET \"issued by\" = 'the king'",
    )
    .await;
    adopt(app, json!({ "tables": TAKEN })).await.expect_status(200);
    let before = everything(app).await;
    let admin = app.admin();
    let planned = |body: Json| admin.post("/schemas/plan", body);
    // Only what ends, and nothing that another table leads to, be it a collection or not.
    planned(json!({ "drop": [], "dropTables": ["passports"] }))
        .await
        .expect_refusal(400, "SCHEMA_INVALID");
    let led_to =
        planned(json!({ "drop": ["customers", "orders"], "dropTables": ["customers"] })).await;
    led_to.expect_refusal(400, "SCHEMA_INVALID");
    assert!(led_to.text.contains("by a foreign key"), "{}", led_to.text);
    admin.delete("/schemas/products?dropTable=true").await.expect_refusal(400, "SCHEMA_INVALID");
    admin.delete("/schemas/passports?dropTable=yes").await.expect_refusal(400, "INVALID_QUERY");
    assert_eq!(everything(app).await, before);

    let both = json!({ "drop": ["passports"], "dropTables": ["passports"] });
    let plan = planned(both.clone()).await;
    plan.expect_status(200);
    let step = &plan.body["data"]["steps"][0];
    assert_eq!((&step["op"], &step["lossy"]), (&json!("drop_collection"), &json!(true)), "{step}");
    assert_eq!(step["values"], json!({ "affected": 1, "total": 1 }));
    assert!(step["summary"].as_str().is_some_and(|told| told.contains("`issued by`")), "{step}");
    // A plan that forgets is no leave to drop.
    let forgetting = planned(json!({ "drop": ["passports"] })).await;
    let mut stale = both.clone();
    stale["token"] = forgetting.body["data"]["token"].clone();
    admin.post("/schemas/apply", stale).await.expect_refusal(409, "PLAN_STALE");

    apply(app, both).await;
    assert!(!everything(app).await.contains("the king"));
    // What its fields showed comes back, in a table of our own.
    undo(app).await;
    assert_eq!(admin.column("passports", "number", json!({})).await, ["X-1"]);
    let schema = admin.get("/schemas/passports").await;
    assert!(schema.body["data"]["schema"]["adopted"].is_null(), "{}", schema.text);
    // By its own route, too.
    admin.delete("/schemas/product_tags?dropTable=true").await.expect_status(200);
    assert!(!everything(app).await.contains("product_tags"));
});

/// The fields of a collection without one.
async fn fields_without(app: &App, collection: &str, field: &str) -> Json {
    let schema = app.admin().get(&format!("/schemas/{collection}")).await;
    let mut fields = schema.expect_status(200).body["data"]["schema"]["fields"].clone();
    fields.as_object_mut().expect("fields").shift_remove(field).expect("a field");
    fields
}

/// The step of a plan that does this.
fn step_of(steps: &[Json], op: &str) -> Json {
    steps.iter().find(|step| step["op"] == op).unwrap_or_else(|| panic!("{op}: {steps:?}")).clone()
}

fn summary(step: &Json) -> &str {
    step["summary"].as_str().expect("a summary")
}

on_a_shop!(a_field_that_ends_leaves_its_column_and_comes_back_to_it, async |app| {
    outside(
        app,
        "CREATE TABLE crates (id INTEGER PRIMARY KEY, kind VARCHAR(9) NOT NULL DEFAULT 'a' CHECK (kind IN ('a', 'b')), size INTEGER NOT NULL, n INTEGER); INSERT INTO crates VALUES (1, 'b', 5, 1), (2, 'a', 6, NULL);",
    )
    .await;
    adopt(app, json!({ "tables": ["crates"] })).await.expect_status(200);
    let before = everything(app).await;
    let admin = app.admin();
    for (field, needed) in [("kind", false), ("size", true), ("n", false)] {
        let fields = fields_without(app, "crates", field).await;
        let body = json!({ "collections": [{ "collectionName": "crates", "schema": { "fields": fields } }] });
        let step = step_of(&apply(app, body).await, "forget_field");
        assert_eq!((&step["lossy"], &step["sql"]), (&json!(false), &json!([])), "{step}");
        assert_eq!(summary(&step).contains("no record can be made"), needed, "{step}");
        assert_eq!(everything(app).await, before, "the table was touched");
        assert!(admin.one("crates", &json!(1)).await.get(field).is_none());
        // Its name is not free for another one.
        let mut fields = fields;
        fields[field] = json!({ "type": "Integer" });
        let again = admin.patch("/schemas/crates", json!({ "schema": { "fields": fields } })).await;
        again.expect_refusal(409, "SCHEMA_EXISTS");
        assert!(again.text.contains("no field shows"), "{}", again.text);
        step_of(&undo(app).await, "remember_field");
        assert_eq!(everything(app).await, before, "the table was touched");
    }
    assert_eq!(admin.column("crates", "kind", json!({ "sort": "id" })).await, ["b", "a"]);
    admin.create("crates", json!({ "id": 3, "size": 1 })).await;
    admin
        .post("/items/crates", json!({ "id": 4, "kind": "z", "size": 1 }))
        .await
        .expect_status(400);

    // By the short way, too; and a column that is gone meanwhile is not promised.
    let fields = fields_without(app, "crates", "n").await;
    admin
        .patch("/schemas/crates", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    outside(app, "ALTER TABLE crates DROP COLUMN n").await;
    let at = format!("/schemas/history/{}/plan", newest(app).await["version"]);
    let plan = admin.post(&at, json!({})).await;
    plan.expect_refusal(409, "CONFLICT");
    assert!(plan.text.contains("`n`"), "{}", plan.text);
});

on_a_shop!(a_column_of_somebody_else_ends_only_by_name_and_its_values_come_back, async |app| {
    outside(
        app,
        "CREATE TABLE crates (id INTEGER PRIMARY KEY, kind VARCHAR(9) NOT NULL DEFAULT 'a' CHECK (kind IN ('a', 'b')), size INTEGER NOT NULL); INSERT INTO crates VALUES (1, 'b', 5), (2, 'a', 6);",
    )
    .await;
    adopt(app, json!({ "tables": ["crates"] })).await.expect_status(200);
    let admin = app.admin();
    let kept = json!([{ "collectionName": "crates", "schema": { "fields": fields_without(app, "crates", "size").await } }]);
    for wrong in ["crates.kind", "crates.sise", "crate.size", "size"] {
        let body = json!({ "collections": kept, "dropColumns": [wrong] });
        admin.post("/schemas/plan", body).await.expect_refusal(400, "SCHEMA_INVALID");
    }
    for field in ["kind", "size"] {
        let fields = fields_without(app, "crates", field).await;
        let mut body = json!({ "collections": [{ "collectionName": "crates", "schema": { "fields": fields } }] });
        // A plan that forgets is no leave to drop.
        let forgetting = admin.post("/schemas/plan", body.clone()).await;
        body["dropColumns"] = json!([format!("crates.{field}")]);
        let mut stale = body.clone();
        stale["token"] = forgetting.expect_status(200).body["data"]["token"].clone();
        admin.post("/schemas/apply", stale).await.expect_refusal(409, "PLAN_STALE");
        let step = step_of(&apply(app, body).await, "drop_field");
        assert_eq!(step["values"], json!({ "affected": 2, "total": 2 }), "{step}");
        assert!(summary(&step).contains("no undo brings these rules back"), "{step}");
        let added = step_of(&undo(app).await, "add_field");
        assert_eq!(added["field"], field, "{added}");
    }
    // By the short way, too.
    let fields = fields_without(app, "crates", "size").await;
    let mut body = json!({ "schema": { "fields": fields }, "dropColumns": ["kind"] });
    admin.patch("/schemas/crates", body.clone()).await.expect_refusal(400, "SCHEMA_INVALID");
    body["dropColumns"] = json!("size");
    admin.patch("/schemas/crates", body.clone()).await.expect_refusal(400, "INVALID_BODY");
    body["dropColumns"] = json!(["size"]);
    admin.patch("/schemas/crates", body).await.expect_status(200);
    let added = step_of(&undo(app).await, "add_field");
    assert_eq!(added["field"], "size", "{added}");
    let rows = admin.rows("crates", json!({ "sort": "id" })).await;
    assert_eq!(rows[0], json!({ "id": 1, "kind": "b", "size": 5 }), "{rows:?}");
    assert_eq!((&rows[1]["kind"], &rows[1]["size"]), (&json!("a"), &json!(6)));
    let fields = admin.get("/schemas/crates").await.body["data"]["schema"]["fields"].clone();
    // SQLite could ask for a value again only by making the table anew.
    let asks = app.kind == crate::harness::Kind::Postgres;
    assert_eq!(fields["size"]["allowNull"] == false, asks, "{fields}");
    assert_eq!(fields["kind"].get("defaultValue").is_some(), asks, "{fields}");
    // What was added to such a table goes with the undo of that, and comes back.
    let mut added = fields.clone();
    added["note"] = json!({ "type": "String" });
    let body =
        json!({ "collections": [{ "collectionName": "crates", "schema": { "fields": added } }] });
    apply(app, body).await;
    admin.patch("/items/crates/1", json!({ "note": "fragile" })).await.expect_status(200);
    step_of(&undo(app).await, "drop_field");
    step_of(&undo(app).await, "add_field");
    assert_eq!(
        admin.column("crates", "note", json!({ "sort": "id" })).await,
        [json!("fragile"), Json::Null]
    );
});
