//! How many sessions of one type somebody may have.

use crate::harness::{Answer, App, EMAIL, PASSWORD, on_every_store};
use serde_json::{Value as Json, json};

const READER: &str = "reader@example.com";

async fn settings(app: &App, query: &str, body: Json) {
    app.admin().patch(&format!("/settings{query}"), body).await.expect_status(200);
}

async fn enters(app: &App, email: &str, kind: Option<&str>, tenant: Option<&Json>) -> Answer {
    let body =
        json!({ "email": email, "password": PASSWORD, "authType": kind, "tenant_Id": tenant });
    app.anonymous().post("/auth/login", body).await
}

fn refused(answer: &Answer) {
    answer.expect_refusal(403, "SESSION_LIMIT");
    assert!(answer.body.get("token").is_none() && answer.headers.get("set-cookie").is_none());
}

on_every_store!(a_limit_of_one_refuses_the_second_of_its_type, async |app| {
    app.with_grants("Reader", &[]).await;
    settings(app, "", json!({ "mobile_session_limit": 1 })).await;
    let first = enters(app, READER, Some("mobile"), None).await;
    first.expect_status(200);
    refused(&enters(app, READER, Some("mobile"), None).await);
    // Others are not counted with it, and of somebody else neither.
    for kind in [None, Some("default"), Some("web"), Some("web")] {
        enters(app, READER, kind, None).await.expect_status(200);
    }
    app.with_grants("Writer", &[]).await;
    enters(app, "writer@example.com", Some("mobile"), None).await.expect_status(200);
    // It stays of its type when it is renewed, and makes room when it ends.
    let renewed = json!({ "refreshToken": first.body["refreshToken"], "authMode": "jwt" });
    let renewed = app.anonymous().post("/auth/refresh", renewed).await;
    let token = renewed.expect_status(200).body["token"].as_str().expect("a token").to_owned();
    refused(&enters(app, READER, Some("mobile"), None).await);
    app.anonymous().with_token(&token).post("/auth/logout", json!({})).await.expect_status(200);
    enters(app, READER, Some("mobile"), None).await.expect_status(200);
    // More room counts from the next request.
    settings(app, "", json!({ "mobile_session_limit": 2 })).await;
    enters(app, READER, Some("mobile"), None).await.expect_status(200);
    refused(&enters(app, READER, Some("mobile"), None).await);
});

on_every_store!(none_is_forbidden_and_less_is_not_counted, async |app| {
    app.with_grants("Reader", &[]).await;
    settings(app, "", json!({ "web_session_limit": 0, "mobile_session_limit": -1 })).await;
    refused(&enters(app, READER, Some("web"), None).await);
    for _ in 0..3 {
        enters(app, READER, Some("mobile"), None).await.expect_status(200);
        enters(app, READER, None, None).await.expect_status(200);
    }
    settings(app, "", json!({ "web_session_limit": null })).await;
    enters(app, READER, Some("web"), None).await.expect_status(200);
    let other = enters(app, READER, Some("desktop"), None).await;
    other.expect_refusal(403, "SESSION_TYPE_INVALID");
});

on_every_store!(administrators_and_roles_that_are_not_named_are_not_limited, async |app| {
    app.with_grants("Reader", &[]).await;
    app.with_grants("Writer", &[]).await;
    let roles = json!({ "filter": { "name": "Writer" } });
    let writer = app.admin().column("baasix_Role", "id", roles).await[0].clone();
    let limits = json!({ "web_session_limit": 0, "session_limit_roles": [writer] });
    settings(app, "", limits).await;
    enters(app, EMAIL, Some("web"), None).await.expect_status(200);
    enters(app, READER, Some("web"), None).await.expect_status(200);
    refused(&enters(app, "writer@example.com", Some("web"), None).await);
    settings(app, "", json!({ "session_limit_roles": [] })).await;
    enters(app, EMAIL, Some("web"), None).await.expect_status(200);
    refused(&enters(app, READER, Some("web"), None).await);
});

on_every_store!(a_tenant_has_limits_of_its_own, async |app| {
    app.with_grants("Reader", &[]).await;
    let admin = app.admin();
    let tenant = admin.create("baasix_Tenant", json!({ "name": "One" })).await;
    let reader = json!({ "filter": { "email": READER } });
    let user = admin.column("baasix_User", "id", reader).await[0].clone();
    let roles = json!({ "filter": { "name": "Reader" } });
    let role = admin.column("baasix_Role", "id", roles).await[0].clone();
    let given = json!({ "user_Id": user, "role_Id": role, "tenant_Id": tenant });
    admin.create("baasix_UserRole", given).await;
    settings(app, "", json!({ "web_session_limit": 3 })).await;
    let query = format!("?tenant_id={}", tenant.as_str().expect("a key"));
    settings(app, &query, json!({ "web_session_limit": 1 })).await;
    enters(app, READER, Some("web"), None).await.expect_status(200);
    enters(app, READER, Some("web"), Some(&tenant)).await.expect_status(200);
    refused(&enters(app, READER, Some("web"), Some(&tenant)).await);
    enters(app, READER, Some("web"), None).await.expect_status(200);
    refused(&enters(app, READER, Some("web"), None).await);
});

on_every_store!(a_limit_holds_for_sign_ins_side_by_side, async |app| {
    app.with_grants("Reader", &[]).await;
    settings(app, "", json!({ "web_session_limit": 2 })).await;
    let mut entering = Vec::new();
    for _ in 0..8 {
        let nobody = app.anonymous();
        let body = json!({ "email": READER, "password": PASSWORD, "authType": "web" });
        entering.push(tokio::spawn(async move { nobody.post("/auth/login", body).await }));
    }
    let mut entered = 0;
    for one in entering {
        let answer = one.await.expect("it answers");
        if answer.status == 200 {
            entered += 1;
        } else {
            refused(&answer);
        }
    }
    assert_eq!(entered, 2);
});
