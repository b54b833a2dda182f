//! What is sent about an order, and what the order's own events make of it.

use std::borrow::Cow;

use domain::order::{self, CancelReason, OrderEvent, Placement, ReturnReason, ShippedLine, Totals};
use domain::{CartId, Code, Country, Money, OrderId, OwnerId, ShipmentId, Sku};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::payment::{OrderPayment, PaymentState};
use super::schemas::{CancelReasonSchema, ReturnReasonSchema, ShippedLineSchema, TotalsSchema};
use crate::money::MoneySchema;

/// An order with its lines, its payment and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderDocument {
    #[schema(value_type = uuid::Uuid)]
    pub id: OrderId,
    /// The sequence of the last event of the order (not of its payment) that is in here.
    pub version: i64,
    /// The sequence of the last event of its payment; 0 before there is one.
    pub payment_version: i64,
    /// Whose it is: who placed it, or the account that took it over from a guest.
    #[schema(value_type = uuid::Uuid)]
    pub customer: OwnerId,
    /// What it was before.
    #[schema(value_type = uuid::Uuid)]
    pub cart: CartId,
    /// Where it is sent; ISO 3166-1 alpha-2.
    #[schema(value_type = String)]
    pub country: Country,
    pub state: OrderState,
    #[schema(value_type = Option<CancelReasonSchema>, required)]
    pub cancel_reason: Option<CancelReason>,
    /// What became of the last return that its customer asked for.
    #[serde(rename = "return")]
    #[schema(required)]
    pub returning: Option<Return>,
    pub lines: Vec<OrderLine>,
    #[schema(value_type = Option<String>, required)]
    pub code: Option<Code>,
    pub shipping_option: String,
    #[schema(value_type = TotalsSchema)]
    pub totals: Totals,
    pub payment: OrderPayment,
    pub shipments: Vec<Shipment>,
    /// What happened to the order and its payment, oldest first.
    pub timeline: Vec<Moment>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrderState {
    AwaitingPayment,
    Confirmed,
    PartiallyShipped,
    Shipped,
    /// Everything was sent, and every parcel arrived.
    Delivered,
    Cancelled,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderLine {
    #[schema(value_type = String)]
    pub sku: Sku,
    pub name: String,
    pub quantity: u32,
    #[schema(value_type = MoneySchema)]
    pub unit_price: Money,
    /// Before the line's share of the discount.
    #[schema(value_type = MoneySchema)]
    pub line_total: Money,
    #[schema(value_type = MoneySchema)]
    pub discount: Money,
    /// How many of them were sent.
    pub shipped: u32,
}

/// That its customer wants to send something back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderReturn)]
pub struct Return {
    pub state: ReturnState,
    #[schema(value_type = ReturnReasonSchema)]
    pub reason: ReturnReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReturnState {
    Requested,
    Accepted,
    Declined,
}

/// One parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderShipment)]
pub struct Shipment {
    #[schema(value_type = uuid::Uuid)]
    pub id: ShipmentId,
    #[schema(value_type = Vec<ShippedLineSchema>)]
    pub lines: Vec<ShippedLine>,
    pub carrier: String,
    #[schema(required)]
    pub tracking: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub shipped_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    pub delivered_at: Option<OffsetDateTime>,
}

/// Something that happened to an order or its payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrderMoment)]
pub struct Moment {
    /// The event's name: `OrderPlaced`, `PaymentCaptured`, … New ones are added; leave out what you do not know.
    #[schema(value_type = String)]
    pub what: Cow<'static, str>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// An order as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderSummary {
    #[schema(value_type = uuid::Uuid)]
    pub id: OrderId,
    pub version: i64,
    pub state: OrderState,
    pub payment_state: PaymentState,
    #[schema(value_type = MoneySchema)]
    pub total: Money,
    /// The sum of the lines' quantities.
    pub item_count: u64,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

impl OrderDocument {
    pub(super) fn placed(id: OrderId, placement: &Placement, at: OffsetDateTime) -> Self {
        let placement = placement.clone();
        Self {
            id,
            version: 0,
            payment_version: 0,
            customer: placement.customer,
            cart: placement.cart,
            country: placement.country,
            state: OrderState::AwaitingPayment,
            cancel_reason: None,
            returning: None,
            lines: placement.lines.into_iter().map(OrderLine::ordered).collect(),
            code: placement.code,
            shipping_option: placement.shipping_option,
            totals: placement.totals,
            payment: OrderPayment::none(placement.totals.total.currency),
            shipments: vec![],
            timeline: vec![],
            placed_at: at,
            updated_at: at,
        }
    }

    pub(super) fn evolve(&mut self, event: &OrderEvent, at: OffsetDateTime) {
        match event {
            OrderEvent::OrderPlaced { .. } => {}
            OrderEvent::OrderConfirmed {} => self.state = OrderState::Confirmed,
            OrderEvent::OrderCancelled { reason } => {
                self.state = OrderState::Cancelled;
                self.cancel_reason = Some(*reason);
            }
            OrderEvent::OrderShipped {
                shipment,
                lines,
                carrier,
                tracking,
            } => {
                self.shipments.push(Shipment {
                    id: *shipment,
                    lines: lines.clone(),
                    carrier: carrier.clone(),
                    tracking: tracking.clone(),
                    shipped_at: at,
                    delivered_at: None,
                });
                for sent in lines {
                    if let Some(line) = self.lines.iter_mut().find(|line| line.sku == sent.sku) {
                        line.shipped = line.shipped.saturating_add(sent.quantity);
                    }
                }
                self.state = self.on_its_way();
            }
            OrderEvent::OrderDelivered { shipment } => {
                if let Some(parcel) = self.shipments.iter_mut().find(|parcel| parcel.id == *shipment) {
                    parcel.delivered_at = Some(at);
                }
                self.state = self.on_its_way();
            }
            OrderEvent::ReturnRequested { reason } => {
                self.returning = Some(Return {
                    state: ReturnState::Requested,
                    reason: *reason,
                });
            }
            OrderEvent::ReturnAccepted {} => self.answer_return(ReturnState::Accepted),
            OrderEvent::ReturnDeclined {} => self.answer_return(ReturnState::Declined),
            OrderEvent::OrderTakenOver { customer } => self.customer = *customer,
        }
    }

    fn on_its_way(&self) -> OrderState {
        if self.lines.iter().any(|line| line.shipped < line.quantity) {
            OrderState::PartiallyShipped
        } else if self.shipments.iter().any(|parcel| parcel.delivered_at.is_none()) {
            OrderState::Shipped
        } else {
            OrderState::Delivered
        }
    }

    fn answer_return(&mut self, state: ReturnState) {
        if let Some(returning) = &mut self.returning {
            returning.state = state;
        }
    }

    /// Whether its customer asks for a return that nobody has answered.
    pub fn wants_return(&self) -> bool {
        self.returning
            .is_some_and(|asked| asked.state == ReturnState::Requested)
    }

    pub fn summary(&self) -> OrderSummary {
        OrderSummary {
            id: self.id,
            version: self.version,
            state: self.state,
            payment_state: self.payment.state,
            total: self.totals.total,
            item_count: self.lines.iter().map(|line| u64::from(line.quantity)).sum(),
            placed_at: self.placed_at,
            updated_at: self.updated_at,
        }
    }
}

impl OrderLine {
    fn ordered(line: order::OrderLine) -> Self {
        Self {
            sku: line.sku,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price,
            line_total: line.line_total,
            discount: line.discount,
            shipped: 0,
        }
    }
}

impl OrderState {
    pub const ALL: [Self; 6] = [
        Self::AwaitingPayment,
        Self::Confirmed,
        Self::PartiallyShipped,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// As documents and lists name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting-payment",
            Self::Confirmed => "confirmed",
            Self::PartiallyShipped => "partially-shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more is expected to happen to the order.
    pub const fn is_finished(self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => true,
            Self::AwaitingPayment | Self::Confirmed | Self::PartiallyShipped | Self::Shipped => false,
        }
    }
}
