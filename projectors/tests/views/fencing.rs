//! Two of them believe that a partition is theirs, or one dies at the wrong moment: everything is applied once.

use projectors::projector::ProjectError;
use read_model::View;

use crate::events::*;
use crate::process::Process;
use crate::replica::Replica;
use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_another_has_finished_is_refused() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    let messages = shop.messages_of(&cart.stream()).await;

    for view in View::ALL {
        let mut zombie = shop.projector(view, &cart.stream()).await;
        let mut heir = shop.projector(view, &cart.stream()).await;
        let held = zombie.write(messages.clone()).await.unwrap();
        heir.apply(messages.clone()).await.unwrap();
        let refused = zombie.finish(held).await;
        assert!(
            matches!(refused, Err(ProjectError::Refused { .. })),
            "{refused:?}"
        );
    }
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zombie_does_not_put_an_older_document_over_a_newer_one() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    let before = shop.messages_of(&cart.stream()).await;
    let mut zombie = shop.projector(View::Carts, &cart.stream()).await;
    // It holds the cart as it is now, and does not know what comes.
    zombie.apply(before.clone()).await.unwrap();

    shop.store(&cart.stream(), [added("KIT-MUG", 1, 2), added("KIT-POT", 1, 1)])
        .await;
    shop.relay().await;
    let after = shop.messages_of(&cart.stream()).await[before.len()..].to_vec();
    let mut heir = shop.projector(View::Carts, &cart.stream()).await;
    heir.apply(after.clone()).await.unwrap();
    let held = zombie.write(after[..1].to_vec()).await.unwrap();
    assert_eq!(shop.cart(cart).await.unwrap()["version"], 4);
    assert!(zombie.finish(held).await.is_err());

    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dying_between_documents_and_record_changes_nothing() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    shop.store(
        &cart.stream(),
        [opened(owner_id()), added("KIT-MUG", 1, 1), added("KIT-POT", 1, 1)],
    )
    .await;
    shop.relay().await;
    let messages = shop.messages_of(&cart.stream()).await;
    for view in View::ALL {
        let mut dies = shop.projector(view, &cart.stream()).await;
        let before = dies.record();
        drop(dies.write(messages.clone()).await.unwrap());
        drop(dies);
        let mut heir = shop.projector(view, &cart.stream()).await;
        assert_eq!(heir.record(), before);
        heir.apply(messages.clone()).await.unwrap();
        assert!(heir.record().offset > before.offset);
    }
    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_between_documents_and_record_changes_nothing() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let (cart, owner) = (cart_id(), owner_id());
    let mut doomed = Process::start(&shop, "projector.after_write=exit");
    shop.store(&cart.stream(), [opened(owner), added("KIT-MUG", 1, 1)])
        .await;
    shop.store(&owner.stream(), [named(cart)]).await;
    shop.relay().await;
    assert_eq!(doomed.exit_code().await, 137);

    let replica = Replica::start(&shop);
    shop.assert_verified().await;
    replica.stop().await;
}

/// The first process stands still with its documents written and its record not moved, until the group has given its
/// partitions to the second one. Then it goes on as if nothing had happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebalance_during_a_batch_applies_it_once() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let cart = cart_id();
    let zombie = Process::start(&shop, "projector.after_write=sleep:2000");
    shop.store(&cart.stream(), [opened(owner_id()), added("KIT-MUG", 1, 1)])
        .await;
    shop.relay().await;
    until("the document is written", || async {
        shop.cart(cart).await.is_some()
    })
    .await;
    zombie.signal("STOP");
    let begun = shop.projector(View::Carts, &cart.stream()).await.record();
    assert_eq!(
        begun.offset, 0,
        "the zombie was stopped before it moved the record"
    );

    let replica = Replica::start(&shop);
    shop.store(&cart.stream(), [added("KIT-POT", 1, 1)]).await;
    shop.relay().await;
    shop.assert_verified().await;

    zombie.signal("CONT");
    // It hears of the rebalance or of the record first, whichever answers sooner; the record stays as it is.
    until("the zombie has stopped", || async {
        zombie.said("the partition is someone else's now") || zombie.said("revoked")
    })
    .await;
    shop.store(&cart.stream(), [added("KIT-POT", 1, 2)]).await;
    shop.relay().await;
    shop.assert_verified().await;
    replica.stop().await;
}
