//! `hot`: 32 clients on one cart, each with a line of its own that it removes before the line limit, beside `commands`.

use std::cell::RefCell;
use std::rc::Rc;

use anyhow::{Result, ensure};
use domain::cart::MAX_QUANTITY;

use super::add_item::{AddItem, place_of};
use super::commands::{Adding, Rounds};
use super::ground::{self, GuestCart, Holding, LINES, PRODUCTS, sku};
use super::hammer::{Requests, hammer};
use super::line::Line;
use super::{Bench, views};
use crate::commands;
use crate::keys::{KEY_LENGTH, Keys};

const CLIENTS: usize = PRODUCTS;

pub async fn run(bench: &Bench) -> Result<Line> {
    let adding = Adding::set_up(bench).await?;
    let cart = ground::open_carts(bench, 1).await?.remove(0);
    let host = bench.command_api();
    let crowd = Rc::new(RefCell::new(Crowd::on(cart, &host)));
    let (mut many, mut busy) = (Rounds::default(), Rounds::default());
    for round in 1..=bench.rounds {
        many.add(&adding.round(bench, CLIENTS).await?, 0.0);
        let measured = hammer(&host, CLIENTS, bench.round(), Rc::clone(&crowd)).await?;
        eprintln!(
            "hot, round {round}: {:.0}/s on one cart, {:.0}/s on many",
            measured.per_second,
            many.per_second()
        );
        busy.add(&measured, 0.0);
    }
    let Holding { cart, lines } = crowd.borrow().expected()?;
    let wrong = u64::from(!views::shows(bench, &cart, &lines).await?);
    let (p50, p99) = busy.latency();
    let mut line = Line::new("hot", busy.per_second(), "commands/s").beside("commands", many.per_second());
    line.failed = busy.failed + wrong;
    Ok(line.latency(p50, p99))
}

struct Crowd {
    cart: GuestCart,
    lines: Vec<OwnLine>,
    keys: Keys,
    unanswered: u64,
}

/// One client's line of the cart.
struct OwnLine {
    sku: String,
    add: AddItem,
    remove: Vec<u8>,
    remove_key_at: usize,
    /// In the cart, as answered.
    held: u64,
    removing: bool,
}

impl Crowd {
    fn on(cart: GuestCart, host: &str) -> Self {
        let line = |client: usize| {
            let (sku, placeholder) = (sku(client), "k".repeat(KEY_LENGTH));
            let remove = cart.guest.sign(commands::remove_item(&cart.cart, &sku));
            let remove = remove.header("Idempotency-Key", &placeholder).to_bytes(host);
            OwnLine {
                add: AddItem::to(&cart, host),
                remove_key_at: place_of(&placeholder, &remove),
                remove,
                sku,
                held: u64::from(client < LINES),
                removing: false,
            }
        };
        Self {
            lines: (0..CLIENTS).map(line).collect(),
            cart,
            keys: Keys::default(),
            unanswered: 0,
        }
    }
}

impl Crowd {
    /// What the cart should hold by now.
    fn expected(&self) -> Result<Holding> {
        let lost = self.unanswered;
        ensure!(
            lost == 0,
            "{lost} commands were lost; what the cart should hold is unknown"
        );
        let held = self.lines.iter().filter(|line| line.held > 0);
        let lines = held.map(|line| (line.sku.clone(), line.held)).collect();
        Ok(Holding {
            cart: self.cart.clone(),
            lines,
        })
    }
}

impl Requests for Crowd {
    fn next(&mut self, client: usize, bytes: &mut Vec<u8>) {
        let line = &mut self.lines[client];
        line.removing = line.held >= u64::from(MAX_QUANTITY);
        if line.removing {
            let key = line.remove_key_at..line.remove_key_at + KEY_LENGTH;
            self.keys.write_next(&mut line.remove[key]);
            bytes.extend_from_slice(&line.remove);
        } else {
            line.add.write(&line.sku, &mut self.keys, bytes);
        }
    }

    fn answered(&mut self, client: usize, status: Option<u16>) {
        let line = &mut self.lines[client];
        match status {
            Some(200) if line.removing => line.held = 0,
            Some(200) => line.held += 1,
            Some(_) => {}
            None => self.unanswered += 1,
        }
    }
}
