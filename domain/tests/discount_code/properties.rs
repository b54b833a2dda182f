//! What stays true of a code whoever uses it and gives it back.

use std::collections::BTreeMap;

use domain::discount_code::{Discount, DiscountCode, DiscountCodeCommand, DiscountCodeEvent, Terms};
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
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..12_u128, 0..3_u128, 0..200_i64, prop::bool::weighted(0.1))
            .prop_map(|(of, customer, subtotal, late)| Step::Redeem { of, customer, subtotal, late }),
        8 => (0..12_u128).prop_map(|of| Step::Release { of }),
        1 => Just(Step::Disable),
    ]
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
        DiscountCodeEvent::CodeCreated { .. } | DiscountCodeEvent::CodeDisabled {} => {}
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
        let mut code = state(&[created(terms.clone())]);
        let mut uses = BTreeMap::new();
        for step in steps {
            for event in code.decide(command(step)).unwrap_or_default() {
                code.evolve(&event);
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
            if let DiscountCode::Known { redemptions, .. } = &code {
                prop_assert_eq!(redemptions, &uses);
            }
            let again = code.decide(command(step)).unwrap_or_default();
            prop_assert_eq!(again, vec![], "repeated");
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
