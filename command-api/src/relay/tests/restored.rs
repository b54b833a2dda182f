//! The log is not the one any more that was published: it was restored, or a replica was promoted that lacked something.

use event_store::Reader;
use event_store::incarnation::Incarnations;
use sqlx::{Connection as _, Executor, PgConnection};
use uuid::Uuid;

use super::{Log, Message, Running, until};

/// A log with five events that are published, and its incarnation.
async fn published() -> (Log, Running, Uuid) {
    let log = Log::new().await;
    let relay = Running::start(log.settings());
    for _ in 0..5 {
        log.append("a cart", 10).await;
    }
    log.published(&[1, 2, 3, 4, 5]).await;
    cursor_is(&log, 5).await;
    let before = incarnations(&log).await.current();
    (log, relay, before)
}

async fn incarnations(log: &Log) -> Incarnations {
    let reader = Reader::connect(&log.url).await.unwrap();
    reader.incarnations().await.unwrap()
}

async fn cursor_is(log: &Log, position: i64) {
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    until("the cursor moved", async || {
        let cursor: i64 = sqlx::query_scalar("select position from relay_cursor")
            .fetch_one(&mut connection)
            .await
            .ok()?;
        (cursor == position).then_some(())
    })
    .await;
}

async fn sql(log: &Log, statement: &str) {
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    connection.execute(statement).await.unwrap();
}

/// As a dump that was taken after the third event, when the second was published last.
async fn restore(log: &Log) {
    sql(
        log,
        "begin; alter table events disable trigger events_are_final; delete from events where global_position > 3;
         alter table events enable trigger events_are_final; update relay_cursor set position = 2; commit",
    )
    .await;
}

/// What was published under an incarnation, in order.
fn of(messages: &[Message], incarnation: Uuid) -> Vec<i64> {
    let of = messages
        .iter()
        .filter(|message| message.incarnation == Some(incarnation));
    of.map(|message| message.position).collect()
}

async fn is_published_anew(log: &Log, before: Uuid) {
    let messages = until("the rest is published under a new incarnation", async || {
        let now = incarnations(log).await.current();
        let messages = log.messages().await;
        (of(&messages, now).last() == Some(&5) && now != before).then_some(messages)
    })
    .await;
    let incarnations = incarnations(log).await;
    let now = incarnations.current();
    assert_eq!(of(&messages, before), [1, 2, 3, 4, 5], "{messages:?}");
    assert_eq!(of(&messages, now), [3, 4, 5], "{messages:?}");
    assert_eq!(
        (incarnations.of(2), incarnations.of(3)),
        (before, now),
        "from where the cursor was restored to"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_begins_to_lead_notices_that_the_log_has_lost_what_kafka_has() {
    let (log, relay, before) = published().await;
    relay.stop().await;
    restore(&log).await;
    for _ in 0..2 {
        log.append("another cart", 10).await;
    }
    let relay = Running::start(log.settings());
    is_published_anew(&log, before).await;
    relay.stop().await;

    // Nothing is lost any more.
    let now = incarnations(&log).await;
    let relay = Running::start(log.settings());
    let next = log.append("another cart", 10).await;
    log.published(&[next]).await;
    assert_eq!(incarnations(&log).await, now);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_whose_connection_survives_a_restore_notices_it() {
    let (log, _relay, before) = published().await;
    restore(&log).await;
    for _ in 0..2 {
        log.append("another cart", 10).await;
    }
    is_published_anew(&log, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_begins_anew_without_a_loss_renews_nothing() {
    let (log, relay, before) = published().await;
    relay.stop().await;
    // It died before it moved its cursor.
    sql(&log, "update relay_cursor set position = 3").await;
    let _relay = Running::start(log.settings());
    cursor_is(&log, 5).await;
    assert_eq!(incarnations(&log).await.current(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_an_incarnation_that_the_log_never_heard_of_are_a_loss_once() {
    let (log, relay, before) = published().await;
    relay.stop().await;
    sql(&log, "update log_incarnation set id = gen_random_uuid()").await;
    for _ in 0..2 {
        let relay = Running::start(log.settings());
        let next = log.append("another cart", 10).await;
        log.published(&[next]).await;
        relay.stop().await;
    }
    let reader = incarnations(&log).await;
    assert!(reader.knows(before), "{reader:?}");
    let mut connection = PgConnection::connect(&log.url).await.unwrap();
    let begun: i64 = sqlx::query_scalar("select count(*) from log_incarnation where since is not null")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(begun, 2, "{reader:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_says_more_than_the_log_has_is_put_back_to_the_beginning() {
    let (log, relay, before) = published().await;
    relay.stop().await;
    restore(&log).await;
    sql(&log, "update relay_cursor set position = 5").await;
    let _relay = Running::start(log.settings());
    let messages = until("everything is published anew", async || {
        let now = incarnations(&log).await.current();
        let messages = log.messages().await;
        (of(&messages, now).last() == Some(&3) && now != before).then_some(messages)
    })
    .await;
    let now = incarnations(&log).await.current();
    assert_eq!(of(&messages, now), [1, 2, 3], "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_names_the_one_before_it_in_its_partition_across_leaders() {
    let log = Log::new().await;
    let mut positions = vec![];
    for number in 0..12 {
        let relay = Running::start(log.settings());
        positions.push(log.append(&format!("cart {}", number % 4), 10).await);
        let published = log.published(&positions).await;
        assert_eq!(published.len(), positions.len(), "{published:?}");
        cursor_is(&log, positions[positions.len() - 1]).await;
        relay.stop().await;
    }
    let messages = log.messages().await;
    for partition in [0, 1] {
        let here: Vec<&Message> = messages
            .iter()
            .filter(|message| message.partition == partition)
            .collect();
        assert!(here.len() > 1, "both partitions are used: {messages:?}");
        let mut before = None;
        for message in here {
            assert_eq!(message.previous, before, "{message:?}");
            before = Some(message.position);
        }
    }
}
