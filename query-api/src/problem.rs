//! Everything that can be wrong with a request, and the one place that knows how HTTP says it: problem
//! details (RFC 9457). A cause is logged here, once, and never sent.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoResponses, ToSchema};

#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("a parameter says what it cannot say")]
    Validation(Vec<Violation>),
    #[error("the query string is too long")]
    UriTooLong,
    #[error("neither a session nor a guest cookie")]
    NoSession,
    #[error("the credentials are of nobody")]
    BadCredentials,
    #[error("the API key is not accepted")]
    BadApiKey,
    #[error("the route is for staff")]
    Forbidden,
    #[error("the session was begun without the second factor that the role needs")]
    SecondFactorRequired,
    #[error("there is no such thing here, or it is somebody else's")]
    NotFound,
    #[error("there is no such order, or it is somebody else's")]
    OrderNotFound,
    #[error("there is no such request, or it is not yours to see")]
    RequestNotFound,
    #[error("the method is not one that is known here")]
    MethodNotAllowed,
    #[error("too many requests")]
    RateLimited { seconds: u64 },
    #[error("too many live streams")]
    Overloaded,
    #[error("too many searches wait")]
    SearchesWait,
    #[error("too many live streams of one shopper, order or network")]
    StreamLimit(&'static str),
    #[error("the view does not have that version yet")]
    ViewBehind,
    #[error("the view is being built")]
    ViewNotBuilt,
    #[error("Redis does not answer: {0}")]
    Unavailable(#[from] redis::RedisError),
    #[error("Redis has not answered for too long")]
    Stale,
    #[error("a fault of this service: {0}")]
    Internal(String),
}

/// One thing that is wrong with what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Violation {
    /// The parameter's name.
    pub field: Cow<'static, str>,
    pub message: String,
}

/// How every error is described: `application/problem+json`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// `/problems/` and a name that stays.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    /// For people.
    pub detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub violations: Option<Vec<Violation>>,
}

/// Every query may be answered so; each says which of them are its own.
#[derive(IntoResponses)]
pub enum Refused {
    /// What is wrong with the request
    #[response(status = "4XX", content_type = "application/problem+json")]
    Request(ProblemDetails),
    /// Try again
    #[response(status = "5XX", content_type = "application/problem+json")]
    Server(ProblemDetails),
}

/// How clients are told to come again when nobody knows better.
const SOON: u64 = 1;
/// Somebody has to close a stream first.
const WHEN_ONE_IS_CLOSED: u64 = 10;

impl Problem {
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Validation(vec![Violation {
            field: field.into(),
            message: message.into(),
        }])
    }

    /// Status, slug, title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Validation(_) => (StatusCode::BAD_REQUEST, "validation", "The request is not valid"),
            Self::UriTooLong => (
                StatusCode::URI_TOO_LONG,
                "uri-too-long",
                "The address is too long",
            ),
            Self::NoSession => (StatusCode::UNAUTHORIZED, "no-session", "There is no session"),
            Self::BadCredentials => (
                StatusCode::UNAUTHORIZED,
                "bad-credentials",
                "The credentials are not accepted",
            ),
            Self::BadApiKey => (
                StatusCode::UNAUTHORIZED,
                "bad-api-key",
                "The API key is not accepted",
            ),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "This is for staff"),
            Self::SecondFactorRequired => (
                StatusCode::FORBIDDEN,
                "second-factor-required",
                "This needs a second factor",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::OrderNotFound => (StatusCode::NOT_FOUND, "order-not-found", "There is no such order"),
            Self::RequestNotFound => (
                StatusCode::NOT_FOUND,
                "request-not-found",
                "There is no such request",
            ),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "The method is not allowed",
            ),
            Self::RateLimited { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests"),
            Self::Overloaded | Self::SearchesWait => {
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too busy")
            }
            Self::StreamLimit(_) => (
                StatusCode::TOO_MANY_REQUESTS,
                "stream-limit",
                "Too many live streams",
            ),
            Self::ViewBehind => (
                StatusCode::SERVICE_UNAVAILABLE,
                "view-behind",
                "The view is not there yet",
            ),
            Self::ViewNotBuilt => (
                StatusCode::SERVICE_UNAVAILABLE,
                "view-not-built",
                "The view is being built",
            ),
            Self::Unavailable(_) | Self::Stale => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable",
            ),
            Self::Internal(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "A fault of this service",
            ),
        }
    }

    fn detail(&self) -> String {
        let detail = match self {
            Self::Validation(violations) => {
                let said = violations
                    .iter()
                    .map(|it| format!("`{}` {}", it.field, it.message));
                return said.collect::<Vec<_>>().join("; ");
            }
            Self::UriTooLong => "The query string has a limit; ask for less at a time.",
            Self::NoSession => "Begin a session with POST /api/commands/session and send its cookies.",
            Self::Forbidden => {
                "Sign in as one of staff, or send an API key or the staff token: `Authorization: Bearer <key>`."
            }
            Self::BadCredentials => {
                "`Authorization` takes an API key or the staff token: `Bearer …`. Without it, the session's cookie counts."
            }
            Self::SecondFactorRequired => {
                "Your account is one of staff from before that needed a second factor. Set one up, an app or a passkey, at \
                  /account/security, and ask the operator of the shop to grant the role again."
            }
            Self::BadApiKey => {
                "It was revoked, has expired, or never was one. Make a new one on the account's page."
            }
            Self::NotFound => "There is nothing of that name here for you.",
            Self::OrderNotFound => "There is no such order for you; its link opens it without a session.",
            Self::RequestNotFound => {
                "There is no such request for you: perhaps it is hidden, or a quote of somebody else's."
            }
            Self::MethodNotAllowed => "Everything here is read with GET.",
            Self::RateLimited { .. } => "Wait as long as Retry-After says.",
            Self::StreamLimit(whose) => {
                return format!(
                    "{whose} has as many live streams open as it may have. Close one, and try again."
                );
            }
            Self::Overloaded => "As many live streams as can be served are open; try again.",
            Self::SearchesWait => "As many searches as can be answered soon wait already; try again.",
            Self::ViewBehind => "What you wrote is stored, but not to be read yet; try again.",
            Self::ViewNotBuilt => "What was stored is being read anew; try again.",
            Self::Unavailable(_) | Self::Stale => "What was stored cannot be read at the moment; try again.",
            Self::Internal(_) => "It was logged.",
        };
        detail.to_owned()
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited { seconds } => Some(*seconds),
            Self::StreamLimit(_) => Some(WHEN_ONE_IS_CLOSED),
            Self::Overloaded
            | Self::SearchesWait
            | Self::ViewBehind
            | Self::ViewNotBuilt
            | Self::Unavailable(_)
            | Self::Stale => Some(SOON),
            Self::Validation(_)
            | Self::UriTooLong
            | Self::NoSession
            | Self::BadCredentials
            | Self::BadApiKey
            | Self::Forbidden
            | Self::SecondFactorRequired
            | Self::NotFound
            | Self::OrderNotFound
            | Self::RequestNotFound
            | Self::MethodNotAllowed
            | Self::Internal(_) => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match &self {
            Self::Unavailable(cause) => tracing::warn!(%cause, "Redis does not answer"),
            Self::Internal(cause) => tracing::error!(%cause, "a request failed by a fault of ours"),
            _ => (),
        }
        let (status, slug, title) = self.kind();
        let (detail, retry_after) = (self.detail(), self.retry_after());
        let violations = match self {
            Self::Validation(violations) => Some(violations),
            _ => None,
        };
        let kind = format!("/problems/{slug}");
        let details = ProblemDetails {
            kind,
            title,
            status: status.as_u16(),
            detail,
            violations,
        };
        let body = serde_json::to_vec(&details).unwrap_or_default();

        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1: every 401 says how to do better.
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(session::CHALLENGE),
            );
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
