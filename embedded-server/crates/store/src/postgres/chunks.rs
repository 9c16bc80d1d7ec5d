//! The rows of an export, handed on in pieces of bounded size.

use super::run::{self, Failure, Texts};
use crate::port::CHUNK_BYTES;
use crate::row::write_object;
use base::{Code, Error, Result};
use futures_util::TryStreamExt as _;
use sql::Compiled;
use sqlx::PgConnection;
use std::time::Duration;
use tokio::sync::mpsc;

/// Rows of a stream on their way to whoever takes them.
pub(super) struct Chunks<'a> {
    send: &'a mpsc::Sender<Result<Vec<u8>>>,
    limit: Duration,
    chunk: Vec<u8>,
    rows: u64,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(send: &'a mpsc::Sender<Result<Vec<u8>>>, limit: Duration) -> Self {
        Self { send, limit, chunk: Vec::new(), rows: 0 }
    }

    /// Reads all rows and hands them on.
    pub(super) async fn fill(
        mut self,
        connection: &mut PgConnection,
        texts: &Texts,
        compiled: &Compiled,
    ) -> Result<(), Failure> {
        let mut rows = run::fetch(connection, texts, &compiled.page)?;
        while let Some(row) = rows.try_next().await? {
            if compiled.limit.is_some_and(|limit| self.rows >= limit) {
                continue;
            }
            self.begin_row();
            write_object(&mut self.chunk, &compiled.shape, &row)?;
            if self.chunk.len() >= CHUNK_BYTES {
                self.hand_on().await?;
            }
        }
        if !self.chunk.is_empty() {
            self.hand_on().await?;
        }
        Ok(())
    }

    fn begin_row(&mut self) {
        self.rows += 1;
        if self.chunk.is_empty() {
            self.chunk.reserve(CHUNK_BYTES + 4_096);
        } else {
            self.chunk.push(b'\n');
        }
    }

    async fn hand_on(&mut self) -> Result<()> {
        let full = std::mem::take(&mut self.chunk);
        self.send
            .send_timeout(Ok(full), self.limit)
            .await
            .map_err(|_| Error::new(Code::Timeout, "nobody takes the rows of the stream"))
    }
}
