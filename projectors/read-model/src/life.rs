//! How long Redis keeps what people may still look at. What has expired is gone from the view, never from the log.
//!
//! Every expiry is computed from the events' own times, so that a rebuild brings nothing back that has expired.

use domain::OwnerId;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A cart that became an order, or went into another cart, can be looked at this long.
pub const FINISHED_CART: Duration = Duration::days(30);

/// Nobody is a guest for longer without a new cookie: 400 days for the guest cookie, 30 for the session begun with it.
pub const GUEST: Duration = Duration::days(430);

/// How long a cart may be in use before its owner's entry has to be kept alive by the cart's events. Long enough that an
/// abandoned cart (30 days until it expires) never needs it.
const USED_AT_ONCE: Duration = Duration::days(60);

/// The entry that names a guest's current cart, after it was named. Outlives the cart of a guest who uses it at once.
const NAMED: Duration = GUEST.saturating_add(USED_AT_ONCE);

/// Guests have random ids (version 4), accounts ordered ones (version 7): the command API hands them out so.
pub fn is_guest(owner: Uuid) -> bool {
    owner.get_version_num() == 4
}

/// When what is a guest's own is not needed any more; none for an account, whose things stay.
pub fn of_guest(owner: OwnerId, last_changed: OffsetDateTime) -> Option<OffsetDateTime> {
    is_guest(owner.uuid()).then(|| last_changed + GUEST)
}

/// The same of the entry that names the owner's current cart.
pub fn of_named_cart(owner: OwnerId, named_at: OffsetDateTime) -> Option<OffsetDateTime> {
    is_guest(owner.uuid()).then(|| named_at + NAMED)
}

/// Until when the entry of a cart's owner has to stay on account of the cart; none where the one it was named with will do.
pub fn of_owner_by_cart(
    owner: OwnerId,
    opened_at: OffsetDateTime,
    last_changed: OffsetDateTime,
) -> Option<OffsetDateTime> {
    (is_guest(owner.uuid()) && last_changed - opened_at > USED_AT_ONCE).then(|| last_changed + NAMED)
}
