//! Refreshing a session: rotation, a short grace for several tabs, and reuse detection.

use crate::sign_in::instant_ms;
use crate::token::{fingerprint, refresh_invalid};
use crate::{Auth, SignedIn, identity};
use access::Actor;
use base::{Code, Result};
use engine::field_is;
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json};

/// How long the predecessor of a refresh token still gets its successor: several tabs share one
/// token and refresh at the same moment.
const GRACE_MS: i64 = 60_000;

impl Auth {
    /// Exchanges a refresh token. A token that was exchanged longer than a minute ago, or whose
    /// successor was exchanged too, is in two hands: the whole session ends.
    pub async fn refresh(&self, token: &str) -> Result<SignedIn> {
        let now_ms = self.engine().clock().now_ms();
        let print = fingerprint(token);
        let issued_for = self.0.keys.session_of(token)?.ok_or_else(refresh_invalid)?;
        let read = Read {
            collection: String::from("baasix_Sessions"),
            fields: ["*", "user.*", "user.userRoles.*", "tenant.*"].map(str::to_owned).to_vec(),
            filter: Some(Filter::Any(vec![
                field_is("refreshToken", print.as_str()),
                field_is("previousRefreshToken", print.as_str()),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "exchange a refresh token").await?;
        let Some(mut row) = rows.into_iter().next() else {
            self.end_sessions(&[issued_for]).await?;
            return Err(refresh_invalid());
        };
        let text = |row: &Map<String, Json>, key: &str| {
            row.get(key).and_then(Json::as_str).map(str::to_owned)
        };
        let session = text(&row, "id").ok_or_else(refresh_invalid)?;
        let expires = text(&row, "expiresAt").and_then(|at| instant_ms(&at)).unwrap_or_default();
        if expires <= now_ms {
            self.end_sessions(&[session]).await?;
            return Err(refresh_invalid());
        }
        let current = text(&row, "refreshToken").as_deref() == Some(print.as_str());
        if !current {
            let rotated =
                text(&row, "rotatedAt").and_then(|at| instant_ms(&at)).unwrap_or_default();
            if now_ms - rotated > GRACE_MS {
                self.end_sessions(&[session]).await?;
                return Err(refresh_invalid());
            }
        }
        let successor = self.0.keys.next_refresh(&session, token)?;
        if current {
            let until = now_ms
                + i64::try_from(self.settings().session_seconds).unwrap_or(i64::MAX / 4_000)
                    * 1_000;
            let body = Map::from_iter([
                (String::from("refreshToken"), Json::String(fingerprint(&successor))),
                (String::from("previousRefreshToken"), Json::String(print)),
                (String::from("rotatedAt"), Json::String(base::iso_millis(now_ms))),
                (String::from("expiresAt"), Json::String(base::iso_millis(until))),
            ]);
            let operations = vec![Operation::Update {
                collection: String::from("baasix_Sessions"),
                key: Json::String(session.clone()),
                body,
                expect: Map::new(),
            }];
            let write = Write { operations, strict: true };
            self.engine()
                .write(write, &Actor::system("rotate a refresh token"), None)
                .await
                .map_err(|fault| {
                    if fault.code() == Code::ItemNotFound { refresh_invalid() } else { fault }
                })?;
        }
        let tenant_id = text(&row, "tenant_Id");
        let tenant = match row.remove("tenant") {
            Some(Json::Object(tenant)) => Some(tenant),
            Some(_) | None => None,
        };
        let Some(Json::Object(user)) = row.remove("user") else { return Err(refresh_invalid()) };
        let state = self.state_with_roles_of(&user).await?;
        let profile =
            identity::profile(user, tenant_id.as_deref(), tenant, Some(session.clone()), &state)
                .ok_or_else(refresh_invalid)?;
        let session_token = self.0.keys.session_token(&session)?;
        self.token_response(profile, &session_token, successor, tenant_id.as_deref())
    }
}
