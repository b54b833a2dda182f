//! A connection to Redis that is replaced when Redis goes silent.
//!
//! `redis`' own connection manager connects anew when its connection was closed. One that was forgotten by a firewall, or whose
//! server's host is gone, is never closed: its commands time out one by one, for as long as the kernel believes in it. Here, one that
//! times out is the last.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::caching::CacheConfig;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    Client, Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, ProtocolVersion, RedisFuture, RedisResult,
    Value,
};

/// For a connection, with its greeting.
const CONNECT: Duration = Duration::from_secs(1);
/// When the kernel begins to ask a silent host, and between its questions: after three without an answer the connection is over.
const KEEPALIVE: Duration = Duration::from_secs(5);
const KEEPALIVES: u32 = 3;
/// What was sent and not acknowledged for so long was sent to nobody.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

/// What a connection is made with.
pub struct Settings {
    server: ConnectionInfo,
    manager: ConnectionManagerConfig,
}

impl Settings {
    /// `answer` is how long any one answer is waited for.
    ///
    /// # Errors
    /// When the URL is none of Redis'.
    pub fn new(url: &str, answer: Duration) -> RedisResult<Self> {
        let manager = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(answer))
            // What waits is answered "unavailable" at once; the next command tries again.
            .set_number_of_retries(0);
        Ok(Self {
            server: server(url)?,
            manager,
        })
    }

    /// How many commands may wait to be written.
    #[must_use]
    pub fn commands_waiting(self, most: usize) -> Self {
        let manager = self.manager.set_pipeline_buffer_size(most);
        Self { manager, ..self }
    }

    /// Keeps answers on this side until Redis says that they changed. Forgotten with the connection.
    #[must_use]
    pub fn cached(self, cache: CacheConfig) -> Self {
        // Redis can only tell what changed in its newer protocol.
        let settings = self
            .server
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        Self {
            server: self.server.set_redis_settings(settings),
            manager: self.manager.set_cache_config(cache),
        }
    }

    /// Connects when it is first used, so that a process can start before Redis does.
    ///
    /// # Errors
    /// When the settings do not fit together.
    pub fn lazy(self) -> RedisResult<Connection> {
        let client = Client::open(self.server)?;
        let manager = ConnectionManager::new_lazy_with_config(client.clone(), self.manager.clone())?;
        Ok(Connection(Arc::new(Inner {
            client,
            config: self.manager,
            current: RwLock::new(Current { number: 0, manager }),
        })))
    }
}

/// A server, over sockets that notice a host that is gone. For connections that only listen, too.
///
/// # Errors
/// When the URL is none of Redis'.
pub fn server(url: &str) -> RedisResult<ConnectionInfo> {
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE)
        .with_retries(KEEPALIVES);
    let sockets = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
        .set_user_timeout(ACKNOWLEDGED_WITHIN);
    Ok(url.into_connection_info()?.set_tcp_settings(sockets))
}

/// A connection that heals by itself. Clones share it, and their commands go over it together.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    client: Client,
    config: ConnectionManagerConfig,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    number: u64,
    manager: ConnectionManager,
}

impl Connection {
    fn current(&self) -> Current {
        self.0
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whoever is the first to find it silent replaces it; what others have asked over it times out by itself.
    fn judge<T>(&self, number: u64, answer: &RedisResult<T>) {
        if !answer.as_ref().is_err_and(redis::RedisError::is_timeout) {
            return;
        }
        let mut current = self.0.current.write().unwrap_or_else(PoisonError::into_inner);
        if current.number != number {
            return;
        }
        match ConnectionManager::new_lazy_with_config(self.0.client.clone(), self.0.config.clone()) {
            Ok(manager) => {
                tracing::warn!("Redis did not answer in time; the connection is replaced");
                *current = Current {
                    number: number + 1,
                    manager,
                };
            }
            Err(error) => tracing::error!(%error, "the connection to Redis cannot be replaced"),
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let Current { number, mut manager } = self.current();
            let answer = manager.req_packed_command(command).await;
            self.judge(number, &answer);
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let Current { number, mut manager } = self.current();
            let answer = manager.req_packed_commands(pipeline, offset, count).await;
            self.judge(number, &answer);
            answer
        })
    }

    fn get_db(&self) -> i64 {
        self.0.client.get_connection_info().redis_settings().db()
    }
}
