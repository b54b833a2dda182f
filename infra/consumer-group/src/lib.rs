//! Membership in a Kafka consumer group that comes back after any fault, and a lag that is never "0" because nobody looked.
//!
//! Every consumer of the shop is a [`Member`] with a [`Watch`] beside it: views, reporting, notifications, the payment worker, rebuilds.
//! librdkafka can lose a membership for good when a broker pauses (`docs/decisions/0013-consumers-come-back.md`). So the watch does not
//! trust the member: it asks Kafka through a client of its own, compares each partition's end with the group's checkpoint every second,
//! shows the difference as lag, says whether the group is healthy, and calls for a new member when partitions stand still.
//!
//! Two ways to use it:
//!
//! * **Kafka keeps the checkpoints** (notifications, payment worker): [`Group`] does everything. It rejoins by itself.
//!   ```ignore
//!   let settings = Settings::new(brokers, "mails", "commerce.mails", topics, Begin::Oldest).instance(instance);
//!   let mut group = Group::join(settings)?;
//!   loop {
//!       let messages = tokio::select! {
//!           messages = group.next(500) => messages,       // never empty; safe to drop while it waits
//!           () = token.cancelled() => break,
//!       };
//!       // Do what they call for. A message that was handed out and is not `done` is handed out again after a rejoin or a restart.
//!       group.done(&messages);
//!   }
//!   group.close(CLOSE_LIMIT).await;                       // bounded, whatever Kafka does
//!   ```
//! * **A store keeps the checkpoints** (views in Redis, reporting in PostgreSQL): [`Watch::start`] with a [`Checkpoints`], then
//!   [`Watch::join`]; begin what [`Member::assigned`] hands over with [`Member::begin`]; end the member when [`Watch::trouble`] says so.
//!
//! [`Watch::health`] (and [`Group::health`]) is what `/readyz` reports. The metrics are `consumer_lag_messages`, `consumer_lag_seconds`
//! (by group, topic, partition; absent while unknown), `consumer_lag_known` (by group) and `consumer_replacements_total` (by consumer).

mod client;
mod closing;
mod group;
mod headers;
mod judge;
mod lag;
mod member;
mod membership;
mod probe;
mod watch;

pub use client::{Begin, PATIENCE, Settings};
pub use group::{Group, Message};
pub use headers::text_headers;
pub use judge::{Health, Trouble};
pub use member::{CLOSE_LIMIT, Member, is_fatal, is_offset_lost};
pub use membership::Membership;
pub use probe::Bounds;
pub use watch::{Checkpoints, Watch};

/// A topic with its prefix, and one of its partitions.
pub type TopicPartition = (String, i32);
