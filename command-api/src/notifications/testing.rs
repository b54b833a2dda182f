//! For tests: the consumer group `request-news` over a database of a test, without Kafka.

use std::rc::Rc;

use event_store::Reader;
use time::OffsetDateTime;
use uuid::Uuid;

use super::announcement::Announcement;
use super::audience::Audience;
use super::parking::Parking;
use super::request_news::{Followers, RequestTeller};
use super::telling::Teller;

/// Followers and requests, with a loop and sessions of their own.
pub struct Hearing {
    pub teller: Rc<RequestTeller>,
    reader: Reader,
}

impl Hearing {
    pub async fn over(url: &str) -> Self {
        let pool = super::pool(url, 4).expect("the address is PostgreSQL's");
        let parking = Parking::new(pool.clone(), Audience::RequestNews);
        let followers = followers(url).await;
        Self {
            reader: followers.reader.clone(),
            teller: Rc::new(RequestTeller::new(followers, pool, parking)),
        }
    }

    /// The whole log, as Kafka brings it, and whatever follows from it.
    pub async fn hear_all(&self) {
        let log = self
            .reader
            .read_all(0, 100_000)
            .await
            .expect("the log can be read");
        let heard: Vec<Announcement> = log
            .iter()
            .map(|event| Announcement::of(event).expect("what was stored can be read"))
            .collect();
        self.teller
            .tell(&heard, OffsetDateTime::now_utc())
            .await
            .expect("everybody can be told");
        self.work_off().await;
    }

    /// Until nobody is to be told of anything.
    pub async fn work_off(&self) {
        while self
            .teller
            .step(OffsetDateTime::now_utc())
            .await
            .expect("PostgreSQL answers")
        {}
    }
}

pub async fn followers(url: &str) -> Followers {
    let redis = std::env::var("TEST_REDIS_URL")
        .expect("TEST_REDIS_URL names no Redis: run the tests with ./dev test");
    let key = session::GuestKey::parse(&session::DEVELOPMENT_KEY.to_owned().into())
        .expect("the key is long enough");
    let prefix = format!("{}:", Uuid::now_v7());
    let cookies = session::CookieKind::Development;
    let sessions = session::Sessions::connect(&redis, &prefix, cookies, key).expect("Redis answers");
    let stores = crate::opening::stores(url).await.expect("PostgreSQL answers");
    Followers {
        reader: stores.reader,
        texts: stores.texts,
        sessions,
        commands: crate::command_loop::testing::loop_over(url),
    }
}
