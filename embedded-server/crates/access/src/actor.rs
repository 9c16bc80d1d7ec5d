//! Who asks.

use crate::{Policies, Scopes, Tenancy};
use query::Words;
use std::sync::Arc;

/// Who asks, with everything the guard needs to know.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who it is.
    pub identity: Identity,
    /// Key of the active role in `baasix_Role`; `None` for the system.
    pub role: Option<String>,
    /// Name of the active role (`public` without a user).
    pub role_name: String,
    /// The tenant of the request.
    pub tenant: Option<String>,
    /// Which tenant's records it may touch.
    pub tenancy: Tenancy,
    /// The active role's policies.
    pub policies: Arc<Policies>,
    /// The ceiling of an API token that has one; `policies` are within it already.
    pub scopes: Option<Arc<Scopes>>,
    /// Whether it is looked through somebody else's eyes: what writes is refused, whatever the policies
    /// say.
    pub read_only: bool,
    /// Address of the peer, for records.
    pub ip: Option<String>,
}

/// Who it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// Nobody signed in.
    Anonymous,
    /// The user with this key in `baasix_User`.
    User(String),
    /// The house itself, with the reason.
    System(&'static str),
}

/// Name of the role that may do everything.
const ADMINISTRATOR: &str = "administrator";

impl Actor {
    /// The house itself.
    #[must_use]
    pub fn system(reason: &'static str) -> Self {
        Self {
            identity: Identity::System(reason),
            role: None,
            role_name: String::from("system"),
            tenant: None,
            tenancy: Tenancy::default(),
            policies: Arc::new(Policies::default()),
            scopes: None,
            read_only: false,
            ip: None,
        }
    }

    /// Whether no policy binds: administrators and the house itself. Hidden fields stay hidden
    /// from administrators all the same.
    #[must_use]
    pub fn unbound(&self) -> bool {
        self.is_administrator() || matches!(self.identity, Identity::System(_))
    }

    /// Whether neither a policy nor a tenant binds.
    #[must_use]
    pub fn free(&self) -> bool {
        self.unbound() && !self.tenancy.holds()
    }

    /// Whether a user with the administrator role asks. With a token of scopes nobody does: it
    /// opens records and never the project.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.scopes.is_none() && self.has_administrators_role()
    }

    /// Whether the active role is the administrators', whatever the token leaves of it.
    #[must_use]
    pub fn has_administrators_role(&self) -> bool {
        self.role_name == ADMINISTRATOR && matches!(self.identity, Identity::User(_))
    }

    /// Key of the signed-in user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        match &self.identity {
            Identity::User(id) => Some(id),
            Identity::Anonymous | Identity::System(_) => None,
        }
    }

    /// What dynamic variables stand for when this actor asks at `now_ms`.
    #[must_use]
    pub fn words(&self, now_ms: i64) -> Words {
        Words {
            now_ms,
            user: self.user().map(str::to_owned),
            role: self.role.clone(),
            tenant: self.tenant.clone(),
        }
    }
}
