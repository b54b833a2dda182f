//! `queries`: GET cart with session cookies, 32 clients over 2,000 carts, beside a bare GET of Redis.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::Result;

use super::commands::Rounds;
use super::ground;
use super::hammer::{Requests, hammer};
use super::line::Line;
use super::{Bench, median, redis_benchmark, views};
use crate::http::Request;

const CARTS: usize = 2_000;
const CLIENTS: usize = 32;

pub async fn run(bench: &Bench) -> Result<Line> {
    eprintln!("opening {CARTS} carts and warming up");
    ground::list_products(bench, ground::PRODUCTS).await?;
    let carts = ground::open_carts(bench, CARTS).await?;
    let host = bench.query_api();
    for of in carts.iter().rev().take(CLIENTS) {
        let expected: Vec<_> = (0..ground::LINES)
            .map(|product| (ground::sku(product), 1))
            .collect();
        anyhow::ensure!(
            views::shows(bench, of, &expected).await?,
            "the views do not show what was put into the carts"
        );
    }
    let get = |of: &ground::GuestCart| {
        of.guest
            .sign(Request::get(&format!("/api/queries/carts/{}", of.cart)))
            .to_bytes(&host)
    };
    let readers = Rc::new(RefCell::new(Readers {
        requests: carts.iter().map(get).collect(),
        at: vec![],
    }));
    let (mut reference, mut queries) = (vec![], Rounds::default());
    readers.borrow_mut().begin();
    hammer(&host, CLIENTS, bench.round(), Rc::clone(&readers)).await?;
    for round in 1..=bench.rounds {
        reference.push(redis_benchmark::round(bench).await?);
        readers.borrow_mut().begin();
        let measured = hammer(&host, CLIENTS, bench.round(), Rc::clone(&readers)).await?;
        let redis = reference.last().copied().unwrap_or_default();
        eprintln!(
            "queries, round {round}: {:.0}/s beside {redis:.0}/s of Redis",
            measured.per_second
        );
        queries.add(&measured, 0.0);
    }
    let (p50, p99) = queries.latency();
    let line = Line::new("queries", queries.per_second(), "requests/s")
        .beside("redis-benchmark", median(&reference));
    Ok(Line {
        failed: queries.failed,
        ..line.latency(p50, p99)
    })
}

struct Readers {
    requests: Vec<Vec<u8>>,
    /// Per client, the cart it reads next.
    at: Vec<usize>,
}

impl Readers {
    fn begin(&mut self) {
        self.at = (0..CLIENTS).collect();
    }
}

impl Requests for Readers {
    fn next(&mut self, client: usize, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.requests[self.at[client]]);
    }

    fn answered(&mut self, client: usize, _status: Option<u16>) {
        let at = &mut self.at[client];
        *at = if *at + CLIENTS < self.requests.len() {
            *at + CLIENTS
        } else {
            client
        };
    }
}
