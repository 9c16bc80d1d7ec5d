//! Collections that differ in nothing but what the asker may not see: every question has one answer.
//!
//! The asker reads notes with all of their pages, so that the hidden fields are seen by that way; of
//! pages themselves it reads two fields. The first world has no hidden field, no hidden relation; in
//! each other the hidden field is of another type.

use crate::harness::{App, Person, on_every_store};
use serde_json::{Value as Json, json};

/// A world by its name (of four letters, so that answers are of one length), the type of the field
/// that is not seen there, and its value.
fn worlds() -> Vec<(&'static str, Option<(Json, Json)>)> {
    let kind = |name: &str| json!({ "type": name });
    vec![
        ("none", None),
        ("date", Some((kind("DateTime"), json!("2024-05-01T00:00:00.000Z")))),
        ("json", Some((kind("JSONB"), json!({ "a": 1 })))),
        ("text", Some((kind("String"), json!("apple")))),
        ("numb", Some((kind("Integer"), json!(7)))),
        ("spot", Some((kind("Point"), json!({ "type": "Point", "coordinates": [1, 2] })))),
        ("list", Some((kind("Array_Integer"), json!([1, 2])))),
    ]
}

async fn made(app: &App, world: &str, hidden: Option<&(Json, Json)>) {
    let key = json!({ "type": "Integer", "primaryKey": true });
    let text = json!({ "type": "String" });
    let name = |end: &str| format!("{world}_{end}");
    let with = |fields: Json| {
        let mut fields = fields;
        if let Some((kind, _)) = hidden {
            fields["secret"] = kind.clone();
        }
        json!({ "timestamps": false, "fields": fields })
    };
    app.collection(&name("people"), with(json!({ "id": key, "name": text }))).await;
    app.collection(&name("drafts"), with(json!({ "id": key, "body": text }))).await;
    let number = json!({ "type": "Integer" });
    let pages = with(json!({ "id": key, "title": text, "views": number }));
    app.collection(&name("pages"), pages).await;
    let notes = json!({ "timestamps": false, "fields": { "id": key, "text": text } });
    app.collection(&name("notes"), notes).await;
    let to = |target: &str, relation: &str, alias: &str| json!({ "type": "M2O", "target": name(target), "name": relation, "alias": alias });
    app.relation(&name("pages"), to("people", "author", "pages")).await;
    app.relation(&name("notes"), to("pages", "page", "notes")).await;
    if hidden.is_some() {
        app.relation(&name("pages"), to("drafts", "draft", "pages")).await;
    }
    let value = |row: Json, at: i32| {
        let mut row = row;
        if let Some((_, value)) = hidden.filter(|_| at == 1) {
            row["secret"] = value.clone();
        }
        row
    };
    for at in 1..=3 {
        let person = value(json!({ "id": at, "name": format!("person {at}") }), at);
        app.admin().create(&name("people"), person).await;
        let draft = value(json!({ "id": at, "body": "draft" }), at);
        app.admin().create(&name("drafts"), draft).await;
        let mut page = value(json!({ "id": at, "title": "a page", "views": at, "author": at }), at);
        if hidden.is_some() {
            page["draft"] = json!(at);
        }
        app.admin().create(&name("pages"), page).await;
        app.admin().create(&name("notes"), json!({ "id": at, "text": "note", "page": at })).await;
    }
}

async fn reader(app: &App) -> Person {
    let mut grants = Vec::new();
    for (world, hidden) in worlds() {
        made(app, world, hidden.as_ref()).await;
        for (end, fields) in [
            ("notes", json!(["text", "page.*.*"])),
            ("pages", json!(["title", "views"])),
            ("people", json!(["name"])),
        ] {
            grants.push(json!({ "collection": format!("{world}_{end}"), "action": "read", "fields": fields, "conditions": { "id": { "lt": 3 } } }));
        }
        // Writing a field is no reading of it.
        grants.push(
            json!({ "collection": format!("{world}_pages"), "action": "update", "fields": ["*"] }),
        );
    }
    app.with_grants("Reader", &grants).await
}

/// What is asked beside one name, whatever the name is of.
fn conditions() -> Vec<Json> {
    let place = json!({ "type": "Point", "coordinates": [1, 2] });
    vec![
        json!({ "eq": "x" }),
        json!({ "eq": 7 }),
        json!({ "ne": true }),
        json!({ "gt": "x" }),
        json!({ "lte": 5 }),
        json!({ "in": ["x", 1] }),
        json!({ "between": [1, 2] }),
        json!({ "between": ["x", "y"] }),
        json!({ "isNull": true }),
        json!({ "isEmpty": true }),
        json!({ "like": "a%" }),
        json!({ "startsWith": "a" }),
        json!({ "regex": "a" }),
        json!({ "contains": ["x"] }),
        json!({ "arraycontains": [1] }),
        json!({ "arraylength": 2 }),
        json!({ "jsonHasKey": "a" }),
        json!({ "jsonKeyGt": { "key": "a", "value": 0 } }),
        json!({ "within": { "type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 3], [0, 0]]] } }),
        json!({ "dwithin": { "geometry": place, "distance": 5 } }),
        json!({ "overlaps": [1, 2] }),
        json!({ "eq": "x", "cast": "text" }),
        json!({ "gt": "2024-01-01", "cast": "date" }),
        json!({ "eq": "$COL(views)" }),
        json!({ "eq": "$CURRENT_USER" }),
        json!({ "nonsense": 1 }),
        json!({ "a": { "eq": 1 } }),
        json!("x"),
        json!(null),
        json!([1]),
    ]
}

/// Every part of a read of pages in which a name can stand.
fn questions() -> Vec<Json> {
    let mut asked = Vec::new();
    let hidden = ["secret", "author.secret", "draft", "draft.body", "draft_id"];
    // One that none has: no hint may bring forth what lies near it.
    let beside =
        ["secrets", "author.secre", "draf.body", "secret.x", "draft_id.x", "secret..x", "title.x"];
    for name in hidden.into_iter().chain(beside) {
        // Of what has less to hide, some.
        let step = if name.ends_with("secret") { 1 } else { 6 };
        for condition in conditions().into_iter().step_by(step) {
            asked.push(json!({ "filter": { name: condition } }));
        }
        let nested =
            name.rsplit('.').fold(json!({ "gt": "x" }), |inner, part| json!({ part: inner }));
        let other = format!("$COL({name})");
        for filter in [
            nested,
            json!({ "NOT": { name: { "gt": "x" } } }),
            json!({ "OR": [{ "views": 1 }, { name: { "like": 1 } }] }),
            json!({ "title": { "eq": other } }),
            json!({ "views": { "gt": other } }),
            json!({ "title": { "eq": format!("$COL({name}::date)") } }),
            json!({ "id": { "in": [other] } }),
        ] {
            asked.push(json!({ "filter": filter }));
        }
        for sort in [json!(name), json!(format!("-{name}")), json!({ name: "desc" })] {
            asked.push(json!({ "sort": sort }));
            asked.push(json!({ "sort": sort, "after": "", "limit": 1 }));
        }
        asked.push(json!({ "sort": { "_distance": { "target": [1, 2], "column": name } } }));
        for fields in [
            json!([name]),
            json!(["title", name]),
            json!([format!("-{name}")]),
            json!([format!("{name}.*")]),
            json!([format!("{name}.x")]),
            json!([format!("{name}.x.y")]),
        ] {
            asked.push(json!({ "fields": fields }));
        }
        for group in [json!([name]), json!([format!("date:year:{name}")]), json!(["views", name])] {
            asked.push(json!({ "groupBy": group, "aggregate": { "n": "count" } }));
        }
        for function in ["count", "sum", "avg", "min", "max", "distinct", "array_agg"] {
            asked.push(json!({ "aggregate": { "x": { "function": function, "field": name } } }));
        }
        asked.push(json!({ "search": "apple", "searchFields": [name] }));
        for conditions in [
            json!({ "author": { name: { "gt": "x" } } }),
            json!({ "author": { "pages": { name: { "gt": "x" } } } }),
            json!({ name: { "body": { "gt": 1 } } }),
            json!({ name: { "gt": "x" } }),
        ] {
            for fields in [json!(["author.*"]), json!(["author.*", "author.pages.*"])] {
                asked.push(json!({ "fields": fields, "relConditions": conditions }));
            }
        }
    }
    for read in [
        json!({ "fields": ["*.*", "author.*.*"] }),
        json!({ "fields": ["*", "author.*"] }),
        json!({ "fields": ["author.pages.title", "author.pages.secret"] }),
        json!({ "search": "apple" }),
        json!({ "search": "page", "sortByRelevance": true }),
        json!({}),
    ] {
        asked.push(read);
    }
    asked
}

/// The answers of all worlds are those of the one that has nothing to hide.
async fn expect_alike(person: &Person, end: &str, asked: &Json) -> u16 {
    let mut first: Option<(u16, String)> = None;
    for (world, _) in worlds() {
        let answer = person.find(&format!("{world}_{end}"), asked.clone()).await;
        let told = (answer.status, answer.text.replace(&format!("{world}_"), "none_"));
        match &first {
            None => first = Some(told),
            Some(first) => assert_eq!(&told, first, "{world}_{end} {asked}"),
        }
    }
    first.map_or(0, |(status, _)| status)
}

on_every_store!(what_is_out_of_sight_has_no_type_and_is_not_there, async |app| {
    let reader = reader(app).await;
    let (mut answered, mut refused) = (0, 0);
    for asked in questions() {
        match expect_alike(&reader, "pages", &asked).await {
            200 => answered += 1,
            400 => refused += 1,
            other => panic!("{other}: {asked}"),
        }
    }
    assert!(answered > 50 && refused > 250, "{answered} answered, {refused} refused");
    // What the role reads no record of is refused before anything of it is told.
    for asked in questions().into_iter().step_by(11) {
        assert_eq!(expect_alike(&reader, "drafts", &asked).await, 403, "{asked}");
    }
    // By the way of notes the field is seen, and so is its type.
    let by_notes = json!({ "filter": { "page.secret": { "gt": "x" } } });
    let typed = reader.find("date_notes", by_notes.clone()).await;
    typed.expect_refusal(400, "INVALID_QUERY");
    reader.find("none_notes", by_notes).await.expect_refusal(400, "UNKNOWN_FIELD");
    let found = reader.rows("numb_notes", json!({ "filter": { "page.secret": 7 } })).await;
    assert_eq!(found.len(), 1);
});

on_every_store!(reports_tell_nothing_of_what_is_out_of_sight, async |app| {
    let reader = reader(app).await;
    for name in ["secret", "author.secret", "draft.secret", "draft_id", "secrets"] {
        for range in [
            json!({ "field": name, "start": "2024-01-01" }),
            json!({ "start": "2024-01-01", "end": "2025-01-01" }),
        ] {
            expect_reports_alike(&reader, &json!({ "dateRange": range })).await;
        }
        expect_reports_alike(&reader, &json!({ "groupBy": [name], "aggregate": { "n": { "function": "max", "field": name } } })).await;
        expect_reports_alike(
            &reader,
            &json!({ "filter": { name: { "gt": "x" } }, "groupBy": ["views"] }),
        )
        .await;
    }
});

async fn expect_reports_alike(person: &Person, asked: &Json) {
    let mut first: Option<(u16, String)> = None;
    for (world, _) in worlds() {
        let answer = person.post(&format!("/reports/{world}_pages"), asked.clone()).await;
        assert_ne!(answer.status, 404, "{}", answer.text);
        let told = (answer.status, answer.text.replace(&format!("{world}_"), "none_"));
        match &first {
            None => first = Some(told),
            Some(first) => assert_eq!(&told, first, "{world} {asked}"),
        }
    }
}
