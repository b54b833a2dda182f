//! Tasks that work by themselves until the process stops. One that panics, or returns, is begun anew: what it does must neither end
//! silently nor take the commands with it.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use metrics::counter;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Before a task is begun anew; twice as long each time.
const FIRST_PAUSE: Duration = if cfg!(test) {
    Duration::from_millis(5)
} else {
    Duration::from_secs(1)
};
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Spawns what `begin` gives, and again whenever it ended before `token` said so.
pub fn keep<F>(
    name: &'static str,
    token: CancellationToken,
    mut begin: impl FnMut() -> F + Send + 'static,
) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    let restarts = counter!("tasks_restarted_total", "task" => name);
    restarts.increment(0);
    tokio::spawn(async move {
        let mut pause = FIRST_PAUSE;
        loop {
            let ended = AssertUnwindSafe(begin()).catch_unwind().await;
            if token.is_cancelled() {
                return;
            }
            let how = if ended.is_ok() { "returned" } else { "panicked" };
            tracing::error!(task = name, how, "a task ended, and is begun anew");
            restarts.increment(1);
            tokio::select! {
                () = token.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_returns_is_begun_anew_until_it_is_told_to_stop() {
        let (token, begun) = (CancellationToken::new(), Arc::<AtomicUsize>::default());
        let task = keep("a task", token.clone(), {
            let (token, begun) = (token.clone(), Arc::clone(&begun));
            move || {
                let (token, nth) = (token.clone(), begun.fetch_add(1, Ordering::Relaxed));
                async move {
                    match nth {
                        0 => panic!("the first time"),
                        1 => {}
                        _ => token.cancelled().await,
                    }
                }
            }
        });
        let third = async {
            while begun.load(Ordering::Relaxed) < 3 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), third)
            .await
            .expect("it is begun anew");
        token.cancel();
        task.await.unwrap();
        assert_eq!(begun.load(Ordering::Relaxed), 3);
    }
}
