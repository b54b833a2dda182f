//! What became of the messages of a page: counted by librdkafka's thread, awaited by the relay.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use consumer_group::text_headers;
use domain::cloud_event;
use rdkafka::Message;
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use tokio::sync::Notify;

use super::refusal::Refusal;

/// The messages of one page that Kafka has not answered for. Counted page by page, not in one total: a total could
/// be moved past a message of an earlier page.
pub struct Page {
    waiting: AtomicUsize,
    failed: Mutex<Vec<Failed>>,
    done: Notify,
}

/// A message that Kafka did not take.
#[derive(Clone, Debug)]
pub struct Failed {
    pub error: KafkaError,
    /// Of the event; none where the message does not say.
    pub position: Option<i64>,
    /// Of the payload.
    pub bytes: usize,
}

impl Page {
    pub fn of(messages: usize) -> Self {
        Self {
            waiting: AtomicUsize::new(messages),
            failed: Mutex::default(),
            done: Notify::new(),
        }
    }

    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// Returns once every message was answered for.
    pub async fn done(&self) {
        if self.waiting() > 0 {
            self.done.notified().await;
        }
    }

    pub fn failed(&self) -> Vec<Failed> {
        std::mem::take(&mut *self.lock())
    }

    pub fn fail(&self, failed: Failed) {
        self.lock().push(failed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Failed {
    pub fn refusal(&self) -> Refusal {
        Refusal::of(&self.error)
    }
}

/// Told by librdkafka's thread what became of each message.
pub struct Deliveries;

impl ClientContext for Deliveries {
    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            tracing::warn!(
                reason,
                "Kafka cannot be reached; what is stored will be published when it can"
            );
        } else {
            tracing::warn!(%error, reason, "the relay's Kafka client");
        }
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Arc<Page>;

    fn delivery(&self, result: &DeliveryResult<'_>, page: Arc<Page>) {
        if let Err((error, message)) = result {
            page.fail(Failed {
                error: error.clone(),
                position: position(message),
                bytes: message.payload_len(),
            });
        }
        if page.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            page.done.notify_one();
        }
    }
}

fn position(message: &impl Message) -> Option<i64> {
    let headers = text_headers(message);
    let (_, position) = headers.iter().find(|(name, _)| *name == cloud_event::POSITION)?;
    position.parse().ok()
}
