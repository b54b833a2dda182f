//! What shoppers do: pay, try again, leave at the bank.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_card_keeps_the_order_and_its_stock_for_another() {
    let till = Till::open().await;
    let order = till.order().await;
    till.pay_with(order, "pm_card_chargeDeclinedInsufficientFunds")
        .await
        .unwrap();
    till.work_on(order).await;
    let Payment::Requested { attempts, .. } = till.payment(order).await else {
        panic!()
    };
    assert_eq!(attempts[0].state, AttemptState::Declined);
    assert_eq!(
        (till.status(order).await, till.stock().await),
        (Status::AwaitingPayment, (1000, 1))
    );
    till.pay_with(order, "pm_card_visa").await.unwrap();
    till.work_on(order).await;
    assert_eq!(till.status(order).await, Status::Confirmed);
    assert_eq!(till.charged(order).await, (TOTAL, 0));
}

/// Left at the bank's page, expired, and confirmed at the bank after all.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_expired_while_its_shopper_was_at_the_bank_charges_nothing() {
    for confirms_first in [true, false] {
        let till = Till::open().await;
        let order = till.order().await;
        till.pay_with(order, "pm_card_threeDSecure2Required")
            .await
            .unwrap();
        till.work_on(order).await;
        let reference = till.reference(order).await;
        if confirms_first {
            till.sandbox.authenticate(&reference, true).await.unwrap();
        }
        let refund = RefundId::new(Uuid::now_v7());
        till.paying(order, Paying::Expire { refund }).await.unwrap();
        if !confirms_first {
            till.sandbox.authenticate(&reference, true).await.unwrap();
        }
        till.work_on(order).await;
        assert_eq!(till.status(order).await, Status::Cancelled);
        assert_eq!(till.charged(order).await, (0, 0));
        assert_eq!(till.stock().await, (1000, 0));
        let charge = till.sandbox.look_up(&reference).await.unwrap().unwrap();
        assert!(!charge.may_hold_money(), "{charge:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_became_an_order_is_changed_by_nobody() {
    let till = Till::open().await;
    let order = till.paid().await;
    let (state, _) = till.reader.aggregate::<Order>(&order.to_string()).await.unwrap();
    let Order::Placed { placement, .. } = state else {
        panic!()
    };
    let command = CartCommand::Clear {
        by: placement.customer,
    };
    let error = till
        .execute(Command::Cart {
            cart: placement.cart,
            command,
        })
        .await;
    let Err(CommandError::Refused(refusal)) = error else {
        panic!("{error:?}")
    };
    assert_eq!(refusal.code(), "cart-checked-out");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_payment_is_outstanding_until_it_is_answered() {
    let till = Till::open().await;
    let order = till.order().await;
    assert_eq!(till.payment(order).await.outstanding(), []);
    till.pay_with(order, "pm_card_visa").await.unwrap();
    assert!(matches!(
        &*till.payment(order).await.outstanding(),
        [Step::Authorize { .. }]
    ));
    assert_eq!(till.worker.step(order.payment()).await.unwrap(), Done::Step);
    assert!(matches!(
        &*till.payment(order).await.outstanding(),
        [Step::Capture { .. }]
    ));
    assert_eq!(till.worker.step(order.payment()).await.unwrap(), Done::Step);
    assert_eq!(till.payment(order).await.outstanding(), []);
}
