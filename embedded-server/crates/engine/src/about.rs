//! What the house tells of its store.

use crate::Engine;
use base::Result;
use store::Counters;

/// The store behind an engine, for people and gauges.
#[derive(Clone, Debug)]
pub struct About {
    /// `sqlite` or `postgres`.
    pub store: &'static str,
    /// The database's own version.
    pub version: String,
    /// Size of the data, in bytes.
    pub size_bytes: u64,
}

impl Engine {
    /// `sqlite` or `postgres`.
    #[must_use]
    pub fn store_name(&self) -> &'static str {
        match self.store().dialect() {
            sql::Dialect::Sqlite => "sqlite",
            sql::Dialect::Postgres => "postgres",
        }
    }

    /// Asks the store about itself.
    pub async fn about(&self) -> Result<About> {
        Ok(About {
            store: self.store_name(),
            version: self.store().version().await?,
            size_bytes: self.store().size_bytes().await?,
        })
    }

    /// What the store has done since it was opened.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.store().counters()
    }
}
