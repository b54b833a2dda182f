//! The reference of `queries`: how fast Redis answers a bare GET to 32 clients, as its own tool measures it.

use anyhow::{Context, Result};
use tokio::process::Command;

use super::Bench;

/// About two seconds' worth.
const REQUESTS: &str = "250000";

/// GETs per second.
pub async fn round(bench: &Bench) -> Result<f64> {
    let program = bench.redis_benchmark.display();
    let output = Command::new(&bench.redis_benchmark)
        .args([
            "-u",
            &bench.redis_url,
            "-t",
            "get",
            "-c",
            "32",
            "-n",
            REQUESTS,
            "--csv",
        ])
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| format!("{program} cannot be run; Debian's redis-tools package has it"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    rate_in(&text).with_context(|| format!("{program}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// `"GET","123456.78","0.13",…` below a line of headings.
fn rate_in(csv: &str) -> Option<f64> {
    let line = csv.lines().find_map(|line| line.strip_prefix("\"GET\",\""))?;
    line.split('"').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::rate_in;

    #[test]
    fn the_rate_is_found_in_its_csv() {
        let csv = "\"test\",\"rps\",\"avg_latency_ms\"\n\"GET\",\"84033.61\",\"0.243\"\n";
        assert_eq!(rate_in(csv), Some(84_033.61));
        assert_eq!(rate_in("Could not connect"), None);
    }
}
