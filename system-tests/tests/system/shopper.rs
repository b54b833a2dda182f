//! A shopper as the tests use one: sends commands until they are answered, and remembers every answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use system_tests::commands::{self, PATIENCE, Stored, send_until_answered};
use system_tests::guest::Guest;
use system_tests::http::{Door, Request, Response};
use system_tests::keys::Keys;

use super::shop::Service;
use super::waiting::until;

/// A command that was answered with success.
#[derive(Clone, Debug)]
pub struct Ack {
    pub event_type: &'static str,
    pub stored: Stored,
}

pub struct Shopper {
    pub guest: Guest,
    pub cart: String,
    pub door: Door,
    pub keys: Keys,
    pub acks: Vec<Ack>,
    /// What should be in the cart, as answered: only for a cart that nobody else changes.
    pub lines: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
pub struct CartDocument {
    pub id: String,
    pub version: i64,
    pub lines: Vec<CartLine>,
}

#[derive(Debug, Deserialize)]
pub struct CartLine {
    pub sku: String,
    pub quantity: u32,
}

impl CartDocument {
    pub fn quantities(&self) -> BTreeMap<String, u32> {
        self.lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity))
            .collect()
    }
}

impl Shopper {
    /// Somebody new with an open cart.
    pub async fn arrive(command_api: &Service) -> Self {
        let mut door = command_api.door();
        let guest = Guest::arrive(&mut door).await.expect("a guest gets a session");
        let mut shopper = Self {
            guest,
            cart: String::new(),
            door,
            keys: Keys::default(),
            acks: vec![],
            lines: BTreeMap::new(),
        };
        let opened = shopper.command("CartOpened", commands::open_cart()).await;
        shopper.cart = opened.id;
        shopper
    }

    /// The same shopper in another tab: the same cookies and cart, a connection and a memory of its own.
    pub fn another_tab(&self, command_api: &Service) -> Self {
        Self {
            guest: self.guest.clone(),
            cart: self.cart.clone(),
            door: command_api.door(),
            keys: Keys::default(),
            acks: vec![],
            lines: BTreeMap::new(),
        }
    }

    pub async fn add(&mut self, sku: &str, quantity: u32) -> Stored {
        let stored = self
            .command("ItemAdded", commands::add_item(&self.cart, sku, quantity))
            .await;
        *self.lines.entry(sku.to_owned()).or_default() += quantity;
        stored
    }

    pub async fn remove(&mut self, sku: &str) -> Stored {
        let stored = self
            .command("ItemRemoved", commands::remove_item(&self.cart, sku))
            .await;
        self.lines.remove(sku);
        stored
    }

    async fn command(&mut self, event_type: &'static str, request: Request) -> Stored {
        let key = self.keys.next_key();
        let request = self.guest.sign(request).header("Idempotency-Key", &key);
        let answer = send_until_answered(&mut self.door, &request, PATIENCE).await;
        if let Ok(response) = &answer.last {
            self.guest.keep_cookies(response);
        }
        let stored = answer
            .stored()
            .unwrap_or_else(|error| panic!("{event_type} did not succeed: {error:#}"));
        self.acks.push(Ack {
            event_type,
            stored: stored.clone(),
        });
        stored
    }

    /// One look at the own cart, at least at this version.
    pub async fn look(&self, query_api: &mut Door, version: i64) -> Response {
        let path = format!("/api/queries/carts/{}?min-version={version}", self.cart);
        query_api
            .send(&self.guest.sign(Request::get(&path)))
            .await
            .expect("the query API answers")
    }

    /// Waits until the view shows what was answered. Whatever it is behind, it may say so, but never that nothing is there.
    pub async fn sees_own_cart(&mut self, query_api: &Service) {
        let mut door = query_api.door();
        let version = self
            .acks
            .iter()
            .map(|ack| ack.stored.version)
            .max()
            .unwrap_or_default();
        let document: CartDocument = until("the view shows the cart", async || {
            let response = self.look(&mut door, version).await;
            assert!(
                matches!(response.status, 200 | 503),
                "cart {}: {response}",
                self.cart
            );
            (response.status == 200).then(|| response.json().expect("it is a cart"))
        })
        .await;
        assert_eq!(document.id, self.cart);
        assert_eq!(document.quantities(), self.lines, "cart {}", self.cart);
    }
}
