//! A generation is made beside the running one: readers notice nothing, and only one is made at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use projectors::rebuild::{self, RebuildError};
use projectors::sweep;
use read_model::{Generation, View};
use redis::AsyncCommands;
use tokio_util::sync::CancellationToken;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_notice_nothing_of_a_rebuild_beside_live_writes() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    let before = shop
        .services
        .store
        .clone()
        .shown(View::Carts)
        .await
        .unwrap()
        .unwrap();

    let (services, done) = (shop.services.clone(), Arc::new(AtomicBool::new(false)));
    let reader = tokio::spawn({
        let (services, done) = (services.clone(), Arc::clone(&done));
        async move {
            let (mut newest, mut reads) = (0_i64, 0);
            while !done.load(Ordering::Relaxed) {
                let generation = services
                    .store
                    .clone()
                    .shown(View::Carts)
                    .await
                    .unwrap()
                    .expect("always a pointer");
                let key = services.store.keys().cart(generation, cart);
                let version: i64 = services.store.connection().hget(key, "version").await.unwrap();
                assert!(version >= newest, "went back from {newest} to {version}");
                (newest, reads) = (version, reads + 1);
            }
            reads
        }
    });
    let rebuilding = tokio::spawn(async move {
        let running = rebuild::rebuild(&services, View::Carts, &CancellationToken::new())
            .await
            .unwrap();
        let generation = running.generation;
        // As the command does: until the replica has followed the pointer.
        tokio::time::sleep(Duration::from_secs(2)).await;
        running.finish().await;
        generation
    });
    let mut quantity = 1;
    while !rebuilding.is_finished() {
        quantity += 1;
        shop.store(&cart.stream(), [added("KIT-MUG", 1, quantity)]).await;
        shop.relay().await;
    }
    let after = rebuilding.await.unwrap();
    shop.assert_verified().await;
    done.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0);
    assert!(after > before);
    assert_eq!(
        shop.services.store.clone().shown(View::Carts).await.unwrap(),
        Some(after)
    );
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_written_to_a_generation_that_is_held() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    let mut store = shop.services.store.clone();
    let shown = store.shown(View::Carts).await.unwrap().unwrap();

    store
        .hold(View::Carts, shown, Duration::from_mins(1))
        .await
        .unwrap();
    shop.store(&cart.stream(), [added("KIT-MUG", 1, 2)]).await;
    shop.relay().await;
    // What Kafka got after it, and another view shows, says that the cart's message has long been handed out.
    let mug = domain::Sku::parse("KIT-MUG").unwrap();
    shop.store(&domain::StreamId::product(&mug), [listed("Mug")])
        .await;
    shop.relay().await;
    let products = store.shown(View::Products).await.unwrap().unwrap();
    let product = store.keys().product(products, "KIT-MUG");
    until("the product is shown", || async {
        let store = shop.services.store.clone();
        store.connection().exists(&product).await.unwrap()
    })
    .await;
    let key = store.keys().cart(shown, cart);
    let version: i64 = store.connection().hget(&key, "version").await.unwrap();
    assert_eq!(version, 2);

    store.release(View::Carts, shown).await.unwrap();
    shop.assert_verified().await;
    let version: i64 = store.connection().hget(&key, "version").await.unwrap();
    assert_eq!(version, 3);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_rebuilds_and_a_flush_takes_the_right_away() {
    let shop = Shop::open().await;
    let mut store = shop.services.store.clone();
    let lasts = Duration::from_mins(1);
    let claim = store
        .claim(View::Carts, 1_000, lasts)
        .await
        .unwrap()
        .expect("nobody rebuilds");
    assert_eq!(store.claim(View::Carts, 1_001, lasts).await.unwrap(), None);
    let second = rebuild::rebuild(&shop.services, View::Carts, &CancellationToken::new()).await;
    assert!(matches!(second.err(), Some(RebuildError::Claimed(View::Carts))));

    shop.flush().await;
    assert!(!store.renew(&claim, lasts).await.unwrap());
    assert!(!store.show(&claim).await.unwrap());
    assert_eq!(store.shown(View::Carts).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_generation_number_is_never_given_twice() {
    let shop = Shop::open().await;
    let mut store = shop.services.store.clone();
    let lasts = Duration::from_mins(1);
    let first = store.claim(View::Carts, 1_000, lasts).await.unwrap().unwrap();
    store.abandon(&first).await.unwrap();
    let second = store.claim(View::Carts, 1_000, lasts).await.unwrap().unwrap();
    assert_eq!((first.generation, second.generation), (1_000, 1_001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_generations_are_swept_away_and_the_shown_one_is_not() {
    let mut shop = Shop::open().await;
    shop.store(&cart_id().stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.build().await;
    let old = View::ALL.map(|view| (view, shop.services.clone()));
    let mut before = vec![];
    for (view, services) in old {
        before.push(services.store.clone().shown(view).await.unwrap().unwrap());
    }
    shop.build().await;
    for (view, old) in View::ALL.into_iter().zip(before) {
        sweep::sweep(&shop.services, view).await.unwrap();
        let mut store = shop.services.store.clone();
        assert!(store.shown(view).await.unwrap().unwrap() > old);
        assert_eq!(store.start(view, old).await.unwrap(), None);
    }
    shop.assert_verified().await;
}

/// The series of `metric` that this process shows of a generation's group.
fn lag_of(shop: &Shop, metric: &str, generation: Generation) -> usize {
    let group = shop.services.group(View::Carts, generation);
    let start = format!("{metric}{{group=\"{group}\"");
    let text = telemetry::metric::render();
    text.lines().filter(|line| line.starts_with(&start)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lag_of_a_generation_is_shown_until_another_one_takes_its_place() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    shop.store(&cart_id().stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    let mut store = shop.services.store.clone();
    let old = store.shown(View::Carts).await.unwrap().unwrap();
    let metrics = [
        "consumer_lag_known",
        "consumer_lag_messages",
        "consumer_lag_seconds",
    ];
    let is_shown = |generation| metrics.map(|metric| lag_of(&shop, metric, generation) > 0);
    until("the lag is shown", async || is_shown(old) == [true; 3]).await;

    let running = rebuild::rebuild(&shop.services, View::Carts, &CancellationToken::new())
        .await
        .unwrap();
    let new = running.generation;
    until("the replica has left the old group", async || {
        is_shown(old) == [false; 3]
    })
    .await;
    running.finish().await;
    until("the new generation's lag is shown", async || {
        is_shown(new) == [true; 3]
    })
    .await;
    assert_eq!(is_shown(old), [false; 3]);
    replica.stop().await;
    until("a replica that has left shows nothing", async || {
        is_shown(new) == [false; 3]
    })
    .await;
}
