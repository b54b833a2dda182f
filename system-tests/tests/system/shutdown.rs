//! SIGTERM in the middle of the busiest hour.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use system_tests::commands;
use system_tests::http::{Connection, Lost};

use super::shop::{Shop, sku};
use super::shopper::{Ack, Shopper};
use super::waiting::until;

const CLIENTS: usize = 32;
const BUSY: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_command_api_had_read_when_it_is_told_to_stop_is_answered() {
    let shop = Shop::founded().await;
    let mut open = shop.open().await;
    let mut shoppers = vec![];
    for _ in 0..CLIENTS {
        shoppers.push(Shopper::arrive(&open.command_api).await);
    }
    open.command_api.stop().await;

    // Every turn of its loop stands still between the commit and the answers.
    let slow = [("FAILPOINTS", "command_loop.after_commit=sleep:1000")];
    let mut stopping = shop.command_api("carts,catalog,relay", &slow).await;
    let mut sent = vec![];
    for shopper in &mut shoppers {
        let add = shopper.guest.sign(commands::add_item(&shopper.cart, &sku(0), 1));
        let add = add
            .header("Idempotency-Key", &shopper.keys.next_key())
            .to_bytes(&stopping.address());
        let mut connection = Connection::open(&stopping.address())
            .await
            .expect("the shop is open");
        sent.push(tokio::spawn(async move { connection.exchange(&add).await }));
    }
    until(
        "something is committed, and every request is in the process",
        async || {
            let stored: i64 =
                sqlx::query_scalar("select count(*) from events where event_type = 'ItemAdded'")
                    .fetch_one(&shop.pool)
                    .await
                    .expect("the log can be read");
            let (connections, unread) = connections_at(stopping.port);
            (stored > 0 && connections >= CLIENTS && unread == 0).then_some(())
        },
    )
    .await;
    assert!(
        sent.iter().all(|request| !request.is_finished()),
        "nothing is answered yet"
    );
    stopping.process.terminate();
    for (request, shopper) in sent.into_iter().zip(&mut shoppers) {
        let response = request
            .await
            .expect("no panic")
            .unwrap_or_else(|lost| panic!("an accepted request fails: {lost}"));
        assert_eq!(response.status, 200, "{response}");
        shopper.acks.push(Ack {
            event_type: "ItemAdded",
            stored: response.json().expect("an answer"),
        });
        shopper.lines.insert(sku(0), 1);
    }
    let status = stopping.process.ended().await;
    assert!(status.success(), "it ended with {status}");

    open.command_api = shop.command_api("carts,catalog,relay", &[]).await;
    let acks: Vec<_> = shoppers.iter().flat_map(|shopper| shopper.acks.clone()).collect();
    shop.close(open, &mut shoppers, &acks).await;
}

/// How many connections to this port are established, and how many bytes the process there has not read yet.
fn connections_at(port: u16) -> (usize, u64) {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel tells");
    let (mut connections, mut unread) = (0, 0);
    for line in table.lines().skip(1) {
        // sl local_address rem_address st tx_queue:rx_queue …, all in hexadecimal; state 1 is established.
        let columns: Vec<_> = line.split_whitespace().collect();
        let is_there = columns[1].ends_with(&format!(":{port:04X}"));
        if is_there && columns[3] == "01" {
            let (_, waiting) = columns[4].split_once(':').expect("two queues");
            connections += 1;
            unread += u64::from_str_radix(waiting, 16).expect("a number");
        }
    }
    (connections, unread)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_api_that_stops_under_load_refuses_nothing_and_stores_nothing_that_it_does_not_answer() {
    let shop = Shop::founded().await;
    let mut open = shop.open().await;
    let answered = Arc::new(AtomicUsize::new(0));
    let mut clients = vec![];
    for _ in 0..CLIENTS {
        let shopper = Shopper::arrive(&open.command_api).await;
        clients.push(tokio::spawn(shop_until_closed(shopper, Arc::clone(&answered))));
    }
    until("the shop is busy", async || {
        (answered.load(Ordering::SeqCst) >= BUSY).then_some(())
    })
    .await;
    open.command_api.process.terminate();
    let status = open.command_api.process.ended().await;
    assert!(status.success(), "it ended with {status}");
    let (mut shoppers, mut acks) = (vec![], vec![]);
    for client in clients {
        let shopper = client.await.expect("no request that was accepted fails");
        acks.extend(shopper.acks.clone());
        shoppers.push(shopper);
    }
    // What was sent and not answered must not be in the log: closing checks that there is nothing beyond the answers.
    open.command_api = shop.command_api("carts,catalog,relay", &[]).await;
    shop.close(open, &mut shoppers, &acks).await;
}

/// Sends until the connection ends between two answers or the door is closed. Every answer is a success.
async fn shop_until_closed(mut shopper: Shopper, answered: Arc<AtomicUsize>) -> Shopper {
    let address = shopper.door.address().to_owned();
    let mut connection = Connection::open(&address).await.expect("the shop is open");
    for turn in 0.. {
        let sku = sku(turn);
        let add = shopper.guest.sign(commands::add_item(&shopper.cart, &sku, 1));
        let add = add
            .header("Idempotency-Key", &shopper.keys.next_key())
            .to_bytes(&address);
        match connection.exchange(&add).await {
            Ok(response) => {
                assert_eq!(response.status, 200, "{response}");
                shopper.acks.push(Ack {
                    event_type: "ItemAdded",
                    stored: response.json().expect("an answer"),
                });
                *shopper.lines.entry(sku).or_default() += 1;
                answered.fetch_add(1, Ordering::SeqCst);
            }
            Err(Lost::Ended { answered: false }) => return shopper,
            Err(lost) => panic!("an answer was cut off: {lost}"),
        }
        if !connection.is_reusable() {
            match Connection::open(&address).await {
                Ok(opened) => connection = opened,
                Err(_) => return shopper,
            }
        }
    }
    unreachable!("a range without an end ends")
}
