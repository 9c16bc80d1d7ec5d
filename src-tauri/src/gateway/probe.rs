//! What answers at an address, before anything is kept of it or signed in to it.

use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use serde::Serialize;
use serde_json::Value;
use tauri::Url;

use super::{client, stays, unreachable};
use crate::fault::{Fault, Outcome};
use crate::project::StoreKind;

/// Whoever has not answered by then does not.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// More than ours say; a stranger may say anything.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// What an instance of ours told of itself; most of it only to whoever it knows.
#[derive(Debug, Default)]
pub(crate) struct Health {
    pub version: Option<String>,
    pub project: Option<String>,
    pub store: Option<StoreKind>,
}

/// Whether a Plinth answers there, and takes the token. Refuses with `REMOTE_UNREACHABLE`,
/// `REMOTE_REDIRECTS`, `NOT_PLINTH` or `TOKEN_REFUSED`.
pub(crate) async fn probe(remote: &Url, access: Option<&str>) -> Outcome<Health> {
    let base = remote.as_str().trim_end_matches('/');
    let client = client()?;
    let get = async |path: &str| {
        let request = client.get(format!("{base}{path}")).timeout(ANSWER_WAIT);
        let request = if let Some(access) = access { request.bearer_auth(access) } else { request };
        let answer = request.send().await.map_err(|error| unreachable(base, &error))?;
        let body = Limited::new(reqwest::Body::from(stays(answer)?), ANSWER_BYTES_MAX);
        let bytes = body.collect().await.map(|whole| whole.to_bytes()).unwrap_or_default();
        Ok::<Value, Fault>(serde_json::from_slice(&bytes).unwrap_or_default())
    };
    let health = get("/health").await?;
    // Many a server says `ok` there; this says it as ours do, to whoever is nobody, too.
    let check = get("/auth/check").await?;
    let valid = check.get("valid").and_then(Value::as_bool);
    let (true, Some(valid)) = (health.get("status").and_then(Value::as_str) == Some("ok"), valid)
    else {
        return Err(Fault::new("NOT_PLINTH", format!("`{base}` answers, but it is no Plinth"))
            .hint("give the address under which `/health` answers"));
    };
    if access.is_some() && !valid {
        return Err(Fault::new(
            "TOKEN_REFUSED",
            format!("`{base}` does not take this access token"),
        )
        .hint("leave it out and sign in"));
    }
    let text = |key: &str| health.get(key).and_then(Value::as_str).map(str::to_owned);
    let store = text("store").map(|store| match store.as_str() {
        "postgres" => StoreKind::Postgres,
        _ => StoreKind::Sqlite,
    });
    Ok(Health { version: text("version"), project: text("project"), store })
}

/// The same for somebody who only wants to know: a refusal is an answer, too.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    pub reachable: bool,
    /// Whether what answers is a Plinth.
    pub ours: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreKind>,
    /// Why it cannot be connected to as it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Report {
    /// A fault of this program itself stays one.
    pub(crate) fn of(outcome: Outcome<Health>) -> Outcome<Self> {
        let told = match outcome {
            Ok(Health { version, project, store }) => {
                return Ok(Self {
                    reachable: true,
                    ours: true,
                    version,
                    project,
                    store,
                    message: None,
                });
            }
            Err(fault) => fault,
        };
        let (reachable, ours) = match told.code {
            "REMOTE_UNREACHABLE" => (false, false),
            "REMOTE_REDIRECTS" | "NOT_PLINTH" => (true, false),
            "TOKEN_REFUSED" => (true, true),
            _ => return Err(told),
        };
        let message = Some(told.to_string());
        Ok(Self { reachable, ours, version: None, project: None, store: None, message })
    }
}
