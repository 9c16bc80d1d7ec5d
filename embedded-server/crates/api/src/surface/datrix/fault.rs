//! What this surface calls the faults of a request. Its clients switch on these words; the home
//! code stands behind each, for the log and for what all surfaces share.

use base::{Code, Error};

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $text:literal $code:ident,)*) => {
        /// A word of the Datrix error envelope.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault { $($(#[$doc])* $variant,)* }

        impl Fault {
            /// The spelling on the wire.
            pub(crate) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code,)* }
            }
        }
    };
}

faults! {
    /// A name that cannot be one of a field.
    FieldName = "INVALID_FIELD_NAME" InvalidQuery,
    /// A word after `$` that is no operator over HTTP.
    Operator = "INVALID_OPERATOR" UnknownOperator,
    /// A value of another shape than its operator takes.
    ValueType = "INVALID_VALUE_TYPE" InvalidQuery,
    /// Nothing where something must stand.
    Empty = "EMPTY_VALUE" InvalidQuery,
    /// A position where none may stand, or none where one must.
    Index = "ARRAY_INDEX_ERROR" InvalidQuery,
    /// Positions that do not count 0, 1, 2 …
    Consecutive = "CONSECUTIVE_INDEX_ERROR" InvalidQuery,
    /// A value longer than allowed.
    Length = "MAX_LENGTH_EXCEEDED" InvalidQuery,
    /// Nested deeper than allowed.
    Depth = "MAX_DEPTH_EXCEEDED" InvalidQuery,
    /// A parameter that does not exist.
    Parameter = "UNKNOWN_PARAMETER" InvalidQuery,
    /// A page or size that is no number from 1.
    Pagination = "INVALID_PAGINATION" InvalidQuery,
    /// A page beyond the last that may be asked for.
    Page = "PAGE_OUT_OF_RANGE" InvalidQuery,
    /// A size beyond the largest.
    Largest = "MAX_VALUE_VIOLATION" InvalidQuery,
    /// A body that cannot be read or has the wrong shape.
    Body = "INVALID_BODY" InvalidBody,
    /// A field that only the server writes.
    Reserved = "RESERVED_FIELD_WRITE" InvalidBody,
    /// A name that the collection does not have.
    Field = "INVALID_FIELD" UnknownField,
    /// Values of another kind than their fields; the findings say which.
    Validation = "VALIDATION_FAILED" ValidationError,
    /// A relation written in a way it does not have.
    Relation = "INVALID_VALUE" RelationInvalid,
}

/// A refusal with its word.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    pub(crate) error: Error,
}

/// `Result` with a refusal of this surface.
pub(crate) type Result<T> = std::result::Result<T, Refused>;

impl Refused {
    pub(crate) fn new(fault: Fault, at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { fault, error: Error::new(fault.code(), message).at(at) }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.error = self.error.hint(hint);
        self
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

/// Longest name of a field, in signs.
const NAME_MAX: usize = 63;

/// Refuses what cannot be the name of a field, with the reason as this surface calls it.
pub(super) fn field_name(name: &str, at: &str) -> Result<()> {
    let first = |sign: char| sign.is_ascii_alphabetic() || sign == '_';
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '.');
    let reason = if name.is_empty() {
        "EMPTY"
    } else if name.len() > NAME_MAX {
        "TOO_LONG"
    } else if matches!(name, "__proto__" | "constructor" | "prototype") {
        "RESERVED_FIELD"
    } else if name.chars().any(char::is_control) {
        "CONTROL_CHARS"
    } else if !name.starts_with(first) || !name.chars().all(plain) {
        "INVALID_FORMAT"
    } else {
        return Ok(());
    };
    let shown: String = name.chars().filter(|sign| !sign.is_control()).take(NAME_MAX).collect();
    let message = format!("`{shown}` cannot be the name of a field ({reason})");
    Err(Refused::new(Fault::FieldName, at, message)
        .hint(format!("names have letters, digits, `_` and `.`, and at most {NAME_MAX} signs")))
}
