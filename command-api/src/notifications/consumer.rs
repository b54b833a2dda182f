//! One member of a consumer group: has every event told, or parked where it cannot be, and only then stores its offset.
//!
//! So an event may be read twice and is told once. A database that is away is waited for. One event that cannot be told is found by
//! halving the batch and parked with the later ones of its aggregate ([`super::parking`]); the others flow.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use consumer_group::{CLOSE_LIMIT, Group, Message, text_headers};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use time::OffsetDateTime;

use super::announcement::Announcement;
use super::audience::{self, Audience};
use super::metric::{self, Done};
use super::parking::{Damaged, Parking, storable};
use super::telling::{NotTold, Teller, guarded};
use crate::config::Kafka;

/// Messages that are told at once, at most.
const BATCH: usize = 500;
/// After an error of Kafka or the database.
const RETRY: Duration = Duration::from_millis(500);
/// For so long a batch is kept while PostgreSQL is away; then it is read again. Far less than `max.poll.interval.ms`, after which Kafka
/// would give the partitions to somebody else.
const KEPT_FOR: Duration = if cfg!(test) {
    Duration::from_millis(600)
} else {
    Duration::from_mins(1)
};

/// One member of a group.
pub struct Consumer<T> {
    group: Group,
    teller: T,
    parking: Parking,
}

impl<T: Teller> Consumer<T> {
    /// # Errors
    /// When the client cannot be made.
    pub fn join(kafka: &Kafka, teller: T, parking: Parking) -> Result<Self, KafkaError> {
        Ok(Self {
            group: Group::join(audience::settings(kafka, parking.audience()))?,
            teller,
            parking,
        })
    }

    /// Waits for messages, has their events told or parked, and stores their offsets. Returns how many messages those were.
    pub async fn step(&mut self) -> usize {
        let messages = self.group.next(BATCH).await;
        let now = OffsetDateTime::now_utc();
        let (events, damaged) = read(self.parking.audience(), &messages);
        let begun = Instant::now();
        while let Err(error) = self.settle(&events, &damaged, now).await {
            tracing::warn!(%error, consumer = self.parking.audience().as_str(), "events cannot be told; they are waited with");
            tokio::time::sleep(RETRY).await;
            if begun.elapsed() >= KEPT_FOR {
                self.group.again(&messages);
                return 0;
            }
        }
        self.group.done(&messages);
        messages.len()
    }

    /// Commits the offsets and leaves the group.
    pub async fn close(self) {
        self.group.close(CLOSE_LIMIT).await;
    }

    /// Tells or parks every event. An error: not all of them, and the whole can be done again.
    async fn settle(
        &self,
        arrived: &[Announcement],
        damaged: &[Damaged],
        now: OffsetDateTime,
    ) -> Result<(), NotTold> {
        for damaged in damaged {
            self.parking
                .park_damaged(damaged)
                .await
                .map_err(|error| away(&error))?;
        }
        let events = self.without_lost(arrived).await?;
        let aggregates: Vec<&str> = events.iter().map(|event| event.aggregate.as_str()).collect();
        let mut parked = self
            .parking
            .parked_among(&aggregates)
            .await
            .map_err(|error| away(&error))?;
        // The first part is at the end.
        let mut parts = vec![events];
        while let Some(part) = parts.pop() {
            let mut part = self.without_parked(part, &parked, now).await?;
            match guarded(self.teller.tell(&part, now)).await {
                Ok(()) => metric::events(self.parking.audience(), Done::Told, part.len()),
                Err(NotTold::Never(_)) if part.len() > 1 => {
                    let rest = part.split_off(part.len() / 2);
                    parts.extend([rest, part]);
                }
                Err(NotTold::Never(reason)) => {
                    for event in part {
                        self.park(&event, &reason, now).await?;
                        parked.insert(event.aggregate);
                    }
                }
                Err(away @ NotTold::Away(_)) => return Err(away),
            }
        }
        Ok(())
    }

    /// What the log does not have is told to nobody: a restore has undone it, or somebody else wrote it.
    async fn without_lost(&self, arrived: &[Announcement]) -> Result<Vec<Announcement>, NotTold> {
        let positions: Vec<i64> = arrived.iter().map(|event| event.position).collect();
        let ids = self
            .parking
            .ids_at(&positions)
            .await
            .map_err(|error| away(&error))?;
        let is_there = |event: &&Announcement| ids.get(&event.position) == Some(&event.event_id);
        let events: Vec<Announcement> = arrived.iter().filter(is_there).cloned().collect();
        let lost = arrived.len() - events.len();
        if lost > 0 {
            let consumer = self.parking.audience().as_str();
            tracing::warn!(
                lost,
                consumer,
                "events that the log does not have are told to nobody"
            );
            metric::events(self.parking.audience(), Done::Lost, lost);
        }
        Ok(events)
    }

    /// Parks those behind a parked event, and leaves the others.
    async fn without_parked(
        &self,
        events: Vec<Announcement>,
        parked: &HashSet<String>,
        now: OffsetDateTime,
    ) -> Result<Vec<Announcement>, NotTold> {
        if parked.is_empty() {
            return Ok(events);
        }
        let (behind, free): (Vec<_>, Vec<_>) = events
            .into_iter()
            .partition(|event| parked.contains(&event.aggregate));
        let named: Vec<(&str, &Announcement)> = behind
            .iter()
            .map(|event| (event.aggregate.as_str(), event))
            .collect();
        self.parking
            .park_behind(&named, now)
            .await
            .map_err(|error| away(&error))?;
        metric::events(self.parking.audience(), Done::Parked, behind.len());
        Ok(free)
    }

    async fn park(&self, event: &Announcement, reason: &str, now: OffsetDateTime) -> Result<(), NotTold> {
        let aggregate = &event.aggregate;
        self.parking
            .park(aggregate, event, reason, now)
            .await
            .map_err(|error| away(&error))?;
        metric::events(self.parking.audience(), Done::Parked, 1);
        Ok(())
    }
}

/// Where an event cannot even be parked, it is waited with: nothing is lost.
fn away(error: &sqlx::Error) -> NotTold {
    NotTold::Away(error.to_string())
}

fn read(audience: Audience, messages: &[Message]) -> (Vec<Announcement>, Vec<Damaged>) {
    let mut announcements = Vec::with_capacity(messages.len());
    let mut damaged = vec![];
    for message in messages {
        match Announcement::read(text_headers(message), message.payload().unwrap_or_default()) {
            Ok(announcement) => announcements.push(announcement),
            Err(error) => {
                let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
                tracing::error!(%error, topic, partition, offset, consumer = audience.as_str(), "a message is parked: it is no event");
                damaged.push(as_damaged(message, &error.to_string()));
            }
        }
    }
    metric::events(audience, Done::Parked, damaged.len());
    (announcements, damaged)
}

/// The key names the aggregate, and the topic its type: a relay writes both, whatever happened to the headers.
fn as_damaged(message: &Message, reason: &str) -> Damaged {
    let topic = message.topic();
    let text = |bytes: Option<&[u8]>| storable(&String::from_utf8_lossy(bytes.unwrap_or_default()));
    Damaged {
        aggregate: format!("{}/{}", audience::aggregate_type(topic), text(message.key())),
        message: format!("{topic}/{}@{}", message.partition(), message.offset()),
        content: text(message.payload()),
        reason: reason.to_owned(),
    }
}
