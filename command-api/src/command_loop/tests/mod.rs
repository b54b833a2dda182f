//! The loop on a real PostgreSQL, turn by turn.

mod ahead;
mod checkout;
mod code_addresses;
mod codes;
mod current;
mod heartbeat;
mod keys;
mod long;
mod lost;
mod members;
pub mod odd;
mod pairs;
mod random;
mod redemptions;
mod refunding;
mod requests;
mod silent;
mod snapshots;
mod stale;

use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::cart::{CartCommand, CartError};
use domain::product::{NewDetails, ProductCommand};
use domain::{CartId, Currency, Money, OwnerId, RecordedEvent, Sku, Slug};
use event_store::Reader;
use futures::future::{BoxFuture, FutureExt};
use sqlx::{Connection as _, Executor, PgConnection};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::Command;
use super::answers::Answers;
use super::beside::Beside;
use super::heartbeat::Heartbeat;
use super::policy::Policy;
use super::request::{Answer, Caller, CommandError, Handle, ReceiptKey};
use super::running::{CommandLoop, Settings};
use super::testing::{Proxy, database};

type Answered = BoxFuture<'static, Result<Answer, CommandError>>;

/// A loop that turns only when it is told to.
struct Loop {
    turning: CommandLoop,
    handle: Handle,
}

impl Loop {
    fn on(url: &str) -> Self {
        Self::with_room(url, 64)
    }

    /// As many commands may wait, and are taken in one turn.
    fn with_room(url: &str, room: usize) -> Self {
        Self::with(url, room, 1000)
    }

    /// As many streams are remembered from turn to turn.
    fn with(url: &str, room: usize, cache: usize) -> Self {
        let (sender, receiver) = mpsc::channel(room);
        let (answers, handing_out) = Answers::new();
        tokio::spawn(handing_out);
        let settings = Settings {
            database_url: url.to_owned(),
            queue: room,
            batch: room,
            cache: NonZeroUsize::new(cache).unwrap(),
            appended: Arc::new(Notify::new()),
            leads: Arc::default(),
            policy: Arc::new(Policy::default()),
        };
        let heartbeat = Heartbeat::new();
        let beside = Beside::start(url).unwrap();
        Self {
            turning: CommandLoop::new(settings, receiver, answers, heartbeat.clone(), beside),
            handle: Handle::new(sender, heartbeat),
        }
    }

    /// Puts a command into the queue without a turn.
    fn send(&self, command: Command, caller: Caller) -> Answered {
        let handle = self.handle.clone();
        let mut answer = async move { handle.execute(command, caller).await }.boxed();
        // Polled once, it is in the queue.
        match (&mut answer).now_or_never() {
            Some(early) => futures::future::ready(early).boxed(),
            None => answer,
        }
    }

    async fn step(&mut self) {
        assert!(self.turning.step().await);
        // Its answers are handed out by a task of its own.
        tokio::task::yield_now().await;
    }

    /// One command, until it is answered.
    async fn execute(&mut self, command: Command) -> Result<Answer, CommandError> {
        let answer = self.send(command, caller());
        self.finish(answer).await
    }

    /// One command that is in the queue, until it is answered.
    async fn finish(&mut self, mut answer: Answered) -> Result<Answer, CommandError> {
        loop {
            if let Some(answer) = (&mut answer).now_or_never() {
                return answer;
            }
            self.step().await;
        }
    }
}

fn owner() -> OwnerId {
    OwnerId::new(Uuid::from_u128(1))
}

fn mug() -> Sku {
    Sku::parse("MUG").unwrap()
}

fn caller() -> Caller {
    Caller {
        metadata: "{}".to_owned(),
        ..Caller::default()
    }
}

fn keyed(id: u128) -> Caller {
    let receipt = Some(ReceiptKey {
        id: Uuid::from_u128(id),
        fingerprint: Uuid::from_u128(id),
    });
    Caller { receipt, ..caller() }
}

fn list(sku: &Sku, name: &str) -> Command {
    let details = NewDetails {
        name: name.parse().unwrap(),
        description: "".parse().unwrap(),
        category: Slug::parse("kitchen").unwrap(),
        picture: None,
    };
    let price = Money::new(1450, Currency::EUR);
    Command::Product {
        sku: sku.clone(),
        command: ProductCommand::List { details, price },
    }
}

fn add(cart: CartId) -> Command {
    Command::AddItems {
        cart,
        by: owner(),
        lines: vec![(mug(), 1)],
    }
}

fn set(cart: CartId, quantity: u32) -> Command {
    Command::Cart {
        cart,
        command: CartCommand::SetQuantity {
            by: owner(),
            sku: mug(),
            quantity,
        },
    }
}

fn remove(cart: CartId) -> Command {
    Command::Cart {
        cart,
        command: CartCommand::RemoveItem {
            by: owner(),
            sku: mug(),
        },
    }
}

/// A shop with a mug and an open cart.
async fn shop(shop: &mut Loop) -> CartId {
    shop.execute(list(&mug(), "Mug")).await.unwrap();
    let cart = CartId::new(Uuid::now_v7());
    shop.execute(Command::OpenCart {
        owner: owner(),
        cart,
        currency: Currency::EUR,
    })
    .await
    .unwrap();
    cart
}

async fn events(url: &str, cart: CartId) -> Vec<(i64, String)> {
    let events = Reader::connect(url)
        .await
        .unwrap()
        .read_stream(domain::AggregateType::Cart, &cart.to_string(), 0)
        .await;
    let of = |event: RecordedEvent| {
        (
            event.sequence,
            format!("{}{}", event.event_type, event.payload.get()),
        )
    };
    events.unwrap().into_iter().map(of).collect()
}

/// The stored quantity of the mug, by the last event that says it.
async fn quantity(url: &str, cart: CartId) -> i64 {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let text =
        "select coalesce((payload ->> 'line_quantity')::bigint, (payload ->> 'quantity')::bigint) from events
                where aggregate_id = $1 order by sequence desc limit 1";
    sqlx::query_scalar(text)
        .bind(cart.to_string())
        .fetch_one(&mut sql)
        .await
        .unwrap()
}
