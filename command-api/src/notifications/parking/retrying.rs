//! Tells parked events again: by itself with growing pauses, some ten times in three days, and whenever somebody asks.
//!
//! The events of an aggregate are told in the order of the log, up to the first that still cannot be. An aggregate is claimed by a
//! committed lease on its first event, so that two processes do not tell it at the same time.

use std::time::{Duration, Instant};

use event_store::Reader;
use time::OffsetDateTime;

use super::{Parked, Parking, storable};
use crate::notifications::announcement::Announcement;
use crate::notifications::backoff;
use crate::notifications::telling::{NotTold, Teller, guarded};

const LEASE: Duration = Duration::from_mins(2);
/// No event is begun later than this in a pass. Half of the lease: the event that is begun then may take the other half.
const PASS: Duration = Duration::from_mins(1);
/// Events of one aggregate that are told in one pass; the others of a long queue are told in the next.
const EVENTS_OF_PASS: i64 = 200;

/// What became of one pass over an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Nothing was due.
    Nothing,
    /// So many events were told or discarded.
    Done(usize),
    /// One of them still cannot be told.
    Stuck,
}

/// What somebody asked to be done with an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "lowercase")]
pub enum Asked {
    /// Tell the events, now that they can be.
    Retry,
    /// Do without those that cannot be told, and tell the others.
    Discard,
}

struct Claimed {
    aggregate: String,
    asked: Option<Asked>,
}

impl Parking {
    /// Takes one aggregate that is due and tells its events.
    pub async fn retry_one<T: Teller>(
        &self,
        teller: &T,
        log: &Reader,
        now: OffsetDateTime,
    ) -> Result<Pass, NotTold> {
        let Some(Claimed { aggregate, asked }) = self.claim(now).await? else {
            return Ok(Pass::Nothing);
        };
        let begun = Instant::now();
        let mut done = 0;
        for parked in self.events_of(&aggregate, EVENTS_OF_PASS).await? {
            let event = event_of(log, &parked).await;
            let told = match &event {
                Ok(event) => guarded(teller.tell_parked(&aggregate, event, parked.since)).await,
                Err(NotTold::Never(reason)) => Err(NotTold::Never(reason.clone())),
                Err(NotTold::Away(reason)) => Err(NotTold::Away(reason.clone())),
            };
            match told {
                Ok(()) => {}
                Err(NotTold::Never(reason)) if asked == Some(Asked::Discard) => {
                    if let Ok(event) = &event {
                        teller.discard(&aggregate, event).await?;
                    }
                    self.discarded(&aggregate, &parked, &reason);
                }
                Err(NotTold::Never(reason)) => {
                    self.leave(&parked, &reason, now).await?;
                    return Ok(Pass::Stuck);
                }
                // Its lease passes, and it is tried again.
                Err(away @ NotTold::Away(_)) => return Err(away),
            }
            self.remove(parked.id).await?;
            done += 1;
            if begun.elapsed() > PASS {
                break;
            }
        }
        self.go_on(&aggregate, asked, now).await?;
        Ok(Pass::Done(done))
    }

    /// Makes an aggregate ours for a while whose first event is due.
    async fn claim(&self, now: OffsetDateTime) -> Result<Option<Claimed>, sqlx::Error> {
        loop {
            let claimed: Option<(i64, String, Option<Asked>)> = sqlx::query_as(
                "update parked_notifications set due_at = $3 where id = (
                     select id from parked_notifications where consumer = $1 and due_at <= $2
                     order by due_at limit 1 for update skip locked
                 )
                 returning id, aggregate, asked",
            )
            .bind(self.audience().as_str())
            .bind(now)
            .bind(now + LEASE)
            .fetch_optional(self.pool())
            .await?;
            let Some((id, aggregate, asked)) = claimed else {
                return Ok(None);
            };
            if !self.wait_behind(id, &aggregate).await? {
                return Ok(Some(Claimed { aggregate, asked }));
            }
        }
    }

    /// An event with others in front of it is told after them. False: there are none.
    async fn wait_behind(&self, id: i64, aggregate: &str) -> Result<bool, sqlx::Error> {
        // Whoever removes those in front at this moment makes the next one due afterwards.
        let done = sqlx::query(
            "update parked_notifications late set due_at = null
             where id = $1 and exists (
                 select from parked_notifications early
                 where early.consumer = $2 and early.aggregate = $3
                   and (coalesce(early.position, 0), early.id) < (coalesce(late.position, 0), late.id)
             )",
        )
        .bind(id)
        .bind(self.audience().as_str())
        .bind(aggregate)
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn remove(&self, id: i64) -> Result<(), sqlx::Error> {
        sqlx::query("delete from parked_notifications where id = $1")
            .bind(id)
            .execute(self.pool())
            .await
            .map(drop)
    }

    /// What is left of the aggregate is told next.
    async fn go_on(
        &self,
        aggregate: &str,
        asked: Option<Asked>,
        now: OffsetDateTime,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "update parked_notifications set due_at = $3, asked = $4 where id = (
                 select id from parked_notifications where consumer = $1 and aggregate = $2
                 order by coalesce(position, 0), id limit 1
             )",
        )
        .bind(self.audience().as_str())
        .bind(aggregate)
        .bind(now)
        .bind(asked)
        .execute(self.pool())
        .await
        .map(drop)
    }

    /// Leaves an aggregate parked whose first event still cannot be told.
    async fn leave(&self, first: &Parked, reason: &str, now: OffsetDateTime) -> Result<(), sqlx::Error> {
        let attempts = first.attempts.saturating_add(1);
        let delay = backoff::delay(attempts.saturating_add(1), None, fastrand::f64());
        // A message that is no event is none tomorrow.
        let delay = delay.filter(|_| first.position.is_some());
        sqlx::query(
            "update parked_notifications set due_at = $2, attempts = $3, reason = $4, asked = null where id = $1",
        )
        .bind(first.id)
        .bind(delay.map(|delay| now + delay))
        .bind(attempts)
        .bind(storable(reason))
        .execute(self.pool())
        .await
        .map(drop)
    }

    fn discarded(&self, aggregate: &str, parked: &Parked, reason: &str) {
        tracing::warn!(
            consumer = self.audience().as_str(),
            aggregate,
            position = parked.position,
            message = parked.message,
            reason,
            "a parked event was discarded"
        );
    }
}

/// The event that is parked, as the log has it.
async fn event_of(log: &Reader, parked: &Parked) -> Result<Announcement, NotTold> {
    let Some(position) = parked.position else {
        return Err(NotTold::Never(parked.reason.clone()));
    };
    let event = log.at(position).await?;
    let event =
        event.ok_or_else(|| NotTold::Never(format!("the log has no event at position {position}")))?;
    Announcement::of(&event).map_err(|error| NotTold::Never(error.to_string()))
}
