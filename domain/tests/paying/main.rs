//! What shopper, staff and gateway do to an order ends in one of two states: paid and confirmed, or no charge.

mod affair;
mod affairs;
mod cancelling;
mod expiring;
mod gateway;
mod happenings;
mod refunding;
mod settling;
mod starting;

use affair::{Story, ada, attempt, eur, mug, order, refund, teapot, total};
use domain::payment::PaymentEvent;

fn started(number: u128) -> PaymentEvent {
    PaymentEvent::AttemptStarted {
        attempt: attempt(number),
        method: "pm_card_visa".to_owned(),
    }
}

fn void_requested(of: u128) -> PaymentEvent {
    PaymentEvent::VoidRequested { attempt: attempt(of) }
}

fn refund_requested(number: u128, of: u128, minor: i64) -> PaymentEvent {
    PaymentEvent::RefundRequested {
        refund: refund(number),
        attempt: attempt(of),
        amount: eur(minor),
    }
}
