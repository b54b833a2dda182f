//! Money in the log: an order that was ever confirmed was paid once, whatever else was taken is given back, and nothing is
//! given back twice.

use std::collections::HashMap;

use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::{AggregateType, AttemptId, Event, RefundId};
use futures::StreamExt;

use super::Report;
use crate::services::Services;

pub async fn check(services: &Services, head: i64, report: &mut Report) -> anyhow::Result<()> {
    let types = [AggregateType::Order, AggregateType::Payment];
    // An order and its payment have one id, so that they come together.
    let mut events = services.log.streams_by_id(&types, head);
    let mut account = Account::default();
    while let Some(recorded) = events.next().await.transpose()? {
        if recorded.aggregate_id != account.order {
            account.settle(report);
            account = Account {
                order: recorded.aggregate_id.clone(),
                ..Account::default()
            };
        }
        match recorded.event() {
            Ok(Event::Order(event)) => account.order(&event),
            Ok(Event::Payment(event)) => account.payment(&event),
            Ok(
                Event::Cart(_)
                | Event::CartOwner(_)
                | Event::Product(_)
                | Event::StockItem(_)
                | Event::DiscountCode(_)
                | Event::CodeCustomer(_)
                | Event::ProductRequest(_)
                | Event::RequestMember(_),
            ) => {}
            // Said where the views are compared; what it would have changed is not known.
            Err(_) => account.is_readable = false,
        }
    }
    account.settle(report);
    Ok(())
}

/// What was taken and given back for one order.
struct Account {
    order: String,
    total: i64,
    was_confirmed: bool,
    captures: Vec<(AttemptId, i64)>,
    /// What was asked to be given back of each attempt.
    refunds: HashMap<RefundId, Refund>,
    is_readable: bool,
}

struct Refund {
    attempt: AttemptId,
    amount: i64,
    was_made: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            order: String::new(),
            total: 0,
            was_confirmed: false,
            captures: vec![],
            refunds: HashMap::new(),
            is_readable: true,
        }
    }
}

impl Account {
    fn order(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::OrderPlaced { placement } => self.total = placement.totals.total.minor,
            OrderEvent::OrderConfirmed {} => self.was_confirmed = true,
            OrderEvent::OrderCancelled { .. }
            | OrderEvent::OrderShipped { .. }
            | OrderEvent::OrderDelivered { .. }
            | OrderEvent::ReturnRequested { .. }
            | OrderEvent::ReturnAccepted {}
            | OrderEvent::ReturnDeclined {}
            | OrderEvent::OrderTakenOver { .. } => {}
        }
    }

    fn payment(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentCaptured { attempt, amount, .. } => {
                self.captures.push((*attempt, amount.minor));
            }
            PaymentEvent::RefundRequested {
                refund,
                attempt,
                amount,
            } => {
                let asked = Refund {
                    attempt: *attempt,
                    amount: amount.minor,
                    was_made: false,
                };
                self.refunds.insert(*refund, asked);
            }
            PaymentEvent::PaymentRefunded { refund, .. } => self.set_made(*refund, true),
            PaymentEvent::RefundFailed { refund, .. } => self.set_made(*refund, false),
            PaymentEvent::PaymentRequested { .. }
            | PaymentEvent::AttemptStarted { .. }
            | PaymentEvent::ActionRequired { .. }
            | PaymentEvent::PaymentAuthorized { .. }
            | PaymentEvent::AttemptDeclined { .. }
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::VoidRequested { .. }
            | PaymentEvent::PaymentVoided { .. } => {}
        }
    }

    fn set_made(&mut self, refund: RefundId, was_made: bool) {
        if let Some(refund) = self.refunds.get_mut(&refund) {
            refund.was_made = was_made;
        }
    }

    fn settle(&self, report: &mut Report) {
        if !self.is_readable {
            return;
        }
        let name = || format!("log payment/{}", self.order);
        let owed = usize::from(self.was_confirmed && self.total > 0);
        let taken = |amount: i64| {
            self.captures
                .iter()
                .filter(|(_, captured)| *captured == amount)
                .count()
        };
        if owed > taken(self.total) {
            report.differ(
                name(),
                format!("{} captured: it was confirmed", self.total),
                "not captured",
            );
        }
        // One capture stands for the order; everybody else's money has to go back.
        let kept = self
            .captures
            .iter()
            .filter(|(attempt, amount)| !self.is_given_back(*attempt, *amount))
            .count();
        if kept > owed {
            report.differ(name(), format!("{owed} captures kept"), kept.to_string());
        }
        let captured: i64 = self.captures.iter().map(|(_, amount)| amount).sum();
        let refunded: i64 = self
            .refunds
            .values()
            .filter(|refund| refund.was_made)
            .map(|refund| refund.amount)
            .sum();
        if refunded > captured {
            report.differ(
                name(),
                format!("at most {captured} refunded"),
                refunded.to_string(),
            );
        }
    }

    /// Whether a refund of all that was captured was asked for.
    fn is_given_back(&self, attempt: AttemptId, captured: i64) -> bool {
        let asked = self.refunds.values().filter(|refund| refund.attempt == attempt);
        asked.map(|refund| refund.amount).max() >= Some(captured)
    }
}
