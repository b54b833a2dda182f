//! Every parameter of the query API, from its own description, is sent everything that a text should not be.
//!
//! What is new in the description is tried by itself: nothing here lists parameters.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

#[path = "../../command-api/src/routes/tests/fuzz/corpus.rs"]
mod corpus;
mod shop;

use axum::http::HeaderValue;
use corpus::{Hostile, Verdict, corpus};
use query_api::router::description;
use serde_json::Value;
use session::{Role, Roles};
use shop::orders::Order;
use shop::{FIRST, MUG, Shop, cart_body, redis_url, unbuilt};
use std::fmt::Write as _;
use uuid::Uuid;

/// A place in the description in which a client can put a text.
struct Parameter {
    path: String,
    name: String,
    place: String,
}

fn described() -> Vec<Parameter> {
    let document = serde_json::to_value(description()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = vec![];
    for (path, item) in document["paths"].as_object().unwrap() {
        for parameter in item["get"]["parameters"].as_array().into_iter().flatten() {
            found.push(Parameter {
                path: path.clone(),
                name: text(&parameter["name"]),
                place: text(&parameter["in"]),
            });
        }
    }
    found
}

/// Whoever sees the cart, the order and the lists of staff.
struct Visitor {
    shop: Shop,
    cookies: String,
    cart: Uuid,
    order: Uuid,
}

impl Visitor {
    async fn arrive() -> Self {
        let shop = unbuilt(&redis_url(), &["--rate-limit-per-second", "1000000"]).await;
        shop.build_all().await;
        let owner = shop.member(Roles::SHOPPER.with(Role::Staff)).await;
        let (cart, order) = (Uuid::now_v7(), Order::of(&owner));
        shop.write_order(&order).await;
        shop.write_product(FIRST, &MUG).await;
        let body = cart_body(cart, 1, &[MUG.sku]);
        shop.write_cart(FIRST, cart, 1, owner.owner, &body).await;
        Self {
            order: order.id,
            cookies: owner.cookies,
            shop,
            cart,
        }
    }

    /// With one hostile parameter, percent-encoded byte by byte.
    fn path(&self, parameter: &Parameter, sent: &[u8]) -> String {
        let encoded = sent.iter().fold(String::new(), |mut path, byte| {
            let _ = write!(path, "%{byte:02x}");
            path
        });
        let mut path = parameter.path.clone();
        if parameter.place == "path" {
            path = path.replace(&format!("{{{}}}", parameter.name), &encoded);
        }
        let id = if path.contains("/carts/") {
            self.cart
        } else {
            self.order
        };
        let path = path.replace("{id}", &id.to_string()).replace("{sku}", MUG.sku);
        if parameter.place == "query" {
            format!("{path}?{}={encoded}", parameter.name)
        } else {
            path
        }
    }
}

/// What can be sent there, and whether it is a text at all.
fn values(place: &str, corpus: &[Hostile]) -> Vec<(Vec<u8>, bool)> {
    if place == "header" {
        let bytes = [
            &b"\xff\xfe"[..],
            b"a\x80b",
            "a\u{202e}b".as_bytes(),
            b"\"",
            b"*",
            b"W/\"\"",
        ];
        return bytes.into_iter().map(|bytes| (bytes.to_vec(), true)).collect();
    }
    let fits = |text: &String| text.len() < 2_000 && !text.contains('/') && !text.trim().is_empty();
    let texts = corpus.iter().filter_map(Hostile::text).filter(fits);
    let is_white = |c: char| matches!(c, '\t' | '\n' | '\r') && place == "query";
    let mut values: Vec<(Vec<u8>, bool)> = texts
        .map(|text| {
            let is_text = !text.chars().any(|c| c.is_control() && !is_white(c));
            (text.into_bytes(), is_text)
        })
        .collect();
    // No UTF-8 at all: a byte alone, an overlong slash, half of a surrogate pair.
    values.extend([&b"\xff"[..], b"\xc0\xaf", b"a\xed\xa0\x80"].map(|bytes| (bytes.to_vec(), false)));
    values
}

#[tokio::test]
async fn every_parameter_is_refused_by_name_or_names_nothing() {
    let (visitor, corpus) = (Visitor::arrive().await, corpus());
    assert!(corpus.iter().any(|hostile| hostile.verdict == Verdict::Refused));
    let mut tried = 0;
    for parameter in described() {
        for (sent, is_text) in values(&parameter.place, &corpus) {
            let path = visitor.path(&parameter, &sent);
            let mut headers = vec![("cookie", HeaderValue::from_str(&visitor.cookies).unwrap())];
            if parameter.place == "header" {
                headers.push((&parameter.name, HeaderValue::from_bytes(&sent).unwrap()));
            }
            let refused = visitor.shop.refusal(&path, &headers).await;
            let shown: String = String::from_utf8_lossy(&sent).chars().take(60).collect();
            let about = format!("{} {} = {shown}: {refused:?}", parameter.path, parameter.name);
            tried += 1;
            let Some((status, problem)) = refused else {
                assert!(is_text, "{about}");
                continue;
            };
            assert!(status < 500, "{about}");
            if status == 400 {
                let fields: Vec<&str> = problem["violations"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|violation| violation["field"].as_str())
                    .collect();
                assert_eq!(fields, [parameter.name.as_str()], "{about}");
            }
            if !is_text {
                assert_eq!(status, 400, "{about}");
            }
        }
    }
    assert!(tried > 1_000, "only {tried} were tried");
}

#[tokio::test]
async fn a_search_with_what_nobody_sees_is_the_search_without_it() {
    let visitor = Visitor::arrive().await;
    for q in ["m%e2%80%8bug", "%ef%bb%bfmug", "mu%c2%adg", "%e2%80%aemug"] {
        let found = visitor
            .shop
            .get(&format!("/api/queries/products?q={q}&after=KIT-MUG:1"), "")
            .await
            .json();
        assert_eq!(found["items"][0]["sku"], MUG.sku, "{q}: {found}");
    }
}
