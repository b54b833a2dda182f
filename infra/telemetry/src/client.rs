//! Who sends a request: limits are counted by address.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::HeaderMap;

/// Who is at the other end. A proxy is believed about its client if it stands in our own network: the
/// last entry of `X-Forwarded-For` is the one that it wrote itself.
pub fn address(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let ours = match peer {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    };
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    let named = last.and_then(|address| address.trim().parse().ok());
    named.filter(|_| ours).unwrap_or(peer)
}

/// What of an address a limit counts. Whoever has one address of IPv6 has the other 2^64 of its network, too (RFC 6177); one that only
/// wraps an address of IPv4 is that one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let sent = HeaderMap::from_iter([(
            "x-forwarded-for".parse().unwrap(),
            HeaderValue::from_static("6.6.6.6, 203.0.113.9"),
        )]);
        let from = |peer: &str| address(peer.parse().unwrap(), &sent).to_string();
        assert_eq!(from("127.0.0.1"), "203.0.113.9");
        assert_eq!(from("10.0.0.7"), "203.0.113.9");
        assert_eq!(from("198.51.100.1"), "198.51.100.1");
        assert_eq!(
            address("10.0.0.7".parse().unwrap(), &HeaderMap::new()).to_string(),
            "10.0.0.7"
        );
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_an_address_of_ipv4_by_itself() {
        let of = |address: &str| network(address.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(of("2001:db8:1:2:ffff::1"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
        assert_eq!(of("203.0.113.9"), "203.0.113.9");
        assert_eq!(of("::ffff:203.0.113.9"), "203.0.113.9");
    }
}
