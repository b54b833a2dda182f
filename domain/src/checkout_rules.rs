//! What a shop charges for sending and in taxes, and where it sends: configuration, parsed at the door.
//!
//! The command API reads it from a file; [`crate::checkout`] works with it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Country;
use crate::money::{Currency, Money, MoneyError, Unpayable};

/// Hundredths of a percent that make a whole.
const WHOLE: u32 = 10_000;

/// How long the id of a shipping option may be, in characters: orders name it.
pub const MAX_OPTION_ID: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutRules {
    /// In the order in which they are offered; the first is chosen where none is named.
    pub shipping: Vec<ShippingOption>,
    /// By country. The shop sends to these and to no others.
    pub taxes: BTreeMap<Country, Tax>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingOption {
    pub id: String,
    pub name: String,
    /// How long it takes, in words.
    pub takes: String,
    /// A currency that is missing is not sent in.
    pub prices: BTreeMap<Currency, ShippingPrice>,
}

/// In minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingPrice {
    pub price: i64,
    /// Free where the lines, less the discount, come to this.
    pub free_from: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tax {
    /// In hundredths of a percent: 1900 is 19 %.
    pub rate: u32,
    /// Whether prices are shown with this tax in them.
    pub included: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    #[error("there is no shipping option")]
    NoShipping,
    #[error("the shipping option {0} is there twice")]
    Twice(String),
    #[error("the id of a shipping option has more than {MAX_OPTION_ID} characters")]
    OptionId,
    #[error("the shipping option {0} has a price that cannot be paid: {1}")]
    Price(String, Unpayable),
    #[error("there is no country to send to")]
    NoCountry,
    #[error("the tax rate of {0} is more than 100 %")]
    Rate(Country),
}

impl CheckoutRules {
    /// # Errors
    /// What is wrong with the configuration.
    pub fn check(&self) -> Result<(), RulesError> {
        if self.shipping.is_empty() {
            return Err(RulesError::NoShipping);
        }
        for (option, before) in self.shipping.iter().zip(0..) {
            if self
                .shipping
                .iter()
                .take(before)
                .any(|other| other.id == option.id)
            {
                return Err(RulesError::Twice(option.id.clone()));
            }
            if option.id.chars().count() > MAX_OPTION_ID {
                return Err(RulesError::OptionId);
            }
            if let Some(why) = option.unpayable() {
                return Err(RulesError::Price(option.id.clone(), why));
            }
        }
        if self.taxes.is_empty() {
            return Err(RulesError::NoCountry);
        }
        match self.taxes.iter().find(|(_, tax)| tax.rate > WHOLE) {
            Some((country, _)) => Err(RulesError::Rate(*country)),
            None => Ok(()),
        }
    }
}

impl ShippingOption {
    /// Sending may be free.
    fn unpayable(&self) -> Option<Unpayable> {
        let mut prices = self.prices.iter().filter(|(_, price)| price.price != 0);
        prices.find_map(|(currency, price)| Money::new(price.price, *currency).payable_in_parts().err())
    }

    /// What it costs to send goods that are worth `value`; none where the shop does not send in that currency.
    pub fn price(&self, value: Money) -> Option<Money> {
        let price = self.prices.get(&value.currency)?;
        let is_free = price.free_from.is_some_and(|from| value.minor >= from);
        Some(Money::new(if is_free { 0 } else { price.price }, value.currency))
    }
}

impl Tax {
    /// The tax on `amount`, to the nearest amount that can be paid; or the tax in it where prices include it, to the nearest minor unit.
    pub fn on(self, amount: Money) -> Result<Money, MoneyError> {
        if self.included {
            amount.fraction(self.rate, WHOLE + self.rate)
        } else {
            amount.payable_fraction(self.rate, WHOLE)
        }
    }
}
