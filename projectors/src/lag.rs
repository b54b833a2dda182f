//! How far a consumer group is behind, in messages (as Kafka's own tool counts them) and in seconds.
//!
//! Fed by librdkafka's statistics every second and by the partitions' tasks at every batch; read by Prometheus.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use metrics::gauge;
use rdkafka::Statistics;
use time::OffsetDateTime;

/// The lag of one consumer group's partitions that this process has.
#[derive(Debug)]
pub struct Lag {
    group: String,
    partitions: Mutex<HashMap<(String, i32), Behind>>,
}

#[derive(Clone, Copy, Debug)]
struct Behind {
    seconds: f64,
    seen: Instant,
    /// Whether a batch was applied since the statistics were last looked at.
    moving: bool,
}

impl Lag {
    pub fn new(group: String) -> Self {
        Self {
            group,
            partitions: Mutex::default(),
        }
    }

    /// The partition is ours from now on.
    pub fn begin(&self, topic: &str, partition: i32) {
        let at_zero = Behind {
            seconds: 0.0,
            seen: Instant::now(),
            moving: true,
        };
        self.lock().insert((topic.to_owned(), partition), at_zero);
        self.show(topic, partition, 0.0, 0.0);
    }

    /// The partition is someone else's from now on, who says how far it is behind.
    pub fn end(&self, topic: &str, partition: i32) {
        self.lock().remove(&(topic.to_owned(), partition));
        self.show(topic, partition, 0.0, 0.0);
    }

    /// A batch was applied whose oldest event is from `recorded_at`.
    pub fn applied(&self, topic: &str, partition: i32, recorded_at: OffsetDateTime) {
        let seconds = (OffsetDateTime::now_utc() - recorded_at)
            .as_seconds_f64()
            .max(0.0);
        if let Some(behind) = self.lock().get_mut(&(topic.to_owned(), partition)) {
            *behind = Behind {
                seconds,
                seen: Instant::now(),
                moving: true,
            };
        }
    }

    /// Puts the newest numbers where Prometheus finds them. Messages that wait while nothing is applied grow older.
    pub fn show_statistics(&self, statistics: &Statistics) {
        let mut partitions = self.lock();
        for ((topic, partition), behind) in partitions.iter_mut() {
            let known = statistics
                .topics
                .get(topic)
                .and_then(|topic| topic.partitions.get(partition));
            let Some(known) = known.filter(|known| known.hi_offset >= 0) else {
                continue;
            };
            let messages = (known.hi_offset - known.committed_offset.max(known.lo_offset).max(0)).max(0);
            let now = Instant::now();
            if messages == 0 {
                behind.seconds = 0.0;
            } else if !behind.moving {
                behind.seconds += (now - behind.seen).as_secs_f64();
            }
            behind.seen = now;
            behind.moving = false;
            #[expect(clippy::cast_precision_loss, reason = "nobody is 2^52 messages behind")]
            self.show(topic, *partition, messages as f64, behind.seconds);
        }
    }

    fn show(&self, topic: &str, partition: i32, messages: f64, seconds: f64) {
        let labels = [
            ("group", self.group.clone()),
            ("topic", topic.to_owned()),
            ("partition", partition.to_string()),
        ];
        let in_messages = gauge!("consumer_lag_messages", &labels);
        in_messages.set(messages);
        gauge!("consumer_lag_seconds", &labels).set(seconds);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, i32), Behind>> {
        self.partitions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
