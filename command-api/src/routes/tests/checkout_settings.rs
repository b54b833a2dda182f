//! What a shop says of taxes and shipping before there is a quote, and what its quotes charge.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{STAFF, Shop, lines};

/// A cart of this shop that holds one product of this price. Answers its cookies and its id.
async fn cart_worth(shop: &Shop, price: &Value) -> (String, String) {
    let currency = price["currency"].as_str().unwrap();
    let sku = format!("{currency}-{}", price["minor"]);
    let product = json!({
        "sku": sku, "name": "Mug", "description": "Holds tea.", "category": "kitchen", "price": price, "picture": null,
    });
    let staff = [("authorization", STAFF)];
    let listed = shop.json("POST", "/products", &staff, &product).await;
    assert_eq!(listed.status, StatusCode::CREATED, "{}", listed.body);
    let cookies = shop.send("POST", "/session", &[], "").await.cookies();
    let cookie = [("cookie", &*cookies)];
    let opened = shop
        .json("POST", "/carts", &cookie, &json!({ "currency": currency }))
        .await;
    let cart = opened.body["id"].as_str().unwrap().to_owned();
    let added = shop
        .json("POST", &format!("/carts/{cart}/lines"), &cookie, &lines(&sku, 1))
        .await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    (cookies, cart)
}

fn minor(money: &Value) -> i64 {
    money["minor"].as_i64().unwrap()
}

/// What the settings say that sending costs; none where it is not sent in that currency.
fn said(option: &Value, value: &Value) -> Option<i64> {
    let prices = option["prices"].as_array().unwrap();
    let terms = prices
        .iter()
        .find(|terms| terms["price"]["currency"] == value["currency"])?;
    let is_free = !terms["free_from"].is_null() && minor(value) >= minor(&terms["free_from"]);
    Some(if is_free { 0 } else { minor(&terms["price"]) })
}

/// A value just below and one at each border from which sending is free, and a small one, in every currency that is named.
fn values(settings: &Value) -> Vec<Value> {
    let options = settings["shipping"].as_array().unwrap().iter();
    let terms: Vec<&Value> = options
        .flat_map(|option| option["prices"].as_array().unwrap())
        .collect();
    let value = |terms: &Value, minor: i64| json!({ "minor": minor, "currency": terms["price"]["currency"] });
    let mut values: Vec<Value> = terms.iter().map(|terms| value(terms, 1000)).collect();
    for terms in terms.iter().filter(|terms| !terms["free_from"].is_null()) {
        let from = minor(&terms["free_from"]);
        // Ten, since cards take dinars in such steps.
        values.extend([value(terms, from - 10), value(terms, from)]);
    }
    values.sort_by_key(ToString::to_string);
    values.dedup();
    values
}

#[tokio::test]
async fn the_settings_say_for_each_country_and_currency_what_a_quote_charges() {
    let shop = Shop::open().await;
    let settings = shop.send("GET", "/checkout-settings", &[], "").await.body;
    let taxes = settings["taxes"].as_object().unwrap();
    assert_eq!(taxes["DE"], json!({ "rate": 1900, "included": true }));
    assert_eq!(taxes["US"], json!({ "rate": 725, "included": false }));
    let options = settings["shipping"].as_array().unwrap();
    for value in values(&settings) {
        let (cookies, cart) = cart_worth(&shop, &value).await;
        for (country, tax) in taxes {
            for option in options {
                let asked = json!({ "country": country, "shipping_option": option["id"] });
                let path = format!("/carts/{cart}/quote");
                let quote = shop.json("POST", &path, &[("cookie", &*cookies)], &asked).await;
                let case = format!("{country} {value} {}: {}", option["id"], quote.body);
                let totals = &quote.body["totals"];
                assert_eq!(Some(minor(&totals["shipping"])), said(option, &value), "{case}");
                assert_eq!(
                    (&totals["tax_rate"], &totals["tax_included"]),
                    (&tax["rate"], &tax["included"]),
                    "{case}"
                );
                let added = if tax["included"] == true {
                    0
                } else {
                    minor(&totals["tax"])
                };
                let sum = minor(&value) + minor(&totals["shipping"]) + added;
                assert_eq!(minor(&totals["total"]), sum, "{case}");
                assert!(added > 0 || tax["included"] == true || tax["rate"] == 0, "{case}");
                let offered = &quote.body["shipping_options"];
                let named = |of: &Value| {
                    of.as_array()
                        .unwrap()
                        .iter()
                        .map(|one| one["id"].clone())
                        .collect::<Vec<_>>()
                };
                assert_eq!(named(offered), named(&settings["shipping"]), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn what_the_settings_name_no_price_for_is_not_sent() {
    let shop = Shop::open().await;
    let settings = shop.send("GET", "/checkout-settings", &[], "").await.body;
    let value = json!({ "minor": 5000, "currency": "SEK" });
    let options = settings["shipping"].as_array().unwrap();
    assert!(options.iter().all(|option| said(option, &value).is_none()));
    let (cookies, cart) = cart_worth(&shop, &value).await;
    let asked = json!({ "country": "SE" });
    let quote = shop
        .json(
            "POST",
            &format!("/carts/{cart}/quote"),
            &[("cookie", &*cookies)],
            &asked,
        )
        .await;
    assert_eq!(quote.problem(), (422, "no-shipping"));
}

#[tokio::test]
async fn the_settings_name_the_gateway_and_where_the_shop_sends() {
    let shop = Shop::open().await;
    let settings = shop.send("GET", "/checkout-settings", &[], "").await.body;
    assert_eq!(settings["gateway"], "sandbox");
    let countries: Vec<&str> = settings["countries"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(countries.contains(&"DE"));
    let taxed: Vec<&String> = settings["taxes"].as_object().unwrap().keys().collect();
    assert_eq!(taxed, countries);
}
