//! Which path leads where, and the description of it all.

use std::sync::Arc;

use ::openapi::Api;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use telemetry::http::HttpMetrics;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::set_header::SetResponseHeaderLayer;
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
                   written: `min-version`, and `after=ID:VERSION`."
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

const API: Api = Api {
    tags: &[
        ("carts", "A shopper's own carts."),
        ("products", "The catalogue, for everybody."),
        (
            "orders",
            "Orders: one's own, one by its link, and everybody's for staff.",
        ),
        ("requests", "What people ask the shop for, and what became of it."),
        ("live", "Server-sent events: what changes, as it changes."),
        ("description", "This description."),
    ],
};

/// The API's description.
pub fn description() -> OpenApi {
    let mut document = routes().into_openapi();
    ::openapi::complete(&mut document, &API);
    document
}

pub fn of(app: Arc<App>) -> Router {
    crate::live::register_metrics();
    session::security::register();
    let (router, described) = routes().split_for_parts();
    let paths = described
        .paths
        .paths
        .keys()
        .map(|path| (Method::GET, path.as_str()));
    let around = ServiceBuilder::new()
        .map_response(weakly_tagged)
        // Who does not take this is served gzip by nginx. Streams of events and what is short stay as they are.
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(1024).and(DefaultPredicate::new())))
        // Who may keep an answer says its route where everybody may; all else is somebody's own.
        .layer(unless_set(header::CACHE_CONTROL, "no-store"))
        // For whoever opens an answer as a page.
        .layer(unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(unless_set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(HttpMetrics::for_routes(paths))
        .layer(axum::middleware::from_fn_with_state(
            app.watch(),
            session::security::layer,
        ))
        .layer(axum::middleware::from_fn(telemetry::rate_limit::layer))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn(readable));
    router
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(around)
        .with_state(app)
}

/// What is compressed is not the same bytes, and so has no strong tag (RFC 9110 §8.8.1).
fn weakly_tagged<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = headers
            .get(header::ETAG)
            .filter(|tag| !tag.as_bytes().starts_with(b"W/"))
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
    response
}

fn unless_set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
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

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;
    use crate::params::CurrencyText;

    #[test]
    fn the_description_leaves_nothing_out() {
        let said = serde_json::to_value(description()).expect("a description is JSON");
        let missing = ::openapi::complaints(&said);
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn a_currency_of_a_list_is_described_as_one_that_the_shop_knows() {
        let said = serde_json::to_value(description()).expect("a description is JSON");
        let parameters = said["paths"]["/api/queries/products"]["get"]["parameters"].as_array();
        let mut parameters = parameters.expect("there are parameters").iter();
        let currency = parameters.find(|parameter| parameter["name"] == "currency");
        let schema = serde_json::to_value(CurrencyText::schema()).expect("a schema is JSON");
        assert_eq!(currency.expect("a currency can be given")["schema"], schema);
    }
}
