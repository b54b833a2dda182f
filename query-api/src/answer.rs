//! Answers with stored bytes: tags, what caches may do, and headers that keep browsers from guessing.

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{HeaderName, StatusCode};
use axum::response::Response;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// A shopper's own: kept by the browser alone, and never shown without asking.
pub const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The same for everybody, and asked about each time: stock and prices move.
pub const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");
pub const NOT_STORED: HeaderValue = HeaderValue::from_static("no-store");

const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_GUESSING: HeaderValue = HeaderValue::from_static("nosniff");
const OPTIONS: HeaderName = header::X_CONTENT_TYPE_OPTIONS;

/// For whoever opens an answer as a page.
pub fn protect(headers: &mut HeaderMap) {
    headers.insert(OPTIONS, NO_GUESSING);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
}

/// A document, or 304 where the client has it already.
pub fn document(asked: &HeaderMap, etag: &str, cache: HeaderValue, body: impl Into<Bytes>) -> Response {
    if is_held(asked, etag) {
        return tagged(StatusCode::NOT_MODIFIED, etag, cache, Body::empty());
    }
    let mut response = tagged(StatusCode::OK, etag, cache, Body::from(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// JSON that has no tag of its own.
pub fn json(cache: HeaderValue, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    protect(response.headers_mut());
    response
}

/// 204: there is nothing yet.
pub fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    protect(response.headers_mut());
    response
}

/// Whether `If-None-Match` names this tag.
pub fn is_held(asked: &HeaderMap, etag: &str) -> bool {
    let held = asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    held.flat_map(|list| list.split(',')).map(str::trim).any(|tag| {
        // Tags are compared weakly here, as RFC 9110 wants it.
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}

fn tagged(status: StatusCode, etag: &str, cache: HeaderValue, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Tags are made of digits, dashes and quotes.
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, cache);
    protect(headers);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(if_none_match: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(if_none_match))])
    }

    #[test]
    fn a_tag_that_is_held_is_recognised() {
        for held in [r#""7-3""#, r#"W/"7-3""#, r#""1-1", "7-3""#, "*"] {
            assert!(is_held(&asked(held), r#""7-3""#), "{held}");
        }
        for other in [r#""7-33""#, "7-3", r#""6-3""#] {
            assert!(!is_held(&asked(other), r#""7-3""#), "{other}");
        }
        assert!(!is_held(&HeaderMap::new(), r#""7-3""#));
    }

    #[test]
    fn a_document_is_sent_once() {
        let fresh = document(&HeaderMap::new(), r#""7-3""#, PRIVATE, "{}");
        assert_eq!(fresh.status(), StatusCode::OK);
        assert_eq!(fresh.headers()[header::CONTENT_TYPE], "application/json");
        let held = document(&asked(r#""7-3""#), r#""7-3""#, PRIVATE, "{}");
        assert_eq!(held.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(held.headers()[header::ETAG], r#""7-3""#);
        assert_eq!(held.headers()[header::CACHE_CONTROL], "private, no-cache");
    }
}
