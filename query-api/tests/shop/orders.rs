//! Orders as a projector writes them, without the projector.

use read_model::order::{OrderState, StateList};
use read_model::{Generation, View};
use redis::AsyncCommands;
use session::{DEVELOPMENT_KEY, GuestKey};
use uuid::Uuid;

use super::{Browser, FIRST, Shop};

#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub id: Uuid,
    pub customer: Uuid,
    pub version: i64,
    pub payment_version: i64,
    pub state: OrderState,
    /// The position of `OrderPlaced`.
    pub place: i64,
}

impl Order {
    /// The first order of somebody, just placed.
    pub fn of(browser: &Browser) -> Self {
        Self {
            id: Uuid::now_v7(),
            customer: browser.owner,
            version: 1,
            payment_version: 1,
            state: OrderState::AwaitingPayment,
            place: 1,
        }
    }

    pub fn path(&self) -> String {
        format!("/api/queries/orders/{}", self.id)
    }

    /// The key of the link that its customer was given.
    pub fn key(&self) -> String {
        let key = GuestKey::parse(&DEVELOPMENT_KEY.into()).unwrap();
        key.order_key(self.id)
    }

    pub fn body(&self) -> String {
        let Self {
            id,
            version,
            payment_version,
            ..
        } = self;
        let state = self.state.as_str();
        format!(
            r#"{{"id":"{id}","version":{version},"payment_version":{payment_version},  "state":"{state}"}}"#
        )
    }

    pub fn summary(&self) -> String {
        let (id, state) = (self.id, self.state.as_str());
        format!(
            r#"{{"id":"{id}","version":{},  "state":"{state}"}}"#,
            self.version
        )
    }

    pub fn tag(&self, generation: Generation) -> String {
        format!("{generation}-{}-{}", self.version, self.payment_version)
    }
}

impl Shop {
    /// Lists an order and writes it, in this order: whoever finds it finds it listed.
    pub async fn write_order(&self, order: &Order) {
        self.list_order(order, &[StateList::All, StateList::State(order.state)])
            .await;
        self.write_order_in(FIRST, order).await;
    }

    pub async fn write_order_in(&self, generation: Generation, order: &Order) {
        let versions = format!(
            r#"{{"order":{},"payment":{}}}"#,
            order.version, order.payment_version
        );
        let fields = [
            ("body", order.body()),
            ("versions", versions),
            ("summary", order.summary()),
            ("customer", order.customer.to_string()),
        ];
        let mut redis = self.redis.clone();
        let listed = self.keys.orders_of(generation, order.customer);
        let () = redis
            .zadd(listed, order.id.to_string(), order.place)
            .await
            .unwrap();
        let key = self.keys.order(generation, order.id);
        let () = redis.hset_multiple(key, &fields).await.unwrap();
    }

    pub async fn list_order(&self, order: &Order, lists: &[StateList]) {
        for list in lists {
            let key = self.keys.orders_in(FIRST, *list);
            let () = self
                .redis
                .clone()
                .zadd(key, order.id.to_string(), order.place)
                .await
                .unwrap();
        }
    }

    pub async fn announce_order(&self, order: &Order) {
        let line = format!(
            "{} {}.{} {}\n",
            order.id, order.version, order.payment_version, order.customer
        );
        let channel = self.keys.changed_channel(View::Orders);
        let () = self.redis.clone().publish(channel, line).await.unwrap();
    }
}
