//! What is recorded of those who are refused, and what must never be in it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use session::Roles;
use shop::orders::Order;
use shop::{Shop, shop};
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

/// The lines that this thread logs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Those about security.
    fn events(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["target"] == "security").collect()
    }
}

fn capture() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(Level::DEBUG)
        .with_writer(lines.clone())
        .finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

const NETWORK: (&str, &str) = ("x-forwarded-for", "203.0.113.77");

/// The only line about a request: kind, outcome and level.
async fn line_about(shop: &Shop, lines: &Lines, path: &str, header: (&str, &str)) -> (Value, [String; 3]) {
    let before = lines.events().len();
    let answer = shop.ask(path, &[NETWORK, header]).await;
    assert!(
        answer.status.is_client_error(),
        "{}: {}",
        answer.status,
        answer.body
    );
    let line = match &lines.events()[before..] {
        [line] => line.clone(),
        other => panic!("{path} has {} lines: {other:?}", other.len()),
    };
    let network = line["network"].as_str().unwrap();
    assert!(network.len() == 16 && !network.contains('.'), "{line}");
    let said = ["kind", "outcome", "level"].map(|name| line[name].as_str().unwrap().to_owned());
    (line, said)
}

#[tokio::test]
async fn each_refusal_has_one_line_and_no_line_has_personal_data_or_a_secret() {
    let shop = shop().await;
    let shopper = shop.member(Roles::SHOPPER).await;
    let order = Order::of(&shop.browser().await);
    shop.write_order(&order).await;
    let (lines, _capturing) = capture();
    let forged = "cw_q3zZ0Jp0P0VY9m3bXv8l2cFQ5m1o7t9wq6dD4eR8yTs";
    let (key, token) = (format!("Bearer {forged}"), "Bearer guessed-at-the-staff-token");
    let orders = "/api/queries/orders";
    let refusals = [
        (
            order.path(),
            ("order-key", "a-guessed-key"),
            ["order-key", "refused", "WARN"],
        ),
        (
            orders.to_owned(),
            ("authorization", &*key),
            ["api-key", "refused", "WARN"],
        ),
        (
            orders.to_owned(),
            ("authorization", token),
            ["staff-token", "refused", "WARN"],
        ),
        (
            orders.to_owned(),
            ("cookie", ""),
            ["access", "not-authenticated", "DEBUG"],
        ),
        (
            "/api/queries/staff/orders".to_owned(),
            ("cookie", &*shopper.cookies),
            ["access", "not-allowed", "WARN"],
        ),
    ];
    let mut last = Value::Null;
    for (path, header, expected) in refusals {
        let (line, said) = line_about(&shop, &lines, &path, header).await;
        assert_eq!(said, expected, "{line}");
        last = line;
    }
    assert_eq!(
        (&last["route"], &last["actor"], &last["by"]),
        (
            &json!("GET /api/queries/staff/orders"),
            &json!("account"),
            &json!(shopper.owner.to_string())
        )
    );

    let all = lines.text();
    let session = shopper.cookies.split('=').nth(1).unwrap();
    for word in [
        "203.0.113.77",
        "a-guessed-key",
        forged,
        "guessed-at-the-staff-token",
        session,
    ] {
        assert!(
            word.len() > 5 && !all.contains(word),
            "{word} is in the log: {all}"
        );
    }
}
