//! The payment worker: asks the gateway for what is outstanding, and stores what it said.
//!
//! Woken by Kafka, by the gateway's webhooks and by deadlines, it loads the payment's stream and does the first step that
//! is outstanding, if any: being woken too often, or by a topic that is published again, charges nobody. Its commands go
//! through the command loop like everybody's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::paying::Outcome;
use domain::payment::{Payment, Step};
use domain::{OrderId, PaymentId, RefundId};
use event_store::Reader;
use event_store::deadlines::{DeadlineKind, Deadlines, Due};
use time::OffsetDateTime;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::asking::{Asked, Asking};
use super::metric;
use crate::command_loop::{Caller, Command, CommandError, Handle, Paying};

/// How many payments are worked on at once: a slow gateway holds up nobody else's.
const AT_ONCE: usize = 64;
/// For how long a claimed step is this worker's. Should the gateway take longer, another asks under the same key, and is
/// told the same.
const LEASE: Duration = Duration::from_secs(15);
const SWEEP_EVERY: Duration = Duration::from_millis(500);
/// Between two looks at what does not move: doubled each time, up to the second.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_mins(10));

pub struct Worker {
    commands: Handle,
    reader: Reader,
    deadlines: Deadlines,
    asking: Asking,
    hastened: Arc<Notify>,
    permits: Arc<Semaphore>,
    /// Payments that are being worked on, and whether somebody has woken them since.
    in_hand: Mutex<HashMap<PaymentId, bool>>,
}

/// What became of one look at a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// A step was taken; there may be another.
    Step,
    /// Nothing is outstanding.
    Nothing,
    /// The gateway has nothing new to say, or does not answer.
    Waiting,
}

#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("the payment cannot be read: {0}")]
    Unreadable(#[from] event_store::aggregate::AggregateError),
    #[error("the log cannot be read: {0}")]
    Database(#[from] event_store::DatabaseError),
    #[error("what the gateway said cannot be stored: {0}")]
    Command(#[from] CommandError),
}

impl Worker {
    pub fn new(
        commands: Handle,
        reader: Reader,
        deadlines: Deadlines,
        asking: Asking,
        hastened: Arc<Notify>,
    ) -> Self {
        metric::register();
        Self {
            commands,
            reader,
            deadlines,
            asking,
            hastened,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            in_hand: Mutex::default(),
        }
    }

    /// Does the first step that is outstanding.
    pub async fn step(&self, id: PaymentId) -> Result<Done, StepError> {
        let (payment, _) = self.reader.aggregate::<Payment>(&id.to_string()).await?;
        let steps = payment.outstanding();
        if steps.is_empty() {
            return Ok(Done::Nothing);
        }
        for step in &steps {
            let began = std::time::Instant::now();
            let asked = self.asking.ask(id, step, &self.reader).await?;
            metric::asked(metric::step_name(step), &asked, began.elapsed());
            telemetry::failpoint(answered(step));
            match asked {
                Asked::Said(outcome) => {
                    self.settle(id, outcome).await?;
                    telemetry::failpoint(stored(step));
                    return Ok(Done::Step);
                }
                // What follows may still be done: a refund does not wait for a shopper at the bank's page.
                Asked::NothingNew | Asked::Unavailable => {}
            }
        }
        Ok(Done::Waiting)
    }

    async fn settle(&self, id: PaymentId, outcome: Outcome) -> Result<(), CommandError> {
        let name = metric::outcome_name(&outcome);
        let paying = Paying::Settle(outcome);
        let command = Command::Paying {
            order: id.order(),
            paying,
        };
        let metadata = format!(
            r#"{{"correlation_id":"{id}","causation_id":"{}","actor":"payment-worker"}}"#,
            Uuid::now_v7()
        );
        let caller = Caller {
            metadata,
            ..Caller::default()
        };
        self.commands.execute(command, caller).await?;
        metric::settled(name);
        Ok(())
    }

    /// Works on a payment until it waits for somebody else. Claimed: puts off the deadline that led here.
    async fn work(&self, id: PaymentId, claimed: Option<Due>) {
        loop {
            let done = match self.step(id).await {
                Ok(done) => done,
                Err(error) => {
                    tracing::warn!(payment = %id, %error, "a step of a payment failed, and is tried again");
                    Done::Waiting
                }
            };
            match done {
                Done::Step => {}
                Done::Nothing => break,
                Done::Waiting => {
                    self.put_off(id, claimed.as_ref()).await;
                    break;
                }
            }
        }
    }

    async fn put_off(&self, id: PaymentId, claimed: Option<&Due>) {
        let Some(claimed) = claimed else { return };
        let doublings = u32::try_from(claimed.attempts.clamp(0, 10)).unwrap_or_default();
        let (least, most) = PATIENCE;
        let pause = least.saturating_mul(2_u32.saturating_pow(doublings)).min(most);
        if let Err(error) = self
            .deadlines
            .put_off(claimed, OffsetDateTime::now_utc() + pause)
            .await
        {
            tracing::warn!(payment = %id, %error, "a step cannot be put off; its lease will run out");
        }
    }

    /// Has a payment looked at. One that is in hand is looked at once more afterwards.
    pub async fn wake(self: &Arc<Self>, id: PaymentId, claimed: Option<Due>) {
        // In hand before its turn has come: Kafka and the sweep may wake it at the same time, and one of them asks.
        let Some(mut in_hand) = InHand::take(self, id) else {
            return;
        };
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
            return;
        };
        tokio::spawn(async move {
            let mut claimed = claimed;
            loop {
                in_hand.worker.work(id, claimed.take()).await;
                if in_hand.is_done() {
                    break;
                }
            }
            drop(permit);
        });
    }

    fn in_hand(&self) -> std::sync::MutexGuard<'_, HashMap<PaymentId, bool>> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims the steps that are due and wakes their payments: what Kafka did not tell, or what did not work before.
    pub async fn sweep(self: &Arc<Self>) -> Result<usize, event_store::DatabaseError> {
        let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        let due = self
            .deadlines
            .claim(&[DeadlineKind::PaymentStep], LEASE, limit)
            .await?;
        let count = due.len();
        for claimed in due {
            if let Ok(id) = Uuid::parse_str(&claimed.id.aggregate_id) {
                self.wake(OrderId::new(id).payment(), Some(claimed)).await;
            } else {
                tracing::error!(id = %claimed.id.aggregate_id, "a deadline names no payment");
            }
        }
        Ok(count)
    }

    /// Sweeps until it is told to stop, and then finishes what it has in hand.
    pub async fn run(self: Arc<Self>, token: CancellationToken) {
        while !token.is_cancelled() {
            if let Err(error) = self.sweep().await {
                tracing::warn!(%error, "outstanding payments cannot be looked for");
            }
            tokio::select! {
                () = tokio::time::sleep(SWEEP_EVERY) => {}
                () = self.hastened.notified() => {}
                () = token.cancelled() => {}
            }
        }
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(Duration::from_secs(5), self.permits.acquire_many(all)).await;
    }
}

/// A payment that is being worked on. Let go of when it is dropped, too: by a panic, or by whoever gives up waiting for its turn.
pub(super) struct InHand {
    worker: Arc<Worker>,
    id: PaymentId,
    is_done: bool,
}

impl InHand {
    /// None where it is in hand already: then it is looked at once more afterwards.
    pub(super) fn take(worker: &Arc<Worker>, id: PaymentId) -> Option<Self> {
        match worker.in_hand().entry(id) {
            Entry::Occupied(mut woken) => {
                woken.insert(true);
                return None;
            }
            Entry::Vacant(free) => drop(free.insert(false)),
        }
        Some(Self {
            worker: Arc::clone(worker),
            id,
            is_done: false,
        })
    }

    /// Lets go of it, unless somebody has woken it since.
    fn is_done(&mut self) -> bool {
        let mut all = self.worker.in_hand();
        match all.get_mut(&self.id) {
            Some(woken) if *woken => *woken = false,
            Some(_) | None => {
                all.remove(&self.id);
                self.is_done = true;
            }
        }
        self.is_done
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        // Once it is done, it may be in somebody else's hand.
        if !self.is_done {
            self.worker.in_hand().remove(&self.id);
        }
    }
}

/// A refund of what no order stands for gets an id that is the same however often it is decided.
pub fn refund_of(attempt: Uuid) -> RefundId {
    RefundId::new(Uuid::from_u128(attempt.as_u128() ^ 1))
}

/// Failpoints: the gateway answered, and nobody knows of it but this process.
const fn answered(step: &Step) -> &'static str {
    match step {
        Step::Authorize { .. } => "payment_worker.authorize.answered",
        Step::LookUp { .. } => "payment_worker.look_up.answered",
        Step::Capture { .. } => "payment_worker.capture.answered",
        Step::Void { .. } => "payment_worker.void.answered",
        Step::Refund { .. } => "payment_worker.refund.answered",
    }
}

/// Failpoints: the outcome is stored, and nothing that follows is done.
const fn stored(step: &Step) -> &'static str {
    match step {
        Step::Authorize { .. } => "payment_worker.authorize.stored",
        Step::LookUp { .. } => "payment_worker.look_up.stored",
        Step::Capture { .. } => "payment_worker.capture.stored",
        Step::Void { .. } => "payment_worker.void.stored",
        Step::Refund { .. } => "payment_worker.refund.stored",
    }
}
