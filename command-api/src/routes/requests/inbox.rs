//! What somebody was told of the requests that they follow.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::customer;
use crate::error::Problem;
use crate::inbox::Notice;
use crate::request::Received;
use crate::router::App;
use crate::routes::Refused;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(see_inbox))
        .routes(routes!(read_inbox))
}

/// The newest notices.
#[derive(Serialize, ToSchema)]
struct InboxOf {
    /// How many were not read.
    unread: i64,
    /// The newest first, at most 100.
    notices: Vec<NoticeOf>,
}

#[derive(Serialize, ToSchema)]
struct NoticeOf {
    id: Uuid,
    request: Uuid,
    /// What the request is called, where it has words of its own.
    #[schema(required)]
    title: Option<String>,
    /// The product that it is about, where it is.
    #[schema(required)]
    sku: Option<String>,
    /// `planned`, `declined`, `fulfilled`, `duplicate`, `quoted`, `quote_expired`, `back_in_stock`, `commented`, `hidden`, `restored`,
    /// and whatever else a newer release tells.
    transition: String,
    #[serde(with = "time::serde::rfc3339")]
    happened_at: OffsetDateTime,
    read: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadInbox {
    /// This notice and all that are older.
    up_to: Uuid,
}

impl From<Notice> for NoticeOf {
    fn from(notice: Notice) -> Self {
        let transition = notice.transition.split(':').next().unwrap_or_default();
        Self {
            id: notice.id,
            request: notice.request_id,
            title: notice.title,
            sku: notice.sku,
            transition: transition.to_owned(),
            happened_at: notice.happened_at,
            read: notice.is_read,
        }
    }
}

/// My inbox
///
/// What became of the requests that the account follows: the newest 100 notices.
#[utoipa::path(
    get,
    path = "/api/commands/inbox",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "What there is", body = InboxOf),
        Refused,
    )
)]
async fn see_inbox(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let (customer, _) = customer(&app, &received).await?;
    let (unread, notices) = app.inbox.of(customer.uuid()).await?;
    let inbox = InboxOf {
        unread,
        notices: notices.into_iter().map(NoticeOf::from).collect(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(inbox)).into_response())
}

/// Mark notices as read
///
/// A notice and all that are older than it.
#[utoipa::path(
    put,
    path = "/api/commands/inbox/read",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    request_body = ReadInbox,
    responses(
        (status = 204, description = "They are read"),
        Refused,
    )
)]
async fn read_inbox(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let (customer, _) = customer(&app, &received).await?;
    let ReadInbox { up_to } = received.json()?;
    app.inbox.read(customer.uuid(), up_to).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
