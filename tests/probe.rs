//! A Postgres address tried on the spot, before a project is made on it: every way it can go.

use crate::harness::{App, Kind};
use embedded_server::{Contents, Probe, probe_postgres};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A server on a database of its own, and the address of that database.
async fn project() -> (App, String) {
    let mut url = String::new();
    let app = App::start_with(Kind::Postgres, |config| {
        url = config.database_url.clone().expect("an address");
    })
    .await;
    (app, url)
}

async fn run(url: &str, statements: &[String]) {
    let mut connection = PgConnection::connect(url).await.expect("reach Postgres");
    for statement in statements {
        connection.execute(AssertSqlSafe(statement.clone())).await.expect(statement);
    }
    connection.close().await.expect("close");
}

/// The address with another user, password or database.
fn with(url: &str, user: &str, database: Option<&str>) -> String {
    let (rest, known) = url.rsplit_once('/').expect("a database");
    let host = rest
        .rsplit_once('@')
        .map_or_else(|| rest.trim_start_matches("postgres://"), |(_, host)| host);
    format!("postgres://{user}@{host}/{}", database.unwrap_or(known))
}

async fn seen(url: &str) -> Probe {
    probe_postgres(url).await.expect(url)
}

async fn refusal(url: &str) -> String {
    let error = probe_postgres(url).await.expect_err(url);
    format!(
        "{} {} {}",
        error.message(),
        error.hint_text().unwrap_or_default(),
        error.cause().map(ToString::to_string).unwrap_or_default()
    )
}

#[tokio::test]
async fn what_stands_in_a_database_is_told_before_a_project_is_made_on_it() {
    if App::postgres_is_missing() {
        return;
    }
    let (app, url) = project().await;
    let probe = seen(&url).await;
    assert_eq!((probe.contents, probe.can_create), (Contents::Project, true));
    assert!(probe.version.starts_with("PostgreSQL 1"), "{}", probe.version);

    let other = format!("{}_other", url.rsplit_once('/').expect("a database").1);
    run(&url, &[format!("CREATE DATABASE {other}")]).await;
    let beside = with(&url, &user(&url), Some(&other));
    assert_eq!(seen(&beside).await.contents, Contents::Empty);
    run(&beside, &[String::from("CREATE TABLE bills (n integer)")]).await;
    let probe = seen(&beside).await;
    assert_eq!((probe.contents, probe.tables), (Contents::Other, 1));
    run(&url, &[format!("DROP DATABASE {other}")]).await;
    app.stop().await;
}

/// The user of an address, with its password.
fn user(url: &str) -> String {
    let rest = url.trim_start_matches("postgres://");
    rest.rsplit_once('@').map_or_else(String::new, |(user, _)| user.to_owned())
}

#[tokio::test]
async fn a_user_who_may_make_no_table_is_known_before_the_first_is_tried() {
    if App::postgres_is_missing() {
        return;
    }
    let (app, url) = project().await;
    let role = format!("{}_reader", url.rsplit_once('/').expect("a database").1);
    run(
        &url,
        &[
            format!("CREATE ROLE {role} LOGIN PASSWORD 'right'"),
            String::from("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        ],
    )
    .await;
    let probe = seen(&with(&url, &format!("{role}:right"), None)).await;
    assert_eq!((probe.can_create, probe.contents), (false, Contents::Project));
    // Whether a password is asked for is the cluster's own rule; where it is, a wrong one is told.
    let wrong = with(&url, &format!("{role}:wrong"), None);
    let asked = PgConnection::connect(&wrong).await.is_err();
    assert_eq!(probe_postgres(&wrong).await.is_err(), asked);
    if asked {
        let told = refusal(&wrong).await;
        assert!(told.contains("password") && !told.contains("wrong"), "{told}");
    }
    run(&url, &[format!("DROP ROLE {role}")]).await;
    app.stop().await;
}

#[tokio::test]
async fn an_address_that_leads_nowhere_says_what_is_missing() {
    if App::postgres_is_missing() {
        return;
    }
    let (app, url) = project().await;
    let told = refusal(&with(&url, &user(&url), Some("no_such_database"))).await;
    assert!(told.contains("no_such_database"), "{told}");
    let told = refusal(&with(&url, "nobody_of_this_name", None)).await;
    assert!(told.contains("nobody_of_this_name"), "{told}");
    // Port 1 is nobody's.
    let told = refusal("postgres://app@127.0.0.1:1/postgres").await;
    assert!(told.contains("does not answer"), "{told}");
    for address in ["", "nonsense", "mysql://app@127.0.0.1/x"] {
        assert!(!refusal(address).await.trim().is_empty());
    }
    app.stop().await;
}
