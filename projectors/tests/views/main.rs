//! The projectors against real PostgreSQL, Kafka and Redis; what goes wrong is forced, not left to chance.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod events;
mod fencing;
mod finished;
mod healing;
mod keeping;
mod order_events;
mod orders;
mod poison;
mod process;
mod rebuilding;
mod replica;
mod reporting;
mod requests;
mod support;
mod verifying;
mod verifying_orders;
