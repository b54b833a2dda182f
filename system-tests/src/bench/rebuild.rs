//! `rebuild`: 1,000,000 events of 50,000 carts into a new generation of the `carts` view, and the memory it takes.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::line::{Line, rounded};
use super::scratch::{EVENTS_PER_CART, ITEM_COUNT, Scratch, VERSION};
use super::{Bench, median};

const CARTS: i64 = 50_000;
/// A tenth: where memory is constant, ten times the history takes no more of it.
const FEWER_CARTS: i64 = 5_000;
/// So many documents are read and compared.
const SAMPLE: usize = 500;

pub async fn run(bench: &Bench) -> Result<Line> {
    let (_, fewer_mb) = rebuilds(bench, FEWER_CARTS, 1).await?;
    let (per_second, peak_mb) = rebuilds(bench, CARTS, bench.rounds).await?;
    eprintln!("rebuild: {peak_mb:.0} MB at most, {fewer_mb:.0} MB for a tenth of the events");
    let mut line = Line::new("rebuild", per_second, "events/s");
    line.peak_rss_mb = Some(rounded(peak_mb));
    Ok(line)
}

/// Events per second (median) and the peak of memory in MB over some rebuilds of one history.
async fn rebuilds(bench: &Bench, carts: i64, rounds: u16) -> Result<(f64, f64)> {
    let scratch = Scratch::set_up(bench).await?;
    eprintln!("rebuild: writing the history of {carts} carts");
    scratch.fill(carts).await?;
    let (mut rates, mut peak_mb) = (vec![], 0.0_f64);
    for round in 1..=rounds {
        let (took, mb) = one_rebuild(&scratch).await?;
        #[expect(clippy::cast_precision_loss, reason = "a million is exact")]
        let rate = (carts * EVENTS_PER_CART) as f64 / took.as_secs_f64();
        eprintln!(
            "rebuild, round {round}: {rate:.0} events/s in {:.1} s, {mb:.0} MB",
            took.as_secs_f64()
        );
        rates.push(rate);
        peak_mb = peak_mb.max(mb);
    }
    check(&scratch, carts).await?;
    scratch.tear_down().await?;
    Ok((median(&rates), peak_mb))
}

/// From the start of the process to its end, and its peak of resident memory.
async fn one_rebuild(scratch: &Scratch) -> Result<(Duration, f64)> {
    let began = Instant::now();
    let mut process = scratch
        .command("projectors")
        .args(["rebuild", "carts"])
        .spawn()
        .context("projectors")?;
    let pid = process.id().context("projectors ended at once")?;
    let mut peak_mb = 0.0_f64;
    let ended = loop {
        if let Some(ended) = process.try_wait()? {
            break ended;
        }
        peak_mb = peak_mb.max(peak_of(pid).unwrap_or_default());
        sleep(Duration::from_millis(20)).await;
    };
    let took = began.elapsed();
    ensure!(ended.success(), "projectors rebuild carts: {ended}");
    Ok((took, peak_mb))
}

/// The kernel keeps the high-water mark itself, so a coarse poll misses nothing but the last moment.
fn peak_of(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[derive(Deserialize)]
struct Document {
    version: i64,
    item_count: i64,
}

async fn check(scratch: &Scratch, carts: i64) -> Result<()> {
    let keys = scratch.documents().await?;
    ensure!(
        i64::try_from(keys.len())? >= carts,
        "{} of {carts} carts are in the view",
        keys.len()
    );
    for body in scratch.bodies(&keys[..SAMPLE.min(keys.len())]).await? {
        let Document { version, item_count } =
            serde_json::from_str(&body).context("a document that is no cart")?;
        ensure!(
            (version, item_count) == (VERSION, ITEM_COUNT),
            "a cart was folded wrongly: {body}"
        );
    }
    Ok(())
}
