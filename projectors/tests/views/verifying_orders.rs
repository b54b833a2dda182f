//! `verify` says so, by name, when an order, a list or the money is not as the events say.

use std::time::Duration;

use domain::{OrderId, StreamId};
use projectors::verify;
use read_model::View;
use read_model::order::{OrderState, StateList};
use redis::AsyncCommands;

use crate::events::*;
use crate::order_events::*;
use crate::replica::Replica;
use crate::support::*;

impl Shop {
    /// The log's payments differ from what they must be in just these.
    async fn assert_only_differs(&self, expected: &[(&OrderId, &str)]) {
        let stream = |order: &OrderId| order.payment().stream();
        let name = |stream: StreamId| format!("log {stream}");
        let mut meant: Vec<(String, String)> = expected
            .iter()
            .map(|(order, what)| (name(stream(order)), (*what).to_owned()))
            .collect();
        meant.sort();
        let found = async || {
            let report = verify::verify(&self.services, Duration::ZERO).await.unwrap();
            let mut found: Vec<(String, String)> = report
                .differences
                .into_iter()
                .map(|difference| (difference.name, difference.expected))
                .collect();
            found.sort();
            found
        };
        until("nothing else differs", || async { found().await == meant }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_about_an_order_that_was_tampered_with_is_named() {
    let mut shop = Shop::open().await;
    let customer = owner_id();
    let (first, second) = (shop.place(customer).await, shop.place(customer).await);
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;

    let (keys, mut redis) = (
        shop.services.store.keys().clone(),
        shop.services.store.connection(),
    );
    let shown = shop
        .services
        .store
        .clone()
        .shown(View::Orders)
        .await
        .unwrap()
        .unwrap();
    let stranger = order_id();
    for field in ["body", "summary", "customer"] {
        let _: () = redis.hset(keys.order(shown, first), field, "{}").await.unwrap();
    }
    let _: () = redis
        .hset(keys.order(shown, stranger), "versions", "{}")
        .await
        .unwrap();
    let unpaid = keys.orders_in(shown, StateList::State(OrderState::AwaitingPayment));
    let paid = keys.orders_in(shown, StateList::State(OrderState::Confirmed));
    let _: () = redis.zrem(&unpaid, second.to_string()).await.unwrap();
    let _: () = redis.zadd(&paid, second.to_string(), 1).await.unwrap();
    let _: () = redis
        .hset(keys.orders_listed(shown), first.to_string(), 7)
        .await
        .unwrap();
    let _: () = redis
        .zadd(keys.orders_of(shown, customer), stranger.to_string(), 1)
        .await
        .unwrap();
    let nobody = keys.orders_of(shown, owner_id());
    let _: () = redis.zadd(&nobody, second.to_string(), 3).await.unwrap();

    let report = verify::verify(&shop.services, Duration::ZERO).await.unwrap();
    let named = |name: &str| {
        report
            .differences
            .iter()
            .any(|difference| difference.name.contains(name))
    };
    for name in [
        &format!("orders order/{first} body"),
        &format!("orders order/{first} summary"),
        &format!("orders order/{first} customer"),
        &format!("orders {}", keys.order(shown, stranger)),
        &format!("orders in awaiting-payment {second}"),
        &format!("orders in confirmed {second}"),
        &format!("orders listed {first}"),
        &format!("{} {stranger}", keys.orders_of(shown, customer)),
        &format!("{nobody} {second}"),
    ] {
        assert!(named(name), "{name} is not in {:#?}", report.differences);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_no_order_stands_for_is_named() {
    let mut shop = Shop::open().await;
    let (unpaid, uncaptured) = (shop.place(owner_id()).await, shop.place(owner_id()).await);
    shop.store(&unpaid.payment().stream(), [started(), captured()])
        .await;
    shop.store(&uncaptured.stream(), [confirmed()]).await;
    let well = shop.place(owner_id()).await;
    shop.pay(well).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_only_differs(&[
        (&unpaid, "0 captures kept"),
        (&uncaptured, "3390 captured: it was confirmed"),
    ])
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_does_not_wait_for_events_that_no_view_shows() {
    let mut shop = Shop::open().await;
    shop.place(owner_id()).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let code = domain::Code::parse("SPRING").unwrap();
    let disabled = domain::discount_code::DiscountCodeEvent::CodeDisabled {};
    shop.store(
        &StreamId::discount_code(&code),
        [domain::Event::DiscountCode(disabled)],
    )
    .await;
    shop.relay().await;
    let began = std::time::Instant::now();
    shop.assert_verified().await;
    assert!(began.elapsed() < PATIENCE / 3, "{:?}", began.elapsed());
    replica.stop().await;
}
