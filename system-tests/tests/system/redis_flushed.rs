//! Redis loses everything, while people shop and while nobody does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};
use system_tests::http::{Request, Response};

use super::buyer::Buyer;
use super::machine;
use super::redis_server::RedisServer;
use super::shop::{Open, Service, Shop, sku};
use super::shopper::{CartDocument, Shopper};
use super::waiting::until;

const SHOPPERS: usize = 8;
/// Items that every shopper adds before and after everything is lost.
const ROUNDS: usize = 25;

async fn shop_with_redis_of_its_own() -> (Shop, Open, RedisServer) {
    let logs = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("redis");
    let machine = machine::shared().await;
    let redis = RedisServer::start(&logs).await;
    let urls = ["REDIS_URL", "SESSIONS_REDIS_URL"].map(|name| (name, redis.url.as_str()));
    let shop = Shop::founded_on(machine, &urls).await;
    let open = shop.open().await;
    (shop, open, redis)
}

#[tokio::test(flavor = "multi_thread")]
async fn views_come_back_by_themselves_while_shopping_goes_on() {
    let (shop, open, redis) = shop_with_redis_of_its_own().await;
    let rounds_done = Arc::new(AtomicUsize::new(0));
    let flushed = Arc::new(AtomicBool::new(false));
    let mut shopping = vec![];
    for _ in 0..SHOPPERS {
        let shopper = Shopper::arrive(&open.command_api).await;
        shopping.push(tokio::spawn(go_shopping(
            shopper,
            open.query_api.address(),
            Arc::clone(&rounds_done),
            Arc::clone(&flushed),
        )));
    }
    until("everybody has shopped for a while", async || {
        (rounds_done.load(Ordering::SeqCst) >= SHOPPERS * ROUNDS).then_some(())
    })
    .await;
    redis.flush().await;
    flushed.store(true, Ordering::SeqCst);
    let mut shoppers = vec![];
    for shopper in shopping {
        shoppers.push(shopper.await.expect("a shopper goes home content"));
    }
    for shopper in &shoppers {
        finds_the_cart_again(shopper, &open.query_api).await;
    }
    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    shop.close(open, &mut shoppers, &acks).await;
}

/// Adds and looks, over and over. A look may say "not yet", and it says it with 503: a 404 would tell that the cart is gone.
async fn go_shopping(
    mut shopper: Shopper,
    query_api: String,
    rounds_done: Arc<AtomicUsize>,
    flushed: Arc<AtomicBool>,
) -> Shopper {
    let mut door = system_tests::http::Door::new(&query_api);
    let mut rounds_after = 0;
    for round in 0.. {
        let was_flushed = flushed.load(Ordering::SeqCst);
        let sku = sku(round);
        // Every third time round the products, one goes out of the cart again.
        let goes = round % 48 >= 32 && shopper.lines.contains_key(&sku);
        let stored = if goes {
            shopper.remove(&sku).await
        } else {
            shopper.add(&sku, 1).await
        };
        let response = shopper.look(&mut door, stored.version).await;
        assert!(
            matches!(response.status, 200 | 503),
            "cart {}: {response}",
            shopper.cart
        );
        if response.status == 503 {
            assert!(response.header("retry-after").is_some(), "{response}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        } else {
            let document: CartDocument = response.json().expect("it is a cart");
            assert!(
                document.version >= stored.version,
                "an older cart was shown: {document:?}"
            );
            rounds_done.fetch_add(1, Ordering::SeqCst);
            rounds_after += usize::from(was_flushed);
        }
        if rounds_after == ROUNDS {
            return shopper;
        }
        assert!(
            round < 20_000,
            "the views did not come back while {round} items were added"
        );
    }
    unreachable!("a range without an end ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn views_come_back_by_themselves_on_a_quiet_shop() {
    let (shop, open, redis) = shop_with_redis_of_its_own().await;
    let mut shoppers = vec![];
    for number in 0..SHOPPERS {
        let mut shopper = Shopper::arrive(&open.command_api).await;
        shopper.add(&sku(number), 2).await;
        shopper.add(&sku(0), 1).await;
        shopper.sees_own_cart(&open.query_api).await;
        shoppers.push(shopper);
    }
    let everybody = i64::try_from(SHOPPERS).unwrap();
    // Counts come a moment after the carts: nobody waits for them.
    until("every cart is counted", async || {
        (open_carts(&open.query_api, &sku(0)).await? == everybody).then_some(())
    })
    .await;
    redis.flush().await;
    for shopper in &shoppers {
        finds_the_cart_again(shopper, &open.query_api).await;
    }
    until("products and their counts are back", async || {
        (open_carts(&open.query_api, &sku(0)).await? == everybody).then_some(())
    })
    .await;
    // The guest cookie alone says who they are.
    for shopper in &mut shoppers {
        shopper.guest = shopper.guest.without_session();
        shopper.add(&sku(1), 1).await;
    }
    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    shop.close(open, &mut shoppers, &acks).await;
}

/// Signs in with what is in the tables, and has all of it again.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_signed_out_and_has_lost_nothing_else() {
    let (shop, open, redis) = shop_with_redis_of_its_own().await;
    let address = open.command_api.address();
    let mut ada = Buyer::with_cart(&address, &[(sku(0), 2)]).await;
    let credentials = json!({
        "email": format!("{}@example.org", uuid::Uuid::new_v4().simple()),
        "password": "mostly harmless towel",
    });
    does(&mut ada, "POST", "/accounts", &credentials).await;
    let home = json!({
        "name": "Ada", "line1": "Lindenstraße 12", "postal_code": "10969", "city": "Berlin", "country": "DE",
    });
    does(&mut ada, "POST", "/account/addresses", &home).await;
    let key = json!({
        "name": "import", "role": "shopper", "expires_in_days": 3, "password": "mostly harmless towel",
    });
    let key: Value = does(&mut ada, "POST", "/account/api-keys", &key)
        .await
        .json()
        .unwrap();
    let asked = json!({ "kind": "missing_product", "title": "A towel" });
    let asked: Value = does(&mut ada, "POST", "/requests", &asked).await.json().unwrap();

    redis.flush().await;
    // The cookie of a session that is nowhere, as a browser still sends it.
    let signed_out = asks(&mut ada, "GET", "/account/addresses", &json!({})).await;
    assert_eq!(signed_out.status, 401, "{signed_out}");
    does(&mut ada, "POST", "/session/sign-in", &credentials).await;
    let book: Value = does(&mut ada, "GET", "/account/addresses", &json!({}))
        .await
        .json()
        .unwrap();
    assert!(book.to_string().contains("Lindenstraße 12"), "{book}");
    let mut door = open.query_api.door();
    let cart = ada.guest.sign(Request::get("/api/queries/carts/current"));
    until("the cart is back", async || {
        let cart = door.send(&cart).await.ok().filter(|cart| cart.status == 200)?;
        let cart: CartDocument = cart.json().ok()?;
        (cart.quantities().get(&sku(0)) == Some(&2)).then_some(())
    })
    .await;
    let mine = ada.guest.sign(Request::get("/api/queries/requests/mine"));
    until("the request is theirs", async || {
        let mine = door.send(&mine).await.ok().filter(|mine| mine.status == 200)?;
        let mine: Value = mine.json().ok()?;
        (mine["requests"][0]["id"] == asked["id"]).then_some(())
    })
    .await;
    let bearer = format!("Bearer {}", key["key"].as_str().expect("a key"));
    let by_key = Request::get("/api/queries/requests/mine").header("Authorization", &bearer);
    until("the API key opens again", async || {
        let mine = door.send(&by_key).await.ok().filter(|mine| mine.status == 200)?;
        let mine: Value = mine.json().ok()?;
        (mine["requests"][0]["id"] == asked["id"]).then_some(())
    })
    .await;
    shop.close_after_others_shopped(open).await;
}

async fn asks(buyer: &mut Buyer, method: &str, path: &str, body: &Value) -> Response {
    let request = Request::new(method, &format!("/api/commands{path}")).json(body);
    buyer.send(request).await.last.expect("an answer")
}

async fn does(buyer: &mut Buyer, method: &str, path: &str, body: &Value) -> Response {
    let answer = asks(buyer, method, path, body).await;
    assert!(answer.is_success(), "{method} {path}: {answer}");
    answer
}

/// With nothing but the guest cookie, from the moment everything was lost on.
async fn finds_the_cart_again(shopper: &Shopper, query_api: &Service) {
    let guest = shopper.guest.without_session();
    let mut door = query_api.door();
    let request = guest.sign(Request::get("/api/queries/carts/current"));
    let document: CartDocument = until("the guest's cart is back", async || {
        let response = door.send(&request).await.expect("the query API answers");
        assert!(
            matches!(response.status, 200 | 503),
            "the cart is gone: {response}"
        );
        (response.status == 200).then(|| response.json().expect("it is a cart"))
    })
    .await;
    assert_eq!(document.id, shopper.cart);
    assert_eq!(document.quantities(), shopper.lines);
}

async fn open_carts(query_api: &Service, sku: &str) -> Option<i64> {
    let path = format!("/api/queries/products/{sku}/open-carts");
    let response = query_api
        .door()
        .send(&Request::get(&path))
        .await
        .expect("the query API answers");
    assert!(
        matches!(response.status, 200 | 503),
        "the product is gone: {response}"
    );
    let answer: Value = response.json().expect("every answer is JSON");
    answer["carts"].as_i64()
}
