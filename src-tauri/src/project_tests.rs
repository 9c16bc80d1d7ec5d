//! Whose a database is, before anything of it is listed, started or deleted.

use std::path::PathBuf;

use embedded_server::{Config, Server};

use super::{DATABASE_FILE, Entry, Guard, Meant, config_in, folder_beside, meant_by, own_folder};

/// A folder of somebody else with a letter and a database that has the name of ours.
fn theirs() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("plinth-theirs-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("letter.txt"), "dear").unwrap();
    let file = rusqlite::Connection::open(folder.join(DATABASE_FILE)).unwrap();
    file.execute_batch(
        "CREATE TABLE clients (id INTEGER PRIMARY KEY); INSERT INTO clients VALUES (1)",
    )
    .unwrap();
    folder.canonicalize().unwrap()
}

async fn begun(config: Config) {
    let mut config = config;
    config.port = 0;
    config.silent_owner = true;
    Server::start(config).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_somebody_else_is_one_whatever_its_name_and_its_folder_is_never_ours() {
    let folder = theirs();
    let file = folder.join(DATABASE_FILE);
    for path in [&folder, &file] {
        assert_eq!(meant_by(path).unwrap(), Meant::File(file.clone()));
    }
    assert_eq!(own_folder(&folder).unwrap_err().code, "NOT_OURS");

    // A project beside their tables makes neither the file nor the folder ours.
    let mut config = Config::for_data(&file);
    assert_eq!(config.data_dir, folder.join("data.db.plinth"));
    config.beside_existing = true;
    begun(config).await;
    for path in [&folder, &file] {
        assert_eq!(meant_by(path).unwrap(), Meant::File(file.clone()));
    }
    assert_eq!(own_folder(&folder).unwrap_err().code, "NOT_OURS");
    assert!(folder.join("letter.txt").is_file());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_deleted_only_where_a_project_of_ours_stands_in_it() {
    let folder = std::env::temp_dir().join(format!("plinth-ours-{}", uuid::Uuid::new_v4()));
    begun(Config::for_data(&folder)).await;
    let folder = folder.canonicalize().unwrap();
    assert_eq!(meant_by(&folder).unwrap(), Meant::Folder(folder.clone()));
    assert_eq!(own_folder(&folder).unwrap(), folder);
    std::fs::write(folder.join(DATABASE_FILE), "").unwrap();
    for end in ["-wal", "-shm"] {
        drop(std::fs::remove_file(folder.join(format!("{DATABASE_FILE}{end}"))));
    }
    assert_eq!(own_folder(&folder).unwrap_err().code, "NOT_OURS");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listed_file_that_is_gone_is_missed_and_not_made_anew() {
    let folder = theirs();
    let file = folder.join("clients.sqlite");
    std::fs::rename(folder.join(DATABASE_FILE), &file).unwrap();
    let (file, beside) = folder_beside(&file).unwrap();
    let mut config = config_in(&beside, Some(&file)).unwrap();
    config.beside_existing = true;
    begun(config).await;

    let away = folder.join("away.sqlite");
    std::fs::rename(&file, &away).unwrap();
    for folder in [Some(beside.clone()), None] {
        // Its folder may be gone with it.
        if folder.is_none() {
            std::fs::remove_dir_all(&beside).unwrap();
        }
        let refused = Server::start(config_in(&beside, Some(&file)).unwrap()).await.err().unwrap();
        assert_eq!(refused.code(), embedded_server::Code::ConfigInvalid);
        assert!(refused.message().contains("clients.sqlite"), "{refused}");
        assert!(!file.exists(), "a database was made in its place");
        assert_eq!(beside.exists(), folder.is_some(), "a folder was made in its place");
    }
    std::fs::rename(&away, &file).unwrap();
    begun(config_in(&beside, Some(&file)).unwrap()).await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_secret_has_a_name_that_its_person_reads_and_one_of_before_keeps_its_own() {
    // As an earlier version wrote its list.
    let entry = |place: serde_json::Value| -> Entry {
        let mut line = serde_json::json!({
            "id": "1f3a52c0d94b4d1e", "name": "Shop", "kind": "remote", "store": "sqlite",
            "folder": null, "databaseUrl": null, "remoteUrl": null, "hasSecret": true,
            "port": null, "template": null, "environment": "staging", "guard": "open",
            "lastOpenedAt": null,
        });
        for (key, value) in place.as_object().unwrap() {
            line[key] = value.clone();
        }
        serde_json::from_value(line).unwrap()
    };
    for (place, name) in [
        (
            serde_json::json!({ "remoteUrl": "https://far.example/plinth" }),
            "Shop at far.example (1f3a52c0)",
        ),
        (
            serde_json::json!({ "remoteUrl": "http://10.0.0.7:8056/" }),
            "Shop at 10.0.0.7:8056 (1f3a52c0)",
        ),
        (
            serde_json::json!({ "databaseUrl": "postgres://app@db.example:5433/shop" }),
            "Shop at db.example:5433 (1f3a52c0)",
        ),
    ] {
        let mut entry = entry(place);
        assert_eq!(entry.readable_name(), name);
        assert_eq!(entry.secret_name(), "project 1f3a52c0d94b4d1e");
        entry.kept_as = Some(name.to_owned());
        let again: Entry = serde_json::from_value(serde_json::to_value(&entry).unwrap()).unwrap();
        assert_eq!(again.secret_name(), name);
    }
}

#[test]
fn a_guard_is_lowered_when_it_lets_more_through() {
    let guards = [Guard::Open, Guard::Confirm, Guard::ReadOnly];
    for (at, one) in guards.into_iter().enumerate() {
        for (than, other) in guards.into_iter().enumerate() {
            assert_eq!(one.is_above(other), at > than, "{one:?} {other:?}");
        }
    }
}
