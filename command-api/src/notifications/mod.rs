//! Who hears of what happened: subscribers over HTTP, signed by the Standard Webhooks scheme, and customers by mail and inbox.
//!
//! A role of the command API. Three consumer groups ([`audience`]) turn events into one delivery for each subscriber ([`subscribers`]), into a
//! mail where they are news to a customer ([`customers`]), into notices for those who follow a request ([`request_news`]), and tell requests
//! what has come to the stock ([`restock`]). An event that cannot be told is parked ([`parking`]). Its [`sender`] makes the deliveries, tries again what failed, and keeps a log. Staff manage subscriptions and read the log through [`crate::routes::webhooks`]. Every
//! message arrives at least once and under one id; the order is not kept. See "Webhooks" in `docs/api.md`.

mod announcement;
mod audience;
pub mod backoff;
mod consumer;
mod customers;
mod deliveries;
pub mod delivery_log;
mod destination;
mod following;
mod inherit;
mod keeping;
mod metric;
mod news;
mod parking;
mod posting;
pub mod receipts;
mod request_news;
mod restock;
pub mod sender;
mod signature;
mod subscribers;
pub mod subscriptions;
mod telling;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use database::{Limits, Pool, PoolSettings};
use domain::{AggregateType, Event};
use metrics::counter;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::config::Kafka;
use crate::mails::{Facts, Outbox, Smtp};
pub use audience::Audience;
use customers::Customers;
use deliveries::Deliveries;
pub use destination::Reach;
use keeping::Keeper;
use parking::Parking;
pub use parking::command::run as parked;
use posting::Poster;
pub use request_news::Followers;
use request_news::RequestTeller;
use sender::Sender;
use subscribers::Subscribers;

/// The topics whose events subscribers hear of, without their prefix.
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
    pub pool: Pool,
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

fn pool(database_url: &str, connections: u32) -> Result<Pool, sqlx::Error> {
    let settings = PoolSettings::new(database_url, "notifications", Limits::BACKGROUND)?;
    Ok(settings.connections(connections).lazy())
}

/// Before all of it is begun anew, after it failed as a whole.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Clone)]
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
    counter!("notifications_restarts_total").increment(0);
    let poster = Poster::new(settings.reach, posting::TIME_LIMIT)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let thread = std::thread::Builder::new()
        .name("notifications".to_owned())
        .spawn(move || {
            let (token, mut pause) = (settings.token.clone(), FIRST_PAUSE);
            // What failed here must neither be silent nor take the commands with it.
            while !token.is_cancelled() {
                let running = || runtime.block_on(run(settings.clone(), poster.clone()));
                match catch_unwind(AssertUnwindSafe(running)) {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => {
                        tracing::error!(%error, "no webhooks and no mails are sent; they are begun anew");
                    }
                    Err(_) => tracing::error!("what sends webhooks and mails panicked; it is begun anew"),
                }
                counter!("notifications_restarts_total").increment(u64::from(!token.is_cancelled()));
                runtime.block_on(async {
                    tokio::select! {
                        () = token.cancelled() => {}
                        () = tokio::time::sleep(pause) => {}
                    }
                });
                pause = (2 * pause).min(LONGEST_PAUSE);
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
    let keeper = Keeper {
        kafka,
        pool: pool.clone(),
        log: followers.reader.clone(),
        token: token.clone(),
    };
    let subscribers = Subscribers {
        deliveries: deliveries.clone(),
        announced: Arc::clone(&announced),
    };
    let customers = Customers { pool: pool.clone() };
    let parking = Parking::new(pool.clone(), Audience::RequestNews);
    let request_news = Rc::new(RequestTeller::new(followers, pool.clone(), parking));
    let sending = Sender::new(deliveries, poster).run(announced, token.clone());
    let mailing = async {
        if let Some((smtp, facts)) = mails {
            let sender = crate::mails::Sender::new(Outbox::new(pool), smtp, facts);
            sender.run(token.clone()).await;
        }
    };
    tokio::join!(
        sending,
        mailing,
        keeper.keep(Audience::Webhooks, subscribers),
        keeper.keep(Audience::Mails, customers),
        keeper.keep(Audience::RequestNews, Rc::clone(&request_news)),
        keeper.work(&request_news),
    );
    Ok(())
}
