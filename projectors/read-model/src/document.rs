//! Any document of any view: what it is called, how an event is folded into it, and which Redis fields hold it.
//!
//! The projectors' batches, rebuilds and `verify` fold with the same function.

use domain::event::Event;
use domain::{AggregateType, CartId, OrderId, OwnerId, RecordedEvent, RequestId, Sku};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::cart::{self, CartDocument};
use crate::json::json;
use crate::life;
use crate::order::{self, Listing, Order};
use crate::product::{Product, Versions};
use crate::request::Request;
use crate::view::Kind;

/// Names one document of a view.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DocumentId {
    Cart(CartId),
    CurrentCart(OwnerId),
    Product(Sku),
    Order(OrderId),
    Request(RequestId),
}

/// What is held about one entity, with the sequence that each of its source streams has reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    Cart {
        sequence: i64,
        cart: Option<Box<CartDocument>>,
    },
    CurrentCart {
        sequence: i64,
        cart: Option<CartId>,
        /// When the cart became the current one.
        named_at: Option<OffsetDateTime>,
    },
    Product(Box<Product>),
    Order(Box<Order>),
    Request(Box<Request>),
}

/// What became of an event that was offered to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Applied,
    /// It is in there already.
    Duplicate,
    /// Events before it are missing, from the one after this sequence.
    Gap {
        after: i64,
    },
}

impl DocumentId {
    /// None when no document can have that name: the event that carries it is not one of ours.
    pub fn parse(kind: Kind, aggregate_id: &str) -> Option<Self> {
        match kind {
            Kind::Cart => Uuid::parse_str(aggregate_id)
                .ok()
                .map(|id| Self::Cart(CartId::new(id))),
            Kind::CurrentCart => Uuid::parse_str(aggregate_id)
                .ok()
                .map(|id| Self::CurrentCart(OwnerId::new(id))),
            Kind::Product => Sku::parse(aggregate_id).ok().map(Self::Product),
            Kind::Order => Uuid::parse_str(aggregate_id)
                .ok()
                .map(|id| Self::Order(OrderId::new(id))),
            Kind::Request => Uuid::parse_str(aggregate_id)
                .ok()
                .map(|id| Self::Request(RequestId::new(id))),
        }
    }

    /// The document before any event.
    pub fn empty(&self) -> Document {
        match self {
            Self::Cart(_) => Document::Cart {
                sequence: 0,
                cart: None,
            },
            Self::CurrentCart(_) => Document::CurrentCart {
                sequence: 0,
                cart: None,
                named_at: None,
            },
            Self::Product(_) => Document::Product(Box::default()),
            Self::Order(_) => Document::Order(Box::default()),
            Self::Request(_) => Document::Request(Box::default()),
        }
    }

    /// The id of the streams that the document is folded from.
    pub fn aggregate_id(&self) -> String {
        match self {
            Self::Cart(id) => id.to_string(),
            Self::CurrentCart(owner) => owner.to_string(),
            Self::Product(sku) => sku.to_string(),
            Self::Order(id) => id.to_string(),
            Self::Request(id) => id.to_string(),
        }
    }

    /// The types of those streams.
    pub const fn sources(&self) -> &'static [AggregateType] {
        match self {
            Self::Cart(_) => &[AggregateType::Cart],
            Self::CurrentCart(_) => &[AggregateType::CartOwner],
            Self::Product(_) => &[AggregateType::Product, AggregateType::StockItem],
            Self::Order(_) => &[AggregateType::Order, AggregateType::Payment],
            Self::Request(_) => &[AggregateType::ProductRequest],
        }
    }
}

impl Document {
    /// How many people are named with it.
    pub fn people(&self) -> usize {
        match self {
            Self::Request(request) => request.people.steps().count(),
            Self::Cart { .. } | Self::CurrentCart { .. } | Self::Order(_) | Self::Product(_) => 0,
        }
    }

    /// The sequence that one of the document's source streams has reached in here.
    pub fn sequence(&self, aggregate_type: AggregateType) -> i64 {
        match self {
            Self::Cart { sequence, .. } | Self::CurrentCart { sequence, .. } => *sequence,
            Self::Product(product) if aggregate_type == AggregateType::StockItem => {
                product.versions.stock_item
            }
            Self::Product(product) => product.versions.product,
            Self::Order(order) if aggregate_type == AggregateType::Payment => order.versions.payment,
            Self::Order(order) => order.versions.order,
            Self::Request(request) => request.version,
        }
    }

    /// Folds one more event, if it is the next of its stream. Pure; `id` is the document's own.
    pub fn fold(&mut self, id: &DocumentId, recorded: &RecordedEvent, event: &Event) -> Step {
        let after = self.sequence(recorded.aggregate_type);
        if recorded.sequence <= after {
            return Step::Duplicate;
        }
        if recorded.sequence > after + 1 {
            return Step::Gap { after };
        }
        self.evolve(id, recorded, event);
        Step::Applied
    }

    fn evolve(&mut self, id: &DocumentId, recorded: &RecordedEvent, event: &Event) {
        let (next, at) = (recorded.sequence, recorded.recorded_at);
        match (self, id, event) {
            (Self::Cart { sequence, cart }, DocumentId::Cart(id), Event::Cart(event)) => {
                *sequence = next;
                cart::evolve(cart, *id, next, at, event);
            }
            (
                Self::CurrentCart {
                    sequence,
                    cart,
                    named_at,
                },
                _,
                Event::CartOwner(event),
            ) => {
                let domain::cart_owner::CartOwnerEvent::CurrentCartNamed { cart: named } = event;
                *sequence = next;
                *cart = Some(*named);
                *named_at = Some(at);
            }
            (Self::Product(product), DocumentId::Product(sku), Event::Product(event)) => {
                product.evolve(sku, next, at, event);
            }
            (Self::Product(product), _, Event::StockItem(event)) => product.evolve_stock(next, at, event),
            (Self::Order(order), DocumentId::Order(id), Event::Order(event)) => {
                order.evolve(*id, recorded, event);
            }
            (Self::Order(order), _, Event::Payment(event)) => order.evolve_payment(recorded, event),
            (Self::Request(request), DocumentId::Request(id), Event::ProductRequest(event)) => {
                request.evolve(*id, recorded, event);
            }
            (document, _, _) => document.skip(recorded.aggregate_type, next),
        }
    }

    /// What was noted for other keys than the document's own is in them now.
    pub fn written(&mut self) {
        match self {
            Self::Request(request) => request.people.written(),
            Self::Cart { .. } | Self::CurrentCart { .. } | Self::Product(_) | Self::Order(_) => {}
        }
    }

    /// Leaves out an event that ops discarded: its place in the stream is taken, nothing else changes.
    pub fn skip(&mut self, aggregate_type: AggregateType, next: i64) {
        match self {
            Self::Cart { sequence, cart } => {
                *sequence = next;
                if let Some(cart) = cart {
                    cart.version = next;
                }
            }
            Self::CurrentCart { sequence, .. } => *sequence = next,
            Self::Product(product) if aggregate_type == AggregateType::StockItem => {
                product.versions.stock_item = next;
            }
            Self::Product(product) => {
                product.versions.product = next;
                if let Some(document) = &mut product.document {
                    document.version = next;
                }
            }
            Self::Order(order) if aggregate_type == AggregateType::Payment => order.skip_payment(next),
            Self::Order(order) => order.skip(next),
            Self::Request(request) => request.skip(next),
        }
    }

    /// Says which events are in the document; empty for one that does not exist. Equal fences mean equal documents.
    pub fn fence(&self) -> String {
        match self {
            Self::Cart { cart: None, .. } | Self::CurrentCart { cart: None, .. } => String::new(),
            Self::Cart { sequence, .. } | Self::CurrentCart { sequence, .. } => sequence.to_string(),
            Self::Product(product) => match product.versions {
                Versions {
                    product: 0,
                    stock_item: 0,
                } => String::new(),
                Versions { product, stock_item } => {
                    format!(r#"{{"product":{product},"stock-item":{stock_item}}}"#)
                }
            },
            Self::Order(order) => match order.versions {
                order::Versions { order: 0, payment: 0 } => String::new(),
                order::Versions { order, payment } => format!(r#"{{"order":{order},"payment":{payment}}}"#),
            },
            Self::Request(request) => match request.version {
                0 => String::new(),
                version => version.to_string(),
            },
        }
    }

    /// The exact JSON that the query API sends; none where there is nothing to send.
    pub fn body(&self) -> Option<Vec<u8>> {
        match self {
            Self::Cart { cart, .. } => cart.as_ref().map(json),
            Self::CurrentCart { .. } => None,
            Self::Product(product) => product.document.as_ref().map(json),
            Self::Order(order) => order.document.as_ref().map(json),
            Self::Request(request) => request.document.as_ref().map(json),
        }
    }

    /// Where the document is listed, if it is one that lists name.
    pub fn listing(&self) -> Option<Listing> {
        match self {
            Self::Cart { .. } | Self::CurrentCart { .. } | Self::Product(_) | Self::Request(_) => None,
            Self::Order(order) => order.listing(),
        }
    }

    /// When nobody needs the document any more; none where it stays. An event that comes after all finds the others of its
    /// stream in PostgreSQL. See [`crate::life`].
    pub fn expires_at(&self, id: &DocumentId) -> Option<OffsetDateTime> {
        match (self, id) {
            (Self::Cart { cart, .. }, _) => cart.as_ref()?.expires_at(),
            (Self::CurrentCart { named_at, .. }, DocumentId::CurrentCart(owner)) => {
                life::of_named_cart(*owner, (*named_at)?)
            }
            (Self::Order(order), _) => order.expires_at(),
            (Self::CurrentCart { .. } | Self::Product(_) | Self::Request(_), _) => None,
        }
    }
}
