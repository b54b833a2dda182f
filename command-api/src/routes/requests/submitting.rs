//! Asking for something, and taking it back.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::product_request::{Kind, ProductRequestCommand};
use domain::{OwnerId, RequestId, Sku};
use event_store::texts::Text;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::texts::{SentLink, SentTitle, keep_of};
use super::{by_customer, execute, execute_with_text};
use crate::command_loop::{Command, Requesting};
use crate::error::Problem;
use crate::fields::{Fields, SentParagraph, SentQuoted, SentSku};
use crate::identity::{Actor, Who};
use crate::request::{self, Received};
use crate::router::App;
use crate::routes::accounts::signed_in;
use crate::routes::{Accepted, Conditional, Refused, Repeatable};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(submit_request))
        .routes(routes!(cancel_request))
}

/// What somebody asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SubmitRequest {
    /// `missing_product`: the shop does not have it. `back_in_stock`: it is sold out. `quote`: a price for many.
    kind: KindName,
    /// What is missing, or what a quote is for where no product is named.
    title: Option<SentTitle>,
    description: Option<SentParagraph<2000>>,
    /// A page about it. Left out for an account of less than a day.
    link: Option<SentLink>,
    sku: Option<SentSku>,
    /// How many a quote is for.
    quantity: Option<SentQuoted>,
}

/// What can be asked for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AskedKind)]
enum KindName {
    MissingProduct,
    BackInStock,
    Quote,
}

impl From<KindName> for Kind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::MissingProduct => Self::MissingProduct,
            KindName::BackInStock => Self::BackInStock,
            KindName::Quote => Self::Quote,
        }
    }
}

/// Ask for a product, for one to be back, or for a quote
///
/// Of "tell me when it is back" there is one request for each product, which asking joins.
#[utoipa::path(
    post,
    path = "/api/commands/requests",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(Repeatable),
    request_body = SubmitRequest,
    responses(
        (status = 201, description = "It was asked for", body = Accepted),
        (status = 200, description = "The request that there was, joined", body = Accepted),
        Refused,
    )
)]
async fn submit_request(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let account = signed_in(&app, &received).await?;
    let customer = OwnerId::new(account.id);
    let who = Who {
        owner: account.id,
        actor: Actor::Customer,
    };
    let body: SubmitRequest = received.json()?;
    let mut fields = Fields::default();
    let text = Text {
        title: fields
            .take_optional("title", body.title.as_ref())
            .map(String::from),
        body: fields
            .take_optional("description", body.description.as_ref())
            .map(String::from),
        link: fields.take_optional("link", body.link.as_ref()).map(String::from),
    };
    let sku = fields.take_optional("sku", body.sku.as_ref());
    let kind = Kind::from(body.kind);
    let quantity = body.quantity.and_then(|sent| fields.number("quantity", sent));
    let quantity = quantity.and_then(|quantity| u32::try_from(quantity).ok());
    if kind == Kind::BackInStock && text != Text::default() {
        fields.note(
            "title",
            "has to be left out, and so do description and link: the product says what is waited for",
        );
    }
    if kind == Kind::MissingProduct && text.title.is_none() && !fields.has("title") {
        fields.note("title", "has to say what is missing");
    }
    fields.done()?;
    if let (Kind::BackInStock, Some(sku)) = (kind, sku.clone()) {
        let requesting = Requesting::WaitFor {
            request: waiting_for(&sku),
            sku,
            customer,
        };
        return app
            .execute(Command::Requesting(requesting), received.caller(&who)?)
            .await;
    }
    // What is wrong with the request itself is said before anything is stored.
    received.caller(&who)?;
    let request = RequestId::new(Uuid::now_v7());
    let text = if text == Text::default() {
        None
    } else {
        Some(keep_of(&app, &account, request, text).await?)
    };
    let command = ProductRequestCommand::Submit {
        kind,
        customer,
        text,
        sku,
        quantity,
    };
    match text {
        Some(text) => execute_with_text(&app, &received, &who, request, command, text).await,
        None => execute(&app, &received, &who, request, command).await,
    }
}

/// The one request of those who wait for a product.
fn waiting_for(sku: &Sku) -> RequestId {
    let hash = request::hash(&[b"back_in_stock/", sku.as_str().as_bytes()]);
    RequestId::new(uuid::Builder::from_custom_bytes(hash.into_bytes()).into_uuid())
}

/// Take a request back
///
/// As long as nobody else supports it.
#[utoipa::path(
    post,
    path = "/api/commands/requests/{id}/cancellation",
    tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(("id" = Uuid, Path, description = "The request"), Repeatable, Conditional),
    responses(
        (status = 200, description = "It is taken back", body = Accepted),
        Refused,
    )
)]
async fn cancel_request(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    by_customer(&app, received, &id, |customer| ProductRequestCommand::Cancel {
        customer,
    })
    .await
}
