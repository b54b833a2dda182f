//! Which views there are and what each is folded from.

use std::fmt;

use domain::AggregateType;

/// One question answered: all its documents, from a fold of some of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// A cart by its id, the current cart of a shopper, and in how many open carts a product is.
    Carts,
    /// A product with its price and stock by SKU.
    Products,
}

/// What a document is about; with an id it names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Cart,
    CurrentCart,
    Product,
}

impl View {
    pub const ALL: [Self; 2] = [Self::Carts, Self::Products];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Carts => "carts",
            Self::Products => "products",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.as_str() == name)
    }

    /// The aggregates whose events the view is folded from.
    pub const fn aggregate_types(self) -> &'static [AggregateType] {
        match self {
            Self::Carts => &[AggregateType::Cart, AggregateType::CartOwner],
            Self::Products => &[AggregateType::Product, AggregateType::StockItem],
        }
    }

    /// The Kafka topics with those events, without their prefix.
    pub const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Carts => &["cart"],
            Self::Products => &["product", "stock"],
        }
    }

    /// Which document an aggregate's events are folded into. None: they are nothing to this view.
    pub const fn document_of(self, aggregate_type: AggregateType) -> Option<Kind> {
        match (self, aggregate_type) {
            (Self::Carts, AggregateType::Cart) => Some(Kind::Cart),
            (Self::Carts, AggregateType::CartOwner) => Some(Kind::CurrentCart),
            (Self::Products, AggregateType::Product | AggregateType::StockItem) => Some(Kind::Product),
            (Self::Carts, AggregateType::Product | AggregateType::StockItem)
            | (Self::Products, AggregateType::Cart | AggregateType::CartOwner) => None,
        }
    }

    /// Whether the view counts in how many carts a product is.
    pub const fn counts_in_carts(self) -> bool {
        match self {
            Self::Carts => true,
            Self::Products => false,
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
