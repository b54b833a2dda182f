//! A shopper's own carts.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use openapi::Whole;
use read_model::cart::CartDocument;
use uuid::Uuid;

use crate::answer::{self, Audience};
use crate::app::App;
use crate::asked::Asked;
use crate::freshness::{self, AfterText, Patience, Stream, Wanted};
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails, Refused};
use crate::views::Cart;
use crate::visitor::Visitor;
use crate::wakes::Topic;

/// A cart by its id
///
/// Only a shopper's own: also one that was checked out.
#[utoipa::path(get, path = "/api/queries/carts/{id}", tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("id" = Uuid, Path, description = "The cart's id"),
        ("min-version" = inline(Option<Whole>), Query, description = "Wait up to a second until the cart has this version"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The cart", body = CartDocument, headers(("ETag" = String, description = "\"generation-version\""))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`: there is no such cart, or it is somebody else's", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn by_id(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::NotFound)?;
    let wanted = wanted(&asked, Some(id))?;
    let (owner, at_hand) = app.shopper_and_cart(&asked, id).await?;
    let cart = match at_hand {
        Some(cart) if cart.owner == owner && is_enough(&cart, id, &wanted) => Some(cart),
        _ if wanted.is_empty() => app.views.cart(id).await?,
        // Somebody else's is waited for in vain, as one that is not there.
        _ => wait_for_cart(&app, id, owner, &wanted).await?,
    };
    let cart = cart.filter(|cart| cart.owner == owner).ok_or(Problem::NotFound)?;
    Ok(answer::document(
        asked.headers(),
        &cart.etag(),
        Audience::Asker,
        cart.body,
    ))
}

/// The shopper's current cart
///
/// The one that commands of this shopper go to. 204 where there is none yet.
#[utoipa::path(get, path = "/api/queries/carts/current", tag = "carts",
    security(("session" = []), ("api_key" = [])),
    params(
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The cart", body = CartDocument, headers(("ETag" = String, description = "\"generation-version\""))),
        (status = 204, description = "The shopper has no cart yet"),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn current(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let wanted = wanted(&asked, None)?;
    let owner = app.shopper(&asked).await?;
    let cart = match current_after(&app, owner, &wanted).await? {
        Some(cart) => cart,
        None => wait_for_current(&app, owner, &wanted).await?,
    };
    let Some(cart) = cart else {
        return Ok(answer::nothing());
    };
    Ok(answer::document(
        asked.headers(),
        &cart.etag(),
        Audience::Asker,
        cart.body,
    ))
}

fn wanted(asked: &Asked, id: Option<Uuid>) -> Result<Vec<Wanted>, Problem> {
    let mut params = Params::of(asked.uri())?;
    let mut wanted = params.after(Stream::Cart)?;
    if let Some(id) = id
        && let Some(text) = params.one("min-version")
    {
        let version = freshness::parse_version("min-version", &text)?;
        wanted.push(Wanted {
            stream: Stream::Cart(id),
            version,
        });
    }
    params.finish()?;
    Ok(wanted)
}

/// Whether this cart is all that is wanted.
fn is_enough(cart: &Cart, id: Uuid, wanted: &[Wanted]) -> bool {
    wanted
        .iter()
        .all(|wanted| wanted.stream == Stream::Cart(id) && wanted.version <= cart.version)
}

async fn wait_for_cart(app: &App, id: Uuid, owner: Uuid, wanted: &[Wanted]) -> Result<Option<Cart>, Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, []);
    loop {
        if let Some(cart) = cart_after(app, id, owner, wanted).await? {
            return Ok(cart);
        }
        patience.pause().await?;
    }
}

async fn wait_for_current(app: &App, owner: Uuid, wanted: &[Wanted]) -> Result<Option<Cart>, Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Shopper(owner)]);
    loop {
        if let Some(cart) = current_after(app, owner, wanted).await? {
            return Ok(cart);
        }
        patience.pause().await?;
    }
}

/// The cart, once the views have everything that is wanted; what is read is checked as well, since
/// another generation may have become current meanwhile.
async fn cart_after(
    app: &App,
    id: Uuid,
    owner: Uuid,
    wanted: &[Wanted],
) -> Result<Option<Option<Cart>>, Problem> {
    if !freshness::are_met(wanted, &app.views, Visitor::Shopper(owner)).await? {
        return Ok(None);
    }
    let cart = app.views.cart(id).await?.filter(|cart| cart.owner == owner);
    let version = cart.as_ref().map_or(0, |cart| cart.version);
    Ok((version >= least(id, wanted)).then_some(cart))
}

fn least(id: Uuid, wanted: &[Wanted]) -> i64 {
    let of_cart = wanted.iter().filter(|wanted| wanted.stream == Stream::Cart(id));
    of_cart.map(|wanted| wanted.version).max().unwrap_or(0)
}

/// The current cart, once the views have everything that is wanted. Which cart is current travels apart
/// from the carts themselves, so either can be the first to arrive.
async fn current_after(app: &App, owner: Uuid, wanted: &[Wanted]) -> Result<Option<Option<Cart>>, Problem> {
    if !freshness::are_met(wanted, &app.views, Visitor::Shopper(owner)).await? {
        return Ok(None);
    }
    let current = app.views.current_cart(owner).await?;
    for wanted in wanted {
        if let Stream::Cart(id) = wanted.stream
            // Ids grow with time: a cart that was opened later than the one named here will be named.
            && current.is_none_or(|current| current < id)
            && app.views.cart(id).await?.is_some_and(|cart| cart.owner == owner)
        {
            return Ok(None);
        }
    }
    let Some(id) = current else { return Ok(Some(None)) };
    let cart = app.views.cart(id).await?;
    let there = cart.filter(|cart| cart.owner == owner && cart.version >= least(id, wanted));
    Ok(there.map(Some))
}
