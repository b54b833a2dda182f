//! A gateway with books of its own: what it did is true whoever hears of it.
//!
//! It answers the steps of a payment as Stripe would: asked again under the same key it does nothing again, and what is
//! captured, declined or voided stays so.

use std::collections::BTreeMap;

use domain::paying::Outcome;
use domain::payment::Step;
use domain::{AttemptId, Money, RefundId};

use super::affair::{eur, refund};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    ActionRequired,
    Authorized,
    Captured(Money),
    Declined,
    Voided,
}

#[derive(Clone, Debug)]
pub struct Repayment {
    pub attempt: AttemptId,
    pub amount: Money,
    pub is_made: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Gateway {
    pub charges: BTreeMap<AttemptId, Charge>,
    pub repayments: BTreeMap<RefundId, Repayment>,
}

impl Gateway {
    /// Does what it is asked, or finds that it was done. Nothing to say where the shopper is still at the bank.
    pub fn ask(&mut self, step: Step, luck: u8) -> Option<Outcome> {
        match step {
            Step::Authorize { attempt, .. } => {
                self.charges.entry(attempt).or_insert(match luck % 4 {
                    0 => Charge::Declined,
                    1 => Charge::ActionRequired,
                    _ => Charge::Authorized,
                });
                Some(self.said(attempt))
            }
            Step::LookUp { attempt, .. } => match self.charges[&attempt] {
                Charge::ActionRequired => None,
                Charge::Authorized | Charge::Captured(_) | Charge::Declined | Charge::Voided => {
                    Some(self.said(attempt))
                }
            },
            Step::Capture { attempt, amount, .. } => {
                if self.charges[&attempt] == Charge::Authorized {
                    let captured = Charge::Captured(amount);
                    self.charges.insert(attempt, captured);
                }
                Some(self.said(attempt))
            }
            // Without a charge it would be made under the attempt's key, to be voided at once.
            Step::Void { attempt, .. } => {
                let charge = self.charges.entry(attempt).or_insert(Charge::Authorized);
                match charge {
                    Charge::ActionRequired | Charge::Authorized => *charge = Charge::Voided,
                    Charge::Captured(_) | Charge::Declined | Charge::Voided => {}
                }
                Some(match self.charges[&attempt] {
                    Charge::Captured(_) => self.said(attempt),
                    Charge::ActionRequired | Charge::Authorized | Charge::Declined | Charge::Voided => {
                        Outcome::Voided { attempt }
                    }
                })
            }
            Step::Refund {
                refund,
                reference,
                amount,
            } => Some(self.repay(refund, &reference, amount, luck)),
        }
    }

    fn repay(&mut self, refund: RefundId, reference: &str, amount: Money, luck: u8) -> Outcome {
        let attempt = attempt_of(reference);
        let captured = self.captured(attempt);
        let repaid = self.repaid(attempt);
        let repayment = self.repayments.entry(refund).or_insert(Repayment {
            attempt,
            amount,
            is_made: !luck.is_multiple_of(4),
        });
        if !repayment.is_made {
            return Outcome::RefundFailed {
                refund,
                reason: "lost_or_stolen_card".parse().expect("a fixture is valid"),
            };
        }
        let total = self.repaid(attempt);
        assert!(
            total.minor <= captured.minor.max(repaid.minor),
            "{total} of {captured} went back"
        );
        Outcome::Refunded { refund }
    }

    /// What it says of a charge to whoever asks.
    fn said(&self, attempt: AttemptId) -> Outcome {
        let reference = reference_of(attempt).parse().expect("a fixture is valid");
        match self.charges[&attempt] {
            Charge::ActionRequired => Outcome::ActionRequired { attempt, reference },
            Charge::Authorized => Outcome::Authorized { attempt, reference },
            Charge::Captured(amount) => Outcome::Captured {
                attempt,
                reference,
                amount,
                refund: surplus(attempt),
            },
            Charge::Declined | Charge::Voided => Outcome::Declined {
                attempt,
                reason: "declined".parse().expect("a fixture is valid"),
            },
        }
    }

    /// The shopper confirms at the bank, or does not.
    pub fn bank(&mut self, attempt: AttemptId, passed: bool) {
        if self.charges.get(&attempt) == Some(&Charge::ActionRequired) {
            let charge = if passed {
                Charge::Authorized
            } else {
                Charge::Declined
            };
            self.charges.insert(attempt, charge);
        }
    }

    /// Somebody presses the button on the gateway's own page.
    pub fn capture_by_hand(&mut self, attempt: AttemptId, amount: Money) {
        if self.charges.get(&attempt) == Some(&Charge::Authorized) {
            self.charges.insert(attempt, Charge::Captured(amount));
        }
    }

    /// The bank waits no longer for the capture.
    pub fn lapse(&mut self, attempt: AttemptId) {
        if self.charges.get(&attempt) == Some(&Charge::Authorized) {
            self.charges.insert(attempt, Charge::Voided);
        }
    }

    /// A refund that was made comes back.
    pub fn bounce(&mut self, refund: RefundId) -> Option<Outcome> {
        let repayment = self.repayments.get_mut(&refund)?;
        repayment.is_made = false;
        Some(Outcome::RefundFailed {
            refund,
            reason: "account_closed".parse().expect("a fixture is valid"),
        })
    }

    pub fn captured(&self, attempt: AttemptId) -> Money {
        match self.charges.get(&attempt) {
            Some(Charge::Captured(amount)) => *amount,
            Some(Charge::ActionRequired | Charge::Authorized | Charge::Declined | Charge::Voided) | None => {
                eur(0)
            }
        }
    }

    pub fn repaid(&self, attempt: AttemptId) -> Money {
        let made = self
            .repayments
            .values()
            .filter(|repayment| repayment.attempt == attempt && repayment.is_made);
        eur(made.map(|repayment| repayment.amount.minor).sum())
    }
}

/// The refund by which money goes back that no order stands for.
pub fn surplus(attempt: AttemptId) -> RefundId {
    refund(attempt.uuid().as_u128())
}

fn reference_of(attempt: AttemptId) -> String {
    format!("pi_{}", attempt.uuid().as_u128())
}

fn attempt_of(reference: &str) -> AttemptId {
    let number = reference
        .strip_prefix("pi_")
        .and_then(|number| number.parse().ok());
    AttemptId::new(uuid::Uuid::from_u128(
        number.expect("it is a reference of this gateway"),
    ))
}
