//! Keeps a consumer group going until told to stop: reads, tries again what is parked, and shows how much that is.
//!
//! The groups share a thread and wait for nothing of each other.

use database::Pool;
use std::rc::Rc;
use std::time::{Duration, Instant};

use event_store::Reader;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::audience::Audience;
use super::consumer::Consumer;
use super::inherit::inherit;
use super::metric;
use super::parking::Parking;
use super::parking::retrying::Pass;
use super::request_news::RequestTeller;
use super::sender::is_time;
use super::telling::Teller;
use crate::config::Kafka;

/// How often is looked for what is due among the parked.
const LOOK: Duration = Duration::from_secs(1);
const COUNT_EVERY: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// Before a client of Kafka's is made again that could not be.
const AGAIN: Duration = Duration::from_secs(1);

/// What every group needs.
pub struct Keeper {
    pub kafka: Kafka,
    pub pool: Pool,
    /// Has the parked events.
    pub log: Reader,
    pub token: CancellationToken,
}

impl Keeper {
    /// Keeps the group of `audience` going.
    pub async fn keep<T: Teller>(&self, audience: Audience, teller: T) {
        let teller = Rc::new(teller);
        let parking = Parking::new(self.pool.clone(), audience);
        let reading = self.read(Rc::clone(&teller), parking.clone());
        tokio::join!(reading, self.retry(&*teller, parking));
    }

    /// Folds requests on and tells those who follow them.
    pub async fn work(&self, teller: &RequestTeller) {
        let mut pruned: Option<Instant> = None;
        while !self.token.is_cancelled() {
            if is_time(&mut pruned, PRUNE_EVERY)
                && let Err(error) = teller.following.prune().await
            {
                tracing::warn!(%error, "who stopped following requests cannot be forgotten");
            }
            match teller.step(OffsetDateTime::now_utc()).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "nobody is told of requests now; it is tried again"),
            }
            tokio::select! {
                () = self.token.cancelled() => {}
                () = teller.heard.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn read<T: Teller>(&self, teller: Rc<T>, parking: Parking) {
        inherit(&self.kafka, parking.audience(), &self.token).await;
        while !self.token.is_cancelled() {
            let mut consumer = match Consumer::join(&self.kafka, Rc::clone(&teller), parking.clone()) {
                Ok(consumer) => consumer,
                Err(error) => {
                    tracing::error!(%error, consumer = parking.audience().as_str(), "a Kafka client cannot be made");
                    tokio::select! {
                        () = self.token.cancelled() => {}
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                    continue;
                }
            };
            while !self.token.is_cancelled() {
                tokio::select! {
                    () = self.token.cancelled() => {}
                    _ = consumer.step() => {}
                }
            }
            consumer.close().await;
        }
    }

    async fn retry<T: Teller>(&self, teller: &T, parking: Parking) {
        let mut counted: Option<Instant> = None;
        while !self.token.is_cancelled() {
            let now = OffsetDateTime::now_utc();
            if is_time(&mut counted, COUNT_EVERY) {
                metric::parked(parking.audience(), count(&parking, now).await);
            }
            match parking.retry_one(teller, &self.log, now).await {
                Ok(Pass::Done(_) | Pass::Stuck) => continue,
                Ok(Pass::Nothing) => {}
                Err(error) => {
                    tracing::warn!(%error, consumer = parking.audience().as_str(), "parked events cannot be tried again now");
                }
            }
            tokio::select! {
                () = self.token.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

async fn count(parking: &Parking, now: OffsetDateTime) -> Option<(i64, f64)> {
    match parking.count(now).await {
        Ok(counted) => Some(counted),
        Err(error) => {
            tracing::warn!(%error, consumer = parking.audience().as_str(), "what is parked cannot be counted");
            None
        }
    }
}
