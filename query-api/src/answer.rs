//! Answers with stored bytes: their tags, and what caches may do with those that are the same for everybody. All others are stored by
//! nobody: [`crate::router`] says so once, for whatever does not say otherwise.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::Response;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Whose an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The same for everybody: kept, and asked about each time, since stock and prices move.
    Everybody,
    /// Somebody's own: kept by nobody but the one who asked.
    Asker,
}

impl Audience {
    fn tell(self, headers: &mut HeaderMap) {
        match self {
            Self::Everybody => {
                let kept = HeaderValue::from_static("public, max-age=0, must-revalidate");
                headers.insert(header::CACHE_CONTROL, kept);
            }
            Self::Asker => {}
        }
    }
}

/// A document, or 304 where the client has it already.
pub fn document(asked: &HeaderMap, etag: &str, audience: Audience, body: impl Into<Bytes>) -> Response {
    if is_held(asked, etag) {
        return tagged(StatusCode::NOT_MODIFIED, etag, audience, Body::empty());
    }
    let mut response = tagged(StatusCode::OK, etag, audience, Body::from(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

/// JSON that has no tag of its own.
pub fn json(audience: Audience, body: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(body.into()));
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    audience.tell(response.headers_mut());
    response
}

/// 204: there is nothing yet.
pub fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
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

fn tagged(status: StatusCode, etag: &str, audience: Audience, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Tags are made of digits, dashes and quotes.
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    audience.tell(headers);
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
        let fresh = document(&HeaderMap::new(), r#""7-3""#, Audience::Everybody, "{}");
        assert_eq!(fresh.status(), StatusCode::OK);
        assert_eq!(fresh.headers()[header::CONTENT_TYPE], "application/json");
        let held = document(&asked(r#""7-3""#), r#""7-3""#, Audience::Everybody, "{}");
        assert_eq!(held.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(held.headers()[header::ETAG], r#""7-3""#);
        assert_eq!(
            held.headers()[header::CACHE_CONTROL],
            "public, max-age=0, must-revalidate"
        );
    }
}
