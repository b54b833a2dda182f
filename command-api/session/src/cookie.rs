//! The two cookies: their names, how they are found in a request and how they are set.

use std::time::Duration;

/// How long a session may lie idle, and how long its cookie lives.
pub(crate) const SESSION_LIFE: Duration = Duration::from_hours(30 * 24);
/// Browsers keep no cookie longer than 400 days.
const GUEST_LIFE: Duration = Duration::from_hours(400 * 24);

/// With TLS the names carry the `__Host-` prefix, which keeps other hosts of the domain from setting
/// them. Plain HTTP on a developer's machine cannot have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieKind {
    Secure,
    Development,
}

impl CookieKind {
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

    pub(crate) fn set_session(self, id: &str) -> String {
        self.set(self.session_name(), id, SESSION_LIFE)
    }

    pub(crate) fn set_guest(self, signed: &str) -> String {
        self.set(self.guest_name(), signed, GUEST_LIFE)
    }

    /// Tells the browser to forget it.
    pub(crate) fn forget_session(self) -> String {
        self.set(self.session_name(), "", Duration::ZERO)
    }

    pub(crate) fn forget_guest(self) -> String {
        self.set(self.guest_name(), "", Duration::ZERO)
    }

    fn set(self, name: &str, value: &str, life: Duration) -> String {
        let secure = match self {
            Self::Secure => "; Secure",
            Self::Development => "",
        };
        let seconds = life.as_secs();
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
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
