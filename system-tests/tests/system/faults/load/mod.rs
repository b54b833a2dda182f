//! Who shops while something breaks: shoppers, people who support requests, staff. As much as a small shop has on a good
//! day, and the same each time: everybody has a seed.

mod people;
mod shoppers;
mod staff;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::canary::Canary;
use super::journal::{Journal, Wanted};

const SHOPPERS: u64 = 12;
const PEOPLE: u64 = 3;
/// Between two commands of one shopper.
const THINKING: Duration = Duration::from_millis(250);

const fn one(name: &'static str, event: &'static str) -> Wanted {
    Wanted {
        name,
        event,
        count: Some(1),
    }
}

const fn some(name: &'static str, event: &'static str) -> Wanted {
    Wanted {
        name,
        event,
        count: None,
    }
}

/// The cart, and that it is its owner's current one.
pub const OPEN: Wanted = Wanted {
    name: "open",
    event: "CartOpened",
    count: Some(2),
};
pub const ADD: Wanted = one("add", "ItemAdded");
pub const SET: Wanted = one("set", "QuantityChanged");
const REMOVE: Wanted = one("remove", "ItemRemoved");
const CHECK_OUT: Wanted = some("check out", "OrderPlaced");
const PAY: Wanted = one("pay", "AttemptStarted");
const CANCEL: Wanted = some("cancel", "OrderCancelled");

/// Orders that staff may look after, and since when.
type Board = Arc<Mutex<Vec<(String, Instant)>>>;

/// Everybody, until they are told to stop.
pub struct Load {
    pub canary: Arc<Canary>,
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
}

impl Load {
    /// `address` is that of one origin for commands and queries.
    pub async fn begin(address: &str, journal: &Arc<Journal>, seed: u64) -> Self {
        let (stop, told) = watch::channel(false);
        let canary = Arc::new(Canary::default());
        let board = Board::default();
        let requests = people::ask(address, journal, PEOPLE, seed).await;
        let singing = Arc::clone(&canary).sing(address.to_owned(), Arc::clone(journal), told.clone());
        let mut running = vec![tokio::spawn(singing)];
        for number in 0..SHOPPERS {
            let shopper = shoppers::Shopper::new(address, journal, &board, seed * 1_000 + number);
            running.push(tokio::spawn(shopper.shop(told.clone())));
        }
        for (number, person) in (0..).zip(requests) {
            running.push(tokio::spawn(
                person.take_part(told.clone(), seed * 1_000 + 500 + number),
            ));
        }
        running.push(tokio::spawn(staff::work(
            address.to_owned(),
            Arc::clone(journal),
            board,
            seed,
            told,
        )));
        Self {
            canary,
            stop,
            running,
        }
    }

    /// Returns once everybody was answered.
    pub async fn end(self) {
        self.stop.send_replace(true);
        for one in self.running {
            one.await.expect("nobody of the load panics");
        }
    }
}

/// Waits, but not longer than until everybody is told to stop.
pub async fn until_told(stop: &mut watch::Receiver<bool>, pause: Duration) {
    // Neither outcome needs anything: whoever waits looks by itself.
    let _ = tokio::time::timeout(pause, stop.wait_for(|stopped| *stopped)).await;
}

/// Numbers that look random and are the same in each run (`SplitMix64`, Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `sides`.
    pub fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}
