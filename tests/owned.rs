//! What a server makes on the disk is for its owner alone.
#![cfg(unix)]

use crate::harness::{App, Kind, on_every_store};
use serde_json::json;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    path.metadata().expect("its mode").permissions().mode() & 0o777
}

/// Every file and folder from this one down, by its path in it.
fn modes(folder: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::from_iter([(String::from("."), mode(folder))]);
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(
                modes(&path).into_iter().map(|(end, mode)| (format!("{name}/{end}"), mode)),
            );
        } else {
            found.insert(name, mode(&path));
        }
    }
    found
}

on_every_store!(what_a_server_makes_is_for_its_owner_alone, async |app| {
    app.collection("notes", json!({ "fields": { "rank": { "type": "Integer" } } })).await;
    let part = reqwest::multipart::Part::text("rank\n1\nfirst\n").file_name("notes.csv");
    let form = reqwest::multipart::Form::new()
        .text("collection", "notes")
        .text("mode", "valid")
        .part("file", part);
    let job = app.admin().post_form("/imports", form).await;
    let path = format!("/imports/{}", job.body["data"]["id"].as_str().expect("an id"));
    while app.admin().get(&path).await.body["data"]["state"] != "done" {
        tokio::task::yield_now().await;
    }
    let found = modes(&app.data);
    for (name, mode) in &found {
        let expected = if name.ends_with('.') { 0o700 } else { 0o600 };
        assert_eq!(*mode, expected, "{name}: {mode:o}");
    }
    let mut wanted = vec![".", "imports/.", "secret.key"];
    if app.kind == Kind::Sqlite {
        wanted.extend(["data.db", "data.db-wal", "data.db-shm"]);
    }
    assert!(wanted.iter().all(|name| found.contains_key(*name)), "{found:?}");
    assert!(
        found.keys().any(|name| name.starts_with("imports/") && name.ends_with("csv")),
        "{found:?}"
    );
});

/// Somebody chose it, and may have others read there.
async fn kept(kind: Kind) {
    let mut app = App::start(kind).await;
    let given = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    app.restart_after(|folder| {
        given(folder, 0o750);
        for file in ["data.db", "secret.key"].map(|name| folder.join(name)) {
            if file.exists() {
                given(&file, 0o640);
            }
        }
    })
    .await;
    let found = modes(&app.data);
    assert_eq!((found["."], found["secret.key"]), (0o750, 0o640));
    if kind == Kind::Sqlite {
        // The journals are read by whoever reads the file.
        assert_eq!((found["data.db"], found["data.db-wal"]), (0o640, 0o640));
    }
    app.stop().await;
}

on_every_store!(what_was_there_keeps_its_mode, kept);
