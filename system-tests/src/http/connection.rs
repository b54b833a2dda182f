//! One keep-alive connection: bytes out, one answer in.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::response::{Head, Response};

/// An answer larger than this is not one of ours.
const MAX_ANSWER: usize = 16 << 20;
/// Longer than any limit that the services set themselves.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Why there is no answer. Whether the request took effect is then unknown, unless nothing could be connected.
#[derive(Debug)]
pub enum Lost {
    /// Nobody listens there, so nothing was asked.
    Refused(std::io::Error),
    /// The connection ended; `answered` tells whether part of an answer had arrived.
    Ended { answered: bool },
    /// No answer within the limit.
    Late,
    /// What arrived is not an answer that this client reads.
    Garbled(String),
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(error) => write!(f, "cannot connect: {error}"),
            Self::Ended { answered: false } => f.write_str("the connection ended before an answer"),
            Self::Ended { answered: true } => f.write_str("the connection ended in the middle of an answer"),
            Self::Late => write!(f, "no answer within {} s", ANSWER_LIMIT.as_secs()),
            Self::Garbled(what) => write!(f, "not an answer: {what}"),
        }
    }
}

impl std::error::Error for Lost {}

pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    reusable: bool,
}

impl Connection {
    /// `address` is `host:port`.
    pub async fn open(address: &str) -> Result<Self, Lost> {
        let stream = TcpStream::connect(address).await.map_err(Lost::Refused)?;
        stream.set_nodelay(true).map_err(Lost::Refused)?;
        Ok(Self {
            stream,
            received: Vec::with_capacity(4096),
            reusable: true,
        })
    }

    /// Whether the other side keeps the connection open for another request.
    pub fn is_reusable(&self) -> bool {
        self.reusable
    }

    pub async fn exchange(&mut self, request: &[u8]) -> Result<Response, Lost> {
        let head = self.send_and_wait(request).await?;
        let response = Response::read(&head, &self.received);
        self.received.clear();
        Ok(response)
    }

    /// The same for whoever needs no more than the status: nothing is copied.
    pub async fn exchange_for_status(&mut self, request: &[u8]) -> Result<u16, Lost> {
        let head = self.send_and_wait(request).await?;
        self.received.clear();
        Ok(head.status)
    }

    async fn send_and_wait(&mut self, request: &[u8]) -> Result<Head, Lost> {
        let exchange = async {
            let sent = self.stream.write_all(request).await;
            // A server that closes an idle connection may have been first; its answer, if any, is still to be read.
            let answer = receive(&mut self.stream, &mut self.received).await;
            match (sent, answer) {
                (Err(_), Err(_)) => Err(Lost::Ended { answered: false }),
                (_, answer) => answer,
            }
        };
        let answer = tokio::time::timeout(ANSWER_LIMIT, exchange)
            .await
            .unwrap_or(Err(Lost::Late));
        self.reusable = answer.as_ref().is_ok_and(|head| head.keeps_open);
        answer
    }
}

/// Waits until `received` holds one whole answer.
async fn receive(stream: &mut TcpStream, received: &mut Vec<u8>) -> Result<Head, Lost> {
    received.clear();
    loop {
        let read = stream.read_buf(received).await;
        if !read.is_ok_and(|count| count > 0) {
            return Err(Lost::Ended {
                answered: !received.is_empty(),
            });
        }
        if let Some(head) = Head::parse(received).map_err(Lost::Garbled)?
            && received.len() >= head.length
        {
            return Ok(head);
        }
        if received.len() > MAX_ANSWER {
            return Err(Lost::Garbled(format!("more than {MAX_ANSWER} bytes")));
        }
    }
}
