//! The tag of what was read through the shop's own door is the condition of a command, as it is.

use serde_json::{Value, json};
use system_tests::commands;
use system_tests::http::{Door, Request, Response, host_of};
use system_tests::keys::Keys;

use super::front_door::FrontDoor;
use super::shop::{STAFF_TOKEN, Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_of_a_get_lets_its_reader_change_what_was_read_and_nothing_later() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let front = FrontDoor::open(&shop, &open).await;
    let mut door = Door::new(&host_of(&front.origin).expect("it is an origin"));
    changes_a_product_once(&mut door).await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    shopper.add(&sku(1), 1).await;
    changes_a_cart_once(&mut door, &mut shopper).await;
    shop.close_after_others_shopped(open).await;
}

async fn changes_a_product_once(door: &mut Door) {
    let (sku, mut keys) = (sku(0), Keys::default());
    let tag = tag_of(door, &Request::get(&format!("/api/queries/products/{sku}"))).await;
    assert_eq!(tag.split('-').count(), 3, "generation, product and stock: {tag}");
    for (minor, status) in [(1990, 200), (2090, 412)] {
        let request = Request::new("PUT", &format!("/api/commands/products/{sku}/price"))
            .header("Authorization", &format!("Bearer {STAFF_TOKEN}"))
            .header("Idempotency-Key", &keys.next_key())
            .header("If-Match", &tag)
            .json(&json!({ "price": { "minor": minor, "currency": "EUR" } }));
        answers(door, &request, status).await;
    }
}

async fn changes_a_cart_once(door: &mut Door, shopper: &mut Shopper) {
    let version = shopper.acks.last().map_or(0, |ack| ack.stored.version);
    let path = format!("/api/queries/carts/{}?min-version={version}", shopper.cart);
    let tag = tag_of(door, &shopper.guest.sign(Request::get(&path))).await;
    for status in [200, 412] {
        let request = shopper
            .guest
            .sign(commands::add_item(&shopper.cart, &sku(2), 1))
            .header("Idempotency-Key", &shopper.keys.next_key())
            .header("If-Match", &tag);
        answers(door, &request, status).await;
    }
}

/// Once there is something to read.
async fn tag_of(door: &mut Door, request: &Request) -> String {
    until("what is asked for can be read", async || {
        let answer = door.send(request).await.ok()?;
        let is_read = answer.status == 200;
        is_read.then(|| answer.header("ETag").expect("it has a tag").to_owned())
    })
    .await
}

async fn answers(door: &mut Door, request: &Request, status: u16) {
    let answer: Response = door.send(request).await.expect("the shop answers");
    assert_eq!(answer.status, status, "{answer}");
    if status == 412 {
        let problem: Value = answer.json().expect("it is problem details");
        assert_eq!(problem["type"], "/problems/conflict", "{answer}");
    }
}
