//! What is known of a batch that PostgreSQL did not take: nothing of it is stored, or nobody can tell.

mod support;

use std::time::Duration;

use event_store::{AppendError, Connection};
use sqlx::{Connection as _, Executor};
use support::{cart, database, opened, sql, store, transaction, writes};

async fn append(store: &mut Connection) -> Result<(), AppendError> {
    let one = transaction(vec![writes(&cart(), 0, vec![opened()])]);
    let appending = store.append(std::slice::from_ref(&one));
    let appended = tokio::time::timeout(Duration::from_secs(5), appending)
        .await
        .expect("it is answered within 5 s");
    appended.map(drop)
}

#[tokio::test]
async fn an_append_waits_for_its_lock_for_so_long_and_then_nothing_is_stored() {
    let url = database().await;
    let (mut store, mut holder) = (store(&url).await, sql(&url).await);
    holder
        .execute("select pg_advisory_lock(1128354388)")
        .await
        .unwrap();
    let refused = append(&mut store).await;
    assert!(matches!(refused, Err(AppendError::NotNow(_))), "{refused:?}");
    let refused = store.begin_locked().await;
    assert!(refused.is_err());
    holder.close().await.unwrap();
    append(&mut support::store(&url).await).await.unwrap();
}

#[tokio::test]
async fn a_server_that_only_reads_stores_nothing_and_a_connection_that_ends_tells_nothing() {
    let url = database().await;
    let mut store = store(&url).await;
    let mut sql = sql(&url).await;
    let name = url
        .rsplit('/')
        .next()
        .and_then(|name| name.split('?').next())
        .unwrap();
    sql.execute(format!("alter database {name} set default_transaction_read_only = on").as_str())
        .await
        .unwrap();
    let mut reads_only = support::store(&url).await;
    let refused = append(&mut reads_only).await;
    assert!(matches!(refused, Err(AppendError::NotNow(_))), "{refused:?}");

    append(&mut store).await.unwrap();
    sql.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'command-loop'",
    )
    .await
    .unwrap();
    let refused = append(&mut store).await;
    assert!(matches!(refused, Err(AppendError::Lost(_))), "{refused:?}");
}

/// The append's lock is held by somebody who was stopped, or whose machine is gone, in the middle of a transaction.
#[tokio::test]
async fn who_stands_still_under_the_lock_loses_it() {
    let url = database().await;
    let (mut standing, mut store) = (store(&url).await, store(&url).await);
    standing.begin_locked().await.unwrap();
    // The first attempt may give up before the server throws the other one out.
    while append(&mut store).await.is_err() {
        store = support::store(&url).await;
    }
    assert!(standing.commit().await.is_err());
}
