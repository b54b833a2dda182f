//! The states that the loop keeps between turns, and those that one turn works on.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::discount_code::DiscountCode;
use domain::order::Order;
use domain::payment::Payment;
use domain::product::Product;
use domain::product_request::ProductRequest;
use domain::stock::StockItem;
use domain::{
    AggregateType, CartId, Code, Event, OrderId, OwnerId, PaymentId, RequestId, Sku, StreamId,
    UnreadableEvent,
};
use event_store::loading::Loaded;
use lru::LruCache;

use super::state::{CODE_VERSION, State};

/// A long stream gets a new baseline whenever it has grown by this many events.
const BASELINE_EVERY: i64 = 500;

#[derive(Clone, Debug)]
pub struct Held {
    /// Shared, so that a turn works on a copy only of what it writes.
    pub state: Arc<State>,
    pub version: i64,
    baseline: i64,
}

/// What was stored, as far as this process knows. The append checks every version, so being behind is never wrong.
pub struct Cache(LruCache<StreamId, Held>);

/// What one turn needs of a stream.
#[derive(Clone, Debug)]
pub enum Known {
    Held(Held),
    /// It holds an event that this binary cannot read.
    Unreadable(UnreadableEvent),
}

impl Cache {
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self(LruCache::new(capacity))
    }

    pub fn get(&mut self, stream: &StreamId) -> Option<Held> {
        self.0.get(stream).cloned()
    }

    pub fn forget(&mut self, stream: &StreamId) {
        self.0.pop(stream);
    }

    /// Takes in what was loaded past `held`.
    pub fn take_in(&mut self, held: Option<Held>, loaded: &Loaded) -> Known {
        let known = Held::load(held, loaded);
        match &known {
            Known::Held(held) => drop(self.0.put(loaded.stream.clone(), held.clone())),
            Known::Unreadable(_) => self.forget(&loaded.stream),
        }
        known
    }

    /// Moves a held state past events that are stored, the first of them after version `from`.
    pub fn advance(&mut self, stream: &StreamId, from: i64, events: impl IntoIterator<Item = Event>) {
        match self.0.get_mut(stream) {
            Some(held) if held.version == from => {
                let events: Vec<Event> = events.into_iter().collect();
                held.advance(&events);
            }
            Some(_) => self.forget(stream),
            None => {}
        }
    }

    /// Keeps what a turn worked out, once all of it is stored.
    pub fn keep(&mut self, stream: StreamId, held: Held) {
        self.0.put(stream, held);
    }

    /// The state to keep as the stream's baseline, when it is time for one.
    pub fn baseline_due(&mut self, stream: &StreamId) -> Option<(i64, String)> {
        let held = self.0.peek_mut(stream)?;
        if held.version - held.baseline < BASELINE_EVERY {
            return None;
        }
        held.baseline = held.version;
        Some((held.version, held.state.to_json().ok()?))
    }
}

impl Held {
    fn empty(kind: AggregateType) -> Self {
        Self {
            state: Arc::new(State::new(kind)),
            version: 0,
            baseline: 0,
        }
    }

    fn load(held: Option<Self>, loaded: &Loaded) -> Known {
        if let Some(error) = &loaded.unreadable {
            return Known::Unreadable(error.clone());
        }
        let kind = loaded.stream.aggregate_type;
        let mut held = match &loaded.baseline {
            None => held.unwrap_or_else(|| Self::empty(kind)),
            Some((version, json)) => match State::from_json(kind, json) {
                Ok(state) => Self {
                    state: Arc::new(state),
                    version: *version,
                    baseline: *version,
                },
                Err(error) => {
                    return Known::Unreadable(UnreadableEvent {
                        aggregate_type: kind,
                        event_type: "baseline".to_owned(),
                        event_version: CODE_VERSION.to_string(),
                        reason: error.to_string(),
                    });
                }
            },
        };
        held.advance(&loaded.events);
        Known::Held(held)
    }

    pub fn advance(&mut self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let state = Arc::make_mut(&mut self.state);
        for event in events {
            state.evolve(event);
            self.version += 1;
        }
    }
}

/// The states that one turn decides on. Commands of one turn see each other's events here.
#[derive(Default)]
pub struct Working(HashMap<StreamId, Known>);

impl Working {
    pub fn contains(&self, stream: &StreamId) -> bool {
        self.0.contains_key(stream)
    }

    pub fn insert(&mut self, stream: StreamId, known: Known) {
        self.0.insert(stream, known);
    }

    pub fn get(&self, stream: &StreamId) -> Option<&Known> {
        self.0.get(stream)
    }

    pub fn version(&self, stream: &StreamId) -> i64 {
        match self.0.get(stream) {
            Some(Known::Held(held)) => held.version,
            Some(Known::Unreadable(_)) | None => 0,
        }
    }

    pub fn advance(&mut self, stream: &StreamId, events: &[Event]) {
        if let Some(Known::Held(held)) = self.0.get_mut(stream) {
            held.advance(events);
        }
    }

    pub fn into_held(self) -> impl Iterator<Item = (StreamId, Held)> {
        self.0.into_iter().filter_map(|(stream, known)| match known {
            Known::Held(held) => Some((stream, held)),
            Known::Unreadable(_) => None,
        })
    }

    fn state(&self, stream: &StreamId) -> Option<&State> {
        match self.0.get(stream)? {
            Known::Held(held) => Some(&held.state),
            Known::Unreadable(_) => None,
        }
    }
}

/// The state of one aggregate, where it is loaded and of that type.
macro_rules! states {
    ($($name:ident($id:ident: $type:ty) -> $state:ident = $stream:expr;)*) => {
        impl Working {
            $(pub fn $name(&self, $id: $type) -> Option<&$state> {
                match self.state(&$stream) {
                    Some(State::$state(state)) => Some(state),
                    Some(_) | None => None,
                }
            })*
        }
    };
}
states! {
    cart(id: CartId) -> Cart = id.stream();
    cart_owner(id: OwnerId) -> CartOwner = id.stream();
    product(sku: &Sku) -> Product = StreamId::product(sku);
    stock_item(sku: &Sku) -> StockItem = StreamId::stock_item(sku);
    order(id: OrderId) -> Order = id.stream();
    payment(id: PaymentId) -> Payment = id.stream();
    discount_code(code: &Code) -> DiscountCode = StreamId::discount_code(code);
    product_request(id: RequestId) -> ProductRequest = id.stream();
}
