//! Seeing the project as somebody else for a while: a persona. It is opened by an administrator, shown
//! with every request beside what the administrator proves itself with, and only ever reads
//! (`docs/adr/0029-view-as-is-the-servers.md`).

use crate::audit::{Event, facts};
use crate::sign_in::instant_ms;
use crate::token::{fingerprint, random_token};
use crate::{Auth, Eyes, Presented};
use access::Actor;
use base::{Code, Detail, Error, Result};
use engine::field_is;
use query::{Direction, Filter, Operation, Read, SortAsked, Write};
use serde_json::{Map, Value as Json, json};

const COLLECTION: &str = "baasix_Persona";

/// Type of the session row that a persona is kept in. It has no refresh token, and what proves it is
/// no access token: by itself it signs nobody in.
const KIND: &str = "persona";

/// How long one lives: a look around, no working day.
const LIFETIME_MS: i64 = 60 * 60 * 1_000;

/// Personas that one administrator has at once; one more ends the oldest.
const PERSONAS_MAX: usize = 8;

/// A persona that was opened.
#[derive(Clone, Debug)]
pub struct Persona {
    /// What every request shows, told this once.
    pub secret: String,
    /// When it ends, a wire instant.
    pub expires_at: String,
    /// Key of the person; none for a role with nobody in it.
    pub user: Option<String>,
    /// The person's record, without what is hidden.
    pub record: Option<Map<String, Json>>,
    /// Who it is to the guard.
    pub actor: Actor,
}

impl Auth {
    /// Opens a persona. `VALIDATION_ERROR` for nobody, for who may not sign in, and for
    /// administrators: what they see the viewer sees already.
    pub async fn open_persona(
        &self,
        viewer: &Presented,
        eyes: &Eyes,
        tenant: Option<&str>,
    ) -> Result<Persona> {
        let by = viewer.profile.as_ref().filter(|profile| profile.api_token.is_none());
        let by = by.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))?;
        let seen = self.seen_by(eyes, tenant).await?;
        let actor = seen.actor;
        if actor.has_administrators_role() {
            let why = "administrators see everything, as you do";
            return Err(Error::new(
                Code::ValidationError,
                format!("Validation failed: {}: {why}", field_of(eyes)),
            )
            .detail(Detail::field("persona", field_of(eyes), why)));
        }
        let role = actor.role.clone().ok_or_else(|| Error::internal("a persona has a role"))?;
        let user = actor.user().map(str::to_owned);
        let now_ms = self.engine().clock().now_ms();
        let (session, secret) = (base::uuid_v4()?, random_token()?);
        let expires_at = base::iso_millis(now_ms + LIFETIME_MS);
        let kept = json!({
            "id": session,
            "token": fingerprint(&secret),
            "user_Id": by.user_id,
            "expiresAt": expires_at,
            "ipAddress": viewer.actor.ip,
            "type": KIND,
        });
        let persona = json!({
            "session_Id": session,
            "viewer_Id": by.user_id,
            "user_Id": user,
            "role_Id": role,
            "tenant_Id": actor.tenant,
            "expiresAt": expires_at,
        });
        let told = facts([("role", json!(actor.role_name)), ("tenant", json!(actor.tenant))]);
        let whose = user.as_deref().unwrap_or(&by.user_id);
        let event = Event::of("seen through the eyes of", whose, viewer).with(told);
        let create = |collection: &str, body: Json| {
            let body = body.as_object().cloned().unwrap_or_default();
            Operation::Create { collection: collection.to_owned(), body }
        };
        let operations =
            vec![create("baasix_Sessions", kept), create(COLLECTION, persona), event.row()];
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system("open a persona"), None).await?;
        self.end_personas_beyond(&by.user_id).await?;
        let record = seen.profile.map(|profile| profile.user.clone());
        Ok(Persona { secret, expires_at, user, record, actor })
    }

    /// Who asks where a persona is shown beside the viewer's own proof: the one that it stands for,
    /// who only reads. Asked anew each time, so that its end, a change of the role and the viewer's
    /// own fall count from the next request on. `PERSONA_ENDED` for one that is not the viewer's.
    pub async fn seen_as(&self, viewer: Presented, secret: &str) -> Result<Presented> {
        let found = match &viewer.profile {
            Some(profile) if profile.api_token.is_none() && viewer.actor.is_administrator() => {
                self.persona(&profile.user_id, secret).await?
            }
            Some(_) | None => None,
        };
        let ended = || {
            Error::new(Code::PersonaEnded, "this view as somebody else is over, or is not yours")
                .hint("open another with `POST /permissions/view-as`")
        };
        let row = found.ok_or_else(ended)?;
        let text = |field: &str| row.get(field).and_then(Json::as_str);
        let role = text("role_Id").ok_or_else(ended)?.to_owned();
        let eyes = text("user_Id").map_or(Eyes::Role(role.clone()), |id| Eyes::Person(id.into()));
        let seen = match self.seen_by(&eyes, text("tenant_Id")).await {
            // Who was suspended meanwhile sees nothing any more, nor does who looks on.
            Err(fault) if fault.code() == Code::ValidationError => return Err(ended()),
            seen => seen?,
        };
        if seen.actor.has_administrators_role() {
            return Err(ended());
        }
        let actor = Actor { read_only: true, ip: viewer.actor.ip, ..seen.actor };
        let viewer = viewer.profile.map(|profile| profile.user_id.clone());
        Ok(Presented { actor, profile: seen.profile, dead: None, viewer })
    }

    /// Ends a persona of the viewer. One that is over already is none.
    pub async fn end_persona(&self, viewer: &str, secret: &str) -> Result<()> {
        let found = self.persona(viewer, secret).await?;
        match found.as_ref().and_then(|row| row.get("session_Id")).and_then(Json::as_str) {
            Some(session) => self.end_sessions(&[session.to_owned()], None).await,
            None => Ok(()),
        }
    }

    /// The living persona of a viewer behind what was shown.
    async fn persona(&self, viewer: &str, secret: &str) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: COLLECTION.to_owned(),
            fields: vec![String::from("*")],
            filter: Some(Filter::All(vec![
                field_is("session.token", fingerprint(secret)),
                field_is("viewer_Id", viewer),
            ])),
            limit: Some(1),
            ..Read::default()
        };
        let found = self.engine().find(&read, "find a persona").await?.into_iter().next();
        let now_ms = self.engine().clock().now_ms();
        let lives = |row: &Map<String, Json>| {
            let until = row.get("expiresAt").and_then(Json::as_str).and_then(instant_ms);
            until.is_some_and(|until| until > now_ms)
        };
        Ok(found.filter(lives))
    }

    async fn end_personas_beyond(&self, viewer: &str) -> Result<()> {
        let newest = |path: &str| SortAsked {
            path: path.to_owned(),
            direction: Direction::Descending,
            distance: None,
        };
        let read = Read {
            collection: COLLECTION.to_owned(),
            fields: vec![String::from("session_Id")],
            filter: Some(field_is("viewer_Id", viewer)),
            sort: ["createdAt", "id"].map(newest).to_vec(),
            offset: u64::try_from(PERSONAS_MAX).ok(),
            limit: i64::try_from(PERSONAS_MAX).ok(),
            ..Read::default()
        };
        let beyond = self.engine().find(&read, "count the personas of a viewer").await?;
        let text = |row: &Map<String, Json>| Some(row.get("session_Id")?.as_str()?.to_owned());
        let sessions: Vec<String> = beyond.iter().filter_map(text).collect();
        match sessions.is_empty() {
            true => Ok(()),
            false => self.end_sessions(&sessions, None).await,
        }
    }
}

fn field_of(eyes: &Eyes) -> &'static str {
    match eyes {
        Eyes::Person(_) => "user_Id",
        Eyes::Role(_) | Eyes::Anybody => "role_Id",
    }
}
