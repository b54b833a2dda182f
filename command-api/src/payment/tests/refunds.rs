//! Giving money back, and never more than was taken.

use domain::ShipmentId;
use domain::order::{OrderCommand, ReturnReason};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_is_lost_is_made_once() {
    let till = Till::open().await;
    let order = till.paid().await;
    till.fails(Operation::Refund, 1, 1).await;
    let refund = RefundId::new(Uuid::now_v7());
    till.paying(order, Paying::Refund { refund, amount: None })
        .await
        .unwrap();
    for _ in 0..3 {
        till.work_on(order).await;
    }
    assert_eq!(till.charged(order).await, (TOTAL, TOTAL));
    assert_eq!(till.events(order, "PaymentRefunded").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_the_same_time_never_come_to_more_than_was_captured() {
    let till = Arc::new(Till::open().await);
    let order = till.paid().await;
    let mut refunds = vec![];
    for _ in 0..20 {
        let till = Arc::clone(&till);
        refunds.push(tokio::spawn(async move {
            let refund = RefundId::new(Uuid::now_v7());
            let amount = Some(Money::new(300, Currency::EUR));
            till.paying(order, Paying::Refund { refund, amount }).await
        }));
    }
    let mut accepted = 0;
    for refund in refunds {
        match refund.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(CommandError::Refused(refusal)) => assert_eq!(refusal.code(), "refund-amount"),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(accepted, 6, "1940 are six times 300 and a rest");
    till.work_on(order).await;
    assert_eq!(till.charged(order).await, (TOTAL, 1800));
    let none = Some(Money::new(0, Currency::EUR));
    let refund = RefundId::new(Uuid::now_v7());
    let error = till.paying(order, Paying::Refund { refund, amount: none }).await;
    assert!(
        matches!(error, Err(CommandError::Refused(_))),
        "nothing is no refund"
    );
    let refund = RefundId::new(Uuid::now_v7());
    till.paying(order, Paying::Refund { refund, amount: None })
        .await
        .unwrap();
    till.work_on(order).await;
    assert_eq!(till.charged(order).await, (TOTAL, TOTAL));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_bounces_can_be_asked_for_again() {
    let till = Till::open().await;
    let order = till.order().await;
    till.pay_with(order, "pm_card_refundFail").await.unwrap();
    till.work_on(order).await;
    let refund = RefundId::new(Uuid::now_v7());
    till.paying(order, Paying::Refund { refund, amount: None })
        .await
        .unwrap();
    till.work_on(order).await;
    assert_eq!(
        till.payment(order).await.refundable(),
        Some(Money::new(0, Currency::EUR))
    );
    till.sandbox.step().await.unwrap();
    let notice = Notice {
        refund: Some(refund.uuid()),
        reference: Some(till.reference(order).await),
        ..notice(order, 1)
    };
    let (id, outcome) = till.payments.bounced(&notice).await.unwrap().expect("it bounced");
    till.paying(id, Paying::Settle(outcome.clone())).await.unwrap();
    till.paying(id, Paying::Settle(outcome)).await.unwrap();
    let Payment::Requested { refunds, .. } = till.payment(order).await else {
        panic!()
    };
    assert_eq!(refunds[0].state, RefundState::Failed);
    assert_eq!(
        till.payment(order).await.refundable(),
        Some(Money::new(TOTAL, Currency::EUR))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_money_was_given_back_gives_its_stock_back_and_is_not_sent() {
    let till = Till::open().await;
    let (before, order) = (till.stock().await, till.paid().await);
    let refund = || RefundId::new(Uuid::now_v7());
    let part = Some(Money::new(300, Currency::EUR));
    till.paying(
        order,
        Paying::Refund {
            refund: refund(),
            amount: part,
        },
    )
    .await
    .unwrap();
    assert_eq!(till.status(order).await, Status::Confirmed);
    till.paying(
        order,
        Paying::Refund {
            refund: refund(),
            amount: None,
        },
    )
    .await
    .unwrap();
    till.work_on(order).await;
    assert_eq!(till.charged(order).await, (TOTAL, TOTAL));
    assert_eq!(till.status(order).await, Status::Cancelled);
    assert_eq!(till.stock().await, before);
    assert_eq!(till.refusal(order, send_all()).await, "order-cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_order_whose_money_was_given_back_is_not_returned() {
    let till = Till::open().await;
    let order = till.paid().await;
    till.tell(order, send_all()).await.unwrap();
    let refund = RefundId::new(Uuid::now_v7());
    till.paying(order, Paying::Refund { refund, amount: None })
        .await
        .unwrap();
    assert_eq!(till.status(order).await, Status::Confirmed);
    let ask = OrderCommand::RequestReturn {
        reason: ReturnReason::NotWanted,
    };
    assert_eq!(till.refusal(order, ask).await, "nothing-to-give-back");
}

fn send_all() -> OrderCommand {
    OrderCommand::Ship {
        shipment: ShipmentId::new(Uuid::now_v7()),
        lines: None,
        carrier: "DHL".parse().unwrap(),
        tracking: None,
    }
}

impl Till {
    async fn tell(
        &self,
        order: OrderId,
        command: OrderCommand,
    ) -> Result<command_loop::Answer, CommandError> {
        let by = By::Admitted;
        self.execute(Command::Order { order, by, command }).await
    }

    async fn refusal(&self, order: OrderId, command: OrderCommand) -> &'static str {
        match self.tell(order, command).await {
            Err(CommandError::Refused(refusal)) => refusal.code(),
            other => panic!("{other:?}"),
        }
    }
}
