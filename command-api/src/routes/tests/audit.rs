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

#[tokio::test]
async fn the_audit_is_asked_by_person_subject_and_time() {
    let shop = Shop::open().await;
    shop.list_mug().await;
    let staff = shop.member_with(Role::Staff).await;
    let cookie = [("cookie", &*staff.cookies)];
    let units = json!({ "quantity": 3 });
    let received = shop.json("POST", "/stock/MUG/receipts", &cookie, &units).await;
    assert_eq!(received.status, 200, "{}", received.body);
    let code = json!({ "code": "SPRING-10", "discount": { "percent": 10 } });
    let created = shop.json("POST", "/discount-codes", &cookie, &code).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let ops = shop.member_with(Role::Ops).await;
    let read = async |query: &str| {
        let reply = shop.get(&format!("/audit{query}"), &ops.cookies).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    };
    let events = async |query: &str| -> Vec<String> {
        let page = read(query).await;
        let entries = page["entries"].as_array().unwrap();
        let names = entries.iter().map(|entry| entry["event"].as_str().unwrap());
        names.map(str::to_owned).collect()
    };

    let all = read("").await;
    let people = all["people"].as_array().unwrap();
    assert_eq!(people.len(), 2, "{people:?}");
    assert!(people.contains(&json!({ "account": null, "email": null })));
    assert!(people.contains(&json!({ "account": staff.id, "email": staff.email })));

    let code = "discount-code.CodeCreated".to_owned();
    let units = "stock-item.StockReceived".to_owned();
    let listed = "product.ProductListed".to_owned();
    assert_eq!(events("?by=token").await, std::slice::from_ref(&listed));
    let by = format!("?by={}", staff.id);
    assert_eq!(events(&by).await, [code.clone(), units.clone()]);
    assert_eq!(events("?subject=mug").await, [units.clone(), listed.clone()]);
    assert_eq!(
        events(&format!("{by}&subject=MUG")).await,
        std::slice::from_ref(&units)
    );
    assert_eq!(events("?subject=spring-10").await, std::slice::from_ref(&code));
    assert_eq!(events("?subject=NO-SUCH").await, [""; 0]);

    // From the second deed to before the third.
    let entries = all["entries"].as_array().unwrap();
    let (third, second) = (
        entries[0]["at"].as_str().unwrap(),
        entries[1]["at"].as_str().unwrap(),
    );
    let range = format!("?from={second}&to={third}");
    assert_eq!(events(&range).await, [units]);
    assert_eq!(events(&format!("?from={second}&limit=1")).await, [code]);
    assert_eq!(events(&format!("?to={second}")).await, [listed]);
    for wrong in [
        "?by=ada",
        "?subject=a%20b",
        "?subject=",
        "?from=2026-02-30T00:00:00Z",
        "?to=12026-01-01T00:00:00Z",
        "?from=2026-02-02T00:00:00Z&to=2026-02-01T00:00:00Z",
    ] {
        let refused = shop.get(&format!("/audit{wrong}"), &ops.cookies).await;
        assert_eq!(refused.problem(), (400, "validation"), "{wrong}");
    }
}
