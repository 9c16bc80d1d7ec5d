//! Which requests leave a remote as it is, which do not, and which are not carried at all.

use embedded_server::{Config, Server};
use hyper::{Method, Uri};
use serde_json::{Value, json};

use super::{ASKS, ENDS, Effect, READS, REHEARSALS, judged, matches};

const BASE: &str = "https://far.example";

/// The effect of `METHOD target`, or the code of its refusal.
fn of(request: &str) -> Result<Effect, &'static str> {
    let (method, target) = request.split_once(' ').unwrap();
    let (method, uri): (Method, Uri) = (method.parse().unwrap(), target.parse().unwrap());
    judged(BASE, &method, &uri).map(|judged| judged.effect).map_err(|(_, fault)| fault.code)
}

fn check(effect: Result<Effect, &'static str>, requests: &[&str]) {
    for request in requests {
        assert_eq!(of(request), effect, "{request}");
    }
}

#[test]
fn what_leaves_a_project_as_it_is_passes() {
    check(
        Ok(Effect::Reads),
        &[
            "GET /",
            "POST /",
            "GET /settings?tenant_id=x",
            "GET /settings/branding",
            "GET /mails",
            "GET /mails/1",
            "GET /templates/types",
            "GET /templates/default/welcome",
            "POST /templates/preview",
            "GET /settings/by-app-url?appUrl=https://x.example",
            "GET /health",
            "HEAD /health",
            "GET /items/notes",
            "GET /items/notes?filter[text][like]=%25a%25&limit=-1",
            "GET /items/notes/1",
            "GET /items/notes/a%2Fb",
            "GET /items/notes/50%25",
            "GET /items/notes/caf%C3%A9",
            "GET /items/Order%20Details/1",
            "GET /items/notes/export?format=csv",
            "GET /items/notes/1/history",
            "GET /schemas",
            "GET /schemas/history/12",
            "GET /schemas/existing?names=true",
            "GET /reports/notes?groupBy=state",
            "GET /imports/7f3a/rejects",
            "GET /permissions-export",
            "GET /auth/me",
            "GET /auth/logout",
            "GET /auth/sessions",
            "GET /auth/tenants",
            "GET /auth/tokens?userId=x",
            "GET /auth/totp",
            "GET /auth/verify-invite/x",
            "POST /auth/totp/verify",
            "POST /auth/magiclink",
            "POST /auth/magiclink/verify",
            "POST /auth/login",
            "POST /auth/logout",
            "POST /auth/refresh",
            "POST /reports/notes",
            "POST /reports/stats",
            "POST /schemas/plan",
            "POST /schemas/rehearse",
            "POST /schemas/history/12/plan",
            "POST /schemas-preview-import",
            "POST /permissions-preview-import",
            "POST /permissions-export",
            "POST /permissions/explain",
            "POST /permissions/impact",
            "POST /permissions/view-as",
            "DELETE /permissions/view-as",
            "POST /queries/slow/7f/measure",
        ],
    );
    check(Ok(Effect::ReadsWhenDry), &["POST /items/batch", "POST /schemas/adopt?x=1"]);
}

#[test]
fn a_read_only_connection_writes_by_no_path() {
    check(
        Ok(Effect::Writes),
        &[
            "POST /items/notes",
            "PUT /items/notes",
            "PATCH /items/notes/1",
            "DELETE /items/notes/1",
            "DELETE /permissions/7f3a",
            "DELETE /items/notes/a%2Fb",
            "POST /items/notes/bulk",
            "POST /items/notes/1/revert",
            "POST /items/notes/import-csv",
            "PUT /items/batch",
            "POST /items/batch/x",
            "POST /ITEMS/batch",
            "POST /imports",
            "POST /imports/7f3a/undo",
            "POST /schemas",
            "POST /schemas/apply",
            "POST /schemas/history/12/undo",
            "POST /schemas/history/12/plan/undo",
            "DELETE /queries/slow",
            "POST /permissions/reload",
            "PATCH /settings",
            "POST /settings",
            "POST /settings/reload",
            "POST /settings/test-email",
            "DELETE /settings/tenant",
            "DELETE /mails",
            "POST /mails/1/retry",
            "POST /templates/types",
            "POST /templates/preview/x",
            "POST /utils/sort/notes",
            // The session of nobody here.
            "POST /auth/register",
            "POST /auth/password/reset",
            "POST /auth/password/reset/x",
            "POST /auth/email/verify",
            "GET /auth/email/verify/x",
            "GET /auth/magiclink/x",
            "POST /auth/setup",
            "POST /auth/password/change",
            "POST /auth/admin/password/change",
            "POST /auth/admin/change-password",
            "POST /auth/invite",
            "POST /auth/login/x",
            "PATCH /auth/me",
            "DELETE /auth/sessions",
            "POST /auth/switch-tenant",
            "DELETE /auth/sessions/1",
            "POST /auth/tokens",
            "POST /auth/totp/setup",
            "POST /auth/totp/confirm",
            "POST /auth/totp/disable",
            "POST /auth/totp/recovery-codes",
            "DELETE /auth/admin/totp/1",
            "DELETE /auth/tokens/1",
            // Reads that may do something, and whatever nobody listed.
            "GET /auth/magiclink/verify?token=x",
            "GET /auth/callback/google?code=x",
            "GET /studio",
            "PUT /",
            "HEAD /nothing/known",
        ],
    );
}

#[test]
fn a_path_that_could_mean_another_is_not_carried() {
    check(
        Err("TARGET_UNCLEAR"),
        &[
            "POST /auth/../items/notes",
            "POST /auth/./login",
            "POST /auth/..",
            "POST /auth/%2e%2e/items/notes",
            "POST /auth/%2E./items/notes",
            "POST /auth/.%2e/items/notes",
            "POST /auth/..%2fitems/notes",
            "POST /auth%2Flogin",
            "POST /auth%2flogin",
            "POST /reports/..%5Citems",
            "POST /auth\\..\\items\\notes",
            "POST /auth/..\\items/notes",
            "POST //items/notes",
            "POST /auth//login",
            "POST /auth/login/",
            "POST /%61uth/login",
            "POST /auth/log%69n",
            "POST /auth/%252e%252e/items",
            "POST /auth;x=1/../items",
            "POST /auth/login;x=1",
            "POST /auth/login%00",
            "POST /auth/login%0d%0aX:1",
            "POST /auth/login%2",
            "POST /auth/login%zz",
            "GET /items/notes/..%2F..%2Fauth%2Flogout",
            "GET /items/notes/a%2F%2Fb",
            "GET /items/notes%2F1",
            "GET /items/notes/{id}",
            // Another host, and another method.
            "POST http://elsewhere.example/auth/login",
            "GET https://far.example/health",
            "POST /reports/notes?_method=DELETE",
            "GET /items/notes?a=1&_METHOD=DELETE",
        ],
    );
    check(
        Err("METHOD_NOT_ALLOWED"),
        &["post /items/notes", "get /health", "OPTIONS /items", "TRACE /", "PROPFIND /items"],
    );
}

#[test]
fn what_is_judged_is_what_is_sent() {
    let sent = |base: &str, target: &str| {
        let judged = judged(base, &Method::GET, &target.parse().unwrap()).unwrap();
        judged.target.to_string()
    };
    for target in ["/items/notes/a%2Fb?x=%2e%2e/&y=a%20b", "/health", "/items/x/O'Brien:(1)"] {
        assert_eq!(sent(BASE, target), format!("{BASE}{target}"));
        let below = "https://far.example:8443/plinth/shop";
        assert_eq!(sent(below, target), format!("{below}{target}"));
    }
}

#[test]
fn whatever_answers_about_a_session_may_carry_tokens() {
    let of_session =
        |path: &str| judged(BASE, &Method::POST, &path.parse().unwrap()).unwrap().of_session;
    for path in ["/auth/login", "/auth/setup", "/auth/any/thing/later", "/Auth/login"] {
        assert!(of_session(path), "{path}");
    }
    assert!(!of_session("/items/auth"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_a_remote_is_judged_and_every_judged_route_is_one() {
    let folder = std::env::temp_dir().join(format!("plinth-judged-{}", uuid::Uuid::new_v4()));
    let mut config = Config::for_data(folder);
    config.port = 0;
    let who = json!({ "email": "owner@example.com", "password": "a password of the remote" });
    config.admin_email = who["email"].as_str().map(str::to_owned);
    config.admin_password = who["password"].as_str().map(str::to_owned);
    let running = Server::start(config).await.unwrap();
    // Ours, for one of reqwest alone needs another test to have chosen who encrypts.
    let client = crate::gateway::client().unwrap();
    let base = format!("http://{}", running.address());
    let login = client.post(format!("{base}/auth/login")).json(&who).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    // Everybody else is told of fewer routes.
    let told = client.get(format!("{base}/openapi")).bearer_auth(login["token"].as_str().unwrap());
    let document: Value = told.send().await.unwrap().json().await.unwrap();
    running.stop().await;

    let mut routes: Vec<(String, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        routes.extend(methods.filter(|one| *one != "parameters").map(|one| {
            let filled = path.replace(['{', '}'], "");
            (one.to_uppercase(), filled)
        }));
    }
    // What a link of a mail brings is used up, as clients of the original do it; a way in at a provider
    // is begun and ended by a browser.
    let acts = [
        "/auth/magiclink/token",
        "/auth/email/verify/token",
        "/auth/signin/provider",
        "/auth/callback/provider",
    ];
    let unknown: Vec<_> = routes
        .iter()
        .filter(|(method, path)| method == "GET" && !acts.contains(&path.as_str()))
        .filter(|(_, path)| of(&format!("GET {path}")) != Ok(Effect::Reads))
        .collect();
    assert!(unknown.is_empty(), "not among the reads: {unknown:?}");

    let is_one = |method: &str, listed: &str| {
        routes.iter().any(|(own, path)| {
            let parts: Vec<&str> = path.split('/').skip(1).collect();
            own == method && matches(listed, &parts)
        })
    };
    let gone: Vec<_> =
        [("GET", &READS[..]), ("POST", &ASKS), ("DELETE", &ENDS), ("POST", &REHEARSALS)]
            .into_iter()
            .flat_map(|(method, list)| list.iter().map(move |route| (method, *route)))
            .filter(|(method, route)| !is_one(method, route))
            .collect();
    assert!(gone.is_empty(), "no routes of a remote: {gone:?}");
}
