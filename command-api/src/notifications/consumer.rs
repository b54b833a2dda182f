//! The log's topics as a consumer group: every event becomes a pending delivery for each of its subscribers and a mail where it is
//! news, and only then is its offset stored.
//!
//! So an event may be read twice and is told once (`webhook_deliveries_event_key`). A message that cannot be read is logged, counted and
//! left behind; a database that is away is waited for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::StreamExt;
use metrics::gauge;
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer as _, ConsumerContext, StreamConsumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers};
use rdkafka::{Message as _, Statistics};
use sqlx::postgres::PgPool;
use time::OffsetDateTime;
use tokio::sync::Notify;

use super::announcement::Announcement;
use super::deliveries::{Deliveries, REMEMBERED};
use super::followers::{Followers, FollowersError};
use super::{READ, TOPICS, metric};
use crate::config::Kafka;
use crate::mails::{self, Told};

/// Messages that are stored with one statement, at most.
const BATCH: usize = 500;
/// After an error of Kafka or the database.
const RETRY: Duration = Duration::from_millis(500);
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// One member of the group.
pub struct Consumer {
    member: StreamConsumer<Group>,
    deliveries: Deliveries,
    /// Where mails are put.
    pool: PgPool,
    followers: Followers,
    /// Notified when there is something to send.
    announced: Arc<Notify>,
}

impl Consumer {
    pub fn join(
        kafka: &Kafka,
        deliveries: Deliveries,
        pool: PgPool,
        followers: Followers,
        announced: Arc<Notify>,
    ) -> Result<Self, KafkaError> {
        let name = format!("{}.notifications", kafka.topic_prefix);
        let member: StreamConsumer<Group> = ClientConfig::new()
            .set("bootstrap.servers", &kafka.kafka_brokers)
            .set("group.id", &name)
            .set("client.id", &name)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "1000")
            // What was stored is committed; what was only read is not.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            // A group that is new, or was away for longer than Kafka remembers, begins with the oldest event that there is. Nobody is told
            // of what was before they subscribed.
            .set("auto.offset.reset", "earliest")
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.max.ms", "1000")
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("statistics.interval.ms", "5000")
            .create_with_context(Group {
                name,
                complained: Mutex::default(),
            })?;
        let topics = READ.map(|topic| format!("{}.{topic}", kafka.topic_prefix));
        member.subscribe(&topics.each_ref().map(String::as_str))?;
        Ok(Self {
            member,
            deliveries,
            pool,
            followers,
            announced,
        })
    }

    /// Waits for messages, stores what they announce and then their offsets. Returns how many messages those were.
    pub async fn step(&self) -> usize {
        let mut arriving = self.member.stream().ready_chunks(BATCH);
        let mut messages = vec![];
        for arrived in arriving.next().await.unwrap_or_default() {
            match arrived {
                Ok(message) => messages.push(message),
                // The client has complained about it already.
                Err(error) => tracing::debug!(%error, "no message"),
            }
        }
        if messages.is_empty() {
            tokio::time::sleep(RETRY).await;
            return 0;
        }
        let now = OffsetDateTime::now_utc();
        let (announced, others) = readable(&messages, now).into_iter().partition(is_for_subscribers);
        let heard = Heard { announced, others };
        // The consumer is past these messages already: they are stored before anything else is read.
        while let Err(error) = self.store(&heard, now).await {
            tracing::warn!(%error, "what is to be told cannot be stored; it is waited with");
            tokio::time::sleep(RETRY).await;
        }
        for message in &messages {
            let stored = self
                .member
                .store_offset(message.topic(), message.partition(), message.offset());
            if let Err(error) = stored {
                // The partition is somebody else's by now, who reads these messages again.
                tracing::debug!(%error, topic = message.topic(), "an offset was not stored");
            }
        }
        messages.len()
    }

    async fn store(&self, heard: &Heard, now: OffsetDateTime) -> Result<(), FollowersError> {
        let Heard { announced, others } = heard;
        if !announced.is_empty() && self.deliveries.announce(announced, now).await? > 0 {
            self.announced.notify_one();
        }
        let told: Vec<Told<'_>> = announced.iter().map(Announcement::told).collect();
        mails::put_news(&self.pool, &told, now).await?;
        self.followers.hear(others, now).await
    }
}

/// What was read, by who hears of it.
struct Heard {
    /// Subscribers, and customers by mail.
    announced: Vec<Announcement>,
    /// Those who follow requests.
    others: Vec<Announcement>,
}

fn is_for_subscribers(announcement: &Announcement) -> bool {
    let aggregate = announcement.event_type.split('.').next().unwrap_or_default();
    TOPICS.contains(&aggregate)
}

fn readable(messages: &[BorrowedMessage<'_>], now: OffsetDateTime) -> Vec<Announcement> {
    let oldest = now - REMEMBERED;
    let mut announcements = Vec::with_capacity(messages.len());
    let (mut unreadable, mut too_old) = (0, 0);
    for message in messages {
        match Announcement::read(text_headers(message), message.payload().unwrap_or_default()) {
            Ok(announcement) if announcement.recorded_at < oldest => too_old += 1,
            Ok(announcement) => announcements.push(announcement),
            Err(error) => {
                let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
                tracing::error!(%error, topic, partition, offset, "a message is told to no subscriber: it cannot be read");
                unreadable += 1;
            }
        }
    }
    metric::messages(metric::Message::Read, announcements.len());
    metric::messages(metric::Message::Unreadable, unreadable);
    metric::messages(metric::Message::TooOld, too_old);
    announcements
}

fn text_headers<'a>(message: &'a BorrowedMessage<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let headers = message.headers().into_iter().flat_map(Headers::iter);
    // A header that is not UTF-8 is none of ours.
    headers.filter_map(|header| Some((header.key, std::str::from_utf8(header.value?).ok()?)))
}

/// What librdkafka calls back.
struct Group {
    name: String,
    /// When it was last said that Kafka is away: the client says so many times a second.
    complained: Mutex<Option<Instant>>,
}

impl ClientContext for Group {
    fn stats(&self, statistics: Statistics) {
        for topic in statistics.topics.values() {
            for (number, partition) in &topic.partitions {
                // Below zero: it is somebody else's, or not known yet.
                if *number < 0 || partition.consumer_lag < 0 {
                    continue;
                }
                let labels = [
                    ("group", self.name.clone()),
                    ("topic", topic.topic.clone()),
                    ("partition", number.to_string()),
                ];
                #[expect(clippy::cast_precision_loss, reason = "nobody is 2^52 messages behind")]
                gauge!("consumer_lag_messages", &labels).set(partition.consumer_lag as f64);
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            tracing::warn!(%error, reason, "the notifications' Kafka client");
            return;
        }
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        if complained.is_none_or(|last| last.elapsed() >= COMPLAIN_EVERY) {
            *complained = Some(Instant::now());
            tracing::warn!(
                reason,
                "Kafka cannot be reached; subscribers are told when it can"
            );
        }
    }
}

impl ConsumerContext for Group {}
