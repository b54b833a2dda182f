//! Whether the read models show what this run sent, no more and no less.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Result, ensure};
use serde::Deserialize;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use super::catalogue::open_carts;
use super::report::ProductCount;
use super::shopping::Trip;
use super::{Options, VIEWS_MAY_LAG};
use crate::baskets::{Basket, Baskets};
use crate::commands::send_until_answered;
use crate::http::{Door, Request};

/// As the query API shows a cart.
#[derive(Deserialize)]
pub struct CartDocument {
    pub lines: Vec<CartLine>,
    pub subtotal: Price,
    pub item_count: u64,
}

#[derive(Deserialize)]
pub struct CartLine {
    pub sku: String,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Price,
    pub line_total: Price,
}

#[derive(Deserialize)]
pub struct Price {
    pub minor: i64,
}

/// What is wrong with each cart document that is not as its trip left it. Trips that failed are not looked at: they count
/// as failed already, and nobody knows what became of their last command.
pub async fn carts(options: &Rc<Options>, baskets: &Rc<Baskets>, trips: &[Trip]) -> Result<Vec<String>> {
    let mut questions = Vec::with_capacity(trips.len());
    for trip in trips.iter().filter(|trip| trip.failure.is_none()) {
        let Some(cart) = &trip.cart else { continue };
        let path = format!("/api/queries/carts/{}?min-version={}", cart.id, cart.version);
        questions.push((trip.basket, trip.guest.sign(Request::get(&path))));
    }
    let questions = Rc::new(questions);
    let next = Rc::new(Cell::new(0));
    let mut readers = JoinSet::new();
    for _ in 0..options.concurrency.min(questions.len()) {
        let (next, questions, baskets) = (Rc::clone(&next), Rc::clone(&questions), Rc::clone(baskets));
        let mut door = Door::new(&options.queries);
        readers.spawn_local(async move {
            let mut wrong = vec![];
            while let Some((basket, request)) = questions.get(next.replace(next.get() + 1)) {
                let basket = &baskets.baskets[*basket];
                if let Err(difference) = look_at(&mut door, request, basket, &baskets).await {
                    wrong.push(format!("line {}: {difference:#}", basket.line));
                }
            }
            wrong
        });
    }
    Ok(readers.join_all().await.concat())
}

async fn look_at(door: &mut Door, request: &Request, basket: &Basket, baskets: &Baskets) -> Result<()> {
    let response = send_until_answered(door, request, VIEWS_MAY_LAG).await.last?;
    ensure!(
        response.status == 200,
        "the cart document was not found: {response}"
    );
    let document: CartDocument = response.json()?;
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
    ensure!(shown == sent, "the cart shows {shown:?}, sent was {sent:?}");
    for line in &document.lines {
        let product = baskets
            .products
            .iter()
            .find(|product| product.sku.as_str() == line.sku);
        let named = product.is_some_and(|product| product.name.eq_ignore_ascii_case(&line.name));
        ensure!(named, "{} is called {:?}", line.sku, line.name);
        let total = line.unit_price.minor * i64::from(line.quantity);
        ensure!(
            line.line_total.minor == total,
            "{} costs {} instead of {total}",
            line.sku,
            line.line_total.minor
        );
    }
    let subtotal: i64 = document.lines.iter().map(|line| line.line_total.minor).sum();
    ensure!(
        document.subtotal.minor == subtotal,
        "the subtotal is {}, not {subtotal}",
        document.subtotal.minor
    );
    let items: u64 = document.lines.iter().map(|line| u64::from(line.quantity)).sum();
    ensure!(
        document.item_count == items,
        "it counts {} items, not {items}",
        document.item_count
    );
    Ok(())
}

/// The open carts of every product once they grew by what was sent, or what they still were when time was up.
pub async fn counts(
    options: &Options,
    baskets: &Baskets,
    trips: &[Trip],
    before: &[i64],
) -> Result<Vec<ProductCount>> {
    let sent = sent_carts(baskets, trips);
    let until = Instant::now() + VIEWS_MAY_LAG;
    loop {
        let now = open_carts(options, baskets).await?;
        let mut counts = Vec::with_capacity(now.len());
        for (index, product) in baskets.products.iter().enumerate() {
            let grew = now[index] - before[index];
            let (least, most) = sent[index];
            counts.push(ProductCount {
                name: product.name.clone(),
                carts: now[index],
                grew,
                sent: least,
                as_sent: (least..=most).contains(&grew),
            });
        }
        if counts.iter().all(|count| count.as_sent) || Instant::now() > until {
            return Ok(counts);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// Per product: in how many carts it certainly is, and in how many it may be, since a trip that failed got to some line.
fn sent_carts(baskets: &Baskets, trips: &[Trip]) -> Vec<(i64, i64)> {
    let mut sent = vec![(0, 0); baskets.products.len()];
    for trip in trips {
        for item in &baskets.baskets[trip.basket].items {
            let (least, most) = &mut sent[item.product];
            *least += i64::from(trip.failure.is_none());
            *most += 1;
        }
    }
    sent
}
