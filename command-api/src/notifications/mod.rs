//! Who hears of what happened: subscribers over HTTP, signed by the Standard Webhooks scheme, and customers by mail and inbox.
//!
//! A role of the command API. Its [`consumer`] turns events into one delivery for each subscriber, into a mail where they are news to a
//! customer ([`crate::mails`]), into notices for those who follow a request ([`followers`]), and tells requests what has come to the stock
//! ([`restock`]). Its [`sender`] makes the deliveries, tries again what failed, and keeps a log. Staff manage subscriptions and read the log through [`crate::routes::webhooks`]. Every
//! message arrives at least once and under one id; the order is not kept. See "Webhooks" in `docs/api.md`.

mod announcement;
pub mod backoff;
mod consumer;
mod deliveries;
pub mod delivery_log;
mod destination;
mod followers;
mod metric;
mod posting;
pub mod receipts;
mod restock;
pub mod sender;
mod signature;
pub mod subscriptions;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{AggregateType, Event};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::Kafka;
use crate::mails::{Facts, Outbox, Smtp};
use consumer::Consumer;
use deliveries::Deliveries;
pub use destination::Reach;
pub use followers::Followers;
use posting::Poster;
use sender::Sender;

/// The topics that are read, without their prefix.
const READ: [&str; 5] = ["order", "payment", "product-request", "product", "stock"];
/// Those of them whose events subscribers hear of.
pub const TOPICS: [&str; 2] = ["order", "payment"];

const ROUTES_CONNECTIONS: u32 = 4;
const WORK_CONNECTIONS: u32 = 8;

/// Why a command of staff on webhooks, or a question about them, is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("there is no such subscription")]
    NoSubscription,
    #[error("there is no such delivery")]
    NoDelivery,
    #[error("the subscription is disabled")]
    Disabled,
    #[error("there are {} subscriptions already", subscriptions::MAX_SUBSCRIPTIONS)]
    TooMany,
    #[error("the key was used for another command")]
    KeyReused,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// What the routes need.
pub struct Webhooks {
    pub pool: PgPool,
    pub reach: Reach,
    /// What may be subscribed to.
    pub event_types: Vec<String>,
    /// Notified when staff have left something to send.
    pub announced: Arc<Notify>,
}

impl Webhooks {
    /// Connects when it is first needed: not every process has the role.
    pub fn new(database_url: &str, reach: Reach, event_types: Vec<String>) -> Result<Self, sqlx::Error> {
        Ok(Self {
            pool: pool(database_url, ROUTES_CONNECTIONS)?,
            reach,
            event_types,
            announced: Arc::new(Notify::new()),
        })
    }
}

/// The events of some topics that this release knows, as messages name them.
pub fn event_types(topics: &[&str]) -> Vec<String> {
    let kinds = AggregateType::ALL
        .into_iter()
        .filter(|kind| topics.contains(&kind.topic()));
    let of = |kind: AggregateType| {
        Event::names(kind)
            .iter()
            .map(move |name| format!("{kind}.{name}"))
    };
    kinds.flat_map(of).collect()
}

fn pool(database_url: &str, connections: u32) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = database_url.parse()?;
    let options = options
        .application_name("notifications")
        .options([("statement_timeout", "10s")]);
    Ok(PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options))
}

pub struct Settings {
    pub database_url: String,
    pub kafka: Kafka,
    pub reach: Reach,
    pub announced: Arc<Notify>,
    /// Tells those who follow product requests.
    pub followers: Followers,
    /// How mails leave, where there is a server for them, and what those about orders say.
    pub mails: Option<(Smtp, Facts)>,
    pub token: CancellationToken,
}

/// Starts reading and sending on a thread of its own, which ends some seconds after `token` at the latest.
///
/// # Errors
/// When the operating system has no thread left, or TLS cannot be set up.
pub fn spawn(settings: Settings) -> anyhow::Result<JoinHandle<()>> {
    metric::register();
    let poster = Poster::new(settings.reach, posting::TIME_LIMIT)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("notifications".to_owned())
        .spawn(move || {
            if let Err(error) = runtime.block_on(run(settings, poster)) {
                tracing::error!(%error, "no webhooks and no mails are sent");
            }
            // Not even for a name server that does not answer.
            runtime.shutdown_background();
        })?;
    Ok(thread)
}

async fn run(settings: Settings, poster: Poster) -> anyhow::Result<()> {
    let Settings {
        database_url,
        kafka,
        announced,
        followers,
        mails,
        token,
        ..
    } = settings;
    let pool = pool(&database_url, WORK_CONNECTIONS)?;
    let deliveries = Deliveries::new(pool.clone());
    let consumer = Consumer::join(
        &kafka,
        deliveries.clone(),
        pool.clone(),
        followers,
        Arc::clone(&announced),
    )?;
    let sending = Sender::new(deliveries, poster).run(announced, token.clone());
    let reading = async {
        while !token.is_cancelled() {
            tokio::select! {
                () = token.cancelled() => {}
                _ = consumer.step() => {}
            }
        }
    };
    let mailing = async {
        if let Some((smtp, facts)) = mails {
            let sender = crate::mails::Sender::new(Outbox::new(pool), smtp, facts);
            sender.run(token.clone()).await;
        }
    };
    tokio::join!(reading, sending, mailing);
    // Closing commits the offsets and leaves the group, and blocks while it does.
    drop(consumer);
    Ok(())
}
