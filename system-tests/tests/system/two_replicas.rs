//! Two replicas of the command API work on the same carts.

use std::time::Duration;

use system_tests::http::Door;
use tokio::time::Instant;

use super::shop::{Shop, sku};
use super::shopper::Shopper;

const CARTS: usize = 50;
const CLIENTS_OF_EACH: usize = 16;
const SHOPPING: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn neither_of_two_replicas_starves_and_no_stream_gets_a_gap() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let second = shop.command_api("carts,catalog", &[]).await;
    let mut shoppers = vec![];
    for _ in 0..CARTS {
        shoppers.push(Shopper::arrive(&open.command_api).await);
    }
    let end = Instant::now() + SHOPPING;
    let mut running = vec![];
    for (replica, service) in [&open.command_api, &second].into_iter().enumerate() {
        for client in 0..CLIENTS_OF_EACH {
            let tabs: Vec<_> = shoppers
                .iter()
                .map(|shopper| shopper.another_tab(service))
                .collect();
            running.push((replica, tokio::spawn(add_until(end, tabs, client))));
        }
    }
    let mut answered = [0, 0];
    for (replica, client) in running {
        let tabs = client.await.expect("every command succeeds");
        for (tab, shopper) in tabs.into_iter().zip(&mut shoppers) {
            answered[replica] += tab.acks.len();
            shopper.acks.extend(tab.acks);
            for (sku, quantity) in tab.lines {
                *shopper.lines.entry(sku).or_default() += quantity;
            }
        }
    }
    println!(
        "{} and {} commands in {} s",
        answered[0],
        answered[1],
        SHOPPING.as_secs()
    );
    let fewer = answered[0].min(answered[1]);
    assert!(
        fewer * 3 >= answered[0] + answered[1],
        "one replica starves: {answered:?}"
    );
    assert!(fewer > 0);

    for shopper in &shoppers {
        let newest = shopper.acks.iter().map(|ack| ack.stored.version).max();
        let changes = shopper.lines.values().sum::<u32>();
        assert_eq!(
            newest,
            Some(i64::from(changes) + 1),
            "versions of a cart count its changes"
        );
    }
    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    second.stop().await;
    shop.close(open, &mut shoppers, &acks).await;
}

/// One connection that goes round all carts; each client begins with another, so that they meet on every cart. Products
/// take turns too: however fast the machine, no line reaches the largest quantity.
async fn add_until(end: Instant, mut tabs: Vec<Shopper>, client: usize) -> Vec<Shopper> {
    let mut door = Door::new(tabs[0].door.address());
    for turn in client * 3.. {
        if Instant::now() >= end {
            break;
        }
        let at = turn % tabs.len();
        std::mem::swap(&mut tabs[at].door, &mut door);
        tabs[at].add(&sku(turn), 1).await;
        std::mem::swap(&mut tabs[at].door, &mut door);
    }
    tabs
}
