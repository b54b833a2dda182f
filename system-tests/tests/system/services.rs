//! PostgreSQL, Redis and Kafka, which somebody else runs: `./dev test` says where in the environment.

use std::path::{Path, PathBuf};

pub struct Services {
    /// A role that may create databases.
    pub admin_url: String,
    pub redis_url: String,
    pub kafka_brokers: String,
}

impl Services {
    pub fn from_environment() -> Self {
        Self {
            admin_url: wanted("TEST_DATABASE_URL"),
            redis_url: wanted("TEST_REDIS_URL"),
            kafka_brokers: wanted("TEST_KAFKA_BROKERS"),
        }
    }

    pub fn database_url(&self, name: &str) -> String {
        let (server, _) = self
            .admin_url
            .rsplit_once('/')
            .expect("TEST_DATABASE_URL names a database");
        format!("{server}/{name}")
    }
}

pub fn wanted(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: these tests need PostgreSQL, Redis and Kafka. `./dev test system` starts them.")
    })
}

/// One of the system's binaries, built before the tests are run.
pub fn binary(name: &str) -> PathBuf {
    let folder = std::env::var("CARTWRIGHT_BIN_DIR").map_or_else(|_| target_folder(), PathBuf::from);
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is missing. `./dev test system` builds it.",
        path.display()
    );
    path
}

/// This test is `target/debug/deps/system-…`; the binaries are one folder up.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("this test runs from a file");
    test.ancestors()
        .nth(2)
        .expect("it is in target/debug/deps")
        .to_owned()
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("this crate is a folder of the repository")
}
