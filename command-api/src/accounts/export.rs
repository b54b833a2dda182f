//! All that the shop knows of a person, for themselves. Called by [`crate::routes::accounts`].
//!
//! `docs/personal-data.md` lists every table with the part of the export that has what it says of people; a test compares
//! it with the tables that there are.

mod orders;

use domain::OwnerId;
use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use event_store::texts::Written;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

pub use orders::orders;

use super::store::Account;
use crate::command_loop::current_of;
use crate::error::Problem;
use crate::router::App;

/// The current cart. Null where there is none.
pub async fn cart(app: &App, account: &Account) -> Result<Value, Problem> {
    let owner = OwnerId::new(account.id);
    let (named, _): (CartOwner, u64) = current_of(&app.reader, owner.stream()).await?;
    let Some(id) = named.current else {
        return Ok(Value::Null);
    };
    let (cart, _): (Cart, u64) = current_of(&app.reader, id.stream()).await?;
    Ok(match cart {
        Cart::Open(contents) | Cart::Expired(contents) => {
            json!({ "id": id, "lines": contents.lines, "code": contents.code })
        }
        Cart::Unopened | Cart::CheckedOut { .. } | Cart::Merged { .. } => Value::Null,
    })
}

/// What was written in product requests.
pub async fn texts(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let written = app.texts.of_owner(account.id).await?;
    let texts = written.into_iter().map(|Written { request_id, text }| {
        json!({ "request": request_id, "title": text.title, "text": text.body, "link": text.link })
    });
    Ok(texts.collect())
}

/// The product requests that the account took part in, and what it did there: asked, supported, followed, commented.
pub async fn requests(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let done = app.reader.done_in_requests(account.id).await?;
    let mut requests = vec![];
    // Also those that a duplicate was merged into.
    for request in app.reader.requests_of(account.id).await? {
        let own = done.iter().filter(|event| event.aggregate_id == request);
        let own = own.map(|event| json!({ "what": event.event_type, "at": moment(event.recorded_at) }));
        requests.push(json!({ "id": request, "done": own.collect::<Vec<_>>() }));
    }
    Ok(requests)
}

/// What one of staff did, as the audit has it.
pub async fn done_as_staff(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let events = app.reader.done_by_staff_member(account.id).await?;
    let done = events.iter().map(|event| {
        json!({
            "what": event.event_type,
            "on": format!("{}/{}", event.aggregate_type, event.aggregate_id),
            "at": moment(event.recorded_at),
        })
    });
    Ok(done.collect())
}

type NoticeRow = (Uuid, String, OffsetDateTime, Option<OffsetDateTime>);

/// What the account was told of requests.
pub async fn inbox(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let rows: Vec<NoticeRow> = sqlx::query_as(
        "select request_id, transition, happened_at, read_at from request_notices where owner = $1 order by id",
    )
    .bind(account.id)
    .fetch_all(&app.accounts.pool)
    .await?;
    let notices = rows.into_iter().map(|(request, what, happened_at, read_at)| {
        json!({
            "request": request,
            "what": what,
            "at": moment(happened_at),
            "read_at": read_at.map(moment),
        })
    });
    Ok(notices.collect())
}

type MailRow = (
    String,
    OffsetDateTime,
    Option<OffsetDateTime>,
    Option<String>,
    Option<String>,
);

/// Mails to the account, and about its orders: of the last 30 days. What they say is forgotten when they are sent.
pub async fn mails(app: &App, account: &Account, reasons: &[String]) -> Result<Vec<Value>, Problem> {
    let rows: Vec<MailRow> = sqlx::query_as(
        "select split_part(reason, ':', 1), created_at, ended_at, failure, address from mails
         where owner = $1 or reason = any($2) order by created_at, id",
    )
    .bind(account.id)
    .bind(reasons)
    .fetch_all(&app.accounts.pool)
    .await?;
    let mails = rows
        .into_iter()
        .map(|(kind, created_at, ended_at, failure, address)| {
            json!({
                "kind": kind,
                "put_at": moment(created_at),
                "ended_at": ended_at.map(moment),
                "failure": failure,
                "to": address,
            })
        });
    Ok(mails.collect())
}

/// Links in mails that still work, without what opens them.
pub async fn links(app: &App, account: &Account) -> Result<Vec<Value>, Problem> {
    let rows: Vec<(String, Option<String>, OffsetDateTime)> = sqlx::query_as(
        "select purpose, email, expires_at from account_links where account_id = $1 order by expires_at",
    )
    .bind(account.id)
    .fetch_all(&app.accounts.pool)
    .await?;
    let links = rows.into_iter().map(|(purpose, email, expires_at)| {
        json!({ "purpose": purpose, "email": email, "expires_at": moment(expires_at) })
    });
    Ok(links.collect())
}

/// What cannot be written as JSON.
pub fn unwritable(error: &serde_json::Error) -> Problem {
    tracing::error!(%error, "an export cannot be written");
    let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    Problem::new(status, "internal", "A fault of ours", "Nothing was changed.")
}

pub fn moment(at: OffsetDateTime) -> Option<String> {
    at.format(&Rfc3339).ok()
}
