//! An event that cannot be read is set aside with the later ones of its aggregate; everything else flows.

use projectors::{parked, verify};
use read_model::View;
use std::time::Duration;

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
    shop.assert_views_verified().await;
    replica.stop().await;
}
