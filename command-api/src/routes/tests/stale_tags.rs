//! Every route that describes `If-Match`, with a command that would be carried out but for its tag: it is about another version.

use std::collections::BTreeSet;

use domain::AggregateType;
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::Customer;
use super::{STAFF, Shop, lines};
use crate::roles::Role;

/// Of a version that nothing here has.
const STALE: (&str, &str) = ("if-match", "\"4000\"");

/// Which routes have answered as they have to.
struct Tried<'s> {
    shop: &'s Shop,
    routes: BTreeSet<String>,
}

impl Tried<'_> {
    /// `ids` stand in the path in the place of what it names in braces.
    async fn send(
        &mut self,
        credentials: (&str, &str),
        (method, path): (&str, &str),
        ids: &[&str],
        body: &Value,
    ) {
        let mut ids = ids.iter();
        let parts = path.split('/').map(|part| {
            if part.starts_with('{') {
                *ids.next().unwrap()
            } else {
                part
            }
        });
        let address = parts.collect::<Vec<_>>().join("/");
        let key = Uuid::now_v7().to_string();
        let headers = [credentials, ("idempotency-key", &*key), STALE];
        let reply = self.shop.json(method, &address, &headers, body).await;
        assert_eq!(reply.status, 412, "{method} {path}: {}", reply.body);
        assert_eq!(reply.problem(), (412, "conflict"), "{method} {path}");
        self.routes.insert(format!("{method} {path}"));
    }

    async fn send_to_carts(&mut self) {
        let (cookies, cart) = self.shop.with_cart(2).await;
        let guest = ("cookie", &*cookies);
        let code = json!({ "code": "TEN" });
        for (method, path, ids, body) in [
            ("POST", "/carts/{id}/lines", vec![&*cart], lines("MUG", 1)),
            ("DELETE", "/carts/{id}/lines", vec![&*cart], json!({})),
            (
                "PUT",
                "/carts/{id}/lines/{sku}",
                vec![&*cart, "MUG"],
                json!({ "quantity": 3 }),
            ),
            (
                "DELETE",
                "/carts/{id}/lines/{sku}",
                vec![&*cart, "MUG"],
                json!({}),
            ),
            ("PUT", "/carts/{id}/discount-code", vec![&*cart], code),
            ("DELETE", "/carts/{id}/discount-code", vec![&*cart], json!({})),
        ] {
            self.send(guest, (method, path), &ids, &body).await;
        }
    }

    async fn send_to_the_shelf(&mut self) {
        let staff = ("authorization", STAFF);
        let details = json!({ "name": "Cup", "description": "", "category": "kitchen" });
        let price = json!({ "price": { "minor": 1500, "currency": "EUR" } });
        let more = json!({ "delta": 1, "reason": "found" });
        for (method, path, id, body) in [
            ("PUT", "/products/{sku}/details", "MUG", details),
            ("PUT", "/products/{sku}/price", "MUG", price),
            ("POST", "/products/{sku}/delist", "MUG", json!({})),
            ("POST", "/products/{sku}/relist", "MUG", json!({})),
            ("POST", "/stock/{sku}/receipts", "MUG", json!({ "quantity": 1 })),
            ("POST", "/stock/{sku}/adjustments", "MUG", more),
            ("POST", "/discount-codes/{code}/disable", "TEN", json!({})),
        ] {
            self.send(staff, (method, path), &[id], &body).await;
        }
    }

    async fn send_to_orders(&mut self) {
        let staff = ("authorization", STAFF);
        let pending = self.shop.customer().await;
        let customer = ("cookie", &*pending.cookies);
        let card = json!({ "payment_method": "pm_card_visa" });
        for (path, body) in [
            ("/orders/{id}/payment-attempts", card),
            ("/orders/{id}/cancellation", json!({})),
        ] {
            self.send(customer, ("POST", path), &[&*pending.order], &body)
                .await;
        }
        let paid = self.shop.paid_order().await;
        let (route, carrier) = (("POST", "/orders/{id}/shipments"), json!({ "carrier": "DHL" }));
        self.send(staff, route, &[&*paid.order], &carrier).await;

        let (sent, parcel) = self.shop.sent_order().await;
        let refund = json!({ "amount": { "minor": 100, "currency": "EUR" } });
        let route = ("POST", "/orders/{id}/refunds");
        self.send(staff, route, &[&*sent.order], &refund).await;
        let route = ("POST", "/orders/{id}/shipments/{shipment}/delivery");
        self.send(staff, route, &[&*sent.order, &*parcel], &json!({}))
            .await;
        let (link, damaged) = (("order-key", &*sent.key), json!({ "reason": "damaged" }));
        let route = ("POST", "/orders/{id}/return-requests");
        self.send(link, route, &[&*sent.order], &damaged).await;

        let (returned, _) = self.shop.sent_order().await;
        let order = &*returned.order;
        self.shop
            .append(AggregateType::Order, order, "ReturnRequested", &damaged)
            .await;
        let route = ("POST", "/orders/{id}/return-decline");
        self.send(staff, route, &[order], &json!({})).await;
    }

    async fn send_to_requests(&mut self) {
        let ada = self.shop.regular().await;
        let (request, original) = (self.shop.asked(&ada).await, self.shop.asked(&ada).await);
        let (staff, customer) = (("authorization", STAFF), ("cookie", &*ada.cookies));
        let words = || json!({ "text": "Still wanted." });
        for (method, path, sender, body) in [
            ("PUT", "/requests/{id}/support", customer, json!({})),
            ("DELETE", "/requests/{id}/support", customer, json!({})),
            ("PUT", "/requests/{id}/subscription", customer, json!({})),
            ("DELETE", "/requests/{id}/subscription", customer, json!({})),
            ("POST", "/requests/{id}/comments", customer, words()),
            ("POST", "/requests/{id}/cancellation", customer, json!({})),
            (
                "PUT",
                "/requests/{id}/stage",
                staff,
                json!({ "stage": "triaged" }),
            ),
            ("PUT", "/requests/{id}/product", staff, json!({ "sku": "MUG" })),
            (
                "PUT",
                "/requests/{id}/duplicate-of",
                staff,
                json!({ "request": original }),
            ),
            ("PUT", "/requests/{id}/hiding", staff, json!({})),
            ("DELETE", "/requests/{id}/hiding", staff, json!({})),
            (
                "POST",
                "/requests/{id}/decline",
                staff,
                json!({ "reason": "Nobody makes it." }),
            ),
        ] {
            self.send(sender, (method, path), &[&*request], &body).await;
        }

        let wanted = json!({ "kind": "quote", "sku": "MUG", "quantity": 20 });
        let asked = self.shop.ask(&ada, &wanted).await;
        let request = asked.body["id"].as_str().unwrap();
        let quote = self.shop.offer(request, 990).await;
        let offer = json!({ "unit_price": { "minor": 900, "currency": "EUR" }, "quantity": 20, "days": 7 });
        let route = ("POST", "/requests/{id}/quotes");
        self.send(staff, route, &[request], &offer).await;
        for (path, body) in [
            ("/requests/{id}/quotes/{quote}/decline", json!({})),
            ("/requests/{id}/quotes/{quote}/renegotiation", words()),
        ] {
            self.send(customer, ("POST", path), &[request, &*quote], &body)
                .await;
        }
    }
}

impl Shop {
    /// Paid for, and nothing of it was sent.
    async fn paid_order(&self) -> Customer {
        let customer = self.customer().await;
        let attempt = Uuid::now_v7();
        let amount = json!({ "minor": 3390, "currency": "EUR" });
        let started = json!({ "attempt": attempt, "method": "pm_card_visa" });
        let captured = json!({ "attempt": attempt, "reference": "pi_1", "amount": amount });
        for (kind, event_type, payload) in [
            (AggregateType::Payment, "AttemptStarted", started),
            (AggregateType::Payment, "PaymentCaptured", captured),
            (AggregateType::Order, "OrderConfirmed", json!({})),
        ] {
            self.append(kind, &customer.order, event_type, &payload).await;
        }
        customer
    }

    /// The same, all of it in one parcel that has not arrived: which one.
    async fn sent_order(&self) -> (Customer, String) {
        let (customer, parcel) = (self.paid_order().await, Uuid::now_v7());
        let sent = json!({ "shipment": parcel, "lines": [{ "sku": "MUG", "quantity": 2 }], "carrier": "DHL", "tracking": null });
        self.append(AggregateType::Order, &customer.order, "OrderShipped", &sent)
            .await;
        (customer, parcel.to_string())
    }
}

/// Those whose descriptions have the header.
fn described() -> BTreeSet<String> {
    let document = serde_json::to_value(crate::router::routes(&Role::ALL).1).unwrap();
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            if parameters.iter().any(|it| it["name"] == "If-Match") {
                let path = path.strip_prefix("/api/commands").unwrap();
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

#[tokio::test]
async fn every_route_that_describes_if_match_refuses_a_version_that_there_is_not() {
    let shop = Shop::with_mugs(50).await;
    shop.create_code(json!({ "code": "TEN", "discount": { "percent": 10 } }))
        .await;
    let mut tried = Tried {
        shop: &shop,
        routes: BTreeSet::new(),
    };
    tried.send_to_carts().await;
    tried.send_to_the_shelf().await;
    tried.send_to_orders().await;
    tried.send_to_requests().await;
    assert_eq!(tried.routes, described());
}
