//! How a quote looks in the API's description. The domain makes it and writes its JSON, and knows no OpenAPI.

#![expect(dead_code, reason = "describes, and is never made")]

use domain::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money, in minor units of its currency.
#[derive(ToSchema)]
#[schema(as = Money)]
pub struct MoneySchema {
    minor: i64,
    #[schema(example = "EUR")]
    currency: String,
}

/// What a cart comes to right now.
#[derive(ToSchema)]
#[schema(as = Quote)]
pub struct QuoteSchema {
    lines: Vec<QuotedLine>,
    #[schema(required)]
    code: Option<QuotedCode>,
    shipping_options: Vec<QuotedShipping>,
    /// The chosen one.
    shipping_option: String,
    totals: Totals,
    /// Why the total cannot be paid: a checkout would be refused.
    #[schema(required)]
    unpayable: Option<Unpayable>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Unpayable {
    TooLittle {
        /// The least that a card can be charged.
        #[schema(value_type = MoneySchema)]
        least: Money,
    },
    TooMuch {
        /// The most that a card can be charged.
        #[schema(value_type = MoneySchema)]
        most: Money,
    },
    NoStep {
        /// What can be paid is a multiple of this.
        #[schema(value_type = MoneySchema)]
        step: Money,
    },
}

#[derive(ToSchema)]
struct QuotedLine {
    sku: String,
    name: String,
    quantity: u32,
    unit_price: MoneySchema,
    line_total: MoneySchema,
    /// The line's share of the discount.
    discount: MoneySchema,
    /// What it cost when it was put into the cart, where that differs.
    #[schema(required)]
    previous_price: Option<MoneySchema>,
    /// Why it cannot be had as it is wanted.
    #[schema(required)]
    trouble: Option<Trouble>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "kebab-case")]
enum Trouble {
    OutOfStock {
        /// How many can be had.
        available: i64,
    },
    Delisted,
}

#[derive(ToSchema)]
struct QuotedCode {
    code: String,
    /// Why it takes off nothing.
    #[schema(required)]
    refused: Option<CodeRefused>,
}

#[derive(ToSchema)]
struct CodeRefused {
    /// The problem's name, as a checkout would be refused with.
    problem: String,
    detail: String,
}

#[derive(ToSchema)]
struct QuotedShipping {
    id: String,
    name: String,
    takes: String,
    price: MoneySchema,
}

/// `total = subtotal − discount + shipping`, and `+ tax` where the prices do not include it.
#[derive(ToSchema)]
struct Totals {
    subtotal: MoneySchema,
    discount: MoneySchema,
    shipping: MoneySchema,
    tax: MoneySchema,
    /// In hundredths of a percent: 1900 is 19 %.
    tax_rate: u32,
    tax_included: bool,
    total: MoneySchema,
}
