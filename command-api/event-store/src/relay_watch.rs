//! What the relay hears beside its leader's connection: how far it is behind, and that there is something to publish.

use std::time::Duration;

use database::within;
use sqlx::Executor;
use sqlx::postgres::{PgConnection, PgListener};

use crate::relay_cursor::{CursorError, connect};

/// How often a connection that listens is asked whether it is still there.
const LISTENER_CHECK: Duration = Duration::from_secs(10);

/// How far Kafka is behind the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lag {
    /// Events past the cursor.
    pub events: i64,
    /// Age of the oldest of them; 0 where there is none.
    pub seconds: f64,
}

/// A connection that does nothing but ask for the lag, so that the answer depends on no leader.
pub struct LagProbe {
    connection: PgConnection,
    limit: Duration,
}

impl LagProbe {
    pub async fn connect(url: &str, limit: Duration) -> Result<Self, CursorError> {
        let mut connection = connect(url, "relay-lag", limit).await?;
        within(limit, connection.execute("set enable_seqscan = off")).await?;
        Ok(Self { connection, limit })
    }

    pub async fn ask(&mut self, name: &str) -> Result<Lag, CursorError> {
        let asked = sqlx::query_as(
            "select greatest((select coalesce(max(global_position), 0) from events) - c.position, 0),
                    coalesce((select greatest(extract(epoch from clock_timestamp() - recorded_at)::float8, 0) from events
                              where global_position > c.position order by global_position limit 1), 0)
             from (select coalesce((select position from relay_cursor where name = $1), 0) as position) c",
        )
        .bind(name)
        .fetch_one(&mut self.connection);
        let (events, seconds) = within(self.limit, asked).await?;
        Ok(Lag { events, seconds })
    }
}

/// Wakes a relay in another process than the command loop's. A relay that loses it polls.
pub struct Appends {
    listener: PgListener,
    limit: Duration,
}

impl Appends {
    pub async fn listen(url: &str, limit: Duration) -> Result<Self, CursorError> {
        let listener = async {
            let mut listener = PgListener::connect(url).await?;
            listener.listen("appended").await?;
            Ok(listener)
        };
        let listener = within(limit, listener).await?;
        Ok(Self { listener, limit })
    }

    /// Waits for an append.
    ///
    /// # Errors
    /// When the connection is broken, or PostgreSQL does not answer on it any more.
    pub async fn next(&mut self) -> Result<(), CursorError> {
        loop {
            let heard = tokio::time::timeout(LISTENER_CHECK, self.listener.recv()).await;
            if let Ok(received) = heard {
                return Ok(received.map(drop)?);
            }
            let asked = self.listener.execute("select 1");
            within(self.limit, asked).await?;
        }
    }
}
