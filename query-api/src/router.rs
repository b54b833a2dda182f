//! Which path leads where, and the description of it all.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use telemetry::http::HttpMetrics;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::Problem;
use crate::routes::{carts, live, openapi, orders, products, requests};

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Cartwright query API",
    description = "Carts, products, orders and product requests, as the views have them. Everything is read with GET; errors are \
                   problem details (RFC 9457). A view can be asked to wait for what a command has just \
                   written: `min-version`, and `after=ID:VERSION`.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Description;

fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(carts::current))
        .routes(routes!(carts::by_id))
        .routes(routes!(products::list))
        .routes(routes!(products::open_carts_of))
        .routes(routes!(products::similar_products))
        .routes(routes!(products::by_sku))
        .routes(routes!(products::open_carts))
        .routes(routes!(orders::own_orders))
        .routes(routes!(orders::order_by_id))
        .routes(routes!(orders::orders_of_everybody))
        .routes(routes!(requests::list_requests))
        .routes(routes!(requests::similar_requests))
        .routes(routes!(requests::own_requests))
        .routes(routes!(requests::request_by_id))
        .routes(routes!(live::live))
        .routes(routes!(live::order_live))
        .routes(routes!(openapi::openapi))
}

/// The API's description.
pub fn description() -> OpenApi {
    routes().into_openapi()
}

pub fn of(app: Arc<App>) -> Router {
    crate::live::register_metrics();
    let (router, description) = routes().split_for_parts();
    let paths = description
        .paths
        .paths
        .keys()
        .map(|path| (Method::GET, path.as_str()));
    let around = ServiceBuilder::new()
        .layer(HttpMetrics::for_routes(paths))
        .layer(axum::middleware::from_fn(telemetry::rate_limit::layer))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(readable));
    router
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(around)
        .with_state(app)
}

/// What of an address is no text reaches no route.
async fn readable(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match telemetry::uri::check(request.uri(), route) {
        Ok(()) => next.run(request).await,
        Err(refused) => Problem::invalid(refused.field, refused.message).into_response(),
    }
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::Internal("a panic".to_owned()).into_response()
}
