//! The worker, the loop, the sandbox and a real PostgreSQL: whatever comes in whatever order, one order and one charge.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use domain::cart::CartCommand;
use domain::order::{Order, Status};
use domain::payment::{AttemptState, Payment, RefundState, Step};
use domain::product::{Details, ProductCommand};
use domain::stock::{StockCommand, StockItem};
use domain::{AttemptId, CartId, ContactId, Country, Currency, Money, OrderId, OwnerId, RefundId, Sku};
use event_store::Reader;
use event_store::deadlines::{DeadlineKind, Deadlines};
use event_store::gateway_notices::GatewayNotices;
use session::GuestKey;
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::sync::Notify;
use uuid::Uuid;

use super::asking::Asking;
use super::gateway::PaymentGateway;
use super::sandbox::behaviour::{Behaviour, Operation};
use super::sandbox::{self, Sandbox};
use super::webhook::{Notice, WebhookSecrets};
use super::worker::{Done, Worker};
use super::{Payments, reconciliation};
use crate::command_loop::testing::database;
use crate::command_loop::{
    self, By, Caller, CheckOut, Command, CommandError, Delivery, Handle, Paying, Policy,
};

const TOTAL: i64 = 1940;

struct Till {
    url: String,
    commands: Handle,
    reader: Reader,
    sandbox: Arc<Sandbox>,
    payments: Payments,
    worker: Arc<Worker>,
}

impl Till {
    /// A shop that sells mugs.
    async fn open() -> Self {
        let url = database().await;
        let settings = command_loop::Settings {
            database_url: url.clone(),
            queue: 256,
            batch: 64,
            cache: NonZeroUsize::MIN.saturating_add(1000),
            appended: Arc::new(Notify::new()),
            notify_others: false,
            policy: Arc::new(Policy::default()),
        };
        let (commands, _) = command_loop::spawn(settings).unwrap();
        let settings = sandbox::Settings {
            database_url: url.clone(),
            webhook_url: None,
            webhook_secrets: WebhookSecrets::new(vec!["whsec_of_the_tests".to_owned().into()]),
            refund_settles_after: Duration::ZERO,
            page_size: 3,
        };
        let sandbox = Arc::new(Sandbox::connect(settings).await.unwrap());
        let reader = Reader::connect(&url).await.unwrap();
        let deadlines = Deadlines::connect(&url).await.unwrap();
        let hastened = Arc::new(Notify::new());
        let payments = Payments {
            gateway: Arc::<Sandbox>::clone(&sandbox),
            gateway_name: "sandbox",
            publishable_key: None,
            sandbox: Some(Arc::clone(&sandbox)),
            deadlines,
            notices: GatewayNotices::connect(&url).await.unwrap(),
            hastened,
        };
        let till = Self {
            worker: worker(&commands, &reader, &payments),
            url,
            commands,
            reader,
            sandbox,
            payments,
        };
        let details = Details {
            name: "Mug".to_owned(),
            description: String::new(),
            category: "kitchen".to_owned(),
            picture: None,
        };
        let price = Money::new(1450, Currency::EUR);
        till.execute(Command::Product {
            sku: mug(),
            command: ProductCommand::List { details, price },
        })
        .await
        .unwrap();
        let command = StockCommand::Receive { quantity: 1000 };
        till.execute(Command::Stock { sku: mug(), command })
            .await
            .unwrap();
        till
    }

    async fn execute(&self, command: Command) -> Result<command_loop::Answer, CommandError> {
        let caller = Caller {
            metadata: "{}".to_owned(),
            ..Caller::default()
        };
        self.commands.execute(command, caller).await
    }

    /// One more order of one mug, not paid.
    async fn order(&self) -> OrderId {
        let (cart, order) = (CartId::new(Uuid::now_v7()), OrderId::new(Uuid::now_v7()));
        let owner = OwnerId::new(Uuid::now_v7());
        let currency = Currency::EUR;
        self.execute(Command::OpenCart {
            owner,
            cart,
            currency,
        })
        .await
        .unwrap();
        let lines = vec![(mug(), 1)];
        self.execute(Command::AddItems {
            cart,
            by: owner,
            lines,
        })
        .await
        .unwrap();
        self.execute(Command::CheckOut(Box::new(CheckOut {
            cart,
            by: owner,
            order,
            contact: ContactId::new(Uuid::now_v7()),
            delivery: Delivery {
                country: Country::parse("DE").unwrap(),
                shipping_option: None,
            },
            agreed_total: Money::new(TOTAL, Currency::EUR),
        })))
        .await
        .unwrap();
        order
    }

    async fn paying(&self, order: OrderId, paying: Paying) -> Result<command_loop::Answer, CommandError> {
        self.execute(Command::Paying { order, paying }).await
    }

    async fn pay_with(&self, order: OrderId, method: &str) -> Result<command_loop::Answer, CommandError> {
        let attempt = AttemptId::new(Uuid::now_v7());
        let (by, method) = (By::Admitted, method.to_owned());
        self.paying(order, Paying::StartAttempt { by, attempt, method })
            .await
    }

    /// Until it waits for somebody else.
    async fn work_on(&self, order: OrderId) {
        while self.worker.step(order.payment()).await.unwrap() == Done::Step {}
    }

    async fn paid(&self) -> OrderId {
        let order = self.order().await;
        self.pay_with(order, "pm_card_visa").await.unwrap();
        self.work_on(order).await;
        assert_eq!(self.status(order).await, Status::Confirmed);
        order
    }

    async fn payment(&self, order: OrderId) -> Payment {
        self.reader
            .aggregate::<Payment>(&order.to_string())
            .await
            .unwrap()
            .0
    }

    async fn status(&self, order: OrderId) -> Status {
        match self
            .reader
            .aggregate::<Order>(&order.to_string())
            .await
            .unwrap()
            .0
        {
            Order::Placed { status, .. } => status,
            Order::Unplaced => panic!("the order was placed"),
        }
    }

    /// What the sandbox took and gave back for an order, over all its charges.
    async fn charged(&self, order: OrderId) -> (i64, i64) {
        let captured =
            "select coalesce(sum(captured), 0)::bigint from sandbox_gateway.intents where payment = $1";
        let refunded =
            "select coalesce(sum(amount), 0)::bigint from sandbox_gateway.refunds where payment = $1";
        (self.sum(captured, order).await, self.sum(refunded, order).await)
    }

    async fn sum(&self, sql: &'static str, order: OrderId) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar(sql)
            .bind(order.uuid())
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }

    async fn events(&self, order: OrderId, event_type: &str) -> usize {
        let id = order.to_string();
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let count: i64 =
            sqlx::query_scalar("select count(*) from events where aggregate_id = $1 and event_type = $2")
                .bind(id)
                .bind(event_type)
                .fetch_one(&mut connection)
                .await
                .unwrap();
        usize::try_from(count).unwrap()
    }

    async fn stock(&self) -> (i64, i64) {
        let (item, _) = self.reader.aggregate::<StockItem>("MUG").await.unwrap();
        (item.on_hand, item.reserved)
    }

    async fn reference(&self, order: OrderId) -> String {
        match self.payment(order).await {
            Payment::Requested { attempts, .. } => attempts.last().unwrap().reference.clone().unwrap(),
            Payment::Unrequested => panic!("a payment was requested"),
        }
    }

    async fn fails(&self, operation: Operation, before: i32, after: i32) {
        let behaviour = Behaviour {
            failures_before: before,
            failures_after: after,
            ..Behaviour::default()
        };
        self.sandbox.tell(operation, None, behaviour).await.unwrap();
    }
}

fn mug() -> Sku {
    Sku::parse("MUG").unwrap()
}

fn asking(payments: &Payments) -> Asking {
    Asking {
        gateway: Arc::clone(&payments.gateway),
        public_origin: "http://shop.test".to_owned(),
        guest_key: GuestKey::parse(&"a-key-of-the-tests-that-is-long-enough".to_owned().into()).unwrap(),
    }
}

/// One replica's worker.
fn worker(commands: &Handle, reader: &Reader, payments: &Payments) -> Arc<Worker> {
    Arc::new(Worker::new(
        commands.clone(),
        reader.clone(),
        payments.deadlines.clone(),
        asking(payments),
        Arc::clone(&payments.hastened),
    ))
}

fn notice(order: OrderId, event: u32) -> Notice {
    Notice {
        event_id: format!("evt_{order}_{event}"),
        kind: "payment_intent.amount_capturable_updated".to_owned(),
        payment: Some(order.uuid()),
        refund: None,
        reference: None,
    }
}

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
                    till.payments.receive(&notice(order, 1)).await.unwrap()
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
            let super::asking::Asked::Said(outcome) = answer else {
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
        latency: Duration::from_secs(60),
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
    let since = time::OffsetDateTime::now_utc() - Duration::from_secs(3600);
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
