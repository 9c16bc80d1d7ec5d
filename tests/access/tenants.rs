//! Tenants: what belongs to another one can be neither read nor inferred nor written, by any path.

use crate::harness::{App, Kind, PASSWORD, Person};
use serde_json::{Value as Json, json};

/// Two tenants with people of one role, each with notes and an author of its own.
struct World {
    app: App,
    ours: Json,
    theirs: Json,
    ann: Person,
    bob: Person,
}

/// The junction of notes and labels; it has no tenant of its own.
const JOINED: &str = "notes_labels_labels_junction";

async fn on_each(test: impl AsyncFn(&World)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if kind == Kind::Postgres && App::postgres_is_missing() {
            continue;
        }
        let world = world(App::start_with(kind, |config| config.multi_tenant = true).await).await;
        test(&world).await;
        world.app.stop().await;
    }
}

async fn world(app: App) -> World {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    let (text, tenant) = (json!({ "type": "String" }), json!({ "type": "UUID" }));
    app.collection(
        "authors",
        json!({ "fields": { "id": key, "name": text, "tenant_Id": tenant } }),
    )
    .await;
    app.collection("topics", json!({ "fields": { "id": key, "name": text } })).await;
    app.collection(
        "notes",
        json!({ "sortEnabled": true, "fields": { "id": counted, "title": text, "words": { "type": "Integer" }, "tenant_Id": tenant } }),
    )
    .await;
    app.collection("labels", json!({ "fields": { "id": key, "name": text, "tenant_Id": tenant } }))
        .await;
    let to = |target: &str, name: &str| json!({ "type": "M2O", "target": target, "name": name, "alias": "notes" });
    app.relation("notes", to("authors", "author")).await;
    app.relation("notes", to("topics", "topic")).await;
    let labels = json!({ "type": "M2M", "target": "labels", "name": "labels", "alias": "notes" });
    app.relation("notes", labels).await;
    let admin = app.admin();
    let ours = admin.create("baasix_Tenant", json!({ "name": "Ours" })).await;
    let theirs = admin.create("baasix_Tenant", json!({ "name": "Theirs" })).await;
    let role = admin.create("baasix_Role", json!({ "name": "writer" })).await;
    for (collection, near) in [
        ("notes", "labels.*"),
        ("authors", "notes.*"),
        ("topics", "notes.*"),
        ("labels", "*"),
        (JOINED, "*"),
    ] {
        for action in ["read", "create", "update", "delete"] {
            let fields = ["*", near];
            let grant = json!({ "collection": collection, "action": action, "fields": fields, "role_Id": role });
            admin.post("/permissions", grant).await.expect_status(201);
        }
    }
    for (name, tenant) in [("ann", &ours), ("bob", &theirs)] {
        let body = json!({ "email": format!("{name}@example.com"), "password": PASSWORD, "firstName": name, "role_Id": role, "tenant_Id": tenant });
        admin.create("baasix_User", body).await;
    }
    let ann = app.anonymous().signed_in("ann@example.com", PASSWORD).await;
    let bob = app.anonymous().signed_in("bob@example.com", PASSWORD).await;
    admin.create("topics", json!({ "id": 1, "name": "shared" })).await;
    ann.create("authors", json!({ "id": 1, "name": "Anselm" })).await;
    bob.create("authors", json!({ "id": 2, "name": "Berta" })).await;
    ann.create(
        "notes",
        json!({ "id": 1, "title": "apple", "words": 1, "author_Id": 1, "topic_Id": 1 }),
    )
    .await;
    ann.create("notes", json!({ "id": 2, "title": "amber", "words": 2, "topic_Id": 1 })).await;
    bob.create(
        "notes",
        json!({ "id": 3, "title": "birch", "words": 100, "author_Id": 2, "topic_Id": 1 }),
    )
    .await;
    bob.create("notes", json!({ "id": 4, "title": "brook", "words": 200, "topic_Id": 1 })).await;
    // One that points across: what only who stands in no tenant can make.
    admin
        .create("notes", json!({ "id": 5, "title": "across", "words": 3, "author_Id": 2, "topic_Id": 1, "tenant_Id": ours }))
        .await;
    World { app, ours, theirs, ann, bob }
}

async fn ids(person: &Person, parameters: Json) -> Vec<Json> {
    person.column("notes", "id", parameters).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_tenant_is_absent_by_every_read() {
    on_each(async |world| {
        let World { ann, bob, .. } = world;
        assert_eq!(ids(ann, json!({ "sort": "id" })).await, [1, 2, 5]);
        assert_eq!(ids(bob, json!({ "sort": "id" })).await, [3, 4]);
        let absent = ann.get("/items/notes/99").await;
        let hidden = ann.get("/items/notes/3").await;
        assert_eq!((hidden.status, hidden.code()), (absent.status, absent.code()));
        // Through relations, both ways.
        let across = ann.get("/items/notes/5?fields=id,author.name").await;
        assert_eq!(across.expect_status(200).body["data"]["author"], Json::Null);
        let topic = ann.get("/items/topics/1?fields=id,notes.id").await;
        let near: Vec<&Json> = topic.body["data"]["notes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|n| &n["id"])
            .collect();
        assert_eq!(near.len(), 3, "{}", topic.text);
        assert!(!near.contains(&&json!(3)));
        // By filters and sorts on a way through a relation.
        let filter = json!({ "filter": { "author.name": { "eq": "Berta" } } });
        assert!(ids(ann, filter).await.is_empty());
        let filter = json!({ "filter": { "notes.title": { "eq": "birch" } } });
        assert!(ann.rows("topics", filter).await.is_empty());
        let sorted = ids(ann, json!({ "sort": "author.name,id" })).await;
        assert_eq!(sorted, [1, 2, 5], "an author that is out of sight sorts as none");
        // Sums, counts, search, exports, reports.
        let sum = json!({ "aggregate": { "sum": { "function": "sum", "field": "words" } } });
        assert_eq!(ann.rows("notes", sum.clone()).await[0]["sum"], 6);
        let asked = ann.find("notes", json!({ "limit": 1 })).await;
        assert_eq!(asked.body["totalCount"], 3, "{}", asked.text);
        assert!(ids(ann, json!({ "search": "birch" })).await.is_empty());
        let export = ann.get("/items/notes/export?format=ndjson").await;
        assert_eq!(export.expect_status(200).text.lines().count(), 3);
        let report = ann.post("/reports/notes", sum).await;
        assert!(report.expect_status(200).text.contains('6') && !report.text.contains("306"));
        ann.get("/items/notes/3/history").await.expect_status(403);
        let told = ann.get("/items/notes/1/history").await;
        assert!(told.expect_status(200).text.contains("apple"), "{}", told.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_into_another_tenant() {
    on_each(async |world| {
        let World { app, ours, theirs, ann, bob } = world;
        let made = ann.one("notes", &json!(1)).await;
        assert_eq!(made["tenant_Id"], *ours);
        let named = |tenant: &Json| json!({ "id": 9, "title": "x", "tenant_Id": tenant });
        ann.post("/items/notes", named(theirs)).await.expect_refusal(403, "TENANT_MISMATCH");
        ann.post("/items/notes", named(ours)).await.expect_status(201);
        for other in [theirs, &Json::Null] {
            ann.patch("/items/notes/9", json!({ "tenant_Id": other }))
                .await
                .expect_refusal(403, "TENANT_MISMATCH");
        }
        ann.patch("/items/notes/9", named(ours)).await.expect_status(200);
        ann.patch("/items/notes/3", json!({ "title": "taken" })).await.expect_refusal(403, "ITEM_NOT_FOUND");
        ann.delete("/items/notes/3").await.expect_refusal(403, "ITEM_NOT_FOUND");
        // Pointing out of the tenant is pointing nowhere.
        let out = ann.patch("/items/notes/9", json!({ "author_Id": 2 })).await;
        let nowhere = ann.patch("/items/notes/9", json!({ "author_Id": 77 })).await;
        assert_eq!((out.status, out.code()), (nowhere.status, nowhere.code()), "{}", out.text);
        assert_ne!(out.status, 200);
        ann.patch("/items/notes/9", json!({ "author_Id": 1 })).await.expect_status(200);
        // Nested, listed, in a batch.
        let nested = json!({ "name": "t", "id": 7, "notes": [{ "title": "nested" }] });
        ann.post("/items/topics", nested).await.expect_status(201);
        let nested = json!({ "filter": { "title": "nested" }, "fields": ["tenant_Id"] });
        assert_eq!(app.admin().rows("notes", nested).await[0]["tenant_Id"], *ours);
        let list = json!([{ "id": 11, "title": "a" }, { "id": 12, "title": "b" }]);
        ann.post("/items/notes/bulk", list).await.expect_status(201);
        assert_eq!(ann.one("notes", &json!(12)).await["tenant_Id"], *ours);
        let list = json!([{ "id": 13, "title": "a" }, { "id": 14, "tenant_Id": theirs }]);
        ann.post("/items/notes/bulk", list).await.expect_refusal(403, "TENANT_MISMATCH");
        let list = json!([{ "id": 3, "title": "taken" }]);
        ann.patch("/items/notes/bulk", list).await.expect_refusal(403, "ITEM_NOT_FOUND");
        ann.delete_with("/items/notes/bulk", json!([3])).await.expect_refusal(403, "ITEM_NOT_FOUND");
        let batch = json!({ "operations": [{ "op": "update", "collection": "notes", "id": 3, "data": { "title": "taken" } }] });
        assert_ne!(ann.post("/items/batch", batch).await.status, 200);
        assert_eq!(bob.one("notes", &json!(3)).await["title"], "birch");
        assert_eq!(app.admin().rows("notes", json!({ "filter": { "tenant_Id": theirs } })).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_junction_without_a_tenant_joins_within_one_and_shows_no_other() {
    on_each(async |world| {
        let World { app, ann, bob, .. } = world;
        ann.create("labels", json!({ "id": 1, "name": "ours" })).await;
        bob.create("labels", json!({ "id": 2, "name": "theirs" })).await;
        ann.patch("/items/notes/1", json!({ "labels": [1] })).await.expect_status(200);
        bob.patch("/items/notes/3", json!({ "labels": [2] })).await.expect_status(200);
        // One that only who stands in no tenant can make.
        app.admin().patch("/items/notes/2", json!({ "labels": [2] })).await.expect_status(200);
        let joined = async |person: &Person| {
            let all = json!({ "fields": ["notes_id", "labels_id"], "sort": "notes_id" });
            let rows = person.rows(JOINED, all).await;
            rows.iter()
                .map(|row| (row["notes_id"].clone(), row["labels_id"].clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(joined(ann).await, [(json!(1), json!(1))]);
        assert_eq!(joined(bob).await, [(json!(3), json!(2))]);
        assert_eq!(joined(app.admin()).await.len(), 3);
        let count = json!({ "aggregate": { "n": { "function": "count", "field": "*" } } });
        assert_eq!(ann.rows(JOINED, count).await[0]["n"], 1);
        let near = ann.get("/items/notes/2?fields=id,labels.*").await;
        assert_eq!(near.expect_status(200).body["data"]["labels"], json!([]), "{}", near.text);
        // A label of another tenant is one that there is not, by every door.
        for (label, note) in [(2, 1), (99, 1)] {
            let linked =
                ann.patch(&format!("/items/notes/{note}"), json!({ "labels": [label] })).await;
            assert_eq!(linked.status, 400, "{}", linked.text);
            let row = json!({ "notes_id": note, "labels_id": label });
            let made = ann.post(&format!("/items/{JOINED}"), row).await;
            made.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
        }
        let theirs = app.admin().rows(JOINED, json!({ "filter": { "notes_id": 3 } })).await;
        let gone = ann.delete(&format!("/items/{JOINED}/{}", theirs[0]["id"])).await;
        gone.expect_refusal(403, "ITEM_NOT_FOUND");
        assert_eq!(joined(bob).await, [(json!(3), json!(2))]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_a_new_record_tells_nothing_of_other_tenants() {
    on_each(async |world| {
        let World { app, ours, ann, bob, .. } = world;
        let places =
            async |person: &Person| person.column("notes", "sort", json!({ "sort": "id" })).await;
        // The fifth was made by an administrator, behind all there were.
        assert_eq!(places(ann).await, [1, 2, 3].map(|place| json!(place)));
        assert_eq!(places(bob).await, [json!(1), json!(2)]);
        bob.create("notes", json!({ "id": 50, "title": "next" })).await;
        let list = json!([{ "id": 51, "title": "a" }, { "id": 52, "title": "b" }]);
        bob.post("/items/notes/bulk", list).await.expect_status(201);
        imported(bob, "id,title\n53,c\n54,d\n").await;
        assert_eq!(places(bob).await, [1, 2, 3, 4, 5, 6, 7].map(|place| json!(place)));
        let there = app.admin().with_header("x-tenant-id", ours.as_str().expect("a key"));
        there.create("notes", json!({ "id": 60, "title": "last" })).await;
        assert_eq!(places(ann).await, [1, 2, 3, 4].map(|place| json!(place)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_record_moves_none_of_another_tenant() {
    on_each(async |world| {
        let World { ann, bob, .. } = world;
        let before = bob.rows("notes", json!({ "sort": "id", "fields": ["id", "sort"] })).await;
        ann.post("/utils/sort/notes", json!({ "item": 5, "to": 1 })).await.expect_status(200);
        assert_eq!(ids(ann, json!({ "sort": "sort" })).await, [5, 1, 2]);
        assert_eq!(
            bob.rows("notes", json!({ "sort": "id", "fields": ["id", "sort"] })).await,
            before
        );
        ann.post("/utils/sort/notes", json!({ "item": 3, "to": 1 })).await.expect_status(404);
        ann.post("/utils/sort/notes", json!({ "item": 1, "to": 3 })).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_with_a_header_is_in_one_tenant() {
    on_each(async |world| {
        let World { app, ours, theirs, ann, .. } = world;
        let key = |tenant: &Json| tenant.as_str().expect("a key").to_owned();
        let info = app.anonymous().get("/").await;
        assert_eq!(
            info.expect_status(200).body["project"]["multitenant"],
            json!(true),
            "{}",
            info.text
        );
        assert_eq!(ids(app.admin(), json!({ "sort": "id" })).await, [1, 2, 3, 4, 5]);
        let there = app.admin().with_header("x-tenant-id", &key(theirs));
        assert_eq!(ids(&there, json!({ "sort": "id" })).await, [3, 4]);
        assert_eq!(there.find("notes", json!({})).await.body["totalCount"], 2);
        there.get("/items/notes/1").await.expect_refusal(403, "ITEM_NOT_FOUND");
        there
            .patch("/items/notes/1", json!({ "title": "x" }))
            .await
            .expect_refusal(403, "ITEM_NOT_FOUND");
        let made = json!({ "id": 20, "title": "there" });
        there.post("/items/notes", made).await.expect_status(201);
        assert_eq!(there.one("notes", &json!(20)).await["tenant_Id"], *theirs);
        let out = json!({ "id": 21, "title": "out", "tenant_Id": ours });
        there.post("/items/notes", out).await.expect_refusal(403, "TENANT_MISMATCH");
        assert_ne!(there.patch("/items/notes/20", json!({ "author_Id": 1 })).await.status, 200);
        // The session's own tenant counts before the header, and a tenant that there is not is none.
        let ann_there = ann.with_header("x-tenant-id", &key(theirs));
        assert_eq!(ids(&ann_there, json!({ "sort": "id" })).await, [1, 2, 5]);
        for name in ["00000000-0000-4000-8000-00000000beef", "no key"] {
            let nowhere = app.admin().with_header("x-tenant-id", name);
            nowhere.get("/items/notes").await.expect_refusal(403, "TENANT_ACCESS_DENIED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stands_in_no_tenant_reads_what_belongs_to_none() {
    on_each(async |world| {
        let World { app, ours, .. } = world;
        for collection in ["notes", "topics"] {
            app.grant_public(
                json!({ "collection": collection, "action": "read", "fields": ["*"] }),
            )
            .await;
        }
        let nobody = app.anonymous();
        nobody.get("/items/notes").await.expect_refusal(403, "TENANT_CONTEXT_REQUIRED");
        assert_eq!(nobody.rows("topics", json!({})).await.len(), 1);
        let near = nobody.get("/items/topics/1?fields=id,notes.id").await;
        assert_eq!(near.expect_status(200).body["data"]["notes"], json!([]));
        let there = nobody.with_header("x-tenant-id", ours.as_str().expect("a key"));
        assert_eq!(ids(&there, json!({ "sort": "id" })).await, [1, 2, 5]);
        let elsewhere =
            json!({ "email": "ann@example.com", "password": PASSWORD, "tenant_Id": world.theirs });
        nobody.post("/auth/login", elsewhere).await.expect_refusal(403, "TENANT_ACCESS_DENIED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_many_at_once_stands_in_the_tenant() {
    on_each(async |world| {
        let World { ours, theirs, ann, bob, .. } = world;
        let upsert = |title: &str, id: i64| {
            json!({ "filter": { "title": { "eq": title } }, "data": { "id": id, "title": title, "words": 5 } })
        };
        // What is there in another tenant is not found: it is made here.
        ann.put("/items/notes", upsert("birch", 30)).await.expect_status(201);
        assert_eq!(ann.one("notes", &json!(30)).await["tenant_Id"], *ours);
        assert_eq!(bob.one("notes", &json!(3)).await["words"], 100);
        let ended = imported(ann, "id,title\n40,forty\n41,more\n").await;
        assert_eq!(ended["state"], "done", "{ended}");
        for id in [40, 41] {
            assert_eq!(ann.one("notes", &json!(id)).await["tenant_Id"], *ours);
        }
        let named = format!("id,title,tenant_Id\n42,out,{}\n", theirs.as_str().expect("a key"));
        imported(ann, &named).await;
        bob.get("/items/notes/42").await.expect_status(403);
        // A key that is taken elsewhere names nothing of who has it.
        let taken = ann.post("/items/notes", json!({ "id": 3, "title": "mine" })).await;
        taken.expect_refusal(409, "UNIQUE_VIOLATION");
        assert!(!taken.text.contains("birch"), "{}", taken.text);
        assert_eq!(bob.one("notes", &json!(3)).await["title"], "birch");
    })
    .await;
}

/// The job of an import once it has ended.
async fn imported(person: &Person, file: &str) -> Json {
    let part = reqwest::multipart::Part::text(file.to_owned()).file_name("notes.csv");
    let form = reqwest::multipart::Form::new().text("collection", "notes").part("file", part);
    let answer = person.post_form("/imports", form).await;
    let Some(id) = answer.body["data"]["id"].as_str() else { return answer.body };
    for _ in 0..600 {
        let job = person.get(&format!("/imports/{id}")).await.body["data"].clone();
        if matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled")) {
            return job;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the import did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_house_keeps_is_kept_by_tenant() {
    on_each(async |world| {
        let World { app, ours, theirs, ann, .. } = world;
        let role = app.admin().column("baasix_Role", "id", json!({ "filter": { "name": "writer" } })).await;
        for collection in ["baasix_User", "baasix_Tenant", "baasix_UserRole"] {
            let grant = json!({ "collection": collection, "action": "read", "fields": ["*"], "role_Id": role[0] });
            app.admin().post("/permissions", grant).await.expect_status(201);
        }
        assert_eq!(ann.column("baasix_User", "email", json!({})).await, ["ann@example.com"]);
        assert_eq!(ann.column("baasix_Tenant", "id", json!({})).await, std::slice::from_ref(ours));
        let assigned = ann.column("baasix_UserRole", "tenant_Id", json!({})).await;
        assert_eq!(assigned, std::slice::from_ref(ours));
        let there = app.admin().with_header("x-tenant-id", theirs.as_str().expect("a key"));
        assert_eq!(there.column("baasix_User", "email", json!({})).await, ["bob@example.com"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_of_all_is_out_of_reach_of_the_people_of_a_tenant() {
    on_each(async |world| {
        let World { app, ours, ann, .. } = world;
        let admin = app.admin();
        let owner = admin.user_id.clone().expect("an id");
        let role = admin.column("baasix_Role", "id", json!({ "filter": { "name": "writer" } })).await;
        for collection in ["baasix_User", "baasix_UserRole", "baasix_Sessions"] {
            for action in ["read", "update", "delete"] {
                let grant = json!({ "collection": collection, "action": action, "fields": ["*"], "role_Id": role[0] });
                admin.post("/permissions", grant).await.expect_status(201);
            }
        }
        // It is one of the tenant's people as well.
        let also = json!({ "user_Id": owner, "role_Id": role[0], "tenant_Id": ours });
        admin.create("baasix_UserRole", also).await;
        let people = ann.column("baasix_User", "id", json!({})).await;
        assert!(people.contains(&json!(owner)), "{people:?}");
        let path = format!("/items/baasix_User/{owner}");
        for answer in [
            ann.patch(&path, json!({ "email": "mine@example.com" })).await,
            ann.patch(&path, json!({ "status": "suspended" })).await,
            ann.delete(&path).await,
        ] {
            answer.expect_refusal(403, "FORBIDDEN");
        }
        // Others of its tenant it may change as granted.
        let me = ann.user_id.clone().expect("an id");
        let changed = ann.patch(&format!("/items/baasix_User/{me}"), json!({ "lastName": "Z" })).await;
        changed.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tenants_a_header_means_nothing() {
    let app = App::start(Kind::Sqlite).await;
    let fields = json!({ "fields": { "id": { "type": "Integer", "primaryKey": true }, "tenant_Id": { "type": "UUID" } } });
    app.collection("notes", fields).await;
    let tenant = app.admin().create("baasix_Tenant", json!({ "name": "Ours" })).await;
    app.admin().create("notes", json!({ "id": 1 })).await;
    for name in [tenant.as_str().expect("a key"), "no key"] {
        let there = app.admin().with_header("x-tenant-id", name);
        assert_eq!(there.rows("notes", json!({})).await[0]["tenant_Id"], Json::Null);
    }
    app.stop().await;
}
