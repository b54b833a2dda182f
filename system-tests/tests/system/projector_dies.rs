//! A projector dies after it wrote the documents and before the partition's record moves.

use super::redis_server::{field, keys};
use super::shop::{Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_written_but_not_recorded_is_applied_once() {
    let shop = Shop::founded().await;
    let mut open = shop.open().await;
    let mut shopper = Shopper::arrive(&open.command_api).await;
    shopper.add(&sku(0), 1).await;
    shopper.sees_own_cart(&open.query_api).await;
    open.projectors.stop().await;

    let mut dying = shop
        .projectors(&[("FAILPOINTS", "projector.after_write=exit"), ("VIEWS", "carts")])
        .await;
    let added = shopper.add(&sku(0), 2).await;
    assert_eq!(
        dying.process.ended().await.code(),
        Some(137),
        "the failpoint ended it"
    );
    let redis = &shop.services.redis_url;
    let documents = keys(
        redis,
        &format!("{}:view:carts:*:doc:*{}*", shop.name, shopper.cart),
    )
    .await;
    assert_eq!(documents.len(), 1, "{documents:?}");
    let version = field(redis, &documents[0], "version").await;
    assert_eq!(
        version,
        Some(added.version.to_string()),
        "the document had been written"
    );
    for record in keys(redis, &format!("{}:view:carts:*:record:*", shop.name)).await {
        let position: i64 = field(redis, &record, "position")
            .await
            .map_or(0, |text| text.parse().unwrap());
        assert!(position < added.position, "{record} had not moved");
    }

    open.projectors = shop.projectors(&[]).await;
    shopper.sees_own_cart(&open.query_api).await;
    until("the record moves past what was applied twice", async || {
        for record in keys(redis, &format!("{}:view:carts:*:record:*", shop.name)).await {
            let position: i64 = field(redis, &record, "position").await?.parse().ok()?;
            if position >= added.position {
                return Some(());
            }
        }
        None
    })
    .await;
    shopper.add(&sku(1), 1).await;
    let acks = shopper.acks.clone();
    shop.close(open, &mut [shopper], &acks).await;
}
