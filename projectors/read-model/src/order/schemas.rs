//! What of the domain stands in an order's document, for the API's description: the domain knows no OpenAPI.
#![expect(
    dead_code,
    reason = "these only describe `domain::order`'s types to the API's description"
)]

use utoipa::ToSchema;

use crate::money::MoneySchema;

/// `total = subtotal − discount + shipping`, and `+ tax` where the prices do not include it.
#[derive(ToSchema)]
#[schema(as = OrderTotals)]
pub struct TotalsSchema {
    subtotal: MoneySchema,
    discount: MoneySchema,
    shipping: MoneySchema,
    tax: MoneySchema,
    /// In hundredths of a percent: 1900 is 19 %.
    tax_rate: u32,
    /// Whether the tax is part of the prices already.
    tax_included: bool,
    total: MoneySchema,
}

/// How many of a product are in a parcel.
#[derive(ToSchema)]
#[schema(as = ShippedLine)]
pub struct ShippedLineSchema {
    sku: String,
    quantity: u32,
}

/// Who ended the order; `expired`: nobody paid in time.
#[derive(ToSchema)]
#[schema(as = CancelReason, rename_all = "snake_case")]
pub enum CancelReasonSchema {
    Expired,
    Customer,
    Staff,
}

#[derive(ToSchema)]
#[schema(as = ReturnReason, rename_all = "snake_case")]
pub enum ReturnReasonSchema {
    Damaged,
    WrongItem,
    NotAsDescribed,
    NotWanted,
}
