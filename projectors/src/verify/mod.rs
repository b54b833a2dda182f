//! `projectors verify`: compares every view, Kafka and reporting, with a fold of all events, and names what differs.
//!
//! Run by ops, by every test that broke something, and by `./dev verify`. Works while the shop is open: a document that
//! moved on since is compared with the log as far as the document is.

mod kafka;
mod lists;
mod log;
mod money;
mod sums;
mod views;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use domain::AggregateType;
use read_model::record::PartitionOf;
use read_model::{Generation, View};
use serde::Serialize;

use crate::config::Connections;
use crate::reporting;
use crate::reporting::verify::ReportingReport;
use crate::services::Services;

/// How long views may take to reach the log's head.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);
/// Events past what the views have that are looked at, whether one of them is theirs.
const EVENTS_PER_LOOK: i64 = 1_000;
/// More differences than this help nobody; they are only counted.
const MOST_DIFFERENCES: usize = 1_000;

#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How many events the log has.
    pub events: u64,
    pub views: BTreeMap<&'static str, ViewReport>,
    pub kafka: KafkaReport,
    pub reporting: ReportingReport,
    pub differences: Vec<Difference>,
}

#[derive(Debug, Default, Serialize)]
pub struct ViewReport {
    pub generation: Option<Generation>,
    pub documents: u64,
    pub parked: u64,
}

#[derive(Debug, Default, Serialize)]
pub struct KafkaReport {
    pub messages: u64,
    /// Messages that the relay sent again.
    pub duplicates: u64,
}

/// Something that is not as a fold of the events says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `carts cart/0197…`, `kafka position 17`, …
    pub name: String,
    pub expected: String,
    pub found: String,
}

impl Report {
    pub(crate) fn differ(
        &mut self,
        name: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        if self.differences.len() < MOST_DIFFERENCES {
            let (name, expected, found) = (name.into(), expected.into(), found.into());
            self.differences.push(Difference {
                name,
                expected,
                found,
            });
        }
    }
}

pub async fn run(json: bool, connections: &Connections) -> anyhow::Result<ExitCode> {
    let services = Services::connect(connections).await?;
    let mut report = verify(&services, PATIENCE).await?;
    reporting::verify::verify(&services, PATIENCE, &mut report).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(if report.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Compares everything, and again while something differs that may only be late.
pub async fn verify(services: &Services, patience: Duration) -> anyhow::Result<Report> {
    let deadline = Instant::now() + patience;
    while !reached_head(services).await? && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    loop {
        let report = compare(services).await?;
        if report.differences.is_empty() || Instant::now() >= deadline {
            return Ok(report);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn compare(services: &Services) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let head = services.log.head().await?;
    log::check(services, head, &mut report).await?;
    money::check(services, head, &mut report).await?;
    for view in View::ALL {
        views::compare(services, view, head, &mut report).await?;
    }
    sums::compare(services, &mut report).await?;
    kafka::compare(services, head, &mut report).await?;
    Ok(report)
}

/// Whether the newest event that any view shows is in one, and no partition of Kafka has more than its view.
async fn reached_head(services: &Services) -> anyhow::Result<bool> {
    let (mut newest, mut behind) = (0, false);
    for view in View::ALL {
        let mut store = services.store.clone();
        let Some(generation) = store.shown(view).await? else {
            return Ok(false);
        };
        for ((topic, partition), bounds) in services.kafka.bounds(services.kafka.topics(view)).await? {
            let of = PartitionOf {
                view,
                generation,
                topic,
                partition,
            };
            let record = store.record(&of).await?;
            newest = newest.max(record.map_or(0, |record| record.position));
            behind |= record.is_none_or(|record| record.offset < bounds.end);
        }
    }
    if behind {
        return Ok(false);
    }
    let later = services.log.read_all(newest, EVENTS_PER_LOOK).await?;
    Ok(!later.iter().any(|event| is_in_a_view(event.aggregate_type)))
}

fn is_in_a_view(aggregate_type: AggregateType) -> bool {
    View::ALL
        .into_iter()
        .any(|view| view.document_of(aggregate_type).is_some())
}

fn print(report: &Report) {
    println!("{} events", report.events);
    for (view, of_view) in &report.views {
        let generation = of_view
            .generation
            .map_or("none".to_owned(), |generation| generation.to_string());
        println!(
            "{view}: {} documents, {} parked events, generation {generation}",
            of_view.documents, of_view.parked
        );
    }
    println!(
        "kafka: {} messages, {} of them sent again",
        report.kafka.messages, report.kafka.duplicates
    );
    println!(
        "reporting: {} streams, {} of them parked",
        report.reporting.streams, report.reporting.parked
    );
    for Difference {
        name,
        expected,
        found,
    } in &report.differences
    {
        println!("{name}: expected {expected}, found {found}");
    }
    match report.differences.len() {
        0 => println!("everything equals a fold of the events"),
        count => println!("{count} differences"),
    }
}
