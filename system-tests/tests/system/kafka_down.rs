//! Kafka cannot be reached for a while.

use super::proxy::Proxy;
use super::shop::{Open, Shop, sku};
use super::shopper::Shopper;

const SHOPPERS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn commands_succeed_without_kafka_and_views_catch_up_when_it_is_back() {
    let shop = Shop::founded().await;
    let proxy = Proxy::to_kafka(&shop.services.kafka_brokers).await;
    let through_proxy = [("KAFKA_BROKERS", proxy.address.as_str())];
    let command_api = shop.command_api("carts,catalog,relay", &through_proxy).await;
    shop.list_products(&command_api).await;
    let projectors = shop.projectors(&through_proxy).await;
    let query_api = shop.query_api().await;
    let mut shoppers = vec![];
    for number in 0..SHOPPERS {
        let mut shopper = Shopper::arrive(&command_api).await;
        shopper.add(&sku(number), 1).await;
        shopper.sees_own_cart(&query_api).await;
        shoppers.push(shopper);
    }

    proxy.cut();
    let mut door = query_api.door();
    for (number, shopper) in shoppers.iter_mut().enumerate() {
        let stored = shopper.add(&sku(number + 1), 1).await;
        let behind = shopper.look(&mut door, stored.version).await;
        assert_eq!(
            behind.status, 503,
            "nothing reaches the views while Kafka is cut off: {behind}"
        );
        assert!(behind.header("retry-after").is_some(), "{behind}");
        let earlier = shopper.look(&mut door, stored.version - 1).await;
        assert_eq!(earlier.status, 200, "what they have is still shown: {earlier}");
    }
    let late = Shopper::arrive(&command_api).await;
    shoppers.push(late);

    proxy.mend();
    for shopper in &mut shoppers {
        shopper.sees_own_cart(&query_api).await;
        shopper.add(&sku(0), 1).await;
    }
    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    shop.close(
        Open {
            command_api,
            projectors,
            query_api,
        },
        &mut shoppers,
        &acks,
    )
    .await;
}
