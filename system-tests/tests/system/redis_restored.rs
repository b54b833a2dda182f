//! Redis is killed and comes back with what it had saved a while ago: what ended since does not come back with it.

use serde_json::{Value, json};
use system_tests::guest::Guest;
use system_tests::http::{Door, Request};

use super::machine;
use super::servers::{Kind, Server};
use super::shop::{Shop, sku};
use super::shopper::Shopper;
use super::waiting::until;

const PASSWORD: &str = "a password of the tests";

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_keys_that_were_ended_after_the_last_save_stay_ended() {
    let folder =
        std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("restored-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let machine = machine::shared().await;
    let mut redis = Server::start(Kind::Redis, &folder).await;
    let url = format!("redis://{}", redis.address());
    let urls = ["REDIS_URL", "SESSIONS_REDIS_URL"].map(|name| (name, url.as_str()));
    let shop = Shop::founded_on(machine, &urls).await;
    let open = shop.open().await;
    let (mut commands, mut queries) = (open.command_api.door(), open.query_api.door());

    let (ada, key) = member(&mut commands, &format!("ada-{}@example.org", shop.name)).await;
    let grace_at = format!("grace-{}@example.org", shop.name);
    let (grace, graces) = member(&mut commands, &grace_at).await;
    let phone = signed_in(&mut commands, &grace_at).await;
    let client = redis::Client::open(url.as_str()).expect("an address of Redis");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("Redis answers");
    let () = redis::cmd("SAVE")
        .query_async(&mut connection)
        .await
        .expect("Redis saves");
    let everywhere = ada.sign(Request::new("DELETE", "/api/commands/account/sessions"));
    let ended = commands.send(&everywhere).await.expect("an answer");
    assert_eq!(ended.status, 204, "{ended}");
    let sign_out = phone.sign(Request::new("POST", "/api/commands/session/sign-out"));
    let signed_out = commands.send(&sign_out).await.expect("an answer");
    assert_eq!(signed_out.status, 204, "{signed_out}");

    redis.kill_and_restart().await;
    let account = Request::get("/api/commands/account");
    let orders = Request::get("/api/queries/orders");
    for (service, request, status) in [
        (&open.query_api, ada.sign(orders.clone()), 401),
        (&open.command_api, ada.sign(account.clone()), 401),
        (&open.query_api, bearing(&orders, &key), 401),
        (&open.command_api, bearing(&account, &key), 401),
        // Hers did not end. The command API finds that in PostgreSQL, and then the query API knows.
        (&open.command_api, grace.sign(account.clone()), 200),
        (&open.query_api, grace.sign(orders.clone()), 200),
        // Of the same account and epoch, and signed out.
        (&open.query_api, phone.sign(orders.clone()), 401),
        (&open.command_api, phone.sign(account.clone()), 401),
    ] {
        let mut door = service.door();
        let answered = until("Redis is found again", async || {
            let answer = door.send(&request).await.ok()?;
            (answer.status != 503).then_some(answer)
        })
        .await;
        assert_eq!(answered.status, status, "{request:?}: {answered}");
    }
    // Her key is told anew within moments.
    let by_key = bearing(&orders, &graces);
    until("her key opens again", async || {
        let answer = queries.send(&by_key).await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await;
    // And shopping goes on.
    let mut shopper = Shopper::arrive(&open.command_api).await;
    shopper.add(&sku(0), 1).await;
    let acks = shopper.acks.clone();
    shop.close(open, &mut [shopper], &acks).await;
    drop(redis);
    let _ = std::fs::remove_dir_all(&folder);
}

/// Somebody who is signed in, and a key of theirs.
async fn member(door: &mut Door, email: &str) -> (Guest, String) {
    let mut guest = Guest::arrive(door).await.expect("a guest");
    let body = json!({ "email": email, "password": PASSWORD });
    let register = Request::new("POST", "/api/commands/accounts").json(&body);
    let registered = door.send(&guest.sign(register)).await.expect("an answer");
    assert_eq!(registered.status, 201, "{registered}");
    guest.keep_cookies(&registered);
    let body = json!({ "name": "import", "role": "shopper", "expires_in_days": 3, "password": PASSWORD });
    let asked = Request::new("POST", "/api/commands/account/api-keys").json(&body);
    let made = door.send(&guest.sign(asked)).await.expect("an answer");
    let key: Value = made.json().expect("a key");
    (guest, key["key"].as_str().expect("a key").to_owned())
}

/// The same in another browser.
async fn signed_in(door: &mut Door, email: &str) -> Guest {
    let mut guest = Guest::arrive(door).await.expect("a guest");
    let body = json!({ "email": email, "password": PASSWORD });
    let sign_in = Request::new("POST", "/api/commands/session/sign-in").json(&body);
    let answer = door.send(&guest.sign(sign_in)).await.expect("an answer");
    assert_eq!(answer.status, 200, "{answer}");
    guest.keep_cookies(&answer);
    guest
}

fn bearing(request: &Request, key: &str) -> Request {
    request.clone().header("Authorization", &format!("Bearer {key}"))
}
