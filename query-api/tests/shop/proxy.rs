//! A way to Redis that a test can cut, hold and mend.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Open,
    /// Connections end at once, and those that are open are closed.
    Cut,
    /// Connections are accepted and lead nowhere; what is open stays open and silent.
    Held,
}

pub struct Proxy {
    pub url: String,
    way: watch::Sender<Way>,
}

impl Proxy {
    pub async fn to_redis() -> Self {
        let url = redis::Client::open(super::redis_url()).unwrap();
        let redis::ConnectionAddr::Tcp(host, port) = url.get_connection_info().addr() else {
            panic!("TEST_REDIS_URL is not a TCP address");
        };
        let target: SocketAddr = format!("{host}:{port}").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, seen) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, target, seen.clone()));
            }
        });
        Self {
            url: format!("redis://{address}"),
            way,
        }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn pass(mut client: TcpStream, target: SocketAddr, mut way: watch::Receiver<Way>) {
    let mut redis = TcpStream::connect(target).await.unwrap();
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Cut => return,
            Way::Held => drop(way.changed().await),
            Way::Open => tokio::select! {
                _ = copy_bidirectional(&mut client, &mut redis) => return,
                _ = way.changed() => (),
            },
        }
    }
}
