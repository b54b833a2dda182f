//! An order: what was bought at which price, and how far it is on its way.
//!
//! It is placed by [`crate::checkout`], confirmed and cancelled by [`crate::paying`] together with its payment; staff
//! send it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{CartId, Code, ContactId, Country, OwnerId, ShipmentId, Sku};
use crate::money::Money;

/// How long the name of a carrier or a tracking number may be, in characters.
pub const MAX_TRACKING: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Unplaced,
    Placed {
        placement: Box<Placement>,
        status: Status,
        shipments: Vec<Shipment>,
        returning: bool,
    },
}

/// What an order says of itself from the first moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub customer: OwnerId,
    pub cart: CartId,
    /// Names and address, which are kept apart from the log.
    pub contact: ContactId,
    pub country: Country,
    pub lines: Vec<OrderLine>,
    pub code: Option<Code>,
    /// The id of the option among the checkout's rules.
    pub shipping_option: String,
    pub totals: Totals,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// What the line costs before its share of the discount.
    pub line_total: Money,
    /// The line's share of the discount.
    pub discount: Money,
}

/// `total = subtotal − discount + shipping`, and `+ tax` where the prices do not include it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub subtotal: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    /// In hundredths of a percent: 1900 is 19 %.
    pub tax_rate: u32,
    /// Whether the tax is part of the prices already.
    pub tax_included: bool,
    pub total: Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    AwaitingPayment,
    Confirmed,
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    pub id: ShipmentId,
    pub lines: Vec<ShippedLine>,
    pub delivered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedLine {
    pub sku: Sku,
    pub quantity: u32,
}

#[derive(Clone, Debug)]
pub enum OrderCommand {
    Place(Box<Placement>),
    Confirm,
    Cancel {
        reason: CancelReason,
    },
    /// Without lines: everything that was not sent yet.
    Ship {
        shipment: ShipmentId,
        lines: Option<Vec<ShippedLine>>,
        carrier: String,
        tracking: Option<String>,
    },
    Deliver {
        shipment: ShipmentId,
    },
    RequestReturn {
        reason: ReturnReason,
    },
    AcceptReturn,
    DeclineReturn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Nobody paid in time.
    Expired,
    Customer,
    Staff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    Damaged,
    WrongItem,
    NotAsDescribed,
    NotWanted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderEvent {
    OrderPlaced {
        #[serde(flatten)]
        placement: Placement,
    },
    OrderConfirmed {},
    OrderCancelled {
        reason: CancelReason,
    },
    OrderShipped {
        shipment: ShipmentId,
        lines: Vec<ShippedLine>,
        carrier: String,
        tracking: Option<String>,
    },
    OrderDelivered {
        shipment: ShipmentId,
    },
    ReturnRequested {
        reason: ReturnReason,
    },
    ReturnAccepted {},
    ReturnDeclined {},
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Also the answer about somebody else's order: whether it exists is not theirs to know.
    #[error("there is no such order")]
    NotFound,
    #[error("the order is not paid")]
    NotPaid,
    #[error("the order is cancelled")]
    Cancelled,
    #[error("some of the order is on its way already; ask for a return instead")]
    Shipped,
    #[error("nothing of the order was sent")]
    NotShipped,
    #[error("everything of the order was sent already")]
    NothingToShip,
    #[error("{left} of {sku} are left to send; {wanted} are too many")]
    Quantity { sku: Sku, left: u32, wanted: u32 },
    #[error("the order has no such shipment")]
    UnknownShipment,
    #[error("nobody asked for a return")]
    NoReturn,
    #[error("a carrier and a tracking number have 1 to {MAX_TRACKING} characters")]
    Tracking,
}

impl OrderError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "order-not-found",
            Self::NotPaid => "order-not-paid",
            Self::Cancelled => "order-cancelled",
            Self::Shipped => "order-shipped",
            Self::NotShipped => "order-not-shipped",
            Self::NothingToShip => "nothing-to-ship",
            Self::Quantity { .. } => "shipment-quantity",
            Self::UnknownShipment => "unknown-shipment",
            Self::NoReturn => "no-return",
            Self::Tracking => "tracking",
        }
    }
}

impl Order {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: OrderCommand) -> Result<Vec<OrderEvent>, OrderError> {
        let Self::Placed {
            status,
            shipments,
            returning,
            ..
        } = self
        else {
            return match command {
                OrderCommand::Place(placement) => Ok(vec![OrderEvent::OrderPlaced {
                    placement: *placement,
                }]),
                OrderCommand::Confirm
                | OrderCommand::Cancel { .. }
                | OrderCommand::Ship { .. }
                | OrderCommand::Deliver { .. }
                | OrderCommand::RequestReturn { .. }
                | OrderCommand::AcceptReturn
                | OrderCommand::DeclineReturn => Err(OrderError::NotFound),
            };
        };
        match command {
            OrderCommand::Place(_) => Ok(vec![]),
            OrderCommand::Confirm => match status {
                Status::AwaitingPayment => Ok(vec![OrderEvent::OrderConfirmed {}]),
                Status::Confirmed => Ok(vec![]),
                Status::Cancelled => Err(OrderError::Cancelled),
            },
            OrderCommand::Cancel { reason } => match status {
                Status::AwaitingPayment => Ok(vec![OrderEvent::OrderCancelled { reason }]),
                Status::Confirmed if shipments.is_empty() => Ok(vec![OrderEvent::OrderCancelled { reason }]),
                Status::Confirmed => Err(OrderError::Shipped),
                Status::Cancelled => Ok(vec![]),
            },
            OrderCommand::Ship {
                shipment,
                lines,
                carrier,
                tracking,
            } => self.ship(shipment, lines, carrier, tracking),
            OrderCommand::Deliver { shipment } => match shipments.iter().find(|known| known.id == shipment) {
                None => Err(OrderError::UnknownShipment),
                Some(known) if known.delivered => Ok(vec![]),
                Some(_) => Ok(vec![OrderEvent::OrderDelivered { shipment }]),
            },
            OrderCommand::RequestReturn { .. } if *returning => Ok(vec![]),
            OrderCommand::RequestReturn { .. } if shipments.is_empty() => Err(OrderError::NotShipped),
            OrderCommand::RequestReturn { reason } => Ok(vec![OrderEvent::ReturnRequested { reason }]),
            OrderCommand::AcceptReturn => Ok(if *returning {
                vec![OrderEvent::ReturnAccepted {}]
            } else {
                vec![]
            }),
            OrderCommand::DeclineReturn if *returning => Ok(vec![OrderEvent::ReturnDeclined {}]),
            OrderCommand::DeclineReturn => Err(OrderError::NoReturn),
        }
    }

    fn ship(
        &self,
        shipment: ShipmentId,
        lines: Option<Vec<ShippedLine>>,
        carrier: String,
        tracking: Option<String>,
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
        let has_length = |text: &str| (1..=MAX_TRACKING).contains(&text.chars().count());
        if !has_length(&carrier) || !tracking.as_deref().is_none_or(has_length) {
            return Err(OrderError::Tracking);
        }
        let left = self.left_to_ship();
        if left.is_empty() {
            return Err(OrderError::NothingToShip);
        }
        let lines = match lines {
            None => left
                .into_iter()
                .map(|(sku, quantity)| ShippedLine { sku, quantity })
                .collect(),
            Some(lines) => checked(lines, &left)?,
        };
        Ok(vec![OrderEvent::OrderShipped {
            shipment,
            lines,
            carrier,
            tracking,
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

    /// The placement, for its customer alone.
    ///
    /// # Errors
    /// [`OrderError::NotFound`] for anybody else.
    pub fn placed_by(&self, customer: OwnerId) -> Result<&Placement, OrderError> {
        match self {
            Self::Placed { placement, .. } if placement.customer == customer => Ok(placement),
            Self::Unplaced | Self::Placed { .. } => Err(OrderError::NotFound),
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &OrderEvent) {
        if let OrderEvent::OrderPlaced { placement } = event {
            *self = Self::Placed {
                placement: Box::new(placement.clone()),
                status: Status::AwaitingPayment,
                shipments: vec![],
                returning: false,
            };
            return;
        }
        let Self::Placed {
            status,
            shipments,
            returning,
            ..
        } = self
        else {
            return;
        };
        match event {
            OrderEvent::OrderPlaced { .. } => {}
            OrderEvent::OrderConfirmed {} => *status = Status::Confirmed,
            OrderEvent::OrderCancelled { .. } => *status = Status::Cancelled,
            OrderEvent::OrderShipped { shipment, lines, .. } => shipments.push(Shipment {
                id: *shipment,
                lines: lines.clone(),
                delivered: false,
            }),
            OrderEvent::OrderDelivered { shipment } => {
                if let Some(known) = shipments.iter_mut().find(|known| known.id == *shipment) {
                    known.delivered = true;
                }
            }
            OrderEvent::ReturnRequested { .. } => *returning = true,
            OrderEvent::ReturnAccepted {} | OrderEvent::ReturnDeclined {} => *returning = false,
        }
    }
}

/// The lines of a parcel: each of the order, and no more of it than is left.
fn checked(lines: Vec<ShippedLine>, left: &BTreeMap<Sku, u32>) -> Result<Vec<ShippedLine>, OrderError> {
    if lines.is_empty() {
        return Err(OrderError::NothingToShip);
    }
    let mut wanted: BTreeMap<&Sku, u32> = BTreeMap::new();
    for line in &lines {
        let sum = wanted.entry(&line.sku).or_default();
        *sum = sum.saturating_add(line.quantity);
    }
    for (sku, wanted) in wanted {
        let left = left.get(sku).copied().unwrap_or_default();
        if wanted == 0 || wanted > left {
            return Err(OrderError::Quantity {
                sku: sku.clone(),
                left,
                wanted,
            });
        }
    }
    Ok(lines)
}

crate::event::fits_cqrs_es!(
    Order,
    OrderCommand,
    OrderEvent {
        OrderPlaced,
        OrderConfirmed,
        OrderCancelled,
        OrderShipped,
        OrderDelivered,
        ReturnRequested,
        ReturnAccepted,
        ReturnDeclined
    },
    OrderError
);
