//! Two replicas of the command API work on the same carts.

use std::collections::BTreeMap;
use std::time::Duration;

use system_tests::http::Door;
use tokio::time::Instant;

use super::shop::{Shop, sku};
use super::shopper::{Ack, Shopper};

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
    let (mut answered, mut acks) = ([0, 0], vec![]);
    for (replica, client) in running {
        let its_acks = client.await.expect("every command succeeds");
        answered[replica] += its_acks.len();
        acks.extend(its_acks);
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

    let mut lines = vec![BTreeMap::<String, u32>::new(); CARTS];
    for Ack { stored, .. } in &acks {
        let cart = shoppers
            .iter()
            .position(|shopper| shopper.cart == stored.id)
            .expect("one of the carts");
        *lines[cart].entry(sku(cart)).or_default() += 1;
    }
    for (shopper, lines) in shoppers.iter_mut().zip(lines) {
        let (id, version) = (shopper.cart.clone(), i64::from(lines.values().sum::<u32>()) + 1);
        let newest = acks
            .iter()
            .filter(|ack| ack.stored.id == id)
            .map(|ack| ack.stored.version)
            .max();
        assert_eq!(
            newest.unwrap_or(1),
            version,
            "versions of a cart count its changes"
        );
        acks.extend(shopper.take_acks());
        shopper.lines = lines;
    }
    second.stop().await;
    shop.close(open, &mut shoppers, &acks).await;
}

/// One connection that goes round all carts; each client begins with another, so that they meet on every cart.
async fn add_until(end: Instant, mut tabs: Vec<Shopper>, client: usize) -> Vec<Ack> {
    let mut door = Door::new(tabs[0].door.address());
    for turn in client * 3.. {
        if Instant::now() >= end {
            break;
        }
        let at = turn % tabs.len();
        std::mem::swap(&mut tabs[at].door, &mut door);
        tabs[at].add(&sku(at), 1).await;
        std::mem::swap(&mut tabs[at].door, &mut door);
    }
    tabs.into_iter().flat_map(|tab| tab.acks).collect()
}
