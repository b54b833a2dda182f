//! Who may do something to an order: its customer, whoever holds its link, staff.

use domain::OrderId;
use domain::order::{Order, Placement};
use session::Role;

use crate::command_loop::By;
use crate::error::Problem;
use crate::identity::{Actor, Who};
use crate::request::Received;
use crate::router::App;

/// Whoever was let in.
pub struct Admission {
    pub by: By,
    pub who: Who,
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
                who: Who {
                    owner: order.uuid(),
                    actor: Actor::OrderLink,
                },
            });
        }
        let identity = self.identity(app).await?.ok_or_else(Problem::no_session)?;
        app.limits.check_shopper(identity.owner.uuid())?;
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
