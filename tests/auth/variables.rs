//! Variables of the project, and how they set providers up.

use super::secrets::stored;
use crate::harness::{App, on_every_store};
use embedded_server::Config;
use serde_json::{Value as Json, json};

fn outside(config: &mut Config) {
    for (name, value) in [("GITHUB_CLIENT_ID", "of-the-environment"), ("GITHUB_CLIENT_SECRET", " ")]
    {
        config.variables.insert(name.to_owned(), value.to_owned());
    }
}

async fn listed(app: &App) -> Vec<Json> {
    let answer = app.admin().get("/variables").await;
    answer.expect_status(200).body["data"].as_array().expect("a list").clone()
}

async fn provider(app: &App, id: &str) -> Json {
    let answer = app.admin().get("/auth/admin/providers").await;
    let all = answer.expect_status(200).body["data"].as_array().expect("a list").clone();
    all.into_iter().find(|one| one["id"] == id).unwrap_or(Json::Null)
}

on_every_store!(a_variable_is_set_told_where_it_is_no_secret_and_taken_away, async |app| {
    let admin = app.admin();
    let open = json!({ "value": "https://id.example", "isSecret": false, "description": "Where" });
    let made = admin.put("/variables/ACME_ISSUER", open).await;
    let made = &made.expect_status(200).body["data"];
    assert_eq!((&made["value"], &made["isSecret"]), (&json!("https://id.example"), &json!(false)));
    admin
        .put("/variables/ACME_CLIENT_SECRET", json!({ "value": "s3cret" }))
        .await
        .expect_status(200);
    let all = listed(app).await;
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["name"], "ACME_CLIENT_SECRET");
    assert_eq!((&all[0]["value"], &all[0]["isSecret"]), (&Json::Null, &json!(true)));
    assert_eq!((&all[1]["description"], &all[1]["overridden"]), (&json!("Where"), &json!(false)));
    for column in stored(app, "SELECT \"value\" FROM \"baasix_Variable\"").await {
        assert!(column.starts_with("sealed:v1:"), "{column}");
    }
    // What was a secret does not become readable by a word.
    let opened = admin.put("/variables/ACME_CLIENT_SECRET", json!({ "isSecret": false })).await;
    assert_eq!(
        opened.expect_refusal(400, "VALIDATION_ERROR").body["details"][0]["field"],
        "isSecret"
    );
    let changed = json!({ "isSecret": false, "value": "no secret any more", "description": null });
    let changed = admin.put("/variables/ACME_CLIENT_SECRET", changed).await;
    assert_eq!(changed.expect_status(200).body["data"]["value"], "no secret any more");
    let words = admin.put("/variables/ACME_ISSUER", json!({ "description": "Else" })).await;
    assert_eq!(words.expect_status(200).body["data"]["value"], "https://id.example");
    admin.delete("/variables/ACME_ISSUER").await.expect_status(200);
    admin.delete("/variables/ACME_ISSUER").await.expect_refusal(404, "NOT_FOUND");
    assert_eq!(listed(app).await.len(), 1);
});

on_every_store!(what_is_no_variable_is_refused, async |app| {
    let admin = app.admin();
    for name in ["lower", "1A", "A-B", "A%20B", &"A".repeat(101)] {
        let refused = admin.put(&format!("/variables/{name}"), json!({ "value": "x" })).await;
        let detail = &refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0];
        assert_eq!(detail["field"], "name", "{name}");
    }
    for (body, field) in [
        (json!({}), "value"),
        (json!({ "value": 7 }), "value"),
        (json!({ "value": "x".repeat(33_000) }), "value"),
        (json!({ "value": "x", "isSecret": "yes" }), "isSecret"),
    ] {
        let refused = admin.put("/variables/A", body).await;
        let detail = &refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0];
        assert_eq!(detail["field"], field);
    }
    assert!(listed(app).await.is_empty());
    let person = app.with_grants("Reader", &[]).await;
    for caller in [person, app.anonymous()] {
        caller.get("/variables").await.expect_refusal(403, "FORBIDDEN");
        caller.put("/variables/A", json!({ "value": "x" })).await.expect_refusal(403, "FORBIDDEN");
        caller.delete("/variables/A").await.expect_refusal(403, "FORBIDDEN");
        caller.get("/auth/admin/providers").await.expect_refusal(403, "FORBIDDEN");
    }
});

on_every_store!(
    a_provider_says_what_sets_it_up_and_who_has_said_it,
    |config| { outside(config) },
    async |app| {
        let admin = app.admin();
        let github = provider(app, "github").await;
        assert_eq!(github["works"], true);
        let said: Vec<&Json> = github["variables"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| &one["saidBy"])
            .collect();
        assert_eq!(said, [&json!("environment"), &Json::Null]);
        let callback = github["callback"].as_str().expect("an address");
        assert!(callback.ends_with("/auth/callback/github"), "{callback}");
        admin.put("/variables/GITHUB_CLIENT_ID", json!({ "value": "p" })).await.expect_status(200);
        assert_eq!(listed(app).await[0]["overridden"], true);
        // One of the project's own, step by step.
        assert_eq!(provider(app, "acme").await, Json::Null);
        admin
            .put("/variables/OPENID_PROVIDERS", json!({ "value": "Acme" }))
            .await
            .expect_status(200);
        let acme = provider(app, "acme").await;
        assert_eq!((&acme["works"], &acme["listed"]), (&json!(false), &json!(true)));
        admin.put("/variables/ACME_CLIENT_ID", json!({ "value": "us" })).await.expect_status(200);
        let acme = provider(app, "acme").await;
        let fault = acme["fault"].as_str().expect("a fault");
        assert!(fault.contains("ACME_ISSUER"), "{fault}");
        let issuer = json!({ "value": "https://id.acme.example" });
        admin.put("/variables/ACME_ISSUER", issuer).await.expect_status(200);
        admin
            .put("/variables/ACME_LABEL", json!({ "value": "Acme staff" }))
            .await
            .expect_status(200);
        let acme = provider(app, "acme").await;
        assert_eq!((&acme["works"], &acme["name"]), (&json!(true), &json!("Acme staff")));
        assert_eq!(acme["fault"], Json::Null);
        let shown = app.anonymous().get("/auth/providers").await.body["data"].clone();
        assert_eq!(shown[1], json!({ "id": "acme", "name": "Acme staff" }));
    }
);
