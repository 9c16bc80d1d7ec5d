//! A mail, and how it is put in the queue: in the same write as what it belongs to.

use crate::sender::Sender;
use base::{Code, Detail, Error, Result, iso_millis};
use engine::Engine;
use query::{Operation, Write};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// The collection that holds the queue and tells afterwards what became of each mail.
pub(crate) const ROWS: &str = "baasix_EmailLog";

/// Signs of an address and of a subject, at most; what the columns and mail servers take.
const ADDRESS_MAX: usize = 254;
const SUBJECT_MAX: usize = 255;

/// One mail to one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The address of whom it is for.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The page.
    pub html: String,
    /// The same as plain text.
    pub text: String,
    /// The type of template that it was made of.
    pub template: Option<String>,
    /// The tenant that it is sent from.
    pub tenant: Option<String>,
}

impl Mail {
    /// Refuses what could not be sent, or would be sent as something else.
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field: &'static str, why: String| {
            let told = format!("Validation failed: {field}: {why}");
            Err(Error::new(Code::ValidationError, told)
                .at(field)
                .detail(Detail::field("mail", field, why)))
        };
        let breaks = |text: &str| text.chars().any(char::is_control);
        if self.to.len() > ADDRESS_MAX || breaks(&self.to) || !self.to.contains('@') {
            return wrong("to", format!("an address has an `@` and at most {ADDRESS_MAX} signs"));
        }
        if self.subject.chars().count() > SUBJECT_MAX || breaks(&self.subject) {
            return wrong(
                "subject",
                format!("a subject is one line of at most {SUBJECT_MAX} signs"),
            );
        }
        Ok(())
    }

    /// What is kept of it until it is sent. Sealed where it lies.
    pub(crate) fn content(&self) -> String {
        json!({ "html": self.html, "text": self.text }).to_string()
    }
}

/// The mails of one project. Cheap to clone.
#[derive(Clone)]
pub struct Mailer(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) sender: Sender,
    /// Something was queued, or nothing more shall be begun.
    pub(crate) queued: Notify,
    pub(crate) stopping: AtomicBool,
}

impl Mailer {
    /// Mails of this project. Where no mail server is named they are caught to be looked at, unless
    /// it runs in production.
    #[must_use]
    pub fn new(engine: Engine, production: bool) -> Self {
        let sender = Sender::new(engine.clone(), production);
        Self(Arc::new(Inner {
            engine,
            sender,
            queued: Notify::new(),
            stopping: AtomicBool::new(false),
        }))
    }

    /// The operation that queues a mail, to stand in one write with what the mail is about; then
    /// [`Self::wake`]. `VALIDATION_ERROR` for an address or a subject that cannot be.
    pub fn operation(&self, mail: &Mail) -> Result<Operation> {
        mail.check()?;
        let body = json!({
            "email": mail.to,
            "subject": mail.subject,
            "templateName": mail.template,
            "tenant_Id": mail.tenant,
            "status": Status::Queued.word(),
            "content": mail.content(),
            "nextAttemptAt": iso_millis(self.0.engine.clock().now_ms()),
        });
        let Json::Object(body) = body else {
            return Err(Error::internal("an object literal is an object"));
        };
        Ok(Operation::Create { collection: ROWS.to_owned(), body })
    }

    /// Queues a mail by itself.
    pub async fn queue(&self, mail: &Mail) -> Result<()> {
        let operations = vec![self.operation(mail)?];
        let write = Write { operations, strict: true };
        let house = access::Actor::system("queue a mail");
        self.0.engine.write(write, &house, None).await?;
        self.wake();
        Ok(())
    }

    /// Says that something was queued.
    pub fn wake(&self) {
        self.0.queued.notify_one();
    }

    /// Begins no mail any more; [`Self::run`] ends once those on their way have an answer.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        self.wake();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.stopping.load(Ordering::Acquire)
    }

    /// Sends a mail now and waits for what the server says; it is told in the log, and not tried
    /// again. `MAIL_FAILED` with the words of the server.
    pub async fn send_now(&self, mail: &Mail) -> Result<Delivered> {
        mail.check()?;
        let outcome = self.0.sender.send(mail).await;
        let now = iso_millis(self.0.engine.clock().now_ms());
        let mut body = Map::new();
        for (name, value) in [
            ("email", json!(mail.to)),
            ("subject", json!(mail.subject)),
            ("templateName", json!(mail.template)),
            ("tenant_Id", json!(mail.tenant)),
            ("attempts", json!(1)),
        ] {
            body.insert(name.to_owned(), value);
        }
        match &outcome {
            Ok(delivered) => body.extend(delivered.columns(&now, mail)),
            Err(fault) => body.extend(fault.columns()),
        }
        let operations = vec![Operation::Create { collection: ROWS.to_owned(), body }];
        let write = Write { operations, strict: true };
        let house = access::Actor::system("tell of a mail");
        self.0.engine.write(write, &house, None).await?;
        outcome.map_err(Undelivered::told)
    }
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits for its time.
    Queued,
    /// Somebody is sending it.
    Sending,
    /// A server took it.
    Sent,
    /// It is kept to be looked at and was sent to nobody.
    Caught,
    /// It was given up.
    Error,
}

impl Status {
    /// As it is stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Caught => "caught",
            Self::Error => "error",
        }
    }
}

/// A mail that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// As what it is kept.
    pub status: Status,
    /// Which server took it.
    pub sender: Option<String>,
    /// The id that it has there.
    pub message_id: Option<String>,
    /// What the server said.
    pub said: String,
}

impl Delivered {
    /// What the log says of it. What was caught keeps its content to be looked at.
    pub(crate) fn columns(&self, now: &str, mail: &Mail) -> Map<String, Json> {
        let content = match self.status {
            Status::Caught => json!(mail.content()),
            Status::Queued | Status::Sending | Status::Sent | Status::Error => Json::Null,
        };
        let columns = [
            ("status", json!(self.status.word())),
            ("sender", json!(self.sender)),
            ("messageId", json!(self.message_id)),
            ("errorMessage", Json::Null),
            ("sentAt", json!(now)),
            ("nextAttemptAt", Json::Null),
            ("content", content),
        ];
        columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// A mail that did not go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The words of the server, or what kept it from being asked.
    pub why: String,
    /// Whether another try may do better.
    pub for_now: bool,
}

impl Undelivered {
    pub(crate) fn columns(&self) -> Map<String, Json> {
        let columns = [
            ("status", json!(Status::Error.word())),
            ("errorMessage", json!(self.why)),
            ("nextAttemptAt", Json::Null),
        ];
        columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn told(self) -> Error {
        Error::new(Code::MailFailed, format!("the mail was not sent: {}", self.why))
            .hint("look at the mail server in the settings, then try again")
    }
}
