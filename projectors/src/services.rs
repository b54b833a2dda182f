//! Connections to the three services, as plain values that every part is given.

use anyhow::Context;
use event_store::Reader;
use read_model::store::Store;
use read_model::{Generation, Keys, View};
use secrecy::ExposeSecret;

use crate::config::Connections;
use crate::kafka::Kafka;
use crate::log_identity::LogIdentity;

#[derive(Clone)]
pub struct Services {
    /// The events in PostgreSQL.
    pub log: Reader,
    /// Which log that is.
    pub identity: LogIdentity,
    /// The events in Kafka.
    pub kafka: Kafka,
    /// The views in Redis.
    pub store: Store,
    /// The tables for SQL users, beside the events.
    pub tables: reporting::Store,
    pub redis_prefix: String,
}

impl Services {
    pub async fn connect(connections: &Connections) -> anyhow::Result<Self> {
        let log = Reader::connect(connections.database_url.expose_secret())
            .await
            .context("PostgreSQL cannot be reached (DATABASE_URL)")?;
        let tables = reporting::Store::new(connections.database_url.expose_secret())?;
        let keys = Keys::new(&connections.redis_prefix)?;
        let store = Store::connect(connections.redis_url.expose_secret(), keys)
            .await
            .context("Redis cannot be reached (REDIS_URL)")?;
        let kafka = Kafka::new(&connections.kafka_brokers, &connections.topic_prefix);
        Ok(Self {
            identity: LogIdentity::of(log.clone()),
            log,
            kafka,
            store,
            tables,
            redis_prefix: connections.redis_prefix.clone(),
        })
    }

    /// The same, as a static member of every group that it joins.
    #[must_use]
    pub fn instance(self, instance: Option<String>) -> Self {
        let kafka = self.kafka.instance(instance);
        Self { kafka, ..self }
    }

    /// The consumer group of a generation. Both prefixes are in its name: copies of the shop may share either service.
    pub fn group(&self, view: View, generation: Generation) -> String {
        format!(
            "{}{}.{view}-{generation}",
            self.redis_prefix, self.kafka.topic_prefix
        )
    }
}
