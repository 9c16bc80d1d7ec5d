//! How much one caller may ask in a while (`spec/data.md` 21, row 23).
//!
//! Counted in the memory of this process, by user when signed in and by address else. Callers of
//! this machine are not counted: they share one address with everything that runs on it.

use crate::app::App;
use crate::peer;
use crate::surface::baasix::error::Refusal;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base::{Code, Error, Result};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Registrations from one address within an hour.
const REGISTRATIONS_MAX: u32 = 30;
/// Mails that one address asks for within an hour, to whomever they go.
const MAILS_MAX: u32 = 60;
/// Mails that one mailbox is sent because somebody asked, within [`MAILBOX_MS`].
const MAILBOX_MAX: u32 = 10;
/// How often one address begins to sign in at a provider within an hour; each is a row for minutes.
const BEGUN_MAX: u32 = 300;
/// A quarter of an hour, in milliseconds.
const MAILBOX_MS: i64 = 15 * 60 * 1_000;
/// An hour, in milliseconds.
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Callers counted at once; beyond it those whose while began first are forgotten.
const CALLERS_MAX: usize = 50_000;

/// What is counted.
pub(crate) struct Limiter {
    general: Window,
    registrations: Window,
    mails: Window,
    mailboxes: Window,
    begun: Window,
}

/// Most requests of one caller within a while, which begins with the first.
struct Window {
    /// None means as many as they like.
    most: Option<u32>,
    length_ms: i64,
    counts: Mutex<HashMap<Key, Count>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    User(String),
    Address(IpAddr),
    Mailbox(String),
}

#[derive(Clone, Copy)]
struct Count {
    since_ms: i64,
    requests: u32,
}

/// How a caller stands after a request.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Standing {
    most: u32,
    left: u32,
    /// When the while ends, in milliseconds since 1970.
    until_ms: i64,
    refused: bool,
}

impl Limiter {
    /// At most `requests` in `interval_ms`; 0 is no limit.
    pub(crate) fn new(requests: u32, interval_ms: i64) -> Self {
        Self {
            general: Window::new((requests > 0).then_some(requests), interval_ms),
            registrations: Window::new(Some(REGISTRATIONS_MAX), HOUR_MS),
            mails: Window::new(Some(MAILS_MAX), HOUR_MS),
            mailboxes: Window::new(Some(MAILBOX_MAX), MAILBOX_MS),
            begun: Window::new(Some(BEGUN_MAX), HOUR_MS),
        }
    }

    /// One registration more from this address. `RATE_LIMITED` beyond what it may.
    pub(crate) fn register(&self, address: Option<IpAddr>, now_ms: i64) -> Result<()> {
        let key = address.and_then(Key::of_address);
        self.registrations.take(key, "too many registrations from this address", now_ms)
    }

    /// One way in more that is begun at a provider from this address. `RATE_LIMITED` beyond what it may.
    pub(crate) fn begin(&self, address: Option<IpAddr>, now_ms: i64) -> Result<()> {
        let key = address.and_then(Key::of_address);
        self.begun.take(key, "too many began to sign in from this address", now_ms)
    }

    /// One mail more that an address asks for, to this mailbox. Counted whether or not there is such
    /// an account, so that the count tells nothing. `RATE_LIMITED` beyond what either may.
    pub(crate) fn mail(&self, address: Option<IpAddr>, to: &str, now_ms: i64) -> Result<()> {
        let key = address.and_then(Key::of_address);
        self.mails.take(key, "too many mails were asked for from this address", now_ms)?;
        let mailbox = Key::Mailbox(to.trim().to_lowercase().chars().take(254).collect());
        self.mailboxes.take(Some(mailbox), "too many mails were asked for to this mailbox", now_ms)
    }
}

impl Key {
    /// None for callers of this machine. Of IPv6 the network: whoever has one address there has the
    /// whole of it.
    fn of_address(address: IpAddr) -> Option<Self> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        let counted = match address {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            IpAddr::V4(_) => address,
        };
        Some(Self::Address(counted))
    }
}

impl Window {
    fn new(most: Option<u32>, length_ms: i64) -> Self {
        Self { most, length_ms, counts: Mutex::default() }
    }

    /// One request more. None where nothing is limited.
    fn count(&self, key: Key, now_ms: i64) -> Option<Standing> {
        let most = self.most?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= CALLERS_MAX && !counts.contains_key(&key) {
            self.forget(&mut counts, now_ms);
        }
        let fresh = Count { since_ms: now_ms, requests: 0 };
        let count = counts.entry(key).or_insert(fresh);
        if self.is_over(*count, now_ms) {
            *count = fresh;
        }
        count.requests = count.requests.saturating_add(1);
        Some(Standing {
            most,
            left: most.saturating_sub(count.requests),
            until_ms: count.since_ms + self.length_ms,
            refused: count.requests > most,
        })
    }

    /// One request more of somebody who is counted. `RATE_LIMITED` beyond what it may.
    fn take(&self, key: Option<Key>, what: &str, now_ms: i64) -> Result<()> {
        match key.and_then(|key| self.count(key, now_ms)) {
            Some(standing) if standing.refused => Err(standing.refusal(what, now_ms)),
            Some(_) | None => Ok(()),
        }
    }

    fn is_over(&self, count: Count, now_ms: i64) -> bool {
        // A clock that was set back ends it too.
        !(0..self.length_ms).contains(&(now_ms - count.since_ms))
    }

    fn forget(&self, counts: &mut HashMap<Key, Count>, now_ms: i64) {
        counts.retain(|_, count| !self.is_over(*count, now_ms));
        if counts.len() >= CALLERS_MAX {
            let mut begun: Vec<i64> = counts.values().map(|count| count.since_ms).collect();
            begun.sort_unstable();
            let middle = begun[begun.len() / 2];
            counts.retain(|_, count| count.since_ms > middle);
        }
    }
}

impl Standing {
    fn refusal(self, what: &str, now_ms: i64) -> Error {
        let wait = u64::try_from(self.until_ms - now_ms).unwrap_or_default();
        Error::new(Code::RateLimited, format!("{what}: {} is the limit", self.most))
            .hint(format!("try again in {} s", wait.div_ceil(1_000)))
            .retry_after_ms(wait)
    }

    fn tell(self, response: &mut Response) {
        let until_s = self.until_ms.div_euclid(1_000) + 1;
        for (name, value) in [
            ("x-ratelimit-limit", i64::from(self.most)),
            ("x-ratelimit-remaining", i64::from(self.left)),
            ("x-ratelimit-reset", until_s),
        ] {
            response.headers_mut().insert(name, HeaderValue::from(value));
        }
    }
}

/// How the caller of a request stands, once somebody has looked who it is. Goes along with the
/// request.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Option<Standing>>>);

/// Counts what the middleware left to who judges the caller. `RATE_LIMITED` beyond the limit.
pub(crate) fn count_caller(
    extensions: &Extensions,
    app: &App,
    user: Option<&str>,
    address: Option<IpAddr>,
) -> Result<()> {
    let Some(told) = extensions.get::<Told>() else { return Ok(()) };
    let key = match user {
        // Whoever sits at this machine is counted by no name either.
        Some(user) if address.is_some_and(|address| !address.is_loopback()) => {
            Some(Key::User(user.to_owned()))
        }
        Some(_) | None => address.and_then(Key::of_address),
    };
    let now_ms = app.engine().clock().now_ms();
    let Some(standing) = key.and_then(|key| app.limiter().general.count(key, now_ms)) else {
        return Ok(());
    };
    *told.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    if standing.refused { Err(standing.refusal("too many requests", now_ms)) } else { Ok(()) }
}

/// Counts every request. One that carries a credential is counted by who judges it, since only then
/// it is known whose it is; where nobody does, and where nothing is carried, it counts for its
/// address.
pub(crate) async fn general(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let address = peer::address(request.extensions(), request.headers(), app.settings());
    let headers = request.headers();
    let carries = headers.contains_key("authorization") || headers.contains_key("cookie");
    let now_ms = app.engine().clock().now_ms();
    let count = |address: Option<IpAddr>| {
        let key = address.and_then(Key::of_address)?;
        app.limiter().general.count(key, now_ms)
    };
    if !carries {
        let standing = count(address);
        let refused = standing.filter(|standing| standing.refused);
        let mut response = match refused {
            Some(standing) => {
                Refusal(standing.refusal("too many requests", now_ms)).into_response()
            }
            None => next.run(request).await,
        };
        if let Some(standing) = standing {
            standing.tell(&mut response);
        }
        return response;
    }
    let told = Told::default();
    request.extensions_mut().insert(told.clone());
    let mut response = next.run(request).await;
    let judged = *told.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(standing) = judged.or_else(|| count(address)) {
        standing.tell(&mut response);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{CALLERS_MAX, Key, Window};

    fn address(text: &str) -> Option<Key> {
        Key::of_address(text.parse().unwrap())
    }

    #[test]
    fn a_while_begins_with_the_first_request_and_ends_for_all_of_them() {
        let window = Window::new(Some(2), 5_000);
        let one = || address("203.0.113.7").unwrap();
        let asked = |now_ms| {
            let standing = window.count(one(), now_ms).unwrap();
            (standing.left, standing.until_ms, standing.refused)
        };
        assert_eq!(asked(1_000), (1, 6_000, false));
        assert_eq!(asked(5_999), (0, 6_000, false));
        assert_eq!(asked(5_999), (0, 6_000, true));
        // Another is not held up.
        assert!(!window.count(address("203.0.113.8").unwrap(), 5_999).unwrap().refused);
        assert_eq!(asked(6_000), (1, 11_000, false));
        // A clock that is set back locks nobody out.
        assert_eq!(asked(2_000), (1, 7_000, false));
    }

    #[test]
    fn addresses_of_one_network_are_one_caller_and_this_machine_is_none() {
        assert_eq!(address("2001:db8:1:2::7"), address("2001:db8:1:2:3:4:5:6"));
        assert_ne!(address("2001:db8:1:2::7"), address("2001:db8:1:3::7"));
        assert_eq!(address("::ffff:203.0.113.7"), address("203.0.113.7"));
        for here in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(address(here), None, "{here}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let window = Window::new(Some(1), 5_000);
        let callers = u32::try_from(CALLERS_MAX).unwrap() + 10;
        for caller in 0..callers {
            let key = Key::Address(std::net::Ipv4Addr::from(caller).into());
            window.count(key, i64::from(caller / 100)).unwrap();
        }
        let kept = window.counts.lock().unwrap().len();
        assert!((CALLERS_MAX / 3..=CALLERS_MAX).contains(&kept), "{kept}");
    }
}
