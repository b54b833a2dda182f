//! The worker, the loop, the sandbox and a real PostgreSQL: whatever comes in whatever order, one order and one charge.

mod failing;
mod refunds;
mod shopping;
mod telling;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use domain::cart::CartCommand;
use domain::checkout::Allowance;
use domain::order::{Order, Status};
use domain::payment::{AttemptState, Payment, RefundState, Step};
use domain::product::{NewDetails, ProductCommand};
use domain::stock::{StockCommand, StockItem};
use domain::{AttemptId, CartId, ContactId, Country, Currency, Money, OrderId, OwnerId, RefundId, Sku, Slug};
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
            leads: Arc::default(),
            policy: Arc::new(Policy::default()),
        };
        let (commands, _) = command_loop::spawn(settings, || {}).unwrap();
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
        let details = NewDetails {
            name: "Mug".parse().unwrap(),
            description: "".parse().unwrap(),
            category: Slug::parse("kitchen").unwrap(),
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
            address: None,
            delivery: Delivery {
                country: Country::parse("DE").unwrap(),
                shipping_option: None,
            },
            allowance: Allowance::Unlimited,
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
        let (by, method) = (By::Admitted, method.parse().unwrap());
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
