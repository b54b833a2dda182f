//! Staff's discount codes.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::discount_code::{Discount, DiscountCode, DiscountCodeCommand, Terms};
use domain::{AggregateType, Code, Money, StreamId};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::checkout::{Amount, amount};
use super::quote::MoneySchema;
use super::{Accepted, Conditional, Refused, Repeatable};
use crate::command_loop::{Command, current};
use crate::error::Problem;
use crate::fields::{Fields, SentCode, SentNumber};
use crate::request::Received;
use crate::router::App;

/// The last one that RFC 3339 can name.
const LAST_YEAR: i32 = 9999;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create, list_codes))
        .routes(routes!(disable))
}

type SentPercent = SentNumber<1, 100>;
type SentUses = SentNumber<1, 1_000_000_000>;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateCode {
    code: SentCode,
    discount: DiscountBody,
    /// What the lines have to be worth, before the discount.
    minimum: Option<Amount>,
    /// How many orders may use it in all.
    limit: Option<SentUses>,
    /// How many orders of one customer may use it.
    limit_per_customer: Option<SentUses>,
    /// From then on it is worth nothing. In the future.
    #[serde(with = "time::serde::rfc3339::option", default)]
    expires_at: Option<OffsetDateTime>,
}

/// Either of the two.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum DiscountBody {
    Percent(SentPercent),
    Amount(Amount),
}

/// All discount codes, the newest first.
#[derive(Serialize, ToSchema)]
struct Codes {
    codes: Vec<CodeOf>,
}

#[derive(Serialize, ToSchema)]
struct CodeOf {
    code: String,
    version: u64,
    #[schema(value_type = DiscountBody)]
    discount: Discount,
    #[schema(value_type = Option<MoneySchema>, required)]
    minimum: Option<Money>,
    #[schema(required)]
    limit: Option<u32>,
    #[schema(required)]
    limit_per_customer: Option<u32>,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    expires_at: Option<OffsetDateTime>,
    enabled: bool,
    /// Orders that use it.
    redeemed: usize,
}

/// Create a discount code
///
/// A code is created once and never changed; it can be disabled.
#[utoipa::path(
    post,
    path = "/api/commands/discount-codes",
    tag = "discount codes",
    security(("session" = []), ("staff" = [])),
    params(Repeatable),
    request_body = CreateCode,
    responses(
        (status = 201, description = "The code can be used", body = Accepted),
        Refused,
    )
)]
async fn create(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let body: CreateCode = received.json()?;
    let mut fields = Fields::default();
    let discount = match &body.discount {
        DiscountBody::Percent(sent) => {
            whole("discount.percent", Some(*sent), &mut fields).map(Discount::Percent)
        }
        DiscountBody::Amount(sent) => amount(sent, "discount.amount", &mut fields).map(Discount::Amount),
    };
    let minimum = body.minimum.as_ref();
    let minimum = minimum.and_then(|sent| amount(sent, "minimum", &mut fields));
    if let Some(Err(rule)) = body.expires_at.map(check_end) {
        fields.note("expires_at", rule);
    }
    let limit = whole("limit", body.limit, &mut fields);
    let limit_per_customer = whole("limit_per_customer", body.limit_per_customer, &mut fields);
    let code = fields.take("code", &body.code);
    let (Some(code), Some(discount), true) = (code, discount, fields.is_right()) else {
        return Err(fields.refused());
    };
    let terms = Terms {
        discount,
        minimum,
        limit,
        limit_per_customer,
        expires_at: body.expires_at,
    };
    let command = DiscountCodeCommand::Create { terms };
    let caller = received.caller(&staff)?;
    app.execute(Command::DiscountCode { code, command }, caller).await
}

/// A code that ended already is a typing error, and a year of five digits cannot be written down.
fn check_end(expires_at: OffsetDateTime) -> Result<(), &'static str> {
    let utc = expires_at.checked_to_offset(UtcOffset::UTC);
    if utc.is_none_or(|utc| utc.year() > LAST_YEAR) {
        return Err("has to be in the year 9999 at the latest");
    }
    if expires_at <= OffsetDateTime::now_utc() {
        return Err("has to be in the future, and this moment has passed");
    }
    Ok(())
}

fn whole<const LEAST: i64, const MOST: i64>(
    field: &str,
    sent: Option<SentNumber<LEAST, MOST>>,
    fields: &mut Fields,
) -> Option<u32> {
    u32::try_from(fields.number(field, sent?)?).ok()
}

/// List the discount codes
///
/// The newest first, with how many orders use each.
#[utoipa::path(
    get,
    path = "/api/commands/discount-codes",
    tag = "discount codes",
    security(("session" = []), ("staff" = []), ("analyst" = [])),
    responses(
        (status = 200, description = "All codes", body = Codes),
        Refused,
    )
)]
async fn list_codes(State(app): State<Arc<App>>, received: Received) -> Result<Response, Problem> {
    received.require_reader(&app).await?;
    let mut codes = vec![];
    let names = app.reader.ids_of(AggregateType::DiscountCode).await?;
    let streams = names
        .iter()
        .map(|name| StreamId::new(AggregateType::DiscountCode, name.clone()));
    let states = current(&app.reader, streams.collect()).await?;
    for (name, (state, version)) in names.into_iter().zip(states) {
        if let Ok(DiscountCode::Known {
            terms,
            enabled,
            redemptions,
            ..
        }) = DiscountCode::try_from(state)
        {
            codes.push(CodeOf {
                code: name,
                version,
                discount: terms.discount,
                minimum: terms.minimum,
                limit: terms.limit,
                limit_per_customer: terms.limit_per_customer,
                expires_at: terms.expires_at,
                enabled,
                redeemed: usize::try_from(redemptions.count).unwrap_or(usize::MAX),
            });
        }
    }
    Ok(Json(Codes { codes }).into_response())
}

/// Disable a discount code
///
/// For good. Orders that used it keep their discount.
#[utoipa::path(
    post,
    path = "/api/commands/discount-codes/{code}/disable",
    tag = "discount codes",
    security(("session" = []), ("staff" = [])),
    params(("code" = inline(SentCode), Path, description = "The code"), Repeatable, Conditional),
    responses(
        (status = 200, description = "The code is worth nothing any more", body = Accepted),
        Refused,
    )
)]
async fn disable(
    State(app): State<Arc<App>>,
    Path(text): Path<String>,
    received: Received,
) -> Result<Response, Problem> {
    let staff = received.require_staff(&app).await?;
    let code = Code::parse(&text).map_err(|rule| Problem::violation("code", format!("has to be {rule}")))?;
    let command = DiscountCodeCommand::Disable;
    let caller = received.caller(&staff)?;
    app.execute(Command::DiscountCode { code, command }, caller).await
}
