//! Ways that go through a mailbox: in, to a new password, to an address that is confirmed.

use super::secrets::stored;
use super::totp::Codes;
use crate::harness::{Answer, App, EMAIL, Kind, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};

const ANN: &str = "ann@example.com";
const HOME: &str = "https://shop.example.com";
const NEW: &str = "a new password";

/// Ann, and an application that mails lead to.
async fn ann(app: &App) -> Person {
    let home = json!({ "app_url": HOME, "project_name": "Shop" });
    app.admin().patch("/settings", home).await.expect_status(200);
    app.with_grants("Ann", &[]).await
}

async fn asks(app: &App, path: &str, mut body: Json) -> Answer {
    if body.get("email").is_none() {
        body["email"] = json!(ANN);
    }
    app.anonymous().post(path, body).await
}

async fn come_in(app: &App, token: &str) -> Answer {
    app.anonymous().get(&format!("/auth/magiclink/{token}")).await
}

async fn enters(app: &App, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    app.anonymous().post("/auth/login", body).await.status
}

async fn verified(app: &App, email: &str) -> Json {
    let asked = json!({ "filter": { "email": email }, "fields": ["emailVerified"] });
    app.admin().rows("baasix_User", asked).await[0]["emailVerified"].clone()
}

on_every_store!(a_link_signs_in_once_and_proves_the_address, async |app| {
    ann(app).await;
    assert_eq!(verified(app, ANN).await, false);
    let link = format!("{HOME}/auth/verify");
    asks(app, "/auth/magiclink", json!({ "link": link, "email": " Ann@Example.com " }))
        .await
        .expect_status(200);
    let mail = app.last_mail(ANN, 1).await;
    assert_eq!(
        (mail.template.as_str(), mail.subject.as_str()),
        ("magicLinkUrl", "Your way into Shop")
    );
    assert!(mail.html.contains("Hello Ann"), "{}", mail.html);
    let token = mail.token();
    assert_eq!(mail.link(), format!("{HOME}/auth/verify?token={token}"));
    assert_eq!(token.len(), 64);
    let entered = come_in(app, &token).await;
    let body = &entered.expect_status(200).body;
    assert_eq!((&body["user"]["email"], &body["authMode"]), (&json!(ANN), &json!("jwt")));
    assert_eq!(body["role"]["name"], "Ann");
    assert!(!entered.headers.contains_key("set-cookie"));
    let person = app.anonymous().with_token(body["token"].as_str().expect("a token"));
    assert_eq!(person.get("/auth/me").await.expect_status(200).body["user"]["email"], ANN);
    assert_eq!(verified(app, ANN).await, true);
    come_in(app, &token).await.expect_refusal(400, "TOKEN_INVALID");
    for nonsense in ["0".repeat(64), String::from("undefined"), "x".repeat(3_000)] {
        come_in(app, &nonsense).await.expect_refusal(400, "TOKEN_INVALID");
    }
    // By post, into a browser.
    asks(app, "/auth/magiclink", json!({ "link": link })).await.expect_status(200);
    let body = json!({ "token": app.last_mail(ANN, 2).await.token(), "authMode": "cookie" });
    let entered = app.anonymous().post("/auth/magiclink/verify", body).await;
    assert_eq!(entered.expect_status(200).headers.get_all("set-cookie").iter().count(), 2);
});

on_every_store!(a_code_is_typed_however_and_few_guesses_end_it, async |app| {
    ann(app).await;
    let verify = async |body: Json| app.anonymous().post("/auth/magiclink/verify", body).await;
    asks(app, "/auth/magiclink", json!({ "mode": "code" })).await.expect_status(200);
    let mail = app.last_mail(ANN, 1).await;
    let code = mail.code();
    assert_eq!((mail.template.as_str(), code.len()), ("magicLinkCode", 8), "{code}");
    let written = format!("{} {}", code[..4].to_lowercase(), &code[4..]);
    let entered = verify(json!({ "token": written, "email": ANN })).await;
    assert_eq!(entered.expect_status(200).body["user"]["email"], ANN);
    verify(json!({ "token": code, "email": ANN })).await.expect_refusal(400, "TOKEN_INVALID");
    // As the client of the original sends it: without saying whose.
    asks(app, "/auth/magiclink", json!({ "mode": "code" })).await.expect_status(200);
    let code = app.last_mail(ANN, 2).await.code();
    come_in(app, &code).await.expect_status(200);
    // The sixth guess is one too many, were it right.
    asks(app, "/auth/magiclink", json!({ "mode": "code" })).await.expect_status(200);
    let code = app.last_mail(ANN, 3).await.code();
    for _ in 0..5 {
        let wrong = verify(json!({ "token": "AAAAAAAA", "email": ANN })).await;
        wrong.expect_refusal(400, "TOKEN_INVALID");
    }
    verify(json!({ "token": code, "email": ANN })).await.expect_refusal(400, "TOKEN_INVALID");
    come_in(app, &code).await.expect_refusal(400, "TOKEN_INVALID");
});

on_every_store!(guesses_at_codes_of_nobody_in_particular_are_slowed_down, async |app| {
    let mut refused = Vec::new();
    for guess in 0..12 {
        let answer = come_in(app, &format!("ABCDEF{guess:02}")).await;
        refused.push(answer.code().to_owned());
    }
    assert!(refused[..5].iter().all(|code| code == "TOKEN_INVALID"), "{refused:?}");
    assert_eq!(refused[11], "RATE_LIMITED", "{refused:?}");
});

on_every_store!(a_later_mail_ends_the_earlier_and_none_is_good_for_anything_else, async |app| {
    ann(app).await;
    for _ in 0..2 {
        asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    }
    let mails = app.mails_to(ANN, 2).await;
    let (first, second) = (mails[0].token(), mails[1].token());
    assert_eq!(mails[1].link(), format!("{HOME}/auth/magiclink/{second}?token={second}"));
    come_in(app, &first).await.expect_refusal(400, "TOKEN_INVALID");
    asks(app, "/auth/password/reset", json!({})).await.expect_status(200);
    let reset = app.last_mail(ANN, 3).await.token();
    come_in(app, &reset).await.expect_refusal(400, "TOKEN_INVALID");
    let verify = format!("/auth/email/verify/{reset}");
    app.anonymous().get(&verify).await.expect_refusal(400, "TOKEN_INVALID");
    let path = format!("/auth/password/reset/{second}");
    let refused = app.anonymous().post(&path, json!({ "password": NEW })).await;
    refused.expect_refusal(400, "TOKEN_INVALID");
    // What was refused for one thing is still good for its own.
    come_in(app, &second).await.expect_status(200);
});

on_every_store!(
    a_new_password_by_mail_ends_every_session_and_a_poor_one_burns_no_link,
    async |app| {
        let person = ann(app).await;
        let link = format!("{HOME}/reset-password");
        asks(app, "/auth/password/reset", json!({ "link": link })).await.expect_status(200);
        let mail = app.last_mail(ANN, 1).await;
        assert_eq!(mail.template, "passwordReset");
        let token = mail.token();
        assert_eq!(mail.link(), format!("{link}?token={token}"));
        let path = format!("/auth/password/reset/{token}");
        let set = async |body: Json| app.anonymous().post(&path, body).await;
        set(json!({ "password": "short" })).await.expect_refusal(400, "PASSWORD_POLICY");
        set(json!({})).await.expect_refusal(400, "VALIDATION_ERROR");
        set(json!({ "password": NEW })).await.expect_status(200);
        set(json!({ "password": NEW })).await.expect_refusal(400, "TOKEN_INVALID");
        person.get("/auth/me").await.expect_refusal(401, "SESSION_REVOKED");
        assert_eq!((enters(app, ANN, PASSWORD).await, enters(app, ANN, NEW).await), (400, 200));
        assert_eq!(verified(app, ANN).await, true);
        let told = json!({ "filter": { "type": "auth", "action": "password reset by mail" } });
        assert_eq!(app.admin().rows("baasix_AuditLog", told).await.len(), 1);
    }
);

on_every_store!(two_who_bring_the_same_link_at_once_are_one, async |app| {
    ann(app).await;
    asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    let token = app.last_mail(ANN, 1).await.token();
    let comers = (0..6).map(|_| {
        let (person, path) = (app.anonymous(), format!("/auth/magiclink/{token}"));
        tokio::spawn(async move { person.get(&path).await.status })
    });
    let mut answers = Vec::new();
    for comer in comers.collect::<Vec<_>>() {
        answers.push(comer.await.expect("an answer"));
    }
    answers.sort_unstable();
    assert_eq!(answers, [200, 400, 400, 400, 400, 400]);
});

on_every_store!(a_known_and_an_unknown_address_are_one_answer_by_every_mail_route, async |app| {
    ann(app).await;
    for path in ["/auth/magiclink", "/auth/password/reset", "/auth/email/verify"] {
        let mut told = Vec::new();
        for email in [ANN, "nobody@example.com"] {
            let answer = app.anonymous().post(path, json!({ "email": email })).await;
            told.push((answer.status, answer.text.clone()));
        }
        assert_eq!(told[0], told[1], "{path}");
        assert_eq!(told[0].0, 200, "{path}: {}", told[0].1);
    }
    app.mails_to(ANN, 3).await;
    app.mails_to("nobody@example.com", 0).await;
});

on_every_store!(an_account_that_may_not_sign_in_gets_no_way_in_by_mail, async |app| {
    let person = ann(app).await;
    asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    asks(app, "/auth/password/reset", json!({})).await.expect_status(200);
    let mails = app.mails_to(ANN, 2).await;
    let user = person.user_id.clone().expect("a key");
    let path = format!("/items/baasix_User/{user}");
    app.admin().patch(&path, json!({ "status": "suspended" })).await.expect_status(200);
    come_in(app, &mails[0].token()).await.expect_refusal(403, "ACCOUNT_INACTIVE");
    let reset = format!("/auth/password/reset/{}", mails[1].token());
    let refused = app.anonymous().post(&reset, json!({ "password": NEW })).await;
    refused.expect_refusal(403, "ACCOUNT_INACTIVE");
    for path in ["/auth/magiclink", "/auth/password/reset", "/auth/email/verify"] {
        asks(app, path, json!({})).await.expect_status(200);
    }
    // One that is made after them arrives: what was asked for before it was done before it.
    app.with_grants("Ben", &[]).await;
    asks(app, "/auth/magiclink", json!({ "email": "ben@example.com" })).await.expect_status(200);
    app.mails_to("ben@example.com", 1).await;
    app.mails_to(ANN, 2).await;
    // An address that has changed hands proves nothing.
    app.admin().patch(&path, json!({ "status": "active", "email": "other@example.com" })).await;
    come_in(app, &mails[0].token()).await.expect_refusal(400, "TOKEN_INVALID");
});

on_every_store!(a_link_leads_only_where_the_project_lives, async |app| {
    ann(app).await;
    for link in [
        "https://evil.example.com/steal",
        "https://shop.example.com.evil.example.com/",
        "https://shop.example.com@evil.example.com/",
        "http://shop.example.com/",
        "https://shop.example.com:8443/",
        "javascript:alert(1)",
        "//evil.example.com",
        "/auth/verify",
    ] {
        for path in ["/auth/magiclink", "/auth/password/reset", "/auth/email/verify"] {
            let refused = asks(app, path, json!({ "link": link })).await;
            refused.expect_refusal(400, "VALIDATION_ERROR");
            assert_eq!(refused.body["details"][0]["field"], "link", "{link}");
        }
    }
    for (link, count) in [
        ("https://shop.example.com/deep/page", 1),
        ("http://localhost:5173/reset", 2),
        ("http://127.0.0.1:3000/#/reset", 3),
    ] {
        asks(app, "/auth/password/reset", json!({ "link": link })).await.expect_status(200);
        assert!(app.last_mail(ANN, count).await.link().starts_with(link));
    }
});

on_every_store!(
    in_production_no_page_of_somebodys_machine_and_the_configured_ones,
    |config| {
        config.production = true;
        config.hosts = vec![String::from("api.example.com")];
        config.app_urls = vec![String::from("https://app.example.com/in")];
    },
    async |app| {
        let here = json!({ "email": ANN, "link": "http://localhost:5173/reset" });
        let refused = app.anonymous().post("/auth/password/reset", here).await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
        for (host, link, status) in [
            ("api.example.com", "https://app.example.com/in/reset", 200),
            ("api.example.com", "https://app.example.com/out", 400),
            // The server's own pages, by the name that is known to be its own.
            ("api.example.com", "https://api.example.com/studio/#/reset", 200),
            ("api.example.com", "https://evil.example.com/studio/#/reset", 400),
        ] {
            let person = app.anonymous().with_header("host", host);
            let body = json!({ "email": ANN, "link": link });
            let answer = person.post("/auth/password/reset", body).await;
            assert_eq!(answer.status, status, "{link}: {}", answer.text);
        }
        let bare = app.anonymous().post("/auth/password/reset", json!({ "email": ANN })).await;
        assert_eq!(bare.status, 200, "without a link: the first that is configured");
    }
);

on_every_store!(what_cannot_be_asked_for_is_refused_with_its_field, async |app| {
    ann(app).await;
    for (path, body, field) in [
        ("/auth/magiclink", json!({}), "email"),
        ("/auth/magiclink", json!({ "email": 7 }), "email"),
        ("/auth/magiclink", json!({ "email": "nobody" }), "email"),
        ("/auth/magiclink", json!({ "email": ANN, "mode": "pigeon" }), "mode"),
        ("/auth/magiclink", json!({ "email": ANN, "link": 7 }), "link"),
        ("/auth/magiclink/verify", json!({}), "token"),
        ("/auth/magiclink/verify", json!({ "token": ["x"] }), "token"),
        ("/auth/magiclink/verify", json!({ "token": "x", "authMode": "pigeon" }), "authMode"),
        ("/auth/password/reset", json!({}), "email"),
        ("/auth/password/reset/x", json!({ "password": 12_345_678 }), "password"),
    ] {
        let refused = app.anonymous().post(path, body.clone()).await;
        refused.expect_refusal(400, "VALIDATION_ERROR");
        assert_eq!(refused.body["details"][0]["field"], field, "{path} {body}");
    }
    let nobody = app.anonymous().post("/auth/email/verify", json!({})).await;
    nobody.expect_refusal(401, "UNAUTHENTICATED");
});

on_every_store!(a_mailbox_is_sent_so_many_and_no_more, async |app| {
    ann(app).await;
    let mut answers = Vec::new();
    for _ in 0..11 {
        answers.push(asks(app, "/auth/magiclink", json!({ "mode": "code" })).await.status);
    }
    assert_eq!((&answers[..10], answers[10]), (&[200; 10][..], 429));
    let other = asks(app, "/auth/magiclink", json!({ "email": "else@example.com" })).await;
    other.expect_status(200);
});

on_every_store!(an_address_is_confirmed_by_its_owner, async |app| {
    let person = ann(app).await;
    let link = format!("{HOME}/verify-email");
    // Whoever is signed in asks for its own, whatever it says.
    let body = json!({ "link": link, "email": EMAIL });
    person.post("/auth/email/verify", body).await.expect_status(200);
    let mail = app.last_mail(ANN, 1).await;
    app.mails_to(EMAIL, 0).await;
    assert_eq!(mail.template, "emailVerification");
    let path = format!("/auth/email/verify/{}", mail.token());
    let confirmed = app.anonymous().get(&path).await;
    let user = confirmed.expect_status(200).body["user"].clone();
    let key = person.user_id.clone().expect("a key");
    assert_eq!(user, json!({ "id": key, "email": ANN, "emailVerified": true }));
    assert_eq!(verified(app, ANN).await, true);
    app.anonymous().get(&path).await.expect_refusal(400, "TOKEN_INVALID");
    // Confirmed already: told the same, and sent nothing.
    person.post("/auth/email/verify", json!({})).await.expect_status(200);
    asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    assert_eq!(app.last_mail(ANN, 2).await.template, "magicLinkUrl");
});

on_every_store!(
    registration_waits_for_the_address_where_it_must,
    |config| {
        config.require_email_verification = true;
    },
    async |app| {
        let new = json!({
            "email": "Cleo@example.com", "password": PASSWORD, "firstName": "Cleo",
        });
        // Nowhere to send anybody: refused before anything is made.
        let nowhere = app.anonymous().post("/auth/register", new.clone()).await;
        nowhere.expect_refusal(400, "VALIDATION_ERROR");
        app.admin().patch("/settings", json!({ "app_url": HOME })).await.expect_status(200);
        let made = app.anonymous().post("/auth/register", new.clone()).await;
        let body = &made.expect_status(200).body;
        assert_eq!(body["requiresEmailVerification"], true, "{body}");
        assert_eq!((&body["token"], &body["role"]["name"]), (&json!(""), &json!("user")));
        assert_eq!(body["message"], "User registered successfully");
        assert!(!made.headers.contains_key("set-cookie"));
        let login = json!({ "email": "cleo@example.com", "password": PASSWORD });
        let refused = app.anonymous().post("/auth/login", login.clone()).await;
        refused.expect_refusal(403, "EMAIL_NOT_VERIFIED");
        assert_eq!(refused.body["requiresEmailVerification"], true);
        // Who does not know the password is not told that there is such an account.
        let wrong = json!({ "email": "cleo@example.com", "password": "a wrong one" });
        let refused = app.anonymous().post("/auth/login", wrong).await;
        refused.expect_refusal(400, "INVALID_CREDENTIALS");
        let mail = app.last_mail("cleo@example.com", 1).await;
        assert_eq!(mail.template, "emailVerification");
        let path = format!("/auth/email/verify/{}", mail.token());
        app.anonymous().get(&path).await.expect_status(200);
        app.anonymous().post("/auth/login", login).await.expect_status(200);
        let welcome = app.last_mail("cleo@example.com", 2).await;
        assert_eq!((welcome.template.as_str(), welcome.link().as_str()), ("welcome", HOME));
        app.anonymous().post("/auth/register", new).await.expect_refusal(400, "EMAIL_TAKEN");
    }
);

on_every_store!(who_registers_is_welcomed_where_there_is_an_application, async |app| {
    let new = |email: &str| json!({ "email": email, "password": PASSWORD });
    app.anonymous().post("/auth/register", new("dan@example.com")).await.expect_status(200);
    app.admin().patch("/settings", json!({ "app_url": HOME })).await.expect_status(200);
    app.anonymous().post("/auth/register", new("eve@example.com")).await.expect_status(200);
    assert_eq!(app.last_mail("eve@example.com", 1).await.template, "welcome");
    app.mails_to("dan@example.com", 0).await;
});

on_every_store!(a_second_factor_is_asked_after_a_link, async |app| {
    let person = ann(app).await;
    let begun = person.post("/auth/totp/setup", json!({ "password": PASSWORD })).await;
    let codes = Codes::of(&begun.expect_status(200).body["data"]["secret"]);
    let body = json!({ "code": codes.first() });
    person.post("/auth/totp/confirm", body).await.expect_status(200);
    asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    let entered = come_in(app, &app.last_mail(ANN, 1).await.token()).await;
    let body = &entered.expect_status(200).body;
    assert_eq!((&body["token"], &body["requiresTotp"]), (&json!(""), &json!(true)), "{body}");
    // A new password is no way around it.
    asks(app, "/auth/password/reset", json!({})).await.expect_status(200);
    let path = format!("/auth/password/reset/{}", app.last_mail(ANN, 2).await.token());
    app.anonymous().post(&path, json!({ "password": NEW })).await.expect_status(200);
    let login = json!({ "email": ANN, "password": NEW });
    let entered = app.anonymous().post("/auth/login", login).await;
    assert_eq!(entered.expect_status(200).body["requiresTotp"], true);
});

on_every_store!(what_mails_bring_is_kept_as_nothing_usable, async |app| {
    ann(app).await;
    asks(app, "/auth/magiclink", json!({})).await.expect_status(200);
    asks(app, "/auth/password/reset", json!({})).await.expect_status(200);
    let ben = app.with_grants("Ben", &[]).await;
    asks(app, "/auth/magiclink", json!({ "email": "ben@example.com", "mode": "code" })).await;
    let mut secrets: Vec<String> =
        app.mails_to(ANN, 2).await.iter().map(crate::harness::Caught::token).collect();
    secrets.push(app.last_mail("ben@example.com", 1).await.code());
    let texts = [
        r#"SELECT "value" FROM "baasix_Verification""#,
        r#"SELECT "identifier" FROM "baasix_Verification""#,
        r#"SELECT "content" FROM "baasix_EmailLog" WHERE "content" IS NOT NULL"#,
    ];
    for (text, count) in texts.into_iter().zip([3, 3, 3]) {
        let rows = stored(app, text).await;
        assert_eq!(rows.len(), count, "{text}");
        let kept = rows.join("\n");
        assert!(secrets.iter().all(|secret| !kept.contains(secret)), "{text}: {kept}");
    }
    for collection in ["baasix_Verification", "baasix_EmailLog", "baasix_AuditLog"] {
        let seen = app.admin().get(&format!("/items/{collection}?limit=-1")).await;
        for secret in &secrets {
            assert!(!seen.text.contains(secret), "{collection}: {}", seen.text);
        }
        let seen = ben.get(&format!("/items/{collection}")).await;
        assert!(!seen.text.contains("magic-link"), "{}", seen.text);
    }
});

on_every_store!(a_changed_address_is_to_be_confirmed_anew, async |app| {
    let rule = json!({ "collection": "baasix_User", "action": "update", "fields": ["email", "firstName"], "conditions": { "id": { "eq": "$CURRENT_USER" } } });
    let read = json!({ "collection": "baasix_User", "action": "read", "conditions": { "id": { "eq": "$CURRENT_USER" } } });
    let person = app.with_grants("Ann", &[rule, read]).await;
    let key = person.user_id.clone().expect("a key");
    let path = format!("/items/baasix_User/{key}");
    app.admin().patch(&path, json!({ "emailVerified": true })).await.expect_status(200);
    person.patch(&path, json!({ "firstName": "Anna", "email": ANN })).await.expect_status(200);
    assert_eq!(verified(app, ANN).await, true, "it is the same");
    person.patch(&path, json!({ "email": "anna@example.com" })).await.expect_status(200);
    assert_eq!(verified(app, "anna@example.com").await, false);
});

async fn stops_with_mails_to_make(kind: Kind) {
    const ASKED: usize = 8;
    let mut app = App::start(kind).await;
    ann(&app).await;
    for _ in 0..ASKED {
        let link = json!({ "link": format!("{HOME}/auth/verify") });
        asks(&app, "/auth/magiclink", link).await.expect_status(200);
    }
    app.restart().await;
    let mails = app.mails_to(ANN, ASKED).await;
    assert_eq!(mails.len(), ASKED, "whoever was told that a mail is on its way gets it");
    app.stop().await;
}

on_every_store!(a_mail_that_was_asked_for_is_made_by_a_server_that_stops, stops_with_mails_to_make);
