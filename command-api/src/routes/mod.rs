//! HTTP to command, and nothing else.

pub mod accounts;
pub mod audit;
mod audit_query;
pub mod carts;
pub mod catalog;
pub mod checkout;
pub mod checkout_settings;
pub mod contact;
pub mod description;
pub mod discount_codes;
pub mod fulfilment;
pub mod orders;
pub mod payment_webhooks;
mod placing;
mod quote;
pub mod requests;
pub mod sandbox;
pub mod seller;
pub mod session;
pub mod stock;
#[cfg(test)]
mod tests;
pub mod webhooks;

use serde::Serialize;
use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::conditions::{IdempotencyKey, IfMatch};
use crate::error::Problem;
use crate::fields::Sent;

type SentKey = Sent<IdempotencyKey>;
type SentTags = Sent<IfMatch>;

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

/// A header of every command. For the description alone: [`crate::request::Received`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes, and is never made")]
struct Repeatable {
    /// The same key again gives the same answer, and no second effect
    #[param(rename = "Idempotency-Key", inline)]
    idempotency_key: Option<SentKey>,
}

/// The same header where it has to be sent: what moves money.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes, and is never made")]
struct RepeatableOnly {
    /// The same key again gives the same answer, and no second effect
    #[param(rename = "Idempotency-Key", inline)]
    idempotency_key: SentKey,
}

/// A header of every command on something that is there already. Routes whose descriptions lack it refuse it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes, and is never made")]
struct Conditional {
    /// Only if it still is this one: the `ETag` of a query or of a command; 412 otherwise
    #[param(rename = "If-Match", inline)]
    if_match: Option<SentTags>,
}

/// Every command may be answered so.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "describes, and is never made")]
enum Refused {
    /// What is wrong with the request
    #[response(status = "4XX", content_type = "application/problem+json")]
    Request(Problem),
    /// Try again, with the same key
    #[response(status = "5XX", content_type = "application/problem+json")]
    Server(Problem),
}
