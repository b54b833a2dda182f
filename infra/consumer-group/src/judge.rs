//! Decides from one look after the other how far the group is behind, whether it makes progress, and when a member has to be replaced.
//! Pure: time and what was seen come in. Time counts only while both Kafka and the store of the checkpoints answer.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::TopicPartition;
use crate::lag::Behind;
use crate::probe::Bounds;

/// A member's patience is doubled after a replacement that did not help, up to this.
const MOST_PATIENCE: Duration = Duration::from_mins(5);
/// What one look may add to how long something has stood still.
const MOST_PER_LOOK: Duration = Duration::from_secs(3);
/// Looks in a row in which a partition ended before what it was known to hold. One may be the moment in which a leader changes.
const LOOKS_UNTIL_LOST: u8 = 3;
/// A client that knows no broker for this long, while Kafka answers others, does not find one by itself.
const SECONDS_WITHOUT_BROKERS: u64 = 4;
/// How many steps in which a partition has grown are remembered.
const MOST_STEPS: usize = 4_096;

/// What `/readyz` says of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Every partition is known, and what arrives is applied.
    Well,
    /// Nobody can say how far the group is behind. With the reason.
    Unknown(String),
    /// Messages wait, and none is applied. With the partition.
    Stalled(String),
}

impl Health {
    /// The sentence for operators, where something is wrong.
    pub fn complaint(&self) -> Option<&str> {
        match self {
            Self::Well => None,
            Self::Unknown(why) | Self::Stalled(why) => Some(why),
        }
    }
}

/// Why a member cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Join anew.
    #[error("the consumer is replaced: {0}")]
    Stalled(String),
    /// The topic was made anew, or lost messages: what comes next at the checkpoint is not what came next when it was taken.
    #[error(
        "Kafka does not have {topic}/{partition} at the offset {checkpoint} any more (it has {low} to {end})"
    )]
    OffsetLost {
        topic: String,
        partition: i32,
        checkpoint: i64,
        low: i64,
        end: i64,
    },
}

/// What was seen.
pub(crate) struct Look<'a> {
    pub bounds: &'a BTreeMap<TopicPartition, Bounds>,
    pub checkpoints: &'a BTreeMap<TopicPartition, i64>,
    /// What this process's member owns, and when a message was handed out last. None: it has no member just now.
    pub owned: Option<&'a HashMap<TopicPartition, Option<Instant>>>,
    /// For how many seconds that member has known no broker.
    pub seconds_without_brokers: u64,
    /// What is owned by any member, where Kafka was asked.
    pub owned_by_somebody: Option<&'a BTreeSet<TopicPartition>>,
}

#[derive(Debug)]
pub(crate) struct Verdict {
    pub behind: BTreeMap<TopicPartition, Behind>,
    pub known: bool,
    pub health: Health,
    pub trouble: Option<Trouble>,
}

pub(crate) struct Judge {
    /// Whether messages that Kafka has deleted before they were applied are a loss.
    needs_every_message: bool,
    partitions: BTreeMap<TopicPartition, Progress>,
    unassigned: Duration,
    /// Until messages that wait are a fault.
    first_patience: Duration,
    /// Until the next replacement.
    patience: Duration,
    last_look: Option<Instant>,
}

/// What is remembered of a partition.
#[derive(Default)]
struct Progress {
    next: Option<i64>,
    /// The highest end that was seen.
    reached: i64,
    ended_before: u8,
    /// For how long messages have waited without one being applied.
    standing: Duration,
    /// The same, but without one being handed out either: the member's fault.
    idle: Duration,
    /// When it has grown, and to which end; of what is not applied.
    grown: VecDeque<(Instant, i64)>,
}

impl Judge {
    pub(crate) fn new(needs_every_message: bool, patience: Duration) -> Self {
        Self {
            needs_every_message,
            partitions: BTreeMap::new(),
            unassigned: Duration::ZERO,
            first_patience: patience,
            patience,
            last_look: None,
        }
    }

    /// Whether it matters next time who owns what.
    pub(crate) fn wants_owners(&self) -> bool {
        self.unassigned + 2 * MOST_PER_LOOK >= self.patience
    }

    /// Kafka or the store did not answer: nothing is known, and no time has passed.
    pub(crate) fn blind(&mut self) {
        self.last_look = None;
    }

    /// A new member begins.
    pub(crate) fn joined(&mut self) {
        self.unassigned = Duration::ZERO;
        for progress in self.partitions.values_mut() {
            progress.idle = Duration::ZERO;
        }
    }

    pub(crate) fn judge(&mut self, now: Instant, look: &Look<'_>) -> Verdict {
        let passed = self
            .last_look
            .map_or(Duration::ZERO, |last| (now - last).min(MOST_PER_LOOK));
        self.last_look = Some(now);
        self.partitions.retain(|name, _| look.bounds.contains_key(name));
        let (mut behind, mut unknown, mut lost, mut advanced) = (BTreeMap::new(), None, None, false);
        for (name, bounds) in look.bounds {
            let progress = self.partitions.entry(name.clone()).or_default();
            let next = look.checkpoints.get(name).copied();
            let delivered = look.owned.and_then(|owned| *owned.get(name)?);
            let was_delivered = delivered.is_some_and(|at| now.saturating_duration_since(at) <= passed);
            advanced |= next.is_some() && progress.next.is_some() && next != progress.next;
            progress.see(now, passed, next, *bounds, was_delivered);
            match next {
                Some(next) if progress.ended_before == 0 => {
                    behind.insert(name.clone(), progress.behind(now, next, *bounds));
                }
                Some(_) => unknown = Some(format!("{} ends before its checkpoint", named(name))),
                None => unknown = Some(format!("{} has no checkpoint yet", named(name))),
            }
            if let Some(checkpoint) = next
                && progress.is_lost(checkpoint, *bounds, self.needs_every_message)
            {
                let (topic, partition) = name.clone();
                let Bounds { low, end } = *bounds;
                lost = Some(Trouble::OffsetLost {
                    topic,
                    partition,
                    checkpoint,
                    low,
                    end,
                });
            }
        }
        if advanced {
            self.patience = self.first_patience;
        }
        self.unassigned = match look.owned {
            Some(owned) if owned.is_empty() => self.unassigned + passed,
            Some(_) | None => Duration::ZERO,
        };
        let trouble = lost.or_else(|| self.stall(look).map(Trouble::Stalled));
        if let Some(Trouble::Stalled(_)) = trouble {
            self.patience = (2 * self.patience).min(MOST_PATIENCE);
        }
        Verdict {
            known: unknown.is_none(),
            health: self.health(unknown),
            behind,
            trouble,
        }
    }

    fn health(&self, unknown: Option<String>) -> Health {
        let standing = self
            .partitions
            .iter()
            .find(|(_, seen)| seen.standing >= self.first_patience);
        match (standing, unknown) {
            (Some((name, progress)), _) => Health::Stalled(progress.complaint(name)),
            (None, Some(why)) => Health::Unknown(why),
            (None, None) => Health::Well,
        }
    }

    /// Why the member is to be replaced. A partition that stands still elsewhere is first left to the process that owns it.
    fn stall(&self, look: &Look<'_>) -> Option<String> {
        let owned = look.owned?;
        if look.seconds_without_brokers >= SECONDS_WITHOUT_BROKERS {
            return Some("its client knows no broker any more, while Kafka answers others".to_owned());
        }
        let is_unassigned = self.unassigned >= self.patience;
        let stalled = self.partitions.iter().find(|(name, progress)| {
            let is_ours = owned.contains_key(*name) || is_unassigned;
            progress.idle >= if is_ours { self.patience } else { 2 * self.patience }
        });
        if let Some((name, progress)) = stalled {
            return Some(progress.complaint(name));
        }
        let owned_by_somebody = look.owned_by_somebody.filter(|_| is_unassigned)?;
        let nobodys = look
            .bounds
            .keys()
            .find(|name| !owned_by_somebody.contains(*name))?;
        Some(format!("{} belongs to no member of the group", named(nobodys)))
    }
}

impl Progress {
    fn see(&mut self, now: Instant, passed: Duration, next: Option<i64>, bounds: Bounds, delivered: bool) {
        let applied = next.unwrap_or(bounds.low);
        let reached = self.reached.max(applied);
        if bounds.end < reached {
            self.ended_before = self.ended_before.saturating_add(1);
        } else {
            self.ended_before = 0;
        }
        if bounds.end > self.reached && self.grown.len() < MOST_STEPS {
            self.grown.push_back((now, bounds.end));
        }
        self.reached = reached.max(bounds.end);
        while self.grown.front().is_some_and(|(_, end)| *end <= applied) {
            self.grown.pop_front();
        }
        // A partition without a checkpoint waits for its first owner, whether or not it has messages.
        let is_done = next.is_some_and(|next| next >= bounds.end);
        let has_moved = is_done || next != self.next;
        let unless = |ended: bool, so_far: Duration| {
            if ended { Duration::ZERO } else { so_far + passed }
        };
        self.standing = unless(has_moved, self.standing);
        self.idle = unless(has_moved || delivered, self.idle);
        self.next = next;
    }

    fn behind(&self, now: Instant, next: i64, bounds: Bounds) -> Behind {
        let messages = (bounds.end - next.max(bounds.low)).max(0);
        let waiting_since = self.grown.front().filter(|_| messages > 0);
        Behind {
            messages,
            seconds: waiting_since.map_or(0.0, |(since, _)| {
                now.saturating_duration_since(*since).as_secs_f64()
            }),
        }
    }

    fn is_lost(&self, next: i64, bounds: Bounds, needs_every_message: bool) -> bool {
        self.ended_before >= LOOKS_UNTIL_LOST || (needs_every_message && next < bounds.low)
    }

    fn complaint(&self, name: &TopicPartition) -> String {
        let waiting = self.next.map_or_else(
            || "messages".to_owned(),
            |next| format!("{} messages", self.reached - next),
        );
        format!(
            "{}: {waiting} wait, and none was applied for {} s",
            named(name),
            self.standing.as_secs()
        )
    }
}

fn named((topic, partition): &TopicPartition) -> String {
    format!("{topic}/{partition}")
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
