//! What can happen to an order, its payment and the gateway's answers on their way.

use proptest::prelude::*;
use proptest::sample::Index;

use super::affair::total;

/// How many attempts a shopper makes here.
pub const ATTEMPTS: u128 = 4;

/// What becomes of an answer of the gateway on its way.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Heard,
    HeardTwice,
    /// Heard some time later, when something else may have happened.
    Delayed,
    Lost,
}

#[derive(Clone, Copy, Debug)]
pub enum Happening {
    Start,
    Ask { which: Index, luck: u8, answer: Answer },
    Hear { which: Index, again: bool },
    Bank { of: u128, passed: bool },
    Cancel,
    Expire,
    Refund { minor: Option<i64> },
    Ship,
    Deliver,
    RequestReturn,
    DeclineReturn,
    CaptureByHand { of: u128, minor: Option<i64> },
    Lapse { of: u128 },
    Bounce { which: Index },
}

fn of() -> impl Strategy<Value = u128> {
    0..ATTEMPTS
}

/// What happens to the best of shops.
pub fn ordinary() -> impl Strategy<Value = Happening> {
    let answer = prop_oneof![
        6 => Just(Answer::Heard),
        2 => Just(Answer::HeardTwice),
        2 => Just(Answer::Delayed),
        2 => Just(Answer::Lost),
    ];
    prop_oneof![
        6 => Just(Happening::Start),
        12 => (any::<Index>(), any::<u8>(), answer)
            .prop_map(|(which, luck, answer)| Happening::Ask { which, luck, answer }),
        4 => (any::<Index>(), any::<bool>()).prop_map(|(which, again)| Happening::Hear { which, again }),
        4 => (of(), any::<bool>()).prop_map(|(of, passed)| Happening::Bank { of, passed }),
        1 => Just(Happening::Cancel),
        1 => Just(Happening::Expire),
        2 => prop::option::of(-1..=total().minor + 1).prop_map(|minor| Happening::Refund { minor }),
        1 => Just(Happening::Ship),
        1 => Just(Happening::Deliver),
        1 => Just(Happening::RequestReturn),
        1 => Just(Happening::DeclineReturn),
        1 => of().prop_map(|of| Happening::Lapse { of }),
    ]
}

/// And what should not happen.
pub fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        10 => ordinary(),
        2 => (of(), prop::option::of(0..=2 * total().minor))
            .prop_map(|(of, minor)| Happening::CaptureByHand { of, minor }),
        1 => any::<Index>().prop_map(|which| Happening::Bounce { which }),
    ]
}
