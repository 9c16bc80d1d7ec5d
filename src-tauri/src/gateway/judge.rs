//! What a request would do at the remote, told by its method and its route alone.
//!
//! A path is judged as it will be sent, and sent as it was judged: one that could mean another path
//! to whoever reads it next (the client here, a proxy before the remote) is refused, not cleaned.

use hyper::{Method, StatusCode, Uri};
use tauri::Url;

use crate::fault::Fault;

/// What leaves a project as it is and is asked with GET or HEAD; `*` is one part of a path.
/// Signing out ends the session of this connection and nothing else.
const READS: [&str; 41] = [
    "/",
    "/access/me",
    "/auth/admin/providers",
    "/auth/check",
    "/auth/logout",
    "/auth/me",
    "/auth/providers",
    "/auth/sessions",
    "/auth/tenants",
    "/auth/tokens",
    "/auth/totp",
    "/auth/verify-invite/*",
    "/health",
    "/imports",
    "/imports/*",
    "/imports/*/rejects",
    "/items/*",
    "/items/*/*",
    "/items/*/*/history",
    "/journal",
    "/mails",
    "/mails/*",
    "/metrics",
    "/openapi",
    "/permissions",
    "/permissions-export",
    "/permissions/*",
    "/queries/slow",
    "/reports/*",
    "/schemas",
    "/schemas-export",
    "/schemas/*",
    "/schemas/history/*",
    "/settings",
    "/settings/branding",
    "/settings/by-app-url",
    "/templates/default/*",
    "/templates/defaults",
    "/templates/types",
    "/types",
    "/variables",
];

/// The same of POST: the session of this connection, questions that need a body, and plans. What is
/// rehearsed or measured is tried on a copy, or in a transaction that is taken back.
const ASKS: [&str; 19] = [
    "/",
    "/auth/login",
    "/auth/logout",
    "/auth/magiclink",
    "/auth/magiclink/verify",
    "/auth/refresh",
    "/auth/totp/verify",
    "/permissions-export",
    "/permissions-preview-import",
    "/permissions/explain",
    "/permissions/impact",
    "/permissions/view-as",
    "/queries/slow/*/measure",
    "/reports/*",
    "/schemas-preview-import",
    "/schemas/history/*/plan",
    "/schemas/plan",
    "/schemas/rehearse",
    "/templates/preview",
];

/// The same of DELETE: the end of looking through somebody else's eyes, which only ever reads.
const ENDS: [&str; 1] = ["/permissions/view-as"];

/// POST that leaves the project as it is when its body says `"dryRun": true`. A dry run of an import
/// is not among them: it keeps the file and a job.
const REHEARSALS: [&str; 2] = ["/items/batch", "/schemas/adopt"];

/// Whether a request changes something. What is not known to leave all as it is counts as a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Reads,
    ReadsWhenDry,
    Writes,
}

/// A request that may be thought about.
#[derive(Debug)]
pub(super) struct Judged {
    /// Where it goes, exactly.
    pub target: Url,
    pub effect: Effect,
    /// Whether the answer may carry tokens.
    pub of_session: bool,
    pub signs_out: bool,
}

pub(super) type Refused = (StatusCode, Fault);

/// Judges a request for the remote at `base`, which ends without a slash.
pub(super) fn judged(base: &str, method: &Method, uri: &Uri) -> Result<Judged, Refused> {
    let is_known = matches!(
        *method,
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    );
    if !is_known {
        let told = "the gateway carries GET, HEAD, POST, PUT, PATCH and DELETE";
        return Err((StatusCode::METHOD_NOT_ALLOWED, Fault::new("METHOD_NOT_ALLOWED", told)));
    }
    if uri.scheme().is_some() || uri.authority().is_some() {
        return Err(unclear("it names a host of its own"));
    }
    let path = uri.path();
    let parts = parts(path).map_err(unclear)?;
    let target = target(base, path, uri.query()).ok_or_else(|| unclear("it is no plain path"))?;
    if target.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("_method")) {
        return Err(unclear("its query asks for another method"));
    }
    let listed = |list: &[&str]| list.iter().any(|route| matches(route, &parts));
    let effect = match *method {
        Method::GET | Method::HEAD if listed(&READS) => Effect::Reads,
        Method::POST if listed(&ASKS) => Effect::Reads,
        Method::DELETE if listed(&ENDS) => Effect::Reads,
        Method::POST if listed(&REHEARSALS) => Effect::ReadsWhenDry,
        _ => Effect::Writes,
    };
    let of_session = parts.first().is_some_and(|part| part.eq_ignore_ascii_case("auth"));
    Ok(Judged { target, effect, of_session, signs_out: path == "/auth/logout" })
}

fn unclear(why: &str) -> Refused {
    let fault =
        Fault::new("TARGET_UNCLEAR", format!("the gateway does not carry this path: {why}"));
    (StatusCode::BAD_REQUEST, fault)
}

/// The address without anything that a parser changed on its way.
fn target(base: &str, path: &str, query: Option<&str>) -> Option<Url> {
    let own = Url::parse(base).ok()?;
    let mut target = Url::parse(&format!("{base}{path}")).ok()?;
    let expected = format!("{}{path}", own.path().trim_end_matches('/'));
    if target.path() != expected || target.origin() != own.origin() {
        return None;
    }
    target.set_query(query);
    Some(target)
}

/// The parts of a path that means the same to everybody, or why it does not.
fn parts(path: &str) -> Result<Vec<&str>, &'static str> {
    let Some(inner) = path.strip_prefix('/') else { return Err("it does not begin with a slash") };
    if inner.is_empty() {
        return Ok(vec![inner]);
    }
    let parts: Vec<&str> = inner.split('/').collect();
    for (at, part) in parts.iter().enumerate() {
        if part.is_empty() {
            return Err("it holds an empty part");
        }
        if matches!(*part, "." | "..") {
            return Err("it leads upwards");
        }
        // A key may hold anything. Whoever undoes its slashes comes to a place below the same rows.
        let is_key = at >= 2 && parts[0] == "items";
        plain(part, is_key)?;
    }
    Ok(parts)
}

/// Only letters that stand for themselves, and `%` only before what has to be written so.
fn plain(part: &str, is_key: bool) -> Result<(), &'static str> {
    let mut rest = part.bytes();
    let mut decoded = Vec::with_capacity(part.len());
    while let Some(letter) = rest.next() {
        if letter != b'%' {
            if !is_unreserved(letter) && !b"!$&'()*+,=:@".contains(&letter) {
                return Err("it holds a letter that has to be encoded");
            }
            decoded.push(letter);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err("it is encoded wrongly");
        };
        // Two hexadecimal digits are a byte.
        let byte = u8::try_from(high * 16 + low).unwrap_or_default();
        if is_unreserved(byte) {
            return Err("it encodes a letter that stands for itself");
        }
        if byte.is_ascii_control() {
            return Err("it holds a control character");
        }
        if matches!(byte, b'/' | b'\\' | b'%') && !is_key {
            return Err("it encodes a slash or a percent sign outside of a key");
        }
        decoded.push(byte);
    }
    let inner = decoded.split(|byte| matches!(byte, b'/' | b'\\'));
    if inner.clone().count() > 1 && inner.into_iter().any(|one| matches!(one, b"" | b"." | b"..")) {
        return Err("it leads upwards");
    }
    Ok(())
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn matches(route: &str, parts: &[&str]) -> bool {
    let mut wanted = route.split('/').skip(1);
    parts.iter().all(|part| wanted.next().is_some_and(|one| one == "*" || one == *part))
        && wanted.next().is_none()
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
