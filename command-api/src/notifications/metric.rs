//! What the notifications count, and at which labels. Everything is there at zero before it first happens.

use metrics::{counter, gauge, histogram};

use super::audience::Audience;
use super::posting::Answer;

/// What became of an attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Not yet; it is tried again.
    Retried,
    /// Nobody tries any more.
    Failed,
    /// Somebody else has it by now, or it is gone.
    Overtaken,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Delivered, Self::Retried, Self::Failed, Self::Overtaken];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Overtaken => "overtaken",
        }
    }
}

/// What was done with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Everybody whom it concerns is told, if anybody.
    Told,
    Parked,
    /// The log does not have it any more.
    Lost,
}

impl Done {
    const ALL: [Self; 3] = [Self::Told, Self::Parked, Self::Lost];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Parked => "parked",
            Self::Lost => "lost",
        }
    }
}

/// Called once, before the first message.
pub fn register() {
    for outcome in Outcome::ALL {
        counter!("webhook_deliveries_total", "outcome" => outcome.as_str()).increment(0);
    }
    for audience in Audience::ALL {
        for done in Done::ALL {
            events(audience, done, 0);
        }
        parked(audience, None);
    }
    counter!("webhook_subscriptions_disabled_total").increment(0);
    backlog(None);
    drop(histogram!("webhook_attempt_seconds"));
}

pub fn attempt(outcome: Outcome, answer: &Answer) {
    counter!("webhook_deliveries_total", "outcome" => outcome.as_str()).increment(1);
    histogram!("webhook_attempt_seconds").record(answer.took);
}

pub fn events(audience: Audience, done: Done, count: usize) {
    let labels = [("consumer", audience.as_str()), ("result", done.as_str())];
    counter!("notification_events_total", &labels).increment(count as u64);
}

/// Events that are set aside, and the age of the oldest. None: they could not be counted.
pub fn parked(audience: Audience, counted: Option<(i64, f64)>) {
    #[expect(clippy::cast_precision_loss, reason = "nobody parks 2^52 events")]
    let (events, seconds) = counted.map_or((f64::NAN, f64::NAN), |(events, seconds)| {
        (events as f64, seconds.max(0.0))
    });
    gauge!("parked_events", "consumer" => audience.as_str()).set(events);
    gauge!("parked_oldest_age_seconds", "consumer" => audience.as_str()).set(seconds);
}

pub fn disabled() {
    counter!("webhook_subscriptions_disabled_total").increment(1);
}

/// Deliveries that are neither made nor given up, of subscriptions that are not disabled; and the age of the oldest. None: they could
/// not be counted.
pub fn backlog(counted: Option<(i64, f64)>) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
    let (pending, seconds) = counted.map_or((f64::NAN, f64::NAN), |(pending, seconds)| {
        (pending as f64, seconds.max(0.0))
    });
    gauge!("webhook_pending_deliveries").set(pending);
    gauge!("webhook_oldest_pending_seconds").set(seconds);
}
