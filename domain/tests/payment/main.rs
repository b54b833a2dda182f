//! How a payment goes from being asked for to its end, given/when/then.

mod attempts;
mod outstanding;
mod properties;
mod refunds;

use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::payment::{Payment, PaymentCommand, PaymentEvent};
use domain::{AttemptId, Currency, Money, OrderId, RefundId};
use uuid::Uuid;

fn order() -> OrderId {
    OrderId::new(Uuid::from_u128(0x0d))
}

fn attempt(number: u128) -> AttemptId {
    AttemptId::new(Uuid::from_u128(0xa000 + number))
}

fn refund(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128((0xf000 + number) << 64))
}

/// What the gateway calls the charge of an attempt.
fn reference(of: u128) -> String {
    format!("pi_{of}")
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// What the order comes to.
fn owed() -> Money {
    eur(7816)
}

fn request() -> PaymentCommand {
    PaymentCommand::Request {
        order: order(),
        amount: owed(),
    }
}

fn requested() -> PaymentEvent {
    PaymentEvent::PaymentRequested {
        order: order(),
        amount: owed(),
    }
}

fn start(number: u128) -> PaymentCommand {
    PaymentCommand::StartAttempt {
        attempt: attempt(number),
        method: "pm_card_visa".parse().expect("a fixture is valid"),
    }
}

fn started(number: u128) -> PaymentEvent {
    PaymentEvent::AttemptStarted {
        attempt: attempt(number),
        method: "pm_card_visa".to_owned(),
    }
}

fn require_action(of: u128) -> PaymentCommand {
    PaymentCommand::RequireAction {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
    }
}

fn action_required(of: u128) -> PaymentEvent {
    PaymentEvent::ActionRequired {
        attempt: attempt(of),
        reference: reference(of),
    }
}

fn authorize(of: u128) -> PaymentCommand {
    PaymentCommand::Authorize {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
    }
}

fn authorized(of: u128) -> PaymentEvent {
    PaymentEvent::PaymentAuthorized {
        attempt: attempt(of),
        reference: reference(of),
    }
}

fn capture_requested(of: u128) -> PaymentEvent {
    PaymentEvent::CaptureRequested { attempt: attempt(of) }
}

fn decline(of: u128) -> PaymentCommand {
    PaymentCommand::DeclineAttempt {
        attempt: attempt(of),
        reason: "insufficient_funds".parse().expect("a fixture is valid"),
    }
}

fn declined(of: u128) -> PaymentEvent {
    PaymentEvent::AttemptDeclined {
        attempt: attempt(of),
        reason: "insufficient_funds".to_owned(),
    }
}

fn capture(of: u128, amount: Money) -> PaymentCommand {
    PaymentCommand::Capture {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
        amount,
    }
}

fn captured(of: u128, amount: Money) -> PaymentEvent {
    PaymentEvent::PaymentCaptured {
        attempt: attempt(of),
        reference: reference(of),
        amount,
    }
}

fn void(of: u128) -> PaymentCommand {
    PaymentCommand::Void { attempt: attempt(of) }
}

fn void_requested(of: u128) -> PaymentEvent {
    PaymentEvent::VoidRequested { attempt: attempt(of) }
}

fn voided(of: u128) -> PaymentEvent {
    PaymentEvent::PaymentVoided { attempt: attempt(of) }
}

fn request_refund(number: u128, amount: Money) -> PaymentCommand {
    PaymentCommand::RequestRefund {
        refund: refund(number),
        attempt: None,
        amount,
    }
}

fn refund_requested(number: u128, of: u128, amount: Money) -> PaymentEvent {
    PaymentEvent::RefundRequested {
        refund: refund(number),
        attempt: attempt(of),
        amount,
    }
}

fn refunded(number: u128, amount: Money) -> PaymentEvent {
    PaymentEvent::PaymentRefunded {
        refund: refund(number),
        amount,
    }
}

fn refund_failed(number: u128) -> PaymentEvent {
    PaymentEvent::RefundFailed {
        refund: refund(number),
        reason: "lost_or_stolen_card".to_owned(),
    }
}

fn no_payment() -> AggregateTestExecutor<Payment> {
    TestFramework::with(()).given_no_previous_events()
}

/// A payment that was asked for, and what happened to it.
fn payment(then: Vec<PaymentEvent>) -> AggregateTestExecutor<Payment> {
    TestFramework::with(()).given(vec![requested()]).and(then)
}

/// The first attempt, and how far it got.
fn first(then: Vec<PaymentEvent>) -> Vec<PaymentEvent> {
    [vec![started(1)], then].concat()
}

/// Paid by the first attempt, and what happened since.
fn paid(then: Vec<PaymentEvent>) -> Vec<PaymentEvent> {
    let paid = vec![authorized(1), capture_requested(1), captured(1, owed())];
    first([paid, then].concat())
}

fn state(then: Vec<PaymentEvent>) -> Payment {
    let mut payment = Payment::default();
    for event in [vec![requested()], then].concat() {
        payment.evolve(&event);
    }
    payment
}
