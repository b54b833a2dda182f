//! Partitions move to another process while one of them is in the middle of a batch.

use super::kafka_log;
use super::proxy::Proxy;
use super::shop::{Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

const SHOPPERS: usize = 24;

#[tokio::test(flavor = "multi_thread")]
async fn views_equal_a_fold_of_the_events_after_a_rebalance_during_a_batch() {
    let shop = Shop::founded().await;
    let redis_url = shop.services.redis_url.trim_end_matches('/');
    let (before, redis_address) = redis_url
        .rsplit_once(['@', '/'])
        .map(|(before, address)| (&redis_url[..=before.len()], address))
        .expect("it has a host");
    let proxy = Proxy::to(redis_address).await;
    let mut open = shop.open().await;
    open.projectors.stop().await;
    open.projectors = shop
        .projectors(&[("REDIS_URL", &format!("{before}{}", proxy.address))])
        .await;
    let mut shoppers = vec![];
    for _ in 0..SHOPPERS {
        shoppers.push(Shopper::arrive(&open.command_api).await);
    }
    for shopper in &mut shoppers {
        shopper.add(&sku(0), 1).await;
        shopper.sees_own_cart(&open.query_api).await;
    }

    // Documents are written and answered; what is held is the step that moves a partition's record.
    proxy.hold(":record:");
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        shopper.add(&sku(number), 1).await;
    }
    proxy.something_is_held().await;
    let second = shop.projectors(&[]).await;
    until("a second member joined the groups of all views", async || {
        let groups = kafka_log::groups(&shop.services.kafka_brokers, &shop.name).await;
        let has_two = |view: &&str| {
            let named = groups.iter().find(|(name, ..)| name.contains(*view));
            named.is_some_and(|(_, _, members)| *members == 2)
        };
        ["carts", "orders", "products"].iter().all(has_two).then_some(())
    })
    .await;
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        shopper.add(&sku(number + 1), 1).await;
    }
    proxy.release();
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        shopper.add(&sku(number), 1).await;
        shopper.sees_own_cart(&open.query_api).await;
    }

    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    shop.close(open, &mut shoppers, &acks).await;
    second.stop().await;
}
