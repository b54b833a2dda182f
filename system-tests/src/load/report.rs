//! What came of a run: one JSON line for programs, a table for people.

use std::fmt;
use std::fmt::Write as _;

use serde::Serialize;

use super::shopping::Shopped;
use crate::baskets::Baskets;

/// So many of the busiest products stand in the table, and so many failures or mismatches are spelled out.
const SHOWN: usize = 10;

/// In how many open carts a product is.
#[derive(Clone, Debug)]
pub struct ProductCount {
    pub name: String,
    /// As the query API counts it after the run.
    pub carts: i64,
    pub grew: i64,
    pub sent: i64,
    pub as_sent: bool,
}

/// Serialises to exactly the JSON line that releases are compared by.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub carts: u64,
    pub commands: u64,
    pub failed: u64,
    pub mismatches: u64,
    pub commands_per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    #[serde(skip)]
    pub took_s: f64,
    #[serde(skip)]
    pub retries: u64,
    /// Busiest first.
    #[serde(skip)]
    pub counts: Vec<ProductCount>,
    /// Sentences about what failed or did not match.
    #[serde(skip)]
    pub complaints: Vec<String>,
}

impl Report {
    pub fn is_clean(&self) -> bool {
        self.failed == 0 && self.mismatches == 0
    }
}

pub(super) fn report(
    baskets: &Baskets,
    shopped: &Shopped,
    wrong_carts: Vec<String>,
    mut counts: Vec<ProductCount>,
) -> Report {
    let commands: u64 = shopped.trips.iter().map(|trip| trip.commands).sum();
    let mut complaints: Vec<String> = shopped
        .trips
        .iter()
        .filter_map(|trip| trip.failure.clone())
        .collect();
    let failed = complaints.len() as u64;
    complaints.extend(wrong_carts);
    for count in counts.iter().filter(|count| !count.as_sent) {
        let ProductCount { name, grew, sent, .. } = count;
        complaints.push(format!(
            "{name} came into {sent} carts; its count of open carts grew by {grew}"
        ));
    }
    counts.sort_by(|a, b| b.carts.cmp(&a.carts).then_with(|| a.name.cmp(&b.name)));
    let took_s = shopped.took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^52 commands")]
    let commands_per_s = commands as f64 / took_s;
    Report {
        carts: baskets.baskets.len() as u64,
        commands,
        failed,
        mismatches: complaints.len() as u64 - failed,
        commands_per_s: (commands_per_s * 10.0).round() / 10.0,
        p50_ms: shopped.latencies.quantile_ms(0.5),
        p99_ms: shopped.latencies.quantile_ms(0.99),
        took_s,
        retries: shopped.retries,
        counts,
        complaints,
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = String::new();
        let mut row = |name: &str, value: String| writeln!(rows, "{name:<22}{value:>12}");
        row("carts", self.carts.to_string())?;
        row("commands", self.commands.to_string())?;
        row("repeated", self.retries.to_string())?;
        row("failed", self.failed.to_string())?;
        row("mismatches", self.mismatches.to_string())?;
        row("seconds", format!("{:.1}", self.took_s))?;
        row("commands per second", format!("{:.0}", self.commands_per_s))?;
        row("latency p50", format!("{:.2} ms", self.p50_ms))?;
        row("latency p99", format!("{:.2} ms", self.p99_ms))?;
        write!(f, "{rows}\n{:<22}{:>12}", "product", "open carts")?;
        for count in self.counts.iter().take(SHOWN) {
            write!(f, "\n{:<22}{:>12}", count.name, count.carts)?;
        }
        for complaint in self.complaints.iter().take(SHOWN) {
            write!(f, "\n{complaint}")?;
        }
        if self.complaints.len() > SHOWN {
            write!(f, "\nand {} more", self.complaints.len() - SHOWN)?;
        }
        Ok(())
    }
}
