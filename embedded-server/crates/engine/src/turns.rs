//! Who comes later waits, collection by collection.
//!
//! What looks at records and writes by what it saw begins anew when another one came between. Many
//! of them at once would begin anew for ever; in turns, each is done at its first attempt.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// One turn per collection; the longest waiting is the next.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<Turn<()>>>>);

impl Turns {
    /// Waits for the turn, which ends when the answer is dropped.
    pub(crate) async fn of(&self, collection: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Collections come and go; one that nobody waits for is not kept.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(collection.to_owned()).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::Turns;

    #[tokio::test]
    async fn who_waits_is_let_in_when_the_one_before_is_done() {
        let turns = Turns::default();
        let first = turns.of("listed").await;
        drop(turns.of("other").await);
        let mut second = std::pin::pin!(turns.of("listed"));
        tokio::select! {
            biased;
            _ = &mut second => panic!("two have the turn"),
            () = std::future::ready(()) => {}
        }
        drop(first);
        tokio::select! {
            biased;
            _ = &mut second => {}
            () = std::future::ready(()) => panic!("nobody has the turn"),
        }
    }

    #[tokio::test]
    async fn collections_that_nobody_sorts_are_forgotten() {
        let turns = Turns::default();
        for number in 0..100 {
            drop(turns.of(&number.to_string()).await);
        }
        assert!(turns.0.lock().unwrap().len() <= 1);
    }
}
