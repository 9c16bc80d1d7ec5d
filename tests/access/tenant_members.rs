//! Signing in to tenants, and going from one to another.

use crate::harness::{App, Kind, PASSWORD, Person};
use serde_json::{Value as Json, json};

/// Two tenants; one person is in both, in the second first.
struct World {
    app: App,
    first: String,
    second: String,
    reader: Json,
    editor: Json,
}

async fn on_each(test: impl AsyncFn(&World)) {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        if kind == Kind::Postgres && App::postgres_is_missing() {
            continue;
        }
        let app = App::start_with(kind, |config| {
            config.multi_tenant = true;
            config.public_registration = true;
        });
        let app = app.await;
        let admin = app.admin();
        let tenant = async |name: &str| {
            let made = admin.create("baasix_Tenant", json!({ "name": name })).await;
            made.as_str().expect("a key").to_owned()
        };
        let (first, second) = (tenant("First").await, tenant("Second").await);
        let reader = admin.create("baasix_Role", json!({ "name": "reader" })).await;
        let editor = admin.create("baasix_Role", json!({ "name": "editor" })).await;
        let user = admin.create("baasix_User", json!({ "email": "ann@example.com", "password": PASSWORD, "firstName": "Ann", "role_Id": reader, "tenant_Id": second })).await;
        let more = json!({ "user_Id": user, "role_Id": editor, "tenant_Id": first });
        admin.create("baasix_UserRole", more).await;
        let world = World { app, first, second, reader, editor };
        test(&world).await;
        world.app.stop().await;
    }
}

impl World {
    fn login(&self, more: Json) -> Json {
        let mut body = json!({ "email": "ann@example.com", "password": PASSWORD });
        for (key, value) in more.as_object().expect("an object") {
            body[key] = value.clone();
        }
        body
    }

    /// Signed in as the body asks.
    async fn ann(&self, more: Json) -> Person {
        let started = self.app.anonymous().post("/auth/login", self.login(more)).await;
        let token = started.expect_status(200).body["token"].as_str().expect("a token").to_owned();
        self.app.anonymous().with_header("authorization", &format!("Bearer {token}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_stands_in_the_tenant_asked_for_or_in_the_one_of_the_oldest_role() {
    on_each(async |world| {
        let nobody = world.app.anonymous();
        let started = nobody.post("/auth/login", world.login(json!({}))).await;
        let body = started.expect_status(200).body.clone();
        assert_eq!(
            (&body["tenant"]["name"], &body["role"]["name"]),
            (&json!("Second"), &json!("reader"))
        );
        let asked = world.login(json!({ "tenant_Id": world.first.to_uppercase() }));
        let body = nobody.post("/auth/login", asked).await.body;
        assert_eq!(
            (&body["tenant"]["id"], &body["role"]["name"]),
            (&json!(world.first), &json!("editor"))
        );
        // What an SDK names with every request counts where nothing is asked for, if it is one's own.
        let hinting = nobody.with_header("x-tenant-id", &world.first.to_uppercase());
        let body = hinting.post("/auth/login", world.login(json!({}))).await.body;
        assert_eq!(body["tenant"]["id"], json!(world.first), "{body}");
        let third = world.app.admin().create("baasix_Tenant", json!({ "name": "Third" })).await;
        let hinting = nobody.with_header("x-tenant-id", third.as_str().expect("a key"));
        let body = hinting.post("/auth/login", world.login(json!({}))).await.body;
        assert_eq!(body["tenant"]["id"], json!(world.second), "{body}");
        for other in [third, json!("00000000-0000-4000-8000-00000000beef"), json!("no key")] {
            let asked = world.login(json!({ "tenant_Id": other }));
            nobody.post("/auth/login", asked).await.expect_refusal(403, "TENANT_ACCESS_DENIED");
        }
        // The session stays where it is, also once it is refreshed.
        let refresh = json!({ "refreshToken": started.body["refreshToken"] });
        let body = nobody.post("/auth/refresh", refresh).await.body;
        assert_eq!(body["tenant"]["name"], "Second");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_its_tenants_and_goes_from_one_to_another() {
    on_each(async |world| {
        let World { app, first, second, reader, editor } = world;
        let ann = world.ann(json!({ "tenant_Id": second })).await;
        let told = ann.get("/auth/tenants").await;
        let wanted = json!({ "tenants": [
            { "id": first, "name": "First", "role": { "id": editor, "name": "editor" } },
            { "id": second, "name": "Second", "role": { "id": reader, "name": "reader" } },
        ] });
        assert_eq!(told.expect_status(200).body, wanted);
        let all = app.admin().get("/auth/tenants").await;
        let all = all.expect_status(200).body["tenants"].as_array().expect("a list").len();
        assert_eq!(all, 2);
        app.anonymous().get("/auth/tenants").await.expect_refusal(401, "UNAUTHENTICATED");
        let to = |tenant: &str| json!({ "tenant_Id": tenant });
        let switched = ann.post("/auth/switch-tenant", to(first)).await;
        let body = switched.expect_status(200).body.clone();
        assert_eq!(
            (&body["tenant"]["id"], &body["role"]["name"]),
            (&json!(first), &json!("editor"))
        );
        let token = format!("Bearer {}", body["token"].as_str().expect("a token"));
        let there = app.anonymous().with_header("authorization", &token);
        assert_eq!(there.get("/auth/me").await.body["tenant"], json!(first));
        // The session of before goes on where it was.
        assert_eq!(ann.get("/auth/me").await.body["tenant"], json!(second));
        let third = app.admin().create("baasix_Tenant", json!({ "name": "Third" })).await;
        let third = third.as_str().expect("a key");
        ann.post("/auth/switch-tenant", to(third))
            .await
            .expect_refusal(403, "TENANT_ACCESS_DENIED");
        // Who has a role outside of tenants names one with its requests instead.
        let everywhere = app.admin().post("/auth/switch-tenant", to(first)).await;
        everywhere.expect_refusal(403, "TENANT_ACCESS_DENIED");
        for none in ["00000000-0000-4000-8000-00000000beef", "no key"] {
            ann.post("/auth/switch-tenant", to(none)).await.expect_refusal(404, "NOT_FOUND");
        }
        for body in [json!({}), json!({ "tenant_Id": null }), json!({ "tenant_Id": 7 })] {
            ann.post("/auth/switch-tenant", body).await.expect_refusal(400, "VALIDATION_ERROR");
        }
        let typed = json!({ "tenant_Id": first, "authType": "fridge" });
        ann.post("/auth/switch-tenant", typed).await.expect_refusal(403, "SESSION_TYPE_INVALID");
        let nobody = app.anonymous().post("/auth/switch-tenant", to(first)).await;
        nobody.expect_refusal(401, "UNAUTHENTICATED");
        // A tenant that is left is left at once.
        let role = json!({ "filter": { "AND": [{ "tenant_Id": first }, { "role_Id": editor }] } });
        let role = app.admin().column("baasix_UserRole", "id", role).await;
        let gone = format!("/items/baasix_UserRole/{}", role[0].as_str().expect("a key"));
        app.admin().delete(&gone).await.expect_status(200);
        there.get("/auth/me").await.expect_refusal(401, "SESSION_REVOKED");
        assert_eq!(ann.get("/auth/me").await.body["tenant"], json!(second));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_sessions_are_counted_in_each_tenant() {
    on_each(async |world| {
        let World { app, first, second, .. } = world;
        let limit = json!({ "mobile_session_limit": 1 });
        app.admin().patch("/settings", limit).await.expect_status(200);
        let ann = world.ann(json!({ "tenant_Id": second, "authType": "mobile" })).await;
        let mobile = json!({ "tenant_Id": first, "authType": "mobile" });
        ann.post("/auth/switch-tenant", mobile.clone()).await.expect_status(200);
        ann.post("/auth/switch-tenant", mobile).await.expect_refusal(403, "SESSION_LIMIT");
        ann.post("/auth/switch-tenant", json!({ "tenant_Id": first })).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_makes_a_tenant_and_its_member_or_nothing() {
    on_each(async |world| {
        let World { app, second, .. } = world;
        let register = |more: Json| {
            let mut body =
                json!({ "email": "new@example.com", "password": PASSWORD, "firstName": "New" });
            for (key, value) in more.as_object().expect("an object") {
                body[key] = value.clone();
            }
            body
        };
        let nobody = app.anonymous();
        let refused = nobody.post("/auth/register", register(json!({}))).await;
        refused.expect_refusal(400, "TENANT_REQUIRED");
        // A tenant that is there is not to be had by naming it.
        let hinting = nobody.with_header("x-tenant-id", second);
        let refused =
            hinting.post("/auth/register", register(json!({ "tenant_Id": second }))).await;
        refused.expect_refusal(400, "TENANT_REQUIRED");
        for wrong in [json!("Shop"), json!({}), json!({ "name": " " }), json!({ "name": 7 })] {
            let refused = nobody.post("/auth/register", register(json!({ "tenant": wrong }))).await;
            refused.expect_refusal(400, "VALIDATION_ERROR");
        }
        let taken = register(json!({ "tenant": { "name": "Second" } }));
        let refused = nobody.post("/auth/register", taken).await;
        refused.expect_refusal(409, "UNIQUE_VIOLATION");
        // What fails leaves no tenant behind.
        let short = register(json!({ "tenant": { "name": "Shop" }, "password": "short" }));
        nobody.post("/auth/register", short).await.expect_refusal(400, "PASSWORD_POLICY");
        let known = register(json!({ "tenant": { "name": "Shop" }, "email": "ann@example.com" }));
        nobody.post("/auth/register", known).await.expect_refusal(400, "EMAIL_TAKEN");
        let shops = json!({ "filter": { "name": "Shop" } });
        assert!(app.admin().rows("baasix_Tenant", shops.clone()).await.is_empty());
        let made = register(json!({ "tenant": { "name": "Shop", "id": second } }));
        let body = nobody.post("/auth/register", made).await.expect_status(200).body.clone();
        assert_eq!(body["tenant"]["name"], "Shop", "{body}");
        assert_eq!(
            app.admin().column("baasix_Tenant", "id", shops).await,
            [body["tenant"]["id"].clone()]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_changes_in_one_tenant_stays_in_the_other() {
    on_each(async |world| {
        let World { app, first, second, editor, .. } = world;
        let admin = app.admin();
        let user = admin
            .column("baasix_User", "id", json!({ "filter": { "email": "ann@example.com" } }))
            .await;
        let path = format!("/items/baasix_User/{}", user[0].as_str().expect("a key"));
        let change = json!({ "role_Id": editor, "tenant_Id": second });
        admin.patch(&path, change.clone()).await.expect_status(200);
        let roles = json!({ "filter": { "user_Id": user[0] }, "fields": ["role_Id", "tenant_Id"] });
        let held: std::collections::BTreeMap<String, Json> = admin
            .rows("baasix_UserRole", roles)
            .await
            .iter()
            .map(|row| (row["tenant_Id"].to_string(), row["role_Id"].clone()))
            .collect();
        let wanted = [first, second].map(|tenant| (json!(tenant).to_string(), editor.clone()));
        assert_eq!(held, wanted.into());
        // In one tenant, no role is given in another.
        let there = admin.with_header("x-tenant-id", first);
        there.patch(&path, change).await.expect_refusal(403, "TENANT_MISMATCH");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_without_tenants_says_so() {
    let app = App::start(Kind::Sqlite).await;
    let admin = app.admin();
    admin.get("/auth/tenants").await.expect_refusal(400, "MULTI_TENANT_DISABLED");
    let to = json!({ "tenant_Id": "00000000-0000-4000-8000-00000000beef" });
    admin.post("/auth/switch-tenant", to).await.expect_refusal(400, "MULTI_TENANT_DISABLED");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_whose_role_demands_a_second_factor_is_not_entered_without() {
    on_each(async |world| {
        let World { app, first, second, editor, .. } = world;
        let role = format!("/items/baasix_Role/{}", editor.as_str().expect("a key"));
        app.admin().patch(&role, json!({ "enforceTotp": true })).await.expect_status(200);
        let ann = world.ann(json!({ "tenant_Id": second })).await;
        let switched = ann.post("/auth/switch-tenant", json!({ "tenant_Id": first })).await;
        let body = &switched.expect_status(200).body;
        assert_eq!((&body["token"], &body["requiresTotpSetup"]), (&json!(""), &json!(true)));
        let back = ann.post("/auth/switch-tenant", json!({ "tenant_Id": second })).await;
        assert_eq!(back.expect_status(200).body["role"]["name"], "reader");
    })
    .await;
}
