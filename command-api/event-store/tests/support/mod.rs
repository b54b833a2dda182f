//! A database of its own for each test, and tiny fixtures.
#![allow(dead_code, reason = "every test file uses its own part of it")]

use domain::cart::CartEvent;
use domain::{CartId, Currency, Event, Money, OwnerId, Sku, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};
use event_store::{Connection, NewEvent, Receipt, ReceiptAnswer, StreamUse, Transaction};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, Executor, PgConnection};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A new database at this binary's schema.
pub async fn database() -> String {
    let admin = std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names no PostgreSQL: run the tests with ./dev test");
    let name = format!("test_{}", Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&admin).await.expect("PostgreSQL answers");
    connection
        .execute(format!("create database {name}").as_str())
        .await
        .expect("may create databases");
    let options: PgConnectOptions = admin.parse().expect("a URL");
    let url = options.database(&name).to_url_lossy().to_string();
    event_store::migrations::run(&url).await.expect("migrates");
    url
}

/// The same database for a process that owns nothing in it: the tests' own user takes the role on.
pub fn as_role(url: &str, role: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options=-c%20role%3D{role}")
}

pub async fn sql(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("PostgreSQL answers")
}

pub async fn store(url: &str) -> Connection {
    Connection::open(url).await.expect("PostgreSQL answers")
}

pub fn cart() -> StreamId {
    CartId::new(Uuid::now_v7()).stream()
}

pub fn opened() -> Event {
    Event::Cart(CartEvent::CartOpened {
        owner: OwnerId::new(Uuid::nil()),
        currency: Currency::EUR,
    })
}

pub fn added(name: &str) -> Event {
    Event::Cart(CartEvent::ItemAdded {
        sku: Sku::parse("MUG").expect("a SKU"),
        name: name.to_owned(),
        quantity: 1,
        unit_price: Money::new(1450, Currency::EUR),
        line_quantity: 1,
    })
}

pub fn writes(stream: &StreamId, expected_version: i64, events: Vec<Event>) -> StreamUse {
    let events = events
        .into_iter()
        .map(|event| NewEvent {
            event_id: Uuid::now_v7(),
            event,
        })
        .collect();
    StreamUse {
        stream: stream.clone(),
        expected_version,
        events,
    }
}

pub fn reads(stream: &StreamId, expected_version: i64) -> StreamUse {
    writes(stream, expected_version, vec![])
}

pub fn transaction(streams: Vec<StreamUse>) -> Transaction {
    Transaction {
        streams,
        metadata: r#"{"actor":"guest"}"#.to_owned(),
        receipt: None,
        deadlines: vec![],
    }
}

pub fn receipt(id: u128, version: i64) -> Receipt {
    let answer = Some(ReceiptAnswer {
        status: 200,
        subject: "cart".to_owned(),
        version,
    });
    Receipt {
        id: Uuid::from_u128(id),
        fingerprint: Uuid::from_u128(7),
        answer,
    }
}

/// So many seconds from now, to the second: as PostgreSQL keeps it.
pub fn in_seconds(seconds: i64) -> OffsetDateTime {
    let now = OffsetDateTime::now_utc() + Duration::seconds(seconds);
    now.replace_nanosecond(0).expect("0 is a nanosecond")
}

pub fn sets(kind: DeadlineKind, stream: &StreamId, due: OffsetDateTime) -> DeadlineChange {
    DeadlineChange::set(kind, stream.aggregate_id.clone(), due)
}

pub fn clears(kind: DeadlineKind, stream: &StreamId) -> DeadlineChange {
    DeadlineChange::clear(kind, stream.aggregate_id.clone())
}

pub fn with_deadlines(streams: Vec<StreamUse>, deadlines: Vec<DeadlineChange>) -> Transaction {
    Transaction {
        deadlines,
        ..transaction(streams)
    }
}

/// The deadlines that are set, by id and kind.
pub async fn deadlines(url: &str) -> Vec<(String, String, OffsetDateTime)> {
    sqlx::query_as("select kind, aggregate_id, due_at from deadlines order by aggregate_id, kind")
        .fetch_all(&mut sql(url).await)
        .await
        .expect("PostgreSQL reads")
}
