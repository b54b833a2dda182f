//! A gateway whose answers are lost, late or missing, and books that differ.

use super::*;
use crate::payment::worker::InHand;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_on_its_way_charges_once() {
    for operation in [Operation::Authorize, Operation::Capture] {
        for (before, after) in [(2, 0), (0, 2), (1, 1)] {
            let till = Till::open().await;
            let order = till.order().await;
            till.fails(operation, before, after).await;
            till.pay_with(order, "pm_card_visa").await.unwrap();
            for _ in 0..3 {
                till.work_on(order).await;
            }
            let what = format!("{operation:?}, {before} before and {after} after");
            assert_eq!(till.status(order).await, Status::Confirmed, "{what}");
            assert_eq!(till.charged(order).await, (TOTAL, 0), "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_gateway_does_not_know_ends_its_attempt() {
    let till = Till::open().await;
    let order = till.order().await;
    till.pay_with(order, "pm_no_such_card").await.unwrap();
    till.work_on(order).await;
    let Payment::Requested { attempts, .. } = till.payment(order).await else {
        panic!()
    };
    assert_eq!(attempts[0].state, AttemptState::Declined);
    assert_eq!(till.payment(order).await.outstanding(), []);
}

/// The answer to the authorisation is lost, the order expires, and nobody knows that money is held: it is voided all the
/// same.
#[tokio::test(flavor = "multi_thread")]
async fn an_authorisation_that_nobody_heard_of_is_voided_when_its_order_expires() {
    for (before, after) in [(0, 1), (1, 0)] {
        let till = Till::open().await;
        let order = till.order().await;
        till.fails(Operation::Authorize, before, after).await;
        till.pay_with(order, "pm_card_visa").await.unwrap();
        till.work_on(order).await;
        let refund = RefundId::new(Uuid::now_v7());
        till.paying(order, Paying::Expire { refund }).await.unwrap();
        till.work_on(order).await;
        assert_eq!(till.events(order, "PaymentVoided").await, 1);
        let held = "select count(*)::bigint from sandbox_gateway.intents
                    where payment = $1 and status not in ('canceled', 'requires_payment_method')";
        assert_eq!(till.sum(held, order).await, 0);
        assert_eq!(till.charged(order).await, (0, 0));
    }
}

/// A gateway forgets its keys after a day. What is older is looked up, or it would be done twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_is_older_than_the_gateways_keys_is_looked_up_before_it_is_repeated() {
    let till = Till::open().await;
    let order = till.order().await;
    till.fails(Operation::Authorize, 0, 1).await;
    till.pay_with(order, "pm_card_visa").await.unwrap();
    till.work_on(order).await;
    let mut connection = PgConnection::connect(&till.url).await.unwrap();
    for sql in [
        "alter table events disable trigger events_are_final",
        "update events set recorded_at = recorded_at - interval '25 hours'",
        "alter table events enable trigger events_are_final",
        "delete from sandbox_gateway.keys",
        "update sandbox_gateway.intents set created_at = created_at - interval '25 hours'",
    ] {
        connection.execute(sql).await.unwrap();
    }
    till.work_on(order).await;
    assert_eq!(till.status(order).await, Status::Confirmed);
    let charges = "select count(*)::bigint from sandbox_gateway.intents where payment = $1";
    assert_eq!(till.sum(charges, order).await, 1);
}

/// One payment's gateway call takes its time; all the others go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_charge_holds_up_nobody_else() {
    let till = Till::open().await;
    let slow = Behaviour {
        latency: Duration::from_mins(1),
        ..Behaviour::default()
    };
    till.sandbox
        .tell(Operation::Authorize, Some("pm_card_mastercard"), slow)
        .await
        .unwrap();
    let held_up = till.order().await;
    till.pay_with(held_up, "pm_card_mastercard").await.unwrap();
    till.worker.wake(held_up.payment(), None).await;
    let quick = till.order().await;
    till.pay_with(quick, "pm_card_visa").await.unwrap();
    till.worker.wake(quick.payment(), None).await;
    let confirmed = async {
        while till.status(quick).await != Status::Confirmed {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), confirmed)
        .await
        .expect("it is confirmed while the other one waits");
    assert_eq!(till.status(held_up).await, Status::AwaitingPayment);
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciliation_finds_nothing_until_the_books_differ() {
    let till = Till::open().await;
    let mut orders = vec![];
    for _ in 0..4 {
        orders.push(till.paid().await);
    }
    let refund = RefundId::new(Uuid::now_v7());
    let amount = Some(Money::new(100, Currency::EUR));
    till.paying(orders[0], Paying::Refund { refund, amount })
        .await
        .unwrap();
    till.work_on(orders[0]).await;
    let since = time::OffsetDateTime::now_utc() - Duration::from_hours(1);
    let report = reconciliation::reconcile(&till.reader, &*till.sandbox, since)
        .await
        .unwrap();
    assert_eq!((report.compared, &*report.differences), (4, &[][..]));

    let mut connection = PgConnection::connect(&till.url).await.unwrap();
    let [taken, refunded, gone, _] = &*orders else {
        panic!()
    };
    let tampered = [
        format!("update sandbox_gateway.intents set captured = 1 where payment = '{taken}'"),
        format!("update sandbox_gateway.intents set payment = null where payment = '{gone}'"),
        format!(
            "insert into sandbox_gateway.refunds (reference, intent, payment, refund, amount, status)
             select 're_by_hand', reference, payment, gen_random_uuid(), 5, 'succeeded'
             from sandbox_gateway.intents where payment = '{refunded}'"
        ),
    ];
    for sql in &tampered {
        connection.execute(sql.as_str()).await.unwrap();
    }
    let report = reconciliation::reconcile(&till.reader, &*till.sandbox, since)
        .await
        .unwrap();
    let mut found: Vec<(Option<Uuid>, String)> = report
        .differences
        .iter()
        .map(|difference| (difference.payment, format!("{:?}", difference.what)))
        .collect();
    found.sort();
    let mut expected = vec![
        (None, "UnknownToShop".to_owned()),
        (Some(taken.uuid()), "Captured".to_owned()),
        (Some(refunded.uuid()), "Refunded".to_owned()),
        (Some(gone.uuid()), "UnknownToGateway".to_owned()),
    ];
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics_lets_go_of_its_payment() {
    let till = Till::open().await;
    let order = till.order().await;
    let worker = Arc::clone(&till.worker);
    let task = tokio::spawn(async move {
        let _in_hand = InHand::take(&worker, order.payment()).unwrap();
        panic!("as an unforeseen answer of the gateway might make it");
    });
    task.await.unwrap_err();
    till.pay_with(order, "pm_card_visa").await.unwrap();
    till.worker.wake(order.payment(), None).await;
    let confirmed = async {
        while till.status(order).await != Status::Confirmed {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), confirmed)
        .await
        .expect("it is not in that task's hand any more");
}
