//! The log in PostgreSQL: migrations, the atomic append, reading by stream and by position.
//!
//! Beside it what has to commit with it (deadlines) or must never be in it (contacts, texts). The only crate that knows the log's
//! SQL. The command loop loads and appends, the relay and projectors read.

pub mod aggregate;
pub mod append;
mod arrays;
pub mod audit;
pub mod connection;
pub mod contacts;
pub mod deadlines;
pub mod gateway_notices;
pub mod incarnation;
pub mod loading;
pub mod maintenance;
pub mod members;
pub mod migrations;
mod of_person;
mod partitions;
mod pool;
pub mod reading;
pub mod relay_cursor;
pub mod relay_watch;
pub mod republication;
pub mod rights;
mod row;
pub mod snapshots;
mod sweep;
pub mod texts;

pub use append::{
    AppendError, Appended, MAX_PAYLOAD, NewEvent, Outcome, Receipt, ReceiptAnswer, StoredReceipt, StreamUse,
    Transaction,
};
pub use connection::Connection;
pub use database::{ErrorKind, classify};
pub use partitions::Partitions;
pub use reading::{Place, Reader, ids_at};
/// What goes wrong between this process and PostgreSQL, for those who may not know its client.
pub use sqlx::Error as DatabaseError;
