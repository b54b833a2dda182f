//! The tables `reporting.*` in PostgreSQL: what a row is, how events are folded into it, how rows are read and written.
//!
//! Written by `projectors::reporting`, read by people who know SQL (`docs/reporting.md`). The tables themselves are made by
//! the event store's migrations: they live beside the log, so that rows and offset commit together.

mod order;
mod payment;
mod product;
mod row;
mod store;
mod tables;

pub use order::{LineRow, OrderRow};
pub use payment::{Attempt, PaymentRow, Refund};
pub use product::{ProductRow, StockRow};
pub use row::{AGGREGATE_TYPES, Key, Row, Step};
/// What goes wrong between this process and PostgreSQL, for those who may not know its client.
pub use sqlx::Error as DatabaseError;
pub use store::{Parked, Progress, Store, Writing};
