//! A shop on servers of its own, each of which can be killed and made to stand still: PostgreSQL, Kafka, Redis, the three
//! processes, and nginx before them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};
use system_tests::http::{Door, Request};
use system_tests::staff::{Listing, Staff};
use tokio::time::{Instant, sleep};

use super::oracle::stores::Stores;
use crate::front_door::FrontDoor;
use crate::limits;
use crate::ports;
use crate::process::Process;
use crate::servers::{Kind, Server, own_folder};
use crate::services::binary;
use crate::shop::{ALL_ROLES, STAFF_TOKEN, list_one_of_few, sku};
use crate::waiting::until;

/// So many products there is enough of …
pub const SKUS: u64 = 12;
/// … and one of which there are few.
pub const SCARCE: &str = "SYS-SCARCE";
pub const FEW: i64 = 40;
/// What a supervisor waits before it starts again what ended.
const RESTARTED_AFTER: Duration = Duration::from_secs(1);
/// The processes use this role; whoever breaks something is another one, whom nothing keeps out.
const ROLE: &str = "shop";
/// Kafka and the views have what the log has. As long as it takes to replace a client of Kafka that lost its way.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(45);
const TOPIC: &str = "commerce.cart";
const PARTITIONS: i32 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    CommandApi,
    Projectors,
    QueryApi,
    Postgres,
    Kafka,
    Redis,
}

/// One of the three processes, which is started again on the same ports.
struct Program {
    name: &'static str,
    arguments: &'static [&'static str],
    port: u16,
    admin_port: u16,
    process: Option<Process>,
}

pub struct World {
    postgres: Server,
    kafka: Server,
    redis: Server,
    programs: BTreeMap<Part, Program>,
    front: FrontDoor,
    pub pool: PgPool,
    folder: PathBuf,
}

impl World {
    pub async fn found(name: &str) -> Self {
        let folder = own_folder(&format!("faults-{name}"));
        let (postgres, kafka, redis) = tokio::join!(
            Server::start(Kind::Postgres, &folder),
            Server::start(Kind::Kafka, &folder),
            Server::start(Kind::Redis, &folder)
        );
        let pool = make_database(&postgres).await;
        let programs = [
            (
                Part::CommandApi,
                "command-api",
                &["serve", "--dev", "--roles", ALL_ROLES][..],
            ),
            (Part::Projectors, "projectors", &["run", "--dev"]),
            (Part::QueryApi, "query-api", &["serve", "--dev"]),
        ]
        .map(|(part, name, arguments)| {
            let program = Program {
                name,
                arguments,
                port: ports::free(),
                admin_port: ports::free(),
                process: None,
            };
            (part, program)
        });
        let programs = BTreeMap::from(programs);
        let address = |part| format!("127.0.0.1:{}", programs[&part].port);
        let front = FrontDoor::before(&folder, &address(Part::CommandApi), &address(Part::QueryApi)).await;
        let mut world = Self {
            postgres,
            kafka,
            redis,
            programs,
            front,
            pool,
            folder,
        };
        world.save_redis_often().await;
        world.run_tool("command-api", &["migrate"]).await;
        for part in [Part::CommandApi, Part::Projectors, Part::QueryApi] {
            world.start(part);
        }
        for part in [Part::CommandApi, Part::Projectors, Part::QueryApi] {
            world.until_ready(part).await;
        }
        world.list_products().await;
        world
    }

    /// Of one origin for commands and queries, `host:port`.
    pub fn address(&self) -> String {
        self.front.origin.trim_start_matches("http://").to_owned()
    }

    pub fn stores(&self) -> Stores {
        Stores {
            brokers: self.kafka.address(),
            topic_prefix: "commerce".to_owned(),
            redis_url: self.redis_url(),
            redis_prefix: String::new(),
            patience: FOLLOWED_WITHIN,
        }
    }

    fn redis_url(&self) -> String {
        format!("redis://{}", self.redis.address())
    }

    fn environment(&self) -> BTreeMap<&'static str, String> {
        let database = self
            .postgres
            .postgres_url("shop")
            .replace("//postgres@", &format!("//{ROLE}@"));
        BTreeMap::from([
            ("DATABASE_URL", database),
            ("KAFKA_BROKERS", self.kafka.address()),
            ("REDIS_URL", self.redis_url()),
            ("SESSIONS_REDIS_URL", self.redis_url()),
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
        ])
        .into_iter()
        .chain(limits::out_of_the_way())
        .collect()
    }

    fn start(&mut self, part: Part) {
        let environment = self.environment();
        let program = self.programs.get_mut(&part).expect("it is one of the three");
        program.process = Some(Process::start(
            program.name,
            &binary(program.name),
            &self.folder,
            |command| {
                command
                    .args(program.arguments)
                    .envs(&environment)
                    // A name that is the same after every restart, as whoever runs the processes gives them.
                    .env("GROUP_INSTANCE_ID", program.name)
                    .env("COMMAND_API_PORT", program.port.to_string())
                    .env("QUERY_API_PORT", program.port.to_string())
                    .env("ADMIN_PORT", program.admin_port.to_string());
            },
        ));
    }

    async fn until_ready(&mut self, part: Part) {
        let program = self.programs.get_mut(&part).expect("it is one of the three");
        let mut admin = Door::new(&format!("127.0.0.1:{}", program.admin_port));
        until(&format!("{} is ready", program.name), async || {
            let process = program.process.as_mut().expect("it was started");
            if let Some(status) = process.has_ended() {
                panic!("{} ended with {status}\n{}", program.name, process.log_tail());
            }
            let answer = admin.send(&Request::get("/readyz")).await.ok()?;
            answer.is_success().then_some(())
        })
        .await;
    }

    /// Kills it as a loss of power does and has it started again. Returns when a store answers, and when a process was
    /// started: how long that takes is the shop's own affair.
    pub async fn kill(&mut self, part: Part) -> Instant {
        if let Some(server) = self.server(part) {
            server.kill().await;
            sleep(RESTARTED_AFTER).await;
            server.restart().await;
            if part == Part::Redis {
                self.save_redis_often().await;
            }
            return Instant::now();
        }
        let program = self.programs.get_mut(&part).expect("it is one of the three");
        if let Some(mut process) = program.process.take() {
            process.kill_family().await;
        }
        sleep(RESTARTED_AFTER).await;
        self.start(part);
        Instant::now()
    }

    /// Makes it stand still for a while. Returns when it goes on.
    pub async fn pause(&mut self, part: Part, time: Duration) -> Instant {
        self.signal(part, "STOP");
        sleep(time).await;
        self.signal(part, "CONT");
        Instant::now()
    }

    fn signal(&mut self, part: Part, signal: &str) {
        if let Some(server) = self.server(part) {
            server.signal(signal);
        } else if let Some(process) = &self.programs[&part].process {
            process.signal_family(signal);
        }
    }

    fn server(&mut self, part: Part) -> Option<&mut Server> {
        match part {
            Part::Postgres => Some(&mut self.postgres),
            Part::Kafka => Some(&mut self.kafka),
            Part::Redis => Some(&mut self.redis),
            Part::CommandApi | Part::Projectors | Part::QueryApi => None,
        }
    }

    /// A connection of whoever breaks something.
    pub async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.postgres.postgres_url("shop"))
            .await
            .expect("PostgreSQL answers")
    }

    /// Nobody of the shop is connected, or can connect.
    pub async fn take_all_connections(&self, time: Duration) -> Instant {
        let mut admin = self.admin().await;
        // What the server answers is the same as when there are no more slots: 53300.
        admin
            .execute(format!("alter role {ROLE} connection limit 0").as_str())
            .await
            .expect("a limit can be set");
        admin
            .execute(
                format!("select pg_terminate_backend(pid) from pg_stat_activity where usename = '{ROLE}'")
                    .as_str(),
            )
            .await
            .expect("connections can be ended");
        sleep(time).await;
        admin
            .execute(format!("alter role {ROLE} connection limit -1").as_str())
            .await
            .expect("a limit can be lifted");
        Instant::now()
    }

    pub async fn flush_redis(&self) -> Instant {
        let mut redis = self.redis_connection().await;
        let () = redis::cmd("FLUSHALL")
            .query_async(&mut redis)
            .await
            .expect("Redis answers");
        Instant::now()
    }

    /// What is killed comes back with what it had a moment ago, and not with everything: as in production.
    async fn save_redis_often(&self) {
        let mut redis = self.redis_connection().await;
        let () = redis::cmd("CONFIG")
            .arg("SET")
            .arg("save")
            .arg("2 1")
            .query_async(&mut redis)
            .await
            .expect("Redis answers");
    }

    async fn redis_connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.redis_url()).expect("an address of Redis");
        client
            .get_multiplexed_async_connection()
            .await
            .expect("Redis answers")
    }

    /// Deletes the topic of the carts and makes it anew, with nothing in it.
    pub async fn make_topic_anew(&self) -> Instant {
        let admin: AdminClient<DefaultClientContext> = self.kafka_config().create().expect("a client");
        let options = AdminOptions::new();
        admin
            .delete_topics(&[TOPIC], &options)
            .await
            .expect("a topic can be deleted");
        let consumer: BaseConsumer = self.kafka_config().create().expect("a client");
        until("the topic is gone", async || {
            let metadata = consumer.fetch_metadata(None, Duration::from_secs(5)).ok()?;
            metadata
                .topics()
                .iter()
                .all(|topic| topic.name() != TOPIC)
                .then_some(())
        })
        .await;
        let anew = NewTopic::new(TOPIC, PARTITIONS, TopicReplication::Fixed(1));
        admin
            .create_topics([&anew], &options)
            .await
            .expect("a topic can be made");
        Instant::now()
    }

    /// What operators do once they know why: the leading relay empties the topic and fills it from the log.
    pub async fn publish_carts_again(&self) {
        self.run_tool("command-api", &["republish", "--topic", "cart"])
            .await;
    }

    /// And once they know whose messages stand among those of a cart.
    pub async fn discard_foreign(&self, cart: &str) {
        let set_aside = format!("{TOPIC}/{cart}");
        self.run_tool("projectors", &["parked", "discard", "carts", &set_aside])
            .await;
    }

    pub fn kafka_config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.kafka.address());
        config
    }

    /// What `projectors verify` complains of, and complains of again: the shop is open meanwhile, and what is read of a product before and
    /// after a change differs for a moment. What stays is seen at the end at the latest, when nobody shops.
    pub async fn verify(&self) -> Vec<String> {
        let mut complaints = self.verify_once().await;
        if !complaints.is_empty() {
            let again = self.verify_once().await;
            complaints.retain(|complaint| again.contains(complaint));
        }
        complaints
    }

    async fn verify_once(&self) -> Vec<String> {
        let said = self.tool("projectors", &["verify", "--json"]).await;
        let report: Value = match serde_json::from_slice(&said.stdout) {
            Ok(report) => report,
            Err(error) => {
                let errors = String::from_utf8_lossy(&said.stderr).into_owned();
                return vec![format!("verify gives no report ({error}): {errors}")];
            }
        };
        let differences = report["differences"].as_array().cloned().unwrap_or_default();
        let of_verify = differences
            .iter()
            .map(|difference| format!("verify: {difference}"));
        of_verify.collect()
    }

    async fn run_tool(&self, name: &str, arguments: &[&str]) {
        let said = self.tool(name, arguments).await;
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    async fn tool(&self, name: &str, arguments: &[&str]) -> std::process::Output {
        let mut command = tokio::process::Command::new(binary(name));
        command.args(arguments).envs(self.environment());
        command.output().await.expect("it can be run")
    }

    async fn list_products(&self) {
        let (mut door, mut staff) = (Door::new(&self.address()), Staff::new(STAFF_TOKEN));
        for number in 0..usize::try_from(SKUS).expect("it is small") {
            let sku = sku(number);
            let listing = Listing {
                sku: &sku,
                name: &format!("Mug {sku}"),
                category: "kitchen",
                price_minor: 1450,
            };
            staff.list(&mut door, &listing).await.expect("staff can list");
        }
        list_one_of_few(&mut door, SCARCE, FEW).await;
    }

    /// Once everything held; a world in which something did not is left for whoever looks why.
    pub async fn clear_away(self) {
        self.pool.close().await;
        let folder = self.folder.clone();
        drop(self);
        let _ = std::fs::remove_dir_all(folder);
    }
}

async fn make_database(postgres: &Server) -> PgPool {
    let mut admin = PgConnection::connect(&postgres.postgres_url("postgres"))
        .await
        .expect("it answers");
    for statement in [
        format!("create role {ROLE} login"),
        format!("create database shop owner {ROLE}"),
    ] {
        admin.execute(statement.as_str()).await.expect("it can be made");
    }
    let options: PgConnectOptions = postgres.postgres_url("shop").parse().expect("an address");
    PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(Duration::from_secs(20))
        .connect_with(options)
        .await
        .expect("it answers")
}
