//! Loading with snapshots, reading by stream and by entity.

mod support;

use domain::AggregateType;
use domain::cart::Cart;
use domain::stock::StockEvent;
use domain::{Event, Sku, StreamId};
use event_store::Reader;
use event_store::loading::{Found, Loaded, Room, Wanted};
use event_store::snapshots::Snapshot;
use event_store::{Connection, Transaction};
use futures::TryStreamExt;
use sqlx::Executor;
use support::{added, cart, database, opened, sql, store, transaction, writes};

fn wanted(stream: &StreamId, after_version: i64) -> Wanted {
    Wanted {
        stream: stream.clone(),
        after_version,
    }
}

const ROOM: Room = Room {
    in_all: 100,
    of_one: 100,
};

async fn load(store: &mut Connection, wanted: Vec<Wanted>, code_version: i32) -> Vec<Loaded> {
    let found = store.load(wanted, code_version, ROOM).await;
    let found = found.expect("PostgreSQL reads");
    let loaded = |found| match found {
        Found::Loaded(loaded) => loaded,
        Found::Long | Found::Later => panic!("there was room for it"),
    };
    found.into_iter().map(loaded).collect()
}

/// The id of the event with which a stream came to a version, in a transaction that wrote it from its beginning.
fn at(written: &Transaction, version: i64) -> Snapshot {
    let stored = &written.streams[0];
    let index = usize::try_from(version - 1).expect("versions begin at 1");
    Snapshot {
        stream: stored.stream.clone(),
        version,
        last_event: stored.events[index].event_id,
    }
}

#[tokio::test]
async fn streams_are_loaded_in_the_order_in_which_they_were_asked_for() {
    let url = database().await;
    let (mut store, a, b, none) = (store(&url).await, cart(), cart(), cart());
    store
        .append(&[transaction(vec![
            writes(&a, 0, vec![opened(), added("Mug")]),
            writes(&b, 0, vec![opened()]),
        ])])
        .await
        .unwrap();
    let all = vec![wanted(&b, 0), wanted(&none, 0), wanted(&a, 1)];
    let loaded = load(&mut store, all, 1).await;
    let seen: Vec<_> = loaded
        .iter()
        .map(|l| (l.stream.clone(), l.version, l.events.clone()))
        .collect();
    assert_eq!(
        seen,
        [
            (b, 1, vec![opened()]),
            (none, 0, vec![]),
            (a, 2, vec![added("Mug")])
        ]
    );
}

#[tokio::test]
async fn a_stream_is_loaded_from_its_snapshot_unless_other_code_wrote_it() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    let written = transaction(vec![writes(&a, 0, vec![opened(), added("Mug"), added("Bowl")])]);
    store.append(std::slice::from_ref(&written)).await.unwrap();
    let (first, second) = (at(&written, 1), at(&written, 2));
    assert!(store.keep_snapshot(&second, 1, r#"{"state":2}"#).await.unwrap());
    assert!(!store.keep_snapshot(&first, 1, r#"{"state":1}"#).await.unwrap());

    let loaded = &load(&mut store, vec![wanted(&a, 0)], 1).await[0];
    assert_eq!(loaded.snapshot, Some((2, r#"{"state":2}"#.to_owned())));
    assert_eq!((loaded.version, &loaded.events[..]), (3, &[added("Bowl")][..]));

    let by_newer_code = &load(&mut store, vec![wanted(&a, 0)], 2).await[0];
    assert_eq!(
        (by_newer_code.snapshot.clone(), by_newer_code.events.len()),
        (None, 3)
    );
    let held_already = &load(&mut store, vec![wanted(&a, 2)], 1).await[0];
    assert_eq!(
        (held_already.snapshot.clone(), held_already.events.len()),
        (None, 1)
    );
}

#[tokio::test]
async fn an_aggregate_read_by_cqrs_es_is_what_its_events_say() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    let events = vec![opened(), added("Mug"), added("Mug")];
    store
        .append(&[transaction(vec![writes(&a, 0, events.clone())])])
        .await
        .unwrap();
    let mut folded = Cart::default();
    for event in events {
        folded.evolve(&event.try_into().unwrap());
    }
    let reader = Reader::connect(&url).await.unwrap();
    assert_eq!(
        reader.aggregate::<Cart>(&a.aggregate_id).await.unwrap(),
        (folded, 3)
    );
    assert_eq!(
        reader.aggregate::<Cart>("nobody").await.unwrap(),
        (Cart::default(), 0)
    );
}

#[tokio::test]
async fn an_event_of_a_newer_release_makes_its_stream_unreadable_and_no_other() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    store
        .append(&[transaction(vec![
            writes(&a, 0, vec![opened()]),
            writes(&b, 0, vec![opened()]),
        ])])
        .await
        .unwrap();
    let newer = "insert into events select 3, 'cart', aggregate_id, 2, 'GiftWrapped', '1.0', '{}', '{}', gen_random_uuid(), now()
                 from events where global_position = 1";
    sql(&url).await.execute(newer).await.unwrap();
    let loaded = load(&mut store, vec![wanted(&a, 0), wanted(&b, 0)], 1).await;
    let error = loaded[0].unreadable.as_ref().unwrap();
    assert_eq!(error.event_type, "GiftWrapped");
    assert!(loaded[1].unreadable.is_none());
}

#[tokio::test]
async fn an_entitys_whole_history_arrives_together() {
    let url = database().await;
    let mut store = store(&url).await;
    let item = |sku: &str| StreamId::stock_item(&Sku::parse(sku).unwrap());
    let received = |quantity| Event::StockItem(StockEvent::StockReceived { quantity });
    for version in 0..3 {
        for sku in ["B", "A"] {
            let use_of = writes(&item(sku), version, vec![received(version + 1)]);
            store.append(&[transaction(vec![use_of])]).await.unwrap();
        }
    }
    store
        .append(&[transaction(vec![writes(&cart(), 0, vec![opened()])])])
        .await
        .unwrap();
    let reader = Reader::connect(&url).await.unwrap();
    let events: Vec<_> = reader
        .streams_by_id(&[AggregateType::StockItem], 5)
        .try_collect()
        .await
        .unwrap();
    let seen: Vec<_> = events
        .iter()
        .map(|e| (e.aggregate_id.as_str(), e.sequence, e.position))
        .collect();
    assert_eq!(
        seen,
        [("A", 1, 2), ("A", 2, 4), ("B", 1, 1), ("B", 2, 3), ("B", 3, 5)]
    );
    let of_a: Vec<_> = reader
        .read_stream(AggregateType::StockItem, "A", 1)
        .await
        .unwrap();
    assert_eq!(of_a.iter().map(|e| e.sequence).collect::<Vec<_>>(), [2, 3]);
    assert!(reader.broken_streams().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_that_no_statement_could_read_at_once_is_read_whole_and_in_its_order() {
    let url = database().await;
    let (mut store, stream) = (store(&url).await, cart());
    let written = transaction(vec![writes(&stream, 0, vec![opened(), added("Mug")])]);
    store.append(&[written]).await.unwrap();
    let longer = "insert into events
        select global_position + n, aggregate_type, aggregate_id, sequence + n, event_type, event_version, payload, metadata,
               gen_random_uuid(), recorded_at
        from events, generate_series(1, 12498) n where sequence = 2";
    sql(&url).await.execute(longer).await.unwrap();
    let reader = Reader::connect(&url).await.unwrap();
    let (kind, id) = (AggregateType::Cart, &stream.aggregate_id);
    for (after, last, count) in [
        (0, i64::MAX, 12_500),
        (5_000, i64::MAX, 7_500),
        (0, 10_000, 10_000),
        (12_500, i64::MAX, 0),
    ] {
        let events = if last == i64::MAX {
            reader.read_stream(kind, id, after).await.unwrap()
        } else {
            reader.read_stream_up_to(kind, id, last).await.unwrap()
        };
        let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
        assert_eq!(sequences, (after + 1..=after + count).collect::<Vec<i64>>());
    }
}
