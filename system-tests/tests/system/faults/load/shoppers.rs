//! A guest after the other: fills a cart, changes their mind, checks out, pays, or leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use system_tests::commands;
use system_tests::http::Request;
use system_tests::ordering::{Ordered, Quote, check_out, pay, quote};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{ADD, Board, CANCEL, CHECK_OUT, Dice, OPEN, PAY, REMOVE, SET, THINKING, until_told};
use crate::faults::client::{Client, stored};
use crate::faults::journal::Journal;
use crate::faults::world::{SCARCE, SKUS};
use crate::shop::sku;

pub struct Shopper {
    address: String,
    journal: Arc<Journal>,
    board: Board,
    dice: Dice,
}

/// A cart that one guest fills.
struct Cart {
    id: String,
    client: Client,
    lines: BTreeMap<String, u32>,
}

impl Shopper {
    pub fn new(address: &str, journal: &Arc<Journal>, board: &Board, seed: u64) -> Self {
        Self {
            address: address.to_owned(),
            journal: Arc::clone(journal),
            board: Arc::clone(board),
            dice: Dice::new(seed),
        }
    }

    pub async fn shop(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Some(mut cart) = self.arrive().await {
                self.fill(&mut cart, &mut stop).await;
                // Two of three want what they chose.
                if !cart.lines.is_empty() && self.dice.throw(3) > 0 && !*stop.borrow() {
                    self.order(&mut cart, &mut stop).await;
                }
            }
            until_told(&mut stop, THINKING).await;
        }
    }

    async fn arrive(&mut self) -> Option<Cart> {
        let mut client = Client::guest(&self.address, &self.journal).await;
        let opened = client.command(OPEN, commands::open_cart()).await?;
        Some(Cart {
            id: stored(&opened)?.id,
            client,
            lines: BTreeMap::new(),
        })
    }

    async fn fill(&mut self, cart: &mut Cart, stop: &mut watch::Receiver<bool>) {
        for _ in 0..3 + self.dice.throw(5) {
            until_told(stop, THINKING).await;
            if *stop.borrow() {
                return;
            }
            self.change(cart).await;
        }
    }

    async fn change(&mut self, cart: &mut Cart) {
        let product = self.product();
        let more = 1 + u32::try_from(self.dice.throw(3)).expect("it is small");
        let had = cart.lines.get(&product).copied();
        let (wanted, request, has) = match (had, self.dice.throw(3)) {
            (Some(quantity), 0) => {
                let quantity = quantity + more;
                (
                    SET,
                    commands::set_quantity(&cart.id, &product, quantity),
                    quantity,
                )
            }
            (Some(_), 1) => (REMOVE, commands::remove_item(&cart.id, &product), 0),
            (had, _) => (
                ADD,
                commands::add_item(&cart.id, &product, more),
                had.unwrap_or(0) + more,
            ),
        };
        let answer = cart.client.command(wanted, request).await;
        if answer.as_ref().and_then(stored).is_some() {
            cart.lines.insert(product.clone(), has);
            cart.lines.retain(|_, quantity| *quantity > 0);
            self.journal.cart_has(&cart.id, &cart.lines);
        }
    }

    /// One of eight wants what there is little of.
    fn product(&mut self) -> String {
        if self.dice.throw(8) == 0 {
            SCARCE.to_owned()
        } else {
            sku(usize::try_from(self.dice.throw(SKUS)).expect("it is small"))
        }
    }

    async fn order(&mut self, cart: &mut Cart, stop: &mut watch::Receiver<bool>) {
        until_told(stop, THINKING).await;
        let Some(ordered) = self.check_out(cart).await else {
            return;
        };
        self.journal.cart_ended(&cart.id);
        until_told(stop, THINKING).await;
        match self.dice.throw(8) {
            0 => {
                let path = format!("/api/commands/orders/{}/cancellation", ordered.id);
                cart.client.command(CANCEL, Request::new("POST", &path)).await;
            }
            // A card that is declined, and the other one at once.
            1 => {
                let declined = pay(&ordered.id, "pm_card_chargeDeclined");
                cart.client.command(PAY, declined).await;
                until_told(stop, THINKING * 4).await;
                self.pay(cart, ordered).await;
            }
            _ => self.pay(cart, ordered).await,
        }
    }

    /// Whoever is told that the price is another by now, or that there are fewer, leaves.
    async fn check_out(&mut self, cart: &mut Cart) -> Option<Ordered> {
        let quoted = cart.client.ask("quote", quote(&cart.id)).await?;
        let quoted: Quote = quoted.is_success().then(|| quoted.json().ok()).flatten()?;
        let placed = cart
            .client
            .command(CHECK_OUT, check_out(&cart.id, &quoted))
            .await?;
        placed.is_success().then(|| placed.json().ok()).flatten()
    }

    async fn pay(&mut self, cart: &mut Cart, ordered: Ordered) {
        let answer = cart.client.command(PAY, pay(&ordered.id, "pm_card_visa")).await;
        if answer.is_some_and(|answer| answer.is_success()) {
            let mut board = self.board.lock().expect("nobody panics with the board in hand");
            board.push((ordered.id, Instant::now()));
        }
    }
}
