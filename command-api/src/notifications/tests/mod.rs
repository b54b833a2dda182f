//! Webhooks on a real PostgreSQL and real HTTP, with the time as an argument: what subscribers get, and when.

mod addresses;
mod consuming;
mod disabling;
mod endpoint;
mod following;
mod parking;
mod retrying;
mod rotating;
mod sending;
mod topics;

use database::Pool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::announcement::Announcement;
use super::deliveries::{Deliveries, Due};
use super::delivery_log::{self, Attempt, Delivery, DeliveryState};
use super::destination::Reach;
use super::posting::Poster;
use super::sender::Sender;
use super::subscriptions::{self, Issued, Subscription};
use crate::command_loop::testing::database;
use endpoint::Endpoint;

const ANYWHERE: Reach = Reach {
    plain_http: true,
    private: true,
};
/// Longer than anything takes that works.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// A database of its own, with one sender.
struct Hooks {
    url: String,
    pool: Pool,
    deliveries: Deliveries,
    sender: Sender,
    /// When the test began.
    began: OffsetDateTime,
}

impl Hooks {
    async fn new() -> Self {
        Self::sending_to(ANYWHERE, super::posting::TIME_LIMIT).await
    }

    async fn sending_to(reach: Reach, time_limit: std::time::Duration) -> Self {
        let url = database().await;
        let pool = super::pool(&url, 8).unwrap();
        let deliveries = Deliveries::new(pool.clone());
        let poster = Poster::new(reach, time_limit).unwrap();
        // PostgreSQL keeps microseconds.
        let now = OffsetDateTime::now_utc();
        let began = now.replace_microsecond(now.microsecond()).unwrap();
        Self {
            url,
            sender: Sender::new(deliveries.clone(), poster),
            pool,
            deliveries,
            began,
        }
    }

    async fn subscribe(&self, endpoint: &Endpoint) -> Issued {
        self.subscribe_to(endpoint, &[]).await
    }

    async fn subscribe_to(&self, endpoint: &Endpoint, event_types: &[&str]) -> Issued {
        self.subscribe_url(&endpoint.url, event_types).await
    }

    async fn subscribe_url(&self, url: &str, event_types: &[&str]) -> Issued {
        let event_types: Vec<String> = event_types.iter().map(|&name| name.to_owned()).collect();
        let mut connection = self.pool.acquire().await.unwrap();
        subscriptions::create(&mut connection, url, &event_types)
            .await
            .unwrap()
    }

    /// As many new events, told to whoever subscribed.
    async fn announce(&self, events: usize) {
        let events: Vec<Announcement> = (0..events).map(|_| placed(OffsetDateTime::now_utc())).collect();
        self.deliveries.announce(&events, self.began).await.unwrap();
    }

    /// Sends what is due so long after the beginning, and waits for the answers. Returns how many messages those were.
    async fn step(&mut self, after: Duration) -> usize {
        let begun = self.sender.step(self.began + after).await.unwrap();
        self.sender.settle().await;
        begun
    }

    async fn claim(&self, after: Duration) -> Vec<Due> {
        self.deliveries.claim(100, self.began + after).await.unwrap()
    }

    async fn subscription(&self, id: Uuid) -> Subscription {
        subscriptions::find(&self.pool, id).await.unwrap()
    }

    async fn deliveries(&self, subscription: &Issued) -> Vec<Delivery> {
        let mut connection = self.pool.acquire().await.unwrap();
        delivery_log::list(&mut connection, subscription.id, None, None)
            .await
            .unwrap()
    }

    /// The only delivery there is.
    async fn delivery(&self, subscription: &Issued) -> Delivery {
        let all = self.deliveries(subscription).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    async fn log(&self, delivery: &Delivery) -> Vec<Attempt> {
        let mut connection = self.pool.acquire().await.unwrap();
        delivery_log::attempts(&mut connection, delivery.id)
            .await
            .unwrap()
            .1
    }

    async fn redeliver(&self, delivery: &Delivery, after: Duration) {
        let mut connection = self.pool.acquire().await.unwrap();
        delivery_log::redeliver(&mut connection, delivery.id, self.began + after)
            .await
            .unwrap();
    }

    async fn send_test(&self, subscription: &Issued) -> Uuid {
        let mut connection = self.pool.acquire().await.unwrap();
        delivery_log::send_test(&mut connection, subscription.id, self.began)
            .await
            .unwrap()
    }
}

fn placed(recorded_at: OffsetDateTime) -> Announcement {
    announcement("order.OrderPlaced", recorded_at)
}

fn announcement(event_type: &str, recorded_at: OffsetDateTime) -> Announcement {
    Announcement {
        event_id: Uuid::now_v7(),
        aggregate: "order/7".to_owned(),
        sequence: 1,
        position: 1,
        event_type: event_type.to_owned(),
        recorded_at,
        payload: format!(
            r#"{{"type":"{event_type}","timestamp":"2026-03-01T09:05:07.000042Z","data":{{"id":"7"}}}}"#
        ),
    }
}

const fn seconds(seconds: i64) -> Duration {
    Duration::seconds(seconds)
}

const fn hours(hours: i64) -> Duration {
    Duration::hours(hours)
}
