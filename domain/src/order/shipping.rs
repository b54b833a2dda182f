//! What of an order is on its way, parcel by parcel, and what is left to send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Order, OrderError, OrderEvent, Status};
use crate::ids::{ShipmentId, Sku};
use crate::text::Line;

/// How long the name of a carrier and its number for a parcel may be, in characters.
pub const MAX_TRACKING: usize = 64;

/// Who takes a parcel.
pub type Carrier = Line<MAX_TRACKING>;
/// The carrier's number for it.
pub type TrackingNumber = Line<MAX_TRACKING>;

/// One parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    pub id: ShipmentId,
    pub lines: Vec<ShippedLine>,
    pub delivered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippedLine {
    pub sku: Sku,
    pub quantity: u32,
}

impl Order {
    pub(super) fn ship(
        &self,
        shipment: ShipmentId,
        lines: Option<Vec<ShippedLine>>,
        carrier: Carrier,
        tracking: Option<TrackingNumber>,
    ) -> Result<Vec<OrderEvent>, OrderError> {
        let Self::Placed {
            status, shipments, ..
        } = self
        else {
            return Err(OrderError::NotFound);
        };
        match status {
            Status::AwaitingPayment => return Err(OrderError::NotPaid),
            Status::Cancelled => return Err(OrderError::Cancelled),
            Status::Confirmed => {}
        }
        if shipments.iter().any(|known| known.id == shipment) {
            return Ok(vec![]);
        }
        let left = self.left_to_ship();
        if left.is_empty() {
            return Err(OrderError::NothingToShip);
        }
        let parcel = match lines {
            None => left,
            Some(lines) => packed(lines, &left)?,
        };
        let lines = parcel
            .into_iter()
            .map(|(sku, quantity)| ShippedLine { sku, quantity })
            .collect();
        Ok(vec![OrderEvent::OrderShipped {
            shipment,
            lines,
            carrier: carrier.into(),
            tracking: tracking.map(String::from),
        }])
    }

    /// What was not sent yet, by SKU.
    pub fn left_to_ship(&self) -> BTreeMap<Sku, u32> {
        let Self::Placed {
            placement, shipments, ..
        } = self
        else {
            return BTreeMap::new();
        };
        let mut left: BTreeMap<Sku, u32> = placement
            .lines
            .iter()
            .map(|line| (line.sku.clone(), line.quantity))
            .collect();
        for line in shipments.iter().flat_map(|shipment| &shipment.lines) {
            if let Some(left) = left.get_mut(&line.sku) {
                *left = left.saturating_sub(line.quantity);
            }
        }
        left.retain(|_, quantity| *quantity > 0);
        left
    }
}

/// The wanted lines as one parcel: each of the order, and no more of it than is left.
fn packed(lines: Vec<ShippedLine>, left: &BTreeMap<Sku, u32>) -> Result<BTreeMap<Sku, u32>, OrderError> {
    if lines.is_empty() {
        return Err(OrderError::NothingToShip);
    }
    let mut parcel: BTreeMap<Sku, u32> = BTreeMap::new();
    for ShippedLine { sku, quantity } in lines {
        let left = left.get(&sku).copied().unwrap_or_default();
        let wanted = parcel
            .get(&sku)
            .copied()
            .unwrap_or_default()
            .saturating_add(quantity);
        if quantity == 0 || wanted > left {
            return Err(OrderError::Quantity { sku, left, wanted });
        }
        parcel.insert(sku, wanted);
    }
    Ok(parcel)
}
