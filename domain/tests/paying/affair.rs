//! An order with everything that depends on it, and what can be done to it.

use std::collections::BTreeMap;

use domain::cart::{Cart, CartEvent};
use domain::cart_owner::CartOwner;
use domain::checkout::{self, Allowance, Checkout, Goods, Shelf, Wish};
use domain::checkout_rules::{CheckoutRules, ShippingOption, ShippingPrice, Tax};
use domain::discount_code::{Discount, DiscountCode, DiscountCodeEvent, Terms};
use domain::order::{CancelReason, Order, OrderCommand, OrderError, OrderEvent, Status};
use domain::paying::{self, Affair, Consequences, Outcome, PayingError};
use domain::payment::Payment;
use domain::product::{Details, Product};
use domain::stock::{StockEvent, StockItem};
use domain::{
    AttemptId, CartId, Code, ContactId, Country, Currency, Money, OrderId, OwnerId, RefundId, ShipmentId, Sku,
};
use time::macros::datetime;
use uuid::Uuid;

/// How many of each product there are before anybody orders.
pub const ON_HAND: i64 = 10;

pub fn ada() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xada))
}

pub fn eve() -> OwnerId {
    OwnerId::new(Uuid::from_u128(0xe4e))
}

pub fn order() -> OrderId {
    OrderId::new(Uuid::from_u128(0x0d))
}

pub fn cart() -> CartId {
    CartId::new(Uuid::from_u128(0xca))
}

pub fn another_cart() -> CartId {
    CartId::new(Uuid::from_u128(0xcb))
}

pub fn attempt(number: u128) -> AttemptId {
    AttemptId::new(Uuid::from_u128(0xa000 + number))
}

pub fn refund(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128((0xf000 + number) << 64))
}

/// What the gateway calls the charge of an attempt.
pub fn reference(of: u128) -> String {
    format!("pi_{of}")
}

pub fn mug() -> Sku {
    Sku::parse("MUG").expect("a SKU of a test is one")
}

pub fn teapot() -> Sku {
    Sku::parse("TEAPOT").expect("a SKU of a test is one")
}

pub fn spring() -> Code {
    Code::parse("SPRING-10").expect("a code of a test is one")
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// 46.90 EUR less 10 %, and 4.90 EUR to send it.
pub fn total() -> Money {
    eur(4711)
}

/// One order, from its checkout on.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub order: Order,
    pub payment: Payment,
    pub stock: Vec<(Sku, StockItem)>,
    pub code: DiscountCode,
    pub carts: BTreeMap<CartId, Cart>,
    pub cart_owner: CartOwner,
}

impl Story {
    /// Two mugs and a teapot were ordered with ten percent off, and nothing else happened yet.
    pub fn placed() -> Self {
        Self::ordered(10, 490)
    }

    /// All of it was given away.
    pub fn free() -> Self {
        Self::ordered(100, 0)
    }

    fn ordered(percent: u32, shipping: i64) -> Self {
        let mut cart_state = Cart::default();
        let added = |sku: Sku, quantity, minor| CartEvent::ItemAdded {
            name: sku.to_string(),
            sku,
            quantity,
            unit_price: eur(minor),
            line_quantity: quantity,
        };
        for event in [
            CartEvent::CartOpened {
                owner: ada(),
                currency: Currency::EUR,
            },
            added(mug(), 2, 1450),
            added(teapot(), 1, 1790),
            CartEvent::DiscountApplied { code: spring() },
        ] {
            cart_state.evolve(&event);
        }
        let mut item = StockItem::default();
        item.evolve(&StockEvent::StockReceived { quantity: ON_HAND });
        let mut code = DiscountCode::default();
        code.evolve(&DiscountCodeEvent::CodeCreated {
            terms: Terms {
                discount: Discount::Percent(percent),
                minimum: None,
                limit: Some(1),
                limit_per_customer: Some(1),
                expires_at: None,
            },
        });
        let mut story = Self {
            order: Order::default(),
            payment: Payment::default(),
            stock: vec![(mug(), item.clone()), (teapot(), item)],
            code,
            carts: BTreeMap::from([(cart(), cart_state)]),
            cart_owner: CartOwner {
                current: Some(cart()),
            },
        };
        story.check_out(shipping);
        story
    }

    fn check_out(&mut self, shipping: i64) {
        let germany = Country::parse("DE").expect("Germany is a country");
        let price = ShippingPrice {
            price: shipping,
            free_from: None,
        };
        let rules = CheckoutRules {
            shipping: vec![ShippingOption {
                id: "standard".to_owned(),
                name: "Standard".to_owned(),
                takes: "some days".to_owned(),
                prices: BTreeMap::from([(Currency::EUR, price)]),
            }],
            taxes: BTreeMap::from([(
                germany,
                Tax {
                    rate: 1900,
                    included: true,
                },
            )]),
        };
        let products = [product("Mug", 1450), product("Teapot", 1790)];
        let goods: Vec<Goods> = products
            .iter()
            .zip(&self.stock)
            .map(|(product, (_, stock))| Goods { product, stock })
            .collect();
        let on_shelf = Shelf {
            cart: &self.carts[&cart()],
            goods: &goods,
            code: (&self.code).into(),
            rules: &rules,
        };
        let wish = Wish {
            customer: ada(),
            country: germany,
            shipping_option: None,
            at: datetime!(2026-03-01 09:00 UTC),
        };
        let agreed_total = checkout::quote(on_shelf, &wish)
            .expect("it can be had")
            .totals
            .total;
        let placed = checkout::place(
            on_shelf,
            Checkout {
                order: order(),
                cart: cart(),
                contact: ContactId::new(Uuid::from_u128(0xc0)),
                address: None,
                wish,
                allowance: Allowance::Unlimited,
                agreed_total,
            },
        )
        .expect("nothing is in the way");
        self.take(&Consequences {
            order: placed.order,
            payment: placed.payment,
            stock: placed.stock,
            code: placed.code.map(|(_, events)| events).unwrap_or_default(),
            code_customer: placed.code_customer,
            code_address: placed.code_address,
            cart: placed.cart,
            cart_owner: vec![],
        });
    }

    /// Paid by the first attempt.
    pub fn paid() -> Self {
        let mut story = Self::placed();
        story.start(1).expect("it can be paid");
        story.settle(authorized(1)).expect("it was asked");
        story.settle(captured(1, total())).expect("it was asked");
        story
    }

    /// Applies what was decided, as the log would.
    pub fn take(&mut self, consequences: &Consequences) {
        for event in &consequences.order {
            self.order.evolve(event);
        }
        for event in &consequences.payment {
            self.payment.evolve(event);
        }
        for (sku, events) in &consequences.stock {
            let (_, item) = self
                .stock
                .iter_mut()
                .find(|(its, _)| its == sku)
                .expect("it was ordered");
            for event in events {
                item.evolve(event);
            }
        }
        for event in &consequences.code {
            self.code.evolve(event);
        }
        for event in &consequences.cart {
            self.carts.entry(cart()).or_default().evolve(event);
        }
        for event in &consequences.cart_owner {
            self.cart_owner.evolve(event);
        }
    }

    /// Decides, and takes what was decided.
    fn happen(
        &mut self,
        decide: impl FnOnce(Affair) -> Result<Consequences, PayingError>,
    ) -> Result<Consequences, PayingError> {
        let unopened = Cart::default();
        let stock: Vec<&StockItem> = self.stock.iter().map(|(_, item)| item).collect();
        let current = self.cart_owner.current.and_then(|cart| self.carts.get(&cart));
        let decided = decide(Affair {
            id: order(),
            order: &self.order,
            payment: &self.payment,
            stock: &stock,
            code: (&self.code).into(),
            cart: &self.carts[&cart()],
            cart_owner: &self.cart_owner,
            current_cart: current.unwrap_or(&unopened),
        })?;
        self.take(&decided);
        Ok(decided)
    }

    pub fn start(&mut self, number: u128) -> Result<Consequences, PayingError> {
        self.start_by(ada(), number)
    }

    pub fn start_by(&mut self, by: OwnerId, number: u128) -> Result<Consequences, PayingError> {
        let method = "pm_card_visa".parse().expect("a fixture is valid");
        self.happen(|affair| paying::start_attempt(affair, by, attempt(number), method))
    }

    pub fn settle(&mut self, outcome: Outcome) -> Result<Consequences, PayingError> {
        self.happen(|affair| paying::settle(affair, outcome))
    }

    pub fn cancel(&mut self, refund: RefundId) -> Result<Consequences, PayingError> {
        self.happen(|affair| paying::cancel(affair, CancelReason::Customer, refund))
    }

    pub fn expire(&mut self, refund: RefundId) -> Result<Consequences, PayingError> {
        self.happen(|affair| paying::expire(affair, refund))
    }

    pub fn refund(&mut self, refund: RefundId, amount: Option<Money>) -> Result<Consequences, PayingError> {
        self.happen(|affair| paying::refund(affair, refund, amount))
    }

    /// Sends everything that is left.
    pub fn ship(&mut self, number: u128) {
        let ship = OrderCommand::Ship {
            shipment: ShipmentId::new(Uuid::from_u128(number)),
            lines: None,
            carrier: "DHL".parse().expect("a fixture is valid"),
            tracking: None,
        };
        self.tell(ship);
    }

    pub fn tell(&mut self, command: OrderCommand) {
        drop(self.ask(command));
    }

    /// What is decided on the order, whose payment has a say.
    pub fn ask(&mut self, command: OrderCommand) -> Result<Vec<OrderEvent>, OrderError> {
        let events = paying::on_order(&self.order, &self.payment, command)?;
        for event in &events {
            self.order.evolve(event);
        }
        Ok(events)
    }

    pub fn status(&self) -> Status {
        match &self.order {
            Order::Placed { status, .. } => *status,
            Order::Unplaced => panic!("it was placed"),
        }
    }
}

fn product(name: &str, minor: i64) -> Product {
    Product::Known {
        details: Details {
            name: name.to_owned(),
            description: String::new(),
            category: "kitchen".to_owned(),
            picture: None,
        },
        price: eur(minor),
        listed: true,
    }
}

pub fn action_required(of: u128) -> Outcome {
    Outcome::ActionRequired {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
    }
}

pub fn authorized(of: u128) -> Outcome {
    Outcome::Authorized {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
    }
}

pub fn declined(of: u128) -> Outcome {
    Outcome::Declined {
        attempt: attempt(of),
        reason: "insufficient_funds".parse().expect("a fixture is valid"),
    }
}

/// Should no order stand for it, it goes back by the refund `0xc00 + of`.
pub fn captured(of: u128, amount: Money) -> Outcome {
    Outcome::Captured {
        attempt: attempt(of),
        reference: reference(of).parse().expect("a fixture is valid"),
        amount,
        refund: refund(0xc00 + of),
    }
}

pub fn refund_failed(number: u128) -> Outcome {
    Outcome::RefundFailed {
        refund: refund(number),
        reason: "lost_or_stolen_card".parse().expect("a fixture is valid"),
    }
}
