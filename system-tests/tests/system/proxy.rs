//! A TCP connection's middle, where a test can cut it or hold what is on its way.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::waiting::SOON;

pub struct Proxy {
    pub address: String,
    open: watch::Sender<bool>,
    hold: watch::Sender<Option<Vec<u8>>>,
    stopped: watch::Sender<usize>,
}

impl Proxy {
    /// Passes everything on to `upstream`, `host:port`.
    pub async fn to(upstream: &str) -> Self {
        Self::start(upstream, |_| None).await
    }

    /// The same for a Kafka broker: what it says about its own address is rewritten to this proxy's, or its clients would
    /// go round it. Host and port stand together in its answers: the host's text, then the port as 32 bits.
    pub async fn to_kafka(broker: &str) -> Self {
        let (host, port) = broker.rsplit_once(':').expect("a broker is host:port");
        let advertised = |port: u16| [host.as_bytes(), &u32::from(port).to_be_bytes()].concat();
        let theirs = advertised(port.parse().expect("a port"));
        Self::start(broker, |own| Some((theirs, advertised(own)))).await
    }

    async fn start(upstream: &str, rewrite: impl FnOnce(u16) -> Option<(Vec<u8>, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let own = listener.local_addr().expect("it is bound");
        let rewrite = rewrite(own.port());
        let proxy = Self {
            address: own.to_string(),
            open: watch::Sender::new(true),
            hold: watch::Sender::new(None),
            stopped: watch::Sender::new(0),
        };
        let (open, hold, stopped) = (
            proxy.open.subscribe(),
            proxy.hold.subscribe(),
            proxy.stopped.clone(),
        );
        let upstream = upstream.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !*open.borrow() {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&upstream).await else {
                    continue;
                };
                let (mut open, hold, stopped, rewrite) =
                    (open.clone(), hold.clone(), stopped.clone(), rewrite.clone());
                tokio::spawn(async move {
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::select! {
                        () = pass_up(from_client, to_server, hold, stopped) => {}
                        () = pass_down(from_server, to_client, rewrite) => {}
                        _ = open.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        proxy
    }

    /// Cuts every connection; new ones end at once.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    pub fn mend(&self) {
        self.open.send_replace(true);
    }

    /// From now on, a request in which this stands stays here, and whatever its connection sends after it.
    pub fn hold(&self, pattern: &str) {
        self.stopped.send_replace(0);
        self.hold.send_replace(Some(pattern.as_bytes().to_vec()));
    }

    pub async fn something_is_held(&self) {
        let mut stopped = self.stopped.subscribe();
        let waited = tokio::time::timeout(SOON, stopped.wait_for(|count| *count > 0)).await;
        assert!(waited.is_ok(), "nothing came by that was to be held");
    }

    pub fn release(&self) {
        self.hold.send_replace(None);
    }
}

async fn pass_up(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut hold: watch::Receiver<Option<Vec<u8>>>,
    stopped: watch::Sender<usize>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let is_wanted = hold
            .borrow()
            .as_ref()
            .is_some_and(|pattern| place_of(pattern, &bytes[..count]).is_some());
        if is_wanted {
            stopped.send_modify(|count| *count += 1);
            if hold.wait_for(Option::is_none).await.is_err() {
                return;
            }
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

async fn pass_down(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rewrite: Option<(Vec<u8>, Vec<u8>)>) {
    let mut pending = Vec::with_capacity(1 << 16);
    loop {
        let read = from.read_buf(&mut pending).await;
        let ended = !read.is_ok_and(|count| count > 0);
        let passed = match &rewrite {
            Some((theirs, own)) => rewritten(&mut pending, theirs, own, ended),
            None => pending.len(),
        };
        if to.write_all(&pending[..passed]).await.is_err() || ended {
            return;
        }
        pending.drain(..passed);
    }
}

/// Replaces in place, and tells how much may be passed on: not what could be the beginning of another place to replace.
fn rewritten(pending: &mut [u8], theirs: &[u8], own: &[u8], ended: bool) -> usize {
    let mut from = 0;
    while let Some(found) = place_of(theirs, &pending[from..]) {
        pending[from + found..from + found + own.len()].copy_from_slice(own);
        from += found + own.len();
    }
    if ended {
        return pending.len();
    }
    let longest = theirs.len().saturating_sub(1).min(pending.len());
    let begun = (1..=longest)
        .rev()
        .find(|length| pending[pending.len() - length..] == theirs[..*length]);
    pending.len() - begun.unwrap_or(0)
}

fn place_of(part: &[u8], whole: &[u8]) -> Option<usize> {
    whole.windows(part.len()).position(|window| window == part)
}

#[test]
fn an_address_is_rewritten_even_where_it_comes_in_two_pieces() {
    let (theirs, own) = (b"host\0\0", b"host\0\x01");
    let mut whole = b"a host\0\0 and ho".to_vec();
    let passed = rewritten(&mut whole, theirs, own, false);
    assert_eq!(&whole[..passed], b"a host\0\x01 and ");
    let mut rest = [&whole[passed..], b"st\0\0!"].concat();
    assert_eq!(rewritten(&mut rest, theirs, own, false), rest.len());
    assert_eq!(rest, b"host\0\x01!");
}
