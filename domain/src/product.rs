//! A product of the catalogue: what it is called, what it costs, whether it is on sale.
//!
//! Staff change it; a cart's prices come from here, never from a client and never from a view.

use serde::{Deserialize, Serialize};

use crate::money::{MOST_UNITS, Money, Unpayable};
use crate::text::{Line, Paragraph, Slug};

/// No price of any currency is higher, in minor units; [`Money::payable_in_parts`] says more.
pub const MAX_PRICE: i64 = MOST_UNITS;

/// How long a name may be, in characters.
pub const MAX_NAME: usize = 120;
/// How long a description may be, in characters.
pub const MAX_DESCRIPTION: usize = 4_000;
/// How long the name of a category, a drawing or a colour may be, in characters.
pub const MAX_SLUG: usize = 40;

/// The SKU is the stream's id and never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Product {
    #[default]
    Unlisted,
    Known {
        details: Details,
        price: Money,
        listed: bool,
    },
}

/// What people read about a product, as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    pub name: String,
    pub description: String,
    pub category: String,
    pub picture: Option<Picture>,
}

/// Which of the shop's drawings stands for the product, and in which colour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    pub drawing: String,
    pub colour: String,
}

/// What people will read about a product.
#[derive(Clone, Debug)]
pub struct NewDetails {
    pub name: ProductName,
    pub description: Description,
    pub category: Slug,
    pub picture: Option<NewPicture>,
}

#[derive(Clone, Debug)]
pub struct NewPicture {
    pub drawing: Slug,
    pub colour: Slug,
}

pub type ProductName = Line<MAX_NAME>;
/// It may be empty.
pub type Description = Paragraph<MAX_DESCRIPTION, 0>;

impl From<NewDetails> for Details {
    fn from(new: NewDetails) -> Self {
        Self {
            name: new.name.into(),
            description: new.description.into(),
            category: new.category.into(),
            picture: new.picture.map(|picture| Picture {
                drawing: picture.drawing.into(),
                colour: picture.colour.into(),
            }),
        }
    }
}

#[derive(Clone, Debug)]
pub enum ProductCommand {
    List { details: NewDetails, price: Money },
    ChangeDetails { details: NewDetails },
    ChangePrice { price: Money },
    Delist,
    Relist,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductEvent {
    ProductListed {
        #[serde(flatten)]
        details: Details,
        price: Money,
    },
    DetailsChanged {
        #[serde(flatten)]
        details: Details,
    },
    PriceChanged {
        price: Money,
        previous: Money,
    },
    ProductDelisted {},
    ProductRelisted {},
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    #[error("there is no product with this SKU")]
    Unknown,
    #[error("a product with this SKU is already listed")]
    AlreadyListed,
    #[error("a price of {wanted} cannot be paid: {why}")]
    Price { wanted: Money, why: Unpayable },
    #[error("the product is sold in {}, not in {}; its currency cannot change", .sold.currency.code(), .wanted.currency.code())]
    OtherCurrency { sold: Money, wanted: Money },
}

impl ProductError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown-product",
            Self::AlreadyListed => "already-listed",
            Self::Price { .. } => "price-limit",
            Self::OtherCurrency { .. } => "other-currency",
        }
    }
}

impl Product {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: ProductCommand) -> Result<Vec<ProductEvent>, ProductError> {
        match (self, command) {
            (Self::Unlisted, ProductCommand::List { details, price }) => {
                Ok(vec![ProductEvent::ProductListed {
                    details: details.into(),
                    price: allowed(price)?,
                }])
            }
            (Self::Known { .. }, ProductCommand::List { .. }) => Err(ProductError::AlreadyListed),
            (
                Self::Unlisted,
                ProductCommand::ChangeDetails { .. }
                | ProductCommand::ChangePrice { .. }
                | ProductCommand::Delist
                | ProductCommand::Relist,
            ) => Err(ProductError::Unknown),
            (Self::Known { details: current, .. }, ProductCommand::ChangeDetails { details }) => {
                let details = Details::from(details);
                if *current == details {
                    return Ok(vec![]);
                }
                Ok(vec![ProductEvent::DetailsChanged { details }])
            }
            (Self::Known { price: previous, .. }, ProductCommand::ChangePrice { price }) => {
                if price.currency != previous.currency {
                    return Err(ProductError::OtherCurrency {
                        sold: *previous,
                        wanted: price,
                    });
                }
                if allowed(price)? == *previous {
                    return Ok(vec![]);
                }
                Ok(vec![ProductEvent::PriceChanged {
                    price,
                    previous: *previous,
                }])
            }
            (Self::Known { listed, .. }, ProductCommand::Delist) => Ok(if *listed {
                vec![ProductEvent::ProductDelisted {}]
            } else {
                vec![]
            }),
            (Self::Known { listed, .. }, ProductCommand::Relist) => Ok(if *listed {
                vec![]
            } else {
                vec![ProductEvent::ProductRelisted {}]
            }),
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &ProductEvent) {
        if let ProductEvent::ProductListed { details, price } = event {
            *self = Self::Known {
                details: details.clone(),
                price: *price,
                listed: true,
            };
            return;
        }
        let Self::Known {
            details,
            price,
            listed,
        } = self
        else {
            return;
        };
        match event {
            ProductEvent::ProductListed { .. } => {}
            ProductEvent::DetailsChanged { details: new } => details.clone_from(new),
            ProductEvent::PriceChanged { price: new, .. } => *price = *new,
            ProductEvent::ProductDelisted {} => *listed = false,
            ProductEvent::ProductRelisted {} => *listed = true,
        }
    }
}

fn allowed(price: Money) -> Result<Money, ProductError> {
    match price.payable_in_parts() {
        Ok(()) => Ok(price),
        Err(why) => Err(ProductError::Price { wanted: price, why }),
    }
}

crate::event::fits_cqrs_es!(
    Product,
    ProductCommand,
    ProductEvent {
        ProductListed,
        DetailsChanged,
        PriceChanged,
        ProductDelisted,
        ProductRelisted
    },
    ProductError
);
