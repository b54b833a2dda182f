//! What staff do meanwhile: receive and count stock, change prices, send orders, give money back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use system_tests::http::Request;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Board, Dice, THINKING, one, until_told};
use crate::faults::client::{Client, Who};
use crate::faults::journal::{Journal, Wanted};
use crate::faults::world::{SCARCE, SKUS};
use crate::shop::sku;

const RECEIVE: Wanted = one("receive", "StockReceived");
const ADJUST: Wanted = one("adjust", "StockAdjusted");
const PRICE: Wanted = one("price", "PriceChanged");
const SHIP: Wanted = one("ship", "OrderShipped");
const REFUND: Wanted = one("refund", "RefundRequested");
/// A payment is settled by then, mostly; where it is not, staff are refused and nothing changes.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

pub async fn work(
    address: String,
    journal: Arc<Journal>,
    board: Board,
    seed: u64,
    mut stop: watch::Receiver<bool>,
) {
    let mut client = Client::new(Who::Staff, &address, &journal);
    let mut dice = Dice::new(seed * 1_000 + 900);
    let mut shipped: Vec<String> = vec![];
    let mut price = 1_000;
    while !*stop.borrow() {
        match dice.throw(6) {
            0 => {
                let body = json!({ "quantity": 1 + dice.throw(5) });
                post(&mut client, RECEIVE, &format!("/stock/{SCARCE}/receipts"), &body).await;
            }
            1 => {
                let product = sku(usize::try_from(dice.throw(SKUS)).expect("it is small"));
                let body = json!({ "delta": if dice.throw(2) == 0 { -1 } else { 2 }, "reason": "counted" });
                post(
                    &mut client,
                    ADJUST,
                    &format!("/stock/{product}/adjustments"),
                    &body,
                )
                .await;
            }
            2 => {
                // Of one product, and never the same price again.
                price += 10;
                let body = json!({ "price": { "minor": price, "currency": "EUR" } });
                let path = format!("/api/commands/products/{}/price", sku(1));
                client.command(PRICE, put(&path, &body)).await;
            }
            3 | 4 => {
                if let Some(order) = next(&board) {
                    let body = json!({ "carrier": "DHL" });
                    post(&mut client, SHIP, &format!("/orders/{order}/shipments"), &body).await;
                    shipped.push(order);
                }
            }
            _ => {
                if let Some(order) = shipped.pop() {
                    let body = json!({ "amount": { "minor": 100, "currency": "EUR" } });
                    post(&mut client, REFUND, &format!("/orders/{order}/refunds"), &body).await;
                }
            }
        }
        until_told(&mut stop, THINKING).await;
    }
}

async fn post(client: &mut Client, wanted: Wanted, path: &str, body: &Value) {
    client
        .command(
            wanted,
            Request::new("POST", &format!("/api/commands{path}")).json(body),
        )
        .await;
}

fn put(path: &str, body: &Value) -> Request {
    Request::new("PUT", path).json(body)
}

/// The oldest order on the board, once it can be settled.
fn next(board: &Board) -> Option<String> {
    let mut board = board.lock().expect("nobody panics with the board in hand");
    let (_, since) = board.first()?;
    (since.elapsed() > SETTLED_AFTER && *since < Instant::now()).then(|| board.remove(0).0)
}
