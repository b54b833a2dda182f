//! What happens to product requests.

use std::collections::BTreeSet;

use domain::product_request::{Kind, Membership, ProductRequestEvent, Quote, RequestMemberEvent};
use domain::{QuoteId, RequestId, TextId};
use time::macros::datetime;
use uuid::uuid;

use super::{eur, mug, order, owner};

pub fn events() -> Vec<ProductRequestEvent> {
    use ProductRequestEvent as E;
    let text = TextId::new(uuid!("0192f0e1-2d44-7c01-9a35-4b6f8e2d1c70"));
    let quote = QuoteId::new(uuid!("0192f0e5-61b8-7f22-8d17-3c5a9e7b2f40"));
    let original = RequestId::new(uuid!("0192f0e0-90aa-7b13-b6c2-7e1d5f3a8c24"));
    let duplicate = RequestId::new(uuid!("0192f0e3-0c5f-7d38-a941-8f2b6c4e1d90"));
    let customer = owner();
    vec![
        E::RequestSubmitted {
            kind: Kind::Quote,
            customer,
            text: Some(text),
            sku: Some(mug()),
            quantity: Some(500),
        },
        E::RequestSupported { customer },
        E::SupportWithdrawn { customer },
        E::RequestSubscribed { customer },
        E::SubscriptionEnded { customer },
        E::RequestCommented {
            customer: Some(customer),
            text,
        },
        E::RequestCancelled {},
        E::RequestTriaged {},
        E::RequestPlanned {},
        E::RequestDeclined { reason: text },
        E::ProductLinked { sku: mug() },
        E::RequestFulfilled {},
        E::RequestHidden {},
        E::RequestRestored {},
        E::RequestMarkedDuplicate { of: original },
        E::DuplicateMerged {
            duplicate,
            supporters: BTreeSet::from([customer]),
            subscribers: vec![customer],
        },
        E::SupportersMoved {
            from: duplicate,
            supporters: BTreeSet::from([customer]),
            followers: vec![customer],
        },
        E::MembersSeparated {
            customers: vec![customer],
        },
        E::MembersMoved { through: 250 },
        E::RestockNoted {
            product_version: Some(2),
            stock_version: 4,
            to_tell: 1_200,
        },
        E::WaitingTold { through: 250 },
        E::StockAnnounced {
            product_version: Some(2),
            stock_version: 4,
            customers: vec![customer],
        },
        E::CustomerErased { customer },
        E::QuoteOffered {
            quote: Quote {
                id: quote,
                unit_price: eur(990),
                quantity: 500,
                expires_at: datetime!(2026-03-08 09:00 UTC),
            },
        },
        E::QuoteAccepted {
            quote,
            order: order(),
        },
        E::QuoteDeclined { quote },
        E::RenegotiationRequested { quote, text },
        E::QuoteExpired { quote },
    ]
}

pub fn of_member() -> Vec<RequestMemberEvent> {
    vec![RequestMemberEvent::MembershipChanged {
        membership: Membership {
            supports: true,
            follows: true,
            place: 17,
            erased: false,
        },
    }]
}
