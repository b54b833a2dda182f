//! Single orders, read from a real Redis: who may see which, and how fresh.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use query_api::wakes::Topic;
use redis::AsyncCommands;
use shop::orders::Order;
use shop::{FIRST, STAFF, eventually, shop, unbuilt};

#[tokio::test]
async fn an_order_is_sent_as_it_is_stored_and_only_once() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order {
        version: 3,
        payment_version: 7,
        ..Order::of(&browser)
    };
    shop.write_order(&order).await;
    let answer = shop.get(&order.path(), &browser.cookies).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &order.body()));
    assert_eq!(answer.header("etag"), format!("\"{FIRST}-3-7\""));
    assert_eq!(answer.header("cache-control"), "no-store");

    let held = [
        ("cookie", browser.cookies.as_str()),
        ("if-none-match", answer.header("etag")),
    ];
    let again = shop.ask(&order.path(), &held).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
}

#[tokio::test]
async fn an_order_is_opened_by_its_customer_by_its_link_and_by_staff() {
    let shop = shop().await;
    let (browser, other) = (shop.browser().await, shop.browser().await);
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    assert_eq!(shop.get(&order.path(), &browser.cookies).await.status, 200);
    let key = order.key();
    let by_link = shop.ask(&order.path(), &[("order-key", &*key)]).await;
    assert_eq!(by_link.status, 200);
    let cookie = by_link.header("set-cookie");
    assert_eq!(
        cookie,
        format!(
            "order-key={key}; Path={}/live; Max-Age=3600; HttpOnly; SameSite=Strict",
            order.path()
        )
    );
    let both = [("order-key", &*key), ("cookie", &*other.cookies)];
    assert_eq!(shop.ask(&order.path(), &both).await.status, 200);
    assert_eq!(shop.ask(&order.path(), &[STAFF]).await.status, 200);
    // A wrong key takes nothing away from whoever may see it anyhow.
    let wrong = [("order-key", "wrong"), ("cookie", &*browser.cookies)];
    assert_eq!(shop.ask(&order.path(), &wrong).await.status, 200);
    // Addresses get into logs: a key opens nothing there, and who still sends it there hears of it.
    let old = format!("{}?key={key}", order.path());
    shop.get(&old, "").await.assert_problem(400, "validation");
    // The customer who has lost the session is known by the guest cookie.
    assert!(shop.flush("session:*").await > 0);
    assert_eq!(shop.get(&order.path(), &browser.cookies).await.status, 200);
}

#[tokio::test]
async fn somebody_elses_order_is_not_found_and_neither_is_none() {
    let shop = shop().await;
    let (mine, other) = (shop.browser().await, shop.browser().await);
    let order = Order::of(&other);
    shop.write_order(&order).await;
    let own = Order::of(&mine);
    let (right, key_of_another) = (order.key(), own.key());
    let (path, none) = (order.path(), own.path());
    for path in [path.clone(), none.clone(), "/api/queries/orders/mine".to_owned()] {
        for cookies in [mine.cookies.as_str(), ""] {
            let began = std::time::Instant::now();
            shop.get(&path, cookies)
                .await
                .assert_problem(404, "order-not-found");
            assert!(began.elapsed().as_millis() < 900, "{path} was waited for");
        }
    }
    // Waited for in vain, as one that is not there: whether it is there is not told.
    for path in [&path, &none] {
        for query in ["min-version=1", "min-payment-version=1"] {
            shop.get(&format!("{path}?{query}"), &mine.cookies)
                .await
                .assert_problem(503, "view-behind");
        }
    }
    let wrong_token = ("authorization", "Bearer the-staff-token-for-development-alonE");
    shop.ask(&path, &[wrong_token])
        .await
        .assert_problem(401, "bad-credentials");
    // A guest cookie's signature is no key.
    let (_, guest) = other.cookies.split_once("guest=").unwrap();
    let (signed, signature) = guest.rsplit_once('.').unwrap();
    let of_guest = format!("{}.{signature}", signed.rsplit_once('.').unwrap().1);
    for wrong in [&*key_of_another, "A", &of_guest] {
        for cookies in [mine.cookies.as_str(), ""] {
            let headers = [("order-key", wrong), ("cookie", cookies)];
            shop.ask(&path, &headers)
                .await
                .assert_problem(404, "order-not-found");
        }
    }
    let two = [("order-key", &*key_of_another), ("order-key", &*right)];
    shop.ask(&path, &two).await.assert_problem(404, "order-not-found");
}

#[tokio::test]
async fn a_payment_without_an_order_is_no_order_yet() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    let fields = [
        ("body", ""),
        ("versions", r#"{"order":0,"payment":2}"#),
        ("customer", ""),
    ];
    let () = shop
        .redis
        .clone()
        .hset_multiple(shop.keys.order(FIRST, order.id), &fields)
        .await
        .unwrap();
    shop.get(&order.path(), &browser.cookies)
        .await
        .assert_problem(404, "order-not-found");
    // To whoever has just paid it is not "not found".
    shop.get(
        &format!("{}?min-payment-version=2", order.path()),
        &browser.cookies,
    )
    .await
    .assert_problem(503, "view-behind");
}

#[tokio::test]
async fn versions_that_are_on_their_way_are_waited_for() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    for (query, version, payment_version, announced) in [
        ("min-version=2", 2, 1, true),
        ("min-payment-version=2", 2, 2, true),
        ("min-version=3&min-payment-version=3", 3, 3, false),
        (&format!("after={}:4", order.id), 4, 3, true),
        (&format!("after=payment/{}:5", order.id), 4, 5, false),
    ] {
        let newer = Order {
            version,
            payment_version,
            ..order
        };
        let path = format!("{}?{query}", order.path());
        let asked = shop.get(&path, &browser.cookies);
        let written = async {
            let waits = async || shop.app.wakes.listening(Topic::Order(order.id)) == 1;
            eventually("the request waits", waits).await;
            shop.write_order(&newer).await;
            if announced {
                shop.announce_order(&newer).await;
            }
        };
        let (answer, ()) = tokio::join!(asked, written);
        assert_eq!(
            (answer.status.as_u16(), &answer.body),
            (200, &newer.body()),
            "{query}"
        );
        assert_eq!(shop.app.wakes.listening(Topic::Order(order.id)), 0);
    }
}

#[tokio::test]
async fn a_view_that_stays_behind_is_said_to_be_behind() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    // An order that the view has never seen is not "not found" to whoever has just placed it.
    let path = order.path();
    shop.get(&format!("{path}?min-version=1"), &browser.cookies)
        .await
        .assert_problem(503, "view-behind");
    let key = order.key();
    shop.ask(&format!("{path}?min-version=1"), &[("order-key", &*key)])
        .await
        .assert_problem(503, "view-behind");
    shop.write_order(&order).await;
    for query in [
        "min-version=2",
        "min-payment-version=2",
        "min-version=1&min-payment-version=2",
    ] {
        let behind = shop.get(&format!("{path}?{query}"), &browser.cookies).await;
        behind.assert_problem(503, "view-behind");
        assert_eq!(behind.header("retry-after"), "1");
    }
    shop.get(
        &format!("/api/queries/orders?after={}:2", order.id),
        &browser.cookies,
    )
    .await
    .assert_problem(503, "view-behind");
    for query in [
        "min-version=x",
        "min-payment-version=-1",
        "after=mug",
        "surprise=1",
        "key=a",
    ] {
        shop.get(&format!("{path}?{query}"), &browser.cookies)
            .await
            .assert_problem(400, "validation");
    }
}

#[tokio::test]
async fn whoever_guesses_keys_is_slowed_down() {
    let shop = unbuilt(&shop::redis_url(), &["--rate-limit-per-second", "1"]).await;
    shop.build_all().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    let mut refused = None;
    for guess in 0..60 {
        let guess = guess.to_string();
        let answer = shop.ask(&order.path(), &[("order-key", &*guess)]).await;
        refused = refused.or((answer.status == 429).then_some(answer));
    }
    refused
        .expect("an address has a limit")
        .assert_problem(429, "rate-limited");
}
