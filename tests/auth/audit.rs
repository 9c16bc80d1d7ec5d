//! What happened to accounts is written down, by whom and from where, and no secret with it.

use crate::harness::{App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

const ANN: &str = "ann@example.com";

/// What the log says of an account, the oldest first.
async fn log(app: &App, user: &str) -> Vec<Json> {
    let of = json!({ "type": "auth", "entity": "baasix_User", "entityId": user });
    let asked = json!({ "filter": of, "sort": ["createdAt", "id"], "limit": -1 });
    app.admin().rows("baasix_AuditLog", asked).await
}

/// The same by its words; what is told beside the request is waited for.
async fn is_told(app: &App, user: &str, wanted: &[&str]) {
    let mut words = Vec::new();
    for _ in 0..200 {
        let rows = log(app, user).await;
        words =
            rows.iter().map(|row| row["action"].as_str().unwrap_or_default().to_owned()).collect();
        words.sort();
        let mut wanted: Vec<&str> = wanted.to_vec();
        wanted.sort_unstable();
        if words == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{words:?} is told, not {wanted:?}");
}

async fn ann(app: &App) -> (Person, String) {
    let ann = app.with_grants("Ann", &[]).await;
    let key = ann.user_id.clone().expect("a key");
    (ann, key)
}

on_every_store!(sign_ins_and_what_ends_them_are_told_with_their_place, async |app| {
    let (person, user) = ann(app).await;
    let wrong = json!({ "email": ANN, "password": "a wrong one" });
    for _ in 0..3 {
        app.anonymous().post("/auth/login", wrong.clone()).await.expect_status(400);
    }
    let nobody = json!({ "email": "nobody@example.com", "password": "a wrong one" });
    app.anonymous().post("/auth/login", nobody).await.expect_status(400);
    let other = app.anonymous().signed_in(ANN, PASSWORD).await;
    other.get("/auth/logout").await.expect_status(200);
    let change = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
    person.post("/auth/password/change", change).await.expect_status(200);
    let set = json!({ "userId": user, "password": PASSWORD });
    app.admin().post("/auth/admin/change-password", set).await.expect_status(200);
    // A refusal of the same kind is told once in a minute.
    let all = [
        "signed in",
        "sign-in refused",
        "signed in",
        "signed out",
        "password changed",
        "password set",
    ];
    is_told(app, &user, &all).await;
    let rows = log(app, &user).await;
    let one = |action: &str| rows.iter().find(|row| row["action"] == action).expect("a row");
    let (first, refused, set) = (one("signed in"), one("sign-in refused"), one("password set"));
    assert_eq!((&first["userId"], &first["ipaddress"]), (&json!(user), &json!("127.0.0.1")));
    assert_eq!(first["changes"]["after"]["type"], "default");
    assert_eq!(
        (&refused["userId"], &refused["changes"]["after"]["because"]),
        (&Json::Null, &json!("password"))
    );
    assert_eq!(set["userId"], json!(app.admin().user_id));
    let text = json!(rows).to_string();
    for secret in [PASSWORD, "a wrong one", "another password", "argon2"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let whole = app.admin().rows("baasix_AuditLog", json!({ "limit": -1 })).await;
    assert!(
        !json!(whole).to_string().contains("nobody@example.com"),
        "an account that is not there"
    );
    // The history of the record is another matter.
    let history = app.admin().get(&format!("/items/baasix_User/{user}/history")).await;
    assert!(!history.expect_status(200).text.contains("signed in"));
    // It outlives whom it is about, and nobody writes in it.
    app.admin().delete(&format!("/items/baasix_User/{user}")).await.expect_status(200);
    assert_eq!(log(app, &user).await.len(), all.len());
    let row = format!("/items/baasix_AuditLog/{}", rows[0]["id"].as_str().expect("a key"));
    app.admin().delete(&row).await.expect_refusal(403, "FORBIDDEN");
    let forged =
        json!({ "type": "auth", "entity": "baasix_User", "entityId": user, "action": "signed in" });
    app.admin().post("/items/baasix_AuditLog", forged).await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(tokens_sessions_and_second_factors_are_told, async |app| {
    let (person, user) = ann(app).await;
    let made = person.post("/auth/tokens", json!({ "name": "Nightly" })).await;
    let made = made.expect_status(201).body["data"].clone();
    let token = format!("/auth/tokens/{}", made["id"].as_str().expect("a key"));
    app.admin().delete(&token).await.expect_status(200);
    let second = app.anonymous().signed_in(ANN, PASSWORD).await;
    second.delete("/auth/sessions").await.expect_status(200);
    let begun = second.post("/auth/totp/setup", json!({ "password": PASSWORD })).await;
    begun.expect_status(200);
    second.post("/auth/totp/confirm", json!({ "code": "000000" })).await.expect_status(400);
    app.admin().delete(&format!("/auth/admin/totp/{user}")).await.expect_status(200);
    let all = [
        "signed in",
        "API token made",
        "API token revoked",
        "signed in",
        "session ended",
        "second factor refused",
        "second factor reset",
    ];
    is_told(app, &user, &all).await;
    let rows = log(app, &user).await;
    let revoked = rows.iter().find(|row| row["action"] == "API token revoked").expect("a row");
    assert_eq!(revoked["userId"], json!(app.admin().user_id));
    assert_eq!(revoked["changes"]["after"], json!({ "name": "Nightly", "prefix": made["prefix"] }));
    let text = json!(rows).to_string();
    assert!(!text.contains(made["token"].as_str().expect("a token")), "{text}");
});

on_every_store!(a_refresh_token_in_two_hands_is_told, async |app| {
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    let first = app.anonymous().post("/auth/login", login).await.body;
    let exchange = async |token: &Json| {
        app.anonymous().post("/auth/refresh", json!({ "refreshToken": token })).await
    };
    let second = exchange(&first["refreshToken"]).await.body;
    exchange(&second["refreshToken"]).await.expect_status(200);
    exchange(&first["refreshToken"]).await.expect_refusal(401, "REFRESH_INVALID");
    let user = app.admin().user_id.clone().expect("a key");
    is_told(app, &user, &["signed in", "signed in", "refresh token used twice"]).await;
});

on_every_store!(a_tenant_or_a_role_reads_of_the_log_what_it_was_granted, async |app| {
    let grant = json!({ "collection": "baasix_AuditLog", "action": "read", "fields": ["action"], "conditions": { "userId": "$CURRENT_USER" } });
    let reader = app.with_grants("Reader", &[grant]).await;
    let rows = reader.rows("baasix_AuditLog", json!({ "fields": ["*"] })).await;
    assert!(
        rows.iter().all(|row| row["action"] == "signed in" && row.get("ipaddress").is_none()),
        "{rows:?}"
    );
    assert_eq!(rows.len(), 1);
    let none = app.with_grants("None", &[]).await;
    none.get("/items/baasix_AuditLog").await.expect_refusal(403, "FORBIDDEN");
});
