//! A row of `reporting.orders` with its `reporting.order_lines`.

use domain::order::{CancelReason, OrderEvent, Placement, ReturnReason};
use serde::Serialize;
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

/// The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Serialize, FromRow)]
pub struct OrderRow {
    pub id: Uuid,
    pub customer: Uuid,
    pub cart: Uuid,
    pub country: String,
    pub state: String,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub confirmed_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub cancelled_at: Option<OffsetDateTime>,
    pub cancel_reason: Option<String>,
    pub currency: String,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub shipping_minor: i64,
    pub tax_minor: i64,
    pub tax_rate: i32,
    pub tax_included: bool,
    pub total_minor: i64,
    pub code: Option<String>,
    pub shipping_option: String,
    pub item_count: i64,
    pub line_count: i32,
    pub shipped_count: i64,
    pub parcels: i32,
    pub parcels_delivered: i32,
    #[serde(with = "time::serde::rfc3339::option")]
    pub first_shipped_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub delivered_at: Option<OffsetDateTime>,
    pub return_state: Option<String>,
    pub return_reason: Option<String>,
    pub sequence: i64,
    /// Rows of another table. They never change: where the order is only folded on, they are not read.
    #[serde(skip)]
    #[sqlx(skip)]
    pub lines: Vec<LineRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, FromRow)]
pub struct LineRow {
    pub order_id: Uuid,
    pub line_no: i32,
    pub sku: String,
    pub name: String,
    pub quantity: i64,
    pub unit_price_minor: i64,
    pub line_total_minor: i64,
    pub discount_minor: i64,
    pub currency: String,
}

impl OrderRow {
    /// Before the order was placed, which is its first event. Never written.
    pub(crate) fn unplaced(id: Uuid) -> Self {
        Self {
            id,
            customer: Uuid::nil(),
            cart: Uuid::nil(),
            country: String::new(),
            state: String::new(),
            placed_at: OffsetDateTime::UNIX_EPOCH,
            confirmed_at: None,
            cancelled_at: None,
            cancel_reason: None,
            currency: String::new(),
            subtotal_minor: 0,
            discount_minor: 0,
            shipping_minor: 0,
            tax_minor: 0,
            tax_rate: 0,
            tax_included: false,
            total_minor: 0,
            code: None,
            shipping_option: String::new(),
            item_count: 0,
            line_count: 0,
            shipped_count: 0,
            parcels: 0,
            parcels_delivered: 0,
            first_shipped_at: None,
            delivered_at: None,
            return_state: None,
            return_reason: None,
            sequence: 0,
            lines: vec![],
        }
    }

    pub(crate) fn evolve(&mut self, event: &OrderEvent, at: OffsetDateTime) {
        match event {
            OrderEvent::OrderPlaced { placement } => self.place(placement, at),
            OrderEvent::OrderConfirmed {} => {
                "confirmed".clone_into(&mut self.state);
                self.confirmed_at = Some(at);
            }
            OrderEvent::OrderCancelled { reason } => {
                "cancelled".clone_into(&mut self.state);
                self.cancelled_at = Some(at);
                self.cancel_reason = Some(cancel_reason(*reason).to_owned());
            }
            OrderEvent::OrderShipped { lines, .. } => {
                let sent: i64 = lines.iter().map(|line| i64::from(line.quantity)).sum();
                self.shipped_count = self.shipped_count.saturating_add(sent);
                self.parcels += 1;
                self.first_shipped_at.get_or_insert(at);
                self.move_on(at);
            }
            OrderEvent::OrderDelivered { .. } => {
                self.parcels_delivered += 1;
                self.move_on(at);
            }
            OrderEvent::ReturnRequested { reason } => {
                self.return_state = Some("requested".to_owned());
                self.return_reason = Some(return_reason(*reason).to_owned());
            }
            OrderEvent::ReturnAccepted {} => self.return_state = Some("accepted".to_owned()),
            OrderEvent::ReturnDeclined {} => self.return_state = Some("declined".to_owned()),
            OrderEvent::OrderTakenOver { customer } => self.customer = customer.uuid(),
        }
    }

    fn place(&mut self, placement: &Placement, at: OffsetDateTime) {
        let totals = placement.totals;
        self.customer = placement.customer.uuid();
        self.cart = placement.cart.uuid();
        placement.country.as_str().clone_into(&mut self.country);
        "awaiting-payment".clone_into(&mut self.state);
        self.placed_at = at;
        totals.total.currency.code().clone_into(&mut self.currency);
        self.subtotal_minor = totals.subtotal.minor;
        self.discount_minor = totals.discount.minor;
        self.shipping_minor = totals.shipping.minor;
        self.tax_minor = totals.tax.minor;
        self.tax_rate = i32::try_from(totals.tax_rate).unwrap_or(i32::MAX);
        self.tax_included = totals.tax_included;
        self.total_minor = totals.total.minor;
        self.code = placement.code.as_ref().map(|code| code.as_str().to_owned());
        self.shipping_option.clone_from(&placement.shipping_option);
        self.lines = (1..)
            .zip(&placement.lines)
            .map(|(line_no, line)| LineRow {
                order_id: self.id,
                line_no,
                sku: line.sku.as_str().to_owned(),
                name: line.name.clone(),
                quantity: i64::from(line.quantity),
                unit_price_minor: line.unit_price.minor,
                line_total_minor: line.line_total.minor,
                discount_minor: line.discount.minor,
                currency: line.unit_price.currency.code().to_owned(),
            })
            .collect();
        self.item_count = self.lines.iter().map(|line| line.quantity).sum();
        self.line_count = i32::try_from(self.lines.len()).unwrap_or(i32::MAX);
    }

    /// The rules of shipping never send more of a line than was ordered, so sums are enough.
    fn move_on(&mut self, at: OffsetDateTime) {
        let state = if self.shipped_count < self.item_count {
            "partially-shipped"
        } else if self.parcels_delivered < self.parcels {
            "shipped"
        } else {
            self.delivered_at = Some(at);
            "delivered"
        };
        state.clone_into(&mut self.state);
    }
}

const fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Expired => "expired",
        CancelReason::Customer => "customer",
        CancelReason::Staff => "staff",
    }
}

const fn return_reason(reason: ReturnReason) -> &'static str {
    match reason {
        ReturnReason::Damaged => "damaged",
        ReturnReason::WrongItem => "wrong_item",
        ReturnReason::NotAsDescribed => "not_as_described",
        ReturnReason::NotWanted => "not_wanted",
    }
}
