//! The frames that most answers share.

use serde::Serialize;

/// An answer that carries one thing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Answer<T> {
    /// What was asked for.
    pub(crate) data: T,
}

/// An answer that carries everything there is, uncut.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Listed<T> {
    /// All of them.
    pub(crate) data: Vec<T>,
    /// How many.
    pub(crate) total_count: usize,
}

/// An answer that carries nothing but a sentence.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Message {
    /// The sentence.
    pub(crate) message: String,
}

/// A sentence and what it is about.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Done<T> {
    /// The sentence.
    pub(crate) message: String,
    /// What there is now.
    pub(crate) data: T,
}

impl Message {
    pub(crate) fn new(message: &str) -> Self {
        Self { message: message.to_owned() }
    }
}
