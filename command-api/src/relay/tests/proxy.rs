//! A TCP connection's middle that can fall silent: it takes what is sent, and passes nothing on, neither way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

pub struct Proxy {
    pub address: String,
    silence: Arc<Silence>,
}

#[derive(Default)]
struct Silence {
    connections: AtomicU64,
    /// Connections up to this number are silent until they end.
    through: AtomicU64,
    /// New ones are, too.
    holds: AtomicBool,
}

/// What the broker says of its own address, and what stands there instead, as long.
type Rewrite = Option<(Vec<u8>, Vec<u8>)>;

impl Proxy {
    pub async fn to(upstream: &str) -> Self {
        Self::start(upstream, |_| None).await
    }

    /// The same for a Kafka broker: what it says about its own address is replaced by this proxy's, or its clients would go
    /// round it. Host and port stand together in its answers: the host's text, then the port as 32 bits.
    pub async fn to_kafka(broker: &str) -> Self {
        let (host, port) = broker.rsplit_once(':').unwrap();
        let advertised = |port: u16| [host.as_bytes(), &u32::from(port).to_be_bytes()].concat();
        let theirs = advertised(port.parse().unwrap());
        Self::start(broker, |own| Some((theirs, advertised(own)))).await
    }

    async fn start(upstream: &str, rewrite: impl FnOnce(u16) -> Rewrite) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let rewrite = rewrite(own.port());
        let silence = Arc::<Silence>::default();
        let (upstream, watched) = (upstream.to_owned(), Arc::clone(&silence));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&upstream).await else {
                    continue;
                };
                tokio::spawn(converse(client, server, rewrite.clone(), Arc::clone(&watched)));
            }
        });
        Self {
            address: own.to_string(),
            silence,
        }
    }

    /// Every connection falls silent for good, and so do those that are made before [`Proxy::speak`].
    pub fn fall_silent(&self) {
        self.silence.holds.store(true, Ordering::SeqCst);
        let made = self.silence.connections.load(Ordering::SeqCst);
        self.silence.through.store(made, Ordering::SeqCst);
    }

    /// New connections work.
    pub fn speak(&self) {
        self.silence.holds.store(false, Ordering::SeqCst);
    }

    /// How many connections were made.
    pub fn connections(&self) -> u64 {
        self.silence.connections.load(Ordering::SeqCst)
    }
}

async fn converse(client: TcpStream, server: TcpStream, rewrite: Rewrite, silence: Arc<Silence>) {
    let number = silence.connections.fetch_add(1, Ordering::SeqCst) + 1;
    if silence.holds.load(Ordering::SeqCst) {
        silence.through.fetch_max(number, Ordering::SeqCst);
    }
    let is_silent = || number <= silence.through.load(Ordering::SeqCst);
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Where one side closes, so does the other.
    tokio::select! {
        () = pass(from_client, to_server, None, is_silent) => {}
        () = pass(from_server, to_client, rewrite, is_silent) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    rewrite: Rewrite,
    is_silent: impl Fn() -> bool,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if is_silent() {
            continue;
        }
        // An answer about addresses is short, and comes in one piece.
        if let Some((theirs, own)) = &rewrite {
            let mut at = 0;
            while let Some(found) = place_of(theirs, &bytes[at..count]) {
                bytes[at + found..at + found + own.len()].copy_from_slice(own);
                at += found + own.len();
            }
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

fn place_of(part: &[u8], whole: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}
