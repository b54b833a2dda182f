//! The oracle is no good if it sees nothing. Here a shop is shopped in, everything holds, and then somebody tampers with
//! PostgreSQL, Redis and Kafka themselves: the oracle has to say so, each time and of the right invariant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::OwnedMessage;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Message as _, Offset, TopicPartitionList};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use tokio::time::sleep;

use super::journal::Journal;
use super::load::Load;
use super::oracle::Seen;
use super::oracle::stores::Stores;
use super::world::{FEW, SCARCE};
use crate::front_door::FrontDoor;
use crate::shop::{Shop, list_one_of_few};
use crate::waiting::{SOON, until};

const SHOPPING: Duration = Duration::from_secs(6);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What is done to the log inside a transaction that is rolled back, and what the oracle has to say of it. The trigger that
/// keeps history as it is stands aside.
const OF_THE_LOG: [(&str, &str, &str); 6] = [
    (
        "an event is lost",
        "delete from events where global_position = (select max(global_position) from events where event_type = 'ItemAdded')",
        "I1",
    ),
    (
        "an event is stored twice",
        "insert into events select (select max(global_position) + 1 from events), aggregate_type, aggregate_id,
                (select max(sequence) + 1 from events other
                 where (other.aggregate_type, other.aggregate_id) = (one.aggregate_type, one.aggregate_id)),
                event_type, event_version, payload, metadata, gen_random_uuid(), now()
         from events one where event_type = 'ItemAdded' order by global_position desc limit 1",
        "I1",
    ),
    (
        "a version is left out",
        "update events set sequence = sequence + 1
         where global_position = (select max(global_position) from events where event_type = 'CartCheckedOut')",
        "I2",
    ),
    (
        "more is promised than there is",
        "update events set payload = '{\"quantity\": 1}' where event_type = 'StockReceived' and sequence = 1",
        "I5",
    ),
    (
        "money is taken twice",
        "insert into events select (select max(global_position) + 1 from events), aggregate_type, aggregate_id,
                (select max(sequence) + 1 from events other
                 where (other.aggregate_type, other.aggregate_id) = (one.aggregate_type, one.aggregate_id)),
                event_type, event_version, payload, metadata, gen_random_uuid(), now()
         from events one where event_type = 'PaymentCaptured' limit 1",
        "I6",
    ),
    (
        "an order is confirmed that nobody paid for",
        "delete from events where event_type = 'PaymentCaptured'",
        "I6",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_oracle_sees_what_somebody_does_to_the_stores() {
    let shop = Shop::founded().await;
    let open = shop.open().await;
    let front = FrontDoor::open(&shop, &open).await;
    list_one_of_few(&mut open.command_api.door(), SCARCE, FEW).await;
    let journal = Arc::new(Journal::default());
    let address = front.origin.trim_start_matches("http://").to_owned();
    let load = Load::begin(&address, &journal, 3).await;
    sleep(SHOPPING).await;
    load.end().await;
    let mut stores = Stores {
        brokers: shop.services.kafka_brokers.clone(),
        topic_prefix: shop.name.clone(),
        redis_url: shop.services.redis_url.clone(),
        redis_prefix: format!("{}:", shop.name),
        patience: SOON,
    };
    let url = shop.services.database_url(&shop.name);
    let mut postgres = PgConnection::connect(&url).await.expect("PostgreSQL answers");
    until("every payment is settled", async || {
        let outstanding: i64 =
            sqlx::query_scalar("select count(*) from deadlines where kind = 'payment-step'")
                .fetch_one(&mut postgres)
                .await
                .ok()?;
        (outstanding == 0).then_some(())
    })
    .await;

    let clean = look(&stores, &mut postgres, &journal).await;
    assert_eq!(clean.violations(), [""; 0], "nobody has done anything yet");
    assert!(
        clean.events.iter().any(|event| event.kind == "PaymentCaptured"),
        "somebody has paid"
    );

    // From now on nothing is late, only wrong.
    stores.patience = Duration::ZERO;
    for (what, statement, invariant) in OF_THE_LOG {
        let mut copy = postgres.begin().await.expect("a transaction begins");
        for statement in ["set local session_replication_role = replica", statement] {
            let done = sqlx::query(statement).execute(&mut *copy).await;
            done.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        sees(what, invariant, &look(&stores, &mut copy, &journal).await);
        copy.rollback().await.expect("it is undone");
    }
    lose_a_line(&stores, &mut postgres, &journal).await;
    let partition = swap_messages(&stores, &clean).await;
    sees(
        "two messages changed places",
        "I3",
        &look(&stores, &mut postgres, &journal).await,
    );
    empty(&stores, &partition).await;
    sees(
        "messages are lost",
        "I3",
        &look(&stores, &mut postgres, &journal).await,
    );

    postgres.close().await.expect("it can be closed");
    open.command_api.stop().await;
    open.projectors.stop().await;
    open.query_api.stop().await;
    shop.clear_away().await;
}

async fn look(stores: &Stores, postgres: &mut PgConnection, journal: &Journal) -> Seen {
    let mut seen = Seen {
        is_settled: true,
        told_carts: journal.carts(),
        ..Seen::default()
    };
    seen.take_journal(journal);
    stores.read(postgres, &mut seen).await;
    seen
}

fn sees(what: &str, invariant: &str, seen: &Seen) {
    let violations = seen.violations();
    let said = violations
        .iter()
        .find(|violation| violation.starts_with(invariant));
    let said = said.unwrap_or_else(|| panic!("{what}, and the oracle says {violations:?}"));
    println!("{what}: {said}");
}

/// Of a document in Redis, and puts it back.
async fn lose_a_line(stores: &Stores, postgres: &mut PgConnection, journal: &Journal) {
    let client = redis::Client::open(stores.redis_url.as_str()).expect("an address of Redis");
    let mut redis = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    let carts = journal.carts();
    let (cart, _) = carts
        .iter()
        .find(|(_, lines)| !lines.is_empty())
        .expect("a cart has lines");
    let key = stores.key_of_cart(&mut redis, cart).await;
    let body: String = redis::cmd("HGET")
        .arg(&key)
        .arg("body")
        .query_async(&mut redis)
        .await
        .expect("it is there");
    let mut without: Value = serde_json::from_str(&body).expect("a document is JSON");
    without["lines"].as_array_mut().expect("a cart has lines").pop();
    for (text, what) in [
        (without.to_string(), Some("a line of a cart is lost")),
        (body, None),
    ] {
        let () = redis::cmd("HSET")
            .arg(&key)
            .arg("body")
            .arg(text)
            .query_async(&mut redis)
            .await
            .expect("it can be written");
        if let Some(what) = what {
            let seen = look(stores, postgres, journal).await;
            sees(what, "I4", &seen);
            sees(what, "I7", &seen);
        }
    }
}

struct Partition {
    topic: String,
    number: i32,
}

/// Empties a partition and fills it again, with two messages of one cart the other way round.
async fn swap_messages(stores: &Stores, seen: &Seen) -> Partition {
    let mut by_cart: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, message) in seen.messages.iter().enumerate() {
        if message.aggregate_type == "cart" {
            by_cart.entry(&message.aggregate_id).or_default().push(at);
        }
    }
    let two = by_cart
        .values()
        .find(|messages| messages.len() > 1)
        .expect("a cart was changed");
    let of = |at: usize| &seen.messages[two[at]];
    let partition = Partition {
        topic: of(0).topic.clone(),
        number: of(0).partition,
    };
    let mut messages = all_of(stores, &partition);
    let place = |offset: i64| {
        messages
            .iter()
            .position(|message| message.offset() == offset)
            .expect("it is there")
    };
    let (first, second) = (place(of(0).offset), place(of(1).offset));
    messages.swap(first, second);
    empty(stores, &partition).await;
    let producer: FutureProducer = config(stores).create().expect("a producer can be made");
    for message in messages {
        let record = FutureRecord::to(&partition.topic)
            .partition(partition.number)
            .key(message.key().unwrap_or_default())
            .payload(message.payload().unwrap_or_default())
            .headers(message.headers().expect("it has headers").clone());
        producer.send(record, ANSWER_LIMIT).await.expect("Kafka takes it");
    }
    partition
}

fn all_of(stores: &Stores, partition: &Partition) -> Vec<OwnedMessage> {
    let consumer: BaseConsumer = config(stores)
        .set("group.id", "tampering")
        .create()
        .expect("a consumer can be made");
    let (low, end) = consumer
        .fetch_watermarks(&partition.topic, partition.number, ANSWER_LIMIT)
        .expect("Kafka answers");
    let mut assignment = TopicPartitionList::new();
    assignment
        .add_partition_offset(&partition.topic, partition.number, Offset::Offset(low))
        .expect("an offset");
    consumer.assign(&assignment).expect("it can be read");
    (low..end)
        .map(|_| {
            let message = consumer.poll(ANSWER_LIMIT).expect("there is more");
            message.expect("Kafka answers").detach()
        })
        .collect()
}

/// Deletes what is in a partition.
async fn empty(stores: &Stores, partition: &Partition) {
    let admin: AdminClient<DefaultClientContext> = config(stores).create().expect("a client");
    let mut until = TopicPartitionList::new();
    until
        .add_partition_offset(&partition.topic, partition.number, Offset::End)
        .expect("an offset");
    admin
        .delete_records(&until, &AdminOptions::new())
        .await
        .expect("records can be deleted");
}

fn config(stores: &Stores) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &stores.brokers);
    config
}
