//! Floor 4: the port to the databases and its two adapters. The only room that knows `rusqlite`
//! and `sqlx`.
//!
//! May import: `base`, `sql`. Invariants: a write is answered after its commit and never before;
//! a program happens whole or not at all, and a failing one disturbs no other; rows become JSON
//! bytes where they are read, and both stores write the same bytes; a total and its page come
//! from one snapshot. Refuses: writes beyond the queue, statements beyond their time, data of a
//! newer version, each with a code. It never sees a collection or an actor.

mod fault;
mod port;
mod program;
mod row;
mod table;
mod trial;

pub mod postgres;
pub mod sqlite;

pub use fault::{INDEX_BYTES_MAX, INDEX_LIMIT, TRIGGER_REFUSED};
pub use port::{
    Cloned, Counters, Definition, Lock, Outcome, Outside, PageRows, PostgresOptions, Ran,
    Rehearsed, SqliteOptions, StepOutcome, Store, Synchronous,
};
pub use sqlite::{Found, look as look_at_sqlite};
pub use table::{Made, Table, TableColumn, TableIndex, TableKey, TableKind};
pub use trial::{Timed, Trial, TrialOutcome};
