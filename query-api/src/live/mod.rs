//! Live streams. Opened by `routes::live`; a browser reads them.
//!
//! A stream does not carry changes from the projectors to the browser: it is woken, reads the newest
//! state, and sends that if it is newer than what it sent last. A slow reader, a lost announcement or a
//! rebuilt view therefore cost time, never a state.
//!
//! And for as long only as the reader has the right to it ([`Right`]).

mod order;
mod orders;
pub mod places;
mod requests;
mod shopper;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::StreamExt;
use metrics::gauge;
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::right::{Right, Standing};

use places::Place;

pub use order::of_order;
pub use shopper::{Offers, of_shopper};

/// How often the state is looked at without being woken.
const LOOK: Duration = Duration::from_secs(3);
/// How long a stream goes on while nobody can say whether its reader still has the right to it.
const TRUST: Duration = Duration::from_secs(15);
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

/// The reader has gone, or may not read any further.
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

/// Begins a stream that `follow` fills until the reader goes, loses the right to it, or the stream's time is over.
fn begin<F>(app: &Arc<App>, right: Right, place: Place, follow: impl FnOnce(Reader) -> F) -> Response
where
    F: Future<Output = Gone> + Send + 'static,
{
    let (frames, sent) = mpsc::channel(1);
    let (gone, app) = (frames.clone(), Arc::clone(app));
    let following = follow(Reader(frames));
    tokio::spawn(async move {
        let _place = place;
        let open = gauge!(OPEN);
        open.increment(1);
        tokio::select! {
            () = app.stop.cancelled() => (),
            () = lost(&app, &right) => (),
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
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    // nginx would otherwise collect events until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// Returns when the right to a stream is lost.
async fn lost(app: &App, right: &Right) {
    let mut look = every(LOOK);
    let mut held = Instant::now();
    loop {
        look.tick().await;
        match right.standing(app).await {
            Standing::Held => held = Instant::now(),
            Standing::Unknown if held.elapsed() < TRUST => {}
            Standing::Unknown | Standing::Lost => return,
        }
    }
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
