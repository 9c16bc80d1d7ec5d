//! What other processes commit to the same database: their schema changes, permissions and
//! identities are taken over without a restart.

use crate::kept::{self, Kept};
use crate::schema::stored::{load, stored_version};
use crate::{Engine, State};
use base::{Code, Error, Result};
use catalog::Catalog;
use std::sync::Arc;
use std::time::Duration;

/// Wait before a failed look is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Shortest time between two looks: who commits without pause is looked at some times a second.
const LOOKS_APART: Duration = Duration::from_millis(100);

/// Whether other processes must look when records of these collections are committed. Of a
/// session that is new (`only_new`) none of them has heard yet.
pub(crate) fn concerns_others<'a>(
    mut touched: impl Iterator<Item = &'a String>,
    only_new: bool,
) -> bool {
    touched.any(|name| kept::of(name).iter().any(|kept| !only_new || *kept != Kept::Session))
}

impl Engine {
    /// Takes over what other processes commit, for as long as this is polled. Only the first call
    /// does; the others end at once.
    pub async fn follow_others(self) {
        let Some(mut outside) = self.take_outside() else { return };
        loop {
            if let Err(fault) = outside.changed().await {
                tracing::debug!(%fault, "what other processes do is not heard of for a moment");
                tokio::time::sleep(AGAIN_AFTER).await;
                continue;
            }
            while let Err(fault) = self.take_over().await {
                tracing::warn!(%fault, "a change made by another process is not taken over yet");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
            tokio::time::sleep(LOOKS_APART).await;
        }
    }

    /// Whether a failure may be owed to tables that another process has changed since this
    /// snapshot was made. Asked only where the store failed for a reason of its own.
    pub(crate) async fn is_behind(&self, fault: &Error, state: &State) -> bool {
        fault.code() == Code::Internal && self.others_changed(state).await
    }

    /// The same of a request that names what this snapshot does not know: another process may have
    /// made it a moment ago.
    pub(crate) async fn knows_less(&self, fault: &Error, state: &State, collection: &str) -> bool {
        let named = match fault.code() {
            Code::CollectionNotFound | Code::UnknownField => true,
            // What does not exist is told like what is not granted.
            Code::Forbidden => state.catalog.get(collection).is_none(),
            _ => false,
        };
        named && self.others_changed(state).await
    }

    /// Takes over what other processes changed in the schema, where one of these collections is not
    /// known here. It costs one small read, and none where all are known.
    pub async fn look_for(&self, collections: impl IntoIterator<Item = &str>) -> Result<()> {
        let state = self.state();
        let mut collections = collections.into_iter();
        if collections.any(|name| state.catalog.get(name).is_none())
            && self.others_changed(&state).await
        {
            self.take_over().await?;
        }
        Ok(())
    }

    /// Whether the stored catalog is another one than this.
    pub(crate) async fn others_changed(&self, state: &State) -> bool {
        let stored = stored_version(self.store()).await;
        stored.is_ok_and(|version| version != state.catalog.version)
    }

    /// Looks at what the database holds and takes over what differs: the catalog with everything
    /// built from it, or the policies alone.
    pub(crate) async fn take_over(&self) -> Result<()> {
        // Our own schema change commits and swaps under this lock: what is seen is never half.
        let alone = self.schema_lock().await;
        let known = self.state().catalog.version;
        if stored_version(self.store()).await? == known {
            self.reload_policies().await?;
        } else {
            let loaded = load(self.store()).await?;
            let catalog = Catalog::build(loaded.documents, loaded.version, sql::kind_of)?;
            tracing::info!(
                from = known,
                to = catalog.version,
                "another process changed the schema"
            );
            self.swap(Arc::new(catalog)).await?;
        }
        drop(alone);
        self.identity_changed();
        self.feed().wake();
        Ok(())
    }
}
