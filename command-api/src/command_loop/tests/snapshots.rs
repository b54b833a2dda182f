//! Snapshots: which are kept and which are ignored, and that nobody waits for one.

use std::time::Duration;

use tokio::time::timeout;

use super::super::snapshots::write_missing;
use super::super::state::CODE_VERSION;
use super::long::{AT_LAST, add_by, count, hold, long_cart, open_cart};
use super::*;

/// Of which versions of the code a stream has snapshots, and at which version of its own.
pub async fn snapshots(url: &str, cart: CartId) -> Vec<(i32, i64)> {
    let mut sql = PgConnection::connect(url).await.unwrap();
    let text = "select code_version, version from stream_snapshots where aggregate_id = $1 order by 1";
    sqlx::query_as(text)
        .bind(cart.to_string())
        .fetch_all(&mut sql)
        .await
        .unwrap()
}

pub async fn put_snapshot(url: &str, cart: CartId, code_version: i32, version: i64, state: &str) {
    let mut sql = PgConnection::connect(url).await.unwrap();
    sqlx::query("insert into stream_snapshots values ('cart', $1, $2, $3, $4::json)")
        .bind(cart.to_string())
        .bind(code_version)
        .bind(version)
        .bind(state)
        .execute(&mut sql)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_read_is_ignored_and_a_better_one_takes_its_place() {
    let url = database().await;
    // Of a short stream, of a long one, and one that is past its stream's end.
    for (by, length, version) in [(1, 700, 500), (2, 1_500, 1_400), (3, 1_500, 9_000)] {
        let cart = long_cart(&url, by, length).await;
        put_snapshot(&url, cart, CODE_VERSION, version, r#"{"garbage":[]}"#).await;
        let mut shopping = Loop::on(&url);
        let answer = shopping.execute(add_by(cart, by)).await.unwrap();
        assert_eq!(answer.version, length + 1);
        assert_eq!(snapshots(&url, cart).await, [(CODE_VERSION, length)]);
    }
}

#[tokio::test]
async fn replicas_of_two_releases_keep_their_own_snapshots() {
    let url = database().await;
    let cart = long_cart(&url, 1, 1_500).await;
    let (older, newer) = (CODE_VERSION - 1, CODE_VERSION + 1);
    put_snapshot(&url, cart, older, 1_000, r#"{"older":1}"#).await;
    put_snapshot(&url, cart, newer, 1_200, r#"{"newer":1}"#).await;
    let mut shopping = Loop::on(&url);
    assert_eq!(shopping.execute(add(cart)).await.unwrap().version, 1_501);
    assert_eq!(
        snapshots(&url, cart).await,
        [(older, 1_000), (CODE_VERSION, 1_500), (newer, 1_200)]
    );
}

#[tokio::test]
async fn migrating_writes_the_snapshots_that_this_release_lacks() {
    let url = database().await;
    let (long, short) = (long_cart(&url, 1, 2_345).await, long_cart(&url, 2, 450).await);
    let has_one = long_cart(&url, 3, 900).await;
    put_snapshot(&url, long, CODE_VERSION - 1, 2_000, "{}").await;
    put_snapshot(&url, has_one, CODE_VERSION, 600, "{}").await;
    // One that this release cannot read holds nobody up.
    let unreadable = long_cart(&url, 4, 1_200).await;
    let newer = format!(
        "set session_replication_role = replica;
         update events set event_type = 'GiftWrapped' where aggregate_id = '{unreadable}' and sequence = 1100"
    );
    PgConnection::connect(&url)
        .await
        .unwrap()
        .execute(newer.as_str())
        .await
        .unwrap();

    write_missing(&url).await.unwrap();
    assert_eq!(
        snapshots(&url, long).await,
        [(CODE_VERSION - 1, 2_000), (CODE_VERSION, 2_345)]
    );
    assert_eq!(snapshots(&url, short).await, []);
    assert_eq!(snapshots(&url, has_one).await, [(CODE_VERSION, 600)]);
    // As far as it can be read.
    assert_eq!(snapshots(&url, unreadable).await, [(CODE_VERSION, 1_000)]);
    assert_eq!(write_missing(&url).await.unwrap(), 0);

    // With it the loop loads the stream by itself.
    let mut shopping = Loop::on(&url);
    hold(&shopping);
    assert_eq!(shopping.execute(add(long)).await.unwrap().version, 2_346);
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_stored_now_holds_nobody_up() {
    let url = database().await;
    let mut shopping = Loop::on(&url);
    let cart = shop(&mut shopping).await;
    let other = open_cart(&mut shopping, 2).await;
    shopping.execute(add_by(other, 2)).await.unwrap();
    let mut holder = PgConnection::connect(&url).await.unwrap();
    holder
        .execute("begin; lock table stream_snapshots in share row exclusive mode")
        .await
        .unwrap();
    for _ in 0..10 {
        let answers: Vec<_> = (0..50).map(|_| shopping.send(add(cart), caller())).collect();
        shopping.step().await;
        let answered = futures::future::join_all(answers).await;
        assert!(answered.iter().all(Result::is_ok));
    }
    // It is being stored, although its turn is over.
    let waits = "select count(*) from pg_stat_activity
                 where datname = current_database() and application_name = 'snapshots' and wait_event_type = 'Lock'";
    let seen = async {
        while count(&url, waits).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(AT_LAST, seen).await.unwrap();
    assert_eq!(shopping.execute(add_by(other, 2)).await.unwrap().version, 3);
    holder.execute("rollback").await.unwrap();
}
