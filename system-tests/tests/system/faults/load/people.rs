//! People with accounts who ask for products, support and follow each other's requests, and change their minds.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use system_tests::guest::Guest;
use system_tests::http::Request;
use tokio::sync::watch;

use super::{Dice, THINKING, some, until_told};
use crate::faults::client::{Client, Who, stored};
use crate::faults::journal::{Journal, Wanted};

const SUBMIT: Wanted = some("request", "RequestSubmitted");
const SUPPORT: Wanted = some("support", "RequestSupported");
const WITHDRAW: Wanted = some("withdraw", "SupportWithdrawn");
const FOLLOW: Wanted = some("follow", "RequestSubscribed");
const UNFOLLOW: Wanted = some("unfollow", "SubscriptionEnded");

pub struct Person {
    client: Client,
    requests: Arc<Vec<String>>,
    /// What this one has to do with which request, besides having asked for it.
    supports: BTreeSet<usize>,
    follows: BTreeSet<usize>,
    /// The own one: it is supported and followed from the beginning.
    own: usize,
}

/// Each registers and asks for something.
pub async fn ask(address: &str, journal: &Arc<Journal>, count: u64, seed: u64) -> Vec<Person> {
    let (mut clients, mut requests) = (vec![], vec![]);
    for number in 0..count {
        let credentials = json!({
            "email": format!("{}@example.org", uuid::Uuid::new_v4().simple()),
            "password": "mostly harmless towel",
        });
        let mut client = Client::new(
            Who::Account(Guest::default(), credentials.clone()),
            address,
            journal,
        );
        let register = Request::new("POST", "/api/commands/accounts").json(&credentials);
        client
            .ask("register", register)
            .await
            .expect("people can register");
        let title = format!("A towel no. {number} of {seed}");
        let submit = Request::new("POST", "/api/commands/requests")
            .json(&json!({ "kind": "missing_product", "title": title }));
        let submitted = client.command(SUBMIT, submit).await.expect("people can ask");
        let submitted = stored(&submitted).unwrap_or_else(|| panic!("people can ask: {submitted}"));
        requests.push(submitted.id);
        clients.push(client);
    }
    let requests = Arc::new(requests);
    clients
        .into_iter()
        .enumerate()
        .map(|(own, client)| Person {
            client,
            requests: Arc::clone(&requests),
            supports: BTreeSet::new(),
            follows: BTreeSet::new(),
            own,
        })
        .collect()
}

impl Person {
    pub async fn take_part(mut self, mut stop: watch::Receiver<bool>, seed: u64) {
        let mut dice = Dice::new(seed);
        let count = u64::try_from(self.requests.len()).expect("it is small");
        while !*stop.borrow() {
            let number = usize::try_from(dice.throw(count)).expect("it is small");
            if number != self.own {
                self.change_mind(number, dice.throw(2) == 0).await;
            }
            until_told(&mut stop, THINKING).await;
        }
    }

    async fn change_mind(&mut self, number: usize, of_support: bool) {
        let (what, mine, begin, end) = if of_support {
            ("support", &mut self.supports, SUPPORT, WITHDRAW)
        } else {
            ("subscription", &mut self.follows, FOLLOW, UNFOLLOW)
        };
        let does = mine.contains(&number);
        let (method, wanted) = if does { ("DELETE", end) } else { ("PUT", begin) };
        let path = format!("/api/commands/requests/{}/{what}", self.requests[number]);
        let answer = self.client.command(wanted, Request::new(method, &path)).await;
        if answer.is_some_and(|answer| answer.is_success()) {
            if does {
                mine.remove(&number);
            } else {
                mine.insert(number);
            }
        }
    }
}
