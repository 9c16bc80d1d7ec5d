//! Providers that speak OpenID: found at their issuer, and believed by what they sign.

use super::provider::{Kind, Provider, Secret};
use super::web::Web;
use super::{Agreed, Asking, Found, Tokens, denied, unreachable};
use base::{Error, Result};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, PkceCodeVerifier, RedirectUrl,
    Scope, TokenResponse as _,
};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, Nonce, SignatureVerificationError, TokenResponse as _,
};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// How long what an issuer says of itself is believed.
const FRESH_MS: i64 = 60 * 60 * 1_000;

/// How soon a key that nobody knows lets it be asked again.
const AGAIN_MS: i64 = 60_000;

/// How old an ID token may be that an app brings by itself.
const TOKEN_SECONDS: i64 = 600;

/// Issuers that are kept; a project has a few.
const ISSUERS_MAX: usize = 50;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What issuers said of themselves, their keys included.
#[derive(Default)]
pub(crate) struct Issuers(Mutex<HashMap<String, (i64, Arc<CoreProviderMetadata>)>>);

impl Issuers {
    /// What an issuer says, not older than so many milliseconds.
    async fn said(
        &self,
        provider: &Provider,
        web: &Web,
        now_ms: i64,
        fresh_ms: i64,
    ) -> Result<Arc<CoreProviderMetadata>> {
        let issuer = issuer(provider)?;
        let known = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(issuer.as_str()).cloned()
        };
        if let Some((at, said)) = &known
            && now_ms - at < fresh_ms
        {
            return Ok(Arc::clone(said));
        }
        let asked = CoreProviderMetadata::discover_async(issuer.clone(), web).await;
        let said = match (asked, known) {
            (Ok(said), _) => Arc::new(said),
            // What was believed an hour ago is better than nobody signing in.
            (Err(DiscoveryError::Request(fault)), Some((_, said))) => {
                tracing::warn!(provider = provider.id, %fault, "an issuer did not answer");
                return Ok(said);
            }
            (Err(DiscoveryError::Request(fault)), None) => {
                return Err(unreachable(provider, &fault));
            }
            (Err(fault), _) => return Err(unreachable(provider, &fault)),
        };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= ISSUERS_MAX {
            kept.clear();
        }
        kept.insert(issuer.as_str().to_owned(), (now_ms, Arc::clone(&said)));
        Ok(said)
    }
}

/// One provider, to be asked.
pub(crate) struct OpenId<'o> {
    pub(crate) provider: &'o Provider,
    pub(crate) issuers: &'o Issuers,
    pub(crate) web: &'o Web,
    pub(crate) now_ms: i64,
}

impl OpenId<'_> {
    async fn said(&self, fresh_ms: i64) -> Result<Arc<CoreProviderMetadata>> {
        self.issuers.said(self.provider, self.web, self.now_ms, fresh_ms).await
    }

    fn client(&self, said: &CoreProviderMetadata, callback: Option<&str>) -> Result<Client> {
        let secret = self.provider.secret(self.now_ms)?.map(ClientSecret::new);
        let by_body = matches!(self.provider.secret, Secret::Apple { .. })
            || said.token_endpoint_auth_methods_supported().is_some_and(|methods| {
                !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
                    && methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            });
        let id = ClientId::new(self.provider.client().to_owned());
        let mut client = CoreClient::from_provider_metadata(said.clone(), id, secret)
            // It stands among the scopes where the provider wants it.
            .disable_openid_scope();
        if by_body {
            client = client.set_auth_type(AuthType::RequestBody);
        }
        if let Some(callback) = callback {
            client = client.set_redirect_uri(redirect(callback)?);
        }
        Ok(client)
    }

    /// The address at which a person agrees.
    pub(crate) async fn address(&self, asking: &Asking<'_>) -> Result<String> {
        let said = self.said(FRESH_MS).await?;
        let client = self.client(&said, Some(asking.callback))?;
        let (state, nonce) = (asking.state.to_owned(), asking.nonce.to_owned());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(asking.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(asking.challenge());
        if let Kind::OpenId { posts: true, .. } = &self.provider.kind {
            request = request.add_extra_param("response_mode", "form_post");
        }
        Ok(request.url().0.into())
    }

    /// Who agreed, by the code that their browser brought.
    pub(crate) async fn found(&self, code: &str, agreed: &Agreed) -> Result<Found> {
        let said = self.said(FRESH_MS).await?;
        let client = self.client(&said, Some(&agreed.callback))?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|fault| unreachable(self.provider, &fault))?
            .set_pkce_verifier(PkceCodeVerifier::new(agreed.verifier.clone()));
        let tokens = exchange.request_async(self.web).await;
        let tokens = tokens.map_err(|fault| super::refused_code(self.provider, fault))?;
        let id_token = tokens
            .id_token()
            .ok_or_else(|| denied(self.provider, "it answered without an ID token"))?;
        let nonce = Nonce::new(agreed.nonce.clone());
        let claims = self.believed(id_token, Some(&nonce)).await?;
        let mut found = of_claims(&claims)?;
        if found.email.is_none() {
            // Many tell the address only to who asks for it.
            let token = tokens.access_token().clone();
            if let Ok(request) = client.user_info(token, Some(claims.subject().clone())) {
                let told: CoreUserInfoClaims = request
                    .request_async(self.web)
                    .await
                    .map_err(|fault| unreachable(self.provider, &fault))?;
                found = found.or(of_claims(&told)?);
            }
        }
        found.tokens = Tokens {
            access: Some(tokens.access_token().secret().clone()),
            refresh: tokens.refresh_token().map(|token| token.secret().clone()),
            id: Some(id_token.to_string()),
            seconds: tokens.expires_in().map(|time| time.as_secs()),
        };
        Ok(found)
    }

    /// Whom an ID token is of that an app got from the provider by itself.
    pub(crate) async fn of_token(&self, token: &str, nonce: Option<&str>) -> Result<Found> {
        let id_token = CoreIdToken::from_str(token)
            .map_err(|_| denied(self.provider, "this is no ID token"))?;
        let nonce = nonce.map(|nonce| Nonce::new(nonce.to_owned()));
        let claims = self.believed(&id_token, nonce.as_ref()).await?;
        let mut found = of_claims(&claims)?;
        found.tokens.id = Some(token.to_owned());
        Ok(found)
    }

    /// What a token says, if the issuer signed it for this project and it is not past its time. One
    /// that nobody asked for by a nonce is believed for a few minutes.
    async fn believed(
        &self,
        token: &CoreIdToken,
        nonce: Option<&Nonce>,
    ) -> Result<CoreIdTokenClaims> {
        let mut said = self.said(FRESH_MS).await?;
        for again in [true, false] {
            let client = self.client(&said, None)?;
            let own = self.provider.clients.as_slice();
            let verifier = client
                .id_token_verifier()
                .set_allowed_algs(asymmetric(&said))
                .require_audience_match(false);
            let outcome = match nonce {
                Some(nonce) => token.claims(&verifier, nonce),
                None => {
                    let now = self.now_ms / 1_000;
                    let verifier = verifier.set_issue_time_verifier_fn(move |at| {
                        match (now - at.timestamp()).abs() < TOKEN_SECONDS {
                            true => Ok(()),
                            false => Err(String::from("it was not issued just now")),
                        }
                    });
                    token.claims(&verifier, |_: Option<&Nonce>| Ok(()))
                }
            };
            match outcome {
                Ok(claims) => {
                    let is_ours = |one: &String| claims.audiences().iter().any(|aud| **aud == *one);
                    let only_ours = claims.audiences().iter().all(|aud| own.contains(aud));
                    if own.iter().any(is_ours) && only_ours {
                        return Ok(claims.clone());
                    }
                    return Err(denied(self.provider, "the ID token is for somebody else"));
                }
                Err(ClaimsVerificationError::SignatureVerification(
                    SignatureVerificationError::NoMatchingKey,
                )) if again => said = self.said(AGAIN_MS).await?,
                Err(fault) => {
                    tracing::warn!(provider = self.provider.id, %fault, "an ID token was refused");
                    return Err(denied(self.provider, "its ID token is not to be believed"));
                }
            }
        }
        Err(denied(self.provider, "its ID token is signed by a key that it does not name"))
    }
}

fn issuer(provider: &Provider) -> Result<IssuerUrl> {
    match &provider.kind {
        Kind::OpenId { issuer, .. } => IssuerUrl::new(issuer.clone())
            .map_err(|fault| Error::internal("read an issuer").caused_by(fault)),
        Kind::Plain { .. } => Err(Error::internal("a provider without an issuer")),
    }
}

pub(crate) fn redirect(callback: &str) -> Result<RedirectUrl> {
    RedirectUrl::new(callback.to_owned())
        .map_err(|fault| Error::internal("read our own address").caused_by(fault))
}

/// The ways of signing that an issuer names, but those by a secret that both know.
fn asymmetric(said: &CoreProviderMetadata) -> Vec<CoreJwsSigningAlgorithm> {
    use CoreJwsSigningAlgorithm as By;
    let all = [
        By::RsaSsaPkcs1V15Sha256,
        By::RsaSsaPkcs1V15Sha384,
        By::RsaSsaPkcs1V15Sha512,
        By::RsaSsaPssSha256,
        By::RsaSsaPssSha384,
        By::RsaSsaPssSha512,
        By::EcdsaP256Sha256,
        By::EcdsaP384Sha384,
        By::EdDsa,
    ];
    let named = said.id_token_signing_alg_values_supported();
    all.into_iter().filter(|one| named.contains(one)).collect()
}

/// What claims say of a person, whether they stood in an ID token or were asked for.
fn of_claims(claims: &impl Serialize) -> Result<Found> {
    let claims = serde_json::to_value(claims)
        .map_err(|fault| Error::internal("read claims").caused_by(fault))?;
    let text = |name: &str| {
        let text = claims.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    Ok(Found {
        subject: text("sub").ok_or_else(|| Error::internal("claims without a subject"))?,
        email: text("email"),
        verified: claims.get("email_verified").and_then(Json::as_bool) == Some(true),
        first: text("given_name").or_else(|| text("name")),
        last: text("family_name"),
        tokens: Tokens::default(),
    })
}
