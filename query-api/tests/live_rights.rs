//! Live streams end soon after their reader has lost the right to them, over a real Redis.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use session::{PublishedKey, Role, Roles};
use shop::orders::Order;
use shop::stream::Stream;
use shop::{Browser, FIRST, Shop, cart_body, shop};
use uuid::Uuid;

const LIVE: &str = "/api/queries/live";

/// Somebody with a cart, of which every stream of theirs begins to tell.
async fn member(shop: &Shop, roles: Roles) -> Browser {
    let (browser, cart) = (shop.member(roles).await, Uuid::now_v7());
    let body = cart_body(cart, 1, &[]);
    shop.write_cart(FIRST, cart, 1, browser.owner, &body).await;
    shop.name_cart(FIRST, browser.owner, cart).await;
    browser
}

/// The stream has begun.
async fn begun(mut stream: Stream) -> Stream {
    stream.next().await.expect("it begins with what is");
    stream
}

async fn ends(mut stream: Stream) {
    // Nothing else is told: each wait for something has a limit.
    while stream.next().await.is_some() {}
}

async fn by_key(shop: &Shop, key: &str) -> Stream {
    let bearer = format!("Bearer {key}");
    begun(shop.stream_by(LIVE, ("authorization", &bearer)).await).await
}

#[tokio::test]
async fn the_streams_of_a_session_end_with_it_and_others_go_on() {
    let shop = shop().await;
    let (ada, eve) = (
        member(&shop, Roles::SHOPPER).await,
        member(&shop, Roles::SHOPPER).await,
    );
    let order = Order::of(&ada);
    shop.write_order(&order).await;
    let of_order = format!("{}/live", order.path());
    let theirs = [
        begun(shop.stream(&ada).await).await,
        begun(shop.stream_of(&of_order, &ada.cookies).await).await,
    ];
    let mut others = begun(shop.stream(&eve).await).await;
    shop.end_session(&ada.cookies).await;
    for stream in theirs {
        ends(stream).await;
    }
    // As long has the other one been looked at, too.
    let cart = Uuid::now_v7();
    shop.write_cart(FIRST, cart, 1, eve.owner, &cart_body(cart, 1, &[]))
        .await;
    shop.name_cart(FIRST, eve.owner, cart).await;
    assert_eq!(others.next().await.unwrap().data, cart_body(cart, 1, &[]));
}

#[tokio::test]
async fn a_new_epoch_ends_the_streams_of_sessions_that_are_still_there() {
    let shop = shop().await;
    let ada = member(&shop, Roles::SHOPPER).await;
    let stream = begun(shop.stream(&ada).await).await;
    shop.end_epoch(ada.owner).await;
    ends(stream).await;
}

#[tokio::test]
async fn the_streams_of_an_api_key_end_when_it_is_revoked_and_when_it_expires() {
    let shop = shop().await;
    let ada = member(&shop, Roles::SHOPPER).await;
    let (revoked, hash) = shop.api_key_until(ada.owner, Role::Shopper, i64::MAX).await;
    let (expiring, expiring_hash) = shop.api_key_until(ada.owner, Role::Shopper, i64::MAX).await;
    let streams = [by_key(&shop, &revoked).await, by_key(&shop, &expiring).await];
    shop.revoke(hash).await;
    // Nobody waits until it has expired by the clock.
    let expired = PublishedKey {
        id: Uuid::now_v7(),
        account: ada.owner,
        role: Role::Shopper,
        expires_at: 1,
    };
    shop.republish(expiring_hash, expired).await;
    for stream in streams {
        ends(stream).await;
    }
}

#[tokio::test]
async fn staff_hear_of_somebody_elses_order_for_as_long_as_they_are_staff() {
    let shop = shop().await;
    let customer = shop.member(Roles::SHOPPER).await;
    let order = Order::of(&customer);
    shop.write_order(&order).await;
    let path = format!("{}/live", order.path());
    let staff = shop.member(Roles::SHOPPER.with(Role::Staff)).await;
    let (key, hash) = shop.api_key_until(staff.owner, Role::Staff, i64::MAX).await;
    let by_session = begun(shop.stream_of(&path, &staff.cookies).await).await;
    let bearer = format!("Bearer {key}");
    let by_key = begun(shop.stream_by(&path, ("authorization", &bearer)).await).await;
    // A role that is taken away begins an epoch, and revokes the keys that have it.
    shop.end_epoch(staff.owner).await;
    shop.revoke(hash).await;
    ends(by_session).await;
    ends(by_key).await;
}

#[tokio::test]
async fn the_stream_of_an_order_ends_when_it_becomes_somebody_elses_and_its_links_goes_on() {
    let shop = shop().await;
    let (guest, ada) = (shop.browser().await, member(&shop, Roles::SHOPPER).await);
    let placed = Order::of(&guest);
    shop.write_order(&placed).await;
    let path = format!("{}/live", placed.path());
    let mut guests = begun(shop.stream_of(&path, &guest.cookies).await).await;
    let link = format!("order-key={}", placed.key());
    let mut links = begun(shop.stream_of(&path, &link).await).await;
    let taken_over = Order {
        customer: ada.owner,
        version: 2,
        ..placed
    };
    shop.write_order(&taken_over).await;
    shop.announce_order(&taken_over).await;
    assert_eq!(guests.next().await, None, "and nothing more is told");
    assert_eq!(links.next().await.unwrap().data, taken_over.body());
    for path in [path.clone(), placed.path()] {
        shop.get(&path, &guest.cookies)
            .await
            .assert_problem(404, "order-not-found");
    }
    let mut adas = shop.stream_of(&path, &ada.cookies).await;
    assert_eq!(adas.next().await.unwrap().data, taken_over.body());
}

#[tokio::test]
async fn a_stream_goes_on_by_session_and_guest_cookie_whatever_else_was_sent() {
    let shop = shop().await;
    let guest = shop.browser().await;
    let order = Order::of(&guest);
    shop.write_order(&order).await;
    let path = format!("{}/live", order.path());
    let sent = format!("theme={}; {}", "x".repeat(20_000), guest.cookies);
    let mut stream = begun(shop.stream_of(&path, &sent).await).await;
    // The session is lost; the guest is known by the other cookie.
    shop.end_session(&guest.cookies).await;
    // Nobody announces these: the right to the stream was looked up between the one and the other.
    for version in [2, 3] {
        let changed = Order { version, ..order };
        shop.write_order(&changed).await;
        assert_eq!(stream.next().await.unwrap().data, changed.body());
    }
}

#[tokio::test]
async fn a_redis_that_was_told_nothing_lets_nobody_in_by_an_account() {
    let shop = shop().await;
    let ada = member(&shop, Roles::SHOPPER).await;
    let order = Order::of(&ada);
    shop.write_order(&order).await;
    let stream = begun(shop.stream(&ada).await).await;
    // What a Redis that was started again from its file amounts to: the session is there, and nobody vouches for it.
    assert_eq!(shop.flush("epoch:*").await, 1);
    ends(stream).await;
    for path in [LIVE.to_owned(), order.path(), "/api/queries/orders".to_owned()] {
        shop.get(&path, &ada.cookies)
            .await
            .assert_problem(401, "no-session");
    }
    // The command API asks PostgreSQL, and says so.
    shop.sessions.publish_epochs(&[(ada.owner, 1)]).await.unwrap();
    assert_eq!(shop.get(&order.path(), &ada.cookies).await.status, 200);
}
