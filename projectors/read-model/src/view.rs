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
    /// An order with its payment by its id, and the orders of a customer and of a state.
    Orders,
    /// A product request by its id, with its texts.
    Requests,
}

/// What a document is about; with an id it names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Cart,
    CurrentCart,
    Product,
    Order,
    Request,
}

impl View {
    pub const ALL: [Self; 4] = [Self::Carts, Self::Products, Self::Orders, Self::Requests];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Carts => "carts",
            Self::Products => "products",
            Self::Orders => "orders",
            Self::Requests => "requests",
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
            Self::Orders => &[AggregateType::Order, AggregateType::Payment],
            Self::Requests => &[AggregateType::ProductRequest],
        }
    }

    /// The Kafka topics with those events, without their prefix.
    pub const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Carts => &["cart"],
            Self::Products => &["product", "stock"],
            Self::Orders => &["order", "payment"],
            Self::Requests => &["product-request"],
        }
    }

    /// Which document an aggregate's events are folded into. None: they are nothing to this view.
    pub fn document_of(self, aggregate_type: AggregateType) -> Option<Kind> {
        let (view, kind) = match aggregate_type {
            AggregateType::Cart => (Self::Carts, Kind::Cart),
            AggregateType::CartOwner => (Self::Carts, Kind::CurrentCart),
            AggregateType::Product | AggregateType::StockItem => (Self::Products, Kind::Product),
            AggregateType::Order | AggregateType::Payment => (Self::Orders, Kind::Order),
            AggregateType::ProductRequest => (Self::Requests, Kind::Request),
            // Staff ask the write side for codes. What members' streams say follows from their request's own events.
            AggregateType::DiscountCode | AggregateType::CodeCustomer | AggregateType::RequestMember => {
                return None;
            }
        };
        (view == self).then_some(kind)
    }

    /// How documents, keys and expiries are written. Raised with every change of it: a generation in an older format is
    /// made anew.
    pub const fn format(self) -> u32 {
        match self {
            Self::Products => 1,
            Self::Carts | Self::Orders | Self::Requests => 2,
        }
    }

    /// Whether the view counts in how many carts a product is.
    pub const fn counts_in_carts(self) -> bool {
        match self {
            Self::Carts => true,
            Self::Products | Self::Orders | Self::Requests => false,
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
