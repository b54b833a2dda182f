//! Messages in the topic of the carts that are no events: somebody else's program, or a broken one of ours, put them there.

use std::time::Duration;

use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use system_tests::commands::{self, Stored};
use system_tests::guest::Guest;
use system_tests::http::Door;
use uuid::Uuid;

use super::world::World;
use crate::shop::sku;

const TOPIC: &str = "commerce.cart";
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Returns the cart that they say they are about. It is there.
pub async fn spread(world: &World) -> String {
    let mut door = Door::new(&world.address());
    let guest = Guest::arrive(&mut door).await.expect("a guest gets a session");
    let open = guest.sign(commands::open_cart());
    let opened = door.send(&open).await.expect("an answer");
    let cart = opened
        .json::<Stored>()
        .unwrap_or_else(|_| panic!("a cart is opened: {opened}"))
        .id;
    let add = guest.sign(commands::add_item(&cart, &sku(0), 1));
    assert!(door.send(&add).await.expect("an answer").is_success());
    let producer: FutureProducer = world
        .kafka_config()
        .set("message.max.bytes", "2000000")
        .create()
        .expect("a producer can be made");
    let large = format!("\"{}\"", "x".repeat(1_000_000));
    let messages = [
        ("bad JSON", Some("commerce.cart.ItemAdded"), "{\"sku\":"),
        ("an unknown type", Some("commerce.cart.CartPainted"), "{}"),
        (
            "what can be read and is not the log's",
            Some("commerce.cart.CartCleared"),
            "{}",
        ),
        ("no headers", None, "{}"),
        ("too large", Some("commerce.cart.ItemAdded"), large.as_str()),
    ];
    for (number, (what, kind, value)) in (3..).zip(messages) {
        let mut record = FutureRecord::to(TOPIC).key(&cart).payload(value);
        if let Some(kind) = kind {
            record = record.headers(headers(&cart, kind, number));
        }
        let sent = producer.send(record, ANSWER_LIMIT).await;
        // Kafka itself refuses what is larger than the topic takes, and then nobody has to read it.
        if sent.is_err() {
            assert_eq!(what, "too large", "{sent:?}");
        }
    }
    cart
}

fn headers(cart: &str, kind: &str, sequence: i64) -> OwnedHeaders {
    let id = Uuid::now_v7().to_string();
    let (sequence, position) = (sequence.to_string(), (1_000_000_000 + sequence).to_string());
    let all = [
        ("ce_specversion", "1.0"),
        ("ce_id", &id),
        ("ce_source", "/cartwright/cart"),
        ("ce_type", kind),
        ("ce_subject", cart),
        ("ce_time", "2026-01-01T00:00:00.000000Z"),
        ("content-type", "application/json"),
        ("ce_sequence", &sequence),
        ("ce_position", &position),
        ("ce_aggregatetype", "cart"),
        ("ce_eventversion", "1"),
    ];
    all.into_iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header {
                key,
                value: Some(value),
            })
        })
}
