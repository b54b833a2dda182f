//! The projectors against real PostgreSQL, Kafka and Redis; what goes wrong is forced, not left to chance.

mod fencing;
mod healing;
mod keeping;
mod poison;
mod process;
mod rebuilding;
mod replica;
mod support;
mod verifying;
