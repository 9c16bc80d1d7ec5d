//! The acceptance list of the original SDK (`spec/data.md` 22) as that client puts it on the wire,
//! whatever ours does: a JSON type on every request, each object and list of a query as one JSON
//! text, ids bare in paths, bodies as they are. S29 to S33 stand in `reports.rs`.

use crate::harness::{Answer, App, Person, on_every_store, plain};
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Somebody who says the type of every request, of those without a body too.
fn original(person: &Person) -> Person {
    person.with_header("content-type", "application/json")
}

fn key() -> Json {
    json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } })
}

/// The sample schema of the seed, whole.
fn product() -> Json {
    json!({
        "name": "Product",
        "timestamps": true,
        "fields": {
            "id": key(),
            "sku": { "type": "SUID", "unique": true, "defaultValue": { "type": "SUID" } },
            "name": {
                "type": "String", "allowNull": false, "values": { "length": 255 },
                "validate": { "notEmpty": true, "len": [3, 255] },
            },
            "price": {
                "type": "Decimal", "values": { "precision": 10, "scale": 2 },
                "validate": { "min": 0, "max": 999999.99 },
            },
            "quantity": { "type": "Integer", "defaultValue": 0, "validate": { "isInt": true, "min": 0 } },
            "email": { "type": "String", "validate": { "isEmail": true } },
            "website": { "type": "String", "validate": { "isUrl": true } },
            "status": { "type": "String", "defaultValue": "draft" },
            "isActive": { "type": "Boolean", "defaultValue": true },
            "sortOrder": { "type": "Integer", "defaultValue": { "type": "AUTOINCREMENT" } },
            "publishedAt": { "type": "DateTime", "defaultValue": { "type": "NOW" } },
        },
    })
}

async fn products(app: &App) -> Person {
    let sdk = original(app.admin());
    let body = json!({ "collectionName": "products", "schema": product() });
    sdk.post("/schemas", body).await.expect_status(201);
    sdk
}

/// What `findOne` answers.
async fn found(sdk: &Person, collection: &str, id: &Json) -> Json {
    sdk.get(&format!("/items/{collection}/{}", plain(id))).await.expect_status(200).body["data"]
        .clone()
}

/// One column of what `find` answers.
async fn column(sdk: &Person, collection: &str, name: &str, params: Json) -> Vec<String> {
    let rows = sdk.rows(collection, params).await;
    rows.iter().map(|row| plain(&row[name])).collect()
}

/// The envelope that the client reads: `error.message`, `error.code`, `details` at the top.
#[track_caller]
fn read_by_the_client(answer: &Answer, status: u16, code: &str) {
    answer.expect_refusal(status, code);
    assert!(answer.message().len() > 3, "{}", answer.text);
    assert!(answer.body["details"].is_array(), "{}", answer.text);
}

on_every_store!(s1_to_s4_schemas_are_made_listed_and_related, async |app| {
    let sdk = original(app.admin());
    // S1.
    let body = json!({ "collectionName": "products", "schema": product() });
    let made = sdk.post("/schemas", body).await;
    assert_eq!(made.expect_status(201).body["data"]["collectionName"], "products");
    assert!(made.body["data"]["schema"]["fields"].is_object(), "{}", made.text);
    let stored = sdk.get("/schemas/products").await.expect_status(200).body["data"].clone();
    for (name, field) in product()["fields"].as_object().expect("fields") {
        for (fact, value) in field.as_object().expect("a field") {
            assert_eq!(&stored["schema"]["fields"][name][fact], value, "{name}.{fact}");
        }
    }
    // S2: the client drops its second argument; only the name arrives.
    let flat = sdk.post("/schemas", json!("products")).await;
    read_by_the_client(&flat, 400, "INVALID_BODY");
    for word in ["collectionName", "schema"] {
        assert!(flat.message().contains(word), "{}", flat.text);
    }
    // S3.
    let all = sdk.get("/schemas").await;
    let names: Vec<&Json> = all.expect_status(200).body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["collectionName"])
        .collect();
    assert!(names.contains(&&json!("products")), "{names:?}");
    assert_eq!(all.body["totalCount"], names.len());
    // S4.
    let body = json!({ "collectionName": "categories", "schema": { "fields": { "id": key(), "name": { "type": "String" } } } });
    sdk.post("/schemas", body).await.expect_status(201);
    let relation =
        json!({ "type": "M2O", "target": "categories", "name": "category", "alias": "products" });
    sdk.post("/schemas/products/relationships", relation).await.expect_status(201);
    let products = sdk.get("/schemas/products").await.body["data"]["schema"].clone();
    assert_eq!(products["fields"]["category_id"]["type"], "UUID");
    let categories = sdk.get("/schemas/categories").await.body["data"]["schema"].clone();
    assert_eq!(
        (&categories["fields"]["products"]["relType"], &categories["fields"]["products"]["target"]),
        (&json!("HasMany"), &json!("products"))
    );
});

on_every_store!(s5_to_s10_a_product_lives, async |app| {
    let sdk = products(app).await;
    // S5: the client resolves to `data`, an object with the key.
    let mut rows = Vec::new();
    for (name, price) in [("Lamp", 29.99), ("Desk", 100.0)] {
        let made = sdk.post("/items/products", json!({ "name": name, "price": price })).await;
        assert_eq!(
            made.expect_status(201).body["data"].as_object().map(serde_json::Map::len),
            Some(1)
        );
        rows.push(found(&sdk, "products", &made.body["data"]["id"]).await);
    }
    let first = &rows[0];
    assert_eq!(
        (&first["status"], &first["isActive"], &first["quantity"]),
        (&json!("draft"), &json!(true), &json!(0))
    );
    let sku = first["sku"].as_str().expect("a short id");
    assert!((6..=32).contains(&sku.len()) && sku != rows[1]["sku"], "{sku}");
    let place = |row: &Json| row["sortOrder"].as_i64().expect("a number");
    assert_eq!(place(&rows[1]), place(first) + 1);
    let published = first["publishedAt"].as_str().expect("a moment");
    assert!(published.len() == 24 && published.ends_with('Z'), "{published}");
    let recent = json!({ "filter": { "publishedAt": { "gte": "$NOW-MINUTES_5" } }, "limit": 0 });
    assert_eq!(sdk.find("products", recent).await.body["totalCount"], 2);
    // S6.
    for (body, field) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "ab" }), "name"),
        (json!({ "name": "Good", "email": "x" }), "email"),
        (json!({ "name": "Good", "website": "x" }), "website"),
        (json!({ "name": "Good", "quantity": 1.5 }), "quantity"),
        (json!({ "name": "Good", "price": -1 }), "price"),
    ] {
        let refused = sdk.post("/items/products", body).await;
        read_by_the_client(&refused, 400, "VALIDATION_ERROR");
        assert_eq!(refused.body["details"][0]["field"], field, "{}", refused.text);
    }
    // S7: the request line as the specification prints it.
    let many: Vec<Json> =
        (0..25).map(|n| json!({ "name": format!("Item {n}"), "status": "active" })).collect();
    sdk.post("/items/products/bulk", json!(many)).await.expect_status(201);
    let line = "/items/products?filter=%7B%22status%22%3A%7B%22eq%22%3A%22active%22%7D%7D&sort=%7B%22createdAt%22%3A%22desc%22%7D&limit=20&page=1";
    let page = sdk.get(line).await;
    let times: Vec<&str> = page.expect_status(200).body["data"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["createdAt"].as_str())
        .collect();
    assert_eq!((times.len(), &page.body["totalCount"]), (20, &json!(25)));
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    // S8: a number, digit by digit.
    let path = format!("/items/products/{}", plain(&first["id"]));
    let one = sdk.get(&path).await;
    assert!(one.text.contains(r#""price":29.99,"#), "{}", one.text);
    // S9.
    let changed = sdk.patch(&path, json!({ "price": 24.99 })).await;
    assert_eq!(changed.expect_status(200).body["data"]["id"], first["id"]);
    let after = found(&sdk, "products", &first["id"]).await;
    assert_eq!(after["price"].to_string(), "24.99");
    assert!(after["updatedAt"].as_str() > first["updatedAt"].as_str(), "{after} {first}");
    // S10: no body, and still a type of one.
    sdk.delete(&path).await.expect_status(200);
    read_by_the_client(&sdk.get(&path).await, 403, "ITEM_NOT_FOUND");
});

/// Thirty-five posts, two of them the owner's, with comments on the first.
async fn posts(app: &App) -> Person {
    let fields = json!({
        "id": key(), "title": { "type": "String" }, "slug": { "type": "String" },
        "content": { "type": "Text" }, "note": { "type": "String" }, "status": { "type": "String" },
        "views": { "type": "Integer" }, "featured": { "type": "Boolean" }, "tags": { "type": "Array_String" },
    });
    app.collection("posts", json!({ "paranoid": true, "fields": fields })).await;
    let fields =
        json!({ "id": key(), "body": { "type": "String" }, "approved": { "type": "Boolean" } });
    app.collection("comments", json!({ "fields": fields })).await;
    let author = json!({ "type": "M2O", "target": "baasix_User", "name": "author", "foreignKey": "author_Id" });
    app.relation("posts", author).await;
    let post = json!({ "type": "M2O", "target": "posts", "name": "post", "alias": "comments" });
    app.relation("comments", post).await;
    let sdk = original(app.admin());
    let owner = app.admin().user_id.clone();
    let rows: Vec<Json> = (0..35)
        .map(|n| {
            json!({
                "title": format!("Post {:02}", n + 1), "slug": format!("post-{}", n + 1),
                "content": if n == 3 { "all about JavaScript engines" } else { "nothing of note" },
                "note": (n == 5).then_some("javascript"),
                "status": if n % 5 == 0 { "draft" } else { "published" },
                "views": n, "featured": n % 10 == 0,
                "tags": if n % 7 == 0 { json!(["featured", "long"]) } else { json!(["short"]) },
                "author_Id": owner.as_ref().filter(|_| n < 2),
            })
        })
        .collect();
    let made = sdk.post("/items/posts/bulk", json!(rows)).await;
    let ids = made.expect_status(201).body["data"].clone();
    let said = json!([
        { "body": "yes", "approved": true, "post_id": ids[0] },
        { "body": "no", "approved": false, "post_id": ids[0] },
        { "body": "meh", "approved": false, "post_id": ids[1] },
    ]);
    sdk.post("/items/comments/bulk", said).await.expect_status(201);
    sdk
}

on_every_store!(s11_to_s17_a_query_is_put_together_step_by_step, async |app| {
    let sdk = posts(app).await;
    // S11.
    let asked = json!({ "fields": ["*", "author.*", "comments.*"], "filter": { "status": { "eq": "published" } }, "sort": { "createdAt": "desc", "title": "desc" }, "limit": 40, "page": 1 });
    let page = sdk.find("posts", asked).await;
    let rows = page.expect_status(200).body["data"].as_array().expect("rows").clone();
    assert_eq!(rows.len(), 28);
    let last = &rows[27];
    assert_eq!(
        (&last["title"], &last["author"]["email"]),
        (&json!("Post 02"), &json!("owner@example.com"))
    );
    assert_eq!(last["comments"][0]["body"], "meh");
    assert_eq!((&rows[0]["author"], &rows[0]["comments"]), (&Json::Null, &json!([])));
    assert!(!page.text.contains("password"), "{}", page.text);
    // S12: `first()` reads `data[0]` of a page of one.
    let first = json!({ "filter": { "slug": { "eq": "my-post" } }, "limit": 1 });
    assert_eq!(sdk.find("posts", first).await.text, r#"{"data":[],"totalCount":0}"#);
    // S13: `count()` is the total of a page of none.
    let none = json!({ "filter": { "status": { "eq": "published" } }, "limit": 0 });
    assert_eq!(sdk.find("posts", none).await.text, r#"{"data":[],"totalCount":28}"#);
    // S14.
    let titles = column(
        &sdk,
        "posts",
        "title",
        json!({ "sort": { "title": "asc" }, "limit": 10, "offset": 20 }),
    )
    .await;
    assert_eq!(titles, (21..=30).map(|n| format!("Post {n}")).collect::<Vec<_>>());
    // S15: the word itself arrives bare, its columns as JSON.
    for word in ["javascript", "javas"] {
        let line =
            format!("/items/posts?search={word}&searchFields=%5B%22title%22%2C%22content%22%5D");
        let answer = sdk.get(&line).await;
        assert_eq!(
            (&answer.body["totalCount"], &answer.body["data"][0]["title"]),
            (&json!(1), &json!("Post 04")),
            "{}",
            answer.text
        );
    }
    // S16.
    let id = sdk.create("posts", json!({ "title": "Zzz" })).await;
    sdk.delete(&format!("/items/posts/{}", plain(&id))).await.expect_status(200);
    let gone = json!({ "title": { "eq": "Zzz" } });
    assert!(sdk.rows("posts", json!({ "filter": gone })).await.is_empty());
    assert_eq!(
        column(&sdk, "posts", "id", json!({ "filter": gone, "paranoid": false })).await,
        [plain(&id)]
    );
    // S17.
    let asked = json!({ "fields": ["*", "comments.*"], "relConditions": { "comments": { "approved": { "eq": true } } }, "sort": { "title": "asc" } });
    let rows = sdk.rows("posts", asked).await;
    assert_eq!(rows.len(), 35);
    assert_eq!(rows[0]["comments"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&rows[0]["comments"][0]["body"], &rows[1]["comments"]),
        (&json!("yes"), &json!([]))
    );
});

on_every_store!(s18_to_s20_every_printed_filter_finds_its_rows, async |app| {
    let sdk = posts(app).await;
    let count = async |filter: Json| {
        let rows =
            column(&sdk, "posts", "title", json!({ "filter": filter, "sort": { "title": "asc" } }))
                .await;
        assert!(rows.is_sorted(), "{rows:?}");
        rows
    };
    // S18.
    for (filter, matches) in [
        (json!({ "views": { "eq": 10 } }), 1),
        (json!({ "views": { "neq": 10 } }), 34),
        (json!({ "views": { "gt": 30 } }), 4),
        (json!({ "views": { "gte": 30 } }), 5),
        (json!({ "views": { "lt": 5 } }), 5),
        (json!({ "views": { "lte": 5 } }), 6),
        (json!({ "title": { "like": "%ost 0%" } }), 9),
        (json!({ "title": { "like": "%POST 0%" } }), 0),
        (json!({ "title": { "ilike": "%POST 0%" } }), 9),
        (json!({ "title": { "startsWith": "Post 3" } }), 6),
        (json!({ "title": { "contains": "st 1" } }), 10),
        (json!({ "status": { "in": ["draft", "pending"] } }), 7),
        (json!({ "views": { "between": [10, 20] } }), 11),
        (json!({ "deletedAt": { "isNull": true } }), 35),
        (json!({ "note": { "isNull": false } }), 1),
        (json!({ "tags": { "arraycontains": ["featured"] } }), 5),
        (json!({ "AND": [{ "status": { "eq": "draft" } }, { "views": { "gt": 0 } }] }), 6),
        (json!({ "OR": [{ "featured": { "eq": true } }, { "views": { "gt": 32 } }] }), 6),
    ] {
        assert_eq!(count(filter.clone()).await.len(), matches, "{filter}");
    }
    assert_eq!(count(json!({ "views": { "eq": 10 } })).await, ["Post 11"]);
    assert!(!count(json!({ "views": { "neq": 10 } })).await.contains(&String::from("Post 11")));
    // S19.
    let mine = json!({ "author_Id": { "eq": "$CURRENT_USER" } });
    assert_eq!(count(mine.clone()).await, ["Post 01", "Post 02"]);
    app.grant_public(json!({ "collection": "posts", "action": "read", "fields": ["*"] })).await;
    let nobody = original(&app.anonymous());
    assert_eq!(nobody.rows("posts", json!({ "limit": -1 })).await.len(), 35);
    assert_eq!(
        nobody.find("posts", json!({ "filter": mine })).await.text,
        r#"{"data":[],"totalCount":0}"#
    );
    // S20.
    assert_eq!(count(json!({ "createdAt": { "gte": "$NOW-DAYS_30" } })).await.len(), 35);
    assert!(count(json!({ "createdAt": { "lt": "$NOW-DAYS_30" } })).await.is_empty());
});

async fn widgets(app: &App) -> Person {
    let fields = json!({
        "id": key(), "sku": { "type": "String", "unique": true }, "name": { "type": "String", "allowNull": false },
        "price": { "type": "Decimal", "values": { "precision": 10, "scale": 2 } },
        "status": { "type": "String", "defaultValue": "draft" },
    });
    app.collection("widgets", json!({ "paranoid": true, "sortEnabled": true, "fields": fields }))
        .await;
    original(app.admin())
}

on_every_store!(s21_to_s24_many_at_once_and_files, async |app| {
    let sdk = widgets(app).await;
    let total = async |filter: Json| {
        let answer = sdk.find("widgets", json!({ "filter": filter, "limit": 0 })).await;
        answer.expect_status(200).body["totalCount"].as_u64().expect("a number")
    };
    let bulk = "/items/widgets/bulk";
    // S21.
    let made = sdk
        .post(
            bulk,
            json!([{ "name": "Product 1", "price": 10 }, { "name": "Product 2", "price": 20 }]),
        )
        .await;
    let ids = made.expect_status(201).body["data"].as_array().expect("ids").clone();
    for (id, name) in ids.iter().zip(["Product 1", "Product 2"]) {
        assert_eq!(found(&sdk, "widgets", id).await["name"], name);
    }
    let refused = sdk.post(bulk, json!([{ "name": "Product 3" }, { "price": 1 }])).await;
    read_by_the_client(&refused, 400, "REQUIRED_FIELD_MISSING");
    assert_eq!(total(json!({})).await, 2);
    // S22: one entry with the same data for each key.
    let entries = |ids: &[Json], data: Json| {
        ids.iter().map(|id| json!({ "id": id, "data": data })).collect::<Vec<_>>()
    };
    let changed = sdk.patch(bulk, json!(entries(&ids, json!({ "status": "archived" })))).await;
    assert_eq!(changed.expect_status(200).body["data"], json!(ids));
    assert_eq!(total(json!({ "status": { "eq": "archived" } })).await, 2);
    let strangers = [ids.clone(), vec![json!(NOBODY)]].concat();
    let lost = sdk.patch(bulk, json!(entries(&strangers, json!({ "status": "lost" })))).await;
    read_by_the_client(&lost, 403, "ITEM_NOT_FOUND");
    assert_eq!(total(json!({ "status": { "eq": "lost" } })).await, 0);
    // S23: a list of keys as the body of a DELETE.
    let lost = sdk.delete_with(bulk, json!(strangers)).await;
    read_by_the_client(&lost, 403, "ITEM_NOT_FOUND");
    assert_eq!(total(json!({})).await, 2);
    let gone = sdk.delete_with(bulk, json!(ids)).await;
    assert_eq!(gone.expect_status(204).text, "");
    assert_eq!(total(json!({})).await, 0);
    // S24: the client makes `{}` of a form; a form sent by `fetch` is taken.
    for (kind, field, text) in [
        ("csv", "csvFile", "name,price\nFrom CSV,29.99\n"),
        ("json", "jsonFile", r#"[{"name":"From JSON","price":5}]"#),
    ] {
        let path = format!("/items/widgets/import-{kind}");
        let nothing = sdk.post(&path, json!({})).await;
        read_by_the_client(&nothing, 400, "NO_FILE");
        for word in ["file provided", "createMany", field] {
            assert!(nothing.message().contains(word), "{}", nothing.text);
        }
        let part = Part::text(text).file_name(format!("rows.{kind}"));
        let done = app.admin().post_form(&path, Form::new().part(field, part)).await;
        assert_eq!(
            done.expect_status(200).body["results"],
            json!({ "imported": 1, "failed": 0, "errors": [] })
        );
    }
    let prices = sdk.rows("widgets", json!({ "sort": { "name": "asc" } })).await;
    assert_eq!(
        prices.iter().map(|row| row["price"].to_string()).collect::<Vec<_>>(),
        ["29.99", "5.00"]
    );
});

on_every_store!(s25_to_s28_order_upsert_and_the_trash, async |app| {
    let sdk = widgets(app).await;
    let rows: Vec<Json> = "abcde".chars().map(|name| json!({ "name": name.to_string() })).collect();
    let made =
        sdk.post("/items/widgets/bulk", json!(rows)).await.expect_status(201).body["data"].clone();
    let order = async || {
        column(&sdk, "widgets", "name", json!({ "sort": { "sort": "asc" } })).await.concat()
    };
    let put = async |item: usize, to: usize, mode: &str| {
        let body = json!({ "item": made[item], "to": made[to], "mode": mode });
        sdk.post("/utils/sort/widgets", body).await.expect_status(200);
    };
    assert_eq!(order().await, "abcde");
    // S25.
    put(4, 1, "before").await;
    assert_eq!(order().await, "aebcd");
    put(0, 3, "after").await;
    assert_eq!(order().await, "ebcda");
    // S26: each behind the one before it, one request after the other.
    for (item, to) in [(0, 2), (1, 0)] {
        put(item, to, "after").await;
    }
    let placed: String = order().await.chars().filter(|name| "abc".contains(*name)).collect();
    assert_eq!(placed, "cab");
    // S27: found, then changed by the key of the first row, else made.
    for price in [29.99, 31.0] {
        let by = json!({ "filter": { "sku": { "eq": "WIDGET-001" } }, "limit": 1 });
        let data = json!({ "name": "Widget", "price": price, "sku": "WIDGET-001" });
        let there = sdk.rows("widgets", by).await;
        match there.first() {
            Some(row) => {
                let path = format!("/items/widgets/{}", plain(&row["id"]));
                sdk.patch(&path, data).await.expect_status(200)
            }
            None => sdk.post("/items/widgets", data).await.expect_status(201),
        };
    }
    let there = sdk.rows("widgets", json!({ "filter": { "sku": { "eq": "WIDGET-001" } } })).await;
    assert_eq!((there.len(), there[0]["price"].to_string()), (1, String::from("31.00")));
    // S28: the client writes the moment itself.
    let path = format!("/items/widgets/{}", plain(&there[0]["id"]));
    let moment = &there[0]["updatedAt"];
    sdk.patch(&path, json!({ "deletedAt": moment })).await.expect_status(200);
    read_by_the_client(&sdk.get(&path).await, 403, "ITEM_NOT_FOUND");
    let hidden = sdk.get(&format!("{path}?paranoid=false")).await;
    assert!(hidden.expect_status(200).body["data"]["deletedAt"].is_string(), "{}", hidden.text);
    sdk.patch(&path, json!({ "deletedAt": null })).await.expect_status(200);
    assert_eq!(sdk.get(&path).await.expect_status(200).body["data"]["deletedAt"], Json::Null);
});

on_every_store!(s34_each_kind_of_error_is_one_the_client_reads, async |app| {
    let sdk = products(app).await;
    let id = sdk.create("products", json!({ "name": "Only" })).await;
    let sku = found(&sdk, "products", &id).await["sku"].clone();
    let invalid = sdk.post("/items/products", json!({ "name": "" })).await;
    read_by_the_client(&invalid, 400, "VALIDATION_ERROR");
    let absent = sdk.get(&format!("/items/products/{NOBODY}")).await;
    read_by_the_client(&absent, 403, "ITEM_NOT_FOUND");
    read_by_the_client(&sdk.get("/no/such/route").await, 404, "NOT_FOUND");
    let twice = sdk.post("/items/products", json!({ "name": "Twice", "sku": sku })).await;
    read_by_the_client(&twice, 409, "UNIQUE_VIOLATION");
    assert_eq!(twice.message(), "Unique constraint violation");
});
