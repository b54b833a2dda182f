//! A PostgreSQL that says nothing costs one time limit, and the pool has all of its connections afterwards.

use std::time::Duration;

use database::{ErrorKind, Limits, Pool, PoolSettings, classify};
use sqlx::Executor as _;
use test_proxy::{Proxy, Way};

const CONNECTIONS: u32 = 3;
const LIMITS: Limits = Limits {
    acquire: Duration::from_millis(1500),
    statement: Some(Duration::from_millis(300)),
    silence: Duration::from_millis(600),
    idle: Duration::from_mins(1),
};
/// Far longer than anything here may take.
const SOON: Duration = Duration::from_mins(1);

/// A pool whose connections are all made and idle, by way of a proxy.
async fn connected() -> (Proxy, Pool) {
    let url = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names no PostgreSQL: run the tests with ./dev test");
    let (proxy, url) = Proxy::before(&url).await;
    let pool = PoolSettings::new(&url, "silent", LIMITS)
        .expect("a fixture is valid")
        .connections(CONNECTIONS)
        .lazy();
    has_all_connections(&pool).await;
    (proxy, pool)
}

/// Takes all of them at the same time.
async fn has_all_connections(pool: &Pool) {
    let all = async {
        loop {
            let mut sessions = vec![];
            while sessions.len() < CONNECTIONS as usize {
                match pool.acquire().await {
                    Ok(session) => sessions.push(session),
                    Err(_) => break,
                }
            }
            if sessions.len() == CONNECTIONS as usize {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, all)
        .await
        .expect("a connection is lost to the pool for good");
}

async fn select(pool: &Pool) -> Result<i32, sqlx::Error> {
    let answer = sqlx::query_scalar("select 1").fetch_one(pool);
    tokio::time::timeout(SOON, answer)
        .await
        .expect("a statement has a time limit")
}

#[tokio::test]
async fn connections_that_were_forgotten_on_their_way_are_replaced_after_one_time_limit() {
    let (proxy, pool) = connected().await;
    proxy.strand();
    // The first one that is asked says nothing; the others, idle since before, are not asked any more.
    assert_eq!(select(&pool).await.unwrap(), 1);
    has_all_connections(&pool).await;
    assert_eq!(proxy.accepted(), 2 * CONNECTIONS as usize);
}

#[tokio::test]
async fn a_statement_that_is_never_answered_ends_and_costs_the_pool_nothing() {
    let (proxy, pool) = connected().await;
    let mut session = pool.acquire().await.unwrap();
    proxy.strand();
    let answer = tokio::time::timeout(SOON, session.execute("select 1"))
        .await
        .expect("a statement has a time limit");
    assert_eq!(classify(&answer.unwrap_err()), ErrorKind::Unavailable);
    drop(session);
    has_all_connections(&pool).await;
}

#[tokio::test]
async fn a_commit_that_is_never_answered_ends_and_costs_the_pool_nothing() {
    let (proxy, pool) = connected().await;
    let mut transaction = pool.begin().await.unwrap();
    transaction.execute("select 1").await.unwrap();
    proxy.strand();
    let answer = tokio::time::timeout(SOON, transaction.commit())
        .await
        .expect("a commit has a time limit");
    assert_eq!(classify(&answer.unwrap_err()), ErrorKind::Unavailable);
    has_all_connections(&pool).await;
}

#[tokio::test]
async fn a_server_that_stands_still_is_found_again_when_it_goes_on() {
    let (proxy, pool) = connected().await;
    proxy.set(Way::Held);
    for _ in 0..2 {
        assert_eq!(
            classify(&select(&pool).await.unwrap_err()),
            ErrorKind::Unavailable
        );
    }
    proxy.set(Way::Open);
    let healed = async { while select(&pool).await.is_err() {} };
    tokio::time::timeout(SOON, healed)
        .await
        .expect("it is found again");
    has_all_connections(&pool).await;
}

#[tokio::test]
async fn whoever_gives_up_in_the_middle_of_a_statement_costs_the_pool_nothing() {
    let (proxy, pool) = connected().await;
    for way in [Way::Held, Way::Open] {
        let (mut session, mut transaction) = (pool.acquire().await.unwrap(), pool.begin().await.unwrap());
        proxy.set(way);
        // Larger than what the sockets between take up: it is never written whole.
        let large = "x".repeat(20_000_000);
        let given_up = tokio::time::timeout(Duration::from_millis(100), async {
            let written = sqlx::query("select $1::text, pg_sleep(10)").bind(&large);
            let slept = sqlx::query("select pg_sleep(10)");
            futures::join!(written.execute(&mut session), slept.execute(&mut *transaction))
        })
        .await;
        assert!(given_up.is_err());
        drop((session, transaction));
        // Some were stranded with what they held.
        proxy.strand();
        proxy.set(Way::Open);
        has_all_connections(&pool).await;
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_no_trace_and_its_connection_is_used_again() {
    let (proxy, pool) = connected().await;
    let mut transaction = pool.begin().await.unwrap();
    transaction
        .execute("create temporary table traces (n int)")
        .await
        .unwrap();
    drop(transaction);
    let mut sessions = vec![];
    for _ in 0..CONNECTIONS {
        let mut session = pool.acquire().await.unwrap();
        let left: Option<i32> = sqlx::query_scalar(
            "select 1 from pg_class where relname = 'traces' and pg_table_is_visible(oid)",
        )
        .fetch_optional(&mut session)
        .await
        .unwrap();
        assert_eq!(left, None);
        sessions.push(session);
    }
    assert_eq!(proxy.accepted(), CONNECTIONS as usize, "nothing was reconnected");
}

#[tokio::test]
async fn a_statement_that_is_refused_keeps_its_connection() {
    let (proxy, pool) = connected().await;
    let mut session = pool.acquire().await.unwrap();
    for statement in ["select 1 / 0", "no statement", "select '1x'::int"] {
        assert!(session.execute(statement).await.is_err());
        session.execute("select 1").await.unwrap();
    }
    drop(session);
    // And what takes too long is ended by the server, which says so.
    let slow = pool.execute("select pg_sleep(60)").await.unwrap_err();
    assert_eq!(
        slow.as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .as_deref(),
        Some("57014")
    );
    has_all_connections(&pool).await;
    assert_eq!(proxy.accepted(), CONNECTIONS as usize, "nothing was reconnected");
}
