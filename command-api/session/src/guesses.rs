//! Who guesses at one secret of ours, such as the staff token: after some wrong ones the right one is not taken from there
//! either, for a while. Otherwise whoever guesses on would be told by the answer.
//!
//! Counted in the process: the secret has to be known while Redis is down, and one replica more is a few guesses more.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

/// Wrong ones from one network in a window.
const MOST: u32 = 20;
const WINDOW: Duration = Duration::from_mins(15);
/// Networks that are remembered; beyond that the ones that were quiet for longest are forgotten.
const NETWORKS: NonZeroUsize = NonZeroUsize::new(10_000).expect("more than none");

pub struct Guesses(Mutex<LruCache<IpAddr, Wrong>>);

#[derive(Clone, Copy)]
struct Wrong {
    count: u32,
    since: Instant,
}

impl Wrong {
    fn left(self, now: Instant) -> Duration {
        WINDOW.saturating_sub(now.saturating_duration_since(self.since))
    }
}

impl Default for Guesses {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NETWORKS)))
    }
}

impl Guesses {
    /// Whether another secret may be tried from there, whatever it is.
    ///
    /// # Errors
    /// Too many were wrong: for how long to wait.
    pub fn check(&self, network: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match networks.get(&network).copied() {
            Some(wrong) if wrong.count >= MOST && !wrong.left(now).is_zero() => Err(wrong.left(now)),
            Some(_) | None => Ok(()),
        }
    }

    /// One was wrong.
    pub fn wrong(&self, network: IpAddr, now: Instant) {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || Wrong { count: 0, since: now };
        let wrong = networks.get_or_insert_mut(network, begin);
        if wrong.left(now).is_zero() {
            *wrong = begin();
        }
        wrong.count = wrong.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn after_twenty_wrong_ones_a_network_waits_and_no_other_one_does() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        let network = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        for _ in 0..20 {
            assert_eq!(guesses.check(network(1), now), Ok(()));
            guesses.wrong(network(1), now);
        }
        let (later, over) = (now + Duration::from_mins(5), now + WINDOW);
        assert_eq!(guesses.check(network(1), later), Err(Duration::from_mins(10)));
        assert_eq!(guesses.check(network(2), later), Ok(()));
        assert_eq!(guesses.check(network(1), over), Ok(()));
        guesses.wrong(network(1), over);
        assert_eq!(guesses.check(network(1), over), Ok(()));
    }

    #[test]
    fn memory_is_bounded_by_the_networks_that_guessed_last() {
        let (guesses, now) = (Guesses::default(), Instant::now());
        for number in 0..20_000_u32 {
            guesses.wrong(IpAddr::V4(Ipv4Addr::from_bits(number)), now);
        }
        assert_eq!(guesses.0.lock().unwrap().len(), NETWORKS.get());
    }
}
