//! Floor 6: who is asking. Passwords, tokens, sessions, sign-in and registration.
//!
//! May import: floors 0 to 5. Never imports its neighbours. Invariants: a password or token is
//! stored only as a hash and never logged; unknown account and wrong password are the same answer
//! in the same time; the role of a request is read from the store, never from the token.

mod api_token;
mod as_if;
mod attempts;
mod audit;
mod hook;
mod identity;
mod invite;
mod link;
mod mailed;
mod oauth;
mod one_time;
mod password;
mod persona;
mod presence;
mod refresh;
mod registration;
mod second_factor;
mod session;
mod sign_in;
mod tenant;
mod token;
mod totp;

pub use api_token::{API_TOKENS_MAX, ApiToken, NewApiToken};
pub use as_if::Eyes;
pub use hook::looks_like_address;
pub use identity::{KnownToken, Presented, Profile};
pub use invite::{Acceptance, Invitation, InviteShown, Invited};
pub use mailed::{Confirmed, Errand, Letter, MagicEntry, MagicMode, Making, Post};
pub use oauth::{
    Begin, Begun, Brought, Flow, IdTokenEntry, Outcome, ProviderKept, ProviderShown,
    ProviderVariable, SaidBy,
};
pub use persona::Persona;
pub use registration::Registration;
pub use second_factor::{Challenge, Entry, Proof, TotpBegun, TotpState};
pub use session::{OpenSession, SESSIONS_MAX};
pub use sign_in::{SignIn, SignedIn};
pub use tenant::{Membership, Switch};

use attempts::Attempts;
use base::Result;
use engine::{BeforeWrite, Engine};
use hook::UserHook;
use identity::Cache;
use mailed::Errands;
use presence::Presence;
use std::sync::Arc;
use token::Keys;

/// How identities are kept. Read once from the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Signs access tokens and derives refresh tokens; at least 32 bytes.
    pub secret: Vec<u8>,
    /// Lifetime of an access token, in seconds.
    pub access_seconds: u64,
    /// Lifetime of a session that is not refreshed, in seconds.
    pub session_seconds: u64,
    /// Whether anybody may register.
    pub public_registration: bool,
    /// Name of the role of a registered user.
    pub default_role: String,
    /// Names of the roles that a registration may ask for.
    pub allowed_roles: Vec<String>,
    /// Token of this launch of the desktop: acts as the project's owner.
    pub launch_token: Option<String>,
    /// Where records belong to tenants: the collections that do not. `None` without tenants.
    pub tenants: Option<Vec<String>>,
    /// Whether only who has confirmed its address may sign in.
    pub verified_only: bool,
    /// Addresses of applications that mails may lead to, besides those of the settings.
    pub app_urls: Vec<String>,
    /// Whether mails may lead to pages of this machine, as while an application is being built.
    pub local_pages: bool,
    /// The address that this server is called by from outside.
    pub base_url: Option<String>,
    /// Ways of signing in that are allowed, `local` being that by a password; all where none is named.
    pub services: Option<Vec<String>>,
    /// Variables of the environment that set providers up.
    pub variables: std::collections::BTreeMap<String, String>,
}

/// Identities of one project. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    engine: Engine,
    settings: Settings,
    keys: Keys,
    hashing: password::Hashing,
    attempts: Attempts,
    cache: Cache,
    presence: Presence,
    refusals: audit::Refusals,
    post: Arc<dyn Post>,
    errands: Errands,
    providers: oauth::Providers,
    /// Whether there is an invitation already and making it are one step in this process.
    inviting: tokio::sync::Mutex<()>,
    /// When API tokens were used last.
    uses: Presence,
    setup: std::sync::Mutex<Option<String>>,
    /// Collections that belong to no tenant.
    tenant_free: Arc<std::collections::BTreeSet<String>>,
}

impl Auth {
    /// Identities over this engine. Whoever assembles the house puts [`Auth::hook`] into the list
    /// of the engine's hooks.
    pub fn new(engine: Engine, settings: Settings, post: Arc<dyn Post>) -> Result<Self> {
        let keys = Keys::new(&settings.secret, settings.access_seconds);
        let hashing = password::Hashing::new()?;
        let tenant_free = Arc::new(settings.tenants.iter().flatten().cloned().collect());
        Ok(Self(Arc::new(Inner {
            tenant_free,
            engine,
            settings,
            keys,
            hashing,
            attempts: Attempts::default(),
            cache: Cache::default(),
            presence: Presence::default(),
            refusals: audit::Refusals::default(),
            post,
            errands: Errands::default(),
            providers: oauth::Providers::default(),
            inviting: tokio::sync::Mutex::default(),
            uses: Presence::default(),
            setup: std::sync::Mutex::new(None),
        })))
    }

    /// What keeps passwords out of records and privilege from being self-made.
    #[must_use]
    pub fn hook(&self) -> Box<dyn BeforeWrite> {
        Box::new(UserHook::new(self.0.hashing.clone()))
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Whether records belong to tenants here.
    #[must_use]
    pub fn has_tenants(&self) -> bool {
        self.settings().tenants.is_some()
    }

    /// Whether the environment says what a variable is, whatever the project keeps.
    #[must_use]
    pub fn is_said_outside(&self, variable: &str) -> bool {
        self.settings().variables.get(variable).is_some_and(|said| !said.trim().is_empty())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
