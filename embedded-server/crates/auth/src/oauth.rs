//! Signing in at another provider (`spec/auth.md` 6): begun here, agreed to there, finished here.
//!
//! What was begun is one row, told by its state and good once; what stands in it lies sealed. Where
//! the end puts a session into a browser, that browser must be the one that began: a cookie says so.

mod openid;
mod person;
mod plain;
mod provider;
mod web;

pub use provider::{ProviderKept, ProviderShown, ProviderVariable, SaidBy};

use crate::link::Page;
use crate::second_factor::Entry;
use crate::sign_in::{instant_ms, session_type};
use crate::token::{fingerprint, random_token};
use crate::{Auth, SignedIn};
use base::{Code, Detail, Error, Result};
use engine::field_is;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier, RequestTokenError};
use openid::{Issuers, OpenId};
use plain::Plain;
use provider::{Kind, Provider};
use query::{Operation, Read};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::sync::OnceLock;
use subtle::ConstantTimeEq;
use web::{Unanswered, Web};

const ROWS: &str = "baasix_Verification";

/// How long somebody has to agree.
const BEGUN_MS: i64 = 10 * 60 * 1_000;

/// Signs of what a client wants back as it sent it.
const STATE_MAX: usize = 1_000;

/// Scopes that are asked for besides the usual ones.
const SCOPES_MAX: usize = 30;

/// What is kept of providers between requests.
#[derive(Default)]
pub(crate) struct Providers {
    issuers: Issuers,
    /// Made when somebody is first asked: most projects ask nobody.
    web: OnceLock<Web>,
}

impl Providers {
    fn web(&self) -> Result<&Web> {
        if let Some(web) = self.web.get() {
            return Ok(web);
        }
        let made = Web::new()?;
        Ok(self.web.get_or_init(|| made))
    }
}

/// What somebody begins with.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// Id of the provider.
    pub provider: String,
    /// The page that is told how it went; none where the callback itself answers.
    pub page: Option<String>,
    /// The page that the provider leads back to instead of the server's own address, which then
    /// brings what it got to the callback.
    pub callback: Option<String>,
    /// Asked for besides the usual ones.
    pub scopes: Vec<String>,
    /// Told the page again as it is.
    pub state: Option<String>,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// The token of an invitation, which a new account is made by.
    pub invite: Option<String>,
    /// Whether the callback puts the session into cookies.
    pub cookies: bool,
    /// The authority that this server was called by, where that is known to be its own.
    pub own: Option<String>,
}

/// What was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where the person agrees.
    pub address: String,
    /// Name of the cookie by which the browser is known again.
    pub cookie: String,
    /// What stands in it.
    pub binding: String,
    /// Whether the provider's own page posts the answer, so that the cookie must travel with
    /// requests of other sites.
    pub posted: bool,
    /// Seconds that it holds.
    pub seconds: u64,
}

/// What an app brings that asked its provider by itself.
#[derive(Clone, Debug, Default)]
pub struct IdTokenEntry {
    /// Id of the provider.
    pub provider: String,
    /// The ID token.
    pub token: String,
    /// What the app asked with; without it the token counts for a few minutes.
    pub nonce: Option<String>,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// What a provider's page brings back.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// Makes a token.
    pub code: Option<String>,
    /// What was begun.
    pub state: Option<String>,
    /// Why not, in a word of the provider.
    pub error: Option<String>,
    /// The same in a sentence.
    pub error_description: Option<String>,
    /// Who answers, where it says so.
    pub issuer: Option<String>,
    /// What Apple tells of a person, and only the first time.
    pub user: Option<String>,
}

/// What was begun and is not finished. It is used up.
#[derive(Debug)]
pub struct Flow {
    provider: String,
    agreed: Agreed,
    page: Option<Page>,
    state: Option<String>,
    kind: Option<String>,
    invite: Option<String>,
    cookies: bool,
    /// Name of the cookie by which the browser is known.
    cookie: String,
}

/// How it went, for a page.
#[derive(Clone, Debug)]
pub enum Outcome<'o> {
    /// Signed in, or asked for more.
    Entered(&'o Entry),
    /// Refused.
    Refused(&'o Error),
}

impl Flow {
    /// Name of the cookie by which the browser was known.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Whether the session goes into the browser's cookies.
    #[must_use]
    pub fn wants_cookies(&self) -> bool {
        self.cookies
    }
}

/// As a row keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    provider: String,
    agreed: Agreed,
    page: Option<String>,
    state: Option<String>,
    kind: Option<String>,
    invite: Option<String>,
    cookies: bool,
    own: Option<String>,
    /// Fingerprint of what the cookie holds.
    binding: String,
}

/// What was agreed with the provider when it began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Agreed {
    verifier: String,
    nonce: String,
    callback: String,
}

/// What a provider is asked with.
pub(crate) struct Asking<'a> {
    callback: &'a str,
    scopes: &'a [String],
    state: &'a str,
    nonce: &'a str,
    verifier: &'a str,
}

impl Asking<'_> {
    fn challenge(&self) -> PkceCodeChallenge {
        let verifier = PkceCodeVerifier::new(self.verifier.to_owned());
        PkceCodeChallenge::from_code_verifier_sha256(&verifier)
    }
}

/// Who somebody is to a provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// What the provider knows them by, for good.
    subject: String,
    email: Option<String>,
    /// Whether the provider has confirmed the address.
    verified: bool,
    first: Option<String>,
    last: Option<String>,
    tokens: Tokens,
}

impl Found {
    /// What is missing, from another answer about the same person.
    fn or(self, other: Self) -> Self {
        let told = self.email.is_some();
        Self {
            email: self.email.or(other.email),
            verified: if told { self.verified } else { other.verified },
            first: self.first.or(other.first),
            last: self.last.or(other.last),
            ..self
        }
    }
}

/// What a provider gave for later.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    access: Option<String>,
    refresh: Option<String>,
    id: Option<String>,
    seconds: Option<u64>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(..)")
    }
}

impl Auth {
    /// Begins to sign somebody in at a provider. `OAUTH_PROVIDER_UNKNOWN` for one that is not set
    /// up, `VALIDATION_ERROR` for a page that is none of the project's.
    pub async fn begin_oauth(&self, ask: Begin) -> Result<Begun> {
        let provider = self.provider(&ask.provider).await?;
        let own = ask.own.as_deref();
        for (name, page) in [("redirect_url", &ask.page), ("callbackURL", &ask.callback)] {
            if let Some(page) = page {
                self.page(Some(page), own).await.map_err(|fault| in_field(&fault, name))?;
            }
        }
        session_type(ask.session_type.as_deref())?;
        if ask.state.as_ref().is_some_and(|state| state.len() > STATE_MAX) {
            let why = format!("at most {STATE_MAX} bytes");
            return Err(Error::new(Code::ValidationError, format!("`state` has {why}"))
                .detail(Detail::field("max", "state", why)));
        }
        if let Some(invite) = &ask.invite {
            self.invitation(invite).await?;
        }
        let callback = match &ask.callback {
            Some(page) => page.clone(),
            None => self.callback(&provider.id, own)?,
        };
        let (state, binding) = (random_token()?, random_token()?);
        let agreed = Agreed { verifier: random_token()?, nonce: random_token()?, callback };
        let address =
            self.address(&provider, &agreed, &state, scopes(&provider, ask.scopes)?).await?;
        let kept = Kept {
            provider: provider.id.clone(),
            agreed,
            page: ask.page,
            state: ask.state,
            kind: ask.session_type,
            invite: ask.invite,
            cookies: ask.cookies,
            own: ask.own,
            binding: fingerprint(&binding),
        };
        self.keep_begun(&kept, &state).await?;
        Ok(Begun {
            address,
            cookie: flow_cookie(&state),
            binding,
            posted: matches!(provider.kind, Kind::OpenId { posts: true, .. }),
            seconds: u64::try_from(BEGUN_MS / 1_000).unwrap_or_default(),
        })
    }

    async fn address(
        &self,
        provider: &Provider,
        agreed: &Agreed,
        state: &str,
        scopes: Vec<String>,
    ) -> Result<String> {
        let asking = Asking {
            callback: &agreed.callback,
            scopes: &scopes,
            state,
            nonce: &agreed.nonce,
            verifier: &agreed.verifier,
        };
        let web = self.0.providers.web()?;
        let now_ms = self.engine().clock().now_ms();
        match provider.kind {
            Kind::OpenId { .. } => {
                let issuers = &self.0.providers.issuers;
                OpenId { provider, issuers, web, now_ms }.address(&asking).await
            }
            Kind::Plain { .. } => Plain { provider, web, now_ms }.address(&asking),
        }
    }

    async fn keep_begun(&self, kept: &Kept, state: &str) -> Result<()> {
        let until = self.engine().clock().now_ms() + BEGUN_MS;
        let payload = serde_json::to_string(kept)
            .map_err(|fault| Error::internal("keep what was begun").caused_by(fault))?;
        let body = json!({
            "identifier": format!("oauth:{}", kept.provider),
            "value": fingerprint(state),
            "payload": payload,
            "expiresAt": base::iso_millis(until),
        });
        let body = body.as_object().cloned().unwrap_or_default();
        let kept = Operation::Create { collection: ROWS.to_owned(), body };
        self.write_as_house(vec![kept], "begin to sign in at a provider").await
    }

    /// What was begun, and is used up by this. `OAUTH_STATE_INVALID` where it was not begun, not by
    /// this browser, or too long ago.
    pub async fn take_oauth(
        &self,
        provider: &str,
        brought: &Brought,
        cookie: impl Fn(&str) -> Option<String>,
    ) -> Result<Flow> {
        let began = brought.state.as_deref().filter(|state| !state.is_empty());
        let began = began.ok_or_else(|| state_invalid("the answer has no `state`"))?;
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(field_is("value", fingerprint(began))),
            limit: Some(1),
            ..Read::default()
        };
        let row = self.engine().find(&read, "what was begun").await?.into_iter().next();
        let row = row.ok_or_else(|| state_invalid("this `state` is not known, or was used"))?;
        let payload = self.engine().unsealed(ROWS, "payload", &row)?;
        let kept = payload.and_then(|payload| serde_json::from_str::<Kept>(&payload).ok());
        let kept = kept.filter(|kept| kept.provider.eq_ignore_ascii_case(provider.trim()));
        let kept = kept.ok_or_else(|| state_invalid("this `state` is not for this provider"))?;
        let ends = row.get("expiresAt").and_then(Json::as_str).and_then(instant_ms);
        if ends.is_none_or(|ends| ends <= self.engine().clock().now_ms()) {
            return Err(state_invalid("this `state` is past its time"));
        }
        // What is answered to whoever asks harms nobody whom it was not begun by.
        if kept.page.is_some() || kept.cookies {
            let print = cookie(&flow_cookie(began)).map(|binding| fingerprint(&binding));
            let same =
                print.is_some_and(|print| print.as_bytes().ct_eq(kept.binding.as_bytes()).into());
            if !same {
                return Err(state_invalid("this `state` was begun in another browser"));
            }
        }
        let used = Operation::Delete {
            collection: ROWS.to_owned(),
            key: row.get("id").cloned().unwrap_or_default(),
            expect: Map::new(),
            force: true,
        };
        let taken = self.write_as_house(vec![used], "go on at a provider").await;
        taken.map_err(|fault| match fault.code() {
            Code::ItemNotFound => state_invalid("this `state` is not known, or was used"),
            _ => fault,
        })?;
        let page = match &kept.page {
            Some(page) => Some(self.page(Some(page), kept.own.as_deref()).await?),
            None => None,
        };
        let Kept { provider, agreed, state, kind, invite, cookies, .. } = kept;
        let cookie = flow_cookie(began);
        Ok(Flow { provider, agreed, page, state, kind, invite, cookies, cookie })
    }

    /// Signs in whom the provider says it is. `OAUTH_DENIED` where it says nobody.
    pub async fn finish_oauth(
        &self,
        flow: &Flow,
        brought: Brought,
        ip: Option<String>,
        user_agent: Option<String>,
    ) -> Result<Entry> {
        let provider = self.provider(&flow.provider).await?;
        if let Some(error) = brought.error.filter(|error| !error.is_empty()) {
            let why = brought.error_description.filter(|why| !why.is_empty()).unwrap_or(error);
            return Err(Error::new(Code::OauthDenied, why));
        }
        if let (Kind::OpenId { issuer, .. }, Some(from)) = (&provider.kind, &brought.issuer)
            && issuer != from
        {
            return Err(denied(&provider, "the answer is another issuer's"));
        }
        let code = brought.code.filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| denied(&provider, "the answer has no `code`"))?;
        let (web, now_ms) = (self.0.providers.web()?, self.engine().clock().now_ms());
        let mut found = match provider.kind {
            Kind::OpenId { .. } => {
                let issuers = &self.0.providers.issuers;
                let openid = OpenId { provider: &provider, issuers, web, now_ms };
                openid.found(&code, &flow.agreed).await?
            }
            Kind::Plain { .. } => {
                let plain = Plain { provider: &provider, web, now_ms };
                plain.found(&code, &flow.agreed).await?
            }
        };
        if let Some(user) = &brought.user {
            // A name and nothing else: it comes from the browser, and nobody signed it.
            found = found.or(named(user));
        }
        let kind = session_type(flow.kind.as_deref())?;
        let whose = person::Whose { provider: &provider, found, invite: flow.invite.as_deref() };
        self.enter_found(whose, flow.page.as_ref(), kind, ip, user_agent).await
    }

    /// Signs in with an ID token that an app got from its provider by itself.
    pub async fn enter_by_id_token(&self, ask: IdTokenEntry) -> Result<Entry> {
        let IdTokenEntry { provider, token, nonce, session_type: kind, ip, user_agent } = ask;
        let kind = session_type(kind.as_deref())?;
        let provider = self.provider(&provider).await?;
        let (web, now_ms) = (self.0.providers.web()?, self.engine().clock().now_ms());
        if matches!(provider.kind, Kind::Plain { .. }) {
            return Err(denied(&provider, "it has no ID tokens"));
        }
        let issuers = &self.0.providers.issuers;
        let openid = OpenId { provider: &provider, issuers, web, now_ms };
        let found = openid.of_token(&token, nonce.as_deref()).await?;
        let whose = person::Whose { provider: &provider, found, invite: None };
        self.enter_found(whose, None, kind, ip, user_agent).await
    }

    /// The address of the page that began, with how it went; none where it is answered here.
    pub fn oauth_page(&self, flow: &Flow, outcome: Outcome<'_>) -> Result<Option<String>> {
        let Some(page) = &flow.page else { return Ok(None) };
        let mut told: Vec<(&str, String)> = Vec::new();
        match outcome {
            Outcome::Entered(Entry::SignedIn(signed_in)) => {
                told.push(("token", self.lasting(signed_in)?));
            }
            Outcome::Entered(Entry::SecondFactor(challenge)) => {
                let asked = if challenge.setup { "requiresTotpSetup" } else { "requiresTotp" };
                told.push((asked, String::from("true")));
                told.push(("challenge", challenge.token.clone()));
            }
            Outcome::Entered(Entry::Unconfirmed(_)) => {
                told.push(("error", Code::EmailNotVerified.as_str().to_owned()));
            }
            Outcome::Refused(fault) => {
                told.push(("error", fault.code().as_str().to_owned()));
                if fault.code() != Code::Internal {
                    told.push(("error_description", fault.message().to_owned()));
                }
            }
        }
        told.extend(flow.state.clone().map(|state| ("state", state)));
        let told: Vec<(&str, &str)> =
            told.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(Some(page.telling(&told)))
    }

    /// Clients keep no refresh token of this way in, so the token lives as long as the session.
    fn lasting(&self, signed_in: &SignedIn) -> Result<String> {
        let now_ms = self.engine().clock().now_ms();
        self.0.keys.lasting(&signed_in.token, signed_in.session_seconds, now_ms)
    }

    /// The address that a provider leads back to.
    pub(crate) fn callback(&self, provider: &str, own: Option<&str>) -> Result<String> {
        let base = match (&self.settings().base_url, own) {
            (Some(base), _) => base.trim_end_matches('/').to_owned(),
            (None, Some(own)) => {
                let here = url::Url::parse(&format!("http://{own}"));
                let plain = here.is_ok_and(|url| crate::link::is_here(&url));
                let scheme = if plain { "http" } else { "https" };
                format!("{scheme}://{own}")
            }
            (None, None) => {
                let told = "this server does not know the address that it is called by";
                return Err(Error::new(Code::Unavailable, told).hint("set `base_url` (`BASE_URL`)"));
            }
        };
        Ok(format!("{base}/auth/callback/{provider}"))
    }
}

/// Name of the cookie of what was begun under this state; several tabs begin beside each other.
fn flow_cookie(state: &str) -> String {
    let print = fingerprint(state);
    format!("plinth_oauth_{}", print.get(..12).unwrap_or_default())
}

/// The usual scopes of a provider and those asked for besides, each once.
fn scopes(provider: &Provider, more: Vec<String>) -> Result<Vec<String>> {
    let of_scope = |sign: char| sign.is_ascii_graphic() && sign != '"' && sign != '\\';
    let sound = |one: &String| !one.is_empty() && one.len() <= 200 && one.chars().all(of_scope);
    if more.len() > SCOPES_MAX || !more.iter().all(sound) {
        let why = format!("at most {SCOPES_MAX} scopes, separated by commas");
        let message = format!("Validation failed: scopes: {why}");
        let detail = Detail::field("type", "scopes", why);
        return Err(Error::new(Code::ValidationError, message).detail(detail));
    }
    let mut all = provider.scopes.clone();
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    Ok(all)
}

/// `{"name":{"firstName":"…","lastName":"…"}}`.
fn named(user: &str) -> Found {
    let told: Json = serde_json::from_str(user).unwrap_or_default();
    let part = |name: &str| {
        let text = told.get("name")?.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.chars().take(100).collect())
    };
    Found { first: part("firstName"), last: part("lastName"), ..Found::default() }
}

/// The refusal of a page, by the name that it was sent under.
fn in_field(fault: &Error, name: &'static str) -> Error {
    let why = fault.detail_list().first().map_or_else(
        || fault.message().to_owned(),
        |detail| detail.message.replace("`link`", &format!("`{name}`")),
    );
    let message = format!("Validation failed: {name}: {why}");
    let refused = Error::new(fault.code(), message).at(name);
    let refused = refused.detail(Detail::field("link", name, why));
    match fault.hint_text() {
        Some(hint) => refused.hint(hint.to_owned()),
        None => refused,
    }
}

fn state_invalid(why: &str) -> Error {
    Error::new(Code::OauthStateInvalid, why).hint("begin to sign in anew")
}

/// The refusal of a provider that does not say who somebody is.
pub(crate) fn denied(provider: &Provider, why: &str) -> Error {
    Error::new(Code::OauthDenied, format!("signing in at {}: {why}", provider.name))
        .hint("begin to sign in anew")
}

/// The refusal where a provider does not answer, or not as it should. The cause is for the log.
pub(crate) fn unreachable(provider: &Provider, fault: &dyn std::error::Error) -> Error {
    tracing::warn!(provider = provider.id, %fault, "a provider does not answer as it should");
    let told = format!("{} does not answer as it should", provider.name);
    Error::new(Code::Unavailable, told).hint("try again later; the log of the server says more")
}

/// What became of a code that was exchanged in vain.
pub(crate) fn refused_code<T>(provider: &Provider, fault: RequestTokenError<Unanswered, T>) -> Error
where
    T: oauth2::ErrorResponse + 'static,
{
    match fault {
        RequestTokenError::Request(fault) => unreachable(provider, &fault),
        // Not what it says: that may hold what was sent.
        RequestTokenError::ServerResponse(_)
        | RequestTokenError::Parse(..)
        | RequestTokenError::Other(_) => denied(provider, "it did not take the code"),
    }
}

#[cfg(test)]
mod tests {
    use super::{flow_cookie, named};

    #[test]
    fn a_name_is_all_that_is_taken_from_the_browser() {
        let found = named(r#"{"name":{"firstName":" Ada ","lastName":""},"email":"x@y.z"}"#);
        assert_eq!((found.first.as_deref(), found.last, found.email), (Some("Ada"), None, None));
        assert_eq!(named("no json").first, None);
    }

    #[test]
    fn each_that_is_begun_has_a_cookie_of_its_own() {
        assert_ne!(flow_cookie("a"), flow_cookie("b"));
        assert!(flow_cookie("a").starts_with("plinth_oauth_"));
    }
}
