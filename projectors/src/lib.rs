//! Kafka in, views out: one consumer group per view and generation, one task per partition.
//!
//! `main` starts it; the tests below `tests/` drive its parts one step at a time. The documents and how they lie in
//! Redis are the crate `read-model`; here is when they are folded, and what happens when something fails in between.

pub mod admission;
pub mod batch;
mod care;
pub mod checkpoints;
pub mod config;
pub mod consumer;
pub mod decode;
pub mod documents;
pub mod fold;
pub mod follow;
pub mod genuine;
pub mod history;
pub mod kafka;
pub mod log_identity;
pub mod log_lag;
pub mod metric;
mod owners;
mod panics;
pub mod parked;
pub mod partition;
pub mod projector;
pub mod rebuild;
pub mod reporting;
pub mod running;
pub mod services;
pub mod sweep;
mod texts;
pub mod verify;
