//! A quote that becomes an order: which streams that needs, and what it sets in motion.
//!
//! The rules are the domain's ([`domain::accepting`]).

use domain::accepting::{self, Acceptance, Offer};
use domain::checkout::Goods;
use domain::product_request::ProductRequest;
use domain::{ContactId, Event, Money, OrderId, OwnerId, QuoteId, RequestId, StreamId};

use super::command::Delivery;
use super::decision::Decision;
use super::policy::Context;
use super::refusal::Refusal;
use super::requesting::deadline;
use super::working::Working;
use super::{deadlines, ordering};

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

impl Accept {
    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
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

    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
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

/// What can be ordered at the quoted price.
pub fn on_offer<T>(
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
