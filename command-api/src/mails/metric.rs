//! What sending mails counts. Everything is there at zero before it first happens.

use metrics::{counter, gauge};

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sent,
    /// Not yet; it is tried again.
    Retried,
    /// Nobody tries any more.
    Failed,
    /// There is nobody to send it to any more.
    Erased,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Sent, Self::Retried, Self::Failed, Self::Erased];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Retried => "retried",
            Self::Failed => "failed",
            Self::Erased => "erased",
        }
    }
}

/// Called once, before the first mail.
pub fn register() {
    for outcome in Outcome::ALL {
        counter!("mails_total", "outcome" => outcome.as_str()).increment(0);
    }
    backlog(None);
}

pub fn attempt(outcome: Outcome) {
    counter!("mails_total", "outcome" => outcome.as_str()).increment(1);
}

/// Mails that wait, and for how long the oldest should have gone out. None: they could not be counted.
pub fn backlog(counted: Option<(i64, f64)>) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
    let (waiting, seconds) = counted.map_or((f64::NAN, f64::NAN), |(waiting, seconds)| {
        (waiting as f64, seconds.max(0.0))
    });
    gauge!("mails_waiting").set(waiting);
    gauge!("mails_overdue_seconds").set(seconds);
}
