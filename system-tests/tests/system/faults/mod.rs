//! Faults under load. A shop on servers of its own is shopped in by everybody while one part after the other is killed,
//! made to stand still, or lied to; after each fault an oracle that reads PostgreSQL, Kafka and Redis itself says whether
//! every invariant holds (`oracle`), a canary says how soon the shop was back without anybody's help, and every try of
//! every client says whether it was answered in time.
//!
//! The faults are a list ([`rows`]). They are dealt out to worlds that run side by side, because most of a fault is
//! waiting; the whole takes some minutes, and never more than [`LONGEST`].

mod canary;
mod client;
mod journal;
mod load;
mod oracle;
mod poison;
mod rows;
mod table;
mod tampering;
mod world;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use self::journal::Journal;
use self::load::Load;
use self::oracle::Seen;
use self::rows::{READ_SIDE, Row, WRITE_SIDE, unexcused};
use self::table::Outcome;
use self::world::{Part, World};
use super::machine;

/// Of a world that hangs. What a fault may take is in its row.
const LONGEST: Duration = Duration::from_mins(18);
/// Shopping before the first fault, so that there is something to lose.
const WARMING_UP: Duration = Duration::from_secs(4);
/// How long a fault may take to heal before it counts as not healing at all.
const HEALS_WITHIN: Duration = Duration::from_mins(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

#[test]
fn every_fault_heals_by_itself_and_breaks_nothing() {
    let _machine = machine::alone_blocking();
    let outcomes: Arc<Mutex<Vec<Outcome>>> = Arc::default();
    let worlds = [("write-side", WRITE_SIDE, 1), ("read-side", READ_SIDE, 2)].map(|(name, rows, seed)| {
        let outcomes = Arc::clone(&outcomes);
        std::thread::spawn(move || run_in_time(name, rows, seed, &outcomes))
    });
    let mut violations: Vec<String> = vec![];
    for world in worlds {
        // What was found before it ended so is worth more than how it ended.
        let ended = world
            .join()
            .unwrap_or_else(|_| Err("a world ended in a panic; see above".to_owned()));
        violations.extend(ended.err());
    }
    let outcomes = outcomes.lock().expect("no thread runs any more");
    print!("{}", table::of(&outcomes));
    violations.extend(outcomes.iter().flat_map(Outcome::sentences));
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        violations.join("\n")
    );
}

fn run_in_time(
    name: &'static str,
    rows: &'static [Row],
    seed: u64,
    outcomes: &Mutex<Vec<Outcome>>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let ran = runtime.block_on(async { timeout(LONGEST, run(name, rows, seed, outcomes)).await });
    // A reader of Kafka may still wait for it, and nobody waits for that.
    runtime.shutdown_background();
    ran.map_err(|_| format!("the {name} took longer than {} s", LONGEST.as_secs()))
}

/// One world and its faults, one after the other.
async fn run(name: &str, rows: &[Row], seed: u64, outcomes: &Mutex<Vec<Outcome>>) {
    let only = std::env::var("FAULTS_ONLY").unwrap_or_default();
    let rows: Vec<&Row> = rows.iter().filter(|row| row.name.contains(&only)).collect();
    if rows.is_empty() {
        return;
    }
    let mut world = World::found(name).await;
    let journal = Arc::new(Journal::default());
    let load = Load::begin(&world.address(), &journal, seed).await;
    let mut found = Seen::default();
    let mut holds = true;
    let mut keep = |outcome: Outcome| {
        println!("{}\n{}", outcome.line(), outcome.sentences().join("\n"));
        holds &= outcome.violations.is_empty();
        outcomes.lock().expect("no world panics with it").push(outcome);
    };
    sleep(WARMING_UP).await;
    for row in rows {
        keep(break_and_look(&mut world, &load, &journal, &mut found, row).await);
    }
    load.end().await;
    if let Some(cart) = &found.excused.foreign_messages {
        world.discard_foreign(cart).await;
    }
    if found.excused.is_anything() {
        world.publish_carts_again().await;
    }
    keep(look_at_the_end(&world, &journal).await);
    if holds {
        world.clear_away().await;
    }
}

async fn break_and_look(
    world: &mut World,
    load: &Load,
    journal: &Arc<Journal>,
    seen: &mut Seen,
    row: &Row,
) -> Outcome {
    let mut outcome = Outcome::of(row);
    let began = Instant::now();
    let ended = row.fault.inflict(world, seen).await;
    let until = ended + HEALS_WITHIN;
    while Instant::now() < until {
        outcome.write_back = load.canary.first_write(ended);
        outcome.fresh_back = load.canary.first_view(ended);
        if outcome.write_back.is_some() && outcome.fresh_back.is_some() {
            break;
        }
        sleep(BETWEEN_LOOKS).await;
    }
    outcome.silence = load.canary.longest_silence(began, ended);
    outcome.judge_times(row);
    outcome.judge_tries(row, &journal.tries_since(began));
    if outcome.fresh_back.is_none() || outcome.write_back.is_none() {
        // The faults that follow are to be judged for themselves.
        world.kill(Part::CommandApi).await;
        world.kill(Part::Projectors).await;
        world.kill(Part::QueryApi).await;
        sleep(WARMING_UP).await;
    }
    seen.take_journal(journal);
    world.stores().read(&mut world.admin().await, seen).await;
    outcome.violations.extend(seen.violations());
    outcome
        .violations
        .extend(unexcused(world.verify().await, &seen.excused));
    outcome
}

/// Nobody shops any more: everything has to be settled, and every cart is as its owner was told.
async fn look_at_the_end(world: &World, journal: &Journal) -> Outcome {
    let mut outcome = Outcome::at_the_end();
    if !settles(world).await {
        outcome
            .violations
            .push("I6: payments are still in the middle, a minute after everybody left".to_owned());
    }
    // All of it once more, from nothing.
    let mut seen = Seen {
        is_settled: true,
        told_carts: journal.carts(),
        ..Seen::default()
    };
    seen.take_journal(journal);
    world.stores().read(&mut world.admin().await, &mut seen).await;
    outcome.violations.extend(seen.violations());
    outcome.violations.extend(world.verify().await);
    println!(
        "the end: {} commands, {} events, {} messages, {} carts, {} orders",
        seen.commands.len(),
        seen.events.len(),
        seen.messages.len(),
        seen.carts.len(),
        seen.orders.len()
    );
    outcome
}

async fn settles(world: &World) -> bool {
    let until = Instant::now() + HEALS_WITHIN;
    while Instant::now() < until {
        let outstanding: i64 =
            sqlx::query_scalar("select count(*) from deadlines where kind = 'payment-step'")
                .fetch_one(&world.pool)
                .await
                .expect("the deadlines can be counted");
        if outstanding == 0 {
            return true;
        }
        sleep(BETWEEN_LOOKS).await;
    }
    false
}
