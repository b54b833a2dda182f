//! The processes without `--dev`, as production runs them: which secrets they refuse, and that they work as database users who own nothing.

use std::collections::BTreeMap;
use std::process::Command;

use sqlx::{Connection as _, Executor as _, PgConnection};
use system_tests::http::{Door, Request};

use super::machine;
use super::ports;
use super::process::Process;
use super::servers::{Kind, Server, own_folder};
use super::services::{binary, wanted};
use super::waiting::until;

type Environment = BTreeMap<&'static str, String>;

const PASSWORD: &str = "a-password-that-nobody-guesses";
const PUBLISHED_KEY: &str = "cartwright-development-only-guest-cookie-key";

/// A variable, what it is set to (nothing: it is not set), and what the refusal says.
type Refused = (&'static str, Option<&'static str>, &'static str);

const OF_BOTH_APIS: [Refused; 11] = [
    ("STAFF_TOKEN", None, "STAFF_TOKEN is not set"),
    ("STAFF_TOKEN", Some(""), "STAFF_TOKEN"),
    ("STAFF_TOKEN", Some("short"), "STAFF_TOKEN is too short"),
    (
        "STAFF_TOKEN",
        Some("the-staff-token-for-development-alone"),
        "everybody can read",
    ),
    ("GUEST_COOKIE_KEY", None, "GUEST_COOKIE_KEY is not set"),
    ("GUEST_COOKIE_KEY", Some(""), "GUEST_COOKIE_KEY"),
    ("GUEST_COOKIE_KEY", Some("short"), "GUEST_COOKIE_KEY"),
    ("GUEST_COOKIE_KEY", Some(PUBLISHED_KEY), "everybody can read"),
    (
        "GUEST_COOKIE_KEY_PREVIOUS",
        Some(PUBLISHED_KEY),
        "everybody can read",
    ),
    (
        "GUEST_COOKIE_KEY_PREVIOUS",
        Some("short"),
        "GUEST_COOKIE_KEY_PREVIOUS",
    ),
    ("FAILPOINTS", Some("x=exit"), "FAILPOINTS is set"),
];

const OF_THE_COMMAND_API: [Refused; 26] = [
    ("SECOND_FACTOR_KEY", None, "SECOND_FACTOR_KEY is not set"),
    (
        "SECOND_FACTOR_KEY",
        Some("a-second-factor-key-of-the-production-test,short"),
        "SECOND_FACTOR_KEY is too short",
    ),
    (
        "SECOND_FACTOR_KEY",
        Some("a-second-factor-key-of-the-production-test,cartwright-development-only-second-factor-key"),
        "everybody can read",
    ),
    (
        "DATABASE_URL",
        Some("postgres://shop:cartwright@127.0.0.1/shop"),
        "DATABASE_URL has a password that everybody",
    ),
    (
        "DATABASE_URL",
        Some("postgres://shop@127.0.0.1/shop?password=cartwright"),
        "DATABASE_URL has a password that everybody",
    ),
    (
        "DATABASE_URL",
        Some("postgres://shop:short@127.0.0.1/shop"),
        "DATABASE_URL has a password of fewer",
    ),
    (
        "DATABASE_URL",
        Some("postgres://shop:@127.0.0.1/shop"),
        "DATABASE_URL has no password",
    ),
    (
        "SESSIONS_REDIS_URL",
        Some("redis://127.0.0.1"),
        "SESSIONS_REDIS_URL has no password",
    ),
    (
        "SESSIONS_REDIS_URL",
        Some("redis://:redis@127.0.0.1"),
        "SESSIONS_REDIS_URL has a password that everybody",
    ),
    (
        "SESSIONS_REDIS_URL",
        Some("redis://:short@127.0.0.1"),
        "SESSIONS_REDIS_URL has a password of fewer",
    ),
    ("SELLER_NAME", None, "SELLER_NAME is not set"),
    (
        "SELLER_NAME",
        Some("Sample Seller Ltd. (sample)"),
        "SELLER_NAME is the sample",
    ),
    (
        "SELLER_ADDRESS",
        Some("of one line alone"),
        "SELLER_ADDRESS has 1 lines",
    ),
    (
        "SELLER_VAT_ID",
        Some("no number at all"),
        "SELLER_VAT_ID is no VAT",
    ),
    (
        "SELLER_EMAIL",
        Some("nobody in particular"),
        "SELLER_EMAIL is not right",
    ),
    ("PAYMENT_GATEWAY", None, "PAYMENT_GATEWAY is not set"),
    ("PAYMENT_GATEWAY", Some("sandbox"), "PAYMENT_GATEWAY is sandbox"),
    ("STRIPE_SECRET_KEY", None, "STRIPE_SECRET_KEY is not set"),
    (
        "STRIPE_SECRET_KEY",
        Some(""),
        "STRIPE_SECRET_KEY is no secret key",
    ),
    (
        "STRIPE_SECRET_KEY",
        Some("pk_test_12345678"),
        "STRIPE_SECRET_KEY is no secret key",
    ),
    (
        "STRIPE_PUBLISHABLE_KEY",
        Some("sk_test_12345678"),
        "STRIPE_PUBLISHABLE_KEY",
    ),
    (
        "PAYMENT_WEBHOOK_SECRETS",
        None,
        "PAYMENT_WEBHOOK_SECRETS is not set",
    ),
    ("PAYMENT_WEBHOOK_SECRETS", Some(""), "PAYMENT_WEBHOOK_SECRETS"),
    (
        "PAYMENT_WEBHOOK_SECRETS",
        Some("whsec_short"),
        "PAYMENT_WEBHOOK_SECRETS",
    ),
    (
        "PAYMENT_WEBHOOK_SECRETS",
        Some("whsec_for_the_shop_alone,"),
        "PAYMENT_WEBHOOK_SECRETS",
    ),
    (
        "PAYMENT_WEBHOOK_SECRETS",
        Some("whsec_for_development"),
        "everybody can read",
    ),
];

const OF_THE_PROJECTORS: [Refused; 6] = [
    ("FAILPOINTS", Some("x=exit"), "FAILPOINTS is set"),
    (
        "DATABASE_URL",
        Some("postgres://shop:cartwright@127.0.0.1/shop"),
        "DATABASE_URL has a password that everybody",
    ),
    (
        "DATABASE_URL",
        Some("postgres://shop:short@127.0.0.1/shop"),
        "DATABASE_URL has a password of fewer",
    ),
    (
        "REDIS_URL",
        Some("redis://127.0.0.1"),
        "REDIS_URL has no password",
    ),
    (
        "REDIS_URL",
        Some("redis://:redis@127.0.0.1"),
        "REDIS_URL has a password that everybody",
    ),
    (
        "REDIS_URL",
        Some("redis://:short@127.0.0.1"),
        "REDIS_URL has a password of fewer",
    ),
];

const OF_THE_QUERY_API: [Refused; 4] = [
    (
        "REDIS_URL",
        Some("redis://127.0.0.1"),
        "REDIS_URL has no password",
    ),
    (
        "REDIS_URL",
        Some("redis://:redis@127.0.0.1"),
        "REDIS_URL has a password that everybody",
    ),
    (
        "SESSIONS_REDIS_URL",
        Some("redis://:@127.0.0.1"),
        "SESSIONS_REDIS_URL has no password",
    ),
    (
        "SESSIONS_REDIS_URL",
        Some("redis://:short@127.0.0.1"),
        "SESSIONS_REDIS_URL has a password of fewer",
    ),
];

/// All that read the shop's database, each as it is begun without --dev.
const COMMANDS: [(&str, &[&str]); 12] = [
    ("command-api", &["serve"]),
    ("command-api", &["migrate"]),
    ("command-api", &["new-incarnation"]),
    ("command-api", &["grant", "ada@example.org", "staff"]),
    ("command-api", &["reset-factors", "ada@example.org"]),
    ("command-api", &["republish"]),
    ("command-api", &["reconcile"]),
    ("command-api", &["parked", "list"]),
    ("projectors", &["run"]),
    ("projectors", &["rebuild", "carts"]),
    ("projectors", &["verify"]),
    ("projectors", &["parked", "list"]),
];

/// With which nothing is wrong, apart from the stores, which are nowhere.
fn environment(database: &str, redis: &str) -> Environment {
    BTreeMap::from(
        [
            ("DATABASE_URL", database),
            ("REDIS_URL", redis),
            ("SESSIONS_REDIS_URL", redis),
            ("STAFF_TOKEN", "a-staff-token-of-the-production-test"),
            ("GUEST_COOKIE_KEY", "a-guest-cookie-key-of-the-production-test"),
            ("SECOND_FACTOR_KEY", "a-second-factor-key-of-the-production-test"),
            ("PUBLIC_ORIGIN", "https://shop.test"),
            ("TRUSTED_PROXIES", "none"),
            ("PAYMENT_GATEWAY", "stripe"),
            ("STRIPE_SECRET_KEY", "sk_test_of_the_production_test"),
            ("PAYMENT_WEBHOOK_SECRETS", "whsec_of_the_production_test"),
            ("SMTP_URL", "smtp://127.0.0.1:9"),
            ("MAIL_FROM", "The Shop <shop@shop.test>"),
            ("SELLER_NAME", "The Shop"),
            ("SELLER_ADDRESS", "Lindenstraße 12\n10969 Berlin\nGermany"),
            ("SELLER_VAT_ID", "none"),
            ("SELLER_EMAIL", "hello@shop.test"),
            ("SELLER_PHONE", "+49 30 1234567"),
            ("RUST_LOG", "warn"),
        ]
        .map(|(name, value)| (name, value.to_owned())),
    )
}

/// What a process says that refuses to start.
fn refusal(program: &str, words: &[&str], environment: &Environment) -> String {
    let output = Command::new(binary(program))
        .args(words)
        .env_clear()
        .envs(environment)
        .envs([("KAFKA_BROKERS", "127.0.0.1:9"), ("ADMIN_PORT", "0")])
        .output()
        .expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{program} started: {said}");
    said
}

#[test]
fn every_process_refuses_secrets_that_are_missing_short_or_published() {
    let _machine = machine::shared_blocking();
    let nowhere = environment(
        "postgres://shop:a-password-that-nobody-guesses@127.0.0.1:9/shop",
        "redis://:a-password-that-nobody-guesses@127.0.0.1:9",
    );
    let tables: [(&str, &str, &[&[Refused]]); 3] = [
        ("command-api", "serve", &[&OF_BOTH_APIS, &OF_THE_COMMAND_API]),
        ("query-api", "serve", &[&OF_BOTH_APIS, &OF_THE_QUERY_API]),
        ("projectors", "run", &[&OF_THE_PROJECTORS]),
    ];
    for (program, verb, tables) in tables {
        for (name, value, expected) in tables.iter().copied().flatten() {
            let mut environment = nowhere.clone();
            environment.remove(name);
            environment.extend(value.map(|value| (*name, value.to_owned())));
            let said = refusal(program, &[verb], &environment);
            assert!(said.contains(expected), "{program} {name}={value:?}: {said}");
            if let Some(value) = value.filter(|value| value.len() > 10) {
                let secret = value.rsplit(':').next().unwrap_or(value);
                assert!(!said.contains(secret), "{program} repeats {name}: {said}");
            }
        }
    }
}

#[test]
fn every_command_refuses_a_password_of_the_database_that_is_short_or_published() {
    let _machine = machine::shared_blocking();
    let redis = "redis://:a-password-that-nobody-guesses@127.0.0.1:9";
    let good = "postgres://shop:a-password-that-nobody-guesses@127.0.0.1:9/shop";
    let published = "postgres://shop:cartwright@127.0.0.1:9/shop";
    let without = "postgres://shop@127.0.0.1:9/shop";
    let refused = |(program, words): (&str, &[&str]),
                   url: &str,
                   beside: Option<(&'static str, &str)>,
                   expected: &str| {
        let mut environment = environment(url, redis);
        environment.extend(beside.map(|(name, value)| (name, value.to_owned())));
        let said = refusal(program, words, &environment);
        assert!(said.contains(expected), "{words:?} {url} {beside:?}: {said}");
    };
    for command in COMMANDS {
        let expected = "DATABASE_URL has a password that everybody";
        refused(command, published, None, expected);
        let short = "postgres://shop:short@127.0.0.1:9/shop";
        refused(command, short, None, "DATABASE_URL has a password of fewer");
        // Which counts where the URL has none.
        for (password, expected) in [
            ("cartwright", "PGPASSWORD has a password that everybody"),
            ("short", "PGPASSWORD has a password of fewer"),
        ] {
            refused(command, without, Some(("PGPASSWORD", password)), expected);
        }
    }
    for words in [&["migrate"][..], &["new-incarnation"]] {
        let owners = Some(("MIGRATIONS_DATABASE_URL", published));
        let expected = "MIGRATIONS_DATABASE_URL has a password that everybody";
        refused(("command-api", words), good, owners, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn production_runs_as_database_users_who_own_nothing_and_refuses_the_owner() {
    let _machine = machine::shared().await;
    let folder = own_folder("production");
    let postgres = Server::start(Kind::Postgres, &folder).await;
    let redis = Server::start(Kind::Redis, &folder).await;
    let redis_url = format!("redis://:{PASSWORD}@{}", redis.address());
    let client = redis::Client::open(format!("redis://{}", redis.address())).expect("an address");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("it answers");
    let () = redis::cmd("CONFIG")
        .arg(&["SET", "requirepass", PASSWORD])
        .query_async(&mut connection)
        .await
        .expect("it takes a password");
    let mut admin = PgConnection::connect(&postgres.postgres_url("postgres"))
        .await
        .expect("it answers");
    for statement in [
        "create role cartwright_command_api login",
        "create role cartwright_projectors login",
        "create role cartwright_analyst",
        "create role owner login",
        "create database shop owner owner",
    ] {
        admin.execute(statement).await.expect("it can be made");
    }
    // The server lets in whoever says who they are.
    let as_user = |user: &str| {
        postgres
            .postgres_url("shop")
            .replace("//postgres@", &format!("//{user}:{PASSWORD}@"))
    };
    let topics = format!("production_{}", std::process::id());
    let shared = |user: &str| {
        let mut environment = environment(&as_user(user), &redis_url);
        environment.insert("KAFKA_BROKERS", wanted("TEST_KAFKA_BROKERS"));
        environment.insert("TOPIC_PREFIX", topics.clone());
        environment
    };
    let migrated = Command::new(binary("command-api"))
        .arg("migrate")
        .envs(shared("nobody"))
        .env("MIGRATIONS_DATABASE_URL", as_user("owner"))
        .output()
        .expect("it can be run");
    let said = String::from_utf8_lossy(&migrated.stderr).into_owned();
    assert!(migrated.status.success(), "{said}");

    for (program, verb) in [("command-api", "serve"), ("projectors", "run")] {
        for owner in ["owner", "postgres"] {
            let said = refusal(program, &[verb], &shared(owner));
            assert!(
                said.contains("the user of DATABASE_URL owns"),
                "{program} as {owner}: {said}"
            );
        }
    }

    let mut running = vec![];
    for (program, arguments, user) in [
        (
            "command-api",
            &[
                "serve",
                "--roles",
                "carts,catalog,accounts,requests,relay,deadlines",
            ][..],
            "cartwright_command_api",
        ),
        ("projectors", &["run"], "cartwright_projectors"),
        ("query-api", &["serve"], "nobody"),
    ] {
        let admin_port = ports::free();
        let mut process = Process::start(program, &binary(program), &folder, |command| {
            command
                .args(arguments)
                .envs(shared(user))
                .envs(["COMMAND_API_PORT", "QUERY_API_PORT"].map(|name| (name, ports::free().to_string())));
            command.env("ADMIN_PORT", admin_port.to_string());
        });
        let mut door = Door::new(&format!("127.0.0.1:{admin_port}"));
        until(&format!("{program} is ready"), async || {
            if let Some(status) = process.has_ended() {
                panic!("{program} ended with {status}\n{}", process.log_tail());
            }
            let answer = door.send(&Request::get("/readyz")).await.ok()?;
            answer.is_success().then_some(())
        })
        .await;
        running.push(process);
    }
    for process in running {
        process.stop().await;
    }
    super::kafka_log::delete_topics(&wanted("TEST_KAFKA_BROKERS"), &topics).await;
    drop((postgres, redis));
    let _ = std::fs::remove_dir_all(&folder);
}
