//! `verify` says so, by name, when something is not as the events say.

use std::time::Duration;

use domain::{Sku, StreamId};
use projectors::verify;
use read_model::View;
use redis::AsyncCommands;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_tampered_with_is_named() {
    let mut shop = Shop::open().await;
    let (cart, owner, mug) = (cart_id(), owner_id(), Sku::parse("KIT-MUG").unwrap());
    shop.store(&StreamId::product(&mug), [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner), added("KIT-MUG", 1, 1)])
        .await;
    shop.store(&owner.stream(), [named(cart)]).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;

    let (mut store, keys) = (shop.services.store.clone(), shop.services.store.keys().clone());
    let mut redis = store.connection();
    let carts = store.shown(View::Carts).await.unwrap().unwrap();
    let products = store.shown(View::Products).await.unwrap().unwrap();
    let stranger = cart_id();
    let _: () = redis.hset(keys.cart(carts, cart), "body", "{}").await.unwrap();
    let _: () = redis
        .hset(keys.current_cart(carts, owner), "cart", stranger.to_string())
        .await
        .unwrap();
    let _: () = redis
        .hset(keys.cart(carts, stranger), "version", 1)
        .await
        .unwrap();
    let _: () = redis.del(keys.product(products, &mug)).await.unwrap();
    let _: () = redis
        .hincr(keys.in_carts(carts, "base"), "KIT-MUG", 1)
        .await
        .unwrap();
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;

    let report = verify::verify(&shop.services, Duration::ZERO).await.unwrap();
    let named = |name: &str| {
        report
            .differences
            .iter()
            .any(|difference| difference.name.contains(name))
    };
    for name in [
        &format!("carts cart/{cart} body"),
        &format!("carts cart-owner/{owner} cart"),
        &keys.cart(carts, stranger),
        "products product/KIT-MUG body",
        "carts in-carts KIT-MUG",
        &format!("kafka position 5 of cart/{cart}"),
    ] {
        assert!(named(name), "{name} is not in {:#?}", report.differences);
    }
}
