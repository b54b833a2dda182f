//! One request by its id, and what somebody has to do with requests.

use std::collections::HashMap;

use read_model::View;
use read_model::request::{RequestKind, You};
use redis::{AsyncCommands, Pipeline};
use serde::Deserialize;
use uuid::Uuid;

use super::Views;
use crate::board::Counts;
use crate::problem::Problem;
use crate::visitor::Visitor;

/// A request's document, and what the asker has to do with it.
#[derive(Debug, Clone)]
pub struct Request {
    pub version: i64,
    /// The JSON of the document, without the counts.
    pub body: String,
    /// None: an earlier release wrote the document, with the counts in it.
    pub counts: Option<Counts>,
    /// None: nobody asks.
    pub you: Option<You>,
}

const FIELDS: [&str; 4] = ["body", "versions", "supporters", "followers"];
type Fields = (Option<String>, Option<i64>, Option<usize>, Option<usize>);

impl Views {
    /// One round trip for both.
    pub async fn request(&self, id: Uuid, asker: Option<Uuid>) -> Result<Option<Request>, Problem> {
        let mut generation = self.current(View::Requests).await?;
        loop {
            let mut pipeline = redis::pipe();
            pipeline.hmget(self.keys.request(generation, id.as_hyphenated()), &FIELDS);
            if let Some(asker) = asker {
                let of_asker = self.keys.requests_of(generation, asker.as_hyphenated());
                pipeline.hget(of_asker, id.to_string());
            }
            let mut redis = self.redis.clone();
            let (fields, letters) = match asker {
                Some(_) => pipeline.query_async(&mut redis).await?,
                None => (first(&pipeline, &mut redis).await?, None),
            };
            let you = asker.map(|_| you(letters));
            let request = Request::of(fields, you);
            if request.is_some() || !self.has_moved_on(View::Requests, &mut generation).await? {
                return Ok(request);
            }
        }
    }

    /// What somebody has to do with each of these requests, in their order.
    pub async fn you(&self, owner: Uuid, ids: &[Uuid]) -> Result<Vec<You>, Problem> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let generation = self.current(View::Requests).await?;
        let key = self.keys.requests_of(generation, owner.as_hyphenated());
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let letters: Vec<Option<String>> = redis::cmd("HMGET")
            .arg(key)
            .arg(ids)
            .query_async(&mut self.redis.clone())
            .await?;
        Ok(letters.into_iter().map(you).collect())
    }

    /// All requests that somebody has to do with.
    pub async fn requests_of(&self, owner: Uuid) -> Result<HashMap<Uuid, You>, Problem> {
        let mut generation = self.current(View::Requests).await?;
        loop {
            let key = self.keys.requests_of(generation, owner.as_hyphenated());
            let theirs: HashMap<String, String> = self.redis.clone().hgetall(key).await?;
            if theirs.is_empty() && self.has_moved_on(View::Requests, &mut generation).await? {
                continue;
            }
            let theirs = theirs.into_iter().filter_map(|(id, letters)| {
                let id = Uuid::try_parse(&id).ok()?;
                Some((id, You::read(&letters)))
            });
            return Ok(theirs.collect());
        }
    }

    /// The version of a request that the view has; 0 when it has none that this visitor may see.
    pub async fn request_version(&self, id: Uuid, visitor: Visitor) -> Result<i64, Problem> {
        let request = self.request(id, visitor.owner()).await?;
        let seen = request.filter(|request| request.is_shown_to(visitor));
        Ok(seen.map_or(0, |request| request.version))
    }
}

async fn first(pipeline: &Pipeline, redis: &mut redis_connection::Connection) -> redis::RedisResult<Fields> {
    let (fields,) = pipeline.query_async(redis).await?;
    Ok(fields)
}

fn you(letters: Option<String>) -> You {
    letters.map_or(You::default(), |letters| You::read(&letters))
}

/// What decides who may see a request.
#[derive(Deserialize)]
struct Visibility {
    kind: RequestKind,
    hidden: bool,
}

impl Request {
    pub fn is_shown_to(&self, visitor: Visitor) -> bool {
        let is_public = serde_json::from_str::<Visibility>(&self.body)
            .is_ok_and(|request| !request.hidden && request.kind.is_public());
        match visitor {
            Visitor::Staff(_) => true,
            Visitor::Shopper(_) | Visitor::Analyst(_) => {
                is_public || self.you.is_some_and(|you| you.customer)
            }
            Visitor::Link(_) | Visitor::Nobody => is_public,
        }
    }

    fn of((body, version, supporters, followers): Fields, you: Option<You>) -> Option<Self> {
        Some(Self {
            body: body.filter(|body| !body.is_empty())?,
            version: version?,
            counts: Counts::of(supporters, followers),
            you,
        })
    }
}
