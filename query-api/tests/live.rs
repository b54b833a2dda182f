//! The live stream, over a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use std::time::Duration;

use query_api::wakes::Topic;
use read_model::View;
use session::Roles;
use shop::stream::Answered;
use shop::{Browser, FIRST, MUG, Product, Shop, cart_body, eventually, shop, unbuilt};
use test_proxy::{Proxy, Way};
use uuid::Uuid;

async fn write(shop: &Shop, browser: &Browser, id: Uuid, version: i64, skus: &[&str]) {
    shop.write_cart(FIRST, id, version, browser.owner, &cart_body(id, version, skus))
        .await;
}

async fn with_cart(shop: &Shop) -> (Browser, Uuid) {
    let (browser, id) = (shop.browser().await, Uuid::now_v7());
    write(shop, &browser, id, 1, &[MUG.sku]).await;
    shop.name_cart(FIRST, browser.owner, id).await;
    (browser, id)
}

async fn offered(shop: &Shop, product: &Product) {
    shop.write_product(FIRST, product).await;
    shop.announce_products().await;
    let path = format!(
        "/api/queries/products?sku={}&after={}:{}",
        product.sku, product.sku, product.version
    );
    assert_eq!(shop.get(&path, "").await.status, 200);
}

#[tokio::test]
async fn a_stream_begins_with_what_is_and_goes_on_with_what_changes() {
    let shop = shop().await;
    offered(&shop, &MUG).await;
    let (browser, id) = with_cart(&shop).await;
    let mut stream = shop.stream(&browser).await;

    let cart = stream.next().await.unwrap();
    assert_eq!((cart.name.as_str(), cart.id), ("cart", format!("{FIRST}-1")));
    assert_eq!(cart.data, cart_body(id, 1, &[MUG.sku]));
    let offers = stream.next().await.unwrap();
    assert_eq!(offers.name, "offers");
    assert_eq!(
        offers.data,
        r#"{"products":[{"sku":"KIT-MUG","price":{"minor":1450,"currency":"EUR"},"available":12,"availability":"in-stock","listed":true,"version":1}]}"#
    );

    write(&shop, &browser, id, 2, &[MUG.sku]).await;
    shop.announce_cart(id, 2, browser.owner).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-2"));

    offered(
        &shop,
        &Product {
            price: 990,
            version: 2,
            ..MUG
        },
    )
    .await;
    let offers = stream.next().await.unwrap();
    assert!(
        offers.name == "offers" && offers.data.contains(r#""minor":990"#),
        "{offers:?}"
    );
}

#[tokio::test]
async fn every_connection_begins_with_the_newest_state() {
    let shop = shop().await;
    let (browser, id) = with_cart(&shop).await;
    let mut first = shop.stream(&browser).await;
    assert_eq!(first.next().await.unwrap().id, format!("{FIRST}-1"));
    drop(first);
    write(&shop, &browser, id, 5, &[]).await;
    let mut second = shop.stream(&browser).await;
    assert_eq!(second.next().await.unwrap().id, format!("{FIRST}-5"));
}

#[tokio::test]
async fn a_shopper_without_a_cart_hears_of_the_first_one() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let mut stream = shop.stream(&browser).await;
    assert!(stream.raw().await.starts_with("retry: "));
    let listening = async || shop.app.wakes.listening(Topic::Shopper(browser.owner)) == 1;
    eventually("the stream listens", listening).await;

    let id = Uuid::now_v7();
    write(&shop, &browser, id, 1, &[]).await;
    shop.announce_cart(id, 1, browser.owner).await;
    shop.name_cart(FIRST, browser.owner, id).await;
    shop.announce_cart(id, 0, browser.owner).await;
    assert_eq!(stream.next().await.unwrap().data, cart_body(id, 1, &[]));
}

#[tokio::test]
async fn a_change_that_nobody_announced_is_sent_all_the_same() {
    let shop = shop().await;
    let (browser, id) = with_cart(&shop).await;
    let mut stream = shop.stream(&browser).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-1"));
    write(&shop, &browser, id, 2, &[]).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-2"));
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_state_and_no_older_one_after_it() {
    let shop = shop().await;
    let (browser, id) = with_cart(&shop).await;
    let mut stream = shop.stream(&browser).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-1"));
    // Far more changes than fit between the stream and its reader, who does not read.
    for version in 2..=300 {
        write(&shop, &browser, id, version, &[]).await;
        shop.announce_cart(id, version, browser.owner).await;
    }
    let mut versions = vec![1];
    while *versions.last().unwrap() < 300 {
        let event = stream.next().await.unwrap();
        versions.push(event.id.rsplit('-').next().unwrap().parse().unwrap());
    }
    assert!(
        versions.is_sorted_by(|earlier, later| earlier < later),
        "{versions:?}"
    );
    assert!(
        versions.len() < 300,
        "every single change was sent: the reader was not slow"
    );
}

#[tokio::test]
async fn an_older_state_is_no_news() {
    let shop = shop().await;
    let (browser, id) = with_cart(&shop).await;
    write(&shop, &browser, id, 5, &[]).await;
    let mut stream = shop.stream(&browser).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-5"));
    // A view that is being caught up after a rebuild.
    write(&shop, &browser, id, 4, &[]).await;
    shop.announce_cart(id, 4, browser.owner).await;
    let looked = async || {
        shop.get(&format!("/api/queries/carts/{id}"), &browser.cookies)
            .await
            .header("etag")
            == format!("\"{FIRST}-4\"")
    };
    eventually("the older state is there", looked).await;
    write(&shop, &browser, id, 6, &[]).await;
    shop.announce_cart(id, 6, browser.owner).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-6"));
}

#[tokio::test]
async fn a_stream_outlives_redis_and_the_loss_of_the_views() {
    let (proxy, url) = Proxy::before(&shop::redis_url()).await;
    let shop = unbuilt(&url, &["--live-heartbeat-seconds", "0.05"]).await;
    shop.build_all().await;
    let (browser, id) = with_cart(&shop).await;
    let mut stream = shop.stream(&browser).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-1"));

    proxy.set(Way::Cut);
    write(&shop, &browser, id, 2, &[]).await;
    shop.announce_cart(id, 2, browser.owner).await;
    assert_eq!(stream.raw().await, ": heartbeat\n\n");
    proxy.set(Way::Open);
    assert_eq!(stream.next().await.unwrap().id, format!("{FIRST}-2"));

    // Forgotten by a firewall: nobody closes the connection that announcements come over.
    proxy.strand();
    write(&shop, &browser, id, 3, &[]).await;
    shop.announce_cart(id, 3, browser.owner).await;
    let shown = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
    assert_eq!(shown.unwrap().unwrap().id, format!("{FIRST}-3"));

    assert!(shop.flush("view:*").await > 0);
    let gone = async || {
        shop.get("/api/queries/carts/current", &browser.cookies)
            .await
            .status
            == 503
    };
    eventually("the view is gone", gone).await;
    let next = FIRST + 60;
    shop.write_cart(next, id, 4, browser.owner, &cart_body(id, 4, &[]))
        .await;
    shop.name_cart(next, browser.owner, id).await;
    shop.build(View::Carts, next).await;
    assert_eq!(stream.next().await.unwrap().id, format!("{next}-4"));
}

#[tokio::test]
async fn streams_end_when_the_service_stops_and_when_their_reader_goes() {
    let shop = shop().await;
    let (browser, _) = with_cart(&shop).await;
    let listening = async |count| shop.app.wakes.listening(Topic::Shopper(browser.owner)) == count;
    let mut stays = shop.stream(&browser).await;
    let leaves = shop.stream(&browser).await;
    eventually("both listen", async || listening(2).await).await;
    drop(leaves);
    eventually("one has gone", async || listening(1).await).await;
    stays.next().await.unwrap();
    shop.stop.cancel();
    while stays.next().await.is_some() {}
    eventually("nobody listens", async || listening(0).await).await;
}

#[tokio::test]
async fn there_are_only_so_many_streams() {
    let shop = unbuilt(&shop::redis_url(), &["--live-streams-limit", "1"]).await;
    let (one, other) = (shop.browser().await, shop.browser().await);
    let open = shop.stream(&one).await;
    shop.get("/api/queries/live", &other.cookies)
        .await
        .assert_problem(503, "overloaded");
    drop(open);
    let left = async || shop.app.wakes.listening(Topic::Shopper(one.owner)) == 0;
    eventually("the stream has ended", left).await;
    drop(shop.stream(&other).await);
}

/// Statuses of as many streams of these cookies as are asked for at once, from somewhere, and those that were opened.
async fn at_once(shop: &Shop, count: usize, cookies: &[&str], from: &str) -> (Vec<u16>, Vec<Answered>) {
    let asked = (0..count).map(|number| async move {
        let headers = [
            ("cookie", cookies[number % cookies.len()]),
            ("x-forwarded-for", from),
        ];
        shop.open("/api/queries/live", &headers).await
    });
    let answers = futures::future::join_all(asked).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    (statuses, answers)
}

fn twelve_and(refused: usize) -> Vec<u16> {
    [vec![200; 12], vec![429; refused]].concat()
}

#[tokio::test]
async fn a_shopper_has_twelve_streams_also_when_sixteen_are_opened_at_once() {
    let shop = shop().await;
    let (browser, other) = (shop.browser().await, shop.browser().await);
    let (statuses, _open) = at_once(&shop, 16, &[&browser.cookies], "203.0.113.9").await;
    assert_eq!(statuses, twelve_and(4));
    let refused = shop.get("/api/queries/live", &browser.cookies).await;
    refused.assert_problem(429, "stream-limit");
    assert_eq!(refused.header("retry-after"), "10");
    drop(shop.stream(&other).await);
}

#[tokio::test]
async fn a_network_has_so_many_streams_however_many_shoppers_and_addresses_of_ipv6_it_has() {
    let shop = unbuilt(&shop::redis_url(), &["--live-streams-per-network", "12"]).await;
    let mut browsers = vec![];
    for _ in 0..16 {
        browsers.push(shop.browser().await.cookies);
    }
    let cookies: Vec<&str> = browsers.iter().map(String::as_str).collect();
    let (statuses, _open) = at_once(&shop, 16, &cookies, "2001:db8:7:7::1").await;
    assert_eq!(statuses, twelve_and(4));
    let (statuses, _) = at_once(&shop, 2, &cookies, "2001:db8:7:7:ffff::2").await;
    assert_eq!(statuses, [429, 429]);
    let (statuses, _) = at_once(&shop, 2, &cookies, "2001:db8:7:8::1").await;
    assert_eq!(statuses, [200, 200]);
}

#[tokio::test]
async fn guests_cannot_shut_out_those_who_have_accounts() {
    let shop = unbuilt(&shop::redis_url(), &["--live-streams-limit", "10"]).await;
    let guests = [shop.browser().await.cookies, shop.browser().await.cookies];
    let guests: Vec<&str> = guests.iter().map(String::as_str).collect();
    let (statuses, _open) = at_once(&shop, 12, &guests, "203.0.113.9").await;
    assert_eq!(statuses, [vec![200; 8], vec![503; 4]].concat());
    let member = shop.member(Roles::SHOPPER).await;
    drop(shop.stream(&member).await);
}
