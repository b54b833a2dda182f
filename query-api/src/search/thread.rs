//! The thread that searches, so that the one that serves HTTP does not wait: a search takes a millisecond and may take eight.
//!
//! What waits is bounded, in all and for one network: who asks for more is told to come again.

use std::collections::HashMap;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::problem::Problem;

/// Searches that may wait.
pub const MOST_WAITING: usize = 64;
/// Of one network (an address, or a /64 of IPv6), the one that runs included. An office is one network and a page asks for several
/// lists at once, so it is more than a person needs; four networks of people who mean harm fill the queue.
pub const MOST_OF_A_NETWORK: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub struct Searches {
    queue: SyncSender<Job>,
    waiting: Waiting,
}

impl Searches {
    /// Starts the thread. It ends with the last copy of what is returned.
    pub fn start() -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(MOST_WAITING);
        std::thread::Builder::new()
            .name("search".to_owned())
            .spawn(move || work(&jobs))?;
        Ok(Self {
            queue,
            waiting: Waiting::default(),
        })
    }

    /// What `search` makes of it, on the thread that searches.
    pub async fn run<R: Send + 'static>(
        &self,
        network: IpAddr,
        search: impl FnOnce() -> R + Send + 'static,
    ) -> Result<R, Problem> {
        let place = self
            .waiting
            .enter(network)
            .ok_or(Problem::RateLimited { seconds: 1 })?;
        let (send, found) = oneshot::channel();
        let job = move || {
            // Nobody waits for it any more where the client has gone.
            if send.is_closed() {
                return;
            }
            let found = search();
            drop(place);
            let _ = send.send(found);
        };
        match self.queue.try_send(Box::new(job)) {
            Ok(()) => found
                .await
                .map_err(|_| Problem::Internal("a search panicked".to_owned())),
            Err(TrySendError::Full(_)) => Err(Problem::SearchesWait),
            Err(TrySendError::Disconnected(_)) => {
                Err(Problem::Internal("the thread that searches has ended".to_owned()))
            }
        }
    }
}

fn work(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("a search panicked");
        }
    }
}

/// How many of each network wait.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<HashMap<IpAddr, usize>>>);

impl Waiting {
    fn enter(&self, network: IpAddr) -> Option<Place> {
        let mut waiting = self.lock();
        let count = waiting.entry(network).or_default();
        if *count >= MOST_OF_A_NETWORK {
            return None;
        }
        *count += 1;
        drop(waiting);
        Some(Place {
            waiting: self.clone(),
            network,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a search waits or runs.
struct Place {
    waiting: Waiting,
    network: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        if let Some(count) = waiting.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use futures::future::join_all;

    use super::*;

    fn network(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    /// Keeps the thread busy until it is dropped.
    async fn held(searches: &Searches) -> Sender<()> {
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, is_started) = oneshot::channel();
        let searches = searches.clone();
        tokio::spawn(async move {
            let wait = move || {
                started.send(()).unwrap();
                let _ = held.recv();
            };
            searches.run(network(255), wait).await
        });
        is_started.await.unwrap();
        release
    }

    #[tokio::test]
    async fn the_queue_is_bounded_and_so_is_the_part_of_one_network() {
        let searches = Searches::start().unwrap();
        let release = held(&searches).await;
        let asking = (0..6).flat_map(|number| (0..20).map(move |_| network(number)));
        let answers = asking.map(|network| {
            let searches = searches.clone();
            tokio::spawn(async move { searches.run(network, || ()).await })
        });
        let answers: Vec<_> = answers.collect();
        tokio::task::yield_now().await;
        while answers.iter().filter(|answer| answer.is_finished()).count() < 120 - MOST_WAITING {
            tokio::task::yield_now().await;
        }
        drop(release);
        let answers = join_all(answers).await;
        let count = |is: fn(&Result<(), Problem>) -> bool| {
            answers
                .iter()
                .filter(|answer| is(answer.as_ref().unwrap()))
                .count()
        };
        let found = count(Result::is_ok);
        let limited = count(|answer| matches!(answer, Err(Problem::RateLimited { .. })));
        let full = count(|answer| matches!(answer, Err(Problem::SearchesWait)));
        // Four networks fill the queue with as many as each may have; the last two are told that it is full.
        assert_eq!((found, limited, full), (64, 4 * 4, 40));
        // The places were given back.
        assert!(searches.waiting.lock().is_empty());
        searches.run(network(0), || ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_search_that_panics_does_not_end_the_thread() {
        let searches = Searches::start().unwrap();
        let panicked: Result<(), _> = searches.run(network(1), || panic!("as a test")).await;
        assert!(matches!(panicked, Err(Problem::Internal(_))));
        assert_eq!(searches.run(network(1), || 7).await.unwrap(), 7);
        assert!(searches.waiting.lock().is_empty());
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_searched() {
        let searches = Searches::start().unwrap();
        let release = held(&searches).await;
        let (ran, has_run) = std::sync::mpsc::channel();
        let gone = searches.clone();
        let asking = tokio::spawn(async move { gone.run(network(1), move || ran.send(())).await });
        tokio::task::yield_now().await;
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        drop(release);
        searches.run(network(1), || ()).await.unwrap();
        assert!(has_run.try_recv().is_err());
    }
}
