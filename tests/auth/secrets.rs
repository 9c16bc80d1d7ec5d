//! What is secret stays out of the log, however much it is asked to tell.

use crate::harness::{EMAIL, Kind, PASSWORD, Person, Process, on_every_store};
use serde_json::{Value as Json, json};
use std::fs::File;
use std::path::Path;
use std::process::Child;

/// A program that ends with the test, however the test ends.
struct Talker(Child);

impl Drop for Talker {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The program on the data of another, with everything it has to tell going to a file.
async fn talkative(process: &Process, log: &Path) -> (Talker, Person) {
    let data = process.data().to_str().expect("a path");
    let mut arguments = vec!["serve", "--data", data, "--port", "0"];
    let database = process.database_url();
    if let Some(url) = &database {
        arguments.extend(["--database-url", url]);
    }
    let file = File::create(log).expect("make the log");
    let mut command = Process::command(&arguments);
    command.env("PLINTH_LOG", "trace").env("ADMIN_EMAIL", EMAIL).env("ADMIN_PASSWORD", PASSWORD);
    command.stdout(file.try_clone().expect("one more handle")).stderr(file);
    let talker = Talker(command.spawn().expect("start the program"));
    for _ in 0..1_200 {
        let told = std::fs::read_to_string(log).unwrap_or_default();
        let url = told.lines().find_map(|line| line.strip_prefix("listening on "));
        if let Some(url) = url.filter(|_| told.ends_with('\n')) {
            return (talker, Person::anonymous(url));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the program does not listen");
}

/// Everything secret that went to the server or came from it.
async fn used(nobody: &Person) -> Vec<String> {
    let mut secrets: Vec<String> =
        [PASSWORD, "a mistyped secret", "a registered secret", "a changed secret"]
            .map(str::to_owned)
            .to_vec();
    let mut keep = |body: &Json| {
        for key in ["token", "refreshToken"] {
            secrets.push(body[key].as_str().expect("a token").to_owned());
        }
    };
    let sign_in = |password: &str| json!({ "email": EMAIL, "password": password });
    nobody.post("/auth/login", sign_in("a mistyped secret")).await.expect_status(400);
    let owner = nobody.post("/auth/login", sign_in(PASSWORD)).await;
    keep(&owner.expect_status(200).body);
    let token = owner.body["token"].as_str().expect("a token");
    let owner = nobody.with_token(token);
    let person =
        json!({ "email": "new@example.com", "password": "a registered secret", "firstName": "N" });
    let made = nobody.post("/auth/register", person.clone()).await;
    keep(&made.expect_status(200).body);
    nobody.post("/auth/register", person).await.expect_status(400);
    let refreshed = json!({ "refreshToken": made.body["refreshToken"], "authMode": "jwt" });
    let refreshed = nobody.post("/auth/refresh", refreshed).await;
    keep(&refreshed.expect_status(200).body);
    let new = nobody.with_token(refreshed.body["token"].as_str().expect("a token"));
    let change =
        json!({ "currentPassword": "a registered secret", "newPassword": "a changed secret" });
    new.post("/auth/password/change", change).await.expect_status(200);
    let user =
        json!({ "email": "bob@example.com", "firstName": "Bob", "password": "a changed secret" });
    owner.post("/items/baasix_User", user.clone()).await.expect_status(201);
    owner.post("/items/baasix_User", user).await.expect_status(409);
    owner.get("/items/baasix_User?fields=*.*").await.expect_status(200);
    // In a path it is of no use, and still nothing to write down.
    nobody.get(&format!("/auth/me?access_token={token}")).await.expect_status(401);
    owner
        .with_header("cookie", &format!("token={token}"))
        .get("/auth/check")
        .await
        .expect_status(200);
    secrets
}

async fn told(kind: Kind) {
    let name = if kind == Kind::Sqlite { "secrets_file" } else { "secrets_server" };
    let mut process = Process::start(kind, name).await;
    process.end();
    let log = process.data().join("told.log");
    let (talker, nobody) = talkative(&process, &log).await;
    let secrets = used(&nobody).await;
    drop(talker);
    let told = std::fs::read_to_string(&log).expect("the log");
    assert!(told.contains("listening on"), "{told}");
    for secret in &secrets {
        let line = told.lines().find(|line| line.contains(secret.as_str()));
        assert!(line.is_none(), "`{secret}` was written down: {line:?}");
    }
    assert!(!told.contains("argon2id$"), "a hash was written down");
    process.remove().await;
}

on_every_store!(no_log_holds_a_password_a_hash_or_a_token, told);
