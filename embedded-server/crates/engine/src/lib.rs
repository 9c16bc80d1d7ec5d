//! Floor 5: the read path, the write path, schema changes and the feed.
//!
//! May import: everything below. The only opener of transactions. Invariants: every read and
//! write passes `access::guard` (or says with which reason it is the house's own); every committed
//! write leaves exactly one `_change` row per record; the next request sees what was written.

mod about;
mod arrival;
mod bootstrap;
mod existing;
mod explain;
mod feed;
#[cfg(test)]
mod feed_tests;
mod foreign;
mod history;
mod hook;
mod identity;
mod impact;
mod import;
#[cfg(test)]
mod import_tests;
mod in_the_way;
mod journal;
mod kept;
mod last;
#[cfg(test)]
mod meddler;
mod migrate;
mod original;
mod outside;
#[cfg(test)]
mod outside_tests;
mod place;
mod presence;
mod privilege;
mod read;
mod report;
mod retention;
#[cfg(test)]
mod retention_tests;
mod schema;
mod seal;
mod seed;
mod session_room;
mod settings;
mod slow;
mod sort;
#[cfg(test)]
mod sort_tests;
mod state;
mod template;
#[cfg(test)]
mod test_project;
mod transfer;
mod turns;
#[cfg(test)]
mod upgrade_tests;
mod upsert;
mod variables;
#[cfg(test)]
mod words_tests;
mod write;

pub use about::About;
pub use catalog::is_house_table;
pub use existing::{Adoption, ExistingColumn, ExistingRelation, ExistingTable, Finding};
pub use explain::{Because, Demand, Explained, Question};
pub use feed::{Change, Feed, Place};
pub use history::{
    History, HistoryPage, Person, Revert, Revision, RevisionKind, RevisionSide, is_revision_key,
};
pub use hook::{BeforeWrite, field_is, field_test};
pub use impact::{Impact, PermissionChange, RecordImpact};
pub use import::{
    Format, ImportAsk, Imports, Job, Left, Mode, Pace as ImportPace, RowFault,
    State as ImportState, Stays, without_empty,
};
pub use journal::{Deed, JournalEntry};
pub use read::{AnswerColumn, Records};
pub use retention::Swept;
pub use schema::{
    Blocks, ComparedSchemas, Example, FailingRow, ImportedSchemas, PlannedStep, RELATION_WORDS,
    Reference, ReferenceKind, ReferenceOutcome, Rehearsal, RehearsedStep, Renewal, Restored,
    SchemaChange, SchemaPlan, Standing, StepKind, StepLock, UndoPlan,
};
pub use seal::Seal;
pub use session_room::SessionRoom;
pub use settings::{Audience, MailServer};
pub use slow::{
    Advice, Measured, PageForm, ProposedIndex, QueryShape, Right, ShapeCond, ShapeGroups,
    ShapeSort, ShapeTest, SlowBy, SlowQueries, SlowQuery,
};
pub use sort::{Move, Side};
pub use sql::Numbers;
pub use state::{Ceiling, Role, State};
pub use store::{Counters, Timed};
pub use template::{TEMPLATES, Template};
pub use transfer::{ExportedRole, Grant, PermissionsImported, RolesChange};
pub use upsert::Upsert;
pub use variables::{Variable, VariableChange};
pub use write::Written;

use access::{Actor, Identity};
use arc_swap::ArcSwap;
use base::{Clock, Error, Limits, Result};
use catalog::Catalog;
use query::Read;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::{Outside, Store};

/// What a project is opened with, beside its store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// Bounds of what is asked and answered.
    pub limits: Limits,
    /// Seals secrets at rest.
    pub seal: Seal,
}

/// One project's data: store, catalog, policies and feed, and whose hand changes the schema
/// through it. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>, Option<Arc<str>>);

struct Inner {
    store: Store,
    clock: Clock,
    limits: Limits,
    state: ArcSwap<State>,
    /// Schema changes happen one at a time; reads and writes never wait for it.
    schema: tokio::sync::Mutex<()>,
    /// Policies are read and put in place by one at a time: who reads last stores last.
    policies: tokio::sync::Mutex<()>,
    /// Until somebody follows it.
    outside: Mutex<Option<Outside>>,
    feed: Feed,
    identities: identity::Identities,
    hooks: OnceLock<Vec<Box<dyn BeforeWrite>>>,
    seal: Seal,
    settings: settings::Held,
    variables: variables::Held,
    slow: slow::Recorder,
    /// One index is tried at a time.
    trial: tokio::sync::Mutex<()>,
    /// Records of a collection are moved by one at a time.
    moves: turns::Turns,
}

impl Engine {
    /// Opens the project behind `store`, making or upgrading the house's own tables.
    pub async fn open(store: Store, options: Options) -> Result<Self> {
        let Options { clock, limits, seal } = options;
        // Before the catalog is read, so that nothing is committed unseen between the two.
        let outside = store.outside().await?;
        let catalog = Arc::new(migrate::open(&store, &clock).await?);
        let empty = State::without_roles(Arc::clone(&catalog));
        let slow = slow::Recorder::new(clock.now_ms());
        let inner = Arc::new(Inner {
            store,
            clock,
            limits,
            state: ArcSwap::from_pointee(empty),
            schema: tokio::sync::Mutex::new(()),
            policies: tokio::sync::Mutex::new(()),
            outside: Mutex::new(Some(outside)),
            feed: Feed::default(),
            identities: identity::Identities::default(),
            hooks: OnceLock::new(),
            seal,
            settings: settings::Held::default(),
            variables: variables::Held::default(),
            slow,
            trial: tokio::sync::Mutex::new(()),
            moves: turns::Turns::default(),
        });
        let engine = Self(inner, None);
        engine.swap(catalog).await?;
        engine.seal_what_lies_open().await;
        Ok(engine)
    }

    /// The same project in the hands of this actor: the history of the schema names who changed it.
    #[must_use]
    pub fn in_hands_of(&self, actor: &Actor) -> Self {
        let user = match &actor.identity {
            Identity::User(id) => Some(Arc::from(id.as_str())),
            Identity::Anonymous | Identity::System(_) => None,
        };
        Self(Arc::clone(&self.0), user)
    }

    /// The before-hooks of every room, in the order in which they see a write. Whoever assembles
    /// the house gives the whole list, once: a second one is a fault of ours, since some of its
    /// hooks would never be asked.
    pub fn set_hooks(&self, hooks: Vec<Box<dyn BeforeWrite>>) -> Result<()> {
        let twice = |_| Error::internal("the hooks are set already; there is one list of them");
        self.0.hooks.set(hooks).map_err(twice)
    }

    pub(crate) fn hooks(&self) -> &[Box<dyn BeforeWrite>] {
        self.0.hooks.get().map_or(&[], Vec::as_slice)
    }

    /// The snapshot of this moment.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        self.0.state.load_full()
    }

    /// The port.
    #[must_use]
    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The feed of committed changes.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.0.feed
    }

    pub(crate) fn identities(&self) -> &identity::Identities {
        &self.0.identities
    }

    /// Reads roles and permissions again and swaps the snapshot if they differ.
    pub async fn reload_policies(&self) -> Result<()> {
        self.settle(None).await
    }

    /// Puts a catalog in place, with the policies resolved against it.
    pub(crate) async fn swap(&self, catalog: Arc<Catalog>) -> Result<()> {
        self.settle(Some(catalog)).await
    }

    async fn settle(&self, catalog: Option<Arc<Catalog>>) -> Result<()> {
        let _alone = self.0.policies.lock().await;
        let known = self.state();
        let all = |collection: &str| Read {
            collection: collection.to_owned(),
            limit: Some(-1),
            ..Read::default()
        };
        // By the new catalog: the old one may name columns that are gone.
        let fresh = catalog.as_ref().map(|catalog| State::without_roles(Arc::clone(catalog)));
        let by = fresh.as_ref().unwrap_or(&known);
        let roles = self.find_by(by, &all("baasix_Role"), "load roles").await?;
        let permissions = self.find_by(by, &all("baasix_Permission"), "load permissions").await?;
        let arriving = self.arriving().await?;
        let unchanged = catalog.is_none() && known.holds(&roles, &permissions);
        let catalog = catalog.unwrap_or_else(|| Arc::clone(&known.catalog));
        let catalog = match catalog.with_arriving(&arriving) {
            None if unchanged => return Ok(()),
            None => catalog,
            Some(marked) => Arc::new(marked),
        };
        let state = State::build(
            catalog,
            roles,
            permissions,
            self.limits(),
            &mut |role, collection, fault| {
                tracing::warn!(role, collection, %fault, "a stored permission is broken and denies");
            },
        );
        self.0.state.store(Arc::new(state));
        self.identity_changed();
        Ok(())
    }

    /// What tells of other processes' commits, once.
    pub(crate) fn take_outside(&self) -> Option<Outside> {
        self.0.outside.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The lock under which schema changes are planned and applied.
    pub(crate) async fn schema_lock(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.schema.lock().await
    }

    /// What seals secrets at rest.
    pub(crate) fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// What remembers the shapes of reads.
    pub(crate) fn recorder(&self) -> &slow::Recorder {
        &self.0.slow
    }

    pub(crate) fn trial_lock(&self) -> &tokio::sync::Mutex<()> {
        &self.0.trial
    }

    pub(crate) fn moves(&self) -> &turns::Turns {
        &self.0.moves
    }

    /// Ends the store's threads and connections after their current work.
    pub async fn close(&self) {
        drop(self.take_outside());
        self.0.store.close().await;
    }
}
