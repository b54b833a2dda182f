//! Orders: one by its id, to whoever may see it; a shopper's own; everybody's, to staff.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use read_model::order::{OrderDocument, OrderSummary, StateList};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer;
use crate::app::App;
use crate::asked::Asked;
use crate::freshness::{self, Patience, Stream, Wanted};
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails};
use crate::views::{Order, OrdersOf};
use crate::wakes::Topic;

/// Orders on one page, if nothing else is asked for; and at most.
const PAGE: usize = 20;
const LONGEST_PAGE: usize = 100;

/// One page of a list of orders, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderPage {
    #[schema(value_type = Vec<OrderSummary>)]
    pub orders: Vec<Box<RawValue>>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next: Option<String>,
}

/// An order by its id
///
/// For its customer's session, for whoever has its link (`key`), and for staff (`Authorization: Bearer`).
#[utoipa::path(get, path = "/api/queries/orders/{id}", tag = "orders",
    params(
        ("id" = Uuid, Path, description = "The order's id"),
        ("key" = Option<String>, Query, description = "The key of the order's link: opens it without a session"),
        ("min-version" = Option<i64>, Query, minimum = 0, description = "Wait up to a second until the order has this version"),
        ("min-payment-version" = Option<i64>, Query, minimum = 0, description = "Wait up to a second until its payment has this version"),
        ("after" = Option<String>, Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The order", body = OrderDocument, headers(("ETag" = String, description = "\"generation-version-payment_version\""))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`order-not-found`: there is no such order, or it is not yours to see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn order_by_id(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::OrderNotFound)?;
    let mut params = Params::of(asked.uri())?;
    let key = params.one("key");
    let wanted = wanted(&mut params, id)?;
    params.finish()?;
    let visitor = app.visitor(&asked, id, key.as_deref()).await?;
    let order = match app.views.order(id).await? {
        // Not even that it is behind is told to others.
        Some(order) if !visitor.may_see(&order) || is_enough(&order, id, &wanted) => Some(order),
        Some(_) | None => wait_for_order(&app, id, &wanted).await?,
    };
    let order = order
        .filter(|order| visitor.may_see(order))
        .ok_or(Problem::OrderNotFound)?;
    let etag = format!("\"{}\"", order.tag());
    Ok(answer::document(
        asked.headers(),
        &etag,
        answer::PRIVATE,
        order.body,
    ))
}

/// The shopper's orders, newest first
#[utoipa::path(get, path = "/api/queries/orders", tag = "orders",
    params(
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Orders on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<String>, Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is an order's"),
    ),
    responses(
        (status = 200, description = "One page", body = OrderPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn own_orders(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let mut params = Params::of(asked.uri())?;
    let question = Question::of(&mut params)?;
    params.finish()?;
    let customer = app.shopper(&asked).await?;
    list(&app, OrdersOf::Customer(customer), &question).await
}

/// Everybody's orders, for staff, newest first
#[utoipa::path(get, path = "/api/queries/staff/orders", tag = "orders",
    params(
        ("state" = Option<String>, Query, description = "A state of an order, or `return-requested`; unset: all orders"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Orders on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<String>, Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is an order's"),
    ),
    responses(
        (status = 200, description = "One page", body = OrderPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn orders_of_everybody(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.require_staff(&asked).await?;
    let mut params = Params::of(asked.uri())?;
    let question = Question::of(&mut params)?;
    let states: Vec<&str> = StateList::ALL[1..].iter().map(|list| list.as_str()).collect();
    let rule = format!("must be one of {}", states.join(", "));
    let list_of = params.parsed("state", &rule, |text| {
        StateList::parse(text).filter(|list| *list != StateList::All)
    });
    params.finish()?;
    list(
        &app,
        OrdersOf::Everybody(list_of.unwrap_or(StateList::All)),
        &question,
    )
    .await
}

/// What is asked of a list.
struct Question {
    wanted: Vec<Wanted>,
    limit: usize,
    /// Where the page before this one ended.
    behind: Option<i64>,
}

impl Question {
    fn of(params: &mut Params<'_>) -> Result<Self, Problem> {
        let limit = params.number("limit", &format!("must be 1 to {LONGEST_PAGE}"), 1..=LONGEST_PAGE);
        Ok(Self {
            wanted: params.after(Stream::Order)?,
            limit: limit.unwrap_or(PAGE),
            behind: params.parsed("cursor", "must be the `next` of a page", read_cursor),
        })
    }
}

async fn list(app: &App, of: OrdersOf, question: &Question) -> Result<Response, Problem> {
    let Question {
        wanted,
        limit,
        behind,
    } = question;
    let mut patience = Patience::new(&app.wakes, wanted, []);
    while !freshness::are_met(wanted, &app.views).await? {
        patience.pause().await?;
    }
    let page = app.views.orders(of, *limit, *behind).await?;
    let page = OrderPage {
        orders: page.summaries,
        next: page.ends_at.map(write_cursor),
    };
    let body = serde_json::to_vec(&page).map_err(|error| Problem::Internal(error.to_string()))?;
    Ok(answer::json(answer::PRIVATE, body))
}

/// Opaque to clients: the place of the last order of a page, which no two orders share.
fn write_cursor(place: i64) -> String {
    URL_SAFE_NO_PAD.encode(place.to_be_bytes())
}

fn read_cursor(text: &str) -> Option<i64> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(i64::from_be_bytes(bytes.try_into().ok()?))
}

fn wanted(params: &mut Params<'_>, id: Uuid) -> Result<Vec<Wanted>, Problem> {
    let mut wanted = params.after(Stream::Order)?;
    for (name, stream) in [
        ("min-version", Stream::Order(id)),
        ("min-payment-version", Stream::Payment(id)),
    ] {
        if let Some(text) = params.one(name) {
            let version = freshness::parse_version(name, &text)?;
            wanted.push(Wanted { stream, version });
        }
    }
    Ok(wanted)
}

/// Whether this order is all that is wanted.
fn is_enough(order: &Order, id: Uuid, wanted: &[Wanted]) -> bool {
    wanted.iter().all(|wanted| match &wanted.stream {
        Stream::Order(of) => *of == id && wanted.version <= order.versions.order,
        Stream::Payment(of) => *of == id && wanted.version <= order.versions.payment,
        Stream::Cart(_) | Stream::Product(_) | Stream::StockItem(_) | Stream::Request(_) => false,
    })
}

/// The order once the views have everything that is wanted. What is read is checked as well, since another generation may
/// have become current meanwhile; an order of which something is wanted is there, though its payment may come first.
async fn wait_for_order(app: &App, id: Uuid, wanted: &[Wanted]) -> Result<Option<Order>, Problem> {
    let of_order = |wanted: &&Wanted| match &wanted.stream {
        Stream::Order(of) | Stream::Payment(of) => *of == id && wanted.version > 0,
        Stream::Cart(_) | Stream::Product(_) | Stream::StockItem(_) | Stream::Request(_) => false,
    };
    let least: Vec<Wanted> = wanted.iter().filter(of_order).cloned().collect();
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Order(id)]);
    loop {
        if freshness::are_met(wanted, &app.views).await? {
            match app.views.order(id).await? {
                Some(order) if is_enough(&order, id, &least) => return Ok(Some(order)),
                None if least.is_empty() => return Ok(None),
                Some(_) | None => {}
            }
        }
        patience.pause().await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for place in [1, 7_000_000_000] {
            assert_eq!(read_cursor(&write_cursor(place)), Some(place));
        }
        for nobodys in ["", "7", "AAAA", "%%", &"A".repeat(12)] {
            assert_eq!(read_cursor(nobodys), None, "{nobodys}");
        }
    }
}
