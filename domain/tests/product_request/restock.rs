//! What was waited for has come; and whoever leaves is forgotten.

use domain::product_request::{Arrival, Came};

use super::*;

fn arrival(stock_version: i64, units: i64, available: i64) -> Arrival {
    Arrival {
        came: Came::Units { units, stock_version },
        stock_version,
        available,
        one_for_each_unit: true,
    }
}

/// Waited for by Ada, then by 9, 8 and 7: the later somebody came, the lower their id.
fn queue() -> Vec<E> {
    let later = [9, 8, 7].map(|number| E::RequestSubscribed {
        customer: customer(number),
    });
    std::iter::once(back_in_stock()).chain(later).collect()
}

fn told(stock_version: i64, customers: Vec<OwnerId>) -> Vec<E> {
    vec![E::StockAnnounced {
        product_version: None,
        stock_version,
        customers,
    }]
}

#[test]
fn as_many_as_there_are_units_are_told_those_who_waited_longest_first() {
    given(queue())
        .when(C::Announce(arrival(3, 2, 5)))
        .then_expect_events(told(3, vec![ada(), customer(9)]));
    // Two came, and somebody bought one of them before this was decided.
    given(queue())
        .when(C::Announce(arrival(3, 2, 1)))
        .then_expect_events(told(3, vec![ada()]));
    let everybody = Arrival {
        one_for_each_unit: false,
        ..arrival(3, 2, 1)
    };
    given(queue())
        .when(C::Announce(everybody))
        .then_expect_events(told(3, vec![ada(), customer(9), customer(8), customer(7)]));
}

#[test]
fn of_many_who_wait_a_thousand_are_told_in_one_event() {
    let many: Vec<E> = (1..=2_500)
        .map(|number| E::RequestSubscribed {
            customer: customer(number),
        })
        .collect();
    let waiting = || std::iter::once(back_in_stock()).chain(many.clone());
    let told = |units| {
        let mut request = state(waiting());
        let events = request
            .decide(C::Announce(arrival(3, units, units)))
            .expect("it is announced");
        for event in events.clone() {
            request.apply(event);
        }
        let again = request.decide(C::Announce(arrival(3, units, units)));
        assert_eq!(again, Ok(vec![]), "nobody is told twice of the same");
        events
    };
    let at_once = told(1_000);
    let [E::StockAnnounced { customers, .. }] = &at_once[..] else {
        panic!("{at_once:?}");
    };
    assert_eq!(customers.len(), 1_000);
    // More of them are told when everybody has a stream of their own.
    let noted = |to_tell| E::RestockNoted {
        product_version: None,
        stock_version: 3,
        to_tell,
    };
    assert_eq!(told(1_001), [noted(1_001)]);
    assert_eq!(told(5_000), [noted(2_501)]);
}

#[test]
fn nobody_is_told_of_what_cannot_be_had_or_twice_of_the_same() {
    given(queue())
        .when(C::Announce(arrival(3, 2, 0)))
        .then_expect_events(vec![]);
    let first = [queue(), told(3, vec![ada()])].concat();
    given(first.clone())
        .when(C::Announce(arrival(3, 2, 2)))
        .then_expect_events(vec![]);
    // The next units are for the next in the queue.
    given(first.clone())
        .when(C::Announce(arrival(4, 1, 2)))
        .then_expect_events(told(4, vec![customer(9)]));
    // Whoever asks again stands at the end.
    let again = [first, vec![E::RequestSubscribed { customer: ada() }]].concat();
    given(again)
        .when(C::Announce(arrival(4, 9, 9)))
        .then_expect_events(told(4, vec![customer(9), customer(8), customer(7), ada()]));
}

#[test]
fn a_product_that_is_listed_again_brings_all_its_units_and_they_bring_nobody_twice() {
    let listed = |product_version| Arrival {
        came: Came::Product { product_version },
        stock_version: 4,
        available: 2,
        one_for_each_unit: true,
    };
    let announced = E::StockAnnounced {
        product_version: Some(3),
        stock_version: 4,
        customers: vec![ada(), customer(9)],
    };
    given(queue())
        .when(C::Announce(listed(3)))
        .then_expect_events(vec![announced.clone()]);
    let after = [queue(), vec![announced]].concat();
    // Said again; and the units, whose own event is heard later.
    for again in [listed(3), arrival(4, 2, 2)] {
        given(after.clone())
            .when(C::Announce(again))
            .then_expect_events(vec![]);
    }
    // The same stock, listed anew, for whoever came meanwhile.
    given(after)
        .when(C::Announce(listed(5)))
        .then_expect_events(vec![E::StockAnnounced {
            product_version: Some(5),
            stock_version: 4,
            customers: vec![customer(8), customer(7)],
        }]);
}

#[test]
fn a_merge_keeps_the_order_of_the_queue() {
    let merged = E::DuplicateMerged {
        duplicate: request(2),
        supporters: std::collections::BTreeSet::new(),
        subscribers: vec![customer(5), customer(2)],
    };
    given(queue().into_iter().chain([merged]))
        .when(C::Announce(arrival(3, 9, 9)))
        .then_expect_events(told(3, [0xada, 9, 8, 7, 5, 2].map(customer).to_vec()));
}

#[test]
fn a_missing_product_that_is_there_ends_the_looking_for_it() {
    given([missing(), E::ProductLinked { sku: mug() }])
        .when(C::Announce(arrival(1, 1, 1)))
        .then_expect_events(vec![E::RequestFulfilled {}]);
    given([missing(), E::RequestFulfilled {}])
        .when(C::Announce(arrival(2, 1, 1)))
        .then_expect_events(vec![]);
}

#[test]
fn whoever_deletes_their_account_is_told_nothing_more_and_their_text_is_gone() {
    let erased = E::CustomerErased { customer: ada() };
    given(queue())
        .when(C::EraseCustomer { customer: ada() })
        .then_expect_events(vec![erased.clone()]);
    given(queue().into_iter().chain([erased.clone()]))
        .when(C::EraseCustomer { customer: ada() })
        .then_expect_events(vec![]);
    given(queue().into_iter().chain([erased.clone()]))
        .when(C::Announce(arrival(3, 1, 1)))
        .then_expect_events(told(3, vec![customer(9)]));
    let ProductRequest::Submitted(request) = state([missing(), erased]) else {
        panic!("it was submitted");
    };
    assert_eq!(request.text, None);
    assert_eq!(request.members.supporters, 1, "the count is history");
}

#[test]
fn a_quote_of_nobodys_is_for_nobody() {
    let asked = E::RequestSubmitted {
        kind: Kind::Quote,
        customer: ada(),
        text: None,
        sku: Some(mug()),
        quantity: Some(5),
    };
    given([asked])
        .when(C::EraseCustomer { customer: ada() })
        .then_expect_events(vec![
            E::CustomerErased { customer: ada() },
            E::RequestCancelled {},
        ]);
}
