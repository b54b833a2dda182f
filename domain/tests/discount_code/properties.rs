//! What stays true of a code whoever uses it and gives it back.

use std::collections::BTreeMap;

use domain::discount_code::{
    CodeCustomer, CodeCustomerEvent, CodeUse, Discount, DiscountCode, DiscountCodeCommand, DiscountCodeEvent,
    Terms, Used,
};
use domain::{Currency, Money, OrderId, OwnerId};
use proptest::collection::vec;
use proptest::prelude::*;
use time::Duration;
use uuid::Uuid;

use super::{created, order, redemption, spring, state, today};

fn customer(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(number))
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Redeem {
        of: u128,
        customer: u128,
        subtotal: i64,
        late: bool,
    },
    Release {
        of: u128,
    },
    Disable,
    /// As if there were too many of them.
    Separate {
        most: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        // An order is one customer's.
        20 => (0..12_u128, 0..200_i64, prop::bool::weighted(0.1))
            .prop_map(|(of, subtotal, late)| Step::Redeem { of, customer: of % 3, subtotal, late }),
        8 => (0..12_u128).prop_map(|of| Step::Release { of }),
        1 => Just(Step::Disable),
        3 => (1..3_usize).prop_map(|most| Step::Separate { most }),
    ]
}

/// A code with the streams of its customers.
struct World {
    code: DiscountCode,
    customers: BTreeMap<OwnerId, CodeCustomer>,
}

impl World {
    fn redemptions(&self) -> &domain::discount_code::Redemptions {
        match &self.code {
            DiscountCode::Known { redemptions, .. } => redemptions,
            DiscountCode::Unknown => panic!("it was created"),
        }
    }

    /// The events of the code; those of the customer's stream are taken in as well.
    fn execute(&mut self, step: Step) -> Vec<DiscountCodeEvent> {
        let (command, customer) = match step {
            Step::Separate { most } => return self.separate(most),
            Step::Release { of } => {
                let whose = self
                    .customers
                    .iter()
                    .find(|(_, known)| known.orders.contains(&order(of)));
                let whose = whose.map(|(customer, _)| *customer);
                return self.store(whose, |code| {
                    code.release(order(of), whose.unwrap_or(customer(0)))
                });
            }
            Step::Redeem { customer: number, .. } => (command(step), Some(customer(number))),
            Step::Disable => (command(step), None),
        };
        self.store(customer, |code| code.decide(command))
    }

    fn store<E>(
        &mut self,
        customer: Option<OwnerId>,
        decide: impl FnOnce(CodeUse) -> Result<Used, E>,
    ) -> Vec<DiscountCodeEvent> {
        let known = customer.and_then(|customer| self.customers.get(&customer));
        let code = CodeUse {
            code: &self.code,
            customer: known,
            address: None,
        };
        let used = decide(code).unwrap_or_default();
        for event in &used.code {
            self.code.evolve(event);
        }
        if let Some(customer) = customer {
            let known = self.customers.entry(customer).or_default();
            used.customer.iter().for_each(|event| known.evolve(event));
        }
        used.code
    }

    fn separate(&mut self, most: usize) -> Vec<DiscountCodeEvent> {
        let kept = self.redemptions().kept.iter().take(most);
        let some: Vec<(OrderId, OwnerId)> = kept.map(|(order, customer)| (*order, *customer)).collect();
        let orders = some.iter().map(|(order, _)| *order).collect();
        for (order, customer) in some {
            let redeemed = CodeCustomerEvent::CustomerRedeemed { orders: vec![order] };
            self.customers.entry(customer).or_default().evolve(&redeemed);
        }
        self.store(None, |code| code.decide(DiscountCodeCommand::Separate { orders }))
    }
}

fn command(step: Step) -> DiscountCodeCommand {
    match step {
        Step::Redeem {
            of,
            customer: number,
            subtotal,
            late,
        } => {
            let mut redemption = redemption(of, customer(number), Money::new(subtotal, Currency::EUR));
            if late {
                redemption.at += Duration::days(1);
            }
            DiscountCodeCommand::Redeem(redemption)
        }
        Step::Release { of } => DiscountCodeCommand::Release { order: order(of) },
        Step::Disable => DiscountCodeCommand::Disable,
        Step::Separate { .. } => DiscountCodeCommand::Separate { orders: vec![] },
    }
}

fn discount() -> impl Strategy<Value = Discount> {
    prop_oneof![
        (1..=100_u32).prop_map(Discount::Percent),
        (1..300_i64).prop_map(|minor| Discount::Amount(Money::new(minor, Currency::EUR))),
    ]
}

prop_compose! {
    fn terms()(
        discount in discount(),
        minimum in prop::option::of(1..100_i64),
        limit in prop::option::of(1..5_u32),
        limit_per_customer in prop::option::of(1..3_u32),
        expires in any::<bool>(),
    ) -> Terms {
        Terms {
            discount,
            minimum: minimum.map(|minor| Money::new(minor, Currency::EUR)),
            limit,
            limit_per_customer,
            expires_at: expires.then(|| today() + Duration::hours(1)),
        }
    }
}

/// Who uses the code, by the events alone.
fn account_for(event: &DiscountCodeEvent, uses: &mut BTreeMap<OrderId, OwnerId>) {
    match event {
        DiscountCodeEvent::CodeCreated { .. }
        | DiscountCodeEvent::CodeDisabled {}
        | DiscountCodeEvent::RedemptionsSeparated { .. } => {}
        DiscountCodeEvent::CodeRedeemed { order, customer } => {
            assert_eq!(uses.insert(*order, *customer), None, "{order} redeemed twice");
        }
        DiscountCodeEvent::RedemptionReleased { order, customer } => {
            assert_eq!(
                uses.remove(order),
                Some(*customer),
                "{order} gave back what it had not"
            );
        }
    }
}

fn within(limit: Option<u32>, uses: usize) -> bool {
    limit.is_none_or(|limit| uses <= limit as usize)
}

proptest! {
    #[test]
    fn a_code_is_never_used_beyond_its_limits(terms in terms(), steps in vec(step(), 0..60)) {
        let mut world = World { code: state(&[created(terms.clone())]), customers: BTreeMap::new() };
        let mut uses = BTreeMap::new();
        for step in steps {
            for event in world.execute(step) {
                account_for(&event, &mut uses);
                if let (DiscountCodeEvent::CodeRedeemed { .. }, Step::Redeem { subtotal, late, .. }) = (&event, &step) {
                    prop_assert!(terms.minimum.is_none_or(|minimum| *subtotal >= minimum.minor));
                    prop_assert!(terms.expires_at.is_none() || !late);
                }
            }
            prop_assert!(within(terms.limit, uses.len()));
            for of_one in (0..3).map(customer) {
                let used = uses.values().filter(|customer| **customer == of_one).count();
                prop_assert!(within(terms.limit_per_customer, used));
            }
            let kept = world.redemptions().kept.iter().map(|(order, customer)| (*order, *customer));
            let apart = world.customers.iter().flat_map(|(customer, known)| {
                known.orders.iter().map(|order| (*order, *customer))
            });
            prop_assert_eq!(&kept.chain(apart).collect::<BTreeMap<_, _>>(), &uses);
            prop_assert_eq!(world.redemptions().count, uses.len() as u64);
            if !matches!(step, Step::Separate { .. }) {
                prop_assert_eq!(world.execute(step), vec![], "repeated");
            }
        }
    }

    #[test]
    fn a_discount_is_between_nothing_and_all_of_it(terms in terms(), subtotal in 0..=i64::MAX) {
        let code = state(&[created(terms)]);
        let subtotal = Money::new(subtotal, Currency::EUR);
        if let Ok(discount) = code.discount_on(&spring(), customer(1), subtotal, today()) {
            prop_assert!((0..=subtotal.minor).contains(&discount.minor), "{discount} of {subtotal}");
            prop_assert_eq!(discount.currency, subtotal.currency);
        }
    }
}
