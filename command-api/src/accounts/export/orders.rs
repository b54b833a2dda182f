//! The orders of an export. There may be thousands: they are read in batches, and of each only its text is kept.

use std::collections::HashMap;

use domain::order::Order;
use domain::payment::Payment;
use domain::{AggregateType, RecordedEvent};
use event_store::Reader;
use event_store::aggregate::folded;
use event_store::contacts::{Contact, Contacts};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{moment, unwritable};
use crate::accounts::store::Account;
use crate::error::Problem;
use crate::routes::contact::ContactOf;

/// Orders whose events are in memory at the same time: some thousand events of some hundred bytes.
const BATCH: usize = 100;

#[derive(Default)]
pub struct Orders {
    /// As JSON, a few kilobytes each.
    pub texts: Vec<Box<RawValue>>,
    /// Of the mails about them.
    pub mail_reasons: Vec<String>,
}

type Histories = HashMap<String, Vec<RecordedEvent>>;

/// What was ordered, where it went, how it was paid, and what happened to it. And the reasons of the mails about it.
///
/// # Errors
/// PostgreSQL does not answer, or a stream cannot be read.
pub async fn orders(reader: &Reader, contacts: &Contacts, account: &Account) -> Result<Orders, Problem> {
    let known = contacts.of_account(account.id, &account.confirmed_keys()).await?;
    let (mut exported, mut rest) = (Orders::default(), known.into_iter());
    loop {
        let batch: Vec<(Uuid, Contact)> = rest.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(exported);
        }
        let mut orders = histories(reader, AggregateType::Order, &batch).await?;
        let mut payments = histories(reader, AggregateType::Payment, &batch).await?;
        for (id, contact) in batch {
            let key = id.to_string();
            let (ordered, paid) = (orders.remove(&key), payments.remove(&key));
            exported.add(id, contact, ordered.unwrap_or_default(), paid.unwrap_or_default())?;
        }
    }
}

/// Every event of one stream of each order, by its id.
async fn histories(
    reader: &Reader,
    kind: AggregateType,
    batch: &[(Uuid, Contact)],
) -> Result<Histories, sqlx::Error> {
    let whole: Vec<(String, i64, i64)> = batch
        .iter()
        .map(|(id, _)| (id.to_string(), 0, i64::MAX))
        .collect();
    let mut histories = Histories::new();
    for event in reader.read_parts(kind, &whole).await? {
        histories
            .entry(event.aggregate_id.clone())
            .or_default()
            .push(event);
    }
    Ok(histories)
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
        // Of a checkout that was refused the contact stays for a while.
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
