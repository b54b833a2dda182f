//! What concerns product requests: which streams that needs, and what it sets in motion.
//!
//! The rules are the domain's ([`domain::product_request`], [`domain::accepting`]).

use domain::accepting::{self, Acceptance, Offer};
use domain::checkout::Goods;
use domain::product::{Product, ProductError};
use domain::product_request::{
    self, Arrival, Came, Kind, ProductRequest, ProductRequestCommand, ProductRequestError,
    ProductRequestEvent,
};
use domain::{ContactId, Event, Money, OrderId, OwnerId, QuoteId, RequestId, Sku, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::command::Delivery;
use super::decision::Decision;
use super::policy::Context;
use super::refusal::Refusal;
use super::states::Working;
use super::{deadlines, ordering};

#[derive(Clone, Debug)]
pub enum Requesting {
    /// What concerns one request alone.
    One {
        request: RequestId,
        command: ProductRequestCommand,
    },
    /// It is the same as another one, to which its supporters go.
    Duplicate {
        request: RequestId,
        of: RequestId,
    },
    /// Tell the customer when the product is back.
    WaitFor {
        /// Of the product's one request.
        request: RequestId,
        sku: Sku,
        customer: OwnerId,
    },
    /// It is about this product.
    Link {
        request: RequestId,
        sku: Sku,
    },
    /// Units of the product that the request is about have come. Stores nothing where nobody waits.
    Arrived {
        request: RequestId,
        came: Came,
    },
    /// What a quote comes to. Stores nothing.
    Total {
        request: RequestId,
        quote: QuoteId,
        by: OwnerId,
        delivery: Delivery,
    },
    Accept(Box<Accept>),
}

/// Makes a quote an order, for what its customer agreed to.
#[derive(Clone, Debug)]
pub struct Accept {
    pub request: RequestId,
    pub quote: QuoteId,
    pub by: OwnerId,
    /// A new id.
    pub order: OrderId,
    pub contact: ContactId,
    pub delivery: Delivery,
    pub agreed_total: Money,
}

impl Requesting {
    /// The label in metrics.
    pub const fn name(&self) -> &'static str {
        use ProductRequestCommand as C;
        match self {
            Self::Duplicate { .. } => "mark_duplicate",
            Self::WaitFor { .. } => "submit_request",
            Self::Link { .. } => "link_product",
            Self::Arrived { .. } => "announce_stock",
            Self::Total { .. } => "quote",
            Self::Accept(_) => "accept_quote",
            Self::One { command, .. } => match command {
                C::Submit { .. } => "submit_request",
                C::Support { .. } => "support_request",
                C::WithdrawSupport { .. } => "withdraw_support",
                C::Subscribe { .. } => "subscribe",
                C::Unsubscribe { .. } => "unsubscribe",
                C::Comment { .. } => "comment_request",
                C::Cancel { .. } => "cancel_request",
                C::Triage => "triage_request",
                C::Plan => "plan_request",
                C::Decline { .. } => "decline_request",
                C::LinkProduct { .. } => "link_product",
                C::Fulfil => "fulfil_request",
                C::Hide => "hide_request",
                C::Restore => "restore_request",
                C::Announce(_) => "announce_stock",
                C::EraseCustomer { .. } => "erase_customer",
                C::OfferQuote { .. } => "offer_quote",
                C::AcceptQuote { .. } => "accept_quote",
                C::DeclineQuote { .. } => "decline_quote",
                C::Renegotiate { .. } => "renegotiate",
                C::ExpireQuote { .. } => "expire_quote",
            },
        }
    }

    /// The request, and where more is decided on, its product, the product's stock and the order.
    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
        let of_product = |sku: &Sku| [StreamId::product(sku), StreamId::stock_item(sku)];
        match self {
            Self::One { request, .. } => vec![request.stream()],
            Self::Duplicate { request, of } => vec![request.stream(), of.stream()],
            Self::WaitFor { request, sku, .. } | Self::Link { request, sku } => {
                [vec![request.stream()], of_product(sku).to_vec()].concat()
            }
            Self::Arrived { request, .. } | Self::Total { request, .. } => {
                let sku = working.product_request(*request).and_then(ProductRequest::sku);
                let product = sku.map(of_product).into_iter().flatten();
                std::iter::once(request.stream()).chain(product).collect()
            }
            Self::Accept(accept) => accept.streams(working),
        }
    }

    /// Whether `streams` depends on what is loaded.
    pub const fn names_more_when_loaded(&self) -> bool {
        match self {
            Self::Arrived { .. } | Self::Total { .. } | Self::Accept(_) => true,
            Self::One { .. } | Self::Duplicate { .. } | Self::WaitFor { .. } | Self::Link { .. } => false,
        }
    }

    /// The client is told of the order that it places, else of the request.
    pub fn subject(&self) -> StreamId {
        match self {
            Self::One { request, .. }
            | Self::Duplicate { request, .. }
            | Self::WaitFor { request, .. }
            | Self::Link { request, .. }
            | Self::Arrived { request, .. }
            | Self::Total { request, .. } => request.stream(),
            Self::Accept(accept) => accept.order.stream(),
        }
    }

    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let unsubmitted = ProductRequest::default();
        let state = |request| working.product_request(request).unwrap_or(&unsubmitted);
        match self {
            Self::One { request, command } => one(*request, state(*request), now(command.clone(), context)),
            Self::Duplicate { request, of } => {
                let (duplicate, original) =
                    product_request::mark_duplicate((*request, state(*request)), (*of, state(*of)))?;
                let mut decision = Decision::on(self.subject(), duplicate, Event::ProductRequest);
                decision.write(of.stream(), original, Event::ProductRequest);
                Ok(decision)
            }
            Self::WaitFor {
                request,
                sku,
                customer,
            } => {
                let (is_sold, available) = on_sale(working, sku).ok_or(ProductError::Unknown)?;
                if is_sold && available > 0 {
                    return Err(ProductRequestError::InStock { available }.into());
                }
                let submit = ProductRequestCommand::Submit {
                    kind: Kind::BackInStock,
                    customer: *customer,
                    text: None,
                    sku: Some(sku.clone()),
                    quantity: None,
                };
                one(*request, state(*request), submit)
            }
            Self::Link { request, sku } => link(working, *request, state(*request), sku),
            Self::Arrived { request, came } => arrived(working, context, *request, state(*request), *came),
            Self::Total {
                request,
                quote,
                by,
                delivery,
            } => {
                let wish = ordering::wish(context, *by, delivery);
                let total = on_offer(working, context, *request, |offer| {
                    accepting::total(offer, *quote, &wish)
                })?;
                Ok(Decision {
                    quote: Some(Box::new(total)),
                    ..Decision::on(request.stream(), vec![], Event::ProductRequest)
                })
            }
            Self::Accept(accept) => accept.decide(working, context),
        }
    }
}

impl Accept {
    fn streams(&self, working: &Working) -> Vec<StreamId> {
        let mut streams = vec![
            self.request.stream(),
            self.order.stream(),
            self.order.payment().stream(),
        ];
        let Some(request) = working.product_request(self.request) else {
            return streams;
        };
        // One that became an order already: the answer is that order.
        streams.extend(request.order_of(self.by, self.quote).map(OrderId::stream));
        if let Some(sku) = request.sku() {
            streams.extend([StreamId::product(sku), StreamId::stock_item(sku)]);
        }
        streams
    }

    fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let accepted = working
            .product_request(self.request)
            .and_then(|request| request.order_of(self.by, self.quote));
        if let Some(order) = accepted {
            return Ok(Decision::on(order.stream(), vec![], Event::Order));
        }
        let acceptance = Acceptance {
            quote: self.quote,
            order: self.order,
            contact: self.contact,
            wish: ordering::wish(context, self.by, &self.delivery),
            agreed_total: self.agreed_total,
        };
        let accepted = on_offer(working, context, self.request, |offer| {
            accepting::accept(offer, acceptance)
        })?;
        let mut decision = Decision {
            created: true,
            deadlines: accepted
                .request
                .iter()
                .filter_map(|event| deadline(self.request, event))
                .collect(),
            ..Decision::on(self.order.stream(), accepted.order, Event::Order)
        };
        if !accepted.payment.is_empty() {
            decision
                .deadlines
                .push(deadlines::reservation(context, self.order));
        }
        decision.write(self.request.stream(), accepted.request, Event::ProductRequest);
        decision.write(self.order.payment().stream(), accepted.payment, Event::Payment);
        for (sku, events) in accepted.stock {
            decision.write(StreamId::stock_item(&sku), events, Event::StockItem);
        }
        Ok(decision)
    }
}

/// What concerns the request alone.
fn one(id: RequestId, before: &ProductRequest, command: ProductRequestCommand) -> Result<Decision, Refusal> {
    let events = before.decide(command)?;
    let deadlines = events.iter().filter_map(|event| deadline(id, event)).collect();
    Ok(Decision {
        deadlines,
        created: *before == ProductRequest::Unsubmitted,
        ..Decision::on(id.stream(), events, Event::ProductRequest)
    })
}

/// Nothing where the product is not for sale.
fn arrived(
    working: &Working,
    context: Context,
    id: RequestId,
    before: &ProductRequest,
    came: Came,
) -> Result<Decision, Refusal> {
    let Some((sku, (true, available))) = before.sku().and_then(|sku| Some((sku, on_sale(working, sku)?)))
    else {
        return Ok(Decision::on(id.stream(), vec![], Event::ProductRequest));
    };
    let arrival = Arrival {
        came,
        stock_version: working.version(&StreamId::stock_item(sku)),
        available,
        one_for_each_unit: context.policy.one_told_for_each_unit,
    };
    one(id, before, ProductRequestCommand::Announce(arrival))
}

/// A product that can be had is what was missing.
fn link(working: &Working, id: RequestId, before: &ProductRequest, sku: &Sku) -> Result<Decision, Refusal> {
    let (is_sold, available) = on_sale(working, sku).ok_or(ProductError::Unknown)?;
    let mut events = before.decide(ProductRequestCommand::LinkProduct { sku: sku.clone() })?;
    if is_sold {
        let mut after = before.clone();
        for event in &events {
            after.evolve(event);
        }
        events.extend(after.decide(ProductRequestCommand::Announce(Arrival {
            came: Came::Product {
                product_version: working.version(&StreamId::product(sku)),
            },
            stock_version: working.version(&StreamId::stock_item(sku)),
            available,
            one_for_each_unit: true,
        }))?);
    }
    Ok(Decision::on(id.stream(), events, Event::ProductRequest))
}

/// Whether the product is in the catalogue, and how many of it can be had. None: there never was such a product.
fn on_sale(working: &Working, sku: &Sku) -> Option<(bool, i64)> {
    let available = working
        .stock_item(sku)
        .map_or(0, domain::stock::StockItem::available);
    match working.product(sku) {
        Some(Product::Known { listed, .. }) => Some((*listed, available)),
        Some(Product::Unlisted) | None => None,
    }
}

fn on_offer<T>(
    working: &Working,
    context: Context,
    id: RequestId,
    decide: impl FnOnce(Offer) -> Result<T, accepting::AcceptingError>,
) -> Result<T, accepting::AcceptingError> {
    let (unsubmitted, unlisted, no_stock) = Default::default();
    let request: &ProductRequest = working.product_request(id).unwrap_or(&unsubmitted);
    let sku = request.sku();
    decide(Offer {
        id,
        request,
        goods: Goods {
            product: sku.and_then(|sku| working.product(sku)).unwrap_or(&unlisted),
            stock: sku.and_then(|sku| working.stock_item(sku)).unwrap_or(&no_stock),
        },
        rules: &context.policy.rules,
    })
}

/// Whoever makes a command does not say when it is: the loop does.
fn now(mut command: ProductRequestCommand, context: Context) -> ProductRequestCommand {
    use ProductRequestCommand as C;
    match &mut command {
        C::OfferQuote { at, .. } | C::AcceptQuote { at, .. } | C::ExpireQuote { at } => *at = context.at,
        C::Submit { .. }
        | C::Support { .. }
        | C::WithdrawSupport { .. }
        | C::Subscribe { .. }
        | C::Unsubscribe { .. }
        | C::Comment { .. }
        | C::Cancel { .. }
        | C::Triage
        | C::Plan
        | C::Decline { .. }
        | C::LinkProduct { .. }
        | C::Fulfil
        | C::Hide
        | C::Restore
        | C::Announce(_)
        | C::EraseCustomer { .. }
        | C::DeclineQuote { .. }
        | C::Renegotiate { .. } => {}
    }
    command
}

/// A quote ends at its time, or when it is answered.
fn deadline(request: RequestId, event: &ProductRequestEvent) -> Option<DeadlineChange> {
    use ProductRequestEvent as E;
    let id = || request.stream().aggregate_id;
    match event {
        E::QuoteOffered { quote } => Some(DeadlineChange::set(DeadlineKind::Quote, id(), quote.expires_at)),
        E::QuoteAccepted { .. }
        | E::QuoteDeclined { .. }
        | E::RenegotiationRequested { .. }
        | E::QuoteExpired { .. }
        | E::RequestCancelled {}
        | E::RequestDeclined { .. } => Some(DeadlineChange::clear(DeadlineKind::Quote, id())),
        E::RequestSubmitted { .. }
        | E::RequestSupported { .. }
        | E::SupportWithdrawn { .. }
        | E::RequestSubscribed { .. }
        | E::SubscriptionEnded { .. }
        | E::RequestCommented { .. }
        | E::RequestTriaged {}
        | E::RequestPlanned {}
        | E::ProductLinked { .. }
        | E::RequestFulfilled {}
        | E::RequestHidden {}
        | E::RequestRestored {}
        | E::RequestMarkedDuplicate { .. }
        | E::DuplicateMerged { .. }
        | E::StockAnnounced { .. }
        | E::CustomerErased { .. } => None,
    }
}
