//! Reads orders: one by its id, a page of a list, the newest of a customer.

use axum::body::Bytes;
use read_model::order::{StateList, Versions};
use read_model::{Generation, View};
use redis::AsyncCommands;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Views;
use crate::problem::Problem;
use crate::visitor::Visitor;

/// An order's document, and what decides who may see it.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: Uuid,
    pub generation: Generation,
    pub versions: Versions,
    pub customer: Uuid,
    pub body: Bytes,
}

/// Whose orders a list has.
#[derive(Debug, Clone, Copy)]
pub enum OrdersOf {
    Customer(Uuid),
    Everybody(StateList),
}

/// Some orders of a list, newest first, as lists show them.
#[derive(Debug)]
pub struct Page {
    pub summaries: Vec<Box<RawValue>>,
    /// The place of the last one, if there are more.
    pub ends_at: Option<i64>,
}

type OrderFields = (Option<Vec<u8>>, Option<Vec<u8>>, Option<String>);
const ORDER_FIELDS: [&str; 3] = ["body", "versions", "customer"];

impl Views {
    pub async fn order(&self, id: Uuid) -> Result<Option<Order>, Problem> {
        let mut generation = self.current(View::Orders).await?;
        loop {
            let key = self.keys.order(generation, id.as_hyphenated());
            let fields: OrderFields = self.redis.clone().hmget(key, &ORDER_FIELDS).await?;
            let order = Order::of(id, generation, fields);
            if order.is_some() || !self.has_moved_on(View::Orders, &mut generation).await? {
                return Ok(order);
            }
        }
    }

    /// The versions of an order and of its payment that the view has; zeros when it has none that this visitor may see.
    pub async fn order_versions(&self, id: Uuid, visitor: Visitor) -> Result<Versions, Problem> {
        let generation = self.current(View::Orders).await?;
        let key = self.keys.order(generation, id.as_hyphenated());
        let fields = self.redis.clone().hmget(key, &["versions", "customer"]).await?;
        let (versions, customer): (Option<Vec<u8>>, Option<String>) = fields;
        // Of a payment that came before its order nobody knows whose it is.
        let customer = customer.and_then(|customer| Uuid::try_parse(&customer).ok());
        let may_see = customer.is_some_and(|customer| visitor.may_see_order(id, customer));
        Ok(read_versions(versions.filter(|_| may_see)))
    }

    /// Up to `limit` orders of a list behind the place where the page before ended.
    pub async fn orders(&self, of: OrdersOf, limit: usize, behind: Option<i64>) -> Result<Page, Problem> {
        let mut generation = self.current(View::Orders).await?;
        loop {
            let page = self.page(generation, of, limit, behind).await?;
            // A list that is gone is empty, and looks like an answer.
            if !self.has_moved_on(View::Orders, &mut generation).await? {
                return Ok(page);
            }
        }
    }

    async fn page(
        &self,
        generation: Generation,
        of: OrdersOf,
        limit: usize,
        behind: Option<i64>,
    ) -> Result<Page, Problem> {
        let key = match of {
            OrdersOf::Customer(customer) => self.keys.orders_of(generation, customer.as_hyphenated()),
            OrdersOf::Everybody(list) => self.keys.orders_in(generation, list),
        };
        let newest = behind.map_or_else(|| "+inf".to_owned(), |place| format!("({place}"));
        let one_more = isize::try_from(limit).unwrap_or(isize::MAX).saturating_add(1);
        let mut redis = self.redis.clone();
        let mut listed: Vec<(String, i64)> = redis
            .zrevrangebyscore_limit_withscores(key, newest, "-inf", 0, one_more)
            .await?;
        let has_more = listed.len() > limit;
        listed.truncate(limit);
        let mut pipeline = redis::pipe();
        for (id, _) in &listed {
            pipeline.hmget(self.keys.order(generation, id), &["summary", "customer"]);
        }
        let found: Vec<(Option<String>, Option<String>)> = if listed.is_empty() {
            vec![]
        } else {
            pipeline.query_async(&mut redis).await?
        };
        // An order is listed a moment before it is written, and in a guest's list perhaps when an account has taken it over.
        let is_theirs = |customer: Option<String>| match of {
            OrdersOf::Customer(owner) => {
                customer.is_some_and(|customer| Uuid::parse_str(&customer) == Ok(owner))
            }
            OrdersOf::Everybody(_) => true,
        };
        let there = found
            .into_iter()
            .filter_map(|(summary, customer)| summary.filter(|_| is_theirs(customer)))
            .filter(|summary| !summary.is_empty());
        let summaries: Result<_, _> = there.map(RawValue::from_string).collect();
        Ok(Page {
            summaries: summaries.map_err(|error| Problem::Internal(error.to_string()))?,
            ends_at: listed.last().map(|(_, place)| *place).filter(|_| has_more),
        })
    }

    /// The ids of a customer's newest orders and the versions that the view has of them, newest first.
    pub async fn newest_orders(&self, customer: Uuid, most: isize) -> Result<Vec<(Uuid, Versions)>, Problem> {
        let generation = self.current(View::Orders).await?;
        let mut redis = self.redis.clone();
        let key = self.keys.orders_of(generation, customer.as_hyphenated());
        let ids: Vec<String> = redis.zrevrange(key, 0, most - 1).await?;
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let mut pipeline = redis::pipe();
        for id in &ids {
            pipeline.hget(self.keys.order(generation, id), "versions");
        }
        let versions: Vec<Option<Vec<u8>>> = pipeline.query_async(&mut redis).await?;
        let ids = ids.iter().map(|id| Uuid::try_parse(id).unwrap_or_default());
        Ok(ids.zip(versions.into_iter().map(read_versions)).collect())
    }
}

impl Order {
    fn of(id: Uuid, generation: Generation, (body, versions, customer): OrderFields) -> Option<Self> {
        // There can be a payment before there is an order.
        let body = body.filter(|body| !body.is_empty())?;
        Some(Self {
            id,
            generation,
            versions: read_versions(versions),
            customer: Uuid::try_parse(&customer?).ok()?,
            body: body.into(),
        })
    }

    /// Of this state of the order, in quotes where it is a tag.
    pub fn tag(&self) -> String {
        let Versions { order, payment } = self.versions;
        format!("{}-{order}-{payment}", self.generation)
    }
}

fn read_versions(json: Option<Vec<u8>>) -> Versions {
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}
