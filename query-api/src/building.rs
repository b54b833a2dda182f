//! A view that is read and indexed aside, while the one before it goes on answering.

use std::time::{Duration, Instant};

use read_model::Generation;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::problem::Problem;

/// What is held may be shown for so long while its successor is made: how old it can become.
const LONGEST: Duration = Duration::from_mins(1);

/// At most one at a time.
pub struct Building<T>(Mutex<Option<Work<T>>>);

struct Work<T> {
    generation: Generation,
    began: Instant,
    task: JoinHandle<Result<T, Problem>>,
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How far it is.
pub enum Progress<T> {
    /// It goes on; what is held may be shown meanwhile, or was shown for too long.
    Going {
        is_short: bool,
    },
    Done(T),
}

impl<T> Default for Building<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Send + 'static> Building<T> {
    /// Goes on with what is made of `generation`, or begins it by `make`. What was made of another one is given up.
    pub async fn step<F>(
        &self,
        generation: Generation,
        make: impl FnOnce() -> F,
    ) -> Result<Progress<T>, Problem>
    where
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let mut slot = self.0.lock().await;
        let mut work = match slot.take().filter(|work| work.generation == generation) {
            Some(work) => work,
            None => Work {
                generation,
                began: Instant::now(),
                task: tokio::spawn(make()),
            },
        };
        if work.task.is_finished() {
            let outcome = (&mut work.task).await;
            return outcome
                .map_err(|error| Problem::Internal(error.to_string()))?
                .map(Progress::Done);
        }
        let is_short = work.began.elapsed() < LONGEST;
        *slot = Some(work);
        Ok(Progress::Going { is_short })
    }

    /// Nothing is made any more.
    pub async fn give_up(&self) {
        self.0.lock().await.take();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    async fn made(building: &Building<u8>, generation: Generation) -> Option<u8> {
        for _ in 0..3 {
            let progress = building
                .step(generation, || async { unreachable!("it has begun") })
                .await;
            match progress.unwrap() {
                Progress::Done(made) => return Some(made),
                Progress::Going { is_short } => assert!(is_short),
            }
            tokio::task::yield_now().await;
        }
        None
    }

    #[tokio::test]
    async fn what_has_begun_goes_on_until_it_is_done_and_another_generation_ends_it() {
        let building = Building::default();
        let ((finish, first), (finish_too, second)) = (oneshot::channel(), oneshot::channel());
        let begin = |number: oneshot::Receiver<u8>| async { Ok(number.await.unwrap_or(0)) };
        assert!(matches!(
            building.step(1, || begin(first)).await,
            Ok(Progress::Going { .. })
        ));
        assert_eq!(made(&building, 1).await, None);
        assert!(matches!(
            building.step(2, || begin(second)).await,
            Ok(Progress::Going { .. })
        ));
        tokio::task::yield_now().await;
        assert!(finish.send(7).is_err(), "the first is not waited for any more");
        finish_too.send(8).unwrap();
        assert_eq!(made(&building, 2).await, Some(8));
    }
}
