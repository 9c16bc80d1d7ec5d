//! The server itself: health, unknown routes, envelopes, hosts, the studio's documents.

use crate::harness::{App, Kind, Process, on_every_store};
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

on_every_store!(health_tells_more_to_the_signed_in, async |app| {
    let public = app.anonymous().get("/health").await;
    assert_eq!(public.expect_status(200).body, json!({ "status": "ok" }));
    let signed_in = app.admin().get("/health").await;
    assert!(signed_in.body["version"].is_string() && signed_in.body["uptime_ms"].is_number());
    let store = if app.kind == Kind::Sqlite { "sqlite" } else { "postgres" };
    assert_eq!(signed_in.body["store"], store);
});

/// A studio as it is built: a page, a file beside it, and one whose name holds a hash.
fn built_studio(data: &Path) -> PathBuf {
    let folder = data.with_extension("studio");
    std::fs::create_dir_all(folder.join("assets")).expect("a folder");
    for (name, text) in [
        ("index.html", "<!doctype html><title>Plinth</title>"),
        ("theme.js", "/* by its name alone nobody knows that it is another */"),
        ("assets/index-0f1e2d3c.js", "/* never another under this name */"),
    ] {
        std::fs::write(folder.join(name), text).expect("a file of the studio");
    }
    folder
}

on_every_store!(
    only_files_of_the_studio_that_never_change_are_kept_for_good,
    |config| { config.studio_dir = Some(built_studio(&config.data_dir)) },
    async |app| {
        let nobody = app.anonymous();
        let kept = "public, max-age=31536000, immutable";
        for (path, kind, cache) in [
            ("/studio/", "text/html", "no-cache"),
            ("/studio/projects/shop", "text/html", "no-cache"),
            ("/studio/theme.js", "text/javascript", "no-cache"),
            ("/studio/assets/index-0f1e2d3c.js", "text/javascript", kept),
        ] {
            let answer = nobody.get(path).await;
            answer.expect_status(200);
            assert_eq!(
                (&answer.headers["content-type"], &answer.headers["cache-control"]),
                (&kind.parse().expect("a header"), &cache.parse().expect("a header")),
                "{path}"
            );
            assert!(answer.headers.contains_key("content-security-policy"), "{path}");
        }
        // A script of another version is not there, which a page in its place would hide.
        nobody.get("/studio/assets/index-33445566.js").await.expect_refusal(404, "NOT_FOUND");
        let posted = nobody.post("/studio/", json!({})).await;
        assert_eq!(posted.expect_refusal(405, "METHOD_NOT_ALLOWED").headers["allow"], "GET,HEAD");
        drop(std::fs::remove_dir_all(app.data.with_extension("studio")));
    }
);

/// Who sends its whole body before it reads, as many clients do.
async fn sent_before_read(app: &App, path: &str, bytes: usize) -> String {
    let address = app.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("the head is taken");
    stream.write_all(&vec![b' '; bytes]).await.expect("the body is taken");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

on_every_store!(
    a_refusal_arrives_although_its_body_is_of_no_use,
    |config| { config.limits.body_bytes_max = 3 * 1024 * 1024 },
    async |app| {
        // More than lies in the buffers between the two.
        let large = 4 * 1024 * 1024;
        for (path, status, code) in [
            ("/nothing/here", 404, "NOT_FOUND"),
            ("/health", 405, "METHOD_NOT_ALLOWED"),
            ("/items/nothing", 413, "PAYLOAD_TOO_LARGE"),
        ] {
            let answer = sent_before_read(app, path, large).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
            assert!(answer.contains(code), "{path}: {answer}");
        }
        // Who is signed in, or was, hears of more than a stranger.
        let larger = "x".repeat(12 * 1024 * 1024);
        let refused = app.admin().post_text("/items/nothing", &larger).await;
        refused.expect_refusal(413, "PAYLOAD_TOO_LARGE");
    }
);

/// Who asks whether its body is wanted; sends it only if it is.
async fn sent_if_wanted(app: &App, path: &str, bytes: usize) -> String {
    let address = app.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {bytes}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("the head is taken");
    let mut answer = String::new();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.expect("an answer");
    answer.push_str(std::str::from_utf8(&first).expect("text"));
    if answer == "HTTP/1.1 100" {
        stream.write_all(&vec![b' '; bytes]).await.expect("the body is taken");
    }
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

on_every_store!(
    nobody_is_asked_for_a_body_that_is_refused_unread,
    |config| {
        config.limits.body_bytes_max = 1024 * 1024;
        config.limits.import_bytes_max = 1024 * 1024;
    },
    async |app| {
        app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
        for (path, bytes, status) in [
            ("/nothing/here", 512 * 1024, 404),
            ("/health", 512 * 1024, 405),
            ("/items/notes", 2 * 1024 * 1024, 413),
            ("/items/notes/import-csv", 2 * 1024 * 1024, 413),
            ("/items/notes/import-json", 2 * 1024 * 1024, 413),
            ("/imports", 2 * 1024 * 1024 * 1024 + 1, 413),
        ] {
            let answer = sent_if_wanted(app, path, bytes).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        }
        let read = sent_if_wanted(app, "/items/notes", 512 * 1024).await;
        let (asked, answer) = read.split_once("\r\n\r\n").expect("two answers");
        assert!(asked.starts_with("HTTP/1.1 100 "), "{read}");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{read}");
    }
);

on_every_store!(unknown_routes_and_methods_are_refused_in_the_envelope, async |app| {
    app.anonymous().get("/nothing/here").await.expect_refusal(404, "NOT_FOUND");
    app.anonymous().delete("/health").await.expect_refusal(405, "METHOD_NOT_ALLOWED");
});

on_every_store!(a_request_that_is_no_http_is_refused_before_anybody_reads_it, async |app| {
    let address = app.url.strip_prefix("http://").expect("an address").to_owned();
    let answer = async |line: &str| {
        let mut connection = TcpStream::connect(&address).await.expect("reach the server");
        let request =
            format!("GET {line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.expect("send");
        let mut text = String::new();
        connection.read_to_string(&mut text).await.expect("an answer");
        text
    };
    // What no address may hold is told by the HTTP library itself, without a word of ours.
    for line in ["/items/a?filter={\"b\":1}", "/items/a b"] {
        let refused = answer(line).await;
        let (head, body) = refused.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 400") && body.is_empty(), "{line}: {refused}");
    }
    // Written as it must be, it is read like any other.
    let read = answer("/items/a?filter={%22b%22:1}").await;
    assert!(read.starts_with("HTTP/1.1 403") && read.contains("FORBIDDEN"), "{read}");
});

on_every_store!(malformed_bodies_are_the_callers_fault, async |app| {
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let admin = app.admin();
    for body in ["{", "", "[]", "\"text\"", "12", "{\"a\":1}}"] {
        admin.post_text("/items/notes", body).await.expect_refusal(400, "INVALID_BODY");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let refused = admin.post_text("/items/notes", &format!("{{\"title\":{deep}}}")).await;
    assert_eq!(refused.status, 400, "{}", refused.text.chars().take(200).collect::<String>());
    assert_eq!(admin.rows("notes", json!({})).await.len(), 0);
});

on_every_store!(a_host_name_that_is_not_ours_is_refused, async |app| {
    let rebound = app.admin().with_header("host", "evil.example");
    rebound.get("/health").await.expect_refusal(403, "FORBIDDEN");
});

on_every_store!(metrics_speak_prometheus_to_loopback, async |app| {
    let answer = app.anonymous().get("/metrics").await;
    answer.expect_status(200);
    assert!(answer.text.contains("plinth_statements_total"), "{}", answer.text);
});

on_every_store!(metrics_are_not_for_whoever_a_proxy_on_this_machine_lets_in, async |app| {
    for (name, value) in [
        ("forwarded", "for=203.0.113.5"),
        ("x-forwarded-for", "203.0.113.5"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "203.0.113.5"),
        ("via", "1.1 proxy"),
    ] {
        let outside = app.anonymous().with_header(name, value);
        outside.get("/metrics").await.expect_refusal(403, "FORBIDDEN");
        app.admin().with_header(name, value).get("/metrics").await.expect_status(200);
    }
});

on_every_store!(a_new_project_has_a_mail_for_every_occasion, async |app| {
    let rows = app.admin().rows("baasix_Template", json!({ "sort": "type" })).await;
    let kinds: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(
        kinds,
        [
            "emailVerification",
            "inviteExistingUser",
            "inviteNewUser",
            "magicLinkCode",
            "magicLinkUrl",
            "notification",
            "passwordReset",
            "welcome",
        ]
    );
    let reset = &rows[6];
    assert!(reset["body"].as_str().is_some_and(|body| body.contains("{{ resetUrl }}")), "{reset}");
    assert!(rows.iter().all(|row| row["isActive"] == true && row["tenant_Id"].is_null()));
});

on_every_store!(openapi_shows_a_caller_only_what_it_may_touch, async |app| {
    app.collection("secrets", json!({ "fields": { "code": { "type": "String" } } })).await;
    app.collection(
        "posts",
        json!({ "fields": { "title": { "type": "String" }, "draft": { "type": "Boolean" } } }),
    )
    .await;
    let all = app.admin().get("/openapi").await.body;
    assert!(all["paths"]["/items/secrets"]["post"].is_object());
    assert!(all["components"]["schemas"]["baasix_Account"]["properties"].get("password").is_none());
    let reader = app
        .with_grants(
            "Reader",
            &[json!({ "collection": "posts", "action": "read", "fields": ["title"] })],
        )
        .await;
    let some = reader.get("/openapi").await;
    assert!(!some.text.contains("secrets") && !some.text.contains("draft"), "{}", some.text);
    assert!(some.body["paths"]["/items/posts"]["get"].is_object());
    assert!(some.body["paths"]["/items/posts"].get("post").is_none());
    assert!(some.body["paths"]["/items/posts"].get("put").is_none());
    // Who may read finds a record, and who may change or make one besides has use for it.
    let read = json!({ "collection": "posts", "action": "read", "fields": ["*"] });
    for (role, action) in [("Author", "create"), ("Editor", "update")] {
        let grant = json!({ "collection": "posts", "action": action, "fields": ["title"] });
        let person = app.with_grants(role, &[read.clone(), grant]).await;
        let document = person.get("/openapi").await.body;
        let answers = &document["paths"]["/items/posts"]["put"]["responses"];
        assert!(answers["200"].is_object() && answers["201"].is_object(), "{role}: {answers}");
    }
});

on_every_store!(the_document_of_the_api_is_sent_again_only_when_it_is_another, async |app| {
    let first = app.admin().get("/openapi").await;
    let version = first.headers["etag"].to_str().expect("a version").to_owned();
    assert_eq!(first.headers["cache-control"], "private, no-cache");
    let known = app.admin().with_header("if-none-match", &version);
    let same = known.get("/openapi").await;
    assert_eq!((same.status, same.text.as_str()), (304, ""));
    // Another person sees another document, and so does everybody after a change of the schema.
    let stranger = app.anonymous().with_header("if-none-match", &version);
    stranger.get("/openapi").await.expect_status(200);
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    known.get("/openapi").await.expect_status(200);
});

on_every_store!(openapi_names_every_route_there_is, async |app| {
    let sorted = json!({ "sortEnabled": true, "fields": { "title": { "type": "String" } } });
    app.collection("posts", sorted).await;
    let paths = app.admin().get("/openapi").await.body["paths"].clone();
    let sources =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../embedded-server/crates/api/src");
    let mut routes = Vec::new();
    let mut folders = vec![sources];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // The studio is pages, not an API, and routes of unit tests are nobody's.
            let source = std::fs::read_to_string(&path).expect("a source file");
            if path.ends_with("studio.rs") {
                continue;
            }
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            let after = source.split(".route(").skip(1);
            routes.extend(after.filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned));
        }
    }
    assert!(routes.len() > 40, "the routes were not found: {routes:?}");
    for route in routes {
        let of_collections = ["/items/{", "/reports/{", "/utils/"];
        let path = match of_collections.iter().any(|start| route.starts_with(start)) {
            true => route.replace("{collection}", "posts"),
            false => route,
        };
        assert!(paths[&path].is_object(), "`{path}` is not in the document");
    }
    let nobody = app.anonymous().get("/openapi").await.body["paths"].clone();
    assert!(nobody["/auth/login"].is_object() && nobody["/health"].is_object());
    assert!(nobody["/schemas"].is_null() && nobody["/permissions"].is_null(), "{nobody}");
});

async fn without_a_log(kind: Kind) {
    let mut server = Process::start_without_a_log(kind, "unwritten").await;
    let owner = server.owner().await;
    let body = json!({ "collectionName": "notes", "schema": { "fields": { "title": { "type": "String" } } } });
    owner.post("/schemas", body).await.expect_status(201);
    owner.create("notes", json!({ "title": "kept" })).await;
    owner.post_text("/items/notes", "{").await.expect_refusal(400, "INVALID_BODY");
    assert_eq!(owner.rows("notes", json!({})).await.len(), 1);
    server.end();
    server.remove().await;
}

on_every_store!(a_log_that_cannot_be_written_stops_nothing, without_a_log);
