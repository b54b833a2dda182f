//! Keeps one view: consumes the generation that readers are pointed to, and rebuilds the view when there is none.
//!
//! One of these runs per view in every replica. Redis is looked at every second, so that a quiet shop heals, too.

use std::time::{Duration, Instant};

use read_model::{Generation, View, pointer};
use telemetry::admin::Readiness;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::log_identity::is_another;
use crate::metric;
use crate::rebuild::{self, RebuildError};
use crate::running::Running;
use crate::services::Services;
use crate::sweep;

const LOOK: Duration = Duration::from_secs(1);
/// Readers that hold an old generation have finished long before.
const GRACE: Duration = Duration::from_mins(1);
/// How long readers believe that the view is kept up to date.
const KEPT: Duration = Duration::from_secs(10);
/// Orders that are taken out of lists with one look: each is a few commands of one script.
const MOST_EXPIRED: usize = 200;
/// A complaint that stays is repeated in the log this often.
const SAID_AGAIN: Duration = Duration::from_secs(10);

pub struct Follower {
    services: Services,
    view: View,
    readiness: Readiness,
    running: Option<Running>,
    sweep_at: Option<Instant>,
    /// When it was last said in the log that something is wrong.
    said: Option<Instant>,
}

impl Follower {
    pub fn new(services: Services, view: View, readiness: Readiness) -> Self {
        metric::register(view);
        Self {
            services,
            view,
            readiness,
            running: None,
            sweep_at: Some(Instant::now() + GRACE),
            said: None,
        }
    }

    /// Steps every second until told to stop, then leaves the group.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step(&stop).await {
                Ok(()) => {
                    self.readiness.ok();
                    self.said = None;
                }
                Err(why) => self.complain(why),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
    }

    /// Looks at the pointer once and does what it calls for. An error is a sentence for operators.
    pub async fn step(&mut self, stop: &CancellationToken) -> Result<(), String> {
        metric::show_parked(self.view);
        let needs_rebuild = self.reap().await;
        let shown = self
            .services
            .store
            .shown(self.view)
            .await
            .map_err(|error| format!("Redis: {error}"))?;
        let needs_rebuild = needs_rebuild || self.is_of_another_log(shown).await?;
        self.expire(shown).await;
        match shown {
            Some(generation) if !needs_rebuild => {
                if self
                    .running
                    .as_ref()
                    .is_none_or(|running| running.generation != generation)
                {
                    self.leave().await;
                    self.running = Some(Running::start(&self.services, self.view, generation));
                    self.sweep_at = Some(Instant::now() + GRACE);
                }
            }
            Some(_) | None => {
                self.leave().await;
                self.rebuild(stop).await?;
            }
        }
        if !needs_rebuild && self.is_outdated(shown).await? {
            self.replace_outdated(stop).await?;
        }
        if self.sweep_at.is_some_and(|at| at <= Instant::now()) {
            self.sweep_at = None;
            if let Err(error) = sweep::sweep(&self.services, self.view).await {
                tracing::warn!(view = %self.view, %error, "old generations were not removed");
            }
        }
        self.health()?;
        let (store, view) = (&self.services.store, self.view);
        pointer::say_kept(&mut store.connection(), store.keys(), view, KEPT)
            .await
            .map_err(|error| format!("Redis: {error}"))
    }

    /// Whether the generation was made from an incarnation of the log that has ended. Looked at without waiting for a message of the next.
    async fn is_of_another_log(&mut self, shown: Option<Generation>) -> Result<bool, String> {
        let Some(generation) = shown else {
            return Ok(false);
        };
        // While the log does not say, the view goes on as it is.
        let Ok(incarnations) = self.services.identity.recent().await else {
            return Ok(false);
        };
        let made_from = self.services.store.incarnation(self.view, generation).await;
        let made_from = made_from.map_err(|error| format!("Redis: {error}"))?;
        // Another process may have made it from one that is newer than what was heard here.
        let incarnations = if is_another(&incarnations, made_from) {
            match self.services.identity.ask().await {
                Ok(incarnations) => incarnations,
                Err(_) => return Ok(false),
            }
        } else {
            incarnations
        };
        let is_another = is_another(&incarnations, made_from);
        if is_another {
            let (view, now) = (self.view, incarnations.current());
            tracing::error!(%view, generation, ?made_from, %now, "the log is another one than the view was made from");
        }
        Ok(is_another || self.is_past_the_log(generation).await?)
    }

    /// Whether the generation was built from events that the log does not have, and that were never on Kafka, so that no relay can have
    /// noticed: a replica was promoted that lacked them.
    async fn is_past_the_log(&self, generation: Generation) -> Result<bool, String> {
        let start = self.services.store.clone().start(self.view, generation).await;
        let start = start.map_err(|error| format!("Redis: {error}"))?;
        let (Some(start), Ok(head)) = (start, self.services.log.head().await) else {
            return Ok(false);
        };
        if start > head {
            let view = self.view;
            tracing::error!(%view, generation, start, head, "the view was built from more than the log has");
        }
        Ok(start > head)
    }

    /// Whether an earlier release made the generation, and in another way.
    async fn is_outdated(&mut self, shown: Option<Generation>) -> Result<bool, String> {
        let Some(generation) = shown else {
            return Ok(false);
        };
        let outdated = self.services.store.is_outdated(self.view, generation).await;
        outdated.map_err(|error| format!("Redis: {error}"))
    }

    /// Takes what is over out of the view's lists; what is left over is the next round's.
    async fn expire(&mut self, shown: Option<Generation>) {
        let now = OffsetDateTime::now_utc();
        let (View::Orders, Some(generation)) = (self.view, shown) else {
            return;
        };
        if let Err(error) = self
            .services
            .store
            .unlist_expired(generation, now, MOST_EXPIRED)
            .await
        {
            tracing::warn!(view = %self.view, %error, "orders that are over were not taken out of the lists");
        }
    }

    /// Ready is a view whose lag is known and whose partitions make progress, whoever owns them.
    fn health(&self) -> Result<(), String> {
        let Some(running) = &self.running else {
            return Err("nobody consumes the view".to_owned());
        };
        let health = running.health();
        health.complaint().map_or(Ok(()), |why| Err(why.to_owned()))
    }

    /// On `/readyz` always, in the log when it is news.
    fn complain(&mut self, why: String) {
        let is_news = self.said.is_none_or(|said| said.elapsed() >= SAID_AGAIN);
        if is_news {
            self.said = Some(Instant::now());
            tracing::warn!(view = %self.view, why, "the view is not kept up to date");
        }
        self.readiness.not_ok(why);
    }

    /// The generation that this process consumes.
    pub fn generation(&self) -> Option<u64> {
        self.running.as_ref().map(|running| running.generation)
    }

    /// Looks after a consumer that ended by itself. True: trying again with a new one is no use, Kafka has forgotten
    /// what the view still needs.
    async fn reap(&mut self) -> bool {
        let Some(ended) = self.running.take_if(|running| running.has_ended()) else {
            return false;
        };
        match ended.restart(&self.services).await {
            Ok(running) => {
                self.running = Some(running);
                false
            }
            Err(error) => {
                tracing::warn!(view = %self.view, %error, "the consumer ended");
                true
            }
        }
    }

    async fn leave(&mut self) {
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
    }

    async fn rebuild(&mut self, stop: &CancellationToken) -> Result<(), String> {
        self.readiness.not_ok("the view is being rebuilt");
        match rebuild::rebuild(&self.services, self.view, stop).await {
            Ok(running) => {
                self.leave().await;
                self.running = Some(running);
                self.sweep_at = Some(Instant::now() + GRACE);
                Ok(())
            }
            Err(RebuildError::Stopped) => Ok(()),
            Err(error) => Err(format!("not built: {error}")),
        }
    }

    /// The outdated generation is kept up to date until the next one is shown.
    async fn replace_outdated(&mut self, stop: &CancellationToken) -> Result<(), String> {
        let claimed = self.services.store.is_claimed(self.view).await;
        if claimed.map_err(|error| format!("Redis: {error}"))? {
            return Ok(());
        }
        tracing::info!(view = %self.view, "an earlier release made the view: it is made anew");
        self.rebuild(stop).await
    }
}
