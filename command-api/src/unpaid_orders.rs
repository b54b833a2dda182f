//! How much may be ordered without being paid: orders and units of one shopper, and of one network. Called by the checkout.
//!
//! Stock that an unpaid order reserves is nobody else's, and a guest costs nothing; so what one can hold has a limit, and what many guests
//! of one network can hold, too. It is counted before the order is placed ([`Holds`]), and given back where none was. What was paid or
//! cancelled since is found out only where somebody has too much: the log knows ([`Deadlines::unpaid`]).

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use domain::cart::Cart;
use domain::checkout::{Allowance, UnpaidError};
use domain::{CartId, OrderId, OwnerId};
use event_store::deadlines::Deadlines;
use event_store::{DatabaseError, Reader};
use session::{Asked, GuestKey, Held, Holder, Holds, Sessions};
use uuid::Uuid;

use crate::command_loop::{Policy, current_of};
use crate::error::Problem;
use crate::opening::Stores;

/// What was not placed by then never is: longer than any command takes.
const PLACED_WITHIN: Duration = Duration::from_mins(1);
/// How often what ended is looked for, for one checkout. Each time there is room for more.
const LOOKS: usize = 3;
/// Orders that still hold, of one network, behind which nothing is looked for: more than any shop allows it.
const MOST_LOOKED_AT: usize = 10_000;

#[derive(Args, Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "an argument is named like its field")]
pub struct UnpaidLimits {
    /// Orders that one shopper may have which are not paid yet.
    #[arg(long, env = "UNPAID_ORDERS", default_value_t = 5)]
    pub unpaid_orders: u32,
    /// Units that they may hold together.
    #[arg(long, env = "UNPAID_UNITS", default_value_t = 200)]
    pub unpaid_units: u32,
    /// Orders from one network which are not paid yet.
    #[arg(long, env = "UNPAID_ORDERS_PER_NETWORK", default_value_t = 40)]
    pub unpaid_orders_per_network: u32,
    /// Units that they may hold together.
    #[arg(long, env = "UNPAID_UNITS_PER_NETWORK", default_value_t = 1000)]
    pub unpaid_units_per_network: u32,
}

pub struct UnpaidOrders {
    holds: Holds,
    deadlines: Deadlines,
    reader: Reader,
    /// Gives networks their names.
    key: GuestKey,
    limits: UnpaidLimits,
    /// The longest that an order stays unpaid.
    life: Duration,
}

/// What is counted for a checkout that is under way.
pub struct Counted {
    pub allowance: Allowance,
    held: Option<(Held, [Holder; 2])>,
}

impl Counted {
    /// Whether an order may come of it. Otherwise the checkout is refused, or answered with the order that the cart became before.
    pub const fn may_be_placed(&self) -> bool {
        self.held.is_some()
    }
}

impl UnpaidOrders {
    pub fn new(
        limits: &UnpaidLimits,
        stores: &Stores,
        sessions: &Sessions,
        key: &GuestKey,
        policy: &Policy,
    ) -> Self {
        Self {
            holds: Holds::of(sessions),
            deadlines: stores.deadlines.clone(),
            reader: stores.reader.clone(),
            key: key.clone(),
            limits: *limits,
            life: policy.longest_unpaid(),
        }
    }

    /// Counts what a checkout would hold. Where that is too much, the checkout is told, and decides: a repeated one places nothing.
    ///
    /// # Errors
    /// Redis or PostgreSQL does not answer.
    pub async fn count(
        &self,
        by: OwnerId,
        network: IpAddr,
        cart: CartId,
        order: OrderId,
    ) -> Result<Counted, Problem> {
        let (cart, _) = current_of::<Cart>(&self.reader, cart.stream()).await?;
        let units: u64 = match cart {
            Cart::Open(contents) if contents.owner == by => {
                contents.lines.iter().map(|line| u64::from(line.quantity)).sum()
            }
            // Nothing will be placed; were it to be, it is more than nothing.
            Cart::Open(_)
            | Cart::Unopened
            | Cart::CheckedOut { .. }
            | Cart::Expired(_)
            | Cart::Merged { .. } => {
                return Ok(Counted {
                    allowance: Allowance::Units(0),
                    held: None,
                });
            }
        };
        let order = order.uuid();
        let held = Held { order, units };
        let holders = self.holders(by, network);
        Ok(match self.hold(held, &holders).await? {
            None => Counted {
                allowance: Allowance::Units(units),
                held: Some((held, holders)),
            },
            Some(error) => Counted {
                allowance: Allowance::None(error),
                held: None,
            },
        })
    }

    /// Gives back what was counted for an order that was not placed.
    pub async fn give_back(&self, counted: Counted) {
        let Some((held, holders)) = counted.held else {
            return;
        };
        // It is forgotten by itself, too.
        if let Err(error) = self.holds.let_go(&[held], &holders).await {
            tracing::warn!(%error, "what a refused checkout would have held cannot be given back");
        }
    }

    fn holders(&self, by: OwnerId, network: IpAddr) -> [Holder; 2] {
        let limits = self.limits;
        [
            Holder {
                name: format!("shopper:{}", by.uuid()),
                most_orders: limits.unpaid_orders,
                most_units: limits.unpaid_units,
            },
            Holder {
                name: format!("network:{}", self.key.name_of_network(network)),
                most_orders: limits.unpaid_orders_per_network,
                most_units: limits.unpaid_units_per_network,
            },
        ]
    }

    /// None where it is held.
    async fn hold(&self, held: Held, holders: &[Holder; 2]) -> Result<Option<UnpaidError>, Problem> {
        let mut looks = 0;
        loop {
            let Asked::TooMuch {
                holder,
                by_orders,
                held: others,
            } = self.holds.hold(held, holders, self.life).await?
            else {
                return Ok(None);
            };
            let full = &holders[holder.min(1)];
            looks += 1;
            if looks > LOOKS || !self.let_go_of_what_ended(full, others).await? {
                return Ok(Some(match (holder, by_orders) {
                    (0, true) => UnpaidError::Orders {
                        most: full.most_orders,
                    },
                    (0, false) => UnpaidError::Units {
                        most: full.most_units,
                    },
                    (_, _) => UnpaidError::Network,
                }));
            }
        }
    }

    /// Whether there was any. Page by page: what still holds may stand before what ended.
    async fn let_go_of_what_ended(&self, full: &Holder, oldest: Vec<Held>) -> Result<bool, Problem> {
        let (mut page, mut behind, mut has_ended) = (oldest, 0, false);
        while !page.is_empty() && behind < MOST_LOOKED_AT {
            let over = self.over(&page).await?;
            if !over.is_empty() {
                self.holds.let_go(&over, std::slice::from_ref(full)).await?;
                has_ended = true;
            }
            behind += page.len() - over.len();
            page = self.holds.held(full, behind).await?;
        }
        Ok(has_ended)
    }

    /// Those that hold nothing any more.
    async fn over(&self, held: &[Held]) -> Result<Vec<Held>, DatabaseError> {
        let orders: Vec<Uuid> = held.iter().map(|held| held.order).collect();
        let unpaid = self.deadlines.unpaid(&orders).await?;
        let still_holds = |held: &&Held| {
            let found = unpaid.iter().find(|unpaid| unpaid.order_id == held.order);
            found.is_some_and(|unpaid| unpaid.is_placed || is_under_way(held.order))
        };
        Ok(held.iter().filter(|held| !still_holds(held)).copied().collect())
    }
}

/// Whether a checkout that has placed nothing yet still may. An order's id says when its checkout began.
fn is_under_way(order: Uuid) -> bool {
    let began = order.get_timestamp().map_or(0, |began| began.to_unix().0);
    let now = Uuid::now_v7().get_timestamp().map_or(0, |now| now.to_unix().0);
    now.saturating_sub(began) < PLACED_WITHIN.as_secs()
}
