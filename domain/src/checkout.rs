//! Checking out: what a cart comes to, and the one transaction in which it becomes an order.
//!
//! Pure decisions over a cart, its products, their stock and a discount code. The command loop loads them and calls
//! [`quote`] and [`place`]; nobody pays a total that a quote did not show before.

use serde::Serialize;
use time::OffsetDateTime;

use crate::cart::{Cart, CartCommand, CartError, CartEvent, Contents};
use crate::checkout_rules::CheckoutRules;
use crate::discount_code::{
    DiscountCode, DiscountCodeCommand, DiscountCodeError, DiscountCodeEvent, Redemption,
};
use crate::ids::{CartId, Code, ContactId, Country, OrderId, OwnerId, Sku};
use crate::money::{Money, MoneyError};
use crate::order::{Order, OrderCommand, OrderEvent, OrderLine, Placement, Totals};
use crate::payment::{Payment, PaymentCommand, PaymentEvent};
use crate::product::Product;
use crate::stock::{StockCommand, StockEvent, StockItem};

/// The aggregates that take part. `goods` are the cart's lines in their order.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    pub cart: &'a Cart,
    pub goods: &'a [Goods<'a>],
    /// The state of the code that the cart names.
    pub code: &'a DiscountCode,
    pub rules: &'a CheckoutRules,
}

#[derive(Clone, Copy)]
pub struct Goods<'a> {
    pub product: &'a Product,
    pub stock: &'a StockItem,
}

/// Who wants what sent where.
#[derive(Clone, Debug)]
pub struct Wish {
    pub customer: OwnerId,
    pub country: Country,
    /// The first option where none is named.
    pub shipping_option: Option<String>,
    pub at: OffsetDateTime,
}

/// What a cart comes to right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    pub code: Option<QuotedCode>,
    pub shipping_options: Vec<QuotedShipping>,
    pub shipping_option: String,
    pub totals: Totals,
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

/// Everything that one checkout stores, or nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub cart: Vec<CartEvent>,
    pub order: Vec<OrderEvent>,
    /// Nothing where nothing has to be paid: the order is confirmed then.
    pub payment: Vec<PaymentEvent>,
    pub stock: Vec<(Sku, Vec<StockEvent>)>,
    pub code: Option<(Code, Vec<DiscountCodeEvent>)>,
}

/// Who and what an order is for, and what its customer agreed to pay.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub order: OrderId,
    pub cart: CartId,
    pub contact: ContactId,
    pub wish: Wish,
    pub agreed_total: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckoutError {
    #[error(transparent)]
    Cart(#[from] CartError),
    #[error(transparent)]
    DiscountCode(#[from] DiscountCodeError),
    #[error("the shop does not send to {country}; it sends to {allowed}")]
    UnknownCountry { country: Country, allowed: String },
    #[error("there is no shipping option {wanted}; there are {allowed}")]
    UnknownShippingOption { wanted: String, allowed: String },
    #[error("not everything can be had as it is in the cart: {}", shortages(.0))]
    OutOfStock(Vec<Shortage>),
    #[error("the total is {total} by now, not {agreed}: look at it, and agree to it")]
    TotalChanged { agreed: Money, total: Money },
    #[error("the amounts of the cart are too large to be added up")]
    TooLarge,
}

/// A line of which there is not enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shortage {
    pub sku: Sku,
    pub wanted: u32,
    pub available: i64,
}

fn shortages(lines: &[Shortage]) -> String {
    let said: Vec<String> = lines
        .iter()
        .map(|line| {
            format!(
                "{} of {} wanted, {} available",
                line.wanted, line.sku, line.available
            )
        })
        .collect();
    said.join("; ")
}

impl From<MoneyError> for CheckoutError {
    fn from(_: MoneyError) -> Self {
        Self::TooLarge
    }
}

impl CheckoutError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cart(error) => error.code(),
            Self::DiscountCode(error) => error.code(),
            Self::UnknownCountry { .. } => "unknown-country",
            Self::UnknownShippingOption { .. } => "unknown-shipping-option",
            Self::OutOfStock(_) => "out-of-stock",
            Self::TotalChanged { .. } => "total-changed",
            Self::TooLarge => "amount-limit",
        }
    }
}

/// What the cart comes to, at today's prices.
///
/// # Errors
/// When it cannot be said: an empty cart, a country or option that there is not. What is only in the way of placing the
/// order (stock, a code that expired) is part of the quote.
pub fn quote(shelf: Shelf, wish: &Wish) -> Result<Quote, CheckoutError> {
    let contents = shelf.cart.opened_by(wish.customer)?;
    if contents.lines.is_empty() {
        return Err(CartError::Empty.into());
    }
    let Some(&tax) = shelf.rules.taxes.get(&wish.country) else {
        let allowed: Vec<&str> = shelf.rules.taxes.keys().map(Country::as_str).collect();
        return Err(CheckoutError::UnknownCountry {
            country: wish.country,
            allowed: allowed.join(", "),
        });
    };
    let mut lines = quoted_lines(contents, shelf.goods)?;
    let mut subtotal = Money::zero(contents.currency);
    for line in &lines {
        subtotal = subtotal.checked_add(line.line_total)?;
    }
    let (code, discount) = quoted_code(contents, shelf.code, wish, subtotal);
    let weights: Vec<u64> = lines
        .iter()
        .map(|line| line.line_total.minor.unsigned_abs())
        .collect();
    if discount.minor > 0 {
        for (line, part) in lines.iter_mut().zip(discount.allocate(&weights)?) {
            line.discount = part;
        }
    }
    let value = subtotal.checked_sub(discount)?;
    let shipping_options: Vec<QuotedShipping> = shelf
        .rules
        .shipping
        .iter()
        .filter_map(|option| {
            Some(QuotedShipping {
                id: option.id.clone(),
                name: option.name.clone(),
                takes: option.takes.clone(),
                price: option.price(value)?,
            })
        })
        .collect();
    let chosen = match &wish.shipping_option {
        None => shipping_options.first(),
        Some(id) => shipping_options.iter().find(|option| option.id == *id),
    };
    let Some(chosen) = chosen else {
        let allowed: Vec<&str> = shipping_options.iter().map(|option| &*option.id).collect();
        return Err(CheckoutError::UnknownShippingOption {
            wanted: wish.shipping_option.clone().unwrap_or_default(),
            allowed: allowed.join(", "),
        });
    };
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
    })
}

fn quoted_lines(contents: &Contents, goods: &[Goods]) -> Result<Vec<QuotedLine>, CheckoutError> {
    let mut lines = Vec::with_capacity(contents.lines.len());
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
    state: &DiscountCode,
    wish: &Wish,
    subtotal: Money,
) -> (Option<QuotedCode>, Money) {
    let nothing = Money::zero(contents.currency);
    let Some(code) = contents.code.clone() else {
        return (None, nothing);
    };
    // The order is not known yet, and what a code takes off does not depend on it.
    let redemption = Redemption {
        code: code.clone(),
        order: OrderId::new(uuid::Uuid::nil()),
        customer: wish.customer,
        subtotal,
        at: wish.at,
    };
    match state.discount_on(&redemption) {
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

/// Makes the cart an order, reserves what is in it, redeems its code and asks for the payment.
///
/// # Errors
/// What is in the way. Nothing is stored then.
pub fn place(shelf: Shelf, checkout: Checkout) -> Result<Placed, CheckoutError> {
    let Checkout {
        order,
        cart,
        contact,
        wish,
        agreed_total,
    } = checkout;
    let quote = quote(shelf, &wish)?;
    let short: Vec<Shortage> = quote.lines.iter().filter_map(shortage).collect();
    if !short.is_empty() {
        return Err(CheckoutError::OutOfStock(short));
    }
    let code = redeem(&shelf, &quote, order, &wish)?;
    let total = quote.totals.total;
    if total != agreed_total {
        return Err(CheckoutError::TotalChanged {
            agreed: agreed_total,
            total,
        });
    }
    let mut stock = Vec::with_capacity(quote.lines.len());
    for (line, goods) in quote.lines.iter().zip(shelf.goods) {
        let quantity = i64::from(line.quantity);
        // It was seen to be enough above; the item says so once more.
        let reserved = goods
            .stock
            .decide(StockCommand::Reserve { order, quantity })
            .map_err(|_| CheckoutError::OutOfStock(shortage(line).into_iter().collect()))?;
        stock.push((line.sku.clone(), reserved));
    }
    let cart_events = shelf.cart.decide(CartCommand::CheckOut {
        by: wish.customer,
        order,
    })?;
    let placement = Placement {
        customer: wish.customer,
        cart,
        contact,
        country: wish.country,
        lines: quote.lines.into_iter().map(ordered).collect(),
        code: code.as_ref().map(|(code, _)| code.clone()),
        shipping_option: quote.shipping_option,
        totals: quote.totals,
    };
    let mut placed = Placed {
        cart: cart_events,
        order: vec![OrderEvent::OrderPlaced { placement }],
        payment: vec![],
        stock,
        code,
    };
    if total.minor > 0 {
        let request = PaymentCommand::Request { order, amount: total };
        placed.payment = Payment::Unrequested.decide(request).unwrap_or_default();
    } else {
        confirm_unpaid(&mut placed, &shelf, order);
    }
    Ok(placed)
}

/// Nothing has to be paid, so there is nothing to wait for.
fn confirm_unpaid(placed: &mut Placed, shelf: &Shelf, order: OrderId) {
    let mut state = Order::default();
    for event in &placed.order {
        state.evolve(event);
    }
    placed
        .order
        .extend(state.decide(OrderCommand::Confirm).unwrap_or_default());
    for ((_, events), goods) in placed.stock.iter_mut().zip(shelf.goods) {
        let mut item = goods.stock.clone();
        for event in events.iter() {
            item.evolve(event);
        }
        events.extend(item.decide(StockCommand::Commit { order }).unwrap_or_default());
    }
}

fn redeem(
    shelf: &Shelf,
    quote: &Quote,
    order: OrderId,
    wish: &Wish,
) -> Result<Option<(Code, Vec<DiscountCodeEvent>)>, CheckoutError> {
    let Some(QuotedCode { code, .. }) = &quote.code else {
        return Ok(None);
    };
    let events = shelf.code.decide(DiscountCodeCommand::Redeem(Redemption {
        code: code.clone(),
        order,
        customer: wish.customer,
        subtotal: quote.totals.subtotal,
        at: wish.at,
    }))?;
    Ok(Some((code.clone(), events)))
}

fn shortage(line: &QuotedLine) -> Option<Shortage> {
    let available = match line.trouble? {
        Trouble::OutOfStock { available } => available,
        Trouble::Delisted => 0,
    };
    Some(Shortage {
        sku: line.sku.clone(),
        wanted: line.quantity,
        available,
    })
}

fn ordered(line: QuotedLine) -> OrderLine {
    OrderLine {
        sku: line.sku,
        name: line.name,
        quantity: line.quantity,
        unit_price: line.unit_price,
        line_total: line.line_total,
        discount: line.discount,
    }
}
