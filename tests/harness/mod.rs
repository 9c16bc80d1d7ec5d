//! What every test needs: a server of its own on an empty store, and people who call it.

mod app;
mod mails;
mod person;
mod process;
mod template;

pub(crate) use app::{App, Beside, EMAIL, Kind, PASSWORD};
pub(crate) use mails::Caught;
pub(crate) use person::{Answer, Person, plain};
pub(crate) use process::Process;

/// Runs one test on SQLite and on Postgres, as two tests; with a configuration of its own if it
/// says what is different in it. A test that starts its servers itself is a function of the kind.
macro_rules! on_every_store {
    ($name:ident, $told:ident) => {
        mod $name {
            use super::$told;

            crate::harness::on_every_store!(@both $told);
        }
    };
    (@both $told:ident) => {
        #[tokio::test]
        async fn on_sqlite() {
            $told(crate::harness::Kind::Sqlite).await;
        }

        #[tokio::test]
        async fn on_postgres() {
            if !crate::harness::App::postgres_is_missing() {
                $told(crate::harness::Kind::Postgres).await;
            }
        }
    };
    ($name:ident, async |$app:ident| $body:block) => {
        crate::harness::on_every_store!($name, |_config| {}, async |$app| $body);
    };
    ($name:ident, |$config:ident| $change:block, async |$app:ident| $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test uses every name of its file")]
            use super::*;

            async fn told(kind: crate::harness::Kind) {
                let app = crate::harness::App::start_with(kind, |$config| $change).await;
                asked(&app).await;
                app.stop().await;
            }

            async fn asked($app: &crate::harness::App) $body

            crate::harness::on_every_store!(@both told);
        }
    };
}

pub(crate) use on_every_store;
