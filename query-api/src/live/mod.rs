//! Live streams. Opened by `routes::live`; a browser reads them.
//!
//! A stream does not carry changes from the projectors to the browser: it is woken, reads the newest
//! state, and sends that if it is newer than what it sent last. A slow reader, a lost announcement or a
//! rebuilt view therefore cost time, never a state.

mod order;
mod orders;
mod requests;
mod shopper;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use metrics::gauge;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};
use tokio_stream::wrappers::ReceiverStream;

use crate::answer;
use crate::app::App;

pub use order::of_order;
pub use shopper::{Offers, of_shopper};

/// How often the state is looked at without being woken.
const LOOK: Duration = Duration::from_secs(3);
/// Then the browser connects anew, with the session that it has by then.
const LIFE: Duration = Duration::from_hours(1);
/// Browsers come back after this long, spread out, so that a restart does not bring all of them at once.
const COME_BACK: std::ops::Range<u64> = 500..2_500;

const OPEN: &str = "live_streams_open";

/// Shows that there are no streams yet.
pub fn register_metrics() {
    gauge!(OPEN).set(0);
}

/// Who reads a stream.
struct Reader(mpsc::Sender<Bytes>);

/// The reader has gone.
struct Gone;

impl Reader {
    async fn send(&self, frame: String) -> Result<(), Gone> {
        self.0.send(frame.into()).await.map_err(|_| Gone)
    }

    /// Tells when to come back after the stream has ended.
    async fn greet(&self) -> Result<(), Gone> {
        self.send(format!("retry: {}\n\n", fastrand::u64(COME_BACK)))
            .await
    }
}

/// Begins a stream that `follow` fills until the reader goes or the stream's time is over.
fn begin<F>(app: &App, permit: OwnedSemaphorePermit, follow: impl FnOnce(Reader) -> F) -> Response
where
    F: Future<Output = Gone> + Send + 'static,
{
    let (frames, sent) = mpsc::channel(1);
    let (gone, stop) = (frames.clone(), app.stop.clone());
    let following = follow(Reader(frames));
    tokio::spawn(async move {
        let _permit = permit;
        let open = gauge!(OPEN);
        open.increment(1);
        tokio::select! {
            () = stop.cancelled() => (),
            () = gone.closed() => (),
            () = sleep_until(Instant::now() + LIFE) => (),
            Gone = following => (),
        }
        open.decrement(1);
    });

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
    response
}

/// The first tick comes at once.
fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// The first beat comes after the first pause.
fn heartbeat(app: &Arc<App>) -> Interval {
    let mut heartbeat = every(app.heartbeat);
    heartbeat.reset();
    heartbeat
}

const HEARTBEAT: &str = ": heartbeat\n\n";

fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    // A line break would end the data; JSON as it is stored has none.
    let data = data.replace(['\r', '\n'], " ");
    format!("event: {name}\n{id}data: {data}\n\n")
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
}
