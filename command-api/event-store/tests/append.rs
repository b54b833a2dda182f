//! The append: all or nothing by transaction, in commit order, each receipt once.

mod support;

use event_store::{AppendError, MAX_PAYLOAD, Outcome, Reader, Receipt, StoredReceipt};
use sqlx::Executor;
use support::{added, cart, database, opened, reads, receipt, sql, store, transaction, writes};

fn stored(position: i64) -> Outcome {
    Outcome::Stored { position }
}

#[tokio::test]
async fn what_is_stored_is_read_in_commit_order() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    let first = transaction(vec![writes(&a, 0, vec![opened(), added("Mug")])]);
    let second = transaction(vec![writes(&b, 0, vec![opened()]), reads(&a, 2)]);
    let appended = store.append(&[first, second]).await.unwrap();
    assert_eq!(appended.outcomes, [stored(2), stored(3)]);

    let events = Reader::connect(&url)
        .await
        .unwrap()
        .read_all(0, 10)
        .await
        .unwrap();
    let places: Vec<_> = events
        .iter()
        .map(|e| (e.position, e.stream(), e.sequence))
        .collect();
    assert_eq!(places, [(1, a.clone(), 1), (2, a, 2), (3, b, 1)]);
    assert_eq!(events[1].event().unwrap(), added("Mug"));
    assert_eq!(events[1].metadata.actor.as_deref(), Some("guest"));
}

#[tokio::test]
async fn one_conflict_refuses_what_was_decided_on_it_and_nothing_else() {
    let url = database().await;
    let (mut store, a, b, c) = (store(&url).await, cart(), cart(), cart());
    store
        .append(&[transaction(vec![writes(&a, 0, vec![opened()])])])
        .await
        .unwrap();

    // The first was decided on an empty `a`; the second builds on what the first would have written to `b`; the third
    // and the fourth have nothing to do with either.
    let batch = [
        transaction(vec![reads(&a, 0), writes(&b, 0, vec![opened()])]),
        transaction(vec![writes(&b, 1, vec![added("Mug")])]),
        transaction(vec![writes(&c, 0, vec![opened()])]),
        transaction(vec![writes(&c, 1, vec![added("Bowl")])]),
    ];
    let appended = store.append(&batch).await.unwrap();
    assert_eq!(
        appended.outcomes,
        [Outcome::Refused, Outcome::Refused, stored(2), stored(3)]
    );

    // What they had not seen came with the answer.
    let unseen = &appended.unseen[..];
    assert_eq!(unseen.len(), 1);
    assert_eq!(
        (&unseen[0].stream, unseen[0].version, &unseen[0].events[..]),
        (&a, 1, &[opened()][..])
    );

    let reader = Reader::connect(&url).await.unwrap();
    assert_eq!(
        reader
            .read_all(1, 10)
            .await
            .unwrap()
            .iter()
            .map(domain::RecordedEvent::stream)
            .collect::<Vec<_>>(),
        [c.clone(), c]
    );
}

#[tokio::test]
async fn a_version_that_matches_by_coincidence_is_refused_all_the_same() {
    let url = database().await;
    let (mut store, mut other, a) = (store(&url).await, store(&url).await, cart());
    store
        .append(&[transaction(vec![writes(&a, 0, vec![opened()])])])
        .await
        .unwrap();
    // A foreign writer is exactly one ahead, so the second transaction's version is the stored one, though it was
    // decided on an event of the first that never was.
    other
        .append(&[transaction(vec![writes(&a, 1, vec![added("Foreign")])])])
        .await
        .unwrap();
    let batch = [
        transaction(vec![writes(&a, 1, vec![added("Mug")])]),
        transaction(vec![writes(&a, 2, vec![added("Bowl")])]),
    ];
    let appended = store.append(&batch).await.unwrap();
    assert_eq!(appended.outcomes, [Outcome::Refused, Outcome::Refused]);
}

#[tokio::test]
async fn a_conflict_on_the_last_stream_leaves_nothing_of_the_transaction() {
    let url = database().await;
    let (mut store, a, b, c) = (store(&url).await, cart(), cart(), cart());
    store
        .append(&[transaction(vec![writes(&c, 0, vec![opened()])])])
        .await
        .unwrap();
    let torn = transaction(vec![
        writes(&a, 0, vec![opened()]),
        writes(&b, 0, vec![opened()]),
        writes(&c, 0, vec![opened()]),
    ]);
    let appended = store.append(&[torn]).await.unwrap();
    assert_eq!(appended.outcomes, [Outcome::Refused]);
    assert_eq!(Reader::connect(&url).await.unwrap().head().await.unwrap(), 1);
}

#[tokio::test]
async fn a_receipt_is_kept_once_and_answers_for_its_transaction() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    let mut first = transaction(vec![writes(&a, 0, vec![opened()])]);
    first.receipt = Some(receipt(1, 1));
    assert_eq!(store.append(&[first]).await.unwrap().outcomes, [stored(1)]);

    // Decided anew on the fresh state, in one batch with a transaction that builds on it.
    let mut again = transaction(vec![writes(&a, 1, vec![added("Mug")])]);
    again.receipt = Some(receipt(1, 2));
    let chained = transaction(vec![writes(&a, 2, vec![added("Bowl")])]);
    let kept = StoredReceipt {
        id: receipt(1, 1).id,
        fingerprint: receipt(1, 1).fingerprint,
        status: 200,
        subject: "cart".to_owned(),
        version: 1,
        position: 1,
    };
    let appended = store.append(&[again, chained]).await.unwrap();
    assert_eq!(
        appended.outcomes,
        [Outcome::Replayed(kept.clone()), Outcome::Refused]
    );

    // A refusal keeps no receipt, and finds one.
    let mut refusal = transaction(vec![reads(&a, 1)]);
    refusal.receipt = Some(Receipt {
        answer: None,
        ..receipt(1, 0)
    });
    let mut other = transaction(vec![reads(&a, 1)]);
    other.receipt = Some(Receipt {
        answer: None,
        ..receipt(2, 0)
    });
    let appended = store.append(&[refusal, other]).await.unwrap();
    assert_eq!(appended.outcomes, [Outcome::Replayed(kept), stored(1)]);
    let (receipts,): (i64,) = sqlx::query_as("select count(*) from receipts")
        .fetch_one(&mut sql(&url).await)
        .await
        .unwrap();
    assert_eq!(receipts, 1);
}

#[tokio::test]
async fn a_receipt_of_yesterday_is_found_and_one_of_last_week_is_gone() {
    let url = database().await;
    let (mut store, mut sql, a) = (store(&url).await, sql(&url).await, cart());
    for (id, days) in [(1, 1), (2, 7)] {
        sql.execute(
            format!(
                "create table receipts_{0} partition of receipts for values from ({1}) to ({2});
                 insert into receipts values ('{id:032x}', '{id:032x}', 200, 'cart', 1, 1, {1}::timestamptz)",
                day(&url, days).await,
                format_args!("'{}'", day(&url, days).await),
                format_args!("'{}'", day(&url, days - 1).await),
            )
            .as_str(),
        )
        .await
        .unwrap();
    }
    event_store::maintenance::tend(&url).await.unwrap();
    let looks = [1, 2].map(|id| {
        let mut look = transaction(vec![reads(&a, 0)]);
        look.receipt = Some(Receipt {
            answer: None,
            ..receipt(id, 0)
        });
        look
    });
    let outcomes = store.append(&looks).await.unwrap().outcomes;
    assert!(
        matches!(outcomes[..], [Outcome::Replayed(_), Outcome::Stored { .. }]),
        "{outcomes:?}"
    );
}

async fn day(url: &str, ago: i32) -> String {
    let text = "select to_char((now() at time zone 'utc')::date - $1, 'YYYYMMDD')";
    sqlx::query_scalar(text)
        .bind(ago)
        .fetch_one(&mut sql(url).await)
        .await
        .expect("PostgreSQL knows the day")
}

#[tokio::test]
async fn a_value_that_postgresql_rejects_leaves_nothing_of_the_batch() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    sql(&url)
        .await
        .execute("alter table events add constraint no_poison check (payload::text not like '%Poison%')")
        .await
        .unwrap();
    let batch = [
        transaction(vec![writes(&a, 0, vec![opened()])]),
        transaction(vec![writes(&b, 0, vec![opened(), added("Poison")])]),
    ];
    let error = store.append(&batch).await.err().unwrap();
    assert!(matches!(error, AppendError::Data(_)), "{error}");
    assert_eq!(Reader::connect(&url).await.unwrap().head().await.unwrap(), 0);
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_stored_once() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    let kept = [
        transaction(vec![writes(&a, 0, vec![opened()])]),
        transaction(vec![writes(&a, 1, vec![added("Mug")])]),
    ];
    let mut batch = kept.to_vec();
    // The half that was refused at first, because a foreign writer was on `b`, is decided on nothing stale any more.
    batch.push(transaction(vec![writes(&b, 0, vec![opened()])]));
    store.append(&kept).await.unwrap();

    let appended = store.append_once(&batch).await.unwrap();
    assert_eq!(appended.outcomes, [stored(1), stored(2), stored(3)]);
    let appended = store.append_once(&batch).await.unwrap();
    assert_eq!(appended.outcomes, [stored(1), stored(2), stored(3)]);
    assert_eq!(Reader::connect(&url).await.unwrap().head().await.unwrap(), 3);
}

#[tokio::test]
async fn history_is_never_changed() {
    let url = database().await;
    let (mut store, mut sql) = (store(&url).await, sql(&url).await);
    store
        .append(&[transaction(vec![writes(&cart(), 0, vec![opened()])])])
        .await
        .unwrap();
    for change in [
        "update events set sequence = 9",
        "delete from events",
        "truncate events",
    ] {
        let error = sql.execute(change).await.unwrap_err();
        assert!(error.to_string().contains("never changed"), "{change}: {error}");
    }
}

/// An event whose payload has so many bytes.
fn of_size(bytes: usize) -> domain::Event {
    let empty = added("").payload().len();
    let event = added(&"x".repeat(bytes - empty));
    assert_eq!(event.payload().len(), bytes);
    event
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_by_name_and_what_is_as_large_as_allowed_is_stored() {
    let url = database().await;
    let mut store = store(&url).await;
    let of = |bytes| transaction(vec![writes(&cart(), 0, vec![of_size(bytes)])]);
    let small = transaction(vec![writes(&cart(), 0, vec![opened()])]);
    let refused = store.append(&[small.clone(), of(MAX_PAYLOAD + 1)]).await;
    let Err(AppendError::Data(error)) = refused else {
        panic!("it is an error of data")
    };
    let named = format!(
        "the event cart ItemAdded has {} bytes, {MAX_PAYLOAD} are allowed",
        MAX_PAYLOAD + 1
    );
    assert!(error.to_string().contains(&named), "{error}");
    assert_eq!(Reader::connect(&url).await.unwrap().head().await.unwrap(), 0);
    // By itself, the other one of the batch is stored, and the connection is as good as before.
    let appended = store.append(&[small, of(MAX_PAYLOAD)]).await.unwrap();
    assert_eq!(appended.outcomes, [stored(1), stored(2)]);
}

#[tokio::test]
async fn postgresql_refuses_an_event_that_is_too_large_whoever_writes_it() {
    let url = database().await;
    let mut sql = sql(&url).await;
    let insert = |bytes| {
        sqlx::query("insert into events values (1, 'cart', 'a', 1, 'ItemAdded', '1.0', $1::json, '{}', gen_random_uuid(), now())")
            .bind(of_size(bytes).payload())
    };
    let error = insert(MAX_PAYLOAD + 1).execute(&mut sql).await.unwrap_err();
    assert_eq!(event_store::classify(&error), event_store::ErrorKind::Data);
    assert!(
        error
            .to_string()
            .contains("the event cart ItemAdded has 262145 bytes"),
        "{error}"
    );
    insert(MAX_PAYLOAD).execute(&mut sql).await.unwrap();
}

#[tokio::test]
async fn an_id_that_no_index_can_hold_is_an_error_of_data_and_no_outage() {
    let url = database().await;
    let mut store = store(&url).await;
    let letters: String = (0..40_000_u32)
        .map(|n| char::from_u32(0x4e00 + n % 20_000).unwrap())
        .collect();
    let stream = domain::StreamId::new(domain::AggregateType::Cart, letters);
    let refused = store
        .append(&[transaction(vec![writes(&stream, 0, vec![opened()])])])
        .await;
    assert!(matches!(refused, Err(AppendError::Data(_))));
}
