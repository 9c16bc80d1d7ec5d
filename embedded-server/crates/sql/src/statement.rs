//! What crosses the port between `sql` and `store`.

use base::{Error, Value};
use std::sync::Arc;

/// Which database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite 3.45 or newer, bundled.
    Sqlite,
    /// PostgreSQL 14 or newer.
    Postgres,
}

/// SQL text with its bound values. Placeholders are `?1`, `?2` … (SQLite) or `$1`, `$2` …
/// (Postgres); on Postgres the text casts each placeholder (`$1::timestamptz`), because only six
/// plain kinds are bound.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The text. Stable for one query shape, so that stores can keep it prepared.
    pub text: Arc<str>,
    /// Values in placeholder order.
    pub binds: Vec<Bind>,
}

/// One bound value.
#[derive(Clone, Debug, PartialEq)]
pub enum Bind {
    /// This value.
    Value(Value),
    /// First column of the first row that the numbered earlier step of the same program returned.
    Step(usize),
}

/// A compiled read: the page, and (when it must be counted) the total.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rows of the page, relations included: one statement however deep.
    pub page: Statement,
    /// `SELECT count(*)` of the whole result, one row with one integer. Run in the same snapshot,
    /// and only if the page alone does not tell (see `Page::limit`).
    pub total: Option<Statement>,
    /// How the page's columns become JSON.
    pub shape: Arc<Shape>,
    /// Rows asked for at most; one more is fetched by `page` when `probe` is set, to learn
    /// whether more follow, and is not answered.
    pub limit: Option<u64>,
    /// Rows skipped; `None` behind a cursor, where nobody knows how many those are.
    pub offset: Option<u64>,
    /// Whether `page` fetches `limit + 1` rows.
    pub probe: bool,
    /// Positions of the columns whose values make the cursor, if one is wanted.
    pub cursor: Option<Cursor>,
    /// A quicker way to the same answer where `page` reads a whole table.
    pub shortcut: Option<Arc<Shortcut>>,
}

/// Another way to the answer of a page and its total, for a database that is slow at sorting and
/// reads a table twice for a total. Who takes it and meets a value of another kind than a shortcut
/// is made for goes back to the page's own statement.
#[derive(Clone, Debug)]
pub enum Shortcut {
    /// Rows: the first ones are found and all are counted in one scan.
    Sift(Sift),
    /// Groups: rows are grouped by hashing outside the database.
    Fold(Fold),
}

/// A page of rows as a scan, of which the first rows are kept and all are counted.
#[derive(Clone, Debug)]
pub struct Sift {
    /// The sort keys of every row of the result, then its row number; in no order. No two rows
    /// have the same keys.
    pub scan: Statement,
    /// One for each sort key.
    pub keys: Vec<SiftKey>,
    /// The rows of the page in their order. Binds what the page binds, then the row numbers as a
    /// JSON list.
    pub fetch: Arc<str>,
}

/// How rows are sorted by one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiftKey {
    /// Largest first.
    pub descending: bool,
    /// Texts that are decimals, compared by number; other texts are compared by bytes.
    pub decimal: bool,
}

/// Groups as a scan, whose rows are grouped by hashing.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The keys of every row, then what is aggregated.
    pub scan: Statement,
    /// How many leading columns of the scan make the group.
    pub keys: usize,
    /// What stands behind the keys in a row of the answer.
    pub columns: Vec<Folded>,
    /// Positions in a row of the answer, and whether the largest is first. NULLs count as the
    /// largest.
    pub order: Vec<(usize, bool)>,
}

/// One aggregate, of a column of the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folded {
    /// How many rows there are.
    Rows,
    /// How many of them are not NULL.
    Filled(usize),
    /// How many different ones there are.
    Distinct(usize),
    /// The sum of numbers.
    Sum(usize),
    /// The exact sum of decimals.
    Exact(usize),
    /// The average of numbers.
    Average(usize),
    /// The sum of doubles.
    RealSum(usize),
    /// The average of doubles.
    RealAverage(usize),
    /// The least.
    Least(usize),
    /// The largest.
    Largest(usize),
}

/// The trailing columns of a page that make its cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Cursor {
    /// Positions of the columns, one per sort key, in order.
    pub columns: Vec<usize>,
}

/// How numbers outside JavaScript's safe range are spelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Numbers {
    /// JSON number tokens with every digit.
    #[default]
    Tokens,
    /// The same, but the decimals of records as JSON strings, as the original has them.
    Decimals,
    /// Decimals and 64-bit integers as JSON strings, always (`Accept-Numbers: string`).
    Strings,
}

/// How one row of a page becomes one JSON object. Keys are ready to be written: quoted, escaped
/// and with their colon (`"name":`).
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// In output order.
    pub nodes: Vec<ShapeNode>,
}

/// One key of the object.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeNode {
    /// A column's value.
    Field {
        /// `"name":`.
        key: String,
        /// Position of the column in the row.
        column: usize,
        /// How its value is written.
        form: Form,
    },
    /// A nested object whose columns stand in the same row.
    Object {
        /// `"author":`.
        key: String,
        /// Position of a column that is NULL exactly when there is no far record: then the whole
        /// object is `null`.
        present: usize,
        /// Its keys.
        nodes: Vec<ShapeNode>,
    },
}

/// How a column's value is written as JSON. NULL is always `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON string, escaped.
    Text,
    /// An integer token.
    Int,
    /// An integer as a JSON string.
    IntText,
    /// A finite number token, shortest form that reads back equal; whole numbers without `.0`.
    Real,
    /// The column is text that is a number token already (decimals).
    NumberToken,
    /// `true` or `false`, from a boolean or from 0/1.
    Bool,
    /// The column is text that is JSON already.
    Json,
    /// Bytes as base64 text.
    Base64,
}

/// Statements that happen together or not at all.
#[derive(Debug, Default)]
pub struct Program {
    /// In order.
    pub steps: Vec<ProgramStep>,
}

/// One statement of a program and what it must find.
#[derive(Debug)]
pub struct ProgramStep {
    /// The statement. If it returns rows, the first column of the first row is kept for
    /// [`Bind::Step`] and for the outcome.
    pub statement: Statement,
    /// What must be true of it.
    pub expect: Expect,
    /// Position in the request's list of the one operation it is for, where the list has several:
    /// what the database itself refuses is told with it.
    pub index: Option<usize>,
}

impl ProgramStep {
    /// A step that stands for no operation of a request.
    #[must_use]
    pub fn new(statement: Statement, expect: Expect) -> Self {
        Self { statement, expect, index: None }
    }
}

/// What must be true of a step, or the whole program is rolled back with the error.
#[derive(Debug)]
pub enum Expect {
    /// Anything.
    Any,
    /// It must change (or, if it returns rows, return) exactly so many rows.
    Rows(u64, Box<Error>),
    /// It must return a row whose first column is true (1).
    True(Box<Error>),
}
