//! Which amounts a card can be charged, currency by currency: steps, a least and a most.
//!
//! The gateway's limits, which everything knows that names a price: what is agreed to can be paid. As Stripe documents them
//! (docs.stripe.com/currencies: minimum and maximum charge amounts, three-decimal currencies). Whether an amount is above the least
//! depends on the currency in which the shop is paid out, too: what Stripe lists no least for, has about half a euro here.

use serde::Serialize;

use super::{Currency, Money};

/// Eight digits, as Stripe counts an amount.
pub const MOST_UNITS: i64 = 99_999_999;

/// The króna has no decimals, but Stripe counts it in hundredths that are always 00: 5 ISK are 500.
const KRONA_UNITS: i64 = 100;

/// Of three decimals the last one is always 0: cards' networks take no more than two.
const THREE_DECIMALS_STEP: i64 = 10;

impl Currency {
    /// What can be paid is a multiple of so many minor units.
    pub const fn payable_step(self) -> i64 {
        if self.decimals() == 3 {
            THREE_DECIMALS_STEP
        } else {
            1
        }
    }

    /// How many units Stripe counts for one minor unit.
    pub const fn stripe_units(self) -> i64 {
        match self {
            Self::ISK => KRONA_UNITS,
            Self::AUD
            | Self::BHD
            | Self::BRL
            | Self::CAD
            | Self::CHF
            | Self::CLP
            | Self::CNY
            | Self::CZK
            | Self::DKK
            | Self::EUR
            | Self::GBP
            | Self::HKD
            | Self::HUF
            | Self::INR
            | Self::JOD
            | Self::JPY
            | Self::KRW
            | Self::KWD
            | Self::MXN
            | Self::NOK
            | Self::NZD
            | Self::OMR
            | Self::PLN
            | Self::SEK
            | Self::SGD
            | Self::TND
            | Self::USD
            | Self::VND
            | Self::ZAR => 1,
        }
    }

    /// The least that a card can be charged.
    #[expect(clippy::match_same_arms, reason = "what Stripe lists, and what it does not")]
    pub const fn least_payable(self) -> Money {
        let minor = match self {
            Self::AUD
            | Self::BRL
            | Self::CAD
            | Self::CHF
            | Self::EUR
            | Self::INR
            | Self::JPY
            | Self::NZD
            | Self::SGD
            | Self::USD => 50,
            Self::GBP => 30,
            Self::DKK => 250,
            Self::NOK | Self::SEK => 300,
            Self::HKD => 400,
            Self::PLN => 200,
            Self::MXN => 1_000,
            Self::CZK => 1_500,
            Self::HUF => 17_500,
            // From here on Stripe lists none.
            Self::BHD | Self::KWD | Self::OMR => 250,
            Self::JOD => 500,
            Self::TND => 2_000,
            Self::CNY => 500,
            Self::ZAR => 1_500,
            Self::ISK => 100,
            Self::CLP => 600,
            Self::KRW => 1_000,
            Self::VND => 20_000,
        };
        Money::new(minor, self)
    }

    /// The most that a card can be charged.
    pub const fn most_payable(self) -> Money {
        let most = MOST_UNITS / self.stripe_units();
        Money::new(most - most % self.payable_step(), self)
    }
}

/// Why an amount can never be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Unpayable {
    #[error("the least that can be paid is {least}")]
    TooLittle { least: Money },
    #[error("the most that can be paid is {most}")]
    TooMuch { most: Money },
    #[error("what can be paid in {} is a multiple of {step}", .step.currency.code())]
    NoStep { step: Money },
}

impl Unpayable {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLittle { .. } => "total-too-small",
            Self::TooMuch { .. } => "total-too-large",
            Self::NoStep { .. } => "amount-step",
        }
    }
}

impl Money {
    /// Whether a card can be charged it.
    ///
    /// # Errors
    /// Why not.
    pub fn payable(self) -> Result<(), Unpayable> {
        let least = self.currency.least_payable();
        if self.minor < least.minor {
            return Err(Unpayable::TooLittle { least });
        }
        self.payable_in_parts()
    }

    /// Whether it can be the price of something, or a refund, which alone need not come to the least that can be charged.
    ///
    /// # Errors
    /// Why not.
    pub fn payable_in_parts(self) -> Result<(), Unpayable> {
        let step = Self::new(self.currency.payable_step(), self.currency);
        let most = self.currency.most_payable();
        if self.minor < step.minor {
            return Err(Unpayable::TooLittle { least: step });
        }
        if self.minor > most.minor {
            return Err(Unpayable::TooMuch { most });
        }
        if self.minor % step.minor != 0 {
            return Err(Unpayable::NoStep { step });
        }
        Ok(())
    }

    /// The nearest amount that is a multiple of the currency's step, and not nothing unless it was. Prices that were stored before
    /// steps were known are charged so.
    #[must_use]
    pub fn in_steps(self) -> Self {
        let step = self.currency.payable_step();
        let above = self.minor.rem_euclid(step);
        let down = self.minor - above;
        let goes_up = 2 * above > step || (down == 0 && above > 0);
        let minor = if goes_up { down.saturating_add(step) } else { down };
        Self { minor, ..self }
    }
}
