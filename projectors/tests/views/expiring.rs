//! What guests leave behind expires, in a rebuild too, and comes back where somebody goes on with it. What accounts have stays.

use domain::cart::CartEvent;
use domain::order::{OrderEvent, ShippedLine};
use domain::{Event, OrderId, OwnerId, ShipmentId, Sku};
use read_model::{Keys, View};
use redis::AsyncCommands;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::events::*;
use crate::order_events::*;
use crate::replica::Replica;
use crate::support::*;

const DAY: i64 = 24 * 60 * 60;
/// Of an entry that stays, as Redis says it; and of one that is not there.
const STAYS: i64 = -1;
const GONE: i64 = -2;

fn guest() -> OwnerId {
    OwnerId::new(Uuid::new_v4())
}

fn expired() -> Event {
    Event::Cart(CartEvent::CartExpired {})
}

fn reopened() -> Event {
    Event::Cart(CartEvent::CartReopened {})
}

/// All of it went out, and arrived.
fn sent() -> [Event; 2] {
    let shipment = ShipmentId::new(Uuid::now_v7());
    let mug = ShippedLine {
        sku: Sku::parse("KIT-MUG").unwrap(),
        quantity: 2,
    };
    let shipped = OrderEvent::OrderShipped {
        shipment,
        lines: vec![mug],
        carrier: "DHL".to_owned(),
        tracking: None,
    };
    [shipped, OrderEvent::OrderDelivered { shipment }].map(Event::Order)
}

impl Shop {
    /// Seconds that a key of the shown generation has to live.
    async fn life_of(&self, view: View, key: impl FnOnce(&Keys, u64) -> String) -> i64 {
        let shown = self.services.store.clone().shown(view).await.unwrap().unwrap();
        let key = key(self.services.store.keys(), shown);
        self.services.store.connection().ttl(key).await.unwrap()
    }

    async fn days_of(&self, view: View, key: impl FnOnce(&Keys, u64) -> String) -> i64 {
        match self.life_of(view, key).await {
            seconds @ (STAYS | GONE) => seconds,
            seconds => (seconds + DAY - 1) / DAY,
        }
    }

    /// A cart that its owner has named, with a mug.
    async fn fill_cart(&mut self, owner: OwnerId) -> domain::CartId {
        let cart = cart_id();
        self.store(&cart.stream(), [opened(owner), added("KIT-MUG", 1, 1)])
            .await;
        self.store(&owner.stream(), [named(cart)]).await;
        cart
    }

    /// As if everything had happened so much earlier. The log itself refuses to be changed.
    fn grow_older(&self, days: u32, which: &str) {
        self.sql(&format!(
            "set session_replication_role = replica; \
             update events set recorded_at = recorded_at - interval '{days} days' where {which}"
        ));
    }

    async fn is_listed(&self, order: OrderId) -> bool {
        let shown = self.services.store.clone().shown(View::Orders).await.unwrap();
        let key = self.services.store.keys().orders_listed(shown.unwrap());
        let mut redis = self.services.store.connection();
        redis.hexists(key, order.to_string()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_abandoned_cart_is_a_guests_as_long_as_there_is_a_guest_and_an_accounts_for_ever() {
    let mut shop = Shop::open().await;
    let (guest, account) = (guest(), owner_id());
    let (of_guest, of_account) = (shop.fill_cart(guest).await, shop.fill_cart(account).await);
    shop.store(&of_guest.stream(), [expired()]).await;
    shop.store(&of_account.stream(), [expired()]).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let cart = async |cart| {
        shop.days_of(View::Carts, |keys, shown| keys.cart(shown, cart))
            .await
    };
    let entry = async |owner| {
        shop.days_of(View::Carts, |keys, shown| keys.current_cart(shown, owner))
            .await
    };
    assert_eq!((cart(of_guest).await, entry(guest).await), (430, 490));
    assert_eq!((cart(of_account).await, entry(account).await), (STAYS, STAYS));
    replica.stop().await;

    shop.grow_older(500, "true");
    shop.build().await;
    let cart = async |cart| {
        shop.days_of(View::Carts, |keys, shown| keys.cart(shown, cart))
            .await
    };
    let entry = async |owner| {
        shop.days_of(View::Carts, |keys, shown| keys.current_cart(shown, owner))
            .await
    };
    assert_eq!((cart(of_guest).await, entry(guest).await), (GONE, GONE));
    assert_eq!((cart(of_account).await, entry(account).await), (STAYS, STAYS));
    shop.assert_views_verified().await;

    // Opening it brings it back as it was, and its owner's entry with it.
    let replica = Replica::start(&shop);
    shop.store(&of_guest.stream(), [reopened()]).await;
    shop.relay().await;
    shop.assert_views_verified().await;
    let shown = shop.cart(of_guest).await.unwrap();
    assert_eq!(
        (&shown["state"], &shown["item_count"]),
        (&"open".into(), &1.into())
    );
    let key = |keys: &Keys, shown| keys.current_cart(shown, guest);
    until("the owner's entry is back", || async {
        shop.days_of(View::Carts, key).await == 490
    })
    .await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_who_uses_one_cart_for_years_keeps_it_through_a_rebuild() {
    let mut shop = Shop::open().await;
    let guest = guest();
    let cart = shop.fill_cart(guest).await;
    shop.grow_older(600, "true");
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    shop.build().await;
    let entry = |keys: &Keys, shown| keys.current_cart(shown, guest);
    assert_eq!(shop.days_of(View::Carts, entry).await, 490);
    let open = shop
        .days_of(View::Carts, |keys, shown| keys.cart(shown, cart))
        .await;
    assert_eq!(open, STAYS);
    shop.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guests_order_that_is_over_expires_with_its_place_in_every_list() {
    let mut shop = Shop::open().await;
    let (guest, account) = (guest(), owner_id());
    let (over, waiting, stays) = (
        shop.place(guest).await,
        shop.place(guest).await,
        shop.place(account).await,
    );
    for order in [over, stays] {
        shop.pay(order).await;
        shop.store(&order.stream(), sent()).await;
    }
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let document = async |order| {
        shop.days_of(View::Orders, |keys, shown| keys.order(shown, order))
            .await
    };
    let list = async |owner| {
        shop.days_of(View::Orders, |keys, shown| keys.orders_of(shown, owner))
            .await
    };
    assert_eq!(
        (
            document(over).await,
            document(waiting).await,
            document(stays).await
        ),
        (430, STAYS, STAYS)
    );
    assert_eq!((list(guest).await, list(account).await), (430, STAYS));

    // Its time comes: it is in no list and in no hash any more, and back in them with the next event.
    let mut store = shop.services.store.clone();
    let generation = store.shown(View::Orders).await.unwrap().unwrap();
    let then = OffsetDateTime::now_utc() + Duration::days(431);
    assert_eq!(store.unlist_expired(generation, then, 10).await.unwrap(), 1);
    assert_eq!(shop.lists_of(over).await, [""; 0]);
    assert!(!shop.is_listed(over).await && shop.is_listed(waiting).await && shop.is_listed(stays).await);
    shop.store(&over.stream(), [return_requested()]).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(
        shop.lists_of(over).await,
        ["all", "return-requested", "delivered"]
    );
    let answered = shop
        .days_of(View::Orders, |keys, shown| keys.order(shown, over))
        .await;
    assert_eq!(answered, STAYS, "a return waits for its answer");
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_expired_comes_back_whole_when_its_payment_goes_on() {
    let mut shop = Shop::open().await;
    let order = shop.place(owner_id()).await;
    shop.relay().await;
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    let store = &shop.services.store;
    let generation = store.clone().shown(View::Orders).await.unwrap().unwrap();
    let gone: i64 = store
        .connection()
        .del(store.keys().order(generation, order))
        .await
        .unwrap();
    assert_eq!(gone, 1);
    shop.store(&order.payment().stream(), [started()]).await;
    shop.relay().await;
    // Its own stream says nothing more, and is in the document all the same.
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_brings_no_order_back_that_has_expired() {
    let mut shop = Shop::open().await;
    let (guest, account) = (guest(), owner_id());
    let (over, stays) = (shop.place(guest).await, shop.place(account).await);
    for order in [over, stays] {
        shop.pay(order).await;
        shop.store(&order.stream(), sent()).await;
    }
    shop.relay().await;
    shop.grow_older(431, "true");
    shop.build().await;
    let document = async |order| {
        shop.days_of(View::Orders, |keys, shown| keys.order(shown, order))
            .await
    };
    assert_eq!((document(over).await, document(stays).await), (GONE, STAYS));
    assert!(!shop.is_listed(over).await && shop.is_listed(stays).await);
    assert_eq!(shop.lists_of(over).await, [""; 0]);
    assert_eq!(
        shop.days_of(View::Orders, |keys, shown| keys.orders_of(shown, guest))
            .await,
        GONE
    );
    shop.assert_views_verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_an_earlier_release_made_is_made_anew_while_it_is_read() {
    let mut shop = Shop::open().await;
    let cart = shop.fill_cart(guest()).await;
    shop.relay().await;
    shop.build().await;
    let mut store = shop.services.store.clone();
    let old = store.shown(View::Carts).await.unwrap().unwrap();
    let format = store.keys().format(View::Carts, old);
    let () = store.connection().del(format).await.unwrap();
    let replica = Replica::start(&shop);
    until("another generation is shown", || async {
        let shown = shop.services.store.clone().shown(View::Carts).await.unwrap();
        assert!(shown.is_some() && shop.cart(cart).await.is_some());
        shown != Some(old)
    })
    .await;
    shop.assert_verified().await;
    replica.stop().await;
}
