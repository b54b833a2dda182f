//! Which of a customer's orders a stream has sent, and which it has to send.

use std::collections::HashMap;

use read_model::order::{OrderState, Versions};
use serde::Deserialize;
use uuid::Uuid;

use crate::problem::Problem;
use crate::views::{Order, Views};

/// So many of a customer's newest orders are looked at; whoever looks at an older one follows it by itself.
const FOLLOWED: isize = 50;
/// So many of those that are under way are sent at the beginning.
const AT_FIRST: usize = 20;

/// The versions of each order that were sent last, or were finished when the stream began.
#[derive(Default)]
pub struct Orders {
    sent: HashMap<Uuid, Versions>,
    has_begun: bool,
}

impl Orders {
    /// The orders to be sent now: at the beginning those under way, then those that changed.
    pub async fn news(&mut self, views: &Views, customer: Uuid) -> Result<Vec<Order>, Problem> {
        let mut news = vec![];
        for (id, versions) in views.newest_orders(customer, FOLLOWED).await? {
            if !self.is_news(id, versions) {
                continue;
            }
            let order = views.order(id).await?.filter(|order| order.customer == customer);
            news.extend(order.map(|order| (id, order)));
        }
        for (id, order) in &news {
            self.sent.insert(*id, order.versions);
        }
        let mut news: Vec<Order> = news.into_iter().map(|(_, order)| order).collect();
        if !self.has_begun {
            self.has_begun = true;
            news.retain(is_under_way);
            news.truncate(AT_FIRST);
        }
        Ok(news)
    }

    fn is_news(&self, id: Uuid, versions: Versions) -> bool {
        is_newer(versions, self.sent.get(&id).copied().unwrap_or_default())
    }
}

/// A view that is being caught up may show an older state than was sent: that is no news.
pub fn is_newer(versions: Versions, than: Versions) -> bool {
    versions.order >= than.order && versions.payment >= than.payment && versions != than
}

fn is_under_way(order: &Order) -> bool {
    #[derive(Deserialize)]
    struct Stated {
        state: OrderState,
    }
    serde_json::from_slice::<Stated>(&order.body).is_ok_and(|order| !order.state.is_finished())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_news_when_nothing_of_it_is_older() {
        let versions = |order, payment| Versions { order, payment };
        let sent = versions(3, 5);
        for newer in [versions(4, 5), versions(3, 6), versions(4, 6)] {
            assert!(is_newer(newer, sent), "{newer:?}");
        }
        for old in [versions(3, 5), versions(2, 5), versions(4, 4), versions(2, 9)] {
            assert!(!is_newer(old, sent), "{old:?}");
        }
    }
}
