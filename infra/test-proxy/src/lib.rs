//! For tests: a TCP connection's middle, where a test makes a server go away, go silent, or lose its answers.
//!
//! A server that goes away closes its connections, and its clients know at once. One that goes silent (its host is gone, its process
//! stopped, a firewall forgot the connection) does not: the client's own time limit has to end the wait.

#![expect(clippy::missing_panics_doc, reason = "a test's panic is its report")]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It arrives.
    Open,
    /// Connections end: those that are open, and new ones at once.
    Cut,
    /// Connections stay open and are accepted, and nothing comes through: as if the server's process had stopped. What was held
    /// arrives when the way is open again.
    Held,
    /// Requests arrive, their answers are lost. To be followed by [`Way::Cut`]: what was lost does not come again.
    AnswersLost,
}

#[derive(Clone, Copy)]
struct State {
    way: Way,
    /// Connections that were made in an earlier age are silent for ever.
    age: u64,
}

pub struct Proxy {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepted: watch::Sender<usize>,
}

#[derive(Clone, Copy)]
enum Direction {
    Request,
    Answer,
}

impl Proxy {
    /// Passes everything on to `upstream`, a `host:port`.
    pub async fn to(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (state, accepted) = (
            watch::Sender::new(State {
                way: Way::Open,
                age: 0,
            }),
            watch::Sender::new(0),
        );
        let (seen, counted, upstream) = (state.subscribe(), accepted.clone(), upstream.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.send_modify(|count| *count += 1);
                tokio::spawn(converse(client, upstream.clone(), seen.clone()));
            }
        });
        Self {
            address,
            state,
            accepted,
        }
    }

    /// Before the server of a URL, whose host and port are the last of its authority: `redis://…@host:port/…`.
    pub async fn before(url: &str) -> (Self, String) {
        let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
        let (authority, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (user, server) = match authority.rsplit_once('@') {
            Some((user, server)) => (format!("{user}@"), server),
            None => (String::new(), authority),
        };
        let proxy = Self::to(server).await;
        let url = format!("{scheme}://{user}{}{path}", proxy.address);
        (proxy, url)
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, way: Way) {
        self.state.send_modify(|state| state.way = way);
    }

    /// Those connections that are open now stay open and silent for ever; new ones work. As if a firewall had forgotten them.
    pub fn strand(&self) {
        self.state.send_modify(|state| state.age += 1);
    }

    /// How many connections were made so far.
    pub fn accepted(&self) -> usize {
        *self.accepted.borrow()
    }

    /// Waits until so many connections were made.
    pub async fn until_accepted(&self, count: usize) {
        let mut accepted = self.accepted.subscribe();
        let waited = accepted.wait_for(|accepted| *accepted >= count).await;
        waited.expect("the proxy counts as long as it is there");
    }
}

async fn converse(client: TcpStream, upstream: String, mut state: watch::Receiver<State>) {
    let State { way, age } = *state.borrow_and_update();
    if way == Way::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(&upstream).await else {
        return;
    };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let (up, down) = (state.clone(), state.clone());
    tokio::select! {
        () = pump(from_client, to_server, up, age, Direction::Request) => {}
        () = pump(from_server, to_client, down, age, Direction::Answer) => {}
        // Also where the proxy was dropped.
        _ = state.wait_for(|state| state.way == Way::Cut) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    age: u64,
    direction: Direction,
) {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else {
            return;
        };
        let Ok(now) = state
            .wait_for(|state| state.age == age && state.way != Way::Held)
            .await
            .map(|state| state.way)
        else {
            return;
        };
        let is_lost = now == Way::AnswersLost && matches!(direction, Direction::Answer);
        if !is_lost && to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
