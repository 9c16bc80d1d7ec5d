//! The body of every refusal: the superset of `spec/auth.md` 2.

use base::Code;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// A code in its spelling on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorCode(pub(crate) Code);

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// The body of a reply that is a refusal.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ErrorBody {
    /// The sentence for a person.
    pub(crate) message: String,
    /// What a program switches on.
    pub(crate) error: ErrorFacts,
    /// The single faults, for instance one per field.
    pub(crate) details: Vec<ErrorDetail>,
}

/// What went wrong, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ErrorFacts {
    /// The same sentence.
    pub(crate) message: String,
    /// The kind of error.
    pub(crate) code: ErrorCode,
    /// The faults in the form that older readers know.
    pub(crate) details: Option<ErrorReport>,
    /// The HTTP status.
    pub(crate) status_code: u16,
    /// What would make it work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) hint: Option<String>,
    /// Where in the request the fault lies, as a dotted path.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) at: Option<String>,
}

/// The faults in the form that older readers know, which depends on the kind of error.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum ErrorReport {
    /// Values that broke rules of their fields.
    Rules {
        /// `VALIDATION_ERROR`.
        code: ErrorCode,
        /// One per broken rule.
        errors: Vec<BrokenRule>,
    },
    /// Rows of a file that were refused.
    Rows {
        /// What the import came to.
        results: super::import::ImportResult,
    },
    /// Anything else: the same list as outside.
    List(Vec<ErrorDetail>),
}

/// A value that broke a rule of its field.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct BrokenRule {
    /// The field, dotted for nested ones.
    pub(crate) field: Option<String>,
    /// The sentence for a person.
    pub(crate) message: String,
    /// The refused value, when it may be shown.
    #[cfg_attr(test, ts(type = "unknown"))]
    pub(crate) value: Json,
    /// The rule, such as `min`.
    pub(crate) rule: String,
}

/// One thing that was wrong with a request.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ErrorDetail {
    /// Place in the request's list, from 0, when it was a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) index: Option<usize>,
    /// The rule or code that was broken, such as `min` or `UNIQUE_VIOLATION`.
    pub(crate) code: String,
    /// The field as the caller wrote it, dotted for nested ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) field: Option<String>,
    /// The sentence for a person.
    pub(crate) message: String,
    /// The same sentence, beside `index`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) error: Option<String>,
    /// The value that was expected or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "unknown"))]
    pub(crate) expected: Option<Json>,
    /// The value that is stored (409 `CONFLICT`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "unknown"))]
    pub(crate) current: Option<Json>,
}
