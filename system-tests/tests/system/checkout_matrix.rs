//! Every service is killed at every step of a checkout in turn. Afterwards each order is paid once and confirmed, or unpaid
//! with its stock released and nothing held.
//!
//! A step is a failpoint. Where the process that reaches it is the one to be killed, it is gone in that moment; else it
//! stands still there until the service that is to be killed was killed and started again. Nothing here waits for time to
//! pass: every interleaving is forced.

use sqlx::PgPool;
use system_tests::http::Door;
use system_tests::staff::{Listing, Staff};

use super::books;
use super::buyer::{self, Buyer};
use super::machine;
use super::process::Process;
use super::shop::STAFF_TOKEN;
use super::town::{SERVICES, Service, Town};
use super::waiting::{SOON, until};

/// Fewer than these, and somebody took a service or a step away.
const CASES: usize = 60;

const MUG: &str = "SYS-MUG";
const TOTAL: i64 = 1940;

/// What the shopper does, and so how it has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Pays,
    /// Never comes back from the bank.
    LeavesAtTheBank,
    /// Gets a part of the money back.
    IsRefunded,
}

/// A moment of a flow: which process reaches it, and where.
struct Step {
    flow: Flow,
    process: Service,
    failpoint: &'static str,
    /// How often it is passed before: the cart is opened and filled, and a quote is asked for.
    after: u32,
}

const fn step(flow: Flow, process: Service, failpoint: &'static str, after: u32) -> Step {
    Step {
        flow,
        process,
        failpoint,
        after,
    }
}

static STEPS: [Step; 12] = [
    step(Flow::Pays, Service::CommandApi, "checkout.contact_kept", 0),
    // Opening the cart, adding a line and the quote come first.
    step(Flow::Pays, Service::CommandApi, "command_loop.after_commit", 3),
    step(Flow::Pays, Service::CommandApi, "command_loop.after_commit", 4),
    step(
        Flow::Pays,
        Service::Worker,
        "payment_worker.authorize.answered",
        0,
    ),
    step(Flow::Pays, Service::Worker, "command_loop.after_commit", 0),
    step(Flow::Pays, Service::Worker, "payment_worker.authorize.stored", 0),
    step(Flow::Pays, Service::Worker, "payment_worker.capture.answered", 0),
    step(Flow::Pays, Service::Worker, "payment_worker.capture.stored", 0),
    step(Flow::LeavesAtTheBank, Service::CommandApi, "deadlines.claimed", 0),
    step(
        Flow::LeavesAtTheBank,
        Service::Worker,
        "payment_worker.void.answered",
        0,
    ),
    step(
        Flow::IsRefunded,
        Service::Worker,
        "payment_worker.refund.answered",
        0,
    ),
    step(
        Flow::IsRefunded,
        Service::Worker,
        "payment_worker.refund.stored",
        0,
    ),
];

/// The cases are dealt out to so many towns, which run side by side: most of a case is waiting for a server to be back.
const TOWNS: usize = 3;

#[test]
fn whatever_is_killed_at_whatever_step_an_order_is_paid_once_or_not_at_all() {
    let _machine = machine::alone_blocking();
    let cases: Vec<(&'static Step, Service)> = STEPS
        .iter()
        .flat_map(|step| SERVICES.map(|service| (step, service)))
        .collect();
    let towns: Vec<_> = (0..TOWNS)
        .map(|number| {
            let dealt = cases.iter().copied().skip(number).step_by(TOWNS).collect();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime
                    .expect("a runtime can be made")
                    .block_on(run_all(number, dealt))
            })
        })
        .collect();
    let mut ran = 0;
    for town in towns {
        ran += town.join().expect("every case of the town holds");
    }
    println!("ran {ran} of {}", cases.len());
    assert!(ran >= CASES, "the matrix shrank to {ran}");
}

/// How many they were.
async fn run_all(number: usize, cases: Vec<(&'static Step, Service)>) -> usize {
    let mut town = Town::found(number).await;
    let api = town.start(Service::CommandApi, &[]).await;
    let listing = Listing {
        sku: MUG,
        name: "Mug",
        category: "kitchen",
        price_minor: 1450,
    };
    let mut door = Door::new(&town.api());
    Staff::new(STAFF_TOKEN)
        .list(&mut door, &listing)
        .await
        .expect("staff can list");
    api.stop().await;
    let mut ran = 0;
    for (step, killed) in cases {
        let began = std::time::Instant::now();
        run(&mut town, step, killed).await;
        ran += 1;
        println!(
            "town {number}: {killed:?} killed at {} of {:?} ({:?}): {:.1} s",
            step.failpoint,
            step.process,
            step.flow,
            began.elapsed().as_secs_f64()
        );
    }
    books::stock_never_promises_more_than_there_is(&town.pool).await;
    books::captures_are_the_totals_of_confirmed_orders(&town.pool).await;
    town.clear_away().await;
    ran
}

async fn run(town: &mut Town, step: &Step, killed: Service) {
    let dies = step.process == killed;
    let action = if dies { "exit" } else { "stop" };
    let failpoints = (
        "FAILPOINTS",
        format!("{}=after:{}:{action}", step.failpoint, step.after),
    );
    let reservation = match step.flow {
        // Time enough to begin to pay.
        Flow::LeavesAtTheBank => "4",
        Flow::Pays | Flow::IsRefunded => "600",
    };
    let reservation = ("RESERVATION_SECONDS", reservation.to_owned());
    let given = |service| {
        if step.process == service {
            vec![reservation.clone(), failpoints.clone()]
        } else {
            vec![reservation.clone()]
        }
    };
    let mut api = town.start(Service::CommandApi, &given(Service::CommandApi)).await;
    let mut worker = town.start(Service::Worker, &given(Service::Worker)).await;
    let shopping = tokio::spawn(shop(town.api(), step.flow, town.pool.clone()));
    let plain = [reservation.clone()];
    match step.process {
        Service::Worker => reached(&mut worker, dies).await,
        Service::CommandApi | Service::Postgres | Service::Kafka | Service::Redis => {
            reached(&mut api, dies).await;
        }
    }
    match killed {
        Service::CommandApi => {
            kill(&mut api, dies).await;
            api = town.start(Service::CommandApi, &plain).await;
        }
        Service::Worker => {
            kill(&mut worker, dies).await;
            worker = town.start(Service::Worker, &plain).await;
        }
        Service::Postgres | Service::Kafka | Service::Redis => town.kill_and_restart(killed).await,
    }
    if !dies {
        let standing = if step.process == Service::Worker {
            &worker
        } else {
            &api
        };
        standing.signal("CONT");
    }
    let order = shopping.await.expect("the shopper was answered");
    settles(&town.pool, &order, step.flow).await;
    api.stop().await;
    worker.stop().await;
}

/// Unless the failpoint did that.
async fn kill(process: &mut Process, is_dead: bool) {
    if !is_dead {
        process.signal("KILL");
        process.ended().await;
    }
}

/// The process is gone, or stands still.
async fn reached(process: &mut Process, dies: bool) {
    if dies {
        assert_eq!(process.ended().await.code(), Some(137), "the failpoint ended it");
    } else {
        until("the process stands still", async || {
            process.is_stopped().then_some(())
        })
        .await;
    }
}

/// The order, once everything that the shopper does was answered.
async fn shop(api: String, flow: Flow, pool: PgPool) -> String {
    let mut buyer = Buyer::with_cart(&api, &[(MUG.to_owned(), 1)]).await;
    let quote = buyer.quote().await;
    let ordered = buyer.check_out(&quote).await.expect("there are enough mugs");
    let card = match flow {
        Flow::Pays | Flow::IsRefunded => "pm_card_visa",
        Flow::LeavesAtTheBank => "pm_card_threeDSecure2Required",
    };
    buyer.pay(&ordered.id, card).await;
    if flow == Flow::IsRefunded {
        confirmed(&pool, &ordered.id).await;
        buyer::refund(&api, &ordered.id, &format!("refund-{}", ordered.id), 500).await;
    }
    ordered.id
}

async fn confirmed(pool: &PgPool, order: &str) {
    let end = tokio::time::Instant::now() + SOON;
    while !books::history(pool, order).await.contains_key("OrderConfirmed") {
        assert!(
            tokio::time::Instant::now() < end,
            "the order {order} is confirmed"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Until nothing is outstanding, and then: paid once and confirmed, or unpaid with everything given back.
async fn settles(pool: &PgPool, order: &str, flow: Flow) {
    let what = format!("the order {order} settles ({flow:?})");
    let expected = match flow {
        Flow::Pays => (TOTAL, 0, 0),
        Flow::IsRefunded => (TOTAL, 500, 0),
        Flow::LeavesAtTheBank => (0, 0, 0),
    };
    until(&what, async || {
        let outstanding: i64 = sqlx::query_scalar(
            "select count(*) from deadlines where aggregate_id = $1 and kind in ('reservation', 'payment-step')",
        )
        .bind(order)
        .fetch_one(pool)
        .await
        .ok()?;
        (outstanding == 0).then_some(())
    })
    .await;
    let history = books::history(pool, order).await;
    let times = |event: &str| history.get(event).copied().unwrap_or_default();
    let ended = match flow {
        Flow::Pays | Flow::IsRefunded => [1, 1, 0, 0],
        Flow::LeavesAtTheBank => [0, 0, 1, 1],
    };
    let events = [
        "OrderConfirmed",
        "PaymentCaptured",
        "OrderCancelled",
        "PaymentVoided",
    ];
    assert_eq!(events.map(times), ended, "{what}: {history:?}");
    assert_eq!(times("AttemptStarted"), 1, "{what}");
    assert_eq!(books::at_the_gateway(pool, order).await, expected, "{what}");
}
