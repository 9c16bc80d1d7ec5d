//! What other processes commit to the same database. They tell of it on a channel of the server;
//! one connection beside the pool's listens.

use super::fault;
use base::{Code, Error, Result, Value};
use sql::{Bind, Statement};
use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::sync::Arc;
use std::time::Duration;

/// The channel. It belongs to the whole database, so each message names its schema.
const CHANNEL: &str = "plinth";

/// After so long a silence the server is asked whether it is still there: a connection that a
/// firewall forgot stays silent for ever.
const SILENCE_ASKED: Duration = Duration::from_secs(60);

/// Longest wait for an answer to that, and for a connection.
const ANSWER: Duration = Duration::from_secs(10);

/// The statement by which a transaction tells the other processes of itself.
pub(super) fn telling(instance: &str) -> Statement {
    let text = "SELECT pg_notify('plinth', current_schema() || ' ' || $1::text)::text";
    Statement { text: Arc::from(text), binds: vec![Bind::Value(Value::text(instance))] }
}

/// Notices what other processes commit.
pub struct Outside {
    options: PgConnectOptions,
    schema: Option<String>,
    instance: String,
    listener: Option<PgListener>,
}

impl Outside {
    /// Listens from now on. A server that has no connection to spare is asked again later.
    pub(super) async fn begin(
        options: PgConnectOptions,
        schema: Option<String>,
        instance: &str,
    ) -> Self {
        let mut outside = Self { options, schema, instance: instance.to_owned(), listener: None };
        if let Err(error) = outside.listen().await {
            tracing::warn!(%error, "changes made by other processes are not heard of yet");
        }
        outside
    }

    async fn listen(&mut self) -> Result<()> {
        self.listener = None;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(ANSWER)
            .connect_lazy_with(self.options.clone());
        let listening = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.ignore_pool_close_event(true);
            listener.listen(CHANNEL).await?;
            if self.schema.is_none() {
                let row = sqlx::query("SELECT current_schema()").fetch_one(&mut listener).await?;
                self.schema = row.try_get(0)?;
            }
            Ok::<_, sqlx::Error>(listener)
        };
        let listener = tokio::time::timeout(ANSWER, listening).await.map_err(|_| fault::gone())?;
        self.listener = Some(listener.map_err(fault::of)?);
        Ok(())
    }

    /// Waits until another process has committed something worth a look, or may have.
    pub(crate) async fn changed(&mut self) -> Result<()> {
        let Some(mut listener) = self.listener.take() else {
            // Whatever was told meanwhile was told to nobody.
            return self.listen().await;
        };
        loop {
            match tokio::time::timeout(SILENCE_ASKED, listener.try_recv()).await {
                Ok(Ok(Some(told))) if self.is_nothing_new(told.payload()) => {}
                Ok(Ok(Some(_))) => {
                    // One look answers all that was told so far.
                    while listener.next_buffered().is_some() {}
                    self.listener = Some(listener);
                    return Ok(());
                }
                Ok(Ok(None)) => return self.listen().await,
                Ok(Err(cause)) => return Err(fault::of(cause)),
                Err(_) => {
                    let asked = sqlx::query("SELECT 1").execute(&mut listener);
                    match tokio::time::timeout(ANSWER, asked).await {
                        Ok(Ok(_)) => {}
                        Ok(Err(cause)) => return Err(fault::of(cause)),
                        Err(_) => {
                            return Err(Error::new(
                                Code::Unavailable,
                                "the database no longer answers on the channel for changes",
                            ));
                        }
                    }
                }
            }
        }
    }

    /// Whether a message is our own, or of a project beside ours in the same database.
    fn is_nothing_new(&self, payload: &str) -> bool {
        let (schema, instance) = payload.rsplit_once(' ').unwrap_or_default();
        instance == self.instance || Some(schema) != self.schema.as_deref()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // The driver says goodbye in a task of its own; without a runtime the end of the process
        // closes the connection.
        if let Some(listener) = self.listener.take()
            && tokio::runtime::Handle::try_current().is_err()
        {
            std::mem::forget(listener);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outside, PgConnectOptions};

    #[test]
    fn ones_own_messages_and_those_of_another_project_are_passed_by() {
        let outside = Outside {
            options: PgConnectOptions::new_without_pgpass(),
            schema: Some(String::from("my project")),
            instance: String::from("one"),
            listener: None,
        };
        assert!(outside.is_nothing_new("my project one"));
        assert!(outside.is_nothing_new("public two"));
        assert!(outside.is_nothing_new("nonsense"));
        assert!(!outside.is_nothing_new("my project two"));
    }
}
