//! An order with its payment: one document per order, folded from the streams `order/{id}` and `payment/{id}`.
//!
//! Folded by the projectors; the query API sends the stored JSON as it is. The two streams travel in different topics, so
//! either may arrive first: until the order was placed there is no body. Names and addresses are nowhere in here.

mod document;
mod listing;
mod payment;
mod schemas;

use std::borrow::Cow;

use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::{OrderId, OwnerId, RecordedEvent};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use document::{
    Moment, OrderDocument, OrderLine, OrderState, OrderSummary, Return, ReturnState, Shipment,
};
pub use listing::{Listing, StateList};
pub use payment::{AttemptState, OrderPayment, PaymentAttempt, PaymentRefund, PaymentState, RefundState};

use payment::Payment;

use crate::life;

/// What is kept of an order: the document, and what the fold needs beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub versions: Versions,
    pub kept: Kept,
    pub document: Option<OrderDocument>,
}

/// The sequence of the last event of each source stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    pub order: i64,
    pub payment: i64,
}

/// What cannot be read from the document, or is known before there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The position of the event that placed the order: its place in every list. 0 before.
    placed: i64,
    /// The guest who placed it, where an account took it over since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    taken_from: Option<OwnerId>,
    /// When the order last changed, its payment left out: that comes by another way, and lists do not wait for it.
    #[serde(default, with = "time::serde::rfc3339::option")]
    changed_at: Option<OffsetDateTime>,
    payment: Payment,
    /// By position, which says what came first where times are equal: one append has one time.
    history: Vec<Happened>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Happened {
    position: i64,
    what: Cow<'static, str>,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

impl Order {
    /// The order after one more event of the stream `order/{id}`.
    pub fn evolve(&mut self, id: OrderId, recorded: &RecordedEvent, event: &OrderEvent) {
        self.versions.order = recorded.sequence;
        if let (None, OrderEvent::OrderPlaced { placement }) = (&self.document, event) {
            self.document = Some(OrderDocument::placed(id, placement, recorded.recorded_at));
            self.kept.placed = recorded.position;
        }
        self.kept.changed_at = Some(recorded.recorded_at);
        if let Some(document) = &mut self.document {
            let customer = document.customer;
            document.evolve(event, recorded.recorded_at);
            if document.customer != customer {
                self.kept.taken_from = Some(customer);
            }
            document.version = recorded.sequence;
        }
        self.remember(recorded, event.name());
    }

    /// The order after one more event of the stream `payment/{id}`.
    pub fn evolve_payment(&mut self, recorded: &RecordedEvent, event: &PaymentEvent) {
        self.versions.payment = recorded.sequence;
        self.kept.payment.evolve(event);
        self.remember(recorded, event.name());
    }

    /// Leaves out an event of the order that ops discarded.
    pub(crate) fn skip(&mut self, sequence: i64) {
        self.versions.order = sequence;
        if let Some(document) = &mut self.document {
            document.version = sequence;
        }
    }

    /// Leaves out an event of the payment that ops discarded.
    pub(crate) fn skip_payment(&mut self, sequence: i64) {
        self.versions.payment = sequence;
        self.show();
    }

    /// A guest's order that is over is not looked at for ever; an account's is.
    pub(crate) fn expires_at(&self) -> Option<OffsetDateTime> {
        let document = self.document.as_ref()?;
        let is_over = document.state.is_finished() && !document.wants_return();
        if is_over { self.customer_until() } else { None }
    }

    /// Until when the list of the customer's orders stays on account of this one; none where it stays anyway.
    fn customer_until(&self) -> Option<OffsetDateTime> {
        life::of_guest(self.document.as_ref()?.customer, self.kept.changed_at?)
    }

    fn remember(&mut self, recorded: &RecordedEvent, what: &'static str) {
        let history = &mut self.kept.history;
        let place = history.partition_point(|earlier| earlier.position < recorded.position);
        let happened = Happened {
            position: recorded.position,
            what: what.into(),
            at: recorded.recorded_at,
        };
        history.insert(place, happened);
        self.show();
    }

    /// Puts into the document what both streams have a part in. They may be folded in either order and give the same.
    fn show(&mut self) {
        let Some(document) = &mut self.document else {
            return;
        };
        document.payment_version = self.versions.payment;
        let is_cancelled = document.state == OrderState::Cancelled;
        document.payment = self
            .kept
            .payment
            .shown(document.totals.total.currency, is_cancelled);
        let history = &self.kept.history;
        document.timeline = history.iter().map(Happened::moment).collect();
        document.updated_at = history
            .iter()
            .map(|happened| happened.at)
            .max()
            .unwrap_or(document.placed_at);
    }
}

impl Happened {
    fn moment(&self) -> Moment {
        Moment {
            what: self.what.clone(),
            at: self.at,
        }
    }
}
