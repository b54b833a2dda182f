//! Sixty-four clients change one cart at the same time.

use std::collections::BTreeMap;

use system_tests::commands::{self, Stored};

use super::shop::{Shop, sku};
use super::shopper::{Ack, Shopper};

const CLIENTS: usize = 64;
const CHANGES: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn every_answered_change_is_in_the_cart_once_and_nobody_meets_a_conflict() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    let mut clients = vec![];
    for client in 0..CLIENTS {
        clients.push(tokio::spawn(change(
            shopper.another_tab(&open.command_api),
            client,
        )));
    }
    let (mut acks, mut lines) = (shopper.acks.clone(), BTreeMap::<String, u32>::new());
    for client in clients {
        for (sku, quantity, stored) in client.await.expect("no client meets a refusal") {
            *lines.entry(sku).or_default() += quantity;
            acks.push(Ack {
                event_type: "ItemAdded",
                stored,
            });
        }
    }
    assert_eq!(acks.len(), 1 + CLIENTS * CHANGES);
    let mut versions: Vec<_> = acks.iter().map(|ack| ack.stored.version).collect();
    versions.sort_unstable();
    let expected: Vec<_> = (1..).take(acks.len()).collect();
    assert_eq!(
        versions, expected,
        "every change was answered with a version of its own"
    );
    shopper.lines = lines;
    shopper.acks = acks.clone();
    shop.close(open, &mut [shopper], &acks).await;
}

/// Relative changes, several lines shared by all; asked once, without repeating anything.
async fn change(mut tab: Shopper, client: usize) -> Vec<(String, u32, Stored)> {
    let mut changed = vec![];
    for number in 0..CHANGES {
        let (sku, quantity) = (
            sku(client * 7 + number),
            1 + u32::try_from(number % 3).expect("below 3"),
        );
        let add = tab.guest.sign(commands::add_item(&tab.cart, &sku, quantity));
        let add = add.header("Idempotency-Key", &tab.keys.next_key());
        let response = tab.door.send(&add).await.expect("an answer");
        assert_eq!(response.status, 200, "{response}");
        changed.push((sku, quantity, response.json().expect("an answer to a command")));
    }
    changed
}
