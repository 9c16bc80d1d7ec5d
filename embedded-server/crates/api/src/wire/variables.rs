//! Variables of the project, and the providers that they set up.

use serde::Serialize;

/// What becomes of a variable; what is left out stays.
#[derive(Debug)]
#[cfg_attr(test, derive(ts_rs::TS), ts(rename_all = "camelCase", optional_fields))]
pub(crate) struct VariableBody {
    /// Its value; a new one needs it.
    pub(crate) value: Option<String>,
    /// Whether its value is told to nobody; a new one is a secret unless it is said.
    pub(crate) is_secret: Option<bool>,
    /// What it is for.
    #[cfg_attr(test, ts(optional, type = "string | null"))]
    pub(crate) description: Option<Option<String>>,
}

/// A variable.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ProjectVariable {
    /// As the environment would have it.
    pub(crate) name: String,
    /// `null` where it is a secret.
    pub(crate) value: Option<String>,
    /// Whether its value is told to nobody.
    pub(crate) is_secret: bool,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// When it was written last, ISO 8601 in UTC.
    pub(crate) updated_at: Option<String>,
    /// Whether the environment of the server says otherwise, which counts.
    pub(crate) overridden: bool,
}

impl ProjectVariable {
    pub(crate) fn new(variable: engine::Variable, overridden: bool) -> Self {
        let engine::Variable { name, value, is_secret, description, updated_at } = variable;
        Self { name, value, is_secret, description, updated_at, overridden }
    }
}

/// A provider as its keepers see it, set up or not.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct KeptProvider {
    /// Stands in addresses.
    pub(crate) id: String,
    /// For people.
    pub(crate) name: String,
    /// Whether it is one that the project lists in `OPENID_PROVIDERS`.
    pub(crate) listed: bool,
    /// Whether one can sign in at it.
    pub(crate) works: bool,
    /// Why not, where it is set up in part.
    pub(crate) fault: Option<String>,
    /// Where it leads back to, to be told to the provider.
    pub(crate) callback: Option<String>,
    /// What sets it up.
    pub(crate) variables: Vec<KeptVariable>,
}

/// A variable that sets a provider up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct KeptVariable {
    /// Its name.
    pub(crate) name: String,
    /// Whether its value is a secret.
    pub(crate) secret: bool,
    /// Whether nothing works without it.
    pub(crate) required: bool,
    /// `environment`, `project`, or `null` where nobody says it.
    #[cfg_attr(test, ts(type = "'environment' | 'project' | null"))]
    pub(crate) said_by: Option<&'static str>,
}

impl From<auth::ProviderKept> for KeptProvider {
    fn from(kept: auth::ProviderKept) -> Self {
        let auth::ProviderKept { id, name, listed, works, fault, callback, variables } = kept;
        let variables = variables.into_iter().map(|one| KeptVariable {
            name: one.name,
            secret: one.secret,
            required: one.required,
            said_by: one.said_by.map(|by| match by {
                auth::SaidBy::Environment => "environment",
                auth::SaidBy::Project => "project",
            }),
        });
        let variables = variables.collect();
        Self { id, name, listed, works, fault, callback, variables }
    }
}
