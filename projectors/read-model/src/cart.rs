//! The cart as a shopper sees it: one document per stream `cart/{id}`.
//!
//! Folded by the projectors. The query API sends the stored JSON as it is.

use domain::cart::CartEvent;
use domain::{CartId, Code, Currency, Money, OrderId, OwnerId, Sku};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::life;
use crate::money::MoneySchema;

/// A cart with its lines and totals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartDocument {
    #[schema(value_type = uuid::Uuid)]
    pub id: CartId,
    /// The sequence of the last event of the cart that is in here.
    pub version: i64,
    #[schema(value_type = uuid::Uuid)]
    pub owner: OwnerId,
    /// ISO 4217.
    #[schema(value_type = String)]
    pub currency: Currency,
    pub state: CartState,
    /// The order that it became, while it is checked out.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub order: Option<OrderId>,
    /// In the order in which the products were first added.
    pub lines: Vec<CartLine>,
    #[schema(value_type = MoneySchema)]
    pub subtotal: Money,
    /// The sum of the lines' quantities.
    pub item_count: u64,
    /// The discount code that was applied; what it takes off is the quote's business.
    #[schema(value_type = Option<String>)]
    pub code: Option<Code>,
    #[serde(with = "time::serde::rfc3339")]
    pub opened_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// What can still be done with a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CartState {
    Open,
    /// It became an order. If that is never paid, the cart is open again as it was.
    CheckedOut,
    /// Nobody came back for it for long. Opening a cart brings it back as it was.
    Expired,
    /// Its owner signed in: what was in it is in the account's cart.
    Merged,
}

/// One product in a cart, at the price at which it was first added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CartLine {
    #[schema(value_type = String)]
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    #[schema(value_type = MoneySchema)]
    pub unit_price: Money,
    #[schema(value_type = MoneySchema)]
    pub line_total: Money,
}

impl CartDocument {
    fn opened(id: CartId, owner: OwnerId, currency: Currency, at: OffsetDateTime) -> Self {
        Self {
            id,
            version: 0,
            owner,
            currency,
            state: CartState::Open,
            order: None,
            lines: vec![],
            subtotal: Money::zero(currency),
            item_count: 0,
            code: None,
            opened_at: at,
            updated_at: at,
        }
    }

    fn evolve(&mut self, event: &CartEvent) {
        match event {
            CartEvent::CartOpened { .. } => {}
            CartEvent::ItemAdded {
                sku,
                name,
                unit_price,
                line_quantity,
                ..
            } => {
                let at = self.position_of(sku).unwrap_or_else(|| {
                    self.lines.push(CartLine {
                        sku: sku.clone(),
                        name: name.clone(),
                        quantity: 0,
                        unit_price: *unit_price,
                        line_total: Money::zero(unit_price.currency),
                    });
                    self.lines.len() - 1
                });
                self.set_quantity(at, *line_quantity);
            }
            CartEvent::QuantityChanged { sku, quantity, .. } => {
                if let Some(at) = self.position_of(sku) {
                    self.set_quantity(at, *quantity);
                }
            }
            CartEvent::ItemRemoved { sku, .. } => {
                if let Some(at) = self.position_of(sku) {
                    self.set_quantity(at, 0);
                    self.lines.remove(at);
                }
            }
            CartEvent::CartCleared { .. } => {
                self.lines.clear();
                self.subtotal.minor = 0;
                self.item_count = 0;
            }
            CartEvent::DiscountApplied { code } => self.code = Some(code.clone()),
            CartEvent::DiscountRemoved { .. } => self.code = None,
            CartEvent::CartCheckedOut { order } => {
                self.state = CartState::CheckedOut;
                self.order = Some(*order);
            }
            CartEvent::CartReopened {} => {
                self.state = CartState::Open;
                self.order = None;
            }
            CartEvent::CartExpired {} => self.state = CartState::Expired,
            CartEvent::CartMerged { .. } => self.state = CartState::Merged,
        }
    }

    /// What became an order or went into another cart is looked at there, and this one is given up some time later. An
    /// expired one is a guest's as long as there is a guest. An open one expires first.
    pub(crate) fn expires_at(&self) -> Option<OffsetDateTime> {
        match self.state {
            CartState::CheckedOut | CartState::Merged => Some(self.updated_at + life::FINISHED_CART),
            CartState::Expired => life::of_guest(self.owner, self.updated_at),
            CartState::Open => None,
        }
    }

    /// Whose entry has to stay at least until then: the cart may be the current one.
    pub fn keeps_owner(&self) -> Option<(OwnerId, OffsetDateTime)> {
        match self.state {
            CartState::Open | CartState::Expired => {
                let until = life::of_owner_by_cart(self.owner, self.opened_at, self.updated_at)?;
                Some((self.owner, until))
            }
            CartState::CheckedOut | CartState::Merged => None,
        }
    }

    fn position_of(&self, sku: &Sku) -> Option<usize> {
        self.lines.iter().position(|line| line.sku == *sku)
    }

    /// Keeps the totals right without adding up every line again: a rebuild folds a million of these.
    fn set_quantity(&mut self, at: usize, quantity: u32) {
        let line = &mut self.lines[at];
        let total = line.unit_price.minor.saturating_mul(i64::from(quantity));
        self.subtotal.minor = self
            .subtotal
            .minor
            .saturating_sub(line.line_total.minor)
            .saturating_add(total);
        self.item_count = self.item_count - u64::from(line.quantity) + u64::from(quantity);
        line.line_total.minor = total;
        line.quantity = quantity;
    }
}

/// The cart after one more event of its stream. There is no cart before it was opened.
pub fn evolve(
    cart: &mut Option<Box<CartDocument>>,
    id: CartId,
    sequence: i64,
    recorded_at: OffsetDateTime,
    event: &CartEvent,
) {
    if let (None, CartEvent::CartOpened { owner, currency }) = (&cart, event) {
        *cart = Some(Box::new(CartDocument::opened(id, *owner, *currency, recorded_at)));
    }
    let Some(cart) = cart else { return };
    cart.evolve(event);
    cart.version = sequence;
    cart.updated_at = recorded_at;
}
