//! One shopper's live stream. Opened by `routes::live`; a browser reads it.
//!
//! The stream does not carry changes from the projectors to the browser: it is woken, reads the newest
//! state, and sends that if it is newer than what it sent last. A slow reader, a lost announcement or a
//! rebuilt view therefore cost time, never a state.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use metrics::gauge;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer;
use crate::app::App;
use crate::catalogue::Offer;
use crate::problem::Problem;
use crate::views::Cart;
use crate::wakes::Topic;

/// How often the state is looked at without being woken.
const LOOK: Duration = Duration::from_secs(3);
/// Then the browser connects anew, with the session that it has by then.
const LIFE: Duration = Duration::from_hours(1);
/// Browsers come back after this long, spread out, so that a restart does not bring all of them at once.
const COME_BACK: std::ops::Range<u64> = 500..2_500;

const OPEN: &str = "live_streams_open";

/// What `event: offers` says: the products in the cart as they are sold now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offers<'a> {
    pub products: Vec<&'a Offer>,
}

/// Shows that there are no streams yet.
pub fn register_metrics() {
    gauge!(OPEN).set(0);
}

/// Begins a stream.
pub fn open(app: Arc<App>, owner: Uuid) -> Result<Response, Problem> {
    let permit = app.limits.stream(owner, &app.wakes)?;
    let (frames, sent) = mpsc::channel(1);
    let follower = Follower {
        app,
        owner,
        cart: None,
        skus: vec![],
        offers: vec![],
        frames,
    };
    tokio::spawn(follower.run(permit));

    let frames = ReceiverStream::new(sent).map(Ok::<_, std::convert::Infallible>);
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, answer::NOT_STORED);
    // nginx would otherwise collect events until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    answer::protect(headers);
    Ok(response)
}

/// Follows one shopper's cart and sends what is new.
struct Follower {
    app: Arc<App>,
    owner: Uuid,
    /// The cart that was sent last, and its version.
    cart: Option<(Uuid, i64)>,
    skus: Vec<String>,
    /// The offers that were sent last.
    offers: Vec<Offer>,
    frames: mpsc::Sender<Bytes>,
}

/// The reader has gone.
struct Gone;

impl Follower {
    async fn run(mut self, _permit: OwnedSemaphorePermit) {
        let open = gauge!(OPEN);
        open.increment(1);
        let stop = self.app.stop.clone();
        let gone = self.frames.clone();
        let until = Instant::now() + LIFE;
        tokio::select! {
            () = stop.cancelled() => (),
            () = gone.closed() => (),
            () = sleep_until(until) => (),
            Gone = self.follow() => (),
        }
        open.decrement(1);
    }

    async fn follow(&mut self) -> Gone {
        // Listening begins before the first look: what changes between the two is seen by the second.
        let shopper = self.app.wakes.listen([Topic::Shopper(self.owner)]);
        let products = self.app.wakes.listen([Topic::Products]);
        let mut look = every(LOOK);
        let mut heartbeat = every(self.app.heartbeat);
        heartbeat.reset();
        let greeting = format!("retry: {}\n\n", fastrand::u64(COME_BACK));
        if self.send(greeting).await.is_err() {
            return Gone;
        }
        loop {
            // The first look comes at once: an interval's first tick does.
            let sent = tokio::select! {
                () = shopper.woken() => self.look_at_cart().await,
                _ = look.tick() => self.look_at_cart().await,
                () = products.woken() => self.look_at_offers().await,
                _ = heartbeat.tick() => self.send(": heartbeat\n\n".to_owned()).await,
            };
            if sent.is_err() {
                return Gone;
            }
        }
    }

    async fn look_at_cart(&mut self) -> Result<(), Gone> {
        match self.current().await {
            Ok(Some((id, cart))) if self.is_news(id, &cart) => self.send_cart(id, &cart).await?,
            Ok(_) => (),
            // The stream stays open: the next look may find Redis and the view well again.
            Err(problem) => tracing::debug!(%problem, "a live stream cannot look at its cart"),
        }
        self.look_at_offers().await
    }

    async fn current(&self) -> Result<Option<(Uuid, Cart)>, Problem> {
        let Some(id) = self.app.views.current_cart(self.owner).await? else {
            return Ok(None);
        };
        let cart = self
            .app
            .views
            .cart(id)
            .await?
            .filter(|cart| cart.owner == self.owner);
        Ok(cart.map(|cart| (id, cart)))
    }

    /// A view that is being caught up may show an older state than was sent: that is no news.
    fn is_news(&self, id: Uuid, cart: &Cart) -> bool {
        self.cart
            .is_none_or(|(sent, version)| sent != id || version < cart.version)
    }

    async fn send_cart(&mut self, id: Uuid, cart: &Cart) -> Result<(), Gone> {
        self.cart = Some((id, cart.version));
        self.skus = skus_in(&cart.body);
        let tag = format!("{}-{}", cart.generation, cart.version);
        self.send(event("cart", Some(&tag), &String::from_utf8_lossy(&cart.body)))
            .await
    }

    async fn look_at_offers(&mut self) -> Result<(), Gone> {
        let Some(_) = self.cart else { return Ok(()) };
        let (skus, sent) = (&self.skus, &self.offers);
        let news = self.app.store.read(|catalogue| {
            let offers = skus
                .iter()
                .filter_map(|sku| catalogue.get(sku))
                .map(|entry| &entry.offer);
            (!offers.clone().eq(sent)).then(|| offers.cloned().collect::<Vec<_>>())
        });
        // Without a catalogue there is nothing to say; its return is announced.
        let Ok(Some(news)) = news else { return Ok(()) };
        self.offers = news;
        let offers = Offers {
            products: self.offers.iter().collect(),
        };
        let Ok(json) = serde_json::to_string(&offers) else {
            return Ok(());
        };
        self.send(event("offers", None, &json)).await
    }

    async fn send(&self, frame: String) -> Result<(), Gone> {
        self.frames.send(frame.into()).await.map_err(|_| Gone)
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // A line break would end the data; JSON as it is stored has none.
    let data = data.replace(['\r', '\n'], " ");
    format!("event: {name}\n{id}data: {data}\n\n")
}

fn skus_in(body: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Lines {
        lines: Vec<Line>,
    }
    #[derive(Deserialize)]
    struct Line {
        sku: String,
    }
    let lines = serde_json::from_slice::<Lines>(body)
        .map(|cart| cart.lines)
        .unwrap_or_default();
    lines.into_iter().map(|line| line.sku).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_data() {
        assert_eq!(
            event("cart", Some("7-3"), "{\n}"),
            "event: cart\nid: 7-3\ndata: { }\n\n"
        );
        assert_eq!(event("offers", None, "{}"), "event: offers\ndata: {}\n\n");
    }

    #[test]
    fn the_products_of_a_cart_are_those_of_its_lines() {
        let body = br#"{"id":"x","lines":[{"sku":"A","quantity":1},{"sku":"B","quantity":2}]}"#;
        assert_eq!(skus_in(body), ["A", "B"]);
        assert!(skus_in(b"{}").is_empty());
    }
}
