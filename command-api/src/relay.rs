//! Publishes the log to Kafka, in commit order, one page at a time.
//!
//! A role with one leader. It reads past its cursor, produces the page, waits for every delivery and then moves the cursor.
//! After a delivery error it begins again at the cursor: never a skip, never a reorder; what it sends twice after a crash
//! the projectors drop.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::{AggregateType, RecordedEvent, cloud_event};
use event_store::relay_cursor::{CursorError, Leadership, listen};
use metrics::{counter, gauge};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use telemetry::admin::Readiness;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::Kafka;
use crate::topics;

const CURSOR: &str = "kafka";
/// Events of one page, at most.
const PAGE: i64 = 2_000;
/// A page of this size says that the system is busy: the next read waits, and the longer the larger the page was. What
/// Kafka, the projectors and Redis cost is requests, not bytes.
const BUSY_PAGE: usize = 8;
const PAUSE_PER_EVENT: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(60);
/// Where no wake-up arrives.
const POLL: Duration = Duration::from_millis(100);
/// After an error, and while another process leads.
const RETRY: Duration = Duration::from_millis(500);
const LAG_EVERY: Duration = Duration::from_secs(1);

pub struct Settings {
    pub database_url: String,
    pub kafka: Kafka,
    /// Notified by this process's command loop after every commit.
    pub appended: Arc<Notify>,
    pub readiness: Readiness,
    pub token: CancellationToken,
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error("Kafka did not take every message of a page")]
    NotDelivered,
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Database(#[from] event_store::DatabaseError),
}

/// Starts the relay on a thread of its own.
///
/// # Errors
/// When the operating system has no thread left.
pub fn spawn(settings: Settings) -> std::io::Result<JoinHandle<()>> {
    for name in ["relay_lag_events", "relay_lag_seconds"] {
        gauge!(name).set(0.0);
    }
    counter!("relay_published_total").increment(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("relay".to_owned())
        .spawn(move || runtime.block_on(run(settings)))
}

async fn run(settings: Settings) {
    let token = settings.token.clone();
    let waker = tokio::spawn(wake_by_notification(
        settings.database_url.clone(),
        Arc::clone(&settings.appended),
    ));
    while !token.is_cancelled() {
        if let Err(error) = lead(&settings).await {
            tracing::warn!(%error, "the relay begins again at its cursor");
            settings.readiness.not_ok(error.to_string());
        }
        tokio::select! {
            () = token.cancelled() => {}
            () = tokio::time::sleep(RETRY) => {}
        }
    }
    waker.abort();
}

/// Leads until told to stop or something fails; returns at once while another process leads.
async fn lead(settings: &Settings) -> Result<(), RelayError> {
    let Some(leadership) = Leadership::take(&settings.database_url, CURSOR).await? else {
        settings.readiness.ok();
        return Ok(());
    };
    let mut relay = Relay::new(leadership, &settings.kafka)?;
    settings.readiness.ok();
    let mut lag_shown = Instant::now();
    loop {
        let published = relay.step().await?;
        if lag_shown.elapsed() >= LAG_EVERY {
            relay.show_lag().await?;
            lag_shown = Instant::now();
        }
        if settings.token.is_cancelled() && published == 0 {
            return Ok(());
        }
        if published >= BUSY_PAGE {
            tokio::time::sleep(pause_after(published)).await;
        } else if published == 0 {
            tokio::select! {
                () = settings.appended.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                () = settings.token.cancelled() => {}
            }
        }
    }
}

fn pause_after(published: usize) -> Duration {
    let events = u32::try_from(published).unwrap_or(u32::MAX);
    PAUSE_PER_EVENT.saturating_mul(events).min(LONGEST_PAUSE)
}

/// Turns PostgreSQL's notifications into wake-ups. A broken connection falls back to polling and is made again.
async fn wake_by_notification(url: String, appended: Arc<Notify>) {
    loop {
        match listen(&url).await {
            Ok(mut listener) => {
                while listener.recv().await.is_ok() {
                    appended.notify_one();
                }
            }
            Err(error) => tracing::debug!(%error, "the relay polls: it cannot listen"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

/// The leader: its cursor and its producer.
pub struct Relay {
    leadership: Leadership,
    producer: ThreadedProducer<Deliveries>,
    topics: HashMap<AggregateType, String>,
}

impl Relay {
    pub fn new(leadership: Leadership, kafka: &Kafka) -> Result<Self, KafkaError> {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &kafka.kafka_brokers)
            .set("client.id", "cartwright-relay")
            .set("enable.idempotence", "true")
            // Java clients place keys so; librdkafka's own default does not.
            .set("partitioner", "murmur2_random")
            // A page is sent whole: waiting for more would only delay it.
            .set("linger.ms", "0")
            .set("message.timeout.ms", "30000")
            .set("socket.nagle.disable", "true")
            .create_with_context(Deliveries)?;
        let topics = AggregateType::ALL
            .into_iter()
            .map(|kind| (kind, topics::name(kafka, kind)))
            .collect();
        Ok(Self {
            leadership,
            producer,
            topics,
        })
    }

    /// Publishes one page and moves the cursor past it. Returns how many events that were.
    pub async fn step(&mut self) -> Result<usize, RelayError> {
        let events = self.leadership.next_page(PAGE).await?;
        let Some(last) = events.last().map(|event| event.position) else {
            return Ok(0);
        };
        let page = Arc::new(Page::of(events.len()));
        for event in &events {
            self.produce(event, &page)?;
        }
        page.delivered().await?;
        telemetry::failpoint("relay.after_produce");
        self.leadership.move_to(CURSOR, last).await?;
        counter!("relay_published_total").increment(events.len() as u64);
        Ok(events.len())
    }

    fn produce(&self, event: &RecordedEvent, page: &Arc<Page>) -> Result<(), KafkaError> {
        let attributes = cloud_event::headers(event);
        let headers = attributes.iter().fold(
            OwnedHeaders::new_with_capacity(attributes.len()),
            |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: Some(value.as_str()),
                })
            },
        );
        let topic = self.topics.get(&event.aggregate_type).map_or("", String::as_str);
        let record = BaseRecord::with_opaque_to(topic, Arc::clone(page))
            .key(event.aggregate_id.as_str())
            .payload(event.payload.get())
            .headers(headers);
        self.producer.send(record).map_err(|(error, _)| error)
    }

    async fn show_lag(&mut self) -> Result<(), RelayError> {
        let (events, seconds) = self.leadership.lag().await?;
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
        gauge!("relay_lag_events").set(events as f64);
        gauge!("relay_lag_seconds").set(seconds.max(0.0));
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // What is still on its way belongs to a page that failed: it is sent again from the cursor.
        self.producer
            .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
    }
}

/// The messages of one page that Kafka has not answered for. Counted page by page, not in one total: a total could
/// be moved past a message of an earlier page.
pub struct Page {
    waiting: AtomicUsize,
    failed: AtomicBool,
    done: Notify,
}

impl Page {
    fn of(messages: usize) -> Self {
        Self {
            waiting: AtomicUsize::new(messages),
            failed: AtomicBool::new(false),
            done: Notify::new(),
        }
    }

    async fn delivered(&self) -> Result<(), RelayError> {
        self.done.notified().await;
        if self.failed.load(Ordering::Acquire) {
            Err(RelayError::NotDelivered)
        } else {
            Ok(())
        }
    }
}

/// Told by librdkafka's thread what became of each message.
struct Deliveries;

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            tracing::warn!(
                reason,
                "Kafka cannot be reached; what is stored will be published when it can"
            );
        } else {
            tracing::warn!(%error, reason, "the relay's Kafka client");
        }
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<Page>;

    fn delivery(&self, result: &DeliveryResult<'_>, page: Arc<Page>) {
        if let Err((error, _)) = result {
            tracing::warn!(%error, "Kafka did not take a message");
            page.failed.store(true, Ordering::Release);
        }
        if page.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            page.done.notify_one();
        }
    }
}
