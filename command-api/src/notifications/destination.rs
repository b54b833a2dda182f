//! Where webhooks may go: which URLs staff may enter, and which addresses are connected to.
//!
//! A subscriber's URL makes this process send requests for somebody else. So it must not reach what only this process can reach: every
//! address is checked when it is connected to, not when the URL was entered, because a name may answer differently the next time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

const MAX_LENGTH: usize = 2_000;

/// What a developer's machine may do beyond the rules of the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    pub plain_http: bool,
    /// This machine, and networks that are nobody else's business.
    pub private: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the host has no public address")]
pub struct NotPublic;

impl Reach {
    /// # Errors
    /// What a URL has to be, in words for people.
    pub fn parse(self, text: &str) -> Result<Url, String> {
        let scheme = if self.plain_http { "http or https" } else { "https" };
        let rule = || {
            format!(
                "has to be an absolute {scheme} URL of at most {MAX_LENGTH} characters, without credentials or fragment"
            )
        };
        let url = Url::parse(text).map_err(|_| rule())?;
        let scheme_fits = url.scheme() == "https" || (self.plain_http && url.scheme() == "http");
        let names_nobody = url.username().is_empty() && url.password().is_none();
        if !scheme_fits || !names_nobody || url.fragment().is_some() || url.as_str().len() > MAX_LENGTH {
            return Err(rule());
        }
        match self.check_literal(&url) {
            Ok(()) => Ok(url),
            Err(NotPublic) => Err("has to name a host with a public address".to_owned()),
        }
    }

    /// A host that is an address is never looked up, so the resolver does not see it.
    pub fn check_literal(self, url: &Url) -> Result<(), NotPublic> {
        let host = url.host_str().unwrap_or_default();
        let literal = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<IpAddr>();
        if literal.is_ok_and(|address| !self.allows(address)) {
            return Err(NotPublic);
        }
        Ok(())
    }

    fn allows(self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }
}

/// Looks names up and keeps only the addresses that may be connected to. The client connects to what this returns, and to nothing else.
impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| reach.allows(found.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether an address belongs to the internet at large. Sources: IANA's special-purpose address registries for IPv4 and IPv6.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let this_network = a == 0;
    let carriers_own = a == 100 && (64..=127).contains(&b);
    let assigned_to_protocols = (a, b, c) == (192, 0, 0);
    let relays_to_v6 = (a, b, c) == (192, 88, 99);
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let reserved = a >= 240;
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation();
    !(special
        || this_network
        || carriers_own
        || assigned_to_protocols
        || relays_to_v6
        || benchmarks
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    match address.segments() {
        // NAT64 (RFC 6052): the IPv4 address is in the last 32 bits.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Protocol assignments with Teredo, documentation, 6to4.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast; loopback, link-local, unique local and multicast lie outside of it.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: Reach = Reach {
        plain_http: false,
        private: false,
    };

    #[test]
    fn addresses_of_this_machine_and_of_private_networks_are_not_public() {
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "203.0.113.9",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_url_that_does_not_fit_is_refused() {
        for wrong in [
            "",
            "example.com/hook",
            "http://example.com/hook",
            "ftp://example.com/hook",
            "https://",
            "https://user@example.com/",
            "https://user:word@example.com/",
            "https://example.com/#part",
            "https://127.0.0.1/",
            // All of these are 127.0.0.1 to a browser, and to us.
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://10.0.0.7/",
            "https://169.254.169.254/latest/meta-data/",
        ] {
            assert!(PUBLIC.parse(wrong).is_err(), "{wrong}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MAX_LENGTH));
        assert!(PUBLIC.parse(&long).is_err());
        let parsed = PUBLIC.parse("https://example.com:8443/hook?for=us").unwrap();
        assert_eq!(parsed.as_str(), "https://example.com:8443/hook?for=us");
    }

    #[test]
    fn a_developers_machine_may_send_to_itself() {
        let own = Reach {
            plain_http: true,
            private: true,
        };
        assert!(own.parse("http://127.0.0.1:9000/").is_ok());
        let plain = Reach {
            plain_http: true,
            private: false,
        };
        assert!(plain.parse("http://127.0.0.1:9000/").is_err());
        assert!(plain.parse("http://example.com/").is_ok());
    }
}
