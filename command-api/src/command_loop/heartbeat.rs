//! The command loop's sign of life, for those who look at it from other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use metrics::{Gauge, gauge};

/// An idle loop beats this often; a busy one at every step of a turn.
pub(super) const BEAT_EVERY: Duration = Duration::from_millis(500);
/// Longer than any single step of a turn may take. After it the process is not ready.
pub const READY_WITHIN: Duration = Duration::from_secs(6);
/// After it the loop is taken for stuck, and the process for dead.
pub const ALIVE_WITHIN: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Heartbeat(Arc<Inner>);

struct Inner {
    began: Instant,
    /// Milliseconds after `began`.
    last_beat: AtomicU64,
    has_ended: AtomicBool,
    shown: Gauge,
}

impl Heartbeat {
    pub(super) fn new() -> Self {
        let heartbeat = Self(Arc::new(Inner {
            began: Instant::now(),
            last_beat: AtomicU64::new(0),
            has_ended: AtomicBool::new(false),
            shown: gauge!("command_loop_heartbeat_timestamp_seconds"),
        }));
        heartbeat.beat();
        heartbeat
    }

    pub(super) fn beat(&self) {
        let since = u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last_beat.store(since, Ordering::Relaxed);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.0.shown.set(now.as_secs_f64());
    }

    /// The loop's thread is gone and does not come back.
    pub(super) fn end(&self) {
        self.0.has_ended.store(true, Ordering::Release);
    }

    /// # Errors
    /// A sentence for operators: the loop has ended, or has not moved for longer than `limit`.
    pub fn check(&self, limit: Duration) -> Result<(), String> {
        if self.0.has_ended.load(Ordering::Acquire) {
            return Err("the command loop has ended".to_owned());
        }
        let last_beat = Duration::from_millis(self.0.last_beat.load(Ordering::Relaxed));
        let silent = self.0.began.elapsed().saturating_sub(last_beat);
        if silent > limit {
            return Err(format!(
                "the command loop has not moved for {} s",
                silent.as_secs()
            ));
        }
        Ok(())
    }
}
