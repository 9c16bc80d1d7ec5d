//! Ways in and changes that go through somebody's mailbox: links and codes that sign in, new
//! passwords, confirmed addresses (`spec/auth.md` 5).
//!
//! Whoever asks for such a mail is answered before anybody looks whether there is an account: the
//! looking, the secret and the mail come afterwards, one after another from a bounded queue. So
//! neither the answer nor its time tells who has an account.

use crate::audit::Event;
use crate::link::Page;
use crate::one_time::{Issued, Proven, Purpose, late, token_invalid};
use crate::second_factor::Entry;
use crate::sign_in::session_type;
use crate::{Auth, Presented, identity};
use base::{Code, Detail, Error, Result};
use engine::field_is;
use query::Operation;
use serde_json::{Map, Value as Json, json};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Notify, mpsc};

/// Errands that wait at once; a mailbox's owner can ask again.
const ERRANDS_MAX: usize = 512;

/// A mail of a type of the house, to be made of its template.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The address of whom it is for.
    pub to: String,
    /// Its type (`engine::TEMPLATES`).
    pub kind: &'static str,
    /// The tenant that it is sent from.
    pub tenant: Option<String>,
    /// What its type is told.
    pub variables: Map<String, Json>,
}

/// A write that is on its way.
pub type Making<'a> = Pin<Box<dyn Future<Output = Result<Operation>> + Send + 'a>>;

/// Who brings mails: a neighbour, so whoever assembles the house joins the two.
pub trait Post: Send + Sync {
    /// The operation that queues a letter, to stand in one write with what the letter is about.
    fn operation<'a>(&'a self, letter: &'a Letter) -> Making<'a>;

    /// Says that something was queued.
    fn wake(&self);
}

/// How one signs in through a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MagicMode {
    /// By a link.
    Link,
    /// By a code that is typed.
    Code,
}

/// What is brought back from a mailbox.
#[derive(Clone, Debug, Default)]
pub struct MagicEntry {
    /// The token of a link, or a code.
    pub token: String,
    /// The address that a code was sent to.
    pub email: Option<String>,
    /// `default`, `mobile` or `web`.
    pub session_type: Option<String>,
    /// Address of the peer.
    pub ip: Option<String>,
    /// The peer's own description.
    pub user_agent: Option<String>,
}

/// Whose address was confirmed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// Key of the account.
    pub user: String,
    /// The address.
    pub email: String,
}

/// A mail that somebody asks for, before anybody has looked whether there is an account.
#[derive(Debug)]
pub struct Errand {
    purpose: Purpose,
    email: String,
    page: Option<Page>,
}

impl Errand {
    /// The address that it is for, in small letters.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.email
    }
}

/// Errands that wait, and who does them.
pub(crate) struct Errands {
    asked: mpsc::Sender<Errand>,
    waiting: Mutex<Option<mpsc::Receiver<Errand>>>,
    /// Said once the server takes no more requests.
    last: Notify,
}

impl Default for Errands {
    fn default() -> Self {
        let (asked, waiting) = mpsc::channel(ERRANDS_MAX);
        Self { asked, waiting: Mutex::new(Some(waiting)), last: Notify::new() }
    }
}

impl Auth {
    /// Does the errands that were asked for, one after another, until [`Auth::end_errands`] and those
    /// that wait then are done. Returns at once where somebody does already.
    pub async fn run_errands(self) {
        let waiting = self.0.errands.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut waiting) = waiting else { return };
        let last = self.0.errands.last.notified();
        tokio::pin!(last);
        loop {
            let errand = tokio::select! {
                errand = waiting.recv() => errand,
                () = &mut last, if !waiting.is_closed() => {
                    waiting.close();
                    continue;
                }
            };
            let Some(errand) = errand else { return };
            let purpose = errand.purpose;
            if let Err(fault) = self.do_errand(errand).await {
                tracing::warn!(?purpose, %fault, "a mail that was asked for was not made");
            }
        }
    }

    /// Says that no more will be asked for: whoever was told that a mail is on its way shall get it.
    pub fn end_errands(&self) {
        self.0.errands.last.notify_one();
    }

    /// A link or a code that signs in. `link` is the page that the mail leads to; a code needs none.
    pub async fn magic_mail(
        &self,
        email: &str,
        mode: MagicMode,
        link: Option<&str>,
        own: Option<&str>,
    ) -> Result<Errand> {
        let email = address(email)?;
        let (purpose, page) = match mode {
            MagicMode::Link => (Purpose::Link, Some(self.page(link, own).await?)),
            MagicMode::Code => (Purpose::Code, None),
        };
        Ok(Errand { purpose, email, page })
    }

    /// A link that sets a new password.
    pub async fn reset_mail(
        &self,
        email: &str,
        link: Option<&str>,
        own: Option<&str>,
    ) -> Result<Errand> {
        let (email, page) = (address(email)?, Some(self.page(link, own).await?));
        Ok(Errand { purpose: Purpose::Reset, email, page })
    }

    /// A link that confirms an address: that of who is signed in, else any.
    pub async fn verification_mail(
        &self,
        presented: &Presented,
        email: Option<&str>,
        link: Option<&str>,
        own: Option<&str>,
    ) -> Result<Errand> {
        let signed_in =
            presented.profile.as_deref().and_then(|one| one.user.get("email")?.as_str());
        let email = match (signed_in, email) {
            (Some(own), _) => own.to_owned(),
            (None, Some(email)) => email.to_owned(),
            (None, None) => return Err(Error::new(Code::Unauthenticated, "sign in first")),
        };
        let (email, page) = (address(&email)?, Some(self.page(link, own).await?));
        Ok(Errand { purpose: Purpose::Verify, email, page })
    }

    /// Sends a mail, in its own time, if there is such an account that may sign in; one that confirms
    /// an address if that is not confirmed. `UNAVAILABLE` where too many wait.
    pub fn ask(&self, errand: Errand) -> Result<()> {
        self.0.errands.asked.try_send(errand).map_err(|_| {
            Error::new(Code::Unavailable, "too many mails were asked for at once")
                .hint("try again in a few seconds")
        })
    }

    async fn do_errand(&self, errand: Errand) -> Result<()> {
        let Errand { purpose, email, page } = errand;
        let Some(user) = self.user_by_email(&email).await? else { return Ok(()) };
        let is_active = user.get("status").and_then(Json::as_str) == Some("active");
        let leads = |page: &Page| page.is_for(|tenant| identity::belongs_to(&user, tenant));
        if !is_active
            || (purpose == Purpose::Verify && is_verified(&user))
            || !page.as_ref().is_none_or(leads)
        {
            return Ok(());
        }
        let id = user.get("id").and_then(Json::as_str).unwrap_or_default();
        let issued = self.issue(purpose, id, &email).await?;
        let tenant = identity::first_tenant(&user).filter(|_| self.has_tenants());
        let letter = letter(purpose, &email, name_of(&user), page.as_ref(), &issued, tenant);
        let mut operations = issued.operations;
        operations.push(self.0.post.operation(&letter).await?);
        self.write_as_house(operations, "queue a mail that was asked for").await?;
        self.0.post.wake();
        Ok(())
    }

    /// The letter that asks a new account whether its address is its own, and what keeps its secret.
    pub(crate) async fn first_verification(
        &self,
        user: &str,
        email: &str,
        name: &str,
        page: &Page,
        tenant: Option<String>,
    ) -> Result<Vec<Operation>> {
        let issued = self.issue(Purpose::Verify, user, email).await?;
        let letter = letter(Purpose::Verify, email, name, Some(page), &issued, tenant);
        let mut operations = issued.operations;
        operations.push(self.0.post.operation(&letter).await?);
        Ok(operations)
    }

    /// The letter that welcomes a new account, where there is an application to sign in to.
    pub(crate) async fn welcome(
        &self,
        email: &str,
        name: &str,
        tenant: Option<&str>,
    ) -> Result<Option<Operation>> {
        let settings = self.engine().settings(tenant).await?;
        let home = settings.get("app_url").and_then(Json::as_str).filter(|url| !url.is_empty());
        let Some(home) = home else { return Ok(None) };
        let variables = json!({ "name": name, "email": email, "loginUrl": home });
        let letter = Letter {
            to: email.to_owned(),
            kind: "welcome",
            tenant: tenant.map(str::to_owned),
            variables: variables.as_object().cloned().unwrap_or_default(),
        };
        self.0.post.operation(&letter).await.map(Some)
    }

    /// Signs in with what a mail brought, which also proves the address. `TOKEN_INVALID` for what is
    /// unknown, used or past its time.
    pub async fn enter_by_mail(&self, ask: MagicEntry) -> Result<Entry> {
        let MagicEntry { token, email, session_type: kind, ip, user_agent } = ask;
        let kind = session_type(kind.as_deref())?;
        let proven = if is_token(&token) {
            self.proven(Purpose::Link, &token).await?
        } else {
            self.proven_code(&token, email.as_deref(), ip.as_deref()).await?
        };
        let mut user = self.user_of(&proven).await?;
        let operations = [Some(proven.used()), confirms(&user)].into_iter().flatten().collect();
        self.write_as_house(operations, "sign in by a mail").await.map_err(late)?;
        user.insert(String::from("emailVerified"), Json::Bool(true));
        let tenant = identity::first_tenant(&user).filter(|_| self.has_tenants());
        let state = self.state_with_roles_of(&user).await?;
        let profile = identity::profile(user, tenant.as_deref(), None, None, &state);
        let profile = profile.ok_or_else(|| {
            Error::new(Code::Forbidden, "this account has no role")
                .hint("an administrator assigns one")
        })?;
        self.enter(profile, kind, tenant, ip, user_agent).await
    }

    /// Sets a new password with the link of a mail and ends every session. A password that may not
    /// be leaves the link as it is.
    pub async fn reset_password(&self, token: &str, new: &str, ip: Option<&str>) -> Result<()> {
        crate::password::check_policy(new)?;
        let proven = self.proven(Purpose::Reset, token).await?;
        let user = self.user_of(&proven).await?;
        let mut body = Map::from_iter([(String::from("password"), json!(new))]);
        if !is_verified(&user) {
            body.insert(String::from("emailVerified"), Json::Bool(true));
        }
        let event = own("password reset by mail", &proven.user, ip);
        let operations = vec![
            proven.used(),
            Operation::Update {
                collection: String::from("baasix_User"),
                key: json!(proven.user),
                body,
                expect: Map::new(),
            },
            event.row(),
        ];
        self.write_as_house(operations, "set a new password").await.map_err(late)
    }

    /// Confirms the address that a mail was sent to.
    pub async fn confirm_address(&self, token: &str, ip: Option<&str>) -> Result<Confirmed> {
        let proven = self.proven(Purpose::Verify, token).await?;
        let user = self.user_of(&proven).await?;
        let event = own("address confirmed", &proven.user, ip);
        let mut operations = vec![proven.used(), event.row()];
        if let Some(confirms) = confirms(&user) {
            operations.push(confirms);
            if self.settings().verified_only {
                let tenant = identity::first_tenant(&user).filter(|_| self.has_tenants());
                let welcome =
                    self.welcome(&proven.email, name_of(&user), tenant.as_deref()).await?;
                operations.extend(welcome);
            }
        }
        self.write_as_house(operations, "confirm an address").await.map_err(late)?;
        self.0.post.wake();
        let Proven { user, email, .. } = proven;
        Ok(Confirmed { user, email })
    }

    /// The account that a mail was for, if it still has that address and may sign in.
    async fn user_of(&self, proven: &Proven) -> Result<Map<String, Json>> {
        let user = self.user_with_roles(field_is("id", proven.user.as_str())).await?;
        let same = |user: &Map<String, Json>| {
            user.get("email").and_then(Json::as_str) == Some(proven.email.as_str())
        };
        let user = user.filter(same).ok_or_else(token_invalid)?;
        match user.get("status").and_then(Json::as_str) {
            Some("active") => Ok(user),
            status => {
                let told = format!("Account is {}", status.unwrap_or("inactive"));
                Err(Error::new(Code::AccountInactive, told))
            }
        }
    }
}

/// Whether the address of an account is known to be its own.
pub(crate) fn is_verified(user: &Map<String, Json>) -> bool {
    user.get("emailVerified").and_then(Json::as_bool) == Some(true)
}

/// Marks the address of an account as its own, where it is not yet.
pub(crate) fn confirms(user: &Map<String, Json>) -> Option<Operation> {
    let key = user.get("id").filter(|_| !is_verified(user))?;
    Some(Operation::Update {
        collection: String::from("baasix_User"),
        key: key.clone(),
        body: Map::from_iter([(String::from("emailVerified"), Json::Bool(true))]),
        expect: Map::new(),
    })
}

/// What the holder of a mail does to its own account.
fn own<'e>(action: &'static str, user: &'e str, ip: Option<&'e str>) -> Event<'e> {
    Event { action, user, by: Some(user), tenant: None, ip, facts: Json::Null }
}

pub(crate) fn name_of(user: &Map<String, Json>) -> &str {
    user.get("firstName").and_then(Json::as_str).unwrap_or_default()
}

/// Whether it is the token of a link; else it is a code.
fn is_token(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// An address as accounts have it.
pub(crate) fn address(text: &str) -> Result<String> {
    let email = text.trim().to_lowercase();
    if crate::looks_like_address(&email) {
        return Ok(email);
    }
    let why = "Invalid email format";
    Err(Error::new(Code::ValidationError, format!("Validation failed: email: {why}"))
        .at("email")
        .detail(Detail::field("isEmail", "email", why)))
}

fn letter(
    purpose: Purpose,
    to: &str,
    name: &str,
    page: Option<&Page>,
    issued: &Issued,
    tenant: Option<String>,
) -> Letter {
    let secret = issued.secret.as_str();
    let at = |path: &str| page.map(|page| page.with(&format!("{path}/{secret}"), secret));
    let (kind, name_of_it, value) = match purpose {
        Purpose::Link => ("magicLinkUrl", "magicLinkUrl", at("/auth/magiclink")),
        Purpose::Code => ("magicLinkCode", "code", Some(secret.to_owned())),
        Purpose::Reset => ("passwordReset", "resetUrl", at("/auth/reset-password")),
        Purpose::Verify => ("emailVerification", "verifyUrl", at("/auth/verify-email")),
    };
    let mut variables = Map::new();
    variables.insert(String::from("name"), json!(name));
    variables.insert(name_of_it.to_owned(), json!(value));
    variables.insert(String::from("expiresAt"), json!(in_words(issued.until_ms)));
    Letter { to: to.to_owned(), kind, tenant, variables }
}

/// A moment for people: `1 January 2030, 12:00 UTC`.
pub(crate) fn in_words(ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    moment.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
#[path = "mailed_tests.rs"]
mod timed;

#[cfg(test)]
mod tests {
    use super::{in_words, is_token};

    #[test]
    fn a_moment_is_told_in_words() {
        assert_eq!(in_words(1_893_499_260_000), "1 January 2030, 12:01 UTC");
    }

    #[test]
    fn a_code_is_no_token() {
        assert!(is_token(&"0123456789abcdef".repeat(4)));
        assert!(!is_token("ABCD2345") && !is_token(&"g".repeat(64)));
    }
}
