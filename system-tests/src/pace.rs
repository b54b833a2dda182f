//! When commands are meant to start, and how long they took from then.
//!
//! Latency counts from the intended start, not from when a free worker got round to it: a stall of the system delays the
//! commands behind it, and shoppers who would have come meanwhile waited too ("coordinated omission").

use std::cell::Cell;
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::time::{Instant, sleep_until};

/// A timer of this runtime fires up to so much late. That is the generator's fault, not the system's.
const TIMER_SLACK: Duration = Duration::from_millis(1);

/// An open-loop schedule that workers on one thread share: the next start belongs to whoever asks first.
pub struct Pace {
    began: Instant,
    interval: Option<Duration>,
    given: Cell<u32>,
}

impl Pace {
    /// `per_second` absent: as fast as it goes, each command when its worker is ready.
    pub fn new(per_second: Option<f64>) -> Self {
        let interval = per_second.map(|rate| Duration::from_secs_f64(1.0 / rate));
        Self {
            began: Instant::now(),
            interval,
            given: Cell::new(0),
        }
    }

    pub fn began(&self) -> Instant {
        self.began
    }

    /// Waits for the next start and returns when it was meant to be.
    pub async fn next_start(&self) -> Instant {
        let Some(interval) = self.interval else {
            return Instant::now();
        };
        let number = self.given.get();
        self.given.set(number + 1);
        let intended = self.began + interval * number;
        let asked = Instant::now();
        if asked >= intended {
            return intended;
        }
        sleep_until(intended).await;
        Instant::now().min(intended + TIMER_SLACK)
    }
}

/// Latencies in microseconds, to three digits. The histogram grows with what it is given, so it takes every value.
#[derive(Clone)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three significant digits are allowed"))
    }
}

impl Latencies {
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX / 2);
        self.0 += micros;
    }

    pub fn add(&mut self, other: &Self) {
        self.0 += &other.0;
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds below which this share of all was, such as 0.99.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        millis(self.0.value_at_quantile(share))
    }

    pub fn max_ms(&self) -> f64 {
        millis(self.0.max())
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds of a latency are far below 2^52"
)]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_late_worker_still_counts_from_the_intended_start() {
        let pace = Pace::new(Some(1_000.0));
        let first = pace.next_start().await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        let second = pace.next_start().await;
        assert_eq!(second - first, Duration::from_millis(1));
        assert!(second.elapsed() >= Duration::from_millis(29));
    }

    #[tokio::test]
    async fn nobody_starts_early() {
        let pace = Pace::new(Some(100.0));
        for number in 0..5 {
            let start = pace.next_start().await;
            assert!(start >= pace.began() + Duration::from_millis(10) * number);
            assert!(Instant::now() >= start);
        }
    }

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut latencies = Latencies::default();
        for millis in 1..=1_000 {
            latencies.record(Duration::from_millis(millis));
        }
        let mut all = Latencies::default();
        all.add(&latencies);
        assert!(
            (all.quantile_ms(0.5) - 500.0).abs() < 1.0,
            "{}",
            all.quantile_ms(0.5)
        );
        assert!((all.max_ms() - 1_000.0).abs() < 2.0, "{}", all.max_ms());
    }
}
