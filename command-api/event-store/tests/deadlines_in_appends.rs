//! What an append does to deadlines: with its own commit, and for what was stored alone.

mod support;

use std::time::Duration;

use domain::StreamId;
use event_store::deadlines::DeadlineKind::{Cart, Reservation};
use event_store::deadlines::{DeadlineChange, DeadlineKind, Deadlines};
use event_store::{AppendError, Connection, Outcome};
use sqlx::Executor;
use support::{
    added, cart, clears, database, deadlines, in_seconds, opened, reads, receipt, sets, sql, store,
    transaction, with_deadlines, writes,
};
use time::OffsetDateTime;

fn row(kind: DeadlineKind, stream: &StreamId, due: OffsetDateTime) -> (String, String, OffsetDateTime) {
    (kind.as_str().to_owned(), stream.aggregate_id.to_string(), due)
}

/// Opens a cart with these deadlines.
async fn open(store: &mut Connection, stream: &StreamId, deadlines: Vec<DeadlineChange>) {
    let opening = with_deadlines(vec![writes(stream, 0, vec![opened()])], deadlines);
    let outcomes = store
        .append(&[opening])
        .await
        .expect("PostgreSQL stores")
        .outcomes;
    assert!(matches!(outcomes[..], [Outcome::Stored { .. }]), "{outcomes:?}");
}

#[tokio::test]
async fn an_append_sets_replaces_and_clears_deadlines() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    let (soon, late) = (in_seconds(60), in_seconds(3600));
    open(
        &mut store,
        &a,
        vec![sets(Cart, &a, soon), sets(Reservation, &a, soon)],
    )
    .await;
    assert_eq!(
        deadlines(&url).await,
        [row(Cart, &a, soon), row(Reservation, &a, soon)]
    );

    let replacing = with_deadlines(
        vec![writes(&a, 1, vec![added("Mug")])],
        vec![sets(Cart, &a, late), clears(Reservation, &a)],
    );
    store.append(&[replacing]).await.unwrap();
    assert_eq!(deadlines(&url).await, [row(Cart, &a, late)]);

    // Clearing what is not set is nothing, and who only read may clear too.
    let clearing = with_deadlines(
        vec![reads(&a, 2)],
        vec![clears(Cart, &a), clears(Reservation, &a)],
    );
    store.append(&[clearing]).await.unwrap();
    assert_eq!(deadlines(&url).await, []);
}

#[tokio::test]
async fn a_refused_transaction_sets_no_deadline_and_clears_none() {
    let url = database().await;
    let (mut store, a, b, c) = (store(&url).await, cart(), cart(), cart());
    let due = in_seconds(60);
    open(&mut store, &a, vec![sets(Cart, &a, due)]).await;

    // The first was decided on an empty `a`, the second builds on what it would have written, the third on neither.
    let batch = [
        with_deadlines(
            vec![reads(&a, 0), writes(&b, 0, vec![opened()])],
            vec![clears(Cart, &a), sets(Cart, &b, due)],
        ),
        with_deadlines(
            vec![writes(&b, 1, vec![added("Mug")])],
            vec![sets(Reservation, &b, due)],
        ),
        with_deadlines(vec![writes(&c, 0, vec![opened()])], vec![sets(Cart, &c, due)]),
    ];
    let outcomes = store.append(&batch).await.unwrap().outcomes;
    assert_eq!(
        outcomes,
        [
            Outcome::Refused,
            Outcome::Refused,
            Outcome::Stored { position: 2 }
        ]
    );
    assert_eq!(deadlines(&url).await, [row(Cart, &a, due), row(Cart, &c, due)]);
}

#[tokio::test]
async fn a_replayed_transaction_sets_no_deadline() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    let (first, second) = (in_seconds(60), in_seconds(3600));
    let mut kept = with_deadlines(
        vec![writes(&a, 0, vec![opened()])],
        vec![sets(Reservation, &a, first)],
    );
    kept.receipt = Some(receipt(1, 1));
    store.append(&[kept]).await.unwrap();

    // Decided anew on the fresh state, beside one that is stored.
    let mut again = with_deadlines(
        vec![writes(&a, 1, vec![added("Mug")])],
        vec![sets(Reservation, &a, second), sets(Cart, &a, second)],
    );
    again.receipt = Some(receipt(1, 2));
    let other = with_deadlines(vec![writes(&b, 0, vec![opened()])], vec![sets(Cart, &b, second)]);
    let outcomes = store.append(&[again, other]).await.unwrap().outcomes;
    assert!(
        matches!(outcomes[..], [Outcome::Replayed(_), Outcome::Stored { .. }]),
        "{outcomes:?}"
    );
    assert_eq!(
        deadlines(&url).await,
        [row(Reservation, &a, first), row(Cart, &b, second)]
    );
}

#[tokio::test]
async fn the_last_word_of_a_batch_on_a_deadline_counts() {
    let url = database().await;
    let (mut store, a, b, c, d) = (store(&url).await, cart(), cart(), cart(), cart());
    let (soon, late) = (in_seconds(60), in_seconds(3600));
    let batch = [
        with_deadlines(
            vec![writes(&a, 0, vec![opened()])],
            vec![sets(Cart, &a, late), sets(Reservation, &a, late)],
        ),
        with_deadlines(
            vec![writes(&a, 1, vec![added("Mug")])],
            vec![sets(Cart, &a, soon), clears(Reservation, &a)],
        ),
        // Within one transaction too.
        with_deadlines(
            vec![writes(&b, 0, vec![opened()])],
            vec![clears(Cart, &b), sets(Cart, &b, late), sets(Cart, &b, soon)],
        ),
        with_deadlines(vec![writes(&c, 0, vec![opened()])], vec![sets(Cart, &c, soon)]),
        // Refused, so it has no word.
        with_deadlines(
            vec![reads(&c, 1), writes(&d, 7, vec![added("Mug")])],
            vec![clears(Cart, &c)],
        ),
    ];
    let outcomes = store.append(&batch).await.unwrap().outcomes;
    assert_eq!(outcomes[4], Outcome::Refused);
    assert_eq!(
        deadlines(&url).await,
        [row(Cart, &a, soon), row(Cart, &b, soon), row(Cart, &c, soon)]
    );
}

#[tokio::test]
async fn a_deadline_that_is_set_anew_is_nobodys_and_was_never_tried() {
    let url = database().await;
    let (mut store, a) = (store(&url).await, cart());
    let actor = Deadlines::connect(&url).await.unwrap();
    open(&mut store, &a, vec![sets(Cart, &a, in_seconds(-60))]).await;
    let minute = Duration::from_mins(1);
    assert_eq!(actor.claim(&[Cart], minute, 9).await.unwrap().len(), 1);
    assert!(actor.claim(&[Cart], minute, 9).await.unwrap().is_empty());

    let due = in_seconds(-30);
    let anew = with_deadlines(vec![writes(&a, 1, vec![added("Mug")])], vec![sets(Cart, &a, due)]);
    store.append(&[anew]).await.unwrap();
    let claimed = actor.claim(&[Cart], minute, 9).await.unwrap();
    assert_eq!((claimed[0].due_at, claimed[0].attempts), (due, 1));
}

#[tokio::test]
async fn a_batch_that_postgresql_rejects_changes_no_deadline() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    let due = in_seconds(60);
    open(&mut store, &a, vec![sets(Cart, &a, due)]).await;
    sql(&url)
        .await
        .execute("alter table deadlines add constraint no_poison check (kind <> 'reservation')")
        .await
        .unwrap();
    let batch = [
        with_deadlines(vec![writes(&a, 1, vec![added("Mug")])], vec![clears(Cart, &a)]),
        with_deadlines(
            vec![writes(&b, 0, vec![opened()])],
            vec![sets(Reservation, &b, due)],
        ),
    ];
    let error = store.append(&batch).await.err().unwrap();
    assert!(matches!(error, AppendError::Data(_)), "{error}");
    assert_eq!(deadlines(&url).await, [row(Cart, &a, due)]);
    let events: i64 = sqlx::query_scalar("select count(*) from events")
        .fetch_one(&mut sql(&url).await)
        .await
        .unwrap();
    assert_eq!(
        events, 1,
        "events and deadlines are stored together or not at all"
    );
}

#[tokio::test]
async fn an_append_without_deadlines_does_not_so_much_as_look_at_them() {
    let url = database().await;
    let (mut store, mut sql, a) = (store(&url).await, sql(&url).await, cart());
    sql.execute("begin; lock table deadlines in access exclusive mode")
        .await
        .unwrap();
    let append = async {
        let batch = [transaction(vec![writes(&a, 0, vec![opened()])])];
        store.append(&batch).await.unwrap()
    };
    let appended = tokio::time::timeout(Duration::from_secs(5), append).await;
    assert!(appended.is_ok(), "it waits for the deadlines");
}

#[tokio::test]
async fn when_the_answer_to_an_append_was_lost_its_deadlines_are_not_set_again() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    let (first, second) = (in_seconds(60), in_seconds(3600));
    let lost = [with_deadlines(
        vec![writes(&a, 0, vec![opened()])],
        vec![sets(Cart, &a, first), sets(Reservation, &a, first)],
    )];
    store.append(&lost).await.unwrap();
    // Before anybody finds out, another replica goes on with it.
    let since = with_deadlines(
        vec![writes(&a, 1, vec![added("Mug")])],
        vec![sets(Cart, &a, second), clears(Reservation, &a)],
    );
    store.append(&[since]).await.unwrap();

    // Of what was not stored yet, they are set.
    let mut batch = lost.to_vec();
    batch.push(with_deadlines(
        vec![writes(&b, 0, vec![opened()])],
        vec![sets(Cart, &b, second)],
    ));
    let outcomes = store.append_once(&batch).await.unwrap().outcomes;
    assert_eq!(
        outcomes,
        [Outcome::Stored { position: 1 }, Outcome::Stored { position: 3 }]
    );
    let mut expected = [row(Cart, &a, second), row(Cart, &b, second)];
    expected.sort_by(|x, y| x.1.cmp(&y.1));
    assert_eq!(deadlines(&url).await, expected);
}

#[tokio::test]
async fn nor_are_those_of_its_transactions_that_only_read() {
    let url = database().await;
    let (mut store, a, b) = (store(&url).await, cart(), cart());
    open(&mut store, &a, vec![]).await;
    let (first, second) = (in_seconds(60), in_seconds(3600));
    // The first leaves no event by which it could be found, and the second has the last word.
    let lost = [
        with_deadlines(vec![reads(&a, 1)], vec![sets(Cart, &a, first)]),
        with_deadlines(
            vec![reads(&a, 1), writes(&b, 0, vec![opened()])],
            vec![sets(Cart, &a, second)],
        ),
    ];
    store.append(&lost).await.unwrap();
    store.append_once(&lost).await.unwrap();
    assert_eq!(deadlines(&url).await, [row(Cart, &a, second)]);

    // Where nothing of the batch was stored, theirs are set like all the others.
    let never_arrived = [with_deadlines(vec![reads(&a, 1)], vec![sets(Cart, &a, first)])];
    store.append_once(&never_arrived).await.unwrap();
    assert_eq!(deadlines(&url).await, [row(Cart, &a, first)]);
}
