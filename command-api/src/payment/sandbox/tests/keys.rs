//! Idempotency keys, as Stripe keeps them.

use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{attempt, capture, captured, code_of, database, euros, find, is_unavailable, settings, sql};
use crate::payment::gateway::{Attempt, ChargeState, PaymentGateway, key};
use crate::payment::sandbox::Sandbox;

#[tokio::test]
async fn asked_twice_it_is_done_once_and_answered_the_same() {
    let sandbox = super::sandbox().await;
    let attempt = attempt("pm_card_visa");
    let first = sandbox.authorize(&attempt).await.unwrap();
    captured(&sandbox, &attempt).await;
    // What is kept is the answer of then: by now it is captured.
    assert_eq!(sandbox.authorize(&attempt).await.unwrap(), first);
    assert_eq!(first.state, ChargeState::Authorized);
    let page = sandbox
        .charges_since(time::OffsetDateTime::UNIX_EPOCH, None)
        .await
        .unwrap();
    assert_eq!(page.charges.len(), 1);
}

#[tokio::test]
async fn other_words_under_the_same_key_are_refused_and_change_nothing() {
    let sandbox = super::sandbox().await;
    let first = attempt("pm_card_visa");
    let held = sandbox.authorize(&first).await.unwrap();
    let dearer = Attempt {
        amount: euros(4000),
        ..first.clone()
    };
    assert_eq!(code_of(sandbox.authorize(&dearer).await), "idempotency_error");
    assert_eq!(find(&sandbox, &first).await, Some(held.clone()));

    let refund = Uuid::now_v7();
    capture(&sandbox, &first, &held).await.unwrap();
    let refunding = async |minor| {
        sandbox
            .refund(first.payment, &held.reference, refund, euros(minor))
            .await
    };
    refunding(1000).await.unwrap();
    assert_eq!(code_of(refunding(2000).await), "idempotency_error");
    let charge = sandbox.look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!(charge.refunded, euros(1000));
}

#[tokio::test]
async fn the_same_amount_under_another_return_address_is_the_charge_that_is_there() {
    let sandbox = super::sandbox().await;
    let first = attempt("pm_card_visa");
    let held = sandbox.authorize(&first).await.unwrap();
    let moved = Attempt {
        return_url: "https://elsewhere.example/",
        ..first
    };
    assert_eq!(sandbox.authorize(&moved).await.unwrap(), held);
}

#[tokio::test]
async fn a_refusal_is_kept_as_well() {
    let sandbox = super::sandbox().await;
    let attempt = attempt("pm_card_threeDSecure2Required");
    let waiting = sandbox.authorize(&attempt).await.unwrap();
    let too_early = capture(&sandbox, &attempt, &waiting).await;
    assert_eq!(code_of(too_early), "payment_intent_unexpected_state");
    sandbox.authenticate(&waiting.reference, true).await.unwrap();
    assert_eq!(
        code_of(capture(&sandbox, &attempt, &waiting).await),
        "payment_intent_unexpected_state"
    );
    let charge = sandbox.look_up(&waiting.reference).await.unwrap().unwrap();
    assert_eq!(charge.state, ChargeState::Authorized);
}

#[tokio::test]
async fn what_is_not_even_valid_leaves_the_key_unused() {
    let sandbox = super::sandbox().await;
    let first = attempt("pm_card_visa");
    let invalid = Attempt {
        amount: euros(0),
        ..first.clone()
    };
    assert_eq!(code_of(sandbox.authorize(&invalid).await), "amount_too_small");
    let unknown = Attempt {
        method: "pm_unknown",
        ..first.clone()
    };
    assert_eq!(code_of(sandbox.authorize(&unknown).await), "resource_missing");
    assert_eq!(
        sandbox.authorize(&first).await.unwrap().state,
        ChargeState::Authorized
    );
}

#[tokio::test]
async fn a_key_older_than_a_day_is_forgotten_so_that_asking_again_charges_again() {
    let url = database().await;
    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    let attempt = attempt("pm_card_visa");
    let first = sandbox.authorize(&attempt).await.unwrap();
    let age = "update sandbox_gateway.keys set created_at = created_at - interval '1 day'";
    sql(&url, age).await;
    // Hence the rule that an old step is looked up first.
    assert_eq!(find(&sandbox, &attempt).await, Some(first.clone()));
    let second = sandbox.authorize(&attempt).await.unwrap();
    assert_ne!(second.reference, first.reference);
    assert_eq!(sandbox.authorize(&attempt).await.unwrap(), second);
}

#[tokio::test]
async fn a_key_in_use_is_nobodys_answer_yet() {
    let url = database().await;
    let sandbox = Sandbox::connect(settings(&url)).await.unwrap();
    let attempt = attempt("pm_card_visa");
    let mut other = PgConnection::connect(&url).await.unwrap();
    let lock = "select pg_advisory_lock(hashtextextended('sandbox_gateway ' || $1, 0))";
    sqlx::query(lock)
        .bind(key(attempt.payment, "authorize", attempt.attempt))
        .execute(&mut other)
        .await
        .unwrap();
    assert!(is_unavailable(&sandbox.authorize(&attempt).await));
    assert_eq!(find(&sandbox, &attempt).await, None);
    other.close().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(
        sandbox.authorize(&attempt).await.unwrap().state,
        ChargeState::Authorized
    );
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one() {
    let url = database().await;
    let replicas = [
        Sandbox::connect(settings(&url)).await.unwrap(),
        Sandbox::connect(settings(&url)).await.unwrap(),
    ];
    let attempt = attempt("pm_card_visa");
    let asking = (0..20).map(|number| replicas[number % 2].authorize(&attempt));
    let mut references = vec![];
    for answer in futures::future::join_all(asking).await {
        match answer {
            Ok(charge) => references.push(charge.reference),
            ref other => assert!(is_unavailable(other), "{other:?}"),
        }
    }
    references.dedup();
    assert_eq!(references.len(), 1, "{references:?}");

    let held = find(&replicas[0], &attempt).await.unwrap();
    let asking = (0..20).map(|number| capture(&replicas[number % 2], &attempt, &held));
    let answers = futures::future::join_all(asking).await;
    for answer in &answers {
        match answer {
            Ok(charge) => assert_eq!(
                (&charge.state, charge.captured),
                (&ChargeState::Captured, euros(3000))
            ),
            other => assert!(is_unavailable(other), "{other:?}"),
        }
    }
    assert!(answers.iter().any(Result::is_ok));
    let charge = replicas[0].look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!(charge.captured, euros(3000));
}
