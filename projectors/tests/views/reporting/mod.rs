//! The tables for SQL users: written once whatever happens, rebuilt, verified, and asked as the guide says.

mod applying;
mod asking;
mod keeping;
mod rebuilding;
mod shopping;
mod verifying;

use std::process::Command;
use std::time::Duration;

use ::reporting::Progress;
use domain::StreamId;
use projectors::decode::Incoming;
use projectors::kafka::partition_of;
use projectors::reporting::apply::apply;
use projectors::reporting::rebuild::rebuild;
use projectors::reporting::{self, ReportingError};
use projectors::verify::{Difference, Report};
use secrecy::ExposeSecret;

use crate::support::*;

/// A shop whose tables are built and empty.
async fn shop() -> Shop {
    let shop = Shop::open().await;
    rebuild(&shop.services).await.unwrap();
    shop
}

/// What a statement gives: a line a row, with `|` between columns.
fn ask(shop: &Shop, statement: &str) -> String {
    let url = shop.connections.database_url.expose_secret();
    let done = Command::new("psql")
        .args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement, url])
        .output();
    let done = done.expect("psql comes with PostgreSQL's client");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{statement}: {error}");
    String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
}

/// The partition of a stream.
fn place(shop: &Shop, stream: &StreamId) -> (String, i32) {
    let topic = shop.services.kafka.topic(stream.aggregate_type.topic());
    (topic, partition_of(&stream.aggregate_id, PARTITIONS as usize))
}

/// One step of a worker that believes to be at `from` in the partition of `stream`.
async fn step(
    shop: &Shop,
    stream: &StreamId,
    from: i64,
    messages: Vec<Incoming>,
) -> Result<i64, ReportingError> {
    let (topic, partition) = place(shop, stream);
    let services = &shop.services;
    let from = Progress {
        next_offset: from,
        position: None,
    };
    let (tables, log) = (&services.tables, &services.log);
    let next = apply(tables, log, (&topic, partition), from, messages).await?;
    Ok(next.next_offset)
}

/// Where the partition of `stream` goes on.
async fn next_offset(shop: &Shop, stream: &StreamId) -> Option<i64> {
    let (topic, partition) = place(shop, stream);
    let progress = shop.services.tables.progress(&topic, partition).await;
    progress.unwrap().map(|progress| progress.next_offset)
}

/// Applies everything that Kafka has for the partition of `stream`.
async fn apply_all(shop: &Shop, stream: &StreamId) -> i64 {
    let messages = shop.messages_of(stream).await;
    step(shop, stream, 0, messages).await.unwrap()
}

async fn differences(shop: &Shop, patience: Duration) -> Vec<Difference> {
    let mut report = Report::default();
    reporting::verify::verify(&shop.services, patience, &mut report)
        .await
        .unwrap();
    report.differences
}

async fn assert_verified(shop: &Shop) {
    assert_eq!(differences(shop, PATIENCE).await, []);
}
