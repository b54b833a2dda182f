//! Commands on carts that become orders, and on orders and their payments: what they need, and what they set in motion.
//!
//! The rules are the domain's ([`domain::checkout`], [`domain::paying`]). Here they meet the loaded states, and get the
//! [`deadlines`] that see to it that nothing is forgotten.

use domain::cart::{Cart, Contents};
use domain::checkout::{self, Checkout, CheckoutError, Goods, Shelf, Wish};
use domain::discount_code::CodeUse;
use domain::order::{CancelReason, Order, OrderCommand, OrderError, Placement};
use domain::paying::{self, Affair, Consequences, Outcome};
use domain::payment::{MethodToken, Payment};
use domain::stock::StockItem;
use domain::{AddressHash, AttemptId, CartId, Code, Event, Money, OrderId, OwnerId, RefundId, Sku, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::code_uses::{address_for_code, code_streams, recorded_address};
use super::command::{CheckOut, Delivery};
use super::deadlines;
use super::decision::Decision;
use super::policy::Context;
use super::redemptions;
use super::refusal::Refusal;
use super::working::Working;

/// Who acts on an order.
#[derive(Clone, Copy, Debug)]
pub enum By {
    /// Who has to be its customer.
    Customer(OwnerId),
    /// Admitted at the door: staff, whoever holds the order's link, the gateway.
    Admitted,
}

#[derive(Clone, Debug)]
pub enum Paying {
    StartAttempt {
        by: By,
        attempt: AttemptId,
        method: MethodToken,
    },
    Cancel {
        by: By,
        reason: CancelReason,
        refund: RefundId,
    },
    Expire {
        refund: RefundId,
    },
    Refund {
        refund: RefundId,
        amount: Option<Money>,
    },
    Settle(Outcome),
}

/// Whose states a decision looks at, besides the order's and its payment's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Involved {
    PaymentAlone,
    Stock,
    /// Stock, discount code, and the customer's carts.
    All,
}

pub const fn name(command: &OrderCommand) -> &'static str {
    match command {
        OrderCommand::Place(_) => "check_out",
        OrderCommand::Confirm => "confirm_order",
        OrderCommand::Cancel { .. } => "cancel_order",
        OrderCommand::Ship { .. } => "ship_order",
        OrderCommand::Deliver { .. } => "deliver_order",
        OrderCommand::RequestReturn { .. } => "request_return",
        OrderCommand::AcceptReturn => "accept_return",
        OrderCommand::DeclineReturn => "decline_return",
        OrderCommand::TakeOver { .. } => "take_over_order",
    }
}

impl Paying {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::StartAttempt { .. } => "start_attempt",
            Self::Cancel { .. } => "cancel_order",
            Self::Expire { .. } => "expire_order",
            Self::Refund { .. } => "refund",
            Self::Settle(_) => "settle_payment",
        }
    }

    /// The client is told of the order it cancels, else of the payment. Whether an order expires depends on how far its payment is.
    pub fn subject(&self, order: OrderId) -> StreamId {
        match self {
            Self::Cancel { .. } => order.stream(),
            Self::StartAttempt { .. } | Self::Expire { .. } | Self::Refund { .. } | Self::Settle(_) => {
                order.payment().stream()
            }
        }
    }

    fn involves(&self, order: &Order, payment: &Payment) -> Involved {
        match self {
            Self::StartAttempt { .. } => Involved::PaymentAlone,
            Self::Settle(outcome) => match outcome {
                Outcome::Captured { amount, .. } if paying::confirms_order(order, *amount) => Involved::Stock,
                // Money that no order stands for goes back, whatever there is in stock.
                Outcome::Captured { .. }
                | Outcome::ActionRequired { .. }
                | Outcome::Authorized { .. }
                | Outcome::Declined { .. }
                | Outcome::Voided { .. }
                | Outcome::Refunded { .. }
                | Outcome::RefundFailed { .. } => Involved::PaymentAlone,
            },
            // A stream that cannot be read keeps nobody's money where it has no say.
            Self::Refund { refund, amount }
                if !paying::refund_ends_order(order, payment, *refund, *amount) =>
            {
                Involved::PaymentAlone
            }
            Self::Cancel { .. } | Self::Expire { .. } | Self::Refund { .. } => Involved::All,
        }
    }

    pub fn streams(&self, id: OrderId, working: &Working) -> Vec<StreamId> {
        let mut streams = vec![id.stream(), id.payment().stream()];
        let (Some(order @ Order::Placed { placement, .. }), Some(payment)) =
            (working.order(id), working.payment(id.payment()))
        else {
            return streams;
        };
        let stock = placement.lines.iter().map(|line| StreamId::stock_item(&line.sku));
        match self.involves(order, payment) {
            Involved::PaymentAlone => {}
            Involved::Stock => streams.extend(stock),
            Involved::All => {
                streams.extend(stock);
                streams.extend(code_streams(placement.code.as_ref(), placement.customer));
                let address = recorded_address(id, placement, working);
                streams.extend(address.map(|(code, address)| StreamId::code_address(code, address)));
                streams.extend([placement.cart.stream(), placement.customer.stream()]);
                let current = working
                    .cart_owner(placement.customer)
                    .and_then(|owner| owner.current);
                streams.extend(
                    current
                        .filter(|current| *current != placement.cart)
                        .map(CartId::stream),
                );
            }
        }
        streams
    }
}

/// A cart, and once it is known, what is in it.
pub fn shelf_streams(cart: CartId, working: &Working) -> Vec<StreamId> {
    let mut streams = vec![cart.stream()];
    if let Some(Cart::Open(contents)) = working.cart(cart) {
        for line in &contents.lines {
            streams.extend([StreamId::product(&line.sku), StreamId::stock_item(&line.sku)]);
        }
        streams.extend(code_streams(contents.code.as_ref(), contents.owner));
    }
    streams
}

pub fn checkout_streams(checkout: &CheckOut, working: &Working) -> Vec<StreamId> {
    let mut streams = shelf_streams(checkout.cart, working);
    streams.extend([checkout.order.stream(), checkout.order.payment().stream()]);
    match working.cart(checkout.cart) {
        // One that became an order already: the answer is that order.
        Some(Cart::CheckedOut { order, .. }) => streams.push(order.stream()),
        Some(Cart::Open(Contents { code: Some(code), .. })) => {
            let address = address_for_code(checkout, working);
            streams.extend(address.map(|address| StreamId::code_address(code, address)));
        }
        Some(Cart::Open(_) | Cart::Unopened | Cart::Expired(_) | Cart::Merged { .. }) | None => {}
    }
    streams
}

pub fn quote(
    working: &Working,
    context: Context,
    cart: CartId,
    by: OwnerId,
    delivery: &Delivery,
) -> Result<Decision, Refusal> {
    let quote = on_shelf(working, context, (cart, None), |shelf| {
        checkout::quote(shelf, &wish(context, by, delivery))
    })?;
    Ok(Decision {
        quote: Some(Box::new(quote)),
        ..Decision::on(cart.stream(), vec![], Event::Cart)
    })
}

pub fn check_out(working: &Working, context: Context, wanted: &CheckOut) -> Result<Decision, Refusal> {
    // Two tabs, or the same one again: the cart became one order, and that is the answer.
    if let Some(Cart::CheckedOut { contents, order }) = working.cart(wanted.cart)
        && contents.owner == wanted.by
    {
        return Ok(Decision::on(order.stream(), vec![], Event::Order));
    }
    let address = address_for_code(wanted, working);
    let checkout = Checkout {
        order: wanted.order,
        cart: wanted.cart,
        contact: wanted.contact,
        address,
        wish: wish(context, wanted.by, &wanted.delivery),
        agreed_total: wanted.agreed_total,
        allowance: wanted.allowance,
    };
    let placed = on_shelf(working, context, (wanted.cart, address), |shelf| {
        checkout::place(shelf, checkout)
    })?;
    let mut decision = Decision {
        created: true,
        ..Decision::on(wanted.order.stream(), placed.order, Event::Order)
    };
    decision.deadlines.push(DeadlineChange::clear(
        DeadlineKind::Cart,
        wanted.cart.stream().aggregate_id,
    ));
    if !placed.payment.is_empty() {
        decision
            .deadlines
            .push(deadlines::reservation(context, wanted.order));
    }
    decision.write(wanted.order.payment().stream(), placed.payment, Event::Payment);
    decision.write(wanted.cart.stream(), placed.cart, Event::Cart);
    for (sku, events) in placed.stock {
        decision.write(StreamId::stock_item(&sku), events, Event::StockItem);
    }
    if let Some((code, events)) = placed.code {
        decision
            .deadlines
            .extend(redemptions::follow_up(working, context, &code, &events));
        decision.write(StreamId::discount_code(&code), events, Event::DiscountCode);
        let customer = StreamId::code_customer(&code, wanted.by);
        decision.write(customer, placed.code_customer, Event::CodeCustomer);
        if let Some(address) = address {
            let address = StreamId::code_address(&code, address);
            decision.write(address, placed.code_address, Event::CodeCustomer);
        }
    }
    Ok(decision)
}

pub fn wish(context: Context, customer: OwnerId, delivery: &Delivery) -> Wish {
    Wish {
        customer,
        country: delivery.country,
        shipping_option: delivery.shipping_option.clone(),
        at: context.at,
    }
}

fn on_shelf<T>(
    working: &Working,
    context: Context,
    (cart, address): (CartId, Option<AddressHash>),
    decide: impl FnOnce(Shelf) -> Result<T, CheckoutError>,
) -> Result<T, CheckoutError> {
    let (unopened, unlisted, no_stock, no_code) = Default::default();
    let cart = working.cart(cart).unwrap_or(&unopened);
    let (skus, code): (Vec<&Sku>, Option<(&Code, OwnerId)>) = match cart {
        Cart::Open(Contents {
            lines, code, owner, ..
        }) => (
            lines.iter().map(|line| &line.sku).collect(),
            code.as_ref().map(|code| (code, *owner)),
        ),
        Cart::Unopened | Cart::CheckedOut { .. } | Cart::Expired(_) | Cart::Merged { .. } => (vec![], None),
    };
    let goods: Vec<Goods> = skus
        .into_iter()
        .map(|sku| Goods {
            product: working.product(sku).unwrap_or(&unlisted),
            stock: working.stock_item(sku).unwrap_or(&no_stock),
        })
        .collect();
    decide(Shelf {
        cart,
        goods: &goods,
        code: code
            .and_then(|(code, owner)| working.code_use(code, owner, address))
            .unwrap_or(CodeUse::from(&no_code)),
        rules: &context.policy.rules,
    })
}

pub fn order(working: &Working, id: OrderId, by: By, command: &OrderCommand) -> Result<Decision, Refusal> {
    let (unplaced, unrequested) = Default::default();
    let order: &Order = working.order(id).unwrap_or(&unplaced);
    let payment: &Payment = working.payment(id.payment()).unwrap_or(&unrequested);
    if let By::Customer(customer) = by {
        order.placed_by(customer)?;
    }
    let events = paying::on_order(order, payment, command.clone())?;
    let created = matches!(command, OrderCommand::Ship { .. });
    Ok(Decision {
        created,
        ..Decision::on(id.stream(), events, Event::Order)
    })
}

pub fn pay(working: &Working, context: Context, id: OrderId, paying: &Paying) -> Result<Decision, Refusal> {
    let Some(
        order @ Order::Placed {
            placement, customer, ..
        },
    ) = working.order(id)
    else {
        return Err(OrderError::NotFound.into());
    };
    let (unrequested, no_stock, no_code, no_cart, no_owner) = Default::default();
    let payment: &Payment = working.payment(id.payment()).unwrap_or(&unrequested);
    let involved = paying.involves(order, payment);
    let stock: Vec<&StockItem> = match involved {
        Involved::PaymentAlone => vec![],
        Involved::Stock | Involved::All => placement
            .lines
            .iter()
            .map(|line| working.stock_item(&line.sku).unwrap_or(&no_stock))
            .collect(),
    };
    let mut affair = Affair {
        id,
        order,
        payment,
        stock: &stock,
        code: CodeUse::from(&no_code),
        cart: &no_cart,
        cart_owner: &no_owner,
        current_cart: &no_cart,
    };
    if involved == Involved::All {
        let code = placement.code.as_ref();
        let address = recorded_address(id, placement, working).map(|(_, address)| address);
        affair.code = code
            .and_then(|code| working.code_use(code, placement.customer, address))
            .unwrap_or(CodeUse::from(&no_code));
        affair.cart = working.cart(placement.cart).unwrap_or(&no_cart);
        affair.cart_owner = working.cart_owner(placement.customer).unwrap_or(&no_owner);
        let current = affair.cart_owner.current.and_then(|cart| working.cart(cart));
        affair.current_cart = current.unwrap_or(&no_cart);
    }
    let address = affair.code.address_of(id);
    let consequences = decide(affair, *customer, paying)?;
    let created = match paying {
        Paying::StartAttempt { .. } | Paying::Refund { .. } => true,
        Paying::Cancel { .. } | Paying::Expire { .. } | Paying::Settle(_) => false,
    };
    let deadlines = deadlines::of_paying(context, id, placement, payment, &consequences, paying);
    Ok(Decision {
        deadlines,
        created,
        ..written((paying.subject(id), id), placement, address, consequences)
    })
}

/// `customer`: whose the order is by now.
fn decide(affair: Affair, customer: OwnerId, paying: &Paying) -> Result<Consequences, Refusal> {
    Ok(match paying {
        Paying::StartAttempt { by, attempt, method } => {
            let by = match by {
                By::Customer(by) => *by,
                By::Admitted => customer,
            };
            paying::start_attempt(affair, by, *attempt, method.clone())?
        }
        Paying::Cancel { by, reason, refund } => {
            if let By::Customer(by) = by {
                affair.order.placed_by(*by)?;
            }
            paying::cancel(affair, *reason, *refund)?
        }
        Paying::Expire { refund } => paying::expire(affair, *refund)?,
        Paying::Refund { refund, amount } => paying::refund(affair, *refund, *amount)?,
        Paying::Settle(outcome) => paying::settle(affair, outcome.clone())?,
    })
}

fn written(
    (subject, id): (StreamId, OrderId),
    placement: &Placement,
    address: Option<AddressHash>,
    consequences: Consequences,
) -> Decision {
    let mut decision = Decision::on(subject, vec![], Event::Order);
    decision.write(id.stream(), consequences.order, Event::Order);
    decision.write(id.payment().stream(), consequences.payment, Event::Payment);
    for (sku, events) in consequences.stock {
        decision.write(StreamId::stock_item(&sku), events, Event::StockItem);
    }
    if let Some(code) = &placement.code {
        decision.write(
            StreamId::discount_code(code),
            consequences.code,
            Event::DiscountCode,
        );
        decision.write(
            StreamId::code_customer(code, placement.customer),
            consequences.code_customer,
            Event::CodeCustomer,
        );
        if let Some(address) = address {
            let address = StreamId::code_address(code, address);
            decision.write(address, consequences.code_address, Event::CodeCustomer);
        }
    }
    decision.write(placement.cart.stream(), consequences.cart, Event::Cart);
    decision.write(
        placement.customer.stream(),
        consequences.cart_owner,
        Event::CartOwner,
    );
    decision
}
