//! A view that nobody has built yet comes to be by itself, follows the shop, and heals.

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use read_model::View;

use crate::events::*;
use crate::process::Process;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_built_from_history_and_follow_what_happens() {
    let mut shop = Shop::open().await;
    let (cart, owner) = (cart_id(), owner_id());
    let mug = domain::Sku::parse("KIT-MUG").unwrap();
    shop.store(&domain::StreamId::product(&mug), [listed("Mug")])
        .await;
    shop.store(&cart.stream(), [opened(owner), added("KIT-MUG", 2, 2)])
        .await;
    shop.store(&owner.stream(), [named(cart)]).await;
    shop.relay().await;

    let replica = Replica::start(&shop);
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;

    shop.store(&cart.stream(), [added("KIT-MUG", 1, 3), added("KIT-POT", 1, 1)])
        .await;
    shop.store(&domain::StreamId::stock_item(&mug), [received(9)])
        .await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!(
        (
            report.events,
            report.views["carts"].documents,
            report.views["products"].documents
        ),
        (7, 2, 1)
    );
    let body = shop.cart(cart).await.unwrap();
    assert_eq!(
        (&body["item_count"], &body["subtotal"]["minor"]),
        (&4.into(), &5_800.into())
    );
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kafka_is_told_how_far_every_partition_is() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    for _ in 0..20 {
        shop.store(&cart_id().stream(), [opened(owner_id())]).await;
    }
    shop.relay().await;
    shop.assert_verified().await;
    for view in View::ALL {
        let generation = shop.services.store.clone().shown(view).await.unwrap().unwrap();
        let group = shop.services.group(view, generation);
        let ends = shop
            .services
            .kafka
            .bounds(shop.services.kafka.topics(view))
            .await
            .unwrap();
        let mut asked = TopicPartitionList::new();
        for (topic, partition) in ends.keys() {
            asked.add_partition(topic, *partition);
        }
        until("the group has committed the ends", || async {
            let client: BaseConsumer = shop
                .services
                .kafka
                .client()
                .set("group.id", &group)
                .create()
                .unwrap();
            let committed = client.committed_offsets(asked.clone(), PATIENCE).unwrap();
            let committed = committed.to_topic_map();
            ends.iter()
                .all(|(partition, bounds)| committed[partition].to_raw() == Some(bounds.end))
        })
        .await;
    }
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_come_and_go_share_the_partitions_and_lose_nothing() {
    let mut shop = Shop::open().await;
    let first = Replica::start(&shop);
    let carts: Vec<_> = (0..20).map(|_| cart_id()).collect();
    for cart in &carts {
        shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
            .await;
    }
    shop.relay().await;
    shop.assert_verified().await;
    let second = Replica::start(&shop);
    for quantity in 2..12 {
        for cart in &carts {
            shop.store(&cart.stream(), [added("KIT-MUG", 1, quantity)]).await;
        }
        shop.relay().await;
    }
    shop.assert_verified().await;
    first.stop().await;
    for cart in &carts {
        shop.store(&cart.stream(), [removed("KIT-MUG"), added("KIT-POT", 1, 1)])
            .await;
    }
    shop.relay().await;
    shop.assert_verified().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_asked_to_stop_finishes_and_says_that_all_is_well() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    let mut process = Process::start(&shop, "");
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    process.signal("TERM");
    assert_eq!(process.exit_code().await, 0);
}
