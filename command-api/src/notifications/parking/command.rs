//! `command-api parked …`: what ops do about events that were set aside. Whoever has the role `notifications` does it, within moments.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use event_store::Reader;
use time::OffsetDateTime;

use super::retrying::Asked;
use super::{Parking, Place};
use crate::config::{Parked, ParkedAction};
use crate::notifications::audience::Audience;

/// A process with the role looks every second.
const TAKEN_UP_WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(200);
/// Events that are shown of one aggregate.
const SHOWN: i64 = 1_000;

pub async fn run(command: Parked) -> anyhow::Result<()> {
    let url = command.database.url(false)?;
    let pool = crate::notifications::pool(url, 1)?;
    let of = |audience| Parking::new(pool.clone(), audience);
    match command.action {
        ParkedAction::List { consumer } => {
            for audience in consumer.map_or(Audience::ALL.to_vec(), |audience| vec![audience]) {
                list(
                    &of(audience)
                        .places()
                        .await
                        .context("PostgreSQL cannot be reached")?,
                );
            }
            Ok(())
        }
        ParkedAction::Show { consumer, aggregate } => {
            let log = Reader::connect(url)
                .await
                .context("PostgreSQL cannot be reached")?;
            show(&of(consumer), &log, &aggregate).await
        }
        ParkedAction::Retry { consumer, aggregate } => {
            let told = ask(&of(consumer), &aggregate, Asked::Retry).await?;
            println!("{} {aggregate}: {told}", consumer.as_str());
            Ok(())
        }
        ParkedAction::Discard { consumer, aggregate } => {
            let told = ask(&of(consumer), &aggregate, Asked::Discard).await?;
            println!("{} {aggregate}: {told}", consumer.as_str());
            Ok(())
        }
    }
}

/// Asks, and waits for what comes of it.
async fn ask(parking: &Parking, aggregate: &str, asked: Asked) -> anyhow::Result<&'static str> {
    let consumer = parking.audience().as_str();
    ensure!(
        parking.ask(aggregate, asked).await?,
        "nothing of {aggregate} is parked in {consumer}"
    );
    let begun = Instant::now();
    let first = loop {
        let Some(first) = parking.events_of(aggregate, 1).await?.into_iter().next() else {
            return Ok(match asked {
                Asked::Retry => "told",
                Asked::Discard => "what cannot be told is discarded, the others are told",
            });
        };
        if first.asked.is_none() {
            break first;
        }
        if begun.elapsed() > TAKEN_UP_WITHIN {
            bail!(
                "{aggregate} is to be told anew, and nobody has done so yet: is there a process with the role notifications?"
            );
        }
        tokio::time::sleep(LOOK).await;
    };
    bail!("{aggregate} still cannot be told: {}", first.reason)
}

fn list(places: &[Place]) {
    for Place {
        consumer,
        aggregate,
        reason,
        since,
        events,
    } in places
    {
        let age = (OffsetDateTime::now_utc() - *since).whole_seconds().max(0);
        println!("{consumer} {aggregate}: {events} events, for {age} s: {reason}");
    }
}

async fn show(parking: &Parking, log: &Reader, aggregate: &str) -> anyhow::Result<()> {
    let events = parking.events_of(aggregate, SHOWN).await?;
    let consumer = parking.audience().as_str();
    ensure!(
        !events.is_empty(),
        "nothing of {aggregate} is parked in {consumer}"
    );
    for event in &events {
        let name = event.event_type.as_deref().unwrap_or("?");
        let place = match (event.position, &event.message) {
            (Some(position), _) => format!("position {position}"),
            (None, Some(message)) => message.clone(),
            (None, None) => "?".to_owned(),
        };
        println!(
            "{consumer} {aggregate} at {place}: {name}, tried again {} times: {}",
            event.attempts, event.reason
        );
        if let Some(position) = event.position {
            let recorded = log.at(position).await?;
            let payload = recorded.as_ref().map(|recorded| recorded.payload.get());
            println!("{}", payload.unwrap_or("the log does not have it"));
        } else {
            println!("{}", event.content.as_deref().unwrap_or_default());
        }
    }
    Ok(())
}
