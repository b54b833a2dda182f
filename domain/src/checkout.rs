//! Checking out: what a cart comes to, and the one transaction in which it becomes an order.
//!
//! Pure decisions over a cart, its products, their stock and a discount code. The command loop loads them and calls
//! [`quote`] and [`place`]; nobody pays a total that a quote did not show before.

mod allowance;
mod quote;

use serde::Serialize;
use time::OffsetDateTime;

use crate::cart::{Cart, CartCommand, CartError, CartEvent};
use crate::checkout_rules::CheckoutRules;
use crate::discount_code::{
    CodeCustomerEvent, CodeUse, DiscountCodeCommand, DiscountCodeError, DiscountCodeEvent, Redemption, Used,
};
use crate::ids::{AddressHash, CartId, Code, ContactId, Country, OrderId, OwnerId, Sku};
use crate::money::{Currency, Money, MoneyError, Unpayable};
use crate::order::{Order, OrderCommand, OrderError, OrderEvent, OrderLine, Placement};
use crate::payment::{Payment, PaymentCommand, PaymentError, PaymentEvent};
use crate::product::Product;
use crate::stock::{StockCommand, StockError, StockEvent, StockItem};

pub use allowance::{Allowance, UnpaidError};
pub(crate) use quote::priced;
pub use quote::{CodeRefused, Quote, QuotedCode, QuotedLine, QuotedShipping, Trouble, quote};

/// The aggregates that take part. `goods` are the cart's lines in their order.
#[derive(Clone, Copy)]
pub struct Shelf<'a> {
    pub cart: &'a Cart,
    pub goods: &'a [Goods<'a>],
    /// The code that the cart names, with what its owner used it for.
    pub code: CodeUse<'a>,
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

/// Everything that one checkout stores, or nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub cart: Vec<CartEvent>,
    pub order: Vec<OrderEvent>,
    /// Nothing where nothing has to be paid: the order is confirmed then.
    pub payment: Vec<PaymentEvent>,
    pub stock: Vec<(Sku, Vec<StockEvent>)>,
    pub code: Option<(Code, Vec<DiscountCodeEvent>)>,
    /// In the stream of the customer, where the code has many.
    pub code_customer: Vec<CodeCustomerEvent>,
    /// In the stream of the address, where the code has a limit for each customer.
    pub code_address: Vec<CodeCustomerEvent>,
}

/// Who and what an order is for, and what its customer agreed to pay.
#[derive(Clone, Debug)]
pub struct Checkout {
    pub order: OrderId,
    pub cart: CartId,
    pub contact: ContactId,
    /// Of the contact's e-mail address, for the cart's code.
    pub address: Option<AddressHash>,
    pub wish: Wish,
    pub agreed_total: Money,
    /// What may be reserved until it is paid.
    pub allowance: Allowance,
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
    #[error("the shop sends nothing that is paid in {}", .currency.code())]
    NoShipping { currency: Currency },
    #[error("not everything can be had as it is in the cart: {}", shortages(.0))]
    OutOfStock(Vec<Shortage>),
    #[error("the total is {total} by now, not {agreed}: look at it, and agree to it")]
    TotalChanged { agreed: Money, total: Money },
    #[error("the total of {total} cannot be paid: {why}")]
    Unpayable { total: Money, why: Unpayable },
    #[error("the amounts of the cart are too large to be added up")]
    TooLarge,
    #[error(transparent)]
    Unpaid(#[from] UnpaidError),
    #[error(transparent)]
    Stock(#[from] StockError),
    #[error(transparent)]
    Order(#[from] OrderError),
    #[error(transparent)]
    Payment(#[from] PaymentError),
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
            Self::NoShipping { .. } => "no-shipping",
            Self::Unpayable { why, .. } => why.code(),
            Self::TooLarge => "amount-limit",
            Self::Unpaid(error) => error.code(),
            Self::Stock(error) => error.code(),
            Self::Order(error) => error.code(),
            Self::Payment(error) => error.code(),
        }
    }
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

/// Makes the cart an order, reserves what is in it, redeems its code and asks for the payment.
///
/// # Errors
/// What is in the way. Nothing is stored then.
///
/// # Panics
/// Where [`quote`] does.
pub fn place(shelf: Shelf, checkout: Checkout) -> Result<Placed, CheckoutError> {
    let Checkout {
        order,
        cart,
        contact,
        address,
        wish,
        agreed_total,
        allowance,
    } = checkout;
    let quote = quote(shelf, &wish)?;
    let units = quote.lines.iter().map(|line| u64::from(line.quantity)).sum();
    can_be_had(&quote)?;
    let (code, used) = redeem(&shelf, &quote, (order, address), &wish)?.unzip();
    let Used {
        code: code_events,
        customer: code_customer,
        address: code_address,
    } = used.unwrap_or_default();
    let by = wish.customer;
    let Ordered {
        order: events,
        payment,
        stock,
    } = order_of(
        quote,
        Placing {
            order,
            cart,
            contact,
            wish,
            agreed_total,
            code: code.clone(),
        },
        shelf.goods,
    )?;
    // What is paid for holds nothing back from others.
    if !payment.is_empty() {
        allowance.check(units)?;
    }
    Ok(Placed {
        cart: shelf.cart.decide(CartCommand::CheckOut { by, order })?,
        order: events,
        payment,
        stock,
        code: code.map(|code| (code, code_events)),
        code_customer,
        code_address,
    })
}

/// What every order stores, wherever it comes from.
pub(crate) struct Ordered {
    pub order: Vec<OrderEvent>,
    pub payment: Vec<PaymentEvent>,
    pub stock: Vec<(Sku, Vec<StockEvent>)>,
}

/// Who and what an order is for.
pub(crate) struct Placing {
    pub order: OrderId,
    pub cart: CartId,
    pub contact: ContactId,
    pub wish: Wish,
    pub agreed_total: Money,
    pub code: Option<Code>,
}

/// Makes a quote whose total was agreed to an order, reserves its goods and asks for the payment.
pub(crate) fn order_of(quote: Quote, placing: Placing, goods: &[Goods]) -> Result<Ordered, CheckoutError> {
    let (order, total) = (placing.order, quote.totals.total);
    if total != placing.agreed_total {
        return Err(CheckoutError::TotalChanged {
            agreed: placing.agreed_total,
            total,
        });
    }
    quote.can_be_paid()?;
    // Nothing has to be paid, so there is nothing to wait for.
    let is_free = total.minor == 0;
    let stock = reserve(goods, &quote, order, is_free)?;
    let placement = Placement {
        customer: placing.wish.customer,
        cart: placing.cart,
        contact: placing.contact,
        country: placing.wish.country,
        lines: quote.lines.into_iter().map(ordered).collect(),
        code: placing.code,
        shipping_option: quote.shipping_option,
        totals: quote.totals,
    };
    let request = PaymentCommand::Request { order, amount: total };
    Ok(Ordered {
        order: new_order(placement, is_free)?,
        payment: if is_free {
            vec![]
        } else {
            Payment::default().decide(request)?
        },
        stock,
    })
}

/// # Errors
/// The lines of which there is not enough.
pub(crate) fn can_be_had(quote: &Quote) -> Result<(), CheckoutError> {
    let short: Vec<Shortage> = quote.lines.iter().filter_map(shortage).collect();
    if short.is_empty() {
        Ok(())
    } else {
        Err(CheckoutError::OutOfStock(short))
    }
}

fn new_order(placement: Placement, is_free: bool) -> Result<Vec<OrderEvent>, OrderError> {
    let mut order = Order::default();
    let mut events = order.decide(OrderCommand::Place(Box::new(placement)))?;
    if is_free {
        for event in &events {
            order.evolve(event);
        }
        events.extend(order.decide(OrderCommand::Confirm)?);
    }
    Ok(events)
}

fn reserve(
    all: &[Goods],
    quote: &Quote,
    order: OrderId,
    is_free: bool,
) -> Result<Vec<(Sku, Vec<StockEvent>)>, StockError> {
    let mut reserved = Vec::with_capacity(quote.lines.len());
    for (line, goods) in quote.lines.iter().zip(all) {
        let quantity = i64::from(line.quantity);
        let mut events = goods.stock.decide(StockCommand::Reserve { order, quantity })?;
        if is_free {
            let mut item = goods.stock.clone();
            for event in &events {
                item.evolve(event);
            }
            events.extend(item.decide(StockCommand::Commit { order })?);
        }
        reserved.push((line.sku.clone(), events));
    }
    Ok(reserved)
}

fn redeem(
    shelf: &Shelf,
    quote: &Quote,
    (order, address): (OrderId, Option<AddressHash>),
    wish: &Wish,
) -> Result<Option<(Code, Used)>, CheckoutError> {
    let Some(QuotedCode { code, .. }) = &quote.code else {
        return Ok(None);
    };
    let used = shelf.code.decide(DiscountCodeCommand::Redeem(Redemption {
        code: code.clone(),
        order,
        customer: wish.customer,
        address,
        subtotal: quote.totals.subtotal,
        at: wish.at,
    }))?;
    Ok(Some((code.clone(), used)))
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
