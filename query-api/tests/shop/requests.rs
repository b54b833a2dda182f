//! Product requests as a projector writes them, without the projector.

use read_model::View;
use read_model::request::You;
use redis::AsyncCommands;
use serde_json::json;
use uuid::Uuid;

use super::{FIRST, Shop};

#[derive(Debug, Clone)]
pub struct Request {
    pub id: Uuid,
    pub version: i64,
    pub kind: &'static str,
    pub state: &'static str,
    pub title: String,
    pub customer: Uuid,
    pub supporters: Vec<Uuid>,
    pub hidden: bool,
    /// The version that last changed more than who takes part; none: this one.
    pub told: Option<i64>,
}

impl Request {
    pub fn missing(title: &str) -> Self {
        let customer = Uuid::now_v7();
        Self {
            id: Uuid::now_v7(),
            version: 1,
            kind: "missing_product",
            state: "submitted",
            title: title.to_owned(),
            customer,
            supporters: vec![customer],
            hidden: false,
            told: None,
        }
    }

    pub fn quote(customer: Uuid) -> Self {
        Self {
            kind: "quote",
            customer,
            supporters: vec![customer],
            ..Self::missing("500 mugs")
        }
    }

    pub fn supported_by(self, others: usize) -> Self {
        let supporters = (0..others)
            .map(|_| Uuid::now_v7())
            .chain([self.customer])
            .collect();
        Self { supporters, ..self }
    }

    fn summary(&self) -> serde_json::Value {
        json!({
            "id": self.id, "version": self.version, "kind": self.kind, "state": self.state, "title": self.title, "sku": null,
            "quantity": null, "comments": 0, "hidden": self.hidden,
            "duplicate_of": null, "created_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00Z",
        })
    }
}

impl Shop {
    /// Document, place in the changes, revision, and its announcement.
    pub async fn write_request(&self, request: &Request) -> Uuid {
        let mut redis = self.redis.clone();
        let newest = self.keys.requests_revision(FIRST);
        let held: Option<u64> = redis.get(&newest).await.unwrap();
        let revision = held.unwrap_or(0) + 1;
        let summary = request.summary();
        let mut body = summary.clone();
        body["description"] = json!("Words.");
        let fields = [
            ("body", body.to_string()),
            ("versions", request.version.to_string()),
            ("summary", summary.to_string()),
            ("supporters", request.supporters.len().to_string()),
            ("followers", "1".to_owned()),
            ("customer", request.customer.to_string()),
            ("told", request.told.unwrap_or(request.version).to_string()),
            ("kept", "{}".to_owned()),
            ("rev", revision.to_string()),
        ];
        let key = self.keys.request(FIRST, request.id);
        // At once, as the script does it: whoever reads the revision finds the change.
        let mut pipeline = redis::pipe();
        pipeline.atomic();
        for owner in request.supporters.iter().chain([&request.customer]) {
            let you = You {
                customer: *owner == request.customer,
                supports: request.supporters.contains(owner),
                follows: *owner == request.customer,
            };
            let theirs = self.keys.requests_of(FIRST, owner);
            pipeline
                .hset(theirs, request.id.to_string(), you.letters())
                .ignore();
        }
        let people: Vec<String> = request.supporters.iter().map(Uuid::to_string).collect();
        let announced = format!("{} {} {}\n", request.id, request.version, people.join(" "));
        let () = pipeline
            .set(newest, revision)
            .hset_multiple(key, &fields)
            .zadd(
                self.keys.requests_changed(FIRST),
                request.id.to_string(),
                revision,
            )
            .publish(self.keys.changed_channel(View::Requests), announced)
            .query_async(&mut redis)
            .await
            .unwrap();
        request.id
    }
}
