//! HTTP to command, and nothing else.

pub mod carts;
pub mod catalog;
pub mod session;
pub mod stock;
#[cfg(test)]
mod tests;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A command was carried out.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// Of what was changed: a cart's UUID or a SKU.
    pub id: String,
    /// Its version since. A query with `min-version` shows at least this.
    pub version: i64,
    /// Of the last event, in the whole log.
    pub position: i64,
}

/// Owns staff's idempotency keys as long as one token stands for all of staff.
const STAFF: Uuid = Uuid::nil();
