//! The person's word for one write, asked by the program and not by the page.
//!
//! The write itself waits here while it is asked about, so that there is nothing which a page could
//! make up, use twice or use for something else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use futures_util::future::BoxFuture;
use hyper::{Method, StatusCode};
use serde_json::Value;
use tauri::Url;
use tokio::sync::{Mutex, Semaphore, oneshot};

use super::judge::Refused;
use crate::fault::Fault;
use crate::question::Question;

/// Puts a question where no page reaches; `true` is a yes.
pub(crate) type Ask = Arc<dyn Fn(Question) -> BoxFuture<'static, bool> + Send + Sync>;

/// Writes that wait for their question. A page that sends more is not doing what a person asked.
const WAITING_MAX: usize = 32;
/// Letters of an address that are shown.
const ADDRESS_SHOWN: usize = 240;
/// Names of fields or collections that are shown.
const NAMES_SHOWN: usize = 6;

/// Asks about writes, one after the other.
pub(super) struct Consent {
    ask: Ask,
    /// The connection, as its person calls it.
    name: StdMutex<String>,
    /// One question is up at a time.
    line: Arc<Mutex<()>>,
    /// How often the answer was no.
    refusals: Arc<AtomicU64>,
    waiting: Semaphore,
}

/// A write as it is asked about.
pub(super) struct Write<'a> {
    pub method: &'a Method,
    pub target: &'a Url,
    pub body: Told<'a>,
}

/// What is known of a body before it is sent.
pub(super) enum Told<'a> {
    Nothing,
    Whole(&'a [u8]),
    /// Sent on as it comes; the bytes it says it has.
    Streamed(Option<u64>),
}

impl Consent {
    pub(super) fn new(name: String, ask: Ask) -> Self {
        Self {
            ask,
            name: StdMutex::new(name),
            line: Arc::default(),
            refusals: Arc::default(),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }

    /// From now on the connection is called so.
    pub(super) fn rename(&self, name: &str) {
        // Replaced whole.
        name.clone_into(&mut self.name.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until the person said yes to this write. A no is one to all that wait behind it, too.
    pub(super) async fn given(&self, write: &Write<'_>) -> Result<(), Refused> {
        let Ok(_place) = self.waiting.try_acquire() else {
            let told = format!("more than {WAITING_MAX} writes wait for a confirmation");
            return Err((StatusCode::TOO_MANY_REQUESTS, Fault::new("WRITES_WAITING", told)));
        };
        let before = self.refusals.load(Ordering::SeqCst);
        let line = Arc::clone(&self.line).lock_owned().await;
        if self.refusals.load(Ordering::SeqCst) != before {
            return Err(refused());
        }
        let asked = (self.ask)(self.question(write));
        let (say, said) = oneshot::channel();
        let refusals = Arc::clone(&self.refusals);
        // By itself: the question stays up when the page gives up its request, and the next waits.
        tokio::spawn(async move {
            let yes = asked.await;
            if !yes {
                refusals.fetch_add(1, Ordering::SeqCst);
            }
            drop(line);
            if say.send(yes).is_err() && yes {
                log::info!(
                    "a write was confirmed after the studio had given it up: nothing was sent"
                );
            }
        });
        if said.await.unwrap_or(false) { Ok(()) } else { Err(refused()) }
    }

    fn question(&self, write: &Write<'_>) -> Question {
        let shown: String = write.target.as_str().chars().take(ADDRESS_SHOWN).collect();
        let cut = if shown.len() < write.target.as_str().len() { "\u{2026}" } else { "" };
        let what = write.body.in_words(write.target.path());
        let name = self.name.lock().unwrap_or_else(PoisonError::into_inner);
        Question {
            title: format!("Write to {name}?"),
            text: format!("{} {shown}{cut}\n{what}", write.method),
            yes: "_Write",
        }
    }
}

fn refused() -> Refused {
    let fault = Fault::new("WRITE_NOT_CONFIRMED", "the write was not confirmed; nothing was sent");
    (StatusCode::FORBIDDEN, fault)
}

impl Told<'_> {
    /// Names and numbers; no value, for it may be a password.
    fn in_words(&self, path: &str) -> String {
        let bytes = match self {
            Self::Nothing => return "Without a body.".to_owned(),
            Self::Streamed(None) => return "A body of unknown size.".to_owned(),
            Self::Streamed(Some(bytes)) => return format!("A body of {bytes} bytes."),
            Self::Whole(bytes) => bytes,
        };
        let told = match serde_json::from_slice(bytes).unwrap_or_default() {
            Value::Object(body) if path.ends_with("/items/batch") => {
                body.get("operations").and_then(Value::as_array).map(|operations| steps(operations))
            }
            Value::Object(body) => Some(format!("Names {}", listed(body.keys()))),
            Value::Array(entries) => Some(format!("{} entries", entries.len())),
            _ => None,
        };
        let told = told.map(|told| format!("{told}. ")).unwrap_or_default();
        format!("{told}A body of {} bytes.", bytes.len())
    }
}

/// `2 create, 1 delete in notes, orders`.
fn steps(operations: &[Value]) -> String {
    let word = |operation: &Value, key: &str| {
        operation.get(key).and_then(Value::as_str).unwrap_or("?").to_owned()
    };
    let mut verbs: BTreeMap<String, usize> = BTreeMap::new();
    let mut collections = BTreeSet::new();
    for operation in operations {
        *verbs.entry(word(operation, "op")).or_default() += 1;
        collections.insert(word(operation, "collection"));
    }
    let counts: Vec<String> =
        verbs.iter().map(|(verb, count)| format!("{count} {}", one_line(verb))).collect();
    format!("{} in {}", counts.join(", "), listed(collections.iter()))
}

fn listed<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let mut names: Vec<String> = names.map(|name| one_line(name)).collect();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let told = names.join(", ");
    if more == 0 { told } else { format!("{told} and {more} more") }
}

/// What a page calls something, so that it cannot be taken for a line of ours.
fn one_line(name: &str) -> String {
    const LETTERS_SHOWN: usize = 40;
    let plain = |letter: char| letter.is_alphanumeric() || "_-. ".contains(letter);
    name.chars().take(LETTERS_SHOWN).map(|one| if plain(one) { one } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
