//! Stripe's idempotency keys: one charge, whatever is lost on the way, and the truth where a key cannot tell it.

use domain::{Currency, Money};
use futures::future::join_all;
use sqlx::{Connection, Executor, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{attempt, capture, euros, is_unavailable, simulator_and_stripe, stripe};
use crate::payment::gateway::{Attempt, ChargeState, GatewayError, PaymentGateway, key};
use crate::payment::sandbox::behaviour::{Behaviour, Operation};
use crate::payment::sandbox::tests::database;
use crate::payment::stripe::client::STRIPE_VERSION;
use crate::payment::stripe::simulator::{Instead, Simulator};

const LOST: Behaviour = Behaviour {
    latency: std::time::Duration::ZERO,
    failures_before: 0,
    failures_after: 1,
};

#[tokio::test]
async fn every_question_names_the_version_and_what_moves_money_its_key() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    let held = stripe.authorize(&attempt).await.unwrap();
    capture(&stripe, &attempt, &held).await.unwrap();
    let refund = Uuid::now_v7();
    stripe
        .refund(attempt.payment, &held.reference, refund, euros(100))
        .await
        .unwrap();
    let asked = simulator.asked.lock().unwrap().clone();
    assert!(
        asked
            .iter()
            .all(|asked| asked.version.as_deref() == Some(STRIPE_VERSION))
    );
    let keys: Vec<_> = asked.iter().map(|asked| asked.key.clone()).collect();
    let (payment, id) = (attempt.payment, attempt.attempt);
    assert_eq!(
        keys,
        [
            Some(format!("{payment}-authorize-{id}")),
            Some(format!("{payment}-capture-{id}")),
            Some(format!("{payment}-refund-{refund}")),
        ]
    );
    assert_eq!(keys[0], Some(key(payment, "authorize", id)));
}

#[tokio::test]
async fn amounts_are_sent_as_stripe_counts_them() {
    let (simulator, stripe) = simulator_and_stripe().await;
    for (amount, sent) in [
        (Money::new(1450, Currency::EUR), "1450"),
        (Money::new(1450, Currency::JPY), "1450"),
        (Money::new(1450, Currency::KWD), "1450"),
        (Money::new(1450, Currency::ISK), "145000"),
    ] {
        let attempt = Attempt {
            amount,
            ..attempt("pm_card_visa")
        };
        let held = stripe.authorize(&attempt).await.unwrap();
        assert_eq!(held.amount, amount);
        let captured = capture(&stripe, &attempt, &held).await.unwrap();
        assert_eq!(captured.captured, amount);
        let asked = simulator.asked.lock().unwrap();
        let [.., authorized, captured] = &asked[..] else {
            panic!("{asked:?}")
        };
        assert_eq!(authorized.parameters["amount"], sent);
        assert_eq!(captured.parameters["amount_to_capture"], sent);
    }
    let odd = Attempt {
        amount: Money::new(1451, Currency::KWD),
        ..attempt("pm_card_visa")
    };
    let before = simulator.lines().len();
    assert!(matches!(
        stripe.authorize(&odd).await,
        Err(GatewayError::Rejected { .. })
    ));
    assert_eq!(simulator.lines().len(), before, "Stripe was asked");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_under_the_same_key() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    simulator
        .sandbox
        .tell(Operation::Authorize, None, LOST)
        .await
        .unwrap();
    let held = stripe.authorize(&attempt).await.unwrap();
    simulator
        .sandbox
        .tell(Operation::Capture, None, LOST)
        .await
        .unwrap();
    let captured = capture(&stripe, &attempt, &held).await.unwrap();
    assert_eq!(captured.state, ChargeState::Captured);
    simulator
        .sandbox
        .tell(Operation::Refund, None, LOST)
        .await
        .unwrap();
    let refund = Uuid::now_v7();
    stripe
        .refund(attempt.payment, &held.reference, refund, euros(700))
        .await
        .unwrap();
    let charge = stripe.look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!((charge.captured, charge.refunded), (euros(3000), euros(700)));
    let posts = simulator
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("POST"))
        .count();
    assert_eq!(posts, 6);
    let page = stripe
        .charges_since(OffsetDateTime::now_utc(), None)
        .await
        .unwrap();
    assert_eq!(page.charges, [charge]);
}

#[tokio::test]
async fn many_at_once_with_one_key_are_one_charge_and_all_hear_of_it() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    let answers = join_all((0..8).map(|_| stripe.authorize(&attempt))).await;
    let references: Vec<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().reference)
        .collect();
    assert!(
        references.iter().all(|reference| *reference == references[0]),
        "{references:?}"
    );
    let held = stripe.look_up(&references[0]).await.unwrap().unwrap();
    for answer in join_all((0..8).map(|_| capture(&stripe, &attempt, &held))).await {
        assert_eq!(answer.unwrap().captured, euros(3000));
    }
    drop(simulator);
}

#[tokio::test]
async fn a_key_in_use_is_waited_for() {
    let url = database().await;
    let simulator = Simulator::with_books(&url).await;
    let stripe = stripe(&simulator);
    let attempt = attempt("pm_card_visa");
    let mut other = PgConnection::connect(&url).await.unwrap();
    let key = key(attempt.payment, "authorize", attempt.attempt);
    let lock = format!("select pg_advisory_lock(hashtextextended('sandbox_gateway {key}', 0))");
    other.execute(lock.as_str()).await.unwrap();
    let free = async {
        while simulator.lines().len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        other.close().await.unwrap();
    };
    let asked = async { tokio::join!(stripe.authorize(&attempt), free).0 };
    let answer = tokio::time::timeout(std::time::Duration::from_mins(1), asked).await;
    let answer = answer.expect("it asks a second time, and is answered");
    assert_eq!(answer.unwrap().state, ChargeState::Authorized);
}

#[tokio::test]
async fn a_failure_that_is_kept_is_not_asked_for_over_and_over_and_the_charge_is_found() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    simulator.next([Instead::KeptFailure]);
    let held = stripe.authorize(&attempt).await.unwrap();
    assert_eq!(held.state, ChargeState::Authorized);
    let intents = "POST /v1/payment_intents";
    // Asked, and asked again for the answer that is kept; then it is looked for.
    assert_eq!(simulator.lines(), [intents, intents, "GET /v1/payment_intents"]);
    let again = stripe.authorize(&attempt).await.unwrap();
    assert_eq!(again, held);
}

#[tokio::test]
async fn a_failure_that_is_kept_hides_no_capture_and_no_refund() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    let held = stripe.authorize(&attempt).await.unwrap();
    simulator.next([Instead::KeptFailure]);
    let captured = capture(&stripe, &attempt, &held).await.unwrap();
    assert_eq!(
        (captured.state, captured.captured),
        (ChargeState::Captured, euros(3000))
    );

    let refund = Uuid::now_v7();
    simulator.next([Instead::KeptFailure]);
    let made = stripe
        .refund(attempt.payment, &held.reference, refund, euros(500))
        .await
        .unwrap();
    assert_eq!(made.amount, euros(500));
    let charge = stripe.look_up(&held.reference).await.unwrap().unwrap();
    assert_eq!(charge.refunded, euros(500));
}

#[tokio::test]
async fn a_failure_that_is_kept_and_did_nothing_is_no_answer_until_the_key_is_forgotten() {
    let url = database().await;
    let simulator = Simulator::with_books(&url).await;
    let stripe = stripe(&simulator);
    let attempt = attempt("pm_card_visa");
    simulator.next([Instead::KeptFailure]);
    stripe.authorize(&attempt).await.unwrap();
    let mut books = PgConnection::connect(&url).await.unwrap();
    books
        .execute("delete from sandbox_gateway.intents")
        .await
        .unwrap();

    assert!(is_unavailable(&stripe.authorize(&attempt).await));
    assert!(is_unavailable(&stripe.authorize(&attempt).await));
    let age = "update sandbox_gateway.keys set created_at = created_at - interval '1 day'";
    books.execute(age).await.unwrap();
    assert_eq!(
        stripe.authorize(&attempt).await.unwrap().state,
        ChargeState::Authorized
    );
}

#[tokio::test]
async fn the_same_amount_under_another_return_address_is_the_charge_that_is_there() {
    let (_simulator, stripe) = simulator_and_stripe().await;
    let first = attempt("pm_card_visa");
    let held = stripe.authorize(&first).await.unwrap();
    let moved = Attempt {
        return_url: "https://elsewhere.example/",
        ..first.clone()
    };
    assert_eq!(stripe.authorize(&moved).await.unwrap(), held);
    let dearer = Attempt {
        amount: euros(3001),
        ..first
    };
    let refused = stripe.authorize(&dearer).await;
    assert!(matches!(refused, Err(GatewayError::Rejected { ref code, .. }) if code == "idempotency_error"));
}

#[tokio::test]
async fn a_void_has_no_key_because_a_kept_refusal_would_outlive_its_reason() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let attempt = attempt("pm_card_visa");
    let held = stripe.authorize(&attempt).await.unwrap();
    simulator.sandbox.tell(Operation::Void, None, LOST).await.unwrap();
    let voided = stripe
        .void(attempt.payment, attempt.attempt, &held.reference)
        .await
        .unwrap();
    assert_eq!(voided.state, ChargeState::Voided);
    let asked = simulator.asked.lock().unwrap();
    let cancels = asked.iter().filter(|asked| asked.path.ends_with("/cancel"));
    assert_eq!(
        cancels.map(|asked| asked.key.clone()).collect::<Vec<_>>(),
        [None, None]
    );
}
