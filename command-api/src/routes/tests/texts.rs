//! Texts that no store, no mail and no label can hold are refused, each by the name of its field.

use axum::http::StatusCode;
use serde_json::json;

use super::customer::Customer;
use super::{STAFF, Shop, mug};

/// As JSON, for what `json!` cannot write.
const NO_LINES: [&str; 7] = [
    r#""D\u0000HL""#,
    r#""D\nHL""#,
    r#""D\u001b[31mHL""#,
    r#""D\u009fHL""#,
    r#""D\uffffHL""#,
    r#""D\ue000HL""#,
    r#""""#,
];
const HALF_A_PAIR: [&str; 3] = [r#""D\ud800HL""#, r#""D\udc00HL""#, r#""D\ud800\ud800HL""#];

#[tokio::test]
async fn a_carrier_and_a_tracking_number_are_texts_that_a_label_can_hold() {
    let shop = Shop::with_mugs(50).await;
    let Customer { order, .. } = shop.customer().await;
    let path = format!("/orders/{order}/shipments");
    let headers = [("authorization", STAFF), ("content-type", "application/json")];
    for text in NO_LINES.iter().chain(&HALF_A_PAIR) {
        let body = format!(r#"{{"carrier":{text}}}"#);
        let refused = shop.send("POST", &path, &headers, body).await;
        assert_eq!(refused.problem(), (400, "validation"), "{text}");
        assert_eq!(refused.violations(), ["carrier"], "{text}");
        let body = format!(r#"{{"carrier":"","tracking":{text}}}"#);
        let refused = shop.send("POST", &path, &headers, body).await;
        let named = refused.violations();
        assert!(
            named.contains(&"tracking") || *text == r#""""#,
            "{text}: {named:?}"
        );
    }
    let refused = shop
        .send("POST", &path, &headers, r#"{"carrier":"D\ud800HL"}"#)
        .await;
    let said = refused.body["violations"][0]["message"]
        .as_str()
        .unwrap_or_default();
    assert!(said.contains("half of a surrogate pair"), "{said}");
    // What nobody sees is left out, and the rest is taken.
    let unpaid = shop
        .json(
            "POST",
            &path,
            &headers[..1],
            &json!({ "carrier": "D\u{202e}H\u{200b}L" }),
        )
        .await;
    assert_eq!(unpaid.problem(), (422, "order-not-paid"));
}

#[tokio::test]
async fn every_text_of_a_product_that_is_wrong_is_named() {
    let shop = Shop::open().await;
    let mut wrong = mug();
    wrong["sku"] = json!("M\0G");
    wrong["name"] = json!("Mug\0");
    wrong["description"] = json!("Holds\u{1b} tea.");
    wrong["picture"] = json!({ "drawing": "m\u{202e}g", "colour": "" });
    let refused = shop
        .json("POST", "/products", &[("authorization", STAFF)], &wrong)
        .await;
    assert_eq!(refused.problem(), (400, "validation"));
    assert_eq!(
        refused.violations(),
        ["sku", "name", "description", "picture.drawing", "picture.colour"]
    );
    let mut odd = mug();
    odd["name"] = json!("  Cafe\u{301}  mug\u{200b} ");
    odd["description"] = json!("One.\r\nTwo.");
    let listed = shop
        .json("POST", "/products", &[("authorization", STAFF)], &odd)
        .await;
    assert_eq!(listed.status, StatusCode::CREATED, "{}", listed.body);
    let audit = shop.send("GET", "/audit", &[("authorization", STAFF)], "").await;
    let told = &audit.body["entries"][0]["payload"];
    assert_eq!(told["name"], "Caf\u{e9} mug");
    assert_eq!(told["description"], "One.\nTwo.");
}
