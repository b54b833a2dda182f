//! A quote is one customer's, is good until it expires, and becomes one order.

use domain::product_request::Quote;
use domain::{Currency, Money, OrderId, QuoteId};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::*;

fn today() -> OffsetDateTime {
    datetime!(2026-03-01 09:00 UTC)
}

fn asked() -> E {
    E::RequestSubmitted {
        kind: Kind::Quote,
        customer: ada(),
        text: None,
        sku: Some(mug()),
        quantity: Some(500),
    }
}

fn id(number: u128) -> QuoteId {
    QuoteId::new(Uuid::from_u128(number))
}

fn order(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

/// Good for a week, the next one for another.
fn quote(number: u8) -> Quote {
    Quote {
        id: id(number.into()),
        unit_price: Money::new(990, Currency::EUR),
        quantity: 500,
        expires_at: today() + Duration::weeks(number.into()),
    }
}

fn offered(number: u8) -> E {
    E::QuoteOffered { quote: quote(number) }
}

fn accept(customer: OwnerId, quote: u128, order_number: u128, at: OffsetDateTime) -> C {
    C::AcceptQuote {
        customer,
        quote: id(quote),
        order: order(order_number),
        at,
    }
}

fn accepted() -> E {
    E::QuoteAccepted {
        quote: id(1),
        order: order(1),
    }
}

#[test]
fn staff_quote_what_was_asked_for_and_a_newer_quote_replaces_an_older_one() {
    let offer = |quote| C::OfferQuote { quote, at: today() };
    given([asked()])
        .when(offer(quote(1)))
        .then_expect_events(vec![offered(1)]);
    given([asked(), offered(1)])
        .when(offer(quote(1)))
        .then_expect_events(vec![]);
    given([asked(), offered(1)])
        .when(offer(quote(2)))
        .then_expect_events(vec![offered(2)]);
    given([asked(), offered(1), offered(2)])
        .when(accept(ada(), 1, 1, today()))
        .then_expect_error(R::NoQuote { quote: id(1) });
    given([missing()])
        .when(offer(quote(1)))
        .then_expect_error(R::NotForQuotes);
    let free = Quote {
        unit_price: Money::new(0, Currency::EUR),
        ..quote(1)
    };
    let over = Quote {
        expires_at: today(),
        ..quote(1)
    };
    for wrong in [free, over] {
        given([asked()])
            .when(offer(wrong))
            .then_expect_error(R::QuoteTerms);
    }
    let none = Quote {
        quantity: 0,
        ..quote(1)
    };
    given([asked()]).when(offer(none)).then_expect_error(R::Quantity);
}

#[test]
fn what_nobody_could_pay_is_not_offered() {
    let offered = |minor, currency, quantity| Quote {
        unit_price: Money::new(minor, currency),
        quantity,
        ..quote(1)
    };
    let offer = |quote| C::OfferQuote { quote, at: today() };
    for (wrong, code) in [
        (offered(1_235, Currency::KWD, 10), "amount-step"),
        (offered(49, Currency::EUR, 1), "total-too-small"),
        (offered(1_000_000, Currency::EUR, 100), "total-too-large"),
        (offered(i64::MAX, Currency::EUR, 2), "total-too-large"),
    ] {
        let refused = state([asked()])
            .decide(offer(wrong))
            .expect_err("nobody can pay it");
        assert_eq!(refused.code(), "quote-price");
        let R::QuotePrice { why, .. } = refused else {
            panic!("{refused}")
        };
        assert_eq!(why.code(), code);
    }
    for right in [offered(5, Currency::EUR, 10), offered(1_230, Currency::KWD, 1)] {
        assert!(state([asked()]).decide(offer(right)).is_ok());
    }
}

#[test]
fn a_quote_is_accepted_once_into_one_order() {
    given([asked(), offered(1)])
        .when(accept(ada(), 1, 1, today()))
        .then_expect_events(vec![accepted()]);
    given([asked(), offered(1), accepted()])
        .when(accept(ada(), 1, 1, today()))
        .then_expect_events(vec![]);
    given([asked(), offered(1), accepted()])
        .when(accept(ada(), 1, 2, today()))
        .then_expect_error(R::NoQuote { quote: id(1) });
    given([asked(), offered(1), accepted()])
        .when(C::DeclineQuote {
            customer: ada(),
            quote: id(1),
        })
        .then_expect_error(R::NoQuote { quote: id(1) });
}

#[test]
fn a_quote_is_nobody_elses() {
    given([asked(), offered(1)])
        .when(accept(eve(), 1, 1, today()))
        .then_expect_error(R::NotFound);
    given([asked()])
        .when(C::Support { customer: eve() })
        .then_expect_error(R::NotFound);
    given([asked()])
        .when(C::Subscribe { customer: eve() })
        .then_expect_error(R::NotFound);
}

#[test]
fn a_quote_is_good_until_the_moment_it_expires() {
    let end = quote(1).expires_at;
    given([asked(), offered(1)])
        .when(accept(ada(), 1, 1, end - Duration::microseconds(1)))
        .then_expect_events(vec![accepted()]);
    given([asked(), offered(1)])
        .when(accept(ada(), 1, 1, end))
        .then_expect_error(R::QuoteExpired);
    let expire = |at| C::ExpireQuote { at };
    let expired = E::QuoteExpired { quote: id(1) };
    given([asked(), offered(1)])
        .when(expire(end))
        .then_expect_events(vec![expired.clone()]);
    given([asked(), offered(1)])
        .when(expire(end - Duration::microseconds(1)))
        .then_expect_events(vec![]);
    given([asked(), offered(1), accepted()])
        .when(expire(end))
        .then_expect_events(vec![]);
    given([asked(), offered(1), offered(2)])
        .when(expire(end))
        .then_expect_events(vec![]);
    // Staff may quote again.
    given([asked(), offered(1), expired])
        .when(C::OfferQuote {
            quote: quote(2),
            at: today(),
        })
        .then_expect_events(vec![offered(2)]);
}

#[test]
fn a_quote_is_declined_or_negotiated_and_then_there_may_be_another() {
    let declined = E::QuoteDeclined { quote: id(1) };
    let asked_again = E::RenegotiationRequested {
        quote: id(1),
        text: text(4),
    };
    given([asked(), offered(1)])
        .when(C::DeclineQuote {
            customer: ada(),
            quote: id(1),
        })
        .then_expect_events(vec![declined.clone()]);
    given([asked(), offered(1)])
        .when(C::Renegotiate {
            customer: ada(),
            quote: id(1),
            text: text(4),
        })
        .then_expect_events(vec![asked_again.clone()]);
    for answered in [declined, asked_again] {
        given([asked(), offered(1), answered.clone()])
            .when(accept(ada(), 1, 1, today()))
            .then_expect_error(R::NoQuote { quote: id(1) });
        given([asked(), offered(1), answered])
            .when(C::OfferQuote {
                quote: quote(2),
                at: today(),
            })
            .then_expect_events(vec![offered(2)]);
    }
}

#[test]
fn what_was_bought_is_fulfilled_and_not_cancelled() {
    given([asked(), offered(1), accepted()])
        .when(C::Fulfil)
        .then_expect_events(vec![E::RequestFulfilled {}]);
    given([asked(), offered(1), accepted()])
        .when(C::Cancel { customer: ada() })
        .then_expect_error(R::Ended);
}
