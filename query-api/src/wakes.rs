//! Wakes those who wait for a document: requests that want a version, live streams that want the next.
//!
//! A wake only says "look again". It is kept until it is taken, it carries no news, and two that come
//! together are one: a slow reader misses nothing, because whoever is woken reads the newest state.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A cart's document.
    Cart(Uuid),
    /// Which cart is a shopper's current one, and that cart.
    Shopper(Uuid),
    /// Any product.
    Products,
    /// Any product request, however little of it changed.
    Requests,
    /// More of a product request than who takes part in it.
    Request(Uuid),
    /// Which requests somebody has to do with.
    RequestsOf(Uuid),
    /// An order's document.
    Order(Uuid),
    /// Any order of a customer.
    Customer(Uuid),
}

#[derive(Debug, Clone, Default)]
pub struct Wakes(Arc<Mutex<HashMap<Topic, Vec<Arc<Notify>>>>>);

impl Wakes {
    /// From now on nothing about these topics is missed.
    pub fn listen(&self, topics: impl IntoIterator<Item = Topic>) -> Listener {
        let notify = Arc::new(Notify::new());
        let topics: HashSet<Topic> = topics.into_iter().collect();
        let mut listeners = self.lock();
        for topic in &topics {
            listeners.entry(*topic).or_default().push(Arc::clone(&notify));
        }
        drop(listeners);
        Listener {
            wakes: self.clone(),
            topics,
            notify,
        }
    }

    pub fn wake(&self, topic: Topic) {
        if let Some(listeners) = self.lock().get(&topic) {
            for notify in listeners {
                notify.notify_one();
            }
        }
    }

    /// After a pause in which wakes may have been lost.
    pub fn wake_everybody(&self) {
        self.lock()
            .values()
            .flatten()
            .for_each(|notify| notify.notify_one());
    }

    /// How many listen for this.
    pub fn listening(&self, topic: Topic) -> usize {
        self.lock().get(&topic).map_or(0, Vec::len)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Vec<Arc<Notify>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens until it is dropped.
#[derive(Debug)]
pub struct Listener {
    wakes: Wakes,
    topics: HashSet<Topic>,
    notify: Arc<Notify>,
}

impl Listener {
    /// Returns at once if there was a wake since the last time.
    pub async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = self.wakes.lock();
        for topic in &self.topics {
            if let Some(of_topic) = listeners.get_mut(topic) {
                of_topic.retain(|notify| !Arc::ptr_eq(notify, &self.notify));
                if of_topic.is_empty() {
                    listeners.remove(topic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_wake_waits_for_its_listener_and_two_are_one() {
        let wakes = Wakes::default();
        let (cart, other) = (Topic::Cart(Uuid::new_v4()), Topic::Cart(Uuid::new_v4()));
        let listener = wakes.listen([cart, Topic::Products]);
        wakes.wake(other);
        assert!(timeout(Duration::ZERO, listener.woken()).await.is_err());
        wakes.wake(cart);
        wakes.wake(Topic::Products);
        listener.woken().await;
        assert!(timeout(Duration::ZERO, listener.woken()).await.is_err());
        wakes.wake_everybody();
        listener.woken().await;
    }

    #[test]
    fn who_has_gone_leaves_nothing_behind() {
        let wakes = Wakes::default();
        let topic = Topic::Shopper(Uuid::new_v4());
        let (first, second) = (wakes.listen([topic]), wakes.listen([topic]));
        assert_eq!(wakes.listening(topic), 2);
        drop(first);
        assert_eq!(wakes.listening(topic), 1);
        drop(second);
        assert!(wakes.lock().is_empty());
    }
}
