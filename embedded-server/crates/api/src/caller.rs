//! Who calls, and how it wants to be answered: taken from headers and cookies, judged by `auth`.

use crate::app::App;
use crate::surface::baasix::error::Refusal;
use crate::unread::Known;
use crate::{cookies, limit, peer, persona};
use access::Actor;
use auth::{Presented, Profile};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use base::{Code, Error, Result};
use engine::Numbers;
use std::net::IpAddr;
use std::sync::Arc;

/// A caller, judged.
pub(crate) struct Caller {
    pub(crate) presented: Presented,
    /// How numbers beyond JavaScript's reach are answered.
    pub(crate) numbers: Numbers,
    /// Unknown keys in a body are an error.
    pub(crate) strict: bool,
    /// What the caller calls itself, for the feed's echo.
    pub(crate) source: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
}

impl Caller {
    pub(crate) fn actor(&self) -> &Actor {
        &self.presented.actor
    }

    /// The signed-in user, on routes that need one.
    pub(crate) fn user(&self) -> Result<&Arc<Profile>> {
        self.presented.profile.as_ref().ok_or_else(|| match self.presented.dead {
            Some(code) => dead(code),
            None => Error::new(Code::Unauthenticated, "Authentication required"),
        })
    }

    /// The signed-in user in person. What keeps accounts (passwords, sessions, tokens) is no business
    /// of a program: a token that leaks must not make others, nor outlive itself.
    pub(crate) fn person(&self) -> Result<&Arc<Profile>> {
        let profile = self.user()?;
        if profile.api_token.is_some() {
            return Err(Error::new(Code::TokenScope, "an API token does not keep accounts")
                .hint("sign in for this"));
        }
        Ok(profile)
    }

    /// Administrators only, anonymous callers included in the refusal.
    pub(crate) fn administrator(&self) -> Result<()> {
        if self.actor().is_administrator() {
            return Ok(());
        }
        Err(self.judge(Error::new(Code::Forbidden, "Access denied. Administrators only.")))
    }

    /// What a dead token may not do is 401, so that clients refresh (`spec/data.md` 21, row 17).
    pub(crate) fn judge(&self, error: Error) -> Error {
        match (error.code(), self.presented.dead) {
            (Code::Forbidden | Code::FieldForbidden | Code::ItemNotFound, Some(code)) => dead(code),
            _ => error,
        }
    }
}

fn dead(code: Code) -> Error {
    match code {
        Code::TokenExpired => Error::new(code, "the access token is past its time")
            .hint("refresh it or sign in again"),
        _ => Error::new(code, "the access token belongs to no live session").hint("sign in again"),
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let address = peer::address(&parts.extensions, &parts.headers, app.settings());
        let peer = address.map(|address| address.to_string());
        let token = bearer(&parts.headers).map(str::to_owned);
        let token = match token {
            Some(token) => Some(token),
            None => cookies::signs(parts, app).await?,
        };
        app.engine().look_for(named(parts.uri.path())).await?;
        let tenant = parts.headers.get("x-tenant-id").and_then(|value| value.to_str().ok());
        let presented = app.auth().present(token.as_deref(), tenant, peer.clone()).await?;
        let user = presented.profile.as_ref().map(|profile| profile.user_id.as_str());
        limit::count_caller(&parts.extensions, app, user, address)?;
        let presented = match parts.headers.get(persona::HEADER) {
            Some(shown) => {
                persona::seen_as(app, presented, shown, &parts.method, &parts.uri).await?
            }
            None => presented,
        };
        // A token that is past its time was one of ours: its bearer shall hear of it.
        if presented.profile.is_some() || presented.dead == Some(Code::TokenExpired) {
            Known::note(&parts.extensions);
        }
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let query = parts.uri.query().unwrap_or_default();
        let strings = text("accept-numbers")
            .is_some_and(|word| word.eq_ignore_ascii_case("string"))
            || form_urlencoded::parse(query.as_bytes())
                .any(|(key, value)| key == "numbers" && value == "string");
        Ok(Self {
            presented,
            numbers: match (strings, app.settings().compat) {
                (true, _) => Numbers::Strings,
                (false, true) => Numbers::Decimals,
                (false, false) => Numbers::Tokens,
            },
            strict: app.settings().strict_write || text("x-plinth-strict") == Some("1"),
            source: text("x-plinth-source").map(|source| source.chars().take(100).collect()),
            user_agent: text("user-agent").map(|agent| agent.chars().take(300).collect()),
            ip: peer,
            address,
        })
    }
}

/// The collection that a path names, as it stands there.
fn named(path: &str) -> Option<&str> {
    let routes = ["/items/", "/schemas/", "/utils/sort/"];
    let rest = routes.iter().find_map(|route| path.strip_prefix(route))?;
    rest.split('/').next().filter(|name| !matches!(*name, "" | "batch"))
}

/// The bearer token of the header, with or without its word.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let bare = match value.split_once(' ') {
        Some((word, token)) if word.eq_ignore_ascii_case("bearer") => token,
        Some(_) | None => value,
    };
    (!bare.trim().is_empty()).then(|| bare.trim())
}

/// Whether a request comes from a page of ours, or from no page at all. Another port of this
/// machine is the same site to a browser and sends our cookies along, yet it is not ours.
pub(crate) async fn own_page(headers: &HeaderMap, app: &App) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN);
    let of_site = text(HeaderName::from_static("sec-fetch-site"));
    match (of_site, origin) {
        (Some("same-origin" | "none"), _) | (None, None) => return true,
        (Some("same-site") | None, Some(_)) => {}
        (Some(_), _) => return false,
    }
    let authority = origin.and_then(|origin| origin.split_once("://")).map(|(_, name)| name);
    if of_site.is_none() && authority.is_some() && authority == text(header::HOST) {
        return true;
    }
    match origin {
        Some(origin) => crate::cors::is_known_origin(origin, app).await,
        None => false,
    }
}
