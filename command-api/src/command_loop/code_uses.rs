//! Who uses a discount code: which streams say so. A customer is known by their session or account, and by the e-mail address of their
//! orders. The rules are the domain's ([`domain::discount_code`]).

use domain::cart::{Cart, Contents};
use domain::order::Placement;
use domain::{AddressHash, Code, OrderId, OwnerId, StreamId};

use super::command::CheckOut;
use super::working::Working;

/// A code, and what one customer used it for.
pub fn code_streams(code: Option<&Code>, customer: OwnerId) -> impl Iterator<Item = StreamId> {
    let streams = |code| {
        [
            StreamId::discount_code(code),
            StreamId::code_customer(code, customer),
        ]
    };
    code.map(streams).into_iter().flatten()
}

/// The address that was recorded with an order that used a code.
pub fn recorded_address<'a>(
    id: OrderId,
    placement: &'a Placement,
    working: &Working,
) -> Option<(&'a Code, AddressHash)> {
    let code = placement.code.as_ref()?;
    let customer = working.code_customer((code, placement.customer))?;
    Some((code, *customer.addresses.get(&id)?))
}

/// The address with which a cart's code is to be used.
pub fn address_for_code(checkout: &CheckOut, working: &Working) -> Option<AddressHash> {
    match working.cart(checkout.cart)? {
        Cart::Open(Contents { code: Some(code), .. }) => {
            let address = checkout.address.as_ref()?;
            Some(AddressHash::new(address.for_code(code.as_str())))
        }
        Cart::Open(_) | Cart::Unopened | Cart::CheckedOut { .. } | Cart::Expired(_) | Cart::Merged { .. } => {
            None
        }
    }
}
