//! What a change of settings asks for, what of a tenant's row counts, and how addresses compare.

use super::asked::{Asked, FREE_MAX};
use super::{Holding, MAIL, MailServer, PICTURES, PUBLIC, ROWS, Row, plain_address};
use crate::Seal;
use crate::test_project::Project;
use access::Actor;
use base::Code;
use catalog::{Catalog, Collection};
use query::{Operation, Write};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const TENANT: &str = "00000000-0000-4000-8000-0000000000aa";

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
    let held = Holding::of(project.clone(), row(own.clone()));
    assert_eq!(
        Json::Object(held.row.as_ref().clone()),
        json!({
            "id": 2, "tenant_Id": null, "title": "T", "timezone": "CET", "smtp_enabled": true,
            "extra": { "theme": "dark", "plan": 2 },
        })
    );
    assert_eq!(
        Json::Object(held.mail),
        json!({
            "id": 1, "smtp_enabled": true, "smtp_host": "mail.p", "smtp_port": 465,
            "smtp_user": "p", "smtp_pass": "secret of p",
        })
    );
    // With a server of its own nothing of the project's goes there.
    let mut own = row(own);
    own.insert("smtp_host".into(), json!("mail.t"));
    own.insert("extra".into(), Json::Null);
    let held = Holding::of(project, own);
    assert_eq!(held.row["extra"], json!({ "theme": "dark", "plan": 1 }));
    assert_eq!(held.row["smtp_enabled"], json!(false));
    assert_eq!(
        Json::Object(held.mail),
        json!({
            "id": 2, "smtp_enabled": false, "smtp_host": "mail.t", "smtp_port": 587,
            "smtp_user": null, "smtp_pass": null,
        })
    );
}

#[tokio::test]
async fn the_password_of_mail_is_opened_for_the_record_that_it_was_sealed_in() {
    for project in Project::all().await {
        let (engine, owner) = (&project.engine, Actor::system("a test of settings"));
        let tenant = json!({ "id": TENANT, "name": "One" });
        let operation = Operation::Create { collection: "baasix_Tenant".into(), body: row(tenant) };
        let write = Write { operations: vec![operation], strict: true };
        engine.write(write, &owner, None).await.unwrap();
        let set = async |tenant, body| {
            engine.change_settings(tenant, row(body), &owner, None).await.unwrap();
        };
        assert_eq!(engine.mail_server(None).await.unwrap(), None);
        set(None, json!({ "smtp_enabled": true, "smtp_host": "p", "smtp_pass": "of p" })).await;
        // A row of its own that says nothing of mail.
        set(Some(TENANT), json!({ "title": "T" })).await;
        let of = async |tenant| engine.mail_server(tenant).await.unwrap().unwrap();
        let password = |server: MailServer| (server.host, server.password);
        let ours = (String::from("p"), Some(String::from("of p")));
        assert_eq!(password(of(None).await), ours);
        assert_eq!(password(of(Some(TENANT)).await), ours);
        set(
            Some(TENANT),
            json!({ "smtp_enabled": true, "smtp_host": "t", "smtp_pass": "of t", "smtp_port": 25 }),
        )
        .await;
        let theirs = of(Some(TENANT)).await;
        assert!(!format!("{theirs:?}").contains("of t"), "{theirs:?}");
        assert_eq!(theirs.port, 25);
        assert_eq!(password(theirs), (String::from("t"), Some(String::from("of t"))));
        assert_eq!(password(of(None).await), ours);
        // Nothing of it is among the settings of the house.
        let held = engine.settings(Some(TENANT)).await.unwrap();
        assert!(!held.contains_key("smtp_pass") && !held.contains_key("smtp_host"));
        set(Some(TENANT), json!({ "smtp_enabled": false })).await;
        assert_eq!(engine.mail_server(Some(TENANT)).await.unwrap(), None);
        // Under another secret it is refused at the use, and what is told of settings is told.
        let other = project.another_under(Seal::of(&[8; 32]).unwrap()).await.unwrap();
        let fault = other.mail_server(None).await.unwrap_err();
        assert_eq!(fault.code(), Code::SecretUnreadable);
        assert_eq!(other.settings(None).await.unwrap()["smtp_enabled"], json!(true));
        other.close().await;
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
