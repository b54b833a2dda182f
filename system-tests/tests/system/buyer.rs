//! A guest who buys: fills a cart, checks out, pays. Every request is repeated under its own key until it is answered.

use std::time::Duration;

use serde_json::json;
use system_tests::commands::{self, Answer, of_staff, send_until_answered};
use system_tests::guest::Guest;
use system_tests::http::{Door, Request};
use system_tests::keys::Keys;
use system_tests::ordering::{Ordered, Quote, check_out, pay, quote};

use super::shop::STAFF_TOKEN;

/// Longer than it takes a killed Kafka to be back on a busy machine: who answers may stand still for that long.
const PATIENCE: Duration = Duration::from_mins(2);

pub struct Buyer {
    pub guest: Guest,
    pub door: Door,
    pub keys: Keys,
    pub cart: String,
}

impl Buyer {
    pub async fn with_cart(address: &str, lines: &[(String, u32)]) -> Self {
        let mut door = Door::new(address);
        let guest = Guest::arrive(&mut door).await.expect("a guest gets a session");
        let mut buyer = Self {
            guest,
            door,
            keys: Keys::default(),
            cart: String::new(),
        };
        let opened = buyer.send(commands::open_cart()).await;
        buyer.cart = opened.stored().expect("a cart is opened").id;
        for (sku, quantity) in lines {
            let add = commands::add_item(&buyer.cart, sku, *quantity);
            buyer.send(add).await.stored().expect("a line is added");
        }
        buyer
    }

    /// Under a new key.
    pub async fn send(&mut self, request: Request) -> Answer {
        let key = self.keys.next_key();
        self.send_under(&key, request).await
    }

    /// A session that was lost is issued anew for the guest, as a browser would have it.
    pub async fn send_under(&mut self, key: &str, request: Request) -> Answer {
        let keyed = request.header("Idempotency-Key", key);
        let answer = send_until_answered(&mut self.door, &self.guest.sign(keyed), PATIENCE).await;
        if let Ok(response) = &answer.last {
            self.guest.keep_cookies(response);
        }
        answer
    }

    pub async fn quote(&mut self) -> Quote {
        let request = quote(&self.cart);
        let answer = self.send(request).await;
        answer.last.expect("a quote").json().expect("a quote is JSON")
    }

    /// The order, or the response that refused it.
    pub async fn check_out(&mut self, quote: &Quote) -> Result<Ordered, String> {
        let request = check_out(&self.cart, quote);
        let response = self.send(request).await.last.expect("an answer");
        if response.is_success() {
            Ok(response.json().expect("an order is JSON"))
        } else {
            Err(response.to_string())
        }
    }

    pub async fn pay(&mut self, order: &str, method: &str) {
        let request = pay(order, method);
        self.send(request)
            .await
            .stored()
            .expect("the payment is taken in");
    }
}

/// Staff give a part of the money back.
pub async fn refund(address: &str, order: &str, key: &str, minor: i64) {
    let body = json!({ "amount": { "minor": minor, "currency": "EUR" } });
    let request =
        of_staff(STAFF_TOKEN, &format!("/orders/{order}/refunds"), &body).header("Idempotency-Key", key);
    let answer = send_until_answered(&mut Door::new(address), &request, PATIENCE).await;
    answer.stored().expect("the refund is taken in");
}
