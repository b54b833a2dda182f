//! A fold that panics over one event: a fault of ours, which harms that event's aggregate and nobody else.

use domain::CartId;
use domain::cloud_event::Origin;
use projectors::parked;
use read_model::View;

use crate::events::*;
use crate::process::Process;
use crate::restored::neighbours;
use crate::support::*;

async fn until_two_are_parked_and_the_well_cart_is_whole(shop: &Shop, well: CartId) {
    until(
        "the well cart is there, and the sick one's events are parked",
        || async {
            let places = parked::places(&shop.services, View::Carts).await;
            shop.cart(well).await.is_some_and(|cart| cart["version"] == 3)
                && places.is_ok_and(|places| places.len() == 1 && places[0].events.len() == 2)
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_over_which_the_fold_panics_is_parked_and_everything_else_flows() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let (sick, well) = (cart_id(), cart_id());
    let process = Process::start(&shop, &format!("projector.fold/{sick}@2=panic"));
    // Into one batch: the well cart's events come before and behind the one that panics.
    shop.store(&well.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store(
        &sick.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), added("KIT-POT", 1, 1)],
    )
    .await;
    shop.store(&well.stream(), [added("KIT-MUG", 1, 2)]).await;
    shop.relay().await;

    let name = format!("cart/{sick}");
    until_two_are_parked_and_the_well_cart_is_whole(&shop, well).await;
    let place = parked::places(&shop.services, View::Carts)
        .await
        .unwrap()
        .remove(0);
    assert_eq!(place.aggregate, name);
    assert_eq!(
        shop.cart(sick).await.unwrap()["version"],
        1,
        "what came before is shown"
    );
    assert!(place.reason.contains("panicked"), "{}", place.reason);

    // Still: what comes later waits, and the others do not.
    shop.store(&sick.stream(), [added("KIT-MUG", 1, 2)]).await;
    shop.store(&well.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    until("the well cart goes on", || async {
        shop.cart(well).await.is_some_and(|cart| cart["version"] == 4)
    })
    .await;
    drop(process);

    // A release that can: this process has no failpoint.
    parked::retry(&shop.services, View::Carts, &name).await.unwrap();
    let process = Process::start(&shop, "");
    shop.assert_verified().await;
    drop(process);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_kafka_lacks_and_over_which_the_fold_panics_is_parked_and_the_message_behind_it_is_not()
{
    let mut shop = Shop::open().await;
    let (sick, well) = neighbours();
    shop.store(&sick.stream(), [opened(owner_id())]).await;
    shop.store(&well.stream(), [opened(owner_id())]).await;
    shop.relay().await;
    shop.build().await;
    let process = Process::start(&shop, &format!("projector.fold/{sick}@2=panic"));
    // Kafka lacks all of them but the last, which says so.
    shop.store(&well.stream(), [added("KIT-MUG", 1, 1)]).await;
    shop.store(&sick.stream(), [added("KIT-MUG", 1, 1), added("KIT-POT", 1, 1)])
        .await;
    shop.store(&well.stream(), [added("KIT-MUG", 1, 2)]).await;
    let last = shop.events_after(2).await.pop().unwrap();
    let origin = Origin {
        previous_position: Some(last.position - 1),
        ..Origin::default()
    };
    shop.send_from(&last, origin).await;

    until_two_are_parked_and_the_well_cart_is_whole(&shop, well).await;
    let places = parked::places(&shop.services, View::Carts).await.unwrap();
    assert_eq!(places[0].aggregate, format!("cart/{sick}"));
    drop(process);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_sets_an_event_aside_over_which_the_fold_panics() {
    let mut shop = Shop::open().await;
    let (sick, well) = (cart_id(), cart_id());
    shop.store(
        &sick.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), added("KIT-POT", 1, 1)],
    )
    .await;
    shop.store(&well.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    let process = Process::start(&shop, &format!("projector.fold/{sick}@3=panic"));
    until("the views are built", || async {
        shop.cart(well).await.is_some()
    })
    .await;
    let places = parked::places(&shop.services, View::Carts).await.unwrap();
    let name = format!("cart/{sick}");
    assert_eq!(
        (places.len(), &places[0].aggregate, places[0].events.len()),
        (1, &name, 1)
    );
    assert_eq!(
        shop.cart(sick).await.unwrap()["version"],
        2,
        "what came before is shown"
    );
    drop(process);
    parked::retry(&shop.services, View::Carts, &name).await.unwrap();
    let process = Process::start(&shop, "");
    shop.assert_verified().await;
    drop(process);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reporting_parks_an_event_over_which_the_fold_panics() {
    let mut shop = Shop::open().await;
    let (sick, well) = (crate::order_events::order_id(), crate::order_events::order_id());
    let process = Process::keeping(&shop, "reporting", &format!("reporting.fold/{sick}@2=panic"));
    until("the tables are built", || async {
        shop.services.tables.is_built().await.unwrap()
    })
    .await;
    for order in [sick, well] {
        let placed = crate::order_events::placed(owner_id());
        shop.store(&order.stream(), [placed, crate::order_events::confirmed()])
            .await;
    }
    shop.relay().await;
    let key = reporting::Key::Order(uuid::Uuid::parse_str(&well.to_string()).unwrap());
    until("the well order is there, and the sick one parked", || async {
        let rows = shop
            .services
            .tables
            .load_whole(std::slice::from_ref(&key))
            .await
            .unwrap();
        let parked = shop.services.tables.parked().await.unwrap();
        rows.get(&key).is_some_and(|row| row.sequence() == 2)
            && parked
                .iter()
                .any(|parked| parked.aggregate == format!("order/{sick}"))
    })
    .await;
    drop(process);
}
