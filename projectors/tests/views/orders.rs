//! An order is shown with its payment, whichever arrives first, and is listed where it belongs and nowhere else.

use domain::{OrderId, OwnerId};
use projectors::parked;
use read_model::View;
use read_model::order::{Listing, OrderState, StateList};
use redis::AsyncCommands;
use serde_json::Value;

use crate::events::*;
use crate::order_events::*;
use crate::replica::Replica;
use crate::support::*;

impl Shop {
    /// A field of an order, in whatever generation is shown.
    async fn order_field(&self, order: OrderId, field: &str) -> Option<String> {
        let generation = self.services.store.clone().shown(View::Orders).await.unwrap()?;
        let key = self.services.store.keys().order(generation, order);
        self.services.store.connection().hget(key, field).await.unwrap()
    }

    async fn order(&self, order: OrderId) -> Option<Value> {
        let body = self.order_field(order, "body").await?;
        serde_json::from_str(&body).ok()
    }

    /// The lists of all customers' orders in which an order is.
    pub async fn lists_of(&self, order: OrderId) -> Vec<&'static str> {
        let shown = self.services.store.clone().shown(View::Orders).await.unwrap();
        let (keys, mut redis) = (self.services.store.keys(), self.services.store.connection());
        let mut lists = vec![];
        for list in StateList::ALL {
            let key = keys.orders_in(shown.unwrap(), list);
            let place: Option<i64> = redis.zscore(key, order.to_string()).await.unwrap();
            lists.extend(place.map(|_| list.as_str()));
        }
        lists
    }

    /// A customer's orders, newest first.
    async fn orders_of(&self, customer: OwnerId) -> Vec<String> {
        let shown = self.services.store.clone().shown(View::Orders).await.unwrap();
        let key = self.services.store.keys().orders_of(shown.unwrap(), customer);
        self.services
            .store
            .connection()
            .zrevrange(key, 0, -1)
            .await
            .unwrap()
    }

    /// Stores what placing an order stores of it.
    pub async fn place(&mut self, customer: OwnerId) -> OrderId {
        let order = order_id();
        self.store(&order.stream(), [placed(customer)]).await;
        self.store(&order.payment().stream(), [requested(order)]).await;
        order
    }

    /// Stores that it was paid.
    pub async fn pay(&mut self, order: OrderId) {
        self.store(&order.payment().stream(), [started(), captured()])
            .await;
        self.store(&order.stream(), [confirmed()]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shown_with_its_payment_and_listed_where_it_belongs() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let customer = owner_id();
    let first = shop.place(customer).await;
    let second = shop.place(customer).await;
    let foreign = shop.place(owner_id()).await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!(report.views["orders"].documents, 3);
    let order = shop.order(first).await.unwrap();
    assert_eq!(
        (&order["state"], &order["payment"]["state"]),
        (&"awaiting-payment".into(), &"awaiting".into())
    );
    assert_eq!(shop.lists_of(first).await, ["all", "awaiting-payment"]);

    shop.pay(first).await;
    shop.store(&first.stream(), [shipped(1), return_requested()])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    let order = shop.order(first).await.unwrap();
    assert_eq!(
        (
            &order["state"],
            &order["payment"]["state"],
            &order["version"],
            &order["payment_version"]
        ),
        (&"partially-shipped".into(), &"paid".into(), &4.into(), &3.into())
    );
    let seen: Vec<&str> = order["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["what"].as_str().unwrap())
        .collect();
    assert_eq!(
        seen,
        [
            "OrderPlaced",
            "PaymentRequested",
            "AttemptStarted",
            "PaymentCaptured",
            "OrderConfirmed",
            "OrderShipped",
            "ReturnRequested"
        ]
    );
    assert_eq!(
        shop.lists_of(first).await,
        ["all", "return-requested", "partially-shipped"]
    );
    assert_eq!(
        shop.orders_of(customer).await,
        [second.to_string(), first.to_string()]
    );
    assert_ne!(shop.orders_of(customer).await.last(), Some(&foreign.to_string()));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_may_arrive_before_its_order() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let order = shop.place(owner_id()).await;
    shop.relay().await;
    let (of_order, of_payment) = (order.stream(), order.payment().stream());
    let payment = shop.messages_of(&of_payment).await;
    shop.projector(View::Orders, &of_payment)
        .await
        .apply(payment)
        .await
        .unwrap();
    assert_eq!(shop.order_field(order, "body").await.as_deref(), Some(""));
    assert!(shop.lists_of(order).await.is_empty());

    let placed = shop.messages_of(&of_order).await;
    shop.projector(View::Orders, &of_order)
        .await
        .apply(placed)
        .await
        .unwrap();
    assert_eq!(shop.order(order).await.unwrap()["payment"]["state"], "awaiting");
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_lists_every_order_as_it_was_listed() {
    let mut shop = Shop::open().await;
    let customer = owner_id();
    let (paid, unpaid) = (shop.place(customer).await, shop.place(customer).await);
    shop.pay(paid).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let (order, lists) = (shop.order(paid).await, shop.lists_of(paid).await);
    replica.stop().await;

    shop.build().await;
    assert_eq!(shop.order(paid).await, order);
    assert_eq!(shop.lists_of(paid).await, lists);
    assert_eq!(shop.lists_of(unpaid).await, ["all", "awaiting-payment"]);
    assert_eq!(
        shop.orders_of(customer).await,
        [unpaid.to_string(), paid.to_string()]
    );
    shop.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zombie_does_not_put_an_order_back_into_an_earlier_list() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let customer = owner_id();
    let order = shop.place(customer).await;
    shop.pay(order).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    assert_eq!(shop.lists_of(order).await, ["all", "confirmed"]);

    // What somebody has to say who knows only that it was placed.
    let position = shop.events_after(0).await[0].position;
    let outdated = Listing {
        order,
        customer,
        taken_from: None,
        version: 1,
        position,
        state: OrderState::AwaitingPayment,
        wants_return: false,
        expires_at: None,
        customer_until: None,
    };
    let mut store = shop.services.store.clone();
    let generation = store.shown(View::Orders).await.unwrap().unwrap();
    store.replace(generation, &[], &[outdated], None).await.unwrap();
    assert_eq!(shop.lists_of(order).await, ["all", "confirmed"]);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_written_before_a_crash_and_not_listed_is_listed_after_it() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let customer = owner_id();
    let order = shop.place(customer).await;
    shop.relay().await;
    let messages = shop.messages_of(&order.stream()).await;
    let mut dies = shop.projector(View::Orders, &order.stream()).await;
    drop(dies.write(messages).await.unwrap());
    drop(dies);
    // On a cluster the lists lie elsewhere, and may not have got it.
    let shown = shop
        .services
        .store
        .clone()
        .shown(View::Orders)
        .await
        .unwrap()
        .unwrap();
    let (keys, mut redis) = (
        shop.services.store.keys().clone(),
        shop.services.store.connection(),
    );
    for key in [
        keys.orders_of(shown, customer),
        keys.orders_listed(shown),
        keys.orders_in(shown, StateList::All),
        keys.orders_in(shown, StateList::State(OrderState::AwaitingPayment)),
    ] {
        assert_eq!(redis.del::<_, i64>(&key).await.unwrap(), 1, "{key}");
    }

    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    assert_eq!(shop.lists_of(order).await, ["all", "awaiting-payment"]);
    assert_eq!(shop.orders_of(customer).await, [order.to_string()]);
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_cannot_be_read_waits_and_its_order_does_not() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let order = shop.place(owner_id()).await;
    shop.store_unknown(&order.payment().stream());
    shop.relay().await;
    let name = format!("payment/{order}");
    until("the event is parked", || async {
        parked::places(&shop.services, View::Orders)
            .await
            .is_ok_and(|places| places.iter().any(|place| place.aggregate == name))
    })
    .await;
    shop.store(&order.stream(), [shipped(2)]).await;
    shop.relay().await;
    until("the order goes on", || async {
        shop.order(order).await.is_some_and(|order| order["version"] == 2)
    })
    .await;

    shop.make_readable(&order.payment().stream(), &started());
    parked::retry(&shop.services, View::Orders, &name).await.unwrap();
    shop.assert_views_verified().await;
    assert_eq!(shop.order(order).await.unwrap()["payment"]["state"], "checking");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_order_that_an_account_takes_over_changes_lists_and_stays() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (guest, account) = (
        OwnerId::new(uuid::Uuid::new_v4()),
        OwnerId::new(uuid::Uuid::now_v7()),
    );
    let (first, second) = (shop.place(guest).await, shop.place(guest).await);
    shop.pay(first).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(
        shop.orders_of(guest).await,
        [second.to_string(), first.to_string()]
    );

    shop.store(&first.stream(), [taken_over(account)]).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.orders_of(guest).await, [second.to_string()]);
    assert_eq!(shop.orders_of(account).await, [first.to_string()]);
    assert_eq!(shop.order(first).await.unwrap()["customer"], account.to_string());
    assert_eq!(
        shop.order_field(first, "customer").await,
        Some(account.to_string())
    );
    assert_eq!(shop.lists_of(first).await, ["all", "confirmed"]);
    replica.stop().await;

    // By replay alone it is the same.
    shop.build().await;
    assert_eq!(shop.orders_of(guest).await, [second.to_string()]);
    assert_eq!(shop.orders_of(account).await, [first.to_string()]);
    shop.assert_verified().await;
}
