//! Closing a consumer: it commits, leaves the group, and blocks while it does, for as long as Kafka does not answer. A thread of its own
//! does it, and nobody has to wait for the end.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use metrics::gauge;
use tokio::sync::oneshot;

/// How often is looked whether the last user has let go.
const LOOK: Duration = Duration::from_millis(5);

/// Consumers that are being closed.
static CLOSING: AtomicI64 = AtomicI64::new(0);

/// A consumer that is closed in the background as soon as nobody holds it any more.
pub(crate) struct Held<T: Send + Sync + 'static> {
    name: String,
    /// Some until it is dropped.
    consumer: Option<Arc<T>>,
    /// Who wants to hear when it is closed.
    ended: Mutex<Option<oneshot::Sender<()>>>,
}

impl<T: Send + Sync + 'static> Held<T> {
    pub(crate) fn new(name: &str, consumer: T) -> Self {
        Self {
            name: name.to_owned(),
            consumer: Some(Arc::new(consumer)),
            ended: Mutex::default(),
        }
    }

    pub(crate) fn consumer(&self) -> &Arc<T> {
        self.consumer.as_ref().expect("it is there until it is dropped")
    }

    /// Hears when the consumer is closed.
    pub(crate) fn end(&self) -> oneshot::Receiver<()> {
        let (ended, end) = oneshot::channel();
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        end
    }
}

impl<T: Send + Sync + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(consumer) = self.consumer.take() {
            in_background(&self.name, consumer, ended);
        }
    }
}

/// Drops `consumer` on a thread, once nobody else uses it.
fn in_background<T: Send + Sync + 'static>(name: &str, consumer: Arc<T>, ended: Option<oneshot::Sender<()>>) {
    show(1);
    let closing = move || {
        // The last one to let go blocks: it must not be a task of the runtime.
        while Arc::strong_count(&consumer) > 1 {
            std::thread::sleep(LOOK);
        }
        drop(consumer);
        show(-1);
        if let Some(ended) = ended {
            // Nobody waits any more, where this fails.
            let _ = ended.send(());
        }
    };
    let started = std::thread::Builder::new()
        .name("kafka-closing".to_owned())
        .spawn(closing);
    if let Err(error) = started {
        tracing::error!(consumer = name, %error, "a consumer cannot be closed: no thread is left");
        show(-1);
    }
}

fn show(change: i64) {
    let closing = CLOSING.fetch_add(change, Ordering::Relaxed) + change;
    #[expect(clippy::cast_precision_loss, reason = "there are not 2^52 threads")]
    gauge!("consumers_closing").set(closing as f64);
}
