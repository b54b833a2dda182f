//! The guests of a network have a limit together, behind the one that each of them has alone.

use std::time::Instant;

use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::json;

use super::accounts::PASSWORD;
use super::customer::Customer;
use super::{Allowed, Reply, Shop};
use crate::router::Limits;

/// So many commands a second of one shopper, and of all guests of a network.
async fn shop(commands: u32, guests: u32) -> Shop {
    Shop::that_allows(Allowed {
        limits: Limits::per_second(commands, guests, 1000),
        ..Allowed::default()
    })
    .await
}

impl Shop {
    async fn new_guest(&self) -> String {
        self.send("POST", "/session", &[], "").await.cookies()
    }

    /// Until guests of this network are refused.
    async fn use_up_guests(&self, guest: &str) {
        while !is_refused(&self.get("/account", guest).await) {}
    }
}

fn is_refused(reply: &Reply) -> bool {
    reply.status == StatusCode::TOO_MANY_REQUESTS
}

#[tokio::test]
async fn a_guest_who_is_refused_takes_nothing_from_the_others_of_the_network() {
    let shop = shop(1, 20).await;
    let loud = shop.new_guest().await;
    let replies = join_all((0..200).map(|_| shop.get("/account", &loud))).await;
    let refused = replies.iter().filter(|reply| is_refused(reply)).count();
    assert!(refused > 150, "{refused}");
    let mut others = vec![];
    for _ in 0..20 {
        others.push(shop.new_guest().await);
    }
    for reply in join_all(others.iter().map(|cookies| shop.get("/account", cookies))).await {
        assert_eq!(reply.problem(), (401, "not-signed-in"));
    }
}

/// They have limits of their own.
#[tokio::test]
async fn registering_and_signing_in_go_on_where_the_guests_of_a_network_are_refused() {
    let shop = shop(1000, 1).await;
    let (mut ada, grace) = (shop.member().await, shop.member().await);
    let app = shop.set_up_app(&mut ada).await;
    let guest = shop.new_guest().await;
    shop.use_up_guests(&guest).await;
    let registered = shop.register("eve@example.org", &guest).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.body);
    shop.use_up_guests(&guest).await;
    let signed_in = shop.sign_in(&grace.email, PASSWORD, &guest).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.body);
    let asked = shop.sign_in(&ada.email, PASSWORD, "").await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{}", asked.body);
    let both = format!("{guest}; {}", asked.cookies());
    shop.use_up_guests(&guest).await;
    let code = json!({ "code": app.code(30) });
    let shown = shop
        .json(
            "POST",
            "/session/sign-in/second-step",
            &[("cookie", &*both)],
            &code,
        )
        .await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
}

/// A link names no session: anybody has as many as there are orders.
#[tokio::test]
async fn whoever_comes_by_an_orders_link_is_counted_with_the_guests_of_the_network() {
    let shop = shop(1000, 10).await;
    shop.get_mugs(50).await;
    let Customer { order, key, .. } = shop.customer().await;
    let path = format!("/orders/{order}/contact");
    let headers = [("order-key", &*key), ("x-forwarded-for", "203.0.113.1")];
    let began = Instant::now();
    let replies = join_all((0..200).map(|_| shop.send("GET", &path, &headers, ""))).await;
    let refused: Vec<&Reply> = replies.iter().filter(|reply| is_refused(reply)).collect();
    // Twenty at once, ten more in each second.
    let allowed = usize::try_from(20 + 10 * (began.elapsed().as_secs() + 1)).unwrap();
    assert!(refused.len() + allowed >= replies.len(), "{}", refused.len());
    assert_eq!(refused[0].problem(), (429, "rate-limited"));
    assert_eq!(refused[0].headers["ratelimit-policy"], "\"guests\";q=20;w=2");
    let elsewhere = [("order-key", &*key), ("x-forwarded-for", "203.0.113.2")];
    let other = shop.send("GET", &path, &elsewhere, "").await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.body);
}
