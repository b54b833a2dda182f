//! Who has to do with a request lies in sets beside it, which are written with it, equal a fold of its events, and are no part
//! of the document that is read for every event.

use domain::product_request::ProductRequestEvent as E;
use domain::{OwnerId, RequestId};
use read_model::{Keys, View};
use redis::AsyncCommands;
use uuid::Uuid;

use crate::events::*;
use crate::replica::Replica;
use crate::requests::submitted;
use crate::support::*;

impl Shop {
    async fn in_requests(&self, key: impl FnOnce(&Keys, u64) -> String) -> String {
        let shown = self.services.store.clone().shown(View::Requests).await.unwrap();
        key(self.services.store.keys(), shown.unwrap())
    }

    /// What somebody has to do with a request.
    async fn letters(&self, owner: OwnerId, request: RequestId) -> Option<String> {
        let key = self
            .in_requests(|keys, shown| keys.requests_of(shown, owner))
            .await;
        let mut redis = self.services.store.connection();
        redis.hget(key, request.to_string()).await.unwrap()
    }

    /// How many support and follow it, as it says itself.
    async fn counts(&self, request: RequestId) -> (String, String) {
        let supporters = self.request_field(request, "supporters").await;
        let followers = self.request_field(request, "followers").await;
        (supporters.unwrap(), followers.unwrap())
    }

    /// The names of what differs from a fold of the events.
    async fn differing(&self) -> Vec<String> {
        let report = projectors::verify::verify(&self.services, std::time::Duration::ZERO).await;
        let differences = report.unwrap().differences.into_iter();
        differences.map(|difference| difference.name).collect()
    }

    /// Makes a request of somebody.
    async fn ask(&mut self, ada: OwnerId) -> RequestId {
        let request = RequestId::new(Uuid::now_v7());
        let text = self.wrote(request, ada, "A teapot", "");
        self.happens(request, [submitted(ada, text)]).await;
        request
    }
}

fn supported(customer: OwnerId) -> E {
    E::RequestSupported { customer }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_come_and_go_in_sets_and_the_document_stays_as_small_as_it_was() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (ada, eve) = (owner_id(), owner_id());
    let request = shop.ask(ada).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.letters(ada, request).await.as_deref(), Some("csf"));
    let kept = async |shop: &Shop| {
        let mut size = 0;
        for field in ["body", "summary", "kept"] {
            size += shop.request_field(request, field).await.unwrap().len();
        }
        size
    };
    let small = kept(&shop).await;

    let many: Vec<OwnerId> = (0..300).map(|_| owner_id()).collect();
    shop.happens(request, many.iter().map(|owner| supported(*owner)))
        .await;
    shop.happens(request, [supported(eve), E::RequestSubscribed { customer: eve }])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.counts(request).await, ("302".to_owned(), "2".to_owned()));
    assert_eq!(shop.letters(eve, request).await.as_deref(), Some("sf"));
    // A version has more digits now.
    assert!(
        kept(&shop).await <= small + 16,
        "{} after {small}",
        kept(&shop).await
    );

    let left = [
        E::SubscriptionEnded { customer: eve },
        E::SupportWithdrawn { customer: eve },
    ];
    shop.happens(request, left).await;
    shop.happens(request, [E::CustomerErased { customer: many[0] }])
        .await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.counts(request).await, ("301".to_owned(), "1".to_owned()));
    assert_eq!(shop.letters(eve, request).await, None);
    assert_eq!(
        shop.letters(many[0], request).await,
        None,
        "whoever was erased is led to nothing"
    );
    assert_eq!(shop.letters(many[1], request).await.as_deref(), Some("s"));
    replica.stop().await;

    shop.build().await;
    shop.assert_verified().await;
    assert_eq!(shop.counts(request).await, ("301".to_owned(), "1".to_owned()));
    assert_eq!(shop.letters(many[0], request).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_of_a_duplicate_are_members_of_both_and_counted_once() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (ada, eve, bob) = (owner_id(), owner_id(), owner_id());
    let (original, duplicate) = (shop.ask(ada).await, shop.ask(eve).await);
    shop.happens(duplicate, [supported(ada), supported(bob)]).await;
    shop.happens(duplicate, [E::RequestMarkedDuplicate { of: original }])
        .await;
    let moved = E::SupportersMoved {
        from: duplicate,
        supporters: [eve, bob].into(),
        followers: vec![eve],
    };
    shop.happens(original, [moved]).await;
    shop.relay().await;
    shop.assert_verified().await;
    assert_eq!(shop.counts(original).await, ("3".to_owned(), "2".to_owned()));
    assert_eq!(shop.letters(bob, original).await.as_deref(), Some("s"));
    assert_eq!(shop.letters(eve, duplicate).await.as_deref(), Some("csf"));
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_names_whoever_is_missing_and_whoever_does_not_belong_there() {
    let mut shop = Shop::open().await;
    let (ada, eve, stranger) = (owner_id(), owner_id(), owner_id());
    let request = shop.ask(ada).await;
    shop.happens(request, [supported(eve)]).await;
    shop.relay().await;
    shop.build().await;
    shop.assert_verified().await;
    let supporters = shop
        .in_requests(|keys, shown| keys.supporters(shown, request))
        .await;
    let followers = shop
        .in_requests(|keys, shown| keys.followers(shown, request))
        .await;
    let of_stranger = shop
        .in_requests(|keys, shown| keys.requests_of(shown, stranger))
        .await;
    let erased = shop.in_requests(|keys, shown| keys.erased(shown, request)).await;
    let mut redis = shop.services.store.connection();
    let _: () = redis.sadd(erased, stranger.to_string()).await.unwrap();
    let _: () = redis.srem(supporters, eve.to_string()).await.unwrap();
    let _: () = redis.sadd(followers, stranger.to_string()).await.unwrap();
    let _: () = redis.hset(of_stranger, request.to_string(), "s").await.unwrap();
    let mut differing = shop.differing().await;
    differing[3..].sort();
    assert_eq!(
        differing,
        [
            format!("requests supporters {request} {eve}"),
            format!("requests followers {request} {stranger}"),
            format!("requests erased {request} {stranger}"),
            // By the sets, which do not have the one and have the other.
            format!("requests of {eve} {request}"),
            format!("requests of {stranger} {request}"),
        ]
    );
}

/// Whatever is repeated, lost or done again: the sets equal a fold of the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_equal_a_fold_whatever_is_repeated_lost_or_done_twice() {
    let mut shop = Shop::open().await;
    shop.build().await;
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let people: Vec<OwnerId> = (0..12).map(|_| owner_id()).collect();
    let request = shop.ask(people[0]).await;
    for round in 0..12 {
        let events: Vec<E> = (0..random.usize(1..15))
            .map(|_| {
                let customer = people[random.usize(..people.len())];
                match random.u8(..7) {
                    0 | 1 => E::RequestSupported { customer },
                    2 => E::SupportWithdrawn { customer },
                    3 => E::RequestSubscribed { customer },
                    4 => E::SubscriptionEnded { customer },
                    5 => E::StockAnnounced {
                        product_version: None,
                        stock_version: round,
                        customers: people[..random.usize(..4)].to_vec(),
                    },
                    _ => E::CustomerErased { customer },
                }
            })
            .collect();
        shop.happens(request, events).await;
        let messages = shop.messages_of(&request.stream()).await;
        // Dies between documents and record, or is done twice from somewhere; or the document is lost, and its sets are not.
        let mut projector = shop.projector(View::Requests, &request.stream()).await;
        match random.u8(..4) {
            0 => drop(projector.write(messages.clone()).await.unwrap()),
            1 => {
                let key = shop.in_requests(|keys, shown| keys.request(shown, request)).await;
                let _: () = shop.services.store.connection().del(key).await.unwrap();
            }
            2 => {
                let begin = random.usize(..messages.len());
                drop(projector.write(messages[begin..].to_vec()).await.unwrap());
            }
            _ => {}
        }
        let mut heir = shop.projector(View::Requests, &request.stream()).await;
        drop(heir.write(messages).await.unwrap());
        let differing: Vec<String> = shop
            .differing()
            .await
            .into_iter()
            .filter(|name| name.starts_with("requests"))
            .collect();
        assert_eq!(differing, [""; 0], "round {round}");
    }
}
