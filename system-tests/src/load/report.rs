//! What came of a run: one JSON line for programs, a table for people.

use std::fmt;
use std::fmt::Write as _;

use serde::Serialize;

use super::checking_out::CheckedOut;
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

/// What came of the carts, where they were checked out.
#[derive(Clone, Debug, Serialize)]
pub struct Checkout {
    /// Confirmed, for what was agreed.
    pub orders: u64,
    /// Of all orders together, in minor units.
    pub captured_minor: i64,
    /// From the first quote until the last order was confirmed.
    pub orders_per_s: f64,
    /// From the quote to the answer that the gateway is asked.
    #[serde(rename = "checkout_p50_ms")]
    pub p50_ms: f64,
    #[serde(rename = "checkout_p99_ms")]
    pub p99_ms: f64,
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
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
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
    checked_out: Option<CheckedOut>,
) -> Report {
    let commands: u64 = shopped.trips.iter().map(|trip| trip.commands).sum();
    let mut complaints: Vec<String> = shopped
        .trips
        .iter()
        .filter_map(|trip| trip.failure.clone())
        .collect();
    complaints.extend(checked_out.iter().flat_map(|all| all.failures.clone()));
    let failed = complaints.len() as u64;
    complaints.extend(checked_out.iter().flat_map(|all| all.mismatches.clone()));
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
        checkout: checked_out.map(|all| checkout(&all)),
        took_s,
        retries: shopped.retries,
        counts,
        complaints,
    }
}

fn checkout(all: &CheckedOut) -> Checkout {
    #[expect(clippy::cast_precision_loss, reason = "nobody places 2^52 orders")]
    let orders_per_s = all.orders as f64 / all.took.as_secs_f64();
    Checkout {
        orders: all.orders,
        captured_minor: all.captured,
        orders_per_s: (orders_per_s * 10.0).round() / 10.0,
        p50_ms: all.latencies.quantile_ms(0.5),
        p99_ms: all.latencies.quantile_ms(0.99),
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
        if let Some(checkout) = &self.checkout {
            row("orders", checkout.orders.to_string())?;
            row("captured", format!("{} minor units", checkout.captured_minor))?;
            row("orders per second", format!("{:.0}", checkout.orders_per_s))?;
            row("checkout p50", format!("{:.2} ms", checkout.p50_ms))?;
            row("checkout p99", format!("{:.2} ms", checkout.p99_ms))?;
        }
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
