//! An order: what was bought at which price, and how far it is on its way.
//!
//! It is placed by [`crate::checkout`], confirmed and cancelled by [`crate::paying`] together with its payment; staff
//! send it.

mod placement;
mod shipping;

use serde::{Deserialize, Serialize};

use crate::ids::{OwnerId, ShipmentId, Sku};

pub use placement::{OrderLine, Placement, Totals};
pub use shipping::{Carrier, MAX_TRACKING, Shipment, ShippedLine, TrackingNumber};

/// How often a customer's asking for a return can be declined: once they may ask again.
pub const MAX_DECLINED_RETURNS: u32 = 2;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Unplaced,
    Placed {
        placement: Box<Placement>,
        /// Whose it is: who placed it, or the account that took it over from a guest.
        customer: OwnerId,
        status: Status,
        shipments: Vec<Shipment>,
        returning: Returning,
        declined_returns: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    AwaitingPayment,
    Confirmed,
    Cancelled,
}

/// What became of the return that the customer asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Returning {
    NotRequested,
    Requested,
    Accepted,
    Declined,
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
        carrier: Carrier,
        tracking: Option<TrackingNumber>,
    },
    Deliver {
        shipment: ShipmentId,
    },
    RequestReturn {
        reason: ReturnReason,
    },
    AcceptReturn,
    DeclineReturn,
    /// A guest's order becomes an account's.
    TakeOver {
        from: OwnerId,
        to: OwnerId,
    },
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
    OrderTakenOver {
        customer: OwnerId,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Also the answer about somebody else's order: whether it exists is not theirs to know.
    #[error("there is no such order")]
    NotFound,
    #[error("the order's lines and totals do not add up")]
    Totals,
    #[error("the order is not paid")]
    NotPaid,
    #[error("the order is cancelled")]
    Cancelled,
    #[error("some of the order is on its way already; ask for a return instead")]
    Shipped,
    #[error("nothing of the order was sent")]
    NotShipped,
    #[error("there is nothing of the order to send")]
    NothingToShip,
    #[error("{left} of {sku} are left to send; {wanted} cannot be sent")]
    Quantity { sku: Sku, left: u32, wanted: u32 },
    #[error("the order has no such shipment")]
    UnknownShipment,
    #[error("nobody asked for a return")]
    NoReturn,
    #[error("a return of the order was declined {MAX_DECLINED_RETURNS} times")]
    ReturnLimit,
    #[error("all of the order's money was given back, so nothing more of it is sent")]
    Refunded,
    #[error("nothing of the order's money is left to give back, so it cannot be returned")]
    NothingToGiveBack,
}

impl OrderError {
    /// Stable, for clients: the last part of the problem's `type`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "order-not-found",
            Self::Totals => "order-totals",
            Self::NotPaid => "order-not-paid",
            Self::Cancelled => "order-cancelled",
            Self::Shipped => "order-shipped",
            Self::NotShipped => "order-not-shipped",
            Self::NothingToShip => "nothing-to-ship",
            Self::Quantity { .. } => "shipment-quantity",
            Self::UnknownShipment => "unknown-shipment",
            Self::NoReturn => "no-return",
            Self::ReturnLimit => "return-limit",
            Self::Refunded => "order-refunded",
            Self::NothingToGiveBack => "nothing-to-give-back",
        }
    }
}

impl Order {
    /// # Errors
    /// The rule that says no, with what it says no to.
    pub fn decide(&self, command: OrderCommand) -> Result<Vec<OrderEvent>, OrderError> {
        let Self::Placed {
            customer,
            status,
            shipments,
            returning,
            declined_returns,
            ..
        } = self
        else {
            return match command {
                OrderCommand::Place(placement) if placement.adds_up() => Ok(vec![OrderEvent::OrderPlaced {
                    placement: *placement,
                }]),
                OrderCommand::Place(_) => Err(OrderError::Totals),
                OrderCommand::Confirm
                | OrderCommand::Cancel { .. }
                | OrderCommand::Ship { .. }
                | OrderCommand::Deliver { .. }
                | OrderCommand::RequestReturn { .. }
                | OrderCommand::AcceptReturn
                | OrderCommand::DeclineReturn
                | OrderCommand::TakeOver { .. } => Err(OrderError::NotFound),
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
            OrderCommand::RequestReturn { reason } => match returning {
                Returning::Requested => Ok(vec![]),
                Returning::NotRequested | Returning::Accepted | Returning::Declined => match &**shipments {
                    [] => Err(OrderError::NotShipped),
                    [_, ..] if *declined_returns >= MAX_DECLINED_RETURNS => Err(OrderError::ReturnLimit),
                    [_, ..] => Ok(vec![OrderEvent::ReturnRequested { reason }]),
                },
            },
            // Money can be given back to somebody who never asked for a return.
            OrderCommand::AcceptReturn => match returning {
                Returning::Requested => Ok(vec![OrderEvent::ReturnAccepted {}]),
                Returning::NotRequested | Returning::Accepted | Returning::Declined => Ok(vec![]),
            },
            OrderCommand::DeclineReturn => match returning {
                Returning::Requested => Ok(vec![OrderEvent::ReturnDeclined {}]),
                Returning::Declined => Ok(vec![]),
                Returning::NotRequested | Returning::Accepted => Err(OrderError::NoReturn),
            },
            OrderCommand::TakeOver { to, .. } if *customer == to => Ok(vec![]),
            OrderCommand::TakeOver { from, to } if *customer == from => {
                Ok(vec![OrderEvent::OrderTakenOver { customer: to }])
            }
            OrderCommand::TakeOver { .. } => Err(OrderError::NotFound),
        }
    }

    /// Whether it is paid and nothing of it was sent.
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::Unplaced => false,
            Self::Placed {
                status, shipments, ..
            } => *status == Status::Confirmed && shipments.is_empty(),
        }
    }

    /// The placement, for whose order it is alone.
    ///
    /// # Errors
    /// [`OrderError::NotFound`] for anybody else.
    pub fn placed_by(&self, by: OwnerId) -> Result<&Placement, OrderError> {
        match self {
            Self::Placed {
                placement, customer, ..
            } if *customer == by => Ok(placement),
            Self::Unplaced | Self::Placed { .. } => Err(OrderError::NotFound),
        }
    }

    /// Never fails: what was stored can always be read.
    pub fn evolve(&mut self, event: &OrderEvent) {
        if let OrderEvent::OrderPlaced { placement } = event {
            *self = Self::Placed {
                placement: Box::new(placement.clone()),
                customer: placement.customer,
                status: Status::AwaitingPayment,
                shipments: vec![],
                returning: Returning::NotRequested,
                declined_returns: 0,
            };
            return;
        }
        let Self::Placed {
            customer,
            status,
            shipments,
            returning,
            declined_returns,
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
            OrderEvent::ReturnRequested { .. } => *returning = Returning::Requested,
            OrderEvent::ReturnAccepted {} => *returning = Returning::Accepted,
            OrderEvent::ReturnDeclined {} => {
                *returning = Returning::Declined;
                *declined_returns = declined_returns.saturating_add(1);
            }
            OrderEvent::OrderTakenOver { customer: to } => *customer = *to,
        }
    }
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
        ReturnDeclined,
        OrderTakenOver
    },
    OrderError
);
