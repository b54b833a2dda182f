//! What happens to a cart, from its opening to its end.

use domain::Currency;
use domain::cart::{CartEvent, LeftOut};

use super::{cart, eur, mug, order, owner, spring, teapot};

pub fn events() -> Vec<CartEvent> {
    vec![
        CartEvent::CartOpened {
            owner: owner(),
            currency: Currency::EUR,
        },
        CartEvent::ItemAdded {
            sku: mug(),
            name: "Mug “Stone”, 350 ml".to_owned(),
            quantity: 2,
            unit_price: eur(1450),
            line_quantity: 5,
        },
        CartEvent::QuantityChanged {
            sku: mug(),
            quantity: 999,
            previous: 5,
        },
        CartEvent::ItemRemoved {
            sku: mug(),
            quantity: 5,
        },
        CartEvent::CartCleared {
            skus: vec![mug(), teapot()],
        },
        CartEvent::DiscountApplied { code: spring() },
        CartEvent::DiscountRemoved { code: spring() },
        CartEvent::CartCheckedOut { order: order() },
        CartEvent::CartReopened {},
        CartEvent::CartExpired {},
        CartEvent::CartMerged {
            into: cart(),
            left_out: vec![LeftOut {
                sku: mug(),
                quantity: 3,
            }],
        },
    ]
}
