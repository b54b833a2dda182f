//! Commands with a bug in them: they harm nobody else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::cart::CartCommand;
use domain::{Event, StreamId};

use super::super::decision::Decision;
use super::super::refusal::Refusal;
use super::super::working::Working;
use super::*;

/// Clears a cart, in an odd way.
#[derive(Clone, Debug)]
pub struct Odd {
    pub cart: CartId,
    pub bug: Bug,
}

#[derive(Clone, Debug)]
pub enum Bug {
    PanicsAt(Stage),
    /// Looks at the product's stock, and names it nowhere.
    ReadsUnnamed,
    /// Clears this cart, too, and names it nowhere.
    WritesUnnamed(CartId),
    /// Names another stream whenever it is asked; counts how often that was.
    NeverEnds(Arc<AtomicU32>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Naming,
    Deciding,
    /// When its events are applied to the states, which are not those of the turn yet.
    Written,
    /// When what was stored is settled, outside of any one command.
    Settling,
}

impl Odd {
    pub fn streams(&self, _: &Working) -> Vec<StreamId> {
        self.break_at(Stage::Naming);
        match &self.bug {
            Bug::NeverEnds(asked) => {
                asked.fetch_add(1, Ordering::Relaxed);
                vec![self.cart.stream(), CartId::new(Uuid::now_v7()).stream()]
            }
            Bug::PanicsAt(_) | Bug::ReadsUnnamed | Bug::WritesUnnamed(_) => vec![self.cart.stream()],
        }
    }

    pub const fn names_more_when_loaded(&self) -> bool {
        matches!(self.bug, Bug::NeverEnds(_))
    }

    pub fn break_at(&self, stage: Stage) {
        if matches!(self.bug, Bug::PanicsAt(at) if at == stage) {
            panic!("a bug at {stage:?}");
        }
    }

    pub fn decide(&self, working: &Working) -> Result<Decision, Refusal> {
        self.break_at(Stage::Deciding);
        let clear = |cart: CartId| {
            let state = working.cart(cart).cloned().unwrap_or_default();
            state.decide(CartCommand::Clear { by: owner() })
        };
        let mut decision = Decision::on(self.cart.stream(), clear(self.cart)?, Event::Cart);
        match &self.bug {
            Bug::PanicsAt(_) | Bug::NeverEnds(_) => {}
            Bug::ReadsUnnamed => {
                let available = working
                    .stock_item(&mug())
                    .map(domain::stock::StockItem::available);
                // As a fact it would be wrong: there are mugs.
                if available.is_none_or(|available| available == 0) {
                    return Err(domain::product::ProductError::Unknown.into());
                }
            }
            Bug::WritesUnnamed(other) => decision.write(other.stream(), clear(*other)?, Event::Cart),
        }
        Ok(decision)
    }
}

fn odd(cart: CartId, bug: Bug) -> Command {
    Command::Odd(Odd { cart, bug })
}

#[tokio::test]
async fn a_panic_fails_its_own_command_alone_wherever_it_happens() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    for (stage, version) in [(Stage::Naming, 2), (Stage::Deciding, 4), (Stage::Written, 6)] {
        let [before, panics, after] = [add(cart), odd(cart, Bug::PanicsAt(stage)), add(cart)]
            .map(|command| shopping.send(command, keyed(Uuid::now_v7().as_u128())));
        shopping.step().await;
        assert_eq!(before.await.unwrap().version, version, "{stage:?}");
        assert!(matches!(panics.await, Err(CommandError::Panicked)), "{stage:?}");
        // What the panic left half done is loaded anew.
        if stage == Stage::Written {
            shopping.step().await;
        }
        assert_eq!(after.await.unwrap().version, version + 1, "{stage:?}");
    }
    assert_eq!(quantity(&url, cart).await, 6);
}

#[tokio::test]
async fn a_panic_outside_of_any_command_costs_its_batch_and_not_the_loop() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let [before, panics] = [add(cart), odd(cart, Bug::PanicsAt(Stage::Settling))]
        .map(|command| shopping.send(command, keyed(Uuid::now_v7().as_u128())));
    shopping.step().await;
    // Both are stored by then: neither is told that it was not.
    for answer in [before, panics] {
        assert!(matches!(answer.await, Err(CommandError::Unavailable)));
    }
    assert_eq!(shopping.execute(add(cart)).await.unwrap().version, 4);
    assert_eq!(quantity(&url, cart).await, 1);
}

#[tokio::test]
async fn a_state_that_a_command_did_not_name_is_loaded_before_it_counts() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    shopping
        .execute(Command::Stock {
            sku: mug(),
            command: domain::stock::StockCommand::Receive { quantity: 5 },
        })
        .await
        .unwrap();
    shopping.execute(add(cart)).await.unwrap();
    let answer = shopping.execute(odd(cart, Bug::ReadsUnnamed)).await.unwrap();
    assert_eq!(answer.version, 3);

    // The same where somebody else has it in this turn: nobody would have checked its version.
    shopping.execute(add(cart)).await.unwrap();
    let (loads_it, reads_it) = (
        Command::Stock {
            sku: mug(),
            command: domain::stock::StockCommand::Receive { quantity: 5 },
        },
        odd(cart, Bug::ReadsUnnamed),
    );
    let [loads_it, mut reads_it] = [loads_it, reads_it].map(|c| shopping.send(c, caller()));
    shopping.step().await;
    assert!(loads_it.now_or_never().is_some());
    assert!((&mut reads_it).now_or_never().is_none(), "it was put off");
    assert_eq!(shopping.turning.waiting_refusals(), [0], "and that is no refusal");
    shopping.step().await;
    assert_eq!(reads_it.await.unwrap().version, 5);
}

#[tokio::test]
async fn a_stream_that_a_command_did_not_name_is_loaded_before_it_is_written() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let (cart, other) = (shop(&mut shopping).await, CartId::new(Uuid::from_u128(7)));
    shopping
        .execute(Command::OpenCart {
            owner: OwnerId::new(Uuid::from_u128(2)),
            cart: other,
            currency: Currency::EUR,
        })
        .await
        .unwrap();
    shopping.execute(add(cart)).await.unwrap();
    // It is somebody else's, so it refuses; what counts is that the loop lives, and decides on what is stored.
    let [loads_it, writes_it] = [
        Command::Cart {
            cart: other,
            command: CartCommand::Expire,
        },
        odd(cart, Bug::WritesUnnamed(other)),
    ]
    .map(|command| shopping.send(command, caller()));
    shopping.step().await;
    assert_eq!(loads_it.await.unwrap().version, 2);
    let mut writes_it = writes_it;
    assert!((&mut writes_it).now_or_never().is_none(), "it was put off");
    shopping.step().await;
    assert!(matches!(writes_it.await, Err(CommandError::Refused(_))));
    assert_eq!(shopping.execute(add(cart)).await.unwrap().version, 3);
}

#[tokio::test]
async fn a_command_that_never_stops_naming_streams_ends_with_an_error() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let asked = Arc::new(AtomicU32::new(0));
    let error = shopping
        .execute(odd(cart, Bug::NeverEnds(Arc::clone(&asked))))
        .await
        .unwrap_err();
    assert!(matches!(error, CommandError::Endless), "{error}");
    assert!(asked.load(Ordering::Relaxed) < 200, "{asked:?}");
    assert_eq!(shopping.execute(add(cart)).await.unwrap().version, 2);
}
