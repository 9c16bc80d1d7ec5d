//! The gateway before a real server: what reaches the remote, and what never reaches the window.

use embedded_server::{Config, Running, Server};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap};
use serde_json::{Value, json};
use tauri::Url;

use super::{Gateway, clean, probe, taken};
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
    let gateway = Gateway::open(url, Guard::Open, None).await.unwrap();
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
    let gateway = Gateway::open(url, Guard::Open, None).await.unwrap();
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
    let gateway = Gateway::open(url, Guard::ReadOnly, None).await.unwrap();
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
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_is_tried_before_it_is_listed() {
    let (running, url) = remote().await;
    assert!(!probe(&url, None).await.unwrap().is_postgres);
    let refused = probe(&url, Some("no token of theirs")).await.map(|_| ()).unwrap_err();
    assert_eq!(refused.code, "TOKEN_REFUSED");
    running.stop().await;
    let gone = probe(&url, None).await.map(|_| ()).unwrap_err();
    assert_eq!(gone.code, "REMOTE_UNREACHABLE");
}

#[test]
fn the_tokens_of_an_answer_stay_in_the_gateway() {
    let mut body =
        json!({ "token": "far", "refreshToken": "again", "expiresIn": 900, "user": { "id": 1 } });
    let tokens = taken(&mut body, "own").unwrap();
    assert_eq!((tokens.access.as_str(), tokens.refresh.as_deref()), ("far", Some("again")));
    assert!(tokens.renew_at.is_some());
    assert_eq!(body, json!({ "token": "own", "expiresIn": 900, "user": { "id": 1 } }));
}

#[test]
fn cookies_and_origins_of_the_remote_do_not_reach_the_window() {
    let mut headers = HeaderMap::new();
    for name in ["set-cookie", "access-control-allow-origin", "transfer-encoding", "etag"] {
        headers.insert(name, "x".parse().unwrap());
    }
    clean(&mut headers);
    assert_eq!(headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["etag"]);
}
