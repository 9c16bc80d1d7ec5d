//! Many records in one request: all of them or none.

use crate::harness::{App, on_every_store};
use serde_json::{Value as Json, json};

async fn notes(app: &App) {
    app.collection(
        "notes",
        json!({ "fields": {
        "title": { "type": "String", "allowNull": false, "unique": true },
        "stars": { "type": "Integer", "validate": { "max": 5 } }
    } }),
    )
    .await;
}

async fn three(app: &App) -> Vec<Json> {
    let rows = json!([{ "title": "a", "stars": 1 }, { "title": "b", "stars": 2 }, { "title": "c", "stars": 3 }]);
    let answer = app.admin().post("/items/notes/bulk", rows).await;
    answer.expect_status(201);
    answer.body["data"].as_array().expect("ids").clone()
}

on_every_store!(ids_come_back_in_the_order_of_the_request, async |app| {
    notes(app).await;
    let rows: Vec<Json> =
        (0..500).map(|n| json!({ "title": format!("n{n}"), "stars": n % 5 })).collect();
    let answer = app.admin().post("/items/notes/bulk", json!(rows)).await;
    answer.expect_status(201);
    let ids = answer.body["data"].as_array().expect("ids").clone();
    assert_eq!(ids.len(), 500);
    for at in [0, 1, 250, 499] {
        assert_eq!(app.admin().one("notes", &ids[at]).await["title"], format!("n{at}"));
    }
    // Several shapes of rows in one request.
    let mixed =
        json!([{ "title": "x" }, { "stars": 1, "title": "y" }, { "title": "z", "stars": null }]);
    assert_eq!(app.admin().post("/items/notes/bulk", mixed).await.status, 201);
    assert_eq!(app.admin().find("notes", json!({ "limit": 0 })).await.body["totalCount"], 503);
});

on_every_store!(one_bad_entry_refuses_all_of_them_and_is_named, async |app| {
    notes(app).await;
    let admin = app.admin();
    let ids = three(app).await;
    for (body, status, code) in [
        (json!([{ "title": "x" }, { "stars": 1 }]), 400, "REQUIRED_FIELD_MISSING"),
        (json!([{ "title": "x" }, { "title": "y", "stars": 9 }]), 400, "VALIDATION_ERROR"),
        (json!([{ "title": "x" }, { "title": "y", "stars": "many" }]), 400, "VALIDATION_ERROR"),
        (json!([{ "title": "x" }, { "title": "a" }]), 409, "UNIQUE_VIOLATION"),
        (json!([{ "title": "x" }, { "title": "x" }]), 409, "UNIQUE_VIOLATION"),
        (json!([{ "title": "x" }, 5]), 400, "INVALID_BODY"),
        (json!({ "title": "x" }), 400, "INVALID_BODY"),
        (json!("x"), 400, "INVALID_BODY"),
        (Json::Null, 400, "INVALID_BODY"),
    ] {
        let answer = admin.post("/items/notes/bulk", body.clone()).await;
        answer.expect_refusal(status, code);
        if status == 409 || code == "VALIDATION_ERROR" || code == "REQUIRED_FIELD_MISSING" {
            assert_eq!(answer.body["details"][0]["index"], 1, "{body}: {}", answer.text);
        }
    }
    let update =
        json!([{ "id": ids[0], "data": { "stars": 5 } }, { "id": ids[1], "data": { "stars": 9 } }]);
    admin.patch("/items/notes/bulk", update).await.expect_refusal(400, "VALIDATION_ERROR");
    let missing = json!([{ "id": ids[0], "stars": 5 }, { "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479", "stars": 5 }]);
    admin.patch("/items/notes/bulk", missing).await.expect_refusal(403, "ITEM_NOT_FOUND");
    let absent = json!([ids[0], "f47ac10b-58cc-4372-a567-0e02b2c3d479"]);
    admin.delete_with("/items/notes/bulk", absent).await.expect_refusal(403, "ITEM_NOT_FOUND");
    admin
        .delete_with("/items/notes/bulk", json!([ids[0], ids[0]]))
        .await
        .expect_refusal(403, "ITEM_NOT_FOUND");
    admin
        .delete_with("/items/notes/bulk", json!({ "ids": ids }))
        .await
        .expect_refusal(400, "INVALID_BODY");
    admin
        .delete_with("/items/notes/bulk", json!([ids[0], "x"]))
        .await
        .expect_refusal(400, "INVALID_ID");
    let stars = admin.column("notes", "stars", json!({ "sort": "title" })).await;
    assert_eq!(stars, [json!(1), json!(2), json!(3)], "something was written");
});

on_every_store!(many_records_change_and_go_together, async |app| {
    notes(app).await;
    let admin = app.admin();
    let ids = three(app).await;
    let update = json!([{ "id": ids[0], "data": { "stars": 4 } }, { "id": ids[2], "stars": 5 }, { "stars": 1 }]);
    let answer = admin.patch("/items/notes/bulk", update).await;
    assert_eq!(answer.expect_status(200).body["data"], json!([ids[0], ids[2]]));
    assert_eq!(
        admin.column("notes", "stars", json!({ "sort": "title" })).await,
        [json!(4), json!(2), json!(5)]
    );
    let gone = admin.delete_with("/items/notes/bulk", json!([ids[0], ids[1]])).await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    assert_eq!(admin.column("notes", "title", json!({})).await, [json!("c")]);
});

on_every_store!(an_empty_list_is_done_at_once, async |app| {
    notes(app).await;
    let admin = app.admin();
    assert_eq!(
        admin.post("/items/notes/bulk", json!([])).await.expect_status(201).body,
        json!({ "data": [] })
    );
    assert_eq!(
        admin.patch("/items/notes/bulk", json!([])).await.expect_status(200).body,
        json!({ "data": [] })
    );
    admin.delete_with("/items/notes/bulk", json!([])).await.expect_status(204);
    let nobody = app.anonymous();
    nobody.post("/items/notes/bulk", json!([])).await.expect_refusal(403, "FORBIDDEN");
    nobody.patch("/items/notes/bulk", json!([])).await.expect_refusal(403, "FORBIDDEN");
    nobody.delete_with("/items/notes/bulk", json!([])).await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(writers_at_the_same_time_lose_nothing, async |app| {
    notes(app).await;
    let admin = app.admin();
    let writes = (0..64).map(|n| async move {
        admin.post("/items/notes", json!({ "title": format!("t{n}") })).await
    });
    let answers = futures_util::future::join_all(writes).await;
    let written = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(written, 64);
    assert_eq!(admin.find("notes", json!({ "limit": 0 })).await.body["totalCount"], 64);
    let same = (0..16).map(|_| async move {
        admin.post("/items/notes", json!({ "title": "same" })).await.status
    });
    let mut statuses = futures_util::future::join_all(same).await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[15]), (201, 409, 409), "{statuses:?}");
});

on_every_store!(whatever_the_database_refuses_of_many_is_named_by_its_place, async |app| {
    app.collection(
        "teams",
        json!({ "fields": { "id": { "type": "Integer", "primaryKey": true } } }),
    )
    .await;
    notes(app).await;
    app.relation("notes", json!({ "type": "M2O", "target": "teams", "name": "team" })).await;
    let admin = app.admin();
    admin.create("teams", json!({ "id": 1 })).await;
    admin.create("notes", json!({ "title": "taken" })).await;
    for count in [2, 7, 8, 40, 300] {
        let rows = |bad: usize, wrong: Json| {
            let row = |at: usize| match at == bad {
                true => wrong.clone(),
                false => json!({ "title": format!("n{at}"), "team_id": 1 }),
            };
            json!((0..count).map(row).collect::<Vec<Json>>())
        };
        let last = count - 1;
        for (wrong, code) in [
            (json!({ "title": "taken", "team_id": 1 }), "UNIQUE_VIOLATION"),
            (json!({ "title": "n0", "team_id": 1 }), "UNIQUE_VIOLATION"),
            (json!({ "title": "lost", "team_id": 2 }), "FOREIGN_KEY_VIOLATION"),
        ] {
            let answer = admin.post("/items/notes/bulk", rows(last, wrong)).await;
            answer.expect_refusal(409, code);
            assert_eq!(answer.body["details"][0]["index"], last, "{}", answer.text);
        }
        // A refusal that changed its mind would leave what was written first.
        assert_eq!(admin.find("notes", json!({ "limit": 0 })).await.body["totalCount"], 1);
    }
    // One record has no place to tell.
    let alone = admin.post("/items/notes", json!({ "title": "lost", "team_id": 2 })).await;
    alone.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert!(alone.body["details"][0]["index"].is_null(), "{}", alone.text);
});

on_every_store!(records_that_point_at_each_other_stand_in_their_order_however_many, async |app| {
    let given = json!({ "type": "Integer", "primaryKey": true });
    let counted = json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } });
    for (name, key) in [("nodes", given), ("links", counted)] {
        app.collection(name, json!({ "timestamps": false, "fields": { "id": key } })).await;
        app.relation(
            name,
            json!({ "type": "M2O", "target": name, "name": "parent", "alias": "children" }),
        )
        .await;
    }
    let admin = app.admin();
    let mut before = 0;
    for count in [7, 8, 400] {
        // The first one points at the last: one by one it would find nothing there.
        let rows = |parent: &dyn Fn(u64) -> Json| -> Json {
            (1..=count).map(|at| json!({ "id": before + at, "parent_id": parent(at) })).collect()
        };
        let forward = rows(&|at| if at == 1 { json!(before + count) } else { Json::Null });
        let answer = admin.post("/items/nodes/bulk", forward).await;
        answer.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
        assert_eq!(answer.body["details"][0]["index"], 0, "{count}: {}", answer.text);
        // Whoever points at itself or at an earlier one finds it.
        let back = rows(&|at| json!(before + (at / 2).max(1)));
        admin.post("/items/nodes/bulk", back).await.expect_status(201);
        before += count;
        assert_eq!(admin.find("nodes", json!({ "limit": 0 })).await.body["totalCount"], before);
        // A number that is drawn later is not there yet either.
        let ahead: Json = (0..count)
            .map(|at| json!({ "parent_id": if at == 0 { json!(100_000) } else { Json::Null } }))
            .collect();
        let answer = admin.post("/items/links/bulk", ahead).await;
        answer.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
        assert_eq!(answer.body["details"][0]["index"], 0, "{count}: {}", answer.text);
    }
    // As many drawn numbers as there are records: the second one would be pointed at.
    let admin = app.admin();
    let last = admin.create("links", json!({})).await.as_u64().expect("a number");
    let ahead: Json = (0..20)
        .map(|at| json!({ "parent_id": if at == 0 { json!(last + 5) } else { Json::Null } }))
        .collect();
    admin.post("/items/links/bulk", ahead).await.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
});

on_every_store!(no_place_is_told_of_what_the_house_wrote_along, async |app| {
    let admin = app.admin();
    let person = |name: &str, role: Json| {
        let email = format!("{name}@example.com");
        json!({ "firstName": name, "email": email, "password": "secret-word-of-mine", "role_Id": role })
    };
    let nowhere = json!("00000000-0000-4000-8000-00000000dead");
    let roles = admin.rows("baasix_Role", json!({ "limit": 1 })).await;
    let role = &roles[0]["id"];
    let one = admin.post("/items/baasix_User", person("ada", nowhere.clone())).await;
    one.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert!(one.body["details"][0]["index"].is_null(), "{}", one.text);
    let two = json!([person("ada", role.clone()), person("bo", nowhere)]);
    let two = admin.post("/items/baasix_User/bulk", two).await;
    two.expect_refusal(409, "FOREIGN_KEY_VIOLATION");
    assert!(two.body["details"][0]["index"].is_null(), "{}", two.text);
    // Those of the list keep theirs.
    let twice = json!([person("cy", role.clone()), person("cy", role.clone())]);
    let twice = admin.post("/items/baasix_User/bulk", twice).await;
    twice.expect_refusal(409, "UNIQUE_VIOLATION");
    assert_eq!(twice.body["details"][0]["index"], 1, "{}", twice.text);
    let again = admin.post("/items/baasix_User", person("dee", role.clone())).await;
    again.expect_status(201);
    let again = admin.post("/items/baasix_User", person("dee", role.clone())).await;
    again.expect_refusal(409, "UNIQUE_VIOLATION");
    assert!(again.body["details"][0]["index"].is_null(), "{}", again.text);
});

on_every_store!(many_records_are_what_as_many_single_ones_are, async |app| {
    let admin = app.admin();
    let kinds = [
        json!({ "type": "Integer", "primaryKey": true, "defaultValue": { "type": "AUTOINCREMENT" } }),
        json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } }),
        json!({ "type": "SUID", "primaryKey": true, "defaultValue": { "type": "SUID" } }),
        json!({ "type": "Integer", "primaryKey": true }),
        json!({ "type": "String", "primaryKey": true }),
    ];
    for (at, key) in kinds.iter().enumerate() {
        let (name, given) = (format!("things{at}"), key["defaultValue"].is_null());
        let fields = json!({
            "id": key,
            "place": { "type": "Integer", "defaultValue": { "type": "AUTOINCREMENT" } },
            "state": { "type": "String", "defaultValue": "new" },
            "sum": { "type": "Integer", "defaultValue": { "type": "SQL", "value": "1 + 2" } },
            "share": { "type": "Double" },
            "price": { "type": "Decimal", "values": { "precision": 12, "scale": 2 } },
            "raw": { "type": "Binary" },
            "tags": { "type": "Array_String" },
            "doc": { "type": "JSON" },
            "on": { "type": "Boolean" },
        });
        app.collection(&name, json!({ "sortEnabled": true, "fields": fields })).await;
        let row = |n: u32| {
            let mut row = json!({
                "share": f64::from(n) / 3.0 + 0.1, "price": format!("{n}.10"), "raw": "AAEC/w==",
                "tags": [format!("t{n}"), "a,b"], "doc": { "n": n, "none": null }, "on": n.is_multiple_of(2),
            });
            if given {
                // In no order, so that the answer shows whose order counts.
                let number = (n * 37) % 101;
                row["id"] = if at == 3 { json!(number) } else { json!(format!("k{number}")) };
            }
            row
        };
        let mut keys = vec![admin.create(&name, row(0)).await];
        let many: Vec<Json> = (1..=60).map(row).collect();
        let answer = admin.post(&format!("/items/{name}/bulk"), json!(many)).await;
        answer.expect_status(201);
        keys.extend(answer.body["data"].as_array().expect("keys").iter().cloned());
        keys.push(admin.create(&name, row(61)).await);
        assert_eq!(keys.len(), 62);
        for (n, key) in keys.iter().enumerate() {
            let n = u32::try_from(n).expect("a few");
            let found = admin.one(&name, key).await;
            for (field, value) in row(n).as_object().expect("a record") {
                let value = if field == "price" { json!(found[field]) } else { value.clone() };
                assert_eq!(found[field], value, "{name} {n} {field}");
            }
            assert_eq!(found["price"].to_string(), format!("{n}.10"), "{name} {n}");
            assert_eq!((&found["state"], &found["sum"]), (&json!("new"), &json!(3)));
            assert_eq!((&found["place"], &found["sort"]), (&json!(n + 1), &json!(n + 1)));
        }
    }
});

/// Two requests at once, of the same thing in opposite orders.
fn both_ways(list: &[Json]) -> (Vec<Json>, Vec<Json>) {
    (list.to_vec(), list.iter().rev().cloned().collect())
}

on_every_store!(
    who_writes_the_same_records_in_another_order_waits_and_comes_through,
    async |app| {
        notes(app).await;
        app.collection("marks", json!({ "fields": { "stars": { "type": "Integer" } } })).await;
        let admin = app.admin();
        let make = async |count: usize| {
            let rows: Vec<Json> = (0..count).map(|n| json!({ "title": format!("n{n}") })).collect();
            let made = admin.post("/items/notes/bulk", json!(rows)).await;
            made.expect_status(201);
            made.body["data"].as_array().expect("ids").clone()
        };
        let ids = make(30).await;
        let (there, back) = both_ways(&ids);
        for round in 0..40 {
            let entries = |ids: &[Json]| {
                let stars = round % 5;
                json!(ids.iter().map(|id| json!({ "id": id, "stars": stars })).collect::<Vec<_>>())
            };
            let (one, two) = tokio::join!(
                admin.patch("/items/notes/bulk", entries(&there)),
                admin.patch("/items/notes/bulk", entries(&back)),
            );
            for (answer, order) in [(one, &there), (two, &back)] {
                answer.expect_status(200);
                assert_eq!(answer.body["data"], json!(order), "round {round}");
            }
        }
        // Several collections in one request.
        let mark = admin.create("marks", json!({ "stars": 0 })).await;
        let change = |collection: &str, id: &Json| json!({ "op": "update", "collection": collection, "id": id, "data": { "stars": 4 } });
        let mut operations: Vec<Json> = there.iter().map(|id| change("notes", id)).collect();
        operations.push(change("marks", &mark));
        let (there, back) = both_ways(&operations);
        for round in 0..10 {
            let (one, two) = tokio::join!(
                admin.post("/items/batch", json!({ "operations": there })),
                admin.post("/items/batch", json!({ "operations": back })),
            );
            for (answer, order) in [(one, &there), (two, &back)] {
                answer.expect_status(200);
                let told =
                    |list: &[Json]| list.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
                let answered = answer.body["data"].as_array().expect("what was done");
                assert_eq!(told(answered), told(order), "round {round}");
            }
        }
        // Who is second to remove them finds none.
        let mut ids = ids;
        for round in 0..5 {
            let (there, back) = both_ways(&ids);
            let (one, two) = tokio::join!(
                admin.delete_with("/items/notes/bulk", json!(there)),
                admin.delete_with("/items/notes/bulk", json!(back)),
            );
            let mut told = [one.status, two.status];
            told.sort_unstable();
            assert_eq!(told, [204, 403], "round {round}: {}{}", one.text, two.text);
            ids = make(30).await;
        }
    }
);
