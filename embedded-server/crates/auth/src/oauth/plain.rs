//! Providers that speak `OAuth` 2 alone, each with a reply of its own shape.

use super::openid::redirect;
use super::provider::{Kind, Provider, Shape};
use super::web::Web;
use super::{Agreed, Asking, Found, Tokens, denied, unreachable};
use base::{Error, Result};
use hmac::{Hmac, Mac};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    HttpRequest, PkceCodeVerifier, Scope, TokenResponse, TokenUrl, http,
};
use serde_json::Value as Json;
use sha2::Sha256;
use url::Url;

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// One provider, to be asked.
pub(crate) struct Plain<'p> {
    pub(crate) provider: &'p Provider,
    pub(crate) web: &'p Web,
    pub(crate) now_ms: i64,
}

impl Plain<'_> {
    fn places(&self) -> Result<(Shape, &Url, &Url, &Url)> {
        match &self.provider.kind {
            Kind::Plain { shape, authorize, token, user } => Ok((*shape, authorize, token, user)),
            Kind::OpenId { .. } => Err(Error::internal("a provider that speaks OpenID")),
        }
    }

    fn client(&self, callback: &str) -> Result<Client> {
        let (_, authorize, token, _) = self.places()?;
        let mut client = BasicClient::new(ClientId::new(self.provider.client().to_owned()))
            .set_auth_uri(AuthUrl::from_url(authorize.clone()))
            .set_token_uri(TokenUrl::from_url(token.clone()))
            // Both know it; one of them knows nothing else.
            .set_auth_type(oauth2::AuthType::RequestBody)
            .set_redirect_uri(redirect(callback)?);
        if let Some(secret) = self.provider.secret(self.now_ms)? {
            client = client.set_client_secret(ClientSecret::new(secret));
        }
        Ok(client)
    }

    /// The address at which a person agrees.
    pub(crate) fn address(&self, asking: &Asking<'_>) -> Result<String> {
        let client = self.client(asking.callback)?;
        let state = asking.state.to_owned();
        let request = client
            .authorize_url(move || CsrfToken::new(state))
            .add_scopes(asking.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(asking.challenge());
        Ok(request.url().0.into())
    }

    /// Who agreed, by the code that their browser brought.
    pub(crate) async fn found(&self, code: &str, agreed: &Agreed) -> Result<Found> {
        let client = self.client(&agreed.callback)?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(agreed.verifier.clone()));
        let tokens = exchange.request_async(self.web).await;
        let tokens = tokens.map_err(|fault| super::refused_code(self.provider, fault))?;
        let access = tokens.access_token().secret();
        let (shape, _, _, user) = self.places()?;
        let mut found = match shape {
            Shape::GitHub => self.of_github(user, access).await?,
            Shape::Facebook => self.of_facebook(user, access).await?,
        };
        found.tokens = Tokens {
            access: Some(access.clone()),
            refresh: tokens.refresh_token().map(|token| token.secret().clone()),
            id: None,
            seconds: tokens.expires_in().map(|time| time.as_secs()),
        };
        Ok(found)
    }

    async fn of_github(&self, user: &Url, access: &str) -> Result<Found> {
        let told = self.told(user.clone(), access).await?;
        let mut emails = user.clone();
        emails.set_path(&format!("{}/emails", user.path().trim_end_matches('/')));
        // Whoever was not granted the addresses is still somebody.
        let addresses = self.told(emails, access).await.unwrap_or(Json::Null);
        github(&told, &addresses).ok_or_else(|| denied(self.provider, "it did not say who it is"))
    }

    async fn of_facebook(&self, user: &Url, access: &str) -> Result<Found> {
        let mut asked = user.clone();
        asked.query_pairs_mut().append_pair("fields", "id,name,first_name,last_name,email");
        if let Some(secret) = self.provider.secret(self.now_ms)? {
            asked.query_pairs_mut().append_pair("appsecret_proof", &proof(&secret, access)?);
        }
        let told = self.told(asked, access).await?;
        facebook(&told).ok_or_else(|| denied(self.provider, "it did not say who it is"))
    }

    /// What the provider tells the bearer of a token.
    async fn told(&self, place: Url, access: &str) -> Result<Json> {
        let request: HttpRequest = http::Request::get(place.as_str())
            .header(http::header::ACCEPT, "application/json")
            .header(http::header::AUTHORIZATION, format!("Bearer {access}"))
            .body(Vec::new())
            .map_err(|fault| Error::internal("ask a provider").caused_by(fault))?;
        let answer = self.web.send(request).await;
        let answer = answer.map_err(|fault| unreachable(self.provider, &fault))?;
        if !answer.status().is_success() {
            return Err(denied(self.provider, &format!("it answered {}", answer.status())));
        }
        serde_json::from_slice(answer.body()).map_err(|fault| unreachable(self.provider, &fault))
    }
}

/// What keeps a token that leaked from being used by another program.
fn proof(secret: &str, access: &str) -> Result<String> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret.as_bytes())
        .map_err(|fault| Error::internal("key a proof").caused_by(fault.to_string()))?;
    mac.update(access.as_bytes());
    Ok(crate::token::hex(&mac.finalize().into_bytes()))
}

fn text(told: &Json, name: &str) -> Option<String> {
    told.get(name)?.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty())
}

/// A key that is a number at one provider and a text at another.
fn key(told: &Json) -> Option<String> {
    match told.get("id")? {
        Json::String(key) if !key.is_empty() => Some(key.clone()),
        Json::Number(key) => Some(key.to_string()),
        _ => None,
    }
}

/// The primary address counts, if it was confirmed there; else any that was. The one of the profile
/// is what its owner wrote.
fn github(user: &Json, addresses: &Json) -> Option<Found> {
    let all = addresses.as_array().map(Vec::as_slice).unwrap_or_default();
    let is = |row: &Json, what: &str| row.get(what).and_then(Json::as_bool) == Some(true);
    let verified = || all.iter().filter(|row| is(row, "verified"));
    let chosen = verified().find(|row| is(row, "primary")).or_else(|| verified().next());
    let verified = chosen.and_then(|row| text(row, "email"));
    Some(Found {
        subject: key(user)?,
        verified: verified.is_some(),
        email: verified.or_else(|| text(user, "email")),
        first: text(user, "name").or_else(|| text(user, "login")),
        last: None,
        tokens: Tokens::default(),
    })
}

/// Facebook does not say whether it has confirmed an address.
fn facebook(user: &Json) -> Option<Found> {
    Some(Found {
        subject: key(user)?,
        email: text(user, "email"),
        verified: false,
        first: text(user, "first_name").or_else(|| text(user, "name")),
        last: text(user, "last_name"),
        tokens: Tokens::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::{facebook, github, proof};
    use serde_json::{Value as Json, json};

    #[test]
    fn of_several_addresses_one_counts_that_was_confirmed() {
        let user = json!({ "id": 7, "login": "ada", "email": "written@example.com" });
        let emails = json!([
            { "email": "first@example.com", "primary": true, "verified": false },
            { "email": "second@example.com", "primary": false, "verified": true },
        ]);
        let found = github(&user, &emails).unwrap();
        assert_eq!((found.subject.as_str(), found.first.as_deref()), ("7", Some("ada")));
        assert_eq!((found.email.as_deref(), found.verified), (Some("second@example.com"), true));
        let found = github(&user, &Json::Null).unwrap();
        assert_eq!((found.email.as_deref(), found.verified), (Some("written@example.com"), false));
        assert!(github(&json!({ "login": "ada" }), &emails).is_none());
    }

    #[test]
    fn facebook_confirms_no_address() {
        let user = json!({ "id": "9", "name": "A B", "first_name": "A", "email": "a@example.com" });
        let found = facebook(&user).unwrap();
        assert_eq!((found.first.as_deref(), found.verified), (Some("A"), false));
    }

    #[test]
    fn a_proof_is_the_keyed_hash_of_the_token() {
        // By `printf t | openssl dgst -sha256 -hmac s`.
        let told = "61f074c3fcd0a129debe8f2b1c6f66d8824d615cf8397cc192eb58a8b0367889";
        assert_eq!(proof("s", "t").unwrap(), told);
    }
}
