//! Two replicas that both have the relay role: whichever does not lead notifies the one that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{CartId, Currency, OwnerId};
use sqlx::postgres::PgListener;
use sqlx::{Connection as _, Executor, PgConnection};
use uuid::Uuid;

use super::{Log, Running, until};
use crate::command_loop::testing::loop_beside;
use crate::command_loop::{Caller, Command};

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_has_the_role_and_does_not_lead_notifies_the_leader() {
    let log = Log::new().await;
    let one = log.settings();
    let leads = Arc::clone(&one.leads);
    let _one = Running::start(one);
    until("the first leads", async || {
        leads.load(Ordering::Acquire).then_some(())
    })
    .await;
    let other = log.settings();
    let follows = Arc::clone(&other.leads);
    let _other = Running::start(other);

    assert!(
        !notifies(&log.url, &leads).await,
        "the leader needs no notification"
    );
    assert!(
        notifies(&log.url, &follows).await,
        "its leader has to hear of the other's"
    );
}

/// Whether a command loop tells other processes of what it appends.
async fn notifies(url: &str, leads: &Arc<AtomicBool>) -> bool {
    const END: &str = "the end";
    let mut listener = PgListener::connect(url).await.unwrap();
    listener.listen("appended").await.unwrap();
    let commands = loop_beside(url, leads);
    // When the second is answered, everything about the first was done.
    for owner in [Uuid::now_v7(), Uuid::now_v7()] {
        let open = Command::OpenCart {
            owner: OwnerId::new(owner),
            cart: CartId::new(Uuid::now_v7()),
            currency: Currency::EUR,
        };
        let caller = Caller {
            metadata: "{}".to_owned(),
            ..Caller::default()
        };
        commands.execute(open, caller).await.unwrap();
    }
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection
        .execute(format!("notify appended, '{END}'").as_str())
        .await
        .unwrap();
    let first = listener.recv().await.unwrap();
    first.payload() != END
}
