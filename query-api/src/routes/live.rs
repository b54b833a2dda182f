//! Live streams, as server-sent events: `GET /api/queries/live` tells a shopper of the cart, of what becomes of its
//! products, and of the orders; `GET /api/queries/orders/{id}/live` tells of one order.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use uuid::Uuid;

use crate::app::App;
use crate::asked::Asked;
use crate::live;
use crate::live::places::{About, Opener};
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails, Refused};
use crate::right::Right;
use crate::visitor::Visitor;

/// The shopper's cart and orders as they change
///
/// Server-sent events. `cart`: the cart's document. `offers`: `{"products": […]}` with price and
/// availability of each product in the cart. `order`: an order's document. `request`: a product request that the account
/// submitted, supports or follows, when it changes. `inbox`: `{"newest": …}` when there is a new notice. On every connection the current
/// ones come first (orders: those that are neither delivered nor cancelled, the newest 20), then each
/// change; a shopper without a cart hears nothing of one until there is one. Comments are a heartbeat. Within seconds of the end of the
/// session, or of the API key, the stream ends, too.
#[utoipa::path(get, path = "/api/queries/live", tag = "live",
    security(("session" = []), ("api_key" = [])),
    responses(
        (status = 200, description = "Events until either side ends them", content_type = "text/event-stream", body = live::Offers<'_>),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, `stream-limit`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn live(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    Params::of(asked.uri())?.finish()?;
    let owner = app.shopper(&asked).await?;
    let right = Right::of_shopper(&app, &asked, owner);
    let who = Opener::shopper(owner, asked.network());
    let place = app.streams.take(About::Shopper(owner), who)?;
    Ok(live::of_shopper(app, right, owner, place))
}

/// One order as it changes
///
/// Server-sent events: `order`, the order's document, first as it is, then each change. Comments are a
/// heartbeat. For whoever may see the order; an order that is not to be read yet is waited for by whoever
/// has its link. It ends within seconds of losing the right to it.
#[utoipa::path(get, path = "/api/queries/orders/{id}/live", tag = "live",
    security(("session" = []), ("api_key" = []), ("staff" = []), ("analyst" = []), ("order_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The order's id"),
        ("Order-Key" = Option<String>, Header, pattern = "^[!-~]*$", max_length = 200, description = "The key of the order's link, behind `#key=`: opens it without a session. The cookie that reading the order sets does the same"),
    ),
    responses(
        (status = 200, description = "Events until either side ends them", content_type = "text/event-stream"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`order-not-found`: there is no such order, or it is not yours to see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`, `stream-limit`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`overloaded`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn order_live(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::OrderNotFound)?;
    Params::of(asked.uri())?.finish()?;
    let key = asked
        .order_key()
        .or_else(|| app.sessions.order_key(asked.cookies()));
    let visitor = app.visitor(&asked, id, key).await?;
    let right = Right::of_visitor(&app, &asked, visitor);
    if !visitor.may_see_any() {
        let order = app.views.order(id).await?;
        order
            .filter(|order| visitor.may_see(order))
            .ok_or(Problem::OrderNotFound)?;
    }
    let who = match visitor {
        Visitor::Staff(_) | Visitor::Analyst(_) => Opener::account(asked.network()),
        Visitor::Shopper(owner) => Opener::shopper(owner, asked.network()),
        Visitor::Link(_) | Visitor::Nobody => Opener::guest(asked.network()),
    };
    let place = app.streams.take(About::Order(id), who)?;
    Ok(live::of_order(app, right, (id, visitor), place))
}
