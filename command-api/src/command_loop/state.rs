//! Any aggregate's state, as the loop holds it between turns.

use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::discount_code::{CodeCustomer, DiscountCode};
use domain::order::Order;
use domain::payment::Payment;
use domain::product::Product;
use domain::product_request::{ProductRequest, RequestMember};
use domain::stock::StockItem;
use domain::{AggregateType, Event};

/// Raise it when a state's JSON changes: snapshots written by other code are then passed over, not misread.
pub const CODE_VERSION: i32 = 4;

#[derive(Clone, Debug)]
pub enum State {
    Cart(Cart),
    CartOwner(CartOwner),
    Product(Product),
    StockItem(StockItem),
    Order(Order),
    Payment(Payment),
    DiscountCode(DiscountCode),
    CodeCustomer(CodeCustomer),
    ProductRequest(ProductRequest),
    RequestMember(RequestMember),
}

impl State {
    /// The state of a stream without events.
    pub fn new(aggregate_type: AggregateType) -> Self {
        match aggregate_type {
            AggregateType::Cart => Self::Cart(Cart::default()),
            AggregateType::CartOwner => Self::CartOwner(CartOwner::default()),
            AggregateType::Product => Self::Product(Product::default()),
            AggregateType::StockItem => Self::StockItem(StockItem::default()),
            AggregateType::Order => Self::Order(Order::default()),
            AggregateType::Payment => Self::Payment(Payment::default()),
            AggregateType::DiscountCode => Self::DiscountCode(DiscountCode::default()),
            AggregateType::CodeCustomer => Self::CodeCustomer(CodeCustomer::default()),
            AggregateType::ProductRequest => Self::ProductRequest(ProductRequest::default()),
            AggregateType::RequestMember => Self::RequestMember(RequestMember::default()),
        }
    }

    /// A stream holds events of its own aggregate alone; the log's key sees to that.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Cart(event) => {
                if let Self::Cart(cart) = self {
                    cart.evolve(event);
                }
            }
            Event::CartOwner(event) => {
                if let Self::CartOwner(owner) = self {
                    owner.evolve(event);
                }
            }
            Event::Product(event) => {
                if let Self::Product(product) = self {
                    product.evolve(event);
                }
            }
            Event::StockItem(event) => {
                if let Self::StockItem(item) = self {
                    item.evolve(event);
                }
            }
            Event::Order(event) => {
                if let Self::Order(order) = self {
                    order.evolve(event);
                }
            }
            Event::Payment(event) => {
                if let Self::Payment(payment) = self {
                    payment.evolve(event);
                }
            }
            Event::DiscountCode(event) => {
                if let Self::DiscountCode(code) = self {
                    code.evolve(event);
                }
            }
            Event::CodeCustomer(event) => {
                if let Self::CodeCustomer(customer) = self {
                    customer.evolve(event);
                }
            }
            Event::ProductRequest(event) => {
                if let Self::ProductRequest(request) = self {
                    request.evolve(event);
                }
            }
            Event::RequestMember(event) => {
                if let Self::RequestMember(member) = self {
                    member.evolve(event);
                }
            }
        }
    }

    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Cart(state) => serde_json::to_string(state),
            Self::CartOwner(state) => serde_json::to_string(state),
            Self::Product(state) => serde_json::to_string(state),
            Self::StockItem(state) => serde_json::to_string(state),
            Self::Order(state) => serde_json::to_string(state),
            Self::Payment(state) => serde_json::to_string(state),
            Self::DiscountCode(state) => serde_json::to_string(state),
            Self::CodeCustomer(state) => serde_json::to_string(state),
            Self::ProductRequest(state) => serde_json::to_string(state),
            Self::RequestMember(state) => serde_json::to_string(state),
        }
    }

    pub fn from_json(aggregate_type: AggregateType, json: &str) -> Result<Self, serde_json::Error> {
        match aggregate_type {
            AggregateType::Cart => serde_json::from_str(json).map(Self::Cart),
            AggregateType::CartOwner => serde_json::from_str(json).map(Self::CartOwner),
            AggregateType::Product => serde_json::from_str(json).map(Self::Product),
            AggregateType::StockItem => serde_json::from_str(json).map(Self::StockItem),
            AggregateType::Order => serde_json::from_str(json).map(Self::Order),
            AggregateType::Payment => serde_json::from_str(json).map(Self::Payment),
            AggregateType::DiscountCode => serde_json::from_str(json).map(Self::DiscountCode),
            AggregateType::CodeCustomer => serde_json::from_str(json).map(Self::CodeCustomer),
            AggregateType::ProductRequest => serde_json::from_str(json).map(Self::ProductRequest),
            AggregateType::RequestMember => serde_json::from_str(json).map(Self::RequestMember),
        }
    }
}
