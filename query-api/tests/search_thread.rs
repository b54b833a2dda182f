//! Searches wait for each other and for nobody else, and not too many of them wait.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use std::net::IpAddr;
use std::sync::mpsc::Sender;
use std::time::Duration;

use futures::future::{join_all, select_all};
use query_api::search::thread::{MOST_OF_A_NETWORK, MOST_WAITING};
use shop::{FIRST, MUG, Shop, eventually, shop};
use tokio::sync::oneshot;
use tokio::time::timeout;

const LIST: &str = "/api/queries/products?q=mug";

async fn stocked() -> Shop {
    let shop = shop().await;
    shop.write_product(FIRST, &MUG).await;
    shop.announce_products().await;
    eventually("the mug is found", async || {
        shop.get(LIST, "").await.json()["total"] == 1
    })
    .await;
    shop
}

fn network(number: u8) -> IpAddr {
    IpAddr::from([10, 0, 0, number])
}

/// A search that takes until what is returned is dropped.
async fn held(shop: &Shop) -> Sender<()> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (began, has_begun) = oneshot::channel();
    let searches = shop.app.searches.clone();
    tokio::spawn(async move {
        let wait = move || {
            began.send(()).unwrap();
            let _ = held.recv();
        };
        searches.run(network(255), wait).await
    });
    has_begun.await.unwrap();
    release
}

#[tokio::test]
async fn a_cart_is_read_while_a_search_goes_on() {
    let shop = stocked().await;
    let ada = shop.browser().await;
    let release = held(&shop).await;
    let mut search = Box::pin(shop.get(LIST, ""));
    assert!(timeout(Duration::from_millis(100), &mut search).await.is_err());
    for (path, status) in [
        ("/api/queries/carts/current", 204),
        ("/api/queries/products/KIT-MUG", 200),
        ("/api/queries/products?sku=KIT-MUG", 200),
    ] {
        let answer = timeout(Duration::from_secs(5), shop.get(path, &ada.cookies)).await;
        assert_eq!(
            answer.expect("it does not wait for the search").status,
            status,
            "{path}"
        );
    }
    drop(release);
    assert_eq!(search.await.json()["total"], 1);
}

#[tokio::test]
async fn one_network_has_a_part_of_the_queue() {
    let shop = stocked().await;
    let release = held(&shop).await;
    let asked = (0..=MOST_OF_A_NETWORK).map(|_| Box::pin(shop.get(LIST, "")));
    let (refused, _, others) = select_all(asked).await;
    refused.assert_problem(429, "rate-limited");
    assert_eq!(refused.header("retry-after"), "1");
    drop(release);
    for answer in join_all(others).await {
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_full_queue_says_so() {
    let shop = stocked().await;
    let release = held(&shop).await;
    let networks = (0..MOST_WAITING).map(|number| network(u8::try_from(number / MOST_OF_A_NETWORK).unwrap()));
    let waiting = networks.map(|network| {
        let searches = shop.app.searches.clone();
        tokio::spawn(async move { searches.run(network, || ()).await })
    });
    let waiting: Vec<_> = waiting.collect();
    // Until all of them have taken their places.
    for _ in 0..MOST_WAITING {
        tokio::task::yield_now().await;
    }
    for path in [
        LIST,
        "/api/queries/products/similar?title=mug",
        "/api/queries/requests?q=mug",
    ] {
        let full = shop.get(path, "").await;
        full.assert_problem(503, "overloaded");
        assert_eq!(full.header("retry-after"), "1", "{path}");
    }
    drop(release);
    for found in join_all(waiting).await {
        found.unwrap().unwrap();
    }
    assert_eq!(shop.get(LIST, "").await.status, 200);
}
