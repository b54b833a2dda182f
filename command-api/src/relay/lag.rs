//! How far Kafka is behind the log: asked of PostgreSQL every few seconds, whether or not anything is published and
//! whichever process leads. While nobody can be asked, the gauges say that too.

use std::time::{Duration, Instant};

use event_store::relay_cursor::CursorError;
use event_store::relay_watch::{Lag, LagProbe};
use metrics::gauge;
use telemetry::admin::Readiness;

use super::CURSOR;

const ASK_EVERY: Duration = Duration::from_secs(2);
/// A process that only relays is not ready while the oldest unpublished event is older.
const READY_WITHIN: Duration = Duration::from_secs(30);

pub struct LagWatch {
    url: String,
    limit: Duration,
    probe: Option<LagProbe>,
    /// The last answer, and when it came; at the start, none since then.
    last: Option<Lag>,
    answered: Instant,
}

/// What the gauges show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shown {
    /// Not a number while it is not known.
    pub events: f64,
    /// While it is not known: the last known age, and all the time since, since that is how old an event may be by now.
    pub seconds: f64,
    pub known: bool,
}

/// The gauges exist from the start.
pub fn register() {
    Shown::unknown(None, Duration::ZERO).show();
}

impl LagWatch {
    pub fn new(url: String, limit: Duration) -> Self {
        Self {
            url,
            limit,
            probe: None,
            last: None,
            answered: Instant::now(),
        }
    }

    /// Asks until it is dropped.
    pub async fn run(mut self, readiness: Option<Readiness>) {
        loop {
            let shown = self.step(Instant::now).await;
            shown.show();
            if let Some(readiness) = &readiness {
                match shown.objection() {
                    None => readiness.ok(),
                    Some(why) => readiness.not_ok(why),
                }
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Asks once. `now` is asked after the answer, or after waiting for it.
    pub async fn step(&mut self, now: impl FnOnce() -> Instant) -> Shown {
        match self.ask().await {
            Ok(lag) => {
                (self.last, self.answered) = (Some(lag), now());
                Shown::known(lag)
            }
            Err(error) => {
                tracing::warn!(%error, "it is not known how far Kafka is behind the log");
                // Its state is unknown; the next step connects anew.
                self.probe = None;
                Shown::unknown(self.last, now().saturating_duration_since(self.answered))
            }
        }
    }

    async fn ask(&mut self) -> Result<Lag, CursorError> {
        let mut probe = match self.probe.take() {
            Some(probe) => probe,
            None => LagProbe::connect(&self.url, self.limit).await?,
        };
        let lag = probe.ask(CURSOR).await?;
        self.probe = Some(probe);
        Ok(lag)
    }
}

impl Shown {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
    fn known(lag: Lag) -> Self {
        Self {
            events: lag.events as f64,
            seconds: lag.seconds,
            known: true,
        }
    }

    fn unknown(last: Option<Lag>, since: Duration) -> Self {
        Self {
            events: f64::NAN,
            seconds: last.map_or(0.0, |lag| lag.seconds) + since.as_secs_f64(),
            known: false,
        }
    }

    fn show(self) {
        gauge!("relay_lag_events").set(self.events);
        gauge!("relay_lag_seconds").set(self.seconds);
        gauge!("relay_lag_known").set(f64::from(u8::from(self.known)));
    }

    /// Why a process that only relays is not ready.
    fn objection(self) -> Option<String> {
        let seconds = self.seconds;
        if !self.known {
            Some(format!(
                "PostgreSQL has not said for {seconds:.0} s how far Kafka is behind"
            ))
        } else if seconds > READY_WITHIN.as_secs_f64() {
            Some(format!("an event has been waiting for Kafka for {seconds:.0} s"))
        } else {
            None
        }
    }
}
