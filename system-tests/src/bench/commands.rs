//! `commands`: adding items to 2,000 carts with 32 and 128 clients, whole pipeline on, beside `pgbench`'s single rows.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Result, ensure};

use super::add_item::AddItem;
use super::ground::{self, GuestCart, Holding, LINES, sku};
use super::hammer::{Requests, Round, hammer};
use super::line::Line;
use super::pgbench::Pgbench;
use super::views::{self, Watch};
use super::{Bench, median};
use crate::keys::Keys;

const CARTS: usize = 2_000;
/// Compiling JVM and PostgreSQL's caches have settled after so many rounds.
const WARM_UP_ROUNDS: u32 = 2;

pub async fn run(bench: &Bench) -> Result<Line> {
    let adding = Adding::set_up(bench).await?;
    let pgbench = Pgbench::set_up(bench).await?;
    let watch = Watch::set_up(bench).await?;
    let (mut reference, mut at_32, mut at_128) = (vec![], Rounds::default(), Rounds::default());
    for round in 1..=bench.rounds {
        reference.push(pgbench.round(bench.round()).await?);
        for (clients, rounds) in [(32, &mut at_32), (128, &mut at_128)] {
            let (measured, behind) = watch.during(adding.round(bench, clients)).await?;
            eprintln!(
                "commands, round {round}, {clients} clients: {:.0}/s beside {:.0}/s, views at most {behind:.0} ms behind",
                measured.per_second,
                reference.last().copied().unwrap_or_default()
            );
            rounds.add(&measured, behind);
        }
    }
    pgbench.tear_down().await?;
    at_32.failed += adding.check(bench).await?;
    let reference = median(&reference);
    let mut line = at_32.line("commands", reference);
    line.at_128 = Some(Box::new(at_128.line("commands", reference)));
    Ok(line)
}

/// What several rounds gave.
#[derive(Default)]
pub struct Rounds {
    per_second: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    behind: f64,
    pub failed: u64,
}

impl Rounds {
    pub fn add(&mut self, round: &Round, behind: f64) {
        self.per_second.push(round.per_second);
        self.p50.push(round.latencies.quantile_ms(0.5));
        self.p99.push(round.latencies.quantile_ms(0.99));
        self.behind = self.behind.max(behind);
        self.failed += round.failed;
    }

    pub fn per_second(&self) -> f64 {
        median(&self.per_second)
    }

    pub fn latency(&self) -> (f64, f64) {
        (median(&self.p50), median(&self.p99))
    }

    fn line(&self, name: &'static str, reference: f64) -> Line {
        let (p50, p99) = self.latency();
        let mut line = Line::new(name, self.per_second(), "commands/s")
            .beside("pgbench", reference)
            .latency(p50, p99);
        line.failed = self.failed;
        line.views_behind_max_ms = Some(super::line::rounded(self.behind));
        line
    }
}

/// 2,000 carts that are ready to be added to, with the system warmed up. `hot` measures its reference with it.
pub struct Adding(Rc<RefCell<Adders>>);

impl Adding {
    pub async fn set_up(bench: &Bench) -> Result<Self> {
        eprintln!("opening {CARTS} carts and warming up");
        ground::list_products(bench, ground::PRODUCTS).await?;
        let carts = ground::open_carts(bench, CARTS).await?;
        let adding = Self(Rc::new(RefCell::new(Adders::to(carts, &bench.command_api()))));
        for _ in 0..WARM_UP_ROUNDS {
            adding.round(bench, 32).await?;
        }
        Ok(adding)
    }

    pub async fn round(&self, bench: &Bench, clients: usize) -> Result<Round> {
        self.0.borrow_mut().begin(clients);
        hammer(&bench.command_api(), clients, bench.round(), Rc::clone(&self.0)).await
    }

    /// How many carts do not show exactly what was added and answered.
    pub async fn check(&self, bench: &Bench) -> Result<u64> {
        let mut wrong = 0;
        let expected = self.0.borrow().expected()?;
        for Holding { cart, lines } in expected {
            wrong += u64::from(!views::shows(bench, &cart, &lines).await?);
        }
        Ok(wrong)
    }
}

struct Adders {
    carts: Vec<CartUnderLoad>,
    products: [String; LINES],
    keys: Keys,
    /// Per client, the cart it uses now.
    at: Vec<usize>,
    unanswered: u64,
}

struct CartUnderLoad {
    of: GuestCart,
    add: AddItem,
    turn: usize,
    /// Answered with success, per product.
    added: [u64; LINES],
}

impl Adders {
    fn to(carts: Vec<GuestCart>, host: &str) -> Self {
        let under_load = |of: GuestCart| CartUnderLoad {
            add: AddItem::to(&of, host),
            of,
            turn: 0,
            added: [0; LINES],
        };
        Self {
            carts: carts.into_iter().map(under_load).collect(),
            products: std::array::from_fn(sku),
            keys: Keys::default(),
            at: vec![],
            unanswered: 0,
        }
    }

    /// What every cart should hold by now.
    fn expected(&self) -> Result<Vec<Holding>> {
        let lost = self.unanswered;
        ensure!(
            lost == 0,
            "{lost} commands were lost; what the carts should hold is unknown"
        );
        let lines = |cart: &CartUnderLoad| {
            let added = cart.added.iter().enumerate();
            added.map(|(product, added)| (sku(product), 1 + *added)).collect()
        };
        let holding = |cart: &CartUnderLoad| Holding {
            cart: cart.of.clone(),
            lines: lines(cart),
        };
        Ok(self.carts.iter().map(holding).collect())
    }

    /// Client 0 begins with cart 0, and so on: no two use the same cart at the same time.
    fn begin(&mut self, clients: usize) {
        self.at = (0..clients).collect();
    }
}

impl Requests for Adders {
    fn next(&mut self, client: usize, bytes: &mut Vec<u8>) {
        let cart = &mut self.carts[self.at[client]];
        cart.add
            .write(&self.products[cart.turn % LINES], &mut self.keys, bytes);
    }

    fn answered(&mut self, client: usize, status: Option<u16>) {
        let clients = self.at.len();
        let at = &mut self.at[client];
        let cart = &mut self.carts[*at];
        match status {
            Some(200) => cart.added[cart.turn % LINES] += 1,
            Some(_) => {}
            None => self.unanswered += 1,
        }
        cart.turn += 1;
        *at = if *at + clients < self.carts.len() {
            *at + clients
        } else {
            client
        };
    }
}
