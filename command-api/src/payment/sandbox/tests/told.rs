//! The sandbox is slow and fails as it was told, by a function or by somebody who writes the row.

use std::time::{Duration, Instant};

use super::{attempt, capture, captured, database, euros, find, is_unavailable, sandbox, settings, sql};
use crate::payment::gateway::{ChargeState, PaymentGateway};
use crate::payment::sandbox::Sandbox;
use crate::payment::sandbox::behaviour::{Behaviour, Operation};
use time::OffsetDateTime;
use uuid::Uuid;

fn before(failures_before: i32) -> Behaviour {
    Behaviour {
        failures_before,
        ..Behaviour::default()
    }
}

fn after(failures_after: i32) -> Behaviour {
    Behaviour {
        failures_after,
        ..Behaviour::default()
    }
}

#[tokio::test]
async fn what_fails_before_it_charged_left_nothing() {
    let sandbox = sandbox().await;
    sandbox.tell(Operation::Authorize, None, before(2)).await.unwrap();
    let attempt = attempt("pm_card_visa");
    for _ in 0..2 {
        assert!(is_unavailable(&sandbox.authorize(&attempt).await));
        assert_eq!(find(&sandbox, &attempt).await, None);
    }
    assert_eq!(
        sandbox.authorize(&attempt).await.unwrap().state,
        ChargeState::Authorized
    );
}

#[tokio::test]
async fn what_fails_after_it_charged_is_there_and_asked_again_is_answered() {
    let sandbox = sandbox().await;
    sandbox.tell(Operation::Authorize, None, after(1)).await.unwrap();
    let attempt = attempt("pm_card_visa");
    assert!(is_unavailable(&sandbox.authorize(&attempt).await));
    let held = find(&sandbox, &attempt).await.unwrap();
    assert_eq!(sandbox.authorize(&attempt).await.unwrap(), held);

    sandbox.tell(Operation::Capture, None, after(1)).await.unwrap();
    assert!(is_unavailable(&capture(&sandbox, &attempt, &held).await));
    let charge = sandbox.look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!(charge.state, ChargeState::Captured);
    assert_eq!(capture(&sandbox, &attempt, &held).await.unwrap(), charge);

    sandbox.tell(Operation::Refund, None, after(1)).await.unwrap();
    let refund = Uuid::now_v7();
    let refunding = async || {
        sandbox
            .refund(attempt.payment, &held.reference, refund, euros(100))
            .await
    };
    assert!(is_unavailable(&refunding().await));
    let made = sandbox.find_refund(&held.reference, refund).await.unwrap();
    assert_eq!(Some(refunding().await.unwrap()), made);
    let charge = sandbox.look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!(charge.refunded, euros(100));
}

#[tokio::test]
async fn a_void_whose_answer_was_lost_is_voided_when_asked_again() {
    let sandbox = sandbox().await;
    sandbox.tell(Operation::Void, None, after(1)).await.unwrap();
    let attempt = attempt("pm_card_visa");
    let held = sandbox.authorize(&attempt).await.unwrap();
    let voiding = async || {
        sandbox
            .void(attempt.payment, attempt.attempt, &held.reference)
            .await
    };
    assert!(is_unavailable(&voiding().await));
    assert_eq!(voiding().await.unwrap().state, ChargeState::Voided);
}

#[tokio::test]
async fn failures_before_come_first_and_each_is_counted_once() {
    let sandbox = sandbox().await;
    let both = Behaviour {
        failures_before: 1,
        failures_after: 1,
        ..Behaviour::default()
    };
    sandbox.tell(Operation::Authorize, None, both).await.unwrap();
    let attempt = attempt("pm_card_visa");
    assert!(is_unavailable(&sandbox.authorize(&attempt).await));
    assert_eq!(find(&sandbox, &attempt).await, None);
    assert!(is_unavailable(&sandbox.authorize(&attempt).await));
    assert!(find(&sandbox, &attempt).await.is_some());
    assert!(sandbox.authorize(&attempt).await.is_ok());
}

#[tokio::test]
async fn every_question_can_be_told_to_fail() {
    let sandbox = sandbox().await;
    let attempt = attempt("pm_card_visa");
    let charge = captured(&sandbox, &attempt).await;
    let reference = &charge.reference;
    let since = OffsetDateTime::UNIX_EPOCH;
    for operation in Operation::ALL {
        sandbox.tell(operation, None, before(1)).await.unwrap();
        let (payment, refund) = (attempt.payment, Uuid::now_v7());
        let failed = match operation {
            Operation::Authorize => is_unavailable(&sandbox.authorize(&attempt).await),
            Operation::LookUp => is_unavailable(&sandbox.look_up(reference).await),
            Operation::Find => is_unavailable(&sandbox.find(payment, attempt.attempt, since).await),
            Operation::Capture => is_unavailable(&capture(&sandbox, &attempt, &charge).await),
            Operation::Void => is_unavailable(&sandbox.void(payment, attempt.attempt, reference).await),
            Operation::Refund => is_unavailable(&sandbox.refund(payment, reference, refund, euros(1)).await),
            Operation::FindRefund => is_unavailable(&sandbox.find_refund(reference, refund).await),
            Operation::ChargesSince => is_unavailable(&sandbox.charges_since(since, None).await),
        };
        assert!(failed, "{operation:?} did not fail");
    }
}

#[tokio::test]
async fn a_slow_charge_holds_up_nobody_who_pays_otherwise() {
    let sandbox = sandbox().await;
    let slow = Behaviour {
        latency: Duration::from_millis(1500),
        ..Behaviour::default()
    };
    sandbox
        .tell(Operation::Authorize, Some("pm_card_mastercard"), slow)
        .await
        .unwrap();
    let (slow, quick) = (attempt("pm_card_mastercard"), attempt("pm_card_visa"));
    // More of them than there are connections: who waits holds none.
    let attempts: Vec<_> = (0..20).map(|_| attempt("pm_card_mastercard")).collect();
    let started = Instant::now();
    let slowly = futures::future::join_all(attempts.iter().chain([&slow]).map(|one| sandbox.authorize(one)));
    let quickly = async {
        sandbox.authorize(&quick).await.unwrap();
        started.elapsed()
    };
    let (slowly, quick_after) = tokio::join!(slowly, quickly);
    assert!(slowly.iter().all(Result::is_ok));
    assert!(started.elapsed() >= Duration::from_millis(1500));
    assert!(quick_after < Duration::from_secs(1), "{quick_after:?}");
}

#[tokio::test]
async fn a_row_for_one_card_goes_before_the_one_for_all() {
    let sandbox = sandbox().await;
    sandbox
        .tell(Operation::Capture, Some("pm_card_visa"), before(0))
        .await
        .unwrap();
    sandbox
        .tell(Operation::Capture, None, before(1000))
        .await
        .unwrap();
    let (visa, mastercard) = (attempt("pm_card_visa"), attempt("pm_card_mastercard"));
    captured(&sandbox, &visa).await;
    let held = sandbox.authorize(&mastercard).await.unwrap();
    assert!(is_unavailable(&capture(&sandbox, &mastercard, &held).await));
}

#[tokio::test]
async fn another_process_tells_it_by_writing_the_row() {
    let url = database().await;
    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    sql(
        &url,
        "insert into sandbox_gateway.behaviour (operation, failures_after) values ('authorize', 1)",
    )
    .await;
    let attempt = attempt("pm_card_visa");
    assert!(is_unavailable(&sandbox.authorize(&attempt).await));
    assert!(find(&sandbox, &attempt).await.is_some());
}
