//! Stripe does not answer, or not with an answer: repeated within bounds where it may be, and never guessed.

use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{LIMITS, attempt, is_unavailable, settings, simulator_and_stripe};
use crate::payment::gateway::{ChargeState, GatewayError, PaymentGateway};
use crate::payment::sandbox::behaviour::{Behaviour, Operation};
use crate::payment::stripe::simulator::{Instead, Simulator};
use crate::payment::stripe::{Limits, Settings, Stripe};

#[tokio::test]
async fn busy_and_failing_answers_are_asked_for_again() {
    let (simulator, stripe) = simulator_and_stripe().await;
    simulator.next([Instead::Status(429), Instead::Status(409), Instead::Status(503)]);
    let held = stripe.authorize(&attempt("pm_card_visa")).await.unwrap();
    assert_eq!(held.state, ChargeState::Authorized);
    assert_eq!(simulator.lines(), ["POST /v1/payment_intents"; 4]);
    simulator.next([Instead::Status(500)]);
    assert_eq!(stripe.look_up(&held.reference).await.unwrap(), Some(held));
}

#[tokio::test]
async fn not_more_often_than_was_agreed() {
    let (simulator, stripe) = simulator_and_stripe().await;
    simulator.next([Instead::Status(429); 4]);
    let attempt = attempt("pm_card_visa");
    assert!(is_unavailable(&stripe.authorize(&attempt).await));
    assert_eq!(simulator.lines(), ["POST /v1/payment_intents"; 4]);
    assert_eq!(
        stripe.authorize(&attempt).await.unwrap().state,
        ChargeState::Authorized
    );
}

#[tokio::test]
async fn not_again_where_stripe_says_so() {
    let (simulator, stripe) = simulator_and_stripe().await;
    simulator.next([Instead::StatusForGood(503)]);
    assert!(is_unavailable(&stripe.authorize(&attempt("pm_card_visa")).await));
    assert_eq!(
        simulator.lines(),
        ["POST /v1/payment_intents", "GET /v1/payment_intents"]
    );
}

#[tokio::test]
async fn a_refusal_is_asked_for_once() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let refused = stripe.authorize(&attempt("pm_unknown")).await;
    assert!(matches!(refused, Err(GatewayError::Rejected { ref code, .. }) if code == "resource_missing"));
    assert_eq!(simulator.lines(), ["POST /v1/payment_intents"]);
}

#[tokio::test]
async fn a_key_that_stripe_does_not_accept_declines_nobodys_card() {
    let simulator = Simulator::start().await;
    let secret = "sk_test_not_the_right_one";
    let stripe = Stripe::new(Settings {
        secret_key: secret.into(),
        ..settings(&simulator.url)
    })
    .unwrap();
    let answer = stripe.authorize(&attempt("pm_card_visa")).await;
    assert!(is_unavailable(&answer));
    assert_eq!(simulator.lines(), ["POST /v1/payment_intents"]);
}

#[tokio::test]
async fn silence_ends_after_the_total_time() {
    let simulator = Simulator::start().await;
    let stripe = Stripe::new(Settings {
        limits: Limits {
            answer_within: Duration::from_millis(200),
            total: Duration::from_millis(500),
            ..LIMITS
        },
        ..settings(&simulator.url)
    })
    .unwrap();
    simulator.next([Instead::Silence; 10]);
    let started = Instant::now();
    assert!(is_unavailable(&stripe.authorize(&attempt("pm_card_visa")).await));
    let took = started.elapsed();
    assert!(
        (Duration::from_millis(450)..Duration::from_secs(3)).contains(&took),
        "{took:?}"
    );
    assert!(simulator.lines().len() > 1, "it was not asked again");
}

/// What a peer says that speaks HTTP and never comes to an end.
async fn endless(said: &'static [u8], again: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _heard = stream.read(&mut [0; 4_096]).await?;
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n";
                stream.write_all(head).await?;
                stream.write_all(said).await?;
                if again {
                    loop {
                        stream.write_all(said).await?;
                    }
                }
                // Silent, and open until the other side hangs up.
                tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
            });
        }
    });
    url
}

#[tokio::test]
async fn an_answer_that_never_ends_is_none() {
    static PAGE: [u8; 65_536] = [b' '; 65_536];
    for (said, again) in [(&PAGE[..7], false), (&PAGE[..], true)] {
        let stripe = Stripe::new(Settings {
            limits: Limits {
                answer_within: Duration::from_millis(500),
                total: Duration::from_secs(10),
                tries: 2,
                ..LIMITS
            },
            ..settings(&endless(said, again).await)
        })
        .unwrap();
        let asked = tokio::time::timeout(Duration::from_secs(20), stripe.look_up("pi_1")).await;
        let answer = asked.expect("it ends");
        assert!(matches!(answer, Err(GatewayError::Unavailable(_))), "{answer:?}");
        let words = format!("{answer:?}");
        assert!(again == words.contains("more than"), "{words}");
    }
}

#[tokio::test]
async fn nobody_there_is_no_answer_and_no_secret_is_told() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let settings = settings(&format!("http://{free}"));
    let secret = settings.secret_key.expose_secret().to_owned();
    let told = format!("{:?}", settings.secret_key);
    let stripe = Stripe::new(settings).unwrap();
    match stripe.authorize(&attempt("pm_card_visa")).await {
        Err(error @ GatewayError::Unavailable(_)) => {
            let told = format!("{told} {error} {error:?}");
            assert!(!told.contains(&secret), "{told}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_fails_before_it_charged_is_simply_asked_again() {
    let (simulator, stripe) = simulator_and_stripe().await;
    let once = Behaviour {
        failures_before: 1,
        ..Behaviour::default()
    };
    simulator
        .sandbox
        .tell(Operation::Authorize, None, once)
        .await
        .unwrap();
    let held = stripe.authorize(&attempt("pm_card_visa")).await.unwrap();
    assert_eq!(held.state, ChargeState::Authorized);
}

#[tokio::test]
async fn a_reference_that_is_no_name_goes_nowhere() {
    let (simulator, stripe) = simulator_and_stripe().await;
    for reference in ["", "pi_1/../refunds", "pi_1?expand[]=x", "pi 1"] {
        let answer = stripe.look_up(reference).await;
        assert!(
            matches!(answer, Err(GatewayError::Rejected { .. })),
            "{reference:?}"
        );
    }
    assert!(simulator.lines().is_empty());
}
