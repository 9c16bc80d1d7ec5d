//! Definitions taken from one project and brought to it again, or to another.

use super::goods;
use crate::harness::{Answer, App, Kind, Person, on_every_store};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

fn named<'a>(list: &'a Json, name: &str) -> &'a Json {
    list.as_array()
        .and_then(|list| list.iter().find(|one| one["collectionName"] == name))
        .unwrap_or_else(|| panic!("no `{name}` in {list}"))
}

on_every_store!(what_was_exported_is_imported_under_the_same_names, async |app| {
    goods(app).await;
    let exported = app.admin().get("/schemas/export").await.expect_status(200).body["data"].clone();
    let mut goods = named(&exported, "goods").clone();
    assert_eq!(
        goods["schema"],
        app.admin().get("/schemas/goods").await.body["data"]["schema"],
        "an export says what the route of the collection says"
    );
    let names: Vec<&str> = exported
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["collectionName"].as_str())
        .collect();
    assert!(names.is_sorted(), "{names:?}");

    let again = app.admin().post("/schemas/import", json!({ "schemas": [goods] })).await;
    let nothing = json!({ "created": [], "updated": [], "unchanged": ["goods"], "deleted": [], "errors": [] });
    assert_eq!(
        again.expect_status(200).body,
        json!({ "message": "Schema import completed", "changes": nothing, "data": nothing })
    );

    goods["schema"]["fields"]["stock"] = json!({ "type": "Integer" });
    let mut copy = goods.clone();
    copy["collectionName"] = json!("copies");
    let changed = app.admin().post("/schemas/import", json!({ "schemas": [goods, copy] })).await;
    assert_eq!(
        changed.expect_status(200).body["data"],
        json!({ "created": ["copies"], "updated": ["goods"], "unchanged": [], "deleted": [], "errors": [] })
    );
    assert_eq!(
        app.admin().column("goods", "stock", json!({ "sort": "id" })).await,
        [Json::Null, Json::Null, Json::Null],
        "rows stay"
    );
    app.admin().create("copies", json!({ "id": 9, "stock": 4 })).await;
});

on_every_store!(an_import_with_one_broken_definition_changes_nothing, async |app| {
    let fine =
        json!({ "collectionName": "fine", "schema": { "fields": { "a": { "type": "Text" } } } });
    let broken =
        json!({ "collectionName": "bad", "schema": { "fields": { "a": { "type": "Txet" } } } });
    let refused = app.admin().post("/schemas/import", json!({ "schemas": [fine, broken] })).await;
    refused.expect_refusal(400, "SCHEMA_INVALID");
    assert!(refused.text.contains("Txet"), "{}", refused.text);
    app.admin().get("/schemas/fine").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
});

/// A form with one file, as older clients send it.
async fn sent(person: &Person, path: &str, field: &str, file: &Json) -> Answer {
    let part = reqwest::multipart::Part::text(file.to_string()).file_name("export.json");
    person.post_form(path, reqwest::multipart::Form::new().part(field.to_owned(), part)).await
}

on_every_store!(a_file_of_schemas_is_looked_at_and_taken_by_another_project, async |app| {
    goods(app).await;
    let answer = app.admin().get("/schemas-export").await;
    answer.expect_status(200);
    let disposition = answer.headers["content-disposition"].to_str().expect("a text");
    assert!(disposition.starts_with("attachment; filename=\"schema-export-"), "{disposition}");
    let file = answer.body;
    assert_eq!(file["version"], "1.0");
    let entry = named(&file["schemas"], "goods");
    assert!(file["timestamp"].is_string() && entry["createdAt"].is_string(), "{entry}");
    assert!(named(&file["schemas"], "baasix_User")["updatedAt"].is_string());

    let other = App::start(app.kind).await;
    let admin = other.admin();
    let preview = sent(admin, "/schemas-preview-import", "schema", &file).await;
    let told = &preview.expect_status(200).body;
    assert_eq!(
        (&told["importVersion"], &told["importTimestamp"]),
        (&json!("1.0"), &file["timestamp"])
    );
    let changes = &told["changes"];
    assert_eq!(changes["new"].as_array().map(Vec::len), Some(1), "{changes}");
    assert_eq!(changes["new"][0]["collectionName"], "goods");
    assert!(changes["new"][0]["details"]["fields"]["id"].is_object());
    assert_eq!((&changes["modified"], &changes["deleted"]), (&json!([]), &json!([])));
    let count = file["schemas"].as_array().map_or(0, Vec::len);
    assert_eq!(changes["unchanged"].as_array().map(Vec::len), Some(count - 1));
    admin.get("/schemas/goods").await.expect_refusal(404, "SCHEMA_NOT_FOUND");

    let taken = sent(admin, "/schemas-import", "schema", &file).await;
    let told = &taken.expect_status(200).body;
    assert_eq!(told["message"], "Schema import completed");
    assert_eq!(
        (&told["changes"]["created"], &told["changes"]["updated"]),
        (&json!(["goods"]), &json!([]))
    );
    assert_eq!(
        admin.get("/schemas/goods").await.body["data"]["schema"]["fields"],
        entry["schema"]["fields"]
    );

    // What differs is named; what the file does not know is told and stays.
    other.collection("extra", json!({ "fields": { "a": { "type": "Text" } } })).await;
    let mut changed = file.clone();
    let goods = changed["schemas"].as_array_mut().expect("a list").iter_mut();
    let goods = goods.into_iter().find(|one| one["collectionName"] == "goods").expect("goods");
    goods["schema"]["fields"]["stock"] = json!({ "type": "Integer" });
    goods["schema"]["paranoid"] = json!(true);
    let preview = admin.post("/schemas-preview-import", changed.clone()).await;
    let changes = &preview.expect_status(200).body["changes"];
    assert_eq!(changes["deleted"], json!(["extra"]));
    assert_eq!(changes["modified"][0]["collectionName"], "goods");
    let differences = changes["modified"][0]["differences"].to_string();
    assert!(
        differences.contains("fields.stock") && differences.contains("paranoid"),
        "{differences}"
    );
    admin.post("/schemas-import", changed).await.expect_status(200);
    admin.get("/schemas/extra").await.expect_status(200);
    admin.get("/items/goods?fields=[\"stock\"]").await.expect_status(200);
    other.stop().await;
});

on_every_store!(a_file_that_is_none_is_refused_and_changes_nothing, async |app| {
    goods(app).await;
    let before = app.admin().get("/schemas/export").await.text;
    for path in ["/schemas-preview-import", "/schemas-import"] {
        let admin = app.admin();
        let empty = reqwest::multipart::Form::new().text("other", "x");
        admin.post_form(path, empty).await.expect_refusal(400, "NO_FILE");
        sent(admin, path, "schema", &json!([1])).await.expect_refusal(400, "INVALID_BODY");
        sent(admin, path, "schema", &json!({})).await.expect_refusal(400, "INVALID_BODY");
        admin.post_text(path, "{").await.expect_refusal(400, "INVALID_BODY");
        let broken = json!({ "schemas": [{ "collectionName": "fine", "schema": { "fields": { "a": { "type": "Text" } } } }, { "collectionName": "b b", "schema": {} }] });
        sent(admin, path, "schema", &broken).await.expect_refusal(400, "SCHEMA_INVALID");
    }
    assert_eq!(app.admin().get("/schemas/export").await.text, before);
});

on_every_store!(schemas_as_files_are_administrators_business, async |app| {
    goods(app).await;
    let grants = ["read", "create", "update"].map(|action| json!({ "collection": "baasix_SchemaDefinition", "action": action, "fields": ["*"] }));
    let reader = app.with_grants("Reader", &grants).await;
    for person in [&reader, &app.anonymous()] {
        for path in ["/schemas-export", "/schemas/export", "/permissions-export"] {
            person.get(path).await.expect_refusal(403, "FORBIDDEN");
        }
        for path in [
            "/schemas-preview-import",
            "/schemas-import",
            "/schemas/import",
            "/schemas/plan",
            "/schemas/apply",
            "/schemas/indexes/migrate",
            "/permissions-export",
            "/permissions-preview-import",
            "/permissions-import",
        ] {
            person.post(path, json!({})).await.expect_refusal(403, "FORBIDDEN");
        }
    }
    // What a role reads of the catalogue as records is the record, never what is hidden of it.
    let rows = reader.get("/items/baasix_SchemaDefinition?limit=1").await;
    assert!(rows.expect_status(200).body["data"][0].get("source").is_none(), "{}", rows.text);
    // Of the collections themselves it sees those that it may touch.
    let listed = reader.get("/schemas").await;
    let names: Vec<&str> = listed.expect_status(200).body["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["collectionName"].as_str())
        .collect();
    assert_eq!(names, ["baasix_SchemaDefinition"]);
    reader.get("/schemas/goods").await.expect_refusal(404, "SCHEMA_NOT_FOUND");
    let document = reader.get("/openapi").await.text;
    assert!(!document.contains("/items/goods"), "{document}");
});

/// Runs a statement that no request could run.
pub(crate) async fn meddle(app: &App, text: &str) {
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            connection.busy_timeout(std::time::Duration::from_secs(5)).expect("wait for a turn");
            connection.execute_batch(text).expect(text);
        }
        Kind::Postgres => {
            let url = app.database_url().expect("an address");
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            connection.execute(AssertSqlSafe(text.to_owned())).await.expect(text);
            connection.close().await.expect("close");
        }
    }
}

on_every_store!(indexes_that_are_missing_or_have_an_old_form_are_made_anew, async |app| {
    goods(app).await;
    let admin = app.admin();
    for (name, unique) in [("by_name", false), ("by_note", true)] {
        let field = if unique { "note" } else { "title" };
        let mut fields = admin.get("/schemas/goods").await.body["data"]["schema"]["fields"].clone();
        fields[field] = json!({ "type": "String" });
        let change = json!({ "schema": { "fields": fields } });
        admin.patch("/schemas/goods", change).await.expect_status(200);
        let body = json!({ "name": name, "fields": [field], "unique": unique });
        admin.post("/schemas/goods/indexes", body).await.expect_status(201);
    }
    let nothing = admin.post("/schemas/indexes/migrate", json!({})).await;
    let told = nothing.expect_status(200).body["data"].clone();
    assert_eq!((&told["created"], &told["rebuilt"]), (&json!([]), &json!([])), "{told}");
    let all = told["unchanged"].as_u64().expect("a number");

    meddle(app, r#"DROP INDEX "by_note"; DROP INDEX "by_name"; CREATE UNIQUE INDEX "by_name" ON "goods" ("title");"#).await;
    let done = admin.post("/schemas/indexes/migrate", json!({})).await;
    let told = done.expect_status(200).body.clone();
    assert_eq!(told["message"], "Indexes migrated successfully");
    assert_eq!(
        told["data"],
        json!({ "created": ["by_note"], "rebuilt": ["by_name"], "unchanged": all - 2 })
    );
    // They rule again: the one that was unique by mistake does not, the other does.
    for id in [71, 72] {
        admin
            .create("goods", json!({ "id": id, "title": "twice", "note": format!("n{id}") }))
            .await;
    }
    let twice = admin.post("/items/goods", json!({ "id": 73, "note": "n71" })).await;
    twice.expect_refusal(409, "UNIQUE_VIOLATION");

    // Where the rows do not allow an index, nothing is changed and it is said.
    meddle(
        app,
        r#"DROP INDEX "by_note"; UPDATE "goods" SET "note" = 'same'; DROP INDEX "by_name";"#,
    )
    .await;
    let refused = admin.post("/schemas/indexes/migrate", json!({})).await;
    assert_eq!(
        (refused.status, refused.message()),
        (409, "Error migrating indexes"),
        "{}",
        refused.text
    );
    meddle(app, r#"UPDATE "goods" SET "note" = NULL;"#).await;
    let done = admin.post("/schemas/indexes/migrate", json!({})).await;
    let mut created: Vec<&str> = done.expect_status(200).body["data"]["created"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Json::as_str)
        .collect();
    created.sort_unstable();
    assert_eq!(created, ["by_name", "by_note"]);
});
