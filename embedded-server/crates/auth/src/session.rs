//! Where a person is signed in: the list of their own sessions, and the end of those.

use crate::audit::{Event, facts};
use crate::{Auth, Presented};
use access::Identity;
use base::{Code, Error, Result};
use engine::{field_is, field_test};
use query::{Direction, Filter, Read, SortAsked};
use serde_json::{Map, Value as Json};

/// Most sessions that one account has at once. Who signs in once more ends the one that was used
/// longest ago (`spec/auth.md` 3.6).
pub const SESSIONS_MAX: i64 = 100;

/// Most sessions beyond the limit that one sign-in ends; the next goes on.
const ENDED_AT_ONCE: i64 = 20;

/// A living session of a user. Times are wire instants.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// Its key.
    pub id: String,
    /// `default`, `mobile` or `web`.
    pub kind: String,
    /// Address that it was opened from.
    pub ip: Option<String>,
    /// How the opener called itself.
    pub user_agent: Option<String>,
    /// Key of the tenant that it works in.
    pub tenant: Option<String>,
    /// When it was opened.
    pub created_at: Option<String>,
    /// When its tokens were last exchanged.
    pub refreshed_at: Option<String>,
    /// When it ends unless it is refreshed.
    pub expires_at: Option<String>,
    /// Whether the question came with a token of this session.
    pub current: bool,
}

impl OpenSession {
    fn of(record: &Map<String, Json>, current: Option<&str>) -> Self {
        let text = |field: &str| record.get(field).and_then(Json::as_str).map(str::to_owned);
        let id = text("id").unwrap_or_default();
        Self {
            current: current == Some(id.as_str()),
            id,
            kind: text("type").unwrap_or_default(),
            ip: text("ipAddress"),
            user_agent: text("userAgent"),
            tenant: text("tenant_Id"),
            created_at: text("createdAt"),
            refreshed_at: text("rotatedAt"),
            expires_at: text("expiresAt"),
        }
    }
}

impl Auth {
    /// The living sessions of who asks, the one that was used last first.
    pub async fn sessions(&self, presented: &Presented) -> Result<Vec<OpenSession>> {
        let user = signed_in(presented)?;
        let current = presented.profile.as_ref().and_then(|profile| profile.session.as_deref());
        let now = base::iso_millis(self.engine().clock().now_ms());
        let living = Filter::All(vec![
            field_is("user_Id", user),
            field_test("expiresAt", "gt", Json::String(now)),
        ]);
        let read = Read { limit: Some(SESSIONS_MAX), ..by_last_use(living) };
        let records = self.engine().find(&read, "list one's own sessions").await?;
        Ok(records.iter().map(|record| OpenSession::of(record, current)).collect())
    }

    /// Ends one session of who asks, the current one too. `ITEM_NOT_FOUND` for a key that is not
    /// among them, whoever's it is.
    pub async fn end_session(&self, presented: &Presented, id: &str) -> Result<()> {
        let found = self.sessions(presented).await?;
        let Some(session) = found.iter().find(|session| session.id == id) else {
            return Err(Error::new(Code::ItemNotFound, "you have no session with this id")
                .hint("`GET /auth/sessions` lists yours"));
        };
        let event = ended(presented, &session.id)?;
        self.end_sessions(std::slice::from_ref(&session.id), Some(&event)).await
    }

    /// Ends every session of who asks but the current one, and says how many.
    pub async fn end_other_sessions(&self, presented: &Presented) -> Result<u64> {
        let mut count = 0;
        for session in self.sessions(presented).await?.iter().filter(|session| !session.current) {
            // Each by itself: one that ends meanwhile holds no other up.
            let event = ended(presented, &session.id)?;
            self.end_sessions(std::slice::from_ref(&session.id), Some(&event)).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Ends the sessions of an account that one more is too many for.
    pub(crate) async fn end_sessions_beyond(&self, user: &str) -> Result<()> {
        let beyond = Read {
            limit: Some(ENDED_AT_ONCE),
            offset: u64::try_from(SESSIONS_MAX).ok(),
            ..by_last_use(field_is("user_Id", user))
        };
        for record in self.engine().find(&beyond, "count the sessions of an account").await? {
            if let Some(id) = record.get("id").and_then(Json::as_str) {
                self.end_sessions(&[id.to_owned()], None).await?;
            }
        }
        Ok(())
    }
}

/// That somebody ended a session of its own.
fn ended<'e>(presented: &'e Presented, session: &str) -> Result<Event<'e>> {
    let event = Event::of("session ended", signed_in(presented)?, presented);
    Ok(event.with(facts([("session", Json::from(session))])))
}

fn signed_in(presented: &Presented) -> Result<&str> {
    match &presented.actor.identity {
        Identity::User(user) => Ok(user),
        Identity::Anonymous | Identity::System(_) => {
            Err(Error::new(Code::Unauthenticated, "sign in first"))
        }
    }
}

/// Every use of a session that is noted moves its end, so that its end tells when it was used.
fn by_last_use(filter: Filter) -> Read {
    let by = |path: &str| SortAsked {
        path: path.to_owned(),
        direction: Direction::Descending,
        distance: None,
    };
    Read {
        collection: String::from("baasix_Sessions"),
        fields: vec![String::from("*")],
        filter: Some(filter),
        sort: vec![by("expiresAt"), by("id")],
        ..Read::default()
    }
}
