//! The projectors against real PostgreSQL, Kafka and Redis; what goes wrong is forced, not left to chance.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod events;
mod expiring;
mod fencing;
mod finished;
mod healing;
mod keeping;
mod log_lag;
mod members;
mod order_events;
mod orders;
mod panicking;
mod poison;
mod process;
mod rebuilding;
mod remade;
mod replica;
mod reporting;
mod requests;
mod restored;
mod support;
mod verifying;
mod verifying_orders;
