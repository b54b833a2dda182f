//! Rate limits that say how one stands, by the headers of draft-ietf-httpapi-ratelimit-headers-11.
//!
//! A route checks a [`RateLimit`] of its own, or tells of one that is counted elsewhere; [`layer`] writes the last one told
//! of into the answer, whatever it is.

use std::cell::Cell;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

/// How somebody stands with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub policy: &'static str,
    /// So many in `window`.
    pub quota: u32,
    pub window: Duration,
    pub remaining: u32,
    /// Until all of the quota is there again.
    pub resets_in: Duration,
}

tokio::task_local! {
    static TOLD: Cell<Option<Standing>>;
}

/// Puts this into the answer that is being made. Outside of a request it does nothing.
pub fn tell(standing: Standing) {
    // Of several, the one that leaves the least.
    let _ = TOLD.try_with(|told| match told.get() {
        Some(other) if other.remaining <= standing.remaining => {}
        Some(_) | None => told.set(Some(standing)),
    });
}

/// For [`axum::middleware::from_fn`].
pub async fn layer(request: Request, next: Next) -> Response {
    TOLD.scope(Cell::new(None), async move {
        let mut response = next.run(request).await;
        if let Some(standing) = TOLD.with(Cell::get) {
            standing.write(response.headers_mut());
        }
        response
    })
    .await
}

impl Standing {
    fn write(self, headers: &mut HeaderMap) {
        let Self {
            policy,
            quota,
            window,
            remaining,
            resets_in,
        } = self;
        let (window, resets_in) = (seconds(window), seconds(resets_in));
        for (name, value) in [
            ("ratelimit-policy", format!("\"{policy}\";q={quota};w={window}")),
            ("ratelimit", format!("\"{policy}\";r={remaining};t={resets_in}")),
        ] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// Whole ones, and none too early.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// So many requests a second for each key, twice as many at once.
pub struct RateLimit<K: Hash + Eq + Clone> {
    policy: &'static str,
    per_second: NonZeroU32,
    limiter: Limiter<K>,
}

const TWICE: NonZeroU32 = NonZeroU32::new(2).expect("two is not zero");

impl<K: Hash + Eq + Clone> RateLimit<K> {
    pub fn per_second(policy: &'static str, per_second: NonZeroU32) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(per_second.saturating_mul(TWICE));
        Self {
            policy,
            per_second,
            limiter: RateLimiter::keyed(quota).with_middleware(),
        }
    }

    /// Counts one request.
    ///
    /// # Errors
    /// There were too many: in how many seconds, at least 1, to come again.
    pub fn check(&self, key: &K) -> Result<(), u32> {
        let quota = self.per_second.saturating_mul(TWICE).get();
        let standing = |remaining: u32| Standing {
            policy: self.policy,
            quota,
            window: Duration::from_secs(2),
            remaining,
            resets_in: Duration::from_secs_f64(
                f64::from(quota.saturating_sub(remaining)) / f64::from(self.per_second.get()),
            ),
        };
        match self.limiter.check_key(key) {
            Ok(state) => {
                tell(standing(state.remaining_burst_capacity()));
                Ok(())
            }
            Err(until) => {
                tell(standing(0));
                let wait = until.wait_time_from(self.limiter.clock().now());
                Err(u32::try_from(wait.as_secs())
                    .unwrap_or(u32::MAX)
                    .saturating_add(1))
            }
        }
    }

    /// Forgets who has not been seen for a while, so that memory is bounded by who is active.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_a_second() -> RateLimit<u8> {
        RateLimit::per_second("tests", TWICE)
    }

    async fn told(work: impl FnOnce()) -> HeaderMap {
        TOLD.scope(Cell::new(None), async move {
            work();
            let mut headers = HeaderMap::new();
            if let Some(standing) = TOLD.with(Cell::get) {
                standing.write(&mut headers);
            }
            headers
        })
        .await
    }

    #[test]
    fn who_asks_too_much_is_told_when_to_come_again_and_nobody_else_is() {
        let limit = two_a_second();
        for _ in 0..4 {
            limit.check(&1).unwrap();
        }
        assert_eq!(limit.check(&1), Err(1));
        assert_eq!(limit.check(&2), Ok(()));
    }

    #[tokio::test]
    async fn an_answer_says_how_one_stands() {
        let limit = two_a_second();
        let headers = told(|| limit.check(&1).unwrap()).await;
        assert_eq!(headers["ratelimit-policy"], "\"tests\";q=4;w=2");
        assert_eq!(headers["ratelimit"], "\"tests\";r=3;t=1");
        let used_up = told(|| while limit.check(&1).is_ok() {}).await;
        assert_eq!(used_up["ratelimit"], "\"tests\";r=0;t=2");
    }

    #[tokio::test]
    async fn of_two_limits_the_nearer_one_is_told() {
        let standing = |remaining| Standing {
            policy: "tests",
            quota: 9,
            window: Duration::from_secs(1),
            remaining,
            resets_in: Duration::ZERO,
        };
        let headers = told(|| [5, 2, 7].map(standing).into_iter().for_each(tell)).await;
        assert_eq!(headers["ratelimit"], "\"tests\";r=2;t=0");
    }
}
