//! How money and times look in documents; used by the documents' serde and schema attributes alone.

pub use domain::{Currency, Money};
use utoipa::ToSchema;

/// An amount in integer minor units (cents for EUR, yen for JPY) and its ISO 4217 currency.
#[derive(ToSchema)]
#[schema(as = Money, example = json!({"minor": 1450, "currency": "EUR"}))]
#[expect(
    dead_code,
    reason = "describes `domain::Money`, which knows no OpenAPI, to the API's description"
)]
pub struct MoneySchema {
    minor: i64,
    #[schema(min_length = 3, max_length = 3)]
    currency: String,
}
