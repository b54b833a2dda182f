//! Sends what is due, many messages at a time and few to each endpoint, and records what became of them.
//!
//! Run by [`super::spawn`]. `step` takes what is due and leaves it under way, so that an endpoint that is slow to answer delays nobody.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::deliveries::{self, Deliveries, Due};
use super::metric;
use super::posting::{Answer, Poster};
use super::subscriptions;

/// Messages under way at a time: room for as many as all endpoints may have, so that those that do not answer keep nobody else waiting.
const MOST_UNDER_WAY: i64 = subscriptions::MAX_SUBSCRIPTIONS * deliveries::AT_ONCE;
/// Where no wake-up arrives: what another process announced, and what is tried again.
const POLL: Duration = Duration::from_millis(500);
const BACKLOG_EVERY: Duration = Duration::from_secs(5);
const PRUNE_EVERY: Duration = Duration::from_hours(1);
/// What is under way when the process is to stop may take this long. What is cut off is sent again, by whoever comes next.
const DRAIN: Duration = Duration::from_secs(5);

pub struct Sender {
    deliveries: Deliveries,
    poster: Poster,
    under_way: JoinSet<()>,
}

impl Sender {
    pub fn new(deliveries: Deliveries, poster: Poster) -> Self {
        Self {
            deliveries,
            poster,
            under_way: JoinSet::new(),
        }
    }

    /// Begins to send what is due at `now`, as far as there is room. Returns how many messages those are.
    pub async fn step(&mut self, now: OffsetDateTime) -> Result<usize, sqlx::Error> {
        while let Some(ended) = self.under_way.try_join_next() {
            complain(ended);
        }
        let under_way = i64::try_from(self.under_way.len()).unwrap_or(i64::MAX);
        let room @ 1.. = MOST_UNDER_WAY.saturating_sub(under_way) else {
            return Ok(0);
        };
        let due = self.deliveries.claim(room, now).await?;
        let begun = due.len();
        for due in due {
            let attempt = attempt(self.deliveries.clone(), self.poster.clone(), due, now);
            self.under_way.spawn(attempt);
        }
        Ok(begun)
    }

    /// Waits until nothing is under way.
    pub async fn settle(&mut self) {
        while let Some(ended) = self.under_way.join_next().await {
            complain(ended);
        }
    }

    /// Sends until told to stop.
    pub async fn run(mut self, announced: Arc<Notify>, stop: CancellationToken) {
        let mut backlog_shown: Option<Instant> = None;
        let mut pruned: Option<Instant> = None;
        while !stop.is_cancelled() {
            let now = OffsetDateTime::now_utc();
            if is_time(&mut backlog_shown, BACKLOG_EVERY) {
                self.show_backlog(now).await;
            }
            if is_time(&mut pruned, PRUNE_EVERY) {
                self.prune(now).await;
            }
            match self.step(now).await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::warn!(%error, "webhooks cannot be sent: PostgreSQL"),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = announced.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                Some(ended) = self.under_way.join_next() => complain(ended),
            }
        }
        if tokio::time::timeout(DRAIN, self.settle()).await.is_err() {
            let unfinished = self.under_way.len();
            tracing::warn!(unfinished, "webhooks were cut off; they will be sent again");
        }
    }

    async fn show_backlog(&self, now: OffsetDateTime) {
        let counted = self.deliveries.backlog(now).await;
        if let Err(error) = &counted {
            tracing::warn!(%error, "the webhooks' backlog cannot be counted");
        }
        metric::backlog(counted.ok());
    }

    async fn prune(&self, now: OffsetDateTime) {
        match self.deliveries.prune(now).await {
            Ok(0) => {}
            Ok(deliveries) => tracing::info!(deliveries, "old deliveries were forgotten"),
            Err(error) => tracing::warn!(%error, "old deliveries cannot be forgotten"),
        }
    }
}

async fn attempt(deliveries: Deliveries, poster: Poster, due: Due, began_at: OffsetDateTime) {
    let answer = if due.is_abandoned() {
        Answer::nothing_came("whoever sent it did not live to say what became of it".to_owned())
    } else {
        poster.post(&due, began_at).await
    };
    telemetry::failpoint("notifications.after_post");
    let ended_at = began_at + answer.took;
    let (delivery, subscription) = (due.id, due.subscription);
    match deliveries.record(&due, &answer, ended_at, fastrand::f64()).await {
        Ok((outcome, disabled)) => {
            metric::attempt(outcome, &answer);
            if let Some(reason) = disabled {
                metric::disabled();
                tracing::warn!(%subscription, reason, "a webhook subscription was disabled");
            }
            if outcome == metric::Outcome::Failed {
                tracing::warn!(%delivery, %subscription, "a webhook was given up");
            }
        }
        // Its lease passes, and it is sent again.
        Err(error) => tracing::warn!(%error, %delivery, "what became of a webhook was not stored"),
    }
}

fn complain(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "sending a webhook panicked");
    }
}

/// Whether something that is done every so often is to be done now; if so, it counts as done.
pub fn is_time(last: &mut Option<Instant>, every: Duration) -> bool {
    let is_due = last.is_none_or(|last| last.elapsed() >= every);
    if is_due {
        *last = Some(Instant::now());
    }
    is_due
}
