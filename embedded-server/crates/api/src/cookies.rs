//! The cookies of a session (`spec/auth.md` 3.4): how they are kept, put, cleared and read.

use crate::app::App;
use crate::caller::own_page;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use base::{Code, Error, Result};

/// Names under which the access token is read, the first that is there counts.
const ACCESS: [&str; 2] = ["token", "accessToken"];

/// Name of the cookie that holds the refresh token; sent to `/auth` only.
const REFRESH: &str = "refresh_token";

/// How the cookies of a session are kept.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// Whether they travel over https only.
    pub secure: bool,
    /// Whether scripts of a page are kept from the access token's; from the refresh token's they
    /// always are.
    pub http_only: bool,
    /// Which requests of other sites carry them.
    pub same_site: SameSite,
    /// Domain whose hosts get them; none for the host that answers.
    pub domain: Option<String>,
    /// Path below which they are sent.
    pub path: String,
}

/// Which requests of other sites carry a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// None.
    Strict,
    /// Those that follow a link.
    Lax,
    /// All.
    None,
}

impl Default for Cookies {
    fn default() -> Self {
        Self {
            secure: false,
            http_only: true,
            same_site: SameSite::Lax,
            domain: None,
            path: String::from("/"),
        }
    }
}

impl Cookies {
    fn line(&self, name: &str, value: &str, path: &str, seconds: u64, hidden: bool) -> String {
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
            SameSite::None => "None",
        };
        let mut line =
            format!("{name}={value}; Path={path}; Max-Age={seconds}; SameSite={same_site}");
        if let Some(domain) = &self.domain {
            line.push_str("; Domain=");
            line.push_str(domain);
        }
        if hidden {
            line.push_str("; HttpOnly");
        }
        if self.secure {
            line.push_str("; Secure");
        }
        line
    }

    fn access(&self, token: &str, seconds: u64) -> String {
        self.line(ACCESS[0], token, &self.path, seconds, self.http_only)
    }

    /// Comes back from another site, so that `Strict` would lose it. What a provider's page posts
    /// carries only what says that it may, which browsers take over https alone.
    fn flow(&self, name: &str, value: &str, seconds: u64, posted: bool) -> String {
        let own = Self {
            secure: self.secure || posted,
            same_site: if posted { SameSite::None } else { SameSite::Lax },
            ..self.clone()
        };
        let path = format!("{}/auth/callback", self.path.trim_end_matches('/'));
        own.line(name, value, &path, seconds, true)
    }

    fn refresh(&self, token: &str, seconds: u64) -> String {
        let path = format!("{}/auth", self.path.trim_end_matches('/'));
        self.line(REFRESH, token, &path, seconds, true)
    }
}

/// Puts both tokens into the browser, each for as long as it lives (seconds).
pub(crate) fn put(
    app: &App,
    response: &mut Response,
    access: (&str, u64),
    refresh: (&str, u64),
) -> Result<()> {
    let cookies = &app.settings().cookies;
    append(response, &cookies.access(access.0, access.1))?;
    append(response, &cookies.refresh(refresh.0, refresh.1))
}

/// Puts the mark by which a browser is known that began to sign in at a provider.
pub(crate) fn put_flow(app: &App, response: &mut Response, begun: &auth::Begun) -> Result<()> {
    let cookies = &app.settings().cookies;
    let line = cookies.flow(&begun.cookie, &begun.binding, begun.seconds, begun.posted);
    append(response, &line)
}

/// Takes that mark away.
pub(crate) fn forget_flow(app: &App, response: &mut Response, name: &str) -> Result<()> {
    append(response, &app.settings().cookies.flow(name, "", 0, false))
}

/// Takes both away, there where they were put.
pub(crate) fn clear(app: &App, response: &mut Response) -> Result<()> {
    put(app, response, ("", 0), ("", 0))
}

fn append(response: &mut Response, line: &str) -> Result<()> {
    let value = HeaderValue::from_str(line)
        .map_err(|fault| Error::internal("write a cookie").caused_by(fault))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}

/// A cookie of this name.
pub(crate) fn named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(
        |line| {
            line.split(';').find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                (key == name && !value.is_empty()).then_some(value)
            })
        },
    )
}

/// The access token among the cookies.
pub(crate) fn access_token(headers: &HeaderMap) -> Option<&str> {
    ACCESS.into_iter().find_map(|name| named(headers, name))
}

/// The refresh token among the cookies.
pub(crate) fn refresh_token(headers: &HeaderMap) -> Option<&str> {
    named(headers, REFRESH)
}

/// The access token of a cookie. A browser sends it along with any page's request, so that unsafe
/// methods must come from a page of ours.
pub(crate) async fn signs(parts: &Parts, app: &App) -> Result<Option<String>> {
    let Some(token) = access_token(&parts.headers) else { return Ok(None) };
    let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !safe && !own_page(&parts.headers, app).await {
        return Err(Error::new(Code::Forbidden, "a cookie does not sign requests of other sites")
            .hint("send the token as `Authorization: Bearer`"));
    }
    Ok(Some(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Cookies, SameSite, access_token};
    use axum::http::{HeaderMap, header};

    #[test]
    fn cookies_are_kept_as_configured_and_the_refresh_token_always_out_of_reach() {
        let plain = Cookies::default();
        assert_eq!(plain.access("t", 60), "token=t; Path=/; Max-Age=60; SameSite=Lax; HttpOnly",);
        assert_eq!(
            plain.refresh("r", 90),
            "refresh_token=r; Path=/auth; Max-Age=90; SameSite=Lax; HttpOnly",
        );
        assert_eq!(
            plain.flow("f", "b", 600, false),
            "f=b; Path=/auth/callback; Max-Age=600; SameSite=Lax; HttpOnly",
        );
        assert_eq!(
            plain.flow("f", "b", 600, true),
            "f=b; Path=/auth/callback; Max-Age=600; SameSite=None; HttpOnly; Secure",
        );
        let other = Cookies {
            secure: true,
            http_only: false,
            same_site: SameSite::None,
            domain: Some(String::from("example.com")),
            path: String::from("/api/"),
        };
        let rest = "SameSite=None; Domain=example.com";
        assert_eq!(
            other.access("t", 60),
            format!("token=t; Path=/api/; Max-Age=60; {rest}; Secure"),
        );
        assert_eq!(
            other.refresh("", 0),
            format!("refresh_token=; Path=/api/auth; Max-Age=0; {rest}; HttpOnly; Secure"),
        );
    }

    #[test]
    fn the_access_token_is_read_under_both_its_names() {
        let read = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, cookie.parse().unwrap());
            access_token(&headers).map(str::to_owned)
        };
        assert_eq!(read("a=b; accessToken=two").as_deref(), Some("two"));
        assert_eq!(read("accessToken=two; token=one").as_deref(), Some("one"));
        assert_eq!(read("token=; accessToken=two").as_deref(), Some("two"));
        assert_eq!(read("xtoken=one"), None);
    }
}
