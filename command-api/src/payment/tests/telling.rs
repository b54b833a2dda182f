//! However the shop learns of a payment, and however often: one order, one capture.

use super::*;

/// What may tell the shop that a shopper has confirmed a payment.
#[derive(Clone, Copy, Debug)]
enum Telling {
    /// The browser comes back from the bank.
    Return,
    Webhook,
    /// The same webhook once more.
    Duplicate,
    /// The worker looks by itself.
    Poller,
}

fn orders_of(all: &[Telling]) -> Vec<Vec<Telling>> {
    let [first, rest @ ..] = all else {
        return vec![vec![]];
    };
    let mut orders = vec![];
    for shorter in orders_of(rest) {
        for at in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(at, *first);
            orders.push(longer);
        }
    }
    orders
}

#[tokio::test(flavor = "multi_thread")]
async fn however_the_shop_learns_of_a_confirmed_payment_there_is_one_order_and_one_capture() {
    let till = Till::open().await;
    let orders = orders_of(&[
        Telling::Return,
        Telling::Webhook,
        Telling::Duplicate,
        Telling::Poller,
    ]);
    assert_eq!(orders.len(), 24);
    for tellings in &orders {
        let order = till.order().await;
        till.pay_with(order, "pm_card_threeDSecure2Required")
            .await
            .unwrap();
        till.work_on(order).await;
        assert_eq!(till.events(order, "ActionRequired").await, 1);
        till.sandbox
            .authenticate(&till.reference(order).await, true)
            .await
            .unwrap();
        for telling in tellings {
            match telling {
                Telling::Return => till.payments.hasten(order).await.unwrap(),
                Telling::Webhook | Telling::Duplicate => {
                    till.payments.receive(&notice(order, 1)).await.unwrap();
                }
                Telling::Poller => {}
            }
            // Two replicas look at once, whoever was told.
            let other = worker(&till.commands, &till.reader, &till.payments);
            let (one, two) = tokio::join!(till.worker.step(order.payment()), other.step(order.payment()));
            one.unwrap();
            two.unwrap();
        }
        till.work_on(order).await;
        assert_eq!(till.status(order).await, Status::Confirmed, "{tellings:?}");
        assert_eq!(till.charged(order).await, (TOTAL, 0), "{tellings:?}");
        for event in [
            "PaymentCaptured",
            "OrderConfirmed",
            "AttemptStarted",
            "PaymentAuthorized",
        ] {
            assert_eq!(till.events(order, event).await, 1, "{tellings:?}: {event}");
        }
    }
    println!("ran {} of 24", orders.len());
    assert_eq!(till.stock().await, (1000 - 24, 0));
}

/// Both replicas have asked, and have the gateway's answer in their hands, before either stores it.
#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_with_the_same_answer_confirm_one_order() {
    let till = Till::open().await;
    let order = till.order().await;
    till.pay_with(order, "pm_card_visa").await.unwrap();
    let asking = asking(&till.payments);
    for _ in ["authorize", "capture"] {
        let steps = till.payment(order).await.outstanding();
        let [step] = &*steps else { panic!("{steps:?}") };
        let mut answers = vec![];
        for _ in 0..2 {
            answers.push(asking.ask(order.payment(), step, &till.reader).await.unwrap());
        }
        assert_eq!(
            answers[0], answers[1],
            "the gateway answers the same key the same way"
        );
        for answer in answers {
            let super::super::asking::Asked::Said(outcome) = answer else {
                panic!("{answer:?}")
            };
            till.paying(order, Paying::Settle(outcome)).await.unwrap();
        }
    }
    assert_eq!(till.status(order).await, Status::Confirmed);
    assert_eq!(till.events(order, "PaymentCaptured").await, 1);
    assert_eq!(till.charged(order).await, (TOTAL, 0));
    assert_eq!(till.stock().await, (999, 0));
}

/// A topic that is published again from its beginning wakes the worker for every event that there ever was.
#[tokio::test(flavor = "multi_thread")]
async fn waking_the_worker_again_and_again_charges_nobody() {
    let till = Till::open().await;
    let mut orders = vec![till.paid().await, till.paid().await];
    let refund = RefundId::new(Uuid::now_v7());
    let amount = Some(Money::new(100, Currency::EUR));
    till.paying(orders[0], Paying::Refund { refund, amount })
        .await
        .unwrap();
    till.work_on(orders[0]).await;
    orders.push(till.order().await);
    for _ in 0..20 {
        for order in &orders {
            assert_eq!(till.worker.step(order.payment()).await.unwrap(), Done::Nothing);
        }
    }
    assert_eq!(till.charged(orders[0]).await, (TOTAL, 100));
    assert_eq!(till.charged(orders[1]).await, (TOTAL, 0));
    assert_eq!(till.charged(orders[2]).await, (0, 0));
}

/// Kafka said nothing, and the worker died: the deadline finds what is outstanding.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_woke_the_worker_for_is_swept() {
    let till = Till::open().await;
    let order = till.order().await;
    till.pay_with(order, "pm_card_visa").await.unwrap();
    assert_eq!(till.worker.sweep().await.unwrap(), 0, "it is not due yet");
    till.payments.hasten(order).await.unwrap();
    let claimed = till
        .payments
        .deadlines
        .claim(&[DeadlineKind::PaymentStep], Duration::ZERO, 10)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1, "claimed by somebody who died");
    assert_eq!(till.worker.sweep().await.unwrap(), 1);
    let confirmed = async {
        while till.status(order).await != Status::Confirmed {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), confirmed)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_noted_once_however_often_it_comes() {
    let till = Till::open().await;
    let order = till.order().await;
    for _ in 0..5 {
        till.payments.receive(&notice(order, 7)).await.unwrap();
    }
    let noted = "select count(*)::bigint from gateway_notices where payment_id = $1";
    assert_eq!(till.sum(noted, order).await, 1);
}

/// All that a gateway tells of one payment is told by ten at once, each in an order of its own, and once more after everything was done.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_come_in_any_order_any_number_of_times_at_once_change_nothing_twice() {
    let till = Arc::new(Till::open().await);
    let order = till.order().await;
    till.pay_with(order, "pm_card_visa").await.unwrap();
    let telling = |first: usize| {
        let till = Arc::clone(&till);
        tokio::spawn(async move {
            for event in 0..4_usize {
                let event = u32::try_from((event * 3 + first) % 4).unwrap();
                till.payments.receive(&notice(order, event)).await.unwrap();
                till.worker.wake(order.payment(), None).await;
            }
        })
    };
    let tellers: Vec<_> = (0..10).map(telling).collect();
    for teller in tellers {
        teller.await.unwrap();
    }
    // Some of those that were woken may still be asking.
    while till.worker.step(order.payment()).await.unwrap() != Done::Nothing {
        tokio::task::yield_now().await;
    }
    let is_as_if_told_once = async || {
        for event in [
            "AttemptStarted",
            "PaymentAuthorized",
            "PaymentCaptured",
            "OrderConfirmed",
        ] {
            assert_eq!(till.events(order, event).await, 1, "{event}");
        }
        assert_eq!(till.charged(order).await, (TOTAL, 0));
        assert_eq!(till.stock().await, (999, 0));
        let noted = "select count(*)::bigint from gateway_notices where payment_id = $1";
        assert_eq!(till.sum(noted, order).await, 4);
    };
    is_as_if_told_once().await;
    // A process that has just been started knows of nothing.
    let restarted = worker(&till.commands, &till.reader, &till.payments);
    for event in 0..4 {
        till.payments.receive(&notice(order, event)).await.unwrap();
        assert_eq!(restarted.step(order.payment()).await.unwrap(), Done::Nothing);
    }
    is_as_if_told_once().await;
}
