//! A request without its body: nothing here is asked with one.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use telemetry::client;

pub struct Asked(Parts);

impl Asked {
    pub fn uri(&self) -> &Uri {
        &self.0.uri
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    pub fn cookies(&self) -> &str {
        self.0
            .headers
            .get(header::COOKIE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// What somebody sends in the place of a session.
    pub fn bearer(&self) -> Option<&str> {
        let sent = self.0.headers.get(header::AUTHORIZATION)?;
        Some(sent.to_str().ok()?.strip_prefix("Bearer ").unwrap_or_default())
    }

    /// Where the request comes from, as limits count it.
    pub fn network(&self) -> IpAddr {
        let peer = self.0.extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| {
            client::network(client::address(peer.ip(), &self.0.headers))
        })
    }
}

impl<S: Sync> FromRequest<S> for Asked {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(request.into_parts().0))
    }
}
