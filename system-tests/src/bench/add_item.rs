//! The bytes of an add-item command, built once per cart and then changed in place: a new key and another product.

use super::ground::{GuestCart, sku};
use crate::commands;
use crate::keys::{KEY_LENGTH, Keys};

pub struct AddItem {
    bytes: Vec<u8>,
    key_at: usize,
    sku_at: usize,
}

impl AddItem {
    /// `host` is where it will be sent.
    pub fn to(cart: &GuestCart, host: &str) -> Self {
        let (placeholder, first) = ("k".repeat(KEY_LENGTH), sku(0));
        let request = commands::add_item(&cart.cart, &first, 1);
        let bytes = cart
            .guest
            .sign(request)
            .header("Idempotency-Key", &placeholder)
            .to_bytes(host);
        let (key_at, sku_at) = (place_of(&placeholder, &bytes), place_of(&first, &bytes));
        Self {
            bytes,
            key_at,
            sku_at,
        }
    }

    /// Appends the command that adds one of this product.
    pub fn write(&mut self, product: &str, keys: &mut Keys, bytes: &mut Vec<u8>) {
        keys.write_next(&mut self.bytes[self.key_at..self.key_at + KEY_LENGTH]);
        self.bytes[self.sku_at..self.sku_at + product.len()].copy_from_slice(product.as_bytes());
        bytes.extend_from_slice(&self.bytes);
    }
}

/// # Panics
/// When `text` is not in there, which the caller has just put there.
pub fn place_of(text: &str, bytes: &[u8]) -> usize {
    let found = bytes.windows(text.len()).position(|part| part == text.as_bytes());
    found.expect("the request holds what it was built from")
}
