//! Where an account is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use session::Listed;
use session::security::{self, Event};
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::signed_in_by_cookie;
use crate::accounts::epoch::{self, Keys};
use crate::accounts::{AccountError, ended_sessions};
use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};
use crate::routes::Refused;
use crate::to_its_end::to_its_end;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list_sessions, end_sessions))
        .routes(routes!(end_session))
}

/// Every session, the latest used first.
#[derive(Serialize, ToSchema)]
struct SessionList {
    sessions: Vec<SessionEntry>,
}

#[derive(Serialize, ToSchema)]
struct SessionEntry {
    /// Names the session, and opens nothing.
    handle: String,
    #[schema(example = "Firefox on Linux")]
    device: String,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// To within five minutes.
    #[serde(with = "time::serde::rfc3339")]
    last_used_at: OffsetDateTime,
    /// It is the one that asks.
    is_current: bool,
}

impl From<Listed> for SessionEntry {
    fn from(listed: Listed) -> Self {
        Self {
            handle: listed.handle,
            device: listed.device,
            created_at: moment(listed.created_at),
            last_used_at: moment(listed.last_used_at),
            is_current: listed.is_current,
        }
    }
}

fn moment(unix_seconds: u64) -> OffsetDateTime {
    i64::try_from(unix_seconds)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Where the account is signed in
///
/// Each by a handle that opens nothing, the latest used first.
#[utoipa::path(
    get,
    path = "/api/commands/account/sessions",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 200, description = "Every session", body = SessionList),
        Refused,
    )
)]
async fn list_sessions(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let sessions = app
        .sessions
        .list(account.id, account.epoch, received.cookies())
        .await?;
    let sessions = sessions.into_iter().map(SessionEntry::from).collect();
    Ok(Json(SessionList { sessions }).into_response())
}

/// End one session
///
/// Whoever is signed in there is signed out.
#[utoipa::path(
    delete,
    path = "/api/commands/account/sessions/{handle}",
    tag = "accounts",
    security(("session" = [])),
    params(("handle" = String, Path, pattern = "^[A-Za-z0-9_-]+$", max_length = 100, description = "The session")),
    responses(
        (status = 204, description = "The session has ended"),
        Refused,
    )
)]
async fn end_session(
    State(app): State<Arc<App>>,
    Path(handle): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    if ended_sessions::end_one(&app.accounts.pool, &app.sessions, account.id, &handle).await? {
        security::record(Event::SessionEnded, Some(account.id), "");
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(AccountError::NoSession.into())
    }
}

/// Sign out everywhere
///
/// Every session ends, this one too, and every API key; links in mails that are on their way end with them.
#[utoipa::path(
    delete,
    path = "/api/commands/account/sessions",
    tag = "accounts",
    security(("session" = [])),
    responses(
        (status = 204, description = "Nobody is signed in with this account anywhere, and no API key acts for it"),
        Refused,
    )
)]
async fn end_sessions(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in_by_cookie(&app, &received).await?;
    let forgotten = app.sessions.forget_cookies();
    let ending = async move {
        let mut transaction = app.accounts.pool.begin().await?;
        let ended = epoch::begin(&mut transaction, account.id, Keys::All).await?;
        transaction.commit().await?;
        security::record(Event::SignedOutEverywhere, Some(account.id), "");
        ended.tell_or_log(&app.sessions, &app.api_keys).await;
        Ok::<_, AccountError>(())
    };
    to_its_end(ending).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    set_cookies(response.headers_mut(), Some(forgotten));
    Ok(response)
}
