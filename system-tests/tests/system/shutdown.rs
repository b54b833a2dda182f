//! SIGTERM in the middle of the busiest hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use system_tests::commands;
use system_tests::http::{Connection, Lost};

use super::shop::{Shop, sku};
use super::shopper::{Ack, Shopper};
use super::waiting::until;

const CLIENTS: usize = 32;
const BUSY: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_api_that_is_told_to_stop_answers_all_that_it_accepted() {
    let shop = Shop::founded().await;
    let mut open = shop.open().await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut clients = vec![];
    for _ in 0..CLIENTS {
        let shopper = Shopper::arrive(&open.command_api).await;
        clients.push(tokio::spawn(shop_until_closed(shopper, Arc::clone(&answered))));
    }
    until("the shop is busy", async || {
        (answered.load(Ordering::SeqCst) >= BUSY).then_some(())
    })
    .await;
    open.command_api.process.terminate();
    let status = open.command_api.process.ended().await;
    assert!(status.success(), "it ended with {status}");
    let (mut shoppers, mut acks) = (vec![], vec![]);
    for client in clients {
        let shopper = client.await.expect("no request that was accepted fails");
        acks.extend(shopper.acks.clone());
        shoppers.push(shopper);
    }
    // What was sent and not answered must not be in the log: closing checks that there is nothing beyond the answers.
    open.command_api = shop.command_api("carts,catalog,relay", &[]).await;
    shop.close(open, &mut shoppers, &acks).await;
}

/// Sends until the connection ends between two answers or the door is closed. Every answer is a success.
async fn shop_until_closed(mut shopper: Shopper, answered: Arc<AtomicUsize>) -> Shopper {
    let address = shopper.door.address().to_owned();
    let mut connection = Connection::open(&address).await.expect("the shop is open");
    for turn in 0.. {
        let sku = sku(turn);
        let add = shopper.guest.sign(commands::add_item(&shopper.cart, &sku, 1));
        let add = add
            .header("Idempotency-Key", &shopper.keys.next_key())
            .to_bytes(&address);
        match connection.exchange(&add).await {
            Ok(response) => {
                assert_eq!(response.status, 200, "{response}");
                shopper.acks.push(Ack {
                    event_type: "ItemAdded",
                    stored: response.json().expect("an answer"),
                });
                *shopper.lines.entry(sku).or_default() += 1;
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(Lost::Ended { answered: false }) => return shopper,
            Err(lost) => panic!("an answer was cut off: {lost}"),
        }
        if !connection.is_reusable() {
            match Connection::open(&address).await {
                Ok(opened) => connection = opened,
                Err(_) => return shopper,
            }
        }
    }
    unreachable!("a range without an end ends")
}
