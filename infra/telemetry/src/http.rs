//! Counts and times what an API answers: `http_requests_total{route,method,status}` and
//! `http_request_duration_seconds{route}`. Both APIs put it around their routes with `Router::layer`.
//!
//! It is on the way of every request, so series are looked up in a small map of our own and never by
//! their labels. Labels come from the routes, not from clients: a path that matches none is
//! `unmatched`, a method that its route does not have is `OTHER`, and a HEAD is the GET that answers it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::extract::MatchedPath;
use axum::http::{Method, Request, Response};
use metrics::{Counter, Histogram, counter, histogram};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::metric::{HTTP_REQUEST_SECONDS, HTTP_REQUESTS};

/// Where no route matched.
const UNMATCHED: &str = "unmatched";
/// Counted at zero from the start, so that the first failure is a rise and not a new series.
const KNOWN_STATUSES: [u16; 4] = [200, 429, 500, 503];

/// The layer. Clones count into the same series.
#[derive(Clone)]
pub struct HttpMetrics(Arc<RwLock<Routes>>);

type Routes = HashMap<String, Vec<(Method, Arc<Series>)>>;

/// What is counted for one method of one route.
struct Series {
    route: String,
    method: Method,
    duration: Histogram,
    by_status: RwLock<Vec<(u16, Counter)>>,
}

impl HttpMetrics {
    /// Registers the given routes at zero, by the path they are matched with.
    pub fn for_routes<'a>(routes: impl IntoIterator<Item = (Method, &'a str)>) -> Self {
        let metrics = Self(Arc::default());
        for (method, route) in routes {
            metrics.add(route, method);
        }
        metrics.add(UNMATCHED, Method::GET);
        metrics
    }

    fn of(&self, route: &str, method: &Method) -> Arc<Series> {
        let method = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.find(route, method)
            .or_else(|| self.find(route, &other()))
            .unwrap_or_else(|| self.add(route, other()))
    }

    fn find(&self, route: &str, method: &Method) -> Option<Arc<Series>> {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = routes.get(route)?.iter().find(|(known, _)| known == method);
        found.map(|(_, series)| Arc::clone(series))
    }

    fn add(&self, route: &str, method: Method) -> Arc<Series> {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let methods = routes.entry(route.to_owned()).or_default();
        if let Some((_, series)) = methods.iter().find(|(known, _)| *known == method) {
            return Arc::clone(series);
        }
        let series = Arc::new(Series::new(route, method.clone()));
        methods.push((method, Arc::clone(&series)));
        series
    }
}

/// Every method that a route does not have.
fn other() -> Method {
    Method::from_bytes(b"OTHER").expect("these letters are a method")
}

impl Series {
    fn new(route: &str, method: Method) -> Self {
        let duration = histogram!(HTTP_REQUEST_SECONDS, "route" => route.to_owned());
        let series = Self {
            route: route.to_owned(),
            method,
            duration,
            by_status: RwLock::default(),
        };
        // What a route does not have fails in one way.
        if series.method != other() {
            for status in KNOWN_STATUSES {
                series.count(status, 0);
            }
        }
        series
    }

    fn count(&self, status: u16, times: u64) {
        {
            let counters = self.by_status.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, counter)) = counters.iter().find(|(known, _)| *known == status) {
                counter.increment(times);
                return;
            }
        }
        let labels = [
            ("route", self.route.clone()),
            ("method", self.method.to_string()),
            ("status", status.to_string()),
        ];
        let counter = counter!(HTTP_REQUESTS, &labels);
        counter.increment(times);
        self.by_status
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push((status, counter));
    }
}

impl<S> Layer<S> for HttpMetrics {
    type Service = Measured<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Measured {
            inner,
            metrics: self.clone(),
        }
    }
}

/// A service whose answers are counted.
#[derive(Clone)]
pub struct Measured<S> {
    inner: S,
    metrics: HttpMetrics,
}

impl<S, B, R> Service<Request<B>> for Measured<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = MeasuredAnswer<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let began = Instant::now();
        let route = request
            .extensions()
            .get::<MatchedPath>()
            .map_or(UNMATCHED, MatchedPath::as_str);
        let series = self.metrics.of(route, request.method());
        MeasuredAnswer {
            answer: self.inner.call(request),
            series,
            began,
        }
    }
}

pin_project! {
    /// The answer on its way. One that is dropped (the client has gone) is not counted.
    pub struct MeasuredAnswer<F> {
        #[pin]
        answer: F,
        series: Arc<Series>,
        began: Instant,
    }
}

impl<F, R, E> Future for MeasuredAnswer<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(cx));
        if let Ok(response) = &answer {
            this.series.count(response.status().as_u16(), 1);
            this.series.duration.record(this.began.elapsed());
        }
        Poll::Ready(answer)
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::metric;

    #[tokio::test]
    async fn requests_are_counted_by_route_and_never_by_path() {
        crate::init("telemetry-test").unwrap();
        let answers = get(|| async { StatusCode::NO_CONTENT });
        let app = Router::new()
            .route("/counted/{id}", answers.clone())
            .route("/silent/{id}", answers)
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(HttpMetrics::for_routes([
                (Method::GET, "/counted/{id}"),
                (Method::GET, "/silent/{id}"),
            ]));
        for (method, path) in [
            ("GET", "/counted/1"),
            ("GET", "/counted/2"),
            ("HEAD", "/counted/2"),
            ("BREW", "/counted/3"),
            ("PUT", "/counted/3"),
            ("PATCH", "/no"),
            ("GET", "/no"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(Body::empty())
                .unwrap();
            app.clone().oneshot(request).await.unwrap();
        }

        let text = metric::render();
        let lines = [
            r#"http_requests_total{route="/counted/{id}",method="GET",status="204"} 3"#,
            r#"http_requests_total{route="/counted/{id}",method="OTHER",status="405"} 2"#,
            r#"http_requests_total{route="unmatched",method="OTHER",status="404"} 1"#,
            r#"http_requests_total{route="unmatched",method="GET",status="404"} 1"#,
            r#"http_requests_total{route="/silent/{id}",method="GET",status="500"} 0"#,
            r#"http_request_duration_seconds_count{route="/counted/{id}"} 5"#,
        ];
        for line in lines {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("/counted/1"), "{text}");
        // What a route does not have has no series before it happens, and no zeros then.
        assert_eq!(
            text.matches(r#"route="/counted/{id}",method="OTHER""#).count(),
            1,
            "{text}"
        );
        assert!(!text.contains(r#"method="PUT""#), "{text}");
    }
}
