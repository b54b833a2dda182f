//! What has to happen later, should nothing else happen before: the deadlines that a decision on an order sets and clears.

use std::sync::Arc;
use std::time::Duration;

use domain::OrderId;
use domain::cart::CartEvent;
use domain::order::{OrderEvent, Placement};
use domain::paying::Consequences;
use domain::payment::{Payment, PaymentEvent, Step};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::ordering::Paying;
use super::policy::Context;

/// When the payment worker is reminded of a step, should Kafka not have told it.
const REMINDED_AFTER: Duration = Duration::from_secs(5);
/// When the worker looks whether a shopper has confirmed a payment, should neither they nor the gateway have told it.
const LOOKED_UP_AFTER: Duration = Duration::from_secs(30);
/// The shortest time for which a card network holds an authorisation is 4 days and 18 hours; ops are told before.
const AUTHORISATION_LASTS: Duration = Duration::from_hours(4 * 24);

/// When an order that is not paid gives its stock back.
pub fn reservation(context: Context, order: OrderId) -> DeadlineChange {
    let due = context.at + context.policy.reservation;
    DeadlineChange::set(DeadlineKind::Reservation, order.stream().aggregate_id, due)
}

/// What follows from a decision on an order and its payment.
pub fn of_paying(
    context: Context,
    id: OrderId,
    placement: &Placement,
    payment: &Payment,
    consequences: &Consequences,
    paying: &Paying,
) -> Vec<DeadlineChange> {
    let order: Arc<str> = id.stream().aggregate_id;
    let mut changes = vec![];
    let ends = |event: &OrderEvent| match event {
        OrderEvent::OrderConfirmed {} | OrderEvent::OrderCancelled { .. } => true,
        OrderEvent::OrderPlaced { .. }
        | OrderEvent::OrderShipped { .. }
        | OrderEvent::OrderDelivered { .. }
        | OrderEvent::ReturnRequested { .. }
        | OrderEvent::ReturnAccepted {}
        | OrderEvent::ReturnDeclined {} => false,
    };
    if consequences.order.iter().any(ends) {
        changes.push(DeadlineChange::clear(
            DeadlineKind::Reservation,
            Arc::clone(&order),
        ));
    } else if consequences.payment.iter().any(keeps_reservation) {
        changes.push(reservation(context, id));
    }
    if consequences.cart.contains(&CartEvent::CartReopened {}) {
        let due = context.at + context.policy.cart;
        changes.push(DeadlineChange::set(
            DeadlineKind::Cart,
            placement.cart.stream().aggregate_id,
            due,
        ));
    }
    if !consequences.payment.is_empty() {
        changes.extend(payment_deadlines(context, &order, payment, &consequences.payment));
    } else if matches!(paying, Paying::Expire { .. }) && payment.is_being_captured() {
        // The gateway's answer decides; should it be no, the order is looked at again.
        changes.push(reservation(context, id));
    }
    changes
}

/// A shopper who tries to pay keeps what they want to pay.
fn keeps_reservation(event: &PaymentEvent) -> bool {
    match event {
        PaymentEvent::AttemptStarted { .. } | PaymentEvent::AttemptDeclined { .. } => true,
        PaymentEvent::PaymentRequested { .. }
        | PaymentEvent::ActionRequired { .. }
        | PaymentEvent::PaymentAuthorized { .. }
        | PaymentEvent::CaptureRequested { .. }
        | PaymentEvent::PaymentCaptured { .. }
        | PaymentEvent::VoidRequested { .. }
        | PaymentEvent::PaymentVoided { .. }
        | PaymentEvent::RefundRequested { .. }
        | PaymentEvent::PaymentRefunded { .. }
        | PaymentEvent::RefundFailed { .. } => false,
    }
}

fn payment_deadlines(
    context: Context,
    order: &Arc<str>,
    payment: &Payment,
    events: &[PaymentEvent],
) -> Vec<DeadlineChange> {
    let mut after = payment.clone();
    for event in events {
        after.evolve(event);
    }
    let (step, order) = (DeadlineKind::PaymentStep, || Arc::clone(order));
    let mut changes = vec![match &*after.outstanding() {
        [] => DeadlineChange::clear(step, order()),
        [Step::LookUp { .. }] => DeadlineChange::set(step, order(), context.at + LOOKED_UP_AFTER),
        [_, ..] => DeadlineChange::set(step, order(), context.at + REMINDED_AFTER),
    }];
    let is_authorised = |event: &PaymentEvent| matches!(event, PaymentEvent::PaymentAuthorized { .. });
    if events.iter().any(is_authorised) {
        let due = context.at + AUTHORISATION_LASTS;
        changes.push(DeadlineChange::set(DeadlineKind::Authorisation, order(), due));
    } else if payment.is_being_captured() && !after.is_being_captured() {
        changes.push(DeadlineChange::clear(DeadlineKind::Authorisation, order()));
    }
    changes
}
