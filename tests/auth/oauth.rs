//! Signing in at other providers, as far as nobody else is asked: what is begun, and what is refused.
//! Real providers are asked in `tests/e2e/sdk/oauth.sdk.test.ts`.

use crate::harness::{Answer, App, EMAIL, on_every_store};
use embedded_server::Config;
use reqwest::Url;
use serde_json::json;

const PAGE: &str = "https://shop.example.com/in";

fn github(config: &mut Config) {
    config.app_urls = vec![String::from("https://shop.example.com")];
    for (name, value) in [("GITHUB_CLIENT_ID", "of-the-file"), ("GITHUB_CLIENT_SECRET", "s3cret")] {
        config.variables.insert(name.to_owned(), value.to_owned());
    }
}

async fn begins(app: &App, query: &str) -> Answer {
    app.anonymous().get(&format!("/auth/signin/{query}")).await
}

/// The address that a browser is led to, and its cookie.
fn led(answer: &Answer) -> (Url, String) {
    let header = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
    let address = Url::parse(&header("location")).expect("an address");
    (address, header("set-cookie"))
}

fn carries(address: &Url, name: &str) -> String {
    let found = address.query_pairs().find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {address}")).1.into_owned()
}

on_every_store!(
    a_browser_is_led_to_the_provider_with_all_that_it_needs,
    |config| { github(config) },
    async |app| {
        let page = "redirect_url=https%3A%2F%2Fshop.example.com%2Fin";
        let answer = begins(app, &format!("github?{page}&scopes=repo,read:user&state=mine")).await;
        answer.expect_status(302);
        assert_eq!(answer.headers["cache-control"], "no-store");
        let (address, cookie) = led(&answer);
        assert_eq!(address.host_str(), Some("github.com"));
        assert_eq!(carries(&address, "client_id"), "of-the-file");
        assert_eq!(carries(&address, "response_type"), "code");
        assert_eq!(carries(&address, "scope"), "read:user user:email repo");
        assert_eq!(carries(&address, "code_challenge_method"), "S256");
        assert_eq!(carries(&address, "code_challenge").len(), 43);
        assert!(carries(&address, "redirect_uri").ends_with("/auth/callback/github"));
        let state = carries(&address, "state");
        assert!(state.len() >= 43 && state != "mine", "{state}");
        assert!(!address.as_str().contains("s3cret"));
        let (name, rest) = cookie.split_once('=').expect("a cookie");
        assert!(name.starts_with("plinth_oauth_"), "{cookie}");
        let kept = "; Path=/auth/callback; Max-Age=600; SameSite=Lax; HttpOnly";
        assert!(rest.ends_with(kept), "{cookie}");
        let second = led(&begins(app, &format!("github?{page}")).await);
        assert_ne!(carries(&second.0, "state"), state);
        assert_ne!(second.1.split('=').next(), Some(name), "tabs begin beside each other");
    }
);

on_every_store!(what_cannot_be_begun_is_said, |config| { github(config) }, async |app| {
    let ok = format!("redirect_url={PAGE}");
    for provider in ["gitlab", "google", "credential", "..", "a%2Fb", "GITHUB2"] {
        let answer = begins(app, &format!("{provider}?{ok}")).await;
        if provider != ".." {
            answer.expect_refusal(400, "OAUTH_PROVIDER_UNKNOWN");
        }
    }
    let none = begins(app, "github").await;
    assert!(none.expect_refusal(400, "VALIDATION_ERROR").message().contains("required"));
    for foreign in
        ["https://evil.example/in", "https://shop.example.com.evil.example/", "in", "javascript:x"]
    {
        let refused = begins(app, &format!("github?redirect_url={foreign}")).await;
        let detail = &refused.expect_refusal(400, "VALIDATION_ERROR").body["details"][0];
        assert_eq!(detail["field"], "redirect_url", "{}", refused.text);
    }
    let long = "x".repeat(1_001);
    begins(app, &format!("github?{ok}&state={long}")).await.expect_refusal(400, "VALIDATION_ERROR");
    begins(app, &format!("github?{ok}&scopes=a%22b")).await.expect_refusal(400, "VALIDATION_ERROR");
    begins(app, &format!("github?{ok}&inviteToken=x")).await.expect_refusal(400, "INVITE_INVALID");
    begins(app, &format!("github?{ok}&authType=tv"))
        .await
        .expect_refusal(403, "SESSION_TYPE_INVALID");
    let by_post = async |body| app.anonymous().post("/auth/social/signin", body).await;
    let missing = by_post(json!({})).await;
    assert!(missing.expect_refusal(400, "VALIDATION_ERROR").message().contains("required"));
    by_post(json!({ "provider": "gitlab" })).await.expect_refusal(400, "OAUTH_PROVIDER_UNKNOWN");
    let body = json!({ "provider": "github", "callbackURL": "https://evil.example/" });
    by_post(body).await.expect_refusal(400, "VALIDATION_ERROR");
    let body = json!({ "provider": "github", "idToken": "e30.e30." });
    by_post(body).await.expect_refusal(400, "OAUTH_DENIED");
    assert!(app.admin().rows("baasix_Verification", json!({})).await.is_empty());
});

on_every_store!(
    a_callback_is_taken_by_who_began_it_once,
    |config| { github(config) },
    async |app| {
        let back = async |query: &str| {
            app.anonymous().get(&format!("/auth/callback/github?{query}")).await
        };
        let refused = back("code=x").await;
        assert!(refused.expect_refusal(400, "OAUTH_STATE_INVALID").message().contains("state"));
        back("code=x&state=made-up").await.expect_refusal(400, "OAUTH_STATE_INVALID");
        let (address, cookie) = led(&begins(app, &format!("github?redirect_url={PAGE}")).await);
        let state = carries(&address, "state");
        // What was begun is in no record that could be used.
        let kept = app.admin().rows("baasix_Verification", json!({})).await;
        assert_eq!(kept[0]["identifier"], "oauth:github");
        assert!(!json!(kept).to_string().contains(&state));
        let refused = format!("state={state}&error=access_denied&error_description=No+thanks");
        back(&refused).await.expect_refusal(400, "OAUTH_STATE_INVALID");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let browser = app.anonymous().with_header("cookie", &cookie);
        let answer = browser.get(&format!("/auth/callback/github?{refused}")).await;
        answer.expect_status(302);
        let (page, forgotten) = led(&answer);
        assert_eq!(page.as_str(), format!("{PAGE}?error=OAUTH_DENIED&error_description=No+thanks"));
        assert!(forgotten.contains("Max-Age=0"), "{forgotten}");
        let again = browser.get(&format!("/auth/callback/github?{refused}")).await;
        again.expect_refusal(400, "OAUTH_STATE_INVALID");
        assert!(app.admin().rows("baasix_Verification", json!({})).await.is_empty());
    }
);

on_every_store!(a_provider_is_set_up_by_the_projects_own_variables, async |app| {
    let listed = async || app.anonymous().get("/auth/providers").await.body["data"].clone();
    assert_eq!(listed().await, json!([]));
    let here = String::from("google?redirect_url=http://localhost:5173/in");
    begins(app, &here).await.expect_refusal(400, "OAUTH_PROVIDER_UNKNOWN");
    let admin = app.admin();
    let mut keys = Vec::new();
    for (name, value) in [("GITHUB_CLIENT_ID", "of-the-project"), ("GITHUB_CLIENT_SECRET", "s")] {
        let body = json!({ "name": name, "value": value, "isSecret": true });
        keys.push(admin.create("baasix_Variable", body).await);
    }
    assert_eq!(listed().await, json!([{ "id": "github", "name": "GitHub" }]));
    let (address, _) = led(&begins(app, &here.replace("google", "GitHub")).await);
    assert_eq!(carries(&address, "client_id"), "of-the-project");
    let told = admin.rows("baasix_Variable", json!({})).await;
    assert!(told.iter().all(|row| row.get("value").is_none()), "{told:?}");
    let key = keys[0]["id"].as_str().or(keys[0].as_str()).expect("a key").to_owned();
    admin.delete(&format!("/items/baasix_Variable/{key}")).await.expect_status(200);
    assert_eq!(listed().await, json!([]));
});

on_every_store!(
    a_password_opens_nothing_where_it_is_switched_off,
    |config| {
        github(config);
        // Nobody of the harness can sign in then.
        config.admin_password = Some(String::from("an owner of its own"));
        config.auth_services = Some(vec![String::from("GitHub")]);
    },
    async |app| {
        let body = json!({ "email": EMAIL, "password": "an owner of its own" });
        app.anonymous().post("/auth/login", body.clone()).await.expect_refusal(403, "FORBIDDEN");
        app.anonymous().post("/auth/register", body).await.expect_refusal(403, "FORBIDDEN");
        let listed = app.anonymous().get("/auth/providers").await;
        assert_eq!(listed.body["data"], json!([{ "id": "github", "name": "GitHub" }]));
    }
);
