//! Every test card does what the table says, and the table in the manual is the same.

use std::collections::HashSet;

use super::{attempt, capture, euros, sandbox};
use crate::payment::decline::DeclineCode;
use crate::payment::gateway::{Charge, ChargeState, PaymentGateway, RefundState};
use crate::payment::sandbox::Sandbox;
use crate::payment::sandbox::methods::{Does, TEST_CARDS, find};
use uuid::Uuid;

const MANUAL: &str = include_str!("../../../../../docs/sandbox-gateway.md");

/// What a charge became, a shopper who confirms everything included.
async fn end_of(sandbox: &Sandbox, token: &str) -> (Charge, bool) {
    let charge = sandbox.authorize(&attempt(token)).await.unwrap();
    match charge.state {
        ChargeState::ActionRequired { .. } => {
            (sandbox.authenticate(&charge.reference, true).await.unwrap(), true)
        }
        ChargeState::Processing
        | ChargeState::Authorized
        | ChargeState::Captured
        | ChargeState::Declined { .. }
        | ChargeState::Voided => (charge, false),
    }
}

#[tokio::test]
async fn every_card_does_what_its_row_says_under_each_of_its_names() {
    let sandbox = sandbox().await;
    for card in TEST_CARDS {
        for token in [&[card.token], card.aliases].concat() {
            let (charge, was_asked) = end_of(&sandbox, token).await;
            let (state, asks) = match card.does {
                Does::Authorize | Does::AuthorizeThenRefundLate | Does::AuthorizeThenRefundFails => {
                    (ChargeState::Authorized, false)
                }
                Does::Decline(code) => (ChargeState::Declined { code }, false),
                Does::Authenticate(None) => (ChargeState::Authorized, true),
                Does::Authenticate(Some(code)) => (ChargeState::Declined { code }, true),
            };
            assert_eq!((charge.state, was_asked), (state, asks), "{token}");
        }
    }
}

#[tokio::test]
async fn a_refund_goes_as_the_card_says() {
    let sandbox = sandbox().await;
    for (token, at_first, in_the_end) in [
        ("pm_card_visa", RefundState::Succeeded, RefundState::Succeeded),
        (
            "pm_card_pendingRefund",
            RefundState::Pending,
            RefundState::Succeeded,
        ),
        (
            "pm_card_refundFail",
            RefundState::Succeeded,
            RefundState::Failed {
                reason: "expired_or_canceled_card".to_owned(),
            },
        ),
    ] {
        let attempt = attempt(token);
        let held = sandbox.authorize(&attempt).await.unwrap();
        capture(&sandbox, &attempt, &held).await.unwrap();
        let refund = Uuid::now_v7();
        let made = sandbox
            .refund(attempt.payment, &held.reference, refund, euros(3000))
            .await
            .unwrap();
        assert_eq!(made.state, at_first, "{token}");

        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        sandbox.step().await.unwrap();
        let found = sandbox
            .find_refund(&held.reference, refund)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.state, in_the_end, "{token}");
        // What failed counts as never made.
        let charge = sandbox.look_up(&held.reference).await.unwrap().unwrap();
        let refunded = if matches!(in_the_end, RefundState::Failed { .. }) {
            euros(0)
        } else {
            euros(3000)
        };
        assert_eq!(charge.refunded, refunded, "{token}");
    }
}

#[tokio::test]
async fn a_shopper_answers_the_bank_once() {
    let sandbox = sandbox().await;
    for passed in [true, false] {
        let charge = sandbox
            .authorize(&attempt("pm_card_threeDSecure2Required"))
            .await
            .unwrap();
        let url = match charge.state {
            ChargeState::ActionRequired { url } => url.unwrap(),
            other => panic!("{other:?}"),
        };
        let back = "https%3A%2F%2Fshop.example%2Forders%2F1%3Freturned%3D1%23key%3Dk";
        let page = format!(
            "https://shop.example/sandbox/3-d-secure/{}#return={back}",
            charge.reference
        );
        assert_eq!(url, page);

        let answered = sandbox.authenticate(&charge.reference, passed).await.unwrap();
        let code = DeclineCode::AuthenticationFailed;
        let expected = if passed {
            ChargeState::Authorized
        } else {
            ChargeState::Declined { code }
        };
        assert_eq!(answered.state, expected);
        let again = sandbox.authenticate(&charge.reference, !passed).await;
        assert_eq!(super::code_of(again), "payment_intent_unexpected_state");
    }
    let unknown = sandbox.authenticate("pi_unknown", true).await;
    assert_eq!(super::code_of(unknown), "resource_missing");
}

#[tokio::test]
async fn a_return_address_that_is_none_is_refused() {
    let sandbox = sandbox().await;
    for return_url in ["", "/orders/1", "mailto:a@b.example", "shop.example"] {
        let attempt = crate::payment::gateway::Attempt {
            return_url,
            ..attempt("pm_card_visa")
        };
        assert_eq!(
            super::code_of(sandbox.authorize(&attempt).await),
            "url_invalid",
            "{return_url:?}"
        );
    }
}

#[test]
fn the_manual_has_every_card_and_no_other() {
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `"));
    let listed: Vec<(String, String)> = rows
        .filter_map(|row| {
            let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`'));
            let (number, token) = (cells.nth(1)?.replace(' ', ""), cells.next()?.to_owned());
            token.starts_with("pm_").then_some((number, token))
        })
        .collect();
    let known: Vec<(String, String)> = TEST_CARDS
        .iter()
        .map(|card| (card.number.to_owned(), card.token.to_owned()))
        .collect();
    assert_eq!(listed, known);
    for card in TEST_CARDS {
        for alias in card.aliases {
            assert!(
                MANUAL.contains(&format!("`{alias}`")),
                "{alias} is not in the manual"
            );
        }
    }
}

#[test]
fn numbers_and_tokens_are_unambiguous_and_numbers_are_card_numbers() {
    let numbers: HashSet<_> = TEST_CARDS.iter().map(|card| card.number).collect();
    let tokens: Vec<_> = TEST_CARDS
        .iter()
        .flat_map(|card| [&[card.token], card.aliases].concat())
        .collect();
    assert_eq!(numbers.len(), TEST_CARDS.len());
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len());
    for card in TEST_CARDS {
        let digits = card.number.bytes().rev().map(|digit| u32::from(digit - b'0'));
        let sum: u32 = digits
            .enumerate()
            .map(|(place, digit)| {
                if place % 2 == 1 {
                    digit * 2 / 10 + digit * 2 % 10
                } else {
                    digit
                }
            })
            .sum();
        assert_eq!(sum % 10, 0, "{} fails the check digit", card.number);
        assert_eq!(find(card.token), Some(card));
    }
    assert_eq!(find("pm_card_unheard_of"), None);
}
