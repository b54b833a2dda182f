//! Stripe's public test cards and the tokens that stand for them, as far as the sandbox knows them.
//!
//! The browser turns a number into its token itself, by the table in `docs/sandbox-gateway.md`, which a test compares
//! with this one. A number never reaches us.

use crate::payment::decline::DeclineCode;

/// One test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestCard {
    pub number: &'static str,
    pub token: &'static str,
    /// Other names that Stripe has, or had, for the same.
    pub aliases: &'static [&'static str],
    pub does: Does,
}

/// What paying with it comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Authorize,
    Decline(DeclineCode),
    /// Asks the shopper to confirm it with the bank, and declines it all the same where a code stands.
    Authenticate(Option<DeclineCode>),
    /// A refund is pending first and succeeds later.
    AuthorizeThenRefundLate,
    /// A refund succeeds first and fails later.
    AuthorizeThenRefundFails,
}

const fn card(number: &'static str, token: &'static str, does: Does) -> TestCard {
    TestCard {
        number,
        token,
        aliases: &[],
        does,
    }
}

impl TestCard {
    const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

pub const TEST_CARDS: &[TestCard] = &[
    card("4242424242424242", "pm_card_visa", Does::Authorize),
    card("5555555555554444", "pm_card_mastercard", Does::Authorize),
    card(
        "4000000000000002",
        "pm_card_visa_chargeDeclined",
        Does::Decline(DeclineCode::CardDeclined),
    )
    .or(&["pm_card_chargeDeclined"]),
    card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        Does::Decline(DeclineCode::InsufficientFunds),
    )
    .or(&["pm_card_chargeDeclinedInsufficientFunds"]),
    card(
        "4000000000009987",
        "pm_card_visa_chargeDeclinedLostCard",
        Does::Decline(DeclineCode::CardDeclined),
    ),
    card(
        "4000000000009979",
        "pm_card_visa_chargeDeclinedStolenCard",
        Does::Decline(DeclineCode::CardDeclined),
    ),
    card(
        "4000000000000069",
        "pm_card_chargeDeclinedExpiredCard",
        Does::Decline(DeclineCode::ExpiredCard),
    )
    .or(&["pm_card_visa_chargeDeclinedExpiredCard"]),
    card(
        "4000000000000127",
        "pm_card_chargeDeclinedIncorrectCvc",
        Does::Decline(DeclineCode::IncorrectCvc),
    )
    .or(&["pm_card_visa_chargeDeclinedIncorrectCvc"]),
    card(
        "4000000000000119",
        "pm_card_chargeDeclinedProcessingError",
        Does::Decline(DeclineCode::ProcessingError),
    )
    .or(&["pm_card_visa_chargeDeclinedProcessingError"]),
    card(
        "4000000000000341",
        "pm_card_chargeCustomerFail",
        Does::Decline(DeclineCode::CardDeclined),
    ),
    card(
        "4000002760003184",
        "pm_card_authenticationRequired",
        Does::Authenticate(None),
    ),
    card(
        "4000000000003220",
        "pm_card_threeDSecure2Required",
        Does::Authenticate(None),
    ),
    card(
        "4000008400001629",
        "pm_card_threeDSecureRequiredChargeDeclined",
        Does::Authenticate(Some(DeclineCode::CardDeclined)),
    ),
    card(
        "4000008260003178",
        "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
        Does::Authenticate(Some(DeclineCode::InsufficientFunds)),
    ),
    // The bank cannot be asked, so the card is declined at once.
    card(
        "4000008400001280",
        "pm_card_threeDSecureRequiredProcessingError",
        Does::Decline(DeclineCode::CardDeclined),
    ),
    card(
        "4000000000007726",
        "pm_card_pendingRefund",
        Does::AuthorizeThenRefundLate,
    ),
    card(
        "4000000000005126",
        "pm_card_refundFail",
        Does::AuthorizeThenRefundFails,
    )
    .or(&["pm_card_visa_refundFail"]),
];

pub fn find(token: &str) -> Option<&'static TestCard> {
    TEST_CARDS
        .iter()
        .find(|card| card.token == token || card.aliases.contains(&token))
}
