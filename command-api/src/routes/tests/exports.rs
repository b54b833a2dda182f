//! How often an account takes its data, and what that costs the shop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use event_store::Reader;
use session::{Leases, Taken};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

use super::Shop;
use crate::accounts::{export, store};

/// More than fit in one batch, several times.
pub const ORDERS: i32 = 300;

#[tokio::test]
async fn an_account_takes_its_data_five_times_an_hour() {
    let shop = Shop::open().await;
    let (ada, grace) = (shop.member().await, shop.member().await);
    for _ in 0..5 {
        let taken = shop.get("/account/export", &ada.cookies).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    }
    let refused = shop.get("/account/export", &ada.cookies).await;
    assert_eq!(refused.problem(), (429, "rate-limited"));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3500..=3601).contains(&wait), "{wait}");
    assert_eq!(refused.headers["ratelimit-policy"], "\"export\";q=5;w=3600");
    let other = shop.get("/account/export", &grace.cookies).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.body);
}

#[tokio::test]
async fn an_export_that_fails_for_a_reason_of_ours_is_none_of_the_five() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let pool = shop.pool().await;
    let run = async |sql: &'static str| sqlx::query(sql).execute(&pool).await.unwrap();
    run("alter table addresses rename to addresses_that_cannot_be_read").await;
    for _ in 0..6 {
        let failed = shop.get("/account/export", &ada.cookies).await;
        assert_eq!(failed.problem(), (503, "unavailable"));
    }
    run("alter table addresses_that_cannot_be_read rename to addresses").await;
    for _ in 0..5 {
        let taken = shop.get("/account/export", &ada.cookies).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    }
    let refused = shop.get("/account/export", &ada.cookies).await;
    assert_eq!(refused.problem(), (429, "rate-limited"));
}

#[tokio::test]
async fn an_account_has_one_export_at_a_time() {
    let shop = Shop::open().await;
    let ada = shop.member().await;
    let leases = Leases::of(&shop.sessions);
    let (id, life) = (ada.id.to_string(), Duration::from_secs(15));
    let Taken::Yes(lease) = leases.take("export", &id, life).await.unwrap() else {
        panic!("somebody has the lease");
    };
    let refused = shop.get("/account/export", &ada.cookies).await;
    assert_eq!(refused.problem(), (429, "rate-limited"));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=16).contains(&wait), "{wait}");
    leases.give_back(lease).await.unwrap();
    // And each gives its lease back.
    for _ in 0..2 {
        let taken = shop.get("/account/export", &ada.cookies).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    }
}

/// Passes on what is said to PostgreSQL, and counts how often something is.
pub async fn counted(url: &str) -> (String, Arc<AtomicUsize>) {
    let (credentials, rest) = url.rsplit_once('@').unwrap();
    let (server, database) = rest.split_once('/').unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let (server, said) = (server.to_owned(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&said);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = TcpStream::connect(&server).await.unwrap();
            let ((mut asks, mut hears), (mut answers, mut asked)) =
                (client.into_split(), upstream.into_split());
            let counter = Arc::clone(&counter);
            tokio::spawn(async move { copy(&mut answers, &mut hears).await });
            tokio::spawn(async move {
                let mut bytes = vec![0; 1 << 16];
                while let Ok(count @ 1..) = asks.read(&mut bytes).await {
                    counter.fetch_add(1, Ordering::SeqCst);
                    asked.write_all(&bytes[..count]).await.unwrap();
                }
            });
        }
    });
    (format!("{credentials}@{proxy}/{database}"), said)
}

impl Shop {
    /// As often as that, each under an id of its own.
    pub async fn copy_order(&self, order: &str) {
        for sql in [
            "insert into events (global_position, aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                                 metadata, event_id, recorded_at)
             select 1000000 + row_number() over (), aggregate_type, md5('copy ' || n)::uuid::text, sequence, event_type,
                    event_version, payload, metadata, gen_random_uuid(), recorded_at
             from events cross join generate_series(1, $2) n
             where aggregate_id = $1 and aggregate_type in ('order', 'payment')",
            "insert into contacts (id, order_id, email, name, line1, postal_code, city, country, owner, is_of_guest, email_key)
             select gen_random_uuid(), md5('copy ' || n)::uuid, email, name, line1, postal_code, city, country, owner,
                    is_of_guest, email_key
             from contacts cross join generate_series(1, $2) n where order_id::text = $1",
        ] {
            sqlx::query(sql)
                .bind(order)
                .bind(ORDERS)
                .execute(&self.pool().await)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn the_orders_of_an_export_are_read_in_batches_and_all_of_them_are_there() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let order = shop.order_of(&ada.cookies).await;
    shop.copy_order(&order).await;
    let account = store::by_id(&shop.app.accounts.pool, ada.id).await.unwrap();
    let (url, said) = counted(&shop.url).await;
    let reader = Reader::connect(&url).await.unwrap();
    let before = said.load(Ordering::SeqCst);
    let exported = export::orders(&reader, &shop.app.contacts, &account)
        .await
        .unwrap();
    let statements = said.load(Ordering::SeqCst) - before;
    assert_eq!(exported.texts.len(), usize::try_from(ORDERS).unwrap() + 1);
    assert!(statements < 60, "{statements} round trips for {ORDERS} orders");
    let file = shop.get("/account/export", &ada.cookies).await;
    let orders = file.body["orders"].as_array().unwrap();
    assert_eq!(orders.len(), exported.texts.len());
    for one in [&orders[0], &orders[orders.len() - 1]] {
        assert_eq!(one["history"][0]["what"], "OrderPlaced");
        assert_eq!(one["sent_to"]["line1"], "Dorset Street 1");
    }
}
