//! Whatever people do in whatever order: nobody counts twice, nobody who is there is lost, and a quote is accepted once.

use std::collections::{BTreeMap, BTreeSet};

use domain::product_request::mark_duplicate;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Support { of: u128, by: u128 },
    Withdraw { of: u128, by: u128 },
    Merge { of: u128, into: u128 },
}

const REQUESTS: u128 = 4;

fn step() -> impl Strategy<Value = Step> {
    let (of, by) = (0..REQUESTS, 0..6_u128);
    prop_oneof![
        6 => (of.clone(), by.clone()).prop_map(|(of, by)| Step::Support { of, by }),
        3 => (of.clone(), by).prop_map(|(of, by)| Step::Withdraw { of, by }),
        1 => (of.clone(), of).prop_map(|(of, into)| Step::Merge { of, into }),
    ]
}

fn supporters(state: &ProductRequest) -> &BTreeSet<OwnerId> {
    match state {
        ProductRequest::Submitted(request) => &request.supporters,
        ProductRequest::Unsubmitted => panic!("all of them were submitted"),
    }
}

proptest! {
    #[test]
    fn nobody_counts_twice_under_any_order_of_support_withdrawal_and_merge(steps in vec(step(), 0..80)) {
        let submitted = |number| E::RequestSubmitted {
            kind: Kind::MissingProduct,
            customer: customer(100 + number),
            text: Some(text(number)),
            sku: None,
            quantity: None,
        };
        let mut states: BTreeMap<u128, ProductRequest> =
            (0..REQUESTS).map(|number| (number, state([submitted(number)]))).collect();
        // Counted by hand: +1 for each that was stored, −1 for each that was taken back.
        let mut counted: BTreeMap<u128, BTreeMap<OwnerId, i32>> = (0..REQUESTS)
            .map(|number| (number, BTreeMap::from([(customer(100 + number), 1)])))
            .collect();
        for step in steps {
            let stored = match step {
                Step::Support { of, by } => {
                    let decided = states[&of].decide(C::Support { customer: customer(by) });
                    vec![(of, decided.unwrap_or_default())]
                }
                Step::Withdraw { of, by } => {
                    let decided = states[&of].decide(C::WithdrawSupport { customer: customer(by) });
                    vec![(of, decided.unwrap_or_default())]
                }
                Step::Merge { of, into } => {
                    let both = mark_duplicate((request(of), &states[&of]), (request(into), &states[&into]));
                    let (duplicate, original) = both.unwrap_or_default();
                    vec![(of, duplicate), (into, original)]
                }
            };
            for (number, events) in stored {
                for event in events {
                    let counts = counted.get_mut(&number).expect("all are counted");
                    match &event {
                        E::RequestSupported { customer } => *counts.entry(*customer).or_default() += 1,
                        E::SupportWithdrawn { customer } => *counts.entry(*customer).or_default() -= 1,
                        E::DuplicateMerged { supporters, .. } => {
                            for customer in supporters {
                                *counts.entry(*customer).or_default() += 1;
                            }
                        }
                        _ => {}
                    }
                    states.get_mut(&number).expect("all are there").apply(event);
                }
            }
            for (number, counts) in &counted {
                prop_assert!(counts.values().all(|count| (0..=1).contains(count)), "{counts:?}");
                let counting: BTreeSet<OwnerId> =
                    counts.iter().filter(|(_, count)| **count == 1).map(|(customer, _)| *customer).collect();
                prop_assert_eq!(&counting, supporters(&states[number]));
            }
        }
    }

    #[test]
    fn a_merge_loses_nobody(first in vec(0..8_u128, 0..8), second in vec(0..8_u128, 0..8)) {
        let supported = |by: &[u128]| {
            let more = by.iter().map(|number| E::RequestSupported { customer: customer(*number) });
            state(std::iter::once(missing()).chain(more))
        };
        let (duplicate, mut original) = (supported(&first), supported(&second));
        let everybody: BTreeSet<OwnerId> = supporters(&duplicate) | supporters(&original);
        let (_, events) = mark_duplicate((request(1), &duplicate), (request(2), &original))
            .expect("they are duplicates");
        for event in events {
            original.apply(event);
        }
        prop_assert_eq!(supporters(&original), &everybody);
    }
}
