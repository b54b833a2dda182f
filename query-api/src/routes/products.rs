//! Products, for everybody: lists and searches from the catalogue in memory, single documents and
//! counts from Redis.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::text::SLUG_RULE;
use domain::{SKU_RULE, Slug};
use openapi::{LARGEST, Whole};
use read_model::money::Currency;
use read_model::product::ProductDocument;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{self, Audience};
use crate::app::App;
use crate::asked::Asked;
use crate::catalogue::{Catalogue, Cursor, Page, Question, Sort};
use crate::freshness::{self, AfterText, Patience, Stream, Wanted, is_sku};
use crate::params::{CurrencyText, Params, SearchText, SkuText, SlugText};
use crate::problem::{Problem, ProblemDetails, Refused};
use crate::search::Query;
use crate::views::Product;
use crate::visitor::Visitor;
use crate::wakes::Topic;

/// Products on one page, if nothing else is asked for; and at most.
const PAGE: usize = 24;
const LONGEST_PAGE: usize = 100;
const MOST_SKUS: usize = 100;
const MOST_CATEGORIES: usize = 20;
const SIMILAR: usize = 5;
const MOST_SIMILAR: usize = 20;

/// Products on sale: search, filters, facets, order, pages; or some by their SKUs
///
/// A search with filters and facets, one page at a time; or products by their SKUs, on sale or not.
#[utoipa::path(get, path = "/api/queries/products", tag = "products",
    security(()),
    params(
        ("q" = inline(Option<SearchText>), Query, description = "Words of the name, SKU, category or description, or their beginnings; typing errors, plurals and synonyms are forgiven. Without a letter or a digit it finds nothing"),
        ("category" = inline(Option<Vec<SlugText>>), Query, max_items = 20, description = "In this category; given several times: in one of them"),
        ("currency" = inline(Option<CurrencyText>), Query, description = "Sold in this currency (ISO 4217)"),
        ("min-price" = inline(Option<Whole>), Query, description = "In minor units of `currency`, which has to be given"),
        ("max-price" = inline(Option<Whole>), Query, description = "In minor units of `currency`, which has to be given; included"),
        ("in-stock" = Option<bool>, Query, description = "Only what can be had"),
        ("sort" = inline(Option<Sort>), Query, description = "relevance if unset; without words that is newest. By price within one `currency`, which has to be given"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Products on a page; 24 if unset"),
        ("cursor" = Option<String>, Query, min_length = 1, max_length = 2000, description = "`next` of the page before, with the same filters and order"),
        ("sku" = inline(Option<Vec<SkuText>>), Query, max_items = 100, description = "These products, on sale or not; goes with no filter but `limit`"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "One page; each facet is counted with the other filters applied", body = Page<'_>, headers(("ETag" = String))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`, `overloaded`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn list(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let mut params = Params::of(asked.uri())?;
    let wanted = params.after(Stream::Cart)?;
    let skus = skus(&mut params);
    let question = question(&mut params, skus.is_empty());
    params.finish()?;
    if !wanted.is_empty() {
        let visitor = who_waits(&app, &asked, &wanted).await?;
        wait_for_catalogue(&app, &wanted, visitor).await?;
    }
    let etag = app.store.read(Catalogue::etag).await?;
    if answer::is_held(asked.headers(), &etag) {
        return Ok(answer::document(asked.headers(), &etag, Audience::Everybody, ""));
    }
    let (etag, body) = if skus.is_empty() {
        let store = app.store.clone();
        let search =
            move || store.read_blocking(|catalogue| (catalogue.etag(), json(&catalogue.answer(&question))));
        app.searches.run(asked.network(), search).await??
    } else {
        let named = |catalogue: &Catalogue| (catalogue.etag(), json(&catalogue.named(&skus, question.limit)));
        app.store.read(named).await?
    };
    Ok(answer::document(
        asked.headers(),
        &etag,
        Audience::Everybody,
        body?,
    ))
}

/// One product by its SKU, on sale or not
///
/// Also one that is sold no more, so that old links and carts can show it.
#[utoipa::path(get, path = "/api/queries/products/{sku}", tag = "products",
    security(()),
    params(
        ("sku" = inline(SkuText), Path, description = "The product's SKU"),
        ("min-version" = inline(Option<Whole>), Query, description = "Wait up to a second until the product has this version"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The product", body = ProductDocument, headers(("ETag" = String))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn by_sku(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let sku = named(sku)?;
    let mut params = Params::of(asked.uri())?;
    let mut wanted = params.after(Stream::Cart)?;
    if let Some(text) = params.one("min-version") {
        let version = freshness::parse_version("min-version", &text)?;
        wanted.push(Wanted {
            stream: Stream::Product(sku.clone()),
            version,
        });
    }
    params.finish()?;
    let product = if wanted.is_empty() {
        app.views.product(&sku).await?
    } else {
        let visitor = who_waits(&app, &asked, &wanted).await?;
        wait_for_product(&app, &sku, &wanted, visitor).await?
    };
    let product = product.ok_or(Problem::NotFound)?;
    Ok(answer::document(
        asked.headers(),
        &product.etag(),
        Audience::Everybody,
        product.body,
    ))
}

/// Products on sale by likeness, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarProducts<'c> {
    #[schema(value_type = Vec<ProductDocument>)]
    pub items: Vec<&'c RawValue>,
}

/// Products that are called like what somebody is about to ask for
///
/// By name: typing errors, another order of the words and words that are not finished are forgiven.
#[utoipa::path(get, path = "/api/queries/products/similar", tag = "products",
    security(()),
    params(
        ("title" = inline(Option<SearchText>), Query, description = "What is typed so far"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 20, description = "5 if unset"),
    ),
    responses(
        (status = 200, description = "The most alike first", body = SimilarProducts<'_>),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`, `overloaded`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn similar_products(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let mut params = Params::of(asked.uri())?;
    let title = params.search("title");
    let limit = params.limit(SIMILAR, MOST_SIMILAR);
    params.finish()?;
    let (store, title) = (app.store.clone(), title.into_owned());
    let search = move || {
        store.read_blocking(|catalogue| {
            let similar = catalogue.similar(&title, limit).into_iter();
            json(&SimilarProducts {
                items: similar.map(|entry| &*entry.body).collect(),
            })
        })
    };
    let found = app.searches.run(asked.network(), search).await???;
    Ok(answer::json(Audience::Everybody, found))
}

/// In how many open carts a product is.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenCarts {
    pub sku: String,
    pub carts: i64,
}

/// One entry for each SKU that was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenCartsList {
    pub items: Vec<OpenCarts>,
}

/// In how many open carts a product is
///
/// Counted over everybody's open carts.
#[utoipa::path(get, path = "/api/queries/products/{sku}/open-carts", tag = "products",
    security(()),
    params(("sku" = inline(SkuText), Path, description = "The product's SKU")),
    responses(
        (status = 200, description = "The count", body = OpenCarts),
        (status = 404, description = "`not-found`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn open_carts(
    State(app): State<Arc<App>>,
    Path(sku): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let sku = named(sku)?;
    Params::of(asked.uri())?.finish()?;
    app.views.product(&sku).await?.ok_or(Problem::NotFound)?;
    let counted = count(&app, vec![sku]).await?;
    written(&counted.first().ok_or(Problem::NotFound)?)
}

/// In how many open carts several products are
///
/// In the order in which they are asked for. A product that nobody has is in none.
#[utoipa::path(get, path = "/api/queries/products/open-carts", tag = "products",
    security(()),
    params(("sku" = inline(Vec<SkuText>), Query, min_items = 1, max_items = 100, description = "1 to 100 SKUs, each as a parameter of its own")),
    responses(
        (status = 200, description = "A count for each SKU, in the order asked for", body = OpenCartsList),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn open_carts_of(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let mut params = Params::of(asked.uri())?;
    let skus = skus(&mut params);
    if skus.is_empty() {
        params.violation("sku", "must be given at least once");
    }
    params.finish()?;
    written(&OpenCartsList {
        items: count(&app, skus).await?,
    })
}

async fn count(app: &App, skus: Vec<String>) -> Result<Vec<OpenCarts>, Problem> {
    let names: Vec<&str> = skus.iter().map(String::as_str).collect();
    let counts = app.views.open_carts(&names).await?;
    Ok(skus
        .into_iter()
        .zip(counts)
        .map(|(sku, carts)| OpenCarts { sku, carts })
        .collect())
}

fn written(value: &impl Serialize) -> Result<Response, Problem> {
    Ok(answer::json(Audience::Everybody, json(value)?))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|error| Problem::Internal(error.to_string()))
}

fn named(sku: String) -> Result<String, Problem> {
    if is_sku(&sku) {
        Ok(sku)
    } else {
        Err(Problem::NotFound)
    }
}

fn skus(params: &mut Params<'_>) -> Vec<String> {
    let skus: Vec<String> = params.all("sku").into_iter().map(String::from).collect();
    if skus.len() > MOST_SKUS {
        params.violation("sku", format!("can be given at most {MOST_SKUS} times"));
    }
    if skus.iter().any(|sku| !is_sku(sku)) {
        params.violation("sku", format!("must be {SKU_RULE}"));
    }
    skus
}

/// What is asked for; the parameters of a search stay unread, and are violations, when products are named.
fn question(params: &mut Params<'_>, searching: bool) -> Question {
    if !searching {
        return Question {
            limit: params.limit(LONGEST_PAGE, LONGEST_PAGE),
            ..Question::default()
        };
    }
    let limit = params.limit(PAGE, LONGEST_PAGE);
    let q = params.search("q");
    let categories = params.all("category");
    if categories.iter().any(|category| Slug::parse(category).is_err()) {
        params.violation("category", format!("must be {SLUG_RULE}"));
    }
    if categories.len() > MOST_CATEGORIES {
        params.violation(
            "category",
            format!("can be given at most {MOST_CATEGORIES} times"),
        );
    }
    let sort_rule = format!("must be {}", Sort::NAMES);
    let sort = params.parsed("sort", &sort_rule, Sort::parse).unwrap_or_default();
    let currency: Option<Currency> = params.named("currency");
    let min_price = params.number("min-price", 0..=LARGEST);
    let max_price = params.number("max-price", 0..=LARGEST);
    let compares_prices = sort.is_by_price() || min_price.is_some() || max_price.is_some();
    if compares_prices && currency.is_none() {
        params.violation(
            "currency",
            "must be given with min-price, max-price and an order by price",
        );
    }
    Question {
        query: Query::parse(&q),
        categories: categories.into_iter().map(String::from).collect(),
        currency,
        min_price,
        max_price,
        in_stock: params
            .parsed("in-stock", "must be true or false", |it| it.parse().ok())
            .unwrap_or(false),
        sort,
        limit,
        after: params.parsed(
            "cursor",
            "must be the `next` of a page in the same order",
            |text| Cursor::read(sort, text),
        ),
    }
}

/// Products are everybody's: who asks is looked up only where something else is waited for.
async fn who_waits(app: &App, asked: &Asked, wanted: &[Wanted]) -> Result<Visitor, Problem> {
    if freshness::is_anybodys_own(wanted) {
        app.visitor(asked, Uuid::nil(), None).await
    } else {
        Ok(Visitor::Nobody)
    }
}

/// Until the views have what is wanted, and the catalogue in memory has caught up with it.
async fn wait_for_catalogue(app: &App, wanted: &[Wanted], visitor: Visitor) -> Result<(), Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Products]);
    loop {
        let in_views = freshness::are_met(wanted, &app.views, visitor).await?;
        let has_all = |catalogue: &Catalogue| wanted.iter().all(|wanted| holds(catalogue, wanted));
        let in_memory = app.store.read(has_all).await?;
        if in_views && in_memory {
            return Ok(());
        }
        patience.pause().await?;
    }
}

fn holds(catalogue: &Catalogue, wanted: &Wanted) -> bool {
    match &wanted.stream {
        Stream::Cart(_) | Stream::Order(_) | Stream::Payment(_) | Stream::Request(_) => true,
        Stream::Product(sku) => catalogue.versions(sku).product >= wanted.version,
        Stream::StockItem(sku) => catalogue.versions(sku).stock_item >= wanted.version,
    }
}

async fn wait_for_product(
    app: &App,
    sku: &str,
    wanted: &[Wanted],
    visitor: Visitor,
) -> Result<Option<Product>, Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Products]);
    while !freshness::are_met(wanted, &app.views, visitor).await? {
        patience.pause().await?;
    }
    app.views.product(sku).await
}
