//! Pure decisions in which several aggregates take part. The command loop loads them and calls these.

use crate::cart::{Cart, CartCommand, CartError, CartEvent};
use crate::cart_owner::{CartOwner, CartOwnerCommand, CartOwnerEvent};
use crate::discount_code::{CodeUse, DiscountCodeError};
use crate::ids::{CartId, Code, OwnerId, Sku};
use crate::money::Currency;
use crate::product::Product;
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShoppingError {
    #[error(transparent)]
    Cart(#[from] CartError),
    #[error(transparent)]
    DiscountCode(#[from] DiscountCodeError),
    #[error("there is no product {sku}")]
    UnknownProduct { sku: Sku },
    #[error("{sku} is not sold any more")]
    Delisted { sku: Sku },
}

impl ShoppingError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cart(error) => error.code(),
            Self::DiscountCode(error) => error.code(),
            Self::UnknownProduct { .. } => "unknown-product",
            Self::Delisted { .. } => "product-delisted",
        }
    }
}

/// What is stored when a shopper asks for a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There is one already: asking again opens no second. One that had expired is reopened, as it was.
    Current { cart: CartId, reopened: Vec<CartEvent> },
    New {
        cart: Vec<CartEvent>,
        owner: Vec<CartOwnerEvent>,
    },
}

/// Opens `cart` for `owner`, unless the owner's current cart is still open.
///
/// `current` is the state of the cart that `of_owner` names.
///
/// # Errors
/// [`CartError::NotFound`] when the new id is already somebody else's cart.
pub fn open_cart(
    of_owner: &CartOwner,
    current: &Cart,
    new: &Cart,
    owner: OwnerId,
    cart: CartId,
    currency: Currency,
) -> Result<Opened, ShoppingError> {
    if let (Some(cart), Cart::Open(_) | Cart::Expired(_)) = (of_owner.current, current) {
        let reopened = current.decide(CartCommand::Open { owner, currency })?;
        return Ok(Opened::Current { cart, reopened });
    }
    let cart_events = new.decide(CartCommand::Open { owner, currency })?;
    let Ok(owner_events) = of_owner.decide(CartOwnerCommand::NameCurrentCart { cart });
    Ok(Opened::New {
        cart: cart_events,
        owner: owner_events,
    })
}

/// One line that a shopper wants to add, with its product as it stands.
pub struct Wanted<'a> {
    pub sku: &'a Sku,
    pub quantity: u32,
    pub product: &'a Product,
}

/// Adds all lines or none. Name and price come from the products' own streams.
///
/// # Errors
/// The first line that the rules refuse.
pub fn add_items(cart: &Cart, by: OwnerId, wanted: &[Wanted]) -> Result<Vec<CartEvent>, ShoppingError> {
    // A stranger learns nothing about a cart, not even by way of a product's name.
    cart.opened_by(by)?;
    if let [only] = wanted {
        return add_item(cart, by, only);
    }
    let mut after = cart.clone();
    let mut events = Vec::with_capacity(wanted.len());
    for line in wanted {
        for event in add_item(&after, by, line)? {
            after.evolve(&event);
            events.push(event);
        }
    }
    Ok(events)
}

/// Applies a discount code that could be redeemed as the cart stands. Whether it still can is decided once more when
/// the cart is checked out.
///
/// # Errors
/// Why the code is worth nothing here.
pub fn apply_code<'a>(
    cart: &Cart,
    by: OwnerId,
    code: Code,
    terms: impl Into<CodeUse<'a>>,
    at: OffsetDateTime,
) -> Result<Vec<CartEvent>, ShoppingError> {
    let contents = cart.opened_by(by)?;
    terms.into().usable_by(&code, by, contents.currency, at)?;
    Ok(cart.decide(CartCommand::ApplyDiscount { by, code })?)
}

fn add_item(cart: &Cart, by: OwnerId, wanted: &Wanted) -> Result<Vec<CartEvent>, ShoppingError> {
    let sku = wanted.sku.clone();
    match wanted.product {
        Product::Unlisted => Err(ShoppingError::UnknownProduct { sku }),
        Product::Known { listed: false, .. } => Err(ShoppingError::Delisted { sku }),
        Product::Known {
            details,
            price,
            listed: true,
        } => {
            let name = details.name.clone();
            Ok(cart.decide(CartCommand::AddItem {
                by,
                sku,
                name,
                quantity: wanted.quantity,
                unit_price: *price,
            })?)
        }
    }
}
