//! A plan: every name found, every value typed. Built by `resolve`, narrowed by
//! `access::guard`, compiled by `sql`. Never serialised.

use base::{Detail, Value};
use catalog::{Collection, FieldKind, Relation};
use indexmap::IndexMap;
use std::sync::Arc;

use crate::{AggregateFunction, Direction};

/// A read with every name found and every value typed.
#[derive(Clone, Debug)]
pub struct ReadPlan {
    /// The root collection.
    pub collection: Arc<Collection>,
    /// Which records. `guard` ANDs the actor's policy to it.
    pub filter: Cond,
    /// Words to be found.
    pub search: Option<Search>,
    /// Whether soft-deleted records show, at the root and in every relation.
    pub with_deleted: bool,
    /// What comes back.
    pub projection: Projection,
    /// In which order. For rows `resolve` has appended the primary key, so that ties are stable.
    pub order: Vec<OrderBy>,
    /// Which part of the result.
    pub page: Page,
    /// Whether and how to count.
    pub count: Count,
    /// One record was addressed by its key (already part of `filter`).
    pub single: bool,
}

/// What a read answers.
#[derive(Clone, Debug)]
pub enum Projection {
    /// Records.
    Rows(Rows),
    /// Groups with aggregates.
    Groups(Grouping),
}

/// Columns and relations of one level.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Columns in output order.
    pub columns: Vec<Selected>,
    /// Relations in output order, after the columns.
    pub expands: Vec<Expand>,
}

/// One column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Key in the answer.
    pub key: String,
    /// Field (and column) name.
    pub field: String,
    /// What it holds.
    pub kind: FieldKind,
    /// The field names this value depends on are not readable: answer null (never set by
    /// `resolve`; `createdAt` on a collection without timestamps and the like).
    pub null: bool,
}

/// A relation embedded in the answer.
#[derive(Clone, Debug)]
pub struct Expand {
    /// Key in the answer (the relation's name).
    pub key: String,
    /// The relation as its collection declares it.
    pub relation: Relation,
    /// The far collection.
    pub target: Arc<Collection>,
    /// What of it.
    pub rows: Rows,
    /// Which far records appear (`relConditions`). `guard` ANDs the policy to it. A to-one that
    /// fails it is null, a to-many loses the record.
    pub filter: Cond,
    /// Order of a to-many: `sort`, else `createdAt`, else the key.
    pub order: Vec<OrderBy>,
    /// Most far records under one parent.
    pub limit: u64,
}

/// Groups with aggregates.
#[derive(Clone, Debug)]
pub struct Grouping {
    /// Group keys.
    pub keys: Vec<GroupKey>,
    /// Aggregates in output order.
    pub aggregates: Vec<Aggregate>,
}

/// One group key.
#[derive(Clone, Debug)]
pub struct GroupKey {
    /// The keys in the answer that carry it (`user.type` and `user_type`).
    pub keys: Vec<String>,
    /// The column.
    pub column: Ref,
    /// A part of the date instead of the value.
    pub part: Option<DatePart>,
}

/// One aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Key in the answer.
    pub alias: String,
    /// What to compute.
    pub function: AggregateFunction,
    /// Of which column; `None` is `count(*)`.
    pub column: Option<Ref>,
}

/// A part of a date, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the part words of the wire")]
pub enum DatePart {
    Year,
    Quarter,
    Month,
    /// ISO week.
    Week,
    Day,
    /// 0 is Sunday.
    Dow,
    /// 1 is Monday, 7 is Sunday.
    IsoDow,
    Hour,
    Minute,
    Second,
}

/// One sort key.
#[derive(Clone, Debug)]
pub struct OrderBy {
    /// What to sort by.
    pub by: Order,
    /// Which way. NULLs stand last ascending and first descending, on both stores.
    pub direction: Direction,
}

/// What to sort by.
#[derive(Clone, Debug)]
pub enum Order {
    /// A column. Through a to-many relation the smallest (ascending) or largest (descending).
    Column(Ref),
    /// An aggregate's alias or a group's key, by its position in `Grouping`.
    Group(usize),
    /// An aggregate, by its position in `Grouping`.
    Aggregate(usize),
    /// How well the search words match, best first.
    Relevance,
}

/// Which part of the result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Most rows; `None` is all. Already cut to the cap.
    pub limit: Option<u64>,
    /// Rows to skip.
    pub offset: u64,
    /// Values of the sort keys of the last row before this page, one per `order` entry.
    pub after: Option<Vec<Value>>,
    /// The answer carries a cursor behind its last row.
    pub cursor: bool,
    /// The caller's limit was cut to the cap; the answer says `truncated` when rows were left.
    pub capped: bool,
}

/// Whether and how to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Every matching root record.
    Exact,
    /// The store's estimate is good enough when nothing restricts the read.
    Estimate,
    /// Not at all.
    None,
}

/// Words to be found, all of them, each as a prefix of a (stemmed) word of the fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The words, folded, without punctuation. Never empty.
    pub words: Vec<String>,
    /// Field names to look in; each is a text field of the root.
    pub fields: Vec<String>,
}

/// A resolved condition.
#[derive(Clone, Debug)]
pub enum Cond {
    /// True.
    Always,
    /// False.
    Never,
    /// Every part.
    All(Vec<Cond>),
    /// Some part.
    Any(Vec<Cond>),
    /// Not the part (three-valued: unknown stays unknown).
    Not(Box<Cond>),
    /// One test.
    Test(Box<Condition>),
}

impl Cond {
    /// Both conditions, simplified.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, cond) | (cond, Self::Always) => cond,
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::All(mut parts), Self::All(more)) => {
                parts.extend(more);
                Self::All(parts)
            }
            (Self::All(mut parts), cond) | (cond, Self::All(mut parts)) => {
                parts.push(cond);
                Self::All(parts)
            }
            (left, right) => Self::All(vec![left, right]),
        }
    }

    /// Visits every test.
    pub fn each_test(&self, visit: &mut impl FnMut(&Condition)) {
        match self {
            Self::Always | Self::Never => {}
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.each_test(visit)),
            Self::Not(part) => part.each_test(visit),
            Self::Test(test) => visit(test),
        }
    }

    /// Visits every test to change it.
    pub fn each_test_mut(&mut self, visit: &mut impl FnMut(&mut Condition)) {
        match self {
            Self::Always | Self::Never => {}
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.each_test_mut(visit);
                }
            }
            Self::Not(part) => part.each_test_mut(visit),
            Self::Test(test) => visit(test),
        }
    }
}

/// A column, possibly through relations.
#[derive(Clone, Debug)]
pub struct Ref {
    /// Relations walked from the root, in order. Two refs with equal hops mean the same far row.
    pub hops: Vec<Hop>,
    /// Field (and column) name in the last collection.
    pub field: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Compare as another type.
    pub cast: Option<Cast>,
    /// Always NULL: `deletedAt` and the like on a collection that lacks them (`spec/data.md` 4.6).
    pub null: bool,
}

/// One relation walked inside a condition, a sort or a group key.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The relation as its collection declares it.
    pub relation: Relation,
    /// The far collection.
    pub target: Arc<Collection>,
    /// Which far records count as there. `guard` puts the policy of the far collection here, so
    /// that a hidden far record is an absent one. Soft-deleted far records are absent too unless
    /// the plan says `with_deleted`.
    pub filter: Cond,
}

/// Compare as another type. Times and dates of instants are taken in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the families of the wire's cast names")]
pub enum Cast {
    Text,
    Integer,
    BigInt,
    Decimal,
    Real,
    Boolean,
    Date,
    Timestamp,
    Time,
    Uuid,
    Json,
}

/// One test of one column.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The column.
    pub left: Ref,
    /// The test.
    pub operator: Operator,
}

/// The canonical tests; the 74 operator words of the home surface are these with modifiers.
/// A test on NULL is unknown (the record does not match) unless the variant says otherwise.
#[derive(Clone, Debug)]
pub enum Operator {
    /// `=` or `<>`.
    Equal {
        /// `<>` instead.
        negated: bool,
        /// Right side.
        right: Operand,
    },
    /// `<`, `<=`, `>`, `>=`.
    Compare {
        /// Greater instead of less.
        greater: bool,
        /// Or equal.
        or_equal: bool,
        /// Right side.
        right: Operand,
    },
    /// Inclusive on both ends.
    Between {
        /// Outside instead.
        negated: bool,
        /// Lower end.
        low: Operand,
        /// Upper end.
        high: Operand,
    },
    /// One of a list; an empty list is false (negated: true for non-null and null alike).
    In {
        /// None of them instead.
        negated: bool,
        /// The list.
        values: Vec<Operand>,
    },
    /// IS NULL (`true`) or IS NOT NULL.
    IsNull(bool),
    /// NULL, `''`, `[]` or `{}` (`true`), or none of these.
    Empty(bool),
    /// Text matching.
    Like(Like),
    /// Regular expression, linear time.
    Regex {
        /// The pattern.
        pattern: String,
    },
    /// Array tests. The values are the elements as compact JSON text of an array.
    ArrayContains {
        /// JSON array text; every element must be in the column. `[]` matches any non-null.
        json: String,
        /// Negated.
        negated: bool,
    },
    /// Every element of the column is in the list.
    ArrayContainedBy {
        /// JSON array text.
        json: String,
    },
    /// At least one element in common.
    ArrayOverlaps {
        /// JSON array text.
        json: String,
    },
    /// Number of elements (arrays, and JSON columns holding an array) compared.
    ArrayLength {
        /// Path inside a JSON column; empty is the column itself.
        path: Vec<String>,
        /// Comparison as `(greater, less, equal)` wanted outcomes: `gte` is `(true,false,true)`.
        ordering: (bool, bool, bool),
        /// The number.
        value: i64,
    },
    /// JSON containment (`@>`, or `<@` when `contained`).
    JsonContains {
        /// JSON text.
        json: String,
        /// The column is contained in the value instead.
        contained: bool,
        /// Negated (NULL columns stay out).
        negated: bool,
    },
    /// Object keys (or string elements of an array) that must be there.
    JsonHasKeys {
        /// The keys.
        keys: Vec<String>,
        /// All of them, else any.
        all: bool,
    },
    /// A value inside a JSON column compared.
    JsonValue {
        /// Keys from the root of the column.
        path: Vec<String>,
        /// The comparison.
        test: JsonValueTest,
    },
    /// Type of a value inside a JSON column.
    JsonTypeOf {
        /// Keys from the root of the column; empty is the column itself.
        path: Vec<String>,
        /// `object`, `array`, `string`, `number`, `boolean` or `null`.
        type_name: String,
    },
    /// SQL/JSON path exists (`predicate` false) or its predicate holds.
    JsonPath {
        /// The path text, checked by `resolve`.
        path: String,
        /// The predicate form.
        predicate: bool,
    },
}

/// The comparison of a value inside a JSON column.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonValueTest {
    /// Missing or JSON null (`true`), or present.
    IsNull(bool),
    /// Text comparison of the value's text.
    Text {
        /// Comparison as `(greater, less, equal)` wanted outcomes.
        ordering: (bool, bool, bool),
        /// The text.
        value: String,
        /// A missing value matches too (`jsonbKeyNotEquals`).
        or_missing: bool,
    },
    /// Numeric comparison; values that are not numbers do not match.
    Number {
        /// Comparison as `(greater, less, equal)` wanted outcomes.
        ordering: (bool, bool, bool),
        /// The number's digits.
        value: String,
        /// A missing value matches too.
        or_missing: bool,
    },
    /// Boolean equality.
    Boolean {
        /// Differs instead.
        negated: bool,
        /// The value.
        value: bool,
        /// A missing value matches too.
        or_missing: bool,
    },
    /// Text among a list; a missing value matches neither form.
    In {
        /// None of them instead.
        negated: bool,
        /// The texts.
        values: Vec<String>,
    },
    /// LIKE with the caller's own wildcards.
    Like {
        /// The pattern.
        pattern: String,
        /// Without regard to case.
        fold: bool,
    },
}

/// Text matching.
#[derive(Clone, Debug, PartialEq)]
pub struct Like {
    /// The caller's text.
    pub text: String,
    /// Anything may stand before.
    pub open_start: bool,
    /// Anything may stand behind.
    pub open_end: bool,
    /// `%` and `_` in `text` are wildcards (else they stand for themselves).
    pub wildcards: bool,
    /// Without regard to case (Unicode).
    pub fold: bool,
    /// Must not match.
    pub negated: bool,
}

/// The right side of a comparison.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A value in the canonical form of the left side's type (after its cast). `Null` is a
    /// variable that stands for nothing: the comparison is unknown, never true.
    Value(Value),
    /// Another column (`$COL(path)`), from the same root.
    Column(Ref),
    /// A field of the signed-in user's or active role's own record (`$CURRENT_USER.team_Id`),
    /// read by a scalar subquery in the same statement. No user, no match.
    Own {
        /// `baasix_User` or `baasix_Role`.
        collection: Arc<Collection>,
        /// Key of that record.
        key: Value,
        /// The field, possibly through to-one relations.
        column: Box<Ref>,
    },
}

/// A write with every name found and every value typed. Steps run in order in one transaction.
#[derive(Clone, Debug, Default)]
pub struct WritePlan {
    /// What to do.
    pub steps: Vec<Step>,
    /// For each asked operation: the step whose record answers it.
    pub answers: Vec<usize>,
    /// What was dropped (unknown keys of administrators).
    pub warnings: Vec<Detail>,
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
