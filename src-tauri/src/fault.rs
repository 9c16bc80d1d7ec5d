//! What a command answers when it could not do what was asked.

use serde::Serialize;

/// Crosses into the webview; never carries a secret.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    /// What the studio switches on.
    pub code: &'static str,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

pub(crate) type Outcome<T = ()> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A file or folder could not be used.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new("FILE_FAILED", format!("`{}`: {error}", path.display()))
    }

    /// The project is not in the list (any more).
    pub(crate) fn unknown_project(id: &str) -> Self {
        Self::new("PROJECT_NOT_FOUND", format!("no project `{id}` is in the list"))
    }

    /// What a server answered instead of starting.
    pub(crate) fn of_server(error: embedded_server::Error) -> Self {
        if let Some(cause) = error.cause() {
            log::warn!("{}: {cause}", error.message());
        }
        let hint = error.hint_text().map(ToOwned::to_owned);
        Self { code: error.code().as_str(), message: error.message().to_owned(), hint }
    }

    /// A fault of our own, not of what was asked.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        Self::new("INTERNAL", error.to_string())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}
