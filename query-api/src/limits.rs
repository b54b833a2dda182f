//! How much one shopper and one address may ask for. How many live streams may be open is in [`crate::live::places`].

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use telemetry::rate_limit::RateLimit;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::problem::Problem;

/// An address may be a whole office, so it has this many times a shopper's rate.
const SHOPPERS_BEHIND_AN_ADDRESS: u32 = 10;
/// How often those who have been quiet are forgotten.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Limits {
    shoppers: Arc<RateLimit<Uuid>>,
    addresses: Arc<RateLimit<IpAddr>>,
}

impl Limits {
    /// `per_second` for each shopper, twice that at once.
    pub fn new(per_second: NonZeroU32) -> Self {
        let office = per_second.saturating_mul(OFFICE);
        Self {
            shoppers: Arc::new(RateLimit::per_second("queries", per_second)),
            addresses: Arc::new(RateLimit::per_second("address", office)),
        }
    }

    pub fn shopper(&self, owner: Uuid) -> Result<(), Problem> {
        limited(self.shoppers.check(&owner))
    }

    pub fn address(&self, address: IpAddr) -> Result<(), Problem> {
        limited(self.addresses.check(&address))
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

    fn limits(per_second: u32) -> Limits {
        Limits::new(NonZeroU32::new(per_second).unwrap())
    }

    #[test]
    fn a_shopper_who_asks_too_much_is_told_when_to_come_again_and_nobody_else_is() {
        let limits = limits(2);
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
}
