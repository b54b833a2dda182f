//! What an order says of itself from the first moment on: for whom, what, and what it comes to.

use serde::{Deserialize, Serialize};

use crate::ids::{CartId, Code, ContactId, Country, OwnerId, Sku};
use crate::money::{Money, MoneyError};

/// What was agreed on. Nothing of it changes any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Who placed it. Whose it is may change ([`super::OrderEvent::OrderTakenOver`]).
    pub customer: OwnerId,
    /// Of an accepted quote, which was none, the id of its request.
    pub cart: CartId,
    /// Names and address, which are kept apart from the log.
    pub contact: ContactId,
    pub country: Country,
    pub lines: Vec<OrderLine>,
    pub code: Option<Code>,
    /// The id of the option among the checkout's rules.
    pub shipping_option: String,
    pub totals: Totals,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// What the line costs before its share of the discount.
    pub line_total: Money,
    /// The line's share of the discount.
    pub discount: Money,
}

/// `total = subtotal − discount + shipping`, and `+ tax` where the prices do not include it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Totals {
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    /// In hundredths of a percent: 1900 is 19 %.
    pub tax_rate: u32,
    /// Whether the tax is part of the prices already.
    pub tax_included: bool,
    pub total: Money,
}

impl Placement {
    /// Whether the lines make up the totals and the totals the total, to the minor unit, and nothing is below zero.
    pub(super) fn adds_up(&self) -> bool {
        self.lines.iter().all(OrderLine::adds_up)
            && self.sums().is_ok_and(|sums| sums == self.totals)
            && self.amounts().all(|amount| amount.minor >= 0)
    }

    /// The totals, with those that follow from others added up anew.
    fn sums(&self) -> Result<Totals, MoneyError> {
        let nothing = Money::zero(self.totals.total.currency);
        let (mut subtotal, mut discount) = (nothing, nothing);
        for line in &self.lines {
            subtotal = subtotal.checked_add(line.line_total)?;
            discount = discount.checked_add(line.discount)?;
        }
        let Totals { shipping, tax, .. } = self.totals;
        let without_tax = subtotal.checked_sub(discount)?.checked_add(shipping)?;
        let total = if self.totals.tax_included {
            without_tax
        } else {
            without_tax.checked_add(tax)?
        };
        Ok(Totals {
            subtotal,
            discount,
            total,
            ..self.totals
        })
    }

    fn amounts(&self) -> impl Iterator<Item = Money> {
        let Totals {
            subtotal,
            discount,
            shipping,
            tax,
            total,
            ..
        } = self.totals;
        let of_lines = self
            .lines
            .iter()
            .flat_map(|line| [line.unit_price, line.line_total, line.discount]);
        of_lines.chain([subtotal, discount, shipping, tax, total])
    }
}

impl OrderLine {
    fn adds_up(&self) -> bool {
        self.unit_price.checked_mul(self.quantity) == Ok(self.line_total)
    }
}
