//! `GET /api/commands/seller`: who sells, for receipts and the imprint.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Refused;
use crate::router::App;
use crate::seller::Seller;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(seller))
}

/// Who sells here
///
/// The seller's name, address, VAT identification number, e-mail address and telephone number, as receipts, mails and the
/// imprint show them.
#[utoipa::path(
    get,
    path = "/api/commands/seller",
    tag = "checkout",
    security(()),
    responses(
        (status = 200, description = "The seller", body = Seller),
        Refused,
    )
)]
async fn seller(State(app): State<Arc<App>>) -> Response {
    // The same for everybody until the process is started with other settings.
    let headers = [(header::CACHE_CONTROL, "public, max-age=60")];
    (headers, Json(&app.seller)).into_response()
}
