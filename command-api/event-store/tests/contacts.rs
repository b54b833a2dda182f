//! Names and addresses: kept before the order that names them, and swept where no order does.

mod support;

use std::time::Duration;

use event_store::contacts::{Contact, Contacts};
use sqlx::Executor;
use support::{database, sql};
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

/// An order that names a contact, as far as the sweep looks at it.
async fn place(url: &str, order: Uuid, contact: Uuid) {
    let sql_text = format!(
        "insert into events select coalesce(max(global_position), 0) + 1, 'order', '{order}', 1, 'OrderPlaced', '1.0',
         '{{\"contact\":\"{contact}\"}}', '{{}}', '{}', now() from events",
        Uuid::now_v7(),
    );
    sql(url)
        .await
        .execute(sql_text.as_str())
        .await
        .expect("PostgreSQL stores");
}

#[tokio::test]
async fn what_is_kept_is_found_again() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let (order, first, second) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    contacts.keep(first, order, Uuid::now_v7(), &ada()).await.unwrap();
    contacts
        .keep(second, order, Uuid::now_v7(), &grace())
        .await
        .unwrap();
    contacts
        .keep(Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7(), &ada())
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
    contacts
        .keep(named, placed, Uuid::now_v7(), &ada())
        .await
        .unwrap();
    contacts
        .keep(unnamed, placed, Uuid::now_v7(), &ada())
        .await
        .unwrap();
    contacts
        .keep(orphan, never_placed, Uuid::now_v7(), &ada())
        .await
        .unwrap();
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
    contacts.keep(named, order, Uuid::now_v7(), &ada()).await.unwrap();
    place(&url, order, named).await;
    contacts.sweep_orphans(Duration::ZERO).await.unwrap();
    let to_be_looked_at: i64 = sqlx::query_scalar("select count(*) from contacts where not is_named")
        .fetch_one(&mut sql(&url).await)
        .await
        .unwrap();
    assert_eq!(to_be_looked_at, 0);
}

#[tokio::test]
async fn nothing_that_goes_wrong_repeats_personal_data() {
    let url = database().await;
    let contacts = Contacts::connect(&url).await.unwrap();
    let id = Uuid::now_v7();
    contacts.keep(id, id, Uuid::now_v7(), &ada()).await.unwrap();
    let repeated = contacts.keep(id, id, Uuid::now_v7(), &grace()).await.unwrap_err();
    let nowhere = Contact {
        country: "Nowhere".to_owned(),
        ..ada()
    };
    let too_long = contacts
        .keep(Uuid::now_v7(), id, Uuid::now_v7(), &nowhere)
        .await
        .unwrap_err();
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
