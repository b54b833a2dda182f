//! Amounts as Stripe counts them: minor units as they are, with two exceptions (docs.stripe.com/currencies). The limits are
//! [`domain::money`]'s.

use domain::money::Unpayable;
use domain::{Currency, Money};

use crate::payment::gateway::GatewayError;

/// The number that stands for a charge in a request.
///
/// # Errors
/// A charge that Stripe would refuse however often it is asked: it is not asked. The limits are the domain's, which refuses such
/// totals long before.
pub fn charge(amount: Money) -> Result<i64, GatewayError> {
    amount.payable().map_err(|why| rejected(amount, why))?;
    to_stripe(amount)
}

/// The same for a part of a charge: captured, or given back.
///
/// # Errors
/// As [`charge`], but for the least that can be charged.
pub fn to_stripe(amount: Money) -> Result<i64, GatewayError> {
    amount.payable_in_parts().map_err(|why| rejected(amount, why))?;
    Ok(amount.minor * amount.currency.stripe_units())
}

/// By Stripe's names.
fn rejected(amount: Money, why: Unpayable) -> GatewayError {
    let code = match why {
        Unpayable::TooLittle { .. } => "amount_too_small",
        Unpayable::TooMuch { .. } => "amount_too_large",
        Unpayable::NoStep { .. } => "amount_not_a_multiple_of_ten",
    };
    GatewayError::rejected(code, format!("{amount} cannot be charged: {why}"))
}

/// What a number of Stripe's stands for; nothing when it is no whole minor unit.
pub fn from_stripe(units_given: i64, currency: Currency) -> Option<Money> {
    let per_minor = currency.stripe_units();
    (units_given % per_minor == 0).then(|| Money::new(units_given / per_minor, currency))
}

/// Stripe's word for a currency.
pub fn currency_code(currency: Currency) -> String {
    currency.code().to_ascii_lowercase()
}

pub fn parse_currency(code: &str) -> Option<Currency> {
    Currency::parse(&code.to_ascii_uppercase())
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
    fn a_charge_comes_to_the_least_that_stripe_takes_and_a_part_of_it_need_not() {
        let code = |amount| match charge(amount) {
            Err(GatewayError::Rejected { code, .. }) => code,
            other => panic!("{amount} gave {other:?}"),
        };
        for &currency in Currency::ALL {
            let least = currency.least_payable();
            assert_eq!(charge(least), Ok(least.minor * currency.stripe_units()));
            let less = Money::new(least.minor - currency.payable_step(), currency);
            assert_eq!(code(less), "amount_too_small");
            assert!(to_stripe(less).is_ok());
        }
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
