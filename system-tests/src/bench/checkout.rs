//! `checkout`: whole checkouts of 32 guests who buy many products, beside the same where everybody buys one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Bench;
use super::checkout_books::Books;
use super::commands::Rounds;
use super::ground::{self, sku};
use super::hammer::Round;
use super::line::Line;
use crate::commands::{self, PATIENCE, send_until_answered};
use crate::guest::Guest;
use crate::http::{Door, Request};
use crate::keys::Keys;
use crate::ordering::{Ordered, order_and_pay};
use crate::pace::Latencies;

const CLIENTS: usize = 32;
/// Far more than clients, so that no two of them buy the same product at the same time.
const PRODUCTS: usize = 512;
/// Of an order: it was placed, and then confirmed or cancelled.
const SETTLED: i64 = 2;
/// An order that is not confirmed after this has failed.
const CONFIRMED_WITHIN: Duration = Duration::from_mins(1);
/// So many failures of a round are spelled out.
const SPELLED_OUT: usize = 3;

pub async fn run(bench: &Bench) -> Result<Line> {
    eprintln!("listing {PRODUCTS} products and warming up");
    ground::list_products(bench, PRODUCTS).await?;
    let books = Books::begin(bench).await?;
    let buying = Rc::new(Buying::at(bench));
    buying.round(bench.round(), PRODUCTS).await?;
    let (mut many, mut one) = (Rounds::default(), Rounds::default());
    for round in 1..=bench.rounds {
        for (products, rounds) in [(PRODUCTS, &mut many), (1, &mut one)] {
            // A round must not pay for what the one before left to do.
            books.gateway_has_told_everything().await?;
            let measured = buying.round(bench.round(), products).await?;
            let of = if products == 1 {
                "one product"
            } else {
                "many products"
            };
            eprintln!(
                "checkout, round {round}, {of}: {:.0}/s, p50 {:.1} ms, p99 {:.1} ms",
                measured.per_second,
                measured.latencies.quantile_ms(0.5),
                measured.latencies.quantile_ms(0.99)
            );
            rounds.add(&measured, 0.0);
        }
    }
    many.failed += books.differences(&buying.agreed.take()).await?;
    let line = |rounds: &Rounds| {
        let (p50, p99) = rounds.latency();
        let mut line = Line::new("checkout", rounds.per_second(), "orders/s").latency(p50, p99);
        line.failed = rounds.failed;
        line
    };
    let one = line(&one).beside("many products", many.per_second());
    let mut line = line(&many);
    line.one_product = Some(Box::new(one));
    Ok(line)
}

/// The guests of all rounds.
struct Buying {
    command_api: String,
    query_api: String,
    /// Whose turn it is to be bought, of many.
    next: Cell<usize>,
    /// What each confirmed order was agreed to cost.
    agreed: RefCell<Vec<(String, i64)>>,
}

impl Buying {
    fn at(bench: &Bench) -> Self {
        Self {
            command_api: bench.command_api(),
            query_api: bench.query_api(),
            next: Cell::new(0),
            agreed: RefCell::default(),
        }
    }

    /// For so long, one guest after the other on each connection. What is confirmed after the end is not counted.
    async fn round(self: &Rc<Self>, duration: Duration, products: usize) -> Result<Round> {
        let end = Instant::now() + duration;
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let buying = Rc::clone(self);
            clients.spawn_local(async move { buying.one_after_the_other(end, products).await });
        }
        let (mut latencies, mut failures) = (Latencies::default(), vec![]);
        while let Some(client) = clients.join_next().await {
            let (its_latencies, its_failures) = client?;
            latencies.add(&its_latencies);
            failures.extend(its_failures);
        }
        for failure in failures.iter().take(SPELLED_OUT) {
            eprintln!("{failure:#}");
        }
        #[expect(clippy::cast_precision_loss, reason = "nobody places 2^52 orders in a round")]
        let per_second = latencies.count() as f64 / duration.as_secs_f64();
        Ok(Round {
            per_second,
            latencies,
            failed: failures.len() as u64,
        })
    }

    async fn one_after_the_other(&self, end: Instant, products: usize) -> (Latencies, Vec<anyhow::Error>) {
        let mut connections = (Door::new(&self.command_api), Door::new(&self.query_api));
        let (mut keys, mut latencies, mut failures) = (Keys::default(), Latencies::default(), vec![]);
        loop {
            let start = Instant::now();
            if start >= end {
                return (latencies, failures);
            }
            let product = sku(self.next.replace(self.next.get() + 1) % products);
            match buy(&mut connections, &mut keys, &product).await {
                Ok(order) => {
                    self.agreed.borrow_mut().push(order);
                    let now = Instant::now();
                    if now <= end {
                        latencies.record(now - start);
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
    }
}

/// A guest comes, puts one of a product into a cart, checks out, pays, and sees that the order is confirmed. Its id, and what
/// it was agreed to cost.
async fn buy(
    (command_api, query_api): &mut (Door, Door),
    keys: &mut Keys,
    product: &str,
) -> Result<(String, i64)> {
    let guest = Guest::arrive(command_api).await?;
    let open = guest
        .sign(commands::open_cart())
        .header("Idempotency-Key", &keys.next_key());
    let cart = send_until_answered(command_api, &open, PATIENCE)
        .await
        .stored()?
        .id;
    let add = guest
        .sign(commands::add_item(&cart, product, 1))
        .header("Idempotency-Key", &keys.next_key());
    send_until_answered(command_api, &add, PATIENCE).await.stored()?;
    let (order, agreed) = order_and_pay(command_api, keys, &guest, &cart).await?;
    sees_confirmed(query_api, &guest, &order).await?;
    Ok((order.id, agreed))
}

#[derive(Deserialize)]
struct Shown {
    state: String,
}

async fn sees_confirmed(query_api: &mut Door, guest: &Guest, order: &Ordered) -> Result<()> {
    let path = format!("/api/queries/orders/{}?min-version={SETTLED}", order.id);
    let request = guest.sign(Request::get(&path));
    let until = Instant::now() + CONFIRMED_WITHIN;
    loop {
        let seen = query_api.send(&request).await.context("the order is not shown")?;
        match seen.status {
            200 => {
                let Shown { state } = seen.json()?;
                ensure!(state == "confirmed", "order {} is {state}", order.id);
                return Ok(());
            }
            // It waited for a second already, and is asked again at once.
            503 if Instant::now() < until => {}
            _ => bail!("order {} is not shown as confirmed: {seen}", order.id),
        }
    }
}
