//! What the answers about freshness and about credentials must not tell.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use axum::body::Body;
use axum::http::{HeaderName, Request};
use futures::future::join_all;
use redis::AsyncCommands;
use session::{Role, Roles};
use shop::orders::Order;
use shop::requests::Request as ProductRequest;
use shop::{FIRST, MUG, STAFF, cart_body, shop};
use uuid::Uuid;

/// Routes that anybody may ask, and that wait for what `after` names.
const PUBLIC: [&str; 3] = [
    "/api/queries/products",
    "/api/queries/products/KIT-MUG",
    "/api/queries/requests",
];

#[tokio::test]
async fn whether_somebody_elses_cart_order_payment_or_quote_is_there_cannot_be_told_by_waiting_for_it() {
    let shop = shop().await;
    let (owner, stranger) = (shop.member(Roles::SHOPPER).await, shop.browser().await);
    let (cart, order) = (Uuid::now_v7(), Order::of(&owner));
    shop.write_order(&order).await;
    shop.write_product(FIRST, &MUG).await;
    let body = cart_body(cart, 1, &[MUG.sku]);
    shop.write_cart(FIRST, cart, 1, owner.owner, &body).await;
    let quote = shop.write_request(&ProductRequest::quote(owner.owner)).await;
    for (kind, id) in [
        ("cart", cart),
        ("order", order.id),
        ("payment", order.id),
        ("request", quote),
    ] {
        let asked = PUBLIC
            .iter()
            .flat_map(|path| [id, Uuid::now_v7()].map(|id| format!("{path}?after={kind}/{id}:1")));
        let answers = asked.flat_map(|after| {
            [&*stranger.cookies, ""].map(|cookies| {
                let (shop, after) = (&shop, after.clone());
                async move { shop.get(&after, cookies).await }
            })
        });
        for answer in join_all(answers).await {
            answer.assert_problem(503, "view-behind");
        }
    }
    for (kind, id) in [("cart", cart), ("order", order.id), ("payment", order.id)] {
        let after = format!("{}?after={kind}/{id}:1", PUBLIC[0]);
        let own = shop.get(&after, &owner.cookies).await;
        assert_eq!(own.status, 200, "{kind}: {}", own.body);
    }
    let after = format!("{}?after=order/{}:1", PUBLIC[0], order.id);
    assert_eq!(shop.ask(&after, &[STAFF]).await.status, 200);
}

#[tokio::test]
async fn an_orders_link_tells_nothing_of_another_order() {
    let shop = shop().await;
    let owner = shop.browser().await;
    let (mine, other) = (Order::of(&owner), Order::of(&shop.browser().await));
    shop.write_order(&mine).await;
    shop.write_order(&other).await;
    for id in [other.id, Uuid::now_v7()] {
        let path = format!("{}?after=order/{id}:1", mine.path());
        shop.ask(&path, &[("order-key", &*mine.key())])
            .await
            .assert_problem(503, "view-behind");
    }
}

#[tokio::test]
async fn whoever_guesses_at_the_staff_token_is_not_told_when_it_was_right_and_others_go_on() {
    let shop = shop().await;
    let path = "/api/queries/staff/orders";
    let from = |network| ("x-forwarded-for", network);
    let ask = async |token: &str, network| {
        let bearer = format!("Bearer {token}");
        shop.ask(path, &[("authorization", &*bearer), from(network)])
            .await
    };
    for _ in 0..20 {
        ask("not-the-token", "192.0.2.1")
            .await
            .assert_problem(401, "bad-credentials");
    }
    let right = STAFF.1.strip_prefix("Bearer ").unwrap();
    let blocked = ask(right, "192.0.2.1").await;
    blocked.assert_problem(429, "rate-limited");
    assert!(!blocked.header("retry-after").is_empty());
    assert_eq!(ask(right, "192.0.2.2").await.status, 200);
    // Nor are API keys and sessions from there in the way.
    let key = shop.api_key(Uuid::now_v7(), Role::Staff).await;
    assert_eq!(ask(&key, "192.0.2.1").await.status, 200);
}

#[tokio::test]
async fn refusals_are_counted_from_zero() {
    telemetry::init("query-api-test").unwrap();
    let shop = shop().await;
    let count = |kind: &str, outcome: &str| {
        let series = format!("security_events_total{{kind=\"{kind}\",outcome=\"{outcome}\"}} ");
        let text = telemetry::metric::render();
        let line = text.lines().find_map(|line| line.strip_prefix(&series));
        line.unwrap_or_else(|| panic!("{series} is not in {text}"))
            .parse::<u64>()
            .unwrap()
    };
    assert_eq!(count("order-key", "refused"), 0);
    let order = Order::of(&shop.browser().await);
    shop.write_order(&order).await;
    shop.ask(&order.path(), &[("order-key", "guessed")]).await;
    assert_eq!(count("order-key", "refused"), 1);
    let before = count("access", "not-allowed");
    let shopper = shop.member(Roles::SHOPPER).await;
    shop.get("/api/queries/staff/orders", &shopper.cookies)
        .await
        .assert_problem(403, "forbidden");
    assert!(count("access", "not-allowed") > before);
    let forged = (
        "authorization",
        "Bearer cw_q3zZ0Jp0P0VY9m3bXv8l2cFQ5m1o7t9wq6dD4eR8yTs",
    );
    let before = count("api-key", "refused");
    shop.ask("/api/queries/orders", &[forged])
        .await
        .assert_problem(401, "bad-api-key");
    assert!(count("api-key", "refused") > before);
}

#[tokio::test]
async fn an_answer_has_nothing_of_an_error_inside() {
    let shop = shop().await;
    let (browser, cart) = (shop.browser().await, Uuid::now_v7());
    // Redis answers that this is no hash, and says of which command it is wrong.
    let () = shop
        .redis
        .clone()
        .set(shop.keys.cart(FIRST, cart), "not a hash")
        .await
        .unwrap();
    let answer = shop
        .get(&format!("/api/queries/carts/{cart}"), &browser.cookies)
        .await;
    assert!(answer.status.is_server_error(), "{}", answer.body);
    let said = answer.json();
    let names: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(names, ["detail", "status", "title", "type"]);
    let said = said.to_string().to_lowercase();
    for word in [
        "wrongtype",
        "operation",
        "hash",
        "redis",
        "hmget",
        ".rs",
        "panic",
        "test:",
    ] {
        assert!(!said.contains(word), "{word}: {said}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_leave_to_read_an_answer() {
    let shop = shop().await;
    let browser = shop.browser().await;
    for (method, path) in [
        ("GET", "/api/queries/products"),
        ("GET", "/api/queries/carts/current"),
        ("GET", "/api/queries/no-such-route"),
        ("OPTIONS", "/api/queries/carts/current"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "GET")
            .header("cookie", &browser.cookies);
        let answer = shop.send(request.body(Body::empty()).unwrap()).await;
        let mut names = answer.headers.keys().map(HeaderName::as_str);
        let leave = names.find(|name| name.starts_with("access-control-"));
        assert_eq!(leave, None, "{method} {path}: {}", answer.status);
    }
}
