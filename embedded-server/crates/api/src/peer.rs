//! From which address a request came.

use crate::app::Settings;
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, SocketAddr};

/// The address of the caller: of the other end of the connection, or, behind as many proxies as the
/// configuration trusts, what the outermost of them was called from (`spec/auth.md` 16). What a
/// caller writes into the header by itself stands further left and counts for nothing.
pub(crate) fn address(
    extensions: &Extensions,
    headers: &HeaderMap,
    settings: &Settings,
) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let Some(outermost) = settings.trusted_proxies.checked_sub(1) else { return Some(peer) };
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let forwarded = hops.iter().rev().nth(outermost).and_then(|hop| of_hop(hop));
    Some(forwarded.map_or(peer, |address| address.to_canonical()))
}

/// An address as proxies write it: with or without a port, IPv6 in brackets or not.
fn of_hop(hop: &str) -> Option<IpAddr> {
    let whole = hop.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    whole.or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::of_hop;

    #[test]
    fn a_hop_is_read_however_a_proxy_writes_it() {
        for (hop, address) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
        ] {
            assert_eq!(of_hop(hop), address.parse().ok(), "{hop}");
        }
        for none in ["", "unknown", "_hidden", "203.0.113", "203.0.113.7:", "[203.0.113.7"] {
            assert_eq!(of_hop(none), None, "{none}");
        }
    }
}
