//! The command API dies after the commit and before the answer.

use serde_json::Value;
use system_tests::commands::{self, Stored};
use system_tests::http::Lost;

use super::shop::{Shop, sku};
use super::shopper::{Ack, Shopper};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_whose_answer_is_lost_has_one_effect_and_the_same_answer_when_it_is_repeated() {
    let shop = Shop::founded().await;
    let mut open = shop.open().await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    open.command_api.stop().await;

    let mut dying = shop
        .command_api(
            "carts,catalog,relay",
            &[("FAILPOINTS", "command_loop.after_commit=exit")],
        )
        .await;
    let key = shopper.keys.next_key();
    let add = commands::add_item(&shopper.cart, &sku(0), 3);
    let add = shopper.guest.sign(add).header("Idempotency-Key", &key);
    let answer = dying.door().send(&add).await;
    assert!(
        matches!(answer, Err(Lost::Ended { answered: false })),
        "no answer came: {answer:?}"
    );
    assert_eq!(
        dying.process.ended().await.code(),
        Some(137),
        "the failpoint ended it"
    );
    let stored: Vec<(i64, i64)> = sqlx::query_as(
        "select sequence, global_position from events where event_type = 'ItemAdded' and aggregate_id = $1",
    )
    .bind(&shopper.cart)
    .fetch_all(&shop.pool)
    .await
    .unwrap();
    assert_eq!(stored.len(), 1, "it had been committed");

    open.command_api = shop.command_api("carts,catalog,relay", &[]).await;
    let mut door = open.command_api.door();
    let replayed = door.send(&add).await.unwrap();
    assert_eq!(replayed.status, 200, "{replayed}");
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    let answer: Stored = replayed.json().unwrap();
    assert_eq!((answer.version, answer.position), stored[0]);
    assert_eq!(answer.id, shopper.cart);
    let again = door.send(&add).await.unwrap();
    assert_eq!((again.status, &again.body), (replayed.status, &replayed.body));
    let other = commands::add_item(&shopper.cart, &sku(0), 4);
    let reused = door
        .send(&shopper.guest.sign(other).header("Idempotency-Key", &key))
        .await
        .unwrap();
    assert_eq!(reused.status, 422, "{reused}");
    assert_eq!(
        reused.json::<Value>().unwrap()["type"],
        "/problems/idempotency-mismatch"
    );

    shopper.acks.push(Ack {
        event_type: "ItemAdded",
        stored: answer,
    });
    shopper.lines.insert(sku(0), 3);
    let mut acks = shopper.acks.clone();
    shopper.door = open.command_api.door();
    shopper.add(&sku(1), 1).await;
    acks.push(shopper.acks.last().unwrap().clone());
    shop.close(open, &mut [shopper], &acks).await;
}
