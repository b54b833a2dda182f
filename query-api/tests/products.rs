//! Products, read from a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use query_api::wakes::Topic;
use redis::AsyncCommands;
use serde_json::json;
use shop::{FIRST, MUG, Product, Shop, eventually, shop};

const LIST: &str = "/api/queries/products";

const POT: Product = Product {
    sku: "KIT-POT",
    name: "Teapot",
    price: 4_200,
    available: 0,
    ..MUG
};
const LAMP: Product = Product {
    sku: "OFF-LAMP",
    name: "Desk lamp",
    category: "office",
    price: 5_900,
    available: 3,
    ..MUG
};
const GONE: Product = Product {
    sku: "KIT-GONE",
    name: "Old mug",
    listed: false,
    ..MUG
};

async fn stocked() -> Shop {
    let shop = shop().await;
    for product in [MUG, POT, LAMP, GONE] {
        shop.write_product(FIRST, &product).await;
    }
    shop.announce_products().await;
    eventually("the catalogue is full", async || {
        shop.get(LIST, "").await.json()["total"] == 3
    })
    .await;
    shop
}

#[tokio::test]
async fn a_list_is_made_of_the_stored_bytes_and_counts_its_facets() {
    let shop = stocked().await;
    let answer = shop
        .get(
            &format!("{LIST}?q=m&category=kitchen&sort=price-asc&currency=EUR"),
            "",
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=0, must-revalidate"
    );
    assert!(
        answer
            .body
            .starts_with(&format!(r#"{{"items":[{}],"total":1,"next":null,"#, MUG.body())),
        "{}",
        answer.body
    );
    let list = answer.json();
    assert_eq!(
        list["facets"]["category"],
        json!([{"value":"kitchen","count":1},{"value":"office","count":0}])
    );
    assert_eq!(
        list["facets"]["price"][1],
        json!({"from":1000,"to":2499,"count":1})
    );
    assert_eq!(
        list["facets"]["availability"][0],
        json!({"value":"in-stock","count":1})
    );

    let held = shop.ask(LIST, &[("if-none-match", answer.header("etag"))]).await;
    assert_eq!((held.status.as_u16(), held.body.as_str()), (304, ""));
}

/// A strong tag is of the very bytes.
#[tokio::test]
async fn a_list_is_compressed_for_whom_takes_that_and_its_tag_is_weak_then() {
    let shop = stocked().await;
    let ask = async |headers: &[(&str, &str)]| shop.bytes_of(LIST, headers).await.0;
    let (plain, small) = (
        ask(&[("accept-encoding", "gzip")]).await,
        ask(&[("accept-encoding", "br")]).await,
    );
    let tag = plain.headers["etag"].to_str().unwrap();
    assert!(
        !plain.headers.contains_key("content-encoding") && tag.starts_with('"'),
        "{plain:?}"
    );
    assert_eq!(small.headers["content-encoding"], "br");
    assert_eq!(small.headers["etag"].to_str().unwrap(), format!("W/{tag}"));
    assert_eq!(small.headers["vary"], "accept-encoding");
    let weak = format!("W/{tag}");
    let held = ask(&[("accept-encoding", "br"), ("if-none-match", &weak)]).await;
    assert_eq!(held.status, 304);
}

#[tokio::test]
async fn a_search_that_has_no_words_finds_nothing_and_no_search_finds_all() {
    let shop = stocked().await;
    // The last of them nobody sees.
    for q in ["%F0%9F%8D%B5", "---", "%26", "%E2%80%8B", "%C2%AD", "%CC%81"] {
        let page = shop.get(&format!("{LIST}?q={q}"), "").await.json();
        assert_eq!(
            (&page["total"], &page["items"], &page["without_words"]),
            (&0.into(), &serde_json::json!([]), &true.into()),
            "{q}"
        );
        assert_eq!(page["nearest"].as_array().unwrap().len(), 2, "{q}");
    }
    for q in ["", "%20", "%E3%80%80"] {
        assert_eq!(
            shop.get(&format!("{LIST}?q={q}"), "").await.json()["total"],
            3,
            "{q}"
        );
    }
}

#[tokio::test]
async fn what_is_not_found_as_it_is_typed_is_found_all_the_same() {
    let shop = stocked().await;
    for (q, sku) in [
        ("mugs", "KIT-MUG"),
        ("stonware", "KIT-MUG"),
        ("stone%20ware", "KIT-MUG"),
        ("cup", "KIT-MUG"),
        ("tea%20pots", "KIT-POT"),
        ("desk-lamps", "OFF-LAMP"),
        ("kit%20pot", "KIT-POT"),
    ] {
        let page = shop.get(&format!("{LIST}?q={q}"), "").await.json();
        assert_eq!(
            (&page["total"], &page["items"][0]["sku"]),
            (&1.into(), &sku.into()),
            "{q}"
        );
    }
}

#[tokio::test]
async fn a_search_that_its_filters_leave_empty_says_what_there_is_elsewhere() {
    let shop = stocked().await;
    let page = shop
        .get(&format!("{LIST}?q=lamps&category=kitchen"), "")
        .await
        .json();
    assert_eq!((&page["total"], &page["elsewhere"]), (&0.into(), &1.into()));
    assert_eq!(page["nearest"][0]["sku"], "OFF-LAMP");
    let page = shop.get(&format!("{LIST}?q=bicycle"), "").await.json();
    assert_eq!(
        (&page["total"], &page["elsewhere"]),
        (&0.into(), &serde_json::Value::Null)
    );
    // The newest that can be had: the teapot is sold out.
    assert_eq!(page["nearest"].as_array().unwrap().len(), 2);
    let page = shop.get(&format!("{LIST}?q=mug"), "").await.json();
    assert_eq!(
        (&page["nearest"], &page["without_words"]),
        (&json!([]), &false.into())
    );
}

#[tokio::test]
async fn pages_are_followed_by_their_cursor() {
    let shop = stocked().await;
    let mut seen = vec![];
    let mut path = format!("{LIST}?sort=price-desc&currency=EUR&limit=1");
    loop {
        let page = shop.get(&path, "").await.json();
        assert_eq!(page["total"], 3);
        seen.push(page["items"][0]["sku"].as_str().unwrap().to_owned());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{LIST}?sort=price-desc&currency=EUR&limit=1&cursor={next}");
    }
    assert_eq!(seen, ["OFF-LAMP", "KIT-POT", "KIT-MUG"]);
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let shop = stocked().await;
    let many = |parameter: &str, count| vec![parameter; count].join("&");
    for (query, field) in [
        (many("sku=KIT-MUG", 101).as_str(), "sku"),
        (many("category=kitchen", 21).as_str(), "category"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("sort=up", "sort"),
        ("min-price=cheap", "min-price"),
        // Amounts of different currencies are not compared by their digits.
        ("min-price=100", "currency"),
        ("max-price=100", "currency"),
        ("sort=price-asc", "currency"),
        ("sort=price-desc", "currency"),
        ("currency=euro", "currency"),
        ("sku=KIT-MUG&currency=EUR", "query"),
        ("in-stock=maybe", "in-stock"),
        ("cursor=x", "cursor"),
        ("colour=red", "query"),
        ("sku=kit-mug", "sku"),
        ("sku=KIT-MUG&q=mug", "query"),
    ] {
        let answer = shop.get(&format!("{LIST}?{query}"), "").await;
        answer.assert_problem(400, "validation");
        assert_eq!(answer.json()["violations"][0]["field"], field, "{query}");
    }
    shop.get(&format!("{LIST}?q={}", "a".repeat(9_000)), "")
        .await
        .assert_problem(414, "uri-too-long");
    shop.get("/api/queries/nothing", "")
        .await
        .assert_problem(404, "not-found");
    let request = axum::http::Request::post(LIST)
        .body(axum::body::Body::empty())
        .unwrap();
    let posted = shop.send(request).await;
    posted.assert_problem(405, "method-not-allowed");
    assert_eq!(posted.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_product_is_found_by_its_sku_on_sale_or_not() {
    let shop = stocked().await;
    let mug = shop.get(&format!("{LIST}/KIT-MUG"), "").await;
    assert_eq!((mug.status.as_u16(), mug.body), (200, MUG.body()));
    assert_eq!(
        shop.get(&format!("{LIST}/KIT-GONE"), "").await.json()["listed"],
        false
    );
    for nothing in ["KIT-NONE", "kit-mug", "%20"] {
        shop.get(&format!("{LIST}/{nothing}"), "")
            .await
            .assert_problem(404, "not-found");
    }
    let named = shop
        .get(
            &format!("{LIST}?sku=OFF-LAMP&sku=KIT-NONE&sku=KIT-GONE&limit=100"),
            "",
        )
        .await
        .json();
    let skus: Vec<_> = named["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["sku"].as_str().unwrap())
        .collect();
    assert_eq!(
        (skus, named["total"].as_u64()),
        (vec!["OFF-LAMP", "KIT-GONE"], Some(2))
    );
}

#[tokio::test]
async fn stock_without_a_product_is_no_product() {
    let shop = stocked().await;
    let key = shop.keys.product(FIRST, "KIT-EARLY");
    let fields = [
        ("body", ""),
        ("versions", r#"{"product":0,"stock-item":2}"#),
        ("rev", "9"),
    ];
    let () = shop.redis.clone().hset_multiple(&key, &fields).await.unwrap();
    let () = shop
        .redis
        .clone()
        .zadd(shop.keys.products_changed(FIRST), "KIT-EARLY", 9)
        .await
        .unwrap();
    let () = shop
        .redis
        .clone()
        .set(shop.keys.products_revision(FIRST), 9)
        .await
        .unwrap();
    shop.get(&format!("{LIST}/KIT-EARLY"), "")
        .await
        .assert_problem(404, "not-found");
    // What can be waited for is there all the same.
    let after = shop
        .get(&format!("{LIST}?after=stock-item/KIT-EARLY:2"), "")
        .await;
    assert_eq!((after.status.as_u16(), &after.json()["total"]), (200, &json!(3)));
}

#[tokio::test]
async fn a_change_is_in_the_list_once_it_was_waited_for() {
    let shop = stocked().await;
    let before = shop.get(LIST, "").await;
    for (path, version) in [
        (format!("{LIST}?q=mug&after=KIT-MUG:2"), 2),
        (format!("{LIST}/KIT-MUG?min-version=3"), 3),
    ] {
        let written = async {
            eventually("the request waits", async || {
                shop.app.wakes.listening(Topic::Products) == 1
            })
            .await;
            shop.write_product(
                FIRST,
                &Product {
                    price: 1_000 + version,
                    version,
                    ..MUG
                },
            )
            .await;
            shop.announce_products().await;
        };
        let (answer, ()) = tokio::join!(shop.get(&path, ""), written);
        let body = answer.json();
        let mug = body.get("items").map_or(&body, |items| &items[0]);
        assert_eq!(
            (answer.status.as_u16(), mug["price"]["minor"].as_i64()),
            (200, Some(1_000 + version))
        );
    }
    let etag = before.header("etag").to_owned();
    assert_eq!(shop.ask(LIST, &[("if-none-match", &etag)]).await.status, 200);
    shop.get(&format!("{LIST}?after=KIT-MUG:9"), "")
        .await
        .assert_problem(503, "view-behind");
    shop.get(&format!("{LIST}/KIT-MUG?min-version=9"), "")
        .await
        .assert_problem(503, "view-behind");
}

#[tokio::test]
async fn a_change_that_nobody_announced_is_found_soon() {
    let shop = stocked().await;
    shop.write_product(
        FIRST,
        &Product {
            sku: "KIT-CUP",
            name: "Cup",
            ..MUG
        },
    )
    .await;
    eventually("the cup is listed", async || {
        shop.get(&format!("{LIST}?q=cup"), "").await.json()["total"] == 1
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_has_forgotten_its_last_second_is_followed_back() {
    let shop = stocked().await;
    shop.write_product(
        FIRST,
        &Product {
            price: 99,
            version: 2,
            ..MUG
        },
    )
    .await;
    let price = async || {
        shop.get(&format!("{LIST}?sku=KIT-MUG"), "").await.json()["items"][0]["price"]["minor"].clone()
    };
    eventually("the new price is seen", async || price().await == 99).await;
    // As it was before, revision and all.
    let fields = [
        ("body", MUG.body()),
        ("versions", r#"{"product":1,"stock-item":1}"#.to_owned()),
    ];
    let () = shop
        .redis
        .clone()
        .hset_multiple(shop.keys.product(FIRST, MUG.sku), &fields)
        .await
        .unwrap();
    let () = shop
        .redis
        .clone()
        .zadd(shop.keys.products_changed(FIRST), MUG.sku, 1)
        .await
        .unwrap();
    let () = shop
        .redis
        .clone()
        .set(shop.keys.products_revision(FIRST), 4)
        .await
        .unwrap();
    eventually("the old price is back", async || price().await == 1_450).await;
}

#[tokio::test]
async fn products_on_sale_that_are_called_alike_are_found_in_spite_of_typos() {
    let shop = stocked().await;
    let skus = async |title: &str| -> Vec<String> {
        let answer = shop
            .get(&format!("{LIST}/similar?title={title}&limit=2"), "")
            .await;
        assert_eq!(answer.status, 200);
        let items = answer.json()["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| item["sku"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(skus("a%20lamp%20for%20my%20dsek").await, ["OFF-LAMP"]);
    assert_eq!(skus("bicycle").await, [""; 0]);
    // It is not on sale any more, and the other mug is not so much alike.
    assert_eq!(skus("old").await, [""; 0]);
    for wrong in [
        "limit=0",
        "title=a&limit=21",
        &format!("title={}", "a".repeat(201)),
    ] {
        shop.get(&format!("{LIST}/similar?{wrong}"), "")
            .await
            .assert_problem(400, "validation");
    }

    // A product that was renamed is found by its new name alone.
    let renamed = Product {
        name: "Bicycle bell",
        version: LAMP.version + 1,
        ..LAMP
    };
    shop.write_product(FIRST, &renamed).await;
    shop.announce_products().await;
    eventually("the new name is known", async || {
        skus("bicycle").await == ["OFF-LAMP"]
    })
    .await;
    assert_eq!(skus("lamp").await, [""; 0]);
}

#[tokio::test]
async fn open_carts_are_summed_over_all_parts() {
    let shop = stocked().await;
    let mut redis = shop.redis.clone();
    for (part, mug, lamp) in [
        ("base", 7, 1),
        ("commerce.cart:0", -2, 0),
        ("commerce.cart:5", 1, -1),
    ] {
        let () = redis.sadd(shop.keys.in_carts_parts(FIRST), part).await.unwrap();
        let counts = [("KIT-MUG", mug), ("OFF-LAMP", lamp)];
        let () = redis
            .hset_multiple(shop.keys.in_carts(FIRST, part), &counts)
            .await
            .unwrap();
    }
    let one = shop.get(&format!("{LIST}/KIT-MUG/open-carts"), "").await;
    assert_eq!(
        (one.status.as_u16(), one.json()),
        (200, json!({"sku":"KIT-MUG","carts":6}))
    );
    let some = shop
        .get(
            &format!("{LIST}/open-carts?sku=OFF-LAMP&sku=KIT-MUG&sku=KIT-POT"),
            "",
        )
        .await
        .json();
    let expected = json!({"items":[
        {"sku":"OFF-LAMP","carts":0}, {"sku":"KIT-MUG","carts":6}, {"sku":"KIT-POT","carts":0}
    ]});
    assert_eq!(some, expected);
    shop.get(&format!("{LIST}/KIT-NONE/open-carts"), "")
        .await
        .assert_problem(404, "not-found");
    shop.get(&format!("{LIST}/open-carts"), "")
        .await
        .assert_problem(400, "validation");
}

#[tokio::test]
async fn the_description_is_the_one_that_is_committed() {
    let shop = shop().await;
    let served = shop.get("/api/queries/openapi.json", "").await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi/query-api.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let committed: serde_json::Value = serde_json::from_str(&committed).unwrap_or_default();
    assert_eq!(served.json()["openapi"], "3.1.0");
    assert!(
        served.json() == committed,
        "docs/openapi/query-api.json is old: write it with ./dev generate"
    );
}
