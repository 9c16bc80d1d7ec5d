//! The second factor: asked by every way in, each code once, set up where a role demands it.

use super::secrets::stored;
use crate::harness::{Answer, App, EMAIL, PASSWORD, Person, on_every_store};
use serde_json::{Value as Json, json};
use totp_rs::{Algorithm, Secret, TOTP};

const ANN: &str = "ann@example.com";

/// The codes of a secret. One of the present half minute and the one after are good for a minute:
/// as long as a test may take.
pub(super) struct Codes {
    codes: TOTP,
    now: u64,
}

impl Codes {
    pub(super) fn of(secret: &Json) -> Self {
        let secret = Secret::Encoded(secret.as_str().expect("a secret").to_owned());
        let bytes = secret.to_bytes().expect("base 32");
        let codes = TOTP::new_unchecked(Algorithm::SHA1, 6, 0, 30, bytes, None, String::new());
        #[expect(
            clippy::disallowed_methods,
            reason = "an authenticator app has a clock of its own"
        )]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Self { codes, now: now.expect("after 1970").as_secs() }
    }

    pub(super) fn first(&self) -> String {
        self.codes.generate(self.now)
    }

    fn second(&self) -> String {
        self.codes.generate(self.now + 30)
    }
}

async fn login(app: &App, email: &str) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    app.anonymous().post("/auth/login", body).await
}

/// Ann, with a role of her own.
async fn ann(app: &App) -> Person {
    app.with_grants("Ann", &[]).await
}

/// Sets a second factor up, and its recovery codes.
async fn set_up(person: &Person) -> (Codes, Vec<String>) {
    let begun = person.post("/auth/totp/setup", json!({ "password": PASSWORD })).await;
    let codes = Codes::of(&begun.expect_status(200).body["data"]["secret"]);
    let confirmed = person.post("/auth/totp/confirm", json!({ "code": codes.first() })).await;
    let recovery = confirmed.expect_status(200).body["data"]["recoveryCodes"].clone();
    (codes, serde_json::from_value(recovery).expect("a list"))
}

/// The challenge that a sign-in ends in.
fn challenge(asked: &Answer) -> String {
    let body = &asked.expect_status(200).body;
    assert_eq!((&body["token"], &body["refreshToken"]), (&json!(""), &Json::Null), "{body}");
    assert!(!asked.headers.contains_key("set-cookie"));
    body["challenge"].as_str().expect("a challenge").to_owned()
}

async fn verify(app: &App, challenge: &str, more: Json) -> Answer {
    let mut body = more;
    body["challenge"] = json!(challenge);
    app.anonymous().post("/auth/totp/verify", body).await
}

on_every_store!(a_second_factor_is_asked_for_once_it_is_confirmed_and_not_before, async |app| {
    let person = ann(app).await;
    let state = async || person.get("/auth/totp").await.expect_status(200).body["data"].clone();
    let off = json!({ "enabled": false, "since": null, "recoveryCodes": 0, "demanded": false });
    assert_eq!(state().await, off);
    let wrong = json!({ "password": "a wrong one" });
    let refused = person.post("/auth/totp/setup", wrong).await;
    refused.expect_refusal(400, "CURRENT_PASSWORD_INVALID");
    person.post("/auth/totp/setup", json!({})).await.expect_status(400);
    let begun = person.post("/auth/totp/setup", json!({ "password": PASSWORD })).await;
    let data = &begun.expect_status(200).body["data"];
    let url = data["url"].as_str().expect("an address");
    assert!(url.starts_with("otpauth://totp/") && url.contains("ann%40example.com"), "{url}");
    assert!(data["qr"]["size"].as_u64() > Some(20), "{data}");
    assert!(data["qr"]["path"].as_str().is_some_and(|path| path.starts_with("M0 0h1v1")));
    // Whoever stops here is not locked out, and may begin anew: only the last secret counts.
    assert!(login(app, ANN).await.body["token"].as_str().is_some_and(|token| !token.is_empty()));
    let old = Codes::of(&data["secret"]);
    let (codes, recovery) = set_up(&person).await;
    assert_eq!(recovery.len(), 10);
    let told = state().await;
    assert_eq!((&told["enabled"], &told["recoveryCodes"]), (&json!(true), &json!(10)));
    assert_eq!(person.get("/auth/me").await.body["user"]["totpEnabled"], true);
    // Asked now, and who was signed in stays so.
    let asked = login(app, ANN).await;
    assert_eq!(asked.body["requiresTotp"], true, "{}", asked.text);
    let challenge = challenge(&asked);
    let dead = app.anonymous().with_token(&challenge);
    dead.get("/auth/me").await.expect_refusal(401, "SESSION_REVOKED");
    dead.post("/auth/refresh", json!({})).await.expect_refusal(401, "REFRESH_INVALID");
    verify(app, &challenge, json!({ "code": old.second() }))
        .await
        .expect_refusal(400, "TOTP_INVALID");
    // The code of the set-up was used.
    let used = verify(app, &challenge, json!({ "code": codes.first() })).await;
    used.expect_refusal(400, "TOTP_INVALID");
    let body = json!({ "code": codes.second(), "authMode": "cookie" });
    let entered = verify(app, &challenge, body).await;
    let token = entered.expect_status(200).body["token"].as_str().expect("a token").to_owned();
    assert_eq!(entered.headers.get_all("set-cookie").iter().count(), 2);
    let me = app.anonymous().with_token(&token).get("/auth/me").await;
    assert_eq!(me.body["user"]["email"], ANN);
    // Once, by whatever challenge.
    let again = self::challenge(&login(app, ANN).await);
    let again = verify(app, &again, json!({ "code": codes.second() })).await;
    again.expect_refusal(400, "TOTP_INVALID");
    // A refresh does not ask again.
    let refresh = json!({ "refreshToken": entered.body["refreshToken"] });
    app.anonymous().post("/auth/refresh", refresh).await.expect_status(200);
    person.post("/auth/totp/setup", json!({ "password": PASSWORD })).await.expect_status(409);
});

on_every_store!(a_recovery_code_is_good_once_for_one_of_two, async |app| {
    let person = ann(app).await;
    let (codes, recovery) = set_up(&person).await;
    let challenge = challenge(&login(app, ANN).await);
    let by = |code: &str| json!({ "recoveryCode": code });
    // Two at the same moment: one is let in.
    let written = recovery[0].to_uppercase().replace('-', " ");
    let (one, other) = tokio::join!(
        verify(app, &challenge, by(&recovery[0])),
        verify(app, &challenge, by(&written))
    );
    let mut both = [one.status, other.status];
    both.sort_unstable();
    assert_eq!(both, [200, 400], "{} {}", one.text, other.text);
    verify(app, &challenge, by(&recovery[0])).await.expect_refusal(400, "TOTP_INVALID");
    verify(app, &challenge, by(&recovery[1])).await.expect_status(200);
    let left = person.get("/auth/totp").await.body["data"]["recoveryCodes"].clone();
    assert_eq!(left, 8);
    let both = json!({ "code": "1", "recoveryCode": "2" });
    verify(app, &challenge, both).await.expect_refusal(400, "VALIDATION_ERROR");
    verify(app, &challenge, json!({})).await.expect_refusal(400, "VALIDATION_ERROR");
    // New ones end those that were left.
    let renew = json!({ "code": codes.second() });
    let renewed = person.post("/auth/totp/recovery-codes", renew).await;
    let renewed = renewed.expect_status(200).body["data"]["recoveryCodes"].clone();
    verify(app, &challenge, by(&recovery[2])).await.expect_refusal(400, "TOTP_INVALID");
    let fresh = renewed[0].as_str().expect("a code");
    verify(app, &challenge, by(fresh)).await.expect_status(200);
    // What is stored is of no use: neither secret nor codes stand anywhere as they are.
    let rows = app.admin().rows("baasix_Totp", json!({ "fields": "*" })).await;
    assert_eq!(rows.len(), 1);
    for hidden in ["secret", "recoveryCodes", "lastStep"] {
        assert_eq!(rows[0].get(hidden), None, "{rows:?}");
    }
    let stored = stored(app, r#"SELECT "secret" FROM "baasix_Totp""#).await;
    assert!(stored[0].starts_with("sealed:"), "{stored:?}");
});

on_every_store!(guesses_of_codes_are_slowed_down, async |app| {
    let person = ann(app).await;
    let (_, recovery) = set_up(&person).await;
    let challenge = challenge(&login(app, ANN).await);
    for _ in 0..6 {
        verify(app, &challenge, json!({ "code": "000000" }))
            .await
            .expect_refusal(400, "TOTP_INVALID");
    }
    let waiting = verify(app, &challenge, json!({ "recoveryCode": recovery[0] })).await;
    waiting.expect_refusal(429, "RATE_LIMITED");
    assert!(waiting.headers.contains_key("retry-after"));
    // A fresh challenge is no fresh count, and the password is another matter.
    let fresh = self::challenge(&login(app, ANN).await);
    let fresh = verify(app, &fresh, json!({ "recoveryCode": recovery[0] })).await;
    fresh.expect_refusal(429, "RATE_LIMITED");
});

on_every_store!(it_is_taken_away_by_its_owner_or_an_administrator, async |app| {
    let person = ann(app).await;
    let (codes, recovery) = set_up(&person).await;
    let own = |password: &str, code: &str| json!({ "password": password, "recoveryCode": code });
    let disable = "/auth/totp/disable";
    person.post(disable, own("wrong", &recovery[0])).await.expect_status(400);
    person.post(disable, own(PASSWORD, "wrong")).await.expect_refusal(400, "TOTP_INVALID");
    // Nobody does it as a write of the record.
    let user = format!("/items/baasix_User/{}", person.user_id.as_deref().expect("a key"));
    let off = json!({ "totpEnabled": false });
    app.admin().patch(&user, off).await.expect_refusal(403, "FIELD_FORBIDDEN");
    let code = json!({ "password": PASSWORD, "code": codes.second() });
    person.post(disable, code).await.expect_status(200);
    assert_eq!(person.get("/auth/me").await.body["user"]["totpEnabled"], false);
    assert!(login(app, ANN).await.body["token"].as_str().is_some_and(|token| !token.is_empty()));
    person.post(disable, own(PASSWORD, &recovery[1])).await.expect_refusal(400, "TOTP_INVALID");
    // Lost: an administrator takes it away, and nobody else does.
    set_up(&person).await;
    let path = format!("/auth/admin/totp/{}", person.user_id.as_deref().expect("a key"));
    person.delete(&path).await.expect_refusal(403, "FORBIDDEN");
    app.anonymous().delete(&path).await.expect_refusal(401, "UNAUTHENTICATED");
    app.admin().delete(&path).await.expect_status(200);
    assert!(login(app, ANN).await.body["token"].as_str().is_some_and(|token| !token.is_empty()));
    app.admin().delete(&path).await.expect_status(200);
    assert!(app.admin().delete("/auth/admin/totp/nobody").await.status < 500);
    // An API token keeps no second factor.
    let token = person.post("/auth/tokens", json!({ "name": "x" })).await;
    let token = token.body["data"]["token"].as_str().expect("a token").to_owned();
    let program = app.anonymous().with_token(&token);
    program.get("/auth/totp").await.expect_refusal(403, "TOKEN_SCOPE");
    let setup = json!({ "password": PASSWORD });
    program.post("/auth/totp/setup", setup).await.expect_refusal(403, "TOKEN_SCOPE");
});

on_every_store!(a_role_may_demand_it_on_the_way_in, async |app| {
    let person = ann(app).await;
    let roles = app.admin().rows("baasix_Role", json!({ "filter": { "name": "Ann" } })).await;
    let role = format!("/items/baasix_Role/{}", roles[0]["id"].as_str().expect("a key"));
    app.admin().patch(&role, json!({ "enforceTotp": true })).await.expect_status(200);
    assert_eq!(person.get("/auth/totp").await.body["data"]["demanded"], true);
    let asked = login(app, ANN).await;
    assert_eq!(asked.body["requiresTotpSetup"], true, "{}", asked.text);
    let challenge = challenge(&asked);
    // It is no way around: neither a code nor a session.
    verify(app, &challenge, json!({ "code": "000000" })).await.expect_refusal(400, "TOKEN_INVALID");
    let nobody = app.anonymous();
    let with = |more: Json| {
        let mut body = json!({ "challenge": challenge });
        body.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        body
    };
    let early = nobody.post("/auth/totp/confirm", with(json!({ "code": "000000" }))).await;
    early.expect_refusal(409, "CONFLICT");
    let begun = nobody.post("/auth/totp/setup", with(json!({}))).await;
    let codes = Codes::of(&begun.expect_status(200).body["data"]["secret"]);
    let confirm = with(json!({ "code": codes.first() }));
    let entered = nobody.post("/auth/totp/confirm", confirm).await;
    let body = &entered.expect_status(200).body;
    assert_eq!(body["recoveryCodes"].as_array().map(Vec::len), Some(10));
    let token = body["token"].as_str().expect("a token").to_owned();
    let entered = app.anonymous().with_token(&token);
    entered.get("/auth/me").await.expect_status(200);
    // The challenge of the set-up is over with it.
    let again = nobody.post("/auth/totp/setup", with(json!({}))).await;
    again.expect_refusal(409, "CONFLICT");
    assert_eq!(login(app, ANN).await.body["requiresTotp"], true);
    // Taking it away ends what goes on without.
    let off = json!({ "password": PASSWORD, "code": codes.second() });
    entered.post("/auth/totp/disable", off).await.expect_status(200);
    for session in [&entered, &person] {
        session.get("/auth/me").await.expect_refusal(401, "SESSION_REVOKED");
    }
    assert_eq!(login(app, ANN).await.body["requiresTotpSetup"], true);
    // A challenge of somebody who may not sign in any more opens nothing.
    let late = self::challenge(&login(app, ANN).await);
    let user = format!("/items/baasix_User/{}", person.user_id.as_deref().expect("a key"));
    app.admin().patch(&user, json!({ "status": "suspended" })).await.expect_status(200);
    let late = json!({ "challenge": late });
    let late = nobody.post("/auth/totp/setup", late).await;
    late.expect_refusal(400, "TOKEN_INVALID");
    for forged in ["", "x", EMAIL] {
        let forged = json!({ "challenge": forged, "code": "000000" });
        let answer = nobody.post("/auth/totp/verify", forged).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    }
});
