//! The checkout: every cart of a run becomes an order that is paid, and a look at whether each is as its guest agreed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::checks::Price;
use super::progress::tell_progress;
use super::shopping::Trip;
use super::{Options, VIEWS_MAY_LAG};
use crate::baskets::{Basket, Baskets};
use crate::commands::{PATIENCE, send_until_answered};
use crate::guest::Guest;
use crate::http::{Door, Request};
use crate::keys::Keys;
use crate::ordering::{Ordered, order_and_pay};
use crate::pace::{Latencies, Pace};

/// Of a checkout: ask what it comes to, agree, pay.
const COMMANDS: f64 = 3.0;
/// An order that is not confirmed after this is a mismatch. The gateway is asked in the background.
const PAID_WITHIN: Duration = Duration::from_mins(2);

/// One order that a guest placed and paid.
struct Placed {
    basket: usize,
    guest: Guest,
    order: Ordered,
    total: i64,
}

#[derive(Default)]
pub struct CheckedOut {
    /// Orders that are confirmed, for what their guests agreed to.
    pub orders: u64,
    /// What was captured for them, in minor units.
    pub captured: i64,
    /// What went wrong, at most one thing an order.
    pub failures: Vec<String>,
    /// What is not as it was agreed.
    pub mismatches: Vec<String>,
    /// From the quote to the answer that the gateway is asked.
    pub latencies: Latencies,
    /// Until the last order was confirmed.
    pub took: Duration,
}

/// As the query API shows an order.
#[derive(Deserialize)]
struct OrderDocument {
    state: String,
    lines: Vec<OrderLine>,
    totals: Totals,
    payment: Payment,
}

impl OrderDocument {
    /// An order and its payment come through different topics: it may be seen confirmed a moment before it is seen paid.
    fn is_settled(&self) -> bool {
        match self.state.as_str() {
            "awaiting-payment" => false,
            "confirmed" => self.payment.captured.is_some(),
            _ => true,
        }
    }
}

#[derive(Deserialize)]
struct OrderLine {
    sku: String,
    quantity: u32,
}

#[derive(Deserialize)]
struct Totals {
    total: Price,
}

#[derive(Deserialize)]
struct Payment {
    captured: Option<Price>,
}

/// What the shop says of how it takes money.
#[derive(Deserialize)]
struct CheckoutSettings {
    gateway: String,
}

/// Asks before anybody shops, so that whoever means another shop is told at once. Nobody's money is taken.
pub async fn reach(options: &Options) -> Result<()> {
    let request = Request::get("/api/commands/checkout-settings");
    let answer = send_until_answered(&mut Door::new(&options.commands), &request, PATIENCE).await;
    let answer = answer.last.context("nobody says how to check out")?;
    ensure!(answer.is_success(), "nobody can check out here: {answer}");
    let CheckoutSettings { gateway } = answer.json()?;
    ensure!(
        gateway == "sandbox",
        "--checkout pays with a test card of the sandbox gateway; the payment gateway of this shop is {gateway}"
    );
    Ok(())
}

/// Every trip that came to its end checks out. Each guest is on one of `concurrency` connections.
pub async fn check_out_all(
    options: &Rc<Options>,
    baskets: &Rc<Baskets>,
    trips: &[Trip],
) -> Result<CheckedOut> {
    let carts: Vec<(usize, Guest, String)> = trips
        .iter()
        .filter(|trip| trip.failure.is_none())
        .filter_map(|trip| Some((trip.basket, trip.guest.clone(), trip.cart.as_ref()?.id.clone())))
        .collect();
    let (carts, next) = (Rc::new(carts), Rc::new(Cell::new(0)));
    let pace = Rc::new(Pace::new(options.rate.map(|rate| rate / COMMANDS)));
    let watcher = tell_progress(options, "checkouts", &next, carts.len());
    let mut guests = JoinSet::new();
    for _ in 0..options.concurrency.min(carts.len()) {
        let (carts, next, pace) = (Rc::clone(&carts), Rc::clone(&next), Rc::clone(&pace));
        let (options, baskets) = (Rc::clone(options), Rc::clone(baskets));
        guests.spawn_local(async move {
            let (mut door, mut keys) = (Door::new(&options.commands), Keys::default());
            let mut all = CheckedOut::default();
            let mut placed = vec![];
            while let Some((basket, guest, cart)) = carts.get(next.replace(next.get() + 1)) {
                let line = baskets.baskets[*basket].line;
                let start = pace.next_start().await;
                match order_and_pay(&mut door, &mut keys, guest, cart).await {
                    Ok((order, total)) => placed.push(Placed {
                        basket: *basket,
                        guest: guest.clone(),
                        order,
                        total,
                    }),
                    Err(failure) => all.failures.push(format!("line {line}: {failure:#}")),
                }
                all.latencies.record(Instant::now() - start);
            }
            (all, placed)
        });
    }
    let (mut all, mut placed) = (CheckedOut::default(), vec![]);
    while let Some(joined) = guests.join_next().await {
        let (some, of_one) = joined?;
        all.latencies.add(&some.latencies);
        all.failures.extend(some.failures);
        placed.extend(of_one);
    }
    drop(watcher);
    look_at_all(options, baskets, placed, &mut all).await;
    all.took = pace.began().elapsed();
    Ok(all)
}

async fn look_at_all(
    options: &Rc<Options>,
    baskets: &Rc<Baskets>,
    placed: Vec<Placed>,
    all: &mut CheckedOut,
) {
    let (placed, next) = (Rc::new(placed), Rc::new(Cell::new(0)));
    let watcher = tell_progress(options, "orders", &next, placed.len());
    let mut readers = JoinSet::new();
    for _ in 0..options.concurrency.min(placed.len()) {
        let (placed, next, baskets) = (Rc::clone(&placed), Rc::clone(&next), Rc::clone(baskets));
        let mut door = Door::new(&options.queries);
        readers.spawn_local(async move {
            let (mut orders, mut captured, mut wrong) = (0, 0, vec![]);
            while let Some(one) = placed.get(next.replace(next.get() + 1)) {
                let basket = &baskets.baskets[one.basket];
                match look_at(&mut door, one, basket, &baskets).await {
                    Ok(minor) => {
                        orders += 1;
                        captured += minor;
                    }
                    Err(difference) => wrong.push(format!("line {}: {difference:#}", basket.line)),
                }
            }
            (orders, captured, wrong)
        });
    }
    for (orders, captured, wrong) in readers.join_all().await {
        all.orders += orders;
        all.captured += captured;
        all.mismatches.extend(wrong);
    }
    drop(watcher);
}

/// Waits until an order is confirmed, and compares it with what was agreed. What was captured for it.
async fn look_at(door: &mut Door, placed: &Placed, basket: &Basket, baskets: &Baskets) -> Result<i64> {
    let path = format!(
        "/api/queries/orders/{}?min-version={}",
        placed.order.id, placed.order.version
    );
    let request = placed.guest.sign(Request::get(&path));
    let until = Instant::now() + PAID_WITHIN;
    let document: OrderDocument = loop {
        let response = send_until_answered(door, &request, VIEWS_MAY_LAG).await.last?;
        ensure!(response.status == 200, "the order was not found: {response}");
        let document: OrderDocument = response.json()?;
        if document.is_settled() || Instant::now() > until {
            break document;
        }
        sleep(Duration::from_millis(20)).await;
    };
    ensure!(document.state == "confirmed", "the order is {}", document.state);
    let total = document.totals.total.minor;
    ensure!(
        total == placed.total,
        "the order comes to {total}, agreed was {}",
        placed.total
    );
    let captured = document.payment.captured.map(|price| price.minor);
    ensure!(
        captured == Some(total),
        "{captured:?} was captured for an order of {total}"
    );
    let shown: Vec<_> = document
        .lines
        .iter()
        .map(|line| (line.sku.as_str(), line.quantity))
        .collect();
    let sent: Vec<_> = basket
        .items
        .iter()
        .map(|item| (baskets.products[item.product].sku.as_str(), item.quantity))
        .collect();
    ensure!(shown == sent, "the order shows {shown:?}, the cart held {sent:?}");
    Ok(total)
}
