//! Looks at a group every second: lag, health, and whether this process's member has to be replaced.
//!
//! It outlives the members that it watches. Who runs one asks [`Watch::trouble`] beside the messages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use rdkafka::error::KafkaResult;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::TopicPartition;
use crate::client::{Begin, Settings};
use crate::judge::{Health, Judge, Look, Trouble};
use crate::lag::Series;
use crate::member::Member;
use crate::membership::Membership;
use crate::probe::{Answer, Bounds, Probe, Question};

const LOOK: Duration = Duration::from_secs(1);
/// How often is looked whether there was a first look.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// On reading the checkpoints from their store.
const STORE_LIMIT: Duration = Duration::from_secs(5);
/// A health that is older is none.
const STALE: Duration = Duration::from_secs(25);

/// A store of checkpoints.
#[async_trait]
pub trait Checkpoints: Send + 'static {
    /// The offset that comes next in each of these partitions; one that nobody has begun is left out. An error is a sentence for
    /// operators.
    async fn next_offsets(
        &mut self,
        partitions: &[TopicPartition],
    ) -> Result<BTreeMap<TopicPartition, i64>, String>;
}

/// Watches one group from one process.
pub struct Watch {
    settings: Settings,
    shared: Arc<Shared>,
    looking: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    trouble: watch::Sender<Option<Trouble>>,
}

struct State {
    member: Option<Arc<Membership>>,
    /// The member is new to the judge.
    joined: bool,
    health: Health,
    looked: Instant,
    /// What Kafka said last.
    answer: Option<Answer>,
}

impl Watch {
    /// Begins to look, inside a runtime. `checkpoints`: none where Kafka keeps them.
    pub fn start(settings: Settings, checkpoints: Option<Box<dyn Checkpoints>>) -> Self {
        describe_counter!(
            "consumer_replacements_total",
            "Consumers that were replaced because their partitions stood still while Kafka answered."
        );
        describe_gauge!(
            "consumers_closing",
            "Consumers that are being closed; one that stays is stuck in librdkafka."
        );
        counter!("consumer_replacements_total", "consumer" => settings.name.clone()).absolute(0);
        gauge!("consumers_closing").increment(0.0);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                member: None,
                joined: false,
                health: Health::Unknown("Kafka was not asked yet".to_owned()),
                looked: Instant::now(),
                answer: None,
            }),
            trouble: watch::Sender::new(None),
        });
        let looking = tokio::spawn(look(settings.clone(), checkpoints, Arc::clone(&shared)));
        Self {
            settings,
            shared,
            looking,
        }
    }

    /// Makes a member, which is watched from now on. Does not wait for Kafka.
    pub fn join(&self) -> KafkaResult<Member> {
        let member = Member::join(&self.settings)?;
        let mut state = self.shared.state();
        state.member = Some(Arc::clone(member.membership()));
        state.joined = true;
        self.shared.trouble.send_replace(None);
        Ok(member)
    }

    /// Waits until the member has to be ended. Safe to drop while it waits.
    pub async fn trouble(&self) -> Trouble {
        let mut troubles = self.shared.trouble.subscribe();
        let found = troubles.wait_for(Option::is_some).await;
        match found.ok().and_then(|found| found.clone()) {
            Some(trouble) => trouble,
            // The sender lives as long as this.
            None => std::future::pending().await,
        }
    }

    pub fn health(&self) -> Health {
        let state = self.shared.state();
        if state.looked.elapsed() > STALE {
            return Health::Unknown("nobody has looked at the group for a while".to_owned());
        }
        state.health.clone()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where a partition begins and ends, as it was a moment ago. Waits for the first look, up to `limit`.
    pub async fn bounds(&self, limit: Duration) -> BTreeMap<TopicPartition, Bounds> {
        let looked = async {
            loop {
                if let Some(answer) = self.answer() {
                    break answer.bounds;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limit, looked).await.unwrap_or_default()
    }

    /// Where the group's partitions begin and end, and what Kafka keeps as their checkpoints, as it was a moment ago.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.shared.state().answer.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn look(settings: Settings, mut checkpoints: Option<Box<dyn Checkpoints>>, shared: Arc<Shared>) {
    let series = Series::begin(&settings.group);
    let mut probe = Probe::start(&settings);
    let mut judge = Judge::new(settings.begin == Begin::AtCheckpoint, settings.patience);
    let (mut partitions, mut was_blind) = (vec![], false);
    loop {
        let owners = judge.wants_owners();
        match see(checkpoints.as_deref_mut(), &mut probe, &mut partitions, owners).await {
            Ok((answer, checkpoints)) => {
                if std::mem::take(&mut was_blind) {
                    tracing::info!(consumer = settings.name, "the group's lag is known again");
                }
                conclude(&settings, &shared, &series, &mut judge, answer, &checkpoints);
            }
            Err(why) => {
                judge.blind();
                series.show(false, BTreeMap::new());
                if !std::mem::replace(&mut was_blind, true) {
                    tracing::warn!(
                        consumer = settings.name,
                        why,
                        "nobody knows how far the group is behind"
                    );
                }
                let mut state = shared.state();
                state.health = Health::Unknown(why);
                state.answer = None;
                state.looked = Instant::now();
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

type Seen = (Answer, BTreeMap<TopicPartition, i64>);

/// One look at the store and at Kafka. The checkpoints first: they are never past an end that was read after them.
async fn see(
    checkpoints: Option<&mut (dyn Checkpoints + 'static)>,
    probe: &mut Probe,
    partitions: &mut Vec<TopicPartition>,
    owners: bool,
) -> Result<Seen, String> {
    let mut ask = async |committed| {
        let answer = probe.ask(Question { committed, owners }).await;
        answer.map_err(|error| format!("Kafka does not answer: {error}"))
    };
    let Some(store) = checkpoints else {
        let answer = ask(true).await?;
        let next = answer.committed.clone();
        return Ok((answer, next));
    };
    if partitions.is_empty() {
        *partitions = ask(false).await?.bounds.into_keys().collect();
    }
    let next = tokio::time::timeout(STORE_LIMIT, store.next_offsets(partitions)).await;
    let next = next.unwrap_or_else(|_| Err("the checkpoints' store does not answer".to_owned()))?;
    let answer = ask(false).await?;
    // One that was added meanwhile is asked about next time.
    *partitions = answer.bounds.keys().cloned().collect();
    Ok((answer, next))
}

fn conclude(
    settings: &Settings,
    shared: &Shared,
    series: &Series,
    judge: &mut Judge,
    answer: Answer,
    checkpoints: &BTreeMap<TopicPartition, i64>,
) {
    let mut state = shared.state();
    if std::mem::take(&mut state.joined) {
        judge.joined();
    }
    let owned = state.member.as_ref().map(|member| member.deliveries());
    let look = Look {
        bounds: &answer.bounds,
        checkpoints,
        owned: owned.as_ref(),
        seconds_without_brokers: state
            .member
            .as_ref()
            .map_or(0, |member| member.seconds_without_brokers()),
        owned_by_somebody: answer.owned_by_somebody.as_ref(),
    };
    let verdict = judge.judge(Instant::now(), &look);
    series.show(verdict.known, verdict.behind);
    if verdict.health != state.health
        && let Health::Stalled(why) = &verdict.health
        && !matches!(state.health, Health::Stalled(_))
    {
        tracing::error!(consumer = settings.name, why, "the group makes no progress");
    }
    state.health = verdict.health;
    state.looked = Instant::now();
    state.answer = Some(answer);
    // Once for each member: the next one is watched anew.
    if let Some(trouble) = verdict.trouble
        && state.member.take().is_some()
    {
        if let Trouble::Stalled(_) = &trouble {
            counter!("consumer_replacements_total", "consumer" => settings.name.clone()).increment(1);
        }
        tracing::error!(consumer = settings.name, %trouble, "the consumer cannot go on");
        judge.joined();
        shared.trouble.send_replace(Some(trouble));
    }
}
