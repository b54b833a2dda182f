//! Carts that became an order or were given up count no more, come back as they were, and are forgotten in the end.

use domain::cart::CartEvent;
use domain::{CartId, Event};
use read_model::{View, in_carts};
use redis::AsyncCommands;

use crate::events::*;
use crate::order_events::order_id;
use crate::replica::Replica;
use crate::support::*;

fn checked_out() -> Event {
    Event::Cart(CartEvent::CartCheckedOut { order: order_id() })
}

fn reopened() -> Event {
    Event::Cart(CartEvent::CartReopened {})
}

fn expired() -> Event {
    Event::Cart(CartEvent::CartExpired {})
}

impl Shop {
    /// In how many open carts a product is, in whatever generation is shown.
    async fn open_carts(&self, sku: &str) -> i64 {
        let generation = self.services.store.clone().shown(View::Carts).await.unwrap();
        let (keys, mut redis) = (self.services.store.keys(), self.services.store.connection());
        let counts = in_carts::open_carts(&mut redis, keys, generation.unwrap(), &[sku]).await;
        counts.unwrap()[0]
    }

    async fn seconds_to_live(&self, cart: CartId) -> i64 {
        let generation = self.services.store.clone().shown(View::Carts).await.unwrap();
        let key = self.services.store.keys().cart(generation.unwrap(), cart);
        self.services.store.connection().ttl(key).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_open_carts_count() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (ordered, abandoned) = (cart_id(), cart_id());
    for cart in [ordered, abandoned] {
        shop.store(
            &cart.stream(),
            [opened(owner_id()), added("KIT-MUG", 2, 2), added("KIT-POT", 1, 1)],
        )
        .await;
    }
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.open_carts("KIT-MUG").await, 2);

    shop.store(&ordered.stream(), [checked_out()]).await;
    shop.store(&abandoned.stream(), [expired()]).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.open_carts("KIT-MUG").await, 0);

    shop.store(&ordered.stream(), [reopened(), removed("KIT-MUG"), checked_out()])
        .await;
    shop.store(&abandoned.stream(), [reopened()]).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(
        (shop.open_carts("KIT-MUG").await, shop.open_carts("KIT-POT").await),
        (1, 1)
    );
    replica.stop().await;

    shop.build().await;
    assert_eq!(shop.open_carts("KIT-MUG").await, 1);
    shop.assert_verified().await;
}

/// The document has gone on from the checkout already when it is counted: what was in the cart at that moment counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_between_document_and_record_counts_what_was_in_the_cart_then() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store(
        &cart.stream(),
        [
            checked_out(),
            reopened(),
            removed("KIT-MUG"),
            added("KIT-POT", 1, 1),
            expired(),
        ],
    )
    .await;
    shop.relay().await;
    let messages = shop.messages_of(&cart.stream()).await;
    let mut dies = shop.projector(View::Carts, &cart.stream()).await;
    drop(dies.write(messages.clone()).await.unwrap());
    drop(dies);
    let mut heir = shop.projector(View::Carts, &cart.stream()).await;
    heir.apply(messages).await.unwrap();
    assert_eq!(
        (shop.open_carts("KIT-MUG").await, shop.open_carts("KIT-POT").await),
        (0, 0)
    );
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_checkout_counts_once_it_is_applied() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.store_unknown(&cart.stream());
    shop.store(&cart.stream(), [checked_out()]).await;
    shop.relay().await;
    let name = format!("cart/{cart}");
    until("the events are parked", || async {
        let places = projectors::parked::places(&shop.services, View::Carts).await;
        places.is_ok_and(|places| places.iter().any(|place| place.events.len() == 2))
    })
    .await;
    assert_eq!(shop.open_carts("KIT-MUG").await, 1);
    shop.make_readable(&cart.stream(), &added("KIT-POT", 1, 1));
    projectors::parked::retry(&shop.services, View::Carts, &name)
        .await
        .unwrap();
    shop.assert_views_verified().await;
    assert_eq!(
        (shop.open_carts("KIT-MUG").await, shop.open_carts("KIT-POT").await),
        (0, 0)
    );
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cart_that_became_an_order_is_forgotten_after_a_while_and_comes_back_if_it_has_to() {
    let mut shop = Shop::open().await;
    let cart = cart_id();
    shop.store(
        &cart.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), checked_out()],
    )
    .await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let days = 24 * 60 * 60;
    let left = shop.seconds_to_live(cart).await;
    assert!((29 * days..=30 * days).contains(&left), "{left}");

    replica.stop().await;
    // The log itself refuses to be changed.
    shop.sql(
        "set session_replication_role = replica; update events set recorded_at = recorded_at - interval '31 days'",
    );
    shop.build().await;
    assert_eq!(shop.cart(cart).await, None);
    shop.assert_views_verified().await;

    let replica = Replica::start(&shop);
    shop.store(&cart.stream(), [reopened()]).await;
    shop.relay().await;
    until("the cart is back", || async { shop.cart(cart).await.is_some() }).await;
    let back = shop.cart(cart).await.unwrap();
    assert_eq!((&back["state"], &back["item_count"]), (&"open".into(), &1.into()));
    assert_eq!(shop.seconds_to_live(cart).await, -1, "it stays");
    shop.assert_views_verified().await;
    assert_eq!(shop.open_carts("KIT-MUG").await, 1);
    replica.stop().await;
}
