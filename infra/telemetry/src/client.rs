//! Who sends a request: limits are counted by network.
//!
//! Every proxy on the way appends the address that it was asked from to `X-Forwarded-For`; what stands before that is only what the
//! client itself wrote. So the list is read from its end, through proxies that the configuration names, up to the first address that
//! is none of them. Whoever is not named is not believed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use axum::http::HeaderMap;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const FORWARDED_FOR: &str = "x-forwarded-for";
/// Says that clients connect themselves.
const NONE: &str = "none";

/// The networks of the proxies that stand before an API: `TRUSTED_PROXIES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// Why a list of proxies cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxiesError {
    #[error(
        "`{0}` is neither an address nor a network, as 10.0.1.7, 10.0.1.0/24 or fd00:1::/64; `{NONE}` stands for no proxy"
    )]
    Unreadable(String),
    #[error(
        "`{0}` would be every address there is: then clients could say of themselves where they come from"
    )]
    Everybody(String),
    #[error(
        "TRUSTED_PROXIES is not set. Name the addresses or networks of the proxies before this API, as 10.0.1.0/24,fd00:1::/64, or \
         `{NONE}` if clients connect to it themselves; without it every client behind a proxy would share one client's limits."
    )]
    Unset,
}

impl TrustedProxies {
    /// What is configured. Where nothing is, a developer's machine has its proxy on itself; elsewhere nobody can guess.
    ///
    /// # Errors
    /// A sentence for whoever starts the process.
    pub fn configured(given: Option<&Self>, dev: bool) -> Result<Self, ProxiesError> {
        match given {
            Some(given) => Ok(given.clone()),
            None if dev => Ok(Self::loopback()),
            None => Err(ProxiesError::Unset),
        }
    }

    pub fn loopback() -> Self {
        let v4 = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
        let v6 = Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128);
        Self(vec![v4.into(), v6.into()])
    }

    /// Where a request really comes from, that was sent by `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        // As bytes: a client writes what it likes before what proxies append, and a line that is no text as a whole still has an end.
        let entries = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        for entry in entries {
            if !self.trusts(client) {
                break;
            }
            // A proxy of ours that writes no address knows of none: the request is its own.
            let before = std::str::from_utf8(entry).ok().and_then(address);
            let Some(before) = before else { break };
            client = before;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = ProxiesError;

    fn from_str(text: &str) -> Result<Self, ProxiesError> {
        if text.trim() == NONE {
            return Ok(Self(vec![]));
        }
        text.split(',')
            .map(network_of)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(NONE);
        }
        let networks: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

/// A single address is a network of one.
fn network_of(text: &str) -> Result<IpNet, ProxiesError> {
    let text = text.trim();
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text
            .parse()
            .map_err(|_| ProxiesError::Unreadable(text.to_owned()))?,
    };
    if network.prefix_len() == 0 {
        return Err(ProxiesError::Everybody(text.to_owned()));
    }
    Ok(network)
}

/// An entry of `X-Forwarded-For`. Some balancers write the port, too.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let parsed = entry
        .parse::<IpAddr>()
        .or_else(|_| entry.parse::<SocketAddr>().map(|with_port| with_port.ip()));
    parsed.ok().map(|address| address.to_canonical())
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
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn sent(lines: &[&'static str]) -> HeaderMap {
        let name = HeaderName::from_static(FORWARDED_FOR);
        let lines = lines.iter().map(|line| HeaderValue::from_static(line));
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name.clone(), line);
        }
        headers
    }

    /// Whom a shop behind these proxies takes for the client.
    fn client(proxies: &str, peer: &str, lines: &[&'static str]) -> String {
        let proxies: TrustedProxies = proxies.parse().unwrap();
        proxies.client(peer.parse().unwrap(), &sent(lines)).to_string()
    }

    #[test]
    fn behind_one_proxy_the_last_entry_is_the_client_whatever_was_sent_before_it() {
        let of = |peer, line| client("10.0.1.0/24", peer, &[line]);
        assert_eq!(of("10.0.1.7", "203.0.113.9"), "203.0.113.9");
        assert_eq!(of("10.0.1.7", "6.6.6.6, 203.0.113.9"), "203.0.113.9");
        assert_eq!(client("10.0.1.0/24", "10.0.1.7", &[]), "10.0.1.7");
    }

    #[test]
    fn behind_two_proxies_the_entry_before_the_outer_one_is_the_client() {
        let of = |line| client("10.0.1.7,10.0.2.0/24", "10.0.1.7", &[line]);
        assert_eq!(of("203.0.113.9, 10.0.2.33"), "203.0.113.9");
        assert_eq!(of("10.0.2.44, 6.6.6.6, 203.0.113.9, 10.0.2.33"), "203.0.113.9");
        let lines = ["6.6.6.6", "203.0.113.9", "10.0.2.33"];
        assert_eq!(client("10.0.1.7,10.0.2.0/24", "10.0.1.7", &lines), "203.0.113.9");
        // A balancer that nobody named is a client like any other.
        assert_eq!(
            client("10.0.1.7", "10.0.1.7", &["203.0.113.9, 10.0.2.33"]),
            "10.0.2.33"
        );
    }

    #[test]
    fn whoever_is_no_proxy_of_ours_is_not_believed_however_private_their_address_is() {
        for peer in [
            "198.51.100.1",
            "10.9.9.9",
            "192.168.0.5",
            "127.0.0.1",
            "fd00:9::1",
        ] {
            assert_eq!(client("10.0.1.0/24", peer, &["6.6.6.6"]), peer);
            assert_eq!(client("none", peer, &["6.6.6.6"]), peer);
        }
    }

    #[test]
    fn addresses_of_ipv6_and_those_that_wrap_ipv4_are_compared_as_what_they_are() {
        assert_eq!(
            client("fd00:1::/64", "fd00:1::7", &["2001:db8::5"]),
            "2001:db8::5"
        );
        assert_eq!(client("fd00:1::/64", "fd00:2::7", &["2001:db8::5"]), "fd00:2::7");
        let wrapped = "::ffff:10.0.1.7";
        for proxies in ["10.0.1.0/24", "10.0.1.7", wrapped] {
            assert_eq!(client(proxies, wrapped, &["::ffff:203.0.113.9"]), "203.0.113.9");
        }
        let lines = ["203.0.113.9:41822, [fd00:1::8]:443"];
        assert_eq!(client("fd00:1::/64", "fd00:1::7", &lines), "203.0.113.9");
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_client_behind_the_proxys_own_address() {
        let proxies: TrustedProxies = "10.0.1.0/24".parse().unwrap();
        let of = |line: &'static [u8]| {
            let mut headers = HeaderMap::new();
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
            proxies.client("10.0.1.7".parse().unwrap(), &headers).to_string()
        };
        assert_eq!(of(b"\xff, 203.0.113.9"), "203.0.113.9");
        assert_eq!(of("\u{e9}, 203.0.113.9, 10.0.1.8".as_bytes()), "203.0.113.9");
        assert_eq!(
            of(b"203.0.113.9\xff"),
            "10.0.1.7",
            "a proxy of ours wrote no address"
        );
    }

    #[test]
    fn what_is_no_address_is_passed_by_nobody() {
        for line in ["unknown", "", "203.0.113.9, nonsense", "6.6.6.6,"] {
            assert_eq!(client("10.0.1.0/24", "10.0.1.7", &[line]), "10.0.1.7", "{line:?}");
        }
    }

    #[test]
    fn proxies_have_to_be_named_but_on_a_developers_machine() {
        let unset = |dev| TrustedProxies::configured(None, dev);
        assert_eq!(unset(true), Ok(TrustedProxies::loopback()));
        let said = unset(false).unwrap_err().to_string();
        assert!(said.contains("10.0.1.0/24") && said.contains("`none`"), "{said}");
        let none: TrustedProxies = "none".parse().unwrap();
        assert_eq!(TrustedProxies::configured(Some(&none), true), Ok(none));
    }

    #[test]
    fn a_list_of_proxies_that_cannot_be_meant_is_refused_by_the_name_of_what_is_wrong() {
        for (text, wrong) in [
            ("", "``"),
            ("10.0.1.0/24,", "``"),
            ("10.0.1.0/33", "`10.0.1.0/33`"),
            ("nginx", "`nginx`"),
            ("0.0.0.0/0", "`0.0.0.0/0`"),
            ("10.0.0.1,::/0", "`::/0`"),
        ] {
            let said = text.parse::<TrustedProxies>().unwrap_err().to_string();
            assert!(said.contains(wrong), "{text}: {said}");
        }
        let both: TrustedProxies = " 10.0.1.7 , fd00:1::/64".parse().unwrap();
        assert_eq!(both.to_string(), "10.0.1.7/32,fd00:1::/64");
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
