//! Every row of `reporting.*`, column by column, against the fold of its stream; and no row too many.
//!
//! Part of `projectors verify`. Works while the shop is open: what must be there is noted first, and a row that moved on
//! since is compared with the log as far as the row is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::{Duration, Instant};

use reporting::{Key, Row};
use serde::Serialize;
use serde_json::Value;

use super::history::{Folded, History};
use super::{NAME, ReportingError};
use crate::services::Services;
use crate::verify::{Looks, Report};

const LOOK: Duration = Duration::from_millis(100);
const STREAMS_PER_LOAD: usize = 1_000;

#[derive(Debug, Default, Serialize)]
pub struct ReportingReport {
    /// Streams with a row. A product has two of them.
    pub streams: u64,
    /// Streams that are not folded on, since an event of theirs cannot be read.
    pub parked: u64,
}

/// Compares everything, and again while something differs that may only be late.
pub async fn verify(services: &Services, patience: Duration, report: &mut Report) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    let head = services.log.head().await?;
    let mut looks = Looks::default();
    loop {
        let mut found = Comparison::default();
        found.compare(services, head).await?;
        let is_over = Instant::now() >= deadline;
        if looks.settle(&mut found.differences, |(name, ..)| name, is_over) {
            report.reporting = found.report;
            for (name, expected, found) in found.differences {
                report.differ(name, expected, found);
            }
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[derive(Default)]
struct Comparison {
    report: ReportingReport,
    /// Names, with what was expected and found.
    differences: Vec<(String, String, String)>,
    /// `type/id`.
    parked: HashSet<String>,
    /// The streams that the log says there are.
    known: HashSet<Key>,
}

impl Comparison {
    async fn compare(&mut self, services: &Services, head: i64) -> Result<(), ReportingError> {
        if !services.tables.is_built().await? {
            self.differ(NAME.to_owned(), "tables that are built", "none");
            return Ok(());
        }
        for parked in services.tables.parked().await? {
            self.report.parked += 1;
            let name = format!("{NAME} {}", parked.aggregate);
            self.differ(name, "every event applied", &format!("parked: {}", parked.reason));
            self.parked.insert(parked.aggregate);
        }
        let mut history = History::read(&services.log, head);
        loop {
            let page = history.page(STREAMS_PER_LOAD).await?;
            if page.is_empty() {
                break;
            }
            self.compare_page(services, page).await?;
        }
        self.look_for_strangers(services).await
    }

    async fn compare_page(&mut self, services: &Services, page: Vec<Folded>) -> Result<(), ReportingError> {
        let mut expected = BTreeMap::new();
        for folded in page {
            if let Some(poison) = &folded.poison
                && !self.parked.contains(&poison.aggregate)
            {
                let name = format!("{NAME} {}", poison.aggregate);
                self.differ(name, "parked: it has an event that cannot be read", "not parked");
            }
            let unreadable = folded.poison.is_some();
            let Some((key, row)) = folded.row else { continue };
            self.known.insert(key.clone());
            if !unreadable && !self.parked.contains(&key.to_string()) {
                expected.insert(key, row);
            }
        }
        let keys: Vec<Key> = expected.keys().cloned().collect();
        let mut found = services.tables.load_whole(&keys).await?;
        self.report.streams += found.len() as u64;
        for (key, mut row) in expected {
            let Some(found) = found.remove(&key) else {
                self.differ(format!("{NAME} {key}"), "a row", "nothing");
                continue;
            };
            catch_up(services, &key, &mut row, found.sequence()).await?;
            self.compare_row(&key, &row, &found);
        }
        Ok(())
    }

    fn compare_row(&mut self, key: &Key, expected: &Row, found: &Row) {
        if expected == found {
            return;
        }
        let (expected, found) = (cells(expected), cells(found));
        let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
        for name in names {
            let text = |cells: &BTreeMap<String, Value>| {
                cells.get(name).map_or("nothing".to_owned(), Value::to_string)
            };
            if expected.get(name) != found.get(name) {
                self.differ(format!("{NAME} {key} {name}"), &text(&expected), &text(&found));
            }
        }
    }

    /// Rows that the log knows nothing of.
    async fn look_for_strangers(&mut self, services: &Services) -> Result<(), ReportingError> {
        for key in services.tables.keys().await? {
            if self.known.contains(&key) {
                continue;
            }
            let (kind, id) = (key.aggregate_type(), key.aggregate_id());
            if services.log.read_stream(kind, &id, 0).await?.is_empty() {
                self.differ(format!("{NAME} {key}"), "nothing", "a row without events");
            }
        }
        Ok(())
    }

    fn differ(&mut self, name: String, expected: &str, found: &str) {
        self.differences
            .push((name, expected.to_owned(), found.to_owned()));
    }
}

/// Folds what the row has seen since the log was read.
async fn catch_up(services: &Services, key: &Key, row: &mut Row, seen: i64) -> Result<(), ReportingError> {
    if seen <= row.sequence() {
        return Ok(());
    }
    let newer = services
        .log
        .read_stream(key.aggregate_type(), &key.aggregate_id(), row.sequence())
        .await?;
    for recorded in newer.iter().filter(|recorded| recorded.sequence <= seen) {
        // An unreadable one shows as a difference.
        if let Ok(event) = recorded.event() {
            row.fold(recorded, &event);
        }
    }
    Ok(())
}

/// A row as its columns, an order's lines among them: `line 1 quantity`.
fn cells(row: &Row) -> BTreeMap<String, Value> {
    match row {
        Row::Order(order) => {
            let mut cells = columns("", order);
            for line in &order.lines {
                cells.extend(columns(&format!("line {} ", line.line_no), line));
            }
            cells
        }
        Row::Payment(payment) => columns("", payment),
        Row::Product(product) => columns("", product),
        Row::Stock(stock) => columns("", stock),
    }
}

fn columns(prefix: &str, row: &impl Serialize) -> BTreeMap<String, Value> {
    let Ok(Value::Object(columns)) = serde_json::to_value(row) else {
        return BTreeMap::new();
    };
    let named = columns
        .into_iter()
        .map(|(name, value)| (format!("{prefix}{name}"), value));
    named.collect()
}
