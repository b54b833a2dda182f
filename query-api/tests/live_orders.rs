//! Orders on live streams, over a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use axum::http::StatusCode;
use query_api::wakes::Topic;
use read_model::order::OrderState;
use shop::orders::Order;
use shop::{Browser, FIRST, Shop, cart_body, eventually, shop};
use uuid::Uuid;

async fn changed(shop: &Shop, order: &Order) {
    shop.write_order(order).await;
    shop.announce_order(order).await;
}

fn at(browser: &Browser, place: i64, state: OrderState) -> Order {
    Order {
        state,
        place,
        ..Order::of(browser)
    }
}

#[tokio::test]
async fn a_shoppers_stream_begins_with_the_orders_under_way_and_goes_on_with_every_change() {
    let shop = shop().await;
    let (browser, other) = (shop.browser().await, shop.browser().await);
    let delivered = at(&browser, 1, OrderState::Delivered);
    let cancelled = at(&browser, 2, OrderState::Cancelled);
    let shipped = at(&browser, 3, OrderState::Shipped);
    let unpaid = at(&browser, 4, OrderState::AwaitingPayment);
    let foreign = Order::of(&other);
    for order in [&delivered, &cancelled, &shipped, &unpaid, &foreign] {
        shop.write_order(order).await;
    }
    let mut stream = shop.stream(&browser).await;
    for order in [&unpaid, &shipped] {
        let event = stream.next().await.unwrap();
        assert_eq!(
            (event.name.as_str(), event.id, event.data),
            ("order", order.tag(FIRST), order.body())
        );
    }
    let paid = Order {
        payment_version: 2,
        ..unpaid
    };
    let refunded = Order {
        payment_version: 9,
        ..delivered
    };
    let placed = at(&browser, 5, OrderState::AwaitingPayment);
    changed(
        &shop,
        &Order {
            version: 2,
            ..foreign
        },
    )
    .await;
    for order in [&paid, &refunded, &placed] {
        changed(&shop, order).await;
        assert_eq!(stream.next().await.unwrap().data, order.body());
    }
}

#[tokio::test]
async fn only_the_newest_orders_under_way_are_sent_at_the_beginning() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let orders: Vec<Order> = (1..=25)
        .map(|place| at(&browser, place, OrderState::Confirmed))
        .collect();
    for order in &orders {
        shop.write_order(order).await;
    }
    let mut stream = shop.stream(&browser).await;
    for order in orders.iter().rev().take(20) {
        assert_eq!(stream.next().await.unwrap().data, order.body());
    }
    // The others are followed all the same.
    let shipped = Order {
        version: 2,
        state: OrderState::Shipped,
        ..orders[0]
    };
    changed(&shop, &shipped).await;
    assert_eq!(stream.next().await.unwrap().data, shipped.body());
}

#[tokio::test]
async fn cart_and_orders_share_a_stream() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let (order, cart) = (Order::of(&browser), Uuid::now_v7());
    shop.write_order(&order).await;
    shop.write_cart(FIRST, cart, 1, browser.owner, &cart_body(cart, 1, &[]))
        .await;
    shop.name_cart(FIRST, browser.owner, cart).await;
    let mut stream = shop.stream(&browser).await;
    let mut names = vec![];
    while names.len() < 2 {
        names.push(stream.next().await.unwrap().name);
    }
    names.sort();
    assert_eq!(names, ["cart", "order"]);
}

#[tokio::test]
async fn a_change_that_nobody_announced_is_sent_and_an_older_state_is_not() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order {
        version: 5,
        payment_version: 5,
        ..Order::of(&browser)
    };
    shop.write_order(&order).await;
    let mut streams = [
        shop.stream(&browser).await,
        shop.stream_of(&format!("{}/live", order.path()), &browser.cookies)
            .await,
    ];
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().data, order.body());
    }
    // A view that is being caught up after a rebuild.
    changed(
        &shop,
        &Order {
            version: 6,
            payment_version: 4,
            ..order
        },
    )
    .await;
    let newer = Order { version: 6, ..order };
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    shop.write_order(&newer).await;
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().data, newer.body());
    }
}

#[tokio::test]
async fn the_link_of_an_order_opens_its_stream_without_a_session() {
    let shop = shop().await;
    let (browser, other) = (shop.browser().await, shop.browser().await);
    let order = Order::of(&browser);
    let live = format!("{}/live", order.path());
    // As a page can send it, and every other client can send the header.
    let link = format!("order-key={}", order.key());
    // To be read soon, and only whoever has the link can wait for it.
    let mut by_link = shop.stream_of(&live, &link).await;
    for cookies in [&browser.cookies, &other.cookies] {
        shop.get(&live, cookies)
            .await
            .assert_problem(404, "order-not-found");
    }
    let listening = async || shop.app.wakes.listening(Topic::Order(order.id)) == 1;
    eventually("the stream listens", listening).await;
    changed(&shop, &order).await;
    let event = by_link.next().await.unwrap();
    assert_eq!(
        (event.name.as_str(), event.id, event.data),
        ("order", order.tag(FIRST), order.body())
    );

    let mut by_session = shop.stream_of(&live, &browser.cookies).await;
    assert_eq!(by_session.next().await.unwrap().data, order.body());
    let confirmed = Order {
        version: 2,
        state: OrderState::Confirmed,
        ..order
    };
    changed(&shop, &confirmed).await;
    for stream in [&mut by_link, &mut by_session] {
        assert_eq!(stream.next().await.unwrap().data, confirmed.body());
    }

    for path in [live.clone(), live.replace(&order.id.to_string(), "mine")] {
        shop.get(&path, &other.cookies)
            .await
            .assert_problem(404, "order-not-found");
        shop.get(&path, "").await.assert_problem(404, "order-not-found");
    }
    shop.get(&live, "order-key=wrong")
        .await
        .assert_problem(404, "order-not-found");
    for surprise in ["surprise=1", "key=wrong"] {
        shop.get(&format!("{live}?{surprise}"), &link)
            .await
            .assert_problem(400, "validation");
    }
}

#[tokio::test]
async fn an_order_has_only_so_many_streams() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    let (live, link) = (
        format!("{}/live", order.path()),
        format!("order-key={}", order.key()),
    );
    let cookie = [("cookie", link.as_str())];
    let opened = futures::future::join_all((0..16).map(|_| shop.open(&live, &cookie))).await;
    let refused = opened
        .iter()
        .filter(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.count(), 4);
    shop.get(&live, &link).await.assert_problem(429, "stream-limit");
}

#[tokio::test]
async fn the_stream_of_an_order_beats_and_ends_with_the_service() {
    let shop = shop::unbuilt(&shop::redis_url(), &["--live-heartbeat-seconds", "0.05"]).await;
    shop.build_all().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    let mut stream = shop
        .stream_of(&format!("{}/live", order.path()), &browser.cookies)
        .await;
    assert!(stream.raw().await.starts_with("retry: "));
    while stream.raw().await != ": heartbeat\n\n" {}
    shop.stop.cancel();
    while stream.next().await.is_some() {}
}
