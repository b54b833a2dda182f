//! Snapshots of two versions of the code beside each other, and how much one statement loads.

mod support;

use std::time::Duration;

use domain::StreamId;
use event_store::loading::{Found, Room, Wanted};
use event_store::snapshots::Snapshot;
use event_store::{Connection, Reader, Transaction, incarnation};
use sqlx::Executor;
use support::{added, cart, database, opened, sql, store, transaction, writes};
use uuid::Uuid;

/// A stream with as many events, and the id of the last.
async fn stream(store: &mut Connection, events: usize) -> Snapshot {
    let stream = cart();
    let rest = std::iter::repeat_with(|| added("Mug")).take(events - 1);
    let all = std::iter::once(opened()).chain(rest).collect();
    let written: Transaction = transaction(vec![writes(&stream, 0, all)]);
    store
        .append(std::slice::from_ref(&written))
        .await
        .expect("it is stored");
    Snapshot {
        stream,
        version: i64::try_from(events).expect("there are a few"),
        last_event: written.streams[0].events[events - 1].event_id,
    }
}

async fn state(store: &mut Connection, stream: &StreamId, code_version: i32) -> Option<String> {
    let snapshot = store.snapshot(stream, code_version).await;
    let snapshot = snapshot.expect("PostgreSQL reads");
    snapshot.map(|(_, state)| state)
}

async fn load(store: &mut Connection, streams: &[&StreamId], room: Room) -> Vec<Option<i64>> {
    let wanted = streams.iter().map(|stream| Wanted {
        stream: (*stream).clone(),
        after_version: 0,
    });
    let found = store.load(wanted.collect(), 1, room).await;
    let found = found.expect("PostgreSQL reads");
    let version = |found: &Found| match found {
        Found::Loaded(loaded) => Some(loaded.version),
        Found::Long | Found::Later => None,
    };
    found.iter().map(version).collect()
}

#[tokio::test]
async fn two_versions_of_the_code_do_not_replace_each_others_snapshots() {
    let url = database().await;
    let mut store = store(&url).await;
    let of = stream(&mut store, 3).await;
    for (code_version, json) in [(1, r#"{"old":1}"#), (2, r#"{"new":2}"#), (1, r#"{"old":1}"#)] {
        store.keep_snapshot(&of, code_version, json).await.unwrap();
    }
    assert_eq!(
        state(&mut store, &of.stream, 1).await.as_deref(),
        Some(r#"{"old":1}"#)
    );
    assert_eq!(
        state(&mut store, &of.stream, 2).await.as_deref(),
        Some(r#"{"new":2}"#)
    );
}

#[tokio::test]
async fn snapshots_of_code_that_nobody_runs_any_more_are_deleted_and_no_others() {
    let url = database().await;
    let mut store = store(&url).await;
    let reader = Reader::connect(&url).await.unwrap();
    let of = stream(&mut store, 3).await;
    for code_version in 1..=4 {
        store.keep_snapshot(&of, code_version, "{}").await.unwrap();
    }
    let day = Duration::from_hours(24);
    for code_version in [1, 2, 3] {
        assert_eq!(reader.sweep_snapshots(code_version, day).await.unwrap(), 0);
    }
    sql(&url)
        .await
        .execute("update snapshot_code_versions set seen_at = now() - interval '25 hours' where code_version in (1, 4)")
        .await
        .unwrap();
    assert_eq!(reader.sweep_snapshots(3, day).await.unwrap(), 1);
    let mut kept = vec![];
    for code_version in 1..=4 {
        kept.push(state(&mut store, &of.stream, code_version).await.is_some());
    }
    assert_eq!(kept, [false, true, true, true]);
}

#[tokio::test]
async fn snapshots_of_code_that_was_migrated_to_and_never_served_are_deleted_too() {
    let url = database().await;
    let mut store = store(&url).await;
    let reader = Reader::connect(&url).await.unwrap();
    let of = stream(&mut store, 3).await;
    store.note_code_version(1).await.unwrap();
    store.keep_snapshot(&of, 1, "{}").await.unwrap();
    let day = Duration::from_hours(24);
    assert_eq!(reader.sweep_snapshots(2, day).await.unwrap(), 0);
    sql(&url)
        .await
        .execute(
            "update snapshot_code_versions set seen_at = now() - interval '25 hours' where code_version = 1",
        )
        .await
        .unwrap();
    assert_eq!(reader.sweep_snapshots(2, day).await.unwrap(), 1);
}

#[tokio::test]
async fn whoever_restored_the_log_goes_on_without_its_snapshots() {
    let url = database().await;
    let mut store = store(&url).await;
    let of = stream(&mut store, 3).await;
    assert!(store.keep_snapshot(&of, 1, "{}").await.unwrap());
    incarnation::renew(&url, "events were lost").await.unwrap();
    assert_eq!(state(&mut store, &of.stream, 1).await, None);
}

#[tokio::test]
async fn a_snapshot_of_a_log_that_was_restored_since_is_neither_kept_nor_loaded() {
    let url = database().await;
    let mut store = store(&url).await;
    let of = stream(&mut store, 3).await;
    let of_another_log = Snapshot {
        last_event: Uuid::now_v7(),
        ..of.clone()
    };
    assert!(!store.keep_snapshot(&of_another_log, 1, "{}").await.unwrap());
    assert!(store.keep_snapshot(&of, 1, "{}").await.unwrap());
    sql(&url)
        .await
        .execute("set session_replication_role = replica; delete from events where sequence = 3")
        .await
        .unwrap();
    let room = Room { in_all: 9, of_one: 9 };
    assert_eq!(load(&mut store, &[&of.stream], room).await, [Some(2)]);
}

#[tokio::test]
async fn one_statement_loads_so_many_events_of_one_stream_and_in_all_and_no_more() {
    let url = database().await;
    let mut store = store(&url).await;
    let (a, b, c) = (
        stream(&mut store, 3).await.stream,
        stream(&mut store, 6).await,
        stream(&mut store, 2).await.stream,
    );
    let room = Room { in_all: 5, of_one: 4 };
    let none = cart();
    // The second is too long for itself, and takes no room.
    assert_eq!(
        load(&mut store, &[&a, &b.stream, &none, &c], room).await,
        [Some(3), None, Some(0), Some(2)]
    );
    let less = Room { in_all: 4, ..room };
    assert_eq!(load(&mut store, &[&a, &c], less).await, [Some(3), None]);
    // With a snapshot it is short.
    store.keep_snapshot(&b, 1, "{}").await.unwrap();
    assert_eq!(load(&mut store, &[&b.stream, &a], room).await, [Some(6), Some(3)]);
}
