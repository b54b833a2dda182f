//! Some of a request's events, folded, and the rows that follow from many such portions.

use database::Session;
use std::collections::{BTreeMap, BTreeSet};

use domain::product_request::ProductRequestEvent;
use domain::{Event, RecordedEvent};
use time::OffsetDateTime;
use uuid::Uuid;

use super::NEWS_FOR;
use super::known::{Change, Known, Told, Whom};
use crate::mails::RequestNews;

/// Rows of one statement.
const ROWS: usize = 5_000;

/// The next events of a request.
pub struct Portion {
    /// What is known after them.
    pub after: Known,
    /// Why the event behind them cannot be read by this release, where there is one.
    pub poison: Option<String>,
    folded: usize,
    begun: Vec<Follower>,
    stopped: Vec<Stopped>,
    news: Vec<(RecordedEvent, Told)>,
}

struct Follower {
    owner: Uuid,
    since: i64,
    until: Option<i64>,
}

struct Stopped {
    owner: Uuid,
    until: i64,
    /// They are told of the event with which they stop.
    is_told: bool,
}

impl Portion {
    pub fn fold(before: Known, events: Vec<RecordedEvent>, now: OffsetDateTime) -> Self {
        let mut portion = Self {
            after: before,
            poison: None,
            folded: 0,
            begun: vec![],
            stopped: vec![],
            news: vec![],
        };
        // Where each of those who begin here is among them.
        let mut open: BTreeMap<Uuid, usize> = BTreeMap::new();
        for recorded in events {
            let event = match recorded.event() {
                Ok(Event::ProductRequest(event)) if recorded.sequence == portion.after.version + 1 => event,
                Ok(_) => {
                    portion.poison = Some(format!("version {} does not follow", recorded.sequence));
                    break;
                }
                Err(error) => {
                    portion.poison = Some(error.to_string());
                    break;
                }
            };
            portion.take(&mut open, recorded, &event, now);
        }
        portion
    }

    /// The log has no event behind what is known, and none that cannot be read.
    pub const fn is_empty(&self) -> bool {
        self.folded == 0 && self.poison.is_none()
    }

    fn take(
        &mut self,
        open: &mut BTreeMap<Uuid, usize>,
        recorded: RecordedEvent,
        event: &ProductRequestEvent,
        now: OffsetDateTime,
    ) {
        let Change { begin, stop } = self.after.evolve(event);
        let sequence = recorded.sequence;
        let told = self.after.told(event, sequence);
        for owner in begin {
            open.entry(owner).or_insert_with(|| {
                self.begun.push(Follower {
                    owner,
                    since: sequence,
                    until: None,
                });
                self.begun.len() - 1
            });
        }
        for owner in stop {
            if let Some(at) = open.remove(&owner) {
                self.begun[at].until = Some(sequence);
            }
            self.stopped.push(Stopped {
                owner,
                until: sequence,
                is_told: told.as_ref().is_some_and(|told| told.whom == Whom::Leaving),
            });
        }
        self.folded += 1;
        if let Some(told) = told.filter(|_| recorded.recorded_at >= now - NEWS_FOR) {
            self.news.push((recorded, told));
        }
    }
}

/// What many portions come to, by column.
#[derive(Default)]
pub struct Writes {
    /// What is known, and whether the log has nothing behind it.
    known: Vec<(Known, bool)>,
    begun: Rows,
    stopped: Rows,
    /// Those of them who are told of the event that they stopped with.
    leaving: Rows,
    news: Vec<(Uuid, RecordedEvent, Told)>,
}

/// Followers: request, owner, and since and until which version.
#[derive(Default)]
struct Rows {
    requests: Vec<Uuid>,
    owners: Vec<Uuid>,
    since: Vec<i64>,
    until: Vec<Option<i64>>,
}

impl Rows {
    fn push(&mut self, request: Uuid, owner: Uuid, since: i64, until: Option<i64>) {
        self.requests.push(request);
        self.owners.push(owner);
        self.since.push(since);
        self.until.push(until);
    }

    /// Executes a statement of four arrays, some thousand rows at a time.
    async fn execute(&self, connection: &mut Session, sql: &str) -> Result<(), sqlx::Error> {
        let mut from = 0;
        while from < self.requests.len() {
            let to = (from + ROWS).min(self.requests.len());
            sqlx::query(sql)
                .bind(&self.requests[from..to])
                .bind(&self.owners[from..to])
                .bind(&self.since[from..to])
                .bind(&self.until[from..to])
                .execute(&mut *connection)
                .await?;
            from = to;
        }
        Ok(())
    }
}

impl Writes {
    pub fn of(portions: &[Portion]) -> Self {
        let mut writes = Self::default();
        for portion in portions {
            let request = portion.after.request;
            for Follower { owner, since, until } in &portion.begun {
                writes.begun.push(request, *owner, *since, *until);
            }
            let mut seen = BTreeSet::new();
            for Stopped {
                owner,
                until,
                is_told,
            } in &portion.stopped
            {
                if *is_told {
                    writes.leaving.push(request, *owner, *until, Some(*until));
                }
                // Who followed before these events stopped with the first of them.
                if seen.insert(owner) {
                    writes.stopped.push(request, *owner, *until, Some(*until));
                }
            }
            let news = portion.news.iter().cloned();
            writes
                .news
                .extend(news.map(|(event, told)| (request, event, told)));
            writes.known.push((portion.after.clone(), portion.is_empty()));
        }
        writes
    }

    pub async fn execute(&self, connection: &mut Session) -> Result<(), sqlx::Error> {
        self.stopped
            .execute(
                connection,
                "update request_followers follower set until = stopped.until
                 from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) as stopped (request, owner, since, until)
                 where follower.request = stopped.request and follower.owner = stopped.owner
                   and follower.until is null and follower.since < stopped.since",
            )
            .await?;
        self.begun
            .execute(
                connection,
                "insert into request_followers (request, owner, since, until)
                 select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) on conflict do nothing",
            )
            .await?;
        // An event that names people who do not follow, as far as is known here, concerns them all the same.
        self.leaving
            .execute(
                connection,
                "insert into request_followers (request, owner, since, until)
                 select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) as leaving (request, owner, since, until)
                 where not exists (
                     select from request_followers follower where follower.request = leaving.request
                       and follower.owner = leaving.owner and follower.until = leaving.until
                 )
                 on conflict do nothing",
            )
            .await?;
        for (request, event, told) in &self.news {
            put_news(connection, *request, event, told).await?;
        }
        self.keep_known(connection).await
    }

    async fn keep_known(&self, connection: &mut Session) -> Result<(), sqlx::Error> {
        for (known, is_end) in &self.known {
            // Where the log ends before what was heard of, there is nothing to wait for.
            sqlx::query(
                "update followed_requests set version = $2, customer = $3, kind = $4, sku = $5, text = $6, ended = $7,
                     worked_at = now(), heard = case when $8 then $2 else heard end
                 where request = $1",
            )
            .bind(known.request)
            .bind(known.version)
            .bind(known.customer)
            .bind(&known.kind)
            .bind(&known.sku)
            .bind(known.text)
            .bind(known.ended)
            .bind(is_end)
            .execute(&mut *connection)
            .await?;
        }
        Ok(())
    }
}

/// Has people told of an event, if they are not told already.
pub async fn put_news(
    connection: &mut Session,
    request: Uuid,
    event: &RecordedEvent,
    told: &Told,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into request_news (request, version, position, event_type, transition, happened_at, whom, mail)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
    )
    .bind(request)
    .bind(event.sequence)
    .bind(event.position)
    .bind(format!("{}.{}", event.aggregate_type, event.event_type))
    .bind(&told.transition)
    .bind(event.recorded_at)
    .bind(told.whom.as_str())
    .bind(told.mail.map(RequestNews::as_str))
    .execute(connection)
    .await
    .map(drop)
}
