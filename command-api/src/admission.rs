//! Who may do something to an order: its customer, whoever holds its link, staff.

use axum::http::HeaderName;
use domain::OrderId;
use domain::order::{Order, Placement};
use session::Role;
use session::security::{self, Event};

use crate::command_loop::By;
use crate::error::Problem;
use crate::identity::{Actor, Who};
use crate::request::Received;
use crate::router::App;

/// The key from an order's link. In a header, since addresses get into logs.
const ORDER_KEY: HeaderName = HeaderName::from_static("order-key");

/// Whoever was let in.
pub struct Admission {
    pub by: By,
    pub who: Who,
}

impl Received {
    /// # Errors
    /// A wrong key is answered like an order that there is not. Whether a session is its customer's, the decision says.
    pub async fn admit_to_order(&self, app: &App, order: OrderId) -> Result<Admission, Problem> {
        if let Some(key) = self.order_key() {
            if !app.guest_key.opens_order(order.uuid(), key) {
                security::record(Event::OrderKeyRefused, None, "");
                return Err(Problem::order_not_found());
            }
            app.limits.check_guest(order.uuid(), self.network())?;
            return Ok(Admission {
                by: By::Admitted,
                who: Who {
                    owner: order.uuid(),
                    actor: Actor::OrderLink,
                },
            });
        }
        let identity = self.identity(app).await?.ok_or_else(Problem::no_session)?;
        app.count(&identity)?;
        if let Some(who) = identity.acting_as(Role::Staff) {
            return Ok(Admission {
                by: By::Admitted,
                who,
            });
        }
        if !identity.roles.has(Role::Shopper) {
            return Err(Problem::wrong_role(Role::Shopper));
        }
        Ok(Admission {
            by: By::Customer(identity.owner),
            who: identity.who(),
        })
    }

    /// The key that is sent; one that opens nothing where it is no text, or where there are two.
    fn order_key(&self) -> Option<&str> {
        let mut sent = self.lines(&ORDER_KEY);
        let key = sent.next()?;
        Some(if sent.next().is_none() { key } else { "" })
    }

    /// What was ordered, for whoever may know.
    pub async fn see_order(&self, app: &App, id: OrderId) -> Result<Placement, Problem> {
        self.admit_to_order(app, id).await?.see(app, id).await
    }
}

impl Admission {
    /// What was ordered, if whoever was let in may know.
    ///
    /// # Errors
    /// Somebody else's order is answered like one that there is not.
    pub async fn see(&self, app: &App, id: OrderId) -> Result<Placement, Problem> {
        let (order, _) = app.reader.aggregate::<Order>(&id.to_string()).await?;
        if let By::Customer(customer) = self.by {
            order
                .placed_by(customer)
                .map_err(|_| Problem::order_not_found())?;
        }
        match order {
            Order::Placed { placement, .. } => Ok(*placement),
            Order::Unplaced => Err(Problem::order_not_found()),
        }
    }
}
