//! Conditions: tests of columns, possibly through relations.

use base::{Bounds, Value};
use catalog::{Collection, FieldKind, Relation};
use std::slice::{from_mut, from_ref};
use std::sync::Arc;

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
    /// Compared as what is shown of it ([`catalog::Field::loose`]).
    pub loose: bool,
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
    /// What a geometry is to a given one.
    Geometry {
        /// The relation.
        relation: Spatial,
        /// GeoJSON text of the given one.
        shape: String,
        /// A rectangle that every geometry in that relation touches.
        around: Bounds,
        /// Not in that relation.
        negated: bool,
    },
    /// SQL/JSON path exists (`predicate` false) or its predicate holds.
    JsonPath {
        /// The path text, checked by `resolve`.
        path: String,
        /// The predicate form.
        predicate: bool,
    },
}

impl Operator {
    /// The right sides that may be of a record. Other operands are values and nothing else.
    pub fn operands(&self) -> impl Iterator<Item = &Operand> {
        let (first, more): (&[Operand], &[Operand]) = match self {
            Self::Equal { right, .. } | Self::Compare { right, .. } => (from_ref(right), &[]),
            Self::Like(like) => (from_ref(&like.text), &[]),
            Self::Between { low, high, .. } => (from_ref(low), from_ref(high)),
            Self::In { values, .. } => (values, &[]),
            Self::IsNull(_)
            | Self::Empty(_)
            | Self::Regex { .. }
            | Self::ArrayContains { .. }
            | Self::ArrayContainedBy { .. }
            | Self::ArrayOverlaps { .. }
            | Self::ArrayLength { .. }
            | Self::JsonContains { .. }
            | Self::JsonHasKeys { .. }
            | Self::JsonValue { .. }
            | Self::JsonTypeOf { .. }
            | Self::Geometry { .. }
            | Self::JsonPath { .. } => (&[], &[]),
        };
        first.iter().chain(more)
    }

    /// The same, to change them.
    pub fn operands_mut(&mut self) -> impl Iterator<Item = &mut Operand> {
        let (first, more): (&mut [Operand], &mut [Operand]) = match self {
            Self::Equal { right, .. } | Self::Compare { right, .. } => (from_mut(right), &mut []),
            Self::Like(like) => (from_mut(&mut like.text), &mut []),
            Self::Between { low, high, .. } => (from_mut(low), from_mut(high)),
            Self::In { values, .. } => (values, &mut []),
            Self::IsNull(_)
            | Self::Empty(_)
            | Self::Regex { .. }
            | Self::ArrayContains { .. }
            | Self::ArrayContainedBy { .. }
            | Self::ArrayOverlaps { .. }
            | Self::ArrayLength { .. }
            | Self::JsonContains { .. }
            | Self::JsonHasKeys { .. }
            | Self::JsonValue { .. }
            | Self::JsonTypeOf { .. }
            | Self::Geometry { .. }
            | Self::JsonPath { .. } => (&mut [], &mut []),
        };
        first.iter_mut().chain(more)
    }
}

/// What one geometry is to another, as the simple features of SQL have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spatial {
    /// The column lies within the given one.
    Within,
    /// The column holds the given one.
    Contains,
    /// Both have a position in common.
    Intersects,
    /// Both are of one dimension, share something of it, and neither holds the other.
    Overlaps,
    /// The column is at most so many metres away.
    Near {
        /// Metres along the ellipsoid.
        metres: f64,
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
#[derive(Clone, Debug)]
pub struct Like {
    /// The caller's text, or a field of its own record.
    pub text: Operand,
    /// Anything may stand before.
    pub open_start: bool,
    /// Anything may stand behind.
    pub open_end: bool,
    /// `%` and `_` in `text` are wildcards (else they stand for themselves). Only of what the caller
    /// wrote: what a record holds stands for itself.
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
