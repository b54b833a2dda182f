//! Somebody who does the same little thing over and over, and so notices at once when the shop is away and when it is
//! back: one changes a cart, one looks whether the newest change can be seen.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use system_tests::commands;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::client::{Client, stored};
use super::journal::Journal;
use super::load::{ADD, OPEN, SET, until_told};
use crate::shop::sku;

const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// A change that was answered with success.
#[derive(Clone, Copy, Debug)]
struct Written {
    version: i64,
    at: Instant,
}

/// A change that was seen.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// When it had been written.
    written: Instant,
    at: Instant,
}

#[derive(Default)]
pub struct Canary {
    writes: Mutex<Vec<Instant>>,
    views: Mutex<Vec<Seen>>,
}

impl Canary {
    /// Until it is told to stop.
    pub async fn sing(self: Arc<Self>, address: String, journal: Arc<Journal>, stop: watch::Receiver<bool>) {
        let mut writer = Client::guest(&address, &journal).await;
        let opened = writer.command(OPEN, commands::open_cart()).await;
        let cart = opened
            .as_ref()
            .and_then(stored)
            .expect("the canary gets a cart")
            .id;
        let (newest, of_reader) = watch::channel(None);
        let reader = writer.twin();
        let reading = tokio::spawn(Arc::clone(&self).look(reader, cart.clone(), of_reader, stop.clone()));
        self.write(&mut writer, &cart, &journal, &newest, stop).await;
        drop(newest);
        reading.await.expect("the canary's reader ends");
    }

    async fn write(
        &self,
        writer: &mut Client,
        cart: &str,
        journal: &Journal,
        newest: &watch::Sender<Option<Written>>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mug = sku(0);
        let mut quantity = 1;
        let mut request = (ADD, commands::add_item(cart, &mug, 1));
        while !*stop.borrow() {
            let (wanted, sent) = request;
            let answer = writer.command(wanted, sent).await;
            if let Some(stored) = answer.as_ref().and_then(stored) {
                let at = Instant::now();
                self.writes.lock().expect("nobody panics with it").push(at);
                newest.send_replace(Some(Written {
                    version: stored.version,
                    at,
                }));
                journal.cart_has(cart, &[(mug.clone(), quantity)].into());
            }
            quantity = quantity % 90 + 1;
            request = (SET, commands::set_quantity(cart, &mug, quantity));
            until_told(&mut stop, BETWEEN_TRIES).await;
        }
    }

    async fn look(
        self: Arc<Self>,
        mut reader: Client,
        cart: String,
        newest: watch::Receiver<Option<Written>>,
        stop: watch::Receiver<bool>,
    ) {
        while !*stop.borrow() {
            let wanted = *newest.borrow();
            if let Some(Written { version, at }) = wanted {
                let path = format!("/api/queries/carts/{cart}?min-version={version}");
                let answer = reader.query("cart", &path).await;
                if answer.is_some_and(|answer| answer.status == 200) {
                    let seen = Seen {
                        written: at,
                        at: Instant::now(),
                    };
                    self.views.lock().expect("nobody panics with it").push(seen);
                }
            }
            sleep(BETWEEN_TRIES).await;
        }
    }

    /// How long after `then` the first change was answered with success.
    pub fn first_write(&self, then: Instant) -> Option<Duration> {
        let writes = self.writes.lock().expect("nobody panics with it");
        let after = writes.partition_point(|at| *at < then);
        writes.get(after).map(|at| *at - then)
    }

    /// How long after `then` a change that was written after it could be seen.
    pub fn first_view(&self, then: Instant) -> Option<Duration> {
        let views = self.views.lock().expect("nobody panics with it");
        views
            .iter()
            .find(|seen| seen.written >= then)
            .map(|seen| seen.at - then)
    }

    /// The longest time without a success between two moments: writes, views.
    pub fn longest_silence(&self, from: Instant, to: Instant) -> (Duration, Duration) {
        let writes = self.writes.lock().expect("nobody panics with it");
        let views = self.views.lock().expect("nobody panics with it");
        (
            longest_gap(writes.iter().copied(), from, to),
            longest_gap(views.iter().map(|seen| seen.at), from, to),
        )
    }
}

fn longest_gap(successes: impl Iterator<Item = Instant>, from: Instant, to: Instant) -> Duration {
    let mut longest = Duration::ZERO;
    let mut before = from;
    for at in successes.filter(|at| *at > from && *at < to).chain([to]) {
        longest = longest.max(at.saturating_duration_since(before));
        before = at;
    }
    longest
}
