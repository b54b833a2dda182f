//! A request without its body: nothing here is asked with one.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use telemetry::client;

use crate::app::App;

pub struct Asked {
    parts: Parts,
    network: IpAddr,
}

impl Asked {
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    pub fn cookies(&self) -> &str {
        self.parts
            .headers
            .get(header::COOKIE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// What somebody sends in the place of a session; empty where it is nothing that is understood here.
    pub fn bearer(&self) -> Option<&str> {
        let sent = self.parts.headers.get(header::AUTHORIZATION)?;
        Some(sent.to_str().ok().and_then(session::bearer).unwrap_or_default())
    }

    /// What is behind `#key=` in an order's link, sent in a header: addresses get into logs. Two are none.
    pub fn order_key(&self) -> Option<&str> {
        let mut sent = self.parts.headers.get_all("order-key").iter();
        let key = sent.next()?.to_str().ok()?;
        sent.next().is_none().then_some(key)
    }

    /// Where the request comes from, as limits count it.
    pub fn network(&self) -> IpAddr {
        self.network
    }
}

impl FromRequest<Arc<App>> for Asked {
    type Rejection = Infallible;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let (parts, _) = request.into_parts();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip());
        let network = client::network(app.trusted_proxies.client(peer, &parts.headers));
        Ok(Self { parts, network })
    }
}
