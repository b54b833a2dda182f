//! What a mail about an order says, looked up when it is sent: to whom, where the order is seen, what was bought.
//!
//! So the table of mails holds nothing personal of an order, and whoever was erased meanwhile is not written to.

use std::sync::Arc;

use domain::checkout_rules::CheckoutRules;
use domain::order::{Order, Placement};
use event_store::Reader;
use event_store::aggregate::AggregateError;
use event_store::contacts::{Contact, Contacts};
use session::GuestKey;
use uuid::Uuid;

use crate::seller::Seller;

#[derive(Clone)]
pub struct Facts {
    pub reader: Reader,
    pub contacts: Contacts,
    /// Makes the key of an order's link.
    pub guest_key: GuestKey,
    /// Where browsers see the shop.
    pub origin: Arc<str>,
    pub seller: Arc<Seller>,
    /// Say what a delivery method is called.
    pub rules: Arc<CheckoutRules>,
}

pub struct OrderFacts {
    pub order: Uuid,
    pub contact: Contact,
    /// Opens the order without a session.
    pub link: String,
    /// The pages of the terms and of the right of withdrawal.
    pub terms: String,
    pub withdrawal: String,
    /// The delivery method and how long it takes, where the shop still has it.
    pub delivery: Option<String>,
    pub placement: Placement,
}

#[derive(Debug, thiserror::Error)]
pub enum FactsError {
    #[error(transparent)]
    Order(#[from] AggregateError),
    #[error(transparent)]
    Contact(#[from] sqlx::Error),
}

impl Facts {
    /// The address of a page of the shop.
    pub fn page(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    fn delivery(&self, option: &str) -> Option<String> {
        let option = self.rules.shipping.iter().find(|known| known.id == option)?;
        Some(format!("{}, {}", option.name, option.takes))
    }

    /// None where nobody is there to be written to any more.
    pub async fn of(&self, order: Uuid) -> Result<Option<OrderFacts>, FactsError> {
        let (state, _) = self.reader.aggregate::<Order>(&order.to_string()).await?;
        let Order::Placed { placement, .. } = state else {
            return Ok(None);
        };
        let contact = self.contacts.find(placement.contact.uuid()).await?;
        Ok(contact.map(|contact| OrderFacts {
            order,
            contact,
            link: self.page(&format!(
                "/orders/{order}#key={}",
                self.guest_key.order_key(order)
            )),
            terms: self.page("/pages/terms"),
            withdrawal: self.page("/pages/withdrawal"),
            delivery: self.delivery(&placement.shipping_option),
            placement: *placement,
        }))
    }
}
