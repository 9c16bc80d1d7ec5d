//! The worker that sends what is queued.
//!
//! Whoever claims a mail puts the time until which it is his into the row, by comparing what he saw:
//! of two processes one is too late. One that is killed while it sends leaves a mail that is due
//! again when its time is over. So a mail is sent once, but for a kill between the server's word and
//! ours.

use crate::mail::{Mail, Mailer, ROWS, Status, Undelivered};
use access::Actor;
use base::{Code, Error, Result, iso_millis};
use engine::{Numbers, field_is, field_test};
use futures_util::{StreamExt, stream};
use query::{CountMode, Direction, Filter, Operation, Read, SortAsked, Write};
use serde_json::{Map, Value as Json, json};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

type Row = Map<String, Json>;

/// Mails that are sent at one time, and looked up at once.
const TOGETHER: usize = 4;
const LOOKED_UP: i64 = 20;

/// Caught mails that are taken away in one write.
const FORGOTTEN: i64 = 200;

/// What the log tells of a mail.
const TOLD: [&str; 13] = [
    "id",
    "status",
    "email",
    "subject",
    "templateName",
    "sender",
    "messageId",
    "errorMessage",
    "attempts",
    "nextAttemptAt",
    "sentAt",
    "createdAt",
    "tenant_Id",
];

/// How long a claim lasts; a mail takes at most a minute.
const CLAIM_MS: i64 = 5 * 60 * 1_000;

/// How long after each try the next one comes. After the last a mail is given up.
const MINUTE_MS: i64 = 60 * 1_000;
const NEXT_MS: [i64; 5] =
    [MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * 60 * MINUTE_MS, 8 * 60 * MINUTE_MS];

/// How often the queue is looked at when nobody says that there is something.
const EVERY: Duration = Duration::from_secs(15);

/// How long a caught mail can be looked at.
const CAUGHT_MS: i64 = 24 * 60 * 60 * 1_000;

impl Mailer {
    /// Sends what is due until it is told to stop.
    pub async fn run(self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = every.tick() => {}
                () = self.0.queued.notified() => {}
            }
            if self.is_stopping() {
                return;
            }
            if let Err(fault) = self.send_due().await {
                tracing::warn!(%fault, "mails that are due were not sent");
            }
            if let Err(fault) = self.forget_caught().await {
                tracing::warn!(%fault, "caught mails were not forgotten");
            }
        }
    }

    /// Sends everything that is due now; how many were tried.
    pub async fn send_due(&self) -> Result<usize> {
        let mut tried = 0;
        loop {
            let due = self.due().await?;
            let full = due.len() as i64 == LOOKED_UP;
            let sent = stream::iter(due).map(|row| self.try_one(row)).buffer_unordered(TOGETHER);
            let outcomes: Vec<Result<bool>> = sent.collect().await;
            let mut moved = 0;
            for outcome in outcomes {
                moved += usize::from(outcome?);
            }
            tried += moved;
            // Those that others claimed are theirs; what stays due is looked at the next time.
            if !full || moved == 0 {
                return Ok(tried);
            }
        }
    }

    async fn due(&self) -> Result<Vec<Row>> {
        let now = iso_millis(self.0.engine.clock().now_ms());
        let waits = [Status::Queued, Status::Sending].map(|status| json!(status.word()));
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(Filter::All(vec![
                field_test("status", "in", json!(waits)),
                field_test("nextAttemptAt", "lte", json!(now)),
            ])),
            sort: ["nextAttemptAt", "id"].map(ascending).to_vec(),
            limit: Some(LOOKED_UP),
            ..Read::default()
        };
        self.0.engine.find(&read, "mails that are due").await
    }

    /// Tries one mail, unless somebody else does or nothing more is begun.
    async fn try_one(&self, row: Row) -> Result<bool> {
        if self.is_stopping() {
            return Ok(false);
        }
        let Some(key) = row.get("id").cloned() else { return Ok(false) };
        let attempts = row.get("attempts").and_then(Json::as_i64).unwrap_or_default();
        let now_ms = self.0.engine.clock().now_ms();
        let seen = |name: &str| (name.to_owned(), row.get(name).cloned().unwrap_or(Json::Null));
        let claim = [
            ("status", json!(Status::Sending.word())),
            ("attempts", json!(attempts + 1)),
            ("nextAttemptAt", json!(iso_millis(now_ms + CLAIM_MS))),
        ];
        let expect = Map::from_iter(["status", "attempts", "nextAttemptAt"].map(seen));
        match self.change(&key, columns(claim), expect).await {
            Ok(()) => {}
            Err(fault) if matches!(fault.code(), Code::Conflict | Code::ItemNotFound) => {
                return Ok(false);
            }
            Err(fault) => return Err(fault),
        }
        let outcome = match self.opened(&row) {
            Ok(mail) => self.0.sender.send(&mail).await.map(|done| (mail, done)),
            Err(fault) => Err(Undelivered { why: fault.message().to_owned(), for_now: false }),
        };
        let now_ms = self.0.engine.clock().now_ms();
        let told = match outcome {
            Ok((mail, delivered)) => delivered.columns(&iso_millis(now_ms), &mail),
            Err(fault) => {
                let place = usize::try_from(attempts).unwrap_or(usize::MAX);
                match NEXT_MS.get(place).filter(|_| fault.for_now) {
                    Some(wait) => columns([
                        ("status", json!(Status::Queued.word())),
                        ("errorMessage", json!(fault.why)),
                        ("nextAttemptAt", json!(iso_millis(now_ms + wait))),
                    ]),
                    None => fault.columns(),
                }
            }
        };
        let claimed = Map::from_iter([(String::from("attempts"), json!(attempts + 1))]);
        match self.change(&key, told, claimed).await {
            // Whose claim was over has been replaced by another, or the mail is gone.
            Err(fault) if matches!(fault.code(), Code::Conflict | Code::ItemNotFound) => Ok(true),
            done => done.map(|()| true),
        }
    }

    async fn change(&self, key: &Json, body: Row, expect: Row) -> Result<()> {
        let operation =
            Operation::Update { collection: ROWS.to_owned(), key: key.clone(), body, expect };
        let write = Write { operations: vec![operation], strict: true };
        self.0.engine.write(write, &Actor::system("send a mail"), None).await.map(drop)
    }

    /// A mail as it was queued. Refused (`SECRET_UNREADABLE`) when it was sealed under another
    /// `SECRET_KEY`.
    pub(crate) fn opened(&self, row: &Row) -> Result<Mail> {
        let text = |name: &str| row.get(name).and_then(Json::as_str).map(str::to_owned);
        let content = self.0.engine.unsealed(ROWS, "content", row)?.unwrap_or_default();
        let content: Json = serde_json::from_str(&content).unwrap_or_default();
        let part = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        Ok(Mail {
            to: text("email").unwrap_or_default(),
            subject: text("subject").unwrap_or_default(),
            html: part("html"),
            text: part("text"),
            template: text("templateName"),
            tenant: text("tenant_Id"),
        })
    }

    /// The content of caught mails goes when their day is over; that there were some stays told.
    async fn forget_caught(&self) -> Result<()> {
        let before = iso_millis(self.0.engine.clock().now_ms() - CAUGHT_MS);
        let read = Read {
            collection: ROWS.to_owned(),
            fields: vec![String::from("id")],
            filter: Some(Filter::All(vec![
                field_is("status", Status::Caught.word()),
                field_test("sentAt", "lt", json!(before)),
                field_test("content", "isNotNull", json!(true)),
            ])),
            limit: Some(LOOKED_UP),
            ..Read::default()
        };
        for row in self.0.engine.find(&read, "caught mails whose day is over").await? {
            let Some(key) = row.get("id") else { continue };
            match self.change(key, columns([("content", Json::Null)]), Map::new()).await {
                Err(fault) if fault.code() == Code::ItemNotFound => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// The log of mails, the newest first, and how many there are in all; without their content.
    pub async fn list(
        &self,
        status: Option<Status>,
        page: u64,
        limit: u64,
    ) -> Result<(Vec<Row>, u64)> {
        let descending =
            |path: &str| SortAsked { direction: Direction::Descending, ..ascending(path) };
        let read = Read {
            collection: ROWS.to_owned(),
            fields: TOLD.map(str::to_owned).to_vec(),
            filter: status.map(|status| field_is("status", status.word())),
            sort: ["createdAt", "id"].map(descending).to_vec(),
            limit: Some(i64::try_from(limit).unwrap_or(i64::MAX)),
            page: Some(page),
            count: CountMode::Exact,
            ..Read::default()
        };
        let house = Actor::system("the log of mails");
        let found = self.0.engine.read(&read, &house, Numbers::Tokens).await?;
        let text = [b"[", found.json.as_slice(), b"]"].concat();
        let rows = serde_json::from_slice(&text)
            .map_err(|fault| Error::internal("read the log of mails").caused_by(fault))?;
        Ok((rows, found.total.unwrap_or_default()))
    }

    /// Takes the caught mails away.
    pub async fn forget_all_caught(&self) -> Result<()> {
        loop {
            let read = Read {
                collection: ROWS.to_owned(),
                fields: vec![String::from("id")],
                filter: Some(field_is("status", Status::Caught.word())),
                limit: Some(FORGOTTEN),
                ..Read::default()
            };
            let rows = self.0.engine.find(&read, "caught mails").await?;
            let full = rows.len() as i64 == FORGOTTEN;
            let operations = rows.into_iter().filter_map(|mut row| {
                Some(Operation::Delete {
                    collection: ROWS.to_owned(),
                    key: row.remove("id")?,
                    expect: Map::new(),
                    force: true,
                })
            });
            let write = Write { operations: operations.collect(), strict: true };
            let house = Actor::system("take caught mails away");
            match self.0.engine.write(write, &house, None).await {
                // Somebody else takes them away as well.
                Err(fault) if fault.code() == Code::ItemNotFound => continue,
                done => done?,
            };
            if !full {
                return Ok(());
            }
        }
    }

    /// A mail with its content, which only a caught one still shows; `NOT_FOUND` where there is none.
    pub async fn mail(&self, key: &str) -> Result<(Row, Option<Mail>)> {
        let row = self.row(key).await?;
        let caught = row.get("status").and_then(Json::as_str) == Some(Status::Caught.word());
        let kept = row.get("content").is_some_and(|content| !content.is_null());
        let mail = if caught && kept { Some(self.opened(&row)?) } else { None };
        Ok((row, mail))
    }

    /// Tries a mail anew that was given up. `CONFLICT` for one that is in any other state.
    pub async fn retry(&self, key: &str) -> Result<()> {
        let row = self.row(key).await?;
        let again = columns([
            ("status", json!(Status::Queued.word())),
            ("attempts", json!(0)),
            ("errorMessage", Json::Null),
            ("nextAttemptAt", json!(iso_millis(self.0.engine.clock().now_ms()))),
        ]);
        let expect = columns([("status", json!(Status::Error.word()))]);
        let kept = row.get("content").is_some_and(|content| !content.is_null());
        if !kept || row.get("status") != expect.get("status") {
            let why = "only a mail that was given up, and whose content is kept, is tried anew";
            return Err(Error::new(Code::Conflict, why).at("status"));
        }
        self.change(&json!(row.get("id")), again, expect).await?;
        self.wake();
        Ok(())
    }

    async fn row(&self, key: &str) -> Result<Row> {
        let read = Read { collection: ROWS.to_owned(), key: Some(json!(key)), ..Read::default() };
        let none = || Error::new(Code::NotFound, "there is no such mail");
        match self.0.engine.find(&read, "a mail").await {
            Ok(rows) => rows.into_iter().next().ok_or_else(none),
            Err(fault) if matches!(fault.code(), Code::ItemNotFound | Code::InvalidId) => {
                Err(none())
            }
            Err(fault) => Err(fault),
        }
    }
}

fn columns<const N: usize>(columns: [(&str, Json); N]) -> Row {
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn ascending(path: &str) -> SortAsked {
    SortAsked { path: path.to_owned(), direction: Direction::Ascending, distance: None }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
