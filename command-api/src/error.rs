//! The one file that knows how errors look over HTTP: problem details of RFC 9457.
//!
//! A refusal's `type` is its stable code. A cause is logged here, once, and never sent.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::UnreadableEvent;
use domain::order::OrderError;
use domain::product_request::ProductRequestError;
use event_store::aggregate::AggregateError;
use event_store::contacts;
use event_store::texts::KeepError;
use event_store::{DatabaseError, ErrorKind};
use serde::Serialize;
use session::{Role, SessionsError};
use utoipa::ToSchema;

use crate::audit::AuditError;
use crate::command_loop::CommandError;
use crate::notifications::WebhookError;
use crate::notifications::subscriptions::MAX_SUBSCRIPTIONS;
use crate::payment::gateway::GatewayError;

/// Orders of others have to be paid, or to end, before there is room for another.
const WHEN_SOMETHING_IS_PAID: u32 = 5 * 60;

/// What went wrong, what is safe, and what to do (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; see `docs/api.md`.
    #[schema(example = "/problems/line-limit")]
    pub r#type: String,
    pub title: &'static str,
    pub status: u16,
    pub detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Violation>,
    /// With 412 `conflict`: the version that the aggregate has by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<i64>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// One field that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Violation {
    #[schema(example = "lines[0].quantity")]
    pub field: String,
    pub message: String,
}

impl Problem {
    pub fn new(status: StatusCode, slug: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("/problems/{slug}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            violations: vec![],
            current_version: None,
            retry_after: None,
        }
    }

    /// One field that is not as it has to be.
    pub fn violation(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::validation(vec![Violation {
            field: field.into(),
            message: message.into(),
        }])
    }

    pub fn validation(violations: Vec<Violation>) -> Self {
        let named: Vec<String> = violations
            .iter()
            .map(|violation| format!("{}: {}", violation.field, violation.message))
            .collect();
        let detail = format!("Nothing was changed. {}", named.join("; "));
        Self {
            violations,
            ..Self::new(
                StatusCode::BAD_REQUEST,
                "validation",
                "The request is not valid",
                detail,
            )
        }
    }

    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    pub fn no_session() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "no-session",
            "There is no session",
            "Begin one with POST /api/commands/session and send its cookies.",
        )
    }

    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This is for staff",
            "Sign in as one of staff, or send an API key or the staff token as `Authorization: Bearer …`.",
        )
    }

    pub fn wrong_role(role: Role) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            "This is for somebody else",
            format!(
                "Nothing was changed. It needs the role {role}; sign in with an account, or send an API key, that has it."
            ),
        )
    }

    /// `Authorization` with what nobody was given.
    pub fn bad_credentials() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "bad-credentials",
            "The credentials are not accepted",
            "Nothing was changed. `Authorization` takes an API key or the staff token: `Bearer …`. Without it, the session's cookie counts.",
        )
    }

    pub fn bad_api_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "bad-api-key",
            "The API key is not accepted",
            "Nothing was changed. It was revoked, has expired, or never was one. Make a new one on the account's page.",
        )
    }

    pub fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not-signed-in",
            "Nobody is signed in",
            "Sign in with POST /api/commands/session/sign-in and send its cookie.",
        )
    }

    /// Also the answer about somebody else's order: whether it exists is not theirs to know.
    pub fn order_not_found() -> Self {
        CommandError::Refused(OrderError::NotFound.into()).into()
    }

    pub fn request_not_found() -> Self {
        CommandError::Refused(ProductRequestError::NotFound.into()).into()
    }

    pub fn rate_limited(seconds: u32) -> Self {
        let detail = format!("Nothing was changed. Try again in {seconds} s.");
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limited",
            "Too many requests",
            detail,
        )
        .retry_after(seconds)
    }

    /// Whether it is of this kind: the last part of its type.
    pub fn is(&self, slug: &str) -> bool {
        self.r#type.strip_prefix("/problems/") == Some(slug)
    }

    /// Whether it is certain that nothing was stored: the request is refused as it is.
    pub fn is_refusal(&self) -> bool {
        (400..500).contains(&self.status)
    }

    pub fn is_rate_limited(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS.as_u16()
    }

    pub fn overloaded(detail: &str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "The shop is busy",
            detail,
        )
        .retry_after(1)
    }

    pub fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "timeout",
            "The command took too long",
            "It may have been carried out. Send it again with the same Idempotency-Key to find out.",
        )
        .retry_after(1)
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        use StatusCode as S;
        let detail = error.to_string();
        match error {
            CommandError::Refused(refusal) => {
                let status = match refusal.code() {
                    "cart-not-found" | "order-not-found" | "payment-not-found" | "request-not-found" => {
                        S::NOT_FOUND
                    }
                    "unpaid-network" => S::TOO_MANY_REQUESTS,
                    _ => S::UNPROCESSABLE_ENTITY,
                };
                let detail = format!("Nothing was changed: {refusal}.");
                Self {
                    retry_after: (status == S::TOO_MANY_REQUESTS).then_some(WHEN_SOMETHING_IS_PAID),
                    ..Self::new(status, refusal.code(), "The command was refused", detail)
                }
            }
            CommandError::Conflict { current_version } => Self {
                current_version: Some(current_version),
                ..Self::new(
                    S::PRECONDITION_FAILED,
                    "conflict",
                    "Somebody else was first",
                    format!("Nothing was changed: {detail}. Read it again, or leave If-Match out."),
                )
            },
            CommandError::InProgress => Self::new(
                S::CONFLICT,
                "idempotency-in-progress",
                "The same command is being carried out",
                "Send it again in a moment to get its answer.",
            )
            .retry_after(1),
            CommandError::KeyReused => key_reused(),
            CommandError::Overloaded => {
                Self::overloaded("Nothing was changed: too many commands are waiting.")
            }
            CommandError::Unavailable => unavailable(
                "The event store cannot be reached. The command may have been carried out: \
                 send it again with the same Idempotency-Key.",
            ),
            CommandError::Unreadable(error) => unreadable(&error),
            CommandError::Rejected(cause) => {
                tracing::error!(cause, "a command was rejected by the database");
                value_rejected()
            }
            // The loop has logged both.
            CommandError::Panicked | CommandError::Endless => internal(),
        }
    }
}

impl From<SessionsError> for Problem {
    fn from(error: SessionsError) -> Self {
        tracing::warn!(%error, "sessions cannot be read");
        unavailable("Nothing was changed: sessions cannot be read.")
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        of_database(
            &error,
            "Nothing was changed: the shop's database cannot be reached.",
        )
    }
}

/// An error of data must not look like an outage: clients that obey `Retry-After` would repeat it for ever.
fn of_database(error: &DatabaseError, detail: &str) -> Problem {
    match event_store::classify(error) {
        ErrorKind::Data => {
            tracing::error!(%error, "PostgreSQL rejected a value");
            value_rejected()
        }
        ErrorKind::Fault => {
            tracing::error!(%error, "a statement of ours, or what it read, is wrong");
            internal()
        }
        ErrorKind::Unavailable => {
            tracing::warn!(%error, "PostgreSQL does not answer as it should");
            unavailable(detail)
        }
    }
}

impl From<AggregateError> for Problem {
    fn from(error: AggregateError) -> Self {
        match error {
            AggregateError::Database(error) => {
                of_database(&error, "Nothing was changed: the order cannot be read right now.")
            }
            AggregateError::Unreadable(error) => unreadable(&error),
            AggregateError::Stored(_) | AggregateError::UnknownType(_) => {
                tracing::error!(%error, "a stream cannot be read");
                internal()
            }
        }
    }
}

impl From<KeepError> for Problem {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::TooMany { most } => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-texts",
                "That is a lot for one day",
                format!(
                    "Nothing was changed. An account writes {most} requests and comments a day, and fewer on its first day."
                ),
            )
            .retry_after(60 * 60),
            KeepError::NoAccount => Self::not_signed_in(),
            KeepError::Database(error) => error.into(),
        }
    }
}

impl From<contacts::KeepError> for Problem {
    fn from(error: contacts::KeepError) -> Self {
        match error {
            contacts::KeepError::NoAccount => Self::not_signed_in(),
            contacts::KeepError::Database(error) => error.into(),
        }
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Database(error) => of_database(&error, "The log cannot be read right now."),
            AuditError::Unreadable(error) => unreadable(&error),
            AuditError::State(error) => {
                tracing::error!(%error, "the audit cannot be written as JSON");
                internal()
            }
        }
    }
}

impl From<GatewayError> for Problem {
    fn from(error: GatewayError) -> Self {
        tracing::warn!(%error, "the payment gateway does not answer as it should");
        unavailable("Nothing was changed: the payment gateway cannot be asked right now.")
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        use StatusCode as S;
        match error {
            WebhookError::NoSubscription => Self::new(
                S::NOT_FOUND,
                "webhook-subscription-not-found",
                "There is no such webhook subscription",
                "Nothing was changed. GET /api/commands/webhook-subscriptions lists those that there are.",
            ),
            WebhookError::NoDelivery => Self::new(
                S::NOT_FOUND,
                "webhook-delivery-not-found",
                "There is no such delivery",
                "Nothing was changed. Deliveries are remembered for 30 days.",
            ),
            WebhookError::Disabled => Self::new(
                S::CONFLICT,
                "webhook-subscription-disabled",
                "The webhook subscription is disabled",
                "Nothing was changed. Enable it first; `disabled_reason` says why it is.",
            ),
            WebhookError::TooMany => Self::new(
                S::UNPROCESSABLE_ENTITY,
                "webhook-subscription-limit",
                "There are too many webhook subscriptions",
                format!(
                    "Nothing was changed. There may be {MAX_SUBSCRIPTIONS}; delete one that nobody needs."
                ),
            ),
            WebhookError::KeyReused => key_reused(),
            WebhookError::Database(error) => of_database(
                &error,
                "PostgreSQL cannot be reached. Send it again with the same Idempotency-Key.",
            ),
            WebhookError::Random(error) => {
                tracing::error!(%error, "no secret can be made");
                internal()
            }
        }
    }
}

fn key_reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency-mismatch",
        "The Idempotency-Key was used for another request",
        "Nothing was changed. Use a new key for a new command.",
    )
}

/// A release that is older than an event: what the stream says is not known here.
fn unreadable(error: &UnreadableEvent) -> Problem {
    tracing::error!(%error, "a stream cannot be read by this release");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unreadable",
        "A newer release wrote to this",
        "Nothing was changed. This release cannot read it; try again when the deployment is complete.",
    )
    .retry_after(30)
}

fn value_rejected() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "value-rejected",
        "A value cannot be stored",
        "Nothing was changed: the database rejected a value of this command.",
    )
}

fn internal() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "A fault of ours",
        "Nothing was changed.",
    )
}

fn unavailable(detail: &str) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "unavailable",
        "Temporarily unavailable",
        detail,
    )
    .retry_after(1)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let json = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, json)], body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1: every 401 says how to do better.
            let how = HeaderValue::from_static(session::CHALLENGE);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
        }
        let no_store = (
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        );
        response.headers_mut().extend([no_store]);
        response
    }
}
