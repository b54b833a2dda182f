//! Who may do something to an order: its customer's session, whoever holds its link, staff.

use domain::OrderId;
use domain::order::{Order, Placement};
use session::Shopper;
use uuid::Uuid;

use crate::command_loop::By;
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

/// Whoever was let in.
pub struct Admission {
    pub by: By,
    /// Owns the idempotency keys.
    pub owner: Uuid,
    pub actor: &'static str,
}

impl Received {
    /// # Errors
    /// A wrong key is answered like an order that there is not. Whether a session is its customer's, the decision says.
    pub async fn admit_to_order(&self, app: &App, order: OrderId) -> Result<Admission, Problem> {
        if let Some(key) = self.parameter("key") {
            if !app.guest_key.opens_order(order.uuid(), &key) {
                return Err(Problem::order_not_found());
            }
            app.limits.check_shopper(order.uuid())?;
            return Ok(Admission {
                by: By::Admitted,
                owner: order.uuid(),
                actor: "order-link",
            });
        }
        if self.text(&axum::http::header::AUTHORIZATION).is_some() {
            self.require_staff(app)?;
            return Ok(Admission {
                by: By::Admitted,
                owner: Uuid::nil(),
                actor: "staff",
            });
        }
        let shopper = app.sessions.resolve(self.cookies()).await?;
        let Some(Shopper::InSession(owner) | Shopper::Guest(owner)) = shopper else {
            return Err(Problem::no_session());
        };
        app.limits.check_shopper(owner)?;
        Ok(Admission {
            by: By::Customer(domain::OwnerId::new(owner)),
            owner,
            actor: "guest",
        })
    }

    /// What was ordered, for whoever may know.
    pub async fn see_order(&self, app: &App, id: OrderId) -> Result<Placement, Problem> {
        let admission = self.admit_to_order(app, id).await?;
        let (order, _) = app.reader.aggregate::<Order>(&id.to_string()).await?;
        let Order::Placed { placement, .. } = order else {
            return Err(Problem::order_not_found());
        };
        match admission.by {
            By::Customer(customer) if placement.customer != customer => Err(Problem::order_not_found()),
            By::Customer(_) | By::Admitted => Ok(*placement),
        }
    }

    /// A parameter of the query string.
    fn parameter(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.query().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}
