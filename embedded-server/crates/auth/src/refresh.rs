//! Refreshing a session: rotation, a short grace for several tabs, and reuse detection.

use crate::audit::{Event, facts};
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
        let row = self.session_row(Filter::Any(vec![
            field_is("refreshToken", print.as_str()),
            field_is("previousRefreshToken", print.as_str()),
        ]));
        let Some(row) = row.await? else {
            self.end_stolen(&issued_for).await?;
            return Err(refresh_invalid());
        };
        let session = text(&row, "id").ok_or_else(refresh_invalid)?;
        let expires = text(&row, "expiresAt").and_then(|at| instant_ms(&at)).unwrap_or_default();
        if expires <= now_ms {
            self.end_sessions(&[session], None).await?;
            return Err(refresh_invalid());
        }
        let current = text(&row, "refreshToken").as_deref() == Some(print.as_str());
        if !current && now_ms - rotated_ms(&row) > GRACE_MS {
            self.end_stolen(&session).await?;
            return Err(refresh_invalid());
        }
        let successor = self.0.keys.next_refresh(&session, token)?;
        if current {
            self.rotate(&session, &successor, print, now_ms).await?;
        }
        self.renewed(row, session, successor).await
    }

    /// Exchanges a living access token, for clients that were given no refresh token or lost it.
    /// `REFRESH_INVALID` for one that is dead, and for an API token, which belongs to no session.
    ///
    /// Whoever holds the refresh token of the session meanwhile is told apart from this at its next
    /// use, as with any exchange that it did not make.
    pub async fn refresh_living(&self, token: &str) -> Result<SignedIn> {
        let now_ms = self.engine().clock().now_ms();
        let presented = self.present(Some(token), None, None).await?;
        let session = presented.profile.as_ref().and_then(|profile| profile.session.clone());
        let session = session.ok_or_else(refresh_invalid)?;
        let row = self.session_row(field_is("id", session.as_str())).await?;
        let row = row.ok_or_else(refresh_invalid)?;
        let held = text(&row, "refreshToken").ok_or_else(refresh_invalid)?;
        // Derived from what is held, so that several that ask at once get one successor.
        if let Some(before) = text(&row, "previousRefreshToken")
            && now_ms - rotated_ms(&row) <= GRACE_MS
        {
            let again = self.0.keys.next_refresh(&session, &before)?;
            if fingerprint(&again) == held {
                return self.renewed(row, session, again).await;
            }
        }
        let successor = self.0.keys.next_refresh(&session, &held)?;
        self.rotate(&session, &successor, held, now_ms).await?;
        self.renewed(row, session, successor).await
    }

    async fn session_row(&self, is: Filter) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: String::from("baasix_Sessions"),
            fields: ["*", "user.*", "user.userRoles.*", "tenant.*"].map(str::to_owned).to_vec(),
            filter: Some(is),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.engine().find(&read, "exchange a token").await?.into_iter().next())
    }

    /// Ends a session whose refresh token is in two hands, and tells whose it was.
    async fn end_stolen(&self, session: &str) -> Result<()> {
        let row = self.session_row(field_is("id", session)).await?;
        let user = row.as_ref().and_then(|row| text(row, "user_Id"));
        let tenant = row.as_ref().and_then(|row| text(row, "tenant_Id"));
        let facts = facts([("session", Json::from(session))]);
        let event = user.as_deref().map(|user| Event {
            action: "refresh token used twice",
            user,
            by: None,
            tenant: tenant.as_deref(),
            ip: None,
            facts,
        });
        self.end_sessions(&[session.to_owned()], event.as_ref()).await
    }

    /// Puts the successor in the place of the refresh token of this fingerprint.
    async fn rotate(
        &self,
        session: &str,
        successor: &str,
        print: String,
        now_ms: i64,
    ) -> Result<()> {
        let seconds = i64::try_from(self.settings().session_seconds).unwrap_or(i64::MAX / 4_000);
        let until = now_ms + seconds * 1_000;
        let body = Map::from_iter([
            (String::from("refreshToken"), Json::String(fingerprint(successor))),
            (String::from("previousRefreshToken"), Json::String(print)),
            (String::from("rotatedAt"), Json::String(base::iso_millis(now_ms))),
            (String::from("expiresAt"), Json::String(base::iso_millis(until))),
        ]);
        let operations = vec![Operation::Update {
            collection: String::from("baasix_Sessions"),
            key: Json::from(session),
            body,
            expect: Map::new(),
        }];
        let write = Write { operations, strict: true };
        let house = Actor::system("rotate a refresh token");
        match self.engine().write(write, &house, None).await {
            Err(fault) if fault.code() == Code::ItemNotFound => Err(refresh_invalid()),
            outcome => outcome.map(drop),
        }
    }

    /// The token response of a session that goes on.
    async fn renewed(
        &self,
        mut row: Map<String, Json>,
        session: String,
        successor: String,
    ) -> Result<SignedIn> {
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

fn text(row: &Map<String, Json>, key: &str) -> Option<String> {
    row.get(key).and_then(Json::as_str).map(str::to_owned)
}

/// When a session's refresh token was exchanged last, in milliseconds.
fn rotated_ms(row: &Map<String, Json>) -> i64 {
    text(row, "rotatedAt").and_then(|at| instant_ms(&at)).unwrap_or_default()
}
