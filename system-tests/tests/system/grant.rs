//! The first of the staff: a command gives somebody the role, and takes it away.

use serde_json::{Value, json};
use system_tests::factors::set_up_app;
use system_tests::guest::Guest;
use system_tests::http::{Door, Request};

use super::buyer::Buyer;
use super::mailbox::confirmation_of;
use super::services::wanted;
use super::shop::{Shop, sku};
use super::waiting::until;

const PASSWORD: &str = "a password of the tests";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_granted_by_a_command_and_counts_from_the_next_sign_in_until_it_is_revoked() {
    let shop = Shop::founded().await;
    let smtp_url = wanted("TEST_SMTP_URL");
    let open = shop.open_with(&[("SMTP_URL", smtp_url.as_str())]).await;
    let mut door = open.command_api.door();
    let email = format!("{}@example.org", shop.name);
    let mut grace = Buyer::with_cart(&open.command_api.address(), &[(sku(0), 1)])
        .await
        .guest;
    assert_eq!(enter(&mut door, &mut grace, "/accounts", &email).await, 201);
    assert_eq!(audit(&mut door, &grace).await, 403);

    let nobody = grant(&shop, &["nobody@example.org", "staff"]).await;
    assert!(
        !nobody.0 && nobody.1.contains("register in the shop first"),
        "{}",
        nobody.1
    );
    let unknown = grant(&shop, &[&email, "admiral"]).await;
    assert!(
        !unknown.0 && unknown.1.contains("staff, analyst and ops are"),
        "{}",
        unknown.1
    );

    let unconfirmed = grant(&shop, &[&email, "ops"]).await;
    assert!(
        !unconfirmed.0 && unconfirmed.1.contains("open the link in the mail"),
        "{}",
        unconfirmed.1
    );
    let token = confirmation_of(&email).await;
    let confirm = Request::new("POST", "/api/commands/email-confirmations").json(&json!({ "token": token }));
    let confirmed = door.send(&grace.sign(confirm)).await.expect("an answer");
    assert_eq!(confirmed.status, 200, "{confirmed}");
    let granted = grant(&shop, &[&email, "ops"]).await;
    assert!(granted.0, "{}", granted.1);
    // The API keeps sessions in memory until Redis says that they have ended.
    until("she is signed out", async || {
        (get(&mut door, &grace, "/account").await == 401).then_some(())
    })
    .await;
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        200
    );
    assert!(granted.1.contains("no second factor"), "{}", granted.1);
    assert_eq!(audit(&mut door, &grace).await, 403);
    set_up_app(&mut door, &mut grace, PASSWORD).await;
    assert_eq!(audit(&mut door, &grace).await, 200);

    // She has lost her phone.
    let nothing = tool(&shop, "reset-factors", &["nobody@example.org"]).await;
    assert!(
        !nothing.0 && nothing.1.contains("nobody has registered"),
        "{}",
        nothing.1
    );
    let mut again = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut again, "/session/sign-in", &email).await,
        202
    );
    let reset = tool(&shop, "reset-factors", &[&email]).await;
    assert!(reset.0, "{}", reset.1);
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        200
    );
    assert_eq!(audit(&mut door, &grace).await, 403);
    set_up_app(&mut door, &mut grace, PASSWORD).await;

    let revoked = grant(&shop, &[&email, "ops", "--revoke"]).await;
    assert!(revoked.0, "{}", revoked.1);
    until("she is signed out again", async || {
        (get(&mut door, &grace, "/account").await == 401).then_some(())
    })
    .await;
    // Without her second factor, which stayed, she signs in by the password alone.
    assert!(tool(&shop, "reset-factors", &[&email]).await.0);
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        200
    );
    assert_eq!(audit(&mut door, &grace).await, 403);
    shop.close_after_others_shopped(open).await;
}

async fn enter(door: &mut Door, guest: &mut Guest, path: &str, email: &str) -> u16 {
    let body: Value = json!({ "email": email, "password": PASSWORD });
    let request = Request::new("POST", &format!("/api/commands{path}")).json(&body);
    let answer = door.send(&guest.sign(request)).await.expect("an answer");
    guest.keep_cookies(&answer);
    answer.status
}

async fn audit(door: &mut Door, guest: &Guest) -> u16 {
    get(door, guest, "/audit").await
}

async fn get(door: &mut Door, guest: &Guest, path: &str) -> u16 {
    let request = guest.sign(Request::get(&format!("/api/commands{path}")));
    door.send(&request).await.expect("an answer").status
}

async fn grant(shop: &Shop, words: &[&str]) -> (bool, String) {
    tool(shop, "grant", words).await
}

/// Whether it was done, and what was said.
async fn tool(shop: &Shop, command: &str, words: &[&str]) -> (bool, String) {
    let mut tool = shop.tool("command-api");
    tool.arg(command).args(words);
    let ended = tokio::process::Command::from(tool)
        .output()
        .await
        .expect("command-api can be run");
    let said = [ended.stdout, ended.stderr].concat();
    (
        ended.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}
