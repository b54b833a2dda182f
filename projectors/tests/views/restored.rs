//! The log lost something, or Kafka did: views and tables come to what the log says by themselves.

use domain::cloud_event::Origin;
use domain::partitioner::partition_of;
use domain::{CartId, Sku, StreamId};
use event_store::incarnation;
use projectors::reporting::verify as reporting;
use projectors::verify::Report;
use read_model::View;
use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

/// Two carts of one partition.
pub fn neighbours() -> (CartId, CartId) {
    let place = |cart: CartId| partition_of(&cart.to_string(), usize::try_from(PARTITIONS).unwrap());
    let first = cart_id();
    let other = std::iter::repeat_with(cart_id).find(|other| place(*other) == place(first));
    (first, other.unwrap())
}

async fn renew(shop: &Shop) -> incarnation::Renewed {
    let url = shop.connections.database_url.expose_secret();
    incarnation::renew(url, "a test").await.unwrap()
}

async fn made_from(shop: &Shop, view: View) -> Option<Uuid> {
    let mut store = shop.services.store.clone();
    let generation = store.shown(view).await.unwrap()?;
    store.incarnation(view, generation).await.unwrap()
}

/// Reporting as well.
async fn assert_all_verified(shop: &Shop) -> Report {
    let mut report = shop.assert_verified().await;
    reporting::verify(&shop.services, PATIENCE, &mut report)
        .await
        .unwrap();
    assert!(report.differences.is_empty(), "{:#?}", report.differences);
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restore_views_and_tables_are_made_anew_and_what_was_lost_is_gone() {
    let mut shop = Shop::open().await;
    let (cart, mug) = (cart_id(), StreamId::product(&Sku::parse("KIT-MUG").unwrap()));
    shop.store(&mug, [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    // What will be lost: more of the same cart and product, another cart and another product.
    shop.store(&cart.stream(), [added("KIT-MUG", 6, 7)]).await;
    let lost = cart_id();
    shop.store(&lost.stream(), [opened(owner_id())]).await;
    shop.store(
        &StreamId::product(&Sku::parse("KIT-POT").unwrap()),
        [listed("Pot")],
    )
    .await;
    shop.relay().await;
    let replica = Replica::with_tables(&shop);
    assert_all_verified(&shop).await;
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 7);

    shop.forget_past(3);
    shop.set_version(&cart.stream(), 2);
    let renewed = renew(&shop).await;
    assert_eq!(renewed.since, 3);
    // The positions and sequences of what was lost are given out again.
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 2)]).await;
    let after = Origin {
        incarnation: Some(renewed.id),
        incarnation_since: Some(renewed.since),
        previous_position: None,
    };
    for event in shop.events_after(3).await {
        shop.send_from(&event, after).await;
    }

    let report = assert_all_verified(&shop).await;
    assert_eq!(
        report.kafka.void, 3,
        "what was lost stands in Kafka, and is forgiven"
    );
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 2);
    assert_eq!(shop.cart(lost).await, None);
    for view in View::ALL {
        assert_eq!(made_from(&shop, view).await, Some(renewed.id), "{view}");
    }
    assert_eq!(
        shop.services.tables.incarnation().await.unwrap(),
        Some(renewed.id)
    );
    replica.stop().await;

    // The last messages of other partitions still are of what was lost: a new process does not stumble over them.
    let replica = Replica::with_tables(&shop);
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 3)]).await;
    for event in shop.events_after(4).await {
        shop.send_from(&event, after).await;
    }
    let generation = shop.services.store.clone().shown(View::Carts).await.unwrap();
    assert_all_verified(&shop).await;
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 3);
    assert_eq!(
        shop.services.store.clone().shown(View::Carts).await.unwrap(),
        generation,
        "nothing had to be made anew"
    );
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_relay_of_an_earlier_release_sends_after_a_restore_is_shown() {
    let mut shop = Shop::open().await;
    renew(&shop).await;
    let replica = Replica::with_tables(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    // Without a word of the log's incarnation.
    shop.relay().await;
    until("the cart is there", || async {
        shop.cart(cart).await.is_some_and(|cart| cart["item_count"] == 1)
    })
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_shop_notices_a_restore_too() {
    let mut shop = Shop::open().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    let replica = Replica::with_tables(&shop);
    assert_all_verified(&shop).await;
    shop.forget_past(1);
    let renewed = renew(&shop).await;
    let report = assert_all_verified(&shop).await;
    assert_eq!((report.events, report.kafka.void), (1, 1));
    assert_eq!(made_from(&shop, View::Carts).await, Some(renewed.id));
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 0);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_was_built_from_events_that_never_left_the_log_is_made_anew_when_they_are_lost() {
    let mut shop = Shop::open().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    // The relay stands still; the view is built from the log, and a replica is promoted that lacks its last event.
    shop.build().await;
    let replica = Replica::start(&shop);
    until("the view is shown", || async {
        shop.cart(cart).await.is_some_and(|cart| cart["item_count"] == 1)
    })
    .await;
    shop.forget_past(1);
    until("what was lost is not shown any more", || async {
        shop.cart(cart).await.is_some_and(|cart| cart["item_count"] == 0)
    })
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_arrives_behind_a_later_one_of_its_partition_is_not_lost() {
    let mut shop = Shop::open().await;
    let (cart, neighbour) = neighbours();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;

    // Of a page of three, Kafka refused the first; the relay sent the page again.
    shop.store(&cart.stream(), [added("KIT-MUG", 4, 5)]).await;
    shop.store(&neighbour.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    let page = shop.events_after(2).await;
    let behind = |previous_position| Origin {
        previous_position,
        ..Origin::default()
    };
    shop.send_from(&page[1], behind(Some(3))).await;
    shop.send_from(&page[2], behind(Some(4))).await;
    for (event, previous) in page.iter().zip([2, 3, 4]) {
        shop.send_from(event, behind(Some(previous))).await;
    }
    shop.assert_views_verified().await;
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 5);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_too_large_for_kafka_is_read_from_the_log() {
    let mut shop = Shop::open().await;
    let (cart, mug) = (cart_id(), StreamId::product(&Sku::parse("KIT-MUG").unwrap()));
    shop.store(&mug, [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 2, 2)])
        .await;
    let replica = Replica::with_tables(&shop);
    until("the view is built", || async { shop.cart(cart).await.is_some() }).await;
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 3)]).await;
    shop.store(
        &StreamId::product(&Sku::parse("KIT-POT").unwrap()),
        [listed("Pot")],
    )
    .await;
    for event in shop.events_after(0).await {
        shop.send_reference(&event).await;
    }
    let report = assert_all_verified(&shop).await;
    assert_eq!(report.kafka.messages, 5);
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 3);
    replica.stop().await;
}
