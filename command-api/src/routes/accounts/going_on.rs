//! Whoever changes how one gets into an account goes on with a session of the epoch that the change began.

use axum::response::Response;

use super::signing_in::begin_session;
use crate::accounts::epoch::Told;
use crate::accounts::store::Account;
use crate::request::Received;
use crate::router::{App, set_cookies};

/// The answer with the cookies of the new session. It is of the account as that was when it was read, but for what they changed: what else
/// has changed since is not for this session. The change is committed, so where no session can begin the answer goes without one, and they
/// sign in again.
pub async fn in_new_session(
    app: &App,
    received: &Received,
    account: Account,
    told: Told,
    mut response: Response,
) -> Response {
    if !told.is_in_redis {
        // Nor would it take a session. The log says why.
        return response;
    }
    let account = Account {
        epoch: told.epoch,
        ..account
    };
    match begin_session(app, received, &account).await {
        Ok(cookies) => set_cookies(response.headers_mut(), Some(cookies)),
        Err(problem) => {
            tracing::warn!(account = %account.id, problem.detail, "a changed account has no new session");
        }
    }
    response
}
