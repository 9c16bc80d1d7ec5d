//! Making an account, and what nobody gets by asking for it.

use crate::harness::{EMAIL, on_every_store};
use serde_json::{Value as Json, json};

fn person(email: &str) -> Json {
    json!({ "email": email, "password": "a long password", "firstName": "New" })
}

on_every_store!(a_registration_answers_tokens_of_an_ordinary_user, async |app| {
    let answer = app.anonymous().post("/auth/register", person("New@Example.com")).await;
    answer.expect_status(200);
    assert_eq!(
        (&answer.body["message"], &answer.body["user"]["email"], &answer.body["role"]["name"]),
        (&json!("User registered successfully"), &json!("new@example.com"), &json!("user"))
    );
    assert!(
        answer.body["token"].is_string()
            && answer.body["refreshToken"].is_string()
            && answer.body["expiresIn"].is_number()
    );
    let me = app.anonymous().with_token(answer.body["token"].as_str().expect("a token"));
    assert_eq!(me.get("/auth/me").await.body["user"]["firstName"], "New");
    app.anonymous().signed_in("new@example.com", "a long password").await;
    let nameless = app
        .anonymous()
        .post(
            "/auth/register",
            json!({ "email": "ada@example.com", "password": "a long password" }),
        )
        .await;
    assert_eq!(nameless.expect_status(200).body["user"]["firstName"], "ada");
});

on_every_store!(an_address_has_one_account, async |app| {
    app.anonymous().post("/auth/register", person("a@example.com")).await.expect_status(200);
    for email in ["a@example.com", "A@EXAMPLE.com", EMAIL] {
        let again = app.anonymous().post("/auth/register", person(email)).await;
        again.expect_refusal(400, "EMAIL_TAKEN");
        assert_eq!(again.message(), "User already exists");
    }
});

on_every_store!(a_registration_that_cannot_be_leaves_nothing, async |app| {
    let nobody = app.anonymous();
    for (body, code) in [
        (json!({}), "VALIDATION_ERROR"),
        (json!({ "email": "x@example.com" }), "VALIDATION_ERROR"),
        (json!({ "email": "not an address", "password": "a long password" }), "VALIDATION_ERROR"),
        (json!({ "email": 5, "password": "a long password" }), "VALIDATION_ERROR"),
        (person(&format!("{}@example.com", "x".repeat(243))), "VALIDATION_ERROR"),
        (person(&format!("{}@example.com", "x".repeat(9_000))), "VALIDATION_ERROR"),
        (json!({ "email": "x@example.com", "password": "short" }), "PASSWORD_POLICY"),
        (json!({ "email": "x@example.com", "password": "x".repeat(129) }), "PASSWORD_POLICY"),
        (
            json!({ "email": "x@example.com", "password": "a long password", "firstName": ["x"] }),
            "VALIDATION_ERROR",
        ),
    ] {
        nobody.post("/auth/register", body).await.expect_refusal(400, code);
    }
    assert_eq!(app.admin().rows("baasix_User", json!({})).await.len(), 1);
    assert_eq!(app.admin().rows("baasix_Account", json!({})).await.len(), 1);
    assert_eq!(app.admin().rows("baasix_UserRole", json!({})).await.len(), 1);
});

on_every_store!(an_address_has_at_most_254_signs, async |app| {
    let of = |signs: usize| format!("{}@example.com", "x".repeat(signs - 12));
    app.anonymous().post("/auth/register", person(&of(254))).await.expect_status(200);
    let user = json!({ "email": of(255), "firstName": "New" });
    let refused = app.admin().post("/items/baasix_User", user).await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    assert_eq!(
        (&refused.body["details"][0]["field"], &refused.body["details"][0]["message"]),
        (&json!("email"), &json!("Email must be at most 254 characters long"))
    );
    let rule = json!({ "type": "String", "validate": { "isEmail": true } });
    app.collection("contacts", json!({ "fields": { "mail": rule } })).await;
    app.admin().create("contacts", json!({ "mail": of(254) })).await;
    let refused = app.admin().post("/items/contacts", json!({ "mail": of(255) })).await;
    refused.expect_refusal(400, "VALIDATION_ERROR");
    assert!(refused.text.contains("254"), "{}", refused.text);
});

on_every_store!(nobody_registers_privilege, async |app| {
    let administrator = app.admin().get("/auth/me").await.body["role"]["id"].clone();
    for role in ["administrator", "public", "nothing"] {
        let mut body = person("evil@example.com");
        body["roleName"] = json!(role);
        app.anonymous().post("/auth/register", body).await.expect_refusal(403, "ROLE_NOT_ALLOWED");
    }
    let mut body = person("sly@example.com");
    for (key, value) in [
        ("id", json!("f47ac10b-58cc-4372-a567-0e02b2c3d479")),
        ("status", json!("suspended")),
        ("emailVerified", json!(true)),
        ("role_Id", administrator.clone()),
        ("userRoles", json!([{ "role_Id": administrator }])),
        ("lastAccess", json!("2024-01-01")),
        ("isAdmin", json!(true)),
    ] {
        body[key] = value;
    }
    let answer = app.anonymous().post("/auth/register", body).await;
    answer.expect_status(200);
    assert_eq!(answer.body["role"]["name"], "user");
    let user = app
        .admin()
        .rows(
            "baasix_User",
            json!({ "filter": { "email": "sly@example.com" }, "fields": ["*", "userRoles.*"] }),
        )
        .await[0]
        .clone();
    assert_ne!(user["id"], "f47ac10b-58cc-4372-a567-0e02b2c3d479");
    assert_eq!(
        (&user["status"], &user["emailVerified"], user["userRoles"].as_array().map(Vec::len)),
        (&json!("active"), &json!(false), Some(1)),
        "{user}"
    );
});

on_every_store!(columns_of_the_application_can_be_filled_at_registration, async |app| {
    let mut fields =
        app.admin().get("/schemas/baasix_User").await.body["data"]["schema"]["fields"].clone();
    fields["company"] = json!({ "type": "String" });
    app.admin()
        .patch("/schemas/baasix_User", json!({ "schema": { "fields": fields } }))
        .await
        .expect_status(200);
    let mut body = person("a@example.com");
    body["company"] = json!("ACME");
    let answer = app.anonymous().post("/auth/register", body).await;
    let me = app
        .anonymous()
        .with_token(answer.expect_status(200).body["token"].as_str().expect("a token"));
    assert_eq!(me.get("/auth/me").await.body["user"]["company"], "ACME");
});

on_every_store!(
    registration_can_be_closed,
    |config| { config.public_registration = false },
    async |app| {
        let answer = app.anonymous().post("/auth/register", person("a@example.com")).await;
        answer.expect_refusal(403, "REGISTRATION_DISABLED");
        assert_eq!(app.admin().rows("baasix_User", json!({})).await.len(), 1);
    }
);

on_every_store!(
    registration_can_be_opened_to_chosen_roles_and_never_to_administrators,
    |config| { config.allowed_roles = ["Guest", "administrator"].map(String::from).to_vec() },
    async |app| {
        app.admin().create("baasix_Role", json!({ "name": "Guest" })).await;
        let mut body = person("a@example.com");
        body["roleName"] = json!("Guest");
        let answer = app.anonymous().post("/auth/register", body.clone()).await;
        assert_eq!(answer.expect_status(200).body["role"]["name"], "Guest");
        body["email"] = json!("b@example.com");
        body["roleName"] = json!("administrator");
        let refused = app.anonymous().post("/auth/register", body).await;
        refused.expect_refusal(403, "ROLE_NOT_ALLOWED");
    }
);
