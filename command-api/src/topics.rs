//! The topics that the relay publishes to. Made by `command-api migrate`, never by the broker on its own.

use std::time::Duration;

use anyhow::Context;
use domain::AggregateType;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigResource, ConfigSource, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::types::RDKafkaErrorCode;

use crate::config::{Kafka, Migrate};
use crate::relay::LARGEST_MESSAGE;

const LARGEST: &str = "max.message.bytes";
/// What a topic takes at once. A batch is as large as a message may be, and one message more may be in it.
const LARGEST_BATCH: usize = 2 * LARGEST_MESSAGE;
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// The topic of an aggregate type.
pub fn name(kafka: &Kafka, aggregate_type: AggregateType) -> String {
    format!("{}.{}", kafka.topic_prefix, aggregate_type.topic())
}

/// All topics, each once.
pub fn names(kafka: &Kafka) -> Vec<String> {
    let mut names: Vec<String> = AggregateType::ALL.iter().map(|kind| name(kafka, *kind)).collect();
    names.sort();
    names.dedup();
    names
}

/// Creates the topics that are missing, and makes all of them take the largest message.
pub async fn prepare(config: &Migrate) -> anyhow::Result<()> {
    let names = names(&config.kafka);
    let admin = admin(&config.kafka)?;
    let old = create(&admin, config, &names)
        .await
        .with_context(|| format!("the topics cannot be created at {}", config.kafka.kafka_brokers))?;
    widen(&admin, &old)
        .await
        .with_context(|| format!("the topics' {LARGEST} cannot be set to {LARGEST_BATCH}"))
}

pub fn admin(kafka: &Kafka) -> anyhow::Result<AdminClient<DefaultClientContext>> {
    ClientConfig::new()
        .set("bootstrap.servers", &kafka.kafka_brokers)
        .create()
        .context("the Kafka client cannot be made")
}

pub fn options() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(ANSWER_WITHIN))
        .operation_timeout(Some(ANSWER_WITHIN))
}

/// Returns those that were there already.
async fn create(
    admin: &AdminClient<DefaultClientContext>,
    config: &Migrate,
    names: &[String],
) -> anyhow::Result<Vec<String>> {
    let largest = LARGEST_BATCH.to_string();
    let topics: Vec<NewTopic> = names
        .iter()
        .map(|name| {
            let replication = TopicReplication::Fixed(config.replication);
            NewTopic::new(name, config.partitions, replication).set(LARGEST, &largest)
        })
        .collect();
    let mut old = vec![];
    for result in admin.create_topics(&topics, &options()).await? {
        match result {
            Ok(_) => {}
            Err((topic, RDKafkaErrorCode::TopicAlreadyExists)) => old.push(topic),
            Err((topic, error)) => anyhow::bail!("the topic {topic} cannot be created: {error}"),
        }
    }
    Ok(old)
}

/// Topics of an earlier release take what the broker takes by default.
async fn widen(admin: &AdminClient<DefaultClientContext>, names: &[String]) -> anyhow::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let asked: Vec<ResourceSpecifier<'_>> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    for described in admin.describe_configs(&asked, &options()).await? {
        let topic = described.map_err(|error| anyhow::anyhow!("a topic cannot be described: {error}"))?;
        // The client hands out an error as a topic without settings; to set one then would reset all others.
        anyhow::ensure!(
            !topic.entries.is_empty(),
            "{:?} cannot be described",
            topic.specifier
        );
        let takes = topic
            .get(LARGEST)
            .and_then(|entry| entry.value.as_ref()?.parse().ok());
        if takes.is_none_or(|takes: usize| takes < LARGEST_BATCH) {
            set_largest(admin, &topic).await?;
        }
    }
    Ok(())
}

/// This call replaces whatever is set for the topic, so what operators set goes along.
async fn set_largest(
    admin: &AdminClient<DefaultClientContext>,
    topic: &ConfigResource,
) -> anyhow::Result<()> {
    let OwnedResourceSpecifier::Topic(name) = &topic.specifier else {
        anyhow::bail!(
            "Kafka described something that is no topic: {:?}",
            topic.specifier
        );
    };
    let largest = LARGEST_BATCH.to_string();
    let mut change = AlterConfig::new(ResourceSpecifier::Topic(name));
    for entry in &topic.entries {
        if let (ConfigSource::DynamicTopic, Some(value)) = (&entry.source, &entry.value) {
            change = change.set(&entry.name, value);
        }
    }
    let changes = [change.set(LARGEST, &largest)];
    for result in admin.alter_configs(&changes, &options()).await? {
        result.map_err(|(topic, error)| anyhow::anyhow!("{topic:?} cannot be changed: {error}"))?;
    }
    tracing::info!(
        topic = name,
        bytes = LARGEST_BATCH,
        "the topic takes larger messages now"
    );
    Ok(())
}
