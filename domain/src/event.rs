//! Any event of any aggregate, and how one is written to the log and read back.
//!
//! The log keeps an event's name beside its payload, not inside it. The event store calls [`Event::payload`], everybody
//! who reads the log calls [`Event::parse`]. An event that this binary does not know is an error, never skipped.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::{Deserialize, Serialize, de};

use crate::cart::CartEvent;
use crate::cart_owner::CartOwnerEvent;
use crate::discount_code::{CodeCustomerEvent, DiscountCodeEvent};
use crate::ids::AggregateType;
use crate::order::OrderEvent;
use crate::payment::PaymentEvent;
use crate::product::ProductEvent;
use crate::product_request::{ProductRequestEvent, RequestMemberEvent};
use crate::stock::StockEvent;
use crate::upcasting::{Upcasters, version_of};

/// No event's payload is larger, in bytes. `tests/largest.rs` builds the largest event of every type.
pub const MAX_PAYLOAD: usize = 256 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Cart(CartEvent),
    CartOwner(CartOwnerEvent),
    Product(ProductEvent),
    StockItem(StockEvent),
    Order(OrderEvent),
    Payment(PaymentEvent),
    DiscountCode(DiscountCodeEvent),
    CodeCustomer(CodeCustomerEvent),
    ProductRequest(ProductRequestEvent),
    RequestMember(RequestMemberEvent),
}

/// An event that was written by a newer binary than this one, or is damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{aggregate_type} event {event_type} version {event_version} cannot be read here: {reason}")]
pub struct UnreadableEvent {
    pub aggregate_type: AggregateType,
    pub event_type: String,
    pub event_version: String,
    pub reason: String,
}

impl Event {
    /// Reads an event in any version that its type ever had.
    ///
    /// # Errors
    /// [`UnreadableEvent`] when the name or version is unknown or the payload does not have the event's fields.
    pub fn parse(
        aggregate_type: AggregateType,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, UnreadableEvent> {
        let upcasters = Upcasters::current();
        Self::parse_with(upcasters, aggregate_type, event_type, event_version, payload)
    }

    pub(crate) fn parse_with(
        upcasters: &Upcasters,
        aggregate_type: AggregateType,
        event_type: &str,
        event_version: &str,
        payload: &str,
    ) -> Result<Self, UnreadableEvent> {
        let unreadable = |reason: String| UnreadableEvent {
            aggregate_type,
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            reason,
        };
        let payload = upcasters
            .upcast(aggregate_type, event_type, event_version, payload)
            .map_err(unreadable)?;
        let named = Named {
            name: event_type,
            payload: &payload,
        };
        let event = match aggregate_type {
            AggregateType::Cart => CartEvent::deserialize(named).map(Self::Cart),
            AggregateType::CartOwner => CartOwnerEvent::deserialize(named).map(Self::CartOwner),
            AggregateType::Product => ProductEvent::deserialize(named).map(Self::Product),
            AggregateType::StockItem => StockEvent::deserialize(named).map(Self::StockItem),
            AggregateType::Order => OrderEvent::deserialize(named).map(Self::Order),
            AggregateType::Payment => PaymentEvent::deserialize(named).map(Self::Payment),
            AggregateType::DiscountCode => DiscountCodeEvent::deserialize(named).map(Self::DiscountCode),
            AggregateType::CodeCustomer => CodeCustomerEvent::deserialize(named).map(Self::CodeCustomer),
            AggregateType::ProductRequest => {
                ProductRequestEvent::deserialize(named).map(Self::ProductRequest)
            }
            AggregateType::RequestMember => RequestMemberEvent::deserialize(named).map(Self::RequestMember),
        };
        event.map_err(|error| unreadable(error.to_string()))
    }

    pub const fn aggregate_type(&self) -> AggregateType {
        match self {
            Self::Cart(_) => AggregateType::Cart,
            Self::CartOwner(_) => AggregateType::CartOwner,
            Self::Product(_) => AggregateType::Product,
            Self::StockItem(_) => AggregateType::StockItem,
            Self::Order(_) => AggregateType::Order,
            Self::Payment(_) => AggregateType::Payment,
            Self::DiscountCode(_) => AggregateType::DiscountCode,
            Self::CodeCustomer(_) => AggregateType::CodeCustomer,
            Self::ProductRequest(_) => AggregateType::ProductRequest,
            Self::RequestMember(_) => AggregateType::RequestMember,
        }
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cart(event) => event.name(),
            Self::CartOwner(event) => event.name(),
            Self::Product(event) => event.name(),
            Self::StockItem(event) => event.name(),
            Self::Order(event) => event.name(),
            Self::Payment(event) => event.name(),
            Self::DiscountCode(event) => event.name(),
            Self::CodeCustomer(event) => event.name(),
            Self::ProductRequest(event) => event.name(),
            Self::RequestMember(event) => event.name(),
        }
    }

    /// The version that [`Self::payload`] is written in.
    pub fn version(&self) -> &'static str {
        version_of(self.aggregate_type(), self.name())
    }

    /// The names of all events of an aggregate that this binary knows.
    pub const fn names(aggregate_type: AggregateType) -> &'static [&'static str] {
        match aggregate_type {
            AggregateType::Cart => CartEvent::NAMES,
            AggregateType::CartOwner => CartOwnerEvent::NAMES,
            AggregateType::Product => ProductEvent::NAMES,
            AggregateType::StockItem => StockEvent::NAMES,
            AggregateType::Order => OrderEvent::NAMES,
            AggregateType::Payment => PaymentEvent::NAMES,
            AggregateType::DiscountCode => DiscountCodeEvent::NAMES,
            AggregateType::CodeCustomer => CodeCustomerEvent::NAMES,
            AggregateType::ProductRequest => ProductRequestEvent::NAMES,
            AggregateType::RequestMember => RequestMemberEvent::NAMES,
        }
    }

    /// The payload as JSON, without the event's name.
    pub fn payload(&self) -> String {
        match self {
            Self::Cart(event) => unnamed(event, event.name()),
            Self::CartOwner(event) => unnamed(event, event.name()),
            Self::Product(event) => unnamed(event, event.name()),
            Self::StockItem(event) => unnamed(event, event.name()),
            Self::Order(event) => unnamed(event, event.name()),
            Self::Payment(event) => unnamed(event, event.name()),
            Self::DiscountCode(event) => unnamed(event, event.name()),
            Self::CodeCustomer(event) => unnamed(event, event.name()),
            Self::ProductRequest(event) => unnamed(event, event.name()),
            Self::RequestMember(event) => unnamed(event, event.name()),
        }
    }
}

macro_rules! event_of {
    ($($variant:ident $event:ident),*) => {
        $(impl TryFrom<Event> for $event {
            /// The event of another aggregate, unchanged.
            type Error = Event;

            fn try_from(event: Event) -> Result<Self, Event> {
                match event {
                    Event::$variant(event) => Ok(event),
                    other => Err(other),
                }
            }
        })*
    };
}
event_of!(
    Cart CartEvent, CartOwner CartOwnerEvent, Product ProductEvent, StockItem StockEvent, Order OrderEvent,
    Payment PaymentEvent, DiscountCode DiscountCodeEvent, CodeCustomer CodeCustomerEvent, ProductRequest ProductRequestEvent,
    RequestMember RequestMemberEvent
);

/// Serde writes an enum as `{"Name":payload}`; this takes the payload out of it.
fn unnamed(event: &impl Serialize, name: &str) -> String {
    let mut text = serde_json::to_string(event).expect("an event holds only strings, integers and structs");
    text.pop();
    text.drain(..name.len() + r#"{"":"#.len());
    text
}

/// A name and a payload, read as if they were `{"Name":payload}`.
struct Named<'de> {
    name: &'de str,
    payload: &'de str,
}

type JsonError = serde_json::Error;

impl<'de> Deserializer<'de> for Named<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Named<'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), JsonError> {
        let name: StrDeserializer<'de, JsonError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Named<'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        Err(de::Error::custom("every event has an object as its payload"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        let mut json = serde_json::Deserializer::from_str(self.payload);
        let event = seed.deserialize(&mut json)?;
        json.end()?;
        Ok(event)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, JsonError> {
        Err(de::Error::custom("every event has an object as its payload"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let mut json = serde_json::Deserializer::from_str(self.payload);
        // As a map: `deserialize_struct` would also take an array of the fields' values.
        let event = json.deserialize_map(visitor)?;
        json.end()?;
        Ok(event)
    }
}

/// The few lines that fit an aggregate with a `decide` and an `evolve` to `cqrs_es`.
macro_rules! fits_cqrs_es {
    ($state:ident, $command:ident, $event:ident { $($variant:ident),* $(,)? }, $error:ident) => {
        impl $event {
            /// Every variant: the compiler holds this list and `name` together.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($variant)),*];

            pub const fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => stringify!($variant)),* }
            }
        }

        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                self.name().to_owned()
            }

            fn event_version(&self) -> String {
                $crate::upcasting::version_of($crate::AggregateType::$state, self.name()).to_owned()
            }
        }

        impl cqrs_es::Aggregate for $state {
            const TYPE: &'static str = $crate::AggregateType::$state.as_str();
            type Command = $command;
            type Event = $event;
            type Error = $error;
            type Services = ();

            async fn handle(
                &mut self,
                command: Self::Command,
                (): &Self::Services,
                sink: &cqrs_es::event_sink::EventSink<Self>,
            ) -> Result<(), Self::Error> {
                for event in self.decide(command)? {
                    sink.write(event, self).await;
                }
                Ok(())
            }

            fn apply(&mut self, event: Self::Event) {
                self.evolve(&event);
            }
        }
    };
}
pub(crate) use fits_cqrs_es;
