//! The gateway before a real server: what reaches the remote, and what never reaches the window.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use embedded_server::{Config, Running, Server};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tauri::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{ASKING, Ask, Credential, Gateway, Keep, Report, Rules, TELLING, keep, probe, taken};
use crate::project::Guard;

const EMAIL: &str = "owner@example.com";
const PASSWORD: &str = "a password of the remote";
const ORIGIN: &str = "tauri://localhost";

async fn remote() -> (Running, Url) {
    let folder = std::env::temp_dir().join(format!("plinth-remote-{}", uuid::Uuid::new_v4()));
    let mut config = Config::for_data(folder);
    config.port = 0;
    config.admin_email = Some(EMAIL.to_owned());
    config.admin_password = Some(PASSWORD.to_owned());
    let running = Server::start(config).await.unwrap();
    let url = Url::parse(&format!("http://{}", running.address())).unwrap();
    (running, url)
}

/// A person who answers every question alike, and the questions.
fn person(says: bool) -> (Ask, Arc<Mutex<Vec<String>>>) {
    let questions = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&questions);
    let ask: Ask = Arc::new(move |question| {
        kept.lock().unwrap().push(question.text);
        Box::pin(async move { says })
    });
    (ask, questions)
}

/// What a keeper of secrets was told, in order.
type Kept = Arc<Mutex<Vec<Option<String>>>>;

fn keeper() -> (Keep, Kept) {
    let kept = Kept::default();
    let own = Arc::clone(&kept);
    let keep: Keep = Arc::new(move |token| {
        own.lock().unwrap().push(token.map(|token| token.to_string()));
        Box::pin(async {})
    });
    (keep, kept)
}

fn rules(guard: Guard, ask: Ask) -> Rules {
    Rules { name: "Far".to_owned(), guard, ask, keep: keeper().0 }
}

/// A way on which nobody is asked anything.
async fn way(url: &Url, guard: Guard) -> Gateway {
    Gateway::open(url.clone(), rules(guard, person(false).0), None).await.unwrap()
}

/// A way that goes on with a sign-in of before, and what is kept of it.
async fn resumed(url: &Url, refresh: &str) -> (Gateway, Kept) {
    let (keep, kept) = keeper();
    let rules = Rules { keep, ..rules(Guard::Open, person(false).0) };
    let session = Credential::Session(refresh.to_owned().into());
    (Gateway::open(url.clone(), rules, Some(session)).await.unwrap(), kept)
}

/// A remote that answers everything alike and keeps what it was sent: the line and its headers.
async fn echo(status: u16, told: &'static [(&str, String)], body: &'static str) -> Echo {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            let answer = service_fn(move |request: Request<Incoming>| {
                let kept = Arc::clone(&kept);
                async move {
                    let (head, sent) = request.into_parts();
                    let sent = sent.collect().await?.to_bytes();
                    let line = format!("{} {}", head.method, head.uri);
                    let sent = String::from_utf8(sent.to_vec()).unwrap();
                    kept.lock().unwrap().push((line, head.headers, sent));
                    let mut answer = Response::builder().status(status);
                    for (name, value) in told {
                        answer = answer.header(*name, value.as_str());
                    }
                    Ok::<_, hyper::Error>(answer.body(Full::new(Bytes::from(body))).unwrap())
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
        }
    });
    Echo { url, seen }
}

struct Echo {
    url: Url,
    seen: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
}

impl Echo {
    fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(line, ..)| line.clone()).collect()
    }
}

/// Sends a line as it stands, which no client would; answers the status and what follows.
async fn raw(gateway: &Gateway, line: &str, more: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    let pass = gateway.token();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {pass}\r\n{more}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

async fn sign_in(gateway: &Gateway) -> Value {
    let answer = reqwest::Client::new()
        .post(format!("{}/auth/login", gateway.url()))
        .bearer_auth(gateway.token())
        .header(header::ORIGIN, ORIGIN)
        // As every webview says; the answer is larger than what the remote leaves uncompressed.
        .header(header::ACCEPT_ENCODING, "gzip")
        .json(&json!({ "email": EMAIL, "password": PASSWORD }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().get(header::SET_COOKIE).is_none());
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], ORIGIN);
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_through_the_gateway_never_holds_the_remotes_token() {
    let (running, url) = remote().await;
    let gateway = way(&url, Guard::Open).await;
    let answer = sign_in(&gateway).await;
    assert_eq!(answer["token"], gateway.token());
    assert!(answer.get("refreshToken").is_none());

    let me = format!("{}/auth/me", gateway.url());
    let client = reqwest::Client::new();
    let known = client.get(&me).bearer_auth(gateway.token()).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::OK);
    assert!(known.text().await.unwrap().contains(EMAIL));

    let nobody = client.get(&me).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_may_not_use_the_gateway() {
    let (running, url) = remote().await;
    let gateway = way(&url, Guard::Open).await;
    let request = reqwest::Client::new().get(format!("{}/health", gateway.url()));
    let request =
        request.bearer_auth(gateway.token()).header(header::ORIGIN, "https://elsewhere.example");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_connection_refuses_writes_and_lets_reads_through() {
    let (running, url) = remote().await;
    let gateway = way(&url, Guard::ReadOnly).await;
    sign_in(&gateway).await;
    let client = reqwest::Client::new();
    let items = format!("{}/items/baasix_Role", gateway.url());

    let write = client.post(&items).bearer_auth(gateway.token()).json(&json!({ "name": "x" }));
    let refused = write.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "CONNECTION_READ_ONLY");

    let read = client.get(&items).bearer_auth(gateway.token()).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);

    let batch = format!("{}/items/batch", gateway.url());
    let step =
        json!({ "op": "create", "collection": "baasix_Role", "data": { "name": "tried only" } });
    let send = |body: String| {
        let request = client.post(&batch).bearer_auth(gateway.token());
        request.header(header::CONTENT_TYPE, "application/json").body(body).send()
    };
    let tried = send(json!({ "operations": [step], "dryRun": true }).to_string()).await.unwrap();
    assert_eq!(tried.status(), StatusCode::OK);
    for dry_run in ["false", "\"true\"", "1", "true, \"dryRun\": false"] {
        let body = format!(r#"{{"operations": [{step}], "dryRun": {dry_run}}}"#);
        let refused = send(body).await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{dry_run}");
    }
    // More than is thrown away unread when a connection is closed over it.
    let large = json!({ "name": "x".repeat(4 << 20) });
    let refused = client.post(&items).bearer_auth(gateway.token()).json(&large).send();
    assert_eq!(refused.await.unwrap().status(), StatusCode::FORBIDDEN);
    let roles = client.get(&items).bearer_auth(gateway.token()).send().await.unwrap();
    assert!(!roles.text().await.unwrap().contains("tried only"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_is_good_for_one_write() {
    let far = echo(200, &[], "{}").await;
    let (ask, questions) = person(true);
    let gateway = Gateway::open(far.url.clone(), rules(Guard::Confirm, ask), None).await.unwrap();
    let client = reqwest::Client::new();
    let item = format!("{}/items/notes/1", gateway.url());

    client.get(&item).bearer_auth(gateway.token()).send().await.unwrap();
    let tried = client.post(format!("{}/items/batch", gateway.url())).bearer_auth(gateway.token());
    tried.json(&json!({ "operations": [], "dryRun": true })).send().await.unwrap();
    assert_eq!(questions.lock().unwrap().len(), 0, "reads are asked about by nobody");

    for text in ["one", "two"] {
        let write = client.patch(&item).bearer_auth(gateway.token());
        let done = write.json(&json!({ "text": text })).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::OK);
    }
    let upload = client.post(format!("{}/imports", gateway.url())).bearer_auth(gateway.token());
    let done = upload.header(header::CONTENT_TYPE, "text/csv").body("a\n1\n").send().await.unwrap();
    assert_eq!(done.status(), StatusCode::OK);

    let asked = questions.lock().unwrap().clone();
    assert_eq!(asked.len(), 3, "{asked:?}");
    let seen = far.seen.lock().unwrap();
    let bodies: Vec<_> = seen.iter().skip(2).map(|(line, _, body)| (&**line, &**body)).collect();
    assert_eq!(
        bodies,
        [
            ("PATCH /items/notes/1", r#"{"text":"one"}"#),
            ("PATCH /items/notes/1", r#"{"text":"two"}"#),
            ("POST /imports", "a\n1\n"),
        ]
    );
    assert_eq!(seen[4].1[header::CONTENT_LENGTH], "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_nobody_confirms_is_not_sent() {
    let far = echo(200, &[], "{}").await;
    let gateway = way(&far.url, Guard::Confirm).await;
    let item = format!("{}/items/notes/1", gateway.url());
    let write = reqwest::Client::new().delete(&item).bearer_auth(gateway.token());
    let refused = write.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "WRITE_NOT_CONFIRMED");
    assert_eq!(body["error"]["statusCode"], 403);
    assert_eq!(far.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_client_would_send_reaches_no_remote() {
    let far = echo(200, &[], "{}").await;
    for guard in [Guard::Open, Guard::ReadOnly] {
        let gateway = way(&far.url, guard).await;
        let elsewhere = format!("DELETE {}/items/notes/1", far.url.as_str().trim_end_matches('/'));
        for line in [
            "POST /auth/../items/notes",
            "POST /auth/%2e%2e/items/notes",
            "POST /auth\\..\\items\\notes",
            "POST //items/notes",
            "POST /auth%2Flogin",
            elsewhere.as_str(),
        ] {
            let (status, answer) = raw(&gateway, line, "Content-Length: 0\r\n").await;
            assert!(status == 400 && answer.contains("TARGET_UNCLEAR"), "{line}: {answer}");
        }
        let (status, answer) = raw(&gateway, "post /items/notes", "Content-Length: 0\r\n").await;
        assert!(status == 405 && answer.contains("METHOD_NOT_ALLOWED"), "{answer}");
        let upgrade = "Upgrade: websocket\r\nConnection: upgrade\r\n";
        let (status, answer) = raw(&gateway, "GET /items/notes", upgrade).await;
        assert!(status == 400 && answer.contains("UPGRADE_REFUSED"), "{answer}");
    }
    assert_eq!(far.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_brings_nothing_along_that_is_not_ours() {
    let far = echo(200, &[], "{}").await;
    let rules = rules(Guard::Open, person(false).0);
    let token = Credential::Access("kept".to_owned().into());
    let gateway = Gateway::open(far.url.clone(), rules, Some(token)).await.unwrap();
    let more = "X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /items/notes/1\r\n\
        X-Forwarded-For: 10.0.0.1\r\nCookie: token=x\r\nX-Plinth-Source: studio\r\n\
        If-Match: \"7\"\r\nContent-Length: 5\r\n";
    // A length without its body would make the next request the body of this one.
    let (status, _) = raw(&gateway, "GET /items/notes/1", &format!("{more}\r\nhello")).await;
    assert_eq!(status, 200);
    let seen = far.seen.lock().unwrap();
    let (line, headers, body) = &seen[0];
    assert_eq!((line.as_str(), body.as_str()), ("GET /items/notes/1", ""));
    let mut names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "authorization", "host", "if-match", "x-plinth-source"]);
    assert_eq!(headers[header::AUTHORIZATION], "Bearer kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_sends_elsewhere_is_not_followed() {
    let other = echo(200, &[], r#"{"status":"ok","token":"stolen"}"#).await;
    let place = format!("{}auth/login?secret=1", other.url);
    let told = Box::leak(Box::new([("location", place)]));
    for status in [302, 307, 308] {
        let far = echo(status, told, "").await;
        let gateway = way(&far.url, Guard::Open).await;
        let login = format!("{}/auth/login", gateway.url());
        let login = reqwest::Client::new().post(login).bearer_auth(gateway.token());
        let answer = login.json(&json!({ "password": PASSWORD })).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
        assert!(answer.headers().get(header::LOCATION).is_none());
        let text = answer.text().await.unwrap();
        assert!(text.contains("REMOTE_REDIRECTS") && !text.contains("secret"), "{text}");

        let fault = probe(&far.url, Some("kept")).await.map(|_| ()).unwrap_err();
        assert_eq!(fault.code, "REMOTE_REDIRECTS");
        assert!(fault.message.contains(other.url.as_str().trim_end_matches('/')), "{fault}");
    }
    assert_eq!(other.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_about_a_session_brings_the_remotes_token() {
    let body = r#"{"token":"far","accessToken":"far","refreshToken":"far"}"#;
    let far = echo(200, &[], body).await;
    let gateway = way(&far.url, Guard::Open).await;
    for path in ["/auth/login", "/auth/setup", "/auth/switch-tenant", "/Auth/login"] {
        let asked = reqwest::Client::new().post(format!("{}{path}", gateway.url()));
        let answer = asked.bearer_auth(gateway.token()).send().await.unwrap();
        let text = answer.text().await.unwrap();
        assert!(!text.contains("far") && text.contains(gateway.token()), "{path}: {text}");
    }
    let unread = echo(200, &[], "token=far").await;
    let gateway = way(&unread.url, Guard::Open).await;
    let asked = reqwest::Client::new().post(format!("{}/auth/login", gateway.url()));
    let answer = asked.bearer_auth(gateway.token()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert!(!answer.text().await.unwrap().contains("far"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_leaves_no_token_behind() {
    let (running, url) = remote().await;
    let gateway = way(&url, Guard::ReadOnly).await;
    sign_in(&gateway).await;
    let client = reqwest::Client::new();
    let ask =
        |path: &str| client.get(format!("{}{path}", gateway.url())).bearer_auth(gateway.token());
    assert_eq!(ask("/auth/logout").send().await.unwrap().status(), StatusCode::OK);
    let nobody = ask("/auth/me").send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    // Not one that is told to be of a session that ended: none is sent at all.
    let body: Value = nobody.json().await.unwrap();
    assert_eq!(body["error"]["code"], "UNAUTHENTICATED");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_is_tried_before_it_is_listed() {
    let (running, url) = remote().await;
    let health = probe(&url, None).await.unwrap();
    assert!(health.version.is_none() && health.store.is_none(), "told to whom it knows alone");
    let refused = probe(&url, Some("no token of theirs")).await.map(|_| ()).unwrap_err();
    assert_eq!(refused.code, "TOKEN_REFUSED");
    running.stop().await;
    let gone = probe(&url, None).await.map(|_| ()).unwrap_err();
    assert_eq!(gone.code, "REMOTE_UNREACHABLE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_kept_resumed_at_the_next_launch_and_forgotten_with_the_sign_out() {
    let (running, url) = remote().await;
    let (keep, kept) = keeper();
    let rules = Rules { keep, ..rules(Guard::ReadOnly, person(false).0) };
    let gateway = Gateway::open(url.clone(), rules, None).await.unwrap();
    sign_in(&gateway).await;
    let first = kept.lock().unwrap()[0].clone().unwrap();
    assert_eq!(kept.lock().unwrap().len(), 1);
    drop(gateway);

    let ask = |gateway: &Gateway, path: &str| {
        let asked = reqwest::Client::new().get(format!("{}{path}", gateway.url()));
        asked.bearer_auth(gateway.token()).send()
    };
    let (gateway, kept) = resumed(&url, &first).await;
    let me = ask(&gateway, "/auth/me").await.unwrap();
    assert_eq!(me.status(), StatusCode::OK);
    assert!(me.text().await.unwrap().contains(EMAIL));
    let second = kept.lock().unwrap()[0].clone().unwrap();
    assert_ne!(first, second, "the remote gives a new one with each renewal");

    assert_eq!(ask(&gateway, "/auth/logout").await.unwrap().status(), StatusCode::OK);
    assert_eq!(*kept.lock().unwrap(), [Some(second.clone()), None]);
    assert_eq!(ask(&gateway, "/auth/me").await.unwrap().status(), StatusCode::UNAUTHORIZED);

    // A session that the remote ended is not kept for a third try.
    let (gateway, kept) = resumed(&url, &second).await;
    assert_eq!(ask(&gateway, "/auth/me").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(*kept.lock().unwrap(), [None]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_that_does_not_answer_ends_no_session_but_the_one_signed_out_of() {
    let (running, url) = remote().await;
    running.stop().await;
    let (gateway, kept) = resumed(&url, "kept").await;
    let client = reqwest::Client::new();
    let ask = |path: &str| {
        client.post(format!("{}{path}", gateway.url())).bearer_auth(gateway.token()).send()
    };
    assert_eq!(ask("/reports/stats").await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert!(kept.lock().unwrap().is_empty());
    assert_eq!(ask("/auth/logout").await.unwrap().status(), StatusCode::BAD_GATEWAY);
    assert_eq!(*kept.lock().unwrap(), [None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_guard_and_another_name_hold_at_once() {
    let far = echo(200, &[], "{}").await;
    let titles = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&titles);
    let ask: Ask = Arc::new(move |question| {
        kept.lock().unwrap().push(question.title);
        Box::pin(async { true })
    });
    let gateway = Gateway::open(far.url.clone(), rules(Guard::Open, ask), None).await.unwrap();
    let write = async || {
        let item = format!("{}/items/notes/1", gateway.url());
        let write = reqwest::Client::new().delete(item).bearer_auth(gateway.token());
        write.send().await.unwrap().status()
    };
    assert_eq!(write().await, StatusCode::OK);
    gateway.rule("Farther", Guard::Confirm);
    assert_eq!(write().await, StatusCode::OK);
    assert_eq!(*titles.lock().unwrap(), ["Write to Farther?"]);
    gateway.rule("Farther", Guard::ReadOnly);
    assert_eq!(write().await, StatusCode::FORBIDDEN);
    assert_eq!(far.lines().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_is_raised_while_a_write_is_asked_about_holds_it_back() {
    let far = echo(200, &[], "{}").await;
    let raised: Arc<Mutex<Option<Gateway>>> = Arc::default();
    let own = Arc::clone(&raised);
    let ask: Ask = Arc::new(move |_| {
        own.lock().unwrap().as_ref().unwrap().rule("Far", Guard::ReadOnly);
        Box::pin(async { true })
    });
    let gateway = Gateway::open(far.url.clone(), rules(Guard::Confirm, ask), None).await.unwrap();
    let write = reqwest::Client::new().delete(format!("{}/items/notes/1", gateway.url()));
    let write = write.bearer_auth(gateway.token());
    *raised.lock().unwrap() = Some(gateway);
    assert_eq!(write.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(far.lines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_at_an_address_is_told_whatever_it_is() {
    let report =
        async |url: &Url, token: Option<&str>| Report::of(probe(url, token).await).unwrap();
    let (running, url) = remote().await;
    let ours = report(&url, None).await;
    assert!(ours.reachable && ours.ours && ours.message.is_none(), "{ours:?}");
    assert!(ours.version.is_none(), "told to whom it knows alone: {ours:?}");

    let login = reqwest::Client::new().post(format!("{url}auth/login"));
    let who = json!({ "email": EMAIL, "password": PASSWORD });
    let login: Value = login.json(&who).send().await.unwrap().json().await.unwrap();
    let known = report(&url, login["token"].as_str()).await;
    assert!(known.version.is_some() && known.store.is_some(), "{known:?}");
    let refused = report(&url, Some("no token of theirs")).await;
    assert!(refused.ours && refused.message.is_some(), "{refused:?}");
    running.stop().await;
    let gone = report(&url, None).await;
    assert!(!gone.reachable && !gone.ours && gone.message.is_some(), "{gone:?}");

    // Whatever a stranger says at any length.
    let long: &str =
        format!(r#"{{"status":"ok","valid":true,"more":"{}"}}"#, "x".repeat(1 << 20)).leak();
    for body in [r#"{"status":"ok"}"#, "<!doctype html><title>A shop</title>", "", long] {
        let other = echo(200, &[], body).await;
        let told = report(&other.url, None).await;
        assert!(told.reachable && !told.ours && told.message.is_some(), "{told:?}");
        assert_eq!(probe(&other.url, None).await.unwrap_err().code, "NOT_PLINTH");
    }
}

#[test]
fn the_tokens_of_an_answer_stay_in_the_gateway() {
    let mut body =
        json!({ "token": "far", "refreshToken": "again", "expiresIn": 900, "user": { "id": 1 } });
    let tokens = taken(&mut body, "own").unwrap();
    let held = (tokens.access.as_deref(), tokens.refresh.as_ref().map(|token| token.as_str()));
    assert_eq!(held, (Some("far"), Some("again")));
    assert!(tokens.renew_at.is_some());
    assert_eq!(body, json!({ "token": "own", "expiresIn": 900, "user": { "id": 1 } }));
}

#[test]
fn a_sign_in_that_is_not_at_its_end_and_a_report_are_left_alone() {
    for told in [json!({ "token": "", "requiresTotp": true }), json!({ "user": { "id": 1 } })] {
        let mut body = told.clone();
        assert!(taken(&mut body, "own").is_none());
        assert_eq!(body, told);
    }
}

#[test]
fn what_belongs_to_the_remote_alone_does_not_reach_the_window() {
    let mut headers = HeaderMap::new();
    for name in [
        "set-cookie",
        "access-control-allow-origin",
        "transfer-encoding",
        "location",
        "refresh",
        "www-authenticate",
        "authorization",
        "clear-site-data",
        "etag",
        "x-ratelimit-remaining",
    ] {
        headers.insert(name, "x".parse().unwrap());
    }
    keep(&mut headers, &TELLING);
    let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["etag", "x-ratelimit-remaining"]);
    assert!(!ASKING.contains(&"content-length"), "it is told by the body that is sent");
}
