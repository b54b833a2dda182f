//! An event that cannot be read is set aside with the later ones of its aggregate; everything else flows.

use std::time::{Duration, Instant};

use domain::{RecordedEvent, Sku, StreamId};
use projectors::reporting::verify as reporting;
use projectors::{parked, verify};
use read_model::View;
use serde_json::value::RawValue;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poison_event_waits_with_its_aggregate_and_a_retry_heals_it() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (sick, well) = (cart_id(), cart_id());
    shop.store(&sick.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store_unknown(&sick.stream());
    shop.store(&sick.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.store(&well.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;

    let name = format!("cart/{sick}");
    until("the events are parked", || async {
        parked::places(&shop.services, View::Carts)
            .await
            .is_ok_and(|places| !places.is_empty())
    })
    .await;
    let places = parked::places(&shop.services, View::Carts).await.unwrap();
    assert_eq!(
        (places.len(), &places[0].aggregate, places[0].events.len()),
        (1, &name, 2)
    );
    let refused = parked::retry(&shop.services, View::Carts, &name).await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("still cannot be applied")
    );
    until("the other cart is there", || async {
        shop.cart(well).await.is_some_and(|cart| cart["version"] == 2)
    })
    .await;
    assert_eq!(shop.cart(sick).await.unwrap()["version"], 2);
    let report = verify::verify(&shop.services, Duration::ZERO).await.unwrap();
    assert!(
        report
            .differences
            .iter()
            .any(|difference| difference.found.contains("parked"))
    );

    shop.make_readable(&sick.stream(), &added("KIT-MUG", 1, 2));
    parked::retry(&shop.services, View::Carts, &name).await.unwrap();
    shop.store(&sick.stream(), [added("KIT-MUG", 1, 3)]).await;
    shop.relay().await;
    shop.assert_views_verified().await;
    assert_eq!(shop.cart(sick).await.unwrap()["version"], 5);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discarded_event_stays_left_out_in_later_events_and_rebuilds() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store_unknown(&cart.stream());
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    let name = format!("cart/{cart}");
    until("the events are parked", || async {
        parked::places(&shop.services, View::Carts)
            .await
            .is_ok_and(|places| places.iter().any(|p| p.events.len() == 2))
    })
    .await;
    parked::discard(&shop.services, View::Carts, &name).await.unwrap();
    shop.store(&cart.stream(), [added("KIT-JUG", 1, 1)]).await;
    shop.relay().await;
    shop.assert_views_verified().await;
    assert_eq!(shop.cart(cart).await.unwrap()["item_count"], 3);

    replica.stop().await;
    shop.build().await;
    shop.assert_views_verified().await;
    assert_eq!(shop.cart(cart).await.unwrap()["version"], 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_sets_poison_aside_where_it_would_have_come_from() {
    let mut shop = Shop::open().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store_unknown(&cart.stream());
    shop.relay().await;
    shop.build().await;
    let replica = Replica::start(&shop);
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    until("the later event waits behind the poison", || async {
        let places = parked::places(&shop.services, View::Carts).await.unwrap();
        places.len() == 1 && places[0].events.len() == 2
    })
    .await;
    shop.make_readable(&cart.stream(), &added("KIT-MUG", 1, 2));
    parked::retry(&shop.services, View::Carts, &format!("cart/{cart}"))
        .await
        .unwrap();
    shop.assert_views_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_none_of_ours_stops_nobody() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.send_raw("cart", "stranger", "not even JSON").await;
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;
    until("the message is parked", || async {
        parked::places(&shop.services, View::Carts)
            .await
            .is_ok_and(|places| places.len() == 1)
    })
    .await;
    let place = parked::places(&shop.services, View::Carts)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(place.events[0].payload, "not even JSON");
    assert!(
        parked::retry(&shop.services, View::Carts, &place.aggregate)
            .await
            .is_err()
    );
    parked::discard(&shop.services, View::Carts, &place.aggregate)
        .await
        .unwrap();
    // It stays on Kafka, where nobody can take it away, and is counted.
    let report = verify::verify(&shop.services, PATIENCE).await.unwrap();
    assert_eq!((report.differences, report.kafka.foreign), (vec![], 1));
    replica.stop().await;
}

/// What a message of nobody says of its place: readable, of a type that nobody knows, of the same cart and of none.
fn claims(event: &RecordedEvent) -> [RecordedEvent; 3] {
    let far = RecordedEvent {
        position: event.position + 1_000_000_000,
        sequence: event.sequence + 1,
        event_id: uuid::Uuid::now_v7(),
        ..event.clone()
    };
    [
        RecordedEvent {
            event_type: "SomethingElse".into(),
            ..far.clone()
        },
        RecordedEvent {
            sequence: event.sequence + 7,
            position: i64::MAX,
            ..far.clone()
        },
        far,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_claims_a_far_position_is_parked_alone_and_nothing_behind_it_is_lost() {
    let mut shop = Shop::open().await;
    let replica = Replica::with_tables(&shop);
    let (cart, mug) = (cart_id(), StreamId::product(&Sku::parse("KIT-MUG").unwrap()));
    shop.store(&mug, [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    for genuine in shop.events_after(0).await {
        for claimed in claims(&genuine) {
            shop.send(&claimed).await;
        }
        // What only refers to the log, and to no place that there can be.
        for position in [i64::MIN, -1, 0, i64::MAX] {
            let nowhere = RecordedEvent {
                position,
                ..genuine.clone()
            };
            shop.send_reference(&nowhere).await;
        }
        // What says of whom it is, and of no place.
        shop.send_without_place(&genuine).await;
    }
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 2)]).await;
    shop.store(&mug, [priced(1_500, 1_450)]).await;
    shop.relay().await;

    until("the cart has what came behind it", || async {
        shop.cart(cart).await.is_some_and(|cart| cart["item_count"] == 2)
    })
    .await;
    let places = parked::places(&shop.services, View::Carts).await.unwrap();
    let topic = shop.services.kafka.topic("cart");
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(places[0].aggregate, format!("{topic}/{cart}"));
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !unexplained(&shop).await.is_empty() {}
    assert_eq!(unexplained(&shop).await, []);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_claims_the_place_of_another_event_is_not_shown() {
    let mut shop = Shop::open().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id())]).await;
    shop.relay().await;
    let replica = Replica::with_tables(&shop);
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 1)]).await;
    let genuine = shop.events_after(1).await.remove(0);
    // Before the event itself comes: with all of its headers but the id, and with what never happened.
    let payload = genuine.payload.get().replace("KIT-MUG", "KIT-GOLD");
    let forged = RecordedEvent {
        event_id: uuid::Uuid::now_v7(),
        payload: RawValue::from_string(payload).unwrap(),
        ..genuine
    };
    shop.send(&forged).await;
    shop.relay().await;
    until("the cart has what happened", || async {
        shop.cart(cart)
            .await
            .is_some_and(|cart| cart["lines"][0]["sku"] == "KIT-MUG")
    })
    .await;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && !unexplained(&shop).await.is_empty() {}
    assert_eq!(unexplained(&shop).await, []);
    replica.stop().await;
}

/// What differs and is not set aside because nobody knows it.
async fn unexplained(shop: &Shop) -> Vec<verify::Difference> {
    let mut report = verify::verify(&shop.services, Duration::ZERO).await.unwrap();
    reporting::verify(&shop.services, Duration::ZERO, &mut report)
        .await
        .unwrap();
    let mut differences = report.differences;
    differences.retain(|difference| {
        let is_foreign = difference.found.starts_with("parked: the log has no such event");
        !is_foreign
    });
    differences
}
