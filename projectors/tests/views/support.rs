//! A shop of its own for every test: database, topics and key prefix, made when it is opened and removed at its end.

use std::collections::HashMap;
use std::process::Command;
use std::time::{Duration, Instant};

use domain::cloud_event::{self, Origin};
use domain::{AggregateType, CartId, Event, RecordedEvent, StreamId};
use event_store::{NewEvent, StreamUse, Transaction};
use projectors::config::Connections;
use projectors::decode::Incoming;
use projectors::kafka::partition_of;
use projectors::projector::Projector;
use projectors::rebuild;
use projectors::services::Services;
use projectors::verify::{self, Report};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::types::RDKafkaErrorCode;
use read_model::View;
use read_model::record::PartitionOf;
use redis::AsyncCommands;
use secrecy::{ExposeSecret, SecretString};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(30);
pub const PARTITIONS: i32 = 3;

pub struct Shop {
    pub connections: Connections,
    pub services: Services,
    log: event_store::Connection,
    versions: HashMap<StreamId, i64>,
    producer: FutureProducer,
    published: i64,
    admin_url: String,
    database: String,
}

impl Shop {
    pub async fn open() -> Self {
        let admin_url = required("TEST_DATABASE_URL");
        let name = format!("test_{}", Uuid::new_v4().simple());
        psql(&admin_url, &format!("create database {name}"));
        let (server, _) = admin_url.rsplit_once('/').expect("a URL with a database");
        let database_url = format!("{server}/{name}");
        event_store::migrations::run(&database_url).await.unwrap();
        let connections = Connections {
            database_url: SecretString::from(database_url.clone()),
            kafka_brokers: required("TEST_KAFKA_BROKERS"),
            topic_prefix: name.clone(),
            redis_url: SecretString::from(required("TEST_REDIS_URL")),
            redis_prefix: format!("{name}:"),
        };
        let services = Services::connect(&connections).await.unwrap();
        make_topics(&services).await;
        let producer = producer(&services);
        let log = event_store::Connection::open(&database_url).await.unwrap();
        Self {
            connections,
            services,
            log,
            versions: HashMap::new(),
            producer,
            published: 0,
            admin_url,
            database: name,
        }
    }

    /// Stores events; they are not in Kafka yet.
    pub async fn store(&mut self, stream: &StreamId, events: impl IntoIterator<Item = Event>) {
        let events: Vec<NewEvent> = events
            .into_iter()
            .map(|event| NewEvent {
                event_id: Uuid::now_v7(),
                event,
            })
            .collect();
        let version = self.versions.entry(stream.clone()).or_insert(0);
        let used = StreamUse {
            stream: stream.clone(),
            expected_version: *version,
            events,
        };
        *version += i64::try_from(used.events.len()).unwrap();
        let metadata = r#"{"actor":"guest","correlation_id":"c-1"}"#.to_owned();
        let transaction = Transaction {
            streams: vec![used],
            metadata,
            receipt: None,
            deadlines: vec![],
        };
        let appended = self.log.append(&[transaction]).await.unwrap();
        assert!(
            matches!(appended.outcomes[..], [event_store::Outcome::Stored { .. }]),
            "{:?}",
            appended.outcomes
        );
    }

    /// Stores an event that this binary cannot read, as a newer release would.
    pub fn store_unknown(&mut self, stream: &StreamId) {
        let version = self.versions.get(stream).copied().unwrap_or(0) + 1;
        self.versions.insert(stream.clone(), version);
        let (kind, id) = (stream.aggregate_type, &stream.aggregate_id);
        self.sql(&format!(
            "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version, \
             payload, metadata, event_id, recorded_at) select coalesce(max(global_position), 0) + 1, '{kind}', '{id}', \
             {version}, 'FromTheFuture', '1.0', '{{}}', '{{}}', gen_random_uuid(), clock_timestamp() from events"
        ));
    }

    /// As if the next release were here: the event can be read now. The log itself refuses to be changed.
    pub fn make_readable(&self, stream: &StreamId, event: &Event) {
        let (name, payload) = (event.name(), event.payload());
        self.sql(&format!(
            "set session_replication_role = replica; update events set event_type = '{name}', payload = '{payload}' \
             where event_type = 'FromTheFuture' and aggregate_id = '{}'",
            stream.aggregate_id
        ));
    }

    pub fn sql(&self, statement: &str) {
        psql(self.connections.database_url.expose_secret(), statement);
    }

    /// Sends everything to Kafka that was not sent yet, as the relay does.
    pub async fn relay(&mut self) {
        for event in self.events_after(self.published).await {
            self.published = event.position;
            self.send(&event).await;
        }
    }

    pub async fn send(&self, event: &RecordedEvent) {
        self.send_from(event, Origin::default()).await;
    }

    /// As a relay of this release does, which says where a message comes from.
    pub async fn send_from(&self, event: &RecordedEvent, origin: Origin) {
        let mut headers = cloud_event::headers(event);
        headers.extend(cloud_event::origin_headers(origin));
        self.send_with(event, headers, event.payload.get()).await;
    }

    /// As the relay does with an event that is too large for Kafka.
    pub async fn send_reference(&self, event: &RecordedEvent) {
        let mut headers = cloud_event::headers(event);
        headers.push(cloud_event::reference(event));
        self.send_with(event, headers, "").await;
    }

    /// As no relay does: with no word of a place in the log.
    pub async fn send_without_place(&self, event: &RecordedEvent) {
        let mut headers = cloud_event::headers(event);
        headers.retain(|(name, _)| !["ce_position", "ce_sequence"].contains(name));
        self.send_with(event, headers, event.payload.get()).await;
    }

    async fn send_with(&self, event: &RecordedEvent, with: Vec<(&'static str, String)>, payload: &str) {
        let mut headers = OwnedHeaders::new();
        for (key, value) in with {
            headers = headers.insert(Header {
                key,
                value: Some(&value),
            });
        }
        let topic = self.services.kafka.topic(event.aggregate_type.topic());
        let record = FutureRecord::to(&topic)
            .key(&event.aggregate_id)
            .payload(payload)
            .headers(headers);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    /// Deletes all topics and makes them again: what was sent is gone, and offsets begin at 0 once more.
    pub async fn remake_topics(&mut self) {
        let topics = topics(&self.services);
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        let deleted = admin(&self.services)
            .delete_topics(&names, &AdminOptions::new())
            .await;
        assert!(deleted.unwrap().iter().all(Result::is_ok));
        make_topics(&self.services).await;
        self.reconnect_producer();
    }

    /// A producer knows a topic's partitions from when it first sent there.
    pub fn reconnect_producer(&mut self) {
        self.producer = producer(&self.services);
    }

    /// Nothing happened past a position: as a restore leaves it, with the relay's cursor there, too.
    pub fn forget_past(&mut self, position: i64) {
        self.sql(&format!(
            "set session_replication_role = replica; delete from events where global_position > {position}; \
             insert into relay_cursor (name, position) values ('kafka', {position}) \
             on conflict (name) do update set position = {position}"
        ));
        self.published = position;
    }

    /// As it is after [`Shop::forget_past`].
    pub fn set_version(&mut self, stream: &StreamId, version: i64) {
        self.versions.insert(stream.clone(), version);
    }

    pub async fn send_raw(&self, topic: &str, key: &str, payload: &str) {
        let topic = self.services.kafka.topic(topic);
        let record = FutureRecord::to(&topic).key(key).payload(payload);
        self.producer.send(record, PATIENCE).await.unwrap();
    }

    pub async fn events_after(&self, position: i64) -> Vec<RecordedEvent> {
        self.services.log.read_all(position, 1_000_000).await.unwrap()
    }

    /// What Kafka gives for the partition of `stream`, from its beginning, once everything was relayed.
    pub async fn messages_of(&self, stream: &StreamId) -> Vec<Incoming> {
        let place = |kind: AggregateType, id: &str| (kind.topic(), partition_of(id, PARTITIONS as usize));
        let wanted = place(stream.aggregate_type, &stream.aggregate_id);
        let events = self.events_after(0).await;
        let here = events
            .into_iter()
            .filter(|event| place(event.aggregate_type, &event.aggregate_id) == wanted);
        here.zip(0..)
            .map(|(event, offset)| Incoming::recorded(offset, event))
            .collect()
    }

    /// Builds all views from what is stored, and leaves them to whoever consumes them next.
    pub async fn build(&self) {
        for view in View::ALL {
            let running = rebuild::rebuild(&self.services, view, &CancellationToken::new())
                .await
                .unwrap();
            running.finish().await;
        }
    }

    /// Takes over the partition of `stream` in a view, as a task of a replica does.
    pub async fn projector(&self, view: View, stream: &StreamId) -> Projector {
        let generation = self
            .services
            .store
            .clone()
            .shown(view)
            .await
            .unwrap()
            .expect("the view is built");
        let topic = self.services.kafka.topic(stream.aggregate_type.topic());
        let partition = partition_of(&stream.aggregate_id, PARTITIONS as usize);
        let of = PartitionOf {
            view,
            generation,
            topic,
            partition,
        };
        Projector::begin(of, self.services.store.clone(), self.services.log.clone())
            .await
            .unwrap()
    }

    /// Everything equals a fold of the events; waits until it may.
    pub async fn assert_verified(&self) -> Report {
        let report = verify::verify(&self.services, PATIENCE).await.unwrap();
        assert!(report.differences.is_empty(), "{:#?}", report.differences);
        report
    }

    /// The views equal a fold of the events, and Kafka differs as the test made it differ.
    pub async fn assert_views_verified(&self) {
        let views = async || {
            let mut differences = verify::verify(&self.services, Duration::ZERO)
                .await
                .unwrap()
                .differences;
            differences.retain(|difference| !difference.name.starts_with("kafka"));
            differences
        };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && !views().await.is_empty() {}
        assert_eq!(views().await, []);
    }

    /// Removes every key of this shop, as FLUSHALL would: other tests share the Redis.
    pub async fn flush(&self) {
        let mut connection = self.services.store.connection();
        let keys = self.keys().await;
        if !keys.is_empty() {
            let _: () = connection.unlink(keys).await.unwrap();
        }
    }

    /// All keys with their contents, to put them back later: what Redis has after it lost its last second.
    pub async fn snapshot(&self) -> Vec<(String, Vec<u8>)> {
        let mut connection = self.services.store.connection();
        let mut snapshot = vec![];
        for key in self.keys().await {
            let dump: Vec<u8> = redis::cmd("DUMP")
                .arg(&key)
                .query_async(&mut connection)
                .await
                .unwrap();
            snapshot.push((key, dump));
        }
        snapshot
    }

    pub async fn restore(&self, snapshot: &[(String, Vec<u8>)]) {
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        for key in self.keys().await {
            pipeline.del(key).ignore();
        }
        for (key, dump) in snapshot {
            pipeline.cmd("RESTORE").arg(key).arg(0).arg(dump).ignore();
        }
        let _: () = pipeline
            .query_async(&mut self.services.store.connection())
            .await
            .unwrap();
    }

    async fn keys(&self) -> Vec<String> {
        let mut connection = self.services.store.connection();
        connection
            .keys(format!("*{}*", self.connections.redis_prefix))
            .await
            .unwrap()
    }

    /// The body of a cart, in whatever generation is shown.
    pub async fn cart(&self, cart: CartId) -> Option<serde_json::Value> {
        let generation = self.services.store.clone().shown(View::Carts).await.unwrap()?;
        let key = self.services.store.keys().cart(generation, cart);
        let body: Option<String> = self.services.store.connection().hget(key, "body").await.unwrap();
        body.map(|body| serde_json::from_str(&body).unwrap())
    }
}

/// The topics of every aggregate, those that no view reads included.
fn topics(services: &Services) -> Vec<String> {
    let mut topics: Vec<String> = AggregateType::ALL
        .into_iter()
        .map(|kind| services.kafka.topic(kind.topic()))
        .collect();
    topics.sort();
    topics.dedup();
    topics
}

/// As the relay's.
fn producer(services: &Services) -> FutureProducer {
    let mut config = services.kafka.client();
    config
        .set("partitioner", "murmur2_random")
        .set("enable.idempotence", "true")
        .set("linger.ms", "0");
    config.create().unwrap()
}

/// Makes the topics that are not there.
async fn make_topics(services: &Services) {
    let topics = topics(services);
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|topic| NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(1)))
        .collect();
    until("the topics are there", || async {
        let made = admin(services).create_topics(&new, &AdminOptions::new()).await;
        let are_made = made
            .unwrap()
            .into_iter()
            .all(|made| matches!(made, Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))));
        are_made && services.kafka.bounds(topics.clone()).await.is_ok()
    })
    .await;
}

impl Drop for Shop {
    fn drop(&mut self) {
        let services = self.services.clone();
        let removing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let topics = topics(&services);
                let names: Vec<&str> = topics.iter().map(String::as_str).collect();
                drop(admin(&services).delete_topics(&names, &AdminOptions::new()).await);
            });
        });
        drop(removing.join());
        psql(
            &self.admin_url,
            &format!("drop database if exists {} with (force)", self.database),
        );
    }
}

/// Waits for something that happens elsewhere.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn admin(services: &Services) -> AdminClient<DefaultClientContext> {
    services.kafka.client().create().unwrap()
}

fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: `./dev test integration` starts PostgreSQL, Kafka and Redis and sets it")
    })
}

fn psql(url: &str, statement: &str) {
    let done = Command::new("psql")
        .args(["-qX", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .output();
    let done = done.expect("psql comes with PostgreSQL's client");
    assert!(
        done.status.success(),
        "{statement}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}
