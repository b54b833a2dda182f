//! The projectors are told to stop while a server stands still: they end in bounded time, whichever it is.

use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection};

use super::machine;
use super::ports;
use super::process::Process;
use super::servers::{Kind, Server, own_folder};
use super::services::binary;
use super::waiting::until;
use system_tests::http::{Door, Request};

/// What the issue allows. Kubernetes kills after 30 s.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn projectors_end_in_time_while_kafka_or_redis_or_postgresql_is_silent() {
    let _machine = machine::alone().await;
    let folder = own_folder("silent");
    let postgres = Server::start(Kind::Postgres, &folder).await;
    let kafka = Server::start(Kind::Kafka, &folder).await;
    let redis = Server::start(Kind::Redis, &folder).await;
    let mut admin = PgConnection::connect(&postgres.postgres_url("postgres"))
        .await
        .expect("it answers");
    admin
        .execute("create database shop")
        .await
        .expect("a database can be made");
    drop(admin);
    let environment = [
        ("DATABASE_URL", postgres.postgres_url("shop")),
        ("KAFKA_BROKERS", kafka.address()),
        ("REDIS_URL", format!("redis://{}", redis.address())),
        ("RUST_LOG", "info".to_owned()),
    ];
    let migrated = std::process::Command::new(binary("command-api"))
        .arg("migrate")
        .envs(environment.clone())
        .output()
        .expect("it can be run");
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );

    for (name, server) in [("kafka", &kafka), ("redis", &redis), ("postgres", &postgres)] {
        let admin_port = ports::free();
        let mut projectors = Process::start("projectors", &binary("projectors"), &folder, |command| {
            command
                .args(["run", "--dev"])
                .envs(environment.clone())
                .env("ADMIN_PORT", admin_port.to_string());
        });
        let mut door = Door::new(&format!("127.0.0.1:{admin_port}"));
        until("the projectors are ready", async || {
            let answer = door.send(&Request::get("/readyz")).await.ok()?;
            answer.is_success().then_some(())
        })
        .await;

        server.signal("STOP");
        // Until what they are about to do hangs.
        until("they have noticed", async || {
            let answer = door.send(&Request::get("/readyz")).await.ok()?;
            (!answer.is_success()).then_some(())
        })
        .await;
        projectors.terminate();
        let ended = tokio::time::timeout(ENDS_WITHIN, projectors.ended()).await;
        let ended = ended.unwrap_or_else(|_| panic!("they hang, because {name} does"));
        assert!(ended.success(), "{name}: {ended}");
        server.signal("CONT");
    }
    drop((kafka, redis, postgres));
    let _ = std::fs::remove_dir_all(&folder);
}
