//! A browser that signed in to an account before, by a cookie: `{account}.{epoch}.{unix seconds}.{random}.{key id}.{signature}`.
//!
//! It opens nothing. Whoever shows it guesses at that account's password out of a quota of their own, so that strangers who use up the
//! account's do not lock its owner out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"). It ends with the account's epoch:
//! otherwise somebody who once knew the password could guess at the next one with every cookie that they collected. Signed with a key of
//! its own ([`crate::guest`]).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::cookie::{self, BROWSER_LIFE};
use crate::guest::GuestKey;
use crate::store::{Sessions, SessionsError, now};

/// Two sign-ins of one second are two browsers.
const RANDOM: usize = 12;

/// Which account signed in here, and what names this browser among its browsers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBrowser {
    pub account: Uuid,
    /// Of the account, when it signed in here. In another one this is a stranger's browser.
    pub epoch: i32,
    /// For counting.
    pub name: String,
}

impl Sessions {
    /// The browser that this `Cookie` header comes from, if an account signed in there within half a year.
    pub fn known_browser(&self, cookies: &str) -> Option<KnownBrowser> {
        let value = cookie::find(cookies, self.cookies.browser_name())?;
        verify(&self.key, value, now())
    }

    /// The `Set-Cookie` value by which the browser is known again.
    pub(crate) fn remember_browser(&self, account: Uuid, epoch: i32) -> Result<String, SessionsError> {
        let mut random = [0; RANDOM];
        getrandom::fill(&mut random).map_err(|error| SessionsError::Random(error.to_string()))?;
        Ok(self
            .cookies
            .set_browser(&sign(&self.key, (account, epoch), now(), &random)))
    }
}

fn sign(key: &GuestKey, (account, epoch): (Uuid, i32), at: u64, random: &[u8]) -> String {
    let random = URL_SAFE_NO_PAD.encode(random);
    key.sign_browser(&format!("{account}.{epoch}.{at}.{random}"))
}

fn verify(key: &GuestKey, value: &str, now: u64) -> Option<KnownBrowser> {
    let name = key.verify_browser(value)?;
    let parts: Vec<&str> = name.split('.').collect();
    // Earlier releases signed three parts, without an epoch.
    let [account, epoch, at, _random] = parts[..] else {
        return None;
    };
    let at: u64 = at.parse().ok()?;
    if now >= at.saturating_add(BROWSER_LIFE.as_secs()) {
        return None;
    }
    Some(KnownBrowser {
        account: Uuid::try_parse(account).ok()?,
        epoch: epoch.parse().ok()?,
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::DEVELOPMENT_KEY;

    const DAY: u64 = 24 * 60 * 60;

    fn key() -> GuestKey {
        GuestKey::parse(&DEVELOPMENT_KEY.into()).unwrap()
    }

    #[test]
    fn a_browser_is_known_by_what_was_signed_for_half_a_year() {
        let account = Uuid::now_v7();
        let cookie = sign(&key(), (account, 7), 1_000, b"random");
        let known = verify(&key(), &cookie, 1_000 + 179 * DAY).unwrap();
        assert_eq!((known.account, known.epoch), (account, 7));
        assert_eq!(verify(&key(), &cookie, 1_000 + 181 * DAY), None);
        let other = sign(&key(), (account, 7), 1_000, b"other");
        assert_ne!(verify(&key(), &other, 1_000).unwrap().name, known.name);
    }

    #[test]
    fn what_was_not_signed_for_it_makes_no_browser_known() {
        let (account, other) = (Uuid::now_v7(), Uuid::now_v7());
        let cookie = sign(&key(), (account, 7), 1_000, b"random");
        let signature = cookie.rsplit('.').next().unwrap();
        for forged in [
            cookie.replacen(&account.to_string(), &other.to_string(), 1),
            cookie.replacen(".1000.", ".9999.", 1),
            cookie.replacen(".7.", ".8.", 1),
            // Neither a guest's cookie nor the key of an order's link, both of which clients have.
            key().sign(account),
            format!("{account}.7.1000.cmFuZG9t.{}", key().order_key(account)),
            format!("{account}.7.1000.cmFuZG9t.{signature}"),
            String::new(),
        ] {
            assert_eq!(verify(&key(), &forged, 1_000), None, "{forged}");
        }
        assert_eq!(key().verify(&cookie), None, "and it names no guest");
    }

    #[test]
    fn a_cookie_of_an_earlier_release_which_names_no_epoch_makes_no_browser_known() {
        let account = Uuid::now_v7();
        for random in ["cmFuZG9t", "1234567890123456"] {
            let cookie = key().sign_browser(&format!("{account}.1000.{random}"));
            assert_eq!(verify(&key(), &cookie, 1_000), None, "{random}");
        }
    }
}
