//! A running copy of the system that belongs to one test: a database, topics, a key prefix and the processes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection};
use system_tests::commands::of_staff;
use system_tests::http::{Door, Request};
use system_tests::staff::{Listing, Staff};
use uuid::Uuid;

use super::limits;
use super::machine::{self, Hold};
use super::oracle;
use super::ports;
use super::process::Process;
use super::services::{Services, binary};
use super::shopper::{Ack, Shopper};
use super::waiting::until;

pub const STAFF_TOKEN: &str = "the-staff-token-of-the-system-tests";
const PRODUCTS: usize = 16;
/// Of the command API: everything in one process, as on one machine.
pub const ALL_ROLES: &str =
    "carts,catalog,payments,requests,accounts,payment-worker,deadlines,relay,notifications";

pub fn sku(number: usize) -> String {
    format!("SYS-{:02}", number % PRODUCTS)
}

pub struct Shop {
    pub name: String,
    pub services: Services,
    pub pool: PgPool,
    pub logs: PathBuf,
    /// What every process is told.
    environment: BTreeMap<&'static str, String>,
    _machine: Hold,
}

/// One of the three services, listening.
pub struct Service {
    pub process: Process,
    pub port: u16,
    pub admin_port: u16,
}

impl Service {
    pub fn door(&self) -> Door {
        Door::new(&self.address())
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub async fn stop(self) {
        self.process.stop().await;
    }
}

/// All three.
pub struct Open {
    pub command_api: Service,
    pub projectors: Service,
    pub query_api: Service,
}

impl Shop {
    /// A place for a shop: migrated, and nothing runs yet.
    pub async fn founded() -> Self {
        Self::founded_with(&[]).await
    }

    /// The same, with some of the environment of its processes given.
    pub async fn founded_with(given: &[(&'static str, &str)]) -> Self {
        Self::founded_on(machine::shared().await, given).await
    }

    /// The same, in a test that started something before it, or that has the machine alone.
    pub async fn founded_on(machine: Hold, given: &[(&'static str, &str)]) -> Self {
        let services = Services::from_environment();
        let name = format!("system_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&services.admin_url)
            .await
            .expect("PostgreSQL answers");
        admin
            .execute(format!("create database {name}").as_str())
            .await
            .expect("a database can be created");
        let database_url = services.database_url(&name);
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .connect(&database_url)
            .await
            .expect("it can be used");
        let mut environment = BTreeMap::from([
            ("MIGRATIONS_DATABASE_URL", database_url),
            ("KAFKA_BROKERS", services.kafka_brokers.clone()),
            ("TOPIC_PREFIX", name.clone()),
            ("REDIS_URL", services.redis_url.clone()),
            ("SESSIONS_REDIS_URL", services.redis_url.clone()),
            ("REDIS_PREFIX", format!("{name}:")),
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
            ("LOG_FORMAT", "text".to_owned()),
            ("RUST_LOG", "info".to_owned()),
        ]);
        environment.extend(limits::out_of_the_way());
        environment.extend(given.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
        let shop = Self {
            name,
            services,
            pool,
            logs,
            environment,
            _machine: machine,
        };
        let migrated = shop
            .tool("command-api")
            .args(["migrate", "--dev"])
            .output()
            .expect("command-api can be run");
        assert!(
            migrated.status.success(),
            "command-api migrate: {}",
            String::from_utf8_lossy(&migrated.stderr)
        );
        shop
    }

    pub fn database_url(&self) -> String {
        self.services.database_url(&self.name)
    }

    /// One of the binaries, for a command that ends by itself.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(binary(name));
        command.envs(self.environment_of(name));
        command
    }

    /// Each binary is a user of its own, who owns nothing in the database.
    fn environment_of(&self, binary: &str) -> BTreeMap<&'static str, String> {
        let mut environment = self.environment.clone();
        let role = match binary {
            "command-api" => "cartwright_command_api",
            "projectors" => "cartwright_projectors",
            _ => return environment,
        };
        let url = format!("{}?options=-c%20role%3D{role}", self.database_url());
        // What a test gave goes first.
        environment.entry("DATABASE_URL").or_insert(url);
        environment
    }

    pub async fn command_api(&self, roles: &str, given: &[(&str, &str)]) -> Service {
        let args = ["serve", "--dev", "--roles", roles];
        self.service("command-api", &args, "COMMAND_API_PORT", given)
            .await
    }

    pub async fn projectors(&self, given: &[(&str, &str)]) -> Service {
        self.service("projectors", &["run", "--dev"], "UNUSED_PORT", given)
            .await
    }

    pub async fn query_api(&self) -> Service {
        self.service("query-api", &["serve", "--dev"], "QUERY_API_PORT", &[])
            .await
    }

    /// Everything runs, and products are listed.
    pub async fn open(&self) -> Open {
        self.open_with(&[]).await
    }

    /// The same, with more in the command API's environment.
    pub async fn open_with(&self, given: &[(&str, &str)]) -> Open {
        let command_api = self.command_api(ALL_ROLES, given).await;
        self.list_products(&command_api).await;
        let projectors = self.projectors(&[]).await;
        let query_api = self.query_api().await;
        Open {
            command_api,
            projectors,
            query_api,
        }
    }

    pub async fn list_products(&self, command_api: &Service) {
        let (mut door, mut staff) = (command_api.door(), Staff::new(STAFF_TOKEN));
        for number in 0..PRODUCTS {
            let (sku, name) = (sku(number), format!("Enamel mug no. {number}"));
            let listing = Listing {
                sku: &sku,
                name: &name,
                category: "kitchen",
                price_minor: 1450,
            };
            staff
                .list(&mut door, &listing)
                .await
                .expect("staff can list a product");
        }
    }

    /// The name of one of many products.
    pub fn many(number: usize) -> String {
        format!("MANY-{:02}", number % 50)
    }

    pub async fn list_more_products(&self, command_api: &Service, count: usize) {
        let (mut door, mut staff) = (command_api.door(), Staff::new(STAFF_TOKEN));
        for number in 0..count {
            let (sku, name) = (Self::many(number), format!("Cup no. {number}"));
            let listing = Listing {
                sku: &sku,
                name: &name,
                category: "kitchen",
                price_minor: 500 + i64::try_from(number).expect("it is small"),
            };
            staff
                .list(&mut door, &listing)
                .await
                .expect("staff can list a product");
        }
    }

    /// Starts without waiting until it is ready: what is given may end it before.
    pub fn start(&self, name: &str, args: &[&str], port_name: &str, given: &[(&str, &str)]) -> Service {
        let given_port = given.iter().find(|(name, _)| *name == port_name);
        let port = given_port.map_or_else(ports::free, |(_, port)| port.parse().expect("a port is a number"));
        let admin_port = ports::free();
        let process = Process::start(name, &binary(name), &self.logs, |command| {
            command
                .args(args)
                .envs(self.environment_of(name))
                .envs(given.iter().copied());
            command
                .env(port_name, port.to_string())
                .env("ADMIN_PORT", admin_port.to_string());
        });
        Service {
            process,
            port,
            admin_port,
        }
    }

    async fn service(&self, name: &str, args: &[&str], port_name: &str, given: &[(&str, &str)]) -> Service {
        let mut service = self.start(name, args, port_name, given);
        let (process, admin_port) = (&mut service.process, service.admin_port);
        let mut admin = Door::new(&format!("127.0.0.1:{admin_port}"));
        let what = format!("{name} is ready");
        until(&what, async || {
            if let Some(status) = process.has_ended() {
                panic!(
                    "{name} ended with {status} instead of getting ready\n{}",
                    process.log_tail()
                );
            }
            let answer = admin.send(&Request::get("/readyz")).await.ok()?;
            answer.is_success().then_some(())
        })
        .await;
        service
    }

    /// How every test ends: what was answered is stored once, every view and Kafka equal a fold of the log. Then the copy
    /// is cleared away; a test that fails leaves it for whoever looks why.
    pub async fn close(self, open: Open, shoppers: &mut [Shopper], acks: &[Ack]) {
        for shopper in shoppers.iter_mut() {
            shopper.sees_own_cart(&open.query_api).await;
        }
        oracle::every_answered_command_is_stored_once(&self.pool, acks).await;
        self.close_after_others_shopped(open).await;
    }

    /// The same where the shoppers were somebody else's, who looked at their answers themselves.
    pub async fn close_after_others_shopped(self, open: Open) {
        oracle::streams_have_no_holes(&self.pool).await;
        oracle::views_equal_a_fold_of_the_log(&self).await;
        open.command_api.stop().await;
        open.projectors.stop().await;
        open.query_api.stop().await;
        self.clear_away().await;
    }

    /// Once nothing of it runs any more.
    pub async fn clear_away(self) {
        self.pool.close().await;
        let mut admin = PgConnection::connect(&self.services.admin_url)
            .await
            .expect("PostgreSQL answers");
        admin
            .execute(format!("drop database {} with (force)", self.name).as_str())
            .await
            .expect("it can be dropped");
        super::kafka_log::delete_topics(&self.services.kafka_brokers, &self.name).await;
        super::redis_server::forget(&self.services.redis_url, &self.name).await;
        // Logs of a test that passed are of no interest.
        let _ = std::fs::remove_dir_all(&self.logs);
    }
}

/// A product of which there are so few that shoppers are told so.
pub async fn list_one_of_few(door: &mut Door, sku: &str, few: i64) {
    let listing = Listing {
        sku,
        name: "The last mugs",
        category: "kitchen",
        price_minor: 1450,
    };
    Staff::new(STAFF_TOKEN)
        .list(door, &listing)
        .await
        .expect("staff can list a product");
    let body = serde_json::json!({ "delta": few - 1_000_000, "reason": "counted" });
    let request = of_staff(STAFF_TOKEN, &format!("/stock/{sku}/adjustments"), &body);
    let answer = door.send(&request).await.expect("an answer");
    assert!(answer.is_success(), "{answer}");
}
