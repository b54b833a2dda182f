//! Whoever comes back as somebody else is known by their e-mail address.

use domain::AddressHash;
use domain::discount_code::{
    CodeCustomer, CodeCustomerEvent, CodeUse, DiscountCode, DiscountCodeCommand, DiscountCodeError, Terms,
    Used,
};
use domain::{OrderId, OwnerId};
use uuid::Uuid;

use super::{ada, created, eur, eve, order, redeemed, redemption, released, spring, state, ten_percent};

fn address(number: u128) -> AddressHash {
    AddressHash::new(Uuid::from_u128(number))
}

/// A code, the streams of two customers, and the stream of one address that both use.
struct World {
    code: DiscountCode,
    ada: CodeCustomer,
    eve: CodeCustomer,
    address: CodeCustomer,
}

impl World {
    fn with_limit(limit_per_customer: Option<u32>) -> Self {
        Self {
            code: state(&[created(Terms {
                limit_per_customer,
                ..ten_percent()
            })]),
            ada: CodeCustomer::default(),
            eve: CodeCustomer::default(),
            address: CodeCustomer::default(),
        }
    }

    fn customer(&mut self, customer: OwnerId) -> &mut CodeCustomer {
        if customer == ada() {
            &mut self.ada
        } else {
            &mut self.eve
        }
    }

    fn happen(
        &mut self,
        customer: OwnerId,
        decide: impl FnOnce(CodeUse) -> Result<Used, DiscountCodeError>,
    ) -> Result<Used, DiscountCodeError> {
        let known = self.customer(customer).clone();
        let used = decide(CodeUse {
            code: &self.code,
            customer: Some(&known),
            address: Some(&self.address),
        })?;
        used.code.iter().for_each(|event| self.code.evolve(event));
        used.customer
            .iter()
            .for_each(|event| self.customer(customer).evolve(event));
        used.address.iter().for_each(|event| self.address.evolve(event));
        Ok(used)
    }

    fn redeem(&mut self, of: u128, customer: OwnerId) -> Result<Used, DiscountCodeError> {
        let mut redemption = redemption(of, customer, eur(3000));
        redemption.address = Some(address(1));
        self.happen(customer, |code| {
            code.decide(DiscountCodeCommand::Redeem(redemption))
        })
    }

    fn release(&mut self, of: u128, customer: OwnerId) -> Used {
        let released = self.happen(customer, |code| code.release(order(of), customer));
        released.expect("giving back is never refused")
    }
}

fn used_up() -> DiscountCodeError {
    DiscountCodeError::UsedUpByCustomer { code: spring() }
}

fn redeemed_for(order: OrderId) -> CodeCustomerEvent {
    CodeCustomerEvent::CustomerRedeemed { orders: vec![order] }
}

#[test]
fn another_guest_with_the_same_address_does_not_use_a_code_again() {
    let mut world = World::with_limit(Some(1));
    let used = world.redeem(1, ada()).expect("nobody used it");
    let recorded = CodeCustomerEvent::AddressRecorded {
        order: order(1),
        address: address(1),
    };
    assert_eq!(used.code, [redeemed(1, ada())]);
    assert_eq!(used.customer, [recorded]);
    assert_eq!(used.address, [redeemed_for(order(1))]);
    assert_eq!(world.redeem(2, eve()), Err(used_up()));
}

#[test]
fn an_order_counts_once_though_both_its_customer_and_its_address_have_it() {
    let mut world = World::with_limit(Some(2));
    world.redeem(1, ada()).expect("nobody used it");
    world.redeem(2, ada()).expect("it was used once");
    assert_eq!(world.redeem(3, ada()), Err(used_up()));
    assert_eq!(world.redeem(3, eve()), Err(used_up()));
}

#[test]
fn a_cancelled_order_gives_the_code_back_to_its_address_too() {
    let mut world = World::with_limit(Some(1));
    world.redeem(1, ada()).expect("nobody used it");
    let given_back = world.release(1, ada());
    let customer_released = CodeCustomerEvent::CustomerReleased { order: order(1) };
    assert_eq!(given_back.code, [released(1, ada())]);
    assert_eq!(given_back.customer, std::slice::from_ref(&customer_released));
    assert_eq!(given_back.address, [customer_released]);
    assert_eq!(world.release(1, ada()), Used::default(), "once");
    assert!(world.redeem(2, eve()).is_ok());
}

#[test]
fn a_code_that_hands_its_redemptions_over_keeps_counting_addresses() {
    let mut world = World::with_limit(Some(1));
    world.redeem(1, ada()).expect("nobody used it");
    let orders = vec![order(1)];
    world
        .happen(ada(), |code| {
            code.decide(DiscountCodeCommand::Separate { orders })
        })
        .expect("it is handed over");
    world.ada.evolve(&redeemed_for(order(1)));
    assert_eq!(world.redeem(2, eve()), Err(used_up()));
    world.release(1, ada());
    let used = world.redeem(2, eve()).expect("it was given back");
    assert_eq!(used.customer.len(), 2, "the redemption and its address");
    assert_eq!(world.redeem(3, ada()), Err(used_up()));
}

#[test]
fn no_address_is_recorded_of_a_code_that_everybody_may_use_as_often_as_they_like() {
    let mut world = World::with_limit(None);
    let used = world.redeem(1, ada()).expect("nobody used it");
    assert_eq!((used.customer, used.address), (vec![], vec![]));
}
