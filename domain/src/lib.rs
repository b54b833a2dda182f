//! What the business means: aggregates, money, ids and the recorded event.
//!
//! Pure: no I/O, no clock, no random ids (this crate's `clippy.toml` forbids them). Time and ids come
//! in with the command. The command loop calls `decide`, projectors and the loop call `evolve`.

pub mod accepting;
pub mod cart;
pub mod cart_owner;
pub mod checkout;
pub mod checkout_rules;
pub mod cloud_event;
pub mod discount_code;
pub mod event;
pub mod ids;
pub mod merging;
pub mod money;
pub mod order;
pub mod partitioner;
pub mod paying;
pub mod payment;
pub mod product;
pub mod product_request;
pub mod recorded_event;
pub mod shopping;
pub mod stock;
pub mod text;
pub mod upcasting;

pub use event::{Event, UnreadableEvent};
pub use ids::{
    AddressHash, AggregateType, AttemptId, CartId, Code, ContactId, Country, OrderId, OwnerId, PaymentId,
    QuoteId, RefundId, RequestId, SKU_RULE, ShipmentId, Sku, StreamId, TextId,
};
pub use money::{Currency, Money};
pub use recorded_event::{Metadata, RecordedEvent};
pub use text::{Line, Paragraph, Slug, TextError};
