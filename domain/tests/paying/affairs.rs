//! Whatever shopper, staff, clock and gateway do, in whatever order, and whatever is heard late, twice or never: once
//! every step is answered an order is paid once, or nothing is held of it.

use std::collections::BTreeSet;

use domain::cart::Cart;
use domain::discount_code::DiscountCode;
use domain::order::{OrderCommand, OrderEvent, ReturnReason, Status};
use domain::paying::{Consequences, Outcome, PayingError};
use domain::payment::{Attempt, AttemptState, Payment, PaymentEvent, Refund, RefundState, Step};
use domain::{AttemptId, RefundId, ShipmentId};
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::affair::{ON_HAND, Story, attempt, cart, eur, mug, order, refund, total};
use super::gateway::{Charge, Gateway};
use super::happenings::{ATTEMPTS, Answer, Happening, any_happening, ordinary};

struct World {
    story: Story,
    gateway: Gateway,
    attempts: u128,
    refunds: u128,
    delayed: Vec<Outcome>,
    /// By which attempt the order was paid.
    paid_by: Option<AttemptId>,
}

impl World {
    fn new() -> Self {
        Self {
            story: Story::placed(),
            gateway: Gateway::default(),
            attempts: 0,
            refunds: 0,
            delayed: vec![],
            paid_by: None,
        }
    }

    fn parts(&self) -> (&[Attempt], &[Refund]) {
        match &self.story.payment {
            Payment::Unrequested => (&[], &[]),
            Payment::Requested {
                attempts, refunds, ..
            } => (attempts, refunds),
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Start => {
                if self.attempts < ATTEMPTS && self.story.start(self.attempts).is_ok() {
                    self.attempts += 1;
                }
            }
            Happening::Ask { which, luck, answer } => {
                let steps = self.story.payment.outstanding();
                if !steps.is_empty() {
                    self.ask(which.get(&steps).clone(), luck, answer);
                }
            }
            Happening::Hear { which, again } => {
                if self.delayed.is_empty() {
                    return;
                }
                let index = which.index(self.delayed.len());
                let outcome = self.delayed[index].clone();
                if !again {
                    self.delayed.remove(index);
                }
                self.hear(&outcome);
            }
            Happening::Bank { of, passed } => self.gateway.bank(attempt(of), passed),
            Happening::Cancel => self.cancel(Story::cancel),
            Happening::Expire => self.cancel(Story::expire),
            Happening::Refund { minor } => {
                self.refunds += 1;
                let refunded = self.story.refund(refund(self.refunds), minor.map(eur));
                assert!(refunded.is_err() || minor.is_none_or(|minor| minor > 0));
            }
            Happening::Ship => self.story.ship(1),
            Happening::Deliver => self.story.tell(OrderCommand::Deliver {
                shipment: ShipmentId::new(Uuid::from_u128(1)),
            }),
            Happening::RequestReturn => self.story.tell(OrderCommand::RequestReturn {
                reason: ReturnReason::NotWanted,
            }),
            Happening::DeclineReturn => self.story.tell(OrderCommand::DeclineReturn),
            Happening::CaptureByHand { of, minor } => {
                let amount = minor.map_or(total(), eur);
                self.gateway.capture_by_hand(attempt(of), amount);
            }
            Happening::Lapse { of } => self.gateway.lapse(attempt(of)),
            Happening::Bounce { which } => {
                let made: Vec<_> = self.gateway.repayments.keys().copied().collect();
                // Only what was heard to be made can be heard to have come back.
                let heard = |id| {
                    let (_, refunds) = self.parts();
                    refunds
                        .iter()
                        .any(|refund| refund.id == id && refund.state == RefundState::Refunded)
                };
                if !made.is_empty()
                    && heard(*which.get(&made))
                    && let Some(outcome) = self.gateway.bounce(*which.get(&made))
                {
                    self.delayed.push(outcome);
                }
            }
        }
    }

    fn cancel(&mut self, cancel: impl FnOnce(&mut Story, RefundId) -> Result<Consequences, PayingError>) {
        self.refunds += 1;
        let _refused_while_it_is_captured_or_sent = cancel(&mut self.story, refund(self.refunds));
    }

    fn ask(&mut self, step: Step, luck: u8, answer: Answer) {
        let Some(outcome) = self.gateway.ask(step, luck) else {
            return;
        };
        match answer {
            Answer::Heard => self.hear(&outcome),
            Answer::HeardTwice => {
                self.hear(&outcome);
                let before = self.story.clone();
                self.hear(&outcome);
                assert_eq!(self.story, before, "heard twice");
            }
            Answer::Delayed => self.delayed.push(outcome),
            Answer::Lost => {}
        }
    }

    /// The gateway speaks of what it was asked, so it is never refused.
    fn hear(&mut self, outcome: &Outcome) {
        let settled = self
            .story
            .settle(outcome.clone())
            .unwrap_or_else(|error| panic!("{outcome:?}: {error}"));
        if settled.order.contains(&OrderEvent::OrderConfirmed {}) {
            assert_eq!(self.paid_by, None, "confirmed twice");
            let of = |event: &PaymentEvent| match event {
                PaymentEvent::PaymentCaptured { attempt, amount, .. } if *amount == total() => Some(*attempt),
                _other => None,
            };
            self.paid_by = settled.payment.iter().find_map(of);
            assert!(self.paid_by.is_some(), "confirmed, and not paid: {settled:?}");
        }
    }

    /// Every question is answered, every answer heard; who is still at the bank makes up their mind.
    fn come_to_rest(&mut self, mut luck: impl Iterator<Item = u8>) {
        let mut next = || luck.next().unwrap_or_default();
        for _ in 0..200 {
            for outcome in std::mem::take(&mut self.delayed) {
                self.hear(&outcome);
            }
            let Some(step) = self.story.payment.outstanding().into_iter().next() else {
                return;
            };
            if let Step::LookUp { attempt, .. } = &step {
                self.gateway.bank(*attempt, next() % 2 == 0);
            }
            self.ask(step, next(), Answer::Heard);
        }
        panic!("it does not come to rest: {:?}", self.story.payment);
    }

    /// What is here of what an attempt took, refunds that are under way not counted.
    fn kept(&self, attempt: &Attempt) -> i64 {
        let (_, refunds) = self.parts();
        let back: i64 = refunds
            .iter()
            .filter(|refund| refund.attempt == attempt.id && refund.state != RefundState::Failed)
            .map(|refund| refund.amount.minor)
            .sum();
        attempt.captured.map_or(0, |captured| captured.minor) - back
    }

    fn a_refund_failed_of(&self, attempt: &Attempt) -> bool {
        let (_, refunds) = self.parts();
        refunds
            .iter()
            .any(|refund| refund.attempt == attempt.id && refund.state == RefundState::Failed)
    }

    /// What holds at any time.
    fn check(&self) {
        let status = self.story.status();
        let was_paid = self.paid_by.is_some();
        assert_eq!(
            status == Status::Confirmed,
            was_paid && status != Status::Cancelled
        );
        for (sku, item) in &self.story.stock {
            let quantity = if *sku == mug() { 2 } else { 1 };
            let expected = match status {
                Status::AwaitingPayment => (ON_HAND, quantity),
                Status::Confirmed => (ON_HAND - quantity, 0),
                Status::Cancelled => (ON_HAND, 0),
            };
            assert_eq!(
                (item.on_hand, item.reserved),
                expected,
                "{sku} of an order that is {status:?}"
            );
        }
        let is_redeemed = match &self.story.code {
            DiscountCode::Known { redemptions, .. } => redemptions.kept.contains_key(&order()),
            DiscountCode::Unknown => panic!("it was created"),
        };
        assert_eq!(is_redeemed, status != Status::Cancelled);
        let is_given_back = matches!(self.story.carts[&cart()], Cart::Open(_));
        assert_eq!(is_given_back, status == Status::Cancelled && !was_paid);

        let (attempts, _) = self.parts();
        for attempt in attempts {
            let kept = self.kept(attempt);
            assert!(kept >= 0, "more went back than was taken");
            let is_its_own = self.paid_by == Some(attempt.id) && status != Status::Cancelled;
            assert!(
                kept == 0 || is_its_own || self.a_refund_failed_of(attempt),
                "{attempt:?} kept {kept}"
            );
        }
        let live = attempts.iter().filter(|attempt| match attempt.state {
            AttemptState::Started
            | AttemptState::ActionRequired
            | AttemptState::Authorized
            | AttemptState::CaptureRequested => true,
            AttemptState::Captured
            | AttemptState::Declined
            | AttemptState::VoidRequested
            | AttemptState::Voided => false,
        });
        assert!(live.count() <= 1, "{attempts:?}");
    }

    /// What holds once nothing is outstanding any more: the shop's books are the gateway's.
    fn check_at_rest(&self) {
        assert_eq!(self.story.payment.outstanding(), []);
        assert_ne!(self.story.status(), Status::AwaitingPayment);
        let (attempts, refunds) = self.parts();
        for attempt in attempts {
            let charge = self.gateway.charges[&attempt.id];
            let agrees = match attempt.state {
                AttemptState::Captured => charge == Charge::Captured(attempt.captured.unwrap_or(eur(0))),
                AttemptState::Declined | AttemptState::Voided => {
                    matches!(charge, Charge::Declined | Charge::Voided)
                }
                AttemptState::Started
                | AttemptState::ActionRequired
                | AttemptState::Authorized
                | AttemptState::CaptureRequested
                | AttemptState::VoidRequested => false,
            };
            assert!(agrees, "{attempt:?} and {charge:?}");
            let kept = self.gateway.captured(attempt.id).minor - self.gateway.repaid(attempt.id).minor;
            assert_eq!(kept, self.kept(attempt));
        }
        let charged: BTreeSet<_> = self.gateway.charges.keys().copied().collect();
        assert_eq!(charged, attempts.iter().map(|attempt| attempt.id).collect());
        assert!(
            refunds
                .iter()
                .all(|refund| refund.state != RefundState::Requested)
        );
        if let Some(paid_by) = self.paid_by {
            assert_eq!(self.gateway.captured(paid_by), total());
        }
    }

    /// Staff give back what is not the shop's, until there is nothing left of it.
    fn give_back(&mut self) {
        for _ in 0..100 {
            self.refunds += 1;
            if self.story.status() != Status::Cancelled
                || self.story.refund(refund(self.refunds), None).is_err()
            {
                return;
            }
            // Unlucky numbers are those that can be divided by four.
            self.come_to_rest(std::iter::repeat(1));
        }
        panic!("there is no end to it");
    }
}

fn run(happenings: Vec<Happening>, luck: Vec<u8>) -> World {
    let mut world = World::new();
    for happening in happenings {
        world.happen(happening);
        world.check();
    }
    let mut luck = luck.into_iter().cycle();
    world.come_to_rest(&mut luck);
    world.check();
    world.cancel(Story::expire);
    world.come_to_rest(luck);
    world.check();
    world.check_at_rest();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn an_order_ends_paid_once_or_with_nothing_held_of_it(
        happenings in vec(any_happening(), 0..60),
        luck in vec(any::<u8>(), 32),
    ) {
        let mut world = run(happenings, luck);
        world.give_back();
        world.check();
        if world.story.status() == Status::Cancelled {
            let (attempts, _) = world.parts();
            prop_assert!(attempts.iter().all(|attempt| world.kept(attempt) == 0), "{attempts:?}");
        }
    }

    /// Nobody but us takes money: then it is never taken twice, not even to be given back.
    #[test]
    fn a_shopper_is_charged_at_most_once(happenings in vec(ordinary(), 0..60), luck in vec(any::<u8>(), 32)) {
        let world = run(happenings, luck);
        let captured = world.gateway.charges.values().filter(|charge| matches!(charge, Charge::Captured(_)));
        let captured: Vec<_> = captured.collect();
        prop_assert!(captured.len() <= 1, "{captured:?}");
        prop_assert_eq!(captured.is_empty(), world.paid_by.is_none());
        prop_assert!(captured.iter().all(|charge| **charge == Charge::Captured(total())));
    }
}
