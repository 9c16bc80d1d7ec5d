//! The first owner, and starts that must not happen.

use crate::harness::{App, EMAIL, Kind, PASSWORD, Person, Process};
use embedded_server::{Code, Config, Server};
use serde_json::json;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("plinth_owner_{}_{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&path));
    path
}

fn config(name: &str) -> Config {
    let mut config = Config::for_data(folder(name));
    config.port = 0;
    config
}

mod without_an_owner_one_link_makes_the_first_and_only_the_first {
    use super::{App, EMAIL, Kind, PASSWORD, json};

    async fn told(kind: Kind) {
        let app = App::start_with(kind, |config| {
            (config.admin_email, config.admin_password) = (None, None)
        })
        .await;
        let path = app.running().setup_path().expect("a link").to_owned();
        let token = path.rsplit_once("token=").expect("a token").1.to_owned();
        let nobody = app.anonymous();
        assert_eq!(
            nobody
                .post(
                    "/auth/login",
                    json!({ "email": "admin@baasix.com", "password": "admin@123" })
                )
                .await
                .status,
            400
        );
        let ask = |token: &str, email: &str, password: &str| json!({ "token": token, "email": email, "password": password, "firstName": "Own" });
        nobody
            .post("/auth/setup", ask("nonsense", EMAIL, PASSWORD))
            .await
            .expect_refusal(400, "TOKEN_INVALID");
        nobody
            .post("/auth/setup", ask(&token, EMAIL, "short"))
            .await
            .expect_refusal(400, "PASSWORD_POLICY");
        nobody
            .post("/auth/setup", ask(&token, "nonsense", PASSWORD))
            .await
            .expect_refusal(400, "VALIDATION_ERROR");
        nobody.post("/auth/setup", json!({})).await.expect_refusal(400, "VALIDATION_ERROR");
        let made = nobody.post("/auth/setup", ask(&token, EMAIL, PASSWORD)).await;
        made.expect_status(200);
        assert_eq!(
            (&made.body["role"]["name"], &made.body["user"]["email"]),
            (&json!("administrator"), &json!(EMAIL))
        );
        nobody
            .with_token(made.body["token"].as_str().expect("a token"))
            .get("/items/baasix_User")
            .await
            .expect_status(200);
        nobody
            .post("/auth/setup", ask(&token, "second@example.com", PASSWORD))
            .await
            .expect_refusal(400, "TOKEN_INVALID");
        nobody.signed_in(EMAIL, PASSWORD).await;
        app.stop().await;
    }

    crate::harness::on_every_store!(@both told);
}

#[tokio::test]
async fn two_who_use_the_link_at_once_make_one_owner() {
    let app = App::start_with(Kind::Sqlite, |config| {
        (config.admin_email, config.admin_password) = (None, None)
    })
    .await;
    let token = app
        .running()
        .setup_path()
        .expect("a link")
        .rsplit_once("token=")
        .expect("a token")
        .1
        .to_owned();
    let asks = (0..4).map(|n| {
        let (nobody, token) = (app.anonymous(), token.clone());
        async move { nobody.post("/auth/setup", json!({ "token": token, "email": format!("o{n}@example.com"), "password": PASSWORD })).await }
    });
    let answers = futures_util::future::join_all(asks).await;
    let made: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(
        made.len(),
        1,
        "{:?}",
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>()
    );
    let owner = app.anonymous().with_token(made[0].body["token"].as_str().expect("a token"));
    assert_eq!(owner.rows("baasix_User", json!({})).await.len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn an_owner_is_made_as_told_and_never_again() {
    let mut app = App::start(Kind::Sqlite).await;
    assert!(app.running().setup_path().is_none());
    let me = app.admin().get("/auth/me").await.body;
    assert_eq!(
        (&me["role"]["name"], &me["user"]["emailVerified"]),
        (&json!("administrator"), &json!(true))
    );
    app.restart().await;
    assert!(app.running().setup_path().is_none());
    assert_eq!(app.admin().rows("baasix_User", json!({})).await.len(), 1);
    app.stop().await;
}

mod half_an_owner_is_a_mistake_of_the_configuration_and_leaves_nothing {
    use super::{App, Code, EMAIL, Kind, PASSWORD, Server, config};
    use sqlx::{Connection, PgConnection};

    async fn told(kind: Kind) {
        // A database to begin another project in.
        let mut app = App::start(kind).await;
        let half = (Some(EMAIL.to_owned()), None);
        let nameless = (None, Some(PASSWORD.to_owned()));
        let nobody = (Some(String::from("nobody")), Some(PASSWORD.to_owned()));
        for (given, said) in
            [(half.clone(), "admin_password"), (nameless, "admin_email"), (nobody, "`nobody`")]
        {
            let store = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
            let mut config = config(&format!("half_{store}"));
            (config.admin_email, config.admin_password) = given;
            config.database_url = app.database_url();
            config.database_schema = config.database_url.is_some().then(|| String::from("other"));
            let data = config.data_dir.clone();
            let error = Server::start(config).await.err().expect("a refusal");
            assert_eq!(error.code(), Code::ConfigInvalid);
            assert!(error.message().contains(said), "{error}");
            assert!(!data.exists(), "a refused start left a folder behind");
        }
        if let Some(url) = app.database_url() {
            let mut connection = PgConnection::connect(&url).await.expect("reach Postgres");
            let asked = "SELECT count(*) FROM pg_tables WHERE schemaname = 'other'";
            let left: i64 =
                sqlx::query_scalar(asked).fetch_one(&mut connection).await.expect("ask");
            assert_eq!(left, 0, "a refused start left tables behind");
        }
        // A project that has its owner needs none of it, and starts.
        app.restart_with(|config| (config.admin_email, config.admin_password) = half).await;
        app.stop().await;
    }

    crate::harness::on_every_store!(@both told);
}

#[tokio::test]
async fn the_desktop_makes_its_owner_silently_and_enters_by_its_launch_token() {
    let app = App::start_with(Kind::Sqlite, |config| {
        (config.admin_email, config.admin_password) = (None, None);
        config.silent_owner = true;
        config.launch_token = Some(String::from("a-launch-token-of-this-very-start"));
    })
    .await;
    assert!(app.running().setup_path().is_none());
    let owner = app.anonymous().with_token("a-launch-token-of-this-very-start");
    assert_eq!(owner.get("/auth/me").await.body["role"]["name"], "administrator");
    owner.get("/items/baasix_User").await.expect_status(200);
    assert_eq!(
        app.anonymous()
            .with_token("a-launch-token-of-this-very-starT")
            .get("/auth/me")
            .await
            .status,
        401
    );
    app.stop().await;
}

#[tokio::test]
async fn production_refuses_what_the_documentation_shows() {
    let known = |config: &mut Config| {
        (config.admin_email, config.admin_password) =
            (Some(EMAIL.to_owned()), Some(String::from("admin@123")))
    };
    let short = |config: &mut Config| config.secret_key = Some(String::from("short"));
    let plain = |config: &mut Config| config.origins = vec![String::from("http://example.com")];
    let changes =
        [("admin_password", known as fn(&mut Config)), ("secret_key", short), ("origins", plain)];
    for (key, change) in changes {
        let mut config = config(&format!("production_{key}"));
        config.production = true;
        change(&mut config);
        let data = config.data_dir.clone();
        let error = Server::start(config).await.err().expect("a refusal");
        assert!(error.code() == Code::ConfigInvalid && error.message().contains(key), "{error}");
        assert!(!data.exists(), "a refused start left a folder behind");
    }
}

#[tokio::test]
async fn a_taken_port_is_named_and_can_be_stepped_over() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = taken.local_addr().expect("an address").port();
    let mut first = config("taken");
    first.port = port;
    let error = Server::start(first).await.err().expect("a refusal");
    assert_eq!(error.code(), Code::ConfigInvalid);
    assert!(!folder("taken").exists(), "a refused start left a folder behind");
    assert!(
        error.message().contains(&port.to_string())
            && error.hint_text().is_some_and(|hint| hint.contains("--port")),
        "{error}"
    );
    let mut second = config("taken");
    (second.port, second.port_fallback) = (port, true);
    let data = second.data_dir.clone();
    let running = Server::start(second).await.expect("another port");
    assert_ne!(running.address().port(), port);
    running.stop().await;
    drop(std::fs::remove_dir_all(data));
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_used_is_named() {
    let file = folder("file");
    std::fs::write(&file, "not a folder").expect("write a file");
    for data in [file.clone(), file.join("below"), PathBuf::from("/proc/plinth")] {
        let mut config = Config::for_data(&data);
        config.port = 0;
        let error = Server::start(config).await.err().expect("a refusal");
        assert!(error.message().contains(&data.display().to_string()), "{error}");
        assert!(error.hint_text().is_some(), "{error}");
    }
    drop(std::fs::remove_file(file));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let config = config("garbage");
    std::fs::create_dir_all(&config.data_dir).expect("make a folder");
    let path = config.data_dir.join(embedded_server::DATABASE_FILE);
    std::fs::write(&path, "this is not a database, it is a letter to a friend")
        .expect("write a file");
    let data = config.data_dir.clone();
    let error = Server::start(config).await.err().expect("a refusal");
    assert!(error.code() != Code::Internal, "{error:?}");
    assert!(std::fs::read_to_string(&path).expect("the file").starts_with("this is not"));
    drop(std::fs::remove_dir_all(data));
}

#[tokio::test]
async fn two_servers_on_one_project_do_not_corrupt_it() {
    let mut app = App::start(Kind::Sqlite).await;
    app.collection("notes", json!({ "fields": { "title": { "type": "String" } } })).await;
    let mut config = Config::for_data(&app.data);
    config.port = 0;
    match Server::start(config).await {
        // Refused by name is the best answer; served is fine as long as nothing is lost.
        Err(error) => {
            assert!(error.code() != Code::Internal && error.hint_text().is_some(), "{error:?}")
        }
        Ok(second) => {
            let other = Person::anonymous(&format!("http://{}", second.address()))
                .signed_in(EMAIL, PASSWORD)
                .await;
            other.create("notes", json!({ "title": "from the second" })).await;
            app.admin().create("notes", json!({ "title": "from the first" })).await;
            assert_eq!(app.admin().rows("notes", json!({})).await.len(), 2);
            second.stop().await;
        }
    }
    app.restart().await;
    app.admin().get("/items/notes").await.expect_status(200);
    app.stop().await;
}

#[tokio::test]
async fn the_program_tells_its_mistakes_and_ends() {
    let data = folder("program");
    let data_text = data.to_str().expect("a path").to_owned();
    let database = data_text.clone();
    for (arguments, environment, words) in [
        (
            vec!["serve", "--data", &database, "--port", "99999"],
            vec![],
            vec!["port", "99999", "65535"],
        ),
        (vec!["serve", "--data", &database], vec![("PORT", "many")], vec!["port", "many", "PORT"]),
        (
            vec!["serve", "--data", &database, "--database-url", "mysql://x"],
            vec![],
            vec!["database_url", "postgres://"],
        ),
        (
            vec!["serve", "--data", &database],
            vec![("PUBLIC_REGISTRATION", "perhaps")],
            vec!["public_registration", "perhaps"],
        ),
        (vec!["serve", "--data", "/proc/plinth"], vec![("PORT", "0")], vec!["/proc/plinth"]),
        (
            vec!["serve", "--data", &database, "--port", "0"],
            vec![("AUTH_CORS_ALLOWED_ORIGINS", "*")],
            vec!["origins", "*", "AUTH_CORS_ALLOWED_ORIGINS"],
        ),
        (
            vec!["serve", "--data", &database, "--port", "0"],
            vec![("ADMIN_EMAIL", "nobody"), ("ADMIN_PASSWORD", PASSWORD)],
            vec!["admin_email", "nobody", "an e-mail address"],
        ),
        (
            vec!["serve", "--data", &database, "--port", "0"],
            vec![("DATABASE_URL", "postgres://app:hidden@127.0.0.1:1/none")],
            vec!["database_url", "does not answer", "refused"],
        ),
    ] {
        let output = Process::run(&arguments, &environment);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(words.iter().all(|word| told.contains(word)), "{arguments:?}: {told}");
        assert!(!told.contains("panicked") && !told.contains("hidden"), "{told}");
    }
    let keys = Process::run(&["config"], &[]);
    assert!(keys.status.success() && String::from_utf8_lossy(&keys.stdout).contains("ADMIN_EMAIL"));
    let help = Process::run(&["--help"], &[]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("serve"));
    drop(std::fs::remove_dir_all(data));
}
