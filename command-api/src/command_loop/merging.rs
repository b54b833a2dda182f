//! Signing in gives a guest's cart to the account: which streams that needs, and what it sets in motion.
//!
//! The rules are the domain's ([`domain::merging`]).

use domain::cart::{Cart, CartEvent, Contents};
use domain::cart_owner::CartOwner;
use domain::merging::{self, Account, Guest};
use domain::{CartId, Event, OwnerId, StreamId};
use event_store::deadlines::{DeadlineChange, DeadlineKind};

use super::code_uses::code_streams;
use super::decision::Decision;
use super::policy::Context;
use super::refusal::Refusal;
use super::working::Working;

#[derive(Clone, Copy, Debug)]
pub struct Merge {
    pub guest: OwnerId,
    pub account: OwnerId,
    /// A new id, for an account without a cart.
    pub cart: CartId,
}

impl Merge {
    /// Whose carts, those carts, and what the guest's is made of.
    pub fn streams(&self, working: &Working) -> Vec<StreamId> {
        let mut streams = vec![self.guest.stream(), self.account.stream(), self.cart.stream()];
        let currents = [self.guest, self.account].map(|owner| current(owner, working));
        streams.extend(currents.iter().flatten().map(|cart| cart.stream()));
        if let Some(contents) = self.contents(working) {
            streams.extend(contents.lines.iter().map(|line| StreamId::product(&line.sku)));
            streams.extend(code_streams(contents.code.as_ref(), self.account));
        }
        streams
    }

    pub fn decide(&self, working: &Working, context: Context) -> Result<Decision, Refusal> {
        let nothing = Decision::on(self.account.stream(), vec![], Event::Cart);
        let (nobody, unopened) = (CartOwner::default(), Cart::default());
        let Some(given_up) = current(self.guest, working) else {
            return Ok(nothing);
        };
        let named = working.cart_owner(self.account).unwrap_or(&nobody);
        let account = Account {
            owner: self.account,
            named,
            current: named
                .current
                .and_then(|cart| working.cart(cart))
                .unwrap_or(&unopened),
            new: self.cart,
        };
        let guest = Guest {
            owner: self.guest,
            cart: working.cart(given_up).unwrap_or(&unopened),
        };
        let code = self.contents(working).and_then(|contents| contents.code.as_ref());
        let terms = code.and_then(|code| working.code_use(code, self.account, None));
        let merged = merging::merge(&guest, &account, |sku| working.product(sku), terms, context.at)?;
        let Some(merged) = merged else {
            return Ok(nothing);
        };
        let is_open_anew = merged
            .account
            .iter()
            .any(|event| matches!(event, CartEvent::CartOpened { .. } | CartEvent::CartReopened {}));
        let subject = merged.into.stream();
        let mut decision = Decision::on(subject.clone(), merged.account, Event::Cart);
        if is_open_anew {
            let due = context.at + context.policy.cart;
            decision.deadlines = vec![DeadlineChange::set(DeadlineKind::Cart, subject.aggregate_id, due)];
        }
        decision.write(given_up.stream(), merged.guest, Event::Cart);
        decision.write(self.account.stream(), merged.owner, Event::CartOwner);
        Ok(decision)
    }

    fn contents<'w>(&self, working: &'w Working) -> Option<&'w Contents> {
        match working.cart(current(self.guest, working)?)? {
            Cart::Open(contents) | Cart::Expired(contents) => Some(contents),
            Cart::Unopened | Cart::CheckedOut { .. } | Cart::Merged { .. } => None,
        }
    }
}

fn current(owner: OwnerId, working: &Working) -> Option<CartId> {
    working.cart_owner(owner).and_then(|owner| owner.current)
}
