//! Amounts as Stripe counts them: minor units as they are, with two exceptions (docs.stripe.com/currencies).

use domain::{Currency, Money};

use crate::payment::gateway::GatewayError;

/// The króna has no decimals, but Stripe counts it in hundredths that are always 00: 5 ISK are 500.
const KRONA_UNITS: i64 = 100;
/// Of currencies with three decimals the last one is always 0: the cards' networks take no more.
const THREE_DECIMALS_STEP: i64 = 10;
/// Eight digits.
const LARGEST: i64 = 99_999_999;

/// The number that stands for `amount` in a request.
///
/// # Errors
/// An amount that Stripe would refuse however often it is asked: it is not asked.
pub fn to_stripe(amount: Money) -> Result<i64, GatewayError> {
    let Money { minor, currency } = amount;
    if minor < 1 {
        let message = format!("{amount} is not more than nothing");
        return Err(GatewayError::rejected("amount_too_small", message));
    }
    if currency.decimals() == 3 && minor % THREE_DECIMALS_STEP != 0 {
        let message = format!(
            "{amount} is no multiple of {THREE_DECIMALS_STEP} minor units, as {} has to be",
            currency.code()
        );
        return Err(GatewayError::rejected("amount_not_a_multiple_of_ten", message));
    }
    minor
        .checked_mul(units(currency))
        .filter(|units| *units <= LARGEST)
        .ok_or_else(|| {
            GatewayError::rejected(
                "amount_too_large",
                format!("{amount} is more than Stripe charges"),
            )
        })
}

/// What a number of Stripe's stands for; nothing when it is no whole minor unit.
pub fn from_stripe(units_given: i64, currency: Currency) -> Option<Money> {
    let per_minor = units(currency);
    (units_given % per_minor == 0).then(|| Money::new(units_given / per_minor, currency))
}

/// Stripe's word for a currency.
pub fn currency_code(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

pub fn parse_currency(code: &str) -> Option<Currency> {
    Currency::parse(&code.to_ascii_uppercase())
}

const fn units(currency: Currency) -> i64 {
    match currency {
        Currency::ISK => KRONA_UNITS,
        Currency::AUD
        | Currency::BHD
        | Currency::BRL
        | Currency::CAD
        | Currency::CHF
        | Currency::CLP
        | Currency::CNY
        | Currency::CZK
        | Currency::DKK
        | Currency::EUR
        | Currency::GBP
        | Currency::HKD
        | Currency::HUF
        | Currency::INR
        | Currency::JOD
        | Currency::JPY
        | Currency::KRW
        | Currency::KWD
        | Currency::MXN
        | Currency::NOK
        | Currency::NZD
        | Currency::OMR
        | Currency::PLN
        | Currency::SEK
        | Currency::SGD
        | Currency::TND
        | Currency::USD
        | Currency::VND
        | Currency::ZAR => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(amount: Money) -> String {
        match to_stripe(amount) {
            Err(GatewayError::Rejected { code, .. }) => code,
            other => panic!("{amount} gave {other:?}"),
        }
    }

    #[test]
    fn minor_units_are_sent_as_they_are() {
        for (minor, currency) in [
            (1450, Currency::EUR),
            (1450, Currency::JPY),
            (1450, Currency::KWD),
            (1, Currency::HUF),
        ] {
            assert_eq!(to_stripe(Money::new(minor, currency)), Ok(minor));
        }
    }

    #[test]
    fn the_krona_is_counted_in_hundredths() {
        assert_eq!(to_stripe(Money::new(5, Currency::ISK)), Ok(500));
        assert_eq!(
            from_stripe(500, Currency::ISK),
            Some(Money::new(5, Currency::ISK))
        );
        assert_eq!(from_stripe(550, Currency::ISK), None);
    }

    #[test]
    fn three_decimals_end_in_a_zero_or_are_refused_before_anybody_is_asked() {
        for currency in [
            Currency::BHD,
            Currency::JOD,
            Currency::KWD,
            Currency::OMR,
            Currency::TND,
        ] {
            assert_eq!(
                code_of(Money::new(5124, currency)),
                "amount_not_a_multiple_of_ten"
            );
            assert_eq!(to_stripe(Money::new(5120, currency)), Ok(5120));
        }
    }

    #[test]
    fn an_amount_is_more_than_nothing_and_has_at_most_eight_digits() {
        assert_eq!(code_of(Money::new(0, Currency::EUR)), "amount_too_small");
        assert_eq!(code_of(Money::new(-5, Currency::EUR)), "amount_too_small");
        assert_eq!(to_stripe(Money::new(99_999_999, Currency::EUR)), Ok(99_999_999));
        assert_eq!(
            code_of(Money::new(100_000_000, Currency::EUR)),
            "amount_too_large"
        );
        assert_eq!(code_of(Money::new(1_000_000, Currency::ISK)), "amount_too_large");
        assert_eq!(code_of(Money::new(i64::MAX, Currency::ISK)), "amount_too_large");
    }

    #[test]
    fn every_currency_comes_back_as_it_went() {
        for &currency in Currency::ALL {
            let amount = Money::new(1230, currency);
            let sent = to_stripe(amount).unwrap();
            assert_eq!(from_stripe(sent, currency), Some(amount));
            assert_eq!(parse_currency(&currency_code(currency)), Some(currency));
        }
    }
}
