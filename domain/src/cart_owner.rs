//! `cart-owner/{owner}`: names the one current cart of a shopper, so that two tabs never open two.

use serde::{Deserialize, Serialize};

use crate::ids::CartId;

/// Nobody has a cart until one is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartOwner {
    pub current: Option<CartId>,
}

#[derive(Clone, Debug)]
pub enum CartOwnerCommand {
    NameCurrentCart { cart: CartId },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CartOwnerEvent {
    CurrentCartNamed { cart: CartId },
}

/// Naming a cart is never refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartOwnerError {}

impl CartOwner {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a command is used up by being decided, as with every other aggregate"
    )]
    pub fn decide(&self, command: CartOwnerCommand) -> Result<Vec<CartOwnerEvent>, CartOwnerError> {
        match command {
            CartOwnerCommand::NameCurrentCart { cart } if self.current == Some(cart) => Ok(vec![]),
            CartOwnerCommand::NameCurrentCart { cart } => Ok(vec![CartOwnerEvent::CurrentCartNamed { cart }]),
        }
    }

    pub fn evolve(&mut self, event: &CartOwnerEvent) {
        match event {
            CartOwnerEvent::CurrentCartNamed { cart } => self.current = Some(*cart),
        }
    }
}

crate::event::fits_cqrs_es!(
    CartOwner,
    CartOwnerCommand,
    CartOwnerEvent { CurrentCartNamed },
    CartOwnerError
);
