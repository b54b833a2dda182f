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

/// When an order whose time is over is looked at again, should the gateway just then be asked to take its money.
const LOOKED_AT_AGAIN_AFTER: Duration = Duration::from_mins(1);
/// When the payment worker is reminded of a step, should Kafka not have told it.
const REMINDED_AFTER: Duration = Duration::from_secs(5);
/// When the worker looks whether a shopper has confirmed a payment, should neither they nor the gateway have told it.
const LOOKED_UP_AFTER: Duration = Duration::from_secs(30);
/// The shortest time for which a card network holds an authorisation is 4 days and 18 hours; ops are told before.
const AUTHORISATION_LASTS: Duration = Duration::from_hours(4 * 24);

/// When an order that is not paid gives its stock back. It is begun anew once, by the first attempt to pay, so that all of it is twice that.
pub fn reservation(context: Context, order: OrderId) -> DeadlineChange {
    reserved_for(context, order, context.policy.reservation)
}

fn reserved_for(context: Context, order: OrderId, duration: Duration) -> DeadlineChange {
    let due = context.at + duration;
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
        | OrderEvent::ReturnDeclined {}
        | OrderEvent::OrderTakenOver { .. } => false,
    };
    if consequences.order.iter().any(ends) {
        changes.push(DeadlineChange::clear(
            DeadlineKind::Reservation,
            Arc::clone(&order),
        ));
    } else if payment.gives_more_time(&consequences.payment) {
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
        changes.push(reserved_for(context, id, LOOKED_AT_AGAIN_AFTER));
    }
    changes
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
