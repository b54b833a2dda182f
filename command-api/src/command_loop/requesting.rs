//! What concerns product requests: which streams that needs, and what it sets in motion.
//!
//! The rules are the domain's ([`domain::product_request`]). A quote that becomes an order is in [`super::accepting`], what
//! concerns many people in [`super::members`].

use domain::accepting;
use domain::product::{Product, ProductError};
use domain::product_request::{
    Arrival, Came, Kind, ProductRequest, ProductRequestCommand, ProductRequestError, ProductRequestEvent,
    RequestMember,
};
use domain::{Event, OwnerId, QuoteId, RequestId, Sku, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::accepting::{Accept, on_offer};
use super::command::Delivery;
use super::decision::Decision;
use super::members::{self, GoOn};
use super::ordering;
use super::policy::Context;
use super::refusal::Refusal;
use super::working::Working;

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
    /// The next portion of what concerns many people.
    GoOn(GoOn),
    /// What a quote comes to. Stores nothing.
    Total {
        request: RequestId,
        quote: QuoteId,
        by: OwnerId,
        delivery: Delivery,
    },
    Accept(Box<Accept>),
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
            Self::GoOn(_) => "go_on_with_members",
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
                C::TellWaiting { .. } => "tell_waiting",
                C::SeparateMembers { .. } => "separate_members",
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
            Self::One { request, command } => {
                let member = command
                    .member()
                    .map(|customer| StreamId::request_member(*request, customer));
                std::iter::once(request.stream()).chain(member).collect()
            }
            Self::Duplicate { request, of } => members::streams_of_duplicate(*request, *of, working),
            Self::WaitFor {
                request,
                sku,
                customer,
            } => {
                let member = StreamId::request_member(*request, *customer);
                [vec![request.stream(), member], of_product(sku).to_vec()].concat()
            }
            Self::Link { request, sku } => [vec![request.stream()], of_product(sku).to_vec()].concat(),
            Self::GoOn(go_on) => go_on.streams(working),
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
            Self::Duplicate { .. }
            | Self::Arrived { .. }
            | Self::GoOn(_)
            | Self::Total { .. }
            | Self::Accept(_) => true,
            Self::One { .. } | Self::WaitFor { .. } | Self::Link { .. } => false,
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
            | Self::GoOn(GoOn { request, .. })
            | Self::Total { request, .. } => request.stream(),
            Self::Accept(accept) => accept.order.stream(),
        }
    }

    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let unsubmitted = ProductRequest::default();
        let state = |request| working.product_request(request).unwrap_or(&unsubmitted);
        match self {
            Self::One { request, command } => one(working, context, *request, now(command.clone(), context)),
            Self::Duplicate { request, of } => members::duplicate(working, context, *request, *of),
            Self::GoOn(go_on) => go_on.decide(working, context),
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
                one(working, context, *request, submit)
            }
            Self::Link { request, sku } => link(working, *request, state(*request), sku),
            Self::Arrived { request, came } => arrived(working, context, *request, *came),
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

/// What concerns the request and the one person whom the command is about.
fn one(
    working: &Working,
    context: Context,
    id: RequestId,
    command: ProductRequestCommand,
) -> Result<Decision, Refusal> {
    let (unsubmitted, nobody) = (ProductRequest::default(), RequestMember::default());
    let before = working.product_request(id).unwrap_or(&unsubmitted);
    let customer = command.member();
    let member = customer.and_then(|customer| working.request_member((id, customer)));
    let is_looked_at_again = matches!(command, ProductRequestCommand::ExpireQuote { .. });
    let (events, changed) = before.decide_with(member.unwrap_or(&nobody), command)?;
    let of_quote = events.iter().filter_map(|event| deadline(id, event));
    let mut deadlines: Vec<DeadlineChange> = of_quote
        .chain(members::follow_up(context, id, before, &events))
        .collect();
    if is_looked_at_again && events.is_empty() {
        // Not yet: a quote that stands keeps its deadline, whoever claimed it.
        deadlines.extend(
            before
                .quoted_until()
                .map(|until| DeadlineChange::set(DeadlineKind::Quote, id.stream().aggregate_id, until)),
        );
    }
    let mut decision = Decision {
        deadlines,
        created: *before == ProductRequest::Unsubmitted,
        ..Decision::on(id.stream(), events, Event::ProductRequest)
    };
    if let Some(customer) = customer {
        decision.write(
            StreamId::request_member(id, customer),
            changed,
            Event::RequestMember,
        );
    }
    Ok(decision)
}

/// Nothing where the product is not for sale.
fn arrived(working: &Working, context: Context, id: RequestId, came: Came) -> Result<Decision, Refusal> {
    let before = working.product_request(id);
    let Some((sku, (true, available))) = before
        .and_then(ProductRequest::sku)
        .and_then(|sku| Some((sku, on_sale(working, sku)?)))
    else {
        return Ok(Decision::on(id.stream(), vec![], Event::ProductRequest));
    };
    let arrival = Arrival {
        came,
        stock_version: working.version(&StreamId::stock_item(sku)),
        available,
        one_for_each_unit: context.policy.one_told_for_each_unit,
    };
    one(working, context, id, ProductRequestCommand::Announce(arrival))
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
pub fn on_sale(working: &Working, sku: &Sku) -> Option<(bool, i64)> {
    let available = working
        .stock_item(sku)
        .map_or(0, domain::stock::StockItem::available);
    match working.product(sku) {
        Some(Product::Known { listed, .. }) => Some((*listed, available)),
        Some(Product::Unlisted) | None => None,
    }
}

/// Whoever makes a command does not say when it is: the loop does. A deadline says when it was due.
fn now(mut command: ProductRequestCommand, context: Context) -> ProductRequestCommand {
    use ProductRequestCommand as C;
    match &mut command {
        C::OfferQuote { at, .. } | C::AcceptQuote { at, .. } => *at = context.at,
        // Its deadline is due by PostgreSQL's clock; ours may be behind.
        C::ExpireQuote { at } => *at = (*at).max(context.at),
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
        | C::TellWaiting { .. }
        | C::SeparateMembers { .. }
        | C::EraseCustomer { .. }
        | C::DeclineQuote { .. }
        | C::Renegotiate { .. } => {}
    }
    command
}

/// A quote ends at its time, or when it is answered.
pub fn deadline(request: RequestId, event: &ProductRequestEvent) -> Option<DeadlineChange> {
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
        | E::SupportersMoved { .. }
        | E::MembersSeparated { .. }
        | E::MembersMoved { .. }
        | E::RestockNoted { .. }
        | E::WaitingTold { .. }
        | E::StockAnnounced { .. }
        | E::CustomerErased { .. } => None,
    }
}
