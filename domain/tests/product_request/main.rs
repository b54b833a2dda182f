//! What becomes of a product request, given/when/then; and that nobody's support counts twice.

mod duplicates;
mod properties;
mod quotes;
mod restock;
mod world;

use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};
use domain::product_request::{
    Kind, ProductRequest, ProductRequestCommand, ProductRequestError, ProductRequestEvent,
};
use domain::{OwnerId, RequestId, Sku, TextId};
use uuid::Uuid;

use ProductRequestCommand as C;
use ProductRequestError as R;
use ProductRequestEvent as E;

fn customer(number: u128) -> OwnerId {
    OwnerId::new(Uuid::from_u128(number))
}

fn ada() -> OwnerId {
    customer(0xada)
}

fn eve() -> OwnerId {
    customer(0xe4e)
}

fn request(number: u128) -> RequestId {
    RequestId::new(Uuid::from_u128(number))
}

fn text(number: u128) -> TextId {
    TextId::new(Uuid::from_u128(number))
}

fn mug() -> Sku {
    Sku::parse("MUG").expect("a SKU of a test is one")
}

/// Ada's, of what the shop does not have.
fn missing() -> E {
    E::RequestSubmitted {
        kind: Kind::MissingProduct,
        customer: ada(),
        text: Some(text(1)),
        sku: None,
        quantity: None,
    }
}

fn back_in_stock() -> E {
    E::RequestSubmitted {
        kind: Kind::BackInStock,
        customer: ada(),
        text: None,
        sku: Some(mug()),
        quantity: None,
    }
}

fn submit(kind: Kind, text: Option<TextId>, sku: Option<Sku>, quantity: Option<u32>) -> C {
    C::Submit {
        kind,
        customer: ada(),
        text,
        sku,
        quantity,
    }
}

fn given(events: impl IntoIterator<Item = E>) -> AggregateTestExecutor<ProductRequest> {
    TestFramework::with(()).given(events.into_iter().collect())
}

fn state(events: impl IntoIterator<Item = E>) -> ProductRequest {
    let mut state = ProductRequest::default();
    for event in events {
        state.apply(event);
    }
    state
}

#[test]
fn a_request_says_what_it_is_about() {
    let new = || TestFramework::<ProductRequest>::with(()).given_no_previous_events();
    new()
        .when(submit(Kind::MissingProduct, Some(text(1)), None, None))
        .then_expect_events(vec![missing()]);
    new()
        .when(submit(Kind::BackInStock, None, Some(mug()), None))
        .then_expect_events(vec![back_in_stock()]);
    for (nothing, why) in [
        (
            submit(Kind::MissingProduct, None, Some(mug()), None),
            R::NothingSaid,
        ),
        (submit(Kind::BackInStock, Some(text(1)), None, None), R::NoProduct),
        (submit(Kind::Quote, None, None, Some(5)), R::NothingSaid),
        (submit(Kind::Quote, Some(text(1)), None, None), R::Quantity),
        (submit(Kind::Quote, Some(text(1)), None, Some(0)), R::Quantity),
        (
            submit(Kind::Quote, Some(text(1)), None, Some(100_001)),
            R::Quantity,
        ),
    ] {
        new().when(nothing).then_expect_error(why);
    }
    new()
        .when(C::Support { customer: eve() })
        .then_expect_error(R::NotFound);
    new().when(C::Triage).then_expect_error(R::NotFound);
}

#[test]
fn whoever_asks_for_the_same_again_supports_and_follows_it() {
    let again = C::Submit {
        kind: Kind::BackInStock,
        customer: eve(),
        text: None,
        sku: Some(mug()),
        quantity: None,
    };
    let joined = vec![
        E::RequestSupported { customer: eve() },
        E::RequestSubscribed { customer: eve() },
    ];
    given([back_in_stock()])
        .when(again.clone())
        .then_expect_events(joined.clone());
    given([vec![back_in_stock()], joined].concat())
        .when(again)
        .then_expect_events(vec![]);
    given([back_in_stock()])
        .when(submit(Kind::BackInStock, None, Some(mug()), None))
        .then_expect_events(vec![]);
}

#[test]
fn support_counts_once_and_is_taken_back_once() {
    let supported = E::RequestSupported { customer: eve() };
    let withdrawn = E::SupportWithdrawn { customer: eve() };
    given([missing()])
        .when(C::Support { customer: eve() })
        .then_expect_events(vec![supported.clone()]);
    given([missing(), supported.clone()])
        .when(C::Support { customer: eve() })
        .then_expect_events(vec![]);
    given([missing(), supported.clone()])
        .when(C::WithdrawSupport { customer: eve() })
        .then_expect_events(vec![withdrawn.clone()]);
    given([missing(), supported, withdrawn])
        .when(C::WithdrawSupport { customer: eve() })
        .then_expect_events(vec![]);
    // Whoever submits supports.
    given([missing()])
        .when(C::Support { customer: ada() })
        .then_expect_events(vec![]);
}

#[test]
fn following_is_not_supporting() {
    let followed = E::RequestSubscribed { customer: eve() };
    given([missing()])
        .when(C::Subscribe { customer: eve() })
        .then_expect_events(vec![followed.clone()]);
    given([missing(), followed.clone()])
        .when(C::Support { customer: eve() })
        .then_expect_events(vec![E::RequestSupported { customer: eve() }]);
    given([missing(), followed])
        .when(C::Unsubscribe { customer: eve() })
        .then_expect_events(vec![E::SubscriptionEnded { customer: eve() }]);
    given([missing()])
        .when(C::Unsubscribe { customer: eve() })
        .then_expect_events(vec![]);
}

#[test]
fn staff_take_it_from_stage_to_stage_and_never_back() {
    let (triaged, planned, fulfilled) = (E::RequestTriaged {}, E::RequestPlanned {}, E::RequestFulfilled {});
    given([missing()])
        .when(C::Triage)
        .then_expect_events(vec![triaged.clone()]);
    given([missing(), triaged.clone()])
        .when(C::Triage)
        .then_expect_events(vec![]);
    given([missing(), triaged.clone()])
        .when(C::Plan)
        .then_expect_events(vec![planned.clone()]);
    given([missing(), planned.clone()])
        .when(C::Triage)
        .then_expect_error(R::NotNow);
    given([missing(), planned.clone()])
        .when(C::Fulfil)
        .then_expect_events(vec![fulfilled.clone()]);
    given([missing(), fulfilled.clone()])
        .when(C::Fulfil)
        .then_expect_events(vec![]);
    given([missing(), fulfilled.clone()])
        .when(C::Plan)
        .then_expect_error(R::Ended);
    let decline = C::Decline { reason: text(2) };
    given([missing(), planned])
        .when(decline.clone())
        .then_expect_events(vec![E::RequestDeclined { reason: text(2) }]);
    given([missing(), fulfilled])
        .when(decline)
        .then_expect_error(R::Ended);
}

#[test]
fn a_product_is_linked_while_anything_can_come_of_it() {
    let linked = E::ProductLinked { sku: mug() };
    let link = C::LinkProduct { sku: mug() };
    given([missing()])
        .when(link.clone())
        .then_expect_events(vec![linked.clone()]);
    given([missing(), linked])
        .when(link.clone())
        .then_expect_events(vec![]);
    given([missing(), E::RequestCancelled {}])
        .when(link)
        .then_expect_error(R::Ended);
}

#[test]
fn nothing_is_added_to_what_has_ended() {
    for ended in [
        E::RequestCancelled {},
        E::RequestDeclined { reason: text(2) },
        E::RequestFulfilled {},
    ] {
        for command in [
            C::Support { customer: eve() },
            C::Subscribe { customer: eve() },
            C::Comment {
                customer: Some(eve()),
                text: text(3),
            },
        ] {
            given([missing(), ended.clone()])
                .when(command)
                .then_expect_error(R::Ended);
        }
        // What was there can still be taken back.
        given([missing(), ended])
            .when(C::WithdrawSupport { customer: ada() })
            .then_expect_events(vec![E::SupportWithdrawn { customer: ada() }]);
    }
}

#[test]
fn a_request_is_cancelled_by_whose_it_is_and_not_over_others() {
    let cancel = |customer| C::Cancel { customer };
    given([missing()])
        .when(cancel(ada()))
        .then_expect_events(vec![E::RequestCancelled {}]);
    given([missing(), E::RequestCancelled {}])
        .when(cancel(ada()))
        .then_expect_events(vec![]);
    given([missing()])
        .when(cancel(eve()))
        .then_expect_error(R::NotFound);
    given([missing(), E::RequestSupported { customer: eve() }])
        .when(cancel(ada()))
        .then_expect_error(R::SupportedByOthers);
    given([missing(), E::RequestFulfilled {}])
        .when(cancel(ada()))
        .then_expect_error(R::Ended);
}

#[test]
fn what_is_hidden_is_there_for_whose_it_is_alone_until_it_is_restored() {
    let hidden = E::RequestHidden {};
    let comment = |customer| C::Comment {
        customer: Some(customer),
        text: text(3),
    };
    given([missing()])
        .when(C::Hide)
        .then_expect_events(vec![hidden.clone()]);
    given([missing(), hidden.clone()])
        .when(C::Hide)
        .then_expect_events(vec![]);
    given([missing(), hidden.clone()])
        .when(comment(eve()))
        .then_expect_error(R::NotFound);
    given([missing(), hidden.clone()])
        .when(comment(ada()))
        .then_expect_events(vec![E::RequestCommented {
            customer: Some(ada()),
            text: text(3),
        }]);
    given([missing(), hidden.clone()])
        .when(C::Support { customer: eve() })
        .then_expect_error(R::NotFound);
    given([missing(), hidden])
        .when(C::Restore)
        .then_expect_events(vec![E::RequestRestored {}]);
    given([missing()]).when(C::Restore).then_expect_events(vec![]);
}
