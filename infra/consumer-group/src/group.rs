//! A group whose checkpoints Kafka keeps: messages come out, and what is done with is committed. Rejoins by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::FutureExt;
use rdkafka::Offset;
use rdkafka::error::KafkaResult;
use rdkafka::message::{Message as _, OwnedMessage};

use crate::TopicPartition;
use crate::client::{Begin, Settings};
use crate::judge::{Health, Trouble};
use crate::member::{CLOSE_LIMIT, Member, is_fatal, is_offset_lost};
use crate::watch::Watch;

/// A message that was handed out.
pub type Message = OwnedMessage;

/// Before a member is made anew after librdkafka refused to go on.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a partition waits for Kafka to say where it begins and ends, before it begins where librdkafka thinks right.
const BOUNDS_WITHIN: Duration = Duration::from_secs(10);

pub struct Group {
    watch: Watch,
    member: Option<Member>,
    /// Topics that were made anew, with those of their partitions that were begun since: what is committed for the others means nothing.
    made_anew: BTreeMap<String, BTreeSet<i32>>,
}

enum Heard {
    Assigned(Vec<TopicPartition>),
    Messages(Vec<Message>),
    Ended(Trouble),
    Failed,
}

impl Group {
    /// Inside a runtime. Does not wait for Kafka.
    pub fn join(settings: Settings) -> KafkaResult<Self> {
        let watch = Watch::start(settings, None);
        let member = Some(watch.join()?);
        Ok(Self {
            watch,
            member,
            made_anew: BTreeMap::new(),
        })
    }

    pub fn health(&self) -> Health {
        self.watch.health()
    }

    /// Waits for messages, and gives what is there, up to `most`. Safe to drop while it waits: nothing is handed out then.
    pub async fn next(&mut self, most: usize) -> Vec<Message> {
        self.set_busy(false);
        loop {
            let Some(member) = &self.member else {
                self.rejoin().await;
                continue;
            };
            let heard = tokio::select! {
                biased;
                trouble = self.watch.trouble() => Heard::Ended(trouble),
                partitions = member.assigned() => Heard::Assigned(partitions),
                messages = messages(member, most) => messages,
            };
            match heard {
                Heard::Messages(messages) if messages.is_empty() => {}
                Heard::Messages(messages) => {
                    self.set_busy(true);
                    return messages;
                }
                Heard::Assigned(partitions) => self.begin(partitions).await,
                Heard::Ended(trouble) => self.end(Some(trouble)).await,
                Heard::Failed => self.end(None).await,
            }
        }
    }

    /// The messages are done with, and so is what came before them in their partitions.
    pub fn done(&self, messages: &[Message]) {
        let Some(member) = &self.member else {
            return;
        };
        let mut next: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        for message in messages {
            let after = next.entry((message.topic(), message.partition())).or_default();
            *after = (*after).max(message.offset() + 1);
        }
        for ((topic, partition), offset) in next {
            member.store(topic, partition, offset);
        }
    }

    fn set_busy(&self, busy: bool) {
        if let Some(member) = &self.member {
            member.membership().set_busy(busy);
        }
    }

    /// The messages are handed out again, with what came after them in their partitions: nothing was done with them.
    pub fn again(&self, messages: &[Message]) {
        let Some(member) = &self.member else {
            return;
        };
        let mut first: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        for message in messages {
            let offset = first
                .entry((message.topic(), message.partition()))
                .or_insert(message.offset());
            *offset = message.offset().min(*offset);
        }
        for ((topic, partition), offset) in first {
            if let Err(error) = member.seek(topic, partition, offset) {
                // The partition is somebody else's by now, who begins at what was done.
                tracing::debug!(consumer = self.watch.settings().name, topic, partition, %error, "not handed out again");
            }
        }
    }

    /// Commits and leaves the group. Returns after `limit` at the latest.
    pub async fn close(self, limit: Duration) {
        if let Some(member) = self.member {
            member.close(limit).await;
        }
    }

    /// Where Kafka has no checkpoint, one is made: else nobody could say how far behind the partition is.
    async fn begin(&mut self, partitions: Vec<TopicPartition>) {
        self.watch.bounds(BOUNDS_WITHIN).await;
        let answer = self.watch.answer().unwrap_or_default();
        let Some(member) = &self.member else {
            return;
        };
        let begin = self.watch.settings().begin;
        let is_new = answer.committed.is_empty();
        let start = |name: &TopicPartition| match (answer.committed.get(name), answer.bounds.get(name)) {
            (_, Some(bounds)) if self.is_made_anew(name) => Offset::Offset(bounds.low),
            (None, Some(bounds)) => Offset::Offset(match begin {
                Begin::Newest if is_new => bounds.end,
                // A partition that came to a group which is there already: all of it is news.
                Begin::AtCheckpoint | Begin::Oldest | Begin::Newest => bounds.low,
            }),
            (Some(_), _) | (None, None) => Offset::Stored,
        };
        let from: Vec<(TopicPartition, Offset)> = partitions
            .into_iter()
            .map(|name| (name.clone(), start(&name)))
            .collect();
        if let Err(error) = member.begin(&from) {
            // Not answered, the group gives nothing more: the watch finds that.
            member.membership().complain(&error, "partitions cannot be begun");
            return;
        }
        for ((topic, partition), offset) in &from {
            tracing::info!(
                consumer = self.watch.settings().name,
                topic,
                partition,
                ?offset,
                "assigned"
            );
            if let Offset::Offset(offset) = offset {
                member.store(topic, *partition, *offset);
            }
        }
        for ((topic, partition), _) in from {
            if let Some(begun) = self.made_anew.get_mut(&topic) {
                begun.insert(partition);
            }
        }
    }

    fn is_made_anew(&self, (topic, partition): &TopicPartition) -> bool {
        self.made_anew
            .get(topic)
            .is_some_and(|begun| !begun.contains(partition))
    }

    /// Lets the member go. The next one begins at what was committed, or at the beginning of a topic that was made anew.
    async fn end(&mut self, trouble: Option<Trouble>) {
        if let Some(Trouble::OffsetLost { topic, .. }) = trouble {
            self.made_anew.insert(topic, BTreeSet::new());
        }
        if let Some(member) = self.member.take() {
            member.close(CLOSE_LIMIT).await;
        }
    }

    async fn rejoin(&mut self) {
        match self.watch.join() {
            Ok(member) => self.member = Some(member),
            Err(error) => {
                tracing::error!(consumer = self.watch.settings().name, %error, "the group cannot be joined");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whatever is there, without waiting for more than the first.
async fn messages(member: &Member, most: usize) -> Heard {
    let (mut found, mut next) = (vec![], Some(member.recv().await));
    while let Some(message) = next {
        match message {
            Ok(message) => {
                member
                    .membership()
                    .delivered(message.topic(), message.partition());
                found.push(message.detach());
            }
            Err(error) if is_offset_lost(&error) || is_fatal(&error) => {
                member.membership().complain(&error, "the consumer cannot go on");
                // What was handed out so far is handed out again.
                return Heard::Failed;
            }
            Err(error) => member.membership().complain(&error, "no message"),
        }
        next = if found.len() < most {
            member.recv().now_or_never()
        } else {
            None
        };
    }
    Heard::Messages(found)
}
