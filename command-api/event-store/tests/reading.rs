//! Loading with baselines, reading by stream and by entity, and the relay's cursor.

mod support;

use domain::AggregateType;
use domain::cart::Cart;
use domain::stock::StockEvent;
use domain::{Event, Sku, StreamId};
use event_store::Reader;
use event_store::loading::Wanted;
use event_store::relay_cursor::{CursorError, Leadership};
use futures::TryStreamExt;
use sqlx::Executor;
use support::{added, cart, database, opened, sql, store, transaction, writes};

fn wanted(stream: &StreamId, after_version: i64) -> Wanted {
    Wanted {
        stream: stream.clone(),
        after_version,
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
    let loaded = store
        .load(vec![wanted(&b, 0), wanted(&none, 0), wanted(&a, 1)], 1)
        .await
        .unwrap();
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
async fn a_stream_is_loaded_from_its_baseline_unless_other_code_wrote_it() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    store
        .append(&[transaction(vec![writes(
            &a,
            0,
            vec![opened(), added("Mug"), added("Bowl")],
        )])])
        .await
        .unwrap();
    store.keep_baseline(&a, 2, 1, r#"{"state":2}"#).await.unwrap();
    store.keep_baseline(&a, 1, 1, r#"{"state":1}"#).await.unwrap();

    let loaded = &store.load(vec![wanted(&a, 0)], 1).await.unwrap()[0];
    assert_eq!(loaded.baseline, Some((2, r#"{"state":2}"#.to_owned())));
    assert_eq!((loaded.version, &loaded.events[..]), (3, &[added("Bowl")][..]));

    let by_newer_code = &store.load(vec![wanted(&a, 0)], 2).await.unwrap()[0];
    assert_eq!(
        (by_newer_code.baseline.clone(), by_newer_code.events.len()),
        (None, 3)
    );
    let held_already = &store.load(vec![wanted(&a, 2)], 1).await.unwrap()[0];
    assert_eq!(
        (held_already.baseline.clone(), held_already.events.len()),
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
    let loaded = store.load(vec![wanted(&a, 0), wanted(&b, 0)], 1).await.unwrap();
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
async fn one_relay_leads_and_only_its_leader_moves_the_cursor() {
    let url = database().await;
    let mut store = store(&url).await;
    store
        .append(&[transaction(vec![writes(
            &cart(),
            0,
            vec![opened(), added("Mug")],
        )])])
        .await
        .unwrap();
    let mut leader = Leadership::take(&url, "kafka").await.unwrap().unwrap();
    assert!(Leadership::take(&url, "kafka").await.unwrap().is_none());
    assert_eq!(leader.lag().await.unwrap().0, 2);
    let page = leader.next_page(1).await.unwrap();
    leader.move_to("kafka", page[0].position).await.unwrap();
    assert_eq!(leader.next_page(9).await.unwrap().len(), 1);

    // Somebody moves the cursor without leading.
    sql(&url)
        .await
        .execute("update relay_cursor set position = 0")
        .await
        .unwrap();
    assert!(matches!(
        leader.move_to("kafka", 2).await,
        Err(CursorError::Moved)
    ));
    drop(leader);
    let position = loop {
        // PostgreSQL notices the closed connection in its own time.
        if let Some(next) = Leadership::take(&url, "kafka").await.unwrap() {
            break next.position;
        }
    };
    assert_eq!(position, 0);
}
