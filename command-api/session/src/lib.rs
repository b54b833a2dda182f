//! Who somebody is: sessions and API keys in Redis, and the guest cookie.
//!
//! The command API issues sessions and keeps them alive, the query API only reads them; both ask
//! [`Sessions`] with the request's `Cookie` header, and [`ApiKeys`] with what an `Authorization` header bears. Two cookies are set. The session's is a random
//! secret that names an entry in Redis. The guest's is signed and lives longer: when Redis has lost its
//! sessions, whoever still shows it *is* that guest, gets a new session, and finds the cart again.
//!
//! Made of the same secret, but with a key of its own, are the keys in the links of orders ([`GuestKey::order_key`]), which
//! open an order without either cookie, and a cookie by which a browser is known that an account signed in with ([`KnownBrowser`]).
//!
//! What ends a session or a key is stored in PostgreSQL first. A Redis that comes back with less than it had (a restart, a failover)
//! is believed nothing about accounts before it is told anew: see `told.rs`, `epochs.rs` and `ended.rs`.
//!
//! Beside them [`Attempts`] counts what may be tried a few times only, [`Holds`] what is held without being paid, and [`Leases`] keep what
//! is done once at a time, for all replicas together.
//!
//! What happens to all of that is recorded by [`security`], and guesses at the staff token are limited by [`Guesses`].
//!
//! No personal data is kept here, and nothing of a session is ever logged.

mod api_keys;
mod attempts;
mod browser;
mod cookie;
mod ended;
mod epochs;
mod guesses;
mod guest;
mod holds;
mod inbox;
mod issuing;
mod leases;
mod listing;
mod role;
mod second_step;
pub mod security;
mod store;
mod told;

/// 43 letters that nobody can guess: 256 random bits in base64url.
///
/// # Errors
/// The operating system has no random bytes.
pub fn secret() -> Result<String, SessionsError> {
    use base64::Engine;
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| SessionsError::Random(error.to_string()))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random))
}

/// How to say who one is, for every answer that asks (RFC 9110 §11.6.1). Sessions have no scheme that could be named.
pub const CHALLENGE: &str = "Bearer";

/// The token of an `Authorization` header. None where it is of another scheme, of which this shop has none; the scheme's case does not
/// matter (RFC 9110 §11.1).
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

pub use api_keys::{ApiKeys, PublishedKey};
pub use attempts::{Attempts, Quota, Standing};
pub use browser::KnownBrowser;
pub use cookie::{CookieKind, OriginsError};
pub use ended::NamedSession;
pub use epochs::{Claim, LookedUp};
pub use guesses::Guesses;
pub use guest::{AddressMac, DEVELOPMENT_KEY, GuestKey, ORDER_LINK_LIFE, WeakKey};
pub use holds::{Asked, Held, Holder, Holds};
pub use issuing::Member;
pub use leases::{Lease, Leases, Taken};
pub use listing::{Listed, MOST_SESSIONS};
pub use role::{Role, Roles};
pub use store::{LONGEST_LIFE, Resolved, Session, Sessions, SessionsError, Shopper};

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn a_bearer_is_known_by_its_scheme_alone() {
        assert_eq!(bearer("Bearer cw_1"), Some("cw_1"));
        assert_eq!(bearer("bearer  cw_1 "), Some("cw_1"));
        for other in ["", "Bearer", "Bearer ", "Basic Y3c6MQ==", "cw_1", "Bearercw_1"] {
            assert_eq!(bearer(other), None, "{other:?}");
        }
    }
}
