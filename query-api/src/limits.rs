//! How much one shopper, one address and all live streams together may ask for.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use telemetry::rate_limit::RateLimit;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::problem::Problem;
use crate::wakes::{Topic, Wakes};

/// An address may be a whole office, so it has this many times a shopper's rate.
const SHOPPERS_BEHIND_AN_ADDRESS: u32 = 10;
/// Tabs and devices that are kept up to date about one shopper, or one order, at the same time.
const STREAMS_ABOUT_ONE: usize = 12;
/// How often those who have been quiet are forgotten.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Limits {
    shoppers: Arc<RateLimit<Uuid>>,
    addresses: Arc<RateLimit<IpAddr>>,
    streams: Arc<Semaphore>,
}

impl Limits {
    /// `per_second` for each shopper, twice that at once.
    pub fn new(per_second: NonZeroU32, streams: usize) -> Self {
        let office = per_second.saturating_mul(OFFICE);
        Self {
            shoppers: Arc::new(RateLimit::per_second("queries", per_second)),
            addresses: Arc::new(RateLimit::per_second("address", office)),
            streams: Arc::new(Semaphore::new(streams)),
        }
    }

    pub fn shopper(&self, owner: Uuid) -> Result<(), Problem> {
        limited(self.shoppers.check(&owner))
    }

    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        limited(self.addresses.check(&address))
    }

    /// Leave to keep one live stream about `topic` open, until it is dropped.
    pub fn stream(&self, topic: Topic, wakes: &Wakes) -> Result<OwnedSemaphorePermit, Problem> {
        if wakes.listening(topic) >= STREAMS_ABOUT_ONE {
            return Err(Problem::Overloaded);
        }
        Arc::clone(&self.streams)
            .try_acquire_owned()
            .map_err(|_| Problem::Overloaded)
    }

    /// Forgets the quiet ones now and then, so that memory is bounded by who is active.
    pub async fn sweep(self, token: CancellationToken) {
        while token
            .run_until_cancelled(tokio::time::sleep(SWEEP))
            .await
            .is_some()
        {
            self.shoppers.tidy();
            self.addresses.tidy();
        }
    }
}

const OFFICE: NonZeroU32 = NonZeroU32::new(SHOPPERS_BEHIND_AN_ADDRESS).expect("more than none");

fn limited(checked: Result<(), u32>) -> Result<(), Problem> {
    checked.map_err(|seconds| Problem::RateLimited {
        seconds: seconds.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_second: u32, streams: usize) -> Limits {
        Limits::new(NonZeroU32::new(per_second).unwrap(), streams)
    }

    #[test]
    fn a_shopper_who_asks_too_much_is_told_when_to_come_again_and_nobody_else_is() {
        let limits = limits(2, 1);
        let (greedy, other) = (Uuid::new_v4(), Uuid::new_v4());
        for _ in 0..4 {
            limits.shopper(greedy).unwrap();
        }
        assert!(matches!(
            limits.shopper(greedy),
            Err(Problem::RateLimited { seconds: 1 })
        ));
        limits.shopper(other).unwrap();
    }

    #[tokio::test]
    async fn streams_are_counted_in_all_and_by_shopper() {
        let wakes = Wakes::default();
        let owner = Topic::Shopper(Uuid::new_v4());
        let one = limits(1, 1);
        let held = one.stream(owner, &wakes).unwrap();
        assert!(matches!(
            one.stream(Topic::Order(Uuid::new_v4()), &wakes),
            Err(Problem::Overloaded)
        ));
        drop(held);
        let many = limits(1, 1000);
        let _open: Vec<_> = (0..12).map(|_| wakes.listen([owner])).collect();
        assert!(matches!(many.stream(owner, &wakes), Err(Problem::Overloaded)));
        assert!(many.stream(Topic::Shopper(Uuid::new_v4()), &wakes).is_ok());
    }
}
