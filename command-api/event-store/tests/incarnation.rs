//! The log's incarnations: which one an event belongs to, and what a renewal does to the relay's leader.

mod support;

use std::time::Duration;

use event_store::relay_cursor::{CursorError, Leadership};
use event_store::{Connection, Reader, incarnation};
use sqlx::Executor;
use support::{added, cart, database, opened, sql, store, transaction, writes};
use uuid::Uuid;

const LIMIT: Duration = Duration::from_secs(10);

async fn append(url: &str, events: usize) {
    let mut history = vec![opened()];
    history.resize_with(events, || added("Mug"));
    let written = transaction(vec![writes(&cart(), 0, history)]);
    store(url)
        .await
        .append(&[written])
        .await
        .expect("it can be appended");
}

async fn take(url: &str) -> Leadership {
    let taken = Leadership::take(url, "kafka", LIMIT).await;
    taken.expect("PostgreSQL answers").expect("nobody else leads")
}

#[tokio::test]
async fn events_past_the_cursor_belong_to_the_new_incarnation() {
    let url = database().await;
    append(&url, 5).await;
    take(&url).await.move_to(3).await.expect("it leads");
    let reader = Reader::connect(&url).await.expect("PostgreSQL answers");
    let before = reader.incarnations().await.expect("there is one");
    assert_eq!(before.of(1), before.current());

    let renewed = incarnation::renew(&url, "a test")
        .await
        .expect("it can be renewed");
    assert_eq!(renewed.since, 3);
    let now = reader.incarnations().await.expect("there are two");
    assert_eq!((now.current(), now.first()), (renewed.id, before.current()));
    for (position, id) in [
        (1, now.first()),
        (3, now.first()),
        (4, renewed.id),
        (99, renewed.id),
    ] {
        assert_eq!(now.of(position), id, "{position}");
        assert!(now.has(position, Some(id)), "{position}");
        assert_eq!(
            now.has(position, None),
            id == now.first(),
            "{position} without a name"
        );
        assert!(!now.has(position, Some(Uuid::nil())), "{position}");
    }
    let mut connection = Connection::open(&url).await.expect("PostgreSQL answers");
    assert_eq!(connection.incarnation().await.expect("there is one"), renewed.id);
}

#[tokio::test]
async fn a_leader_that_published_before_a_renewal_does_not_move_its_cursor_after_it() {
    let url = database().await;
    append(&url, 2).await;
    let mut leader = take(&url).await;
    let page = leader.next_page(9, usize::MAX).await.expect("it leads");
    incarnation::renew(&url, "a test")
        .await
        .expect("it can be renewed");
    let last = page.last().expect("there are events").event.position;
    assert!(matches!(leader.move_to(last).await, Err(CursorError::Moved)));
    assert!(matches!(
        leader.next_page(9, usize::MAX).await,
        Err(CursorError::Moved)
    ));
}

#[tokio::test]
async fn a_cursor_past_the_logs_end_is_not_believed() {
    let url = database().await;
    append(&url, 2).await;
    drop(take(&url).await);
    sql(&url)
        .await
        .execute("update relay_cursor set position = 50")
        .await
        .expect("PostgreSQL answers");
    let renewed = incarnation::renew(&url, "a test")
        .await
        .expect("it can be renewed");
    assert_eq!(renewed.since, 0);
    let leader = loop {
        // PostgreSQL notices the closed connection in its own time.
        let taken = Leadership::take(&url, "kafka", LIMIT).await;
        if let Some(leader) = taken.expect("PostgreSQL answers") {
            break leader;
        }
    };
    assert_eq!(leader.position, 0);
    assert_eq!(leader.incarnations().of(1), renewed.id);
}
