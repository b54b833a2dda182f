//! A shopper's carts, read from a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use std::time::Instant;

use query_api::wakes::Topic;
use read_model::View;
use redis::AsyncCommands;
use shop::{FIRST, MUG, cart_body, eventually, shop, unbuilt};
use test_proxy::{Proxy, Way};
use uuid::Uuid;

fn by_id(id: Uuid) -> String {
    format!("/api/queries/carts/{id}")
}

const CURRENT: &str = "/api/queries/carts/current";

#[tokio::test]
async fn a_cart_is_sent_as_it_is_stored_and_only_once() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    let stored = format!(r#"{{"id":"{id}",  "spaces":  "stay"}}"#);
    shop.write_cart(FIRST, id, 7, browser.owner, &stored).await;

    let answer = shop.get(&by_id(id), &browser.cookies).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &stored));
    assert_eq!(answer.header("etag"), format!("\"{FIRST}-7\""));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");

    let held = [
        ("cookie", browser.cookies.as_str()),
        ("if-none-match", answer.header("etag")),
    ];
    let again = shop.ask(&by_id(id), &held).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (304, ""));
}

#[tokio::test]
async fn no_answer_is_run_by_a_browser_whatever_became_of_it() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 7, browser.owner, "{}").await;
    for (path, status) in [
        (by_id(id).as_str(), 200),
        (&by_id(Uuid::now_v7()), 404),
        ("/api/queries/products?colour=red", 400),
        ("/api/queries/openapi.json", 200),
        ("/api/queries/no-such-route", 404),
        ("/api/queries/staff/orders", 403),
    ] {
        let answer = shop.get(path, &browser.cookies).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            (
                answer.header("content-security-policy"),
                answer.header("x-content-type-options")
            ),
            ("default-src 'none'; frame-ancestors 'none'", "nosniff"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn somebody_elses_cart_is_not_found_and_neither_is_none() {
    let shop = shop().await;
    let (mine, other, id) = (shop.browser().await, shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, other.owner, &cart_body(id, 1, &[]))
        .await;

    let path = by_id(id);
    shop.get(&path, &mine.cookies)
        .await
        .assert_problem(404, "not-found");
    // Waited for in vain, as one that is not there: whether it is there is not told.
    for path in [&path, &by_id(Uuid::now_v7())] {
        shop.get(&format!("{path}?min-version=1"), &mine.cookies)
            .await
            .assert_problem(503, "view-behind");
    }
    shop.get(&by_id(Uuid::now_v7()), &mine.cookies)
        .await
        .assert_problem(404, "not-found");
    shop.get("/api/queries/carts/mine", &mine.cookies)
        .await
        .assert_problem(404, "not-found");
    assert_eq!(shop.get(&path, &other.cookies).await.status, 200);
}

#[tokio::test]
async fn whoever_has_lost_the_session_is_known_by_the_guest_cookie() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, browser.owner, "{}").await;
    shop.name_cart(FIRST, browser.owner, id).await;
    assert!(shop.flush("session:*").await > 0);
    assert_eq!(shop.get(&by_id(id), &browser.cookies).await.status, 200);
    assert_eq!(shop.get(CURRENT, &browser.cookies).await.status, 200);

    let (session, guest) = browser.cookies.split_once("; ").unwrap();
    assert_eq!(shop.get(&by_id(id), guest).await.status, 200);
    for nobody in ["", session, "guest=forged.signature"] {
        shop.get(&by_id(id), nobody)
            .await
            .assert_problem(401, "no-session");
        shop.get(CURRENT, nobody).await.assert_problem(401, "no-session");
        shop.get("/api/queries/live", nobody)
            .await
            .assert_problem(401, "no-session");
    }
}

#[tokio::test]
async fn sessions_may_live_in_a_redis_of_their_own() {
    let url = shop::redis_url();
    let elsewhere = format!("{}/0", url.trim_end_matches('/'));
    let shop = unbuilt(&url, &["--sessions-redis-url", &elsewhere]).await;
    shop.build_all().await;
    assert_eq!(shop.checks.report().await.1["sessions"], "ok");
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, browser.owner, "{}").await;
    assert_eq!(shop.get(&by_id(id), &browser.cookies).await.status, 200);
    shop.get(&by_id(id), "").await.assert_problem(401, "no-session");
}

#[tokio::test]
async fn a_version_that_is_on_its_way_is_waited_for() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, browser.owner, &cart_body(id, 1, &[]))
        .await;
    for (path, announced) in [
        (format!("{}?min-version=2", by_id(id)), true),
        (format!("{}?after={id}:3", by_id(id)), false),
        (format!("{CURRENT}?after={id}:4"), true),
    ] {
        let version = path.bytes().last().map(|digit| i64::from(digit - b'0')).unwrap();
        let asked = shop.get(&path, &browser.cookies);
        let written = async {
            eventually("the request waits", async || {
                shop.app.wakes.listening(Topic::Cart(id)) == 1
            })
            .await;
            shop.name_cart(FIRST, browser.owner, id).await;
            shop.write_cart(FIRST, id, version, browser.owner, &cart_body(id, version, &[]))
                .await;
            if announced {
                shop.announce_cart(id, version, browser.owner).await;
            }
        };
        let (answer, ()) = tokio::join!(asked, written);
        assert_eq!(
            (answer.status.as_u16(), answer.json()["version"].as_i64()),
            (200, Some(version)),
            "{path}"
        );
        assert_eq!(shop.app.wakes.listening(Topic::Cart(id)), 0);
    }
}

#[tokio::test]
async fn a_view_that_stays_behind_is_said_to_be_behind() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    let path = format!("{}?min-version=2", by_id(id));
    let began = Instant::now();
    // A cart that the view has never seen is not "not found" to whoever has just written it.
    let unseen = shop.get(&path, &browser.cookies).await;
    unseen.assert_problem(503, "view-behind");
    assert_eq!(unseen.header("retry-after"), "1");
    assert!(
        (1..=3).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );

    shop.write_cart(FIRST, id, 1, browser.owner, "{}").await;
    shop.name_cart(FIRST, browser.owner, id).await;
    shop.get(&path, &browser.cookies)
        .await
        .assert_problem(503, "view-behind");
    shop.get(&format!("{CURRENT}?after={id}:2"), &browser.cookies)
        .await
        .assert_problem(503, "view-behind");
    shop.get(&format!("{CURRENT}?after={}:1", MUG.sku), &browser.cookies)
        .await
        .assert_problem(503, "view-behind");
    shop.get(&format!("{CURRENT}?after=mug"), &browser.cookies)
        .await
        .assert_problem(400, "validation");
    shop.get(&format!("{path}&surprise=1"), &browser.cookies)
        .await
        .assert_problem(400, "validation");
}

#[tokio::test]
async fn the_current_cart_is_nothing_then_the_one_that_is_named() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    let none = shop.get(CURRENT, &browser.cookies).await;
    assert_eq!((none.status.as_u16(), none.body.as_str()), (204, ""));

    // The cart is there and is not named yet: whoever has just opened it is not told that there is none.
    shop.write_cart(FIRST, id, 1, browser.owner, &cart_body(id, 1, &[]))
        .await;
    assert_eq!(shop.get(CURRENT, &browser.cookies).await.status, 204);
    shop.get(&format!("{CURRENT}?after={id}:1"), &browser.cookies)
        .await
        .assert_problem(503, "view-behind");
    shop.name_cart(FIRST, browser.owner, id).await;
    let named = shop
        .get(&format!("{CURRENT}?after={id}:1"), &browser.cookies)
        .await;
    assert_eq!(
        (named.status.as_u16(), named.header("etag")),
        (200, format!("\"{FIRST}-1\"").as_str())
    );
}

#[tokio::test]
async fn a_cart_that_is_named_before_it_has_arrived_is_waited_for() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.name_cart(FIRST, browser.owner, id).await;
    let asked = shop.get(CURRENT, &browser.cookies);
    let written = async {
        let waits = async || shop.app.wakes.listening(Topic::Shopper(browser.owner)) == 1;
        eventually("the request waits", waits).await;
        shop.write_cart(FIRST, id, 1, browser.owner, &cart_body(id, 1, &[]))
            .await;
        shop.announce_cart(id, 1, browser.owner).await;
    };
    let (answer, ()) = tokio::join!(asked, written);
    assert_eq!(
        (answer.status.as_u16(), answer.json()["id"].as_str()),
        (200, Some(id.to_string().as_str()))
    );
}

#[tokio::test]
async fn an_emptied_redis_never_looks_like_an_empty_shop() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, browser.owner, "{}").await;
    shop.name_cart(FIRST, browser.owner, id).await;
    shop.write_product(FIRST, &MUG).await;
    assert_eq!(shop.get(&by_id(id), &browser.cookies).await.status, 200);
    let listed = "/api/queries/products?after=KIT-MUG:1";
    assert_eq!(shop.get(listed, "").await.json()["total"], 1);

    // The generations are still known to the API when it is asked.
    assert!(shop.flush("*").await >= 6);
    for path in [
        by_id(id),
        format!("{}?min-version=1", by_id(id)),
        CURRENT.to_owned(),
        format!("{CURRENT}?after={id}:1"),
        "/api/queries/products/KIT-MUG".to_owned(),
        "/api/queries/products/KIT-MUG/open-carts".to_owned(),
        "/api/queries/products/open-carts?sku=KIT-MUG".to_owned(),
    ] {
        let answer = shop.get(&path, &browser.cookies).await;
        answer.assert_problem(503, "view-not-built");
        assert_eq!(answer.header("retry-after"), "1");
    }
    eventually("the list is gone", async || {
        let list = shop.get("/api/queries/products", "").await;
        // Until it is gone it is what it was; it is never an empty one.
        list.status == 503 || {
            assert_eq!(list.json()["total"], 1);
            false
        }
    })
    .await;
    shop.get("/api/queries/products", "")
        .await
        .assert_problem(503, "view-not-built");
    let (ready, checks) = shop.checks.report().await;
    assert_eq!(
        (ready, checks["view carts"].as_str()),
        (false, "the view is not built")
    );

    let next = FIRST + 60;
    shop.write_cart(next, id, 1, browser.owner, "{}").await;
    shop.name_cart(next, browser.owner, id).await;
    shop.build(View::Carts, next).await;
    let rebuilt = shop.get(&by_id(id), &browser.cookies).await;
    assert_eq!(
        (rebuilt.status.as_u16(), rebuilt.header("etag")),
        (200, format!("\"{next}-1\"").as_str())
    );
}

#[tokio::test]
async fn the_next_generation_is_read_as_soon_as_the_last_is_gone() {
    let shop = shop().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 3, browser.owner, &cart_body(id, 3, &[]))
        .await;
    assert_eq!(shop.get(&by_id(id), &browser.cookies).await.status, 200);
    let next = FIRST + 60;
    shop.write_cart(next, id, 4, browser.owner, &cart_body(id, 4, &[]))
        .await;
    shop.name_cart(next, browser.owner, id).await;
    shop.build(View::Carts, next).await;
    let () = shop.redis.clone().del(shop.keys.cart(FIRST, id)).await.unwrap();
    for path in [by_id(id), CURRENT.to_owned()] {
        assert_eq!(shop.get(&path, &browser.cookies).await.json()["version"], 4);
    }
}

#[tokio::test]
async fn without_redis_the_answer_comes_soon_and_says_so() {
    let (proxy, url) = Proxy::before(&shop::redis_url()).await;
    let shop = unbuilt(&url, &[]).await;
    shop.build_all().await;
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    shop.write_cart(FIRST, id, 1, browser.owner, "{}").await;
    let paths = [
        by_id(id),
        CURRENT.to_owned(),
        "/api/queries/products/KIT-MUG".to_owned(),
    ];

    for way in [Way::Cut, Way::Held] {
        proxy.set(way);
        for path in &paths {
            let began = Instant::now();
            shop.get(path, &browser.cookies)
                .await
                .assert_problem(503, "unavailable");
            assert!(
                began.elapsed().as_millis() < 3_500,
                "{way:?} {path} {:?}",
                began.elapsed()
            );
        }
        eventually("the list is too old to show", async || {
            shop.get("/api/queries/products", "").await.status == 503
        })
        .await;
        eventually("it is not ready", async || !shop.checks.report().await.0).await;
        proxy.set(Way::Open);
        eventually("it answers again", async || {
            shop.get(&by_id(id), &browser.cookies).await.status == 200
        })
        .await;
        eventually("it is ready again", async || shop.checks.report().await.0).await;
    }

    // A firewall forgot the connections: nobody closes them, and new ones work.
    proxy.strand();
    shop.get(&by_id(id), &browser.cookies)
        .await
        .assert_problem(503, "unavailable");
    let after_one_limit = shop.get(&by_id(id), &browser.cookies).await;
    assert_eq!(after_one_limit.status, 200);
    eventually("the list is there again", async || {
        shop.get("/api/queries/products", "").await.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_shopper_who_asks_too_much_is_told_when_to_come_again() {
    let shop = unbuilt(&shop::redis_url(), &["--rate-limit-per-second", "2"]).await;
    shop.build_all().await;
    let (greedy, other) = (shop.browser().await, shop.browser().await);
    let mut refused = None;
    for _ in 0..20 {
        let answer = shop.get(CURRENT, &greedy.cookies).await;
        refused = refused.or((answer.status == 429).then_some(answer));
    }
    let refused = refused.expect("one of twenty requests at once is too many for two a second");
    refused.assert_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(shop.get(CURRENT, &other.cookies).await.status, 204);
}
