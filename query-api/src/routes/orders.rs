//! Orders: one by its id, to whoever may see it; a shopper's own; everybody's, to staff.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::text::{Parsed, Rule};
use openapi::Whole;
use read_model::order::{OrderDocument, OrderSummary, StateList};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{self, Audience};
use crate::app::App;
use crate::asked::Asked;
use crate::freshness::{self, AfterText, Patience, Stream, Wanted};
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails, Refused};
use crate::views::{Order, OrdersOf};
use crate::visitor::Visitor;
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
/// For its customer's session, for whoever has its link (`Order-Key`), and for staff (`Authorization: Bearer`).
#[utoipa::path(get, path = "/api/queries/orders/{id}", tag = "orders",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("analyst" = []), ("order_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The order's id"),
        ("Order-Key" = Option<String>, Header, pattern = "^[!-~]*$", max_length = 200, description = "The key of the order's link, behind `#key=`: opens it without a session"),
        ("min-version" = inline(Option<Whole>), Query, description = "Wait up to a second until the order has this version"),
        ("min-payment-version" = inline(Option<Whole>), Query, description = "Wait up to a second until its payment has this version"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The order. Who sends its key gets a cookie that opens its live stream for an hour", body = OrderDocument, headers(("ETag" = String, description = "\"generation-version-payment_version\""))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`order-not-found`: there is no such order, or it is not yours to see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn order_by_id(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::OrderNotFound)?;
    let mut params = Params::of(asked.uri())?;
    let key = asked.order_key();
    let wanted = wanted(&mut params, id)?;
    params.finish()?;
    let visitor = app.visitor(&asked, id, key).await?;
    let order = match app.views.order(id).await? {
        Some(order) if visitor.may_see(&order) && is_enough(&order, id, &wanted) => Some(order),
        // Somebody else's is waited for in vain, as one that is not there.
        Some(_) | None => wait_for_order(&app, id, &wanted, visitor).await?,
    };
    let order = order.ok_or(Problem::OrderNotFound)?;
    let etag = format!("\"{}\"", order.tag());
    let mut response = answer::document(asked.headers(), &etag, Audience::Asker, order.body);
    if let Some(key) = key.filter(|key| app.has_link(id, Some(key)))
        && let Ok(cookie) = HeaderValue::try_from(app.sessions.order_cookie(id, key))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The shopper's orders, newest first
///
/// Of the session's shopper: a guest's, or an account's.
#[utoipa::path(get, path = "/api/queries/orders", tag = "orders",
    security(("session" = []), ("api_key" = [])),
    params(
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Orders on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, min_length = 1, max_length = 2000, description = "`next` of the page before"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is an order's"),
    ),
    responses(
        (status = 200, description = "One page", body = OrderPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn own_orders(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let mut params = Params::of(asked.uri())?;
    let question = Question::of(&mut params)?;
    params.finish()?;
    let customer = app.shopper(&asked).await?;
    list(&app, OrdersOf::Customer(customer), &question).await
}

/// Everybody's orders, for staff, newest first
///
/// All of them, or those in one state.
#[utoipa::path(get, path = "/api/queries/staff/orders", tag = "orders",
    security(("session" = []), ("staff" = []), ("analyst" = [])),
    params(
        ("state" = inline(Option<OneListText>), Query, description = "A state of an order, or `return-requested`; unset: all orders"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Orders on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, min_length = 1, max_length = 2000, description = "`next` of the page before"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is an order's"),
    ),
    responses(
        (status = 200, description = "One page", body = OrderPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn orders_of_everybody(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.require_reader(&asked).await?;
    let mut params = Params::of(asked.uri())?;
    let question = Question::of(&mut params)?;
    let list_of = params.named("state").map(|OneList(list)| list);
    params.finish()?;
    list(
        &app,
        OrdersOf::Everybody(list_of.unwrap_or(StateList::All)),
        &question,
    )
    .await
}

/// Some of everybody's orders.
struct OneList(StateList);

type OneListText = openapi::Text<OneList>;

impl OneList {
    const NAMES: [&'static str; StateList::ALL.len() - 1] = {
        let mut names = [""; StateList::ALL.len() - 1];
        let mut nth = 0;
        while nth < names.len() {
            names[nth] = StateList::ALL[nth + 1].as_str();
            nth += 1;
        }
        names
    };
}

impl Parsed for OneList {
    fn rule() -> Rule {
        Rule {
            one_of: &Self::NAMES,
            ..Rule::new(
                "OrderList",
                "A state of an order, or those of which a return was asked.",
            )
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        let list = StateList::parse(text).filter(|list| *list != StateList::All);
        list.map(Self)
            .ok_or_else(|| format!("must be one of {}", Self::NAMES.join(", ")))
    }
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
        Ok(Self {
            wanted: params.after(Stream::Order)?,
            limit: params.limit(PAGE, LONGEST_PAGE),
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
    let visitor = match of {
        OrdersOf::Customer(customer) => Visitor::Shopper(customer),
        OrdersOf::Everybody(_) => Visitor::Staff(None),
    };
    while !freshness::are_met(wanted, &app.views, visitor).await? {
        patience.pause().await?;
    }
    let page = app.views.orders(of, *limit, *behind).await?;
    let page = OrderPage {
        orders: page.summaries,
        next: page.ends_at.map(write_cursor),
    };
    let body = serde_json::to_vec(&page).map_err(|error| Problem::Internal(error.to_string()))?;
    Ok(answer::json(Audience::Asker, body))
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
async fn wait_for_order(
    app: &App,
    id: Uuid,
    wanted: &[Wanted],
    visitor: Visitor,
) -> Result<Option<Order>, Problem> {
    let of_order = |wanted: &&Wanted| match &wanted.stream {
        Stream::Order(of) | Stream::Payment(of) => *of == id && wanted.version > 0,
        Stream::Cart(_) | Stream::Product(_) | Stream::StockItem(_) | Stream::Request(_) => false,
    };
    let least: Vec<Wanted> = wanted.iter().filter(of_order).cloned().collect();
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Order(id)]);
    loop {
        if freshness::are_met(wanted, &app.views, visitor).await? {
            let order = app.views.order(id).await?;
            match order.filter(|order| visitor.may_see(order)) {
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
    use openapi::fits;

    use super::*;

    #[test]
    fn the_description_takes_what_is_taken() {
        for text in ["return-requested", "confirmed", "all", "", "Confirmed"] {
            assert_eq!(
                fits(&OneList::rule(), text),
                OneList::parsed(text).is_ok(),
                "{text}"
            );
        }
    }

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
