//! What staff did, for those who run the shop.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use openapi::{Whole, whole};
use serde::Serialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::Refused;
use crate::accounts::store;
use crate::audit::{self, Change, Entry};
use crate::error::Problem;
use crate::fields::Fields;
use crate::request::{Received, named};
use crate::router::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read_audit))
}

const MOST: i64 = 100;
const USUAL: i64 = 50;

/// One page.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    entries: Vec<AuditEntry>,
    /// `before` of the next page, or null on the last one.
    next: Option<i64>,
}

/// Something that one of staff did.
#[derive(Serialize, ToSchema)]
struct AuditEntry {
    /// Place in the log.
    position: i64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: OffsetDateTime,
    /// The account of whoever it was; null for the staff token.
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
/// The newest first, with what was before and what after. It is read from the events themselves.
#[utoipa::path(
    get,
    path = "/api/commands/audit",
    tag = "audit",
    security(("session" = []), ("ops" = [])),
    params(
        ("before" = inline(Option<Whole>), Query, description = "`next` of the page before"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100, description = "Entries on a page; 50 if unset"),
    ),
    responses(
        (status = 200, description = "One page", body = AuditPage),
        Refused,
    )
)]
async fn read_audit(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    received.require_ops(&app).await?;
    let (before, limit) = asked(received.query())?;
    let entries = audit::read(&app.reader, before, limit).await?;
    let next = (i64::try_from(entries.len()) == Ok(limit))
        .then(|| entries.last().map(|entry| entry.event.position))
        .flatten();
    let names = emails(&app, &entries).await?;
    let entries = entries.into_iter().map(|entry| told(entry, &names)).collect();
    Ok(Json(AuditPage { entries, next }).into_response())
}

/// Read strictly: who misspells a parameter must not get another page.
fn asked(query: &str) -> Result<(i64, i64), Problem> {
    let (mut before, mut limit) = (i64::MAX, USUAL);
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "before" => match whole(&value) {
                Some(position) => before = position,
                None => fields.note("before", "has to be `next` of the page before"),
            },
            "limit" => match whole(&value).filter(|number| (1..=MOST).contains(number)) {
                Some(number) => limit = number,
                None => fields.note("limit", format!("has to be from 1 to {MOST}")),
            },
            _ => fields.note(
                &named(&name),
                "is not a parameter here; there are before and limit",
            ),
        }
    }
    fields.done()?;
    Ok((before, limit))
}

/// Of the members of staff who are in the entries.
async fn emails(app: &App, entries: &[Entry]) -> Result<BTreeMap<Uuid, String>, Problem> {
    let accounts: Vec<Uuid> = entries.iter().filter_map(account_of).collect();
    Ok(store::emails(&app.accounts.pool, &accounts).await?)
}

fn account_of(entry: &Entry) -> Option<Uuid> {
    let actor = entry.event.metadata.actor.as_deref()?;
    Uuid::parse_str(actor.strip_prefix("staff:")?).ok()
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
