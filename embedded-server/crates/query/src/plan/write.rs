//! What a write is: steps that run in order.

use super::Cond;
use base::{Detail, Value};
use catalog::{Collection, Relation};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A write with every name found and every value typed. Steps run in order in one transaction.
#[derive(Clone, Debug, Default)]
pub struct WritePlan {
    /// What to do.
    pub steps: Vec<Step>,
    /// For each asked operation: the step whose record answers it.
    pub answers: Vec<usize>,
    /// What was dropped (unknown keys of administrators).
    pub warnings: Vec<Detail>,
    /// By collection: where the manual order of new records goes on behind those alone that have
    /// this value in this field. `resolve` says nothing; the guard holds a request to its tenant.
    pub orders: BTreeMap<String, (String, Value)>,
}

/// One set of records written. `guard` adds the policy to `filter` and `check`.
#[derive(Clone, Debug)]
pub enum Step {
    /// One new record.
    Insert {
        /// Where.
        collection: Arc<Collection>,
        /// Columns in the collection's order; absent ones become NULL or the store's default.
        values: IndexMap<String, Assigned>,
        /// What the new record must satisfy (policy `check`).
        check: Cond,
        /// Asked by the caller through this relation path of a parent (empty at the root): what
        /// the guard looks for among the parent's grants.
        through: Vec<String>,
        /// Position in the request's list, for errors.
        index: usize,
    },
    /// Records changed.
    Update {
        /// Where.
        collection: Arc<Collection>,
        /// Which: the key test, `expect` is apart.
        filter: Cond,
        /// Key of the one record when one was addressed (a value, or a step's key).
        key: Option<Assigned>,
        /// The new values.
        values: IndexMap<String, Assigned>,
        /// Exactly one record must match `filter` and the policy, else `ITEM_NOT_FOUND`.
        one: bool,
        /// Field values the caller saw; a difference is `CONFLICT`.
        expect: IndexMap<String, Value>,
        /// What the changed record must satisfy (policy `check`).
        check: Cond,
        /// Records that none of the matched ones may be, else `FORBIDDEN`: those that stand above
        /// the caller. `resolve` says `Never`.
        spares: Cond,
        /// As in `Insert`.
        through: Vec<String>,
        /// Position in the request's list, for errors.
        index: usize,
        /// This step marks (`true`) or unmarks (`false`) records as deleted: `guard` asks for
        /// the delete permission, or for update.
        deleting: Option<bool>,
    },
    /// Records removed.
    Delete {
        /// Where.
        collection: Arc<Collection>,
        /// Which.
        filter: Cond,
        /// Key of the one record when one was addressed.
        key: Option<Assigned>,
        /// Exactly one record must match `filter` and the policy, else `ITEM_NOT_FOUND`.
        one: bool,
        /// As in `Update`.
        expect: IndexMap<String, Value>,
        /// As in `Update`.
        spares: Cond,
        /// As in `Insert`.
        through: Vec<String>,
        /// Position in the request's list, for errors.
        index: usize,
    },
    /// A record that must exist (and be readable) because a relation payload names it.
    Exists {
        /// Where.
        collection: Arc<Collection>,
        /// Its key.
        key: Value,
        /// What else it must satisfy; `resolve` says `Always`, `guard` puts the read policy here,
        /// so that a hidden record is an absent one.
        filter: Cond,
        /// The relation field that names it, for the error.
        field: String,
        /// What it was asked through, the relation that names it included.
        asked: Asked,
        /// Position in the request's list, for errors.
        index: usize,
    },
    /// Far records that foreign keys in a role's body name. They must exist and be visible, asked
    /// before the store could tell an absent record from a hidden one.
    Pointed {
        /// The collection that holds the foreign keys.
        collection: Arc<Collection>,
        /// One for each foreign key that is named.
        pointers: Vec<Pointer>,
        /// What it was asked through: the way to `collection`.
        asked: Asked,
        /// Position in the request's list when only one operation points, for errors.
        index: Option<usize>,
    },
}

/// What the caller asked, as far as the guard needs it to know which policy grants a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The collection of the operation's root record.
    pub root: String,
    /// The root record is new.
    pub creating: bool,
    /// Relations from the root record on.
    pub through: Vec<String>,
}

/// What one foreign key is set to by a run of records.
#[derive(Clone, Debug)]
pub struct Pointer {
    /// The relation whose column it is.
    pub relation: Relation,
    /// The foreign key.
    pub column: String,
    /// The far collection.
    pub target: Arc<Collection>,
    /// The far field that it points to.
    pub target_column: String,
    /// The far keys, each with the record that is to point there if it exists already.
    pub keys: Vec<(Value, Option<Value>)>,
    /// Which far records count; `resolve` says `Always`, `guard` puts the read policy here.
    pub filter: Cond,
    /// Which existing records may keep a key that they hold, whatever it points to: those whose
    /// key the caller can read. `resolve` says `Always`.
    pub kept: Cond,
}

/// What a column is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    /// This value, in the field's canonical form.
    Value(Value),
    /// The key of the record that an earlier step wrote.
    KeyOf(usize),
    /// The next number of the field's own sequence.
    NextNumber,
    /// One more than the largest `sort` of the collection.
    NextSort,
    /// An administrator's SQL expression.
    Sql(String),
}
