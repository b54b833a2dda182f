//! The configuration of every group member and of the clients that watch them: the one place for time limits towards Kafka.

use std::time::Duration;

use rdkafka::ClientConfig;

/// For how long messages may wait, or a member may be without a partition, before the member is replaced.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Which group is joined, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    pub brokers: String,
    /// Stays the same over generations: the label of metrics and the name in log lines.
    pub name: String,
    /// With its prefix.
    pub group: String,
    /// With their prefix.
    pub topics: Vec<String>,
    pub begin: Begin,
    /// Names this process among the members. One that restarts within the session gets its partitions back at once, without a
    /// rebalance. None: a dynamic member, whose partitions wait for the session's end when it is killed.
    pub instance: Option<String>,
    /// [`PATIENCE`], but for tests.
    pub patience: Duration,
}

/// Where a group begins of which Kafka has no checkpoint. A partition that is added later is read from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Nowhere: the store of the checkpoints knows, and an offset that Kafka has lost is an error.
    AtCheckpoint,
    Oldest,
    Newest,
}

impl Begin {
    /// What librdkafka does about an offset that Kafka does not have. Where a new group begins is not left to it.
    const fn reset(self) -> &'static str {
        match self {
            Self::AtCheckpoint => "error",
            Self::Oldest | Self::Newest => "earliest",
        }
    }
}

impl Settings {
    pub fn new(
        brokers: impl Into<String>,
        name: impl Into<String>,
        group: impl Into<String>,
        topics: Vec<String>,
        begin: Begin,
    ) -> Self {
        Self {
            brokers: brokers.into(),
            name: name.into(),
            group: group.into(),
            topics,
            begin,
            instance: None,
            patience: PATIENCE,
        }
    }

    /// As what this process is known to the group.
    #[must_use]
    pub fn instance(self, instance: Option<String>) -> Self {
        Self { instance, ..self }
    }

    /// What any client needs.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.brokers)
            .set("group.id", &self.group)
            .set("client.id", &self.group)
            .set("socket.nagle.disable", "true")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000");
        config
    }

    pub(crate) fn member(&self) -> ClientConfig {
        let mut config = self.client();
        config
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "1000")
            // What was applied is committed; what was only read is not.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "250")
            .set("auto.offset.reset", self.begin.reset())
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.wait.max.ms", "500")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "16384")
            .set("topic.metadata.refresh.interval.ms", "10000")
            // Tells whether the client still knows a broker.
            .set("statistics.interval.ms", "1000");
        if let Some(instance) = &self.instance {
            config.set("group.instance.id", instance);
        }
        config
    }
}
