//! Kafka repeats itself or leaves something out, Redis forgets its last second or everything: the views come back.

use domain::StreamId;
use domain::cart::CartEvent;
use domain::{Event, Sku};
use projectors::verify;
use rdkafka::admin::AdminOptions;
use rdkafka::{Offset, TopicPartitionList};
use read_model::View;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_relay_sends_twice_is_applied_once() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(
        &cart.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), removed("KIT-MUG")],
    )
    .await;
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 1)]).await;
    shop.relay().await;
    shop.assert_verified().await;
    for event in shop.events_after(1).await {
        shop.send(&event).await;
    }
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!(report.kafka.duplicates, 3);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_lost_its_last_second_is_healed_by_kafka() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (cart, mug) = (cart_id(), Sku::parse("KIT-MUG").unwrap());
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store(&StreamId::product(&mug), [listed("Mug")]).await;
    shop.relay().await;
    shop.assert_verified().await;
    let older = shop.snapshot().await;

    shop.store(&cart.stream(), [added("KIT-POT", 1, 1), removed("KIT-MUG")])
        .await;
    shop.store(&StreamId::product(&mug), [priced(900, 1_450)]).await;
    shop.relay().await;
    shop.assert_verified().await;

    shop.restore(&older).await;
    assert_eq!(shop.cart(cart).await.unwrap()["version"], 2);
    // Nothing happens in the shop any more that could make anybody look.
    shop.assert_verified().await;
    assert_eq!(shop.cart(cart).await.unwrap()["version"], 4);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_replica_notices_with_the_next_event_that_redis_went_back() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    let older = shop.snapshot().await;
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1), removed("KIT-MUG")])
        .await;
    shop.relay().await;
    shop.assert_verified().await;

    shop.restore(&older).await;
    shop.store(&cart.stream(), [added("KIT-POT", 1, 2)]).await;
    shop.relay().await;
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flushed_redis_is_rebuilt_while_shopping_goes_on_and_when_it_does_not() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;

    shop.flush().await;
    for quantity in 2..10 {
        shop.store(&cart.stream(), [added("KIT-MUG", 1, quantity)]).await;
        shop.relay().await;
    }
    shop.assert_verified().await;

    shop.flush().await;
    until("the cart is back", || async { shop.cart(cart).await.is_some() }).await;
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_in_kafka_is_filled_from_the_log() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let replica = Replica::start(&shop);
    let (cart, sku) = (cart_id(), Sku::parse("KIT-MUG").unwrap());
    let changed = Event::Cart(CartEvent::QuantityChanged {
        sku,
        quantity: 7,
        previous: 1,
    });
    shop.store(
        &cart.stream(),
        [
            opened(owner_id()),
            added("KIT-MUG", 1, 1),
            changed,
            added("KIT-POT", 1, 1),
        ],
    )
    .await;
    let lost = 2;
    for (at, event) in shop.events_after(0).await.iter().enumerate() {
        if at != lost {
            shop.send(event).await;
        }
    }
    until("the last event is there", || async {
        shop.cart(cart)
            .await
            .is_some_and(|cart| cart["version"] == 4 && cart["item_count"] == 8)
    })
    .await;
    shop.assert_views_verified().await;
    let report = verify::verify(&shop.services, std::time::Duration::ZERO)
        .await
        .unwrap();
    let names: Vec<&str> = report
        .differences
        .iter()
        .map(|difference| difference.name.as_str())
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.starts_with("kafka position 3 of cart/")),
        "{names:?}"
    );
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_kafka_has_forgotten_are_taken_from_the_log_by_a_rebuild() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    shop.store(
        &cart.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), added("KIT-POT", 1, 1)],
    )
    .await;
    shop.relay().await;
    let mut forgotten = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        forgotten
            .add_partition_offset(&shop.services.kafka.topic("cart"), partition, Offset::End)
            .unwrap();
    }
    admin(&shop.services)
        .delete_records(&forgotten, &AdminOptions::new())
        .await
        .unwrap();

    let before = shop.services.store.clone().shown(View::Carts).await.unwrap();
    let replica = Replica::start(&shop);
    shop.assert_views_verified().await;
    assert!(shop.services.store.clone().shown(View::Carts).await.unwrap() > before);
    replica.stop().await;
}
