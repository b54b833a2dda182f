//! Large events: none stops those behind it.

use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use uuid::Uuid;

use super::super::Patience;
use super::super::publishing::LARGEST_MESSAGE;
use super::{Log, Running, are_in_order};
use crate::topics;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_1_1_mb_is_published_whole_and_so_is_what_lies_behind_it() {
    let log = Log::new().await;
    let cart = Uuid::now_v7().to_string();
    let mut positions = vec![];
    for bytes in [10, 1_100_000, 10] {
        positions.push(log.append(&cart, bytes).await);
    }
    let _relay = Running::start(log.settings());
    let messages = log.published(&positions).await;
    assert!(
        messages.iter().all(|message| !message.is_reference),
        "{messages:?}"
    );
    assert!(
        messages.iter().any(|message| message.bytes > 1_100_000),
        "{messages:?}"
    );
    assert!(are_in_order(&messages), "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_message_can_hold_goes_by_reference_and_stops_nothing() {
    let log = Log::new().await;
    let cart = Uuid::now_v7().to_string();
    let mut positions = vec![];
    for bytes in [10, LARGEST_MESSAGE + 1, 10, 30 << 20, 10] {
        positions.push(log.append(&cart, bytes).await);
    }
    let mut settings = log.settings();
    // PostgreSQL takes its time to decompress so much.
    settings.patience = Patience::default();
    let _relay = Running::start(settings);
    let messages = log.published(&positions).await;
    let references: Vec<i64> = messages
        .iter()
        .filter(|message| message.is_reference)
        .map(|message| message.position)
        .collect();
    assert_eq!(references, [positions[1], positions[3]], "{messages:?}");
    assert!(are_in_order(&messages), "{messages:?}");
}

/// One of three is refused. A producer without the gapless guarantee sends the third nevertheless, and then the second arrives
/// after it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_topic_refuses_for_its_size_goes_by_reference_in_its_place() {
    let log = Log::without_topics().await;
    let admin = topics::admin(&log.kafka).unwrap();
    // As an operator may have set it.
    let topic = log.topic();
    let narrow = NewTopic::new(&topic, 1, TopicReplication::Fixed(1)).set("max.message.bytes", "1200000");
    let made = admin
        .create_topics([&narrow], &AdminOptions::new())
        .await
        .unwrap();
    made[0].as_ref().unwrap();
    let cart = Uuid::now_v7().to_string();
    let mut positions = vec![];
    // Each of the large ones is a batch of its own.
    for bytes in [10, 1_500_000, 10, 10, 1_600_000, 10] {
        positions.push(log.append(&cart, bytes).await);
    }
    let _relay = Running::start(log.settings());
    let messages = log.published(&positions).await;
    let referred = |position| {
        messages
            .iter()
            .any(|message| message.position == position && message.is_reference)
    };
    assert!(referred(positions[1]) && referred(positions[4]), "{messages:?}");
    assert!(!referred(positions[0]) && !referred(positions[5]), "{messages:?}");
    assert!(are_in_order(&messages), "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_large_events_is_published_in_several() {
    let log = Log::new().await;
    let cart = Uuid::now_v7().to_string();
    let mut positions = vec![];
    for _ in 0..30 {
        positions.push(log.append(&cart, 1_000_000).await);
    }
    let _relay = Running::start(log.settings());
    let messages = log.published(&positions).await;
    assert!(are_in_order(&messages), "{messages:?}");
}
