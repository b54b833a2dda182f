//! The largest event of every type fits into the log and into Kafka.
//!
//! Every text has its greatest length in the widest characters, every list its greatest number of entries. A new event
//! has to be added to `largest` before this compiles, and to `samples` before the tests of golden files pass.

mod samples;

use std::collections::BTreeSet;

use domain::cart::{CartEvent, LeftOut, MAX_LINES};
use domain::cart_owner::CartOwnerEvent;
use domain::checkout_rules::MAX_OPTION_ID;
use domain::discount_code::{self, CodeCustomerEvent, Discount, DiscountCodeEvent, Terms};
use domain::event::MAX_PAYLOAD;
use domain::order::{MAX_TRACKING, OrderEvent, OrderLine, Placement, ShippedLine, Totals};
use domain::payment::{MAX_GATEWAY_TEXT, PaymentEvent};
use domain::product::{Details, MAX_DESCRIPTION, MAX_NAME, MAX_SLUG, Picture, ProductEvent};
use domain::product_request::{MAX_NAMED, Membership, ProductRequestEvent, RequestMemberEvent};
use domain::stock::StockEvent;
use domain::{AggregateType, Code, Event, Money, OrderId, OwnerId, Sku};
use samples::events;
use uuid::Uuid;

/// Four bytes in UTF-8, and no character takes more in JSON but those that no text may hold.
fn widest(characters: usize) -> String {
    "𝕏".repeat(characters)
}

fn longest_sku(number: usize) -> Sku {
    let text = format!("{number:0>width$}", width = Sku::MAX_LENGTH);
    Sku::parse(&text).expect("it is as long as a SKU may be")
}

fn longest_code() -> Code {
    Code::parse(&"A".repeat(32)).expect("it is as long as a code may be")
}

fn many<T>(count: usize, item: impl Fn(usize) -> T) -> Vec<T> {
    (0..count).map(item).collect()
}

fn people<C: FromIterator<OwnerId>>() -> C {
    many(MAX_NAMED, |number| OwnerId::new(Uuid::from_u128(number as u128)))
        .into_iter()
        .collect()
}

fn most(money: Money) -> Money {
    Money::new(i64::MIN, money.currency)
}

fn of_cart(event: CartEvent) -> CartEvent {
    use CartEvent as E;
    match event {
        E::ItemAdded { unit_price, .. } => E::ItemAdded {
            sku: longest_sku(1),
            name: widest(MAX_NAME),
            quantity: u32::MAX,
            unit_price: most(unit_price),
            line_quantity: u32::MAX,
        },
        E::QuantityChanged { .. } => E::QuantityChanged {
            sku: longest_sku(1),
            quantity: u32::MAX,
            previous: u32::MAX,
        },
        E::ItemRemoved { .. } => E::ItemRemoved {
            sku: longest_sku(1),
            quantity: u32::MAX,
        },
        E::CartCleared { .. } => E::CartCleared {
            skus: many(MAX_LINES, longest_sku),
        },
        E::DiscountApplied { .. } => E::DiscountApplied { code: longest_code() },
        E::DiscountRemoved { .. } => E::DiscountRemoved { code: longest_code() },
        E::CartMerged { into, .. } => E::CartMerged {
            into,
            left_out: many(MAX_LINES, |number| LeftOut {
                sku: longest_sku(number),
                quantity: u32::MAX,
            }),
        },
        fixed
        @ (E::CartOpened { .. } | E::CartCheckedOut { .. } | E::CartReopened {} | E::CartExpired {}) => fixed,
    }
}

fn largest_details() -> Details {
    Details {
        name: widest(MAX_NAME),
        description: widest(MAX_DESCRIPTION),
        category: widest(MAX_SLUG),
        picture: Some(Picture {
            drawing: widest(MAX_SLUG),
            colour: widest(MAX_SLUG),
        }),
    }
}

fn of_product(event: ProductEvent) -> ProductEvent {
    use ProductEvent as E;
    match event {
        E::ProductListed { price, .. } => E::ProductListed {
            details: largest_details(),
            price: most(price),
        },
        E::DetailsChanged { .. } => E::DetailsChanged {
            details: largest_details(),
        },
        E::PriceChanged { price, previous } => E::PriceChanged {
            price: most(price),
            previous: most(previous),
        },
        fixed @ (E::ProductDelisted {} | E::ProductRelisted {}) => fixed,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as with the events of the others")]
fn of_stock(event: StockEvent) -> StockEvent {
    use StockEvent as E;
    let quantity = i64::MIN;
    match event {
        E::StockReceived { .. } => E::StockReceived { quantity },
        E::StockAdjusted { reason, .. } => E::StockAdjusted {
            delta: quantity,
            reason,
        },
        E::StockReserved { order, .. } => E::StockReserved { order, quantity },
        E::ReservationReleased { order, .. } => E::ReservationReleased { order, quantity },
        E::ReservationCommitted { order, .. } => E::ReservationCommitted { order, quantity },
    }
}

fn largest_placement(placement: &Placement) -> Placement {
    let amount = most(placement.totals.total);
    Placement {
        lines: many(MAX_LINES, |number| OrderLine {
            sku: longest_sku(number),
            name: widest(MAX_NAME),
            quantity: u32::MAX,
            unit_price: amount,
            line_total: amount,
            discount: amount,
        }),
        code: Some(longest_code()),
        shipping_option: widest(MAX_OPTION_ID),
        totals: Totals {
            subtotal: amount,
            discount: amount,
            shipping: amount,
            tax: amount,
            tax_rate: u32::MAX,
            tax_included: false,
            total: amount,
        },
        ..placement.clone()
    }
}

fn of_order(event: OrderEvent) -> OrderEvent {
    use OrderEvent as E;
    match event {
        E::OrderPlaced { placement } => E::OrderPlaced {
            placement: largest_placement(&placement),
        },
        E::OrderShipped { shipment, .. } => E::OrderShipped {
            shipment,
            lines: many(MAX_LINES, |number| ShippedLine {
                sku: longest_sku(number),
                quantity: u32::MAX,
            }),
            carrier: widest(MAX_TRACKING),
            tracking: Some(widest(MAX_TRACKING)),
        },
        fixed @ (E::OrderConfirmed {}
        | E::OrderCancelled { .. }
        | E::OrderDelivered { .. }
        | E::ReturnRequested { .. }
        | E::ReturnAccepted {}
        | E::ReturnDeclined {}
        | E::OrderTakenOver { .. }) => fixed,
    }
}

fn of_payment(event: PaymentEvent) -> PaymentEvent {
    use PaymentEvent as E;
    let text = || widest(MAX_GATEWAY_TEXT);
    match event {
        E::PaymentRequested { order, amount } => E::PaymentRequested {
            order,
            amount: most(amount),
        },
        E::AttemptStarted { attempt, .. } => E::AttemptStarted {
            attempt,
            method: text(),
        },
        E::ActionRequired { attempt, .. } => E::ActionRequired {
            attempt,
            reference: text(),
        },
        E::PaymentAuthorized { attempt, .. } => E::PaymentAuthorized {
            attempt,
            reference: text(),
        },
        E::AttemptDeclined { attempt, .. } => E::AttemptDeclined {
            attempt,
            reason: text(),
        },
        E::PaymentCaptured { attempt, amount, .. } => E::PaymentCaptured {
            attempt,
            reference: text(),
            amount: most(amount),
        },
        E::RefundRequested {
            refund,
            attempt,
            amount,
        } => E::RefundRequested {
            refund,
            attempt,
            amount: most(amount),
        },
        E::PaymentRefunded { refund, amount } => E::PaymentRefunded {
            refund,
            amount: most(amount),
        },
        E::RefundFailed { refund, .. } => E::RefundFailed {
            refund,
            reason: text(),
        },
        fixed @ (E::CaptureRequested { .. } | E::VoidRequested { .. } | E::PaymentVoided { .. }) => fixed,
    }
}

fn of_discount_code(event: DiscountCodeEvent) -> DiscountCodeEvent {
    use DiscountCodeEvent as E;
    match event {
        E::CodeCreated { terms } => E::CodeCreated {
            terms: Terms {
                discount: Discount::Amount(most(terms.minimum.expect("the sample has one"))),
                minimum: terms.minimum.map(most),
                limit: Some(u32::MAX),
                limit_per_customer: Some(u32::MAX),
                expires_at: terms.expires_at,
            },
        },
        E::RedemptionsSeparated { .. } => E::RedemptionsSeparated { orders: orders() },
        fixed @ (E::CodeRedeemed { .. } | E::RedemptionReleased { .. } | E::CodeDisabled {}) => fixed,
    }
}

fn orders() -> Vec<OrderId> {
    many(discount_code::MAX_NAMED, |number| {
        OrderId::new(Uuid::from_u128(number as u128))
    })
}

fn of_code_customer(event: CodeCustomerEvent) -> CodeCustomerEvent {
    use CodeCustomerEvent as E;
    match event {
        E::CustomerRedeemed { .. } => E::CustomerRedeemed { orders: orders() },
        fixed @ (E::CustomerReleased { .. } | E::AddressRecorded { .. }) => fixed,
    }
}

fn of_product_request(event: ProductRequestEvent) -> ProductRequestEvent {
    use ProductRequestEvent as E;
    match event {
        E::RequestSubmitted {
            kind, customer, text, ..
        } => E::RequestSubmitted {
            kind,
            customer,
            text,
            sku: Some(longest_sku(1)),
            quantity: Some(u32::MAX),
        },
        E::ProductLinked { .. } => E::ProductLinked { sku: longest_sku(1) },
        // What is written today; those of earlier releases named people, and are in the log as they are.
        E::DuplicateMerged { duplicate, .. } => E::DuplicateMerged {
            duplicate,
            supporters: BTreeSet::new(),
            subscribers: vec![],
        },
        E::SupportersMoved { from, .. } => E::SupportersMoved {
            from,
            supporters: people(),
            followers: people(),
        },
        E::StockAnnounced { .. } => E::StockAnnounced {
            product_version: Some(i64::MAX),
            stock_version: i64::MAX,
            customers: people(),
        },
        E::MembersSeparated { .. } => E::MembersSeparated { customers: people() },
        E::MembersMoved { .. } => E::MembersMoved { through: u64::MAX },
        E::RestockNoted { .. } => E::RestockNoted {
            product_version: Some(i64::MAX),
            stock_version: i64::MAX,
            to_tell: u64::MAX,
        },
        E::WaitingTold { .. } => E::WaitingTold { through: u64::MAX },
        fixed @ (E::RequestSupported { .. }
        | E::SupportWithdrawn { .. }
        | E::RequestSubscribed { .. }
        | E::SubscriptionEnded { .. }
        | E::RequestCommented { .. }
        | E::RequestCancelled {}
        | E::RequestTriaged {}
        | E::RequestPlanned {}
        | E::RequestDeclined { .. }
        | E::RequestFulfilled {}
        | E::RequestHidden {}
        | E::RequestRestored {}
        | E::RequestMarkedDuplicate { .. }
        | E::CustomerErased { .. }
        | E::QuoteOffered { .. }
        | E::QuoteAccepted { .. }
        | E::QuoteDeclined { .. }
        | E::RenegotiationRequested { .. }
        | E::QuoteExpired { .. }) => fixed,
    }
}

fn largest(sample: Event) -> Event {
    match sample {
        Event::Cart(event) => Event::Cart(of_cart(event)),
        Event::CartOwner(CartOwnerEvent::CurrentCartNamed { cart }) => {
            Event::CartOwner(CartOwnerEvent::CurrentCartNamed { cart })
        }
        Event::Product(event) => Event::Product(of_product(event)),
        Event::StockItem(event) => Event::StockItem(of_stock(event)),
        Event::Order(event) => Event::Order(of_order(event)),
        Event::Payment(event) => Event::Payment(of_payment(event)),
        Event::DiscountCode(event) => Event::DiscountCode(of_discount_code(event)),
        Event::CodeCustomer(event) => Event::CodeCustomer(of_code_customer(event)),
        Event::ProductRequest(event) => Event::ProductRequest(of_product_request(event)),
        Event::RequestMember(RequestMemberEvent::MembershipChanged { .. }) => {
            Event::RequestMember(RequestMemberEvent::MembershipChanged {
                membership: Membership {
                    supports: false,
                    follows: false,
                    place: u64::MAX,
                    erased: false,
                },
            })
        }
    }
}

#[test]
fn the_largest_event_of_every_type_fits() {
    let mut built: BTreeSet<(AggregateType, &str)> = BTreeSet::new();
    for sample in events() {
        let event = largest(sample);
        let bytes = event.payload().len();
        assert!(bytes < MAX_PAYLOAD, "{} has {bytes} bytes", event.name());
        built.insert((event.aggregate_type(), event.name()));
    }
    for aggregate_type in AggregateType::ALL {
        for name in Event::names(aggregate_type) {
            assert!(
                built.contains(&(aggregate_type, *name)),
                "{name} was not built: give it a sample in samples/mod.rs"
            );
        }
    }
}

#[test]
fn what_a_gateway_says_is_kept_up_to_a_length() {
    use domain::payment::{Payment, PaymentCommand, REFERENCE_RULE, Reference, reason};
    let endless = "x".repeat(2 * MAX_PAYLOAD);
    let events: Vec<PaymentEvent> = events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Payment(event) => Some(event),
            _ => None,
        })
        .collect();
    let mut payment = Payment::default();
    let (mut attempt, mut refund) = (None, None);
    for event in &events {
        match event {
            PaymentEvent::PaymentRequested { .. } => payment.evolve(event),
            PaymentEvent::AttemptStarted { attempt: id, .. } => {
                payment.evolve(event);
                attempt = Some(*id);
            }
            PaymentEvent::RefundRequested { refund: id, .. } => {
                payment.evolve(event);
                refund = Some(*id);
            }
            _ => {}
        }
    }
    let attempt = attempt.expect("there is a sample of one");
    let refund = refund.expect("there is a sample of one");
    assert_eq!(Reference::parse(&endless), Err(REFERENCE_RULE));
    let reference = Reference::parse(&"x".repeat(MAX_GATEWAY_TEXT)).expect("it is as long as it may be");
    let reason = reason(&endless);
    for command in [
        PaymentCommand::RequireAction {
            attempt,
            reference: reference.clone(),
        },
        PaymentCommand::Authorize {
            attempt,
            reference: reference.clone(),
        },
        PaymentCommand::Capture {
            attempt,
            reference,
            amount: Money::zero(domain::Currency::EUR),
        },
        PaymentCommand::DeclineAttempt {
            attempt,
            reason: reason.clone(),
        },
        PaymentCommand::FailRefund { refund, reason },
    ] {
        let decided = payment.decide(command).expect("the rules say nothing against it");
        assert!(!decided.is_empty());
        for event in decided {
            assert!(event_bytes(event) < 4 * 1024);
        }
    }
}

fn event_bytes(event: PaymentEvent) -> usize {
    Event::Payment(event).payload().len()
}
