//! Product requests: lists, one by its id, somebody's own, and those whose titles are like what somebody types.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use domain::Sku;
use domain::text::{Parsed, Rule};
use openapi::Whole;
use read_model::life::is_guest;
use read_model::request::{RequestDocument, RequestKind, RequestState, RequestSummary, You};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{self, Audience};
use crate::app::App;
use crate::asked::Asked;
use crate::board::{Asks, Board, Counts, Cursor, Entry, Question, Sort, complete};
use crate::freshness::{self, AfterText, Patience, Stream, Wanted};
use crate::params::{Params, SearchText, SkuText};
use crate::problem::{Problem, ProblemDetails, Refused};
use crate::search::Query;
use crate::visitor::Visitor;
use crate::wakes::Topic;

const PAGE: usize = 20;
const LONGEST_PAGE: usize = 100;
const SIMILAR: usize = 5;
const MOST_SIMILAR: usize = 20;
const MOST_STATES: usize = 10;

/// One page of a list of requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestPage {
    #[schema(value_type = Vec<ListedRequest>)]
    pub requests: Vec<Box<RawValue>>,
    /// The `cursor` of the next page; null on the last one.
    #[schema(required)]
    pub next: Option<String>,
    /// On all pages.
    pub total: usize,
    /// How many there are in each state, whatever states were asked for.
    pub states: BTreeMap<&'static str, usize>,
}

/// A request in a list, with what the asker has to do with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedRequest {
    #[serde(flatten)]
    pub request: RequestSummary,
    /// Null without an account.
    #[schema(required)]
    pub you: Option<You>,
}

/// A request, with what the asker has to do with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Request)]
pub struct RequestOf {
    #[serde(flatten)]
    pub request: RequestDocument,
    #[schema(required)]
    pub you: Option<You>,
}

/// Requests whose titles are alike, the most alike first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarRequests {
    #[schema(value_type = Vec<SimilarRequest>)]
    pub requests: Vec<Box<RawValue>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SimilarRequest {
    #[serde(flatten)]
    pub listed: ListedRequest,
    /// How alike, from 0 to 1.
    pub score: f32,
}

/// Product requests
///
/// What everybody may see; to staff also quotes and what is hidden.
#[utoipa::path(get, path = "/api/queries/requests", tag = "requests",
    security((), ("session" = []), ("api_key" = []), ("staff" = [])),
    params(
        ("q" = inline(Option<SearchText>), Query, description = "Words of the title, or their beginnings; typing errors, plurals and synonyms are forgiven. Without a letter or a digit it finds nothing"),
        ("kind" = inline(Option<RequestKind>), Query, description = "`missing_product`, `back_in_stock` or `quote`"),
        ("state" = inline(Option<Vec<StatesText>>), Query, max_items = 10, description = "States, several joined by commas; unset: all but `duplicate` and `cancelled`, to staff all"),
        ("sku" = inline(Option<SkuText>), Query, description = "Requests about this product"),
        ("sort" = inline(Option<SortText>), Query, description = "`support`, `newest` or `oldest`; `support` if unset"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Requests on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, min_length = 1, max_length = 2000, description = "`next` of the page before"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is a request's"),
    ),
    responses(
        (status = 200, description = "One page", body = RequestPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`, `overloaded`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn list_requests(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let mut params = Params::of(asked.uri())?;
    let q = params.search("q");
    let kind = params.parsed(
        "kind",
        "must be missing_product, back_in_stock or quote",
        RequestKind::parse,
    );
    let sku = params.named::<Sku>("sku").map(|sku| sku.to_string());
    let sort = params.named("sort").unwrap_or_default();
    let states = states(&mut params);
    let (limit, after) = paging(&mut params, sort);
    let wanted = params.after(Stream::Request)?;
    params.finish()?;
    let visitor = app.visitor(&asked, Uuid::nil(), None).await?;
    wait_for_board(&app, &wanted, visitor).await?;
    let question = Question {
        asks: match visitor {
            Visitor::Staff(_) => Asks::Staff,
            Visitor::Link(_) | Visitor::Analyst(_) | Visitor::Shopper(_) | Visitor::Nobody => Asks::Anybody,
        },
        query: Query::parse(&q),
        kind,
        states,
        sku,
        sort,
        limit,
        after,
    };
    list(&app, &asked, question, visitor.owner()).await
}

/// My product requests
///
/// What the account submitted, supports or follows; what changed last comes first.
#[utoipa::path(get, path = "/api/queries/requests/mine", tag = "requests",
    security(("session" = []), ("api_key" = [])),
    params(
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 100, description = "Requests on a page; 20 if unset"),
        ("cursor" = Option<String>, Query, min_length = 1, max_length = 2000, description = "`next` of the page before"),
        ("after" = inline(Option<AfterText>), Query, description = "Wait up to a second for ID:VERSION[,ID:VERSION…]; an id alone is a request's"),
    ),
    responses(
        (status = 200, description = "One page", body = RequestPage),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`no-session`, `bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`, `overloaded`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn own_requests(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let mut params = Params::of(asked.uri())?;
    let (limit, after) = paging(&mut params, Sort::Changed);
    let wanted = params.after(Stream::Request)?;
    params.finish()?;
    let owner = app.shopper(&asked).await?;
    wait_for_board(&app, &wanted, Visitor::Shopper(owner)).await?;
    let own = app.views.requests_of(owner).await?;
    let question = Question {
        asks: Asks::Owner(own.into_keys().collect()),
        query: Query::None,
        kind: None,
        states: vec![],
        sku: None,
        sort: Sort::Changed,
        limit,
        after,
    };
    list(&app, &asked, question, Some(owner)).await
}

/// Requests like the one that somebody is about to make
///
/// By title: typing errors, another order of the words and words that are not finished are forgiven.
#[utoipa::path(get, path = "/api/queries/requests/similar", tag = "requests",
    security((), ("session" = []), ("api_key" = [])),
    params(
        ("title" = inline(Option<SearchText>), Query, description = "What is typed so far"),
        ("limit" = Option<usize>, Query, minimum = 1, maximum = 20, description = "5 if unset"),
    ),
    responses(
        (status = 200, description = "The most alike first", body = SimilarRequests),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-not-built`, `unavailable`, `overloaded`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn similar_requests(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let mut params = Params::of(asked.uri())?;
    let title = params.search("title");
    let limit = params.limit(SIMILAR, MOST_SIMILAR);
    params.finish()?;
    let account = app.visitor(&asked, Uuid::nil(), None).await?.owner();
    let (board, title) = (app.board.clone(), title.into_owned());
    let search = move || {
        board.read_blocking(|board| {
            let similar = board.similar(&title, limit).into_iter();
            let listed = similar.map(|(entry, score)| Listed::of(entry, format!(",\"score\":{score:.3}")));
            listed.collect()
        })
    };
    let found = app.searches.run(asked.network(), search).await??;
    let requests = told_to(&app, found, account).await?;
    send(&SimilarRequests { requests })
}

/// A product request by its id
///
/// What everybody may see; its customer sees quotes and what is hidden, staff see everything.
#[utoipa::path(get, path = "/api/queries/requests/{id}", tag = "requests",
    security((), ("session" = []), ("api_key" = []), ("staff" = [])),
    params(
        ("id" = Uuid, Path, description = "The request's id"),
        ("min-version" = inline(Option<Whole>), Query, description = "Wait up to a second until the request has this version"),
    ),
    responses(
        (status = 200, description = "The request", body = RequestOf),
        (status = 400, description = "`validation`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`bad-credentials`, `bad-api-key`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "`request-not-found`: there is no such request, or it is not yours to see", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`rate-limited`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "`view-behind`, `view-not-built`, `unavailable`", body = ProblemDetails, content_type = "application/problem+json"),
        Refused,
    ))]
pub async fn request_by_id(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = Uuid::try_parse(&id).map_err(|_| Problem::RequestNotFound)?;
    let mut params = Params::of(asked.uri())?;
    let version = params.one("min-version");
    let version = version
        .map(|text| freshness::parse_version("min-version", &text))
        .transpose()?;
    params.finish()?;
    let visitor = app.visitor(&asked, Uuid::nil(), None).await?;
    let wanted: Vec<Wanted> = version
        .map(|version| Wanted {
            stream: Stream::Request(id),
            version,
        })
        .into_iter()
        .collect();
    if !wanted.is_empty() {
        let mut patience = Patience::new(&app.wakes, &wanted, []);
        while !freshness::are_met(&wanted, &app.views, visitor).await? {
            patience.pause().await?;
        }
    }
    let request = app.views.request(id, visitor.owner()).await?;
    let request = request
        .filter(|request| request.is_shown_to(visitor))
        .ok_or(Problem::RequestNotFound)?;
    let body = complete(&request.body, request.counts, request.you, "");
    Ok(answer::json(Audience::Asker, body))
}

/// States joined by commas.
struct States(Vec<RequestState>);

type StatesText = openapi::Text<States>;
type SortText = openapi::Text<Sort>;

impl Parsed for States {
    fn rule() -> Rule {
        let names = RequestState::ALL.map(RequestState::as_str);
        let one = names.join("|");
        let length: usize = names.iter().map(|name| name.len() + 1).sum();
        Rule {
            min_length: Some(1),
            max_length: Some(2 * length),
            pattern: Some(format!("^({one})(,({one}))*$").into()),
            example: Some("submitted,planned"),
            ..Rule::new("RequestStates", "States, several joined by commas.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        let states = text.split(',').map(RequestState::parse).collect();
        let is_short = Self::rule().max_length.is_none_or(|most| text.len() <= most);
        let states: Option<Vec<RequestState>> = if is_short { states } else { None };
        states.map(Self).ok_or_else(|| {
            let all = RequestState::ALL.map(RequestState::as_str);
            format!("must be of {}, joined by commas", all.join(", "))
        })
    }
}

fn states(params: &mut Params<'_>) -> Vec<RequestState> {
    let mut states = vec![];
    let sent = params.all("state");
    if sent.len() > MOST_STATES {
        params.violation("state", format!("can be given at most {MOST_STATES} times"));
    }
    // The first that is wrong is named, and no more: the answer is no larger for a longer question.
    for sent in sent.into_iter().take(MOST_STATES) {
        match States::parsed(&sent) {
            Ok(States(these)) => states.extend(these),
            Err(rule) => {
                params.violation("state", rule);
                break;
            }
        }
    }
    states
}

fn paging(params: &mut Params<'_>, sort: Sort) -> (usize, Option<Cursor>) {
    let limit = params.limit(PAGE, LONGEST_PAGE);
    let cursor = params.parsed(
        "cursor",
        "must be the `next` of a page in the same order",
        |text| Cursor::read(sort, text),
    );
    (limit, cursor)
}

async fn list(
    app: &App,
    asked: &Asked,
    question: Question,
    account: Option<Uuid>,
) -> Result<Response, Problem> {
    let board = app.board.clone();
    let search = move || {
        board.read_blocking(|board| {
            let page = board.page(&question);
            let listed = page.requests.iter().map(|entry| Listed::of(entry, String::new()));
            let states = page.states.into_iter();
            let states = states.map(|(state, count)| (state.as_str(), count)).collect();
            let next = page.next.map(|cursor| cursor.write(question.sort));
            (listed.collect(), (next, page.total, states))
        })
    };
    let (listed, page) = app.searches.run(asked.network(), search).await??;
    let (next, total, states) = page;
    let requests = told_to(app, listed, account).await?;
    send(&RequestPage {
        requests,
        next,
        total,
        states,
    })
}

/// A request of a list, before it is known what the asker has to do with it.
struct Listed {
    id: Uuid,
    json: String,
    counts: Option<Counts>,
    /// What else is to be said.
    more: String,
}

impl Listed {
    fn of(entry: &Entry, more: String) -> Self {
        Self {
            id: entry.id,
            json: entry.json.clone(),
            counts: entry.counts,
            more,
        }
    }
}

/// Asks Redis once for all of them, and not at all where nobody asks who could take part: that is for accounts.
async fn told_to(
    app: &App,
    listed: Vec<Listed>,
    account: Option<Uuid>,
) -> Result<Vec<Box<RawValue>>, Problem> {
    let ids: Vec<Uuid> = listed.iter().map(|listed| listed.id).collect();
    let you = match account {
        Some(owner) if !is_guest(owner) => app.views.you(owner, &ids).await?,
        Some(_) | None => vec![You::default(); ids.len()],
    };
    let requests = listed.iter().zip(you).map(|(listed, you)| {
        let you = account.map(|_| you);
        RawValue::from_string(complete(&listed.json, listed.counts, you, &listed.more))
    });
    let requests: Result<_, _> = requests.collect();
    requests.map_err(|error: serde_json::Error| Problem::Internal(error.to_string()))
}

/// Until the views have what is wanted, and the board in memory has caught up with it.
async fn wait_for_board(app: &App, wanted: &[Wanted], visitor: Visitor) -> Result<(), Problem> {
    let mut patience = Patience::new(&app.wakes, wanted, [Topic::Requests]);
    loop {
        let in_views = freshness::are_met(wanted, &app.views, visitor).await?;
        let has_all = |board: &Board| {
            wanted.iter().all(|wanted| match wanted.stream {
                Stream::Request(id) => board.version(id) >= wanted.version,
                Stream::Cart(_)
                | Stream::Product(_)
                | Stream::StockItem(_)
                | Stream::Order(_)
                | Stream::Payment(_) => true,
            })
        };
        let in_memory = app.board.read(has_all).await?;
        if in_views && in_memory {
            return Ok(());
        }
        patience.pause().await?;
    }
}

fn send(page: &impl Serialize) -> Result<Response, Problem> {
    let json = serde_json::to_vec(page).map_err(|error| Problem::Internal(error.to_string()))?;
    Ok(answer::json(Audience::Asker, json))
}

#[cfg(test)]
mod tests {
    use openapi::fits;

    use super::*;

    #[test]
    fn the_descriptions_take_what_is_taken() {
        for text in [
            "submitted",
            "submitted,planned",
            "",
            ",",
            "submitted,",
            "new",
            "Submitted",
        ] {
            assert_eq!(
                fits(&States::rule(), text),
                States::parsed(text).is_ok(),
                "{text}"
            );
        }
        for text in ["support", "newest", "oldest", "changed", ""] {
            assert_eq!(fits(&Sort::rule(), text), Sort::parsed(text).is_ok(), "{text}");
        }
    }
}
