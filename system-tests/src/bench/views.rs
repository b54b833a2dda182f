//! How far the views are behind, as a shopper would notice it: from the answer to a command until a query shows it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::Bench;
use super::ground::{self, GuestCart, sku};
use crate::commands::{self, PATIENCE, send_until_answered};
use crate::http::{Door, Request};
use crate::keys::Keys;

/// Several, so that every partition is looked at.
const CARTS: usize = 24;
const EVERY: Duration = Duration::from_millis(100);

/// A shopper beside the load, who adds an item and waits to see it, over and over.
pub struct Watch {
    carts: Rc<Vec<GuestCart>>,
    command_api: String,
    query_api: String,
}

impl Watch {
    pub async fn set_up(bench: &Bench) -> Result<Self> {
        let carts = Rc::new(ground::open_carts(bench, CARTS).await?);
        Ok(Self {
            carts,
            command_api: bench.command_api(),
            query_api: bench.query_api(),
        })
    }

    /// What `work` gave, and the longest wait in milliseconds meanwhile.
    pub async fn during<T>(&self, work: impl Future<Output = Result<T>>) -> Result<(T, f64)> {
        let going_on = Rc::new(Cell::new(true));
        let watcher = tokio::task::spawn_local(watch(
            Rc::clone(&self.carts),
            Door::new(&self.command_api),
            Door::new(&self.query_api),
            Rc::clone(&going_on),
        ));
        let done = work.await;
        going_on.set(false);
        let longest = watcher.await??;
        Ok((done?, longest.as_secs_f64() * 1_000.0))
    }
}

async fn watch(
    carts: Rc<Vec<GuestCart>>,
    mut command_api: Door,
    mut query_api: Door,
    going_on: Rc<Cell<bool>>,
) -> Result<Duration> {
    let (mut keys, mut longest) = (Keys::default(), Duration::ZERO);
    for turn in 0_usize.. {
        if !going_on.get() {
            break;
        }
        let GuestCart { guest, cart } = &carts[turn % carts.len()];
        let add = guest.sign(commands::set_quantity(
            cart,
            &sku(0),
            if (turn / carts.len()).is_multiple_of(2) {
                2
            } else {
                1
            },
        ));
        let add = add.header("Idempotency-Key", &keys.next_key());
        let stored = send_until_answered(&mut command_api, &add, PATIENCE)
            .await
            .stored()?;
        let began = Instant::now();
        let path = format!("/api/queries/carts/{cart}?min-version={}", stored.version);
        // The query API waits up to a second by itself; after that it is asked again.
        let seen = send_until_answered(&mut query_api, &guest.sign(Request::get(&path)), PATIENCE)
            .await
            .last?;
        ensure!(seen.status == 200, "a cart is not in the views: {seen}");
        longest = longest.max(began.elapsed());
        sleep(EVERY).await;
    }
    Ok(longest)
}

#[derive(Deserialize)]
struct Shown {
    lines: Vec<ShownLine>,
}

#[derive(Deserialize)]
struct ShownLine {
    sku: String,
    quantity: u64,
}

/// Whether a cart shows exactly these quantities; views have a moment to get there, and to learn of the cart at all.
pub async fn shows(bench: &Bench, of: &GuestCart, expected: &[(String, u64)]) -> Result<bool> {
    let expected: BTreeMap<_, _> = expected.iter().cloned().collect();
    let mut door = Door::new(&bench.query_api());
    let request = of
        .guest
        .sign(Request::get(&format!("/api/queries/carts/{}", of.cart)));
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let response = send_until_answered(&mut door, &request, PATIENCE).await.last?;
        let shown: BTreeMap<_, _> = match response.status {
            200 => response
                .json::<Shown>()?
                .lines
                .into_iter()
                .map(|line| (line.sku, line.quantity))
                .collect(),
            404 => BTreeMap::new(),
            _ => bail!("the query API does not show a cart: {response}"),
        };
        if shown == expected {
            return Ok(true);
        }
        if Instant::now() > until {
            eprintln!("cart {} shows {shown:?} instead of {expected:?}", of.cart);
            return Ok(false);
        }
        sleep(Duration::from_millis(20)).await;
    }
}
