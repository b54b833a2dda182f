//! What routes look at is what the loop would decide on, however long the stream is and whatever became of its snapshot.

use domain::cart::Cart;
use event_store::Reader;

use super::super::current;
use super::super::state::{CODE_VERSION, State};
use super::long::{lengthen, long_cart};
use super::snapshots::put_snapshot;
use super::*;

async fn looked_at(reader: &Reader, cart: CartId) -> (Cart, u64) {
    let mut states = current(reader, vec![cart.stream()]).await.unwrap();
    match states.remove(0) {
        (State::Cart(cart), version) => (cart, version),
        (other, _) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_long_stream_is_looked_at_from_its_snapshot_or_by_pages() {
    let url = database().await;
    let reader = Reader::connect(&url).await.unwrap();
    let cart = long_cart(&url, 1, 5_000).await;
    let (whole, version) = reader.aggregate::<Cart>(&cart.to_string()).await.unwrap();
    assert_eq!(version, 5_000);
    let expected = (whole, 5_000);
    assert_eq!(looked_at(&reader, cart).await, expected, "by pages");

    put_snapshot(&url, cart, CODE_VERSION, 5_000, r#"{"garbage":[]}"#).await;
    assert_eq!(
        looked_at(&reader, cart).await,
        expected,
        "whatever the snapshot says"
    );
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute("delete from stream_snapshots").await.unwrap();
    crate::command_loop::write_missing_snapshots(&url).await.unwrap();
    // Whoever read the whole stream would stumble over it.
    let sql = "update events set event_type = 'Odd' where sequence between 3 and 4000";
    connection
        .execute("set session_replication_role = replica")
        .await
        .unwrap();
    connection.execute(sql).await.unwrap();
    assert_eq!(looked_at(&reader, cart).await, expected, "from the snapshot");
    // It is far behind by now: still nothing before it is read.
    lengthen(&url, &cart.stream(), 9_000).await;
    let (_, version) = looked_at(&reader, cart).await;
    assert_eq!(version, 9_000);
}

#[tokio::test]
async fn what_has_no_room_in_one_statement_is_looked_at_with_the_next_from_its_snapshot() {
    let url = database().await;
    let reader = Reader::connect(&url).await.unwrap();
    let mut streams = vec![];
    for by in 1..=12 {
        streams.push(long_cart(&url, by, 2_400).await);
    }
    crate::command_loop::write_missing_snapshots(&url).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection
        .execute("set session_replication_role = replica; update events set event_type = 'Odd' where sequence between 3 and 2399 and aggregate_type = 'cart'")
        .await
        .unwrap();
    for cart in &streams {
        lengthen(&url, &cart.stream(), 4_300).await;
    }
    let states = current(&reader, streams.iter().map(|cart| cart.stream()).collect())
        .await
        .unwrap();
    let versions: Vec<u64> = states.iter().map(|(_, version)| *version).collect();
    assert_eq!(versions, [4_300; 12]);
}

#[tokio::test]
async fn many_streams_are_looked_at_in_their_order_and_one_without_events_is_new() {
    let url = database().await;
    let reader = Reader::connect(&url).await.unwrap();
    let long = long_cart(&url, 1, 2_500).await;
    let mut streams = vec![CartId::new(Uuid::now_v7()).stream(); 150];
    streams[120] = long.stream();
    let states = current(&reader, streams).await.unwrap();
    let versions: Vec<u64> = states.iter().map(|(_, version)| *version).collect();
    assert_eq!(
        (versions.len(), versions[120], versions.iter().sum::<u64>()),
        (150, 2_500, 2_500)
    );
}
