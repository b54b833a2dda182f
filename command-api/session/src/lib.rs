//! Who somebody is: sessions and API keys in Redis, and the guest cookie.
//!
//! The command API issues sessions and keeps them alive, the query API only reads them; both ask
//! [`Sessions`] with the request's `Cookie` header, and [`ApiKeys`] with what an `Authorization` header bears. Two cookies are set. The session's is a random
//! secret that names an entry in Redis. The guest's is signed and lives longer: when Redis has lost its
//! sessions, whoever still shows it *is* that guest, gets a new session, and finds the cart again.
//!
//! The same key signs the links of orders ([`GuestKey::order_key`]), which open an order without either cookie.
//!
//! Beside them [`Attempts`] counts what may be tried a few times only, for all replicas together.
//!
//! No personal data is kept here, and nothing of a session is ever logged.

mod api_keys;
mod attempts;
mod cookie;
mod guest;
mod inbox;
mod issuing;
mod listing;
mod role;
mod store;

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

pub use api_keys::{ApiKeys, PublishedKey};
pub use attempts::{Attempts, Quota, Standing};
pub use cookie::CookieKind;
pub use guest::{DEVELOPMENT_KEY, GuestKey, WeakKey};
pub use listing::Listed;
pub use role::{Role, Roles};
pub use store::{Session, Sessions, SessionsError, Shopper};
