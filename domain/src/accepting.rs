//! A quote is accepted: what it comes to with shipping and tax, and the one transaction in which it becomes an order.
//!
//! As [`crate::checkout`], with the quoted price in place of the cart. The command loop calls [`total`] and [`accept`].

use crate::checkout::{
    self, CheckoutError, Goods, Placing, Quote, QuotedLine, Trouble, Wish, can_be_had, order_of,
};
use crate::checkout_rules::CheckoutRules;
use crate::ids::{CartId, ContactId, OrderId, QuoteId, RequestId, Sku};
use crate::money::Money;
use crate::order::OrderEvent;
use crate::payment::PaymentEvent;
use crate::product::Product;
use crate::product_request::{
    ProductRequest, ProductRequestCommand, ProductRequestError, ProductRequestEvent,
};
use crate::stock::StockEvent;

/// The aggregates that take part.
#[derive(Clone, Copy)]
pub struct Offer<'a> {
    pub id: RequestId,
    pub request: &'a ProductRequest,
    /// Of the product that the request is about.
    pub goods: Goods<'a>,
    pub rules: &'a CheckoutRules,
}

/// What the customer agrees to.
#[derive(Clone, Debug)]
pub struct Acceptance {
    pub quote: QuoteId,
    pub order: OrderId,
    pub contact: ContactId,
    pub wish: Wish,
    pub agreed_total: Money,
}

/// Everything that an acceptance stores, or nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub request: Vec<ProductRequestEvent>,
    pub order: Vec<OrderEvent>,
    pub payment: Vec<PaymentEvent>,
    pub stock: Vec<(Sku, Vec<StockEvent>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcceptingError {
    #[error(transparent)]
    ProductRequest(#[from] ProductRequestError),
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
}

/// What the quote comes to.
///
/// # Errors
/// No such quote of this customer's, or one that has expired; no product; a country or option that there is not.
pub fn total(offer: Offer, quote: QuoteId, wish: &Wish) -> Result<Quote, AcceptingError> {
    let offered = offer.request.quote_for(wish.customer, quote, wish.at)?;
    let (sku, Product::Known { details, .. }) = (offered.sku, offer.goods.product) else {
        return Err(ProductRequestError::NoProduct.into());
    };
    let available = offer.goods.stock.available();
    let unit_price = offered.unit_price.in_steps();
    let line_total = unit_price
        .checked_mul(offered.quantity)
        .map_err(CheckoutError::from)?;
    let line = QuotedLine {
        sku: sku.clone(),
        name: details.name.clone(),
        quantity: offered.quantity,
        unit_price,
        line_total,
        discount: Money::zero(line_total.currency),
        previous_price: None,
        trouble: (i64::from(offered.quantity) > available).then_some(Trouble::OutOfStock { available }),
    };
    let no_code = (None, Money::zero(line_total.currency));
    Ok(checkout::priced(vec![line], no_code, offer.rules, wish)?)
}

/// Makes the quote an order, reserves its goods and asks for the payment.
///
/// # Errors
/// As [`total`]; too few units; another total than was agreed to. Nothing is stored then.
pub fn accept(offer: Offer, acceptance: Acceptance) -> Result<Accepted, AcceptingError> {
    let Acceptance {
        quote: id,
        order,
        contact,
        wish,
        agreed_total,
    } = acceptance;
    let quote = total(offer, id, &wish)?;
    can_be_had(&quote)?;
    let request = offer.request.decide(ProductRequestCommand::AcceptQuote {
        customer: wish.customer,
        quote: id,
        order,
        at: wish.at,
    })?;
    let placing = Placing {
        order,
        cart: CartId::new(offer.id.uuid()),
        contact,
        wish,
        agreed_total,
        code: None,
    };
    let ordered = order_of(quote, placing, &[offer.goods])?;
    Ok(Accepted {
        request,
        order: ordered.order,
        payment: ordered.payment,
        stock: ordered.stock,
    })
}
