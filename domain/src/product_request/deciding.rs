//! What may happen to a request that was submitted, and what it does to it.

use super::{
    Decided, Kind, MAX_NAMED, Membership, ProductRequestCommand, ProductRequestError, ProductRequestEvent,
    Request, Stage,
};
use crate::ids::OwnerId;

impl Request {
    /// `apart` is what the stream of the command's customer says.
    pub(super) fn decide(&self, command: ProductRequestCommand, apart: Membership) -> Decided {
        use ProductRequestCommand as C;
        use ProductRequestEvent as E;
        match command {
            C::Submit { customer, .. } => self.join(customer, apart),
            C::Support { customer } => self.support(customer, apart),
            C::WithdrawSupport { customer } => Ok(self
                .members
                .of(customer, apart)
                .supports
                .then_some(E::SupportWithdrawn { customer })
                .into_iter()
                .collect()),
            C::Subscribe { customer } => self.subscribe(customer, apart),
            C::Unsubscribe { customer } => Ok(self
                .members
                .of(customer, apart)
                .follows
                .then_some(E::SubscriptionEnded { customer })
                .into_iter()
                .collect()),
            C::Comment { customer, text } => {
                if let Some(customer) = customer {
                    self.shown_to(customer)?;
                }
                self.open()?;
                Ok(vec![E::RequestCommented { customer, text }])
            }
            C::Cancel { customer } => self.cancel(customer, apart),
            C::Triage => {
                let is_new = self.stage == Stage::Submitted;
                self.moved(E::RequestTriaged {}, self.stage == Stage::Triaged, is_new)
            }
            C::Plan => {
                let is_before = matches!(self.stage, Stage::Submitted | Stage::Triaged);
                self.moved(E::RequestPlanned {}, self.stage == Stage::Planned, is_before)
            }
            C::Decline { reason } => {
                self.open()?;
                Ok(vec![E::RequestDeclined { reason }])
            }
            C::LinkProduct { sku } => {
                self.open()?;
                if self.sku.as_ref() == Some(&sku) {
                    return Ok(vec![]);
                }
                // Those who wait, wait for this one.
                if self.kind == Kind::BackInStock {
                    return Err(ProductRequestError::ProductFixed);
                }
                Ok(vec![E::ProductLinked { sku }])
            }
            C::Fulfil => {
                let is_before = matches!(
                    self.stage,
                    Stage::Submitted | Stage::Triaged | Stage::Planned | Stage::Accepted { .. }
                );
                self.moved(E::RequestFulfilled {}, self.stage == Stage::Fulfilled, is_before)
            }
            C::Hide => Ok((!self.hidden)
                .then_some(E::RequestHidden {})
                .into_iter()
                .collect()),
            C::Restore => Ok(self.hidden.then_some(E::RequestRestored {}).into_iter().collect()),
            C::Announce(arrival) => Ok(self.announce(arrival)),
            C::TellWaiting { waiting, available } => Ok(self.tell_waiting(&waiting, available)),
            C::SeparateMembers { customers } => Ok(self.separate(customers)),
            C::EraseCustomer { customer } => Ok(self.erase(customer, apart)),
            C::OfferQuote { quote, at } => self.offer(quote, at),
            C::AcceptQuote {
                customer,
                quote,
                order,
                at,
            } => self.accept(customer, quote, order, at),
            C::DeclineQuote { customer, quote } => self.decline_quote(customer, quote),
            C::Renegotiate {
                customer,
                quote,
                text,
            } => self.renegotiate(customer, quote, text),
            C::ExpireQuote { at } => Ok(self.expire(at)),
        }
    }

    /// On to another stage, from those before it; nothing where it is there already.
    fn moved(&self, event: ProductRequestEvent, is_there: bool, is_before: bool) -> Decided {
        match (is_there, is_before) {
            (true, _) => Ok(vec![]),
            (false, true) => Ok(vec![event]),
            (false, false) => Err(self.stage_error()),
        }
    }

    /// Supports and follows it.
    pub(super) fn join(&self, customer: OwnerId, apart: Membership) -> Decided {
        Ok([self.support(customer, apart)?, self.subscribe(customer, apart)?].concat())
    }

    fn support(&self, customer: OwnerId, apart: Membership) -> Decided {
        if self.members.of(customer, apart).supports {
            return Ok(vec![]);
        }
        self.shown_to(customer)?;
        self.open()?;
        Ok(vec![ProductRequestEvent::RequestSupported { customer }])
    }

    fn subscribe(&self, customer: OwnerId, apart: Membership) -> Decided {
        if self.members.of(customer, apart).follows {
            return Ok(vec![]);
        }
        self.shown_to(customer)?;
        self.open()?;
        Ok(vec![ProductRequestEvent::RequestSubscribed { customer }])
    }

    fn cancel(&self, customer: OwnerId, apart: Membership) -> Decided {
        if customer != self.customer {
            return Err(ProductRequestError::NotFound);
        }
        if self.stage == Stage::Cancelled {
            return Ok(vec![]);
        }
        self.open()?;
        let own = u64::from(self.members.of(customer, apart).supports);
        if self.members.supporters > own {
            return Err(ProductRequestError::SupportedByOthers);
        }
        Ok(vec![ProductRequestEvent::RequestCancelled {}])
    }

    /// A quote of nobody's is for nobody; anything else goes on for whoever supports it.
    fn erase(&self, customer: OwnerId, apart: Membership) -> Vec<ProductRequestEvent> {
        let membership = self.members.of(customer, apart);
        if membership.erased {
            return vec![];
        }
        let mut events = vec![];
        // Where the request only counts, it has to be told that there is one follower less.
        if self.members.is_apart(customer) && membership.follows {
            events.push(ProductRequestEvent::SubscriptionEnded { customer });
        }
        events.push(ProductRequestEvent::CustomerErased { customer });
        if self.kind == Kind::Quote && self.customer == customer && self.stage.is_open() {
            events.push(ProductRequestEvent::RequestCancelled {});
        }
        events
    }

    /// Those of them whom the request still keeps.
    fn separate(&self, mut customers: Vec<OwnerId>) -> Vec<ProductRequestEvent> {
        customers.retain(|customer| self.members.kept.contains_key(customer));
        if customers.is_empty() {
            return vec![];
        }
        customers
            .chunks(MAX_NAMED)
            .map(|customers| ProductRequestEvent::MembersSeparated {
                customers: customers.to_vec(),
            })
            .collect()
    }

    /// A quote is between one customer and staff; what is hidden is seen by its own customer alone.
    fn shown_to(&self, customer: OwnerId) -> Result<(), ProductRequestError> {
        let is_private = self.hidden || self.kind == Kind::Quote;
        if is_private && customer != self.customer {
            return Err(ProductRequestError::NotFound);
        }
        Ok(())
    }

    pub(super) fn open(&self) -> Result<(), ProductRequestError> {
        if self.stage.is_open() {
            Ok(())
        } else {
            Err(self.stage_error())
        }
    }

    const fn stage_error(&self) -> ProductRequestError {
        match self.stage {
            Stage::Duplicate { of } => ProductRequestError::Duplicate { of },
            Stage::Submitted
            | Stage::Triaged
            | Stage::Planned
            | Stage::Quoted(_)
            | Stage::Renegotiating
            | Stage::QuoteDeclined
            | Stage::QuoteExpired => ProductRequestError::NotNow,
            Stage::Accepted { .. } | Stage::Fulfilled | Stage::Declined | Stage::Cancelled => {
                ProductRequestError::Ended
            }
        }
    }

    pub(super) fn evolve(&mut self, event: &ProductRequestEvent) {
        use ProductRequestEvent as E;
        self.members.evolve(event);
        match event {
            E::RequestSubmitted { .. }
            | E::RequestCommented { .. }
            | E::RequestSupported { .. }
            | E::SupportWithdrawn { .. }
            | E::RequestSubscribed { .. }
            | E::SubscriptionEnded { .. }
            | E::DuplicateMerged { .. }
            | E::SupportersMoved { .. }
            | E::MembersSeparated { .. }
            | E::MembersMoved { .. }
            | E::WaitingTold { .. } => {}
            E::RequestCancelled {} => self.stage = Stage::Cancelled,
            E::RequestTriaged {} => self.stage = Stage::Triaged,
            E::RequestPlanned {} => self.stage = Stage::Planned,
            E::RequestDeclined { .. } => self.stage = Stage::Declined,
            E::ProductLinked { sku } => self.sku = Some(sku.clone()),
            E::RequestFulfilled {} => self.stage = Stage::Fulfilled,
            E::RequestHidden {} => self.hidden = true,
            E::RequestRestored {} => self.hidden = false,
            E::RequestMarkedDuplicate { of } => self.stage = Stage::Duplicate { of: *of },
            E::RestockNoted { .. } | E::StockAnnounced { .. } => self.note_restock(event),
            E::CustomerErased { customer } => {
                if self.customer == *customer {
                    self.text = None;
                }
            }
            E::QuoteOffered { quote } => self.stage = Stage::Quoted(quote.clone()),
            E::QuoteAccepted { quote, order } => {
                self.stage = Stage::Accepted {
                    quote: *quote,
                    order: *order,
                };
            }
            E::QuoteDeclined { .. } => self.stage = Stage::QuoteDeclined,
            E::RenegotiationRequested { .. } => self.stage = Stage::Renegotiating,
            E::QuoteExpired { .. } => self.stage = Stage::QuoteExpired,
        }
    }
}
