//! Who may do what, and from where.

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{Allowed, STAFF, Shop, lines, mug};
use crate::roles::Role;
use crate::router::Limits;

#[tokio::test]
async fn somebody_elses_cart_does_not_exist() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let ((_, cart), (stranger, _)) = (shop.shopper().await, shop.shopper().await);
    let (path, cookie) = (format!("/carts/{cart}/lines"), ("cookie", &*stranger));
    let json = ("content-type", "application/json");
    let unknown = format!("/carts/{}/lines", Uuid::now_v7());
    for (method, path, body) in [
        ("POST", path.clone(), lines("MUG", 1).to_string()),
        // Not even whether a product is known can be told from the answer.
        ("POST", path.clone(), lines("NOPE", 1).to_string()),
        ("PUT", format!("{path}/MUG"), json!({ "quantity": 1 }).to_string()),
        ("DELETE", format!("{path}/MUG"), String::new()),
        ("DELETE", path.clone(), String::new()),
        ("POST", unknown, lines("MUG", 1).to_string()),
    ] {
        let reply = shop.send(method, &path, &[cookie, json], body).await;
        assert_eq!(reply.problem(), (404, "cart-not-found"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_catalogue_belongs_to_staff() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let (cookies, _) = shop.shopper().await;
    let routes = [
        ("POST", "/products", mug()),
        (
            "PUT",
            "/products/MUG/details",
            json!({ "name": "Cup", "description": "", "category": "kitchen" }),
        ),
        (
            "PUT",
            "/products/MUG/price",
            json!({ "price": { "minor": 1, "currency": "EUR" } }),
        ),
        ("POST", "/products/MUG/delist", json!({})),
        ("POST", "/products/MUG/relist", json!({})),
        ("POST", "/stock/MUG/receipts", json!({ "quantity": 3 })),
        (
            "POST",
            "/stock/MUG/adjustments",
            json!({ "delta": -1, "reason": "damaged" }),
        ),
    ];
    for (method, path, body) in &routes {
        for (headers, refused) in [
            (&[][..], (401, "not-signed-in")),
            (&[("cookie", &*cookies)], (403, "forbidden")),
            (&[("authorization", "Bearer wrong")], (401, "bad-credentials")),
        ] {
            let reply = shop.json(method, path, headers, body).await;
            assert_eq!(reply.problem(), refused, "{method} {path}");
        }
    }
    for (method, path, body) in &routes[1..] {
        let reply = shop.json(method, path, &[("authorization", STAFF)], body).await;
        assert_eq!(reply.status, StatusCode::OK, "{method} {path}: {}", reply.body);
    }
    let again = shop
        .json("POST", "/products", &[("authorization", STAFF)], &mug())
        .await;
    assert_eq!(again.problem(), (422, "already-listed"));
    let unknown = shop
        .json(
            "POST",
            "/stock/NOPE/receipts",
            &[("authorization", STAFF)],
            &json!({ "quantity": 3 }),
        )
        .await;
    assert_eq!(unknown.problem(), (422, "unknown-product"));
    let mut wrong = mug();
    wrong["name"] = json!("M\0g");
    wrong["price"] = json!({ "minor": 0, "currency": "EUR" });
    wrong["category"] = json!("Kitchen!");
    let wrong = shop
        .json("POST", "/products", &[("authorization", STAFF)], &wrong)
        .await;
    assert_eq!(wrong.violations(), ["price.minor", "name", "category"]);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let shop = Shop::open().await;
    let (cookies, _) = shop.shopper().await;
    let cookie = ("cookie", &*cookies);
    for foreign in [
        ("origin", "http://evil.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let reply = shop.json("POST", "/carts", &[cookie, foreign], &json!({})).await;
        assert_eq!(reply.problem(), (403, "cross-site"), "{foreign:?}");
    }
    let own = shop
        .json(
            "POST",
            "/carts",
            &[cookie, ("origin", "http://shop.test")],
            &json!({}),
        )
        .await;
    assert_eq!(own.status, StatusCode::OK);
}

#[tokio::test]
async fn no_command_is_taken_from_a_page_of_another_site() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let document = serde_json::to_value(crate::router::routes(&Role::ALL).1).unwrap();
    let mut taken = vec![];
    let mut commands = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys().filter(|method| *method != "get") {
            let path = path
                .strip_prefix("/api/commands")
                .unwrap()
                .replace(['{', '}'], "");
            let headers = [("cookie", &*ada.cookies), ("origin", "http://evil.test")];
            let reply = shop
                .json(&method.to_uppercase(), &path, &headers, &json!({}))
                .await;
            commands += 1;
            if reply.body["type"] != "/problems/cross-site" {
                taken.push(format!("{method} {path}"));
            }
        }
    }
    assert!(commands > 60, "{commands}");
    assert_eq!(taken, [""; 0]);
}

#[tokio::test]
async fn a_guest_whose_session_is_lost_finds_the_cart_and_makes_no_session_with_it() {
    let shop = Shop::open().await;
    let (cookies, cart) = shop.shopper().await;
    let guest = cookies
        .split("; ")
        .find(|cookie| cookie.starts_with("guest="))
        .unwrap();
    let reply = shop
        .json("POST", "/carts", &[("cookie", guest)], &json!({}))
        .await;
    assert_eq!((reply.status, &reply.body["id"]), (StatusCode::OK, &json!(cart)));
    assert_eq!(
        reply.cookies(),
        "",
        "only POST /session makes one, and is limited"
    );
    let begun = shop.send("POST", "/session", &[("cookie", guest)], "").await;
    assert!(begun.cookies().contains("session="), "{}", begun.cookies());
    let forged = format!("guest={}.AAAA", Uuid::now_v7());
    let reply = shop
        .json("POST", "/carts", &[("cookie", &forged)], &json!({}))
        .await;
    assert_eq!(reply.problem(), (401, "no-session"));
}

/// Anybody is as many guests as they like.
#[tokio::test]
async fn the_guests_of_one_network_have_a_limit_together() {
    let shop = Shop::that_allows(Allowed {
        limits: Limits::per_second(1, 10, 1000),
        ..Allowed::default()
    })
    .await;
    let mut guests = vec![];
    for _ in 0..200 {
        let begun = shop.send("POST", "/session", &[], "").await;
        guests.push(begun.cookies());
    }
    let first = std::time::Instant::now();
    let asked = guests.iter().map(|cookies| async {
        let headers = [("cookie", &**cookies), ("x-forwarded-for", "203.0.113.1")];
        shop.send("GET", "/account", &headers, "").await
    });
    let replies = futures::future::join_all(asked).await;
    let refused: Vec<_> = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS)
        .collect();
    // Twenty at once, ten more in each second.
    let allowed = usize::try_from(20 + 10 * (first.elapsed().as_secs() + 1)).unwrap();
    assert!(refused.len() + allowed >= guests.len(), "{}", refused.len());
    assert_eq!(refused[0].problem(), (429, "rate-limited"));
    let elsewhere = [("cookie", &*guests[0]), ("x-forwarded-for", "203.0.113.2")];
    let other = shop.send("GET", "/account", &elsewhere, "").await;
    assert_eq!(other.problem(), (401, "not-signed-in"));
}

#[tokio::test]
async fn too_many_commands_are_told_when_to_come_again() {
    let shop = Shop::that_allows(Allowed {
        limits: Limits::per_second(1, 1000, 1),
        ..Allowed::default()
    })
    .await;
    let (cookies, _) = shop.shopper().await;
    let mut limited = None;
    for _ in 0..3 {
        let reply = shop
            .json("POST", "/carts", &[("cookie", &cookies)], &json!({}))
            .await;
        limited = (reply.status == StatusCode::TOO_MANY_REQUESTS)
            .then_some(reply)
            .or(limited);
    }
    let limited = limited.expect("two in a burst, and no third");
    assert_eq!(limited.problem(), (429, "rate-limited"));
    assert_eq!(limited.headers["retry-after"], "1");
}
