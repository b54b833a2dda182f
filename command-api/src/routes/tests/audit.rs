//! What staff did, as staff read it.

use serde_json::{Value, json};
use session::Role;

use super::Shop;

#[tokio::test]
async fn the_audit_says_who_did_what_with_before_and_after_and_nothing_of_shoppers() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let staff = shop.member_with(Role::Staff).await;
    let cookie = [("cookie", &*staff.cookies)];
    let price = json!({ "price": { "minor": 1990, "currency": "EUR" } });
    let changed = shop.json("PUT", "/products/MUG/price", &cookie, &price).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let received = shop
        .json("POST", "/stock/MUG/receipts", &cookie, &json!({ "quantity": 3 }))
        .await;
    assert_eq!(received.status, 200, "{}", received.body);
    let shopper = shop.member().await;
    let shopping = [("cookie", &*shopper.cookies)];
    shop.json("POST", "/carts", &shopping, &json!({})).await;

    // For those who run the shop: whoever it watches does not see it.
    let own = shop.get("/audit", &staff.cookies).await;
    assert_eq!(own.problem(), (403, "forbidden"));
    let ops = shop.member_with(Role::Ops).await;
    let page = shop.get("/audit", &ops.cookies).await.body;
    let entries = page["entries"].as_array().unwrap();
    let events: Vec<&str> = entries
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    assert_eq!(
        events,
        [
            "stock-item.StockReceived",
            "product.PriceChanged",
            "product.ProductListed"
        ]
    );
    assert_eq!(page["next"], Value::Null);
    let priced = &entries[1];
    assert_eq!(priced["email"], json!(staff.email));
    assert_eq!(priced["account"], json!(staff.id));
    assert_eq!(priced["id"], json!("MUG"));
    assert_eq!(
        priced["changes"],
        json!([{ "field": "price.minor", "before": 1450, "after": 1990 }])
    );
    // The configured token is nobody in particular.
    assert_eq!(
        (&entries[2]["account"], &entries[2]["email"]),
        (&Value::Null, &Value::Null)
    );
    let listed = entries[2]["changes"].as_array().unwrap();
    assert!(
        listed.iter().all(|change| change["before"] == Value::Null),
        "{listed:?}"
    );

    let first = shop.get("/audit?limit=2", &ops.cookies).await.body;
    assert_eq!(first["entries"].as_array().unwrap().len(), 2);
    let next = format!("/audit?limit=2&before={}", first["next"]);
    let second = shop.get(&next, &ops.cookies).await.body;
    assert_eq!(second["entries"], json!([entries[2]]));
    for wrong in [
        "/audit?limit=0",
        "/audit?limit=101",
        "/audit?before=x",
        "/audit?what=1",
    ] {
        assert_eq!(
            shop.get(wrong, &ops.cookies).await.problem(),
            (400, "validation"),
            "{wrong}"
        );
    }
}
