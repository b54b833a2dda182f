//! Lists of orders, read from a real Redis: whose, in which order, and how fresh.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use query_api::wakes::Topic;
use read_model::View;
use read_model::order::{OrderState, StateList};
use redis::AsyncCommands;
use session::{Member, Role, Roles};
use shop::orders::Order;
use shop::{Answer, FIRST, STAFF, eventually, shop};
use uuid::Uuid;

const MINE: &str = "/api/queries/orders";
const EVERYBODYS: &str = "/api/queries/staff/orders";

/// The ids on a page.
fn ids(answer: &Answer) -> Vec<Uuid> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let page = answer.json();
    let orders = page["orders"].as_array().unwrap();
    orders
        .iter()
        .map(|order| order["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_shopper_lists_own_orders_newest_first_page_by_page() {
    let shop = shop().await;
    let (browser, other) = (shop.browser().await, shop.browser().await);
    assert_eq!(ids(&shop.get(MINE, &browser.cookies).await), [] as [Uuid; 0]);
    // Positions, not ids, say which is newest.
    let orders = [10, 30, 20, 50, 40].map(|place| Order {
        place,
        ..Order::of(&browser)
    });
    for order in &orders {
        shop.write_order(order).await;
    }
    shop.write_order(&Order {
        place: 35,
        ..Order::of(&other)
    })
    .await;
    let newest_first = [3, 4, 1, 2, 0].map(|at: usize| orders[at].id);

    let whole = shop.get(MINE, &browser.cookies).await;
    assert_eq!(ids(&whole), newest_first);
    assert!(whole.json()["next"].is_null());
    assert_eq!(whole.header("cache-control"), "no-store");
    assert!(
        whole.body.contains(&orders[3].summary()),
        "the stored bytes: {}",
        whole.body
    );

    let (mut seen, mut path) = (vec![], format!("{MINE}?limit=2"));
    loop {
        let page = shop.get(&path, &browser.cookies).await;
        seen.extend(ids(&page));
        let Some(next) = page.json()["next"].as_str().map(str::to_owned) else {
            break;
        };
        path = format!("{MINE}?limit=2&cursor={next}");
        // One that is placed meanwhile moves nothing.
        shop.write_order(&Order {
            place: 60,
            ..Order::of(&browser)
        })
        .await;
    }
    assert_eq!(seen, newest_first);

    shop.get(MINE, "").await.assert_problem(401, "no-session");
    for query in ["limit=0", "limit=101", "cursor=x", "state=confirmed"] {
        shop.get(&format!("{MINE}?{query}"), &browser.cookies)
            .await
            .assert_problem(400, "validation");
    }
}

#[tokio::test]
async fn a_list_waits_for_what_was_just_placed() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    let path = format!("{MINE}?after={}:1,payment/{}:1", order.id, order.id);
    let asked = shop.get(&path, &browser.cookies);
    let written = async {
        let waits = async || shop.app.wakes.listening(Topic::Order(order.id)) == 1;
        eventually("the request waits", waits).await;
        shop.write_order(&order).await;
        shop.announce_order(&order).await;
    };
    let (answer, ()) = tokio::join!(asked, written);
    assert_eq!(ids(&answer), [order.id]);
}

#[tokio::test]
async fn an_order_that_is_listed_before_it_is_written_is_left_out() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let (there, coming) = (
        Order::of(&browser),
        Order {
            place: 2,
            ..Order::of(&browser)
        },
    );
    shop.write_order(&there).await;
    let key = shop.keys.orders_of(FIRST, browser.owner);
    let () = shop
        .redis
        .clone()
        .zadd(key, coming.id.to_string(), 2)
        .await
        .unwrap();
    assert_eq!(ids(&shop.get(MINE, &browser.cookies).await), [there.id]);
}

#[tokio::test]
async fn staff_list_everybodys_orders_by_state_and_nobody_else_does() {
    let shop = shop().await;
    let (one, other) = (shop.browser().await, shop.browser().await);
    let unpaid = Order::of(&one);
    let paid = Order {
        state: OrderState::Confirmed,
        place: 2,
        ..Order::of(&other)
    };
    let sent_back = Order {
        state: OrderState::Delivered,
        place: 3,
        ..Order::of(&one)
    };
    for order in [&unpaid, &paid, &sent_back] {
        shop.write_order(order).await;
    }
    shop.list_order(&sent_back, &[StateList::ReturnRequested]).await;
    for (query, expected) in [
        ("", vec![sent_back.id, paid.id, unpaid.id]),
        ("?state=awaiting-payment", vec![unpaid.id]),
        ("?state=confirmed", vec![paid.id]),
        ("?state=delivered", vec![sent_back.id]),
        ("?state=return-requested", vec![sent_back.id]),
        ("?state=shipped", vec![]),
        ("?limit=1", vec![sent_back.id]),
    ] {
        let page = shop.ask(&format!("{EVERYBODYS}{query}"), &[STAFF]).await;
        assert_eq!(ids(&page), expected, "{query}");
    }
    let page = shop.ask(&format!("{EVERYBODYS}?limit=2"), &[STAFF]).await.json();
    let rest = format!("{EVERYBODYS}?cursor={}", page["next"].as_str().unwrap());
    assert_eq!(ids(&shop.ask(&rest, &[STAFF]).await), [unpaid.id]);

    for wrong in ["state=all", "state=paid", "limit=0", "key=x"] {
        shop.ask(&format!("{EVERYBODYS}?{wrong}"), &[STAFF])
            .await
            .assert_problem(400, "validation");
    }
    let cookie = ("cookie", one.cookies.as_str());
    shop.ask(EVERYBODYS, &[]).await.assert_problem(401, "no-session");
    shop.ask(EVERYBODYS, &[cookie])
        .await
        .assert_problem(403, "forbidden");
    for nobodys in [
        &[("authorization", "Bearer ")][..],
        &[("authorization", "Basic c3RhZmY6dG9rZW4=")],
        &[("authorization", "the-staff-token-for-development-alone")],
        &[
            ("authorization", "Bearer the-staff-token-for-development-alone2"),
            cookie,
        ],
    ] {
        let refused = shop.ask(EVERYBODYS, nobodys).await;
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        refused.assert_problem(401, "bad-credentials");
    }
}

#[tokio::test]
async fn an_emptied_redis_never_looks_like_a_shop_without_orders() {
    let shop = shop().await;
    let browser = shop.browser().await;
    let order = Order::of(&browser);
    shop.write_order(&order).await;
    assert_eq!(ids(&shop.get(MINE, &browser.cookies).await), [order.id]);
    assert!(shop.flush("*").await >= 4);
    for path in [
        order.path(),
        format!("{}?min-version=1", order.path()),
        MINE.to_owned(),
    ] {
        shop.get(&path, &browser.cookies)
            .await
            .assert_problem(503, "view-not-built");
    }
    shop.ask(EVERYBODYS, &[STAFF])
        .await
        .assert_problem(503, "view-not-built");
    let unready = async || shop.checks.report().await.1["view orders"] == "the view is not built";
    eventually("it is not ready", unready).await;

    let next = FIRST + 60;
    shop.write_order_in(next, &order).await;
    shop.build(View::Orders, next).await;
    let rebuilt = shop.get(&order.path(), &browser.cookies).await;
    assert_eq!(
        (rebuilt.status.as_u16(), rebuilt.header("etag")),
        (200, format!("\"{}\"", order.tag(next)).as_str())
    );
    assert_eq!(ids(&shop.get(MINE, &browser.cookies).await), [order.id]);
}

#[tokio::test]
async fn staff_without_a_second_factor_are_told_where_to_set_one_up() {
    let shop = shop().await;
    let roles = Roles::SHOPPER.with(Role::Staff);
    let account = Uuid::now_v7();
    let alone = Member {
        account,
        roles,
        epoch: 1,
        second_factor: false,
    };
    let set = shop.sessions.sign_in("", alone, "").await.unwrap();
    let cookies = set[0].split(';').next().unwrap();
    let refused = shop.get(EVERYBODYS, cookies).await;
    refused.assert_problem(403, "second-factor-required");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("/account/security"), "{detail}");
    assert_eq!(
        shop.get(MINE, cookies).await.status,
        200,
        "and shop like everybody"
    );
}
