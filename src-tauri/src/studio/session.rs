//! Ways to a project: the server in this process, or a remote instance behind its gateway.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Studio, new_id};
use crate::fault::{Fault, Outcome};
use crate::gateway::{self, Ask, Gateway, Rules};
use crate::project::{self, Entry, Environment, Guard, Kind, StoreKind};
use crate::question;

/// What *Connect* asks for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewConnection {
    name: String,
    url: String,
    #[serde(default)]
    environment: Environment,
    #[serde(default)]
    guard: Guard,
    /// An access token; without one the person signs in.
    token: Option<Zeroizing<String>>,
}

/// How the webview reaches a project's server; the token lives as long as the server.
#[derive(Serialize)]
pub(crate) struct WebSession {
    url: String,
    token: String,
}

impl Studio {
    /// Tries a remote instance; answers the line to be listed for it, and its secret.
    pub(crate) async fn try_connection(
        ask: NewConnection,
    ) -> Outcome<(Entry, Option<Zeroizing<String>>)> {
        let name = project::checked_name(&ask.name)?;
        let url = project::remote_address(&ask.url)?;
        let token = ask.token.filter(|token| !token.is_empty());
        let health = gateway::probe(&url, token.as_deref().map(String::as_str)).await?;
        let entry = Entry {
            id: new_id(),
            name,
            kind: Kind::Remote,
            store: if health.is_postgres { StoreKind::Postgres } else { StoreKind::Sqlite },
            folder: None,
            database_file: None,
            beside_existing: false,
            database_url: None,
            remote_url: Some(url.to_string()),
            has_secret: token.is_some(),
            port: None,
            template: None,
            environment: ask.environment,
            guard: ask.guard,
            last_opened_at: None,
        };
        Ok((entry, token))
    }

    /// The kept token of a remote instance, if any.
    pub(crate) fn remote_token(&self, id: &str) -> Outcome<Option<Zeroizing<String>>> {
        let entry = self.entry(id)?;
        if entry.kind == Kind::Local || !entry.has_secret {
            return Ok(None);
        }
        self.secrets.get(&entry.secret_name())
    }

    /// How to reach a project; the way to a remote one is opened when it is first wanted.
    pub(crate) async fn session(
        &self,
        id: &str,
        token: Option<Zeroizing<String>>,
    ) -> Outcome<WebSession> {
        let entry = self.entry(id)?;
        match &entry.remote_url {
            Some(url) => self.remote_session(&entry, url, token).await,
            None => {
                let session = self.servers.session(id)?;
                Ok(WebSession { url: format!("http://{}", session.address), token: session.token })
            }
        }
    }

    async fn remote_session(
        &self,
        entry: &Entry,
        url: &str,
        token: Option<Zeroizing<String>>,
    ) -> Outcome<WebSession> {
        let mut gateways = self.gateways.lock().await;
        if !gateways.contains_key(&entry.id) {
            let url = project::remote_address(url)?;
            let token = token.map(|token| token.to_string());
            let app = self.app.clone();
            let ask: Ask = Arc::new(move |question| {
                let app = app.clone();
                Box::pin(async move { question::ask(&app, question).await })
            });
            let rules = Rules { name: entry.name.clone(), guard: entry.guard, ask };
            let gateway = Gateway::open(url, rules, token).await?;
            gateways.insert(entry.id.clone(), gateway);
        }
        let gateway = gateways.get(&entry.id).ok_or_else(|| Fault::unknown_project(&entry.id))?;
        Ok(WebSession { url: gateway.url(), token: gateway.token().to_owned() })
    }
}
