//! What the figures were measured on.

use std::fs;

use anyhow::Result;
use sqlx::PgConnection;

use super::Bench;

#[derive(Clone, Debug)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_gb: u64,
    pub kernel: String,
    pub postgres: String,
    pub redis: String,
    pub date: String,
}

impl Machine {
    pub async fn look(bench: &Bench) -> Result<Self> {
        use sqlx::Connection;
        let mut connection = PgConnection::connect(&bench.database_url).await?;
        let postgres: String = sqlx::query_scalar("show server_version")
            .fetch_one(&mut connection)
            .await?;
        connection.close().await?;
        let mut redis = redis::Client::open(bench.redis_url.as_str())?
            .get_multiplexed_async_connection()
            .await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis).await?;
        Ok(Self {
            processor: value_in("/proc/cpuinfo", "model name")
                .unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            memory_gb: memory_gb().unwrap_or_default(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            postgres: postgres.split_whitespace().next().unwrap_or_default().to_owned(),
            redis: info
                .lines()
                .find_map(|line| line.strip_prefix("redis_version:"))
                .unwrap_or("?")
                .trim()
                .to_owned(),
            date: time::OffsetDateTime::now_utc().date().to_string(),
        })
    }
}

/// Of a file with lines `name : value`.
fn value_in(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn memory_gb() -> Option<u64> {
    let kilobytes: u64 = value_in("/proc/meminfo", "MemTotal")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()?;
    Some(kilobytes.div_ceil(1024 * 1024))
}
