//! Sessions, as every page begins with one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use session::{Role, Sessions, Shopper};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Problem;
use crate::request::Received;
use crate::router::{App, set_cookies};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(begin))
}

/// Whose session it is.
#[derive(Serialize, ToSchema)]
struct SessionOf {
    owner: Uuid,
    /// Who is signed in. None for a guest.
    account: Option<SessionAccount>,
}

#[derive(Serialize, ToSchema)]
struct SessionAccount {
    id: Uuid,
    /// Those that count: `shopper`, `staff`, `analyst`, `ops`.
    roles: Vec<&'static str>,
    /// Those that the account has, and that count once it has a second factor.
    withheld_roles: Vec<&'static str>,
}

/// Begin or keep a session
///
/// A live session is kept, a lost one is issued anew for the guest that the signed cookie names, and whoever has neither
/// becomes a new guest.
#[utoipa::path(
    post,
    path = "/api/commands/session",
    tag = "session",
    security(()),
    responses(
        (status = 200, description = "There is a session; its cookies are set where they are new", body = SessionOf),
        (status = "4XX", description = "429 `rate-limited`", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", description = "503 `overloaded`", body = Problem, content_type = "application/problem+json"),
    )
)]
async fn begin(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let (owner, issue, account) = match app.shopper(received.cookies()).await? {
        Some(Shopper::InSession(owner)) => (owner, false, None),
        Some(Shopper::SignedIn {
            account,
            roles,
            withheld,
            ..
        }) => {
            let signed_in = SessionAccount {
                id: account,
                roles: roles.iter().map(Role::name).collect(),
                withheld_roles: withheld.iter().map(Role::name).collect(),
            };
            (account, false, Some(signed_in))
        }
        Some(Shopper::Guest(owner)) => (owner, true, None),
        None => (Sessions::new_guest(), true, None),
    };
    let mut cookies = None;
    if issue {
        app.limits.check_new_session(received.network())?;
        cookies = Some(app.sessions.issue(owner).await?);
    }
    let mut response = Json(SessionOf { owner, account }).into_response();
    set_cookies(response.headers_mut(), cookies);
    Ok(response)
}
