//! A filter as asked: names and JSON values, before anything is looked up.

use serde_json::Value as Json;

/// A condition tree in names. The same tree serves requests, `relConditions` and stored
/// permissions, and is the target of every surface's parser.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every part holds; empty means true.
    All(Vec<Filter>),
    /// At least one part holds. Empty means true in a request and false in a permission
    /// (`spec/data.md` 4.1).
    Any(Vec<Filter>),
    /// The part does not hold.
    Not(Box<Filter>),
    /// One operator on one path.
    Test(Test),
}

/// One operator on one path.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Relation names and a field, dotted: `author.company.name`.
    pub path: String,
    /// The operator word as the caller wrote it (`eq`, `iLike`, `jsonbKeyEquals` …).
    pub operator: String,
    /// Its operand as sent.
    pub operand: Json,
    /// The `cast` that stood beside the operator.
    pub cast: Option<String>,
    /// Text in the operand stands for itself, also `$NOW` and `$COL(name)`. Surfaces without
    /// variables set it where a text would read as one; at home it is `"$literal": true` beside
    /// the operator.
    pub literal: bool,
    /// Where in the request this stands, for errors: `filter.OR.0.price`.
    pub at: String,
}

/// What dynamic variables stand for in this request. Everything else about the caller stays in
/// `access`.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Milliseconds since 1970 that `$NOW` means.
    pub now_ms: i64,
    /// Key of the signed-in user's record in `baasix_User`.
    pub user: Option<String>,
    /// Key of the active role's record in `baasix_Role`.
    pub role: Option<String>,
    /// The tenant of the request.
    pub tenant: Option<String>,
}
