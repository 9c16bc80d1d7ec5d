//! The one error type. One word wide, so that `Result` stays cheap on the hot path.

use crate::Code;
use std::fmt;

/// `Result` with our error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What happened, where, and how to fix it. Built by constructors in the room that owns the noun.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: String,
    at: Option<String>,
    table: Option<String>,
    hint: Option<String>,
    details: Vec<Detail>,
    retry_after_ms: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// One finding among several, addressed by field (and by position for lists).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// The rule or code that was broken, for example `min` or `UNIQUE_VIOLATION`.
    pub code: String,
    /// The field as the caller wrote it, dotted for nested ones.
    pub field: Option<String>,
    /// The sentence for a person.
    pub message: String,
    /// Zero-based position in the request's list, when it was a list.
    pub index: Option<usize>,
    /// The refused value as compact JSON text, when it may be shown.
    pub value: Option<String>,
    /// The stored value as compact JSON text (edit conflicts only).
    pub current: Option<String>,
    /// The known name nearest to an unknown one.
    pub nearest: Option<String>,
}

impl Detail {
    /// A finding about one field.
    pub fn field(
        code: impl Into<String>,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            field: Some(field.into()),
            message: message.into(),
            ..Self::default()
        }
    }

    /// The same finding with its position in the request's list.
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        self.index = Some(index);
        self
    }
}

impl Error {
    /// An error with its code and its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            at: None,
            table: None,
            hint: None,
            details: Vec::new(),
            retry_after_ms: None,
            cause: None,
        }))
    }

    /// A fault of ours. `what` is logged with the cause; callers see one fixed sentence.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(Code::Internal, what)
    }

    /// Where in the request the fault lies, as a dotted path (`filter.price.gt`).
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.0.at = Some(path.into());
        self
    }

    /// The table that a store refused it for. Not told: whoever knows what was asked says where
    /// that is.
    #[must_use]
    pub fn of_table(mut self, table: impl Into<String>) -> Self {
        self.0.table = Some(table.into());
        self
    }

    /// How to fix it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Adds one finding.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.0.details.push(detail);
        self
    }

    /// Replaces the findings.
    #[must_use]
    pub fn details(mut self, details: Vec<Detail>) -> Self {
        self.0.details = details;
        self
    }

    /// The same findings, those without a position at this one of the request's list. An error
    /// without findings gets one, so that the position is told.
    #[must_use]
    pub fn at_index(mut self, index: usize) -> Self {
        if self.0.details.is_empty() {
            self.0.details.push(Detail {
                code: self.0.code.as_str().to_owned(),
                message: self.0.message.clone(),
                ..Detail::default()
            });
        }
        for detail in &mut self.0.details {
            detail.index.get_or_insert(index);
        }
        self
    }

    /// Replaces the sentence, keeping everything else.
    #[must_use]
    pub fn message_is(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// After how many milliseconds a retry makes sense (answered as `Retry-After`).
    #[must_use]
    pub fn retry_after_ms(mut self, ms: u64) -> Self {
        self.0.retry_after_ms = Some(ms);
        self
    }

    /// The reason below this error. Logged once at the boundary, never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where in the request.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.at.as_deref()
    }

    /// The table that a store refused it for.
    #[must_use]
    pub fn table(&self) -> Option<&str> {
        self.0.table.as_deref()
    }

    /// How to fix it.
    #[must_use]
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The findings.
    #[must_use]
    pub fn detail_list(&self) -> &[Detail] {
        &self.0.details
    }

    /// When to come back, in milliseconds.
    #[must_use]
    pub fn retry_ms(&self) -> Option<u64> {
        self.0.retry_after_ms
    }

    /// The reason below, for the log.
    #[must_use]
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync)> {
        self.0.cause.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)?;
        if let Some(at) = &self.0.at {
            write!(f, " (at {at})")?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("at", &self.0.at)
            .field("hint", &self.0.hint)
            .field("details", &self.0.details)
            .field("cause", &self.0.cause)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| &**cause as &(dyn std::error::Error + 'static))
    }
}
