//! The consumer group `request-news`: those who follow a request hear what became of it, and requests hear what came to the stock.
//!
//! Kafka only says that there is something new of a request; what it is, is read from the log ([`super::following`]) and told in portions
//! ([`super::news`]), beside the consumer. So a request with many events, or with many followers, holds up no other.

use database::Pool;
use std::collections::HashMap;
use std::sync::Arc;

use domain::{AggregateType, Event};
use event_store::Reader;
use event_store::texts::Texts;
use session::Sessions;
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use super::announcement::Announcement;
use super::following::{Following, NEWS_FOR};
use super::news::News;
use super::parking::Parking;
use super::restock::Restock;
use super::telling::{NotTold, Teller};
use crate::command_loop::Handle;

/// What telling followers and requests needs.
#[derive(Clone)]
pub struct Followers {
    pub reader: Reader,
    pub texts: Texts,
    pub sessions: Sessions,
    pub commands: Handle,
}

pub struct RequestTeller {
    pub following: Following,
    pub news: News,
    restock: Restock,
    /// Notified when there is something to fold.
    pub heard: Arc<Notify>,
}

impl RequestTeller {
    pub fn new(followers: Followers, pool: Pool, parking: Parking) -> Self {
        let Followers {
            reader,
            texts,
            sessions,
            commands,
        } = followers;
        let following = Following {
            pool: pool.clone(),
            log: reader.clone(),
            parking: parking.clone(),
        };
        Self {
            news: News {
                pool,
                log: reader.clone(),
                texts,
                sessions,
                parking: parking.clone(),
            },
            restock: Restock {
                reader,
                commands,
                following: following.clone(),
                parking,
            },
            following,
            heard: Arc::default(),
        }
    }

    /// Folds some requests on, and tells some people. False: there is nothing to do.
    pub async fn step(&self, now: OffsetDateTime) -> Result<bool, NotTold> {
        let folded = self.following.step(now).await?;
        let told = self.news.step().await?;
        Ok(folded > 0 || told)
    }
}

impl Teller for RequestTeller {
    async fn tell(&self, events: &[Announcement], now: OffsetDateTime) -> Result<(), NotTold> {
        let mut versions: HashMap<Uuid, i64> = HashMap::new();
        for event in events {
            if let Some(request) = request_of(event)? {
                let version = versions.entry(request).or_default();
                *version = event.sequence.max(*version);
            }
        }
        if !versions.is_empty() {
            self.following.hear(&versions).await?;
            self.heard.notify_one();
        }
        self.restock.tell(events, now).await
    }

    async fn tell_parked(
        &self,
        aggregate: &str,
        event: &Announcement,
        since: OffsetDateTime,
    ) -> Result<(), NotTold> {
        let Some(request) = request_of(event)? else {
            // What came to the stock, parked for a request that could not be told, or by itself.
            return match requests_id(aggregate) {
                Some(request) => self.restock.tell_one(request, event).await,
                None => self.restock.tell(std::slice::from_ref(event), since).await,
            };
        };
        self.following.fold_to(request, event.sequence, since).await?;
        self.put_again(request, event, since).await?;
        self.news.tell_all(request, event.sequence).await
    }

    async fn discard(&self, aggregate: &str, event: &Announcement) -> Result<(), NotTold> {
        if let Some(request) = requests_id(aggregate)
            && request_of(event)? == Some(request)
        {
            self.following.skip(request, event.sequence).await?;
            self.news.forget(request, event.sequence).await?;
        }
        Ok(())
    }
}

impl RequestTeller {
    /// What an event says, which was folded before it was parked, is told again.
    async fn put_again(
        &self,
        request: Uuid,
        event: &Announcement,
        since: OffsetDateTime,
    ) -> Result<(), NotTold> {
        let part = (request.to_string(), event.sequence - 1, event.sequence);
        let kind = AggregateType::ProductRequest;
        for recorded in self.following.log.read_parts(kind, &[part]).await? {
            let parsed = recorded.event();
            let parsed = parsed.map_err(|error| NotTold::Never(error.to_string()))?;
            if let Event::ProductRequest(parsed) = parsed
                && recorded.recorded_at >= since - NEWS_FOR
            {
                self.following.put_again(request, &recorded, &parsed).await?;
            }
        }
        Ok(())
    }
}

/// Of an event of a request: which.
fn request_of(event: &Announcement) -> Result<Option<Uuid>, NotTold> {
    let Some((kind, id)) = event.aggregate.split_once('/') else {
        return Ok(None);
    };
    if kind != AggregateType::ProductRequest.as_str() {
        return Ok(None);
    }
    let id =
        Uuid::parse_str(id).map_err(|error| NotTold::Never(format!("{id:?} names no request: {error}")))?;
    Ok(Some(id))
}

fn requests_id(aggregate: &str) -> Option<Uuid> {
    let (kind, id) = aggregate.split_once('/')?;
    let is_request = kind == AggregateType::ProductRequest.as_str();
    is_request.then(|| Uuid::parse_str(id).ok()).flatten()
}
