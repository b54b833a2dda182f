//! A consumer under way, as whoever started it sees it.
//!
//! A rebuild starts one for the generation that it makes, and hands it over to [`crate::follow`] when it is shown.

use read_model::{Generation, View};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::consumer::{self, ConsumerError};
use crate::services::Services;

/// A consumer of one generation, under way.
pub struct Running {
    pub generation: Generation,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ConsumerError>>,
}

impl Running {
    pub fn start(services: &Services, view: View, generation: Generation) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(consumer::run(services.clone(), view, generation, stop.clone()));
        Self {
            generation,
            stop,
            task,
        }
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
