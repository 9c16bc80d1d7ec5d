//! Manual order: a record is put beside another.

use crate::existing::outside;
use crate::harness::{App, Kind, Person, on_every_store, plain};
use serde_json::{Value as Json, json};

async fn listed(app: &App, names: &str) -> Vec<Json> {
    app.collection(
        "listed",
        json!({ "sortEnabled": true, "fields": { "name": { "type": "String" }, "closed": { "type": "Boolean" } } }),
    )
    .await;
    let mut ids = Vec::new();
    for name in names.chars() {
        ids.push(app.admin().create("listed", json!({ "name": name.to_string() })).await);
    }
    ids
}

async fn order(person: &Person) -> String {
    let names = person.column("listed", "name", json!({ "sort": "sort" })).await;
    names.iter().filter_map(Json::as_str).collect()
}

async fn put(person: &Person, item: &Json, to: &Json, mode: &str) -> crate::harness::Answer {
    person.post("/utils/sort/listed", json!({ "item": item, "to": to, "mode": mode })).await
}

on_every_store!(five_in_a_row_stay_dense, async |app| {
    let ids = listed(app, "abcde").await;
    let admin = app.admin();
    let moved = admin.post("/utils/sort/listed", json!({ "item": ids[4], "to": ids[1] })).await;
    moved.expect_status(200);
    let told = json!({ "data": { "item": ids[4], "collection": "listed", "newSort": 2 } });
    assert_eq!(moved.body, told);
    assert_eq!(order(admin).await, "aebcd");
    let places = admin.column("listed", "sort", json!({ "sort": "sort" })).await;
    assert_eq!(places, [json!(1), json!(2), json!(3), json!(4), json!(5)]);
    put(admin, &ids[0], &ids[3], "after").await.expect_status(200);
    assert_eq!(order(admin).await, "ebcda");
    put(admin, &ids[0], &ids[0], "after").await.expect_status(200);
    assert_eq!(order(admin).await, "ebcda");
});

on_every_store!(records_at_the_end_of_all_places_are_moved_like_others, async |app| {
    let ids = listed(app, "abcd").await;
    let admin = app.admin();
    let place = async |id: &Json, at: Json| {
        let path = format!("/items/listed/{}", plain(id));
        admin.patch(&path, json!({ "sort": at })).await.expect_status(200);
    };
    for id in &ids[..2] {
        place(id, json!(i32::MAX)).await;
    }
    put(admin, &ids[2], &ids[0], "after").await.expect_status(200);
    assert_eq!(order(admin).await.find('c'), order(admin).await.find('a').map(|at| at + 1));
    // And behind one of them a record without a place.
    place(&ids[1], json!(i32::MAX)).await;
    place(&ids[3], Json::Null).await;
    put(admin, &ids[3], &ids[1], "before").await.expect_status(200);
    assert!(order(admin).await.ends_with("db"), "{}", order(admin).await);
});

on_every_store!(many_who_move_the_same_records_at_once_are_all_served, async |app| {
    let names = "abcdefghij";
    let ids = listed(app, names).await;
    let admin = app.admin();
    // Back and forth over the same records, so that every move meets most of the others.
    let moves = (0..40).map(|turn: usize| {
        let (item, to) = (turn % 10, (turn * 7 + 3) % 10);
        let mode = if turn.is_multiple_of(2) { "before" } else { "after" };
        let body = json!({ "item": ids[item], "to": ids[to], "mode": mode });
        async move { admin.post("/utils/sort/listed", body).await }
    });
    for answer in futures_util::future::join_all(moves).await {
        answer.expect_status(200);
    }
    let mut left: Vec<char> = order(admin).await.chars().collect();
    left.sort_unstable();
    assert_eq!(String::from_iter(left), names);
    let places = admin.column("listed", "sort", json!({ "sort": "sort" })).await;
    let dense: Vec<Json> = (1..=10).map(Json::from).collect();
    assert_eq!(places, dense);
});

on_every_store!(a_new_record_is_the_last_one_whatever_place_the_last_one_has, async |app| {
    let ids = listed(app, "abc").await;
    let admin = app.admin();
    let last = |id: &Json, place: u64| {
        let path = format!("/items/listed/{}", plain(id));
        async move {
            admin.patch(&path, json!({ "sort": place })).await.expect_status(200);
        }
    };
    last(&ids[0], 2_147_483_647).await;
    let d = admin.create("listed", json!({ "name": "d" })).await;
    assert_eq!(order(admin).await, "bcad");
    last(&d, 2_147_483_646).await;
    let several = json!([{ "name": "e" }, { "name": "f" }, { "name": "g" }]);
    admin.post("/items/listed/bulk", several).await.expect_status(201);
    assert_eq!(order(admin).await, "bcadefg");
    last(&ids[1], 2_147_483_647).await;
    let file = r#"[{"name":"h"},{"name":"i"}]"#;
    let part = reqwest::multipart::Part::text(file).file_name("rows.json");
    let form = reqwest::multipart::Form::new().part("jsonFile", part);
    admin.post_form("/items/listed/import-json", form).await.expect_status(200);
    assert_eq!(order(admin).await, "cadefgbhi");
    // Whoever is told what changed is told of the records that stepped down.
    let places = admin.column("listed", "sort", json!({ "sort": "sort" })).await;
    assert!(
        places.iter().all(|place| place.as_u64().is_some_and(|place| place < 100)),
        "{places:?}"
    );
});

on_every_store!(a_create_that_is_refused_moves_no_record, async |app| {
    let ids = listed(app, "ab").await;
    let admin = app.admin();
    let trigger = match app.kind {
        Kind::Sqlite => {
            "CREATE TRIGGER none_more BEFORE INSERT ON listed WHEN new.name = 'x' BEGIN SELECT RAISE(ABORT, 'none more'); END;"
        }
        Kind::Postgres => {
            "CREATE FUNCTION none_more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF new.name = ''x'' THEN RAISE EXCEPTION ''none more''; END IF; RETURN new; END'; \
             CREATE TRIGGER none_more BEFORE INSERT ON listed FOR EACH ROW EXECUTE FUNCTION none_more();"
        }
    };
    outside(app, trigger).await;
    let path = format!("/items/listed/{}", plain(&ids[0]));
    let history = format!("{path}/history");
    admin.patch(&path, json!({ "sort": 2_147_483_000 })).await.expect_status(200);
    let before = admin.get(&history).await.body;
    let refused = admin.post("/items/listed", json!({ "name": "x" })).await;
    assert_eq!(
        refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0]["code"],
        "TRIGGER_REFUSED"
    );
    admin
        .post("/items/listed", json!({ "closed": "perhaps" }))
        .await
        .expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!(admin.get(&path).await.body["data"]["sort"], 2_147_483_000);
    assert_eq!(admin.get(&history).await.body, before);
    // There is room for as many as are asked for, and no record steps down for them.
    admin.create("listed", json!({ "name": "c" })).await;
    assert_eq!(order(admin).await, "bac");
    assert_eq!(admin.get(&history).await.body, before);
    // Nor does one step down for a record that is refused when there is no room at all.
    admin.patch(&path, json!({ "sort": 2_147_483_647 })).await.expect_status(200);
    let before = admin.get(&history).await.body;
    for body in [json!([{ "name": "x" }]), json!([{ "name": "d" }, { "name": "x" }])] {
        let refused = admin.post("/items/listed/bulk", body).await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(admin.get(&path).await.body["data"]["sort"], 2_147_483_647);
        assert_eq!(admin.get(&history).await.body, before);
    }
    admin.create("listed", json!({ "name": "d" })).await;
    assert_eq!(order(admin).await, "bcad");
});

on_every_store!(who_only_creates_is_not_told_to_have_moved_the_others, async |app| {
    let ids = listed(app, "ab").await;
    let admin = app.admin();
    let path = format!("/items/listed/{}", plain(&ids[0]));
    admin.patch(&path, json!({ "sort": 2_147_483_647 })).await.expect_status(200);
    let grant = json!({ "collection": "listed", "action": "create", "fields": ["name"] });
    let author = app.with_grants("Author", &[grant]).await;
    author.post("/items/listed", json!({ "name": "c" })).await.expect_status(201);
    assert_eq!(order(admin).await, "bac");
    let history = admin.get(&format!("{path}/history?limit=1")).await.body;
    assert_eq!(history["data"][0]["changed"], json!(["sort"]), "{history}");
    assert_eq!(history["data"][0]["actor"], Json::Null, "{history}");
});

on_every_store!(records_without_a_place_stand_at_the_end, async |app| {
    let ids = listed(app, "abcdef").await;
    let admin = app.admin();
    for id in &ids[2..] {
        let path = format!("/items/listed/{}", plain(id));
        admin.patch(&path, json!({ "sort": null })).await.expect_status(200);
    }
    let before = order(admin).await;
    assert!(before.starts_with("ab"), "{before}");
    let last = before.chars().last().unwrap();
    let last = &ids["abcdef".find(last).unwrap()];
    put(admin, last, &ids[1], "before").await.expect_status(200);
    let after = order(admin).await;
    let (kept, moved) = before.split_at(before.len() - 1);
    assert_eq!(after, format!("a{moved}{}", &kept[1..]));
    let rows = admin.rows("listed", json!({ "filter": { "sort": { "isNull": true } } })).await;
    assert!(rows.is_empty());
});

on_every_store!(records_at_one_place_are_told_apart, async |app| {
    let ids = listed(app, "abc").await;
    let admin = app.admin();
    for id in &ids {
        let path = format!("/items/listed/{}", plain(id));
        admin.patch(&path, json!({ "sort": 7 })).await.expect_status(200);
    }
    for (item, target) in [(2, 0), (0, 1), (1, 2)] {
        let two = [item, target].map(|n| char::from(b'a' + n));
        let (item, target) = (&ids[usize::from(item)], &ids[usize::from(target)]);
        put(admin, item, target, "before").await.expect_status(200);
        assert!(order(admin).await.contains(&String::from_iter(two)));
        put(admin, item, target, "after").await.expect_status(200);
        assert!(order(admin).await.contains(&String::from_iter([two[1], two[0]])));
    }
});

on_every_store!(a_move_is_refused_in_the_order_of_its_faults, async |app| {
    let ids = listed(app, "ab").await;
    let admin = app.admin();
    let nobody = json!("00000000-0000-4000-8000-000000000000");
    let without = |body: Json| admin.post("/utils/sort/listed", body);
    let refused = without(json!({ "to": ids[0] })).await;
    assert_eq!(refused.expect_refusal(400, "INVALID_BODY").message(), "Missing item ID to sort");
    let refused = without(json!({ "item": ids[0] })).await;
    let message = "Missing target ID to sort to";
    assert_eq!(refused.expect_refusal(400, "INVALID_BODY").message(), message);
    put(admin, &ids[0], &ids[1], "beside").await.expect_refusal(400, "VALIDATION_ERROR");
    let both = json!({ "item": ids[0], "to": ids[1] });
    let unknown = admin.post("/utils/sort/nothing", both.clone()).await;
    unknown.expect_refusal(404, "COLLECTION_NOT_FOUND");
    let anonymous = app.anonymous();
    put(&anonymous, &ids[0], &ids[1], "before").await.expect_refusal(401, "UNAUTHENTICATED");
    app.collection("plain", json!({ "fields": { "name": { "type": "String" } } })).await;
    let unsorted = admin.post("/utils/sort/plain", both).await;
    assert_eq!(unsorted.status, 400, "{}", unsorted.text);
    put(admin, &nobody, &ids[1], "before").await.expect_refusal(404, "NOT_FOUND");
    put(admin, &ids[0], &nobody, "before").await.expect_refusal(404, "NOT_FOUND");
    assert_eq!(order(admin).await, "ab");
});

on_every_store!(a_refused_move_is_told_in_the_known_words, async |app| {
    let ids = listed(app, "ab").await;
    app.collection("plain", json!({ "fields": { "name": { "type": "String" } } })).await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let reader = json!({ "collection": "listed", "action": "read", "fields": ["*"] });
    let reader = app.with_grants("Reader", &[reader]).await;
    let both = json!({ "item": ids[0], "to": ids[1] });
    for (person, path, body, status, words) in [
        (
            app.admin(),
            "nothing",
            both.clone(),
            404,
            String::from("Collection 'nothing' does not exist"),
        ),
        (&app.anonymous(), "listed", both.clone(), 401, String::from("Authentication required")),
        (
            &reader,
            "listed",
            both.clone(),
            403,
            String::from("You don't have permission to sort items in 'listed'"),
        ),
        (
            app.admin(),
            "plain",
            both.clone(),
            400,
            String::from("Collection 'plain' does not have a sort field"),
        ),
        (
            app.admin(),
            "listed",
            json!({ "item": nobody, "to": ids[1] }),
            404,
            format!("Item with ID {nobody} not found"),
        ),
        (
            app.admin(),
            "listed",
            json!({ "item": ids[0], "to": nobody }),
            404,
            format!("Target item with ID {nobody} not found"),
        ),
    ] {
        let answer = person.post(&format!("/utils/sort/{path}"), body).await;
        assert_eq!((answer.status, answer.message()), (status, words.as_str()), "{}", answer.text);
    }
    assert_eq!(order(app.admin()).await, "ab");
});

on_every_store!(a_role_moves_what_it_may_change_and_others_step_aside, async |app| {
    let ids = listed(app, "abcd").await;
    let admin = app.admin();
    for (id, closed) in ids.iter().zip([false, true, false, false]) {
        let path = format!("/items/listed/{}", plain(id));
        admin.patch(&path, json!({ "closed": closed })).await.expect_status(200);
    }
    let open = json!({ "closed": { "eq": false } });
    let reads =
        json!({ "collection": "listed", "action": "read", "fields": ["*"], "conditions": open });
    let names = json!({ "collection": "listed", "action": "update", "fields": ["name"] });
    let namer = app.with_grants("Namer", &[reads.clone(), names]).await;
    put(&namer, &ids[3], &ids[0], "before").await.expect_refusal(403, "FORBIDDEN");
    let sorts = json!({ "collection": "listed", "action": "update", "fields": ["sort"], "conditions": open });
    let sorter = app.with_grants("Sorter", &[reads, sorts]).await;
    put(&sorter, &ids[1], &ids[0], "before").await.expect_refusal(404, "NOT_FOUND");
    put(&sorter, &ids[0], &ids[1], "after").await.expect_refusal(404, "NOT_FOUND");
    assert_eq!(order(admin).await, "abcd");
    put(&sorter, &ids[3], &ids[0], "after").await.expect_status(200);
    assert_eq!(order(admin).await, "adbc");
});
