//! The reference of `commands`: how fast `pgbench` stores single rows of the same shape, in the same PostgreSQL.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sqlx::{Connection, Executor, PgConnection};
use tokio::process::Command;

use super::Bench;

const CLIENTS: &str = "32";
const THREADS: &str = "2";
/// A table like `events` with the same indexes, outside of the shop's own schema.
const SCHEMA: &str = "bench_reference";

pub struct Pgbench {
    program: PathBuf,
    database_url: String,
    script: PathBuf,
}

impl Pgbench {
    /// Needs an event in the log: its payload and metadata are what the reference stores.
    pub async fn set_up(bench: &Bench) -> Result<Self> {
        ensure!(
            bench.pgbench.exists(),
            "{} is missing; Debian's postgresql package has it",
            bench.pgbench.display()
        );
        let mut connection = PgConnection::connect(&bench.database_url).await?;
        let synchronous: String = sqlx::query_scalar("show synchronous_commit")
            .fetch_one(&mut connection)
            .await?;
        ensure!(
            synchronous == "on",
            "synchronous_commit is {synchronous}; the comparison needs durable commits"
        );
        let schema = format!(
            "drop schema if exists {SCHEMA} cascade; create schema {SCHEMA};
             create table {SCHEMA}.events (like public.events including all);
             create sequence {SCHEMA}.position cache 1;"
        );
        connection.execute(schema.as_str()).await?;
        let (payload, metadata): (String, String) = sqlx::query_as(
            "select payload::text, metadata::text from events
             where aggregate_type = 'cart' and event_type = 'ItemAdded' order by global_position desc limit 1",
        )
        .fetch_one(&mut connection)
        .await
        .context("there is no ItemAdded in the log to take the reference's size from")?;
        connection.close().await?;
        let script = std::env::temp_dir().join(format!("cartwright-pgbench-{}.sql", std::process::id()));
        std::fs::write(&script, insert_of(&payload, &metadata))?;
        Ok(Self {
            program: bench.pgbench.clone(),
            database_url: bench.database_url.clone(),
            script,
        })
    }

    /// Rows per second.
    pub async fn round(&self, duration: Duration) -> Result<f64> {
        let output = Command::new(&self.program)
            .args([
                "--client",
                CLIENTS,
                "--jobs",
                THREADS,
                "--protocol",
                "prepared",
                "--no-vacuum",
            ])
            .args(["--time", &duration.as_secs().max(1).to_string()])
            .arg("--file")
            .arg(&self.script)
            .arg(&self.database_url)
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| format!("{} cannot be run", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = rate_in(&text);
        rate.with_context(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub async fn tear_down(self) -> Result<()> {
        let mut connection = PgConnection::connect(&self.database_url).await?;
        connection
            .execute(format!("drop schema {SCHEMA} cascade").as_str())
            .await?;
        connection.close().await?;
        std::fs::remove_file(&self.script)?;
        Ok(())
    }
}

fn insert_of(payload: &str, metadata: &str) -> String {
    // pgbench takes `:word` for a variable, and JSON is full of them; a blank after each colon keeps it a text.
    let quoted = |json: &str| format!("'{}'", json.replace(':', ": ").replace('\'', "''"));
    format!(
        "insert into {SCHEMA}.events values (nextval('{SCHEMA}.position'), 'cart', gen_random_uuid()::text, 1, \
         'ItemAdded', '1.0', {}, {}, gen_random_uuid(), clock_timestamp());\n",
        quoted(payload),
        quoted(metadata)
    )
}

/// `tps = 20610.123 (without initial connection time)`
fn rate_in(output: &str) -> Option<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_found_in_what_pgbench_prints() {
        let output = "number of clients: 32\nlatency average = 1.5 ms\ntps = 20610.25 (without initial connection time)\n";
        assert_eq!(rate_in(output), Some(20_610.25));
        assert_eq!(rate_in("pgbench: error"), None);
    }

    #[test]
    fn nothing_in_the_json_looks_like_a_variable() {
        let sql = insert_of(r#"{"a":null,"b":"it's"}"#, "{}");
        assert!(sql.contains(r#"'{"a": null,"b": "it''s"}'"#), "{sql}");
    }
}
