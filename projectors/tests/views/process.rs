//! One replica of the projectors as a process of its own, which can be killed, stopped and made to fail.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::ExposeSecret;

use crate::support::Shop;

pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    pub fn start(shop: &Shop, failpoints: &str) -> Self {
        Self::keeping(shop, "carts,products,orders,requests", failpoints)
    }

    pub fn keeping(shop: &Shop, views: &str, failpoints: &str) -> Self {
        let of = &shop.connections;
        let mut child = Command::new(env!("CARGO_BIN_EXE_projectors"))
            .args(["run", "--dev", "--views", views])
            .env("DATABASE_URL", of.database_url.expose_secret())
            .env("REDIS_URL", of.redis_url.expose_secret())
            .env("REDIS_PREFIX", &of.redis_prefix)
            .env("KAFKA_BROKERS", &of.kafka_brokers)
            .env("TOPIC_PREFIX", &of.topic_prefix)
            .env("ADMIN_PORT", free_port().to_string())
            .env("FAILPOINTS", failpoints)
            .env("RUST_LOG", "info")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let lines = Arc::new(Mutex::new(vec![]));
        let heard = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                heard.lock().unwrap().push(line);
            }
        });
        Self { child, lines }
    }

    /// Waits until it ends by itself.
    pub async fn exit_code(&mut self) -> i32 {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().expect("not killed by a signal");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args([format!("-{name}"), self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Whether this was in its log.
    pub fn said(&self, text: &str) -> bool {
        self.lines.lock().unwrap().iter().any(|line| line.contains(text))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
