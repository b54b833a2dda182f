//! The orders of an export. There may be thousands: they are read in batches, and of each only its text is kept.

use domain::RecordedEvent;
use domain::order::Order;
use domain::payment::Payment;
use event_store::Reader;
use event_store::aggregate::folded;
use event_store::contacts::{Contact, Contacts};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{moment, unwritable};
use crate::accounts::histories::{BATCH, Histories};
use crate::accounts::store::Account;
use crate::error::Problem;
use crate::routes::contact::ContactOf;

#[derive(Default)]
pub struct Orders {
    /// As JSON, a few kilobytes each.
    pub texts: Vec<Box<RawValue>>,
    /// Of the mails about them.
    pub mail_reasons: Vec<String>,
}

/// What was ordered, where it went, how it was paid, and what happened to it. And the reasons of the mails about it.
///
/// # Errors
/// PostgreSQL does not answer, or a stream cannot be read.
pub async fn orders(reader: &Reader, contacts: &Contacts, account: &Account) -> Result<Orders, Problem> {
    let keys = account.confirmed_keys();
    let (mut exported, mut behind) = (Orders::default(), Uuid::nil());
    loop {
        let batch = contacts
            .of_account(account.id, &keys, behind, i64::from(BATCH))
            .await?;
        let Some(last) = batch.last() else {
            return Ok(exported);
        };
        behind = last.id;
        let ids: Vec<Uuid> = batch.iter().map(|given| given.order).collect();
        let mut histories = Histories::of(reader, &ids).await?;
        for given in batch {
            let (ordered, paid) = histories.take(given.order);
            exported.add(given.order, given.contact, ordered, paid)?;
        }
    }
}

impl Orders {
    fn add(
        &mut self,
        id: Uuid,
        contact: Contact,
        mut events: Vec<RecordedEvent>,
        paid: Vec<RecordedEvent>,
    ) -> Result<(), Problem> {
        let order: Order = folded(events.iter().map(|event| Ok(event.event()?)))?;
        let payment: Payment = folded(paid.iter().map(|event| Ok(event.event()?)))?;
        // The contact is stored before the order is, and stays for a while where nobody knows whether that was refused.
        let Order::Placed { shipments, .. } = &order else {
            return Ok(());
        };
        self.mail_reasons.push(format!("order-confirmed:{id}"));
        let shipped = shipments
            .iter()
            .map(|parcel| format!("order-shipped:{}", parcel.id));
        self.mail_reasons.extend(shipped);
        if let Payment::Requested { refunds, .. } = &payment {
            let refunded = refunds
                .iter()
                .map(|refund| format!("order-refunded:{}", refund.id));
            self.mail_reasons.extend(refunded);
        }
        events.extend(paid);
        let text = order_of(id, &order, &payment, contact, &history(events));
        self.texts
            .push(to_raw_value(&text).map_err(|error| unwritable(&error))?);
        Ok(())
    }
}

fn order_of(id: Uuid, order: &Order, payment: &Payment, contact: Contact, history: &[Value]) -> Value {
    let Order::Placed {
        placement,
        status,
        shipments,
        returning,
        ..
    } = order
    else {
        return Value::Null;
    };
    json!({
        "id": id,
        "status": status,
        "country": placement.country,
        "lines": placement.lines,
        "code": placement.code,
        "shipping_option": placement.shipping_option,
        "totals": placement.totals,
        "shipments": shipments,
        "returning": returning,
        "payment": payment_of(payment),
        "history": history,
        "sent_to": ContactOf::from(contact),
    })
}

/// What it was paid with is the gateway's to know: there is a token of it here.
fn payment_of(payment: &Payment) -> Value {
    match payment {
        Payment::Unrequested => Value::Null,
        Payment::Requested {
            amount,
            attempts,
            refunds,
            ..
        } => json!({
            "amount": amount,
            "attempts": attempts
                .iter()
                .map(|attempt| json!({
                    "paid_with": attempt.method,
                    "reference": attempt.reference,
                    "state": attempt.state,
                    "captured": attempt.captured,
                }))
                .collect::<Vec<_>>(),
            "refunds": refunds
                .iter()
                .map(|refund| json!({ "amount": refund.amount, "state": refund.state }))
                .collect::<Vec<_>>(),
        }),
    }
}

/// Everything that happened to an order and its payment, and who did it. Which one of staff is theirs, not the customer's.
fn history(mut events: Vec<RecordedEvent>) -> Vec<Value> {
    events.sort_by_key(|event| event.position);
    let role = |event: &RecordedEvent| {
        let actor = event.metadata.actor.as_deref().unwrap_or("system");
        actor.split(':').next().unwrap_or_default().to_owned()
    };
    let history = events
        .iter()
        .map(|event| json!({ "what": event.event_type, "at": moment(event.recorded_at), "by": role(event) }));
    history.collect()
}
