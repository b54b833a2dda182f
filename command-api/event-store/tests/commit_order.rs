//! Positions are handed out in commit order, so whoever reads past a position never misses an event.
//!
//! The classic bug of event stores on PostgreSQL: the later position commits first, a reader moves past the earlier one.
//! One append is held open just before its commit, by a deferred trigger that waits for a lock which the test holds.

mod support;

use domain::StreamId;
use event_store::{Outcome, Reader};
use sqlx::{Executor, PgConnection};
use support::{cart, database, opened, sql, store, transaction, writes};

const HOLD_OPEN: &str = "
    create function hold_open() returns trigger language plpgsql as $$
    begin
        if new.aggregate_id = current_setting('test.held', true) then perform pg_advisory_xact_lock(42); end if;
        return null;
    end $$;
    create constraint trigger hold_open after insert on events deferrable initially deferred
        for each row execute function hold_open();";

/// How many connections of this database wait for an advisory lock.
async fn waiting(sql: &mut PgConnection) -> i64 {
    let text = "select count(*) from pg_stat_activity
                where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'";
    sqlx::query_scalar(text)
        .fetch_one(sql)
        .await
        .expect("PostgreSQL counts")
}

/// Waits until `count` connections wait for an advisory lock, or somebody has finished instead.
async fn until_waiting(sql: &mut PgConnection, count: i64, finished: impl Fn() -> bool) {
    while waiting(sql).await < count {
        assert!(!finished(), "an append went ahead of the one that was held open");
        tokio::task::yield_now().await;
    }
}

async fn append(url: String, stream: StreamId) -> i64 {
    let outcomes = store(&url)
        .await
        .append(&[transaction(vec![writes(&stream, 0, vec![opened()])])])
        .await
        .expect("nothing is wrong with this append")
        .outcomes;
    match outcomes[..] {
        [Outcome::Stored { position }] => position,
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_append_that_is_held_open_holds_up_the_next_and_readers_see_neither() {
    let url = database().await;
    let (held, next) = (cart(), cart());
    let mut sql = sql(&url).await;
    sql.execute(HOLD_OPEN).await.unwrap();
    let database: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    sql.execute(
        format!(
            "alter database {database} set test.held = '{}'",
            held.aggregate_id
        )
        .as_str(),
    )
    .await
    .unwrap();
    sql.execute("select pg_advisory_lock(42)").await.unwrap();
    let reader = Reader::connect(&url).await.unwrap();

    let first = tokio::spawn(append(url.clone(), held.clone()));
    until_waiting(&mut sql, 1, || first.is_finished()).await;
    let second = tokio::spawn(append(url.clone(), next.clone()));
    until_waiting(&mut sql, 2, || first.is_finished() || second.is_finished()).await;
    assert!(reader.read_all(0, 10).await.unwrap().is_empty());

    sql.execute("select pg_advisory_unlock(42)").await.unwrap();
    assert_eq!((first.await.unwrap(), second.await.unwrap()), (1, 2));
    let streams: Vec<_> = reader
        .read_all(0, 10)
        .await
        .unwrap()
        .iter()
        .map(domain::RecordedEvent::stream)
        .collect();
    assert_eq!(streams, [held, next]);
}

/// The proof that the test above can fail: it does without the function's lock.
#[tokio::test]
async fn without_the_lock_the_next_append_does_not_wait_for_it() {
    let url = database().await;
    let (held, next) = (cart(), cart());
    let mut sql = sql(&url).await;
    sql.execute(HOLD_OPEN).await.unwrap();
    let append_sql: String = sqlx::query_scalar("select pg_get_functiondef('append'::regproc)")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    let unlocked = append_sql.replace("perform pg_advisory_xact_lock(1128354388);", "");
    assert_ne!(unlocked, append_sql, "the lock is where this test looks for it");
    sql.execute(unlocked.as_str()).await.unwrap();
    let database: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&mut sql)
        .await
        .unwrap();
    sql.execute(
        format!(
            "alter database {database} set test.held = '{}'",
            held.aggregate_id
        )
        .as_str(),
    )
    .await
    .unwrap();
    sql.execute("select pg_advisory_lock(42)").await.unwrap();

    let first = tokio::spawn(append(url.clone(), held));
    until_waiting(&mut sql, 1, || first.is_finished()).await;
    let second = tokio::spawn(append(url.clone(), next));
    // It waits for the first one's row, not for the lock: it took the same position, and will fail.
    let on_the_row = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'transactionid'";
    while sqlx::query_scalar::<_, i64>(on_the_row)
        .fetch_one(&mut sql)
        .await
        .unwrap()
        == 0
    {
        assert!(!second.is_finished());
        tokio::task::yield_now().await;
    }
    assert_eq!(waiting(&mut sql).await, 1);
    sql.execute("select pg_advisory_unlock(42)").await.unwrap();
    assert_eq!(first.await.unwrap(), 1);
    assert!(second.await.is_err(), "two events cannot have one position");
}
