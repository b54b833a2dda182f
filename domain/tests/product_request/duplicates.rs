//! One request is the same as another.

use std::collections::BTreeSet;

use domain::product_request::{Marked, Person, RequestMember, mark_duplicate};

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

/// Names nobody.
fn merged() -> E {
    E::DuplicateMerged {
        duplicate: request(2),
        supporters: BTreeSet::new(),
        subscribers: vec![],
    }
}

/// Those whom a request keeps itself, who have no streams.
pub fn people(state: &ProductRequest) -> Vec<Person> {
    let ProductRequest::Submitted(request) = state else {
        return vec![];
    };
    let person = |customer: &OwnerId| Person {
        customer: *customer,
        in_duplicate: RequestMember::default(),
        in_original: RequestMember::default(),
    };
    request.members.kept.keys().map(person).collect()
}

fn mark(
    (id, duplicate): (u128, &ProductRequest),
    (of, original): (u128, &ProductRequest),
) -> Result<Marked, R> {
    mark_duplicate(
        (request(id), duplicate),
        (request(of), original),
        &people(duplicate),
    )
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
    let marked = mark((2, &duplicate), (1, &original)).expect("they are duplicates");
    assert!(!marked.goes_on);
    assert_eq!(
        marked.moved.duplicate,
        [
            E::RequestMarkedDuplicate { of: request(1) },
            E::MembersMoved { through: 4 }
        ]
    );
    assert_eq!(
        marked.moved.original,
        [
            merged(),
            E::SupportersMoved {
                from: request(2),
                supporters: BTreeSet::from([eve()]),
                followers: vec![eve(), customer(4)],
            }
        ]
    );
    for event in marked.moved.original {
        original.apply(event);
    }
    let ProductRequest::Submitted(original) = original else {
        panic!("it was submitted");
    };
    assert_eq!((original.members.supporters, original.members.followers), (3, 3));
    assert!(original.members.kept.contains_key(&eve()));
}

#[test]
fn of_many_people_nobody_is_moved_at_once() {
    let joined = |number| E::RequestSupported {
        customer: customer(number),
    };
    let duplicate = state(std::iter::once(submitted_by(eve())).chain((1..=200).map(joined)));
    let marked = mark((2, &duplicate), (1, &state([missing()]))).expect("they are duplicates");
    assert!(marked.goes_on);
    assert_eq!(
        marked.moved.duplicate,
        [E::RequestMarkedDuplicate { of: request(1) }]
    );
    assert_eq!(marked.moved.original, [merged()]);
}

#[test]
fn a_merge_of_before_named_everybody_itself() {
    let merged = E::DuplicateMerged {
        duplicate: request(2),
        supporters: BTreeSet::from([eve()]),
        subscribers: vec![eve()],
    };
    given([missing(), merged])
        .when(C::Support { customer: eve() })
        .then_expect_events(vec![]);
}

#[test]
fn it_is_said_once_and_then_the_duplicate_sends_people_on() {
    let marked = E::RequestMarkedDuplicate { of: request(1) };
    let duplicate = state([submitted_by(eve()), marked.clone()]);
    let original = state([missing()]);
    let again = mark((2, &duplicate), (1, &original));
    assert_eq!(again, Ok(Marked::default()));
    given([submitted_by(eve()), marked])
        .when(C::Support { customer: ada() })
        .then_expect_error(R::Duplicate { of: request(1) });
}

#[test]
fn what_is_no_duplicate_is_refused() {
    let (plain, none) = (state([missing()]), ProductRequest::default());
    let refused = |duplicate, original| mark(duplicate, original).expect_err("it is refused");
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
