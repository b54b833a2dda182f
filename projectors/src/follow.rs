//! Keeps one view: consumes the generation that readers are pointed to, and rebuilds the view when there is none.
//!
//! One of these runs per view in every replica. Redis is looked at every second, so that a quiet shop heals, too.

use std::time::{Duration, Instant};

use read_model::View;
use telemetry::admin::Readiness;
use tokio_util::sync::CancellationToken;

use crate::consumer::ConsumerError;
use crate::metric;
use crate::partition::Ended;
use crate::rebuild::{self, RebuildError};
use crate::running::Running;
use crate::services::Services;
use crate::sweep;

const LOOK: Duration = Duration::from_secs(1);
/// Readers that hold an old generation have finished long before.
const GRACE: Duration = Duration::from_mins(1);

pub struct Follower {
    services: Services,
    view: View,
    readiness: Readiness,
    running: Option<Running>,
    sweep_at: Option<Instant>,
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
        }
    }

    /// Steps every second until told to stop, then leaves the group.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.step(&stop).await {
                Ok(()) => self.readiness.ok(),
                Err(why) => {
                    tracing::warn!(view = %self.view, why, "the view is not kept up to date");
                    self.readiness.not_ok(why);
                }
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
            Some(_) | None => self.rebuild(stop).await?,
        }
        if self.sweep_at.is_some_and(|at| at <= Instant::now()) {
            self.sweep_at = None;
            if let Err(error) = sweep::sweep(&self.services, self.view).await {
                tracing::warn!(view = %self.view, %error, "old generations were not removed");
            }
        }
        Ok(())
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
        let Err(error) = ended.ended_with().await else {
            return false;
        };
        tracing::warn!(view = %self.view, %error, "the consumer ended");
        matches!(error, ConsumerError::Partition(Ended::OffsetLost { .. }))
    }

    async fn leave(&mut self) {
        if let Some(running) = self.running.take() {
            running.finish().await;
        }
    }

    async fn rebuild(&mut self, stop: &CancellationToken) -> Result<(), String> {
        self.leave().await;
        match rebuild::rebuild(&self.services, self.view, stop).await {
            Ok(running) => {
                self.running = Some(running);
                self.sweep_at = Some(Instant::now() + GRACE);
                Ok(())
            }
            Err(RebuildError::Stopped) => Ok(()),
            Err(error) => Err(format!("not built: {error}")),
        }
    }
}
