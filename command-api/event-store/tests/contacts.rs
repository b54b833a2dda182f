//! Names and addresses: kept before the order that names them, swept where no order does, and found for whom an order belongs to.

mod support;

use std::time::Duration;

use ::database::{Limits, PoolSettings, Session};
use event_store::contacts::{Contact, Contacts, GuestOrder, KeepError, Owner};
use event_store::maintenance;
use event_store::rights::COMMAND_API;
use sqlx::Executor;
use support::{as_role, database, sql};
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);

fn ada() -> Contact {
    Contact {
        email: "ada@example.org".to_owned(),
        name: "Ada Lovelace".to_owned(),
        line1: "Dorset Street 1".to_owned(),
        line2: None,
        postal_code: "W1U 6EG".to_owned(),
        city: "London".to_owned(),
        region: Some("Greater London".to_owned()),
        country: "GB".to_owned(),
        phone: Some("+44 20 7946 0000".to_owned()),
    }
}

fn grace() -> Contact {
    Contact {
        name: "Grace Hopper".to_owned(),
        line2: Some("Flat 2".to_owned()),
        region: None,
        phone: None,
        ..ada()
    }
}

/// Stores one of a guest's.
async fn keep(contacts: &Contacts, id: Uuid, order: Uuid, contact: &Contact) -> Result<(), KeepError> {
    let key = contact.email.to_ascii_lowercase();
    let guest = Owner::Guest(Uuid::new_v4());
    contacts.keep(id, order, guest, contact, &key).await
}

/// An order that names a contact, as far as the sweep looks at it.
async fn place(url: &str, order: Uuid, contact: Uuid) {
    happen(
        url,
        order,
        "OrderPlaced",
        &format!(r#"{{"contact":"{contact}"}}"#),
    )
    .await;
}

/// The next event of an order.
/// Some minutes ago.
async fn happen(url: &str, order: Uuid, event_type: &str, payload: &str) {
    happen_at(url, order, event_type, payload, "now() - interval '2 minutes'").await;
}

async fn happen_at(url: &str, order: Uuid, event_type: &str, payload: &str, recorded_at: &str) {
    let sql_text = format!(
        "insert into events
         select coalesce(max(global_position), 0) + 1, 'order', '{order}',
                1 + count(*) filter (where aggregate_id = '{order}'), '{event_type}', '1.0',
                '{payload}', '{{}}', '{}', {recorded_at} from events",
        Uuid::now_v7(),
    );
    sql(url)
        .await
        .execute(sql_text.as_str())
        .await
        .expect("PostgreSQL stores");
}

async fn account(url: &str) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query("insert into accounts (id, email, email_key, password_hash, roles) values ($1, $2, $2, '', '{shopper}')")
        .bind(id)
        .bind(format!("{id}@example.org"))
        .execute(&mut sql(url).await)
        .await
        .expect("PostgreSQL stores");
    id
}

/// As a release from before guests' contacts were told apart stores one.
const EARLIER: &str = "insert into contacts (id, order_id, email, name, line1, postal_code, city, country, owner, is_erased_with_order)
    select $1, gen_random_uuid(), $2, 'Ada', 'Dorset Street 1', '10115', 'Berlin', 'DE', $3, $4";

async fn earlier(url: &str, email: &str, owner: Option<Uuid>, is_erased: bool) -> Uuid {
    let id = Uuid::now_v7();
    sqlx::query(EARLIER)
        .bind(id)
        .bind(email)
        .bind(owner)
        .bind(is_erased)
        .execute(&mut sql(url).await)
        .await
        .expect("PostgreSQL stores");
    id
}

/// Whose a contact is: its owner, whether a guest gave it, and whether it goes with its order. And the key of its address.
async fn whose(url: &str, id: Uuid) -> (Option<Uuid>, bool, bool, String) {
    sqlx::query_as("select owner, is_of_guest, is_erased_with_order, email_key from contacts where id = $1")
        .bind(id)
        .fetch_one(&mut sql(url).await)
        .await
        .expect("it is there")
}

#[tokio::test]
async fn what_is_kept_is_found_again() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (order, first, second) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    keep(&contacts, first, order, &ada()).await.unwrap();
    keep(&contacts, second, order, &grace()).await.unwrap();
    keep(&contacts, Uuid::now_v7(), Uuid::now_v7(), &ada())
        .await
        .unwrap();

    assert_eq!(contacts.find(first).await.unwrap(), Some(ada()));
    assert_eq!(contacts.find(second).await.unwrap(), Some(grace()));
    assert_eq!(contacts.find(order).await.unwrap(), None);
    let of_order = contacts.of_order(order).await.unwrap();
    assert_eq!(of_order, [(first, ada()), (second, grace())]);
}

#[tokio::test]
async fn a_contact_that_no_order_names_is_swept_once_it_is_old() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (placed, never_placed) = (Uuid::now_v7(), Uuid::now_v7());
    let [named, unnamed, orphan] = [(); 3].map(|()| Uuid::now_v7());
    keep(&contacts, named, placed, &ada()).await.unwrap();
    keep(&contacts, unnamed, placed, &ada()).await.unwrap();
    keep(&contacts, orphan, never_placed, &ada()).await.unwrap();
    place(&url, placed, named).await;

    assert_eq!(contacts.sweep_orphans(HOUR).await.unwrap(), 0, "they are young");
    assert_eq!(contacts.sweep_orphans(Duration::ZERO).await.unwrap(), 2);
    assert_eq!(contacts.find(named).await.unwrap(), Some(ada()));
    assert_eq!(contacts.find(unnamed).await.unwrap(), None);
    assert_eq!(contacts.find(orphan).await.unwrap(), None);
    assert_eq!(contacts.sweep_orphans(Duration::ZERO).await.unwrap(), 0);
}

#[tokio::test]
async fn the_sweep_looks_at_a_contact_that_an_order_names_once() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (order, named) = (Uuid::now_v7(), Uuid::now_v7());
    keep(&contacts, named, order, &ada()).await.unwrap();
    place(&url, order, named).await;
    contacts.sweep_orphans(Duration::ZERO).await.unwrap();
    let to_be_looked_at: i64 = sqlx::query_scalar("select count(*) from contacts where not is_named")
        .fetch_one(&mut sql(&url).await)
        .await
        .unwrap();
    assert_eq!(to_be_looked_at, 0);
}

/// The schema as it was before a contact said whether a guest gave it.
const BEFORE_0024: &str = "alter table contacts drop column is_of_guest, drop column email_key;
    create index contacts_email on contacts (lower(email));
    delete from _sqlx_migrations where version = 24";

#[tokio::test]
async fn contacts_from_before_say_after_the_migration_whose_they_are() {
    let url = database().await;
    let ada = account(&url).await;
    let (guest, gone) = (Uuid::new_v4(), Uuid::now_v7());
    sql(&url).await.execute(BEFORE_0024).await.unwrap();
    let of_guest = earlier(&url, "ADA@xn--bcher-kva.example", Some(guest), false).await;
    let of_ada = earlier(&url, "ada@example.org", Some(ada), false).await;
    let of_gone = earlier(&url, "gone@example.org", Some(gone), false).await;
    let going = earlier(&url, "gone@example.org", Some(guest), true).await;
    let of_nobody = earlier(&url, "ada@example.org", None, false).await;

    event_store::migrations::run(&url).await.unwrap();
    let key = |text: &str| text.to_owned();
    for (contact, expected) in [
        (
            of_guest,
            (Some(guest), true, false, key("ada@xn--bcher-kva.example")),
        ),
        (of_ada, (Some(ada), false, false, key("ada@example.org"))),
        // What is left of an account that was erased is nobody's, and goes.
        (of_gone, (Some(gone), false, true, key("gone@example.org"))),
        (going, (Some(guest), false, true, key("gone@example.org"))),
        (of_nobody, (None, false, false, key("ada@example.org"))),
    ] {
        assert_eq!(whose(&url, contact).await, expected);
    }
    let contacts = Contacts::connect(&url).await.unwrap();
    let on_their_way = contacts.erased_with_order(Uuid::nil(), 100).await;
    assert_eq!(on_their_way.unwrap().len(), 2);
}

#[tokio::test]
async fn a_contact_that_the_earlier_release_stores_beside_this_one_is_completed_within_a_minute() {
    let url = database().await;
    let guest = Uuid::new_v4();
    let contact = earlier(&url, "Ada@example.org", Some(guest), false).await;
    // As every command API does it, which owns no table.
    maintenance::tend(&as_role(&url, COMMAND_API)).await.unwrap();
    let completed = (Some(guest), true, false, "ada@example.org".to_owned());
    assert_eq!(whose(&url, contact).await, completed);
    // What was completed is left alone.
    let mine = Uuid::now_v7();
    sqlx::query("update contacts set owner = $1, is_of_guest = false")
        .bind(mine)
        .execute(&mut sql(&url).await)
        .await
        .unwrap();
    maintenance::tend(&url).await.unwrap();
    let (owner, is_of_guest, is_going, _) = whose(&url, contact).await;
    assert_eq!((owner, is_of_guest, is_going), (Some(mine), false, false));
}

/// Checkouts would wait for a migration that rewrites every row and builds the indexes in its own transaction.
#[tokio::test]
async fn many_contacts_from_before_are_completed_in_portions_and_their_indexes_are_built_by_maintenance() {
    let url = database().await;
    let mut sql = sql(&url).await;
    sql.execute(BEFORE_0024).await.unwrap();
    let many = "insert into contacts (id, order_id, email, name, line1, postal_code, city, country, owner)
                select gen_random_uuid(), gen_random_uuid(), 'ada@example.org', '', '', '', '', 'DE', gen_random_uuid()
                from generate_series(1, 5100)";
    sql.execute(many).await.unwrap();
    event_store::migrations::run(&url).await.unwrap();
    let (all, of_guests, portions): (i64, i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where is_of_guest and email_key = 'ada@example.org'), count(distinct xmin::text)
         from contacts",
    )
    .fetch_one(&mut sql)
    .await
    .unwrap();
    assert_eq!((all, of_guests), (5100, 5100));
    assert_eq!(portions, 2, "no statement holds more than a portion");
    let valid: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indisvalid and c.relname in ('contacts_of_guests', 'contacts_email', 'mails_of_owner') order by 1",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(valid, ["contacts_of_guests", "mails_of_owner"]);
}

#[tokio::test]
async fn what_guests_ordered_is_found_by_session_and_what_was_paid_for_by_address() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (guest, stranger) = (Uuid::new_v4(), Uuid::new_v4());
    let ordered_by = async |owner: Owner| {
        let (contact, order) = (Uuid::now_v7(), Uuid::now_v7());
        contacts
            .keep(contact, order, owner, &ada(), "ada@example.org")
            .await
            .unwrap();
        (contact, order)
    };
    let own = ordered_by(Owner::Guest(guest)).await;
    let unpaid = ordered_by(Owner::Guest(stranger)).await;
    let paid = ordered_by(Owner::Guest(stranger)).await;
    let of_account = ordered_by(Owner::Account(account(&url).await)).await;
    let of_nobody = ordered_by(Owner::Guest(guest)).await;
    for (contact, order) in [own, unpaid, paid, of_account] {
        place(&url, order, contact).await;
    }
    for (_, order) in [paid, of_account] {
        happen(&url, order, "OrderConfirmed", "{}").await;
    }
    // It was cancelled since: paid for it was all the same.
    happen(&url, paid.1, "OrderCancelled", r#"{"reason":"staff"}"#).await;
    // As releases before accounts stored one, and nobody knows whose it is.
    sqlx::query("update contacts set owner = null, is_of_guest = true where id = $1")
        .bind(of_nobody.0)
        .execute(&mut sql(&url).await)
        .await
        .unwrap();
    place(&url, of_nobody.1, of_nobody.0).await;
    happen(&url, of_nobody.1, "OrderConfirmed", "{}").await;

    let found = async |guest: Option<Uuid>, keys: &[&str]| {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        contacts.of_guests(guest, &keys, Uuid::nil(), 100).await.unwrap()
    };
    let order_of = |(contact, order): (Uuid, Uuid), guest: Uuid| GuestOrder {
        contact,
        order,
        guest,
    };
    assert_eq!(found(Some(guest), &[]).await, [order_of(own, guest)]);
    assert_eq!(
        found(None, &["ada@example.org"]).await,
        [order_of(paid, stranger)]
    );
    assert_eq!(
        found(Some(guest), &["ada@example.org"]).await,
        [order_of(own, guest), order_of(paid, stranger)]
    );
    assert!(found(None, &[]).await.is_empty());
}

#[tokio::test]
async fn contacts_of_checkouts_that_were_refused_are_no_orders_of_guests() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let guest = Uuid::new_v4();
    contacts
        .keep(
            Uuid::now_v7(),
            Uuid::now_v7(),
            Owner::Guest(guest),
            &ada(),
            "ada@example.org",
        )
        .await
        .unwrap();
    let keys = ["ada@example.org".to_owned()];
    let found = contacts.of_guests(Some(guest), &keys, Uuid::nil(), 100).await;
    assert!(found.unwrap().is_empty());
}

#[tokio::test]
async fn a_contact_whose_order_became_an_accounts_follows_it_although_nobody_came_back_for_it() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (here, gone, guest) = (account(&url).await, Uuid::now_v7(), Uuid::new_v4());
    let mut kept = vec![];
    for account in [Some(here), Some(gone), None] {
        let (contact, order) = (Uuid::now_v7(), Uuid::now_v7());
        contacts
            .keep(contact, order, Owner::Guest(guest), &ada(), "ada@example.org")
            .await
            .unwrap();
        place(&url, order, contact).await;
        if let Some(account) = account {
            let payload = format!(r#"{{"customer":"{account}"}}"#);
            happen(&url, order, "OrderTakenOver", &payload).await;
        }
        kept.push(contact);
    }
    // Whoever takes this one over may be at it.
    let (contact, order) = (Uuid::now_v7(), Uuid::now_v7());
    contacts
        .keep(contact, order, Owner::Guest(guest), &ada(), "ada@example.org")
        .await
        .unwrap();
    place(&url, order, contact).await;
    let payload = format!(r#"{{"customer":"{here}"}}"#);
    happen_at(&url, order, "OrderTakenOver", &payload, "now()").await;

    assert_eq!(contacts.sweep_taken_over(HOUR).await.unwrap(), 2);
    assert_eq!(whose(&url, contact).await.0, Some(guest));
    let key = || "ada@example.org".to_owned();
    assert_eq!(whose(&url, kept[0]).await, (Some(here), false, false, key()));
    // Its account was erased in between: it is there for the parcel alone.
    assert_eq!(whose(&url, kept[1]).await, (Some(gone), false, true, key()));
    assert_eq!(whose(&url, kept[2]).await, (Some(guest), true, false, key()));
    assert_eq!(contacts.sweep_taken_over(HOUR).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn nothing_that_goes_wrong_repeats_personal_data() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let id = Uuid::now_v7();
    keep(&contacts, id, id, &ada()).await.unwrap();
    let repeated = keep(&contacts, id, id, &grace()).await.unwrap_err();
    let nowhere = Contact {
        country: "Nowhere".to_owned(),
        ..ada()
    };
    let too_long = keep(&contacts, Uuid::now_v7(), id, &nowhere).await.unwrap_err();
    for said in [
        format!("{repeated} {repeated:?}"),
        format!("{too_long} {too_long:?}"),
        format!("{:?}", ada()),
    ] {
        for secret in ["ada@", "Ada", "Grace", "Dorset", "Nowhere", "7946"] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

/// The event is there, and the contact is not moved yet.
#[tokio::test]
async fn what_another_account_took_over_is_nobody_elses_before_its_contact_is_moved() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (adas, graces) = (account(&url).await, account(&url).await);
    let keys = [ada().email];
    let [of_nobody, of_ada, of_grace] = [(); 3].map(|()| Uuid::now_v7());
    for order in [of_nobody, of_ada, of_grace] {
        let contact = Uuid::now_v7();
        keep(&contacts, contact, order, &ada()).await.unwrap();
        place(&url, order, contact).await;
    }
    for order in [of_nobody, of_grace] {
        happen(&url, order, "OrderConfirmed", "{}").await;
    }
    for (order, to) in [(of_ada, adas), (of_grace, graces)] {
        let payload = format!(r#"{{"from":"{}","customer":"{to}"}}"#, Uuid::new_v4());
        happen(&url, order, "OrderTakenOver", &payload).await;
    }
    assert_eq!(shown(&contacts, adas, &keys).await, [of_nobody, of_ada]);

    let mut connection = session(&url).await;
    let mut marked = Contacts::erase_of_account(&mut connection, adas, &keys, 100)
        .await
        .unwrap();
    marked.sort_unstable();
    assert_eq!(marked, [of_nobody, of_ada]);
    // Neither with its own order, where that has arrived, nor with another one.
    assert_eq!(contacts.erase(&[of_grace, of_ada]).await.unwrap(), 1);
    assert_eq!(
        contacts.of_order(of_grace).await.unwrap().len(),
        1,
        "it is Grace's"
    );
    assert_eq!(
        contacts.erased_with_order(Uuid::nil(), 100).await.unwrap(),
        [of_nobody]
    );
    assert!(contacts.of_order(of_ada).await.unwrap().is_empty());
}

async fn session(url: &str) -> Session {
    let settings = PoolSettings::new(url, "contacts", Limits::SERVING).expect("a URL is one");
    settings
        .connections(1)
        .lazy()
        .acquire()
        .await
        .expect("PostgreSQL answers")
}

/// The orders whose contacts an account may see.
async fn shown(contacts: &Contacts, account: Uuid, keys: &[String]) -> Vec<Uuid> {
    let found = contacts.of_account(account, keys, Uuid::nil(), 100).await;
    let orders = found
        .expect("PostgreSQL answers")
        .into_iter()
        .map(|contact| contact.order);
    orders.collect()
}

#[tokio::test]
async fn an_account_sees_what_guests_paid_for_with_its_address_and_takes_the_rest_along_unseen() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (adas, keys) = (account(&url).await, [ada().email]);
    let [never_placed, unpaid, paid, own] = [(); 4].map(|()| Uuid::now_v7());
    for order in [never_placed, unpaid, paid] {
        keep(&contacts, order, order, &ada()).await.unwrap();
    }
    contacts
        .keep(own, own, Owner::Account(adas), &grace(), "grace@example.org")
        .await
        .unwrap();
    for order in [unpaid, paid, own] {
        place(&url, order, order).await;
    }
    happen(&url, paid, "OrderConfirmed", "{}").await;
    assert_eq!(shown(&contacts, adas, &keys).await, [paid, own]);

    let mut connection = session(&url).await;
    let mut marked = vec![];
    // One after the other, as many as are asked for.
    for _ in 0..4 {
        let one = Contacts::erase_of_account(&mut connection, adas, &keys, 1)
            .await
            .unwrap();
        assert_eq!(one.len(), 1);
        marked.extend(one);
    }
    marked.sort_unstable();
    assert_eq!(marked, [never_placed, unpaid, paid, own]);
    let none = Contacts::erase_of_account(&mut connection, adas, &keys, 1).await;
    assert!(none.unwrap().is_empty());
}

#[tokio::test]
async fn contacts_are_found_page_by_page() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let adas = account(&url).await;
    let all = [(); 5].map(|()| Uuid::now_v7());
    for order in all {
        contacts
            .keep(order, order, Owner::Account(adas), &ada(), "ada@example.org")
            .await
            .unwrap();
    }
    let (mut pages, mut behind) = (vec![], Uuid::nil());
    loop {
        let page = contacts.of_account(adas, &[], behind, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        behind = last.id;
        pages.push(page.len());
    }
    assert_eq!(pages, [2, 2, 1]);
    let marked = Contacts::erase_of_account(&mut session(&url).await, adas, &[], 100).await;
    assert_eq!(marked.unwrap().len(), 5);
    let first = contacts.erased_with_order(Uuid::nil(), 3).await.unwrap();
    let rest = contacts.erased_with_order(all[2], 3).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}

#[tokio::test]
async fn a_contact_is_discarded_unless_its_order_is_there() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let [refused, placed, other] = [(); 3].map(|()| Uuid::now_v7());
    for order in [refused, placed, other] {
        keep(&contacts, order, order, &ada()).await.unwrap();
    }
    place(&url, placed, placed).await;
    for contact in [refused, placed] {
        contacts.discard(contact).await.unwrap();
    }
    assert_eq!(contacts.find(refused).await.unwrap(), None);
    assert_eq!(contacts.find(placed).await.unwrap(), Some(ada()));
    assert_eq!(contacts.find(other).await.unwrap(), Some(ada()));
}
