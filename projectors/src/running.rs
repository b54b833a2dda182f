//! A consumer under way, as whoever started it sees it.
//!
//! A rebuild starts one for the generation that it makes, and hands it over to [`crate::follow`] when it is shown.

use std::sync::Arc;

use consumer_group::{Health, Watch};
use read_model::{Generation, View};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::checkpoints::Records;
use crate::consumer::{self, ConsumerError};
use crate::services::Services;

/// A consumer of one generation, under way.
pub struct Running {
    pub view: View,
    pub generation: Generation,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ConsumerError>>,
    /// Looks at the generation's group; it outlives consumers that are replaced.
    watch: Arc<Watch>,
}

impl Running {
    pub fn start(services: &Services, view: View, generation: Generation) -> Self {
        let group = services.group(view, generation);
        let settings = services
            .kafka
            .group(view.as_str(), group, services.kafka.topics(view));
        let records = Records {
            store: services.store.clone(),
            view,
            generation,
        };
        let watch = Watch::start(settings, Some(Box::new(records)));
        Self::watched(services, view, generation, Arc::new(watch))
    }

    fn watched(services: &Services, view: View, generation: Generation, watch: Arc<Watch>) -> Self {
        let stop = CancellationToken::new();
        let consuming = consumer::run(
            services.clone(),
            view,
            generation,
            Arc::clone(&watch),
            stop.clone(),
        );
        Self {
            view,
            generation,
            stop,
            task: tokio::spawn(consuming),
            watch,
        }
    }

    /// A new consumer in place of one that has ended, under the same watch: what that knows of the group goes on to count. Refused
    /// where Kafka has forgotten what the generation still needs, so that another consumer is no use.
    pub async fn restart(self, services: &Services) -> Result<Self, ConsumerError> {
        let (view, generation, watch) = (self.view, self.generation, Arc::clone(&self.watch));
        let error = self.ended_with().await.err().unwrap_or(ConsumerError::Ended);
        if error.needs_rebuild() {
            return Err(error);
        }
        tracing::warn!(%view, generation, %error, "the consumer ended; another one begins");
        Ok(Self::watched(services, view, generation, watch))
    }

    /// Whether the generation is kept up to date, by whomever.
    pub fn health(&self) -> Health {
        self.watch.health()
    }

    /// Finishes the batches under way and leaves the group.
    pub async fn finish(self) {
        self.stop.cancel();
        if let Err(error) = self.ended_with().await {
            tracing::warn!(%error, "a consumer ended badly");
        }
    }

    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for the end, and says why if it was not asked for.
    pub async fn ended_with(self) -> Result<(), ConsumerError> {
        self.task.await?
    }
}
