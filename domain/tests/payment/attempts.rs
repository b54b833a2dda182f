//! A payment is tried, and tried again, until one attempt is captured.

use cqrs_es::Aggregate;
use domain::payment::{AttemptState, MAX_ATTEMPTS, Payment, PaymentCommand, PaymentError, PaymentEvent};

use super::{
    action_required, attempt, authorize, authorized, capture, capture_requested, captured, decline, declined,
    eur, first, no_payment, owed, paid, payment, refund, refund_failed, refund_requested, refunded, request,
    request_refund, requested, require_action, start, started, state, void, void_requested, voided,
};

/// The first attempt in every state that it can be in.
fn every_state() -> Vec<(AttemptState, Vec<PaymentEvent>)> {
    vec![
        (AttemptState::Started, first(vec![])),
        (AttemptState::ActionRequired, first(vec![action_required(1)])),
        (AttemptState::Authorized, first(vec![authorized(1)])),
        (
            AttemptState::CaptureRequested,
            first(vec![authorized(1), capture_requested(1)]),
        ),
        (AttemptState::Captured, paid(vec![])),
        (AttemptState::Declined, first(vec![declined(1)])),
        (AttemptState::VoidRequested, first(vec![void_requested(1)])),
        (AttemptState::Voided, first(vec![void_requested(1), voided(1)])),
    ]
}

/// What `command` says to the first attempt in each of its states; nothing where it is not listed.
fn says(command: &PaymentCommand, expected: &[(AttemptState, Vec<PaymentEvent>)]) {
    for (in_state, events) in every_state() {
        let said = expected
            .iter()
            .find(|(state, _)| *state == in_state)
            .map(|(_, events)| events.clone())
            .unwrap_or_default();
        let answer = state(events).decide(command.clone());
        assert_eq!(answer, Ok(said), "{command:?} in {in_state:?}");
    }
}

#[test]
fn a_payment_is_asked_for_once() {
    no_payment().when(request()).then_expect_events(vec![requested()]);
    payment(vec![]).when(request()).then_expect_events(vec![]);
    payment(paid(vec![])).when(request()).then_expect_events(vec![]);
}

#[test]
fn what_nobody_asked_for_is_not_found() {
    let commands = [
        start(1),
        require_action(1),
        authorize(1),
        decline(1),
        capture(1, owed()),
        void(1),
        request_refund(1, eur(1)),
        PaymentCommand::Refund { refund: refund(1) },
        PaymentCommand::FailRefund {
            refund: refund(1),
            reason: "unknown".parse().unwrap(),
        },
    ];
    for command in commands {
        no_payment()
            .when(command)
            .then_expect_error(PaymentError::NotFound);
    }
}

#[test]
fn there_is_nothing_to_void_where_nothing_had_to_be_paid() {
    no_payment()
        .when(PaymentCommand::RequestVoids)
        .then_expect_events(vec![]);
}

#[test]
fn an_attempt_is_started_once() {
    payment(vec![])
        .when(start(1))
        .then_expect_events(vec![started(1)]);
    for (_, events) in every_state() {
        payment(events).when(start(1)).then_expect_events(vec![]);
    }
}

#[test]
fn a_declined_attempt_makes_way_for_another() {
    for ended in [
        vec![declined(1)],
        vec![void_requested(1)],
        vec![void_requested(1), voided(1)],
    ] {
        payment(first(ended))
            .when(start(2))
            .then_expect_events(vec![started(2)]);
    }
}

#[test]
fn no_attempt_is_started_while_another_is_checked_or_captured() {
    for under_way in [
        first(vec![]),
        first(vec![authorized(1)]),
        first(vec![authorized(1), capture_requested(1)]),
    ] {
        payment(under_way)
            .when(start(2))
            .then_expect_error(PaymentError::InProgress);
    }
    payment(paid(vec![]))
        .when(start(2))
        .then_expect_error(PaymentError::Paid);
}

#[test]
fn whoever_turns_back_at_the_bank_can_take_another_card_and_the_first_is_voided() {
    payment(first(vec![action_required(1)]))
        .when(start(2))
        .then_expect_events(vec![void_requested(1), started(2)]);
}

#[test]
fn an_attempt_whose_money_is_all_on_its_way_back_makes_way_for_another() {
    let all_back = |then| [vec![refund_requested(1, 1, owed())], then].concat();
    payment(paid(all_back(vec![])))
        .when(start(2))
        .then_expect_events(vec![started(2)]);
    payment(paid(all_back(vec![refunded(1, owed())])))
        .when(start(2))
        .then_expect_events(vec![started(2)]);
    payment(paid(all_back(vec![refund_failed(1)])))
        .when(start(2))
        .then_expect_error(PaymentError::Paid);
    payment(paid(vec![refund_requested(1, 1, eur(7815))]))
        .when(start(2))
        .then_expect_error(PaymentError::Paid);
}

#[test]
fn a_payment_is_not_tried_for_ever() {
    let tried = |times: usize| {
        (1..)
            .take(times)
            .flat_map(|n| [started(n), declined(n)])
            .collect()
    };
    payment(tried(MAX_ATTEMPTS - 1))
        .when(start(99))
        .then_expect_events(vec![started(99)]);
    payment(tried(MAX_ATTEMPTS))
        .when(start(99))
        .then_expect_error(PaymentError::TooManyAttempts);
}

#[test]
fn the_first_attempt_gives_more_time_and_no_other_does() {
    let gives = |before, decided: &[PaymentEvent]| state(before).gives_more_time(decided);
    assert!(gives(vec![requested()], &[started(1)]));
    assert!(!gives(vec![requested()], &[]));
    for (_, events) in every_state() {
        for decided in [started(2), declined(1), action_required(1), voided(1)] {
            assert!(!gives(events.clone(), &[decided]));
        }
    }
}

#[test]
fn the_bank_may_want_to_hear_from_the_shopper_before_anything_else_is_known() {
    says(
        &require_action(1),
        &[(AttemptState::Started, vec![action_required(1)])],
    );
}

#[test]
fn what_is_authorised_is_captured_at_once_and_once() {
    let both = || vec![authorized(1), capture_requested(1)];
    says(
        &authorize(1),
        &[
            (AttemptState::Started, both()),
            (AttemptState::ActionRequired, both()),
            (AttemptState::Authorized, vec![capture_requested(1)]),
        ],
    );
}

#[test]
fn a_decline_ends_an_attempt_that_is_not_over() {
    let ends = |state| (state, vec![declined(1)]);
    says(
        &decline(1),
        &[
            ends(AttemptState::Started),
            ends(AttemptState::ActionRequired),
            ends(AttemptState::Authorized),
            ends(AttemptState::CaptureRequested),
            ends(AttemptState::VoidRequested),
        ],
    );
}

#[test]
fn a_void_ends_an_attempt_that_is_not_over() {
    let ends = |state| (state, vec![voided(1)]);
    says(
        &void(1),
        &[
            ends(AttemptState::Started),
            ends(AttemptState::ActionRequired),
            ends(AttemptState::Authorized),
            ends(AttemptState::CaptureRequested),
            ends(AttemptState::VoidRequested),
        ],
    );
}

#[test]
fn money_that_was_taken_is_taken_whatever_was_known_before() {
    let taken = |state| (state, vec![captured(1, owed())]);
    says(
        &capture(1, owed()),
        &[
            taken(AttemptState::Started),
            taken(AttemptState::ActionRequired),
            taken(AttemptState::Authorized),
            taken(AttemptState::CaptureRequested),
            taken(AttemptState::Declined),
            taken(AttemptState::VoidRequested),
            taken(AttemptState::Voided),
        ],
    );
}

#[test]
fn an_attempt_that_is_captured_ends_the_others() {
    let second = |then| first([vec![void_requested(1), started(2)], then].concat());
    payment(second(vec![]))
        .when(capture(1, owed()))
        .then_expect_events(vec![captured(1, owed()), void_requested(2)]);
    payment(second(vec![action_required(2)]))
        .when(capture(1, owed()))
        .then_expect_events(vec![captured(1, owed()), void_requested(2)]);
    // The gateway was asked already, and its answer decides.
    payment(second(vec![authorized(2), capture_requested(2)]))
        .when(capture(1, owed()))
        .then_expect_events(vec![captured(1, owed())]);
}

#[test]
fn an_amount_that_nobody_owes_ends_nothing() {
    payment(first(vec![void_requested(1), started(2)]))
        .when(capture(1, eur(7815)))
        .then_expect_events(vec![captured(1, eur(7815))]);
}

#[test]
fn whatever_may_hold_money_is_voided_once() {
    let voids = |events: Vec<PaymentEvent>| state(events).decide(PaymentCommand::RequestVoids);
    assert_eq!(voids(vec![]), Ok(vec![]));
    assert_eq!(voids(first(vec![])), Ok(vec![void_requested(1)]));
    assert_eq!(
        voids(first(vec![action_required(1)])),
        Ok(vec![void_requested(1)])
    );
    let over = [
        first(vec![declined(1)]),
        first(vec![void_requested(1)]),
        first(vec![void_requested(1), voided(1)]),
        paid(vec![]),
    ];
    for events in over {
        assert_eq!(voids(events), Ok(vec![]));
    }
}

#[test]
fn nothing_is_voided_once_the_gateway_was_asked_to_take_the_money() {
    for asked in [vec![authorized(1)], vec![authorized(1), capture_requested(1)]] {
        assert!(state(first(asked.clone())).is_being_captured());
        payment(first(asked))
            .when(PaymentCommand::RequestVoids)
            .then_expect_error(PaymentError::InProgress);
    }
    for not_asked in [vec![], first(vec![]), first(vec![declined(1)]), paid(vec![])] {
        assert!(!state(not_asked).is_being_captured());
    }
    assert!(!Payment::Unrequested.is_being_captured());
}

#[test]
fn the_gateway_speaks_of_no_attempt_that_was_never_started() {
    for command in [
        require_action(2),
        authorize(2),
        decline(2),
        capture(2, owed()),
        void(2),
    ] {
        payment(first(vec![]))
            .when(command)
            .then_expect_error(PaymentError::UnknownAttempt);
    }
}

#[test]
fn events_of_what_was_never_asked_for_are_passed_over() {
    let mut payment = Payment::default();
    for event in paid(vec![refund_requested(1, 1, eur(1)), refunded(1, eur(1))]) {
        payment.evolve(&event);
    }
    assert_eq!(payment, Payment::Unrequested);
    let mut payment = state(vec![]);
    for event in [authorized(1), captured(1, owed()), refunded(1, owed())] {
        payment.evolve(&event);
    }
    assert_eq!(payment, state(vec![]));
}

#[test]
fn an_attempt_is_over_when_nothing_more_is_to_come_of_it() {
    for (in_state, events) in every_state() {
        let Payment::Requested { attempts, .. } = state(events) else {
            panic!("it was requested");
        };
        assert_eq!(attempts[0].state, in_state);
        let is_over = match in_state {
            AttemptState::Captured | AttemptState::Declined | AttemptState::Voided => true,
            AttemptState::Started
            | AttemptState::ActionRequired
            | AttemptState::Authorized
            | AttemptState::CaptureRequested
            | AttemptState::VoidRequested => false,
        };
        assert_eq!(in_state.is_over(), is_over);
        assert_eq!(attempts[0].id, attempt(1));
    }
}

#[test]
fn cqrs_es_knows_the_payment_by_the_name_of_the_log() {
    assert_eq!(Payment::TYPE, "payment");
}
