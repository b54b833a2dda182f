//! What every route reads of a request: its JSON, who sends it, and under which conditions.
//!
//! Parsed at the door: what leaves here is valid.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use domain::product_request::ProductRequestError;
use domain::text::{CleanLine, Parsed};
use domain::{CartId, Line, OrderId, RequestId, Sku};
use serde::de::DeserializeOwned;
use session::security::{self, Event};
use sha2::{Digest, Sha256};
use telemetry::client;
use telemetry::trace::Traceparent;
use uuid::Uuid;

use crate::command_loop::{Caller, CommandError, ReceiptKey};
use crate::conditions::{IdempotencyKey, IfMatch, takes_if_match};
use crate::error::Problem;
use crate::identity::Who;
use crate::router::App;
use crate::strict::Strict;

/// The largest body of a request, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// How long a body may take to arrive, all of it. Who sends slowly keeps no connection from others for longer.
const BODY_LIMIT: Duration = Duration::from_secs(15);

/// A request whose body was read.
pub struct Received {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    network: IpAddr,
    body: Bytes,
}

impl FromRequest<Arc<App>> for Received {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        only_from_our_pages(&parts.headers, app)?;
        only_known_conditions(&parts)?;
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let body = whole(body, BODY_LIMIT).await?;
        let peer = peer.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
        let network = client::network(app.trusted_proxies.client(peer, &parts.headers));
        Ok(Self {
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            network,
            body,
        })
    }
}

/// A condition that a route does not compare is refused: without it the command would be carried out whatever its client saw.
fn only_known_conditions(parts: &Parts) -> Result<(), Problem> {
    let route = parts
        .extensions
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    if !parts.headers.contains_key(header::IF_MATCH) || takes_if_match(&parts.method, route) {
        return Ok(());
    }
    Err(Problem::violation(
        "If-Match",
        "is not taken here: this route compares no version",
    ))
}

async fn whole(body: Body, limit: Duration) -> Result<Bytes, Problem> {
    let arriving = axum::body::to_bytes(body, MAX_BODY);
    let Ok(arrived) = tokio::time::timeout(limit, arriving).await else {
        return Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "body-too-slow",
            "The body did not arrive in time",
            format!(
                "Nothing was changed. A body arrives within {} seconds.",
                limit.as_secs()
            ),
        ));
    };
    arrived.map_err(|_| {
        let detail = format!("Nothing was changed. A request has at most {MAX_BODY} bytes.");
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "The body is too large or broken",
            detail,
        )
    })
}

/// A page of another site cannot make a browser change a cart here. For commands only: nobody is harmed by reading
/// the documentation from elsewhere.
fn only_from_our_pages(headers: &HeaderMap, app: &App) -> Result<(), Problem> {
    let foreign_origin = headers.get(header::ORIGIN).is_some_and(|origin| {
        !app.public_origins
            .iter()
            .any(|own| own.as_bytes() == origin.as_bytes())
    });
    let cross_site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if foreign_origin || cross_site {
        security::record(Event::CrossSite, None, "");
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "cross-site",
            "The request comes from another site",
            "Nothing was changed. Commands are accepted from the shop's own pages, and from clients without an Origin.",
        ));
    }
    Ok(())
}

impl Received {
    /// The body as `T`; unknown fields are refused by the type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        if !self.is_json() {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "The body has to be JSON",
                "Nothing was changed. Send `Content-Type: application/json` once, in UTF-8 and without a `Content-Encoding`.",
            ));
        }
        let body = || serde_json::Deserializer::from_slice(&self.body);
        let mut whole = body();
        let read = T::deserialize(Strict(&mut whole)).and_then(|value| whole.end().map(|()| value));
        read.map_err(|error| {
            // Once more, slowly, to name the field. What is behind the body is no field's.
            let named = serde_path_to_error::deserialize::<_, T>(Strict(&mut body()));
            let path = named
                .err()
                .and_then(|error| Line::<200>::clean(&error.path().to_string()));
            let field = path
                .map(String::from)
                .filter(|path| path != ".")
                .unwrap_or_else(|| "body".to_owned());
            Problem::violation(field, in_words(&error))
        })
    }

    /// By what is said of it: it is not looked at, and nothing is unpacked.
    fn is_json(&self) -> bool {
        let mut kinds = self.lines(&header::CONTENT_TYPE);
        let (Some(kind), None) = (kinds.next(), kinds.next()) else {
            return false;
        };
        let mut parts = kind.split(';').map(str::trim);
        let is_json = parts
            .next()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
        let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            Some(_) | None => true,
        });
        let is_plain = self
            .lines(&header::CONTENT_ENCODING)
            .all(|coding| coding.eq_ignore_ascii_case("identity"));
        is_json && is_utf8 && is_plain
    }

    /// The credentials that are sent; empty, which lets nobody in, where they are no text, or more than one.
    pub fn credentials(&self) -> Option<&str> {
        let mut sent = self.lines(&header::AUTHORIZATION);
        let first = sent.next()?;
        Some(if sent.next().is_none() { first } else { "" })
    }

    pub fn text(&self, name: &header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The lines of a header; one that is no text is empty.
    pub fn lines<'a>(&'a self, name: &header::HeaderName) -> impl Iterator<Item = &'a str> + use<'a> {
        let lines = self.headers.get_all(name).iter();
        lines.map(|line| line.to_str().unwrap_or_default())
    }

    pub fn query(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    pub fn cookies(&self) -> &str {
        self.text(&header::COOKIE).unwrap_or_default()
    }

    /// Where it comes from, as limits count it.
    pub const fn network(&self) -> IpAddr {
        self.network
    }

    /// The conditions of a command, and what its events will say of where they came from.
    pub fn caller(&self, who: &Who) -> Result<Caller, Problem> {
        let mut keys = self.headers.get_all("idempotency-key").iter();
        let receipt = match (keys.next(), keys.next()) {
            (None, _) => None,
            (Some(key), None) => Some(self.receipt_key(who.owner, key.as_bytes())?),
            (Some(_), Some(_)) => {
                return Err(Problem::violation("Idempotency-Key", "has to be sent once"));
            }
        };
        let span = Traceparent::of_request(
            self.headers
                .get("traceparent")
                .and_then(|value| value.to_str().ok()),
        );
        let causation = receipt.map_or_else(Uuid::now_v7, |key| key.id);
        let actor = who.actor;
        let metadata = format!(
            r#"{{"correlation_id":"{}","causation_id":"{causation}","traceparent":"{span}","actor":"{actor}"}}"#,
            span.trace_id()
        );
        Ok(Caller {
            metadata,
            receipt,
            if_match: self.if_match()?,
        })
    }

    /// The same for what moves money: without a key, a repeated request could do it twice.
    pub fn caller_with_key(&self, who: &Who) -> Result<Caller, Problem> {
        let caller = self.caller(who)?;
        if caller.receipt.is_none() {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "idempotency-key-missing",
                "An Idempotency-Key is needed",
                "Nothing was changed. Send an `Idempotency-Key` of your own choice, and the same one when you repeat \
                 the request.",
            ));
        }
        Ok(caller)
    }

    /// The raw body, for what is signed.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The key is the owner's own; the fingerprint says what it was used for.
    fn receipt_key(&self, owner: Uuid, key: &[u8]) -> Result<ReceiptKey, Problem> {
        let key = str::from_utf8(key).unwrap_or_default();
        let key = IdempotencyKey::parsed(key).map_err(|rule| Problem::violation("Idempotency-Key", rule))?;
        let id = hash(&[owner.as_bytes(), key.as_bytes()]);
        let path = self.uri.path().as_bytes();
        let fingerprint = hash(&[self.method.as_str().as_bytes(), b" ", path, b"\n", &self.body]);
        Ok(ReceiptKey { id, fingerprint })
    }

    fn if_match(&self) -> Result<Option<IfMatch>, Problem> {
        // Several lines are one list (RFC 9110 §5.3).
        let lines: Vec<&str> = self.lines(&header::IF_MATCH).collect();
        if lines.is_empty() {
            return Ok(None);
        }
        let tags = IfMatch::parsed(&lines.join(", "));
        tags.map(Some)
            .map_err(|rule| Problem::violation("If-Match", rule))
    }
}

/// A parameter that is not one of ours, by its name, as far as that can be repeated.
pub fn named(parameter: &str) -> String {
    Line::<40>::clean(parameter).map_or_else(|| "query".to_owned(), String::from)
}

/// What is wrong with a body. It may repeat what was sent.
const A_TIME: &str = "has to be a time, as 2026-01-31T12:00:00Z (RFC 3339)";

fn in_words(error: &serde_json::Error) -> String {
    let said = error.to_string();
    if said.starts_with("lone leading surrogate") || said.starts_with("unexpected end of hex escape") {
        return "has to be text: half of a surrogate pair, as \\ud800 alone, is no character".to_owned();
    }
    // In the words of a client, who knows no types of ours.
    for (part, words) in [
        ("expected struct ", "has to be an object"),
        ("expected i64", "has to be a whole number"),
        ("expected u64", "has to be a whole number that is not negative"),
        ("expected u32", "has to be a whole number that is not negative"),
        ("expected u8", "has to be a whole number that is not negative"),
        ("UUID parsing failed", "has to be a UUID"),
        ("component could not be parsed", A_TIME),
        ("character literal was not valid", A_TIME),
        ("component was not in the supported range", A_TIME),
        (
            "trailing characters",
            "has to be one JSON value, and nothing behind it",
        ),
        (
            "expected value at line",
            "is not complete, or no JSON: docs/openapi says what belongs there",
        ),
    ] {
        if said.contains(part) {
            return words.to_owned();
        }
    }
    Line::<500>::clean(&said).map_or_else(|| "cannot be read".to_owned(), String::from)
}

/// 128 bits of SHA-256: enough that no two requests of a shop ever share them.
pub fn hash(parts: &[&[u8]]) -> Uuid {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&sha.finalize()[..16]);
    Uuid::from_bytes(first)
}

/// An order id from a path: what cannot be one names no order.
pub fn order_id(text: &str) -> Result<OrderId, Problem> {
    Uuid::parse_str(text)
        .map(OrderId::new)
        .map_err(|_| Problem::order_not_found())
}

/// The id of a product request from a path: what cannot be one names none.
pub fn request_id(text: &str) -> Result<RequestId, Problem> {
    let none = || CommandError::Refused(ProductRequestError::NotFound.into());
    let id = Uuid::parse_str(text).map_err(|_| none())?;
    Ok(RequestId::new(id))
}

/// A SKU from a path: what cannot be one names no product.
pub fn sku(text: &str) -> Result<Sku, Problem> {
    Sku::parse(text).map_err(|rule| Problem::violation("sku", format!("has to be {rule}")))
}

/// A cart id from a path: what cannot be one names no cart.
pub fn cart_id(text: &str) -> Result<CartId, Problem> {
    Uuid::parse_str(text)
        .map(CartId::new)
        .map_err(|_| Problem::from(CommandError::Refused(domain::cart::CartError::NotFound.into())))
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_waited_for_so_long_and_no_longer() {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        let endless = Body::from_stream(stream::StreamExt::chain(first, stream::pending()));
        let refused = whole(endless, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(
            (refused.status, &*refused.r#type),
            (408, "/problems/body-too-slow")
        );
    }

    #[tokio::test]
    async fn a_body_has_at_most_so_many_bytes() {
        let limit = Duration::from_secs(15);
        let largest = whole(Body::from(vec![b' '; MAX_BODY]), limit).await;
        assert_eq!(largest.unwrap().len(), MAX_BODY);
        let larger = whole(Body::from(vec![b' '; MAX_BODY + 1]), limit).await;
        assert_eq!(larger.unwrap_err().r#type, "/problems/body-too-large");
    }
}
