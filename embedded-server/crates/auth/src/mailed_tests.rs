//! What mails bring ends with its time, on the real stores and by a clock of our own.

use super::{Letter, MagicEntry, Making, Post, Purpose};
use crate::{Auth, Settings};
use access::Actor;
use base::{Clock, Code, Limits, short_id};
use engine::{Engine, Options, Seal, field_is};
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;
use store::{PostgresOptions, SqliteOptions, Store, Synchronous};

const ANN: &str = "ann@example.com";
const MINUTE_MS: i64 = 60 * 1_000;

/// Brings nothing anywhere.
struct NoPost;

impl Post for NoPost {
    fn operation<'a>(&'a self, letter: &'a Letter) -> Making<'a> {
        let body = json!({ "email": letter.to, "subject": letter.kind, "status": "caught" });
        let body = body.as_object().cloned().unwrap();
        let collection = String::from("baasix_EmailLog");
        Box::pin(async move { Ok(Operation::Create { collection, body }) })
    }

    fn wake(&self) {}
}

struct Project {
    auth: Auth,
    clock: Clock,
    user: String,
    file: Option<PathBuf>,
}

impl Drop for Project {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            if let Some(file) = &self.file {
                drop(std::fs::remove_file(format!("{}{end}", file.display())));
            }
        }
    }
}

impl Project {
    #[expect(clippy::disallowed_methods, reason = "the suite tells its tests where Postgres runs")]
    async fn all() -> Vec<Self> {
        let id = short_id().unwrap().to_lowercase().replace('-', "_");
        let path = std::env::temp_dir().join(format!("plinth-auth-{id}.sqlite"));
        let sqlite = SqliteOptions {
            path: path.clone(),
            synchronous: Synchronous::Normal,
            readers: 2,
            limits: Limits::default(),
        };
        let mut stores = vec![(Store::open_sqlite(sqlite).await.unwrap(), Some(path))];
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => {
                let schema = Some(format!("a_{id}"));
                let (connections, limits) = (2, Limits::default());
                let options = PostgresOptions { url, connections, schema, limits };
                stores.push((Store::open_postgres(options).await.unwrap(), None));
            }
            Err(_) => eprintln!("TEST_POSTGRES_URL is not set: NOT tested on Postgres"),
        }
        let mut projects = Vec::new();
        for (store, file) in stores {
            projects.push(Self::on(store, file).await);
        }
        projects
    }

    async fn on(store: Store, file: Option<PathBuf>) -> Self {
        let clock = Clock::fixed(1_700_000_000_000);
        let (limits, seal) = (Limits::default(), Seal::of(&[7; 32]).unwrap());
        let options = Options { clock: clock.clone(), limits, seal };
        let engine = Engine::open(store, options).await.unwrap();
        let settings = Settings {
            secret: vec![7; 32],
            access_seconds: 3_600,
            session_seconds: 2_592_000,
            public_registration: true,
            default_role: String::from("user"),
            allowed_roles: Vec::new(),
            launch_token: None,
            tenants: None,
            verified_only: false,
            app_urls: Vec::new(),
            base_url: None,
            services: None,
            variables: std::collections::BTreeMap::new(),
            local_pages: true,
        };
        let auth = Auth::new(engine.clone(), settings, Arc::new(NoPost)).unwrap();
        engine.set_hooks(vec![auth.hook()]).unwrap();
        let role = engine.state().role_named("user").map(|role| role.id.clone()).unwrap();
        let body = json!({ "email": ANN, "firstName": "Ann", "role_Id": role });
        let body: Map<String, Json> = body.as_object().cloned().unwrap();
        let collection = String::from("baasix_User");
        let write =
            Write { operations: vec![Operation::Create { collection, body }], strict: true };
        engine.write(write, &Actor::system("a test"), None).await.unwrap();
        let row = auth.user_with_roles(field_is("email", ANN)).await.unwrap().unwrap();
        let user = row["id"].as_str().unwrap().to_owned();
        Self { auth, clock, user, file }
    }

    async fn issued(&self, purpose: Purpose) -> String {
        let issued = self.auth.issue(purpose, &self.user, ANN).await.unwrap();
        self.auth.write_as_house(issued.operations, "a test").await.unwrap();
        issued.secret
    }

    async fn enters(&self, token: &str) -> Result<(), Code> {
        let ask = MagicEntry { token: token.to_owned(), ..MagicEntry::default() };
        self.auth.enter_by_mail(ask).await.map(drop).map_err(|fault| fault.code())
    }
}

#[tokio::test]
async fn a_way_in_by_mail_ends_with_its_time() {
    for project in Project::all().await {
        for (purpose, minutes) in [(Purpose::Link, 15), (Purpose::Code, 10)] {
            let token = project.issued(purpose).await;
            project.clock.advance(minutes * MINUTE_MS - 1);
            assert_eq!(project.enters(&token).await, Ok(()), "{purpose:?}");
            let token = project.issued(purpose).await;
            project.clock.advance(minutes * MINUTE_MS);
            assert_eq!(project.enters(&token).await, Err(Code::TokenInvalid), "{purpose:?}");
        }
    }
}

#[tokio::test]
async fn a_new_password_and_a_confirmation_end_with_their_time() {
    for project in Project::all().await {
        let auth = &project.auth;
        let reset = async |token: &str| {
            auth.reset_password(token, "a new password", None).await.map_err(|fault| fault.code())
        };
        let confirm = async |token: &str| {
            auth.confirm_address(token, None).await.map(drop).map_err(|fault| fault.code())
        };
        let token = project.issued(Purpose::Reset).await;
        project.clock.advance(60 * MINUTE_MS - 1);
        assert_eq!(reset(&token).await, Ok(()));
        let token = project.issued(Purpose::Reset).await;
        project.clock.advance(60 * MINUTE_MS);
        assert_eq!(reset(&token).await, Err(Code::TokenInvalid));
        let token = project.issued(Purpose::Verify).await;
        project.clock.advance(24 * 60 * MINUTE_MS);
        assert_eq!(confirm(&token).await, Err(Code::TokenInvalid));
        let token = project.issued(Purpose::Verify).await;
        assert_eq!(confirm(&token).await, Ok(()));
    }
}
