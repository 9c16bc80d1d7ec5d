//! Permissions out of one project and into another, as a file of roles and as a list.

use crate::harness::{Answer, App, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

/// An editor and a reader of notes.
async fn roles(app: &App) -> Vec<Json> {
    let fields = json!({ "title": { "type": "String" }, "open": { "type": "Boolean" } });
    app.collection("notes", json!({ "fields": fields })).await;
    let admin = app.admin();
    let mut made = Vec::new();
    for (name, actions) in [("Editor", vec!["read", "update"]), ("Reader", vec!["read"])] {
        let body = json!({ "name": name, "description": format!("A {name}") });
        let role = admin.create("baasix_Role", body).await;
        for action in actions {
            let row = json!({ "role_Id": role, "collection": "notes", "action": action, "fields": ["*"], "conditions": { "open": true } });
            admin.post("/permissions", row).await.expect_status(201);
        }
        made.push(role);
    }
    made
}

async fn sent(person: &Person, path: &str, file: &Json) -> Answer {
    let part = reqwest::multipart::Part::text(file.to_string()).file_name("roles.json");
    let form = reqwest::multipart::Form::new().part("rolesPermissions", part);
    person.post_form(path, form).await
}

fn of_role<'a>(file: &'a Json, name: &str) -> &'a Json {
    let roles = file["roles"].as_array().expect("roles");
    roles.iter().find(|role| role["name"] == name).unwrap_or_else(|| panic!("no {name}: {file}"))
}

async fn granted(app: &App, role: &str) -> Vec<(String, String)> {
    let filter = json!({ "filter": { "role.name": role }, "sort": ["collection", "action"] });
    let rows = app.admin().rows("baasix_Permission", filter).await;
    let pair = |row: &Json| (plain(&row["collection"]), plain(&row["action"]));
    rows.iter().map(pair).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(one, two)| ((*one).to_owned(), (*two).to_owned())).collect()
}

on_every_store!(a_file_of_roles_gives_another_project_the_same_permissions, async |app| {
    roles(app).await;
    let answer = app.admin().get("/permissions-export").await;
    answer.expect_status(200);
    let disposition = answer.headers["content-disposition"].to_str().expect("a text");
    assert!(disposition.starts_with("attachment; "), "{disposition}");
    let file = answer.body;
    assert_eq!(file["version"], "1.0");
    let editor = of_role(&file, "Editor");
    assert_eq!(editor["description"], "A Editor");
    assert_eq!(editor["permissions"].as_array().map(Vec::len), Some(2));
    let row = &editor["permissions"][0];
    assert!(row.get("id").is_none() && row.get("role_Id").is_none(), "{row}");
    assert_eq!((&row["fields"], &row["conditions"]), (&json!(["*"]), &json!({ "open": true })));

    let other = App::start(app.kind).await;
    let fields = json!({ "title": { "type": "String" }, "open": { "type": "Boolean" } });
    other.collection("notes", json!({ "fields": fields })).await;
    let admin = other.admin();
    let reader = admin.create("baasix_Role", json!({ "name": "Reader" })).await;
    for (action, conditions) in [("read", Json::Null), ("delete", Json::Null)] {
        let row = json!({ "role_Id": reader, "collection": "notes", "action": action, "fields": ["*"], "conditions": conditions });
        admin.post("/permissions", row).await.expect_status(201);
    }
    let preview = sent(admin, "/permissions-preview-import", &file).await;
    let told = &preview.expect_status(200).body;
    assert_eq!(
        (&told["importVersion"], &told["importTimestamp"]),
        (&json!("1.0"), &file["timestamp"])
    );
    let changes = &told["changes"];
    let about =
        |role: &str, action: &str| json!({ "role": role, "collection": "notes", "action": action });
    assert_eq!(changes["new"].as_array().map(Vec::len), Some(2), "{changes}");
    assert_eq!(changes["modified"], json!([about("Reader", "read")]));
    assert_eq!(changes["deleted"], json!([about("Reader", "delete")]));
    assert_eq!(changes["unchanged"].as_array().map(Vec::len), Some(4), "{changes}");
    assert_eq!(granted(&other, "Reader").await, pairs(&[("notes", "delete"), ("notes", "read")]));

    let taken = sent(admin, "/permissions-import", &file).await;
    let told = &taken.expect_status(200).body;
    assert_eq!(told["message"], "Permissions import completed");
    assert_eq!(
        (&told["changes"]["updated"], &told["changes"]["errors"]),
        (&changes["modified"], &json!([]))
    );
    assert_eq!(granted(&other, "Reader").await, pairs(&[("notes", "read")]));
    assert_eq!(granted(&other, "Editor").await, pairs(&[("notes", "read"), ("notes", "update")]));
    // The same file has nothing more to do, and says so.
    let again = sent(admin, "/permissions-preview-import", &file).await.body["changes"].clone();
    assert_eq!(
        (&again["new"], &again["modified"], &again["deleted"]),
        (&json!([]), &json!([]), &json!([]))
    );
    // They rule at once.
    let role = admin.column("baasix_Role", "id", json!({ "filter": { "name": "Editor" } })).await;
    let user = json!({ "email": "e@example.com", "password": crate::harness::PASSWORD, "firstName": "E", "role_Id": role[0] });
    admin.create("baasix_User", user).await;
    let editor = other.anonymous().signed_in("e@example.com", crate::harness::PASSWORD).await;
    editor.get("/items/notes").await.expect_status(200);
    editor.post("/items/notes", json!({ "title": "x" })).await.expect_refusal(403, "FORBIDDEN");
    other.stop().await;
});

on_every_store!(a_file_of_roles_with_one_fault_changes_nothing_and_names_each_fault, async |app| {
    roles(app).await;
    let before = granted(app, "Reader").await;
    let good = json!({ "collection": "notes", "action": "delete", "fields": ["*"] });
    let file = json!({ "roles": [
        { "name": "Reader", "permissions": [good, { "collection": "nowhere", "action": "read" }, { "collection": "notes", "action": "fly" }, { "action": "read" }, 1] },
        { "name": "Newcomer", "permissions": [good, good] },
        { "permissions": [] },
    ] });
    for path in ["/permissions-preview-import", "/permissions-import"] {
        let refused = sent(app.admin(), path, &file).await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
        let details = refused.body["details"].as_array().expect("details");
        let at: Vec<&str> = details.iter().filter_map(|one| one["field"].as_str()).collect();
        assert_eq!(
            at,
            [
                "roles.0.permissions.1",
                "roles.0.permissions.2",
                "roles.0.permissions.3",
                "roles.0.permissions.4",
                "roles.1.permissions.1",
                "roles.2"
            ],
            "{}",
            refused.text
        );
        sent(app.admin(), path, &json!({})).await.expect_refusal(400, "INVALID_BODY");
    }
    assert_eq!(granted(app, "Reader").await, before);
    let newcomer = json!({ "filter": { "name": "Newcomer" } });
    assert_eq!(app.admin().rows("baasix_Role", newcomer).await.len(), 0);
});

on_every_store!(a_list_of_permissions_is_taken_row_by_row_and_wins_only_where_told, async |app| {
    let made = roles(app).await;
    let exported = app.admin().post("/permissions-export", json!({})).await;
    let data = exported.expect_status(200).body["data"].clone();
    assert!(data["exportedAt"].is_string() && data["version"] == "1.0", "{data}");
    let rows = data["permissions"].as_array().expect("rows");
    let mine: Vec<&Json> = rows.iter().filter(|row| row["role"] == "Editor").collect();
    assert_eq!(mine.len(), 2);
    assert!(mine.iter().all(|row| row["role_Id"] == made[0]), "{mine:?}");

    // All of them are there already.
    let again = app.admin().post("/permissions-import", data.clone()).await;
    let told = &again.expect_status(200).body["data"];
    assert_eq!(
        (&told["imported"], &told["skipped"], &told["errors"]),
        (&json!(0), &json!(rows.len()), &json!([]))
    );

    let list = json!([
        { "role_Id": made[1], "collection": "notes", "action": "read", "fields": ["title"] },
        { "role_Id": "11111111-1111-4111-8111-111111111111", "role": "Reader", "collection": "notes", "action": "create", "fields": ["*"] },
        { "role": "Nobody", "collection": "notes", "action": "read" },
        { "role": "Reader", "collection": "notes", "action": "update", "conditions": { "nope": 1 } },
        { "role": "Reader", "collection": "notes", "action": "create", "fields": ["title"] },
    ]);
    let done = app.admin().post("/permissions-import", json!({ "permissions": list })).await;
    let told = &done.expect_status(200).body["data"];
    assert_eq!((&told["imported"], &told["skipped"]), (&json!(1), &json!(1)), "{told}");
    let refused = told["errors"].as_array().expect("errors");
    let names: Vec<&Json> = refused.iter().map(|one| &one["permission"]).collect();
    assert_eq!(names, [&list[2], &list[3], &list[4]]);
    assert!(refused[1]["error"].as_str().is_some_and(|error| error.contains("nope")), "{told}");
    assert_eq!(granted(app, "Reader").await, pairs(&[("notes", "create"), ("notes", "read")]));
    let fields = json!({ "filter": { "role.name": "Reader", "action": "read" } });
    assert_eq!(
        app.admin().column("baasix_Permission", "fields", fields.clone()).await,
        [json!(["*"])]
    );

    let won = json!({ "permissions": [list[0]], "overwrite": true });
    let done = app.admin().post("/permissions-import", won).await;
    assert_eq!(done.expect_status(200).body["data"]["imported"], 1);
    assert_eq!(app.admin().column("baasix_Permission", "fields", fields).await, [json!(["title"])]);
    for body in
        [json!({}), json!({ "permissions": 1 }), json!({ "permissions": [], "overwrite": 1 })]
    {
        app.admin().post("/permissions-import", body).await.expect_refusal(400, "INVALID_BODY");
    }
});
