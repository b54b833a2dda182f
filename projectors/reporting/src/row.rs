//! A stream of the log as a row: which one it is, and the fold of its events. Pure.

use std::fmt;

use domain::{AggregateType, Event, RecordedEvent, Sku};
use uuid::Uuid;

use crate::order::OrderRow;
use crate::payment::PaymentRow;
use crate::product::{ProductRow, StockRow};

/// The aggregates whose events are in the tables.
pub const AGGREGATE_TYPES: [AggregateType; 4] = [
    AggregateType::Order,
    AggregateType::Payment,
    AggregateType::Product,
    AggregateType::StockItem,
];

/// Which stream. In this order rows are written, so that two transactions never wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Order(Uuid),
    Payment(Uuid),
    Product(String),
    Stock(String),
}

/// What is known of a stream. A product and its stock are two of these, and share a row of `reporting.products`.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    Order(Box<OrderRow>),
    Payment(Box<PaymentRow>),
    Product(ProductRow),
    Stock(StockRow),
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Applied,
    Duplicate,
    /// Events are missing between the row, which is at `after`, and this one.
    Gap {
        after: i64,
    },
}

impl Key {
    /// None: the tables have nothing about such aggregates, or it cannot be the id of one.
    pub fn of(aggregate_type: AggregateType, aggregate_id: &str) -> Option<Self> {
        let uuid = || Uuid::try_parse(aggregate_id).ok();
        let sku = || Sku::parse(aggregate_id).ok().map(|sku| sku.as_str().to_owned());
        match aggregate_type {
            AggregateType::Order => uuid().map(Self::Order),
            AggregateType::Payment => uuid().map(Self::Payment),
            AggregateType::Product => sku().map(Self::Product),
            AggregateType::StockItem => sku().map(Self::Stock),
            AggregateType::Cart
            | AggregateType::CartOwner
            | AggregateType::DiscountCode
            | AggregateType::CodeCustomer
            | AggregateType::ProductRequest
            | AggregateType::RequestMember => None,
        }
    }

    pub const fn aggregate_type(&self) -> AggregateType {
        match self {
            Self::Order(_) => AggregateType::Order,
            Self::Payment(_) => AggregateType::Payment,
            Self::Product(_) => AggregateType::Product,
            Self::Stock(_) => AggregateType::StockItem,
        }
    }

    pub fn aggregate_id(&self) -> String {
        match self {
            Self::Order(id) | Self::Payment(id) => id.to_string(),
            Self::Product(sku) | Self::Stock(sku) => sku.clone(),
        }
    }

    /// Before its first event.
    pub fn empty(&self) -> Row {
        match self {
            Self::Order(id) => Row::Order(Box::new(OrderRow::unplaced(*id))),
            Self::Payment(id) => Row::Payment(Box::new(PaymentRow::unrequested(*id))),
            Self::Product(sku) => Row::Product(ProductRow::unlisted(sku)),
            Self::Stock(sku) => Row::Stock(StockRow::empty(sku)),
        }
    }
}

/// `type/id`, as everywhere.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type(), self.aggregate_id())
    }
}

impl Row {
    /// Of the last event that is in here.
    pub const fn sequence(&self) -> i64 {
        match self {
            Self::Order(row) => row.sequence,
            Self::Payment(row) => row.sequence,
            Self::Product(row) => row.product_sequence,
            Self::Stock(row) => row.stock_sequence,
        }
    }

    /// Applies the event of the row's stream that is next; leaves the row as it is where it is not.
    pub fn fold(&mut self, recorded: &RecordedEvent, event: &Event) -> Step {
        let after = self.sequence();
        match recorded.sequence.saturating_sub(after) {
            ..=0 => return Step::Duplicate,
            1 => {}
            _ => return Step::Gap { after },
        }
        let at = recorded.recorded_at;
        match (&mut *self, event) {
            (Self::Order(row), Event::Order(event)) => row.evolve(event, at),
            (Self::Payment(row), Event::Payment(event)) => row.evolve(event, at),
            (Self::Product(row), Event::Product(event)) => row.evolve(event, at),
            (Self::Stock(row), Event::StockItem(event)) => row.evolve(event, at),
            // Whoever folds asks for the row by the event's own stream.
            (Self::Order(_) | Self::Payment(_) | Self::Product(_) | Self::Stock(_), other) => {
                debug_assert!(false, "{} was offered to another stream's row", other.name());
            }
        }
        match self {
            Self::Order(row) => row.sequence = recorded.sequence,
            Self::Payment(row) => row.sequence = recorded.sequence,
            Self::Product(row) => row.product_sequence = recorded.sequence,
            Self::Stock(row) => row.stock_sequence = recorded.sequence,
        }
        Step::Applied
    }
}
