//! What a change of settings asks for, what of a tenant's row counts, and how addresses compare.

use super::{Asked, FREE_MAX, MAIL, PICTURES, PUBLIC, ROWS, Row, merged, plain_address};
use catalog::{Catalog, Collection};
use query::Operation;
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn row(json: Json) -> Row {
    json.as_object().unwrap().clone()
}

fn collection() -> Arc<Collection> {
    let documents = catalog::system_documents().clone();
    let catalog = Catalog::build(documents, 1, sql::kind_of).unwrap();
    Arc::clone(catalog.get(ROWS).unwrap())
}

fn asked(body: Json, shown: Json) -> Result<Asked, Vec<(String, String)>> {
    Asked::read(row(body), &row(shown), Some(&*collection())).map_err(|fault| {
        let list = fault.detail_list().iter();
        list.map(|one| (one.field.clone().unwrap(), one.code.clone())).collect()
    })
}

#[test]
fn the_names_are_those_of_the_collection() {
    let collection = collection();
    for name in PUBLIC.iter().chain(&MAIL) {
        assert!(collection.fields.contains_key(*name), "{name}");
    }
    for name in PICTURES {
        assert!(collection.relation(name).is_some(), "{name}");
        assert!(PUBLIC.contains(&format!("{name}_Id").as_str()), "{name}");
    }
    let secret = |name: &&str| MAIL.contains(name) && *name != "smtp_enabled";
    assert!(!PUBLIC.iter().any(secret));
}

#[test]
fn columns_free_keys_and_what_is_only_told_are_three_things() {
    let shown = json!({ "id": 1, "project_name": "Old", "appName": "Old", "email_icon": null });
    let asked_for = |body| asked(body, shown.clone());
    let found = asked_for(json!({
        "id": 1, "email_icon": null, "title": "T", "theme": "dark", "gone": null,
    }));
    let found = found.unwrap();
    assert_eq!(found.columns, row(json!({ "title": "T" })));
    assert_eq!(found.free, row(json!({ "theme": "dark", "gone": null })));
    // The column of a key is known by its other name, too.
    let found = asked_for(json!({ "project_icon_id": null })).unwrap();
    assert_eq!(found.columns, row(json!({ "project_icon_Id": null })));
    for (body, field, code) in [
        (json!({ "id": 2 }), "id", "readOnly"),
        (json!({ "tenant_id": "x" }), "tenant_id", "readOnly"),
        (json!({ "extra": {} }), "extra", "readOnly"),
        (json!({ "logo_url": "x" }), "logo_url", "readOnly"),
        (json!({ "project_icon": { "id": "x" } }), "project_icon", "readOnly"),
        (json!({ "tenant": null }), "tenant", "readOnly"),
        (json!({ "title": 5 }), "title", "type"),
        (json!({ "appName": true }), "appName", "type"),
        (json!({ "session_limit_roles": "all" }), "session_limit_roles", "type"),
        (json!({ "session_limit_roles": [1] }), "session_limit_roles", "type"),
        (json!({ "smtp_password": "s" }), "smtp_password", "name"),
        (json!({ "SMTPPass": "s" }), "SMTPPass", "name"),
        (json!({ "": 1 }), "", "name"),
        (json!({ "x".repeat(101): 1 }), &"x".repeat(101), "name"),
    ] {
        assert_eq!(asked_for(body.clone()), Err(vec![(field.into(), code.into())]), "{body}");
    }
}

#[test]
fn another_name_of_a_column_writes_the_column() {
    let shown = json!({ "project_name": "Old", "appName": "Old" });
    let name =
        |body: Json| asked(body, shown.clone()).map(|asked| asked.columns["project_name"].clone());
    assert_eq!(name(json!({ "appName": "New" })), Ok(json!("New")));
    // What was read is sent back, with one of the two changed.
    assert_eq!(name(json!({ "appName": "New", "project_name": "Old" })), Ok(json!("New")));
    assert_eq!(name(json!({ "appName": "Old", "project_name": "New" })), Ok(json!("New")));
    assert_eq!(name(json!({ "appName": "New", "project_name": "New" })), Ok(json!("New")));
    let both = name(json!({ "appName": "A", "project_name": "B" }));
    assert_eq!(both, Err(vec![("appName".into(), "conflict".into())]));
}

#[test]
fn free_keys_are_put_beside_those_that_are_there() {
    let change = asked(json!({ "theme": "dark", "old": null }), json!({})).unwrap();
    let stored = row(json!({ "id": 7, "extra": { "old": 1, "other": 2 } }));
    let Operation::Update { key, body, expect, .. } =
        change.operation(Some(&stored), None).unwrap()
    else {
        panic!("a row that is there is changed")
    };
    assert_eq!(key, json!(7));
    assert_eq!(Json::Object(body), json!({ "extra": { "other": 2, "theme": "dark" } }));
    assert_eq!(Json::Object(expect), json!({ "extra": { "old": 1, "other": 2 } }));
    let Operation::Create { body, .. } = change.operation(None, Some("t")).unwrap() else {
        panic!("one that is not there is made")
    };
    assert_eq!(Json::Object(body), json!({ "extra": { "theme": "dark" }, "tenant_Id": "t" }));
    // Too many, and too much.
    let full: Row = (0..FREE_MAX).map(|one| (format!("k{one}"), json!(one))).collect();
    let stored = row(json!({ "id": 7, "extra": full }));
    let more = asked(json!({ "one": "more" }), json!({})).unwrap();
    assert_eq!(more.operation(Some(&stored), None).unwrap_err().detail_list().len(), 1);
    let same = asked(json!({ "k1": "other" }), json!({})).unwrap();
    same.operation(Some(&stored), None).unwrap();
    let large = asked(json!({ "one": "x".repeat(65 * 1024) }), json!({})).unwrap();
    let fault = large.operation(None, None).unwrap_err();
    assert_eq!(fault.detail_list()[0].field.as_deref(), Some("one"));
}

#[test]
fn a_tenants_row_hides_nothing_that_it_does_not_say() {
    let project = row(json!({
        "id": 1, "tenant_Id": null, "title": "P", "timezone": "CET", "smtp_enabled": true,
        "smtp_host": "mail.p", "smtp_port": 465, "smtp_user": "p", "smtp_pass": "secret of p",
        "extra": { "theme": "dark", "plan": 1 },
    }));
    // As the schema fills a new row.
    let own = json!({
        "id": 2, "tenant_Id": "t", "title": "T", "timezone": null, "smtp_enabled": false,
        "smtp_host": null, "smtp_port": 587, "smtp_user": null, "smtp_pass": null,
        "extra": { "plan": 2 },
    });
    let all = Json::Object(merged(project.clone(), row(own.clone())));
    assert_eq!(
        all,
        json!({
            "id": 2, "tenant_Id": null, "title": "T", "timezone": "CET", "smtp_enabled": true,
            "smtp_host": "mail.p", "smtp_port": 465, "smtp_user": "p", "smtp_pass": "secret of p",
            "extra": { "theme": "dark", "plan": 2 },
        })
    );
    // With a server of its own nothing of the project's goes there.
    let mut own = row(own);
    own.insert("smtp_host".into(), json!("mail.t"));
    own.insert("extra".into(), Json::Null);
    let all = merged(project, own);
    for (name, value) in [
        ("smtp_host", json!("mail.t")),
        ("smtp_port", json!(587)),
        ("smtp_enabled", json!(false)),
        ("smtp_user", Json::Null),
        ("smtp_pass", Json::Null),
        ("extra", json!({ "theme": "dark", "plan": 1 })),
    ] {
        assert_eq!(all[name], value, "{name}");
    }
}

#[test]
fn addresses_are_one_however_they_are_written() {
    let plain = |address| plain_address(address).unwrap();
    for (one, other) in [
        ("https://App.Example.com/", "https://app.example.com"),
        ("HTTPS://app.example.com:443", "https://app.example.com"),
        ("http://app.example.com:80//", "http://app.example.com"),
        (" https://app.example.com/a/ ", "https://app.example.com/a"),
    ] {
        assert_eq!(plain(one), plain(other));
    }
    for (one, other) in [
        ("https://app.example.com", "http://app.example.com"),
        ("https://app.example.com:8443", "https://app.example.com"),
        ("https://app.example.com/A", "https://app.example.com/a"),
        ("https://app.example.co_", "https://app.example.com"),
        ("https://%", "https://app.example.com"),
    ] {
        assert_ne!(plain(one), plain(other));
    }
    for none in ["", "app.example.com", "ftp://app.example.com", "https://", "https:///x"] {
        assert_eq!(plain_address(none), None, "{none}");
    }
}
