//! What staff did, for those who run the shop.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use openapi::Whole;
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Refused;
use super::audit_query::{Actor, Asked, Moment, Name, asked};
use crate::accounts::store;
use crate::audit::{self, Change, Entry};
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_audit))
}

/// One page.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    entries: Vec<AuditEntry>,
    /// `before` of the next page, or null on the last one.
    next: Option<i64>,
    /// Everybody of staff who did anything, whatever is asked for: the values of `by`.
    people: Vec<AuditPerson>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
struct AuditPerson {
    /// Null for the staff token.
    #[schema(required)]
    account: Option<Uuid>,
    /// How to reach them; null where the account is gone.
    #[schema(required)]
    email: Option<String>,
}

/// Something that one of staff did.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    /// Place in the log.
    position: i64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: OffsetDateTime,
    /// The account that did it; null for the staff token.
    account: Option<Uuid>,
    /// How to reach them; null where the account is gone.
    email: Option<String>,
    /// The aggregate and the event.
    #[schema(example = "product.PriceChanged")]
    event: String,
    /// Which one of its kind: a SKU, an order, a code.
    #[schema(example = "MUG-01")]
    id: String,
    /// What the event says.
    #[schema(value_type = Object)]
    payload: Box<RawValue>,
    /// What is another one after it; null where that is too long ago to be looked up.
    changes: Option<Vec<Change>>,
}

/// What staff did
///
/// The newest first, with what was before and what after. It is read from the events themselves. Filters that are set count together.
#[utoipa::path(
    get,
    path = "/api/commands/audit",
    tag = "audit",
    security(("session" = []), ("ops" = [])),
    params(
        ("before" = inline(Option<Whole>), Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Entries on a page; 50 if unset"),
        ("by" = inline(Option<Actor>), Query, description = "Who did it: an account's id, or `token` for the staff token"),
        ("subject" = inline(Option<Name>), Query,
            description = "What it was done to: an order by its id or number, a request by either, a SKU or a code"),
        ("from" = inline(Option<Moment>), Query, description = "Not before this moment"),
        ("to" = inline(Option<Moment>), Query, description = "Before this moment"),
    ),
    responses(
        (status = 200, description = "One page", body = AuditPage),
        Refused,
    )
)]
async fn read_audit(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let Asked {
        before,
        limit,
        filter,
    } = asked(received.query())?;
    let entries = audit::read(&app.reader, &filter, before, limit).await?;
    let next = (i64::try_from(entries.len()) == Ok(limit))
        .then(|| entries.last().map(|entry| entry.event.position))
        .flatten();
    let actors = app.reader.actors_of_staff().await?;
    let names = emails(&app, &entries, &actors).await?;
    let entries = entries.into_iter().map(|entry| told(entry, &names)).collect();
    let people = actors.iter().map(|actor| person(actor, &names)).collect();
    Ok(Json(AuditPage {
        entries,
        next,
        people,
    })
    .into_response())
}

/// Of the members of staff who are in the entries, and of those who can be asked for.
async fn emails(app: &App, entries: &[Entry], actors: &[String]) -> Result<BTreeMap<Uuid, String>, Problem> {
    let others = actors.iter().filter_map(|actor| account_in(actor));
    let accounts: Vec<Uuid> = entries.iter().filter_map(account_of).chain(others).collect();
    Ok(store::emails(&app.accounts.pool, &accounts).await?)
}

fn account_of(entry: &Entry) -> Option<Uuid> {
    account_in(entry.event.metadata.actor.as_deref()?)
}

fn account_in(actor: &str) -> Option<Uuid> {
    Uuid::parse_str(actor.strip_prefix("staff:")?).ok()
}

fn person(actor: &str, emails: &BTreeMap<Uuid, String>) -> AuditPerson {
    let account = account_in(actor);
    AuditPerson {
        account,
        email: account.and_then(|account| emails.get(&account).cloned()),
    }
}

fn told(entry: Entry, emails: &BTreeMap<Uuid, String>) -> AuditEntry {
    let account = account_of(&entry);
    let Entry { event, changes } = entry;
    AuditEntry {
        position: event.position,
        at: event.recorded_at,
        account,
        email: account.and_then(|account| emails.get(&account).cloned()),
        event: format!("{}.{}", event.aggregate_type, event.event_type),
        id: event.aggregate_id,
        payload: event.payload,
        changes,
    }
}
