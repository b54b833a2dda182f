//! Deadlines on a real PostgreSQL and the command loop: what moved between being due and being ended is not ended.

use domain::cart::Cart;
use domain::checkout::Allowance;
use domain::order::{Order, Status};
use domain::payment::Payment;
use domain::product::{NewDetails, ProductCommand};
use domain::product_request::{Kind, ProductRequest, Quote, Stage};
use domain::stock::StockCommand;
use domain::{AttemptId, ContactId, Country, Currency, Money, OwnerId, QuoteId, Sku, Slug};
use event_store::Reader;
use sqlx::{Connection as _, Executor, PgConnection};
use time::OffsetDateTime;

use super::*;
use crate::command_loop::testing::{database, loop_over};
use crate::command_loop::{By, CheckOut, Delivery};

struct Shop {
    url: String,
    role: DeadlineRole,
    reader: Reader,
}

const MONTH: Duration = Duration::from_hours(30 * 24);

fn mug() -> Sku {
    Sku::parse("MUG").unwrap()
}

impl Shop {
    /// It sells mugs.
    async fn open() -> Self {
        let url = database().await;
        let shop = Self {
            role: DeadlineRole {
                commands: loop_over(&url),
                deadlines: Deadlines::connect(&url).await.unwrap(),
                reader: Reader::connect(&url).await.unwrap(),
                cart: MONTH,
            },
            reader: Reader::connect(&url).await.unwrap(),
            url,
        };
        let details = NewDetails {
            name: "Mug".parse().unwrap(),
            description: "".parse().unwrap(),
            category: Slug::parse("kitchen").unwrap(),
            picture: None,
        };
        let price = Money::new(1450, Currency::EUR);
        let command = ProductCommand::List { details, price };
        shop.execute(Command::Product { sku: mug(), command }).await;
        let command = StockCommand::Receive { quantity: 1000 };
        shop.execute(Command::Stock { sku: mug(), command }).await;
        shop
    }

    async fn execute(&self, command: Command) {
        let caller = Caller {
            metadata: "{}".to_owned(),
            ..Caller::default()
        };
        self.role.commands.execute(command, caller).await.unwrap();
    }

    async fn cart(&self, owner: OwnerId) -> CartId {
        let cart = CartId::new(Uuid::now_v7());
        let currency = Currency::EUR;
        self.execute(Command::OpenCart {
            owner,
            cart,
            currency,
        })
        .await;
        self.add_mug(cart, owner).await;
        cart
    }

    async fn add_mug(&self, cart: CartId, by: OwnerId) {
        let lines = vec![(mug(), 1)];
        self.execute(Command::AddItems { cart, by, lines }).await;
    }

    /// One that is not paid.
    async fn order(&self) -> OrderId {
        let owner = OwnerId::new(Uuid::now_v7());
        let cart = self.cart(owner).await;
        let order = OrderId::new(Uuid::now_v7());
        self.execute(Command::CheckOut(Box::new(CheckOut {
            cart,
            by: owner,
            order,
            contact: ContactId::new(Uuid::now_v7()),
            address: None,
            delivery: Delivery {
                country: Country::parse("DE").unwrap(),
                shipping_option: None,
            },
            allowance: Allowance::Unlimited,
            agreed_total: Money::new(1940, Currency::EUR),
        })))
        .await;
        order
    }

    async fn begin_to_pay(&self, order: OrderId) {
        let paying = Paying::StartAttempt {
            by: By::Admitted,
            attempt: AttemptId::new(Uuid::now_v7()),
            method: "pm_card_visa".parse().unwrap(),
        };
        self.execute(Command::Paying { order, paying }).await;
    }

    async fn status(&self, order: OrderId) -> Status {
        match self.reader.aggregate::<Order>(&order.to_string()).await.unwrap() {
            (Order::Placed { status, .. }, _) => status,
            (Order::Unplaced, _) => panic!("it was placed"),
        }
    }

    /// The only deadline of a kind, as a PostgreSQL claims it whose clock says that it is due.
    async fn due(&self, kind: DeadlineKind) -> Option<Due> {
        let row: Option<(String, OffsetDateTime, i32)> =
            sqlx::query_as("select aggregate_id, due_at, attempts from deadlines where kind = $1")
                .bind(kind.as_str())
                .fetch_optional(&mut self.sql().await)
                .await
                .unwrap();
        row.map(|(id, due_at, attempts)| Due {
            id: DeadlineId {
                kind,
                aggregate_id: id.into(),
            },
            due_at,
            attempts,
        })
    }

    async fn sql(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_nobody_pays_expires() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let claimed = shop.due(DeadlineKind::Reservation).await.unwrap();
    shop.role.act(&claimed).await.unwrap();
    assert_eq!(shop.status(order).await, Status::Cancelled);
    assert_eq!(shop.due(DeadlineKind::Reservation).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_to_pay_between_claim_and_command_keeps_the_order() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let claimed = shop.due(DeadlineKind::Reservation).await.unwrap();
    shop.begin_to_pay(order).await;
    shop.role.act(&claimed).await.unwrap();
    assert_eq!(shop.status(order).await, Status::AwaitingPayment);
    let renewed = shop.due(DeadlineKind::Reservation).await.unwrap();
    assert!(renewed.due_at > claimed.due_at);

    // And after the payment was looked at.
    let payment = AggregateType::Payment;
    let looked_at = shop.role.deadlines.last_event(&renewed, payment).await.unwrap();
    let said = Paying::Settle(domain::paying::Outcome::Declined {
        attempt: the_attempt(&shop, order).await,
        reason: "stolen".parse().unwrap(),
    });
    shop.execute(Command::Paying { order, paying: said }).await;
    shop.begin_to_pay(order).await;
    let expired = shop
        .role
        .expire_order_as(order, &renewed, looked_at.unwrap())
        .await;
    expired.unwrap();
    assert_eq!(shop.status(order).await, Status::AwaitingPayment);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_gets_more_time_by_its_first_attempt_to_pay_and_by_no_other() {
    let shop = Shop::open().await;
    let order = shop.order().await;
    let placed = shop.due(DeadlineKind::Reservation).await.unwrap();
    shop.begin_to_pay(order).await;
    let renewed = shop.due(DeadlineKind::Reservation).await.unwrap();
    assert!(renewed.due_at > placed.due_at);
    let said = Paying::Settle(domain::paying::Outcome::Declined {
        attempt: the_attempt(&shop, order).await,
        reason: "stolen".parse().unwrap(),
    });
    shop.execute(Command::Paying { order, paying: said }).await;
    shop.begin_to_pay(order).await;
    let kept = shop.due(DeadlineKind::Reservation).await.unwrap();
    assert_eq!(kept.due_at, renewed.due_at);
    // Then it is over, though there is an attempt under way.
    shop.role.act(&kept).await.unwrap();
    assert_eq!(shop.status(order).await, Status::Cancelled);
}

async fn the_attempt(shop: &Shop, order: OrderId) -> AttemptId {
    let id = order.to_string();
    match shop.reader.aggregate::<Payment>(&id).await.unwrap() {
        (Payment::Requested { attempts, .. }, _) => attempts[0].id,
        (Payment::Unrequested, _) => panic!("it was requested"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cart_that_is_touched_between_claim_and_command_stays_open() {
    let shop = Shop::open().await;
    let owner = OwnerId::new(Uuid::now_v7());
    let cart = shop.cart(owner).await;
    let opened = shop.due(DeadlineKind::Cart).await.unwrap();
    // Due a month after it was touched last, and not after it was opened.
    shop.role.act(&opened).await.unwrap();
    let claimed = shop.due(DeadlineKind::Cart).await.unwrap();
    assert!(claimed.due_at > opened.due_at);

    let looked_at = shop
        .role
        .deadlines
        .last_event(&claimed, AggregateType::Cart)
        .await;
    shop.add_mug(cart, owner).await;
    let expired = shop
        .role
        .expire_cart_as(cart, &claimed, looked_at.unwrap().unwrap());
    expired.await.unwrap();
    let (state, _) = shop.reader.aggregate::<Cart>(&cart.to_string()).await.unwrap();
    assert!(matches!(state, Cart::Open(_)), "{state:?}");

    // Looked at anew, it has another month; then it ends, whatever the clock of this process says.
    let claimed = shop.due(DeadlineKind::Cart).await.unwrap();
    shop.role.act(&claimed).await.unwrap();
    let claimed = shop.due(DeadlineKind::Cart).await.unwrap();
    shop.role.act(&claimed).await.unwrap();
    let (state, _) = shop.reader.aggregate::<Cart>(&cart.to_string()).await.unwrap();
    assert!(matches!(state, Cart::Expired(_)), "{state:?}");
    assert_eq!(shop.due(DeadlineKind::Cart).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_expires_by_its_deadline_though_the_loop_s_clock_is_behind() {
    let shop = Shop::open().await;
    let request = RequestId::new(Uuid::now_v7());
    let one = |command| Command::Requesting(Requesting::One { request, command });
    shop.execute(one(ProductRequestCommand::Submit {
        kind: Kind::Quote,
        customer: OwnerId::new(Uuid::now_v7()),
        text: None,
        sku: Some(mug()),
        quantity: Some(5),
    }))
    .await;
    // An hour from now, to the nanosecond: PostgreSQL's clock is an hour ahead, and keeps microseconds.
    let expires_at = (OffsetDateTime::now_utc() + Duration::from_hours(1))
        .replace_nanosecond(123_456_789)
        .unwrap();
    let quote = Quote {
        id: QuoteId::new(Uuid::now_v7()),
        unit_price: Money::new(1000, Currency::EUR),
        quantity: 5,
        expires_at,
    };
    let at = expires_at;
    shop.execute(one(ProductRequestCommand::OfferQuote { quote, at }))
        .await;
    let claimed = shop.due(DeadlineKind::Quote).await.unwrap();
    shop.role.act(&claimed).await.unwrap();
    let (state, _) = shop
        .reader
        .aggregate::<ProductRequest>(&request.to_string())
        .await
        .unwrap();
    let ProductRequest::Submitted(state) = state else {
        panic!("it was submitted")
    };
    assert_eq!(state.stage, Stage::QuoteExpired);
    assert_eq!(shop.due(DeadlineKind::Quote).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_cannot_be_read_stands_back_and_the_others_expire() {
    let shop = Shop::open().await;
    let poisoned = shop.order().await;
    let good = shop.order().await;
    let written_later = format!(
        "insert into events values (1000000, 'payment', '{poisoned}', 2, 'AttemptStarted', '9.0', '{{}}', '{{}}',
             gen_random_uuid(), now());
         update deadlines set due_at = now() - interval '1 second' where kind = 'reservation';
         delete from deadlines where kind = 'cart'"
    );
    shop.sql().await.execute(written_later.as_str()).await.unwrap();
    assert_eq!(shop.role.step().await.unwrap(), 2);
    assert_eq!(shop.status(good).await, Status::Cancelled);
    // It is still there, and nobody's for a while.
    let left = shop.due(DeadlineKind::Reservation).await.unwrap();
    assert_eq!(*left.id.aggregate_id, poisoned.to_string());
    assert_eq!(shop.role.step().await.unwrap(), 0);
}

#[test]
fn what_cannot_be_done_is_tried_ever_later_and_never_given_up() {
    let after = |attempts| {
        back_off(&Due {
            id: DeadlineId {
                kind: DeadlineKind::Cart,
                aggregate_id: "".into(),
            },
            due_at: OffsetDateTime::UNIX_EPOCH,
            attempts,
        })
    };
    assert_eq!(after(1), Duration::from_secs(30));
    assert_eq!(after(2), Duration::from_mins(1));
    assert_eq!(after(i32::MAX), Duration::from_hours(1));
}
