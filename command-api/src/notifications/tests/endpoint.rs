//! A subscriber: a real HTTP server that remembers what it was sent and answers what it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::PATIENCE;
use crate::notifications::signature::Secret;

pub struct Endpoint {
    pub url: String,
    inside: Arc<Inside>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Inside {
    received: Mutex<Vec<Message>>,
    /// Answers to the next messages; 200 when there are no more.
    answers: Mutex<VecDeque<Answer>>,
    arrived: Notify,
    hangs: bool,
}

type Answer = Box<dyn Fn() -> Response + Send>;

/// One message as it arrived.
#[derive(Clone, Debug)]
pub struct Message {
    pub headers: HeaderMap,
    pub body: String,
}

impl Message {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checked as the specification tells receivers to: any of the signatures may match.
    pub fn is_signed_with(&self, secret: &Secret) -> bool {
        let key = STANDARD
            .decode(secret.reveal().strip_prefix("whsec_").unwrap())
            .unwrap();
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = format!("{id}.{timestamp}.{}", self.body);
        let signatures = self.header("webhook-signature").split(' ');
        let of_version_1 = signatures.filter_map(|signature| signature.strip_prefix("v1,"));
        of_version_1.into_iter().any(|signature| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(signed.as_bytes());
            mac.verify_slice(&STANDARD.decode(signature).unwrap()).is_ok()
        })
    }
}

impl Endpoint {
    pub async fn open() -> Self {
        Self::with(Inside::default()).await
    }

    /// Takes messages and never answers.
    pub async fn hanging() -> Self {
        Self::with(Inside {
            hangs: true,
            ..Inside::default()
        })
        .await
    }

    async fn with(inside: Inside) -> Self {
        let inside = Arc::new(inside);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(Arc::clone(&inside));
        let stop = CancellationToken::new();
        tokio::spawn(telemetry::server::serve(listener, app, stop.clone()));
        Self { url, inside, stop }
    }

    pub fn answers(&self, status: u16) {
        self.answers_with(move || Response::builder().status(status).body(Body::empty()).unwrap());
    }

    pub fn answers_with(&self, answer: impl Fn() -> Response + Send + 'static) {
        self.inside.answers.lock().unwrap().push_back(Box::new(answer));
    }

    pub fn received(&self) -> Vec<Message> {
        self.inside.received.lock().unwrap().clone()
    }

    pub fn ids(&self) -> Vec<String> {
        let received = self.received();
        received
            .iter()
            .map(|message| message.header("webhook-id").to_owned())
            .collect()
    }

    /// Waits until so many messages have arrived.
    pub async fn has_received(&self, messages: usize) -> Vec<Message> {
        let arrived = async {
            loop {
                let waiting = self.inside.arrived.notified();
                let received = self.received();
                if received.len() >= messages {
                    return received;
                }
                waiting.await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived)
            .await
            .expect("a message arrives")
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn take(State(inside): State<Arc<Inside>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    inside.received.lock().unwrap().push(Message {
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    });
    inside.arrived.notify_waiters();
    if inside.hangs {
        std::future::pending::<()>().await;
    }
    let answer = inside.answers.lock().unwrap().pop_front();
    answer.map_or_else(Response::default, |answer| answer())
}
