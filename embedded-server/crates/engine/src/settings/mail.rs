//! How mail leaves, of the project and of its tenants.

use super::{ROWS, Row};
use crate::Engine;
use base::Result;
use serde_json::Value as Json;
use std::fmt;

/// How mail leaves. One unit: a tenant with a server of its own takes nothing else of it from the
/// project, whose password would go to that server.
pub(super) const MAIL: [&str; 7] = [
    "smtp_enabled",
    "smtp_host",
    "smtp_port",
    "smtp_secure",
    "smtp_user",
    "smtp_pass",
    "smtp_from_address",
];

/// Of the mail, what everybody may know.
pub(super) const MAIL_TOLD: &str = "smtp_enabled";

/// A server that takes mail, as settings name it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Name or address of the machine.
    pub host: String,
    /// 1 to 65535; 587 unless it is set.
    pub port: u16,
    /// Whether the connection begins with TLS, instead of asking for it once it stands.
    pub secure: bool,
    /// Who signs in there; nobody where it is empty.
    pub user: Option<String>,
    /// The password of that account, opened.
    pub password: Option<String>,
    /// The sender that mails name.
    pub from: Option<String>,
}

/// Without the password.
impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("secure", &self.secure)
            .field("user", &self.user)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// The server that takes the mails of a tenant, or of the project: the tenant's own if it names
    /// one. None where it is switched off or none is named. Its password is read under the record
    /// that it was sealed for: `SECRET_UNREADABLE` if that was under another `SECRET_KEY`.
    pub async fn mail_server(&self, tenant: Option<&str>) -> Result<Option<MailServer>> {
        let held = self.held_settings(tenant).await?;
        let mail = &held.mail;
        let text = |name: &str| {
            let text = mail.get(name).and_then(Json::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let is = |name: &str| mail.get(name).and_then(Json::as_bool).unwrap_or(false);
        let Some(host) = text("smtp_host").filter(|_| is("smtp_enabled")) else { return Ok(None) };
        let port = mail.get("smtp_port").and_then(Json::as_u64);
        Ok(Some(MailServer {
            host,
            port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(587),
            secure: is("smtp_secure"),
            user: text("smtp_user"),
            password: self.unsealed(ROWS, "smtp_pass", mail)?,
            from: text("smtp_from_address"),
        }))
    }
}

/// Whether a row names a server of its own. What else it says of mail is filled by the schema.
pub(super) fn has_server(row: &Row) -> bool {
    row.get("smtp_host").and_then(Json::as_str).is_some_and(|host| !host.trim().is_empty())
}

/// How mail leaves by this row, and the key of the record, which a sealed password is bound to.
pub(super) fn mail_of(row: &Row) -> Row {
    let counts = |name: &str| name == "id" || MAIL.contains(&name);
    row.iter()
        .filter(|(name, _)| counts(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
