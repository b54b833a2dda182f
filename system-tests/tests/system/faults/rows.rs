//! The faults, one a row: what is done, and in which time everybody has to be answered meanwhile.

use std::time::Duration;

use sqlx::Executor as _;
use tokio::time::{Instant, sleep};

use super::oracle::{Excused, Seen};
use super::poison;
use super::world::{Part, World};

/// The lock that all appends take, `0002_append.sql`.
const APPEND_LOCK: i64 = 1_128_354_388;

pub struct Row {
    pub name: &'static str,
    pub fault: Fault,
    pub answers_within: Bounds,
    /// How soon after the fault a change can be seen.
    pub fresh_within: Duration,
}

/// What the design asks for after the end of a fault (DESIGN.md §11, 10).
pub const VIEWS_BACK: Duration = Duration::from_secs(3);
/// A client of Kafka may lose its way for good where its broker is killed or stands still; then a watch replaces it
/// (docs/decisions/0013).
const REPLACED: Duration = Duration::from_secs(33);

/// How long one try may take, by what the documentation promises.
#[derive(Clone, Copy)]
pub struct Bounds {
    pub command: Duration,
    pub query: Duration,
}

/// The shop answers, be it that it cannot.
const USUAL: Bounds = Bounds {
    command: Duration::from_secs(5),
    query: Duration::from_secs(5),
};
/// Where the command API itself stands still, nginx answers for it.
const BY_NGINX: Bounds = Bounds {
    command: Duration::from_secs(12),
    query: Duration::from_secs(5),
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Kill(Part),
    /// SIGSTOP, and SIGCONT after so many seconds.
    Pause(Part, u64),
    /// A session holds the lock that all appends take.
    HoldAppends(u64),
    /// As a failover leaves an old primary, or a full disk a careful one.
    ReadOnly(u64),
    NoConnections(u64),
    TopicAnew,
    Poison,
    FlushRedis,
}

const fn row(name: &'static str, fault: Fault) -> Row {
    Row {
        name,
        fault,
        answers_within: USUAL,
        fresh_within: VIEWS_BACK,
    }
}

const fn of_kafka(name: &'static str, fault: Fault) -> Row {
    Row {
        fresh_within: REPLACED,
        ..row(name, fault)
    }
}

pub const WRITE_SIDE: &[Row] = &[
    row("kill -9 postgres", Fault::Kill(Part::Postgres)),
    row("stop postgres 16 s", Fault::Pause(Part::Postgres, 16)),
    row("append lock held 15 s", Fault::HoldAppends(15)),
    row("read-only 8 s", Fault::ReadOnly(8)),
    row("no connections 10 s", Fault::NoConnections(10)),
    row("kill -9 command-api", Fault::Kill(Part::CommandApi)),
    Row {
        name: "stop command-api 15 s",
        fault: Fault::Pause(Part::CommandApi, 15),
        answers_within: BY_NGINX,
        fresh_within: VIEWS_BACK,
    },
    row("kill -9 redis", Fault::Kill(Part::Redis)),
    row("stop redis 12 s", Fault::Pause(Part::Redis, 12)),
];

pub const READ_SIDE: &[Row] = &[
    of_kafka("kill -9 kafka", Fault::Kill(Part::Kafka)),
    of_kafka("stop kafka 20 s", Fault::Pause(Part::Kafka, 20)),
    row("kill -9 projectors", Fault::Kill(Part::Projectors)),
    row("stop projectors 12 s", Fault::Pause(Part::Projectors, 12)),
    row("kill -9 query-api", Fault::Kill(Part::QueryApi)),
    row("stop query-api 8 s", Fault::Pause(Part::QueryApi, 8)),
    row("FLUSHALL", Fault::FlushRedis),
    row("topic made anew", Fault::TopicAnew),
    row("poison", Fault::Poison),
];

impl Fault {
    /// Does it, and returns when it was over.
    pub async fn inflict(self, world: &mut World, seen: &mut Seen) -> Instant {
        match self {
            Self::Kill(part) => world.kill(part).await,
            Self::Pause(part, seconds) => world.pause(part, Duration::from_secs(seconds)).await,
            Self::HoldAppends(seconds) => {
                let mut admin = world.admin().await;
                sqlx::query("select pg_advisory_lock($1)")
                    .bind(APPEND_LOCK)
                    .execute(&mut admin)
                    .await
                    .expect("the lock can be had");
                sleep(Duration::from_secs(seconds)).await;
                drop(admin);
                Instant::now()
            }
            Self::ReadOnly(seconds) => {
                let mut admin = world.admin().await;
                let own = "set default_transaction_read_only = off";
                admin.execute(own).await.expect("a setting can be changed");
                for (value, then) in [("on", seconds), ("off", 0)] {
                    let set = format!("alter system set default_transaction_read_only = {value}");
                    admin
                        .execute(set.as_str())
                        .await
                        .expect("a setting can be changed");
                    admin
                        .execute("select pg_reload_conf()")
                        .await
                        .expect("it is read");
                    sleep(Duration::from_secs(then)).await;
                }
                Instant::now()
            }
            Self::NoConnections(seconds) => world.take_all_connections(Duration::from_secs(seconds)).await,
            Self::TopicAnew => {
                let ended = world.make_topic_anew().await;
                seen.excused.carts_before = sqlx::query_scalar("select max(global_position) from events")
                    .fetch_one(&world.pool)
                    .await
                    .expect("the log can be read");
                ended
            }
            Self::Poison => {
                seen.excused.foreign_messages = Some(poison::spread(world).await);
                Instant::now()
            }
            Self::FlushRedis => world.flush_redis().await,
        }
    }
}

/// `projectors verify` complains of a topic that was made anew until it is published again, also after the faults that follow, and of
/// messages that are set aside until they are discarded; of nothing else it may.
pub fn unexcused(mut complaints: Vec<String>, excused: &Excused) -> Vec<String> {
    let is_of = |complaint: &str, name: &str| complaint.contains(&format!("\"name\":\"{name}"));
    complaints.retain(|complaint| {
        let is_missing = is_of(complaint, "kafka commerce.cart/")
            || (is_of(complaint, "kafka position ") && complaint.contains(" of cart"));
        let is_set_aside = is_of(complaint, "carts commerce.cart/");
        let is_excused =
            (is_missing && excused.carts_before > 0) || (is_set_aside && excused.foreign_messages.is_some());
        !is_excused
    });
    complaints
}
