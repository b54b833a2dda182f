//! Every command that the loop takes: which streams it needs, and how it is decided on them.
//!
//! Routes and background roles make them; the turn loads what `streams` names and calls `decide`. What concerns an order
//! is in [`super::ordering`].

use domain::cart::{Cart, CartCommand};
use domain::cart_owner::CartOwner;
use domain::checkout::Allowance;
use domain::discount_code::{CodeUse, DiscountCode, DiscountCodeCommand, DiscountCodeError};
use domain::order::OrderCommand;
use domain::product::{Product, ProductCommand, ProductError};
use domain::shopping::{self, Opened, Wanted};
use domain::stock::{StockCommand, StockItem};
use domain::{CartId, Code, Country, Currency, Event, Money, OrderId, OwnerId, Sku, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};
use session::AddressMac;

use super::code_uses;
use super::decision::Decision;
use super::merging::Merge;
use super::ordering::{self, By, Paying};
use super::policy::Context;
use super::redemptions;
use super::refusal::Refusal;
use super::requesting::Requesting;
use super::working::Working;

#[derive(Clone, Debug)]
pub enum Command {
    /// Opens `cart` (a new id), unless the owner has an open one.
    OpenCart {
        owner: OwnerId,
        cart: CartId,
        currency: Currency,
    },
    /// Adds all lines or none.
    AddItems {
        cart: CartId,
        by: OwnerId,
        lines: Vec<(Sku, u32)>,
    },
    /// Adds what `guest` has in the cart to the one of `account`, into which the guest signs in.
    MergeCarts(Merge),
    ApplyCode {
        cart: CartId,
        by: OwnerId,
        code: Code,
    },
    Cart {
        cart: CartId,
        command: CartCommand,
    },
    Product {
        sku: Sku,
        command: ProductCommand,
    },
    /// Stock of a product that is known.
    Stock {
        sku: Sku,
        command: StockCommand,
    },
    DiscountCode {
        code: Code,
        command: DiscountCodeCommand,
    },
    /// Hands the next of a code's redemptions over to its customers' streams.
    SeparateRedemptions {
        code: Code,
    },
    /// What a cart comes to. Stores nothing.
    Quote {
        cart: CartId,
        by: OwnerId,
        delivery: Delivery,
    },
    CheckOut(Box<CheckOut>),
    /// What concerns the order alone.
    Order {
        order: OrderId,
        by: By,
        command: OrderCommand,
    },
    /// What concerns an order and its payment.
    Paying {
        order: OrderId,
        paying: Paying,
    },
    /// What concerns product requests.
    Requesting(Requesting),
    /// A command with a bug in it, for the tests that one harms no other.
    #[cfg(test)]
    Odd(super::tests::odd::Odd),
}

#[derive(Clone, Debug)]
pub struct Delivery {
    pub country: Country,
    /// The first option where none is named.
    pub shipping_option: Option<String>,
}

/// Makes a cart an order, for what its customer agreed to.
#[derive(Clone, Debug)]
pub struct CheckOut {
    pub cart: CartId,
    pub by: OwnerId,
    /// A new id.
    pub order: OrderId,
    pub contact: domain::ContactId,
    /// Of the contact, to be hashed for the cart's code.
    pub address: Option<AddressMac>,
    pub delivery: Delivery,
    pub agreed_total: Money,
    /// What may be reserved until it is paid.
    pub allowance: Allowance,
}

impl Command {
    /// Whether it stores nothing and answers what it was asked. It takes no receipt: a receipt does not hold such an answer.
    pub const fn only_asks(&self) -> bool {
        matches!(
            self,
            Self::Quote { .. } | Self::Requesting(Requesting::Total { .. })
        )
    }

    /// The label in metrics.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OpenCart { .. } => "open_cart",
            Self::AddItems { .. } => "add_items",
            Self::MergeCarts(_) => "merge_carts",
            Self::ApplyCode { .. } => "apply_discount",
            Self::Cart { command, .. } => match command {
                CartCommand::Open { .. } => "open_cart",
                CartCommand::AddItem { .. } => "add_items",
                CartCommand::SetQuantity { .. } => "set_quantity",
                CartCommand::RemoveItem { .. } => "remove_item",
                CartCommand::Clear { .. } => "clear_cart",
                CartCommand::ApplyDiscount { .. } => "apply_discount",
                CartCommand::RemoveDiscount { .. } => "remove_discount",
                CartCommand::CheckOut { .. } => "check_out",
                CartCommand::Reopen { .. } => "reopen_cart",
                CartCommand::Expire => "expire_cart",
                CartCommand::Merge { .. } => "merge_carts",
            },
            Self::Product { command, .. } => match command {
                ProductCommand::List { .. } => "list_product",
                ProductCommand::ChangeDetails { .. } => "change_details",
                ProductCommand::ChangePrice { .. } => "change_price",
                ProductCommand::Delist => "delist_product",
                ProductCommand::Relist => "relist_product",
            },
            Self::Stock { command, .. } => match command {
                StockCommand::Receive { .. } => "receive_stock",
                StockCommand::Adjust { .. } => "adjust_stock",
                StockCommand::Reserve { .. } => "reserve_stock",
                StockCommand::Release { .. } => "release_stock",
                StockCommand::Commit { .. } => "commit_stock",
            },
            Self::DiscountCode { command, .. } => match command {
                DiscountCodeCommand::Create { .. } => "create_code",
                DiscountCodeCommand::Redeem(_) => "redeem_code",
                DiscountCodeCommand::Release { .. } => "release_code",
                DiscountCodeCommand::Disable => "disable_code",
                DiscountCodeCommand::Separate { .. } => "separate_redemptions",
            },
            Self::SeparateRedemptions { .. } => "separate_redemptions",
            Self::Quote { .. } => "quote",
            Self::CheckOut(_) => "check_out",
            Self::Order { command, .. } => ordering::name(command),
            Self::Paying { paying, .. } => paying.name(),
            Self::Requesting(requesting) => requesting.name(),
            #[cfg(test)]
            Self::Odd(_) => "odd",
        }
    }

    /// The streams it needs, as far as they can be named from what is known; asked again until none is missing.
    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
        match self {
            Self::OpenCart { owner, cart, .. } => {
                let current = working.cart_owner(*owner).and_then(|owner| owner.current);
                [owner.stream(), cart.stream()]
                    .into_iter()
                    .chain(current.map(CartId::stream))
                    .collect()
            }
            Self::AddItems { cart, lines, .. } => {
                let products = lines.iter().map(|(sku, _)| StreamId::product(sku));
                std::iter::once(cart.stream()).chain(products).collect()
            }
            Self::MergeCarts(merge) => merge.streams(working),
            Self::ApplyCode { cart, by, code } => std::iter::once(cart.stream())
                .chain(code_uses::code_streams(Some(code), *by))
                .collect(),
            Self::Cart { cart, .. } => vec![cart.stream()],
            Self::Product { sku, .. } => vec![StreamId::product(sku)],
            Self::Stock { sku, .. } => vec![StreamId::stock_item(sku), StreamId::product(sku)],
            Self::DiscountCode { code, .. } => vec![StreamId::discount_code(code)],
            Self::SeparateRedemptions { code } => redemptions::streams(code, working),
            Self::Quote { cart, .. } => ordering::shelf_streams(*cart, working),
            Self::CheckOut(checkout) => ordering::checkout_streams(checkout, working),
            Self::Order { order, .. } => vec![order.stream(), order.payment().stream()],
            Self::Paying { order, paying } => paying.streams(*order, working),
            Self::Requesting(requesting) => requesting.streams(working),
            #[cfg(test)]
            Self::Odd(odd) => odd.streams(working),
        }
    }

    /// Whether `streams` depends on what is loaded.
    pub const fn names_more_when_loaded(&self) -> bool {
        match self {
            Self::OpenCart { .. }
            | Self::MergeCarts(_)
            | Self::SeparateRedemptions { .. }
            | Self::Quote { .. }
            | Self::CheckOut(_)
            | Self::Paying { .. } => true,
            Self::AddItems { .. }
            | Self::ApplyCode { .. }
            | Self::Cart { .. }
            | Self::Product { .. }
            | Self::Stock { .. }
            | Self::DiscountCode { .. }
            | Self::Order { .. } => false,
            Self::Requesting(requesting) => requesting.names_more_when_loaded(),
            #[cfg(test)]
            Self::Odd(odd) => odd.names_more_when_loaded(),
        }
    }

    /// The stream whose version an `If-Match` names.
    pub fn subject(&self) -> StreamId {
        match self {
            Self::OpenCart { cart, .. }
            | Self::AddItems { cart, .. }
            | Self::ApplyCode { cart, .. }
            | Self::Quote { cart, .. }
            | Self::Cart { cart, .. } => cart.stream(),
            Self::MergeCarts(merge) => merge.account.stream(),
            Self::Product { sku, .. } => StreamId::product(sku),
            Self::Stock { sku, .. } => StreamId::stock_item(sku),
            Self::DiscountCode { code, .. } | Self::SeparateRedemptions { code } => {
                StreamId::discount_code(code)
            }
            Self::CheckOut(checkout) => checkout.order.stream(),
            Self::Order { order, .. } => order.stream(),
            Self::Paying { order, paying } => paying.subject(*order),
            Self::Requesting(requesting) => requesting.subject(),
            #[cfg(test)]
            Self::Odd(odd) => odd.cart.stream(),
        }
    }

    /// Panics where a test asked for it.
    #[cfg(test)]
    pub fn break_at(&self, stage: super::tests::odd::Stage) {
        if let Self::Odd(odd) = self {
            odd.break_at(stage);
        }
    }

    /// # Errors
    /// The rule that says no.
    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let subject = self.subject();
        match self {
            Self::OpenCart {
                owner,
                cart,
                currency,
            } => open_cart(working, context, *owner, *cart, *currency),
            Self::AddItems { cart, by, lines } => {
                let (unopened, unlisted) = (Cart::default(), Product::default());
                let wanted: Vec<Wanted> = lines
                    .iter()
                    .map(|(sku, quantity)| Wanted {
                        sku,
                        quantity: *quantity,
                        product: working.product(sku).unwrap_or(&unlisted),
                    })
                    .collect();
                let events = shopping::add_items(working.cart(*cart).unwrap_or(&unopened), *by, &wanted)?;
                Ok(Decision::on(subject, events, Event::Cart))
            }
            Self::ApplyCode { cart, by, code } => {
                let (unopened, unknown) = (Cart::default(), DiscountCode::default());
                let terms = working
                    .code_use(code, *by, None)
                    .unwrap_or(CodeUse::from(&unknown));
                let cart = working.cart(*cart).unwrap_or(&unopened);
                let events = shopping::apply_code(cart, *by, code.clone(), terms, context.at)?;
                Ok(Decision::on(subject, events, Event::Cart))
            }
            Self::MergeCarts(merge) => merge.decide(working, context),
            Self::Cart { cart, command } => {
                let unopened = Cart::default();
                let events = working.cart(*cart).unwrap_or(&unopened).decide(command.clone())?;
                Ok(Decision::on(subject, events, Event::Cart))
            }
            Self::Product { sku, command } => {
                let unlisted = Product::default();
                let events = working
                    .product(sku)
                    .unwrap_or(&unlisted)
                    .decide(command.clone())?;
                let created = matches!(command, ProductCommand::List { .. });
                Ok(Decision {
                    created,
                    ..Decision::on(subject, events, Event::Product)
                })
            }
            Self::Stock { sku, command } => {
                if !matches!(working.product(sku), Some(Product::Known { .. })) {
                    return Err(ProductError::Unknown.into());
                }
                let none = StockItem::default();
                let events = working.stock_item(sku).unwrap_or(&none).decide(command.clone())?;
                Ok(Decision::on(subject, events, Event::StockItem))
            }
            Self::DiscountCode { code, command } => {
                let unknown = DiscountCode::default();
                let state = working.discount_code(code).unwrap_or(&unknown);
                if matches!(
                    (state, command),
                    (DiscountCode::Unknown, DiscountCodeCommand::Disable)
                ) {
                    return Err(DiscountCodeError::Unknown { code: code.clone() }.into());
                }
                let events = state.decide(command.clone())?;
                let created = matches!(command, DiscountCodeCommand::Create { .. });
                Ok(Decision {
                    created,
                    ..Decision::on(subject, events, Event::DiscountCode)
                })
            }
            Self::SeparateRedemptions { code } => redemptions::separate(working, context, code),
            Self::Quote { cart, by, delivery } => ordering::quote(working, context, *cart, *by, delivery),
            Self::CheckOut(checkout) => ordering::check_out(working, context, checkout),
            Self::Order { order, by, command } => ordering::order(working, *order, *by, command),
            Self::Paying { order, paying } => ordering::pay(working, context, *order, paying),
            Self::Requesting(requesting) => requesting.decide(working, context),
            #[cfg(test)]
            Self::Odd(odd) => odd.decide(working),
        }
    }
}

fn open_cart(
    working: &Working,
    context: Context,
    owner: OwnerId,
    cart: CartId,
    currency: Currency,
) -> Result<Decision, Refusal> {
    let (nobody, unopened) = (CartOwner::default(), Cart::default());
    let of_owner = working.cart_owner(owner).unwrap_or(&nobody);
    let current = of_owner
        .current
        .and_then(|current| working.cart(current))
        .unwrap_or(&unopened);
    let new = working.cart(cart).unwrap_or(&unopened);
    let expiry = |cart: CartId| {
        let due = context.at + context.policy.cart;
        DeadlineChange::set(DeadlineKind::Cart, cart.stream().aggregate_id, due)
    };
    match shopping::open_cart(of_owner, current, new, owner, cart, currency)? {
        Opened::Current { cart, reopened } => {
            let deadlines = if reopened.is_empty() {
                vec![]
            } else {
                vec![expiry(cart)]
            };
            Ok(Decision {
                deadlines,
                ..Decision::on(cart.stream(), reopened, Event::Cart)
            })
        }
        Opened::New {
            cart: events,
            owner: named,
        } => {
            let mut decision = Decision {
                deadlines: vec![expiry(cart)],
                created: true,
                ..Decision::on(cart.stream(), events, Event::Cart)
            };
            decision.write(owner.stream(), named, Event::CartOwner);
            Ok(decision)
        }
    }
}
