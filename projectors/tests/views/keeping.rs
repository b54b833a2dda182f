//! A view that nobody has built yet comes to be by itself, follows the shop, and heals.

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use read_model::View;

use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_built_from_history_and_follow_what_happens() {
    let mut shop = Shop::open().await;
    let (cart, owner) = (cart_id(), owner_id());
    let mug = domain::Sku::parse("KIT-MUG").unwrap();
    shop.store(&domain::StreamId::product(&mug), [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner), added("KIT-MUG", 2, 2)]).await;
    shop.store(&owner.stream(), [named(cart)]).await;
    shop.relay().await;

    let replica = Replica::start(&shop);
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;

    shop.store(&cart.stream(), [added("KIT-MUG", 1, 3), added("KIT-POT", 1, 1)]).await;
    shop.store(&domain::StreamId::stock_item(&mug), [received(9)]).await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!((report.events, report.views["carts"].documents, report.views["products"].documents), (7, 2, 1));
    let body = shop.cart(cart).await.unwrap();
    assert_eq!((&body["item_count"], &body["subtotal"]["minor"]), (&4.into(), &5_800.into()));
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
        let ends = shop.services.kafka.bounds(shop.services.kafka.topics(view)).await.unwrap();
        let mut asked = TopicPartitionList::new();
        for (topic, partition) in ends.keys() {
            asked.add_partition(topic, *partition);
        }
        until("the group has committed the ends", || async {
            let client: BaseConsumer = shop.services.kafka.client().set("group.id", &group).create().unwrap();
            let committed = client.committed_offsets(asked.clone(), PATIENCE).unwrap();
            let committed = committed.to_topic_map();
            ends.iter().all(|(partition, bounds)| committed[partition].to_raw() == Some(bounds.end))
        })
        .await;
    }
    replica.stop().await;
}
