//! Publishes the log to Kafka, in commit order, one page at a time.
//!
//! A role with one leader. It reads past its cursor, produces the page, waits for every delivery and then moves the cursor.
//! After a delivery error it begins again at the cursor: never a skip, never a reorder; what it sends twice after a crash
//! the projectors drop. No wait is without a limit: a PostgreSQL or a Kafka that falls silent costs one time-out.

mod chain;
mod deliveries;
mod lag;
mod publishing;
mod refusal;
pub mod republishing;
mod tail;
#[cfg(test)]
mod tests;
mod waking;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use event_store::relay_cursor::{CursorError, Leadership};
use futures::FutureExt;
use metrics::counter;
use rdkafka::error::KafkaError;
use telemetry::admin::Readiness;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Kafka;
use crate::topics;
use chain::Chain;
use lag::LagWatch;
use publishing::Relay;
use republishing::Republishing;
use tail::Tails;

pub use publishing::LARGEST_MESSAGE;

const CURSOR: &str = "kafka";
/// A page of this size says that the system is busy: the next read waits, and the longer the larger the page was. What
/// Kafka, the projectors and Redis cost is requests, not bytes.
const BUSY_PAGE: usize = 8;
const PAUSE_PER_EVENT: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(60);
/// Where no wake-up arrives.
const POLL: Duration = Duration::from_millis(100);
/// After an error, and while another process leads.
const RETRY: Duration = Duration::from_millis(500);

pub struct Settings {
    pub database_url: String,
    pub kafka: Kafka,
    /// Notified by this process's command loop after every commit.
    pub appended: Arc<Notify>,
    /// True while this process leads: its command loop then need not notify the leader by way of PostgreSQL.
    pub leads: Arc<AtomicBool>,
    /// Where the relay decides whether this process is ready: where it does nothing else.
    pub readiness: Option<Ready>,
    pub patience: Patience,
    pub token: CancellationToken,
}

/// What a process that only relays reports to.
pub struct Ready {
    /// Whether the last attempt to lead or to publish failed.
    pub relay: Readiness,
    /// Whether events wait for too long, whichever process leads.
    pub lag: Readiness,
}

/// How long the relay waits for an answer before it gives the connection up.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one round trip.
    pub postgres: Duration,
    /// Without a single message of a page being acknowledged. Shorter than the lease of a leader.
    pub kafka: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            postgres: Duration::from_secs(5),
            kafka: Duration::from_secs(10),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error("Kafka did not take every message of a page: {0}")]
    NotDelivered(KafkaError),
    #[error("Kafka has not acknowledged a message for {} ms", .0.as_millis())]
    Silent(Duration),
    #[error("there is no topic {0}; `command-api migrate` creates it")]
    NoTopic(String),
    #[error(transparent)]
    Cursor(#[from] CursorError),
}

/// Starts the relay on a thread of its own.
///
/// # Errors
/// When the operating system has no thread left.
pub fn spawn(settings: Settings) -> std::io::Result<JoinHandle<()>> {
    for name in [
        "relay_published_total",
        "relay_events_by_reference_total",
        "log_incarnations_renewed_total",
    ] {
        counter!(name).increment(0);
    }
    lag::register();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("relay".to_owned())
        .spawn(move || runtime.block_on(run(settings)))
}

async fn run(mut settings: Settings) {
    let token = settings.token.clone();
    let (ready, ready_lag) = settings
        .readiness
        .take()
        .map(|Ready { relay, lag }| (relay, lag))
        .unzip();
    // Both end with this set.
    let mut beside = JoinSet::new();
    let (url, limit) = (settings.database_url.clone(), settings.patience.postgres);
    beside.spawn(waking::wake_by_notification(
        url.clone(),
        limit,
        Arc::clone(&settings.appended),
    ));
    beside.spawn(LagWatch::new(url, limit).run(ready_lag));
    let mut by_reference = BTreeSet::new();
    while !token.is_cancelled() {
        let leading = AssertUnwindSafe(lead(&settings, ready.as_ref(), &mut by_reference)).catch_unwind();
        let failed = match leading.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it panicked".to_owned()),
        };
        if let Some(why) = failed {
            tracing::warn!(why, "the relay begins again at its cursor");
            if let Some(ready) = &ready {
                ready.not_ok(why);
            }
        }
        tokio::select! {
            () = token.cancelled() => {}
            () = tokio::time::sleep(RETRY) => {}
        }
    }
}

/// Leads until told to stop or something fails; returns at once while another process leads.
///
/// `by_reference`: positions of events that Kafka refused for their size.
async fn lead(
    settings: &Settings,
    ready: Option<&Readiness>,
    by_reference: &mut BTreeSet<i64>,
) -> Result<(), RelayError> {
    let limit = settings.patience.postgres;
    let Some(mut leadership) = Leadership::take(&settings.database_url, CURSOR, limit).await? else {
        ready.inspect(|ready| ready.ok());
        return Ok(());
    };
    let _leading = Leading::begin(&settings.leads);
    let (kafka, patience) = (&settings.kafka, settings.patience.kafka);
    let tails = Tails::read(kafka, topics::names(kafka), patience).await?;
    agree(&mut leadership, &tails).await?;
    let mut chain = Chain::new(kafka, &tails);
    chain.continue_from(&mut leadership).await?;
    let mut republishing = Republishing::new(kafka, patience);
    let mut relay = Relay::new(leadership, kafka, chain, patience)?;
    ready.inspect(|ready| ready.ok());
    loop {
        let token = &settings.token;
        if republishing.step(&mut relay, by_reference, token).await? {
            // The topic may have other partitions than when this leader began.
            return Ok(());
        }
        let published = relay.step(by_reference).await?;
        if token.is_cancelled() && published == 0 {
            return Ok(());
        }
        if published >= BUSY_PAGE {
            tokio::time::sleep(pause_after(published)).await;
        } else if published == 0 {
            tokio::select! {
                () = settings.appended.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                () = token.cancelled() => {}
            }
        }
    }
}

/// Makes sure that the log has what Kafka has. A log that lacks events which were published was restored, or is a replica that was
/// promoted: it gets a new incarnation, and what it holds past the cursor is published under that.
async fn agree(leadership: &mut Leadership, tails: &Tails) -> Result<(), RelayError> {
    let log = leadership.ids_at(&tails.positions()).await?.into_iter().collect();
    let head = leadership.head().await?;
    let Some(loss) = tails.lost_by(&log, leadership.incarnations(), leadership.position, head) else {
        return Ok(());
    };
    let before = leadership.incarnations().current();
    let renewed = leadership
        .renew_incarnation(loss.cursor, &loss.reason, &loss.unknown)
        .await?;
    counter!("log_incarnations_renewed_total").increment(1);
    let (incarnation, since, why) = (renewed.id, renewed.since, loss.reason);
    tracing::error!(%before, %incarnation, since, why, "the log has lost events that Kafka has: it is another incarnation of it now");
    Ok(())
}

fn pause_after(published: usize) -> Duration {
    let events = u32::try_from(published).unwrap_or(u32::MAX);
    PAUSE_PER_EVENT.saturating_mul(events).min(LONGEST_PAUSE)
}

/// Says that this process leads, until dropped.
struct Leading<'a>(&'a AtomicBool);

impl<'a> Leading<'a> {
    fn begin(leads: &'a AtomicBool) -> Self {
        leads.store(true, Ordering::Release);
        Self(leads)
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
