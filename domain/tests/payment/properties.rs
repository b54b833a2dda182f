//! What stays true of a payment whatever shopper, staff and gateway do, in whatever order.

use std::collections::BTreeMap;

use domain::payment::{
    Attempt, AttemptState, Payment, PaymentCommand, PaymentEvent, Refund, RefundState, Step,
};
use domain::{AttemptId, Money, RefundId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{
    attempt, authorize, capture, decline, eur, owed, reference, refund, request_refund, require_action,
    start, state, void,
};

/// One of few, so that most are known.
fn number() -> impl Strategy<Value = u128> {
    0..5_u128
}

fn amount() -> impl Strategy<Value = Money> {
    prop_oneof![
        4 => Just(owed()),
        2 => (0..=owed().minor).prop_map(eur),
        1 => (-5..=20_000_i64).prop_map(eur),
    ]
}

/// What shopper, order and staff want.
fn wish() -> impl Strategy<Value = PaymentCommand> {
    prop_oneof![
        6 => number().prop_map(start),
        1 => Just(PaymentCommand::RequestVoids),
        3 => (number(), amount()).prop_map(|(number, amount)| request_refund(number, amount)),
        1 => number().prop_map(|number| PaymentCommand::RequestRefundOfRest { refund: refund(number) }),
        1 => (number(), number(), amount()).prop_map(|(number, of, amount)| PaymentCommand::RequestRefund {
            refund: refund(number),
            attempt: Some(attempt(of)),
            amount,
        }),
    ]
}

/// What the gateway says, whether it makes sense or not.
fn outcome() -> impl Strategy<Value = PaymentCommand> {
    prop_oneof![
        3 => number().prop_map(require_action),
        4 => number().prop_map(authorize),
        2 => number().prop_map(decline),
        3 => (number(), amount()).prop_map(|(of, amount)| capture(of, amount)),
        2 => number().prop_map(void),
        2 => number().prop_map(|number| PaymentCommand::Refund { refund: refund(number) }),
        1 => number().prop_map(|number| PaymentCommand::FailRefund {
            refund: refund(number),
            reason: "lost_or_stolen_card".parse().expect("a fixture is valid"),
        }),
    ]
}

fn command() -> impl Strategy<Value = PaymentCommand> {
    prop_oneof![wish(), outcome()]
}

fn parts(payment: &Payment) -> (&[Attempt], &[Refund]) {
    match payment {
        Payment::Unrequested => (&[], &[]),
        Payment::Requested {
            attempts, refunds, ..
        } => (attempts, refunds),
    }
}

fn take(payment: &mut Payment, command: PaymentCommand) -> Vec<PaymentEvent> {
    let events = payment.decide(command).unwrap_or_default();
    for event in &events {
        payment.evolve(event);
    }
    events
}

/// What was taken and what went or goes back, by the events alone.
#[derive(Default)]
struct Books {
    captured: BTreeMap<AttemptId, Money>,
    refunds: BTreeMap<RefundId, (AttemptId, Money)>,
}

impl Books {
    fn enter(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentCaptured { attempt, amount, .. } => {
                assert_eq!(self.captured.insert(*attempt, *amount), None, "captured twice");
            }
            PaymentEvent::RefundRequested {
                refund,
                attempt,
                amount,
            } => {
                assert!(amount.minor > 0, "a refund of {amount}");
                assert_eq!(
                    self.refunds.insert(*refund, (*attempt, *amount)),
                    None,
                    "asked for twice"
                );
            }
            PaymentEvent::PaymentRefunded { refund, amount } => {
                assert_eq!(self.refunds.get(refund).map(|(_, amount)| *amount), Some(*amount));
            }
            PaymentEvent::RefundFailed { refund, .. } => {
                assert!(self.refunds.remove(refund).is_some(), "failed twice");
            }
            PaymentEvent::PaymentRequested { .. }
            | PaymentEvent::AttemptStarted { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::PaymentAuthorized { .. }
            | PaymentEvent::AttemptDeclined { .. }
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::VoidRequested { .. }
            | PaymentEvent::PaymentVoided { .. } => {}
        }
    }

    /// What is still here of what an attempt took.
    fn kept(&self, attempt: AttemptId) -> i64 {
        let back: i64 = self
            .refunds
            .values()
            .filter(|(of, _)| *of == attempt)
            .map(|(_, amount)| amount.minor)
            .sum();
        self.captured.get(&attempt).map_or(0, |amount| amount.minor) - back
    }
}

/// Whether the gateway may yet take money for it without being asked again.
const fn may_take_money(state: AttemptState) -> bool {
    match state {
        AttemptState::Started
        | AttemptState::ActionRequired
        | AttemptState::Authorized
        | AttemptState::CaptureRequested => true,
        AttemptState::Captured
        | AttemptState::Declined
        | AttemptState::VoidRequested
        | AttemptState::Voided => false,
    }
}

/// What the gateway could answer; `luck` chooses.
fn answer(step: Step, luck: u8) -> PaymentCommand {
    match (step, luck % 4) {
        (Step::Authorize { attempt, .. }, 0) => PaymentCommand::RequireAction {
            attempt,
            reference: reference(0).parse().expect("a fixture is valid"),
        },
        (Step::Authorize { attempt, .. } | Step::LookUp { attempt, .. }, 1 | 2) => {
            PaymentCommand::Authorize {
                attempt,
                reference: reference(0).parse().expect("a fixture is valid"),
            }
        }
        (Step::Authorize { attempt, .. } | Step::LookUp { attempt, .. }, _) => {
            PaymentCommand::DeclineAttempt {
                attempt,
                reason: "do_not_honor".parse().expect("a fixture is valid"),
            }
        }
        (Step::Capture { attempt, .. }, 0) => PaymentCommand::DeclineAttempt {
            attempt,
            reason: "authorisation_lapsed".parse().expect("a fixture is valid"),
        },
        (
            Step::Capture {
                attempt,
                reference,
                amount,
            },
            _,
        ) => PaymentCommand::Capture {
            attempt,
            reference: reference.parse().expect("a fixture is valid"),
            amount,
        },
        (Step::Void { attempt, .. }, 0) => PaymentCommand::DeclineAttempt {
            attempt,
            reason: "do_not_honor".parse().expect("a fixture is valid"),
        },
        (Step::Void { attempt, .. }, _) => PaymentCommand::Void { attempt },
        (Step::Refund { refund, .. }, 0) => PaymentCommand::FailRefund {
            refund,
            reason: "lost_or_stolen_card".parse().expect("a fixture is valid"),
        },
        (Step::Refund { refund, .. }, _) => PaymentCommand::Refund { refund },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn at_most_one_attempt_may_take_money_and_none_begins_where_money_is_kept(commands in vec(command(), 0..60)) {
        let mut payment = state(vec![]);
        let mut books = Books::default();
        for command in commands {
            let before = payment.clone();
            for event in take(&mut payment, command) {
                if let PaymentEvent::AttemptStarted { .. } = event {
                    let kept = parts(&before).0.iter().any(|attempt| books.kept(attempt.id) > 0);
                    prop_assert!(!kept, "{before:?}");
                }
                books.enter(&event);
            }
            let (attempts, _) = parts(&payment);
            prop_assert!(attempts.iter().filter(|attempt| may_take_money(attempt.state)).count() <= 1, "{payment:?}");
        }
    }

    #[test]
    fn no_more_goes_back_than_was_taken(commands in vec(command(), 0..80)) {
        let mut payment = state(vec![]);
        let mut books = Books::default();
        for command in commands {
            for event in take(&mut payment, command) {
                books.enter(&event);
            }
            let mut most: Option<i64> = None;
            for (attempt, captured) in &books.captured {
                let kept = books.kept(*attempt);
                prop_assert!((0..=captured.minor.max(0)).contains(&kept) || captured.minor < 0);
                most = most.max(Some(kept));
            }
            prop_assert_eq!(payment.refundable().map(|left| left.minor), most);
        }
    }

    #[test]
    fn saying_or_wanting_something_twice_changes_nothing(commands in vec(command(), 1..60)) {
        let mut payment = state(vec![]);
        for command in commands {
            let Ok(events) = payment.decide(command.clone()) else { continue };
            for event in &events {
                payment.evolve(event);
            }
            prop_assert_eq!(payment.decide(command), Ok(vec![]));
        }
    }

    /// However late the gateway repeats what it said, and whatever was wanted and said since.
    #[test]
    fn what_the_gateway_said_before_changes_nothing_when_it_is_said_again(
        commands in vec(prop_oneof![wish().prop_map(|wish| (wish, false)), outcome().prop_map(|said| (said, true))], 1..60),
    ) {
        let mut payment = state(vec![]);
        let mut said = vec![];
        for (command, is_said) in commands {
            if payment.decide(command.clone()).is_ok() && is_said {
                said.push(command.clone());
            }
            take(&mut payment, command);
            for command in &said {
                prop_assert_eq!(payment.decide(command.clone()), Ok(vec![]));
            }
        }
    }

    #[test]
    fn nothing_is_outstanding_once_every_step_is_answered(commands in vec(command(), 0..60), luck in vec(any::<u8>(), 64)) {
        let mut payment = state(vec![]);
        for command in commands {
            take(&mut payment, command);
        }
        let mut luck = luck.into_iter().cycle();
        let (attempts, refunds) = parts(&payment);
        // An attempt takes three answers at most: confirm it, authorised, captured. A refund takes one.
        for _ in 0..3 * attempts.len() + refunds.len() {
            if let Some(step) = payment.outstanding().into_iter().next() {
                let events = take(&mut payment, answer(step.clone(), luck.next().unwrap_or_default()));
                prop_assert!(!events.is_empty(), "{step:?} was answered and is still to be asked");
            }
        }
        prop_assert_eq!(payment.outstanding(), []);
        let (attempts, refunds) = parts(&payment);
        prop_assert!(attempts.iter().all(|attempt| attempt.state.is_over()));
        prop_assert!(refunds.iter().all(|refund| refund.state != RefundState::Requested));
    }

    #[test]
    fn a_payment_is_the_same_after_a_snapshot(commands in vec(command(), 0..30)) {
        let mut payment = state(vec![]);
        for command in commands {
            take(&mut payment, command);
        }
        let snapshot = serde_json::to_string(&payment).expect("a payment can be written");
        prop_assert_eq!(serde_json::from_str::<Payment>(&snapshot).expect("and read"), payment);
    }
}
