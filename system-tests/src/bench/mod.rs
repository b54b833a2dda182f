//! `bench`: what the system does per second beside what the machine could do, measured in the same run.
//!
//! Called by the binary `bench`. It drives a copy of the system that somebody else started (`./dev bench`), whose rate
//! limits are raised, and straight at the two APIs: nginx is not part of what is measured.

mod add_item;
mod checkout;
mod checkout_books;
mod commands;
mod document;
mod ground;
mod hammer;
mod hot;
mod lag;
mod line;
mod machine;
mod pgbench;
mod queries;
mod rebuild;
mod redis_benchmark;
mod scratch;
mod views;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;

pub use document::rewrite;
pub use line::Line;
pub use machine::Machine;

/// The benchmarks by name, in the order in which all of them run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Benchmark {
    Commands,
    Hot,
    Queries,
    Lag,
    Rebuild,
    Checkout,
}

impl Benchmark {
    pub const ALL: [Self; 6] = [
        Self::Commands,
        Self::Hot,
        Self::Queries,
        Self::Lag,
        Self::Rebuild,
        Self::Checkout,
    ];
}

/// The copy of the system that is measured, and the tools of the machine to compare it with.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    #[arg(long, env = "DATABASE_URL")]
    pub database_url: String,
    #[arg(long, env = "REDIS_URL")]
    pub redis_url: String,
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    pub redis_prefix: String,
    #[arg(long, env = "KAFKA_BROKERS")]
    pub kafka_brokers: String,
    #[arg(long, env = "COMMAND_API_PORT", default_value_t = 7401)]
    pub command_api_port: u16,
    #[arg(long, env = "QUERY_API_PORT", default_value_t = 7402)]
    pub query_api_port: u16,
    /// Lists the products that are bought
    #[arg(long, env = "STAFF_TOKEN", hide_env_values = true)]
    pub staff_token: String,
    /// The folder of `command-api` and `projectors`, which the rebuild runs by itself
    #[arg(long, env = "CARTWRIGHT_BIN_DIR")]
    pub bin_dir: Option<PathBuf>,
    #[arg(long, env = "PGBENCH", default_value = "/usr/lib/postgresql/15/bin/pgbench")]
    pub pgbench: PathBuf,
    #[arg(long, env = "REDIS_BENCHMARK", default_value = "redis-benchmark")]
    pub redis_benchmark: PathBuf,
    /// Seconds of one measured round
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub seconds: u16,
    /// Rounds of which the median counts; what is compared takes turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=99))]
    pub rounds: u16,
}

impl Bench {
    fn command_api(&self) -> String {
        format!("127.0.0.1:{}", self.command_api_port)
    }

    fn query_api(&self) -> String {
        format!("127.0.0.1:{}", self.query_api_port)
    }

    fn round(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

/// Runs one benchmark on the current thread, inside a `LocalSet`. Progress goes to stderr.
pub async fn run(bench: &Bench, benchmark: Benchmark) -> Result<Line> {
    match benchmark {
        Benchmark::Commands => commands::run(bench).await,
        Benchmark::Hot => hot::run(bench).await,
        Benchmark::Queries => queries::run(bench).await,
        Benchmark::Lag => lag::run(bench).await,
        Benchmark::Rebuild => rebuild::run(bench).await,
        Benchmark::Checkout => checkout::run(bench).await,
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_is_the_middle() {
        assert!((median(&[9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(&[4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < f64::EPSILON);
        assert!(median(&[]).is_nan());
    }
}
