//! A database, topics and a key prefix of its own for the rebuild, filled by SQL with a long history of carts.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use sqlx::{Connection, Executor, PgConnection};
use tokio::process::Command;
use uuid::Uuid;

use super::Bench;

pub struct Scratch {
    admin_url: String,
    name: String,
    redis_url: String,
    kafka_brokers: String,
    database_url: String,
    environment: Vec<(&'static str, String)>,
    bin_dir: PathBuf,
}

const TOPICS: [&str; 3] = ["cart", "product", "stock"];
/// Events of one cart: it is opened, and then items are added, changed and removed.
pub const EVENTS_PER_CART: i64 = 20;

impl Scratch {
    pub async fn set_up(bench: &Bench) -> Result<Self> {
        let bin_dir = match &bench.bin_dir {
            Some(folder) => folder.clone(),
            None => std::env::current_exe()?
                .parent()
                .context("this binary is in no folder")?
                .to_owned(),
        };
        let name = format!("bench_{}", Uuid::new_v4().simple());
        let (server, _) = bench
            .database_url
            .rsplit_once('/')
            .context("DATABASE_URL names no database")?;
        let mut admin = PgConnection::connect(&bench.database_url).await?;
        admin.execute(format!("create database {name}").as_str()).await?;
        admin.close().await?;
        let prefix = format!("{name}:");
        let database_url = format!("{server}/{name}");
        let environment = vec![
            ("DATABASE_URL", database_url.clone()),
            ("REDIS_URL", bench.redis_url.clone()),
            ("REDIS_PREFIX", prefix),
            ("KAFKA_BROKERS", bench.kafka_brokers.clone()),
            ("TOPIC_PREFIX", name.clone()),
        ];
        let scratch = Self {
            admin_url: bench.database_url.clone(),
            name,
            redis_url: bench.redis_url.clone(),
            kafka_brokers: bench.kafka_brokers.clone(),
            database_url,
            environment,
            bin_dir,
        };
        let migrated = scratch.command("command-api").arg("migrate").output().await?;
        ensure!(
            migrated.status.success(),
            "command-api migrate: {}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        Ok(scratch)
    }

    /// One of our binaries, pointed at this scratch copy.
    pub fn command(&self, binary: &str) -> Command {
        let mut command = Command::new(self.bin_dir.join(binary));
        command.envs(
            self.environment
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        command.env("RUST_LOG", "warn").kill_on_drop(true);
        command
    }

    /// Appends the histories of `carts` carts, event by event across all of them, as a busy shop would.
    pub async fn fill(&self, carts: i64) -> Result<()> {
        let mut connection = PgConnection::connect(&self.database_url).await?;
        sqlx::query(FILL).bind(carts).execute(&mut connection).await?;
        connection.execute("analyze events").await?;
        connection.close().await?;
        Ok(())
    }

    /// The keys of every cart document that the rebuild left.
    pub async fn documents(&self) -> Result<Vec<String>> {
        self.keys(&format!("{}:view:carts:*:doc:*", self.name)).await
    }

    /// The stored JSON of some documents.
    pub async fn bodies(&self, keys: &[String]) -> Result<Vec<String>> {
        let mut pipeline = redis::pipe();
        for key in keys {
            pipeline.cmd("HGET").arg(key).arg("body");
        }
        Ok(pipeline.query_async(&mut self.redis().await?).await?)
    }

    pub async fn tear_down(self) -> Result<()> {
        let keys = self.keys(&format!("*{}:*", self.name)).await?;
        let mut redis = self.redis().await?;
        for some in keys.chunks(5_000) {
            let () = redis::cmd("UNLINK").arg(some).query_async(&mut redis).await?;
        }
        let mut admin = PgConnection::connect(&self.admin_url).await?;
        admin
            .execute(format!("drop database {} with (force)", self.name).as_str())
            .await?;
        let topics: Vec<_> = TOPICS
            .iter()
            .map(|topic| format!("{}.{topic}", self.name))
            .collect();
        let names: Vec<_> = topics.iter().map(String::as_str).collect();
        let kafka: AdminClient<_> = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka_brokers)
            .create()
            .context("Kafka")?;
        kafka.delete_topics(&names, &AdminOptions::new()).await?;
        Ok(())
    }

    async fn redis(&self) -> Result<redis::aio::MultiplexedConnection> {
        Ok(redis::Client::open(self.redis_url.as_str())?
            .get_multiplexed_async_connection()
            .await?)
    }

    async fn keys(&self, pattern: &str) -> Result<Vec<String>> {
        let mut redis = self.redis().await?;
        let (mut found, mut cursor) = (vec![], 0_u64);
        loop {
            let scan = redis::cmd("SCAN")
                .arg(cursor)
                .arg("MATCH")
                .arg(pattern)
                .arg("COUNT")
                .arg(5_000)
                .to_owned();
            let (next, keys): (u64, Vec<String>) = scan.query_async(&mut redis).await?;
            found.extend(keys);
            cursor = next;
            if cursor == 0 {
                return Ok(found);
            }
        }
    }
}

/// Twenty events a cart: opened, ten adds of five products, eight changes of quantity, and the first product removed.
const FILL: &str = r#"
insert into events
select row_number() over (order by step, cart), 'cart', md5('cart' || cart)::uuid::text, step, event_type, '1.0',
       payload::json, '{"correlation_id":"0196f8a0-1111-7222-8333-444455556666","actor":"guest"}',
       gen_random_uuid(), now()
from generate_series(1, $1) cart, lateral (
    select 1 as step, 'CartOpened' as event_type,
           format('{"owner":"%s","currency":"EUR"}', md5('owner' || cart)::uuid) as payload
    union all
    select step, 'ItemAdded', format(
           '{"sku":"BENCH-00%1$s","name":"Enamel mug no. %1$s","quantity":1,'
           '"unit_price":{"minor":1450,"currency":"EUR"},"line_quantity":%2$s}', (step - 2) % 5 + 1, (step - 2) / 5 + 1)
    from generate_series(2, 11) step
    union all
    select step, 'QuantityChanged', format(
           '{"sku":"BENCH-00%s","quantity":%s,"previous":%s}',
           (step - 12) % 5 + 1, (step - 12) / 5 + 3, (step - 12) / 5 + 2)
    from generate_series(12, 19) step
    union all
    select 20, 'ItemRemoved', '{"sku":"BENCH-001","quantity":4}'
) history
order by 1
"#;
/// What every document must say then.
pub const VERSION: i64 = EVENTS_PER_CART;
pub const ITEM_COUNT: i64 = 4 + 4 + 3 + 3;
