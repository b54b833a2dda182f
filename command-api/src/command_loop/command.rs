//! Every command that the loop takes: which streams it needs, and how it is decided on them.
//!
//! Routes make them; the turn loads what `streams` names and calls `decide`. A later capability adds a variant here.

use domain::cart::{Cart, CartCommand, CartError};
use domain::cart_owner::CartOwner;
use domain::product::{Product, ProductCommand, ProductError};
use domain::shopping::{self, Opened, ShoppingError, Wanted};
use domain::stock::{StockCommand, StockError, StockItem};
use domain::{CartId, Currency, Event, OwnerId, Sku, StreamId};

use super::states::Working;

#[derive(Clone, Debug)]
pub enum Command {
    /// Opens `cart` (a new id), unless the owner has an open one.
    OpenCart {
        owner: OwnerId,
        cart: CartId,
        currency: Currency,
    },
    /// Adds all lines or none.
    AddItems {
        cart: CartId,
        by: OwnerId,
        lines: Vec<(Sku, u32)>,
    },
    Cart {
        cart: CartId,
        command: CartCommand,
    },
    Product {
        sku: Sku,
        command: ProductCommand,
    },
    /// Stock of a product that is known.
    Stock {
        sku: Sku,
        command: StockCommand,
    },
    /// A command with a bug in it, for the test that one harms no other.
    #[cfg(test)]
    Panic(CartId),
}

/// A command that the rules said no to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Shopping(#[from] ShoppingError),
    #[error(transparent)]
    Product(#[from] ProductError),
    #[error(transparent)]
    Stock(#[from] StockError),
}

impl From<CartError> for Refusal {
    fn from(error: CartError) -> Self {
        Self::Shopping(error.into())
    }
}

impl Refusal {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Shopping(error) => error.code(),
            Self::Product(error) => error.code(),
            Self::Stock(error) => error.code(),
        }
    }
}

/// What a command does: events by stream, and whose id and version the client is answered with.
#[derive(Debug)]
pub struct Decision {
    pub subject: StreamId,
    pub writes: Vec<(StreamId, Vec<Event>)>,
    /// Whether the subject came into being.
    pub created: bool,
}

impl Command {
    /// The label in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OpenCart { .. } => "open_cart",
            Self::AddItems { .. } => "add_items",
            Self::Cart { command, .. } => match command {
                CartCommand::Open { .. } => "open_cart",
                CartCommand::AddItem { .. } => "add_items",
                CartCommand::SetQuantity { .. } => "set_quantity",
                CartCommand::RemoveItem { .. } => "remove_item",
                CartCommand::Clear { .. } => "clear_cart",
            },
            Self::Product { command, .. } => match command {
                ProductCommand::List { .. } => "list_product",
                ProductCommand::ChangeDetails { .. } => "change_details",
                ProductCommand::ChangePrice { .. } => "change_price",
                ProductCommand::Delist => "delist_product",
                ProductCommand::Relist => "relist_product",
            },
            Self::Stock { command, .. } => match command {
                StockCommand::Receive { .. } => "receive_stock",
                StockCommand::Adjust { .. } => "adjust_stock",
            },
            #[cfg(test)]
            Self::Panic(_) => "panic",
        }
    }

    /// The streams it needs, as far as they can be named from what is known; asked again until none is missing.
    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
        match self {
            Self::OpenCart { owner, cart, .. } => {
                let current = working.cart_owner(*owner).and_then(|owner| owner.current);
                [owner.stream(), cart.stream()]
                    .into_iter()
                    .chain(current.map(CartId::stream))
                    .collect()
            }
            Self::AddItems { cart, lines, .. } => {
                let products = lines.iter().map(|(sku, _)| StreamId::product(sku));
                std::iter::once(cart.stream()).chain(products).collect()
            }
            Self::Cart { cart, .. } => vec![cart.stream()],
            Self::Product { sku, .. } => vec![StreamId::product(sku)],
            Self::Stock { sku, .. } => vec![StreamId::stock_item(sku), StreamId::product(sku)],
            #[cfg(test)]
            Self::Panic(cart) => vec![cart.stream()],
        }
    }

    /// Whether `streams` depends on what is loaded.
    pub const fn names_more_when_loaded(&self) -> bool {
        matches!(self, Self::OpenCart { .. })
    }

    /// The stream whose version an `If-Match` names.
    pub fn subject(&self) -> StreamId {
        match self {
            Self::OpenCart { cart, .. } | Self::AddItems { cart, .. } | Self::Cart { cart, .. } => {
                cart.stream()
            }
            Self::Product { sku, .. } => StreamId::product(sku),
            Self::Stock { sku, .. } => StreamId::stock_item(sku),
            #[cfg(test)]
            Self::Panic(cart) => cart.stream(),
        }
    }

    /// # Errors
    /// The rule that says no.
    pub fn decide(&self, working: &Working) -> Result<Decision, Refusal> {
        let subject = self.subject();
        match self {
            Self::OpenCart {
                owner,
                cart,
                currency,
            } => {
                let (nobody, unopened) = (CartOwner::default(), Cart::default());
                let of_owner = working.cart_owner(*owner).unwrap_or(&nobody);
                let current = of_owner
                    .current
                    .and_then(|current| working.cart(current))
                    .unwrap_or(&unopened);
                let new = working.cart(*cart).unwrap_or(&unopened);
                match shopping::open_cart(of_owner, current, new, *owner, *cart, *currency)? {
                    Opened::Current(current) => Ok(Decision {
                        subject: current.stream(),
                        writes: vec![],
                        created: false,
                    }),
                    Opened::New { cart, owner: named } => {
                        let cart_events = cart.into_iter().map(Event::Cart).collect();
                        let owner_events = named.into_iter().map(Event::CartOwner).collect();
                        let writes = vec![(subject.clone(), cart_events), (owner.stream(), owner_events)];
                        Ok(Decision {
                            subject,
                            writes,
                            created: true,
                        })
                    }
                }
            }
            Self::AddItems { cart, by, lines } => {
                let (unopened, unlisted) = (Cart::default(), Product::default());
                let wanted: Vec<Wanted> = lines
                    .iter()
                    .map(|(sku, quantity)| Wanted {
                        sku,
                        quantity: *quantity,
                        product: working.product(sku).unwrap_or(&unlisted),
                    })
                    .collect();
                let events = shopping::add_items(working.cart(*cart).unwrap_or(&unopened), *by, &wanted)?;
                Ok(Decision::on(
                    subject,
                    events.into_iter().map(Event::Cart).collect(),
                ))
            }
            Self::Cart { cart, command } => {
                let unopened = Cart::default();
                let events = working.cart(*cart).unwrap_or(&unopened).decide(command.clone())?;
                Ok(Decision::on(
                    subject,
                    events.into_iter().map(Event::Cart).collect(),
                ))
            }
            Self::Product { sku, command } => {
                let unlisted = Product::default();
                let events = working
                    .product(sku)
                    .unwrap_or(&unlisted)
                    .decide(command.clone())?;
                let created = matches!(command, ProductCommand::List { .. });
                let events = events.into_iter().map(Event::Product).collect();
                Ok(Decision {
                    created,
                    ..Decision::on(subject, events)
                })
            }
            Self::Stock { sku, command } => {
                if !matches!(working.product(sku), Some(Product::Known { .. })) {
                    return Err(ProductError::Unknown.into());
                }
                let none = StockItem::default();
                let events = working.stock_item(sku).unwrap_or(&none).decide(command.clone())?;
                Ok(Decision::on(
                    subject,
                    events.into_iter().map(Event::StockItem).collect(),
                ))
            }
            #[cfg(test)]
            Self::Panic(_) => panic!("a bug in decide"),
        }
    }
}

impl Decision {
    fn on(subject: StreamId, events: Vec<Event>) -> Self {
        let writes = if events.is_empty() {
            vec![]
        } else {
            vec![(subject.clone(), events)]
        };
        Self {
            subject,
            writes,
            created: false,
        }
    }
}
