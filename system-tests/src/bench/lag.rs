//! `lag`: how long after its commit an event is in the view, at 500 commands a second.
//!
//! Measured from outside and not by the projector's own metric, whose buckets are too coarse for a p99 of milliseconds: a
//! subscriber notes when the channel `view:carts:changed` names a cart and version, which the projector publishes after
//! Redis has answered its writes; afterwards `recorded_at` of each event is read from PostgreSQL. Both clocks are this
//! machine's. It overstates on both sides: `recorded_at` is taken before the commit, the message comes after the write.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::StreamExt;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::add_item::AddItem;
use super::commands::Adding;
use super::ground::{self, GuestCart, LINES, sku};
use super::line::Line;
use super::{Bench, median};
use crate::http::Connection;
use crate::keys::Keys;
use crate::pace::{Latencies, Pace};

const PER_SECOND: f64 = 500.0;
const CLIENTS: usize = 32;
const CARTS: usize = 2_000;

pub async fn run(bench: &Bench) -> Result<Line> {
    // Leaves a system that has just worked hard, as a shop has, and is warm.
    drop(Adding::set_up(bench).await?);
    let carts = ground::open_carts(bench, CARTS).await?;
    let host = bench.command_api();
    let mut carts: Vec<_> = carts
        .into_iter()
        .map(|cart| (AddItem::to(&cart, &host), cart))
        .collect();
    let seen = Seen::subscribe(bench).await?;
    paced(bench, &mut carts).await?;
    let (mut p50, mut p99, mut failed) = (vec![], vec![], 0);
    for round in 1..=bench.rounds {
        let after = head(bench).await?;
        let (sent, refused) = paced(bench, &mut carts).await?;
        let latencies = seen.latencies(bench, after, sent).await?;
        let (half, most) = (latencies.quantile_ms(0.5), latencies.quantile_ms(0.99));
        eprintln!(
            "lag, round {round}: p50 {half:.2} ms, p99 {most:.2} ms, at most {:.0} ms, {} events",
            latencies.max_ms(),
            latencies.count()
        );
        p50.push(half);
        p99.push(most);
        failed += refused;
    }
    let (p50, p99) = (median(&p50), median(&p99));
    Ok(Line {
        failed,
        ..Line::new("lag", p50, "ms").latency(p50, p99)
    })
}

/// One round of commands at the pace; how many were stored and how many failed.
async fn paced(bench: &Bench, carts: &mut Vec<(AddItem, GuestCart)>) -> Result<(u64, u64)> {
    let pace = Rc::new(Pace::new(Some(PER_SECOND)));
    let shared = Rc::new(RefCell::new((std::mem::take(carts), Keys::default())));
    let turn = Rc::new(Cell::new(0));
    let until = Instant::now() + bench.round();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let mut connection = Connection::open(&bench.command_api()).await?;
        let (pace, shared, turn) = (Rc::clone(&pace), Rc::clone(&shared), Rc::clone(&turn));
        clients.spawn_local(async move {
            let (mut stored, mut failed, mut bytes) = (0, 0, vec![]);
            while pace.next_start().await < until {
                let number: usize = turn.replace(turn.get() + 1);
                bytes.clear();
                {
                    let (carts, keys) = &mut *shared.borrow_mut();
                    let at = number % carts.len();
                    carts[at].0.write(&sku(number % LINES), keys, &mut bytes);
                }
                match connection.exchange_for_status(&bytes).await {
                    Ok(200) => stored += 1,
                    _ => failed += 1,
                }
            }
            (stored, failed)
        });
    }
    let (mut stored, mut failed) = (0, 0);
    while let Some(one) = clients.join_next().await {
        let (its_stored, its_failed) = one?;
        stored += its_stored;
        failed += its_failed;
    }
    carts.append(&mut shared.borrow_mut().0);
    Ok((stored, failed))
}

async fn head(bench: &Bench) -> Result<i64> {
    let mut connection = PgConnection::connect(&bench.database_url).await?;
    Ok(
        sqlx::query_scalar("select coalesce(max(global_position), 0) from events")
            .fetch_one(&mut connection)
            .await?,
    )
}

/// When which version of which cart was first heard of.
struct Seen(Rc<RefCell<VersionsByCart>>);

type VersionsByCart = HashMap<String, Vec<(i64, OffsetDateTime)>>;

impl Seen {
    async fn subscribe(bench: &Bench) -> Result<Self> {
        let client = redis::Client::open(bench.redis_url.as_str())?;
        let mut subscription = client.get_async_pubsub().await.context("Redis does not answer")?;
        subscription
            .subscribe(format!("{}view:carts:changed", bench.redis_prefix))
            .await?;
        let seen = Rc::new(RefCell::new(VersionsByCart::new()));
        let writing = Rc::clone(&seen);
        tokio::task::spawn_local(async move {
            let mut messages = subscription.into_on_message();
            while let Some(message) = messages.next().await {
                let now = OffsetDateTime::now_utc();
                let Ok(lines) = message.get_payload::<String>() else {
                    continue;
                };
                for line in lines.lines() {
                    let mut words = line.split(' ');
                    let (Some(cart), Some(version)) = (words.next(), words.next()) else {
                        continue;
                    };
                    if let Ok(version) = version.parse::<i64>() {
                        writing
                            .borrow_mut()
                            .entry(cart.to_owned())
                            .or_default()
                            .push((version, now));
                    }
                }
            }
        });
        Ok(Self(seen))
    }

    /// Of the cart events past this position, of which there are `stored`, once all were heard of.
    async fn latencies(&self, bench: &Bench, after: i64, stored: u64) -> Result<Latencies> {
        let mut connection = PgConnection::connect(&bench.database_url).await?;
        let events: Vec<(String, i64, OffsetDateTime)> = sqlx::query_as(
            "select aggregate_id, sequence, recorded_at from events
             where global_position > $1 and aggregate_type = 'cart' order by global_position",
        )
        .bind(after)
        .fetch_all(&mut connection)
        .await?;
        ensure!(
            events.len() as u64 == stored,
            "{stored} commands were answered, {} events stored",
            events.len()
        );
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let all: Vec<_> = events.iter().filter_map(|event| self.latency(event)).collect();
            if all.len() == events.len() {
                let mut latencies = Latencies::default();
                for latency in all {
                    latencies.record(latency);
                }
                return Ok(latencies);
            }
            ensure!(
                Instant::now() < until,
                "{} events never came into the view",
                events.len() - all.len()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// A document may take several events at once: the first message at or past the event's version counts.
    fn latency(&self, (cart, sequence, recorded_at): &(String, i64, OffsetDateTime)) -> Option<Duration> {
        let seen = self.0.borrow();
        let first = seen.get(cart)?.iter().find(|(version, _)| version >= sequence)?;
        Some(Duration::try_from(first.1 - *recorded_at).unwrap_or_default())
    }
}
