//! Ways to a project: the server in this process, or a remote instance behind its gateway.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tauri::{AppHandle, Manager};
use zeroize::Zeroizing;

use super::{Studio, new_id};
use crate::fault::{Fault, Outcome};
use crate::gateway::{self, Ask, Credential, Gateway, Keep, Report, Rules};
use crate::project::{self, Entry, Environment, Guard, Kind, Project, StoreKind};
use crate::question::{self, Question};

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

/// What may change of a connection; its address may not, for its secret belongs there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConnectionEdit {
    name: String,
    environment: Environment,
    guard: Guard,
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
            store: health.store.unwrap_or(StoreKind::Sqlite),
            folder: None,
            database_file: None,
            beside_existing: false,
            database_url: None,
            remote_url: Some(url.to_string()),
            has_secret: token.is_some(),
            kept_as: None,
            port: None,
            template: None,
            environment: ask.environment,
            guard: ask.guard,
            last_opened_at: None,
        };
        Ok((entry, token))
    }

    /// What answers at an address, without keeping anything.
    pub(crate) async fn test_connection(
        url: &str,
        token: Option<Zeroizing<String>>,
    ) -> Outcome<Report> {
        let url = project::remote_address(url)?;
        let token = token.filter(|token| !token.is_empty());
        Report::of(gateway::probe(&url, token.as_deref().map(String::as_str)).await)
    }

    /// Asks the person before a guard is lowered, where no page can answer. Answers from which.
    pub(crate) async fn may_become(&self, id: &str, edit: &ConnectionEdit) -> Outcome<Guard> {
        let entry = self.entry(id)?;
        if !entry.guard.is_above(edit.guard) {
            return Ok(entry.guard);
        }
        let (from, to) = (entry.guard.in_words(), edit.guard.in_words());
        let question = Question {
            title: format!("Lower the guard of {}?", entry.name),
            text: format!("{}\nFrom {from} to {to}: more writes reach it.", entry.place()),
            yes: "_Lower the guard",
        };
        if question::ask(&self.app, question).await {
            return Ok(entry.guard);
        }
        Err(not_lowered())
    }

    /// Changes a connection, at once also for what is open over it; its guard is lowered from `was`
    /// alone. Not for the runtime's threads.
    pub(crate) fn edit_connection(
        &self,
        id: &str,
        edit: ConnectionEdit,
        was: Guard,
    ) -> Outcome<Project> {
        let name = project::checked_name(&edit.name)?;
        if self.entry(id)?.kind == Kind::Local {
            return Err(Fault::new("NOT_REMOTE", "only the way to an instance elsewhere changes"));
        }
        let mut is_agreed = true;
        let edited = self.edit(id, |entry| {
            // It may have been raised since the person was asked.
            is_agreed = entry.guard == was || !entry.guard.is_above(edit.guard);
            if is_agreed {
                entry.name = name;
                entry.environment = edit.environment;
                entry.guard = edit.guard;
            }
        })?;
        if !is_agreed {
            return Err(not_lowered());
        }
        self.called_anew(id)?;
        Ok(edited)
    }

    /// What is kept for a remote instance, if anything.
    pub(crate) fn credential(&self, id: &str) -> Outcome<Option<Credential>> {
        let entry = self.entry(id)?;
        if entry.kind == Kind::Local || !entry.has_secret {
            return Ok(None);
        }
        Ok(self.secret_of(id)?.map(credential))
    }

    /// How to reach a project; the way to a remote one is opened when it is first wanted.
    pub(crate) async fn session(
        &self,
        id: &str,
        credential: Option<Credential>,
    ) -> Outcome<WebSession> {
        let entry = self.entry(id)?;
        match &entry.remote_url {
            Some(url) => self.remote_session(&entry, url, credential).await,
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
        credential: Option<Credential>,
    ) -> Outcome<WebSession> {
        let mut gateways = self.gateways.lock().await;
        if !gateways.contains_key(&entry.id) {
            let url = project::remote_address(url)?;
            let app = self.app.clone();
            let ask: Ask = Arc::new(move |question| {
                let app = app.clone();
                Box::pin(async move { question::ask(&app, question).await })
            });
            let keep = keeper(&self.app, &entry.id);
            // As it is now: it may have been changed while its secret was looked for.
            let Entry { name, guard, .. } = self.entry(&entry.id)?;
            let rules = Rules { name, guard, ask, keep };
            let gateway = Gateway::open(url, rules, credential).await?;
            gateways.insert(entry.id.clone(), gateway);
        }
        let gateway = gateways.get(&entry.id).ok_or_else(|| Fault::unknown_project(&entry.id))?;
        Ok(WebSession { url: gateway.url(), token: gateway.token().to_owned() })
    }
}

fn not_lowered() -> Fault {
    Fault::new("GUARD_NOT_LOWERED", "the guard was not lowered; nothing was changed")
}

/// Under this key a refresh token is kept; an access token that a person gave is kept as it is.
const REFRESH: &str = "refreshToken";

fn credential(secret: Zeroizing<String>) -> Credential {
    let session = serde_json::from_str::<Value>(&secret).ok();
    match session.as_ref().and_then(|kept| kept.get(REFRESH)).and_then(Value::as_str) {
        Some(token) => Credential::Session(Zeroizing::new(token.to_owned())),
        None => Credential::Access(secret),
    }
}

/// Keeps what a sign-in to a project goes on with. One that cannot be kept lasts for this launch.
fn keeper(app: &AppHandle, id: &str) -> Keep {
    let (app, id) = (app.clone(), id.to_owned());
    Arc::new(move |refresh| {
        let (app, id) = (app.clone(), id.clone());
        Box::pin(async move {
            let kept = tauri::async_runtime::spawn_blocking(move || {
                let studio = app.state::<Arc<Studio>>();
                match refresh {
                    Some(token) => {
                        let secret = Zeroizing::new(json!({ REFRESH: *token }).to_string());
                        studio.keep(&id, &secret)
                    }
                    None => studio.forget(&id),
                }
            });
            if let Err(fault) = kept.await.map_err(Fault::internal).flatten() {
                log::warn!("a sign-in is not kept as it should be: {fault}");
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Credential, Zeroizing, credential};

    #[test]
    fn a_sign_in_and_a_token_of_a_person_are_told_apart() {
        let kept = |text: &str| credential(Zeroizing::new(text.to_owned()));
        let Credential::Session(token) = kept(r#"{"refreshToken":"again"}"#) else {
            panic!("a sign-in");
        };
        assert_eq!(*token, "again");
        for text in ["eyJhbGciOiJIUzI1NiJ9.e30.x", "1234", "\"quoted\"", "{}"] {
            let Credential::Access(token) = kept(text) else { panic!("a token: {text}") };
            assert_eq!(*token, text);
        }
    }
}
