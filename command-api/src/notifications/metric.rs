//! What the notifications count, and at which labels. Everything is there at zero before it first happens.

use metrics::{counter, gauge, histogram};

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

/// What a message of the log's topics was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    Read,
    Unreadable,
    /// Older than what the delivery log remembers.
    TooOld,
}

impl Message {
    const ALL: [Self; 3] = [Self::Read, Self::Unreadable, Self::TooOld];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unreadable => "unreadable",
            Self::TooOld => "too-old",
        }
    }
}

/// Called once, before the first message.
pub fn register() {
    for outcome in Outcome::ALL {
        counter!("webhook_deliveries_total", "outcome" => outcome.as_str()).increment(0);
    }
    for message in Message::ALL {
        messages(message, 0);
    }
    counter!("webhook_subscriptions_disabled_total").increment(0);
    backlog(0, 0.0);
    drop(histogram!("webhook_attempt_seconds"));
}

pub fn attempt(outcome: Outcome, answer: &Answer) {
    counter!("webhook_deliveries_total", "outcome" => outcome.as_str()).increment(1);
    histogram!("webhook_attempt_seconds").record(answer.took);
}

pub fn messages(message: Message, count: usize) {
    counter!("webhook_messages_total", "result" => message.as_str()).increment(count as u64);
}

pub fn disabled() {
    counter!("webhook_subscriptions_disabled_total").increment(1);
}

/// Deliveries that are neither made nor given up, of subscriptions that are not disabled; and the age of the oldest.
pub fn backlog(pending: i64, oldest_seconds: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
    gauge!("webhook_pending_deliveries").set(pending as f64);
    gauge!("webhook_oldest_pending_seconds").set(oldest_seconds.max(0.0));
}
