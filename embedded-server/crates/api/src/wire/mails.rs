//! Mails that went out, wait, or were caught.

use serde::Serialize;
use serde_json::{Map, Value as Json};

/// A page of the log of mails.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct MailList {
    /// Those of this page, the newest first.
    pub(crate) data: Vec<LoggedMail>,
    /// How many there are.
    pub(crate) total_count: u64,
}

/// A mail, and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct LoggedMail {
    /// The key.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) id: Json,
    /// `queued`, `sending`, `sent`, `caught` or `error`.
    #[cfg_attr(test, ts(type = "'queued' | 'sending' | 'sent' | 'caught' | 'error'"))]
    pub(crate) status: Json,
    /// For whom it is.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) email: Json,
    /// One line.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) subject: Json,
    /// The type of template that it was made of.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) template_name: Json,
    /// The server that took it.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) sender: Json,
    /// The id that it has there.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) message_id: Json,
    /// Why it did not go out, the last time it was tried.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) error_message: Json,
    /// How often it was tried.
    #[cfg_attr(test, ts(type = "number"))]
    pub(crate) attempts: Json,
    /// When it is tried next, an ISO 8601 instant.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) next_attempt_at: Json,
    /// When it went out, an ISO 8601 instant.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) sent_at: Json,
    /// When it was queued, an ISO 8601 instant.
    #[cfg_attr(test, ts(type = "string"))]
    pub(crate) created_at: Json,
    /// The tenant that it is sent from.
    #[serde(rename = "tenant_Id")]
    #[cfg_attr(test, ts(type = "string | null"))]
    pub(crate) tenant_id: Json,
    /// What stands in it; of one mail that was caught less than a day ago, and of no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub(crate) content: Option<MailContent>,
}

/// What stands in a mail.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct MailContent {
    /// The page.
    pub(crate) html: String,
    /// The same as plain text.
    pub(crate) text: String,
}

/// What became of a mail that was sent to try the way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct TestMail {
    /// Whether it went out, or was caught.
    pub(crate) success: bool,
    /// What the server said.
    pub(crate) message: String,
}

impl LoggedMail {
    pub(crate) fn of(row: &Map<String, Json>) -> Self {
        let column = |name: &str| row.get(name).cloned().unwrap_or(Json::Null);
        Self {
            id: column("id"),
            status: column("status"),
            email: column("email"),
            subject: column("subject"),
            template_name: column("templateName"),
            sender: column("sender"),
            message_id: column("messageId"),
            error_message: column("errorMessage"),
            attempts: column("attempts"),
            next_attempt_at: column("nextAttemptAt"),
            sent_at: column("sentAt"),
            created_at: column("createdAt"),
            tenant_id: column("tenant_Id"),
            content: None,
        }
    }
}
