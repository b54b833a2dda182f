//! Who sells is told to everybody, without a session.

use axum::http::StatusCode;
use serde_json::json;

use super::Shop;

#[tokio::test]
async fn anybody_is_told_who_sells() {
    let shop = Shop::open().await;
    let seller = shop.send("GET", "/seller", &[], "").await;
    assert_eq!(seller.status, StatusCode::OK);
    assert_eq!(
        seller.body,
        json!({
            "name": "Sample Seller Ltd. (sample)",
            "address": ["Sample Street 1", "10115 Sampletown", "Germany"],
            "vat_id": "DE000000000",
            "email": "seller@shop.example",
            "phone": "+49 30 0000000",
        })
    );
    assert_eq!(seller.headers["cache-control"], "public, max-age=60");
}
