//! How many sessions of one kind somebody may have at once (`spec/auth.md` 4.4): said by the
//! settings, and asked in the transaction that opens one more.

use crate::arrival::{any, plain};
use crate::settings::LIMITED_ROLES;
use crate::write::Provided;
use crate::{Engine, Written};
use access::Actor;
use base::{Code, Error, Result, Value, iso_millis};
use query::Write;
use serde_json::Value as Json;
use sql::{CompiledWrite, Dialect, Expect, ProgramStep};

/// The room for one more session.
#[derive(Clone, Debug)]
pub struct SessionRoom {
    user: String,
    kind: String,
    tenant: Option<String>,
    most: i64,
    now_ms: i64,
}

impl Provided for SessionRoom {
    fn around(&self, compiled: CompiledWrite, dialect: Dialect) -> CompiledWrite {
        let fault = Error::new(
            Code::SessionLimit,
            match self.most {
                0 => format!("sessions of type `{}` are not allowed", self.kind),
                most => format!("at most {most} sessions of type `{}` are allowed", self.kind),
            },
        )
        .hint("sign out elsewhere, or end a session in the list of them");
        let counted = match dialect {
            Dialect::Sqlite => {
                r#"SELECT (SELECT count(*) FROM "baasix_Sessions" WHERE "user_Id" = ?1 AND "type" = ?2 AND "expiresAt" > ?3 AND (?4 IS NULL OR "tenant_Id" = ?4)) < ?5"#
            }
            Dialect::Postgres => {
                r#"SELECT (SELECT count(*) FROM "baasix_Sessions" WHERE "user_Id" = $1::text::uuid AND "type" = $2::text AND "expiresAt" > $3::text::timestamptz AND ($4::text IS NULL OR "tenant_Id" = $4::text::uuid)) < $5::bigint"#
            }
        };
        let binds = vec![
            Value::text(self.user.as_str()),
            Value::text(self.kind.as_str()),
            Value::Text(iso_millis(self.now_ms)),
            self.tenant.as_deref().map_or(Value::Null, Value::text),
            Value::Int(self.most),
        ];
        let mut steps = Vec::new();
        if dialect == Dialect::Postgres {
            // Two who sign in at once would each see one session less than there are going to be.
            let alone =
                r#"SELECT 1 FROM "baasix_User" WHERE "id" = $1::text::uuid FOR NO KEY UPDATE"#;
            steps.push(any(plain(alone, vec![Value::text(self.user.as_str())])));
        }
        steps.push(ProgramStep::new(plain(counted, binds), Expect::True(Box::new(fault))));
        compiled.behind(steps)
    }
}

impl Engine {
    /// The room that a user in this role has for sessions of a kind, in a tenant or anywhere; none
    /// where they are not counted.
    pub async fn session_room(
        &self,
        user: &str,
        role: &str,
        kind: &str,
        tenant: Option<&str>,
    ) -> Result<Option<SessionRoom>> {
        let administrator =
            self.state().roles.get(role).is_some_and(|role| role.name == "administrator");
        if kind == "default" || administrator {
            return Ok(None);
        }
        let settings = self.settings(tenant).await?;
        let limited = settings.get(LIMITED_ROLES).and_then(Json::as_array);
        if limited.is_some_and(|roles| !roles.is_empty() && !roles.iter().any(|one| one == role)) {
            return Ok(None);
        }
        let most = settings.get(&format!("{kind}_session_limit")).and_then(Json::as_i64);
        let Some(most) = most.filter(|most| *most >= 0) else { return Ok(None) };
        Ok(Some(SessionRoom {
            user: user.to_owned(),
            kind: kind.to_owned(),
            tenant: tenant.map(str::to_owned),
            most,
            now_ms: self.clock().now_ms(),
        }))
    }

    /// Writes a new session where there is room for it. `SESSION_LIMIT` where there is none.
    pub async fn write_session(
        &self,
        write: Write,
        room: Option<&SessionRoom>,
        actor: &Actor,
    ) -> Result<Written> {
        self.write_if(write, room.map(|room| room as &dyn Provided), actor, None).await
    }
}
