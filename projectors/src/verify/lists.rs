//! The lists of orders against the orders: every one where its version says, and nobody else's.
//!
//! What is listed at another version than the document that was compared (the shop is open, or the order is parked) is
//! compared with the log as far as the list is.

use std::collections::HashMap;

use domain::{AggregateType, OrderId};
use read_model::document::DocumentId;
use read_model::order::{Listing, StateList};
use read_model::parked::ParkedOf;
use read_model::view::Kind;
use read_model::{Generation, View};
use redis::AsyncCommands;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Report;
use super::views::keys_of;
use crate::fold::fold_all;
use crate::services::Services;

/// Where the orders belong whose documents were compared.
pub type Listings = HashMap<OrderId, Listing>;

/// Order → its place.
type Listed = HashMap<String, i64>;

pub async fn compare(
    services: &Services,
    generation: Generation,
    documents: &Listings,
    parked: &ParkedOf,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Stored {
        versions,
        expiring,
        lists,
    } = stored(services, generation).await?;
    let mut expected = Listings::new();
    for (order, version) in &versions {
        match at_version(services, documents, parked, order, *version).await? {
            Some(listing) => drop(expected.insert(listing.order, listing)),
            None => report.differ(
                format!("orders listed {order}"),
                "a version of an order",
                version.to_string(),
            ),
        }
    }
    for (order, listing) in documents {
        // Taken out of its lists since it was read.
        if listing
            .expires_at
            .is_some_and(|at| at <= OffsetDateTime::now_utc())
        {
            continue;
        }
        let listed = expected.get(order).map_or(0, |listed| listed.version);
        if listed < listing.version {
            let version = listing.version.to_string();
            report.differ(format!("orders listed {order}"), version, listed.to_string());
        }
    }
    for (list, listed) in lists {
        let belongs = |listing: &Listing| listing.is_in(list).then_some(listing.position);
        compare_list(&format!("orders in {list}"), listed, &expected, belongs, report);
    }
    let over = |listing: &Listing| listing.expires_at.map(OffsetDateTime::unix_timestamp);
    compare_list("orders expiring", expiring, &expected, over, report);
    compare_customers(services, generation, &expected, parked, report).await
}

/// All lists of one moment: they share a slot.
struct Stored {
    /// Which version of every order is listed.
    versions: Listed,
    /// When orders go out of the lists.
    expiring: Listed,
    lists: Vec<(StateList, Listed)>,
}

async fn stored(services: &Services, generation: Generation) -> anyhow::Result<Stored> {
    let keys = services.store.keys();
    let mut pipeline = redis::pipe();
    pipeline
        .atomic()
        .hgetall(keys.orders_listed(generation))
        .zrange_withscores(keys.orders_expiring(generation), 0, -1);
    for list in StateList::ALL {
        pipeline.zrange_withscores(keys.orders_in(generation, list), 0, -1);
    }
    let mut answers: Vec<Listed> = pipeline.query_async(&mut services.store.connection()).await?;
    let lists = answers.split_off(2);
    let expiring = answers.pop().unwrap_or_default();
    let versions = answers.pop().unwrap_or_default();
    Ok(Stored {
        versions,
        expiring,
        lists: StateList::ALL.into_iter().zip(lists).collect(),
    })
}

/// Where an order belongs at the version at which it is listed; none if it never had that version.
async fn at_version(
    services: &Services,
    documents: &Listings,
    parked: &ParkedOf,
    order: &str,
    version: i64,
) -> anyhow::Result<Option<Listing>> {
    if let Some(order) = order_id(order)
        && let Some(listing) = documents.get(&order).filter(|listing| listing.version == version)
    {
        return Ok(Some(*listing));
    }
    let listing = folded(services, parked, order, version).await?;
    Ok(listing.filter(|listing| listing.version == version))
}

/// Where an order belongs by its events up to a version; none if it is no order.
async fn folded(
    services: &Services,
    parked: &ParkedOf,
    order: &str,
    up_to_version: i64,
) -> anyhow::Result<Option<Listing>> {
    let Some(id) = DocumentId::parse(Kind::Order, order) else {
        return Ok(None);
    };
    let mut stream = services.log.read_stream(AggregateType::Order, order, 0).await?;
    stream.retain(|recorded| recorded.sequence <= up_to_version);
    let mut document = id.empty();
    // An event that cannot be read leaves the document at an earlier version.
    let _ = fold_all(&mut document, &id, &stream, parked);
    Ok(document.listing())
}

/// Whether a guest's list need not be kept on account of this order any more.
fn is_over(listing: &Listing) -> bool {
    listing
        .customer_until
        .is_some_and(|until| until <= OffsetDateTime::now_utc())
}

fn order_id(text: &str) -> Option<OrderId> {
    Uuid::parse_str(text).ok().map(OrderId::new)
}

fn compare_list(
    name: &str,
    mut listed: Listed,
    expected: &Listings,
    place: impl Fn(&Listing) -> Option<i64>,
    report: &mut Report,
) {
    let said = |place: Option<i64>| place.map_or("not listed".to_owned(), |position| position.to_string());
    for (order, listing) in expected {
        let (meant, found) = (place(listing), listed.remove(&order.to_string()));
        if meant != found {
            report.differ(format!("{name} {order}"), said(meant), said(found));
        }
    }
    for (order, place) in listed {
        report.differ(format!("{name} {order}"), said(None), said(Some(place)));
    }
}

/// Every customer's list, those of nobody included.
async fn compare_customers(
    services: &Services,
    generation: Generation,
    expected: &Listings,
    parked: &ParkedOf,
    report: &mut Report,
) -> anyhow::Result<()> {
    let keys = services.store.keys();
    let mut of_customers: HashMap<String, Listings> = HashMap::new();
    for (order, listing) in expected {
        let key = keys.orders_of(generation, listing.customer);
        of_customers.entry(key).or_default().insert(*order, *listing);
    }
    let any_customer = keys.orders_of(generation, "");
    let any_customer = any_customer.trim_end_matches('}');
    for key in keys_of(services, View::Orders).await? {
        if key.starts_with(any_customer) {
            of_customers.entry(key).or_default();
        }
    }
    let mut connection = services.store.connection();
    for (key, mut expected) in of_customers {
        let listed: Listed = connection.zrange_withscores(&key, 0, -1).await?;
        for order in listed.keys() {
            // Placed since the lists of all customers were read, or never.
            let known = order_id(order).is_some_and(|order| expected.contains_key(&order));
            if !known
                && let Some(listing) = folded(services, parked, order, i64::MAX).await?
                && keys.orders_of(generation, listing.customer) == key
            {
                expected.insert(listing.order, listing);
            }
        }
        if listed.is_empty() && expected.values().all(is_over) {
            continue;
        }
        compare_list(&key, listed, &expected, |listing| Some(listing.position), report);
    }
    Ok(())
}
