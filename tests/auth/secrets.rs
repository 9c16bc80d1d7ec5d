//! What is secret stays out of the log, however much it is asked to tell.

use super::imported::{DOORS, by_door};
use crate::harness::{App, EMAIL, Kind, PASSWORD, Person, Process, on_every_store};
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
    // What signs in programs, and the second factor.
    let made = owner.post("/auth/tokens", json!({ "name": "a program" })).await;
    let api = made.expect_status(201).body["data"]["token"].as_str().expect("a token").to_owned();
    nobody.with_token(&api).get("/auth/me").await.expect_status(200);
    let begun = owner.post("/auth/totp/setup", json!({ "password": PASSWORD })).await;
    let secret = begun.expect_status(200).body["data"]["secret"].as_str().expect("one").to_owned();
    let mistyped = json!({ "code": "918273" });
    owner.post("/auth/totp/confirm", mistyped).await.expect_status(400);
    secrets.extend([api, secret, String::from("918273")]);
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

/// The first column of what a statement finds in the store itself, past every door.
pub(crate) async fn stored(app: &App, text: &str) -> Vec<String> {
    match app.kind {
        Kind::Sqlite => {
            let path = app.data.join(embedded_server::DATABASE_FILE);
            let connection = rusqlite::Connection::open(path).expect("open the file");
            let mut asked = connection.prepare(text).expect("a statement");
            let rows = asked.query_map([], |row| row.get(0)).expect("rows");
            rows.collect::<Result<_, _>>().expect("texts")
        }
        Kind::Postgres => {
            use sqlx::Connection;
            let url = app.database_url().expect("an address");
            let mut connection = sqlx::PgConnection::connect(&url).await.expect("reach Postgres");
            let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(text.to_owned()));
            asked.fetch_all(&mut connection).await.expect("texts")
        }
    }
}

on_every_store!(a_secret_column_is_sealed_by_every_door, async |app| {
    let admin = app.admin();
    let key = json!({ "type": "UUID", "primaryKey": true, "defaultValue": { "type": "UUIDV4" } });
    app.collection("shops", json!({ "fields": { "id": key } })).await;
    let relation =
        json!({ "type": "M2O", "target": "baasix_Account", "name": "account", "alias": "shops" });
    app.relation("shops", relation).await;
    let mut made = 0;
    let mut account = || {
        made += 1;
        json!({ "user_Id": admin.user_id, "accountId": made.to_string(), "providerId": "acme", "accessToken": format!("open {made}") })
    };
    let id = admin.create("baasix_Account", account()).await;
    let second = admin.create("baasix_Account", account()).await;
    let path = format!("/items/baasix_Account/{}", id.as_str().expect("a key"));
    admin.patch(&path, json!({ "accessToken": "open again" })).await.expect_status(200);
    let bulk = json!([account(), account()]);
    admin.post("/items/baasix_Account/bulk", bulk).await.expect_status(201);
    let bulk = json!([{ "id": second, "data": { "accessToken": "open in bulk" } }]);
    admin.patch("/items/baasix_Account/bulk", bulk).await.expect_status(200);
    let batch = json!({ "operations": [
        { "op": "create", "collection": "baasix_Account", "data": account() },
        { "op": "update", "collection": "baasix_Account", "id": id, "data": { "refreshToken": "open in a batch" } }
    ] });
    admin.post("/items/batch", batch).await.expect_status(200);
    for (account, status) in [(account(), 201), (json!({ "accessToken": "open once more" }), 200)] {
        let upsert = json!({ "filter": { "accountId": { "eq": "6" } }, "data": account });
        admin.put("/items/baasix_Account", upsert).await.expect_status(status);
    }
    admin.create("shops", json!({ "account": account() })).await;
    admin.create("shops", json!({ "account": { "id": id, "idToken": "open below" } })).await;
    for door in 0..DOORS {
        let rows = [account(), account()];
        let answer = by_door(door, admin, "baasix_Account", &rows).await;
        answer.expect_status(200);
    }
    let tenant = admin.create("baasix_Tenant", json!({ "name": "North" })).await;
    let settings = json!({ "tenant_Id": tenant, "smtp_pass": "open for one" });
    admin.create("baasix_Settings", settings).await;
    admin
        .patch("/items/baasix_Settings/1", json!({ "smtp_pass": "open for all" }))
        .await
        .expect_status(200);

    let tokens = ["accessToken", "refreshToken", "idToken"].map(|column| {
        format!(r#"SELECT "{column}" FROM "baasix_Account" WHERE "{column}" IS NOT NULL"#)
    });
    let text = format!(
        r#"{} UNION ALL SELECT "smtp_pass" FROM "baasix_Settings""#,
        tokens.join(" UNION ALL ")
    );
    let secrets = stored(app, &text).await;
    // One access token for each account, one of each other kind, and two rows of settings.
    assert_eq!(secrets.len(), made + 4, "{secrets:?}");
    for secret in &secrets {
        assert!(secret.starts_with("sealed:v1:"), "{secret}");
        assert_eq!(secrets.iter().filter(|one| *one == secret).count(), 1, "{secret}");
    }
    for text in [
        r#"SELECT CAST("changes" AS TEXT) FROM "baasix_AuditLog" WHERE "changes" IS NOT NULL"#,
        r#"SELECT CAST("after" AS TEXT) FROM "_change" WHERE "after" IS NOT NULL"#,
    ] {
        let told = stored(app, text).await;
        assert!(
            !told.is_empty()
                && !told.iter().any(|one| one.contains("open ") || one.contains("sealed:"))
        );
    }
});
