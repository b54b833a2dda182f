//! When an attempt that failed is made again, and when nobody tries any more. Pure: chance comes in as a number.
//!
//! Called by [`super::deliveries`]. The schedule is the one that the Standard Webhooks specification gives as an example: ten attempts in
//! somewhat more than three days.

use std::time::Duration;

use axum::http::StatusCode;

/// Before the second attempt, the third, …
const DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];
/// A delay is up to this much longer than it says, so that what failed together does not come back together.
const JITTER: f64 = 0.2;
/// An endpoint that has failed for so long, without one success, is disabled.
pub const PATIENCE: Duration = Duration::from_hours(5 * 24);
/// Where an endpoint asks for a pause and does not say how long.
const PAUSE: Duration = Duration::from_secs(30);
/// Nobody makes us wait longer than this before anything else is sent, or than a day before the same is.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
const LONGEST_DELAY: Duration = Duration::from_hours(24);

/// How long to wait after `failed` attempts of a schedule, or `None` when that was the last one. `chance` lies between 0 and 1.
pub fn delay(failed: i32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    let nth = usize::try_from(failed.max(1) - 1).unwrap_or(usize::MAX);
    let scheduled = DELAYS.get(nth)?.mul_f64(1.0 + JITTER * chance);
    let asked = asked.unwrap_or_default().min(LONGEST_DELAY);
    Some(scheduled.max(asked))
}

/// How long nothing at all is sent to an endpoint that answered so.
pub fn pause(status: Option<u16>, asked: Option<Duration>) -> Option<Duration> {
    let busy = [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::BAD_GATEWAY,
        StatusCode::GATEWAY_TIMEOUT,
    ];
    let is_busy = status.is_some_and(|status| busy.iter().any(|busy| *busy == status));
    asked
        .or(is_busy.then_some(PAUSE))
        .map(|pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_are_made_in_somewhat_more_than_three_days() {
        let delays: Vec<Duration> = (1..).map_while(|failed| delay(failed, None, 0.0)).collect();
        assert_eq!(delays.len(), 9);
        assert_eq!(delays[0], Duration::from_secs(5));
        let total: Duration = delays.iter().sum();
        // 75:35:05, as the specification's table ends.
        assert_eq!(total, Duration::from_secs(75 * 3600 + 35 * 60 + 5));
        assert!(delays.is_sorted());
    }

    #[test]
    fn chance_makes_a_delay_longer_and_never_shorter() {
        let (least, most) = (delay(2, None, 0.0).unwrap(), delay(2, None, 1.0).unwrap());
        assert_eq!(least, Duration::from_mins(5));
        assert_eq!(most, Duration::from_mins(6));
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_but_not_for_any_amount() {
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(delay(1, asked(90), 0.0), asked(90));
        assert_eq!(delay(2, asked(90), 0.0), asked(300));
        assert_eq!(delay(1, asked(u64::MAX), 0.0), asked(24 * 3600));
        assert_eq!(pause(Some(503), asked(7 * 3600)), asked(3600));
    }

    #[test]
    fn only_an_endpoint_that_says_it_is_busy_is_paused() {
        for busy in [429, 502, 504] {
            assert_eq!(pause(Some(busy), None), Some(PAUSE), "{busy}");
        }
        assert_eq!(pause(Some(500), None), None);
        assert_eq!(pause(None, None), None);
    }
}
