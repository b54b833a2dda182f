//! Groups on a real Kafka (`TEST_KAFKA_BROKERS`): what is handed out, committed and begun again, and who is replaced.

#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use consumer_group::{
    Begin, CLOSE_LIMIT, Checkpoints, Group, Health, Settings, TopicPartition, Trouble, Watch,
};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::Message as _;
use rdkafka::producer::{FutureProducer, FutureRecord};

const SOON: Duration = Duration::from_secs(40);

fn brokers() -> String {
    std::env::var("TEST_KAFKA_BROKERS").expect("`./dev test integration` starts Kafka")
}

struct Topic {
    name: String,
    admin: AdminClient<DefaultClientContext>,
    producer: FutureProducer,
}

impl Topic {
    async fn made() -> Self {
        let topic = Self::named(format!("group-test-{}", uuid::Uuid::new_v4()));
        topic.create().await;
        topic
    }

    fn named(name: String) -> Self {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", brokers());
        Self {
            name,
            admin: client.create().unwrap(),
            producer: client.create().unwrap(),
        }
    }

    fn again(&self) -> Self {
        Self::named(self.name.clone())
    }

    async fn create(&self) {
        let topic = NewTopic::new(&self.name, 2, TopicReplication::Fixed(1));
        let made = async || {
            let made = self.admin.create_topics([&topic], &AdminOptions::new()).await;
            made.unwrap()[0].is_ok().then_some(())
        };
        until("the topic can be made", made).await;
    }

    async fn delete(&self) {
        let deleted = self
            .admin
            .delete_topics(&[&self.name], &AdminOptions::new())
            .await;
        assert!(deleted.unwrap()[0].is_ok());
    }

    async fn send(&self, partition: i32, texts: &[&str]) {
        for text in texts {
            let sent = async || {
                let record: FutureRecord<'_, str, str> =
                    FutureRecord::to(&self.name).partition(partition).payload(text);
                self.producer
                    .send(record, Duration::from_secs(5))
                    .await
                    .ok()
                    .map(drop)
            };
            until("the message is taken", sent).await;
        }
    }

    fn settings(&self, begin: Begin) -> Settings {
        let group = format!("{}-group", self.name);
        Settings::new(brokers(), "tested", group, vec![self.name.clone()], begin)
    }
}

async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < end, "it did not come to this: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the group hands out, until it is so much.
async fn texts(group: &mut Group, count: usize) -> Vec<String> {
    let mut texts = vec![];
    while texts.len() < count {
        let messages = tokio::time::timeout(SOON, group.next(100))
            .await
            .expect("messages");
        group.done(&messages);
        let payloads = messages
            .iter()
            .map(|message| String::from_utf8_lossy(message.payload().unwrap()));
        texts.extend(payloads.map(std::borrow::Cow::into_owned));
    }
    texts.sort();
    texts
}

fn metrics_of(settings: &Settings) -> Vec<String> {
    let text = telemetry::metric::render();
    let ours = |line: &&str| line.contains(&format!("group=\"{}\"", settings.group));
    text.lines().filter(ours).map(ToOwned::to_owned).collect()
}

#[tokio::test]
async fn what_is_done_is_not_handed_out_again_and_the_lag_says_so() {
    let topic = Topic::made().await;
    let settings = topic.settings(Begin::Oldest);
    topic.send(0, &["a", "b"]).await;
    let mut group = Group::join(settings.clone()).unwrap();
    assert_eq!(texts(&mut group, 2).await, ["a", "b"]);
    until("nothing waits, and it is known", async || {
        // Asked for, so that librdkafka commits.
        let waiting = tokio::time::timeout(Duration::from_millis(10), group.next(1)).await;
        assert!(waiting.is_err(), "nothing is there");
        let lines = metrics_of(&settings);
        let is_zero = |line: &String| line.starts_with("consumer_lag_messages") && line.ends_with(" 0");
        (group.health() == Health::Well && lines.iter().filter(|line| is_zero(line)).count() == 2)
            .then_some(())
    })
    .await;
    group.close(CLOSE_LIMIT).await;
    until("a group that ended has no series", async || {
        metrics_of(&settings).is_empty().then_some(())
    })
    .await;

    topic.send(1, &["c"]).await;
    let mut group = Group::join(settings).unwrap();
    assert_eq!(texts(&mut group, 1).await, ["c"]);
    group.close(CLOSE_LIMIT).await;
}

#[tokio::test]
async fn a_group_that_begins_with_the_newest_is_known_before_its_first_message() {
    let topic = Topic::made().await;
    topic.send(0, &["old"]).await;
    let mut group = Group::join(topic.settings(Begin::Newest)).unwrap();
    until("it is known", async || {
        let waiting = tokio::time::timeout(Duration::from_millis(10), group.next(1)).await;
        assert!(waiting.is_err(), "what was before is not handed out");
        (group.health() == Health::Well).then_some(())
    })
    .await;
    topic.send(0, &["new"]).await;
    assert_eq!(texts(&mut group, 1).await, ["new"]);
    group.close(CLOSE_LIMIT).await;
}

#[tokio::test]
async fn a_topic_that_is_made_anew_is_handed_out_from_its_beginning() {
    let topic = Topic::made().await;
    let mut group = Group::join(topic.settings(Begin::Newest)).unwrap();
    until("it is known", async || {
        let _ = tokio::time::timeout(Duration::from_millis(10), group.next(1)).await;
        (group.health() == Health::Well).then_some(())
    })
    .await;
    topic.send(0, &["1", "2", "3", "4"]).await;
    topic.send(1, &["5"]).await;
    assert_eq!(texts(&mut group, 5).await.len(), 5);

    topic.delete().await;
    topic.create().await;
    topic.send(0, &["first", "second"]).await;
    // Longer than before: its old offset is there, and is another message's.
    topic.send(1, &["third", "fourth", "fifth"]).await;
    let mut heard = BTreeSet::new();
    until(
        "all of the new topic is heard, some of it perhaps twice",
        async || {
            heard.extend(texts(&mut group, 1).await);
            ["fifth", "first", "fourth", "second", "third"]
                .iter()
                .all(|text| heard.contains(*text))
                .then_some(())
        },
    )
    .await;
    group.close(CLOSE_LIMIT).await;
}

#[tokio::test]
async fn partitions_that_are_added_are_handed_out_from_their_beginning() {
    let topic = Topic::made().await;
    let mut group = Group::join(topic.settings(Begin::Newest)).unwrap();
    topic.send(0, &["before"]).await;
    until("it is known", async || {
        let messages = tokio::time::timeout(Duration::from_millis(10), group.next(1)).await;
        group.done(&messages.unwrap_or_default());
        (group.health() == Health::Well).then_some(())
    })
    .await;
    let more = NewPartitions::new(&topic.name, 3);
    topic
        .admin
        .create_partitions([&more], &AdminOptions::new())
        .await
        .unwrap();
    // A producer that knows of it.
    let fresh = topic.again();
    fresh.send(2, &["there"]).await;
    assert_eq!(texts(&mut group, 1).await, ["there"]);
    group.close(CLOSE_LIMIT).await;
}

/// A store in which nothing ever moves.
struct Unmoved(Vec<TopicPartition>);

#[async_trait::async_trait]
impl Checkpoints for Unmoved {
    async fn next_offsets(
        &mut self,
        _: &[TopicPartition],
    ) -> Result<std::collections::BTreeMap<TopicPartition, i64>, String> {
        Ok(self.0.iter().map(|name| (name.clone(), 0)).collect())
    }
}

#[tokio::test]
async fn a_member_whose_partitions_stand_still_is_called_back_and_a_new_one_gets_them() {
    let topic = Topic::made().await;
    topic.send(0, &["waits"]).await;
    let settings = Settings {
        patience: Duration::from_secs(2),
        ..topic.settings(Begin::AtCheckpoint)
    };
    let checkpoints = Unmoved([0, 1].map(|partition| (topic.name.clone(), partition)).into());
    let watch = Watch::start(settings, Some(Box::new(checkpoints)));
    let stuck = watch.join().unwrap();
    // It hears what it is given, and never answers: as stuck as a member can be.
    let trouble = tokio::time::timeout(SOON, async {
        tokio::select! {
            trouble = watch.trouble() => trouble,
            never = async { loop { let _ = stuck.recv().await; } } => never,
        }
    });
    let trouble = trouble.await.expect("the watch notices");
    assert!(matches!(trouble, Trouble::Stalled(_)), "{trouble}");
    assert!(
        matches!(watch.health(), Health::Stalled(_)),
        "{:?}",
        watch.health()
    );
    stuck.close(Duration::from_millis(100)).await;

    let fresh = watch.join().unwrap();
    let given = tokio::time::timeout(SOON, async {
        let mut given = vec![];
        while given.len() < 2 {
            tokio::select! {
                partitions = fresh.assigned() => {
                    let from: Vec<_> = partitions.iter().map(|name| (name.clone(), rdkafka::Offset::Beginning)).collect();
                    fresh.begin(&from).unwrap();
                    given.extend(partitions);
                }
                message = fresh.recv() => drop(message),
            }
        }
        given
    });
    assert_eq!(
        given.await.expect("the group gives them to the new member").len(),
        2
    );
    fresh.close(CLOSE_LIMIT).await;
}
