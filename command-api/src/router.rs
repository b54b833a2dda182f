//! Which path leads to which route, and what holds for all of them.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use event_store::Reader;
use event_store::contacts::Contacts;
use event_store::texts::Texts;
use openapi::Api;
use secrecy::SecretString;
use session::{ApiKeys, Attempts, Guesses, GuestKey, Sessions, security};
use telemetry::client::TrustedProxies;
use telemetry::http::HttpMetrics;
use telemetry::rate_limit::{self, RateLimit};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::accounts::Accounts;
use crate::accounts::second_factor::SecondFactors;
use crate::command_loop::{Answer, Caller, Command, Handle, Policy};
use crate::error::Problem;
use crate::inbox::Inbox;
use crate::limits::Quotas;
use crate::notifications::Webhooks;
use crate::payment::Payments;
use crate::roles::Role;
use crate::routes;
use crate::routes::description::Written;
use crate::seller::Seller;
use crate::unpaid_orders::UnpaidOrders;

/// A command that is not stored by then is answered 504.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What every route needs.
pub struct App {
    pub commands: Handle,
    pub sessions: Sessions,
    pub accounts: Accounts,
    pub second_factors: SecondFactors,
    pub api_keys: ApiKeys,
    pub attempts: Attempts,
    pub staff_token: SecretString,
    /// At the staff token.
    pub guesses: Guesses,
    pub public_origins: Vec<String>,
    pub limits: Arc<Limits>,
    pub quotas: Quotas,
    pub unpaid: UnpaidOrders,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    pub policy: Arc<Policy>,
    /// Signs the links of orders.
    pub guest_key: GuestKey,
    /// Single streams, for what no view shows.
    pub reader: Reader,
    pub contacts: Contacts,
    pub texts: Texts,
    pub inbox: Inbox,
    pub payments: Payments,
    pub webhooks: Webhooks,
    pub seller: Seller,
}

/// Requests a second, by shopper and by network.
pub struct Limits {
    shoppers: RateLimit<Uuid>,
    guests: RateLimit<IpAddr>,
    new_sessions: RateLimit<IpAddr>,
}

impl Limits {
    /// `guests`: the commands of all guests of one network, and of whoever comes by an order's link from there.
    pub fn per_second(commands: u32, guests: u32, sessions: u32) -> Self {
        let rate = |rate| NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        Self {
            shoppers: RateLimit::per_second("commands", rate(commands)),
            guests: RateLimit::per_second("guests", rate(guests)),
            new_sessions: RateLimit::per_second("sessions", rate(sessions)),
        }
    }

    pub fn check_shopper(&self, owner: Uuid) -> Result<(), Problem> {
        self.shoppers.check(&owner).map_err(Problem::rate_limited)
    }

    /// A guest, or whoever has an order's link, is counted with all others of the network: accounts are counted where they are made, guests
    /// make themselves. The one first: what is refused to it takes nothing from the others.
    pub fn check_guest(&self, owner: Uuid, network: IpAddr) -> Result<(), Problem> {
        self.check_shopper(owner)?;
        self.guests.check(&network).map_err(Problem::rate_limited)
    }

    pub fn check_new_session(&self, address: IpAddr) -> Result<(), Problem> {
        self.new_sessions.check(&address).map_err(Problem::rate_limited)
    }

    /// Forgets who has not been seen for a while.
    pub fn tidy(&self) {
        self.shoppers.tidy();
        self.guests.tidy();
        self.new_sessions.tidy();
    }
}

impl App {
    /// The address of a page of the storefront.
    pub fn page(&self, path: &str) -> String {
        let origin = self.public_origins.first().map_or("", String::as_str);
        format!("{origin}{path}")
    }

    /// Hands a command to the loop and makes its answer an HTTP answer.
    pub async fn execute(&self, command: Command, caller: Caller) -> Result<Response, Problem> {
        Ok(accepted(&self.answer(command, caller).await?))
    }

    /// Hands a command to the loop and waits for what became of it.
    pub async fn answer(&self, command: Command, caller: Caller) -> Result<Answer, Problem> {
        let answered = tokio::time::timeout(TIME_LIMIT, self.commands.execute(command, caller)).await;
        Ok(answered.map_err(|_| Problem::timeout())??)
    }
}

fn accepted(answer: &Answer) -> Response {
    let (id, version, position) = (&answer.id, answer.version, answer.position);
    // An id is a UUID, a SKU or a discount code: nothing in it needs escaping.
    let body = format!(r#"{{"id":"{id}","version":{version},"position":{position}}}"#);
    answered(answer, body.into_response())
}

/// The status and headers of every command's success.
pub fn answered(answer: &Answer, mut response: Response) -> Response {
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let version = answer.version;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(etag) = HeaderValue::try_from(format!("\"{version}\"")) {
        headers.insert(header::ETAG, etag);
    }
    if answer.replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    response
}

pub fn set_cookies<const N: usize>(headers: &mut HeaderMap, cookies: Option<[String; N]>) {
    for cookie in cookies.into_iter().flatten() {
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

/// What of an address is no text reaches no route.
async fn readable(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    match telemetry::uri::check(request.uri(), route) {
        Ok(()) => next.run(request).await,
        Err(refused) => Problem::violation(refused.field, refused.message).into_response(),
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cartwright command API",
        description = "Commands in, events out. Every success answers `{ id, version, position }`; a query with \
                       `min-version` or `after` reads what was written. What concerns webhooks is no event and \
                       answers for itself. See docs/api.md."
    ),
    components(schemas(Problem))
)]
struct Description;

const API: Api = Api {
    tags: &[
        ("session", "Sessions, which every shopper begins with."),
        ("carts", "A shopper's own carts."),
        ("checkout", "From a cart to an order."),
        (
            "orders",
            "A customer's own order, by its session or by its link: pay, cancel, send back.",
        ),
        ("requests", "What people ask the shop for, and what staff answer."),
        (
            "accounts",
            "Registering, signing in, and whatever else is somebody's own.",
        ),
        ("catalog", "Staff's products."),
        ("stock", "Staff's stock."),
        (
            "fulfilment",
            "Staff's side of orders: sending, delivering, giving money back.",
        ),
        ("discount codes", "Staff's discount codes."),
        ("audit", "What staff did."),
        ("webhooks", "Who is told of events, and what they were told."),
        ("payment gateway", "What the payment gateway sends by itself."),
        ("description", "This description."),
    ],
};

/// The routes of the given roles, and their description.
pub fn routes(roles: &[Role]) -> (Router<Arc<App>>, Document) {
    let mut router = OpenApiRouter::with_openapi(Description::openapi());
    if roles.contains(&Role::Carts) {
        router = router
            .merge(routes::session::router())
            .merge(routes::carts::router());
    }
    if roles.contains(&Role::Catalog) {
        router = router
            .merge(routes::catalog::router())
            .merge(routes::stock::router());
    }
    if roles.contains(&Role::Payments) {
        router = router
            .merge(routes::checkout::router())
            .merge(routes::checkout_settings::router())
            .merge(routes::seller::router())
            .merge(routes::orders::router())
            .merge(routes::fulfilment::router())
            .merge(routes::discount_codes::router())
            .merge(routes::payment_webhooks::router());
    }
    if roles.contains(&Role::Requests) {
        router = router.merge(routes::requests::router());
    }
    if roles.contains(&Role::Accounts) {
        router = router
            .merge(routes::orders::contact_router())
            .merge(routes::accounts::router())
            .merge(routes::audit::router());
    }
    if roles.contains(&Role::Notifications) {
        router = router.merge(routes::webhooks::router());
    }
    router = router.merge(routes::description::router());
    let (router, mut document) = router.split_for_parts();
    openapi::complete(&mut document, &API);
    (router, document)
}

fn unless_set(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

pub fn router(app: Arc<App>, roles: &[Role]) -> Router {
    let (mut router, document) = routes(roles);
    security::register();
    let watch = security::Watch::new(app.guest_key.clone(), app.trusted_proxies.clone());
    if app.payments.sandbox.is_some() {
        router = router.merge(routes::sandbox::router());
    }
    let known = document.paths.paths.iter().flat_map(|(path, item)| {
        let methods = [
            (Method::GET, item.get.is_some()),
            (Method::POST, item.post.is_some()),
            (Method::PUT, item.put.is_some()),
            (Method::PATCH, item.patch.is_some()),
            (Method::DELETE, item.delete.is_some()),
        ];
        methods
            .into_iter()
            .filter(|(_, has)| *has)
            .map(move |(method, _)| (method, path.as_str()))
    });
    let sandbox = app.payments.sandbox.is_some();
    let undescribed = sandbox.then_some((Method::POST, routes::sandbox::AUTHENTICATION));
    let metrics = HttpMetrics::for_routes(known.chain(undescribed));
    let written = Written(document.to_pretty_json().unwrap_or_default().into());
    router
        .layer(Extension(written))
        .fallback(|| async {
            Problem::new(
                StatusCode::NOT_FOUND,
                "not-found",
                "There is nothing here",
                "See docs/api.md for the routes.",
            )
        })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "Not with this method",
                "See docs/api.md for the routes.",
            )
        })
        .route_layer(axum::middleware::from_fn(readable))
        .route_layer(metrics)
        .layer(axum::middleware::from_fn(rate_limit::layer))
        .layer(axum::middleware::from_fn_with_state(watch, security::layer))
        // What is answered here is somebody's own, or says what was stored: nothing for a cache, nor for a browser to run.
        .layer(unless_set(header::CACHE_CONTROL, "no-store"))
        .layer(unless_set(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .with_state(app)
}
