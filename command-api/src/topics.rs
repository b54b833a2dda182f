//! The topics that the relay publishes to. Created by `command-api migrate`, never by the broker on its own.

use std::time::Duration;

use anyhow::Context;
use domain::AggregateType;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;

use crate::config::{Kafka, Migrate};

/// The topic of an aggregate type.
pub fn name(kafka: &Kafka, aggregate_type: AggregateType) -> String {
    format!("{}.{}", kafka.topic_prefix, aggregate_type.topic())
}

/// Creates the topics that are missing.
pub async fn create(config: &Migrate) -> anyhow::Result<()> {
    let mut names: Vec<String> = AggregateType::ALL
        .iter()
        .map(|kind| name(&config.kafka, *kind))
        .collect();
    names.sort();
    names.dedup();
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.kafka.kafka_brokers)
        .create()
        .context("the Kafka client cannot be made")?;
    let topics: Vec<NewTopic> = names
        .iter()
        .map(|name| {
            NewTopic::new(
                name,
                config.partitions,
                TopicReplication::Fixed(config.replication),
            )
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(15)));
    let results = admin
        .create_topics(&topics, &options)
        .await
        .with_context(|| format!("Kafka at {} cannot be reached", config.kafka.kafka_brokers))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, error)) => anyhow::bail!("the topic {topic} cannot be created: {error}"),
        }
    }
    Ok(())
}
