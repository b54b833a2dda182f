//! Somebody else writes to the log's topics: a relay leads all the same, and believes none of it.

use std::time::Duration;

use event_store::Reader;
use rdkafka::config::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use uuid::Uuid;

use super::{Log, Running};

const ANSWER_LIMIT: Duration = Duration::from_secs(20);

impl Log {
    /// Puts messages into both partitions in one transaction, whose marker is the last thing in each of them.
    fn put(&self, claims: &[(&str, i64)]) {
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka.kafka_brokers)
            .set("transactional.id", Uuid::now_v7().to_string())
            .create()
            .unwrap();
        producer.init_transactions(ANSWER_LIMIT).unwrap();
        producer.begin_transaction().unwrap();
        let topic = self.topic();
        for partition in [0, 1] {
            for (kind, position) in claims {
                let id = Uuid::now_v7().to_string();
                let headers = [
                    ("ce_id", id.as_str()),
                    ("ce_position", &position.to_string()),
                    ("ce_aggregatetype", kind),
                    ("ce_subject", "a cart"),
                ];
                let headers = headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
                    headers.insert(Header {
                        key,
                        value: Some(*value),
                    })
                });
                let record = BaseRecord::to(&topic)
                    .partition(partition)
                    .key("a cart")
                    .payload("{}")
                    .headers(headers);
                producer.send(record).map_err(|(error, _)| error).unwrap();
            }
        }
        producer.commit_transaction(ANSWER_LIMIT).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_leads_behind_a_transaction_and_what_has_no_place_in_the_log_renews_nothing() {
    let log = Log::new().await;
    let relay = Running::start(log.settings());
    let first = log.append("a cart", 10).await;
    log.published(&[first]).await;
    relay.stop().await;
    let reader = Reader::connect(&log.url).await.unwrap();
    let before = reader.incarnations().await.unwrap();

    log.put(&[("cart", 0), ("cart", -7), ("cart", i64::MIN), ("order", 1)]);
    let relay = Running::start(log.settings());
    let second = log.append("a cart", 10).await;
    let messages = log.published(&[first, second]).await;
    relay.stop().await;
    assert_eq!(reader.incarnations().await.unwrap(), before);
    let ours = messages.iter().filter(|message| message.incarnation.is_some());
    let again = ours.filter(|message| message.position == first);
    assert_eq!(again.count(), 1, "nothing is published once more: {messages:?}");
}
