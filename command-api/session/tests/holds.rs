//! What unpaid orders hold, counted in a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

use std::time::Duration;

use session::{Asked, CookieKind, DEVELOPMENT_KEY, GuestKey, Held, Holder, Holds, Sessions};
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);

fn holds() -> Holds {
    let url = std::env::var("TEST_REDIS_URL").expect("TEST_REDIS_URL names no Redis: use ./dev test");
    let key = GuestKey::parse(&DEVELOPMENT_KEY.into()).unwrap();
    let prefix = format!("test:{}:", Uuid::new_v4());
    Holds::of(&Sessions::connect(&url, &prefix, CookieKind::Development, key).unwrap())
}

fn holder(name: &str, most_orders: u32, most_units: u32) -> Holder {
    Holder {
        name: name.to_owned(),
        most_orders,
        most_units,
    }
}

fn order(units: u64) -> Held {
    Held {
        order: Uuid::now_v7(),
        units,
    }
}

#[tokio::test]
async fn an_order_is_counted_for_all_of_its_holders_or_for_none() {
    let holds = holds();
    let (shopper, other) = (holder("shopper", 10, 10), holder("other", 10, 10));
    let network = holder("network", 2, 10);
    let first = order(3);
    let of = |one: &Holder| [one.clone(), network.clone()];
    assert_eq!(holds.hold(first, &of(&shopper), HOUR).await.unwrap(), Asked::Held);
    let second = order(7);
    assert_eq!(holds.hold(second, &of(&other), HOUR).await.unwrap(), Asked::Held);
    let refused = holds.hold(order(7), &of(&shopper), HOUR).await.unwrap();
    let Asked::TooMuch {
        holder,
        by_orders,
        held,
    } = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!((holder, by_orders), (1, true));
    assert_eq!(held, [first, second]);
    // The shopper, whose place it is not, still has room for 7 units.
    let alone = [shopper.clone()];
    assert_eq!(holds.hold(order(7), &alone, HOUR).await.unwrap(), Asked::Held);
    let refused = holds.hold(order(1), &alone, HOUR).await.unwrap();
    assert!(
        matches!(
            refused,
            Asked::TooMuch {
                holder: 0,
                by_orders: false,
                ..
            }
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_is_let_go_is_counted_no_more_however_often_it_is_said() {
    let holds = holds();
    let shopper = [holder("shopper", 10, 10)];
    let (first, second) = (order(4), order(6));
    for held in [first, second] {
        assert_eq!(holds.hold(held, &shopper, HOUR).await.unwrap(), Asked::Held);
    }
    for _ in 0..2 {
        holds.let_go(&[first], &shopper).await.unwrap();
    }
    assert!(matches!(
        holds.hold(order(5), &shopper, HOUR).await.unwrap(),
        Asked::TooMuch { .. }
    ));
    assert_eq!(holds.hold(order(4), &shopper, HOUR).await.unwrap(), Asked::Held);
}

#[tokio::test]
async fn an_order_is_forgotten_when_its_time_is_over() {
    let holds = holds();
    let shopper = [holder("shopper", 2, 10)];
    let brief = Duration::from_millis(1);
    for (units, life) in [(4, HOUR), (6, brief)] {
        assert_eq!(
            holds.hold(order(units), &shopper, life).await.unwrap(),
            Asked::Held
        );
    }
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while holds.hold(order(6), &shopper, HOUR).await.unwrap() != Asked::Held {
        assert!(std::time::Instant::now() < until, "it is counted for ever");
    }
    assert!(matches!(
        holds.hold(order(1), &shopper, HOUR).await.unwrap(),
        Asked::TooMuch { .. }
    ));
}
