//! The order's document: two streams in two topics, in whatever order they arrive.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod order;

use domain::Event;
use domain::order::CancelReason;
use order::*;
use proptest::prelude::*;
use read_model::document::Step;
use read_model::fields;
use read_model::order::{OrderState, StateList};
use serde_json::json;

#[test]
fn an_order_looks_to_clients_exactly_like_this() {
    let document = folded(&history(vec![placed(), requested(), started(1)]));
    let expected = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000001","version":1,"payment_version":2,"#,
        r#""customer":"00000000-0000-0000-0000-000000000007","cart":"00000000-0000-0000-0000-000000000002","#,
        r#""country":"DE","state":"awaiting-payment","cancel_reason":null,"return":null,"#,
        r#""lines":[{"sku":"MUG","name":"The MUG","quantity":3,"unit_price":{"minor":1000,"currency":"EUR"},"#,
        r#""line_total":{"minor":3000,"currency":"EUR"},"discount":{"minor":300,"currency":"EUR"},"shipped":0},"#,
        r#"{"sku":"POT","name":"The POT","quantity":1,"unit_price":{"minor":2000,"currency":"EUR"},"#,
        r#""line_total":{"minor":2000,"currency":"EUR"},"discount":{"minor":200,"currency":"EUR"},"shipped":0}],"#,
        r#""code":"SPRING","shipping_option":"standard","#,
        r#""totals":{"subtotal":{"minor":5000,"currency":"EUR"},"discount":{"minor":500,"currency":"EUR"},"#,
        r#""shipping":{"minor":490,"currency":"EUR"},"tax":{"minor":797,"currency":"EUR"},"tax_rate":1900,"#,
        r#""tax_included":true,"total":{"minor":4990,"currency":"EUR"}},"#,
        r#""payment":{"state":"checking","#,
        r#""attempts":[{"id":"00000000-0000-0000-0000-000000000001","state":"started","reason":null}],"#,
        r#""captured":null,"refunded":{"minor":0,"currency":"EUR"},"refunds":[]},"shipments":[],"#,
        r#""timeline":[{"what":"OrderPlaced","at":"2023-11-14T22:13:20Z"},"#,
        r#"{"what":"PaymentRequested","at":"2023-11-14T22:13:21Z"},"#,
        r#"{"what":"AttemptStarted","at":"2023-11-14T22:13:21Z"}],"#,
        r#""placed_at":"2023-11-14T22:13:20Z","updated_at":"2023-11-14T22:13:21Z"}"#
    );
    assert_eq!(String::from_utf8(document.body().unwrap()).unwrap(), expected);
}

#[test]
fn an_order_looks_in_lists_exactly_like_this() {
    let document = folded(&history(vec![placed(), requested()]));
    let stored = fields::encode(&document);
    let value = |name: &str| {
        let (_, value) = stored.iter().find(|(field, _)| *field == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    };
    let expected = concat!(
        r#"{"id":"00000000-0000-0000-0000-000000000001","version":1,"state":"awaiting-payment","#,
        r#""payment_state":"awaiting","total":{"minor":4990,"currency":"EUR"},"item_count":4,"#,
        r#""placed_at":"2023-11-14T22:13:20Z","updated_at":"2023-11-14T22:13:21Z"}"#
    );
    assert_eq!(value("summary"), expected);
    assert_eq!(value("customer"), CUSTOMER.to_string());
    assert_eq!(value("versions"), r#"{"order":1,"payment":1}"#);
}

#[test]
fn where_the_contact_lies_is_nobodys_business() {
    let contact = "deadbeef";
    assert!(placed().payload().contains(contact));
    for (field, value) in fields::encode(&folded(&history(vec![placed()]))) {
        assert!(!String::from_utf8(value).unwrap().contains(contact), "{field}");
    }
}

#[test]
fn an_order_is_delivered_when_all_of_it_was_sent_and_every_parcel_arrived() {
    let mut events = vec![placed(), confirmed()];
    assert_eq!(body(events.clone())["state"], "confirmed");
    for (event, state) in [
        (shipped(1, &[("MUG", 2)]), "partially-shipped"),
        (delivered(1), "partially-shipped"),
        (shipped(2, &[("MUG", 1), ("POT", 1)]), "shipped"),
        (delivered(2), "delivered"),
    ] {
        events.push(event);
        assert_eq!(body(events.clone())["state"], state);
    }
    let order = body(events);
    assert_eq!(
        order["shipments"][0],
        json!({
            "id": shipment(1), "lines": [{"sku": "MUG", "quantity": 2}], "carrier": "DHL", "tracking": "TRACK-1",
            "shipped_at": "2023-11-14T22:13:21Z", "delivered_at": "2023-11-14T22:13:22Z"
        })
    );
    assert_eq!(
        (&order["lines"][0]["shipped"], &order["lines"][1]["shipped"]),
        (&3.into(), &1.into())
    );
}

#[test]
fn a_cancelled_order_says_why() {
    for (reason, text) in [
        (CancelReason::Expired, "expired"),
        (CancelReason::Customer, "customer"),
        (CancelReason::Staff, "staff"),
    ] {
        let order = body(vec![placed(), cancelled(reason)]);
        assert_eq!(
            (&order["state"], &order["cancel_reason"]),
            (&"cancelled".into(), &text.into())
        );
    }
}

#[test]
fn a_return_is_asked_for_and_answered_and_can_be_asked_for_again() {
    let mut events = vec![placed(), confirmed(), shipped(1, &[("MUG", 3), ("POT", 1)])];
    assert!(body(events.clone())["return"].is_null());
    for (event, state) in [
        (return_requested(), "requested"),
        (return_declined(), "declined"),
        (return_requested(), "requested"),
        (return_accepted(), "accepted"),
    ] {
        events.push(event);
        assert_eq!(
            body(events.clone())["return"],
            json!({"state": state, "reason": "not_as_described"})
        );
        assert_eq!(body(events.clone())["state"], "shipped");
    }
}

#[test]
fn a_payment_that_arrives_before_its_order_is_kept_without_a_body() {
    let document = folded(&history(vec![requested(), started(1)]));
    assert_eq!((document.body(), document.listing()), (None, None));
    assert_eq!(document.fence(), r#"{"order":0,"payment":2}"#);
    assert_eq!(stored_and_loaded(&document), document);
}

#[test]
fn an_order_is_listed_by_its_state_and_with_the_returns_until_they_are_answered() {
    let mut events = vec![placed(), requested()];
    let lists = |events: &[Event]| {
        let listing = order(events.to_vec()).listing().unwrap();
        assert_eq!(
            (listing.order, listing.customer, listing.position),
            (ORDER, CUSTOMER, 1)
        );
        let named: Vec<_> = StateList::ALL
            .into_iter()
            .filter(|list| listing.is_in(*list))
            .map(StateList::as_str)
            .collect();
        (listing.version, named)
    };
    assert_eq!(lists(&events), (1, vec!["all", "awaiting-payment"]));
    for (event, names) in [
        (confirmed(), vec!["all", "confirmed"]),
        (shipped(1, &[("MUG", 3)]), vec!["all", "partially-shipped"]),
        (
            return_requested(),
            vec!["all", "return-requested", "partially-shipped"],
        ),
        (
            shipped(2, &[("POT", 1)]),
            vec!["all", "return-requested", "shipped"],
        ),
        (return_accepted(), vec!["all", "shipped"]),
        (delivered(1), vec!["all", "shipped"]),
        (delivered(2), vec!["all", "delivered"]),
    ] {
        events.push(event);
        assert_eq!(lists(&events).1, names);
    }
    // Its payment moves it to no other list.
    let before = lists(&events);
    events.extend([started(1), captured(1)]);
    assert_eq!(lists(&events), before);
}

#[test]
fn there_is_a_list_for_every_state() {
    for state in OrderState::ALL {
        assert_eq!(StateList::parse(state.as_str()), Some(StateList::State(state)));
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
    assert_eq!(StateList::parse("paid"), None);
}

#[test]
fn a_discarded_event_takes_its_place_and_changes_nothing_else() {
    let history = history(vec![placed(), confirmed(), requested(), started(1), started(2)]);
    let mut document = folded([&history[0], &history[2]]);
    document.skip(domain::AggregateType::Order, 2);
    document.skip(domain::AggregateType::Payment, 2);
    let (recorded, event) = &history[4];
    assert_eq!(document.fold(&id(), recorded, event), Step::Applied);
    let order: serde_json::Value = serde_json::from_slice(&document.body().unwrap()).unwrap();
    assert_eq!(
        (&order["state"], &order["version"], &order["payment_version"]),
        (&"awaiting-payment".into(), &2.into(), &3.into())
    );
}

/// All that can happen, in an order in which the fold makes sense of it.
fn everything() -> Vec<Event> {
    vec![
        placed(),
        requested(),
        started(1),
        declined(1),
        started(2),
        action_required(2),
        void_requested(2),
        voided(2),
        started(3),
        authorized(3),
        capture_requested(3),
        captured(3),
        confirmed(),
        taken_over(),
        shipped(1, &[("MUG", 3), ("POT", 1)]),
        return_requested(),
        return_declined(),
        delivered(1),
        return_requested(),
        refund_requested(1, 4_990),
        return_accepted(),
        refund_failed(1),
        refund_requested(2, 4_990),
        refunded(2, 4_990),
        cancelled(CancelReason::Staff),
    ]
}

#[test]
fn every_event_of_an_order_and_of_a_payment_is_folded_here() {
    let folded: std::collections::HashSet<&str> = everything().iter().map(Event::name).collect();
    for kind in [domain::AggregateType::Order, domain::AggregateType::Payment] {
        for name in Event::names(kind) {
            assert!(folded.contains(name), "{name}");
        }
    }
    let order = body(everything());
    let seen: Vec<&str> = order["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["what"].as_str().unwrap())
        .collect();
    let meant: Vec<&str> = everything().iter().map(Event::name).collect();
    assert_eq!(seen, meant);
}

proptest! {
    #[test]
    fn the_two_streams_give_the_same_document_in_any_interleaving(order in prop::collection::vec(any::<bool>(), 30)) {
        let history = history(everything());
        let (of_order, of_payment): (Vec<_>, Vec<_>) =
            history.iter().partition(|(_, event)| matches!(event, Event::Order(_)));
        let (mut of_order, mut of_payment) = (of_order.into_iter(), of_payment.into_iter());
        let mut interleaved = vec![];
        for first in order {
            interleaved.extend(if first { of_order.next() } else { of_payment.next() });
        }
        interleaved.extend(of_order.chain(of_payment));
        prop_assert_eq!(folded(interleaved), folded(&history));
    }

    #[test]
    fn any_split_into_batches_gives_the_same_document(length in 1..24_usize) {
        let history = history(everything());
        let mut document = id().empty();
        for (recorded, event) in &history[..length] {
            document.fold(&id(), recorded, event);
            document = stored_and_loaded(&document);
        }
        prop_assert_eq!(document, folded(&history[..length]));
    }

    #[test]
    fn what_is_delivered_again_changes_nothing(again in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let history = history(everything());
        let whole = folded(&history);
        let mut document = whole.clone();
        for index in again {
            let (recorded, event) = index.get(&history);
            prop_assert_eq!(document.fold(&id(), recorded, event), Step::Duplicate);
        }
        prop_assert_eq!(document, whole);
    }
}
