//! The cookies (a session's, a guest's, a known browser's): their names, how they are found in a request and how they are set.

use std::time::Duration;

use uuid::Uuid;

use crate::store::Sessions;

/// How long a session may lie idle, and how long its cookie lives.
pub(crate) const SESSION_LIFE: Duration = Duration::from_hours(30 * 24);
/// Browsers keep no cookie longer than 400 days.
pub(crate) const GUEST_LIFE: Duration = Duration::from_hours(400 * 24);

/// A live stream ends within an hour, and the order is read again long before.
const ORDER_LIFE: Duration = Duration::from_hours(1);
/// For how long a browser is known that an account signed in with.
pub(crate) const BROWSER_LIFE: Duration = Duration::from_hours(180 * 24);

/// With TLS the names carry the `__Host-` prefix, which keeps other hosts of the domain from setting
/// them. Plain HTTP on a developer's machine cannot have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    Secure,
    Development,
}

/// Why no kind of cookie fits the origins of a shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginsError {
    #[error(
        "PUBLIC_ORIGIN has both http and https origins, and cookies that one of them can keep are of no use to the other: name origins of one scheme"
    )]
    Mixed,
    #[error(
        "PUBLIC_ORIGIN has an http origin, over which anybody on the way reads the cookies: name https origins, or start with --dev on a developer's machine"
    )]
    Plain,
}

impl CookieKind {
    /// The kind that browsers keep which see the shop under these origins.
    ///
    /// # Errors
    /// They are of two schemes; or of http where this is not a developer's machine.
    pub fn of_origins(origins: &[String], is_development: bool) -> Result<Self, OriginsError> {
        let secure = origins
            .iter()
            .filter(|origin| origin.starts_with("https://"))
            .count();
        match (secure, origins.len() - secure) {
            (1.., 0) => Ok(Self::Secure),
            (1.., 1..) => Err(OriginsError::Mixed),
            (0, _) if is_development => Ok(Self::Development),
            (0, _) => Err(OriginsError::Plain),
        }
    }

    pub(crate) const fn session_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-session",
            Self::Development => "session",
        }
    }

    pub(crate) const fn guest_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-guest",
            Self::Development => "guest",
        }
    }

    pub(crate) const fn browser_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-browser",
            Self::Development => "browser",
        }
    }

    pub(crate) const fn second_step_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-second-step",
            Self::Development => "second-step",
        }
    }

    /// Only the shop's own pages take the second step, so no other site leads there with it.
    pub(crate) fn set_second_step(self, secret: &str, life: Duration) -> String {
        let cookie = self.set(self.second_step_name(), secret, life);
        cookie.replace("SameSite=Lax", "SameSite=Strict")
    }

    pub(crate) fn set_session(self, id: &str) -> String {
        self.set(self.session_name(), id, SESSION_LIFE)
    }

    pub(crate) fn set_guest(self, signed: &str) -> String {
        self.set(self.guest_name(), signed, GUEST_LIFE)
    }

    pub(crate) fn set_browser(self, signed: &str) -> String {
        self.set(self.browser_name(), signed, BROWSER_LIFE)
    }

    /// Tells the browser to forget it.
    pub(crate) fn forget_session(self) -> String {
        self.set(self.session_name(), "", Duration::ZERO)
    }

    pub(crate) fn forget_guest(self) -> String {
        self.set(self.guest_name(), "", Duration::ZERO)
    }

    /// With TLS: of this host's own https pages. Its path keeps it from being of the host alone.
    const fn order_name(self) -> &'static str {
        match self {
            Self::Secure => "__Secure-order-key",
            Self::Development => "order-key",
        }
    }

    /// Its live stream is all that it opens, and only the shop's own pages ask for that.
    fn set_order(self, order: Uuid, key: &str) -> String {
        let (name, secure) = (self.order_name(), self.secure());
        let seconds = ORDER_LIFE.as_secs();
        format!(
            "{name}={key}; Path=/api/queries/orders/{order}/live; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
        )
    }

    const fn secure(self) -> &'static str {
        match self {
            Self::Secure => "; Secure",
            Self::Development => "",
        }
    }

    fn set(self, name: &str, value: &str, life: Duration) -> String {
        let secure = self.secure();
        let seconds = life.as_secs();
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

impl Sessions {
    /// `Set-Cookie` for whoever opened an order with the key of its link: its live stream, to which a page can send no
    /// header, opens for an hour.
    pub fn order_cookie(&self, order: Uuid, key: &str) -> String {
        self.cookies.set_order(order, key)
    }

    /// The key that such a cookie has.
    pub fn order_key<'h>(&self, cookies: &'h str) -> Option<&'h str> {
        find(cookies, self.cookies.order_name())
    }
}

/// The value of the cookie called `name`; of several the first, as servers usually read them.
pub(crate) fn find<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs
        .into_iter()
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let header = "my-session=no; session=yes; guest=a=b";
        assert_eq!(find(header, "session"), Some("yes"));
        assert_eq!(find(header, "guest"), Some("a=b"));
        assert_eq!(find(header, "sess"), None);
        assert_eq!(find("", "session"), None);
    }

    #[test]
    fn cookies_are_of_the_kind_that_the_origins_can_keep() {
        let kind = |origins: &[&str], is_development| {
            let origins: Vec<String> = origins.iter().map(|origin| (*origin).to_owned()).collect();
            CookieKind::of_origins(&origins, is_development)
        };
        let (plain, secure) = ("http://localhost:7400", "https://shop.example");
        for is_development in [true, false] {
            assert_eq!(
                kind(&[secure, "https://www.shop.example"], is_development),
                Ok(CookieKind::Secure)
            );
            assert_eq!(kind(&[plain, secure], is_development), Err(OriginsError::Mixed));
        }
        assert_eq!(kind(&[plain], true), Ok(CookieKind::Development));
        assert_eq!(kind(&[plain], false), Err(OriginsError::Plain));
        for (name, same_site, cookie) in every_cookie(CookieKind::Development) {
            assert!(cookie.starts_with(&format!("{name}=secret; ")), "{cookie}");
            assert!(cookie.contains(same_site), "{cookie}");
            assert!(!cookie.contains("Secure"), "{cookie}");
        }
        for (name, same_site, cookie) in every_cookie(CookieKind::Secure) {
            // A cookie of this prefix is of the whole host, and the order's is of one path.
            let prefix = if name == "order-key" {
                "__Secure-"
            } else {
                "__Host-"
            };
            assert!(
                cookie.starts_with(&format!("{prefix}{name}=secret; ")),
                "{cookie}"
            );
            let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
            assert_eq!(attributes.contains(&"Path=/"), prefix == "__Host-", "{cookie}");
            for attribute in ["Secure", "HttpOnly", same_site] {
                assert!(attributes.contains(&attribute), "{attribute} is not in {cookie}");
            }
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
    }

    /// With its name on a developer's machine, and from which pages it is sent.
    fn every_cookie(kind: CookieKind) -> [(&'static str, &'static str, String); 5] {
        let (lax, strict) = ("SameSite=Lax", "SameSite=Strict");
        [
            ("session", lax, kind.set_session("secret")),
            ("guest", lax, kind.set_guest("secret")),
            ("browser", lax, kind.set_browser("secret")),
            (
                "second-step",
                strict,
                kind.set_second_step("secret", BROWSER_LIFE),
            ),
            ("order-key", strict, kind.set_order(Uuid::now_v7(), "secret")),
        ]
    }

    #[test]
    fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
        let cookie = CookieKind::Secure.set_session("secret");
        assert!(
            cookie.starts_with("__Host-session=secret; Path=/; Max-Age=2592000; "),
            "{cookie}"
        );
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(cookie.contains(attribute), "{attribute} is not in {cookie}");
        }
        assert!(
            !cookie.contains("Domain"),
            "a __Host- cookie has no domain: {cookie}"
        );
        assert!(!CookieKind::Development.set_guest("signed").contains("Secure"));
    }
}
