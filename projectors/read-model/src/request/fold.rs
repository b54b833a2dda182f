//! How each event changes a request. Pure.

use domain::product_request::{Kind, ProductRequestEvent as E};
use domain::{OwnerId, RecordedEvent, RequestId, TextId};

use super::document::{
    Author, Moment, QuoteOffer, Remark, RequestDocument, RequestKind, RequestState, RequestSummary,
};
use super::{Place, Request};

/// Comments that a document shows: it is read whole, however many there are.
const MOST_REMARKS: usize = 200;

impl Request {
    /// The request after one more event of its stream.
    pub fn evolve(&mut self, id: RequestId, recorded: &RecordedEvent, event: &E) {
        self.version = recorded.sequence;
        if let (None, E::RequestSubmitted { .. }) = (&self.document, event) {
            self.submit(id, recorded, event);
        } else {
            self.change(recorded, event);
        }
        self.people.evolve(event);
        if !is_about_members(event) {
            self.told = recorded.sequence;
        }
        let is_told = is_told(event) && !self.goes_on(event);
        if let Some(document) = &mut self.document {
            let summary = &mut document.summary;
            summary.version = recorded.sequence;
            summary.updated_at = recorded.recorded_at;
            if is_told {
                document.timeline.push(Moment {
                    what: recorded.event_type.to_string(),
                    at: recorded.recorded_at,
                });
            }
        }
    }

    /// Leaves out an event that ops discarded.
    pub(crate) fn skip(&mut self, sequence: i64) {
        self.version = sequence;
        self.told = sequence;
        if let Some(document) = &mut self.document {
            document.summary.version = sequence;
        }
    }

    fn submit(&mut self, id: RequestId, recorded: &RecordedEvent, event: &E) {
        let E::RequestSubmitted {
            kind,
            customer,
            text,
            sku,
            quantity,
        } = event
        else {
            return;
        };
        self.people.customer = Some(*customer);
        self.document = Some(RequestDocument {
            summary: RequestSummary {
                id,
                version: recorded.sequence,
                kind: match kind {
                    Kind::MissingProduct => RequestKind::MissingProduct,
                    Kind::BackInStock => RequestKind::BackInStock,
                    Kind::Quote => RequestKind::Quote,
                },
                state: RequestState::Submitted,
                title: None,
                sku: sku.clone(),
                quantity: *quantity,
                supporters: 0,
                followers: 0,
                comments: 0,
                hidden: false,
                duplicate_of: None,
                created_at: recorded.recorded_at,
                updated_at: recorded.recorded_at,
            },
            description: None,
            link: None,
            quote: None,
            order: None,
            decline_reason: None,
            renegotiation: None,
            timeline: vec![],
            thread: vec![],
        });
        if let Some(text) = text {
            self.want(*text, Some(*customer), Place::Request);
        }
    }

    fn want(&mut self, text: TextId, author: Option<OwnerId>, place: Place) {
        self.kept.authors.insert(text, author);
        self.kept.places.insert(text, place);
        self.kept.wanted.insert(text);
    }

    fn change(&mut self, recorded: &RecordedEvent, event: &E) {
        let moved = |request: &mut Self, state| {
            if let Some(document) = &mut request.document {
                document.summary.state = state;
            }
        };
        match event {
            E::RequestSubmitted { .. }
            | E::RequestSupported { .. }
            | E::SupportWithdrawn { .. }
            | E::RequestSubscribed { .. }
            | E::SubscriptionEnded { .. }
            | E::DuplicateMerged { .. }
            | E::SupportersMoved { .. }
            | E::StockAnnounced { .. }
            | E::MembersSeparated { .. }
            | E::MembersMoved { .. }
            | E::RestockNoted { .. }
            | E::WaitingTold { .. } => {}
            E::CustomerErased { customer } => self.forget(*customer),
            E::RequestCommented { customer, text } => self.say(recorded, *customer, *text),
            E::RequestCancelled {} => moved(self, RequestState::Cancelled),
            E::RequestTriaged {} => moved(self, RequestState::Triaged),
            E::RequestPlanned {} => moved(self, RequestState::Planned),
            E::RequestFulfilled {} => moved(self, RequestState::Fulfilled),
            E::QuoteDeclined { .. } => moved(self, RequestState::QuoteDeclined),
            E::QuoteExpired { .. } => moved(self, RequestState::QuoteExpired),
            E::RequestDeclined { reason } => {
                moved(self, RequestState::Declined);
                self.want(*reason, None, Place::Reason);
            }
            E::RenegotiationRequested { text, .. } => {
                moved(self, RequestState::Renegotiating);
                self.want(*text, self.people.customer, Place::Renegotiation);
            }
            E::ProductLinked { sku } => {
                if let Some(document) = &mut self.document {
                    document.summary.sku = Some(sku.clone());
                }
            }
            E::RequestHidden {} => self.hide(true),
            E::RequestRestored {} => self.hide(false),
            E::RequestMarkedDuplicate { of } => {
                moved(self, RequestState::Duplicate);
                if let Some(document) = &mut self.document {
                    document.summary.duplicate_of = Some(*of);
                }
            }
            E::QuoteOffered { quote } => {
                moved(self, RequestState::Quoted);
                if let Some(document) = &mut self.document {
                    document.quote = Some(QuoteOffer {
                        id: quote.id,
                        unit_price: quote.unit_price,
                        quantity: quote.quantity,
                        expires_at: quote.expires_at,
                    });
                }
            }
            E::QuoteAccepted { order, .. } => {
                moved(self, RequestState::Accepted);
                if let Some(document) = &mut self.document {
                    document.order = Some(*order);
                }
            }
        }
    }

    fn say(&mut self, recorded: &RecordedEvent, customer: Option<OwnerId>, text: TextId) {
        let by = match customer {
            None => Author::Staff,
            Some(_) if customer == self.people.customer => Author::Customer,
            Some(_) => Author::Shopper,
        };
        self.want(text, customer, Place::Thread);
        let Some(document) = &mut self.document else {
            return;
        };
        document.summary.comments += 1;
        document.thread.push(Remark {
            id: text,
            by,
            text: None,
            at: recorded.recorded_at,
        });
        if document.thread.len() > MOST_REMARKS {
            let oldest = document.thread.remove(0);
            self.kept.drop_text(oldest.id);
        }
    }

    /// Whether it continues an announcement that the timeline has already.
    fn goes_on(&mut self, event: &E) -> bool {
        let E::StockAnnounced {
            product_version,
            stock_version,
            ..
        } = event
        else {
            return false;
        };
        let announced = Some((*product_version, *stock_version));
        std::mem::replace(&mut self.kept.announced, announced) == announced
    }

    fn hide(&mut self, hidden: bool) {
        if let Some(document) = &mut self.document {
            document.summary.hidden = hidden;
        }
    }
}

/// Whether the timeline tells of it.
const fn is_told(event: &E) -> bool {
    match event {
        E::RequestSubmitted { .. }
        | E::RequestCancelled {}
        | E::RequestTriaged {}
        | E::RequestPlanned {}
        | E::RequestDeclined { .. }
        | E::ProductLinked { .. }
        | E::RequestFulfilled {}
        | E::RequestMarkedDuplicate { .. }
        | E::DuplicateMerged { .. }
        | E::StockAnnounced { .. }
        | E::QuoteOffered { .. }
        | E::QuoteAccepted { .. }
        | E::QuoteDeclined { .. }
        | E::RenegotiationRequested { .. }
        | E::QuoteExpired { .. } => true,
        E::RequestSupported { .. }
        | E::SupportWithdrawn { .. }
        | E::RequestSubscribed { .. }
        | E::SubscriptionEnded { .. }
        | E::SupportersMoved { .. }
        | E::MembersSeparated { .. }
        | E::MembersMoved { .. }
        | E::RestockNoted { .. }
        | E::WaitingTold { .. }
        | E::RequestCommented { .. }
        | E::RequestHidden {}
        | E::RequestRestored {}
        | E::CustomerErased { .. } => false,
    }
}

/// Whether nothing but who takes part, or how far they were dealt with, comes of it.
const fn is_about_members(event: &E) -> bool {
    match event {
        E::RequestSupported { .. }
        | E::SupportWithdrawn { .. }
        | E::RequestSubscribed { .. }
        | E::SubscriptionEnded { .. }
        | E::SupportersMoved { .. }
        | E::MembersSeparated { .. }
        | E::MembersMoved { .. }
        | E::RestockNoted { .. }
        | E::WaitingTold { .. } => true,
        E::RequestSubmitted { .. }
        | E::RequestCommented { .. }
        | E::RequestCancelled {}
        | E::RequestTriaged {}
        | E::RequestPlanned {}
        | E::RequestDeclined { .. }
        | E::ProductLinked { .. }
        | E::RequestFulfilled {}
        | E::RequestHidden {}
        | E::RequestRestored {}
        | E::RequestMarkedDuplicate { .. }
        | E::DuplicateMerged { .. }
        | E::StockAnnounced { .. }
        | E::CustomerErased { .. }
        | E::QuoteOffered { .. }
        | E::QuoteAccepted { .. }
        | E::QuoteDeclined { .. }
        | E::RenegotiationRequested { .. }
        | E::QuoteExpired { .. } => false,
    }
}
