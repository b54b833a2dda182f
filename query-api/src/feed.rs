//! Listens to what the projectors announce and passes it on as wakes. It may miss announcements at any
//! time and nobody is wrong for it, only slower: who listens is also woken by clocks of its own, and by
//! this feed whenever it has connected again.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use read_model::{Keys, View};
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisResult};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::wakes::{Topic, Wakes};

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);
/// A silent connection is asked this often whether it is still there.
const SILENCE: Duration = Duration::from_secs(1);
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

pub struct Feed {
    pub client: Client,
    pub keys: Keys,
    pub wakes: Wakes,
    /// Wakes the keeper.
    pub nudge: Arc<Notify>,
}

impl Feed {
    pub async fn run(self, token: CancellationToken) {
        let mut failing = false;
        let listening = async {
            loop {
                let ended = match self.subscribe().await {
                    Ok((sink, messages)) => {
                        if failing {
                            tracing::info!("announcements of the projectors are heard again");
                        }
                        self.pass_on(sink, messages).await;
                        "the connection ended".to_owned()
                    }
                    Err(error) => error.to_string(),
                };
                if !failing {
                    tracing::warn!(cause = %ended, "announcements of the projectors are not heard");
                }
                failing = true;
                sleep(PAUSE).await;
            }
        };
        token.run_until_cancelled(listening).await;
    }

    async fn subscribe(&self) -> RedisResult<(PubSubSink, PubSubStream)> {
        let connect = async {
            let (mut sink, messages) = self.client.get_async_pubsub().await?.split();
            let channels = View::ALL.map(|view| self.keys.changed_channel(view));
            sink.subscribe(&channels[..]).await?;
            Ok((sink, messages))
        };
        timeout(ANSWER_LIMIT, connect)
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn pass_on(&self, mut sink: PubSubSink, mut messages: PubSubStream) {
        // Whatever was announced while nobody listened.
        self.nudge.notify_one();
        self.wakes.wake_everybody();
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => self.hear(&message),
                Ok(None) => return,
                Err(_silence) => {
                    let answer = timeout(ANSWER_LIMIT, sink.ping::<redis::Value>()).await;
                    if !matches!(answer, Ok(Ok(_))) {
                        return;
                    }
                }
            }
        }
    }

    fn hear(&self, message: &Msg) {
        let channel = message.get_channel_name();
        let view = View::ALL
            .into_iter()
            .find(|view| self.keys.changed_channel(*view) == channel);
        let lines = message.get_payload::<String>().unwrap_or_default();
        match view {
            Some(View::Products) => self.nudge.notify_one(),
            Some(View::Requests) => {
                self.nudge.notify_one();
                for topic in lines.lines().flat_map(members_of) {
                    self.wakes.wake(topic);
                }
            }
            Some(View::Carts) => self.wake_all(&lines, Topic::Cart, Topic::Shopper),
            Some(View::Orders) => self.wake_all(&lines, Topic::Order, Topic::Customer),
            None => {}
        }
    }

    fn wake_all(&self, lines: &str, document: fn(Uuid) -> Topic, owner: fn(Uuid) -> Topic) {
        for topic in lines.lines().flat_map(|line| topics_of(line, document, owner)) {
            self.wakes.wake(topic);
        }
    }
}

/// `id version owner…`: they came to a request, or left it.
fn members_of(line: &str) -> impl Iterator<Item = Topic> {
    let owners = line.split(' ').skip(2);
    owners
        .filter_map(|owner| Uuid::try_parse(owner).ok())
        .map(Topic::RequestsOf)
}

/// `id version owner`: the owner's cart or order changed, or a cart became its owner's current one.
fn topics_of(
    line: &str,
    document: fn(Uuid) -> Topic,
    owner: fn(Uuid) -> Topic,
) -> impl Iterator<Item = Topic> {
    let mut parts = line.split(' ');
    let mut id = |place| parts.nth(place).and_then(|id| Uuid::try_parse(id).ok());
    let document = id(0).map(document);
    let owner = id(1).map(owner);
    document.into_iter().chain(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_whoever_came_to_a_request() {
        let (ada, eve) = (Uuid::new_v4(), Uuid::new_v4());
        let named: Vec<_> = members_of(&format!("{} 7 {ada} {eve}", Uuid::new_v4())).collect();
        assert_eq!(named, [Topic::RequestsOf(ada), Topic::RequestsOf(eve)]);
        assert_eq!(members_of("1785312000000000").count(), 0);
    }

    #[test]
    fn a_line_names_a_document_and_its_owner() {
        let (id, owner) = (Uuid::new_v4(), Uuid::new_v4());
        let cart = |line: &str| topics_of(line, Topic::Cart, Topic::Shopper).collect::<Vec<_>>();
        assert_eq!(
            cart(&format!("{id} 7 {owner}")),
            [Topic::Cart(id), Topic::Shopper(owner)]
        );
        let line = format!("{id} 7.3 {owner}");
        let order: Vec<_> = topics_of(&line, Topic::Order, Topic::Customer).collect();
        assert_eq!(order, [Topic::Order(id), Topic::Customer(owner)]);
        assert_eq!(cart(""), []);
        assert_eq!(cart("something else altogether"), []);
    }
}
