//! `projectors verify`: compares every view, Kafka and reporting, with a fold of all events, and names what differs.
//!
//! Run by ops, by every test that broke something, and by `./dev verify`. Works while the shop is open: a document that
//! moved on since is compared with the log as far as the document is, and what differs is looked at again; only what
//! differs at two looks in a row counts.

mod kafka;
mod lists;
mod log;
mod members;
mod money;
mod sums;
mod views;

use std::collections::{BTreeMap, HashSet};
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
    /// Messages of events that the log has lost since: it was restored.
    pub void: u64,
    /// Messages that the log never had: somebody else wrote them, and no consumer applies them.
    pub foreign: u64,
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
    let mut looks = Looks::default();
    loop {
        let mut report = compare(services).await?;
        let is_over = Instant::now() >= deadline;
        if looks.settle(&mut report.differences, |difference| &difference.name, is_over) {
            return Ok(report);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Compares one look with the one before. While the shop is open, what is read one after the other differs for a moment, each time
/// in another place; what is wrong differs at both looks.
#[derive(Default)]
pub(crate) struct Looks {
    /// What differed at the last look, by name.
    before: Option<HashSet<String>>,
    /// Nothing of it differed at the look before that.
    was_passing: bool,
}

impl Looks {
    /// Whether it is known what differs, and leaves that. Equal is what showed nothing at one look, or at three in a row nothing that
    /// the look before showed as well.
    pub(crate) fn settle<T>(
        &mut self,
        differences: &mut Vec<T>,
        name: impl Fn(&T) -> &String,
        is_over: bool,
    ) -> bool {
        // Of too many, not all are named: they cannot be compared.
        if differences.is_empty() || differences.len() >= MOST_DIFFERENCES {
            return differences.is_empty() || is_over;
        }
        let names: HashSet<String> = differences
            .iter()
            .map(|difference| name(difference).clone())
            .collect();
        let Some(before) = self.before.replace(names) else {
            return is_over;
        };
        let is_at_both = |difference: &T| before.contains(name(difference));
        if differences.iter().any(is_at_both) {
            self.was_passing = false;
            differences.retain(is_at_both);
            return is_over;
        }
        // Also when time is over: what showed only now has not been looked at again.
        let is_settled = self.was_passing;
        self.was_passing = true;
        if is_settled {
            differences.clear();
        }
        is_settled
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
        "kafka: {} messages, {} of them sent again, {} of events that the log has lost, {} that it never had",
        report.kafka.messages, report.kafka.duplicates, report.kafka.void, report.kafka.foreign
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

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(looks: &mut Looks, found: &[&str], is_over: bool) -> Option<Vec<String>> {
        let mut names: Vec<String> = found.iter().map(|&name| name.to_owned()).collect();
        looks.settle(&mut names, |name| name, is_over).then_some(names)
    }

    #[test]
    fn one_look_that_shows_nothing_is_enough() {
        let mut looks = Looks::default();
        assert_eq!(settled(&mut looks, &["late"], false), None);
        assert_eq!(settled(&mut looks, &[], false), Some(vec![]));
    }

    #[test]
    fn what_differs_at_two_looks_in_a_row_is_wrong_whenever_it_first_showed() {
        let mut looks = Looks::default();
        assert_eq!(settled(&mut looks, &["not built yet"], false), None);
        assert_eq!(settled(&mut looks, &["wrong", "passing"], false), None);
        assert_eq!(settled(&mut looks, &["wrong", "another"], false), None);
        assert_eq!(
            settled(&mut looks, &["a third", "wrong"], true),
            Some(vec!["wrong".to_owned()])
        );
    }

    #[test]
    fn what_differs_in_another_place_at_each_of_three_looks_is_nothing() {
        let mut looks = Looks::default();
        assert_eq!(settled(&mut looks, &["one"], false), None);
        assert_eq!(settled(&mut looks, &["two"], false), None);
        assert_eq!(settled(&mut looks, &["three"], false), Some(vec![]));
    }

    #[test]
    fn what_shows_first_when_time_is_over_is_looked_at_again() {
        for (last, left) in [(["wrong"], vec!["wrong".to_owned()]), (["another"], vec![])] {
            let mut looks = Looks::default();
            assert_eq!(settled(&mut looks, &["late"], false), None);
            assert_eq!(settled(&mut looks, &["wrong"], true), None);
            assert_eq!(settled(&mut looks, &last, true), Some(left));
        }
    }

    #[test]
    fn a_single_look_counts_as_it_is_and_so_does_one_that_shows_too_much() {
        assert_eq!(
            settled(&mut Looks::default(), &["late"], true),
            Some(vec!["late".to_owned()])
        );
        let many: Vec<String> = (0..MOST_DIFFERENCES).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut looks = Looks::default();
        settled(&mut looks, &["late"], false);
        assert_eq!(settled(&mut looks, &many, false), None);
        assert_eq!(
            settled(&mut looks, &many, true).map(|left| left.len()),
            Some(MOST_DIFFERENCES)
        );
    }
}
