//! What a guest put into the cart is in the account's cart after signing in: once, and nothing of it unmentioned.
//!
//! Pure: the command loop loads the states and calls [`merge`].

use time::OffsetDateTime;

use crate::cart::{Cart, CartCommand, CartError, CartEvent, Contents, LeftOut, Line, MAX_QUANTITY};
use crate::cart_owner::{CartOwner, CartOwnerCommand, CartOwnerEvent};
use crate::discount_code::CodeUse;
use crate::ids::{CartId, OwnerId, Sku};
use crate::product::Product;
use crate::shopping::{self, ShoppingError};

/// Whose cart is given up, and which it is.
pub struct Guest<'a> {
    pub owner: OwnerId,
    pub cart: &'a Cart,
}

/// Whose cart gets everything.
pub struct Account<'a> {
    pub owner: OwnerId,
    pub named: &'a CartOwner,
    /// The state of the cart that `named` names.
    pub current: &'a Cart,
    /// A new id, for an account without a cart that can take something.
    pub new: CartId,
}

/// What signing in does to two carts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merging {
    pub guest: Vec<CartEvent>,
    /// The cart that has everything since, and what happens to it.
    pub into: CartId,
    pub account: Vec<CartEvent>,
    /// Names `into`, where it is new.
    pub owner: Vec<CartOwnerEvent>,
}

/// None where the guest has nothing that could be lost: no cart, an empty one, one that was ordered or merged already.
///
/// Quantities of the same product add up. What is too much for a line or for the cart, or in a currency that the
/// account's filled cart does not have, is left out, and the event says so. The account's discount code stays; where it
/// has none, the guest's is taken over if the account may use it.
///
/// `terms` is the discount code of the guest's cart, with what the account used it for.
///
/// # Errors
/// [`CartError::NotFound`] when the new id is already somebody else's cart.
pub fn merge<'p>(
    guest: &Guest,
    account: &Account,
    product: impl Fn(&Sku) -> Option<&'p Product>,
    terms: Option<CodeUse>,
    at: OffsetDateTime,
) -> Result<Option<Merging>, ShoppingError> {
    let Some((contents, mut of_guest)) = given_up(guest)? else {
        return Ok(None);
    };
    let (into, mut after, mut events, owner) = target(account, contents)?;
    let left_out = add_all(&mut after, &mut events, account.owner, &contents.lines, product)?;
    take_over_code(&mut after, &mut events, account.owner, contents, terms, at);
    let mut open = guest.cart.clone();
    for event in &of_guest {
        open.evolve(event);
    }
    of_guest.extend(open.decide(CartCommand::Merge {
        by: guest.owner,
        into,
        left_out,
    })?);
    Ok(Some(Merging {
        guest: of_guest,
        into,
        account: events,
        owner,
    }))
}

/// What the guest has, and the event that gives it back first where the cart had expired.
fn given_up<'a>(guest: &Guest<'a>) -> Result<Option<(&'a Contents, Vec<CartEvent>)>, CartError> {
    match guest.cart {
        Cart::Open(contents) | Cart::Expired(contents)
            if contents.owner == guest.owner && !contents.lines.is_empty() =>
        {
            let reopened = guest.cart.decide(CartCommand::Open {
                owner: guest.owner,
                currency: contents.currency,
            })?;
            Ok(Some((contents, reopened)))
        }
        Cart::Unopened | Cart::Open(_) | Cart::Expired(_) | Cart::CheckedOut { .. } | Cart::Merged { .. } => {
            Ok(None)
        }
    }
}

type Target = (CartId, Cart, Vec<CartEvent>, Vec<CartOwnerEvent>);

/// The account's cart as it can take something, and the events that make it so.
fn target(account: &Account, contents: &Contents) -> Result<Target, CartError> {
    let is_of_use = |its: &Contents| its.currency == contents.currency || !its.lines.is_empty();
    match (account.named.current, account.current) {
        (Some(id), Cart::Open(its) | Cart::Expired(its)) if is_of_use(its) => {
            let events = account.current.decide(CartCommand::Open {
                owner: account.owner,
                currency: its.currency,
            })?;
            Ok((id, evolved(account.current.clone(), &events), events, vec![]))
        }
        (
            None | Some(_),
            Cart::Unopened | Cart::Open(_) | Cart::Expired(_) | Cart::CheckedOut { .. } | Cart::Merged { .. },
        ) => {
            let events = Cart::default().decide(CartCommand::Open {
                owner: account.owner,
                currency: contents.currency,
            })?;
            let Ok(owner) = account
                .named
                .decide(CartOwnerCommand::NameCurrentCart { cart: account.new });
            Ok((account.new, evolved(Cart::default(), &events), events, owner))
        }
    }
}

fn add_all<'p>(
    after: &mut Cart,
    events: &mut Vec<CartEvent>,
    by: OwnerId,
    lines: &[Line],
    product: impl Fn(&Sku) -> Option<&'p Product>,
) -> Result<Vec<LeftOut>, CartError> {
    let mut left_out = vec![];
    for line in lines {
        let held = after
            .opened_by(by)?
            .line(&line.sku)
            .map_or(0, |line| line.quantity);
        let fits = line.quantity.min(MAX_QUANTITY.saturating_sub(held));
        let added = match product(&line.sku) {
            Some(Product::Known { details, .. }) if fits > 0 => after.decide(CartCommand::AddItem {
                by,
                sku: line.sku.clone(),
                name: details.name.clone(),
                quantity: fits,
                unit_price: line.unit_price,
            }),
            Some(Product::Known { .. } | Product::Unlisted) | None => Err(CartError::NotInCart {
                sku: line.sku.clone(),
            }),
        };
        let missing = match added {
            Ok(added) => {
                *after = evolved(std::mem::take(after), &added);
                events.extend(added);
                line.quantity - fits
            }
            Err(_) => line.quantity,
        };
        if missing > 0 {
            left_out.push(LeftOut {
                sku: line.sku.clone(),
                quantity: missing,
            });
        }
    }
    Ok(left_out)
}

fn take_over_code(
    after: &mut Cart,
    events: &mut Vec<CartEvent>,
    by: OwnerId,
    contents: &Contents,
    terms: Option<CodeUse>,
    at: OffsetDateTime,
) {
    let has_one = after.opened_by(by).is_ok_and(|its| its.code.is_some());
    let (Some(code), Some(terms), false) = (&contents.code, terms, has_one) else {
        return;
    };
    // One that the account may not use is not worth refusing to sign in.
    if let Ok(applied) = shopping::apply_code(after, by, code.clone(), terms, at) {
        *after = evolved(std::mem::take(after), &applied);
        events.extend(applied);
    }
}

fn evolved(mut cart: Cart, events: &[CartEvent]) -> Cart {
    for event in events {
        cart.evolve(event);
    }
    cart
}
