//! Topics that are deleted and made again, and topics that get more partitions: offsets mean something else then, and the views come back
//! without a hand.

use rdkafka::admin::{AdminOptions, NewPartitions};

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

/// Carts with one event each, so that every partition of the topic gets some.
async fn open_carts(shop: &mut Shop, count: usize) {
    for _ in 0..count {
        shop.store(&cart_id().stream(), [opened(owner_id())]).await;
    }
    shop.relay().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_rebuilt_by_themselves_when_a_topic_is_made_anew_while_they_follow_it() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    open_carts(&mut shop, 30).await;
    shop.assert_verified().await;

    shop.remake_topics().await;
    // Not as many as before: the records are beyond the ends.
    open_carts(&mut shop, 10).await;
    shop.assert_views_verified().await;
    open_carts(&mut shop, 10).await;
    shop.assert_views_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_rebuilt_by_themselves_when_a_topic_was_made_anew_and_is_longer_than_before() {
    let mut shop = Shop::open().await;
    open_carts(&mut shop, 10).await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;

    shop.remake_topics().await;
    // Every record's offset exists, and what it says is another message.
    open_carts(&mut shop, 60).await;
    let replica = Replica::start(&shop);
    shop.assert_views_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn partitions_that_are_added_are_followed() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    open_carts(&mut shop, 10).await;
    shop.assert_verified().await;

    let topic = shop.services.kafka.topic("cart");
    let more = NewPartitions::new(&topic, 6);
    let added = admin(&shop.services)
        .create_partitions([&more], &AdminOptions::new())
        .await;
    assert!(added.unwrap().iter().all(Result::is_ok));
    shop.reconnect_producer();
    open_carts(&mut shop, 40).await;
    shop.assert_views_verified().await;
    replica.stop().await;
}
