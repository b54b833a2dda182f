//! What the shop decided and no aggregate knows: shipping, taxes, and how long things are held. Configuration.

use std::time::Duration;

use domain::checkout_rules::CheckoutRules;
use time::OffsetDateTime;

/// The rules of a shop that configured none.
const DEFAULT_RULES: &str = include_str!("../../checkout_rules.json");

#[derive(Clone, Debug)]
pub struct Policy {
    pub rules: CheckoutRules,
    /// How long an unpaid order keeps its stock. The first attempt to pay begins it anew, and no later one.
    pub reservation: Duration,
    /// How long a cart stays open that nobody touches.
    pub cart: Duration,
    /// Of those who wait for a product, no more are told than units came. Else all of them.
    pub one_told_for_each_unit: bool,
}

/// What a decision may know besides the states.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// When the command came in.
    pub at: OffsetDateTime,
    pub policy: &'a Policy,
}

impl Policy {
    /// After ordering, and after the first attempt to pay.
    pub const fn longest_unpaid(&self) -> Duration {
        self.reservation.saturating_mul(2)
    }

    /// The shop's rules from a file's text.
    ///
    /// # Errors
    /// A sentence that names what is wrong with them.
    pub fn parse_rules(text: &str) -> anyhow::Result<CheckoutRules> {
        let rules: CheckoutRules = serde_json::from_str(text)?;
        rules.check()?;
        Ok(rules)
    }

    /// # Errors
    /// Never with the rules that are built in; a test sees to that.
    pub fn default_rules() -> anyhow::Result<CheckoutRules> {
        Self::parse_rules(DEFAULT_RULES)
    }
}

#[cfg(test)]
impl Default for Policy {
    fn default() -> Self {
        Self {
            rules: Self::default_rules().expect("the built-in rules are right"),
            reservation: Duration::from_mins(30),
            cart: Duration::from_hours(30 * 24),
            one_told_for_each_unit: true,
        }
    }
}
