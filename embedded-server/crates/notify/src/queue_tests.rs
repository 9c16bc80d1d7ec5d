//! What becomes of a mail in the queue, on the real stores and with a server that takes mail.

use super::{CAUGHT_MS, CLAIM_MS, Mail, Mailer, NEXT_MS, ROWS, Row, columns};
use access::Actor;
use base::{Clock, Code, Limits, short_id};
use engine::{Engine, Options, Seal};
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use store::{PostgresOptions, SqliteOptions, Store, Synchronous};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A server that takes mail, and says to the next ones what it is told to say.
#[derive(Clone, Default)]
struct Sink {
    mails: Arc<Mutex<Vec<String>>>,
    says: Arc<Mutex<VecDeque<&'static str>>>,
}

impl Sink {
    async fn open() -> (Self, u16) {
        let sink = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taking = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let one = taking.clone();
                tokio::spawn(async move { one.take(stream).await });
            }
        });
        (sink, port)
    }

    fn says(&self, answer: &'static str) {
        self.says.lock().unwrap().push_back(answer);
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    async fn take(self, stream: TcpStream) -> Option<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 sink\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match word.as_str() {
                "RCPT" => self.says.lock().unwrap().pop_front().unwrap_or("250 fine"),
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await.ok()?;
                    let mut mail = String::new();
                    while let Some(line) = lines.next_line().await.ok()? {
                        if line == "." {
                            break;
                        }
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap().push(mail);
                    "250 taken as 7"
                }
                "QUIT" => "221 bye",
                _ => "250 sink",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
        Some(())
    }
}

struct Project {
    engine: Engine,
    clock: Clock,
    file: Option<PathBuf>,
    postgres: Option<(String, String)>,
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
        let file = std::env::temp_dir().join(format!("plinth-mail-{id}.sqlite"));
        let mut places = vec![(Some(file), None)];
        match std::env::var("TEST_POSTGRES_URL") {
            Ok(url) => places.push((None, Some((url, format!("m_{id}"))))),
            Err(_) => eprintln!("TEST_POSTGRES_URL is not set: NOT tested on Postgres"),
        }
        let mut projects = Vec::new();
        for (file, postgres) in places {
            let clock = Clock::fixed(1_700_000_000_000);
            let engine = opened(&file, &postgres, &clock, 7).await;
            projects.push(Self { engine, clock, file, postgres });
        }
        projects
    }

    fn mailer(&self) -> Mailer {
        Mailer::new(self.engine.clone(), false)
    }

    /// The same data in another process, under a secret of its own.
    async fn beside(&self, secret: u8) -> Engine {
        opened(&self.file, &self.postgres, &self.clock, secret).await
    }

    /// Mails go to this port of this machine.
    async fn to(&self, port: u16) {
        let settings = json!({ "smtp_enabled": true, "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_from_address": "shop@example.com" });
        let settings = settings.as_object().unwrap().clone();
        let house = Actor::system("a test of mails");
        self.engine.change_settings(None, settings, &house, None).await.unwrap();
    }

    /// The only mail there is.
    async fn row(&self) -> Row {
        let read = Read { collection: ROWS.to_owned(), limit: Some(-1), ..Read::default() };
        let rows = self.engine.find(&read, "a test of mails").await.unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows.into_iter().next().unwrap()
    }

    async fn says(&self) -> (String, i64) {
        let row = self.row().await;
        let attempts = row["attempts"].as_i64().unwrap();
        (row["status"].as_str().unwrap().to_owned(), attempts)
    }
}

async fn opened(
    file: &Option<PathBuf>,
    postgres: &Option<(String, String)>,
    clock: &Clock,
    secret: u8,
) -> Engine {
    let limits = Limits::default();
    let store = match (file, postgres) {
        (Some(path), _) => {
            let (path, synchronous) = (path.clone(), Synchronous::Normal);
            Store::open_sqlite(SqliteOptions { path, synchronous, readers: 2, limits }).await
        }
        (None, Some((url, schema))) => {
            let (url, schema) = (url.clone(), Some(schema.clone()));
            Store::open_postgres(PostgresOptions { url, connections: 2, schema, limits }).await
        }
        (None, None) => unreachable!("a project is kept somewhere"),
    };
    let seal = Seal::of(&[secret; 32]).unwrap();
    let options = Options { clock: clock.clone(), limits: Limits::default(), seal };
    Engine::open(store.unwrap(), options).await.unwrap()
}

fn mail() -> Mail {
    Mail {
        to: String::from("ann@example.com"),
        subject: String::from("Grüße"),
        html: String::from("<p>a word that nobody else shall read</p>"),
        text: String::from("a word that nobody else shall read"),
        template: Some(String::from("welcome")),
        tenant: None,
    }
}

#[tokio::test]
async fn a_queued_mail_is_sent_once_and_its_content_goes() {
    for project in Project::all().await {
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        let mailer = project.mailer();
        mailer.queue(&mail()).await.unwrap();
        let row = project.row().await;
        assert_eq!((row["status"].as_str(), row["attempts"].as_i64()), (Some("queued"), Some(0)));
        let sealed = row["content"].as_str().unwrap();
        assert!(sealed.starts_with("sealed:") && !sealed.contains("nobody"), "{sealed}");
        // Two processes look at the queue at one time.
        let other = Mailer::new(project.beside(7).await, false);
        let (one, two) = tokio::join!(mailer.send_due(), other.send_due());
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        let mails = sink.mails();
        assert_eq!(mails.len(), 1);
        assert!(mails[0].contains("From: Baasix <shop@example.com>"), "{}", mails[0]);
        assert!(mails[0].contains("To: ann@example.com"), "{}", mails[0]);
        let row = project.row().await;
        assert_eq!(row["status"], "sent");
        assert_eq!(row["content"], Json::Null);
        assert_eq!(row["nextAttemptAt"], Json::Null);
        let id = row["messageId"].as_str().unwrap();
        assert!(mails[0].contains(id), "{id}");
        assert_eq!(mailer.send_due().await.unwrap(), 0);
        other.0.engine.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_gets_the_mail_later() {
    for project in Project::all().await {
        // Nobody listens there any more.
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = gone.local_addr().unwrap().port();
        drop(gone);
        project.to(port).await;
        let mailer = project.mailer();
        mailer.queue(&mail()).await.unwrap();
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("queued"), 1));
        assert!(project.row().await["errorMessage"].as_str().is_some_and(|why| !why.is_empty()));
        // Not before its time.
        project.clock.advance(NEXT_MS[0] - 1);
        assert_eq!(mailer.send_due().await.unwrap(), 0);
        project.clock.advance(1);
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        // "Not now" is for now.
        sink.says("451 later");
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("queued"), 2));
        project.clock.advance(NEXT_MS[1]);
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("sent"), 3));
        assert_eq!(sink.mails().len(), 1);
        assert_eq!(project.row().await["errorMessage"], Json::Null);
    }
}

#[tokio::test]
async fn a_mail_is_given_up_after_the_last_try_and_tried_anew_when_somebody_says_so() {
    for project in Project::all().await {
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        let mailer = project.mailer();
        mailer.queue(&mail()).await.unwrap();
        for wait in NEXT_MS.into_iter().chain([0]) {
            sink.says("451 later");
            assert_eq!(mailer.send_due().await.unwrap(), 1);
            project.clock.advance(wait);
        }
        assert_eq!(project.says().await, (String::from("error"), 6));
        assert_eq!(mailer.send_due().await.unwrap(), 0);
        let key = project.row().await["id"].to_string();
        let key = key.trim_matches('"');
        mailer.retry(key).await.unwrap();
        assert_eq!(mailer.retry(key).await.unwrap_err().code(), Code::Conflict);
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("sent"), 1));
        // What was sent is kept no longer, and so it is not sent again.
        assert_eq!(mailer.retry(key).await.unwrap_err().code(), Code::Conflict);
        assert_eq!(sink.mails().len(), 1);
    }
}

#[tokio::test]
async fn an_address_that_is_refused_is_told_and_not_tried_again() {
    for project in Project::all().await {
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        let mailer = project.mailer();
        sink.says("550 no such person");
        mailer.queue(&mail()).await.unwrap();
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("error"), 1));
        let why = project.row().await["errorMessage"].as_str().unwrap().to_owned();
        assert!(why.contains("no such person"), "{why}");
        assert!(sink.mails().is_empty());
    }
}

#[tokio::test]
async fn a_mail_that_was_being_sent_when_its_server_was_killed_is_sent_by_the_next() {
    for project in Project::all().await {
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        let mailer = project.mailer();
        mailer.queue(&mail()).await.unwrap();
        // Claimed, and never heard of again.
        let key = project.row().await["id"].clone();
        let until = base::iso_millis(project.clock.now_ms() + CLAIM_MS);
        let claim = columns([
            ("status", json!("sending")),
            ("attempts", json!(1)),
            ("nextAttemptAt", json!(until)),
        ]);
        mailer.change(&key, claim, Map::new()).await.unwrap();
        assert_eq!(mailer.send_due().await.unwrap(), 0);
        project.clock.advance(CLAIM_MS);
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("sent"), 2));
        assert_eq!(sink.mails().len(), 1);
    }
}

#[tokio::test]
async fn a_mail_and_what_it_is_about_are_one_write() {
    for project in Project::all().await {
        let mailer = project.mailer();
        let tenant = |name: Json| Operation::Create {
            collection: String::from("baasix_Tenant"),
            body: columns([("name", name)]),
        };
        let house = Actor::system("a test of mails");
        let operations = vec![mailer.operation(&mail()).unwrap(), tenant(Json::Null)];
        let write = Write { operations, strict: true };
        project.engine.write(write, &house, None).await.unwrap_err();
        let read = Read { collection: ROWS.to_owned(), ..Read::default() };
        assert!(project.engine.find(&read, "a test of mails").await.unwrap().is_empty());
        let operations = vec![mailer.operation(&mail()).unwrap(), tenant(json!("One"))];
        project.engine.write(Write { operations, strict: true }, &house, None).await.unwrap();
        assert_eq!(project.says().await, (String::from("queued"), 0));
    }
}

#[tokio::test]
async fn without_a_server_a_mail_is_caught_for_a_day_and_in_production_given_up() {
    for project in Project::all().await {
        let mailer = project.mailer();
        mailer.queue(&mail()).await.unwrap();
        assert_eq!(mailer.send_due().await.unwrap(), 1);
        assert_eq!(project.says().await, (String::from("caught"), 1));
        let key = project.row().await["id"].to_string();
        let key = key.trim_matches('"');
        let (_, caught) = mailer.mail(key).await.unwrap();
        assert_eq!(caught, Some(mail()));
        assert!(project.row().await["content"].as_str().unwrap().starts_with("sealed:"));
        // Under another secret it is told that it cannot be read.
        let other = Mailer::new(project.beside(8).await, false);
        assert_eq!(other.mail(key).await.unwrap_err().code(), Code::SecretUnreadable);
        other.0.engine.close().await;
        project.clock.advance(CAUGHT_MS + 1);
        mailer.forget_caught().await.unwrap();
        let (row, caught) = mailer.mail(key).await.unwrap();
        assert_eq!((caught, &row["status"]), (None, &json!("caught")));
        for none in ["00000000-0000-4000-8000-00000000beef", "77", "no key"] {
            assert_eq!(mailer.mail(none).await.unwrap_err().code(), Code::NotFound, "{none}");
        }
        let live = Mailer::new(project.engine.clone(), true);
        let fault = live.send_now(&mail()).await.unwrap_err();
        assert_eq!(fault.code(), Code::MailFailed);
        assert!(fault.message().contains("no mail server"), "{}", fault.message());
    }
}

#[tokio::test]
async fn a_worker_that_is_stopped_begins_nothing_and_leaves_what_waits_to_the_next() {
    for project in Project::all().await {
        let (sink, port) = Sink::open().await;
        project.to(port).await;
        let mailer = project.mailer();
        mailer.stop();
        mailer.queue(&mail()).await.unwrap();
        assert_eq!(mailer.send_due().await.unwrap(), 0);
        mailer.run().await;
        assert_eq!(project.says().await, (String::from("queued"), 0));
        assert!(sink.mails().is_empty());
        assert_eq!(project.mailer().send_due().await.unwrap(), 1);
        assert_eq!(sink.mails().len(), 1);
    }
}

#[tokio::test]
async fn what_would_be_another_mail_is_not_queued() {
    for project in Project::all().await {
        let mailer = project.mailer();
        for wrong in [
            Mail { to: String::from("ann@example.com\r\nBcc: eve@example.com"), ..mail() },
            Mail { to: String::from("ann"), ..mail() },
            Mail { to: format!("{}@example.com", "a".repeat(300)), ..mail() },
            Mail { subject: String::from("one\nBcc: eve@example.com"), ..mail() },
            Mail { subject: "x".repeat(300), ..mail() },
        ] {
            let fault = mailer.queue(&wrong).await.unwrap_err();
            assert_eq!(fault.code(), Code::ValidationError, "{wrong:?}");
        }
    }
}
