//! The examples of the guide give what they say they give.

use domain::{Sku, StreamId};

use super::shopping::*;
use super::*;
use crate::events::{listed, received};

const GUIDE: &str = include_str!("../../../../docs/reporting.md");

/// Two orders that were paid, one of them at the second try and one given half of it back; one that expired.
async fn busy_shop() -> Shop {
    let mut shop = shop().await;
    for sku in ["KIT-MUG", "KIT-POT"] {
        let sku = Sku::parse(sku).unwrap();
        shop.store(&StreamId::product(&sku), [listed("Mug")]).await;
        shop.store(&StreamId::stock_item(&sku), [received(10)]).await;
    }
    let (first, second, expires) = (order_id(), order_id(), order_id());
    shop.store(&first.stream(), [placed(2), confirmed()]).await;
    let paid = [
        requested(first, 5_390),
        started(7),
        declined(7, "insufficient_funds"),
        started(1),
        captured(5_390),
    ];
    shop.store(&first.payment().stream(), paid).await;
    shop.store(&second.stream(), [placed(3), confirmed()]).await;
    let paid = [requested(second, 6_840), started(1), captured(6_840)];
    shop.store(&second.payment().stream(), paid).await;
    shop.store(&second.payment().stream(), refunded(1_840)).await;
    shop.store(&expires.stream(), [placed(9), expired()]).await;
    let given_up = [
        requested(expires, 15_540),
        started(8),
        declined(8, "insufficient_funds"),
        started(9),
        declined(9, "expired_card"),
    ];
    shop.store(&expires.payment().stream(), given_up).await;
    rebuild(&shop.services).await.unwrap();
    shop
}

/// What the example gives whose introduction begins so.
fn example(shop: &Shop, introduction: &str) -> Vec<String> {
    let (_, after) = GUIDE.split_once(introduction).expect("the guide has the example");
    let (_, statement) = after.split_once("```sql\n").expect("an example is SQL");
    let (statement, _) = statement.split_once("```").expect("an example ends");
    ask(shop, statement).lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_of_the_guide_gives_what_it_says() {
    let shop = busy_shop().await;
    let sold = example(&shop, "Units sold by product");
    assert_eq!(sold, ["KIT-MUG|The KIT-MUG|5|2", "KIT-POT|The KIT-POT|2|2"]);
    let today = ask(
        &shop,
        "select (max(captured_at) at time zone 'utc')::date from reporting.payments",
    );
    let revenue = example(&shop, "Revenue per day");
    assert_eq!(revenue, [format!("{today}|EUR|2|12230|1840|10390")]);
    let conversion = example(&shop, "Conversion:");
    assert!(
        conversion[0].starts_with(&format!("{today}|3|2|66.7|")),
        "{conversion:?}"
    );
    let declines = example(&shop, "Why payments are declined");
    assert_eq!(declines, ["insufficient_funds|2|2|1", "expired_card|1|1|0"]);
    let running_out = example(&shop, "What is running out");
    assert_eq!(running_out, ["KIT-MUG|Mug|10|5|56.0", "KIT-POT|Mug|10|2|140.0"]);
    assert_eq!(GUIDE.matches("```sql").count(), 5, "an example without a test");
}

/// Whoever asks `\d+` finds every table and most columns explained.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_says_what_it_is() {
    let shop = shop().await;
    let silent =
        "select relname from pg_class where relnamespace = 'reporting'::regnamespace and relkind = 'r'
                  and obj_description(oid) is null";
    assert_eq!(ask(&shop, silent), "");
}
