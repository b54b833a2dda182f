//! Whatever people do in whatever order: nobody counts twice, nobody who is there is lost, and it makes no difference
//! whether a request keeps its people itself or they have streams of their own.

use proptest::collection::vec;
use proptest::prelude::*;

use super::world::World;
use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Support { of: u128, by: u128 },
    Withdraw { of: u128, by: u128 },
    Subscribe { of: u128, by: u128 },
    Unsubscribe { of: u128, by: u128 },
    Erase { of: u128, by: u128 },
    Separate { of: u128, most: usize },
    Mark { of: u128, into: u128 },
    Move { of: u128, most: usize },
    Arrive { of: u128, units: i64 },
    Tell { of: u128, most: usize },
}

const REQUESTS: u128 = 4;

fn step() -> impl Strategy<Value = Step> {
    let (of, by) = (0..REQUESTS, 0..8_u128);
    let most = 1..4_usize;
    prop_oneof![
        6 => (of.clone(), by.clone()).prop_map(|(of, by)| Step::Support { of, by }),
        3 => (of.clone(), by.clone()).prop_map(|(of, by)| Step::Withdraw { of, by }),
        6 => (of.clone(), by.clone()).prop_map(|(of, by)| Step::Subscribe { of, by }),
        3 => (of.clone(), by.clone()).prop_map(|(of, by)| Step::Unsubscribe { of, by }),
        1 => (of.clone(), by).prop_map(|(of, by)| Step::Erase { of, by }),
        2 => (of.clone(), most.clone()).prop_map(|(of, most)| Step::Separate { of, most }),
        1 => (of.clone(), of.clone()).prop_map(|(of, into)| Step::Mark { of, into }),
        3 => (of.clone(), most.clone()).prop_map(|(of, most)| Step::Move { of, most }),
        2 => (of.clone(), 0..5_i64).prop_map(|(of, units)| Step::Arrive { of, units }),
        3 => (of, most).prop_map(|(of, most)| Step::Tell { of, most }),
    ]
}

fn begun(kind: Kind) -> World {
    let mut world = World::default();
    for number in 0..REQUESTS {
        world.submit(
            number,
            E::RequestSubmitted {
                kind,
                customer: customer(100 + number),
                text: Some(text(number)),
                sku: Some(mug()),
                quantity: None,
            },
        );
    }
    world
}

fn take(world: &mut World, step: Step) {
    let customer_of = customer;
    // A refusal changes nothing.
    let _ = match step {
        Step::Support { of, by } => world.execute(
            of,
            C::Support {
                customer: customer_of(by),
            },
        ),
        Step::Withdraw { of, by } => world.execute(
            of,
            C::WithdrawSupport {
                customer: customer_of(by),
            },
        ),
        Step::Subscribe { of, by } => world.execute(
            of,
            C::Subscribe {
                customer: customer_of(by),
            },
        ),
        Step::Unsubscribe { of, by } => world.execute(
            of,
            C::Unsubscribe {
                customer: customer_of(by),
            },
        ),
        Step::Erase { of, by } => world.execute(
            of,
            C::EraseCustomer {
                customer: customer_of(by),
            },
        ),
        Step::Separate { of, most } => {
            world.separate(of, most);
            Ok(())
        }
        Step::Mark { of, into } => {
            world.mark(of, into);
            Ok(())
        }
        Step::Move { of, most } => {
            world.move_some(of, most);
            Ok(())
        }
        Step::Arrive { of, units } => {
            world.arrive(of, units);
            Ok(())
        }
        Step::Tell { of, most } => {
            // As the deadline does it: only once everybody has a stream.
            if world.state(of).members.kept.is_empty() {
                world.tell_some(of, most);
            }
            Ok(())
        }
    };
}

proptest! {
    #[test]
    fn nobody_counts_twice_and_nobody_is_lost(steps in vec(step(), 0..120)) {
        let mut world = begun(Kind::BackInStock);
        for step in steps {
            take(&mut world, step);
            world.check();
        }
    }

    #[test]
    fn with_streams_of_their_own_the_same_becomes_of_people(steps in vec(step(), 0..120)) {
        let (mut apart, mut kept) = (begun(Kind::BackInStock), begun(Kind::BackInStock));
        for number in 0..REQUESTS {
            apart.separate(number, 1);
        }
        let concerns_streams = |step: &Step| matches!(step, Step::Separate { .. } | Step::Arrive { .. } | Step::Tell { .. });
        for step in steps.into_iter().filter(|step| !concerns_streams(step)) {
            for world in [&mut apart, &mut kept] {
                take(world, step);
                // What takes a while with many is over before the next step.
                while (0..REQUESTS).any(|number| world.move_some(number, 2)) {}
            }
        }
        prop_assert_eq!(&apart.supporters, &kept.supporters);
        prop_assert_eq!(&apart.queues, &kept.queues);
        for number in 0..REQUESTS {
            prop_assert!(apart.state(number).members.kept.is_empty());
        }
    }

    #[test]
    fn everybody_is_told_in_the_order_of_the_queue_and_nobody_twice(
        people in 1..30_u128, units in 1..40_i64, most in 1..7_usize,
    ) {
        let mut world = begun(Kind::BackInStock);
        world.separate(0, 1);
        for number in 0..people {
            world.execute(0, C::Subscribe { customer: customer(number) }).expect("it is open");
        }
        world.arrive(0, units);
        while world.tell_some(0, most) {
            world.check();
        }
        let waited: Vec<OwnerId> = std::iter::once(100).chain(0..people).map(customer).collect();
        let units = usize::try_from(units).expect("it is positive").min(waited.len());
        prop_assert_eq!(&world.told, &waited[..units]);
    }
}
