//! The shoppers: every basket is a trip of one guest, who opens a cart and adds product by product.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Options;
use super::progress::tell_progress;
use crate::baskets::{Basket, Baskets};
use crate::commands::{self, PATIENCE, Stored, send_until_answered};
use crate::guest::Guest;
use crate::http::{Door, Request};
use crate::keys::Keys;
use crate::pace::{Latencies, Pace};

/// One basket, as far as its guest came with it.
pub struct Trip {
    /// Index in [`Baskets::baskets`].
    pub basket: usize,
    pub guest: Guest,
    /// The last answer about the cart; none if it could not be opened.
    pub cart: Option<Stored>,
    pub commands: u64,
    /// What went wrong, at most one thing a trip: the guest gives up then, for the cart would not be as in the file.
    pub failure: Option<String>,
}

#[derive(Default)]
pub struct Shopped {
    pub trips: Vec<Trip>,
    pub latencies: Latencies,
    pub retries: u64,
    pub took: Duration,
}

/// What the shoppers of one run have in common.
struct Street {
    options: Rc<Options>,
    baskets: Rc<Baskets>,
    next_basket: Rc<Cell<usize>>,
    pace: Pace,
}

pub async fn shop(options: &Rc<Options>, baskets: &Rc<Baskets>) -> Result<Shopped> {
    let street = Rc::new(Street {
        options: Rc::clone(options),
        baskets: Rc::clone(baskets),
        next_basket: Rc::default(),
        pace: Pace::new(options.rate),
    });
    let mut shoppers = JoinSet::new();
    for _ in 0..options.concurrency.min(baskets.baskets.len()) {
        shoppers.spawn_local(one_after_the_other(Rc::clone(&street)));
    }
    let watcher = tell_progress(options, "carts", &street.next_basket, baskets.baskets.len());
    let mut all = Shopped::default();
    while let Some(shopped) = shoppers.join_next().await {
        let shopped = shopped?;
        all.trips.extend(shopped.trips);
        all.latencies.add(&shopped.latencies);
        all.retries += shopped.retries;
    }
    all.took = street.pace.began().elapsed();
    drop(watcher);
    Ok(all)
}

/// One connection, on which guests come one after the other as long as there are baskets.
async fn one_after_the_other(street: Rc<Street>) -> Shopped {
    let mut door = Door::new(&street.options.commands);
    let mut keys = Keys::default();
    let mut shopped = Shopped::default();
    loop {
        let basket = street.next_basket.get();
        if basket == street.baskets.baskets.len() {
            return shopped;
        }
        street.next_basket.set(basket + 1);
        let mut trip = Trip {
            basket,
            guest: Guest::default(),
            cart: None,
            commands: 0,
            failure: None,
        };
        if let Err(failure) = fill_cart(&street, &mut door, &mut keys, &mut trip, &mut shopped).await {
            trip.failure = Some(format!(
                "line {}: {failure:#}",
                street.baskets.baskets[basket].line
            ));
        }
        shopped.trips.push(trip);
    }
}

async fn fill_cart(
    street: &Street,
    door: &mut Door,
    keys: &mut Keys,
    trip: &mut Trip,
    shopped: &mut Shopped,
) -> Result<()> {
    let basket: &Basket = &street.baskets.baskets[trip.basket];
    trip.guest.call_in(door).await?;
    let opened = command(street, door, keys, trip, shopped, commands::open_cart()).await?;
    trip.cart = Some(opened.clone());
    for item in &basket.items {
        let sku = street.baskets.products[item.product].sku.as_str();
        let add = commands::add_item(&opened.id, sku, item.quantity);
        trip.cart = Some(command(street, door, keys, trip, shopped, add).await?);
    }
    Ok(())
}

async fn command(
    street: &Street,
    door: &mut Door,
    keys: &mut Keys,
    trip: &mut Trip,
    shopped: &mut Shopped,
    request: Request,
) -> Result<Stored> {
    let request = trip
        .guest
        .sign(request)
        .header("Idempotency-Key", &keys.next_key());
    let start = street.pace.next_start().await;
    trip.commands += 1;
    let answer = send_until_answered(door, &request, PATIENCE).await;
    shopped.latencies.record(Instant::now() - start);
    shopped.retries += u64::from(answer.retries);
    answer.stored()
}
