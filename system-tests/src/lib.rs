//! The whole system from outside, over HTTP: what the tools `load` and `bench` and the fault tests in `tests/` are made of.
//!
//! Nothing here is linked into a service, and no service's code is used here except `domain`'s limits and names: what is
//! found out about the system is what a client could have found out.

pub mod baskets;
pub mod bench;
pub mod commands;
pub mod factors;
pub mod guest;
pub mod http;
pub mod keys;
pub mod load;
pub mod ordering;
pub mod pace;
pub mod staff;
