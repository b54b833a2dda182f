//! What has to be there before anything is measured: products, guests, and a cart for each of them.

use std::cell::Cell;
use std::rc::Rc;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;

use super::Bench;
use crate::commands::{self, PATIENCE, send_until_answered};
use crate::guest::Guest;
use crate::http::{Door, Request};
use crate::keys::Keys;
use crate::staff::{Listing, Staff};

/// As many as the clients of `hot` need, each one of its own.
pub const PRODUCTS: usize = 32;
/// Different products in a cart of `commands`: the baskets of the groceries file have 4.4 on average.
pub const LINES: usize = 5;
const SETTING_UP: usize = 32;

/// All of one length, so that a request can be changed from one to another in place.
pub fn sku(number: usize) -> String {
    format!("BENCH-{:03}", number + 1)
}

#[derive(Clone)]
pub struct GuestCart {
    pub guest: Guest,
    pub cart: String,
}

/// What a cart should hold: SKUs and quantities.
pub struct Holding {
    pub cart: GuestCart,
    pub lines: Vec<(String, u64)>,
}

/// The first `count` of them, which are at most 999.
pub async fn list_products(bench: &Bench, count: usize) -> Result<()> {
    let mut door = Door::new(&bench.command_api());
    let mut staff = Staff::new(&bench.staff_token);
    for number in 0..count {
        let (sku, name) = (sku(number), format!("Enamel mug no. {}", number + 1));
        let listing = Listing {
            sku: &sku,
            name: &name,
            category: "kitchen",
            price_minor: 1450,
        };
        staff.list(&mut door, &listing).await?;
    }
    Ok(())
}

/// `count` guests, each with a cart of one of every one of the first [`LINES`] products.
pub async fn open_carts(bench: &Bench, count: usize) -> Result<Vec<GuestCart>> {
    let left = Rc::new(Cell::new(count));
    let mut openers = JoinSet::new();
    for _ in 0..SETTING_UP.min(count) {
        let (address, left) = (bench.command_api(), Rc::clone(&left));
        openers.spawn_local(async move {
            let (mut door, mut keys, mut opened) = (Door::new(&address), Keys::default(), vec![]);
            while left.get() > 0 {
                left.set(left.get() - 1);
                opened.push(open_one(&mut door, &mut keys).await?);
            }
            anyhow::Ok(opened)
        });
    }
    let mut carts = Vec::with_capacity(count);
    while let Some(opened) = openers.join_next().await {
        carts.extend(opened??);
    }
    ensure!(
        carts.len() == count,
        "{} of {count} carts were opened",
        carts.len()
    );
    Ok(carts)
}

async fn open_one(door: &mut Door, keys: &mut Keys) -> Result<GuestCart> {
    let guest = Guest::arrive(door).await?;
    let open = guest
        .sign(commands::open_cart())
        .header("Idempotency-Key", &keys.next_key());
    let cart = send_until_answered(door, &open, PATIENCE).await.stored()?.id;
    let lines: Vec<_> = (0..LINES)
        .map(|number| json!({ "sku": sku(number), "quantity": 1 }))
        .collect();
    let add =
        Request::new("POST", &format!("/api/commands/carts/{cart}/lines")).json(&json!({ "lines": lines }));
    let add = guest.sign(add).header("Idempotency-Key", &keys.next_key());
    send_until_answered(door, &add, PATIENCE).await.stored()?;
    Ok(GuestCart { guest, cart })
}
