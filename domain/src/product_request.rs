//! A product request: "I can't find it", "tell me when it's back" and "quote me for 500".
//!
//! Shoppers submit, support and follow it; staff answer. What people write about it are rows that events name by id. A
//! quote ([`quote`]) is one customer's and becomes an order once; a duplicate ([`duplicates`]) hands its supporters on. Who
//! takes part is counted, and where they are many, kept in streams of their own ([`members`]).

mod deciding;
mod duplicates;
mod error;
pub mod member;
mod members;
mod quote;
mod restock;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::ids::{OrderId, OwnerId, QuoteId, RequestId, Sku, TextId};

pub use duplicates::{Marked, Moved, Person, mark_duplicate, move_members};
pub use error::ProductRequestError;
pub use member::{RequestMember, RequestMemberEvent};
pub use members::{Change, MAX_KEPT, Members, Membership};
pub use quote::{MAX_QUOTED, Offered, Quote};
pub use restock::{Announced, Arrival, Came, Restock};

/// One event names at most this many people: what concerns more of them is several events.
pub const MAX_NAMED: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductRequest {
    #[default]
    Unsubmitted,
    Submitted(Box<Request>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub kind: Kind,
    /// Who submitted it.
    pub customer: OwnerId,
    /// Title and description, which are kept apart from the log.
    pub text: Option<TextId>,
    /// The product that it is about, as far as there is one.
    pub sku: Option<Sku>,
    pub quantity: Option<u32>,
    pub stage: Stage,
    /// Staff took it out of sight.
    pub hidden: bool,
    /// Who supports and follows it.
    pub members: Members,
    /// What was announced last.
    pub announced: Announced,
    /// What those who wait are still being told.
    pub restock: Option<Restock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    MissingProduct,
    BackInStock,
    Quote,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    Submitted,
    Triaged,
    Planned,
    Quoted(Quote),
    /// The customer wants another quote.
    Renegotiating,
    QuoteDeclined,
    QuoteExpired,
    Accepted {
        quote: QuoteId,
        order: OrderId,
    },
    Fulfilled,
    Declined,
    Duplicate {
        of: RequestId,
    },
    Cancelled,
}

impl Stage {
    /// Whether anything can still come of it.
    pub const fn is_open(&self) -> bool {
        match self {
            Self::Submitted
            | Self::Triaged
            | Self::Planned
            | Self::Quoted(_)
            | Self::Renegotiating
            | Self::QuoteDeclined
            | Self::QuoteExpired => true,
            Self::Accepted { .. }
            | Self::Fulfilled
            | Self::Declined
            | Self::Duplicate { .. }
            | Self::Cancelled => false,
        }
    }
}

#[derive(Clone, Debug)]
pub enum ProductRequestCommand {
    Submit {
        kind: Kind,
        customer: OwnerId,
        text: Option<TextId>,
        sku: Option<Sku>,
        quantity: Option<u32>,
    },
    Support {
        customer: OwnerId,
    },
    WithdrawSupport {
        customer: OwnerId,
    },
    Subscribe {
        customer: OwnerId,
    },
    Unsubscribe {
        customer: OwnerId,
    },
    /// `customer` is none where staff answer.
    Comment {
        customer: Option<OwnerId>,
        text: TextId,
    },
    Cancel {
        customer: OwnerId,
    },
    Triage,
    Plan,
    Decline {
        reason: TextId,
    },
    LinkProduct {
        sku: Sku,
    },
    Fulfil,
    Hide,
    Restore,
    /// What the request waits for has come.
    Announce(Arrival),
    /// Tells the next of those who wait, who come with what their own streams say. `available` is looked at again.
    TellWaiting {
        waiting: Vec<(OwnerId, Membership)>,
        available: i64,
    },
    /// Gives those whom the request keeps streams of their own.
    SeparateMembers {
        customers: Vec<OwnerId>,
    },
    /// Forgets a customer. The texts are gone already.
    EraseCustomer {
        customer: OwnerId,
    },
    OfferQuote {
        quote: Quote,
        at: OffsetDateTime,
    },
    AcceptQuote {
        customer: OwnerId,
        quote: QuoteId,
        order: OrderId,
        at: OffsetDateTime,
    },
    DeclineQuote {
        customer: OwnerId,
        quote: QuoteId,
    },
    Renegotiate {
        customer: OwnerId,
        quote: QuoteId,
        text: TextId,
    },
    /// Ends the quote that is there, if its time is over.
    ExpireQuote {
        at: OffsetDateTime,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductRequestEvent {
    RequestSubmitted {
        kind: Kind,
        customer: OwnerId,
        text: Option<TextId>,
        sku: Option<Sku>,
        quantity: Option<u32>,
    },
    RequestSupported {
        customer: OwnerId,
    },
    SupportWithdrawn {
        customer: OwnerId,
    },
    RequestSubscribed {
        customer: OwnerId,
    },
    SubscriptionEnded {
        customer: OwnerId,
    },
    RequestCommented {
        customer: Option<OwnerId>,
        text: TextId,
    },
    RequestCancelled {},
    RequestTriaged {},
    RequestPlanned {},
    RequestDeclined {
        reason: TextId,
    },
    ProductLinked {
        sku: Sku,
    },
    RequestFulfilled {},
    RequestHidden {},
    RequestRestored {},
    RequestMarkedDuplicate {
        of: RequestId,
    },
    /// A duplicate of this request was found. Who supported and followed it comes with [`Self::SupportersMoved`]; the
    /// events of earlier releases name everybody themselves.
    DuplicateMerged {
        duplicate: RequestId,
        supporters: BTreeSet<OwnerId>,
        subscribers: Vec<OwnerId>,
    },
    /// Up to [`MAX_NAMED`] people who supported or followed a duplicate and not this request yet; followers in the order
    /// in which they came.
    SupportersMoved {
        from: RequestId,
        supporters: BTreeSet<OwnerId>,
        followers: Vec<OwnerId>,
    },
    /// From now on these people, up to [`MAX_NAMED`], have streams of their own, and so has everybody who comes later.
    MembersSeparated {
        customers: Vec<OwnerId>,
    },
    /// Everybody who takes part in this duplicate, up to this place in its queue, was moved to the original.
    MembersMoved {
        through: u64,
    },
    /// The product is back, and too many wait to be told at once: so many are told in the events that follow.
    RestockNoted {
        /// As those of [`Self::StockAnnounced`].
        product_version: Option<i64>,
        stock_version: i64,
        to_tell: u64,
    },
    /// Everybody up to this place in the queue was told.
    WaitingTold {
        through: u64,
    },
    /// These followers, up to [`MAX_NAMED`] who waited longest, are told that the product is back. They follow the request
    /// no more. Where more people are told of one arrival, several of these events have the same versions.
    StockAnnounced {
        /// Of the product, where it is the product that came.
        product_version: Option<i64>,
        /// Of the stock that was looked at.
        stock_version: i64,
        customers: Vec<OwnerId>,
    },
    /// What this customer wrote is gone, and they are told nothing more.
    CustomerErased {
        customer: OwnerId,
    },
    QuoteOffered {
        #[serde(flatten)]
        quote: Quote,
    },
    QuoteAccepted {
        quote: QuoteId,
        order: OrderId,
    },
    QuoteDeclined {
        quote: QuoteId,
    },
    RenegotiationRequested {
        quote: QuoteId,
        text: TextId,
    },
    QuoteExpired {
        quote: QuoteId,
    },
}

impl ProductRequestEvent {
    /// The text that the event names.
    pub const fn text(&self) -> Option<TextId> {
        match self {
            Self::RequestSubmitted { text, .. } => *text,
            Self::RequestCommented { text, .. } | Self::RenegotiationRequested { text, .. } => Some(*text),
            Self::RequestDeclined { reason } => Some(*reason),
            Self::RequestSupported { .. }
            | Self::SupportWithdrawn { .. }
            | Self::RequestSubscribed { .. }
            | Self::SubscriptionEnded { .. }
            | Self::RequestCancelled {}
            | Self::RequestTriaged {}
            | Self::RequestPlanned {}
            | Self::ProductLinked { .. }
            | Self::RequestFulfilled {}
            | Self::RequestHidden {}
            | Self::RequestRestored {}
            | Self::RequestMarkedDuplicate { .. }
            | Self::DuplicateMerged { .. }
            | Self::SupportersMoved { .. }
            | Self::MembersSeparated { .. }
            | Self::MembersMoved { .. }
            | Self::RestockNoted { .. }
            | Self::WaitingTold { .. }
            | Self::StockAnnounced { .. }
            | Self::CustomerErased { .. }
            | Self::QuoteOffered { .. }
            | Self::QuoteAccepted { .. }
            | Self::QuoteDeclined { .. }
            | Self::QuoteExpired { .. } => None,
        }
    }
}

type Decided = Result<Vec<ProductRequestEvent>, ProductRequestError>;

impl ProductRequestCommand {
    /// Whose membership it is about: what their own stream says takes part in the decision.
    pub const fn member(&self) -> Option<OwnerId> {
        match self {
            Self::Submit { customer, .. }
            | Self::Support { customer }
            | Self::WithdrawSupport { customer }
            | Self::Subscribe { customer }
            | Self::Unsubscribe { customer }
            | Self::Cancel { customer }
            | Self::EraseCustomer { customer } => Some(*customer),
            Self::Comment { .. }
            | Self::Triage
            | Self::Plan
            | Self::Decline { .. }
            | Self::LinkProduct { .. }
            | Self::Fulfil
            | Self::Hide
            | Self::Restore
            | Self::Announce(_)
            | Self::TellWaiting { .. }
            | Self::SeparateMembers { .. }
            | Self::OfferQuote { .. }
            | Self::AcceptQuote { .. }
            | Self::DeclineQuote { .. }
            | Self::Renegotiate { .. }
            | Self::ExpireQuote { .. } => None,
        }
    }
}

impl ProductRequest {
    /// Decides on a request that keeps its people itself.
    ///
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: ProductRequestCommand) -> Decided {
        self.decided(command, Membership::default())
    }

    /// Decides on a request and on what its stream says of the one person whom the command is about
    /// ([`ProductRequestCommand::member`]).
    ///
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide_with(
        &self,
        member: &RequestMember,
        command: ProductRequestCommand,
    ) -> Result<(Vec<ProductRequestEvent>, Vec<RequestMemberEvent>), ProductRequestError> {
        let customer = command.member();
        let events = self.decided(command, member.membership)?;
        let after = customer.and_then(|customer| match self {
            Self::Submitted(request) => request.members.after(&events, customer, member.membership),
            Self::Unsubmitted => None,
        });
        let changed = after.map(|after| member.changed(after)).unwrap_or_default();
        Ok((events, changed))
    }

    fn decided(&self, command: ProductRequestCommand, apart: Membership) -> Decided {
        match (self, command) {
            (
                Self::Unsubmitted,
                ProductRequestCommand::Submit {
                    kind,
                    customer,
                    text,
                    sku,
                    quantity,
                },
            ) => submit(kind, customer, text, sku, quantity),
            // Asking for the same again is to support it: of "tell me when it's back" there is one for each product.
            (Self::Submitted(request), ProductRequestCommand::Submit { customer, .. }) => {
                request.join(customer, apart)
            }
            (Self::Unsubmitted, _) => Err(ProductRequestError::NotFound),
            (Self::Submitted(request), command) => request.decide(command, apart),
        }
    }

    /// The product that it is about, as far as there is one.
    pub const fn sku(&self) -> Option<&Sku> {
        match self {
            Self::Submitted(request) => request.sku.as_ref(),
            Self::Unsubmitted => None,
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &ProductRequestEvent) {
        if let ProductRequestEvent::RequestSubmitted {
            kind,
            customer,
            text,
            sku,
            quantity,
        } = event
        {
            *self = Self::Submitted(Box::new(Request {
                kind: *kind,
                customer: *customer,
                text: *text,
                sku: sku.clone(),
                quantity: *quantity,
                stage: Stage::Submitted,
                hidden: false,
                members: Members::default(),
                announced: Announced::default(),
                restock: None,
            }));
        }
        if let Self::Submitted(request) = self {
            request.evolve(event);
        }
    }
}

fn submit(
    kind: Kind,
    customer: OwnerId,
    text: Option<TextId>,
    sku: Option<Sku>,
    quantity: Option<u32>,
) -> Decided {
    match kind {
        Kind::MissingProduct if text.is_none() => return Err(ProductRequestError::NothingSaid),
        Kind::BackInStock if sku.is_none() => return Err(ProductRequestError::NoProduct),
        Kind::Quote if text.is_none() && sku.is_none() => return Err(ProductRequestError::NothingSaid),
        Kind::Quote if quantity.is_none() => return Err(ProductRequestError::Quantity),
        Kind::MissingProduct | Kind::BackInStock | Kind::Quote => {}
    }
    if quantity.is_some_and(|quantity| !(1..=MAX_QUOTED).contains(&quantity)) {
        return Err(ProductRequestError::Quantity);
    }
    Ok(vec![ProductRequestEvent::RequestSubmitted {
        kind,
        customer,
        text,
        sku,
        quantity,
    }])
}

crate::event::fits_cqrs_es!(
    ProductRequest,
    ProductRequestCommand,
    ProductRequestEvent {
        RequestSubmitted,
        RequestSupported,
        SupportWithdrawn,
        RequestSubscribed,
        SubscriptionEnded,
        RequestCommented,
        RequestCancelled,
        RequestTriaged,
        RequestPlanned,
        RequestDeclined,
        ProductLinked,
        RequestFulfilled,
        RequestHidden,
        RequestRestored,
        RequestMarkedDuplicate,
        DuplicateMerged,
        SupportersMoved,
        MembersSeparated,
        MembersMoved,
        RestockNoted,
        WaitingTold,
        StockAnnounced,
        CustomerErased,
        QuoteOffered,
        QuoteAccepted,
        QuoteDeclined,
        RenegotiationRequested,
        QuoteExpired
    },
    ProductRequestError
);
