//! The loop on a real PostgreSQL, turn by turn: what is stale is decided again, what is lost is found again.

use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::cart::{CartCommand, CartError};
use domain::product::{Details, ProductCommand};
use domain::{CartId, Currency, Money, OwnerId, RecordedEvent, Sku};
use event_store::Reader;
use futures::future::{BoxFuture, FutureExt};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

use super::request::{Answer, Caller, CommandError, Handle, ReceiptKey};
use super::running::{CommandLoop, Settings};
use super::{Command, proxy::Proxy};

type Answered = BoxFuture<'static, Result<Answer, CommandError>>;

/// A loop that turns only when it is told to.
struct Loop {
    turning: CommandLoop,
    handle: Handle,
}

impl Loop {
    fn on(url: &str) -> Self {
        let (sender, receiver) = mpsc::channel(64);
        let settings = Settings {
            database_url: url.to_owned(),
            queue: 64,
            batch: 64,
            cache: NonZeroUsize::new(1000).unwrap(),
            appended: Arc::new(Notify::new()),
            notify_others: true,
        };
        Self {
            turning: CommandLoop::new(settings, receiver),
            handle: Handle::new(sender),
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
    }

    /// One command, until it is answered.
    async fn execute(&mut self, command: Command) -> Result<Answer, CommandError> {
        let mut answer = self.send(command, caller());
        loop {
            if let Some(answer) = (&mut answer).now_or_never() {
                return answer;
            }
            self.step().await;
        }
    }
}

async fn database() -> String {
    let admin = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names no PostgreSQL: run the tests with ./dev test");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&admin).await.unwrap();
    connection
        .execute(format!("create database {name}").as_str())
        .await
        .unwrap();
    let url = admin
        .parse::<PgConnectOptions>()
        .unwrap()
        .database(&name)
        .to_url_lossy()
        .to_string();
    event_store::migrations::run(&url).await.unwrap();
    url
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
    let details = Details {
        name: name.to_owned(),
        description: String::new(),
        category: "kitchen".to_owned(),
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

#[tokio::test]
async fn commands_of_one_turn_see_each_other_and_share_one_append() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let answers =
        [add(cart), add(cart), set(cart, 7), remove(cart), remove(cart)].map(|c| shopping.send(c, caller()));
    shopping.step().await;
    let versions: Vec<_> = futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|a| a.unwrap().version)
        .collect();
    assert_eq!(versions, [2, 3, 4, 5, 5]);
    let stored = events(&url, cart).await;
    assert!(stored[2].1.contains(r#""line_quantity":2"#), "{stored:?}");
    assert_eq!(stored.len(), 5);
}

#[tokio::test]
async fn a_no_op_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    here.execute(add(cart)).await.unwrap();
    here.execute(set(cart, 5)).await.unwrap();
    there.execute(set(cart, 3)).await.unwrap();
    // Here the line still has five, so setting five would change nothing.
    assert_eq!(here.execute(set(cart, 5)).await.unwrap().version, 5);
    assert_eq!(quantity(&url, cart).await, 5);
}

#[tokio::test]
async fn a_refusal_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    there.execute(add(cart)).await.unwrap();
    // Here the cart is still empty, so there would be no line to change.
    assert_eq!(here.execute(set(cart, 5)).await.unwrap().version, 3);
    assert_eq!(quantity(&url, cart).await, 5);
}

#[tokio::test]
async fn a_success_that_came_of_a_stale_state_is_decided_again() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    here.execute(add(cart)).await.unwrap();
    there.execute(add(cart)).await.unwrap();
    here.execute(add(cart)).await.unwrap();
    assert_eq!(quantity(&url, cart).await, 3);
    // And the other way round: removed there, so here there is nothing to set any more.
    there.execute(remove(cart)).await.unwrap();
    let refused = here.execute(set(cart, 2)).await.unwrap_err();
    let not_in_cart = CartError::NotInCart { sku: mug() };
    assert!(
        matches!(refused, CommandError::Refused(ref r) if r.to_string() == not_in_cart.to_string()),
        "{refused}"
    );
}

#[tokio::test]
async fn a_command_that_was_refused_twice_is_decided_under_the_lock() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let cart = shop(&mut here).await;
    let mut answer = here.send(add(cart), caller());
    for expected in [1, 2] {
        there.execute(add(cart)).await.unwrap();
        here.step().await;
        assert!((&mut answer).now_or_never().is_none());
        assert_eq!(here.turning.waiting_refusals(), [expected]);
    }
    // The other one is ahead again, and this time it does not matter.
    there.execute(add(cart)).await.unwrap();
    here.step().await;
    assert_eq!(answer.await.unwrap().version, 5);
    assert_eq!(quantity(&url, cart).await, 4);
}

#[tokio::test]
async fn a_panic_in_decide_fails_its_own_command_alone() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let [before, panics, after] = [add(cart), Command::Panic(cart), add(cart)]
        .map(|c| shopping.send(c, keyed(Uuid::now_v7().as_u128())));
    shopping.step().await;
    assert_eq!(before.await.unwrap().version, 2);
    assert!(matches!(panics.await, Err(CommandError::Panicked)));
    assert_eq!(after.await.unwrap().version, 3);
}

#[tokio::test]
async fn a_value_that_postgresql_rejects_fails_its_own_command_alone() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let constraint = "alter table events add constraint no_poison check (payload::text not like '%Poison%')";
    PgConnection::connect(&url)
        .await
        .unwrap()
        .execute(constraint)
        .await
        .unwrap();
    let poison = list(&Sku::parse("POISON").unwrap(), "Poison");
    let [before, rejected, after] = [add(cart), poison, add(cart)].map(|c| shopping.send(c, caller()));
    shopping.step().await;
    assert_eq!(before.await.unwrap().version, 2);
    assert!(matches!(rejected.await, Err(CommandError::Rejected(_))));
    assert_eq!(after.await.unwrap().version, 3);
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_commit_stores_nothing_twice() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let mut shopping = Loop::on(&proxy.url);
    let cart = shop(&mut shopping).await;
    let (mut sql, before) = (
        PgConnection::connect(&url).await.unwrap(),
        events(&url, cart).await.len(),
    );
    let answers = [add(cart), add(cart)].map(|command| shopping.send(command, caller()));

    // The append's answer is kept from the loop until the append is visible to others; then the connection breaks.
    let answers_kept = proxy.keep_answers();
    let turn = shopping.step();
    let cut = async {
        loop {
            let text = "select count(*) from events where aggregate_id = $1";
            let stored: i64 = sqlx::query_scalar(text)
                .bind(cart.to_string())
                .fetch_one(&mut sql)
                .await
                .unwrap();
            if usize::try_from(stored).unwrap() > before {
                return answers_kept.cut();
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(turn, cut);
    let versions: Vec<_> = futures::future::join_all(answers)
        .await
        .into_iter()
        .map(|a| a.unwrap().version)
        .collect();
    assert_eq!(versions, [2, 3]);
    assert_eq!(quantity(&url, cart).await, 2);
    assert_eq!(events(&url, cart).await.len(), 3);
}

#[tokio::test]
async fn a_command_that_never_reached_postgresql_is_stored_by_the_repetition() {
    let url = database().await;
    let proxy = Proxy::before(&url).await;
    let mut shopping = Loop::on(&proxy.url);
    let cart = shop(&mut shopping).await;
    let answer = shopping.send(add(cart), caller());
    proxy.cut_connections();
    shopping.step().await;
    assert_eq!(answer.await.unwrap().version, 2);
    assert_eq!(events(&url, cart).await.len(), 2);
}

#[tokio::test]
async fn a_key_answers_the_same_though_its_command_would_be_refused_by_now() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    shopping.execute(add(cart)).await.unwrap();
    let first = shopping.send(set(cart, 4), keyed(9));
    shopping.step().await;
    let first = first.await.unwrap();
    shopping.execute(remove(cart)).await.unwrap();

    let again = shopping.send(set(cart, 4), keyed(9));
    shopping.step().await;
    assert_eq!(
        again.await.unwrap(),
        Answer {
            replayed: true,
            ..first
        }
    );
    let misused = Caller {
        receipt: Some(ReceiptKey {
            id: Uuid::from_u128(9),
            fingerprint: Uuid::nil(),
        }),
        ..caller()
    };
    let misused = shopping.send(remove(cart), misused);
    shopping.step().await;
    assert!(matches!(misused.await, Err(CommandError::KeyReused)));
}

#[tokio::test]
async fn a_key_that_is_in_this_process_s_hands_is_not_taken_twice() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let first = shopping.send(add(cart), keyed(9));
    assert!(matches!(
        shopping.send(add(cart), keyed(9)).await,
        Err(CommandError::InProgress)
    ));
    shopping.step().await;
    first.await.unwrap();
    assert_eq!(quantity(&url, cart).await, 1);
}

#[tokio::test]
async fn what_its_client_has_abandoned_is_not_decided() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let abandoned = shopping.send(add(cart), keyed(9));
    drop(abandoned);
    shopping.step().await;
    assert_eq!(events(&url, cart).await.len(), 1);
    // Its key is free again.
    let again = shopping.send(add(cart), keyed(9));
    shopping.step().await;
    assert!(!again.await.unwrap().replayed);
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let url = database().await;
    let shopping = Loop::on(&url);
    let cart = CartId::new(Uuid::now_v7());
    let mut waiting: Vec<Answered> = (0..64).map(|_| shopping.send(add(cart), caller())).collect();
    assert!(waiting.iter_mut().all(|answer| answer.now_or_never().is_none()));
    assert!(matches!(
        shopping.send(add(cart), caller()).await,
        Err(CommandError::Overloaded)
    ));
}

#[tokio::test]
async fn a_stale_if_match_is_the_only_conflict_that_a_client_sees() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let conditional = |version| Caller {
        expected_version: Some(version),
        ..caller()
    };
    let [fits, stale] = [1, 1].map(|version| shopping.send(add(cart), conditional(version)));
    shopping.step().await;
    assert_eq!(fits.await.unwrap().version, 2);
    assert!(matches!(
        stale.await,
        Err(CommandError::Conflict { current_version: 2 })
    ));
}

#[tokio::test]
async fn an_owner_asking_twice_has_one_cart() {
    let url = database().await;
    let (mut here, mut there) = (Loop::on(&url), Loop::on(&url));
    let open = || Command::OpenCart {
        owner: owner(),
        cart: CartId::new(Uuid::now_v7()),
        currency: Currency::EUR,
    };
    let [first, second] = [open(), open()].map(|command| here.send(command, caller()));
    here.step().await;
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!((first.status, second.status, &second.id), (201, 200, &first.id));
    assert_eq!(there.execute(open()).await.unwrap().id, first.id);
}

#[tokio::test]
async fn a_long_stream_is_loaded_from_a_baseline() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    for round in 0..10 {
        let answers: Vec<_> = (0..60).map(|_| shopping.send(add(cart), caller())).collect();
        shopping.step().await;
        let answered = futures::future::join_all(answers).await;
        assert!(answered.iter().all(Result::is_ok), "round {round}");
    }
    let mut sql = PgConnection::connect(&url).await.unwrap();
    let version: i64 = sqlx::query_scalar("select version from snapshots where aggregate_id = $1")
        .bind(cart.to_string())
        .fetch_one(&mut sql)
        .await
        .unwrap();
    assert!((500..=601).contains(&version), "{version}");
    // Another process begins at the baseline, and counts on from there.
    let mut fresh = Loop::on(&url);
    assert_eq!(fresh.execute(add(cart)).await.unwrap().version, 602);
    assert_eq!(quantity(&url, cart).await, 601);
}
