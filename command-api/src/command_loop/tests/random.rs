//! Random commands of a few shoppers, in random batches: they are answered, and leave the log, as if they had come one by one.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::checkout::Allowance;
use domain::discount_code::{Discount, DiscountCodeCommand, Terms};
use domain::order::CancelReason;
use domain::paying::Outcome;
use domain::product_request::{Kind, ProductRequestCommand, Quote};
use domain::stock::StockCommand;
use domain::{AttemptId, Code, ContactId, Country, OrderId, QuoteId, RefundId, RequestId, TextId};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use time::OffsetDateTime;

use super::super::accepting::Accept;
use super::super::command::{CheckOut, Delivery};
use super::super::merging::Merge;
use super::super::ordering::{By, Paying};
use super::super::requesting::Requesting;
use super::*;

/// What a command says, in small numbers: who, which cart, which product, which total.
#[derive(Clone, Copy, Debug)]
enum Op {
    Open { who: u8, cart: u8 },
    Add { cart: u8, sku: u8 },
    Set { cart: u8, sku: u8, quantity: u8 },
    Apply { cart: u8 },
    RemoveCode { cart: u8 },
    CheckOut { cart: u8, order: u8, total: u8 },
    Merge { guest: u8, cart: u8 },
    Pay { order: u8, step: u8 },
    Receive { sku: u8 },
    Price { sku: u8, price: u8 },
    List { sku: u8, listed: bool },
    Submit { request: u8 },
    Support { request: u8, who: u8 },
    Link { request: u8, sku: u8 },
    Duplicate { request: u8 },
    Offer { request: u8 },
    Accept { request: u8, order: u8 },
}

/// Shopper 2 has an account; carts belong to the shopper of their number, the fourth is the account's second one.
const SHOPPERS: u8 = 3;
const CARTS: u8 = 4;
const ORDERS: u8 = 3;
const SKUS: u8 = 4;

fn op() -> impl Strategy<Value = Op> {
    let (who, cart, sku, order, request) = (0..SHOPPERS, 0..CARTS, 0..SKUS, 0..ORDERS, 0..2_u8);
    prop_oneof![
        1 => (who.clone(), cart.clone()).prop_map(|(who, cart)| Op::Open { who, cart }),
        6 => (cart.clone(), sku.clone()).prop_map(|(cart, sku)| Op::Add { cart, sku }),
        1 => (cart.clone(), sku.clone(), 0..3_u8).prop_map(|(cart, sku, quantity)| Op::Set { cart, sku, quantity }),
        3 => cart.clone().prop_map(|cart| Op::Apply { cart }),
        1 => cart.clone().prop_map(|cart| Op::RemoveCode { cart }),
        8 => (cart.clone(), order.clone(), 0..8_u8).prop_map(|(cart, order, total)| Op::CheckOut { cart, order, total }),
        3 => (0..2_u8, cart).prop_map(|(guest, cart)| Op::Merge { guest, cart }),
        5 => (order.clone(), 0..5_u8).prop_map(|(order, step)| Op::Pay { order, step }),
        1 => sku.clone().prop_map(|sku| Op::Receive { sku }),
        1 => (sku.clone(), 0..2_u8).prop_map(|(sku, price)| Op::Price { sku, price }),
        1 => (sku.clone(), any::<bool>()).prop_map(|(sku, listed)| Op::List { sku, listed }),
        1 => request.clone().prop_map(|request| Op::Submit { request }),
        1 => (request.clone(), who).prop_map(|(request, who)| Op::Support { request, who }),
        5 => (request.clone(), sku).prop_map(|(request, sku)| Op::Link { request, sku }),
        1 => request.clone().prop_map(|request| Op::Duplicate { request }),
        3 => request.clone().prop_map(|request| Op::Offer { request }),
        5 => (request, order).prop_map(|(request, order)| Op::Accept { request, order }),
    ]
}

/// The same shop once more, beside others in one database: all its ids and names carry its number.
#[derive(Clone, Copy)]
struct Universe(u32);

impl Universe {
    fn next() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0x00AB_0000);
        Self(LAST.fetch_add(1, Ordering::Relaxed))
    }

    fn tag(self) -> String {
        format!("{:08x}", self.0)
    }

    fn id(self, kind: u128, number: u8) -> Uuid {
        Uuid::from_u128((u128::from(self.0) << 96) | (kind << 64) | u128::from(number))
    }

    fn owner(self, number: u8) -> OwnerId {
        OwnerId::new(self.id(1, number))
    }

    fn cart(self, number: u8) -> CartId {
        CartId::new(self.id(2, number))
    }

    fn order(self, number: u8) -> OrderId {
        OrderId::new(self.id(3, number))
    }

    fn request(self, number: u8) -> RequestId {
        RequestId::new(self.id(4, number))
    }

    fn quote(self, request: u8) -> QuoteId {
        QuoteId::new(self.id(5, request))
    }

    fn attempt(self, order: u8) -> AttemptId {
        AttemptId::new(self.id(6, order))
    }

    fn sku(self, number: u8) -> Sku {
        Sku::parse(&format!("S{number}-{:08X}", self.0)).unwrap()
    }

    fn code(self) -> Code {
        Code::parse(&format!("C-{:08X}", self.0)).unwrap()
    }

    fn delivery() -> Delivery {
        Delivery {
            country: Country::parse("DE").unwrap(),
            shipping_option: Some("standard".to_owned()),
        }
    }

    fn list(self, sku: u8) -> Command {
        let details = NewDetails {
            name: format!("Product {sku}").parse().unwrap(),
            description: "".parse().unwrap(),
            category: Slug::parse("kitchen").unwrap(),
            picture: None,
        };
        self.product(
            sku,
            ProductCommand::List {
                details,
                price: eur(1000),
            },
        )
    }

    fn product(self, sku: u8, command: ProductCommand) -> Command {
        let sku = self.sku(sku);
        Command::Product { sku, command }
    }

    /// What is there before the random part, by turns: products, a code that may be used once, carts with one product,
    /// quotes.
    fn founding(self) -> [Vec<Command>; 2] {
        let terms = Terms {
            discount: Discount::Percent(10),
            minimum: None,
            limit: Some(1),
            limit_per_customer: None,
            expires_at: None,
        };
        let create = Command::DiscountCode {
            code: self.code(),
            command: DiscountCodeCommand::Create { terms },
        };
        // The account begins without a cart.
        let ops = |ops: [Op; 4]| ops.map(|op| self.command(op)).to_vec();
        let open = |who| Op::Open { who, cart: who };
        let add = |cart| Op::Add { cart, sku: 0 };
        let (receive, submit) = (|sku| Op::Receive { sku }, |request| Op::Submit { request });
        let offer = |request| Op::Offer { request };
        [
            [
                vec![create],
                (0..SKUS).map(|sku| self.list(sku)).collect(),
                ops([open(0), open(1), submit(0), submit(1)]),
            ]
            .concat(),
            [
                (0..SKUS).map(|sku| self.command(receive(sku))).collect(),
                ops([add(0), add(1), offer(0), offer(1)]),
            ]
            .concat(),
        ]
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of command")]
    fn command(self, op: Op) -> Command {
        let owner_of = |cart: u8| self.owner(cart.min(SHOPPERS - 1));
        let requesting = |request, command| {
            Command::Requesting(Requesting::One {
                request: self.request(request),
                command,
            })
        };
        match op {
            Op::Open { who, cart } => Command::OpenCart {
                owner: self.owner(who),
                cart: self.cart(cart),
                currency: Currency::EUR,
            },
            Op::Add { cart, sku } => Command::AddItems {
                cart: self.cart(cart),
                by: owner_of(cart),
                lines: vec![(self.sku(sku), 1)],
            },
            Op::Set { cart, sku, quantity } => Command::Cart {
                cart: self.cart(cart),
                command: CartCommand::SetQuantity {
                    by: owner_of(cart),
                    sku: self.sku(sku),
                    quantity: u32::from(quantity),
                },
            },
            Op::Apply { cart } => Command::ApplyCode {
                cart: self.cart(cart),
                by: owner_of(cart),
                code: self.code(),
            },
            Op::RemoveCode { cart } => Command::Cart {
                cart: self.cart(cart),
                command: CartCommand::RemoveDiscount { by: owner_of(cart) },
            },
            Op::CheckOut { cart, order, total } => {
                let goods = [1000, 2000, 3000, 4000][usize::from(total % 4)];
                let discounted = if total < 4 { goods } else { goods * 9 / 10 };
                Command::CheckOut(Box::new(CheckOut {
                    cart: self.cart(cart),
                    by: owner_of(cart),
                    order: self.order(order),
                    contact: ContactId::new(self.id(7, order)),
                    address: None,
                    delivery: Self::delivery(),
                    allowance: Allowance::Unlimited,
                    agreed_total: eur(discounted + 490),
                }))
            }
            Op::Merge { guest, cart } => Command::MergeCarts(Merge {
                guest: self.owner(guest),
                account: self.owner(2),
                cart: self.cart(cart),
            }),
            Op::Pay { order, step } => Command::Paying {
                order: self.order(order),
                paying: self.paying(order, step),
            },
            Op::Receive { sku } => Command::Stock {
                sku: self.sku(sku),
                command: StockCommand::Receive { quantity: 3 },
            },
            Op::Price { sku, price } => {
                let price = eur([1000, 1100][usize::from(price)]);
                self.product(sku, ProductCommand::ChangePrice { price })
            }
            Op::List { sku, listed: true } => self.product(sku, ProductCommand::Relist),
            Op::List { sku, listed: false } => self.product(sku, ProductCommand::Delist),
            Op::Submit { request } => requesting(
                request,
                ProductRequestCommand::Submit {
                    kind: Kind::Quote,
                    customer: self.owner(2),
                    text: Some(TextId::new(self.id(8, request))),
                    sku: Some(self.sku(0)),
                    quantity: Some(2),
                },
            ),
            Op::Support { request, who } => {
                let customer = self.owner(who);
                requesting(request, ProductRequestCommand::Support { customer })
            }
            Op::Link { request, sku } => Command::Requesting(Requesting::Link {
                request: self.request(request),
                sku: self.sku(sku),
            }),
            Op::Duplicate { request } => Command::Requesting(Requesting::Duplicate {
                request: self.request(request),
                of: self.request(1 - request),
            }),
            Op::Offer { request } => {
                let quote = Quote {
                    id: self.quote(request),
                    unit_price: eur(900),
                    quantity: 2,
                    expires_at: OffsetDateTime::from_unix_timestamp(4_000_000_000).unwrap(),
                };
                let at = OffsetDateTime::UNIX_EPOCH;
                requesting(request, ProductRequestCommand::OfferQuote { quote, at })
            }
            Op::Accept { request, order } => Command::Requesting(Requesting::Accept(Box::new(Accept {
                request: self.request(request),
                quote: self.quote(request),
                by: self.owner(2),
                order: self.order(order),
                contact: ContactId::new(self.id(7, order)),
                delivery: Self::delivery(),
                agreed_total: eur(1800 + 490),
            }))),
        }
    }

    fn paying(self, order: u8, step: u8) -> Paying {
        let (attempt, refund) = (self.attempt(order), RefundId::new(self.id(9, order)));
        let reference = "ch".parse().unwrap();
        match step {
            0 => Paying::StartAttempt {
                by: By::Admitted,
                attempt,
                method: "pm_card_visa".parse().unwrap(),
            },
            1 => Paying::Settle(Outcome::Authorized { attempt, reference }),
            2 => Paying::Settle(Outcome::Captured {
                attempt,
                reference,
                amount: eur(1490),
                refund,
            }),
            3 => Paying::Cancel {
                by: By::Admitted,
                reason: CancelReason::Customer,
                refund,
            },
            _ => Paying::Expire { refund },
        }
    }

    /// The whole history, as it would be in any other universe.
    async fn history(self, url: &str) -> Vec<String> {
        let mut sql = PgConnection::connect(url).await.unwrap();
        let text =
            "select aggregate_type || '/' || aggregate_id || ' ' || sequence || ' ' || event_type || payload
             from events where lower(aggregate_id) like '%' || $1 || '%' order by global_position";
        let events: Vec<String> = sqlx::query_scalar(text)
            .bind(self.tag())
            .fetch_all(&mut sql)
            .await
            .unwrap();
        let anywhere = |event: String| {
            let event = event.replace(&self.tag(), "universe");
            event.replace(&self.tag().to_uppercase(), "UNIVERSE")
        };
        events.into_iter().map(anywhere).collect()
    }

    /// What a client is told, as it would be in any other universe. Positions are the log's, not the shop's.
    fn told(self, answer: Result<Answer, CommandError>) -> String {
        let told = match answer {
            Ok(answer) => format!("{} {} {}", answer.status, answer.id, answer.version),
            Err(CommandError::Refused(refusal)) => refusal.code().to_owned(),
            Err(error) => panic!("no command gives {error}"),
        };
        let told = told.replace(&self.tag(), "universe");
        told.replace(&self.tag().to_uppercase(), "UNIVERSE")
    }
}

const fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// What every command was told, in the order in which they were decided.
struct Run {
    told: Vec<(usize, String)>,
    history: Vec<String>,
    put_off: usize,
}

/// Each batch is one turn; what it leaves undecided is decided first in the next one.
async fn in_batches(url: &str, universe: Universe, batches: &[Vec<Op>]) -> Run {
    // Nothing is remembered from turn to turn, so that every turn loads what its commands name.
    let mut shop = Loop::with(url, 256, 1);
    for commands in universe.founding() {
        let answers: Vec<Answered> = commands
            .into_iter()
            .map(|command| shop.send(command, caller()))
            .collect();
        shop.step().await;
        for answer in futures::future::join_all(answers).await {
            answer.unwrap();
        }
    }
    let (mut waiting, mut told, mut put_off) = (vec![], vec![], 0);
    let mut numbers = 0..;
    let mut batches = batches.iter();
    loop {
        let batch = batches.next();
        for op in batch.into_iter().flatten() {
            let answer = shop.send(universe.command(*op), caller());
            waiting.push((numbers.next().unwrap_or_default(), answer));
        }
        if waiting.is_empty() {
            if batch.is_none() {
                break;
            }
            continue;
        }
        shop.step().await;
        let left = shop.turning.waiting_refusals().len();
        put_off += left;
        // Answers are handed out by a task of its own.
        let mut answered = vec![];
        while waiting.len() > left {
            tokio::task::yield_now().await;
            let mut still = vec![];
            for (number, mut answer) in waiting {
                match (&mut answer).now_or_never() {
                    Some(answer) => answered.push((number, universe.told(answer))),
                    None => still.push((number, answer)),
                }
            }
            waiting = still;
        }
        answered.sort();
        told.extend(answered);
    }
    let history = universe.history(url).await;
    Run {
        told,
        history,
        put_off,
    }
}

#[test]
fn random_commands_in_random_batches_come_to_what_they_come_to_one_by_one() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let url = runtime.block_on(database());
    let (placed, put_off) = (AtomicU32::new(0), AtomicU32::new(0));
    // The same ones every time, so that a run which shows nothing would be noticed.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::with_cases(80)
    };
    let batches = prop::collection::vec(prop::collection::vec(op(), 1..8), 1..6);
    let outcome = TestRunner::new_with_rng(config, rng).run(&batches, |batches| {
        runtime.block_on(async {
            let together = in_batches(&url, Universe::next(), &batches).await;
            let ops: Vec<Op> = batches.iter().flatten().copied().collect();
            let one_by_one: Vec<Vec<Op>> = together
                .told
                .iter()
                .map(|(number, _)| vec![ops[*number]])
                .collect();
            let single = in_batches(&url, Universe::next(), &one_by_one).await;
            let told = |run: &Run| -> Vec<String> { run.told.iter().map(|(_, told)| told.clone()).collect() };
            prop_assert_eq!(told(&together), told(&single));
            prop_assert_eq!(&together.history, &single.history);
            let orders = together
                .history
                .iter()
                .filter(|event| event.contains("OrderPlaced"));
            placed.fetch_add(u32::try_from(orders.count()).unwrap(), Ordering::Relaxed);
            put_off.fetch_add(u32::try_from(together.put_off).unwrap(), Ordering::Relaxed);
            Ok(())
        })
    });
    outcome.unwrap();
    let (placed, put_off) = (placed.into_inner(), put_off.into_inner());
    assert!(
        placed >= 10 && put_off >= 10,
        "{placed} orders, {put_off} put off"
    );
}
