//! Whose an order is: a guest's, and then the account's that the guest becomes, or that the address is confirmed to be of.
//! Never another account's. And what an erasure finds that passes a checkout.

use std::time::Duration;

use axum::http::StatusCode;
use domain::AggregateType;
use domain::order::Order;
use event_store::Reader;
use event_store::contacts::Contacts;
use serde_json::json;
use sqlx::Executor;
use uuid::Uuid;

use super::accounts::{Member, PASSWORD, session_cookie};
use super::customer::{Customer, checkout};
use super::{Reply, STAFF, Shop};
use crate::accounts::{erasure, store, taking_over};
use crate::command_loop::Caller;

const ADA: &str = "ada@example.org";

impl Shop {
    async fn contact_of(&self, order: &str, cookies: &str) -> Reply {
        self.get(&format!("/orders/{order}/contact"), cookies).await
    }

    async fn exported_orders(&self, cookies: &str) -> Vec<String> {
        let export = self.get("/account/export", cookies).await;
        assert_eq!(export.status, StatusCode::OK, "{}", export.body);
        let orders = export.body["orders"].as_array().unwrap();
        orders
            .iter()
            .map(|order| order["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn member_called(&self, email: &str) -> Member {
        let reply = self.register(email, "").await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
        Member {
            cookies: session_cookie(&reply),
            id: reply.body["account"]["id"].as_str().unwrap().parse().unwrap(),
            email: email.to_owned(),
        }
    }

    async fn confirm_address(&self, member: &Member) {
        let token = self.mailed(&member.email).await;
        let cookie = [("cookie", &*member.cookies)];
        let reply = self
            .json(
                "POST",
                "/email-confirmations",
                &cookie,
                &json!({ "token": token }),
            )
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }

    /// A guest's order to an address.
    async fn customer_at(&self, email: &str) -> Customer {
        let (cookies, cart) = self.with_cart(2).await;
        let mut body = checkout(3390);
        body["contact"]["email"] = json!(email);
        let ordered = self.check_out(&cookies, &cart, "k", &body).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        let link = ordered.body["link"].as_str().unwrap();
        Customer {
            cookies,
            order: ordered.body["id"].as_str().unwrap().to_owned(),
            key: link.split_once("#key=").unwrap().1.to_owned(),
        }
    }

    pub async fn erase(&self, member: &Member) -> Reply {
        let cookie = [("cookie", &*member.cookies)];
        self.json("DELETE", "/account", &cookie, &json!({ "password": PASSWORD }))
            .await
    }

    /// Whether the contacts of an order go with it; none where there are none.
    pub async fn going(&self, order: &str) -> Vec<bool> {
        sqlx::query_scalar("select is_erased_with_order from contacts where order_id = $1::uuid")
            .bind(order)
            .fetch_all(&self.pool().await)
            .await
            .unwrap()
    }

    async fn cancel_and_sweep(&self, order: &str) {
        let path = format!("/orders/{order}/cancellation");
        let cancelled = self
            .json("POST", &path, &[("authorization", STAFF)], &json!({}))
            .await;
        assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
        self.sweep().await;
    }

    async fn sweep(&self) {
        let reader = Reader::connect(&self.url).await.unwrap();
        let contacts = Contacts::connect(&self.url).await.unwrap();
        erasure::sweep(&reader, &contacts).await.unwrap();
    }

    async fn taken_over(&self) -> i64 {
        sqlx::query_scalar("select count(*) from events where event_type = 'OrderTakenOver'")
            .fetch_one(&self.pool().await)
            .await
            .unwrap()
    }

    /// So many statements wait for a lock.
    pub async fn waiting(&self, for_lock: i64) {
        let pool = self.pool().await;
        let sql = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.unwrap() < for_lock {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_guests_orders_come_along_on_registering_and_on_signing_in() {
    let shop = Shop::with_mugs(50).await;
    let first = shop.customer().await;
    let registered = shop.register("grace@example.org", &first.cookies).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{}", registered.body);
    let account = session_cookie(&registered);
    let seen = shop.contact_of(&first.order, &account).await;
    assert_eq!(seen.body["name"], "Ada Lovelace", "{}", seen.body);
    // Whoever kept the guest's cookie has nothing of it any more.
    let late = shop.contact_of(&first.order, &first.cookies).await;
    assert_eq!(late.problem(), (404, "order-not-found"));

    let second = shop.customer().await;
    let signed_in = shop.sign_in("grace@example.org", PASSWORD, &second.cookies).await;
    let again = session_cookie(&signed_in);
    assert_eq!(
        shop.exported_orders(&again).await,
        [first.order.clone(), second.order.clone()]
    );
    assert_eq!(shop.taken_over().await, 2);
    // And every right with it.
    let pay = [("cookie", &*again), ("idempotency-key", "pay")];
    let attempt = json!({ "payment_method": "pm_card_visa" });
    let path = format!("/orders/{}/payment-attempts", first.order);
    let paid = shop.json("POST", &path, &pay, &attempt).await;
    assert_eq!(paid.status, StatusCode::CREATED, "{}", paid.body);
    let path = format!("/orders/{}/cancellation", second.order);
    let cancelled = shop.json("POST", &path, &[("cookie", &again)], &json!({})).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    // The link still opens it.
    let by_link = [("order-key", &*first.key)];
    let path = format!("/orders/{}/contact", first.order);
    assert_eq!(shop.send("GET", &path, &by_link, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_guests_ordered_with_an_address_is_the_accounts_once_it_is_confirmed() {
    let shop = Shop::with_mugs(50).await;
    let spelled = shop.customer_at("ADA@Example.ORG").await;
    shop.confirm_order(&spelled.order).await;
    let ada = shop.member_called(ADA).await;
    let before = shop.contact_of(&spelled.order, &ada.cookies).await;
    assert_eq!(before.problem(), (404, "order-not-found"));
    assert!(shop.exported_orders(&ada.cookies).await.is_empty());

    shop.confirm_address(&ada).await;
    let seen = shop.contact_of(&spelled.order, &ada.cookies).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
    assert_eq!(shop.exported_orders(&ada.cookies).await, [spelled.order.as_str()]);
    // Ordered as a guest once more, elsewhere: it is there with the next sign-in, and once.
    let later = shop.customer_at(ADA).await;
    shop.confirm_order(&later.order).await;
    let again = session_cookie(&shop.sign_in(ADA, PASSWORD, "").await);
    assert_eq!(shop.contact_of(&later.order, &again).await.status, StatusCode::OK);
    shop.sign_in(ADA, PASSWORD, "").await;
    assert_eq!(shop.taken_over().await, 2);
}

#[tokio::test]
async fn what_somebody_else_orders_with_my_address_and_never_pays_stays_theirs() {
    let shop = Shop::with_mugs(50).await;
    let stranger = shop.customer_at(ADA).await;
    let ada = shop.member_called(ADA).await;
    shop.confirm_address(&ada).await;
    let again = session_cookie(&shop.sign_in(ADA, PASSWORD, "").await);
    assert_eq!(shop.taken_over().await, 0);
    let seen = shop.contact_of(&stranger.order, &again).await;
    assert_eq!(seen.problem(), (404, "order-not-found"));
    let own = shop.contact_of(&stranger.order, &stranger.cookies).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
    // Once it is paid for, it is the order of whoever has the address.
    shop.confirm_order(&stranger.order).await;
    let again = session_cookie(&shop.sign_in(ADA, PASSWORD, "").await);
    let seen = shop.contact_of(&stranger.order, &again).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
}

/// Its contact has the stranger's name and street.
#[tokio::test]
async fn what_somebody_else_orders_with_my_address_is_in_my_export_once_it_is_paid_for_and_goes_with_me() {
    let shop = Shop::with_mugs(50).await;
    let (unpaid, paid) = (shop.customer_at(ADA).await, shop.customer_at(ADA).await);
    let ada = shop.member_called(ADA).await;
    shop.confirm_address(&ada).await;
    assert!(shop.exported_orders(&ada.cookies).await.is_empty());
    shop.confirm_order(&paid.order).await;
    assert_eq!(shop.exported_orders(&ada.cookies).await, [paid.order.as_str()]);
    let erased = shop.erase(&ada).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    for order in [&unpaid.order, &paid.order] {
        assert_eq!(shop.going(order).await, [true]);
    }
}

/// Signed as releases up to 0019 did, with the secret itself.
const EARLIER_GUEST: &str =
    "7d9c6a52-3b41-4c0e-9f27-0a5d1e8b6c34.JAHiSrbiLiqbb2zZ7VTJh2Qkk3LvRHUO7akJjJo9TGE";

/// Redis has the sessions of an earlier release under other keys: all of them are lost with the upgrade.
#[tokio::test]
async fn a_guest_of_an_earlier_release_keeps_cart_and_orders_and_gets_a_cookie_of_today() {
    let shop = Shop::with_mugs(50).await;
    let earlier = format!("session={}; guest={EARLIER_GUEST}", "A".repeat(43));
    let opened = shop
        .json("POST", "/carts", &[("cookie", &earlier)], &json!({}))
        .await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.body);
    let begun = shop.send("POST", "/session", &[("cookie", &earlier)], "").await;
    let (owner, _) = EARLIER_GUEST.split_once('.').unwrap();
    assert_eq!(begun.body["owner"], owner);
    let today = begun.cookies();
    let guest = today.split("guest=").nth(1).unwrap();
    assert_eq!(guest.split('.').count(), 4, "{today}");
    for cookies in [today.as_str(), &earlier] {
        let current = shop
            .json("POST", "/carts", &[("cookie", cookies)], &json!({}))
            .await;
        assert_eq!(
            (current.status, &current.body["id"]),
            (StatusCode::OK, &opened.body["id"])
        );
    }
}

#[tokio::test]
async fn another_accounts_order_with_my_address_is_neither_exported_nor_erased_with_mine() {
    let shop = Shop::with_mugs(50).await;
    let bob = shop.member().await;
    // A present, or a typing error: its contact has Ada's address.
    let of_bob = shop.order_of(&bob.cookies).await;
    let of_guest = shop.customer_at(ADA).await;
    let ada = shop.member_called(ADA).await;
    shop.confirm_address(&ada).await;
    assert!(shop.exported_orders(&ada.cookies).await.is_empty());
    assert_eq!(
        shop.contact_of(&of_bob, &ada.cookies).await.problem(),
        (404, "order-not-found")
    );

    let erased = shop.erase(&ada).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    assert_eq!(
        shop.going(&of_guest.order).await,
        [true],
        "it has to arrive first"
    );
    assert_eq!(shop.going(&of_bob).await, [false]);
    // Until then the address is for the parcel alone, not for whoever has the link.
    let path = format!("/orders/{}/contact", of_guest.order);
    let by_link = shop.send("GET", &path, &[("order-key", &of_guest.key)], "").await;
    assert_eq!(by_link.problem(), (404, "contact-erased"));
    let by_staff = shop.send("GET", &path, &[("authorization", STAFF)], "").await;
    assert_eq!(by_staff.status, StatusCode::OK);

    shop.cancel_and_sweep(&of_guest.order).await;
    assert!(shop.going(&of_guest.order).await.is_empty());
    assert_eq!(
        shop.contact_of(&of_bob, &bob.cookies).await.status,
        StatusCode::OK
    );
    // Bob goes, too: what he gave under way is nobody's, and not the next one's with Ada's address.
    assert_eq!(shop.erase(&bob).await.status, StatusCode::NO_CONTENT);
    let next = shop.member_called(ADA).await;
    shop.confirm_address(&next).await;
    assert!(shop.exported_orders(&next.cookies).await.is_empty());
    shop.cancel_and_sweep(&of_bob).await;
    assert!(shop.going(&of_bob).await.is_empty());
}

/// The contact is stored, then the account is erased, then the order is.
#[tokio::test]
async fn an_order_that_is_placed_after_its_account_was_erased_leaves_no_address() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let cart = shop.json("POST", "/carts", &cookie, &json!({})).await.body;
    let cart = cart["id"].as_str().unwrap();
    let path = format!("/carts/{cart}/lines");
    shop.json("POST", &path, &cookie, &super::lines("MUG", 2)).await;

    let pool = shop.pool().await;
    // Nothing is appended meanwhile.
    let mut held = pool.begin().await.unwrap();
    let lock = "select pg_advisory_xact_lock(1128354388)";
    held.execute(lock).await.unwrap();
    let body = checkout(3390);
    let ordering = shop.check_out(&ada.cookies, cart, "k", &body);
    let erasing = async {
        let count = "select count(*) from contacts";
        while sqlx::query_scalar::<_, i64>(count)
            .fetch_one(&pool)
            .await
            .unwrap()
            == 0
        {
            tokio::task::yield_now().await;
        }
        let erased = shop.erase(&ada).await;
        assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
        held.rollback().await.unwrap();
    };
    let (ordered, ()) = tokio::join!(ordering, erasing);
    assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
    let order = ordered.body["id"].as_str().unwrap();
    let reader = Reader::connect(&shop.url).await.unwrap();
    let (placed, _) = reader.aggregate::<Order>(order).await.unwrap();
    assert_ne!(placed, Order::Unplaced);
    assert_eq!(shop.going(order).await, [true], "it goes with the order");
    shop.cancel_and_sweep(order).await;
    assert!(shop.going(order).await.is_empty());
}

#[tokio::test]
async fn the_address_of_an_erased_customer_goes_when_the_rest_of_their_order_is_paid_back() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let order = shop.order_of(&ada.cookies).await;
    let [shipment, attempt, refund] = [(); 3].map(|()| Uuid::now_v7());
    shop.confirm_order(&order).await;
    let amount = json!({ "minor": 3390, "currency": "EUR" });
    let sent = json!({ "shipment": shipment, "lines": [{ "sku": "MUG", "quantity": 1 }], "carrier": "DHL", "tracking": null });
    let captured = json!({ "attempt": attempt, "reference": "pi_1", "amount": amount });
    let started = json!({ "attempt": attempt, "method": "pm_card_visa" });
    for (kind, event_type, payload) in [
        (AggregateType::Payment, "AttemptStarted", started),
        (AggregateType::Payment, "PaymentCaptured", captured),
        (AggregateType::Order, "OrderShipped", sent),
    ] {
        shop.append(kind, &order, event_type, &payload).await;
    }
    assert_eq!(shop.erase(&ada).await.status, StatusCode::NO_CONTENT);
    // The other mug would still be sent; and of money on its way back nobody knows whether it arrives.
    let asked = json!({ "refund": refund, "attempt": attempt, "amount": amount });
    let arrived = json!({ "shipment": shipment });
    for (kind, event_type, payload) in [
        (AggregateType::Order, "OrderDelivered", arrived),
        (AggregateType::Payment, "RefundRequested", asked),
    ] {
        shop.append(kind, &order, event_type, &payload).await;
        shop.sweep().await;
        assert_eq!(shop.going(&order).await, [true], "{event_type}");
    }
    let done = json!({ "refund": refund, "amount": amount });
    shop.append(AggregateType::Payment, &order, "PaymentRefunded", &done)
        .await;
    shop.sweep().await;
    assert!(shop.going(&order).await.is_empty());
}

/// The session is believed, then the account is erased, then the contact would be stored.
#[tokio::test]
async fn a_contact_that_comes_after_its_account_was_erased_is_refused() {
    let shop = Shop::with_mugs(50).await;
    let ada = shop.member().await;
    let cookie = [("cookie", &*ada.cookies)];
    let cart = shop.json("POST", "/carts", &cookie, &json!({})).await.body;
    let cart = cart["id"].as_str().unwrap();
    let path = format!("/carts/{cart}/lines");
    shop.json("POST", &path, &cookie, &super::lines("MUG", 2)).await;

    let pool = shop.pool().await;
    // Nothing is stored there or deleted meanwhile; it can be read.
    let mut held = pool.begin().await.unwrap();
    held.execute("lock table contacts in share mode").await.unwrap();
    let body = checkout(3390);
    let ordering = shop.check_out(&ada.cookies, cart, "k", &body);
    let erasing = async {
        shop.waiting(1).await;
        shop.erase(&ada).await
    };
    let releasing = async {
        shop.waiting(2).await;
        held.rollback().await.unwrap();
    };
    let (ordered, erased, ()) = tokio::join!(ordering, erasing, releasing);
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.body);
    assert_eq!(ordered.problem(), (401, "not-signed-in"));
    let left: i64 = sqlx::query_scalar("select count(*) from contacts")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn contacts_of_checkouts_that_were_refused_do_not_keep_a_guests_order_from_coming_along() {
    let shop = Shop::with_mugs(50).await;
    let guest = shop.customer().await;
    // Of checkouts that were refused: contacts that no order names.
    let many = "insert into contacts (id, order_id, email, name, line1, postal_code, city, country, owner, is_of_guest, email_key)
                select ('00000000-0000-4000-8000-' || lpad(number::text, 12, '0'))::uuid, gen_random_uuid(),
                       email, name, line1, postal_code, city, country, owner, true, email_key
                from contacts, generate_series(1, 1100) number";
    shop.pool().await.execute(many).await.unwrap();
    let registered = shop.register("grace@example.org", &guest.cookies).await;
    let account = session_cookie(&registered);
    assert_eq!(
        shop.contact_of(&guest.order, &account).await.status,
        StatusCode::OK
    );
    assert_eq!(shop.taken_over().await, 1);
    assert_eq!(shop.exported_orders(&account).await, [guest.order]);
}

/// The append waits, the client goes, the append goes on.
#[tokio::test]
async fn an_order_and_its_contact_become_the_accounts_together_though_its_client_does_not_wait() {
    let shop = Shop::with_mugs(50).await;
    let guest = shop.customer().await;
    let ada = shop.member().await;
    let account = store::by_id(&shop.app.accounts.pool, ada.id).await.unwrap();
    let owner: Uuid = sqlx::query_scalar("select owner from contacts where order_id = $1::uuid")
        .bind(&guest.order)
        .fetch_one(&shop.pool().await)
        .await
        .unwrap();
    let pool = shop.pool().await;
    let mut held = pool.begin().await.unwrap();
    held.execute("select pg_advisory_xact_lock(1128354388)")
        .await
        .unwrap();
    let caller = Caller {
        metadata: "{}".to_owned(),
        ..Caller::default()
    };
    tokio::select! {
        done = taking_over::take_over_of_guest(&shop.app, &account, owner, &caller) => panic!("{done:?}"),
        () = shop.waiting(1) => {}
    }
    held.rollback().await.unwrap();
    let moved = async {
        let sql = "select count(*) from contacts where owner = $1";
        while sqlx::query_scalar::<_, i64>(sql)
            .bind(ada.id)
            .fetch_one(&pool)
            .await
            .unwrap()
            == 0
        {
            tokio::task::yield_now().await;
        }
    };
    let moved = tokio::time::timeout(Duration::from_secs(20), moved).await;
    assert!(moved.is_ok(), "the order was taken over alone");
    assert_eq!(shop.taken_over().await, 1);
}
