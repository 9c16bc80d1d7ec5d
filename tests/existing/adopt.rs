//! What is there, what it would become, and taking it over.

use super::{TAKEN, adopt, everything, existing, on_a_shop, plan};
use crate::harness::Kind;
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};
use std::time::Duration;

fn reasons(table: &Json) -> Vec<&str> {
    let list = table["reasons"].as_array().expect("reasons");
    list.iter().filter_map(|reason| reason["code"].as_str()).collect()
}

on_a_shop!(tables_are_shown_with_what_they_would_become_or_why_not, async |app| {
    let answer = app.admin().get("/schemas/existing").await;
    answer.expect_status(200);
    let tables = answer.body["data"]["tables"].as_array().expect("tables");
    let taken: Vec<&str> = tables
        .iter()
        .filter(|table| table["adoptable"] == true)
        .filter_map(|table| table["name"].as_str())
        .collect();
    assert_eq!(taken, TAKEN, "{}", answer.text);
    for (name, why) in [
        ("order_items", "COMPOSITE_KEY"),
        ("notes", "NO_KEY"),
        ("Order Details", "NAME"),
        ("dear_orders", "VIEW"),
    ] {
        let table = existing(app, name).await;
        assert_eq!(reasons(&table), [why], "{table}");
        assert_eq!(table["adoptable"], false);
        assert!(table["reasons"][0]["message"].as_str().is_some_and(|text| text.contains(name)));
    }
    let names = app.admin().get("/schemas/existing?names=true").await;
    assert_eq!(names.body["data"]["names"].as_array().map(Vec::len), Some(TAKEN.len() + 4));
    assert_eq!(names.body["data"]["tables"], json!([]), "{}", names.text);
    let customers = existing(app, "customers").await;
    assert_eq!(customers["rows"], 2);
    let types: Vec<(&str, Option<&str>)> = customers["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|column| (column["name"].as_str().expect("a name"), column["type"].as_str()))
        .collect();
    let expected = match app.kind {
        // The moments stand in another form than the one that sorts: they are the text they are.
        Kind::Sqlite => vec![
            ("id", Some("BigInt")),
            ("name", Some("Text")),
            ("email", Some("String")),
            ("vip", Some("Boolean")),
            ("born", Some("Date")),
            ("joined", Some("Text")),
            ("balance", Some("Double")),
        ],
        Kind::Postgres => vec![
            ("id", Some("Integer")),
            ("name", Some("Text")),
            ("email", Some("String")),
            ("vip", Some("Boolean")),
            ("born", Some("Date")),
            ("joined", Some("DateTime")),
            ("balance", Some("Decimal")),
            ("mood", None),
            ("labels", None),
        ],
    };
    assert_eq!(types, expected);
    // What is not as declared, or not shown, says so.
    for column in customers["columns"].as_array().expect("columns") {
        let told = ["joined", "mood", "labels"].contains(&column["name"].as_str().expect("a name"));
        assert_eq!(column["note"].is_string(), told, "{column}");
    }
});

on_a_shop!(foreign_keys_become_relations_of_every_kind, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let relations = async |table: &str| -> Vec<String> {
        let schema = app.admin().get(&format!("/schemas/{table}")).await;
        let fields = schema.body["data"]["schema"]["fields"].as_object().expect("fields").clone();
        let mut found: Vec<String> = fields
            .iter()
            .filter_map(|(name, field)| {
                let word = field["relType"].as_str()?;
                Some(format!("{name}:{word}:{}", field["target"].as_str()?))
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(
        relations("customers").await,
        ["orders:HasMany:orders", "passports:HasOne:passports"]
    );
    assert_eq!(relations("orders").await, ["customer:BelongsTo:customers"]);
    assert_eq!(relations("passports").await, ["customer:BelongsTo:customers"]);
    assert_eq!(
        relations("employees").await,
        ["ReportsTo_employees:BelongsTo:employees", "ReportsTo_employees_of:HasMany:employees"]
    );
    assert_eq!(
        relations("products").await,
        ["product_tags:HasMany:product_tags", "tags:BelongsToMany:tags"]
    );
    assert_eq!(
        relations("tags").await,
        ["product_tags:HasMany:product_tags", "products:BelongsToMany:products"]
    );
});

on_a_shop!(a_dry_run_changes_nothing_and_a_table_is_taken_over_without_touching_it, async |app| {
    let before = everything(app).await;
    let planned = plan(app, json!({ "tables": TAKEN })).await;
    planned.expect_status(200);
    let data = &planned.body["data"];
    assert_eq!(data["tables"].as_array().map(Vec::len), Some(TAKEN.len()));
    assert_eq!(data["untouchedRows"], 16);
    assert_eq!(data["store"], if app.kind == Kind::Sqlite { "sqlite" } else { "postgres" });
    for step in data["steps"].as_array().expect("steps") {
        assert_eq!((&step["sql"], &step["lossy"]), (&json!([]), &json!(false)), "{step}");
    }
    app.admin().get("/schemas/customers").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    assert!(everything(app).await == before, "a plan changed the database");

    adopt(app, json!({ "tables": TAKEN })).await.expect_status(200);
    assert_eq!(everything(app).await, before, "taking over changed the database");
    for name in TAKEN {
        app.admin().get(&format!("/schemas/{name}")).await.expect_status(200);
    }
    let left = app.admin().get("/schemas/existing").await;
    let left: Vec<&str> = left.body["data"]["tables"]
        .as_array()
        .expect("tables")
        .iter()
        .filter_map(|table| table["name"].as_str())
        .collect();
    assert_eq!(left, ["Order Details", "dear_orders", "notes", "order_items"]);
});

on_a_shop!(taken_tables_are_ordinary_collections, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let admin = app.admin();
    let rows = admin
        .rows(
            "customers",
            json!({ "filter": { "vip": true }, "fields": ["name", "born", "vip", "orders.total", "orders.cents", "passports.number"] }),
        )
        .await;
    assert_eq!(
        rows,
        [json!({ "name": "Ada", "born": "1815-12-10", "vip": true,
            "orders": [{ "id": 1, "total": 20, "cents": 2000 }, { "id": 2, "total": 99.5, "cents": 9950 }],
            "passports": { "id": 1, "number": "X-1" } })]
    );
    let filtered = admin
        .column(
            "orders",
            "id",
            json!({ "filter": { "customer.email": { "startsWith": "ada" } }, "sort": "-total" }),
        )
        .await;
    assert_eq!(filtered, [json!(2), json!(1)]);
    let chief = admin
        .column(
            "employees",
            "EmployeeId",
            json!({ "filter": { "ReportsTo_employees.LastName": "Chief" }, "sort": "EmployeeId" }),
        )
        .await;
    assert_eq!(chief, [json!(2), json!(3)]);
    let lamps = admin
        .rows("products", json!({ "filter": { "code": "lamp" }, "fields": ["code", "tags.word"] }))
        .await;
    assert_eq!(
        lamps,
        [
            json!({ "code": "lamp", "id": "lamp", "tags": [{ "id": 1, "word": "light" }, { "id": 2, "word": "wood" }] })
        ]
    );

    // Made: by the table's own counter, with its own defaults and its own trigger.
    let id = admin.create("customers", json!({ "name": "Cy" })).await;
    assert_eq!(id, json!(3));
    let cy = &admin.rows("customers", json!({ "filter": { "id": 3 } })).await[0];
    assert_eq!((&cy["vip"], cy["balance"].as_f64()), (&json!(false), Some(0.0)), "{cy}");
    assert!(cy["joined"].is_string(), "{cy}");
    let order =
        admin.create("orders", json!({ "customer_id": 3, "total": 1.25, "cents": 7 })).await;
    assert_eq!(
        admin.column("orders", "cents", json!({ "filter": { "id": order } })).await,
        [json!(125)]
    );
    // A key that was given is not given again.
    admin.post("/items/customers", json!({ "id": 9, "name": "Ny" })).await.expect_status(201);
    assert_eq!(admin.create("customers", json!({ "name": "Oz" })).await, json!(10));
    let many: Vec<Json> = (0..12).map(|n| json!({ "word": format!("w{n}") })).collect();
    admin.post("/items/tags/bulk", json!(many)).await.expect_status(201);
    assert_eq!(admin.column("tags", "id", json!({ "sort": "-id", "limit": 1 })).await, [json!(14)]);
    // Without row numbers.
    assert_eq!(admin.create("products", json!({ "code": "rug" })).await, json!("rug"));
    assert_eq!(
        admin.column("products", "title", json!({ "filter": { "code": "rug" } })).await,
        [json!("unnamed")]
    );
    let page = admin
        .find(
            "products",
            json!({ "filter": { "title": { "ne": "x" } }, "sort": "price", "limit": 2 }),
        )
        .await;
    page.expect_status(200);
    assert_eq!(page.body["totalCount"], 3);
    let counted = admin.find("products", json!({ "count": "estimate", "limit": 1 })).await;
    counted.expect_status(200);

    // Changed and removed, with what hangs on them.
    admin.patch("/items/products/rug", json!({ "price": 5 })).await.expect_status(200);
    assert_eq!(
        admin.column("products", "price", json!({ "filter": { "code": "rug" } })).await,
        [json!(5)]
    );
    admin.patch("/items/customers/1", json!({ "name": "Ada L." })).await.expect_status(200);
    admin.delete("/items/products/rug").await.expect_status(200);
    admin.delete("/items/customers/2").await.expect_status(200);
    assert_eq!(
        admin.column("orders", "id", json!({ "filter": { "customer_id": 2 } })).await,
        Vec::<Json>::new()
    );
    // The table's own rules hold.
    let twice =
        admin.post("/items/customers", json!({ "name": "x", "email": "ada@example.com" })).await;
    twice.expect_refusal(409, "UNIQUE_VIOLATION");
    let nobody = admin.post("/items/orders", json!({ "customer_id": 77 })).await;
    nobody.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    let nameless = admin.post("/items/customers", json!({ "email": "b@example.com" })).await;
    nameless.expect_refusal(400, "REQUIRED_FIELD_MISSING");
});

on_a_shop!(tables_taken_one_after_the_other_find_each_other, async |app| {
    adopt(app, json!({ "tables": ["orders"] })).await.expect_status(200);
    let alone = app.admin().get("/schemas/orders").await;
    assert!(alone.body["data"]["schema"]["fields"]["customer"].is_null(), "{}", alone.text);
    let before = everything(app).await;
    adopt(app, json!({ "tables": ["customers"] })).await.expect_status(200);
    assert_eq!(everything(app).await, before);
    let totals = app
        .admin()
        .rows("orders", json!({ "fields": ["customer.name"], "filter": { "total": 7 } }))
        .await;
    assert_eq!(totals, [json!({ "customer": { "id": 2, "name": "Bo" } })]);
    let many = app
        .admin()
        .rows("customers", json!({ "fields": ["orders.id"], "filter": { "id": 1 } }))
        .await;
    assert_eq!(many, [json!({ "orders": [{ "id": 1 }, { "id": 2 }] })]);
});

on_a_shop!(a_file_leaves_to_an_adopted_table_what_its_maker_fills_in, async |app| {
    adopt(app, json!({})).await.expect_status(200);
    let file = Part::text("code,price\nN1,2.5\nN2,3\n").file_name("products.csv");
    let form = Form::new().text("collection", "products").part("file", file);
    let started = app.admin().post_form("/imports", form).await;
    started.expect_status(202);
    let path = format!("/imports/{}", started.body["data"]["id"].as_str().expect("an id"));
    let job = loop {
        let job = app.admin().get(&path).await.body["data"].clone();
        if matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled")) {
            break job;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&job["state"], &job["rowsWritten"]), (&json!("done"), &json!(2)), "{job}");
    let asked = json!({ "filter": { "code": { "startsWith": "N" } }, "sort": "code" });
    assert_eq!(app.admin().column("products", "title", asked).await, ["unnamed", "unnamed"]);
});
