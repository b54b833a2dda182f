//! What is known of a request, folded from its events one by one: whom each of them concerns is decided without the others. Pure.

use domain::product_request::{Kind, ProductRequestEvent as E};
use domain::{OwnerId, TextId};
use sqlx::FromRow;
use uuid::Uuid;

use crate::mails::RequestNews;

/// A request up to one of its versions.
#[derive(Clone, Debug, Default, FromRow)]
pub struct Known {
    pub request: Uuid,
    /// The newest version that was heard of.
    pub heard: i64,
    pub version: i64,
    /// Who asked.
    pub customer: Option<Uuid>,
    pub kind: Option<String>,
    pub sku: Option<String>,
    pub text: Option<Uuid>,
    pub ended: bool,
}

/// Who is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody who follows the request.
    Followers,
    /// Those who follow it up to this event.
    Leaving,
    /// Who asked.
    Customer,
}

impl Whom {
    const ALL: [Self; 3] = [Self::Followers, Self::Leaving, Self::Customer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Followers => "followers",
            Self::Leaving => "leaving",
            Self::Customer => "customer",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|whom| whom.as_str() == name)
    }
}

/// What people are told of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub whom: Whom,
    /// `planned`; where it can happen again, with what tells one time from another: `quoted:{quote}`.
    pub transition: String,
    /// What a mail says, where there is one.
    pub mail: Option<RequestNews>,
}

/// Who begins to follow a request with an event, and who stops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub begin: Vec<Uuid>,
    pub stop: Vec<Uuid>,
}

impl Known {
    /// Takes in the next event.
    pub fn evolve(&mut self, event: &E) -> Change {
        let mut change = Change::default();
        self.version += 1;
        match event {
            E::RequestSubmitted {
                kind,
                customer,
                text,
                sku,
                ..
            } => {
                self.customer = Some(customer.uuid());
                self.kind = Some(name(*kind).to_owned());
                self.text = text.map(TextId::uuid);
                self.sku = sku.as_ref().map(|sku| sku.as_str().to_owned());
                change.begin.push(customer.uuid());
            }
            E::RequestSubscribed { customer } => change.begin.push(customer.uuid()),
            E::SubscriptionEnded { customer } => change.stop.push(customer.uuid()),
            E::DuplicateMerged {
                subscribers: followers,
                ..
            }
            | E::SupportersMoved { followers, .. } => change.begin = uuids(followers),
            E::StockAnnounced { customers, .. } => change.stop = uuids(customers),
            E::CustomerErased { customer } => {
                change.stop.push(customer.uuid());
                if self.customer == Some(customer.uuid()) {
                    self.text = None;
                }
            }
            E::ProductLinked { sku } => self.sku = Some(sku.as_str().to_owned()),
            E::RequestCancelled {}
            | E::RequestDeclined { .. }
            | E::RequestFulfilled {}
            | E::RequestMarkedDuplicate { .. }
            | E::QuoteAccepted { .. } => self.ended = true,
            E::RequestSupported { .. }
            | E::SupportWithdrawn { .. }
            | E::MembersSeparated { .. }
            | E::MembersMoved { .. }
            | E::RestockNoted { .. }
            | E::WaitingTold { .. }
            | E::RequestCommented { .. }
            | E::RequestTriaged {}
            | E::RequestPlanned {}
            | E::RequestHidden {}
            | E::RequestRestored {}
            | E::QuoteOffered { .. }
            | E::QuoteDeclined { .. }
            | E::RenegotiationRequested { .. }
            | E::QuoteExpired { .. } => {}
        }
        change
    }

    /// What people are told of the event with this sequence, if anything.
    pub fn told(&self, event: &E, sequence: i64) -> Option<Told> {
        let followers = |transition: &str, mail| Some((Whom::Followers, transition.to_owned(), Some(mail)));
        let (whom, transition, mail) = match event {
            E::RequestPlanned {} => followers("planned", RequestNews::Planned),
            E::RequestDeclined { .. } => followers("declined", RequestNews::Declined),
            E::RequestFulfilled {} => followers("fulfilled", RequestNews::Fulfilled),
            E::RequestMarkedDuplicate { .. } => followers("duplicate", RequestNews::Duplicate),
            E::RequestCommented { customer: None, text } => {
                followers(&format!("commented:{text}"), RequestNews::Commented)
            }
            E::StockAnnounced { .. } => Some((
                Whom::Leaving,
                format!("back_in_stock:{sequence}"),
                Some(RequestNews::BackInStock),
            )),
            E::QuoteOffered { quote } => Some((
                Whom::Customer,
                format!("quoted:{}", quote.id),
                Some(RequestNews::Quoted),
            )),
            E::QuoteExpired { quote } => Some((
                Whom::Customer,
                format!("quote_expired:{quote}"),
                Some(RequestNews::QuoteExpired),
            )),
            // What others say is for whoever asked, and no mail.
            E::RequestCommented {
                customer: Some(author),
                text,
            } => self
                .is_answered_by(*author)
                .then(|| (Whom::Customer, format!("commented:{text}"), None)),
            E::RequestHidden {} => Some((Whom::Customer, "hidden".to_owned(), None)),
            E::RequestRestored {} => Some((Whom::Customer, "restored".to_owned(), None)),
            E::RequestSubmitted { .. }
            | E::RequestSupported { .. }
            | E::SupportWithdrawn { .. }
            | E::RequestSubscribed { .. }
            | E::SubscriptionEnded { .. }
            | E::RequestCancelled {}
            | E::RequestTriaged {}
            | E::ProductLinked { .. }
            | E::DuplicateMerged { .. }
            | E::SupportersMoved { .. }
            | E::MembersSeparated { .. }
            | E::MembersMoved { .. }
            | E::RestockNoted { .. }
            | E::WaitingTold { .. }
            | E::CustomerErased { .. }
            | E::QuoteAccepted { .. }
            | E::QuoteDeclined { .. }
            | E::RenegotiationRequested { .. } => None,
        }?;
        Some(Told {
            whom,
            transition,
            mail,
        })
    }

    fn is_answered_by(&self, author: OwnerId) -> bool {
        self.customer != Some(author.uuid()) && self.kind.as_deref() != Some(name(Kind::BackInStock))
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::MissingProduct => "missing_product",
        Kind::BackInStock => "back_in_stock",
        Kind::Quote => QUOTE,
    }
}

/// A quote is between one customer and staff: what comes to the stock is no news to it.
pub const QUOTE: &str = "quote";

fn uuids(owners: &[OwnerId]) -> Vec<Uuid> {
    owners.iter().map(|owner| owner.uuid()).collect()
}
