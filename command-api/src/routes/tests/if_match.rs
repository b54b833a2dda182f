//! `If-Match`: each command compares the version of its own subject, and routes that compare none refuse the header.

use axum::http::StatusCode;
use domain::AggregateType;
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::Customer;
use super::{Reply, STAFF, Shop};
use crate::roles::Role;

impl Shop {
    async fn refund_if(&self, order: &str, tag: &str, key: &str) -> Reply {
        let headers = [
            ("authorization", STAFF),
            ("idempotency-key", key),
            ("if-match", tag),
        ];
        let amount = json!({ "amount": { "minor": 100, "currency": "EUR" } });
        self.json("POST", &format!("/orders/{order}/refunds"), &headers, &amount)
            .await
    }

    async fn pay_if(&self, customer: &Customer, tag: &str, key: &str) -> Reply {
        let headers = [
            ("cookie", &*customer.cookies),
            ("idempotency-key", key),
            ("if-match", tag),
        ];
        let path = format!("/orders/{}/payment-attempts", customer.order);
        let body = json!({ "payment_method": "pm_card_visa" });
        self.json("POST", &path, &headers, &body).await
    }
}

/// Two of staff look at the same order, and both give the same money back.
#[tokio::test]
async fn of_two_refunds_of_the_payment_that_both_saw_one_is_made() {
    let shop = Shop::with_mugs(50).await;
    let Customer { order, .. } = shop.customer().await;
    let [attempt, shipment] = [(); 2].map(|()| Uuid::now_v7());
    let amount = json!({ "minor": 3390, "currency": "EUR" });
    let started = json!({ "attempt": attempt, "method": "pm_card_visa" });
    let captured = json!({ "attempt": attempt, "reference": "pi_1", "amount": amount });
    let sent = json!({ "shipment": shipment, "lines": [{ "sku": "MUG", "quantity": 2 }], "carrier": "DHL", "tracking": null });
    for (kind, event_type, payload) in [
        (AggregateType::Payment, "AttemptStarted", started),
        (AggregateType::Payment, "PaymentCaptured", captured),
        (AggregateType::Order, "OrderConfirmed", json!({})),
        (AggregateType::Order, "OrderShipped", sent),
        (
            AggregateType::Order,
            "OrderDelivered",
            json!({ "shipment": shipment }),
        ),
    ] {
        shop.append(kind, &order, event_type, &payload).await;
    }
    // The query's tag: generation, version of the order, version of the payment.
    let seen = "\"1795873452-4-3\"";
    let first = shop.refund_if(&order, seen, "first").await;
    assert_eq!(
        (first.status, &first.body["version"]),
        (StatusCode::CREATED, &json!(4)),
        "{}",
        first.body
    );
    let second = shop.refund_if(&order, seen, "second").await;
    assert_eq!(second.problem(), (412, "conflict"));
    assert_eq!(second.body["current_version"], json!(4));
    // The tag of the first answer is about the payment, too.
    let third = shop.refund_if(&order, "\"4\"", "third").await;
    assert_eq!(third.status, StatusCode::CREATED, "{}", third.body);
}

#[tokio::test]
async fn an_attempt_to_pay_is_made_only_on_the_payment_that_was_seen() {
    let shop = Shop::with_mugs(50).await;
    let customer = shop.customer().await;
    let started = shop.pay_if(&customer, "\"9-1-1\"", "first").await;
    assert_eq!(started.status, StatusCode::CREATED, "{}", started.body);
    let Ok(Some(attempt)) = sqlx::query_scalar::<_, Option<String>>(
        "select payload ->> 'attempt' from events where event_type = 'AttemptStarted'",
    )
    .fetch_one(&shop.pool().await)
    .await
    else {
        panic!("it was started");
    };
    let declined = json!({ "attempt": attempt, "reason": "insufficient_funds" });
    shop.append(
        AggregateType::Payment,
        &customer.order,
        "AttemptDeclined",
        &declined,
    )
    .await;
    for stale in ["\"9-1-1\"", "\"9-1-2\"", "\"9-3-2\"", "W/\"9-1-2\""] {
        let refused = shop.pay_if(&customer, stale, "stale").await;
        assert_eq!(refused.problem(), (412, "conflict"), "{stale}");
        assert_eq!(refused.body["current_version"], json!(3));
    }
    let again = shop.pay_if(&customer, "W/\"9-1-3\"", "again").await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
}

#[tokio::test]
async fn the_tag_of_a_product_names_the_version_of_its_stock_to_commands_on_the_stock() {
    let shop = Shop::with_mugs(50).await;
    let staff = |tag| [("authorization", STAFF), ("if-match", tag)];
    let receive = json!({ "quantity": 1 });
    let priced = json!({ "price": { "minor": 1500, "currency": "EUR" } });
    let price = async |tag| {
        shop.json("PUT", "/products/MUG/price", &staff(tag), &priced)
            .await
    };
    // The product stays at 1, its stock moves from 1 to 2.
    for (tag, status) in [("\"9-1-1\"", 200), ("\"9-2-1\"", 412), ("\"9-1-2\"", 200)] {
        let received = shop
            .json("POST", "/stock/MUG/receipts", &staff(tag), &receive)
            .await;
        assert_eq!(received.status.as_u16(), status, "{tag}: {}", received.body);
    }
    // The tag of a list or of a cart is about no product.
    for (tag, status) in [("\"9-1\"", 412), ("\"9-3-1\"", 412), ("\"9-1-3\"", 200)] {
        let reply = price(tag).await;
        assert_eq!(reply.status.as_u16(), status, "{tag}: {}", reply.body);
    }
}

/// The description of a route says whether it compares versions: what it does not say is refused, whatever the route does.
#[tokio::test]
async fn a_route_whose_description_has_no_if_match_refuses_it() {
    let shop = Shop::open().await;
    let document = serde_json::to_value(crate::router::routes(&Role::ALL).1).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            // What only reads has nothing to compare, and some of it looks at no header.
            if method == "get" {
                continue;
            }
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let is_described = parameters.iter().any(|it| it["name"] == "If-Match");
            let path = path
                .strip_prefix("/api/commands")
                .unwrap()
                .replace(['{', '}'], "");
            let reply = shop
                .json(
                    &method.to_uppercase(),
                    &path,
                    &[("if-match", "\"1\"")],
                    &Value::Null,
                )
                .await;
            let is_refused = reply.violations() == ["If-Match"];
            assert_eq!(is_refused, !is_described, "{method} {path}: {}", reply.body);
            *(if is_described { &mut taken } else { &mut refused }) += 1;
        }
    }
    assert!(taken > 25 && refused > 25, "{taken} take it, {refused} refuse it");
}
