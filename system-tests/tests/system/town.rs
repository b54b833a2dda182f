//! A shop that takes money, on a PostgreSQL, a Kafka and a Redis of its own, so that they can be killed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool};
use system_tests::http::{Door, Request};

use super::limits;
use super::ports;
use super::process::Process;
use super::servers::{Kind, Server, own_folder};
use super::services::binary;
use super::shop::STAFF_TOKEN;
use super::waiting::until;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    CommandApi,
    Worker,
    Postgres,
    Kafka,
    Redis,
}

pub const SERVICES: [Service; 5] = [
    Service::CommandApi,
    Service::Worker,
    Service::Postgres,
    Service::Kafka,
    Service::Redis,
];

/// Servers of its own, and the two processes that take part in a checkout.
pub struct Town {
    postgres: Server,
    kafka: Server,
    redis: Server,
    pub pool: PgPool,
    logs: PathBuf,
    ports: BTreeMap<&'static str, [u16; 2]>,
}

impl Town {
    pub async fn found(number: usize) -> Self {
        let logs = own_folder(&format!("town-{number}"));
        let postgres = Server::start(Kind::Postgres, &logs).await;
        let kafka = Server::start(Kind::Kafka, &logs).await;
        let redis = Server::start(Kind::Redis, &logs).await;
        let admin = PgPoolOptions::new()
            .connect(&postgres.postgres_url("postgres"))
            .await
            .expect("it answers");
        admin
            .execute("create database shop")
            .await
            .expect("a database can be made");
        admin.close().await;
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .connect(&postgres.postgres_url("shop"))
            .await
            .expect("it answers");
        let pair = || [ports::free(), ports::free()];
        let town = Self {
            postgres,
            kafka,
            redis,
            pool,
            logs,
            ports: BTreeMap::from([("api", pair()), ("worker", pair())]),
        };
        let migrated = std::process::Command::new(binary("command-api"))
            .arg("migrate")
            .envs(town.environment("api"))
            .output()
            .expect("it can be run");
        assert!(
            migrated.status.success(),
            "{}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        town
    }

    fn environment(&self, name: &str) -> BTreeMap<&'static str, String> {
        let redis = format!("redis://{}", self.redis.address());
        let [port, admin] = self.ports[name];
        BTreeMap::from([
            ("DATABASE_URL", self.postgres.postgres_url("shop")),
            ("KAFKA_BROKERS", self.kafka.address()),
            ("SESSIONS_REDIS_URL", redis),
            ("STAFF_TOKEN", STAFF_TOKEN.to_owned()),
            (
                "GUEST_COOKIE_KEY",
                "guest-cookie-key-of-the-system-tests".to_owned(),
            ),
            (
                "SECOND_FACTOR_KEY",
                "second-factor-key-of-the-system-tests".to_owned(),
            ),
            ("PUBLIC_ORIGIN", "http://shop.test".to_owned()),
            ("COMMAND_API_PORT", port.to_string()),
            ("ADMIN_PORT", admin.to_string()),
            ("RUST_LOG", "info".to_owned()),
        ])
        .into_iter()
        .chain(limits::out_of_the_way())
        .collect()
    }

    pub fn api(&self) -> String {
        format!("127.0.0.1:{}", self.ports["api"][0])
    }

    /// The command API with everything but the worker, or the worker alone. Ready when it says so.
    pub async fn start(&self, service: Service, given: &[(&str, String)]) -> Process {
        let (name, roles) = match service {
            Service::Worker => ("worker", "payment-worker"),
            Service::CommandApi | Service::Postgres | Service::Kafka | Service::Redis => {
                ("api", "carts,catalog,payments,accounts,relay,deadlines")
            }
        };
        let environment = self.environment(name);
        let mut process = Process::start(name, &binary("command-api"), &self.logs, |command| {
            command
                .args(["serve", "--dev", "--roles", roles])
                .envs(&environment)
                .envs(given.iter().map(|(name, value)| (*name, value.as_str())));
        });
        let mut admin = Door::new(&format!("127.0.0.1:{}", self.ports[name][1]));
        let what = format!("{name} is ready");
        until(&what, async || {
            if let Some(status) = process.has_ended() {
                panic!("{name} ended with {status}\n{}", process.log_tail());
            }
            let answer = admin.send(&Request::get("/readyz")).await.ok()?;
            answer.is_success().then_some(())
        })
        .await;
        process
    }

    pub async fn kill_and_restart(&mut self, service: Service) {
        match service {
            Service::Postgres => self.postgres.kill_and_restart().await,
            Service::Kafka => self.kafka.kill_and_restart().await,
            Service::Redis => self.redis.kill_and_restart().await,
            Service::CommandApi | Service::Worker => unreachable!("those are processes of the case"),
        }
    }

    /// Once everything held; a test that fails leaves it for whoever looks why.
    pub async fn clear_away(self) {
        self.pool.close().await;
        drop(self.postgres);
        let _ = std::fs::remove_dir_all(&self.logs);
    }
}
