//! Who people are signed in by: known providers, and any that speaks OpenID, set up by variables of
//! the environment or of the project.

use crate::Auth;
use crate::link::is_here;
use base::{Code, Error, Result};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt;
use url::Url;

/// Names the providers that speak OpenID, besides those that are known.
const LISTED: &str = "OPENID_PROVIDERS";

/// What a secret that Apple takes is good for; one is made for each use.
const APPLE_SECONDS: i64 = 300;

/// How one asks a provider who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By OpenID, found at its issuer.
    OpenId {
        /// The issuer, as its documents call it.
        issuer: String,
        /// Whether the answer comes as a form that the provider's page posts.
        posts: bool,
    },
    /// By `OAuth` 2 and a call of its own.
    Plain {
        /// Whose reply it is.
        shape: Shape,
        /// Where people agree.
        authorize: Url,
        /// Where a code becomes a token.
        token: Url,
        /// Where the token's bearer is told.
        user: Url,
    },
}

/// How a provider that does not speak OpenID tells who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    GitHub,
    Facebook,
}

/// What a provider knows this project by, besides its id.
#[derive(Clone)]
pub(crate) enum Secret {
    /// A text that both know.
    Text(String),
    /// A key that signs one for each use.
    Apple { team: String, key: String, pem: String },
    /// None: the proof key alone.
    None,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// A provider that is set up.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) id: String,
    pub(crate) name: String,
    /// What the provider calls this project; the first one is asked with, tokens for any count.
    pub(crate) clients: Vec<String>,
    pub(crate) secret: Secret,
    pub(crate) kind: Kind,
    pub(crate) scopes: Vec<String>,
}

/// A provider as whoever signs in is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderShown {
    /// Stands in addresses.
    pub id: String,
    /// For people.
    pub name: String,
}

/// A provider as its keepers see it, set up or not.
#[derive(Clone, Debug)]
pub struct ProviderKept {
    /// Stands in addresses.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whether it is one of those that the project lists, which speak OpenID.
    pub listed: bool,
    /// Whether one can sign in at it.
    pub works: bool,
    /// Why not, where it is set up in part.
    pub fault: Option<String>,
    /// Where it leads back to, to be told to the provider.
    pub callback: Option<String>,
    /// What sets it up.
    pub variables: Vec<ProviderVariable>,
}

/// A variable that sets a provider up.
#[derive(Clone, Debug)]
pub struct ProviderVariable {
    /// Its name.
    pub name: String,
    /// Whether its value is a secret.
    pub secret: bool,
    /// Whether nothing works without it.
    pub required: bool,
    /// Who says it.
    pub said_by: Option<SaidBy>,
}

/// Who says what a variable is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidBy {
    /// The environment, or the file of the configuration.
    Environment,
    /// The project.
    Project,
}

struct Known {
    id: &'static str,
    name: &'static str,
    scopes: &'static [&'static str],
    speaks: Speaks,
}

enum Speaks {
    OpenId(&'static str),
    Apple(&'static str),
    Plain(Shape, [&'static str; 3]),
}

const KNOWN: [Known; 4] = [
    Known {
        id: "google",
        name: "Google",
        scopes: &["openid", "email", "profile"],
        speaks: Speaks::OpenId("https://accounts.google.com"),
    },
    Known {
        id: "github",
        name: "GitHub",
        scopes: &["read:user", "user:email"],
        speaks: Speaks::Plain(
            Shape::GitHub,
            [
                "https://github.com/login/oauth/authorize",
                "https://github.com/login/oauth/access_token",
                "https://api.github.com/user",
            ],
        ),
    },
    Known {
        id: "apple",
        name: "Apple",
        scopes: &["name", "email"],
        speaks: Speaks::Apple("https://appleid.apple.com"),
    },
    Known {
        id: "facebook",
        name: "Facebook",
        scopes: &["email", "public_profile"],
        speaks: Speaks::Plain(
            Shape::Facebook,
            [
                "https://www.facebook.com/v23.0/dialog/oauth",
                "https://graph.facebook.com/v23.0/oauth/access_token",
                "https://graph.facebook.com/v23.0/me",
            ],
        ),
    },
];

/// What the variables say, the environment before the project.
struct Said<'v> {
    environment: &'v BTreeMap<String, String>,
    project: &'v BTreeMap<String, String>,
    /// Whether providers of this machine may be asked without https, as while one is building.
    local: bool,
}

impl Said<'_> {
    fn of(&self, name: &str) -> Option<&str> {
        let said = [self.environment.get(name), self.project.get(name)];
        said.into_iter().flatten().map(|said| said.trim()).find(|said| !said.is_empty())
    }

    fn about(&self, id: &str, what: &str) -> Option<&str> {
        self.of(&variable(id, what))
    }

    fn said_by(&self, name: &str) -> Option<SaidBy> {
        let says = |variables: &BTreeMap<String, String>| {
            variables.get(name).is_some_and(|said| !said.trim().is_empty())
        };
        let by_project = || says(self.project).then_some(SaidBy::Project);
        if says(self.environment) { Some(SaidBy::Environment) } else { by_project() }
    }

    /// What sets a provider up, in the order that one is asked for it.
    fn variables(&self, id: &str) -> Vec<ProviderVariable> {
        let parts: &[(&str, bool, bool)] = match KNOWN.iter().find(|known| known.id == id) {
            None => &[
                ("ISSUER", false, true),
                ("CLIENT_ID", false, true),
                ("CLIENT_SECRET", true, false),
                ("LABEL", false, false),
            ],
            Some(Known { speaks: Speaks::Apple(_), .. }) => &[
                ("CLIENT_ID", false, true),
                ("TEAM_ID", false, true),
                ("KEY_ID", false, true),
                ("PRIVATE_KEY", true, true),
            ],
            Some(_) => &[("CLIENT_ID", false, true), ("CLIENT_SECRET", true, true)],
        };
        let made = parts.iter().map(|(what, secret, required)| {
            let name = variable(id, what);
            let said_by = self.said_by(&name);
            ProviderVariable { name, secret: *secret, required: *required, said_by }
        });
        made.collect()
    }

    fn list(&self, name: &str) -> Vec<String> {
        let words = self.of(name).unwrap_or_default().split(',').map(str::trim);
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    /// The address of a provider's own. Tokens and secrets travel there.
    fn address(&self, id: &str, what: &str, otherwise: &str) -> Result<Url> {
        let text = self.about(id, what).unwrap_or(otherwise);
        sound(text, self.local).ok_or_else(|| {
            misled(id, &variable(id, what), "the https address of a provider, without a user")
        })
    }

    fn provider(&self, id: &str) -> Result<Option<Provider>> {
        let clients = self.list(&variable(id, "CLIENT_ID"));
        if clients.is_empty() {
            return Ok(None);
        }
        let known = KNOWN.iter().find(|known| known.id == id);
        let listed = || self.list(LISTED).iter().any(|one| one.eq_ignore_ascii_case(id));
        if known.is_none() && !listed() {
            return Ok(None);
        }
        let text = || self.about(id, "CLIENT_SECRET").map(|secret| Secret::Text(secret.to_owned()));
        let openid = |issuer: &str, posts| -> Result<Kind> {
            let given = self.about(id, "ISSUER").unwrap_or(issuer);
            self.address(id, "ISSUER", issuer)?;
            Ok(Kind::OpenId { issuer: given.to_owned(), posts })
        };
        let mut secret = text().unwrap_or(Secret::None);
        let kind = match known.map(|known| &known.speaks) {
            Some(Speaks::OpenId(issuer)) => openid(issuer, false)?,
            Some(Speaks::Apple(issuer)) => {
                let part = |what| self.about(id, what).map(str::to_owned);
                let parts = (part("TEAM_ID"), part("KEY_ID"), part("PRIVATE_KEY"));
                if let (Some(team), Some(key), Some(pem)) = parts {
                    secret = Secret::Apple { team, key, pem: pem.replace("\\n", "\n") };
                }
                openid(issuer, true)?
            }
            Some(Speaks::Plain(shape, [authorize, token, user])) => Kind::Plain {
                shape: *shape,
                authorize: self.address(id, "AUTHORIZE_URL", authorize)?,
                token: self.address(id, "TOKEN_URL", token)?,
                user: self.address(id, "USER_URL", user)?,
            },
            None => openid("", false)?,
        };
        let scopes = self.about(id, "SCOPES").map(|scopes| {
            scopes.split([',', ' ']).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        });
        let otherwise = || {
            let usual = known.map_or(&["openid", "email", "profile"][..], |known| known.scopes);
            usual.iter().map(|scope| (*scope).to_owned()).collect()
        };
        let name = self.about(id, "LABEL").or(known.map(|known| known.name)).unwrap_or(id);
        Ok(Some(Provider {
            id: id.to_owned(),
            name: name.to_owned(),
            clients,
            secret,
            kind,
            scopes: scopes.unwrap_or_else(otherwise),
        }))
    }
}

impl Provider {
    /// The id that this project asks with.
    pub(crate) fn client(&self) -> &str {
        self.clients.first().map_or("", String::as_str)
    }

    /// The secret for one exchange.
    pub(crate) fn secret(&self, now_ms: i64) -> Result<Option<String>> {
        let (team, key, pem) = match &self.secret {
            Secret::None => return Ok(None),
            Secret::Text(secret) => return Ok(Some(secret.clone())),
            Secret::Apple { team, key, pem } => (team, key, pem),
        };
        let Kind::OpenId { issuer, .. } = &self.kind else {
            return Err(Error::internal("a signed secret is for an issuer"));
        };
        let signs = jsonwebtoken::EncodingKey::from_ec_pem(pem.as_bytes()).map_err(|_| {
            misled(&self.id, &variable(&self.id, "PRIVATE_KEY"), "a private key in PEM (ES256)")
        })?;
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256);
        header.kid = Some(key.clone());
        let now = now_ms / 1_000;
        let claims = json!({
            "iss": team,
            "iat": now,
            "exp": now + APPLE_SECONDS,
            "aud": issuer,
            "sub": self.client(),
        });
        let signed = jsonwebtoken::encode(&header, &claims, &signs);
        signed.map(Some).map_err(|fault| Error::internal("sign a client secret").caused_by(fault))
    }
}

impl Auth {
    /// A provider that is set up. `OAUTH_PROVIDER_UNKNOWN` for any other.
    pub(crate) async fn provider(&self, id: &str) -> Result<Provider> {
        let id = id.trim().to_ascii_lowercase();
        let found = if is_id(&id) && self.serves(&id) {
            let project = self.engine().variables().await?;
            self.said(&project).provider(&id)?
        } else {
            None
        };
        found.ok_or_else(|| {
            Error::new(Code::OauthProviderUnknown, "there is no such provider to sign in at").hint(
                "an administrator sets one up by its variables, `GOOGLE_CLIENT_ID` and \
                 `GOOGLE_CLIENT_SECRET` for one",
            )
        })
    }

    /// The providers that are set up, those that everybody knows first.
    pub async fn providers(&self) -> Result<Vec<ProviderShown>> {
        let project = self.engine().variables().await?;
        let said = self.said(&project);
        let known = KNOWN.iter().map(|known| known.id.to_owned());
        let mut shown: Vec<ProviderShown> = Vec::new();
        for id in known.chain(said.list(LISTED).into_iter().map(|id| id.to_ascii_lowercase())) {
            if !is_id(&id) || !self.serves(&id) || shown.iter().any(|one| one.id == id) {
                continue;
            }
            match said.provider(&id) {
                Ok(Some(Provider { id, name, .. })) => shown.push(ProviderShown { id, name }),
                Ok(None) => {}
                Err(fault) => tracing::warn!(provider = id, %fault, "a provider is not set up"),
            }
        }
        Ok(shown)
    }

    /// Every provider that there could be, with what sets it up. `own` is the authority that this
    /// server was called by, where that is known to be its own.
    pub async fn providers_kept(&self, own: Option<&str>) -> Result<Vec<ProviderKept>> {
        let project = self.engine().variables().await?;
        let said = self.said(&project);
        let mut kept: Vec<ProviderKept> = Vec::new();
        let listed = said.list(LISTED).into_iter().map(|id| id.to_ascii_lowercase());
        for id in KNOWN.iter().map(|known| known.id.to_owned()).chain(listed) {
            if !is_id(&id) || kept.iter().any(|one| one.id == id) {
                continue;
            }
            let known = KNOWN.iter().find(|known| known.id == id);
            let provider = said.provider(&id);
            let fault = provider.as_ref().err().and_then(|fault| fault.hint_text());
            let label = said.about(&id, "LABEL").or(known.map(|known| known.name));
            kept.push(ProviderKept {
                name: label.unwrap_or(&id).to_owned(),
                listed: known.is_none(),
                works: self.serves(&id) && matches!(provider, Ok(Some(_))),
                fault: fault.map(str::to_owned),
                callback: self.callback(&id, own).ok(),
                variables: said.variables(&id),
                id,
            });
        }
        Ok(kept)
    }

    fn said<'v>(&'v self, project: &'v BTreeMap<String, String>) -> Said<'v> {
        let settings = self.settings();
        Said { environment: &settings.variables, project, local: settings.local_pages }
    }

    /// Whether a way of signing in is among those that the configuration allows; all are where it
    /// names none.
    pub(crate) fn serves(&self, service: &str) -> bool {
        let services = self.settings().services.as_ref();
        services.is_none_or(|known| known.iter().any(|one| one.eq_ignore_ascii_case(service)))
    }
}

/// The variable of a provider: `acme-id`, `CLIENT_ID` is `ACME_ID_CLIENT_ID`.
fn variable(id: &str, what: &str) -> String {
    format!("{}_{what}", id.to_ascii_uppercase().replace('-', "_"))
}

/// Whether it may be the id of a provider: it stands in addresses and names variables.
fn is_id(id: &str) -> bool {
    let of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&id.len())
        && id.starts_with(|sign: char| sign.is_ascii_lowercase())
        && id.bytes().all(of_id)
        && !matches!(id, "credential" | "local")
}

/// An address that secrets may travel to.
fn sound(text: &str, local: bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local && is_here(&url));
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (scheme && plain && url.host_str().is_some()).then_some(url)
}

fn misled(id: &str, variable: &str, allowed: &str) -> Error {
    Error::new(Code::Unavailable, format!("the provider `{id}` is not set up rightly"))
        .hint(format!("`{variable}` is {allowed}"))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Said, SaidBy, Secret, Shape, is_id, sound};
    use std::collections::BTreeMap;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_environment_speaks_before_the_project_and_an_empty_word_is_none() {
        let environment = of(&[("GITHUB_CLIENT_ID", "e"), ("GITHUB_CLIENT_SECRET", " ")]);
        let project = of(&[
            ("GITHUB_CLIENT_ID", "p"),
            ("GITHUB_CLIENT_SECRET", "s"),
            ("ACME_CLIENT_ID", "one, two"),
            ("ACME_ISSUER", "https://id.acme.example/"),
            ("OPENID_PROVIDERS", "Acme"),
            ("OTHER_CLIENT_ID", "nobody listed it"),
        ]);
        let said = Said { environment: &environment, project: &project, local: false };
        let github = said.provider("github").unwrap().unwrap();
        assert_eq!((github.client(), github.name.as_str()), ("e", "GitHub"));
        assert!(matches!(github.kind, Kind::Plain { shape: Shape::GitHub, .. }));
        assert!(matches!(github.secret, Secret::Text(_)), "an empty word says nothing");
        let by: Vec<_> = said.variables("github").into_iter().map(|one| one.said_by).collect();
        assert_eq!(by, [Some(SaidBy::Environment), Some(SaidBy::Project)]);
        let acme = said.provider("acme").unwrap().unwrap();
        assert_eq!(acme.clients, ["one", "two"]);
        assert_eq!(acme.scopes, ["openid", "email", "profile"]);
        let issuer = String::from("https://id.acme.example/");
        assert_eq!(acme.kind, Kind::OpenId { issuer, posts: false });
        assert!(said.provider("google").unwrap().is_none());
        assert!(said.provider("other").unwrap().is_none());
    }

    #[test]
    fn an_issuer_that_is_none_is_told_with_its_variable() {
        let project = of(&[("ACME_CLIENT_ID", "one"), ("OPENID_PROVIDERS", "acme")]);
        let said = Said { environment: &BTreeMap::new(), project: &project, local: true };
        let refused = said.provider("acme").unwrap_err();
        assert!(refused.hint_text().unwrap().contains("ACME_ISSUER"), "{refused}");
    }

    #[test]
    fn secrets_travel_by_https_or_within_this_machine() {
        assert!(sound("https://id.example/x", false).is_some());
        assert!(sound("http://id.example/x", true).is_none());
        assert!(sound("http://localhost:1/x", true).is_some());
        assert!(sound("http://localhost:1/x", false).is_none());
        assert!(sound("https://me:pw@id.example/", true).is_none());
        assert!(sound("ftp://id.example/", true).is_none());
    }

    #[test]
    fn an_id_stands_in_addresses() {
        assert!(is_id("acme") && is_id("acme-2"));
        assert!(!is_id("") && !is_id("a/b") && !is_id("credential") && !is_id("2a"));
    }
}
