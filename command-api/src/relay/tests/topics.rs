//! `migrate` makes topics, and makes those of an earlier release take larger messages.

use rdkafka::admin::{AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};

use super::{Log, until};
use crate::topics;

#[tokio::test(flavor = "multi_thread")]
async fn topics_that_are_there_take_larger_messages_and_keep_what_operators_set() {
    let log = Log::without_topics().await;
    let admin = topics::admin(&log.kafka).unwrap();
    let topic = log.topic();
    let old = NewTopic::new(&topic, 2, TopicReplication::Fixed(1)).set("retention.ms", "86400000000");
    admin.create_topics([&old], &AdminOptions::new()).await.unwrap()[0]
        .as_ref()
        .unwrap();

    for _ in 0..2 {
        topics::prepare(&log.migrate()).await.unwrap();
        for name in topics::names(&log.kafka) {
            // A broker hears of a change a moment after it was answered.
            until(&format!("{name} takes larger messages"), async || {
                let asked = [&ResourceSpecifier::Topic(&name)];
                let mut described = admin.describe_configs(asked, &topics::options()).await.ok()?;
                let topic = described.remove(0).ok()?;
                let set = |name: &str| topic.get(name)?.value.clone();
                let keeps = name != log.topic() || set("retention.ms").as_deref() == Some("86400000000");
                assert!(keeps, "{topic:?}");
                (set("max.message.bytes")? == "4194304").then_some(())
            })
            .await;
        }
    }
}
