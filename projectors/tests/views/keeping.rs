//! A view that nobody has built yet comes to be by itself, follows the shop, and heals.

use projectors::follow::Follower;
use read_model::View;
use telemetry::admin::Checks;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::*;

/// Both views kept by one replica, as `projectors run` does.
pub struct Replica {
    stop: CancellationToken,
    followers: Vec<JoinHandle<()>>,
}

impl Replica {
    pub fn start(shop: &Shop) -> Self {
        let (stop, checks) = (CancellationToken::new(), Checks::default());
        let follow = |view: View| {
            let follower = Follower::new(shop.services.clone(), view, checks.reported(view.as_str()));
            tokio::spawn(follower.run(stop.clone()))
        };
        let followers = View::ALL.map(follow).into();
        Self { stop, followers }
    }

    pub async fn stop(self) {
        self.stop.cancel();
        for follower in self.followers {
            follower.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_built_from_history_and_follow_what_happens() {
    let mut shop = Shop::open().await;
    let (cart, owner) = (cart_id(), owner_id());
    let mug = domain::Sku::parse("KIT-MUG").unwrap();
    shop.store(&domain::StreamId::product(&mug), [listed("Mug")]).await;
    shop.store(&cart.stream(), [opened(owner), added("KIT-MUG", 2, 2)]).await;
    shop.store(&owner.stream(), [named(cart)]).await;
    shop.relay().await;

    let replica = Replica::start(&shop);
    until("the cart is there", || async { shop.cart(cart).await.is_some() }).await;

    shop.store(&cart.stream(), [added("KIT-MUG", 1, 3), added("KIT-POT", 1, 1)]).await;
    shop.store(&domain::StreamId::stock_item(&mug), [received(9)]).await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!((report.events, report.views["carts"].documents, report.views["products"].documents), (7, 2, 1));
    let body = shop.cart(cart).await.unwrap();
    assert_eq!((&body["item_count"], &body["subtotal"]["minor"]), (&4.into(), &5_800.into()));
    replica.stop().await;
}
