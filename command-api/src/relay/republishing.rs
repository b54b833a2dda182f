//! Fills topics again from the log: after they were deleted and made again, or hold what the log has lost.
//!
//! The leader does it, between two pages of its own, so that nothing is published beside it: it empties the topic, publishes its events from
//! the log's first up to the cursor, and goes on as ever. Whoever read the topic before drops what comes again; whoever reads it from
//! the beginning finds the log, in the log's order. `command-api republish` asks for it and waits.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use domain::AggregateType;
use event_store::republication::{Republication, Republications};
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::RelayError;
use super::chain::Chain;
use super::publishing::{LARGEST_PAYLOAD, PAGE, Producing, Relay};
use super::tail::Tails;
use crate::config::{Kafka, Republish};
use crate::topics;

/// How often the leader looks whether somebody asked.
const LOOK: Duration = Duration::from_secs(1);
/// Before a topic that could not be emptied is tried again. What is appended is published meanwhile.
const AGAIN: Duration = Duration::from_secs(10);
/// How long `command-api republish` waits for the leader to get any further.
const PROGRESS_WITHIN: Duration = Duration::from_mins(1);
const SHOWN_EVERY: Duration = Duration::from_millis(500);
const POSTGRES_WITHIN: Duration = Duration::from_secs(5);

/// What the leader does for those who asked.
pub struct Republishing<'a> {
    kafka: &'a Kafka,
    patience: Duration,
    look_at: Instant,
}

impl<'a> Republishing<'a> {
    pub fn new(kafka: &'a Kafka, patience: Duration) -> Self {
        Self {
            kafka,
            patience,
            look_at: Instant::now(),
        }
    }

    /// Does what was asked for, if anything. True: a topic was filled, and may be another one than before.
    pub async fn step(
        &mut self,
        relay: &mut Relay,
        by_reference: &mut BTreeSet<i64>,
        token: &CancellationToken,
    ) -> Result<bool, RelayError> {
        if self.look_at > Instant::now() {
            return Ok(false);
        }
        self.look_at = Instant::now() + LOOK;
        let Some(republication) = relay.leadership.republication().await? else {
            return Ok(false);
        };
        let topic = &republication.topic;
        let tails = Tails::read(self.kafka, vec![name(self.kafka, topic)], self.patience).await?;
        if republication.position.is_none() {
            // Before it is emptied: from then on nobody takes it back.
            relay.leadership.mark_republication(topic).await?;
            if let Err(error) = self.empty(topic, &tails).await {
                tracing::error!(topic, %error, "the topic cannot be emptied, so it is not published again yet");
                self.look_at = Instant::now() + AGAIN;
                return Ok(false);
            }
            relay.leadership.begin_republication(topic).await?;
        }
        let Some(begun) = relay.leadership.republication().await? else {
            return Ok(false);
        };
        tracing::info!(
            topic,
            from = begun.position,
            to = begun.until,
            "the topic is published again"
        );
        let producing = Producing::new(self.kafka, Chain::new(self.kafka, &tails), self.patience)?;
        self.publish(relay, producing, begun, by_reference, token).await?;
        Ok(true)
    }

    /// Deletes every message. What was sent before the topic was made anew may stand in it in another order.
    async fn empty(&self, topic: &str, tails: &Tails) -> anyhow::Result<()> {
        let name = name(self.kafka, topic);
        let partitions = tails.partitions(&name).context("it is not there")?;
        let mut ends = TopicPartitionList::new();
        for partition in 0..i32::try_from(partitions)? {
            // Not to its end: by the time the broker does it, another leader may have filled the topic.
            let end = tails.end(&name, partition).context("its end is not known")?;
            ends.add_partition_offset(&name, partition, Offset::Offset(end))?;
        }
        let admin = topics::admin(self.kafka)?;
        let deleted = timeout(self.patience, admin.delete_records(&ends, &topics::options())).await??;
        for partition in deleted.elements() {
            partition.error()?;
        }
        Ok(())
    }

    async fn publish(
        &self,
        relay: &mut Relay,
        mut producing: Producing,
        begun: Republication,
        by_reference: &mut BTreeSet<i64>,
        token: &CancellationToken,
    ) -> Result<(), RelayError> {
        let types: Vec<&str> = AggregateType::ALL
            .into_iter()
            .filter(|kind| kind.topic() == begun.topic)
            .map(AggregateType::as_str)
            .collect();
        let mut at = begun;
        while !token.is_cancelled() {
            let events = relay
                .leadership
                .republication_page(&at, &types, PAGE, LARGEST_PAYLOAD)
                .await?;
            let Some(last) = events.last().map(|last| last.event.position) else {
                tracing::info!(topic = at.topic, "the topic is published again: done");
                return Ok(relay.leadership.end_republication(&at.topic).await?);
            };
            producing
                .send(&mut relay.leadership, &events, by_reference)
                .await?;
            let from = at.position.replace(last).unwrap_or(0);
            relay.leadership.move_republication(&at.topic, from, last).await?;
        }
        // The next leader goes on.
        Ok(())
    }
}

fn name(kafka: &Kafka, topic: &str) -> String {
    format!("{}.{topic}", kafka.topic_prefix)
}

/// Asks the leader for it and waits until it is done. `command-api republish`.
pub async fn republish(config: &Republish) -> anyhow::Result<()> {
    let url = config.database.url(false)?;
    let topics = config.topics();
    let names: Vec<String> = topics.iter().map(|topic| name(&config.kafka, topic)).collect();
    let tails = Tails::read(&config.kafka, names.clone(), POSTGRES_WITHIN)
        .await
        .with_context(|| format!("Kafka at {} does not answer", config.kafka.kafka_brokers))?;
    for name in &names {
        ensure!(
            tails.partitions(name).is_some(),
            "there is no topic {name}; `command-api migrate` creates it"
        );
    }
    let mut asked = Republications::connect(url, POSTGRES_WITHIN)
        .await
        .context("PostgreSQL cannot be reached")?;
    asked.request(&topics).await?;
    let (mut before, mut moved) = (vec![], Instant::now());
    loop {
        let pending = asked.pending(&topics).await?;
        if pending.is_empty() {
            println!("published again: {}", names.join(", "));
            return Ok(());
        }
        if pending != before {
            for one in &pending {
                if let Some(position) = one.position {
                    eprintln!("{}: {position} of {}", name(&config.kafka, &one.topic), one.until);
                }
            }
            (before, moved) = (pending, Instant::now());
        } else if moved.elapsed() > PROGRESS_WITHIN {
            let has_begun = pending.iter().any(|one| one.position.is_some());
            asked.withdraw(&topics).await?;
            if has_begun {
                bail!(
                    "no relay goes on with it at the moment; the next one that leads will. Its log says why"
                );
            }
            bail!("no relay began it within a minute: is one at work? Its log says why not");
        }
        tokio::time::sleep(SHOWN_EVERY).await;
    }
}
