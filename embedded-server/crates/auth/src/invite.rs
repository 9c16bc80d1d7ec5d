//! Invitations: into a tenant, or into a project without tenants (`spec/auth.md` 9).

use crate::audit::{Event, facts};
use crate::identity::profile;
use crate::link::Page;
use crate::mailed::{Letter, confirms, in_words, name_of};
use crate::second_factor::Entry;
use crate::sign_in::{instant_ms, session_type};
use crate::token::{fingerprint, hex_token};
use crate::{Auth, Presented};
use base::{Code, Detail, Error, Result};
use engine::field_is;
use query::{Filter, Operation, Read};
use serde_json::{Map, Value as Json, json};

const ROWS: &str = "baasix_Invite";
const PENDING: &str = "pending";
const SEVEN_DAYS_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Invitations of one address to one tenant that are looked through: each new one ends those whose
/// time is over.
const LOOKED_UP: i64 = 50;

/// Whom somebody invites, and to what.
#[derive(Clone, Debug, Default)]
pub struct Invitation {
    /// The address of whom it is for.
    pub email: String,
    /// Key of the role that it gives.
    pub role: String,
    /// Key of the tenant; the inviter's own unless given. None where there are no tenants.
    pub tenant: Option<String>,
    /// The page that the mail leads to.
    pub link: Option<String>,
}

/// An invitation that was sent.
#[derive(Clone, Debug)]
pub struct Invited {
    /// Its key.
    pub id: String,
    /// Whom it is for.
    pub email: String,
    /// When it ends, as a wire instant.
    pub expires_at: String,
}

/// What an invitation is, to whoever holds its token.
#[derive(Clone, Debug)]
pub struct InviteShown {
    /// Whom it is for.
    pub email: String,
    /// Whether that address has an account already.
    pub user_exists: bool,
    /// Key and name of the tenant.
    pub tenant: Option<(String, String)>,
    /// Key and name of the role.
    pub role: (String, String),
    /// Where to go on, of the page that was named.
    pub accept_url: Option<String>,
}

/// How an invitation is accepted.
#[derive(Clone, Debug, Default)]
pub struct Acceptance {
    /// The token of its mail.
    pub token: String,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// An invitation that holds.
pub(crate) struct Living {
    key: Json,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) tenant: Option<String>,
    invited_by: Option<String>,
}

impl Living {
    /// What marks it accepted. Of two who accept at once one is too late: [`late`].
    pub(crate) fn accepted(&self, by: &str, now: &str) -> Operation {
        let body = json!({ "status": "accepted", "acceptedBy_Id": by, "acceptedAt": now });
        update(&self.key, body, PENDING)
    }
}

impl Auth {
    /// Invites somebody: keeps the invitation and queues its mail, both or neither. Whoever invites is
    /// an administrator, or of a role that says it may (`canInviteRoleIds`), into its own tenant.
    ///
    /// `MULTI_TENANT_DISABLED` where there are no tenants: there administrators invite into the
    /// project, by [`Self::invite_into_project`].
    pub async fn invite(
        &self,
        presented: &Presented,
        ask: Invitation,
        own: Option<&str>,
    ) -> Result<Invited> {
        self.must_have_tenants()?;
        let actor = &presented.actor;
        let asked = ask.tenant.as_deref().map(str::trim).filter(|tenant| !tenant.is_empty());
        let tenant = asked.or(actor.tenant.as_deref()).map(str::to_lowercase);
        let tenant = tenant.ok_or_else(|| {
            let why = "a tenant to invite to is required";
            Error::new(Code::TenantRequired, why).at("tenant_Id").detail(Detail::field(
                Code::RequiredFieldMissing.as_str(),
                "tenant_Id",
                why,
            ))
        })?;
        let page = self.page(ask.link.as_deref(), own).await?;
        self.may_invite_to(presented, &ask.role)?;
        if !actor.is_administrator() && actor.tenant.as_deref() != Some(tenant.as_str()) {
            return Err(Error::new(Code::Forbidden, "you may invite into your own tenant only")
                .at("tenant_Id"));
        }
        self.send_invitation(presented, ask, Some(tenant), &page).await
    }

    /// The same in a project without tenants, for administrators. `EMAIL_TAKEN` for somebody who has an
    /// account: its role is changed there.
    pub async fn invite_into_project(
        &self,
        presented: &Presented,
        ask: Invitation,
        own: Option<&str>,
    ) -> Result<Invited> {
        if self.has_tenants() {
            return self.invite(presented, ask, own).await;
        }
        let page = self.page(ask.link.as_deref(), own).await?;
        if !presented.actor.is_administrator() {
            return Err(Error::new(Code::Forbidden, "Access denied. Administrators only."));
        }
        if self.user_by_email(&ask.email.trim().to_lowercase()).await?.is_some() {
            return Err(Error::new(Code::EmailTaken, "this address has an account already")
                .at("email")
                .hint("give that account another role instead"));
        }
        self.send_invitation(presented, ask, None, &page).await
    }

    fn may_invite_to(&self, presented: &Presented, role: &str) -> Result<()> {
        if presented.actor.is_administrator() {
            return Ok(());
        }
        let state = self.engine().state();
        let own = presented.actor.role.as_ref().and_then(|id| state.roles.get(id));
        let listed = own.and_then(|own| own.record.get("canInviteRoleIds")?.as_array());
        let listed = listed.into_iter().flatten().any(|one| one.as_str() == Some(role));
        let above = state.role_named("administrator").is_some_and(|one| one.id == role);
        // Whatever a list says: nobody makes somebody an administrator who is none. And a token that
        // was made for less does not invite.
        if listed && !above && presented.actor.scopes.is_none() {
            return Ok(());
        }
        Err(Error::new(Code::Forbidden, "You don't have permission to invite to this role")
            .at("role_Id")
            .hint("an administrator lists the role in `canInviteRoleIds` of yours"))
    }

    async fn send_invitation(
        &self,
        presented: &Presented,
        ask: Invitation,
        tenant: Option<String>,
        page: &Page,
    ) -> Result<Invited> {
        let email = crate::mailed::address(&ask.email)?;
        if !self.engine().state().roles.contains_key(&ask.role) {
            return Err(missing("role_Id", "there is no such role"));
        }
        if let Some(tenant) = &tenant
            && self.tenant(tenant).await?.is_none()
        {
            return Err(missing("tenant_Id", "there is no such tenant"));
        }
        if !page.is_for(|whose| tenant.as_deref() == Some(whose)) {
            return Err(crate::link::elsewhere());
        }
        let _one_at_a_time = self.0.inviting.lock().await;
        let now_ms = self.engine().clock().now_ms();
        let mut operations = Vec::new();
        for row in self.pending(&email, tenant.as_deref()).await? {
            if ends_ms(&row) > now_ms {
                let told = "this address has an invitation that is not answered yet";
                return Err(Error::new(Code::InviteExists, told)
                    .at("email")
                    .hint("send it again, or take it back first"));
            }
            let key = row.get("id").cloned().unwrap_or_default();
            operations.push(update(&key, json!({ "status": "expired" }), PENDING));
        }
        let (id, token) = (base::uuid_v4()?, hex_token()?);
        let expires_at = base::iso_millis(now_ms + SEVEN_DAYS_MS);
        let inviter = presented.actor.user().unwrap_or_default();
        let body = json!({
            "id": id,
            "email": email,
            "role_Id": ask.role,
            "tenant_Id": tenant,
            "token": fingerprint(&token),
            "status": PENDING,
            "expiresAt": expires_at,
            "invitedBy_Id": inviter,
        });
        let body = body.as_object().cloned().unwrap_or_default();
        operations.push(Operation::Create { collection: ROWS.to_owned(), body });
        let letter = self.letter_of(presented, &email, tenant.as_deref(), page, &token).await?;
        operations.push(self.0.post.operation(&letter).await?);
        let event = Event::of("invited", inviter, presented);
        let facts = facts([("email", json!(email)), ("role", json!(ask.role))]);
        operations.push(event.with(facts).row());
        self.write_as_house(operations, "invite somebody").await?;
        self.0.post.wake();
        Ok(Invited { id, email, expires_at })
    }

    async fn letter_of(
        &self,
        presented: &Presented,
        email: &str,
        tenant: Option<&str>,
        page: &Page,
        token: &str,
    ) -> Result<Letter> {
        let exists = self.user_by_email(email).await?.is_some();
        let name = match tenant {
            Some(tenant) => {
                let row = self.tenant(tenant).await?;
                row.and_then(|row| row.get("name").and_then(Json::as_str).map(str::to_owned))
            }
            None => {
                let settings = self.engine().settings(None).await?;
                settings.get("project_name").and_then(Json::as_str).map(str::to_owned)
            }
        };
        let mut link = page.with("/accept-invite", token);
        if exists {
            link.push_str("&existing=true");
        }
        let inviter = presented.profile.as_deref().map_or("", |profile| name_of(&profile.user));
        let until = self.engine().clock().now_ms() + SEVEN_DAYS_MS;
        let variables = json!({
            "inviterName": inviter,
            "tenant": name,
            "inviteLink": link,
            "expirationDate": in_words(until),
            "existingUser": exists,
        });
        Ok(Letter {
            to: email.to_owned(),
            kind: if exists { "inviteExistingUser" } else { "inviteNewUser" },
            tenant: tenant.map(str::to_owned),
            variables: variables.as_object().cloned().unwrap_or_default(),
        })
    }

    /// Sends an invitation again, with another token and as much time as a new one: the mail of
    /// before leads nowhere any more.
    pub async fn invite_again(
        &self,
        presented: &Presented,
        id: &str,
        link: Option<&str>,
        own: Option<&str>,
    ) -> Result<Invited> {
        let page = self.page(link, own).await?;
        let row = self.own_invitation(presented, id).await?;
        let email = text(&row, "email").unwrap_or_default();
        let (token, tenant) = (hex_token()?, text(&row, "tenant_Id"));
        if !page.is_for(|whose| tenant.as_deref() == Some(whose)) {
            return Err(crate::link::elsewhere());
        }
        let now_ms = self.engine().clock().now_ms();
        let expires_at = base::iso_millis(now_ms + SEVEN_DAYS_MS);
        let body = json!({ "token": fingerprint(&token), "expiresAt": expires_at });
        let letter = self.letter_of(presented, &email, tenant.as_deref(), &page, &token).await?;
        let key = row.get("id").cloned().unwrap_or_default();
        let operations = vec![update(&key, body, PENDING), self.0.post.operation(&letter).await?];
        self.write_as_house(operations, "invite somebody again").await.map_err(late)?;
        self.0.post.wake();
        Ok(Invited { id: id.to_owned(), email, expires_at })
    }

    /// Takes an invitation back that nobody has accepted.
    pub async fn revoke_invitation(&self, presented: &Presented, id: &str) -> Result<()> {
        let row = self.own_invitation(presented, id).await?;
        let key = row.get("id").cloned().unwrap_or_default();
        let inviter = presented.actor.user().unwrap_or_default();
        let event = Event::of("invitation taken back", inviter, presented);
        let facts = facts([("email", json!(text(&row, "email")))]);
        let operations =
            vec![update(&key, json!({ "status": "revoked" }), PENDING), event.with(facts).row()];
        self.write_as_house(operations, "take an invitation back").await.map_err(late)
    }

    /// A pending invitation that this caller may send: administrators any, others their own tenant's
    /// to roles that they may invite to. Any other is as good as none.
    async fn own_invitation(&self, presented: &Presented, id: &str) -> Result<Map<String, Json>> {
        let none = || Error::new(Code::NotFound, "there is no such invitation that is pending");
        let read = Read { collection: ROWS.to_owned(), key: Some(json!(id)), ..Read::default() };
        let rows = match self.engine().find(&read, "an invitation").await {
            Err(fault) if matches!(fault.code(), Code::ItemNotFound | Code::InvalidId) => {
                return Err(none());
            }
            rows => rows?,
        };
        let row = rows.into_iter().next().ok_or_else(none)?;
        let actor = &presented.actor;
        let role = text(&row, "role_Id").unwrap_or_default();
        let is_own = actor.is_administrator()
            || (actor.tenant.is_some()
                && actor.tenant == text(&row, "tenant_Id")
                && self.may_invite_to(presented, &role).is_ok());
        if !is_own || text(&row, "status").as_deref() != Some(PENDING) {
            return Err(none());
        }
        Ok(row)
    }

    /// What an invitation is. `INVITE_INVALID` for one that is unknown, answered or past its time.
    pub async fn show_invitation(
        &self,
        token: &str,
        link: Option<&str>,
        own: Option<&str>,
    ) -> Result<InviteShown> {
        let living = self.invitation(token).await?;
        let user_exists = self.user_by_email(&living.email).await?.is_some();
        let accept_url = match link.filter(|link| !link.is_empty()) {
            Some(link) => {
                let page = self.page(Some(link), own).await?;
                if !page.is_for(|whose| living.tenant.as_deref() == Some(whose)) {
                    return Err(crate::link::elsewhere());
                }
                let email = (!user_exists).then_some(living.email.as_str());
                Some(page.below(if user_exists { "login" } else { "register" }, token, email))
            }
            None => None,
        };
        let tenant = match &living.tenant {
            Some(key) => {
                let row = self.tenant(key).await?.ok_or_else(invalid)?;
                Some((key.clone(), text(&row, "name").unwrap_or_default()))
            }
            None => None,
        };
        let state = self.engine().state();
        let role = state.roles.get(&living.role).ok_or_else(invalid)?;
        let role = (role.id.clone(), role.name.clone());
        Ok(InviteShown { email: living.email, user_exists, tenant, role, accept_url })
    }

    /// Accepts an invitation for the signed-in user and goes on into its tenant.
    /// `INVITE_EMAIL_MISMATCH` where it is somebody else's.
    pub async fn accept_invitation(&self, presented: &Presented, ask: Acceptance) -> Result<Entry> {
        let Some(known) = &presented.profile else {
            return Err(Error::new(Code::Unauthenticated, "sign in first"));
        };
        let kind = session_type(ask.session_type.as_deref())?;
        let living = self.invitation(&ask.token).await?;
        let user = self.user_with_roles(field_is("id", known.user_id.as_str())).await?;
        let user = user.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))?;
        if text(&user, "email").as_deref() != Some(living.email.as_str()) {
            return Err(Error::new(
                Code::InviteEmailMismatch,
                "this invitation is for another address than yours",
            )
            .hint("sign in with the account that it was sent to"));
        }
        let now = base::iso_millis(self.engine().clock().now_ms());
        let mut operations = vec![living.accepted(&known.user_id, &now)];
        let has_role = |row: &Json| {
            row["role_Id"].as_str() == Some(living.role.as_str())
                && row["tenant_Id"].as_str() == living.tenant.as_deref()
        };
        let roles = user.get("userRoles").and_then(Json::as_array);
        if !roles.is_some_and(|roles| roles.iter().any(has_role)) {
            let body = json!({
                "user_Id": known.user_id,
                "role_Id": living.role,
                "tenant_Id": living.tenant,
            });
            let body = body.as_object().cloned().unwrap_or_default();
            let collection = String::from("baasix_UserRole");
            operations.push(Operation::Create { collection, body });
        }
        operations.extend(confirms(&user));
        let event = Event::of("invitation accepted", &known.user_id, presented);
        let facts = facts([("by", json!(living.invited_by)), ("tenant", json!(living.tenant))]);
        operations.push(event.with(facts).row());
        self.write_as_house(operations, "accept an invitation").await.map_err(late)?;
        let user = self.user_with_roles(field_is("id", known.user_id.as_str())).await?;
        let user = user.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))?;
        let state = self.state_with_roles_of(&user).await?;
        let tenant = living.tenant.filter(|_| self.has_tenants());
        let profile = profile(user, tenant.as_deref(), None, None, &state);
        let profile = profile.ok_or_else(crate::tenant::tenant_denied)?;
        self.go_on(profile, kind, tenant, ask.ip, ask.user_agent).await
    }

    /// The invitation of a token. `INVITE_INVALID` for one that is unknown, answered or past its time.
    pub(crate) async fn invitation(&self, token: &str) -> Result<Living> {
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(field_is("token", fingerprint(token))),
            limit: Some(1),
            ..Read::default()
        };
        let rows = self.engine().find(&read, "an invitation").await?;
        let row = rows.into_iter().next().ok_or_else(invalid)?;
        let holds = text(&row, "status").as_deref() == Some(PENDING)
            && ends_ms(&row) > self.engine().clock().now_ms();
        if !holds {
            return Err(invalid());
        }
        Ok(Living {
            key: row.get("id").cloned().unwrap_or_default(),
            email: text(&row, "email").unwrap_or_default(),
            role: text(&row, "role_Id").unwrap_or_default(),
            tenant: text(&row, "tenant_Id"),
            invited_by: text(&row, "invitedBy_Id"),
        })
    }

    /// The invitations of an address into a tenant, or into the project, that were not answered.
    async fn pending(&self, email: &str, tenant: Option<&str>) -> Result<Vec<Map<String, Json>>> {
        let place = match tenant {
            Some(tenant) => field_is("tenant_Id", tenant),
            None => engine::field_test("tenant_Id", "isNull", json!(true)),
        };
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(Filter::All(vec![
                field_is("email", email),
                field_is("status", PENDING),
                place,
            ])),
            limit: Some(LOOKED_UP),
            ..Read::default()
        };
        self.engine().find(&read, "invitations that are pending").await
    }
}

/// The refusal of who came second.
pub(crate) fn late(fault: Error) -> Error {
    if matches!(fault.code(), Code::Conflict | Code::ItemNotFound) { invalid() } else { fault }
}

fn update(key: &Json, body: Json, expected: &str) -> Operation {
    Operation::Update {
        collection: ROWS.to_owned(),
        key: key.clone(),
        body: body.as_object().cloned().unwrap_or_default(),
        expect: Map::from_iter([(String::from("status"), json!(expected))]),
    }
}

fn ends_ms(row: &Map<String, Json>) -> i64 {
    text(row, "expiresAt").as_deref().and_then(instant_ms).unwrap_or_default()
}

fn text(row: &Map<String, Json>, key: &str) -> Option<String> {
    row.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn invalid() -> Error {
    Error::new(Code::InviteInvalid, "Invalid or expired invitation")
        .hint("ask whoever invited you to send it again")
}

fn missing(field: &'static str, why: &str) -> Error {
    Error::new(Code::ValidationError, format!("Validation failed: {field}: {why}"))
        .at(field)
        .detail(Detail::field("missing", field, why))
}
