//! Products, for everybody: lists and searches from the catalogue in memory, single documents and
//! counts from Redis.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use read_model::product::ProductDocument;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::answer;
use crate::app::App;
use crate::asked::Asked;
use crate::catalogue::{Catalogue, Cursor, Page, Question, Sort, words_of};
use crate::freshness::{self, Patience, Stream, Wanted, is_sku};
use crate::params::Params;
use crate::problem::{Problem, ProblemDetails};
use crate::views::Product;
use crate::wakes::Topic;

/// Products on one page, if nothing else is asked for; and at most.
const PAGE: usize = 24;
const LONGEST_PAGE: usize = 100;
const MOST_SKUS: usize = 100;
const MOST_CATEGORIES: usize = 20;
const LONGEST_SEARCH: usize = 200;
const SIMILAR: usize = 5;
const MOST_SIMILAR: usize = 20;

/// Products on sale: search, filters, facets, order, pages; or some by their SKUs
#[utoipa::path(get, path = "/api/queries/products", tag = "products",
    params(
        ("q" = Option<String>, Query, max_length = 200, description = "Words; each must begin a word of the name, category or description"),
        ("category" = Option<String>, Query, description = "In this category; given several times: in one of them"),
        ("min-price" = Option<i64>, Query, minimum = 0, description = "In minor units"),
        ("max-price" = Option<i64>, Query, minimum = 0, description = "In minor units, included"),
        ("in-stock" = Option<bool>, Query, description = "Only what can be had"),
        ("sort" = inline(Option<Sort>), Query, description = "relevance if unset; without words that is newest"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Products on a page; 24 if unset"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, with the same filters and order"),
        ("sku" = Option<Vec<String>>, Query, description = "These products, on sale or not; goes with no filter but `limit`"),
        ("after" = Option<String>, Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "One page; each facet is counted with the other filters applied", body = Page<'_>, headers(("ETag" = String))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn list(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let mut params = Params::of(asked.uri())?;
    let wanted = params.after(Stream::Cart)?;
    let skus = skus(&mut params);
    let question = question(&mut params, skus.is_empty());
    params.finish()?;
    if !wanted.is_empty() {
        wait_for_catalogue(&app, &wanted).await?;
    }
    app.store.read(|catalogue| {
        let etag = format!("\"{}-{}\"", catalogue.generation, catalogue.revision);
        if answer::is_held(asked.headers(), &etag) {
            return Ok(answer::document(asked.headers(), &etag, answer::PUBLIC, ""));
        }
        let page = if skus.is_empty() {
            catalogue.answer(&question)
        } else {
            catalogue.named(&skus, question.limit)
        };
        let body = serde_json::to_vec(&page).map_err(|error| Problem::Internal(error.to_string()))?;
        Ok(answer::document(asked.headers(), &etag, answer::PUBLIC, body))
    })?
}

/// One product by its SKU, on sale or not
#[utoipa::path(get, path = "/api/queries/products/{sku}", tag = "products",
    params(
        ("sku" = String, Path, description = "The product's SKU"),
        ("min-version" = Option<i64>, Query, minimum = 0, description = "Wait up to a second until the product has this version"),
        ("after" = Option<String>, Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]"),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of what you hold"),
    ),
    responses(
        (status = 200, description = "The product", body = ProductDocument, headers(("ETag" = String))),
        (status = 304, description = "You hold it already"),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`not-found`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
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
        wait_for_product(&app, &sku, &wanted).await?
    };
    let Product {
        generation,
        revision,
        body,
    } = product.ok_or(Problem::NotFound)?;
    Ok(answer::document(
        asked.headers(),
        &format!("\"{generation}-{revision}\""),
        answer::PUBLIC,
        body,
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
/// By name: typos, another order of the words and words that are not finished are forgiven.
#[utoipa::path(get, path = "/api/queries/products/similar", tag = "products",
    params(
        ("title" = String, Query, max_length = 200, description = "What is typed so far"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 20, description = "5 if unset"),
    ),
    responses(
        (status = 200, description = "The most alike first", body = SimilarProducts<'_>),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
    ))]
pub async fn similar_products(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    app.limits.address(asked.network())?;
    let mut params = Params::of(asked.uri())?;
    let title = params.one("title").unwrap_or_default();
    if title.chars().count() > LONGEST_SEARCH {
        params.violation(
            "title",
            format!("has to have at most {LONGEST_SEARCH} characters"),
        );
    }
    let limit = params.number("limit", "must be a number from 1 to 20", 1..=MOST_SIMILAR);
    params.finish()?;
    app.store.read(|catalogue| {
        let similar = catalogue.similar(&title, limit.unwrap_or(SIMILAR));
        written(&SimilarProducts {
            items: similar.into_iter().map(|entry| &*entry.body).collect(),
        })
    })?
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
#[utoipa::path(get, path = "/api/queries/products/{sku}/open-carts", tag = "products",
    params(("sku" = String, Path, description = "The product's SKU")),
    responses(
        (status = 200, description = "The count", body = OpenCarts),
        (status = 404, description = "`not-found`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
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
#[utoipa::path(get, path = "/api/queries/products/open-carts", tag = "products",
    params(("sku" = Vec<String>, Query, description = "1 to 100 SKUs, each as a parameter of its own")),
    responses(
        (status = 200, description = "A count for each SKU, in the order asked for", body = OpenCartsList),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
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
    let body = serde_json::to_vec(value).map_err(|error| Problem::Internal(error.to_string()))?;
    Ok(answer::json(answer::PUBLIC, body))
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
        params.violation("sku", "must be 1 to 64 of A-Z, 0-9 and -");
    }
    skus
}

const PRICE_RULE: &str = "must be an amount in minor units, 0 or more";

/// What is asked for; the parameters of a search stay unread, and are violations, when products are named.
fn question(params: &mut Params<'_>, searching: bool) -> Question {
    let limit = params.number("limit", &format!("must be 1 to {LONGEST_PAGE}"), 1..=LONGEST_PAGE);
    if !searching {
        return Question {
            limit: limit.unwrap_or(LONGEST_PAGE),
            ..Question::default()
        };
    }
    let q = params.one("q").unwrap_or_default();
    if q.chars().count() > LONGEST_SEARCH {
        params.violation("q", format!("must be at most {LONGEST_SEARCH} characters"));
    }
    let categories: Vec<_> = params
        .all("category")
        .into_iter()
        .filter(|it| !it.is_empty())
        .collect();
    if categories.len() > MOST_CATEGORIES {
        params.violation(
            "category",
            format!("can be given at most {MOST_CATEGORIES} times"),
        );
    }
    let price = 0..=i64::MAX;
    let sort_rule = format!("must be {}", Sort::NAMES);
    let sort = params.parsed("sort", &sort_rule, Sort::parse).unwrap_or_default();
    Question {
        words: words_of(&q),
        categories: categories.into_iter().map(String::from).collect(),
        min_price: params.number("min-price", PRICE_RULE, price.clone()),
        max_price: params.number("max-price", PRICE_RULE, price),
        in_stock: params
            .parsed("in-stock", "must be true or false", |it| it.parse().ok())
            .unwrap_or(false),
        sort,
        limit: limit.unwrap_or(PAGE),
        after: params.parsed(
            "cursor",
            "must be the `next` of a page in the same order",
            |text| Cursor::read(sort, text),
        ),
    }
}

/// Until the views have what is wanted, and the catalogue in memory has caught up with it.
async fn wait_for_catalogue(app: &App, wanted: &[Wanted]) -> Result<(), Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Products]);
    loop {
        let in_views = freshness::are_met(wanted, &app.views).await?;
        let in_memory = app
            .store
            .read(|catalogue| wanted.iter().all(|wanted| holds(catalogue, wanted)))?;
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

async fn wait_for_product(app: &App, sku: &str, wanted: &[Wanted]) -> Result<Option<Product>, Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Products]);
    while !freshness::are_met(wanted, &app.views).await? {
        patience.pause().await?;
    }
    app.views.product(sku).await
}
