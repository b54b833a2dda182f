//! Who hears of events: for each audience a consumer group, and how a process joins it.
//!
//! Each reads its topics by itself, so that none waits for another: an order's mail does not wait for support messages.

use consumer_group::{Begin, Settings};
use domain::AggregateType;

use crate::config::Kafka;

/// Who hears of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Subscribers, over HTTP.
    Webhooks,
    /// Customers, by mail about their orders.
    Mails,
    /// Those who follow product requests, and the requests themselves where something came to the stock.
    RequestNews,
}

impl Audience {
    pub const ALL: [Self; 3] = [Self::Webhooks, Self::Mails, Self::RequestNews];

    /// In the group's name, in metrics and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Mails => "mails",
            Self::RequestNews => "request-news",
        }
    }

    /// # Errors
    /// A sentence that names those there are.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|audience| audience.as_str() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            format!("there is no consumer {name:?} of the notifications; there are {names}")
        })
    }

    /// The topics that it reads, without their prefix.
    pub const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Webhooks | Self::Mails => &super::TOPICS,
            Self::RequestNews => &["product-request", "product", "stock"],
        }
    }
}

/// How a process joins the group.
pub fn settings(kafka: &Kafka, audience: Audience) -> Settings {
    let prefix = &kafka.topic_prefix;
    let topics = audience.topics().iter().map(|topic| format!("{prefix}.{topic}"));
    Settings::new(
        kafka.kafka_brokers.as_str(),
        audience.as_str(),
        format!("{prefix}.{}", audience.as_str()),
        topics.collect(),
        // A group that is new, or was away for longer than Kafka remembers, begins with the oldest event that there is. Nobody is told of
        // what was before they subscribed, and what was told before is known.
        Begin::Oldest,
    )
    .instance(kafka.group_instance_id.clone())
}

/// The type of the aggregates whose events a topic has; its own name, where it is none of ours.
pub fn aggregate_type(topic: &str) -> &str {
    let name = topic.rsplit('.').next().unwrap_or_default();
    let kind = AggregateType::ALL.into_iter().find(|kind| kind.topic() == name);
    kind.map_or(name, |kind| kind.as_str())
}
