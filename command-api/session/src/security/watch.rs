//! Where a request comes from, for the security events that happen while it is answered.
//!
//! [`layer`] goes around all routes of an API. It also records what the answer itself says: 401, 403 and 429, unless the
//! reason was recorded already.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use telemetry::client::{self, TrustedProxies};
use telemetry::trace::Traceparent;
use uuid::Uuid;

use super::{Event, record};
use crate::guest::GuestKey;

/// The state of [`layer`]: the key under which networks are hashed.
#[derive(Clone)]
pub struct Watch {
    key: GuestKey,
    proxies: TrustedProxies,
}

impl Watch {
    pub fn new(key: GuestKey, proxies: TrustedProxies) -> Self {
        Self { key, proxies }
    }
}

/// What a line says about a request. Empty is unknown.
#[derive(Default)]
pub(super) struct Origin {
    pub actor: &'static str,
    pub by: String,
    pub network: String,
    pub trace: String,
    pub route: String,
}

#[derive(Clone)]
struct Context {
    watch: Watch,
    network: IpAddr,
    traceparent: Option<HeaderValue>,
    method: Method,
    route: Option<MatchedPath>,
    actor: Cell<(&'static str, Option<Uuid>)>,
    has_refusal: Arc<AtomicBool>,
}

tokio::task_local! {
    static CONTEXT: Context;
}

/// Says who sends the request that is being answered: `actor` is a word such as `customer` or `staff`.
pub fn identified(actor: &'static str, account: Option<Uuid>) {
    let _ = CONTEXT.try_with(|context| context.actor.set((actor, account)));
}

/// The same work as a part of the request that is being answered, wherever it goes on: what it records says where that came from.
pub fn in_its_name<T>(work: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
    let context = CONTEXT.try_with(Context::clone).ok();
    async move {
        match context {
            Some(context) => CONTEXT.scope(context, work).await,
            None => work.await,
        }
    }
}

/// Of the request that is being answered; empty outside of one.
pub(super) fn origin(is_refusal: bool) -> Origin {
    let of = |context: &Context| {
        if is_refusal {
            context.has_refusal.store(true, Ordering::Relaxed);
        }
        context.origin()
    };
    CONTEXT.try_with(of).unwrap_or_default()
}

/// Letters of a network's name that a line has: enough to tell networks apart.
const NETWORK_LETTERS: usize = 16;

impl Context {
    fn network_name(&self) -> String {
        let mut name = self.watch.key.name_of_network(self.network);
        name.truncate(NETWORK_LETTERS);
        name
    }

    fn origin(&self) -> Origin {
        let (actor, by) = self.actor.get();
        let trace = self.traceparent.as_ref();
        let trace = trace.and_then(|value| Traceparent::parse(value.to_str().ok()?));
        let path = self.route.as_ref().map(MatchedPath::as_str);
        Origin {
            actor,
            by: by.map(|id| id.to_string()).unwrap_or_default(),
            network: self.network_name(),
            trace: trace.map(Traceparent::trace_id).unwrap_or_default(),
            route: path
                .map(|path| format!("{} {path}", self.method))
                .unwrap_or_default(),
        }
    }
}

/// For [`axum::middleware::from_fn_with_state`], outside of the layer that tells of rate limits.
pub async fn layer(State(watch): State<Watch>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let network = client::network(watch.proxies.client(peer, request.headers()));
    let context = Context {
        watch,
        network,
        traceparent: request.headers().get("traceparent").cloned(),
        method: request.method().clone(),
        route: request.extensions().get::<MatchedPath>().cloned(),
        actor: Cell::default(),
        has_refusal: Arc::default(),
    };
    let answering = async move {
        let response = next.run(request).await;
        if !CONTEXT.with(|context| context.has_refusal.load(Ordering::Relaxed)) {
            record_status(&response);
        }
        response
    };
    CONTEXT.scope(context, answering).await
}

fn record_status(response: &Response) {
    match response.status() {
        StatusCode::UNAUTHORIZED => record(Event::NotAuthenticated, None, ""),
        StatusCode::FORBIDDEN => record(Event::NotAllowed, None, ""),
        StatusCode::TOO_MANY_REQUESTS => record(Event::LimitReached, None, policy(response.headers())),
        _ => (),
    }
}

/// Which limit it was, by the header that tells of it: `"commands";q=100;w=2`.
fn policy(headers: &HeaderMap) -> &str {
    let told = headers
        .get("ratelimit-policy")
        .and_then(|value| value.to_str().ok());
    told.and_then(|told| told.split('"').nth(1)).unwrap_or_default()
}
