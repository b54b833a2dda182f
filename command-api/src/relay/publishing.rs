//! The leader: its cursor, its producer, and one page after the other.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::RecordedEvent;
use domain::cloud_event::{self, Origin};
use event_store::incarnation::Incarnations;
use event_store::relay_cursor::{Leadership, Logged};
use metrics::counter;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, PurgeConfig, ThreadedProducer};
use tokio::time::timeout;

use super::RelayError;
use super::chain::Chain;
use super::deliveries::{Deliveries, Failed, Page};
use super::refusal::Refusal;
use crate::config::Kafka;

/// Events of one page, at most.
pub(super) const PAGE: i64 = 2_000;
/// Bytes of one message, at most. Eight times what an append allows, so that large events of old logs go out as they are.
pub const LARGEST_MESSAGE: usize = 2 << 20;
/// Left for key and headers.
pub(super) const LARGEST_PAYLOAD: usize = LARGEST_MESSAGE - (64 << 10);
/// What an append allows. Kafka takes that much on every topic that we made, so a smaller payload is never the culprit of a
/// batch that is too large.
const ORDINARY_PAYLOAD: usize = 256 << 10;

pub struct Relay {
    pub(super) leadership: Leadership,
    producer: Producing,
}

impl Relay {
    pub fn new(
        leadership: Leadership,
        kafka: &Kafka,
        chain: Chain,
        patience: Duration,
    ) -> Result<Self, KafkaError> {
        Ok(Self {
            leadership,
            producer: Producing::new(kafka, chain, patience)?,
        })
    }

    /// Publishes one page and moves the cursor past it. Returns how many events that were.
    ///
    /// `by_reference`: positions of events that go without their payload. A page that Kafka refuses for its size adds to it.
    pub async fn step(&mut self, by_reference: &mut BTreeSet<i64>) -> Result<usize, RelayError> {
        let events = self.leadership.next_page(PAGE, LARGEST_PAYLOAD).await?;
        let Some(last) = events.last().map(|last| last.event.position) else {
            return Ok(0);
        };
        self.producer
            .send(&mut self.leadership, &events, by_reference)
            .await?;
        telemetry::failpoint("relay.after_produce");
        self.leadership.move_to(last).await?;
        Ok(events.len())
    }
}

/// The producer, and what is said of each message besides its event. Dropped with whatever is still on its way.
pub(super) struct Producing {
    /// None once dropped.
    producer: Option<ThreadedProducer<Deliveries>>,
    chain: Chain,
    patience: Duration,
}

impl Producing {
    pub fn new(kafka: &Kafka, chain: Chain, patience: Duration) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &kafka.kafka_brokers)
            .set("client.id", "cartwright-relay")
            .set("enable.idempotence", "true")
            // A message that fails stops those behind it, too; and none fails by time alone while a later one is taken: time is
            // ours to measure, and ends the whole producer.
            .set("enable.gapless.guarantee", "true")
            .set("message.timeout.ms", "0")
            .set("message.max.bytes", LARGEST_MESSAGE.to_string())
            // A page is sent whole: waiting for more would only delay it.
            .set("linger.ms", "0")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.nagle.disable", "true")
            .create_with_context(Deliveries)?;
        Ok(Self {
            producer: Some(producer),
            chain,
            patience,
        })
    }

    /// Sends a page and waits until Kafka has it.
    pub async fn send(
        &mut self,
        leadership: &mut Leadership,
        events: &[Logged],
        by_reference: &mut BTreeSet<i64>,
    ) -> Result<(), RelayError> {
        let page = Arc::new(Page::of(events.len()));
        for Logged { event, has_payload } in events {
            let refers = !has_payload || by_reference.contains(&event.position);
            match self.produce(event, &page, leadership.incarnations(), refers) {
                Ok(()) => {}
                Err(RelayError::Kafka(error)) => {
                    let (position, bytes) = (Some(event.position), event.payload.get().len());
                    page.fail(Failed {
                        error,
                        position,
                        bytes,
                    });
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        let failed = self.answered(&page, leadership).await?;
        if let Some(first) = failed.first() {
            learn(by_reference, &failed);
            return Err(RelayError::NotDelivered(first.error.clone()));
        }
        for sent in events {
            by_reference.remove(&sent.event.position);
        }
        counter!("relay_published_total").increment(events.len() as u64);
        Ok(())
    }

    fn produce(
        &mut self,
        event: &RecordedEvent,
        page: &Arc<Page>,
        incarnations: &Incarnations,
        refers: bool,
    ) -> Result<(), RelayError> {
        let partition = self.chain.place(event)?.partition;
        let previous_position = self.chain.link(event, partition);
        let (incarnation, since) = incarnations.begun(event.position);
        let origin = Origin {
            incarnation: Some(incarnation),
            incarnation_since: Some(since),
            previous_position,
        };
        let mut attributes = cloud_event::headers(event);
        attributes.extend(cloud_event::origin_headers(origin));
        let mut payload = event.payload.get();
        if refers {
            let (position, stream) = (event.position, event.stream());
            tracing::error!(position, %stream, "an event is too large for Kafka: its message only refers to it");
            counter!("relay_events_by_reference_total").increment(1);
            attributes.push(cloud_event::reference(event));
            payload = "";
        }
        let headers = attributes.iter().fold(
            OwnedHeaders::new_with_capacity(attributes.len()),
            |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value.as_str()),
                })
            },
        );
        let place = self.chain.place(event)?;
        let record = BaseRecord::with_opaque_to(place.topic, Arc::clone(page))
            .partition(place.partition)
            .key(event.aggregate_id.as_str())
            .payload(payload)
            .headers(headers);
        let producer = self.producer.as_ref().ok_or(KafkaError::Canceled)?;
        producer.send(record).map_err(|(error, _)| error.into())
    }

    /// Waits until every message of the page was answered for, as long as Kafka goes on answering. Returns those that failed.
    async fn answered(&self, page: &Page, leadership: &mut Leadership) -> Result<Vec<Failed>, RelayError> {
        let mut waiting = page.waiting();
        loop {
            // A page of which a message was not even sent is not waited for.
            let failed = page.failed();
            if !failed.is_empty() {
                return Ok(failed);
            }
            match timeout(self.patience, page.done()).await {
                Ok(()) => return Ok(page.failed()),
                Err(_) if page.waiting() < waiting => {
                    waiting = page.waiting();
                    leadership.renew().await?;
                }
                Err(_) => return Err(RelayError::Silent(self.patience)),
            }
        }
    }
}

/// What is too large goes by reference next time: every event that is larger than usual, or at least the largest one, since
/// Kafka refuses a whole batch and does not say for which message.
fn learn(by_reference: &mut BTreeSet<i64>, failed: &[Failed]) {
    let too_large: Vec<&Failed> = failed
        .iter()
        .filter(|failed| failed.refusal() == Refusal::TooLarge)
        .collect();
    let largest = too_large.iter().max_by_key(|failed| failed.bytes);
    let large = too_large.iter().filter(|failed| failed.bytes > ORDINARY_PAYLOAD);
    by_reference.extend(
        largest
            .into_iter()
            .chain(large)
            .filter_map(|failed| failed.position),
    );
}

impl Drop for Producing {
    fn drop(&mut self) {
        let Some(producer) = self.producer.take() else {
            return;
        };
        // What is still on its way belongs to a page that failed: it is sent again from the cursor.
        producer.purge(PurgeConfig::default().queue().inflight());
        // Ending the client takes as long as a silent broker makes it: nobody waits for that.
        let ending = std::thread::Builder::new().name("relay-producer-end".to_owned());
        if let Err(error) = ending.spawn(move || drop(producer)) {
            tracing::warn!(%error, "a producer was ended on the relay's own thread");
        }
    }
}
