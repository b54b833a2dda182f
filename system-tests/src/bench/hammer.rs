//! Keep-alive clients that each send the next request as soon as the last one is answered.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::http::Connection;
use crate::pace::Latencies;

/// What the clients send, and what they remember of the answers. All of them share one, on one thread.
pub trait Requests {
    /// Writes the next request of this client into `bytes`, which is empty.
    fn next(&mut self, client: usize, bytes: &mut Vec<u8>);

    /// The answer to that request; none when the connection was lost.
    fn answered(&mut self, client: usize, status: Option<u16>);
}

pub struct Round {
    pub per_second: f64,
    pub latencies: Latencies,
    pub failed: u64,
}

/// `clients` connections for so long. What is answered after the end is not counted.
pub async fn hammer(
    address: &str,
    clients: usize,
    duration: Duration,
    requests: Rc<RefCell<impl Requests + 'static>>,
) -> Result<Round> {
    let mut connections = Vec::with_capacity(clients);
    for _ in 0..clients {
        connections.push(Connection::open(address).await?);
    }
    let began = Instant::now();
    let end = began + duration;
    let mut running = JoinSet::new();
    for (client, connection) in connections.into_iter().enumerate() {
        running.spawn_local(one_client(
            client,
            connection,
            address.to_owned(),
            end,
            Rc::clone(&requests),
        ));
    }
    let (mut latencies, mut failed) = (Latencies::default(), 0);
    while let Some(of_one) = running.join_next().await {
        let (its_latencies, its_failed) = of_one?;
        latencies.add(&its_latencies);
        failed += its_failed;
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^52 in a round")]
    let per_second = latencies.count() as f64 / duration.as_secs_f64();
    Ok(Round {
        per_second,
        latencies,
        failed,
    })
}

async fn one_client(
    client: usize,
    mut connection: Connection,
    address: String,
    end: Instant,
    requests: Rc<RefCell<impl Requests>>,
) -> (Latencies, u64) {
    let (mut latencies, mut failed) = (Latencies::default(), 0);
    let mut bytes = Vec::with_capacity(1024);
    loop {
        let start = Instant::now();
        if start >= end {
            return (latencies, failed);
        }
        bytes.clear();
        requests.borrow_mut().next(client, &mut bytes);
        let status = connection.exchange_for_status(&bytes).await.ok();
        requests.borrow_mut().answered(client, status);
        let now = Instant::now();
        match status {
            Some(200) if now <= end => latencies.record(now - start),
            Some(200) => {}
            _ => failed += 1,
        }
        if !connection.is_reusable() {
            match Connection::open(&address).await {
                Ok(opened) => connection = opened,
                Err(_) => return (latencies, failed + 1),
            }
        }
    }
}
