//! A Redis of a test's own, for tests that lose everything in it.

use std::fmt::Write as _;
use std::path::Path;

use system_tests::http::Connection;

use super::ports;
use super::process::Process;
use super::waiting::until;

pub struct RedisServer {
    _process: Process,
    pub url: String,
}

impl RedisServer {
    pub async fn start(logs: &Path) -> Self {
        let port = ports::free();
        let process = Process::start("redis-server", Path::new("redis-server"), logs, |command| {
            command.args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ]);
        });
        let address = format!("127.0.0.1:{port}");
        until("Redis listens", async || Connection::open(&address).await.ok()).await;
        Self {
            _process: process,
            url: format!("redis://{address}"),
        }
    }

    /// Everything is gone, views and sessions alike; afterwards, in the same moment, nothing is there.
    pub async fn flush(&self) {
        let client = redis::Client::open(self.url.as_str()).expect("an address of Redis");
        let mut connection = client
            .get_multiplexed_async_connection()
            .await
            .expect("Redis answers");
        let (before,): (i64,) = redis::pipe()
            .cmd("DBSIZE")
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
        assert!(before > 0, "there was something to lose");
        let ((), after): ((), i64) = redis::pipe()
            .atomic()
            .cmd("FLUSHALL")
            .cmd("DBSIZE")
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
        assert_eq!(after, 0);
    }
}

/// Deletes the keys of one shop.
pub async fn forget(url: &str, prefix: &str) {
    let client = redis::Client::open(url).expect("an address of Redis");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    for key in keys(url, &format!("*{prefix}:*")).await {
        let () = redis::cmd("UNLINK")
            .arg(key)
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
    }
}

pub async fn keys(url: &str, pattern: &str) -> Vec<String> {
    let client = redis::Client::open(url).expect("an address of Redis");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    let (mut found, mut cursor) = (vec![], 0_u64);
    loop {
        let scan = redis::cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(pattern)
            .arg("COUNT")
            .arg(5_000)
            .to_owned();
        let (next, keys): (u64, Vec<String>) =
            scan.query_async(&mut connection).await.expect("Redis answers");
        found.extend(keys);
        cursor = next;
        if cursor == 0 {
            return found;
        }
    }
}

/// One field of a hash.
pub async fn field(url: &str, key: &str, field: &str) -> Option<String> {
    let client = redis::Client::open(url).expect("an address of Redis");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    redis::cmd("HGET")
        .arg(key)
        .arg(field)
        .query_async(&mut connection)
        .await
        .expect("Redis answers")
}

/// Every key of one shop, and all that is in it as text.
pub async fn everything(url: &str, prefix: &str) -> Vec<(String, String)> {
    let client = redis::Client::open(url).expect("an address of Redis");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    let mut all = vec![];
    for key in keys(url, &format!("*{prefix}:*")).await {
        let kind: String = redis::cmd("TYPE")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .expect("Redis answers");
        let read = match kind.as_str() {
            "string" => redis::cmd("GET").arg(&key).to_owned(),
            "hash" => redis::cmd("HGETALL").arg(&key).to_owned(),
            "set" => redis::cmd("SMEMBERS").arg(&key).to_owned(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).to_owned(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).to_owned(),
            "stream" => redis::cmd("XRANGE").arg(&key).arg("-").arg("+").to_owned(),
            "none" => continue, // it has expired
            other => panic!("{key} is a {other}, which nobody here can read"),
        };
        let content: redis::Value = read.query_async(&mut connection).await.expect("Redis answers");
        let mut text = String::new();
        write(&content, &mut text);
        all.push((key, text));
    }
    all
}

/// Everything in a value, word after word.
fn write(value: &redis::Value, text: &mut String) {
    match value {
        redis::Value::BulkString(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        redis::Value::Array(values) | redis::Value::Set(values) => {
            for value in values {
                write(value, text);
            }
        }
        redis::Value::Map(pairs) => {
            for (key, value) in pairs {
                write(key, text);
                write(value, text);
            }
        }
        other => {
            // Writing to a String does not fail.
            let _ = write!(text, "{other:?}");
        }
    }
    text.push(' ');
}
