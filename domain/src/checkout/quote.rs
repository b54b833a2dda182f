//! What a cart comes to right now, and what is in the way of ordering it. Nothing is stored of it.

use serde::Serialize;

use super::{CheckoutError, Goods, Shelf, Wish};
use crate::cart::{CartError, Contents};
use crate::checkout_rules::{CheckoutRules, ShippingOption};
use crate::discount_code::CodeUse;
use crate::ids::{Code, Country, Sku};
use crate::money::{Currency, Money, Unpayable};
use crate::order::Totals;
use crate::product::Product;

/// What a cart comes to right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub code: Option<QuotedCode>,
    pub shipping_options: Vec<QuotedShipping>,
    pub shipping_option: String,
    pub totals: Totals,
    /// Why the total cannot be paid.
    pub unpayable: Option<Unpayable>,
}

impl Quote {
    /// # Errors
    /// The total can be neither paid nor had for nothing.
    pub(super) fn can_be_paid(&self) -> Result<(), CheckoutError> {
        match self.unpayable {
            None => Ok(()),
            Some(why) => Err(CheckoutError::Unpayable {
                total: self.totals.total,
                why,
            }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotedLine {
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub line_total: Money,
    pub discount: Money,
    /// What it cost when it was put into the cart, where that differs.
    pub previous_price: Option<Money>,
    /// Why it cannot be had as it is wanted.
    pub trouble: Option<Trouble>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Trouble {
    /// The cart holds more than there are.
    OutOfStock {
        available: i64,
    },
    Delisted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotedCode {
    pub code: Code,
    /// Why it takes off nothing, with the problem's name.
    pub refused: Option<CodeRefused>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeRefused {
    pub problem: &'static str,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuotedShipping {
    pub id: String,
    pub name: String,
    pub takes: String,
    pub price: Money,
}

/// What the cart comes to, at today's prices.
///
/// # Errors
/// When it cannot be said: an empty cart, a country or option that there is not. What is only in the way of placing the
/// order (stock, a code that expired) is part of the quote.
///
/// # Panics
/// When the shelf holds other goods than those of the cart's lines: nothing may be left out of an order.
pub fn quote(shelf: Shelf, wish: &Wish) -> Result<Quote, CheckoutError> {
    let contents = shelf.cart.opened_by(wish.customer)?;
    if contents.lines.is_empty() {
        return Err(CartError::Empty.into());
    }
    let lines = quoted_lines(contents, shelf.goods)?;
    let subtotal = subtotal(&lines, contents.currency)?;
    let (code, discount) = quoted_code(contents, shelf.code, wish, subtotal);
    priced(lines, (code, discount), shelf.rules, wish)
}

/// What lines come to with their discount, shipping and tax.
///
/// # Errors
/// As [`quote`].
pub fn priced(
    mut lines: Vec<QuotedLine>,
    (code, discount): (Option<QuotedCode>, Money),
    rules: &CheckoutRules,
    wish: &Wish,
) -> Result<Quote, CheckoutError> {
    let Some(&tax) = rules.taxes.get(&wish.country) else {
        let allowed: Vec<&str> = rules.taxes.keys().map(Country::as_str).collect();
        return Err(CheckoutError::UnknownCountry {
            country: wish.country,
            allowed: allowed.join(", "),
        });
    };
    let subtotal = subtotal(&lines, discount.currency)?;
    share_out(discount, &mut lines)?;
    let value = subtotal.checked_sub(discount)?;
    let shipping_options = quoted_shipping(&rules.shipping, value);
    let chosen = chosen(&shipping_options, wish, value)?;
    let (shipping_option, shipping) = (chosen.id.clone(), chosen.price);
    let taxed = value.checked_add(shipping)?;
    let tax_amount = tax.on(taxed)?;
    let total = if tax.included {
        taxed
    } else {
        taxed.checked_add(tax_amount)?
    };
    Ok(Quote {
        lines,
        code,
        shipping_options,
        shipping_option,
        totals: Totals {
            subtotal,
            discount,
            shipping,
            tax: tax_amount,
            tax_rate: tax.rate,
            tax_included: tax.included,
            total,
        },
        // What costs nothing is not paid.
        unpayable: total.payable().err().filter(|_| total.minor != 0),
    })
}

fn subtotal(lines: &[QuotedLine], currency: Currency) -> Result<Money, CheckoutError> {
    let mut subtotal = Money::zero(currency);
    for line in lines {
        subtotal = subtotal.checked_add(line.line_total)?;
    }
    Ok(subtotal)
}

fn quoted_lines(contents: &Contents, goods: &[Goods]) -> Result<Vec<QuotedLine>, CheckoutError> {
    assert_eq!(contents.lines.len(), goods.len(), "every line has its goods");
    let mut lines = Vec::with_capacity(goods.len());
    for (line, goods) in contents.lines.iter().zip(goods) {
        let (name, unit_price, listed) = match goods.product {
            // A cart holds only what was listed once; its price then is the best that is known.
            Product::Unlisted => (line.sku.to_string(), line.unit_price, false),
            Product::Known {
                details,
                price,
                listed,
            } => (details.name.clone(), *price, *listed),
        };
        let unit_price = unit_price.in_steps();
        let available = goods.stock.available();
        let trouble = if !listed {
            Some(Trouble::Delisted)
        } else if i64::from(line.quantity) > available {
            Some(Trouble::OutOfStock { available })
        } else {
            None
        };
        lines.push(QuotedLine {
            sku: line.sku.clone(),
            name,
            quantity: line.quantity,
            unit_price,
            line_total: unit_price.checked_mul(line.quantity)?,
            discount: Money::zero(contents.currency),
            previous_price: Some(line.unit_price).filter(|price| *price != unit_price),
            trouble,
        });
    }
    Ok(lines)
}

fn quoted_code(
    contents: &Contents,
    state: CodeUse,
    wish: &Wish,
    subtotal: Money,
) -> (Option<QuotedCode>, Money) {
    let nothing = Money::zero(contents.currency);
    let Some(code) = contents.code.clone() else {
        return (None, nothing);
    };
    match state.discount_on(&code, wish.customer, subtotal, wish.at) {
        Ok(discount) => (Some(QuotedCode { code, refused: None }), discount),
        Err(error) => {
            let refused = Some(CodeRefused {
                problem: error.code(),
                detail: error.to_string(),
            });
            (Some(QuotedCode { code, refused }), nothing)
        }
    }
}

/// Gives every line its share of the discount, in proportion to what it costs.
fn share_out(discount: Money, lines: &mut [QuotedLine]) -> Result<(), CheckoutError> {
    if discount.minor == 0 {
        return Ok(());
    }
    let weights: Vec<u64> = lines
        .iter()
        .map(|line| line.line_total.minor.unsigned_abs())
        .collect();
    for (line, share) in lines.iter_mut().zip(discount.allocate(&weights)?) {
        line.discount = share;
    }
    Ok(())
}

fn quoted_shipping(options: &[ShippingOption], value: Money) -> Vec<QuotedShipping> {
    let quoted = |option: &ShippingOption| {
        Some(QuotedShipping {
            id: option.id.clone(),
            name: option.name.clone(),
            takes: option.takes.clone(),
            price: option.price(value)?,
        })
    };
    options.iter().filter_map(quoted).collect()
}

fn chosen<'a>(
    options: &'a [QuotedShipping],
    wish: &Wish,
    value: Money,
) -> Result<&'a QuotedShipping, CheckoutError> {
    let Some(first) = options.first() else {
        return Err(CheckoutError::NoShipping {
            currency: value.currency,
        });
    };
    let Some(wanted) = &wish.shipping_option else {
        return Ok(first);
    };
    options.iter().find(|option| option.id == *wanted).ok_or_else(|| {
        let allowed: Vec<&str> = options.iter().map(|option| &*option.id).collect();
        CheckoutError::UnknownShippingOption {
            wanted: wanted.clone(),
            allowed: allowed.join(", "),
        }
    })
}
