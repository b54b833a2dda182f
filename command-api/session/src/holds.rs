//! What is held by orders that are not paid: how many orders and units of one shopper, and of one network. Counted in Redis, so that
//! replicas share it.
//!
//! `holds:{holder}` is a sorted set of `{order}:{units}` by when it is over, and `holds:{holder}:units` the sum of their units. Whoever
//! was paid stays in there until somebody looks ([`Holds::let_go`]) or the time is over; the last one over takes the keys with it.

use std::time::Duration;

use redis::Script;
use redis_connection::Connection;
use uuid::Uuid;

use crate::store::{Sessions, SessionsError};

/// Orders that one look returns of somebody who holds too much.
const LOOKED_AT: usize = 200;

const HOLD: &str = "
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local member, more, life = ARGV[1] .. ':' .. ARGV[2], tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 1, #KEYS, 2 do
    local orders, units = KEYS[i], KEYS[i + 1]
    for _, over in ipairs(redis.call('zrangebyscore', orders, '-inf', now)) do
        redis.call('zrem', orders, over)
        redis.call('decrby', units, string.match(over, ':(%d+)$'))
    end
    local too_many = redis.call('zcard', orders) >= tonumber(ARGV[i + 4])
    local too_much = tonumber(redis.call('get', units) or '0') + more > tonumber(ARGV[i + 5])
    if too_many or too_much then
        local held = redis.call('zrange', orders, 0, tonumber(ARGV[4]) - 1)
        table.insert(held, 1, (i - 1) / 2 .. (too_many and ':orders' or ':units'))
        return held
    end
end
for i = 1, #KEYS, 2 do
    redis.call('zadd', KEYS[i], now + life, member)
    redis.call('incrby', KEYS[i + 1], more)
    for _, key in ipairs({ KEYS[i], KEYS[i + 1] }) do
        if redis.call('pttl', key) < life then redis.call('pexpire', key, life) end
    end
end
return {}";

const LET_GO: &str = "
for _, member in ipairs(ARGV) do
    for i = 1, #KEYS, 2 do
        if redis.call('zrem', KEYS[i], member) == 1 then
            redis.call('decrby', KEYS[i + 1], string.match(member, ':(%d+)$'))
        end
    end
end";

/// Who holds something, and how much that may be.
#[derive(Clone, Debug)]
pub struct Holder {
    /// No address, and nothing that leads to one.
    pub name: String,
    pub most_orders: u32,
    pub most_units: u32,
}

/// An order, and the units that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub order: Uuid,
    pub units: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is counted from now on.
    Held,
    /// One of the holders, by its place, has too much. Nothing was counted.
    TooMuch {
        holder: usize,
        /// Too many orders, or else too many units.
        by_orders: bool,
        /// What it holds, the oldest first; perhaps only a part of it.
        held: Vec<Held>,
    },
}

#[derive(Clone)]
pub struct Holds {
    redis: Connection,
    prefix: String,
}

impl Holds {
    /// Over the connection of the sessions.
    pub fn of(sessions: &Sessions) -> Self {
        Self {
            redis: sessions.connection(),
            prefix: sessions.key("holds:"),
        }
    }

    /// Counts an order for all of the holders, or for none of them. In `life` it is forgotten.
    ///
    /// # Errors
    /// Redis does not answer: then nothing may be held.
    pub async fn hold(&self, held: Held, holders: &[Holder], life: Duration) -> Result<Asked, SessionsError> {
        let script = Script::new(HOLD);
        let mut asked = script.prepare_invoke();
        self.name_keys(&mut asked, holders);
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX);
        asked
            .arg(held.order.to_string())
            .arg(held.units)
            .arg(life)
            .arg(LOOKED_AT);
        for holder in holders {
            asked.arg(holder.most_orders).arg(holder.most_units);
        }
        let answered: Vec<String> = asked.invoke_async(&mut self.redis.clone()).await?;
        let Some((reason, members)) = answered.split_first() else {
            return Ok(Asked::Held);
        };
        let (holder, reason) = reason.split_once(':').unwrap_or_default();
        Ok(Asked::TooMuch {
            holder: holder.parse().unwrap_or_default(),
            by_orders: reason == "orders",
            held: members.iter().filter_map(|member| parse(member)).collect(),
        })
    }

    /// What somebody holds behind the oldest `behind`, as many as one look returns. None are left where there are none.
    ///
    /// # Errors
    /// Redis does not answer.
    pub async fn held(&self, holder: &Holder, behind: usize) -> Result<Vec<Held>, SessionsError> {
        let orders = format!("{}{}", self.prefix, holder.name);
        let mut redis = self.redis.clone();
        let members: Vec<String> = redis::cmd("zrange")
            .arg(orders)
            .arg(behind)
            .arg(behind + LOOKED_AT - 1)
            .query_async(&mut redis)
            .await?;
        Ok(members.iter().filter_map(|member| parse(member)).collect())
    }

    /// Counts these no more.
    ///
    /// # Errors
    /// Redis does not answer: they are forgotten when their time is over.
    pub async fn let_go(&self, held: &[Held], holders: &[Holder]) -> Result<(), SessionsError> {
        let script = Script::new(LET_GO);
        let mut asked = script.prepare_invoke();
        self.name_keys(&mut asked, holders);
        for Held { order, units } in held {
            asked.arg(format!("{order}:{units}"));
        }
        Ok(asked.invoke_async(&mut self.redis.clone()).await?)
    }

    fn name_keys(&self, asked: &mut redis::ScriptInvocation<'_>, holders: &[Holder]) {
        for holder in holders {
            let orders = format!("{}{}", self.prefix, holder.name);
            let units = format!("{orders}:units");
            asked.key(orders).key(units);
        }
    }
}

fn parse(member: &str) -> Option<Held> {
    let (order, units) = member.split_once(':')?;
    Some(Held {
        order: Uuid::try_parse(order).ok()?,
        units: units.parse().ok()?,
    })
}
