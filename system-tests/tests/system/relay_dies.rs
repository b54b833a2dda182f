//! The relay dies after producing and before its cursor moves.

use std::collections::HashMap;

use super::kafka_log;
use super::shop::{Open, Shop, sku};
use super::shopper::Shopper;

const ADDED: u32 = 7;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_relay_sends_twice_is_on_kafka_twice_and_in_the_views_once() {
    let shop = Shop::founded().await;
    // The relay is a process of its own, so that commands are answered whatever becomes of it.
    let command_api = shop.command_api("carts,catalog", &[]).await;
    let relay = shop.command_api("relay", &[]).await;
    shop.list_products(&command_api).await;
    let (projectors, query_api) = (shop.projectors(&[]).await, shop.query_api().await);
    let mut shopper = Shopper::arrive(&command_api).await;
    shopper.sees_own_cart(&query_api).await;
    relay.stop().await;

    for number in 0..ADDED {
        shopper.add(&sku(usize::try_from(number).unwrap()), 1).await;
    }
    let failing = [("FAILPOINTS", "relay.after_produce=exit")];
    let mut dying = shop.start(
        "command-api",
        &["serve", "--dev", "--roles", "relay"],
        "COMMAND_API_PORT",
        &failing,
    );
    assert_eq!(
        dying.process.ended().await.code(),
        Some(137),
        "the failpoint ended it"
    );
    let before = kafka_log::read(&shop.services.kafka_brokers, &shop.name).await;

    let relay = shop.command_api("relay", &[]).await;
    shopper.add(&sku(0), 1).await;
    shopper.sees_own_cart(&query_api).await;
    let after = kafka_log::read(&shop.services.kafka_brokers, &shop.name).await;
    let sent_twice = times_sent(&after)
        .into_values()
        .filter(|times| *times == 2)
        .count();
    assert!(
        times_sent(&before).into_values().all(|times| times == 1),
        "nothing had been sent twice before it died"
    );
    assert_eq!(
        sent_twice, ADDED as usize,
        "the whole page that was produced before it died came again"
    );
    assert_eq!(after.len(), before.len() + sent_twice + 1);

    let acks = shopper.acks.clone();
    shop.close(
        Open {
            command_api,
            projectors,
            query_api,
        },
        &mut [shopper],
        &acks,
    )
    .await;
    relay.stop().await;
}

fn times_sent(messages: &[kafka_log::Message]) -> HashMap<&str, usize> {
    let mut times = HashMap::new();
    for message in messages {
        *times.entry(message.id.as_str()).or_default() += 1;
    }
    times
}
