//! One request by its id.

use read_model::View;
use read_model::request::People;
use redis::AsyncCommands;
use uuid::Uuid;

use super::Views;
use crate::problem::Problem;

/// A request's document, and whose it is.
#[derive(Debug, Clone)]
pub struct Request {
    pub version: i64,
    /// The JSON of the document.
    pub body: String,
    pub people: People,
}

type Fields = (Option<String>, Option<i64>, Option<Vec<u8>>);

impl Views {
    pub async fn request(&self, id: Uuid) -> Result<Option<Request>, Problem> {
        let mut generation = self.current(View::Requests).await?;
        loop {
            let key = self.keys.request(generation, id.as_hyphenated());
            let fields: Fields = self
                .redis
                .clone()
                .hmget(key, &["body", "versions", "people"])
                .await?;
            let request = Request::of(fields);
            if request.is_some() || !self.has_moved_on(View::Requests, &mut generation).await? {
                return Ok(request);
            }
        }
    }

    /// The version of a request that the view has; 0 when it has none.
    pub async fn request_version(&self, id: Uuid) -> Result<i64, Problem> {
        let generation = self.current(View::Requests).await?;
        let key = self.keys.request(generation, id.as_hyphenated());
        let version: Option<i64> = self.redis.clone().hget(key, "versions").await?;
        Ok(version.unwrap_or(0))
    }
}

impl Request {
    fn of((body, version, people): Fields) -> Option<Self> {
        Some(Self {
            body: body.filter(|body| !body.is_empty())?,
            version: version?,
            people: serde_json::from_slice(&people?).ok()?,
        })
    }
}
