//! Who a shopper is: sessions in Redis and the guest cookie.
//!
//! The command API issues sessions and keeps them alive, the query API only reads them; both ask
//! [`Sessions`] with the request's `Cookie` header. Two cookies are set. The session's is a random
//! secret that names an entry in Redis. The guest's is signed and lives longer: when Redis has lost its
//! sessions, whoever still shows it *is* that guest, gets a new session, and finds the cart again.
//!
//! The same key signs the links of orders ([`GuestKey::order_key`]), which open an order without either cookie.
//!
//! No personal data is kept here, and nothing of a session is ever logged.

mod cookie;
mod guest;
mod store;

pub use cookie::CookieKind;
pub use guest::{DEVELOPMENT_KEY, GuestKey, WeakKey};
pub use store::{Session, Sessions, SessionsError, Shopper};
