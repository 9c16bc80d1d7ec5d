//! Changes to the catalog: each is normalised, compared, defined and committed together with the
//! stored documents, or not at all.

mod alike;
mod check;
mod documents;
pub(crate) mod draft;
pub(crate) mod former;
pub(crate) mod history;
mod import;
mod index;
mod keep;
mod plan;
mod policy;
mod polymorphic;
mod references;
mod rehearse;
mod relationship;
mod removal;
pub(crate) mod rename;
pub(crate) mod renew;
mod restore;
mod stake;
mod steps;
pub(crate) mod stored;
#[cfg(test)]
mod tests;
mod theirs;
mod undo;
pub(crate) mod values;
mod words;

pub use history::{SchemaChange, Standing};
pub use import::{ComparedSchemas, ImportedSchemas};
pub use plan::{Example, PlannedStep, SchemaPlan, StepKind};
pub use references::{Outcome as ReferenceOutcome, Reference, ReferenceKind};
pub use rehearse::{Blocks, FailingRow, Rehearsal, RehearsedStep, StepLock};
pub use relationship::RELATION_WORDS;
pub use renew::Renewal;
pub use restore::Restored;
pub use undo::UndoPlan;

use crate::Engine;
use base::{Code, Detail, Error, Result};
use catalog::{Catalog, Collection};
use draft::Draft;
use history::Signed;
use serde_json::Value as Json;
use std::sync::Arc;

/// What a change of the catalog did: the new catalog and its steps.
pub(crate) type Changed = (Catalog, Vec<PlannedStep>);

impl Engine {
    /// Makes a collection.
    pub async fn create_schema(&self, name: &str, schema: &Json) -> Result<Arc<Collection>> {
        self.change_schema("Error creating schema", name, |draft| draft.create(name, schema)).await
    }

    /// Changes a collection: `fields` replaces, everything else is merged.
    pub async fn update_schema(&self, name: &str, schema: &Json) -> Result<Arc<Collection>> {
        self.update_schema_without(name, schema, &[]).await
    }

    /// The same; of these fields, which end, the column ends, too, although it was there before them.
    pub async fn update_schema_without(
        &self,
        name: &str,
        schema: &Json,
        columns: &[String],
    ) -> Result<Arc<Collection>> {
        self.change_schema("Error updating schema", name, |draft| {
            draft.update(name, schema)?;
            columns.iter().try_for_each(|column| draft.drop_column(name, column))
        })
        .await
    }

    /// Ends a collection with its rows, its junctions and the relations that lead to it. A table
    /// that was there before its collection stays, unless `drop_table` asks for its end.
    pub async fn delete_schema(&self, name: &str, drop_table: bool) -> Result<()> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let work = async {
            let mut draft = Draft::signed(&state.catalog, self.signed());
            draft.delete(name)?;
            if drop_table {
                draft.drop_table(name);
            }
            draft.commit(self.store(), self.clock()).await
        };
        let (catalog, _) = work.await.map_err(|error| reworded(error, "Error deleting schema"))?;
        self.swap(Arc::new(catalog)).await
    }

    /// Makes a relation of a collection.
    pub async fn create_relationship(&self, name: &str, body: &Json) -> Result<Arc<Collection>> {
        self.change_schema("Error creating relationship", name, |draft| {
            draft.create_relationship(name, body)
        })
        .await
    }

    /// Changes a relation of a collection.
    pub async fn update_relationship(
        &self,
        name: &str,
        relation: &str,
        body: &Json,
    ) -> Result<Arc<Collection>> {
        let what = "Error updating relationship";
        self.change_schema(what, name, |draft| draft.update_relationship(name, relation, body))
            .await
    }

    /// Ends a relation with its column, index, constraint and junction.
    pub async fn delete_relationship(&self, name: &str, relation: &str) -> Result<Arc<Collection>> {
        let what = "Error deleting relationship";
        self.change_schema(what, name, |draft| draft.delete_relationship(name, relation)).await
    }

    /// Adds an index. One of the same name is left as it is.
    pub async fn create_index(&self, name: &str, body: &Json) -> Result<Arc<Collection>> {
        self.change_schema("Error adding index", name, |draft| draft.create_index(name, body)).await
    }

    /// Ends an index.
    pub async fn delete_index(&self, name: &str, index: &str) -> Result<Arc<Collection>> {
        self.change_schema("Error removing index", name, |draft| draft.delete_index(name, index))
            .await
    }

    /// Makes the indexes that the catalog wants and the store lacks, and makes anew those that
    /// have another form.
    pub async fn renew_indexes(&self) -> Result<Renewal> {
        let _alone = self.schema_lock().await;
        let work = async {
            let renewal = renew::renewal(self.store(), &self.state().catalog).await?;
            if !renewal.statements.is_empty() {
                let statements = renewal.statements.clone();
                self.store().define(store::Definition { statements, rebuilds: false }).await?;
            }
            Ok(renewal)
        };
        work.await.map_err(|error| reworded(error, "Error migrating indexes"))
    }

    /// What bringing these collections to the asked state would do, and a token for
    /// [`Engine::apply_schemas`].
    pub async fn plan_schemas(&self, body: &Json) -> Result<SchemaPlan> {
        let state = self.state();
        plan::plan(self.store(), &state.catalog, body)
            .await
            .map_err(|error| reworded(error, "Error planning schemas"))
    }

    /// Brings collections to the asked state, if the catalog is still the one that was planned
    /// against.
    pub async fn apply_schemas(&self, body: &Json) -> Result<Vec<PlannedStep>> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let applied =
            plan::apply(self.store(), self.clock(), &state.catalog, body, self.signed()).await;
        let (catalog, steps) =
            applied.map_err(|error| reworded(error, "Error applying schemas"))?;
        self.swap(Arc::new(catalog)).await?;
        Ok(steps)
    }

    /// Every collection, sorted by name.
    #[must_use]
    pub fn export_schemas(&self) -> Vec<Arc<Collection>> {
        import::export(&self.state().catalog)
    }

    /// What an import would do, by name.
    pub fn preview_import(&self, body: &Json) -> Result<ComparedSchemas> {
        import::preview(&self.state().catalog, body)
            .map_err(|error| reworded(error, "Error importing schemas"))
    }

    /// Takes a list of documents: new ones are made, known ones changed, none is ended. All of
    /// them or none.
    pub async fn import_schemas(&self, body: &Json) -> Result<ImportedSchemas> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let (changed, report) =
            import::import(self.store(), self.clock(), &state.catalog, body, self.signed())
                .await
                .map_err(|error| reworded(error, "Error importing schemas"))?;
        self.swap(Arc::new(changed.0)).await?;
        Ok(report)
    }

    /// Who changes the schema through this handle.
    pub(crate) fn signed(&self) -> Signed {
        Signed {
            by: self.1.as_deref().map(str::to_owned),
            undoes: None,
            keep_ms: self.limits().schema_undo_ms,
        }
    }

    async fn change_schema(
        &self,
        what: &'static str,
        name: &str,
        change: impl FnOnce(&mut Draft) -> Result<()> + Send,
    ) -> Result<Arc<Collection>> {
        let _alone = self.schema_lock().await;
        let state = self.state();
        let mut draft = Draft::signed(&state.catalog, self.signed());
        let done = match change(&mut draft) {
            Ok(()) => draft.commit(self.store(), self.clock()).await,
            Err(error) => Err(error),
        };
        let (catalog, _) = done.map_err(|error| reworded(error, what))?;
        self.swap(Arc::new(catalog)).await?;
        self.state()
            .catalog
            .get(name)
            .cloned()
            .ok_or_else(|| no_schema(name, &self.state().catalog))
    }
}

/// The wire's fixed sentence for a failed schema request, with the reason as its first finding.
fn reworded(error: Error, what: &str) -> Error {
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
    error.message_is(what).details(details)
}

/// No schema is stored under this name.
pub(crate) fn no_schema(name: &str, catalog: &Catalog) -> Error {
    let error = Error::new(Code::SchemaNotFound, format!("collection `{name}` does not exist"))
        .at("collectionName");
    match catalog.nearest(name) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
