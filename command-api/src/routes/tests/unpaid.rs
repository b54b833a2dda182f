//! Stock cannot be held without paying: so many orders and units of one shopper, and of one network.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use session::{Asked, Held, Holder, Holds};
use sqlx::Executor;
use uuid::{Timestamp, Uuid};

use super::customer::checkout;
use super::{Allowed, Reply, Shop, lines};
use crate::unpaid_orders::UnpaidLimits;

/// It has a thousand mugs.
async fn shop(unpaid: UnpaidLimits) -> Shop {
    let shop = Shop::that_allows(Allowed {
        unpaid,
        ..Allowed::default()
    })
    .await;
    shop.get_mugs(1000).await;
    shop
}

/// Of one shopper, or of one network, so many orders, and units.
fn limits(of_shopper: [u32; 2], of_network: [u32; 2]) -> UnpaidLimits {
    UnpaidLimits {
        unpaid_orders: of_shopper[0],
        unpaid_units: of_shopper[1],
        unpaid_orders_per_network: of_network[0],
        unpaid_units_per_network: of_network[1],
    }
}

/// What mugs come to, with their delivery.
fn total(quantity: i64) -> i64 {
    let mugs = 1450 * quantity;
    mugs + if mugs < 6000 { 490 } else { 0 }
}

impl Shop {
    /// One more order of somebody who has a session.
    async fn order(&self, cookies: &str, quantity: i64, from: &str) -> Reply {
        let opened = self
            .json("POST", "/carts", &[("cookie", cookies)], &json!({}))
            .await;
        let cart = opened.body["id"].as_str().unwrap();
        let path = format!("/carts/{cart}/lines");
        // One that was refused is still the current one.
        self.send("DELETE", &path, &[("cookie", cookies)], "").await;
        self.json("POST", &path, &[("cookie", cookies)], &lines("MUG", quantity))
            .await;
        self.order_cart(cookies, cart, quantity, from).await
    }

    async fn order_cart(&self, cookies: &str, cart: &str, quantity: i64, from: &str) -> Reply {
        let headers = [
            ("cookie", cookies),
            ("idempotency-key", cart),
            ("x-forwarded-for", from),
        ];
        let path = format!("/carts/{cart}/checkout");
        self.json("POST", &path, &headers, &checkout(total(quantity)))
            .await
    }

    async fn guest(&self) -> String {
        self.send("POST", "/session", &[], "").await.cookies()
    }
}

const HOME: &str = "203.0.113.9";

#[tokio::test]
async fn a_shopper_has_so_many_unpaid_orders_and_another_one_when_one_of_them_ends() {
    let shop = shop(limits([2, 1000], [1000, 1000])).await;
    let guest = shop.guest().await;
    let mut orders = vec![];
    for _ in 0..2 {
        let ordered = shop.order(&guest, 1, HOME).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        orders.push(ordered.body["id"].as_str().unwrap().to_owned());
    }
    let refused = shop.order(&guest, 1, HOME).await;
    assert_eq!(refused.problem(), (422, "unpaid-orders"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(detail.contains("pay or cancel one of them first"), "{detail}");

    let path = format!("/orders/{}/cancellation", orders[0]);
    let headers = [("cookie", &*guest), ("idempotency-key", "cancel")];
    let cancelled = shop.json("POST", &path, &headers, &json!({})).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    let ordered = shop.order(&guest, 1, HOME).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let refused = shop.order(&guest, 1, HOME).await;
    assert_eq!(refused.problem(), (422, "unpaid-orders"));
}

#[tokio::test]
async fn an_order_that_is_one_too_many_or_of_no_cart_is_refused_before_its_contact_is_stored() {
    let shop = shop(limits([1, 1000], [1000, 1000])).await;
    let guest = shop.guest().await;
    let ordered = shop.order(&guest, 1, HOME).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    // Whoever stores a contact waits.
    let pool = shop.pool().await;
    let mut held = pool.begin().await.unwrap();
    held.execute("lock table contacts in share mode").await.unwrap();
    let refused = shop.order(&guest, 1, HOME).await;
    assert_eq!(refused.problem(), (422, "unpaid-orders"));
    let nowhere = Uuid::new_v4().to_string();
    let refused = shop.order_cart(&guest, &nowhere, 1, HOME).await;
    assert_eq!(refused.problem(), (404, "cart-not-found"));
}

#[tokio::test]
async fn an_order_that_was_placed_is_answered_again_whatever_its_shopper_holds() {
    let shop = shop(limits([1, 1000], [1000, 1000])).await;
    let (guest, cart) = shop.with_cart(1).await;
    let first = shop.order_cart(&guest, &cart, 1, HOME).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = shop.order_cart(&guest, &cart, 1, HOME).await;
    assert_eq!((again.status, &again.body), (StatusCode::CREATED, &first.body));
    let tab = shop
        .check_out(&guest, &cart, "another", &checkout(total(1)))
        .await;
    assert_eq!((tab.status, &tab.body["id"]), (StatusCode::OK, &first.body["id"]));
}

#[tokio::test]
async fn unpaid_orders_hold_so_many_units_together_and_what_was_refused_holds_none() {
    let shop = shop(limits([10, 20], [1000, 1000])).await;
    let (guest, cart) = shop.with_cart(20).await;
    let refused = shop.check_out(&guest, &cart, "total", &checkout(1)).await;
    assert_eq!(refused.problem(), (422, "total-changed"));
    let ordered = shop.order_cart(&guest, &cart, 20, HOME).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let refused = shop.order(&guest, 1, HOME).await;
    assert_eq!(refused.problem(), (422, "unpaid-units"));
    let detail = refused.body["detail"].as_str().unwrap();
    assert!(
        detail.contains("20 units") && detail.contains("quote"),
        "{detail}"
    );
    // It is one shopper's.
    let other = shop.order(&shop.guest().await, 1, HOME).await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.body);
}

#[tokio::test]
async fn many_guests_of_one_network_hold_no_more_also_when_all_of_them_order_at_once() {
    let shop = shop(limits([5, 200], [4, 1000])).await;
    let mut carts = vec![];
    for _ in 0..10 {
        carts.push(shop.with_cart(1).await);
    }
    let all = carts.iter().enumerate().map(|(number, (guest, cart))| {
        let shop = &shop;
        async move {
            let from = format!("2001:db8:7:7::{number}");
            shop.order_cart(guest, cart, 1, &from).await
        }
    });
    let replies = futures::future::join_all(all).await;
    let (placed, refused): (Vec<Reply>, Vec<Reply>) = replies
        .into_iter()
        .partition(|reply| reply.status == StatusCode::CREATED);
    assert_eq!((placed.len(), refused.len()), (4, 6));
    for reply in refused {
        assert_eq!(reply.problem(), (429, "unpaid-network"));
        assert_eq!(reply.headers["retry-after"], "300");
    }
    let elsewhere = shop.order(&shop.guest().await, 1, "2001:db8:7:8::1").await;
    assert_eq!(elsewhere.status, StatusCode::CREATED, "{}", elsewhere.body);
}

#[tokio::test]
async fn units_are_counted_by_network_too() {
    let shop = shop(limits([5, 200], [100, 10])).await;
    let ordered = shop.order(&shop.guest().await, 6, HOME).await;
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let refused = shop.order(&shop.guest().await, 5, HOME).await;
    assert_eq!(refused.problem(), (429, "unpaid-network"));
    let fits = shop.order(&shop.guest().await, 4, HOME).await;
    assert_eq!(fits.status, StatusCode::CREATED, "{}", fits.body);
}

/// More than one look returns. Who was not paid stands before all who were.
#[tokio::test]
async fn a_network_whose_oldest_orders_are_unpaid_still_gets_the_room_of_those_that_ended() {
    let (unpaid, ended) = (200, 100);
    let shop = shop(limits([5, 1000], [unpaid + ended, 100_000])).await;
    let holds = Holds::of(&shop.sessions);
    let name = shop.app.guest_key.name_of_network(HOME.parse().unwrap());
    let network = [Holder {
        name: format!("network:{name}"),
        most_orders: unpaid + ended,
        most_units: 100_000,
    }];
    // What has just begun may still be placed; what began a day ago and was never placed holds nothing.
    let yesterday = Timestamp::from_unix_time(
        Uuid::now_v7().get_timestamp().unwrap().to_unix().0 - 86_400,
        0,
        0,
        0,
    );
    let hour = Duration::from_hours(1);
    for number in 0..unpaid + ended {
        let (order, life) = if number < unpaid {
            (Uuid::now_v7(), hour)
        } else {
            (Uuid::new_v7(yesterday), hour * 2)
        };
        let held = Held { order, units: 1 };
        assert_eq!(holds.hold(held, &network, life).await.unwrap(), Asked::Held);
    }
    for _ in 0..2 {
        let ordered = shop.order(&shop.guest().await, 1, HOME).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    }
    // All that ended have gone with the first look.
    let held = holds.held(&network[0], 0).await.unwrap().len();
    let behind = holds.held(&network[0], held).await.unwrap().len();
    assert_eq!((held, behind), (200, 2));
}
