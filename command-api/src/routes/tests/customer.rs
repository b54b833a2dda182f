//! Guests who fill carts, check out and pay, for the tests of both.

use axum::http::StatusCode;
use domain::AggregateType;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Reply, STAFF, Shop, lines};

/// A guest who has placed an order of two mugs.
pub struct Customer {
    pub cookies: String,
    pub order: String,
    /// Of its link.
    pub key: String,
}

pub fn contact() -> Value {
    json!({ "email": "ada@example.org", "name": "Ada Lovelace", "line1": "Dorset Street 1", "postal_code": "10115",
            "city": "Berlin" })
}

pub fn checkout(total: i64) -> Value {
    json!({ "contact": contact(), "country": "DE", "shipping_option": "standard",
            "total": { "minor": total, "currency": "EUR" } })
}

impl Shop {
    /// With `stock` mugs on the shelf.
    pub async fn with_mugs(stock: i64) -> Self {
        let shop = Self::open().await;
        shop.get_mugs(stock).await;
        shop
    }

    pub async fn get_mugs(&self, stock: i64) {
        self.list_mug().await;
        let staff = [("authorization", STAFF)];
        let body = json!({ "quantity": stock });
        let received = self.json("POST", "/stock/MUG/receipts", &staff, &body).await;
        assert_eq!(received.status, StatusCode::OK);
    }

    pub async fn with_cart(&self, quantity: i64) -> (String, String) {
        let (cookies, cart) = self.shopper().await;
        let path = format!("/carts/{cart}/lines");
        let added = self
            .json("POST", &path, &[("cookie", &cookies)], &lines("MUG", quantity))
            .await;
        assert_eq!(added.status, StatusCode::OK);
        (cookies, cart)
    }

    pub async fn check_out(&self, cookies: &str, cart: &str, key: &str, body: &Value) -> Reply {
        let headers = [("cookie", cookies), ("idempotency-key", key)];
        self.json("POST", &format!("/carts/{cart}/checkout"), &headers, body)
            .await
    }

    pub async fn customer(&self) -> Customer {
        let (cookies, cart) = self.with_cart(2).await;
        let ordered = self.check_out(&cookies, &cart, "k", &checkout(3390)).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        let link = ordered.body["link"].as_str().unwrap();
        Customer {
            cookies,
            order: ordered.body["id"].as_str().unwrap().to_owned(),
            key: link.split_once("#key=").unwrap().1.to_owned(),
        }
    }

    /// Writes an event into the log, past every door: what the gateway says is not heard here.
    pub async fn append(&self, kind: AggregateType, id: &str, event_type: &str, payload: &Value) {
        sqlx::query(
            "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version,
                 payload, metadata, event_id, recorded_at)
             select (select max(global_position) + 1 from events), $1, $2,
                 (select coalesce(max(sequence), 0) + 1 from events where aggregate_id = $2 and aggregate_type = $1),
                 $3, '1.0', $4::json, '{}', $5, now()",
        )
        .bind(kind.as_str())
        .bind(id)
        .bind(event_type)
        .bind(payload.to_string())
        .bind(Uuid::now_v7())
        .execute(&self.pool().await)
        .await
        .unwrap();
    }

    /// As when its money was captured.
    pub async fn confirm_order(&self, order: &str) {
        self.append(AggregateType::Order, order, "OrderConfirmed", &json!({}))
            .await;
    }

    pub async fn create_code(&self, terms: Value) {
        let created = self
            .json("POST", "/discount-codes", &[("authorization", STAFF)], &terms)
            .await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    }
}
