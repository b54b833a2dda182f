//! PostgreSQL as every process of the shop uses it: pools whose every round trip ends, and what its errors mean.
//!
//! Used by whoever owns tables. It knows no table and no statement. The command loop and the relay have connections of their own;
//! they use [`within`].

mod errors;
mod limits;
mod pool;
mod portions;
mod session;

pub use errors::{ErrorKind, classify};
pub use limits::{Limits, within};
pub use pool::{Pool, PoolSettings};
pub use portions::{PORTION, in_portions};
pub use session::{Session, Transaction};
