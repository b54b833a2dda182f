//! One request is the same as another.

use std::collections::BTreeSet;

use domain::product_request::mark_duplicate;

use super::*;

fn submitted_by(customer: OwnerId) -> E {
    E::RequestSubmitted {
        kind: Kind::MissingProduct,
        customer,
        text: Some(text(9)),
        sku: None,
        quantity: None,
    }
}

#[test]
fn whoever_supports_a_duplicate_supports_the_original_and_counts_once() {
    let both = customer(3);
    let duplicate = state([
        submitted_by(eve()),
        E::RequestSupported { customer: both },
        E::RequestSubscribed {
            customer: customer(4),
        },
    ]);
    let mut original = state([missing(), E::RequestSupported { customer: both }]);
    let (of_duplicate, of_original) =
        mark_duplicate((request(2), &duplicate), (request(1), &original)).expect("they are duplicates");
    assert_eq!(of_duplicate, [E::RequestMarkedDuplicate { of: request(1) }]);
    assert_eq!(
        of_original,
        [E::DuplicateMerged {
            duplicate: request(2),
            supporters: BTreeSet::from([eve()]),
            subscribers: vec![eve(), customer(4)],
        }]
    );
    for event in of_original {
        original.apply(event);
    }
    let ProductRequest::Submitted(original) = original else {
        panic!("it was submitted");
    };
    assert_eq!(original.supporters, BTreeSet::from([ada(), eve(), both]));
}

#[test]
fn it_is_said_once_and_then_the_duplicate_sends_people_on() {
    let marked = E::RequestMarkedDuplicate { of: request(1) };
    let duplicate = state([submitted_by(eve()), marked.clone()]);
    let original = state([missing()]);
    let again = mark_duplicate((request(2), &duplicate), (request(1), &original));
    assert_eq!(again, Ok((vec![], vec![])));
    given([submitted_by(eve()), marked])
        .when(C::Support { customer: ada() })
        .then_expect_error(R::Duplicate { of: request(1) });
}

#[test]
fn what_is_no_duplicate_is_refused() {
    let (plain, none) = (state([missing()]), ProductRequest::default());
    let refused = |(id, duplicate), (of, original)| {
        mark_duplicate((request(id), duplicate), (request(of), original)).expect_err("it is refused")
    };
    assert_eq!(refused((1, &plain), (1, &plain)), R::OfItself);
    assert_eq!(refused((1, &plain), (2, &none)), R::NotFound);
    let elsewhere = state([missing(), E::RequestMarkedDuplicate { of: request(7) }]);
    assert_eq!(
        refused((1, &plain), (2, &elsewhere)),
        R::OriginalIsDuplicate { of: request(7) }
    );
    assert_eq!(
        refused((2, &elsewhere), (1, &plain)),
        R::Duplicate { of: request(7) }
    );
    let ended = state([missing(), E::RequestFulfilled {}]);
    assert_eq!(refused((1, &ended), (2, &plain)), R::Ended);
    assert_eq!(refused((1, &plain), (2, &ended)), R::Ended);
    assert_eq!(
        refused((1, &state([back_in_stock()])), (2, &plain)),
        R::KindsDiffer
    );
}
