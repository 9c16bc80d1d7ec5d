//! The second factor: asked of whoever has one, by every way in; set up, proven, taken away.

use crate::audit::Event;
use crate::mailed::is_verified;
use crate::sign_in::{attempt_keys, instant_ms};
use crate::token::ChallengeClaims;
use crate::{Auth, Presented, Profile, SignedIn, identity, totp};
use access::Actor;
use base::{Code, Error, Result};
use engine::field_is;
use query::{Operation, Read, Write};
use serde_json::{Map, Value as Json, json};

const COLLECTION: &str = "baasix_Totp";

/// How long the first factor counts until the second is shown.
const CHALLENGE_MS: i64 = 5 * 60 * 1_000;

/// What a way in leads to.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A session.
    SignedIn(Box<SignedIn>),
    /// The question for the second factor.
    SecondFactor(Challenge),
    /// An account that is made and waits until its address is confirmed.
    Unconfirmed(Box<SignedIn>),
}

/// That the first factor was shown. It opens nothing by itself.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// To be sent along with the second factor.
    pub token: String,
    /// Whether the second factor must be set up first, because the role demands one.
    pub setup: bool,
    /// Seconds that it holds.
    pub expires_in: u64,
}

/// What a second factor is shown by.
#[derive(Clone, Debug)]
pub enum Proof {
    /// The code that an app shows.
    Code(String),
    /// One of the recovery codes.
    Recovery(String),
}

/// What an app is set up with. Told once.
#[derive(Clone, Debug)]
pub struct TotpBegun {
    /// The secret, in base 32.
    pub secret: String,
    /// The same as an address.
    pub address: String,
    /// Squares of a side of the QR code.
    pub side: u32,
    /// The dark squares of the QR code, as the path of an SVG of that side.
    pub path: String,
}

/// How it stands with somebody's second factor.
#[derive(Clone, Debug)]
pub struct TotpState {
    /// Since when it is asked for, a wire instant; none while it is not.
    pub since: Option<String>,
    /// Recovery codes that are left.
    pub recovery_codes: usize,
    /// Whether the role demands one.
    pub demanded: bool,
}

/// Who sets a second factor up on the way in.
struct Owner {
    claims: ChallengeClaims,
    email: String,
}

impl Auth {
    /// The end of every way in: opens a session, or asks for the second factor.
    pub(crate) async fn enter(
        &self,
        profile: Profile,
        kind: String,
        tenant: Option<String>,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<Entry> {
        if self.settings().verified_only && !is_verified(&profile.user) {
            return Err(Error::new(
                Code::EmailNotVerified,
                "the address of this account is not confirmed",
            )
            .hint("follow the link in the mail; `POST /auth/email/verify` sends another"));
        }
        let on = self.totp_row(&profile.user_id).await?.as_ref().is_some_and(is_on);
        if !on && !self.demands(&profile.role_id) {
            let opened = self.open_session(profile, kind, tenant, ip, user_agent).await?;
            return Ok(Entry::SignedIn(Box::new(opened)));
        }
        let until = self.engine().clock().now_ms() + CHALLENGE_MS;
        let user = profile.user_id.as_str();
        let token = self.0.keys.challenge(user, &kind, tenant.as_deref(), !on, until)?;
        let expires_in = u64::try_from(CHALLENGE_MS / 1_000).unwrap_or_default();
        Ok(Entry::SecondFactor(Challenge { token, setup: !on, expires_in }))
    }

    /// From one session to another of the same person, who showed the factor for the first. Asked for
    /// is only what the role of the second demands and nobody has set up.
    pub(crate) async fn go_on(
        &self,
        profile: Profile,
        kind: String,
        tenant: Option<String>,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<Entry> {
        let demanded = self.demands(&profile.role_id);
        if demanded && !self.totp_row(&profile.user_id).await?.as_ref().is_some_and(is_on) {
            return self.enter(profile, kind, tenant, ip, user_agent).await;
        }
        let opened = self.open_session(profile, kind, tenant, ip, user_agent).await?;
        Ok(Entry::SignedIn(Box::new(opened)))
    }

    /// Goes on with a way in, with the second factor. `TOTP_INVALID` for a wrong or used one, with a
    /// growing wait; `TOKEN_INVALID` for a challenge that does not hold.
    pub async fn answer_challenge(
        &self,
        challenge: &str,
        proof: &Proof,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<SignedIn> {
        let claims = self.challenge(challenge, false)?;
        self.prove(&claims.id, proof, ip.as_deref()).await?;
        self.let_in(claims, ip, user_agent).await
    }

    /// How it stands with one's own second factor.
    pub async fn totp_state(&self, presented: &Presented) -> Result<TotpState> {
        let profile = in_person(presented)?;
        let row = self.totp_row(&profile.user_id).await?.filter(is_on);
        let codes = row.as_ref().map_or_else(Vec::new, recovery_codes);
        let since = row.and_then(|row| text(&row, "confirmedAt"));
        let demanded = self.demands(&profile.role_id);
        Ok(TotpState { since, recovery_codes: codes.len(), demanded })
    }

    /// Begins the set-up of one's own second factor: nothing is asked for until it is confirmed. An
    /// account with a password must show it. `CONFLICT` where one is set up already.
    pub async fn begin_totp(
        &self,
        presented: &Presented,
        password: Option<&str>,
    ) -> Result<TotpBegun> {
        let profile = in_person(presented)?;
        self.must_know_password(presented, profile, password).await?;
        let email = profile.user.get("email").and_then(Json::as_str).unwrap_or_default();
        self.begin(&profile.user_id, email).await
    }

    /// The same on the way in, where the role demands one.
    pub async fn begin_demanded_totp(&self, challenge: &str) -> Result<TotpBegun> {
        let owner = self.owner_of(challenge).await?;
        self.begin(&owner.claims.id, &owner.email).await
    }

    /// Ends the set-up with a first code, and tells the recovery codes, this once.
    pub async fn confirm_totp(&self, presented: &Presented, code: &str) -> Result<Vec<String>> {
        let profile = in_person(presented)?;
        self.confirm(&profile.user_id, code, presented.actor.ip.as_deref()).await
    }

    /// The same on the way in, which it opens.
    pub async fn confirm_demanded_totp(
        &self,
        challenge: &str,
        code: &str,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<(Vec<String>, SignedIn)> {
        let owner = self.owner_of(challenge).await?;
        let codes = self.confirm(&owner.claims.id, code, ip.as_deref()).await?;
        Ok((codes, self.let_in(owner.claims, ip, user_agent).await?))
    }

    /// New recovery codes instead of those that are left.
    pub async fn renew_recovery_codes(
        &self,
        presented: &Presented,
        code: &str,
    ) -> Result<Vec<String>> {
        let profile = in_person(presented)?;
        let proof = Proof::Code(code.to_owned());
        let key = self.prove(&profile.user_id, &proof, presented.actor.ip.as_deref()).await?;
        let codes = totp::new_recovery_codes()?;
        let body = json!({ "recoveryCodes": prints(&codes) });
        let change = update(COLLECTION, &key, body, Json::Null);
        let event = Event::of("recovery codes renewed", &profile.user_id, presented);
        self.write_totp(vec![change, event.row()], "renew recovery codes").await?;
        Ok(codes)
    }

    /// Takes one's own second factor away, with the password (of an account that has one) and the
    /// factor itself. Where the role demands one every session of the account ends, so that none
    /// goes on without.
    pub async fn end_totp(
        &self,
        presented: &Presented,
        password: Option<&str>,
        proof: &Proof,
    ) -> Result<()> {
        let profile = in_person(presented)?;
        self.must_know_password(presented, profile, password).await?;
        self.prove(&profile.user_id, proof, presented.actor.ip.as_deref()).await?;
        let event = Event::of("second factor off", &profile.user_id, presented);
        self.forget_totp(&profile.user_id, &event).await?;
        if self.demands(&profile.role_id) {
            self.end_other_sessions(presented).await?;
            self.sign_out(presented).await?;
        }
        Ok(())
    }

    /// Takes somebody's second factor away who lost it (administrators). Nothing to take is fine.
    pub async fn reset_totp(&self, presented: &Presented, user: &str) -> Result<()> {
        in_person(presented)?;
        if !presented.actor.is_administrator() {
            return Err(Error::new(Code::Forbidden, "Access denied. Administrators only."));
        }
        self.forget_totp(user, &Event::of("second factor reset", user, presented)).await
    }

    /// Whether a role demands a second factor.
    fn demands(&self, role: &str) -> bool {
        let state = self.engine().state();
        let said = state.roles.get(role).and_then(|role| role.record.get("enforceTotp"));
        said.and_then(Json::as_bool) == Some(true)
    }

    fn challenge(&self, token: &str, setup: bool) -> Result<ChallengeClaims> {
        let claims = self.0.keys.read_challenge(token, self.engine().clock().now_ms());
        claims.filter(|claims| claims.setup == setup).ok_or_else(challenge_invalid)
    }

    /// Opens the session that a challenge was given for, if its user may still sign in.
    async fn let_in(
        &self,
        claims: ChallengeClaims,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<SignedIn> {
        let ChallengeClaims { id, kind, tenant, .. } = claims;
        let user = self.user_with_roles(field_is("id", id.as_str())).await?;
        let user = user.ok_or_else(challenge_invalid)?;
        let state = self.state_with_roles_of(&user).await?;
        let profile = identity::profile(user, tenant.as_deref(), None, None, &state);
        let profile = profile.ok_or_else(challenge_invalid)?;
        self.open_session(profile, kind, tenant, ip, user_agent).await
    }

    async fn owner_of(&self, challenge: &str) -> Result<Owner> {
        let claims = self.challenge(challenge, true)?;
        let user = self.user_with_roles(field_is("id", claims.id.as_str())).await?;
        let user = user.ok_or_else(challenge_invalid)?;
        let email = text(&user, "email").unwrap_or_default();
        let state = self.state_with_roles_of(&user).await?;
        if identity::profile(user, claims.tenant.as_deref(), None, None, &state).is_none() {
            return Err(challenge_invalid());
        }
        Ok(Owner { claims, email })
    }

    async fn must_know_password(
        &self,
        presented: &Presented,
        profile: &Profile,
        password: Option<&str>,
    ) -> Result<()> {
        if self.password_hash(&profile.user).await?.is_none() {
            return Ok(());
        }
        let given = password.unwrap_or_default();
        if self.knows_password(profile, given, presented.actor.ip.as_deref()).await? {
            return Ok(());
        }
        Err(Error::new(Code::CurrentPasswordInvalid, "the current password is wrong")
            .at("password"))
    }

    async fn begin(&self, user: &str, email: &str) -> Result<TotpBegun> {
        let secret = totp::new_secret()?;
        let fresh = json!({ "secret": secret, "lastStep": null, "recoveryCodes": null });
        let change = match self.totp_row(user).await? {
            Some(row) if is_on(&row) => return Err(is_on_already()),
            Some(row) => {
                let key = text(&row, "id").unwrap_or_default();
                update(COLLECTION, &key, fresh, json!({ "confirmedAt": null }))
            }
            None => {
                let mut body = object(fresh);
                body.insert(String::from("user_Id"), Json::from(user));
                Operation::Create { collection: COLLECTION.to_owned(), body }
            }
        };
        match self.write_totp(vec![change], "set up a second factor").await {
            Err(fault) if matches!(fault.code(), Code::UniqueViolation | Code::Conflict) => {
                return Err(Error::new(
                    Code::Conflict,
                    "a second factor is being set up for this account at the same time",
                )
                .hint("begin again"));
            }
            outcome => outcome?,
        }
        let settings = self.engine().settings(None).await?;
        let issuer = settings.get("project_name").and_then(Json::as_str).unwrap_or("Plinth");
        let address = totp::address(&secret, issuer, email)?;
        let (side, path) = totp::picture(&address)?;
        Ok(TotpBegun { secret, address, side, path })
    }

    async fn confirm(&self, user: &str, code: &str, ip: Option<&str>) -> Result<Vec<String>> {
        let row = self.totp_row(user).await?;
        let row = row.ok_or_else(|| {
            Error::new(Code::Conflict, "no second factor is being set up")
                .hint("`POST /auth/totp/setup` begins")
        })?;
        if is_on(&row) {
            return Err(is_on_already());
        }
        let step = self.judged_step(user, &row, code, ip)?;
        let codes = totp::new_recovery_codes()?;
        let now = base::iso_millis(self.engine().clock().now_ms());
        let body = json!({ "confirmedAt": now, "lastStep": step, "recoveryCodes": prints(&codes) });
        let key = text(&row, "id").unwrap_or_default();
        let changes = vec![
            update(COLLECTION, &key, body, json!({ "confirmedAt": null })),
            update("baasix_User", user, json!({ "totpEnabled": true }), Json::Null),
            own("second factor on", user, ip).row(),
        ];
        self.write_totp(changes, "confirm a second factor").await.map_err(late)?;
        Ok(codes)
    }

    /// Judges a second factor and uses it up. The key of its record.
    async fn prove(&self, user: &str, proof: &Proof, ip: Option<&str>) -> Result<String> {
        let Some(row) = self.totp_row(user).await?.filter(is_on) else {
            return Err(Error::new(Code::TotpInvalid, "this account has no second factor"));
        };
        let key = text(&row, "id").unwrap_or_default();
        let change = match proof {
            Proof::Code(code) => {
                let step = self.judged_step(user, &row, code, ip)?;
                let expect = json!({ "lastStep": row.get("lastStep").cloned() });
                update(COLLECTION, &key, json!({ "lastStep": step }), expect)
            }
            Proof::Recovery(code) => {
                let (held, print) = (recovery_codes(&row), totp::recovery_print(code));
                let right = held.contains(&print);
                self.counted(user, right, ip)?;
                let left: Vec<&String> = held.iter().filter(|one| **one != print).collect();
                let expect = json!({ "recoveryCodes": held });
                update(COLLECTION, &key, json!({ "recoveryCodes": left }), expect)
            }
        };
        let mut changes = vec![change];
        if matches!(proof, Proof::Recovery(_)) {
            changes.push(own("recovery code used", user, ip).row());
        }
        // Of two who use the same one at once, one is too late.
        self.write_totp(changes, "use a second factor").await.map_err(late)?;
        Ok(key)
    }

    fn judged_step(
        &self,
        user: &str,
        row: &Map<String, Json>,
        code: &str,
        ip: Option<&str>,
    ) -> Result<i64> {
        let secret = self.engine().unsealed(COLLECTION, "secret", row)?.unwrap_or_default();
        let after = row.get("lastStep").and_then(number);
        let now_ms = self.engine().clock().now_ms();
        let step = totp::step_of(&secret, code, after, now_ms)?;
        self.counted(user, step.is_some(), ip)?;
        step.ok_or_else(wrong_code)
    }

    /// Counts a right or wrong second factor. A wrong one, and any while a wait runs, is refused.
    fn counted(&self, user: &str, right: bool, ip: Option<&str>) -> Result<()> {
        let keys = attempt_keys(&format!("totp {user}"), ip);
        let now_ms = self.engine().clock().now_ms();
        self.0.attempts.check(&keys, now_ms)?;
        if right {
            self.0.attempts.succeeded(&keys);
            return Ok(());
        }
        self.0.attempts.failed(&keys, now_ms);
        self.refused(&Event { by: None, ..own("second factor refused", user, ip) });
        Err(wrong_code())
    }

    async fn forget_totp(&self, user: &str, event: &Event<'_>) -> Result<()> {
        let mut changes = Vec::new();
        if let Some(row) = self.totp_row(user).await? {
            changes.push(Operation::Delete {
                collection: COLLECTION.to_owned(),
                key: row.get("id").cloned().unwrap_or_default(),
                expect: Map::new(),
                force: true,
            });
        }
        changes.push(update("baasix_User", user, json!({ "totpEnabled": false }), Json::Null));
        changes.push(event.row());
        self.write_totp(changes, "take a second factor away").await
    }

    async fn totp_row(&self, user: &str) -> Result<Option<Map<String, Json>>> {
        let read = Read {
            collection: COLLECTION.to_owned(),
            fields: vec![String::from("*")],
            filter: Some(field_is("user_Id", user)),
            limit: Some(1),
            ..Read::default()
        };
        Ok(self.engine().find(&read, "look for a second factor").await?.into_iter().next())
    }

    async fn write_totp(&self, operations: Vec<Operation>, reason: &'static str) -> Result<()> {
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system(reason), None).await.map(drop)
    }
}

fn in_person(presented: &Presented) -> Result<&Profile> {
    let profile = presented.profile.as_deref().filter(|profile| profile.api_token.is_none());
    profile.ok_or_else(|| Error::new(Code::Unauthenticated, "sign in first"))
}

/// What somebody does to its own account, there where it is not signed in yet.
fn own<'e>(action: &'static str, user: &'e str, ip: Option<&'e str>) -> Event<'e> {
    Event { action, user, by: Some(user), tenant: None, ip, facts: Json::Null }
}

fn is_on(row: &Map<String, Json>) -> bool {
    text(row, "confirmedAt").as_deref().and_then(instant_ms).is_some()
}

fn text(row: &Map<String, Json>, key: &str) -> Option<String> {
    row.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn number(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.parse().ok())
}

/// The recovery codes that are left, as they are stored.
fn recovery_codes(row: &Map<String, Json>) -> Vec<String> {
    let list = row.get("recoveryCodes").and_then(Json::as_array);
    list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn prints(codes: &[String]) -> Vec<String> {
    codes.iter().map(|code| totp::recovery_print(code)).collect()
}

fn update(collection: &str, key: &str, body: Json, expect: Json) -> Operation {
    Operation::Update {
        collection: collection.to_owned(),
        key: Json::from(key),
        body: object(body),
        expect: object(expect),
    }
}

fn object(json: Json) -> Map<String, Json> {
    match json {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Map::new()
        }
    }
}

fn wrong_code() -> Error {
    Error::new(Code::TotpInvalid, "this code is wrong or was used").hint("take the next one")
}

/// The refusal of who used the same factor at the same moment, and came second.
fn late(fault: Error) -> Error {
    if fault.code() == Code::Conflict { wrong_code() } else { fault }
}

fn is_on_already() -> Error {
    Error::new(Code::Conflict, "this account has a second factor already")
        .hint("`POST /auth/totp/disable` takes it away")
}

fn challenge_invalid() -> Error {
    Error::new(Code::TokenInvalid, "this challenge is unknown or past its time")
        .hint("sign in again")
}
