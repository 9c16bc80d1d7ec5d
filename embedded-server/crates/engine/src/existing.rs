//! Tables that were there before the project: what they are, what they would become, and taking
//! them over without touching a row.

mod column;
mod look;
mod plan;
mod relate;
mod table;

pub use plan::Adoption;

use crate::Engine;
use base::{Code, Detail, Error, Result};
use serde_json::Value as Json;

/// A table of the database that is no collection yet, or why it cannot become one.
#[derive(Clone, Debug)]
pub struct ExistingTable {
    /// Its name, which the collection keeps.
    pub name: String,
    /// `table`, `view`, `part` or `virtual`.
    pub kind: &'static str,
    /// How many rows it holds, up to a million.
    pub rows: Option<u64>,
    /// Its columns in their order.
    pub columns: Vec<ExistingColumn>,
    /// The relations that its foreign keys become, if all tables they need are taken over too.
    pub relations: Vec<ExistingRelation>,
    /// Why it cannot be taken over; nothing where it can.
    pub reasons: Vec<Finding>,
    /// What whoever takes it over should know.
    pub notes: Vec<Finding>,
    /// The document it would get, without its relations.
    pub(crate) document: Option<Json>,
}

/// A column and what it would become.
#[derive(Clone, Debug)]
pub struct ExistingColumn {
    /// Its name, which the field keeps.
    pub name: String,
    /// Its type in the words of the database.
    pub declared: String,
    /// The type of the field; none where the column stays in the table and is not shown.
    pub kind: Option<String>,
    /// Whether it is the key.
    pub primary_key: bool,
    /// Whether it is read only: the table computes it.
    pub read_only: bool,
    /// What is unlike what the declaration says, or why it is not shown.
    pub note: Option<String>,
}

/// A relation that a foreign key becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct ExistingRelation {
    /// The collection it belongs to.
    pub collection: String,
    /// Its name there.
    pub name: String,
    /// `M2O`, `O2M`, `O2O` or `M2M`.
    pub kind: &'static str,
    /// Where it leads.
    pub target: String,
    /// The column that points, or the junction.
    pub by: String,
}

/// Something to know about a table, with a word for programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// `UPPER_SNAKE`.
    pub code: &'static str,
    /// The column it is about.
    pub field: Option<String>,
    /// The sentence for a person.
    pub message: String,
}

impl Finding {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, field: None, message: message.into() }
    }

    pub(crate) fn of(code: &'static str, field: &str, message: impl Into<String>) -> Self {
        Self { code, field: Some(field.to_owned()), message: message.into() }
    }
}

impl Engine {
    /// Every table that is no collection, with what it would become if all were taken over.
    pub async fn existing_tables(&self) -> Result<Vec<ExistingTable>> {
        let state = self.state();
        plan::survey(self.store(), &state.catalog).await
    }

    /// The names of the tables that are no collections, without looking into them.
    pub async fn existing_names(&self) -> Result<Vec<String>> {
        let state = self.state();
        plan::names(self.store(), &state.catalog).await
    }

    /// What taking these tables over would do, and a token for [`Engine::adopt`].
    pub async fn plan_adoption(&self, body: &Json) -> Result<Adoption> {
        let state = self.state();
        plan::plan(self.store(), &state.catalog, body).await.map_err(reworded)
    }

    /// Takes tables over as it was planned.
    pub async fn adopt(&self, body: &Json) -> Result<Adoption> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let (catalog, adoption) =
            plan::apply(self.store(), self.clock(), &state.catalog, body, self.signed())
                .await
                .map_err(reworded)?;
        self.swap(std::sync::Arc::new(catalog)).await?;
        Ok(adoption)
    }
}

fn reworded(error: Error) -> Error {
    if matches!(error.code(), Code::Internal | Code::Unavailable | Code::Timeout) {
        return error;
    }
    let reason = Detail {
        code: error.code().as_str().to_owned(),
        field: error.path().map(str::to_owned),
        message: error.message().to_owned(),
        ..Detail::default()
    };
    let mut details = vec![reason];
    details.extend(error.detail_list().iter().cloned());
    error.message_is("Error taking over tables").details(details)
}
