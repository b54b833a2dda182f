//! Topics are filled again from the log.

use rdkafka::admin::AdminOptions;

use super::super::republishing::republish;
use super::super::tail::Tails;
use super::{Log, PATIENCE, Running, are_in_order, until};
use crate::config::{Database, Republish};
use crate::topics;

impl Log {
    fn republish(&self, topic: &str) -> Republish {
        Republish {
            database: Database {
                database_url: self.url.clone().into(),
            },
            kafka: self.kafka.clone(),
            topic: vec![topic.to_owned()],
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_was_made_anew_is_filled_with_the_log_in_its_order() {
    let log = Log::new().await;
    let _relay = Running::start(log.settings());
    let mut positions = vec![];
    for number in 0..6 {
        positions.push(log.append(&format!("cart {}", number % 3), 10).await);
    }
    log.published(&positions).await;

    let admin = topics::admin(&log.kafka).unwrap();
    let topic = log.topic();
    admin
        .delete_topics(&[&topic], &AdminOptions::new())
        .await
        .unwrap()[0]
        .as_ref()
        .unwrap();
    until("the topic is made anew", async || {
        topics::prepare(&log.migrate()).await.ok()?;
        let tails = Tails::read(&log.kafka, vec![topic.clone()], PATIENCE.kafka)
            .await
            .ok()?;
        (tails.partitions(&topic).is_some() && tails.positions().is_empty()).then_some(())
    })
    .await;
    // Before anybody repairs it, the shop goes on.
    positions.push(log.append("cart 0", 10).await);
    log.published(&[positions[6]]).await;

    republish(&log.republish("cart")).await.unwrap();
    let messages = log.messages().await;
    let mut published: Vec<i64> = messages.iter().map(|message| message.position).collect();
    published.sort_unstable();
    assert_eq!(published, positions, "each once");
    assert!(are_in_order(&messages), "{messages:?}");
    positions.push(log.append("cart 0", 10).await);
    log.published(&positions).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_nobody_made_is_named() {
    let log = Log::without_topics().await;
    let missing = republish(&log.republish("cart")).await.unwrap_err();
    assert!(missing.to_string().contains("command-api migrate"), "{missing}");
}
