//! A Redis that says nothing costs one time limit, and the connection is made anew.

use std::time::Duration;

use redis::AsyncCommands;
use redis_connection::{Connection, Settings};
use test_proxy::{Proxy, Way};

const ANSWER: Duration = Duration::from_millis(300);
/// Far longer than anything here may take.
const SOON: Duration = Duration::from_secs(30);

async fn connected() -> (Proxy, Connection) {
    let url = std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL names no Redis: run the tests with ./dev test");
    let (proxy, url) = Proxy::before(&url).await;
    let mut connection = Settings::new(&url, ANSWER)
        .expect("a fixture is valid")
        .lazy()
        .expect("a fixture is valid");
    let () = connection.ping().await.expect("a fixture is valid");
    (proxy, connection)
}

async fn ping(connection: &Connection) -> redis::RedisResult<()> {
    let ping = connection.clone();
    tokio::time::timeout(SOON, async move { ping.clone().ping().await })
        .await
        .expect("a command has a time limit")
}

#[tokio::test]
async fn a_connection_that_was_forgotten_on_its_way_is_replaced_after_one_time_limit() {
    let (proxy, connection) = connected().await;
    proxy.strand();
    let waiting = (0..20).map(|_| ping(&connection));
    let mut answers = vec![];
    for answer in waiting {
        answers.push(answer.await.is_ok());
    }
    assert_eq!(answers.iter().filter(|is_ok| !**is_ok).count(), 1, "{answers:?}");
    assert_eq!(proxy.accepted(), 2, "it was replaced once");
}

#[tokio::test]
async fn a_server_that_stands_still_fails_each_command_in_time_and_is_found_again() {
    let (proxy, connection) = connected().await;
    proxy.set(Way::Held);
    for _ in 0..3 {
        assert!(ping(&connection).await.is_err());
    }
    proxy.set(Way::Open);
    let healed = async { while ping(&connection).await.is_err() {} };
    tokio::time::timeout(SOON, healed)
        .await
        .expect("it is found again");
}

#[tokio::test]
async fn a_server_that_closes_its_connections_is_found_again() {
    let (proxy, connection) = connected().await;
    proxy.set(Way::Cut);
    assert!(ping(&connection).await.is_err());
    proxy.set(Way::Open);
    let healed = async { while ping(&connection).await.is_err() {} };
    tokio::time::timeout(SOON, healed)
        .await
        .expect("it is found again");
}
