//! `docs/personal-data.md` lists every table, and the export has what the list says.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};
use session::Role;
use time::OffsetDateTime;
use uuid::Uuid;

use super::accounts::Member;
use super::customer::checkout;
use super::{Shop, lines};
use crate::inbox::{self, Notices};

const LIST: &str = include_str!("../../../../docs/personal-data.md");

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Of each table, the parts of the export.
fn list() -> BTreeMap<&'static str, Vec<&'static str>> {
    let rows = LIST.lines().filter(|line| line.starts_with("| `"));
    let mut listed = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let parts: Vec<&str> = match cells[3].strip_prefix("no") {
            Some(_) => vec![],
            None => quoted(cells[3]).collect(),
        };
        for table in quoted(cells[1]) {
            assert!(
                listed.insert(table, parts.clone()).is_none(),
                "{table} is there twice"
            );
        }
    }
    listed
}

#[tokio::test]
async fn every_table_is_in_the_list_of_what_is_known_of_people() {
    let shop = Shop::open().await;
    // Partitions are parts of the tables that they belong to; the sandbox's books are another company's.
    let tables: Vec<String> = sqlx::query_scalar(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p') and not c.relispartition
           and n.nspname not in ('pg_catalog', 'information_schema', 'sandbox_gateway')",
    )
    .fetch_all(&shop.pool().await)
    .await
    .unwrap();
    let there: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = list().into_keys().collect();
    assert_eq!(
        there, listed,
        "decide in docs/personal-data.md whether a table is in the export, and when it goes"
    );
}

impl Shop {
    /// An order of somebody who is signed in, to Ada's address.
    pub async fn order_of(&self, cookies: &str) -> String {
        let cookie = [("cookie", cookies)];
        let opened = self.json("POST", "/carts", &cookie, &json!({})).await;
        let cart = opened.body["id"].as_str().unwrap();
        let path = format!("/carts/{cart}/lines");
        self.json("POST", &path, &cookie, &lines("MUG", 2)).await;
        let key = Uuid::now_v7().to_string();
        let ordered = self.check_out(cookies, cart, &key, &checkout(3390)).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        ordered.body["id"].as_str().unwrap().to_owned()
    }

    async fn tell(&self, member: &Member, request: &str) {
        let notices = Notices {
            request: request.parse().unwrap(),
            transition: "planned",
            happened_at: OffsetDateTime::now_utc(),
            owners: &[member.id],
            mail: None,
        };
        let mut connection = self.pool().await.acquire().await.unwrap();
        inbox::put(&mut connection, &notices).await.unwrap();
    }
}

#[tokio::test]
async fn the_export_has_something_in_every_part_that_the_list_names() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member_with(Role::Staff).await;
    let cookie = [("cookie", &*ada.cookies)];
    let home = json!({ "name": "Ada Lovelace", "line1": "Dorset Street 1", "postal_code": "10115", "city": "Berlin",
                       "country": "DE" });
    for (path, body) in [
        ("/account/addresses", home),
        // Setting a second factor up ended the link that came with registering.
        ("/account/confirmation-mail", json!({})),
        ("/stock/MUG/receipts", json!({ "quantity": 1 })),
    ] {
        let done = shop.json("POST", path, &cookie, &body).await;
        assert!(done.status.is_success(), "{path}: {}", done.body);
    }
    sqlx::query(
        "insert into api_keys (id, hash, account_id, name, role, expires_at)
         values (gen_random_uuid(), decode(repeat('ab', 32), 'hex'), $1, 'Import', 'shopper', now() + interval '1 day')",
    )
    .bind(ada.id)
    .execute(&shop.pool().await)
    .await
    .unwrap();
    let order = shop.order_of(&ada.cookies).await;
    let pay = [("cookie", &*ada.cookies), ("idempotency-key", "pay")];
    let path = format!("/orders/{order}/payment-attempts");
    shop.json("POST", &path, &pay, &json!({ "payment_method": "pm_card_visa" }))
        .await;
    let opened = shop.json("POST", "/carts", &cookie, &json!({})).await;
    let path = format!("/carts/{}/lines", opened.body["id"].as_str().unwrap());
    shop.json("POST", &path, &cookie, &lines("MUG", 1)).await;
    let request = shop.asked(&ada).await;
    let commented = shop
        .on_request(
            &ada,
            "POST",
            &format!("{request}/comments"),
            &json!({ "text": "Soon?" }),
        )
        .await;
    assert_eq!(commented.status, StatusCode::OK, "{}", commented.body);
    shop.tell(&ada, &request).await;

    let export = shop.get("/account/export", &ada.cookies).await.body;
    let named: BTreeSet<&str> = list().into_values().flatten().chain(["sessions"]).collect();
    for part in &named {
        let is_empty = match &export[part] {
            Value::Array(entries) => entries.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        };
        assert!(!is_empty, "{part} is empty in {export:#}");
    }
    let parts = export.as_object().unwrap().keys().map(String::as_str);
    assert_eq!(
        parts.collect::<BTreeSet<&str>>(),
        named,
        "the list names every part"
    );

    let exported = &export["orders"][0];
    assert_eq!(exported["sent_to"]["line1"], "Dorset Street 1");
    assert_eq!(exported["payment"]["amount"]["minor"], 3390);
    assert_eq!(exported["payment"]["attempts"][0]["paid_with"], "pm_card_visa");
    assert_eq!(exported["payment"]["refunds"], json!([]));
    assert_eq!(exported["history"][0]["what"], "OrderPlaced");
    assert_eq!(exported["history"][0]["by"], "customer");
    assert_eq!(export["cart"]["lines"][0]["sku"], "MUG");
    assert_eq!(export["texts"][0]["title"], "A teapot for two");
    assert_eq!(export["requests"][0]["done"][0]["what"], "RequestSubmitted");
    assert_eq!(export["inbox"][0]["what"], "planned");
    assert_eq!(export["done_as_staff"][0]["what"], "StockReceived");
    assert_eq!(export["mails"][0]["kind"], "confirm-email");
    let text = export.to_string();
    for secret in ["$argon2", "cw_", "hash"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}
