//! What a failed delivery says: about the message, or about the moment.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The message, or the batch that it was in, is larger than the topic or the client allows. It will be next time, too.
    TooLarge,
    /// Anything else: repeated from the cursor until Kafka takes it.
    Passing,
}

impl Refusal {
    pub fn of(error: &KafkaError) -> Self {
        use RDKafkaErrorCode::{InvalidMessageSize, MessageBatchTooLarge, MessageSizeTooLarge};
        match error.rdkafka_error_code() {
            Some(MessageSizeTooLarge | MessageBatchTooLarge | InvalidMessageSize) => Self::TooLarge,
            // Not our enum: it has a hundred variants, and all others are about the broker, the topic or the connection.
            Some(_) | None => Self::Passing,
        }
    }
}
