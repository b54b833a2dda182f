//! Money goes back, and never more of it than was taken.

use domain::payment::{MAX_ATTEMPTS, MAX_REFUNDS, Payment, PaymentCommand, PaymentError, PaymentEvent};
use domain::{Currency, Money};

use super::{
    attempt, captured, declined, eur, first, owed, paid, payment, refund, refund_failed, refund_requested,
    refunded, request_refund, started, state, void_requested,
};

fn succeed(number: u128) -> PaymentCommand {
    PaymentCommand::Refund {
        refund: refund(number),
    }
}

fn fail(number: u128) -> PaymentCommand {
    PaymentCommand::FailRefund {
        refund: refund(number),
        reason: "lost_or_stolen_card".parse().expect("a fixture is valid"),
    }
}

fn not_between(wanted: Money, left: Money) -> PaymentError {
    PaymentError::RefundAmount { wanted, left }
}

#[test]
fn all_of_it_or_a_part_is_refunded() {
    for amount in [eur(1), eur(7815), owed()] {
        payment(paid(vec![]))
            .when(request_refund(1, amount))
            .then_expect_events(vec![refund_requested(1, 1, amount)]);
    }
}

#[test]
fn a_refund_is_asked_for_once() {
    payment(paid(vec![refund_requested(1, 1, owed())]))
        .when(request_refund(1, owed()))
        .then_expect_events(vec![]);
    payment(paid(vec![refund_requested(1, 1, owed()), refunded(1, owed())]))
        .when(request_refund(1, eur(5)))
        .then_expect_events(vec![]);
}

#[test]
fn no_more_is_refunded_than_was_captured() {
    let part = || paid(vec![refund_requested(1, 1, eur(7000))]);
    payment(part())
        .when(request_refund(2, eur(817)))
        .then_expect_error(not_between(eur(817), eur(816)));
    payment(part())
        .when(request_refund(2, eur(816)))
        .then_expect_events(vec![refund_requested(2, 1, eur(816))]);
    let made = [part(), vec![refunded(1, eur(7000))]].concat();
    payment(made)
        .when(request_refund(2, eur(817)))
        .then_expect_error(not_between(eur(817), eur(816)));
}

#[test]
fn nothing_and_less_than_nothing_are_no_refunds() {
    for wanted in [eur(0), eur(-1), eur(i64::MIN)] {
        payment(paid(vec![]))
            .when(request_refund(1, wanted))
            .then_expect_error(not_between(wanted, owed()));
    }
}

#[test]
fn a_refund_is_in_the_currency_that_was_paid() {
    let yen = Money::new(100, Currency::JPY);
    payment(paid(vec![]))
        .when(request_refund(1, yen))
        .then_expect_error(not_between(yen, owed()));
}

#[test]
fn a_part_that_the_gateway_cannot_give_back_is_refused() {
    let dinars = |minor| Money::new(minor, Currency::KWD);
    let paid_in_dinars = || {
        vec![
            PaymentEvent::PaymentRequested {
                order: super::order(),
                amount: dinars(2_985),
            },
            started(1),
            captured(1, dinars(2_985)),
        ]
    };
    let wanted = dinars(1_235);
    let why = wanted.payable_in_parts().expect_err("it has three decimals");
    payment(paid_in_dinars())
        .when(request_refund(1, wanted))
        .then_expect_error(PaymentError::RefundStep { wanted, why });
    // A part of ten, and all that is left as it came.
    for wanted in [dinars(1_230), dinars(10), dinars(2_985)] {
        payment(paid_in_dinars())
            .when(request_refund(1, wanted))
            .then_expect_events(vec![refund_requested(1, 1, wanted)]);
    }
}

#[test]
fn what_was_not_captured_is_not_refunded() {
    for events in [vec![], first(vec![]), first(vec![declined(1)])] {
        assert_eq!(state(events.clone()).refundable(), None);
        payment(events)
            .when(request_refund(1, eur(1)))
            .then_expect_error(PaymentError::NotCaptured);
    }
    assert_eq!(Payment::Unrequested.refundable(), None);
}

#[test]
fn a_refund_that_failed_counts_as_never_made() {
    let failed = || paid(vec![refund_requested(1, 1, owed()), refund_failed(1)]);
    assert_eq!(state(failed()).refundable(), Some(owed()));
    payment(failed())
        .when(request_refund(2, owed()))
        .then_expect_events(vec![refund_requested(2, 1, owed())]);
}

#[test]
fn what_is_left_to_refund_is_known_at_any_time() {
    let left = |then| state(paid(then)).refundable();
    assert_eq!(left(vec![]), Some(owed()));
    let part = refund_requested(1, 1, eur(816));
    assert_eq!(left(vec![part.clone()]), Some(eur(7000)));
    assert_eq!(left(vec![part, refunded(1, eur(816))]), Some(eur(7000)));
    assert_eq!(left(vec![refund_requested(1, 1, owed())]), Some(eur(0)));
}

#[test]
fn a_refund_succeeds_once() {
    payment(paid(vec![refund_requested(1, 1, eur(5))]))
        .when(succeed(1))
        .then_expect_events(vec![refunded(1, eur(5))]);
    for ended in [refunded(1, eur(5)), refund_failed(1)] {
        payment(paid(vec![refund_requested(1, 1, eur(5)), ended]))
            .when(succeed(1))
            .then_expect_events(vec![]);
    }
}

#[test]
fn a_refund_fails_once_even_after_it_was_made() {
    for before in [vec![], vec![refunded(1, eur(5))]] {
        let requested = [vec![refund_requested(1, 1, eur(5))], before].concat();
        payment(paid(requested))
            .when(fail(1))
            .then_expect_events(vec![refund_failed(1)]);
    }
    payment(paid(vec![refund_requested(1, 1, eur(5)), refund_failed(1)]))
        .when(fail(1))
        .then_expect_events(vec![]);
}

#[test]
fn the_gateway_speaks_of_no_refund_that_was_never_asked_for() {
    for command in [succeed(2), fail(2)] {
        payment(paid(vec![refund_requested(1, 1, eur(5))]))
            .when(command)
            .then_expect_error(PaymentError::UnknownRefund);
    }
}

/// A second attempt was captured although the first had paid.
fn paid_twice(then: Vec<PaymentEvent>) -> Vec<PaymentEvent> {
    let twice = vec![
        started(1),
        void_requested(1),
        started(2),
        captured(2, owed()),
        captured(1, eur(100)),
    ];
    [twice, then].concat()
}

#[test]
fn a_refund_can_name_the_attempt_whose_money_it_is() {
    let of = |number, amount| PaymentCommand::RequestRefund {
        refund: refund(1),
        attempt: Some(attempt(number)),
        amount,
    };
    payment(paid_twice(vec![]))
        .when(of(1, eur(100)))
        .then_expect_events(vec![refund_requested(1, 1, eur(100))]);
    payment(paid_twice(vec![]))
        .when(of(1, eur(101)))
        .then_expect_error(not_between(eur(101), eur(100)));
    payment(first(vec![declined(1)]))
        .when(of(1, eur(1)))
        .then_expect_error(PaymentError::NotCaptured);
}

#[test]
fn a_refund_that_names_no_attempt_is_of_the_one_of_which_most_is_left() {
    payment(paid_twice(vec![]))
        .when(request_refund(1, eur(50)))
        .then_expect_events(vec![refund_requested(1, 2, eur(50))]);
    payment(paid_twice(vec![refund_requested(1, 2, owed())]))
        .when(request_refund(2, eur(50)))
        .then_expect_events(vec![refund_requested(2, 1, eur(50))]);
    assert_eq!(state(paid_twice(vec![])).refundable(), Some(owed()));
}

#[test]
fn the_rest_is_refunded_of_every_attempt_of_which_something_is_left() {
    let rest = || PaymentCommand::RequestRefundOfRest { refund: refund(1) };
    payment(paid(vec![]))
        .when(rest())
        .then_expect_events(vec![refund_requested(1, 1, owed())]);
    let of_second = PaymentEvent::RefundRequested {
        refund: refund(1).of(attempt(2)),
        attempt: attempt(2),
        amount: eur(7816 - 50),
    };
    let both = vec![refund_requested(1, 1, eur(100)), of_second];
    payment(paid_twice(vec![refund_requested(2, 2, eur(50))]))
        .when(rest())
        .then_expect_events(both.clone());
    payment(paid_twice([vec![refund_requested(2, 2, eur(50))], both].concat()))
        .when(rest())
        .then_expect_events(vec![]);
    for nothing_left in [vec![], first(vec![]), paid(vec![refund_requested(2, 1, owed())])] {
        payment(nothing_left).when(rest()).then_expect_events(vec![]);
    }
    assert_eq!(Payment::Unrequested.decide(rest()), Ok(vec![]));
}

#[test]
fn a_payment_is_not_refunded_in_endless_parts_unless_no_order_stands_for_the_money() {
    let parts = |count: usize| (1..).take(count).map(|n| refund_requested(n, 2, eur(1)));
    payment(paid_twice(parts(MAX_REFUNDS - 1).collect()))
        .when(request_refund(999, eur(1)))
        .then_expect_events(vec![refund_requested(999, 2, eur(1))]);
    payment(paid_twice(parts(MAX_REFUNDS).collect()))
        .when(request_refund(999, eur(1)))
        .then_expect_error(PaymentError::TooManyRefunds);
    let surplus = PaymentCommand::RequestRefund {
        refund: refund(999),
        attempt: Some(attempt(1)),
        amount: eur(100),
    };
    payment(paid_twice(parts(MAX_REFUNDS).collect()))
        .when(surplus)
        .then_expect_events(vec![refund_requested(999, 1, eur(100))]);
}

#[test]
fn a_refusal_has_a_code_for_programs_and_a_sentence_for_people() {
    let refusals = [
        (
            PaymentError::NotFound,
            "payment-not-found",
            "there is no such payment",
        ),
        (PaymentError::Paid, "already-paid", "the order is paid already"),
        (
            PaymentError::InProgress,
            "payment-in-progress",
            "a payment is being checked; wait for its outcome",
        ),
        (
            PaymentError::TooManyAttempts,
            "attempt-limit",
            "there were 20 attempts to pay; place the order again",
        ),
        (
            PaymentError::TooManyRefunds,
            "refund-limit",
            "there were 100 refunds; a payment takes no more",
        ),
        (
            PaymentError::UnknownAttempt,
            "unknown-attempt",
            "there is no such attempt",
        ),
        (
            PaymentError::UnknownRefund,
            "unknown-refund",
            "there is no such refund",
        ),
        (
            PaymentError::NotCaptured,
            "not-captured",
            "nothing was captured, so nothing can be refunded",
        ),
        (
            not_between(eur(8000), owed()),
            "refund-amount",
            "a refund is between 1 minor unit and the 78.16 EUR that are left; it was 80.00 EUR",
        ),
    ];
    for (error, code, sentence) in refusals {
        assert_eq!((error.code(), error.to_string().as_str()), (code, sentence));
    }
    assert_eq!((MAX_ATTEMPTS, MAX_REFUNDS), (20, 100), "what the sentences say");
}
