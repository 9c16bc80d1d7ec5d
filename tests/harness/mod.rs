//! What every test needs: a server of its own on an empty store, and people who call it.

mod app;
mod person;
mod process;

pub(crate) use app::{App, EMAIL, Kind, PASSWORD};
pub(crate) use person::{Answer, Person, plain};
pub(crate) use process::Process;

/// Runs one test on SQLite and on Postgres, as two tests.
macro_rules! on_every_store {
    ($(#[$meta:meta])* $name:ident, async |$app:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test uses every name of its file")]
            use super::*;

            async fn told($app: &crate::harness::App) $body

            #[tokio::test]
            async fn on_sqlite() {
                let app = crate::harness::App::start(crate::harness::Kind::Sqlite).await;
                told(&app).await;
                app.stop().await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if crate::harness::App::postgres_is_missing() {
                    return;
                }
                let app = crate::harness::App::start(crate::harness::Kind::Postgres).await;
                told(&app).await;
                app.stop().await;
            }
        }
    };
}

pub(crate) use on_every_store;
