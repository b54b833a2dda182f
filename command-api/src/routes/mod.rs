//! HTTP to command, and nothing else.

pub mod carts;
pub mod catalog;
pub mod session;

use serde::Serialize;
use utoipa::ToSchema;

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
