//! Money: an integer number of minor units and a currency. Checked arithmetic, no floats.
//!
//! Currencies have 0, 2 or 3 decimals (ISO 4217), so nothing may assume 100 minor units to the major one.

mod payable;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use payable::{MOST_UNITS, Unpayable};

macro_rules! currencies {
    ($($code:ident $decimals:literal),* $(,)?) => {
        /// The ISO 4217 currencies that a shop can use.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Currency { $($code),* }

        impl Currency {
            pub const ALL: &[Self] = &[$(Self::$code),*];
            /// Their codes, in the same order.
            pub const CODES: &[&str] = &[$(stringify!($code)),*];

            pub const fn code(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),* }
            }

            /// Digits after the decimal point, as ISO 4217 gives them.
            pub const fn decimals(self) -> u32 {
                match self { $(Self::$code => $decimals),* }
            }
        }
    };
}

currencies! {
    AUD 2, BHD 3, BRL 2, CAD 2, CHF 2, CLP 0, CNY 2, CZK 2, DKK 2, EUR 2, GBP 2, HKD 2, HUF 2, INR 2, ISK 0,
    JOD 3, JPY 0, KRW 0, KWD 3, MXN 2, NOK 2, NZD 2, OMR 3, PLN 2, SEK 2, SGD 2, TND 3, USD 2, VND 0, ZAR 2,
}

impl Currency {
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|currency| currency.code() == code)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0} and {1} cannot be added: they are different currencies")]
    CurrencyMismatch(&'static str, &'static str),
    #[error("the amount is too large")]
    Overflow,
    #[error("there is nothing to divide the amount by")]
    NoWeights,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: cents for EUR, yen for JPY, fils for BHD.
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.in_the_currency_of(other)?;
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.in_the_currency_of(other)?;
        let minor = self.minor.checked_sub(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    fn in_the_currency_of(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::CurrencyMismatch(
            self.currency.code(),
            other.currency.code(),
        ))
    }

    /// `numerator / denominator` of the amount, to the nearest minor unit; half a unit goes away from zero.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] when the denominator is zero, [`MoneyError::Overflow`].
    pub fn fraction(self, numerator: u32, denominator: u32) -> Result<Self, MoneyError> {
        self.nearest(numerator, denominator.into())
    }

    fn nearest(self, numerator: u32, denominator: i128) -> Result<Self, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::NoWeights);
        }
        let minor = i128::from(self.minor) * i128::from(numerator);
        let rounded = (2 * minor.abs() + denominator) / (2 * denominator) * minor.signum();
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// As [`Money::fraction`], to the nearest amount that can be paid.
    ///
    /// # Errors
    /// The same.
    pub fn payable_fraction(self, numerator: u32, denominator: u32) -> Result<Self, MoneyError> {
        let step = self.currency.payable_step();
        let of_steps = i128::from(denominator) * i128::from(step);
        let steps = self.nearest(numerator, of_steps)?;
        let minor = steps.minor.checked_mul(step).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    pub fn checked_mul(self, times: u32) -> Result<Self, MoneyError> {
        let minor = self
            .minor
            .checked_mul(i64::from(times))
            .ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// Splits the amount in proportion to `weights`; the parts add up to the whole, to the minor unit.
    ///
    /// Largest-remainder method (Hamilton): every part gets the floor of its share, the units that are left go
    /// to the largest remainders, to the earlier part where two are equal.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] when all weights are zero or there are none.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: i128 = weights.iter().map(|&weight| i128::from(weight)).sum();
        if total == 0 {
            return Err(MoneyError::NoWeights);
        }
        let share = |weight: u64| i128::from(self.minor) * i128::from(weight);
        let mut parts: Vec<i128> = weights
            .iter()
            .map(|&weight| share(weight).div_euclid(total))
            .collect();
        let left = i128::from(self.minor) - parts.iter().sum::<i128>();
        let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
        by_remainder.sort_by_key(|&i| std::cmp::Reverse(share(weights[i]).rem_euclid(total)));
        for (_, i) in (0..left).zip(by_remainder) {
            parts[i] += 1;
        }
        let money = |part| Self::new(no_larger_than_the_whole(part), self.currency);
        Ok(parts.into_iter().map(money).collect())
    }
}

/// A part of an amount, as which it fits where the amount fitted.
fn no_larger_than_the_whole(part: i128) -> i64 {
    i64::try_from(part).expect("a part is no larger than the whole")
}

impl fmt::Display for Money {
    /// The amount with the currency's own decimals: `14.50 EUR`, `1450 JPY`, `1.450 BHD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let code = self.currency.code();
        if decimals == 0 {
            return write!(f, "{sign}{minor} {code}");
        }
        let width = decimals as usize;
        write!(f, "{sign}{}.{:0width$} {code}", minor / unit, minor % unit)
    }
}
