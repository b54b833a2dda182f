//! The first of the staff: a command gives somebody the role, and takes it away.

use serde_json::{Value, json};
use system_tests::factors::{code_of, set_up_app};
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
    let without_factor = grant(&shop, &[&email, "ops"]).await;
    assert!(
        !without_factor.0 && without_factor.1.contains("set one up under Account → Security"),
        "{}",
        without_factor.1
    );
    let app = set_up_app(&mut door, &mut grace, PASSWORD).await;
    assert_eq!(audit(&mut door, &grace).await, 403);
    let granted = grant(&shop, &[&email, "ops"]).await;
    assert!(granted.0, "{}", granted.1);
    assert!(recorded(&without_factor.1, &email).is_empty());
    assert_eq!(recorded(&granted.1, &email), [said("role", "granted", "ops")]);
    // The API keeps sessions in memory until Redis says that they have ended.
    until("she is signed out", async || {
        (get(&mut door, &grace, "/account").await == 401).then_some(())
    })
    .await;
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        202
    );
    // The code that confirmed the app was shown already; the next one is good a step early.
    show(&mut door, &mut grace, &code_of(&app, 30)).await;
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
    assert!(reset.0 && reset.1.contains("not ops any more"), "{}", reset.1);
    let both = [said("second-factor", "reset", ""), said("role", "revoked", "ops")];
    assert_eq!(recorded(&reset.1, &email), both);
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        200
    );
    // The role went with the factors, and comes back by a command alone.
    set_up_app(&mut door, &mut grace, PASSWORD).await;
    assert_eq!(audit(&mut door, &grace).await, 403);
    let again = grant(&shop, &[&email, "ops"]).await;
    assert!(again.0, "{}", again.1);

    let revoked = grant(&shop, &[&email, "ops", "--revoke"]).await;
    assert!(revoked.0, "{}", revoked.1);
    assert_eq!(recorded(&revoked.1, &email), [said("role", "revoked", "ops")]);
    until("she is signed out again", async || {
        (get(&mut door, &grace, "/account").await == 401).then_some(())
    })
    .await;
    // Without her second factor, which stayed, she signs in by the password alone. What is done is said, whether or not Redis answers.
    without_redis(&shop, "reset-factors", &[&email], "no second factor").await;
    let mut grace = Guest::arrive(&mut door).await.expect("a guest");
    assert_eq!(
        enter(&mut door, &mut grace, "/session/sign-in", &email).await,
        200
    );
    assert_eq!(audit(&mut door, &grace).await, 403);
    let revoke = [&*email, "ops", "--revoke"];
    let revoked = without_redis(&shop, "grant", &revoke, "is shopper now").await;
    assert_eq!(recorded(&revoked, &email), [said("role", "revoked", "ops")]);
    shop.close_after_others_shopped(open).await;
}

async fn enter(door: &mut Door, guest: &mut Guest, path: &str, email: &str) -> u16 {
    let body: Value = json!({ "email": email, "password": PASSWORD });
    let request = Request::new("POST", &format!("/api/commands{path}")).json(&body);
    let answer = door.send(&guest.sign(request)).await.expect("an answer");
    guest.keep_cookies(&answer);
    answer.status
}

/// What the second step of signing in asks for.
async fn show(door: &mut Door, guest: &mut Guest, code: &str) {
    let body = json!({ "code": code });
    let request = Request::new("POST", "/api/commands/session/sign-in/second-step").json(&body);
    let answer = door.send(&guest.sign(request)).await.expect("an answer");
    assert_eq!(answer.status, 200, "{answer}");
    guest.keep_cookies(&answer);
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

fn said(kind: &str, outcome: &str, detail: &str) -> [String; 3] {
    [kind, outcome, detail].map(str::to_owned)
}

/// The security events that a command has logged: kind, outcome and detail. Each names the account by its id, and has no address.
fn recorded(log: &str, email: &str) -> Vec<[String; 3]> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = lines.filter(|line| line["target"] == "security");
    let of = |line: Value| {
        let account = line["account"].as_str().unwrap_or_default();
        assert!(uuid::Uuid::parse_str(account).is_ok(), "{line}");
        assert!(!line.to_string().contains(email), "{line}");
        ["kind", "outcome", "detail"].map(|name| line[name].as_str().unwrap_or_default().to_owned())
    };
    events.map(of).collect()
}

/// Whether it was done, and what was said.
async fn tool(shop: &Shop, command: &str, words: &[&str]) -> (bool, String) {
    let mut tool = shop.tool("command-api");
    tool.arg(command).args(words);
    run(tool).await
}

/// The same where nobody answers for Redis: it is done, and whoever runs it reads `result` all the same.
async fn without_redis(shop: &Shop, command: &str, words: &[&str], result: &str) -> String {
    let mut tool = shop.tool("command-api");
    tool.arg(command).args(words);
    tool.env("SESSIONS_REDIS_URL", "redis://127.0.0.1:1");
    let (is_done, said) = run(tool).await;
    assert!(is_done && said.contains(result), "{said}");
    assert!(
        said.contains("end within a minute, when a command API tells Redis of it"),
        "{said}"
    );
    said
}

async fn run(mut tool: std::process::Command) -> (bool, String) {
    tool.env("LOG_FORMAT", "json");
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
