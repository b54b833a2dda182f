//! Whose password is computed next: one at a time, and one more for browsers that are known.
//!
//! The queue of one network is short, so that one who sends many passwords at once keeps nobody else waiting; so is that of its known
//! browsers, which is another one: the turn that is kept for them is there however many strangers wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// At the same time. One core of two keeps serving everybody else.
const FOR_ANYBODY: usize = 1;
const FOR_KNOWN_BROWSERS: usize = 1;
/// Who waits or is served at the same time, of one network: strangers and known browsers each for themselves.
const OF_ONE_NETWORK: usize = 5;

/// Who has a password computed. All that are equal have one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asker {
    network: IpAddr,
    is_known: bool,
}

impl Asker {
    pub const fn stranger(network: IpAddr) -> Self {
        Self {
            network,
            is_known: false,
        }
    }

    /// In a browser with which the account signed in before: what it may ask for is counted by itself.
    pub const fn known(network: IpAddr) -> Self {
        Self {
            network,
            is_known: true,
        }
    }
}

#[derive(Clone)]
pub struct Turns {
    anybody: Arc<Semaphore>,
    known: Arc<Semaphore>,
    queues: Queues,
    patience: Duration,
}

/// How many there are in each.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<HashMap<Asker, usize>>>);

/// Leave to compute one, until it is dropped.
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

struct Place {
    queues: Queues,
    asker: Asker,
}

impl Turns {
    /// Whoever waits for longer than `patience` has waited in vain.
    pub fn new(patience: Duration) -> Self {
        Self {
            anybody: Arc::new(Semaphore::new(FOR_ANYBODY)),
            known: Arc::new(Semaphore::new(FOR_KNOWN_BROWSERS)),
            queues: Queues::default(),
            patience,
        }
    }

    /// None: too many wait.
    pub async fn wait(&self, asker: Asker) -> Option<Turn> {
        let place = self.queues.enter(asker)?;
        let permit = async {
            let anybodys = Arc::clone(&self.anybody).acquire_owned();
            if !asker.is_known {
                return anybodys.await;
            }
            tokio::select! {
                biased;
                permit = Arc::clone(&self.known).acquire_owned() => permit,
                permit = anybodys => permit,
            }
        };
        let permit = tokio::time::timeout(self.patience, permit).await.ok()?.ok()?;
        Some(Turn {
            _permit: permit,
            _place: place,
        })
    }
}

impl Queues {
    fn enter(&self, asker: Asker) -> Option<Place> {
        let mut queues = self.lock();
        let waiting = queues.entry(asker).or_default();
        if *waiting >= OF_ONE_NETWORK {
            return None;
        }
        *waiting += 1;
        Some(Place {
            queues: self.clone(),
            asker,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Asker, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        if let Some(waiting) = queues.get_mut(&self.asker) {
            *waiting -= 1;
            if *waiting == 0 {
                queues.remove(&self.asker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::task::JoinHandle;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    #[tokio::test]
    async fn one_has_its_turn_at_a_time_and_whoever_waits_too_long_is_told_so() {
        let turns = Turns::new(Duration::ZERO);
        let held = turns.wait(Asker::stranger(HERE)).await.unwrap();
        assert!(turns.wait(Asker::stranger(ELSEWHERE)).await.is_none());
        drop(held);
        assert!(turns.wait(Asker::stranger(ELSEWHERE)).await.is_some());
    }

    #[tokio::test]
    async fn a_turn_is_kept_for_known_browsers_however_many_strangers_come() {
        let turns = Turns::new(Duration::ZERO);
        let _strangers = turns.wait(Asker::stranger(HERE)).await.unwrap();
        let known = turns.wait(Asker::known(HERE)).await.unwrap();
        assert!(
            turns.wait(Asker::known(HERE)).await.is_none(),
            "there is one of them"
        );
        drop(known);
        assert!(
            turns.wait(Asker::stranger(ELSEWHERE)).await.is_none(),
            "and it is not for strangers"
        );
        assert!(turns.wait(Asker::known(HERE)).await.is_some());
    }

    #[tokio::test]
    async fn the_queue_of_a_network_is_short_and_nobody_elses() {
        let turns = Turns::new(Duration::from_hours(1));
        let held = turns.wait(Asker::stranger(ELSEWHERE)).await.unwrap();
        let waiting = turns.fill(Asker::stranger(HERE)).await;
        assert!(turns.wait(Asker::stranger(HERE)).await.is_none(), "at once");
        drop(held);
        for waited in waiting {
            assert!(waited.await.unwrap());
        }
        assert!(turns.queues.lock().is_empty(), "nothing is kept of who has gone");
    }

    #[tokio::test]
    async fn the_sixth_known_browser_of_a_network_is_refused_at_once_and_strangers_there_are_not() {
        let turns = Turns::new(Duration::from_hours(1));
        let held = [Asker::known(ELSEWHERE), Asker::stranger(ELSEWHERE)].map(|asker| turns.wait(asker));
        let held = futures::future::join_all(held).await;
        assert!(held.iter().all(Option::is_some), "both turns are taken");
        let waiting = turns.fill(Asker::known(HERE)).await;
        assert!(turns.wait(Asker::known(HERE)).await.is_none(), "at once");
        let stranger = {
            let turns = turns.clone();
            tokio::spawn(async move { turns.wait(Asker::stranger(HERE)).await.is_some() })
        };
        drop(held);
        for waited in waiting.into_iter().chain([stranger]) {
            assert!(waited.await.unwrap());
        }
        assert!(
            turns.wait(Asker::known(HERE)).await.is_some(),
            "there is room again"
        );
    }

    impl Turns {
        /// As many as may wait, each of which gives its turn back as soon as it has it.
        async fn fill(&self, asker: Asker) -> Vec<JoinHandle<bool>> {
            let waiting = (0..OF_ONE_NETWORK).map(|_| {
                let turns = self.clone();
                tokio::spawn(async move { turns.wait(asker).await.is_some() })
            });
            let waiting = waiting.collect();
            while self.queues.lock().get(&asker) != Some(&OF_ONE_NETWORK) {
                tokio::task::yield_now().await;
            }
            waiting
        }
    }
}
