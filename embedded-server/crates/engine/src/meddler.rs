//! Somebody whose write comes in the middle of another, for the tests of what then holds.

use crate::{BeforeWrite, Engine};
use access::Actor;
use base::Result;
use query::{Operation, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Writes something of their own when a write of others has been asked for and has not begun.
pub(crate) struct Meddler {
    when: fn(&Operation) -> bool,
    own: fn() -> Write,
    times: AtomicUsize,
}

impl Meddler {
    /// One who writes `own` before each write that holds an operation of the kind `when`.
    pub(crate) fn new(when: fn(&Operation) -> bool, own: fn() -> Write) -> Self {
        Self { when, own, times: AtomicUsize::new(usize::MAX) }
    }

    /// The same, the first `times` times only.
    pub(crate) fn times(self, times: usize) -> Self {
        Self { times: AtomicUsize::new(times), ..self }
    }

    async fn meddle(&self, engine: &Engine, write: &Write, actor: &Actor) -> Result<()> {
        let another = |left: usize| left.checked_sub(1);
        if write.operations.iter().any(self.when)
            && self.times.fetch_update(Ordering::Relaxed, Ordering::Relaxed, another).is_ok()
        {
            engine.write((self.own)(), actor, None).await?;
        }
        Ok(())
    }
}

impl BeforeWrite for Meddler {
    fn before<'a>(
        &'a self,
        engine: &'a Engine,
        write: &'a mut Write,
        actor: &'a Actor,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(self.meddle(engine, write, actor))
    }
}
