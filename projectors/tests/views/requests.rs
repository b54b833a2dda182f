//! Product requests with the texts that their events name, as PostgreSQL has them.

use domain::product_request::{Kind, ProductRequestEvent as E};
use domain::{Event, OwnerId, RequestId, TextId};
use read_model::View;
use redis::AsyncCommands;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::events::*;
use crate::replica::Replica;
use crate::support::*;

impl Shop {
    pub async fn request_field(&self, request: RequestId, field: &str) -> Option<String> {
        let generation = self.services.store.clone().shown(View::Requests).await.unwrap()?;
        let key = self.services.store.keys().request(generation, request);
        self.services.store.connection().hget(key, field).await.unwrap()
    }

    pub async fn request(&self, request: RequestId) -> Value {
        let body = self.request_field(request, "body").await.unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// Stores what somebody wrote.
    pub fn wrote(&self, request: RequestId, owner: OwnerId, title: &str, body: &str) -> TextId {
        let id = Uuid::now_v7();
        self.sql(&format!(
            "insert into texts (id, request_id, owner, title, body) values ('{id}', '{request}', '{owner}', nullif('{title}', ''), '{body}')"
        ));
        TextId::new(id)
    }

    pub async fn happens(&mut self, request: RequestId, events: impl IntoIterator<Item = E>) {
        let events: Vec<Event> = events.into_iter().map(Event::ProductRequest).collect();
        self.store(&request.stream(), events).await;
    }
}

pub fn submitted(customer: OwnerId, text: TextId) -> E {
    E::RequestSubmitted {
        kind: Kind::MissingProduct,
        customer,
        text: Some(text),
        sku: None,
        quantity: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_shown_with_its_texts_until_they_are_erased_and_after_a_rebuild_as_well() {
    let mut shop = Shop::open().await;
    let replica = Replica::start(&shop);
    let (ada, eve) = (owner_id(), owner_id());
    let request = RequestId::new(Uuid::now_v7());
    let asked = shop.wrote(request, ada, "A teapot for two", "Of stoneware.");
    let said = shop.wrote(request, eve, "", "Me too.");
    shop.happens(
        request,
        [
            submitted(ada, asked),
            E::RequestSupported { customer: eve },
            E::RequestCommented {
                customer: Some(eve),
                text: said,
            },
            E::RequestPlanned {},
        ],
    )
    .await;
    shop.relay().await;
    let report = shop.assert_verified().await;
    assert_eq!(report.views["requests"].documents, 1);
    let shown = shop.request(request).await;
    assert_eq!(
        (&shown["title"], &shown["description"], &shown["state"]),
        (
            &"A teapot for two".into(),
            &"Of stoneware.".into(),
            &"planned".into()
        )
    );
    let supporters = async |shop: &Shop| shop.request_field(request, "supporters").await;
    assert_eq!(supporters(&shop).await.as_deref(), Some("2"));
    assert_eq!(
        (&shown["thread"][0]["by"], &shown["thread"][0]["text"]),
        (&"shopper".into(), &"Me too.".into())
    );

    shop.happens(request, [E::CustomerErased { customer: ada }]).await;
    shop.sql(&format!("delete from texts where owner = '{ada}'"));
    shop.relay().await;
    shop.assert_verified().await;
    let nothing_of_ada = |shown: &Value| {
        assert!(
            shown["title"].is_null() && shown["description"].is_null(),
            "{shown}"
        );
        assert_eq!(shown["thread"][0]["text"], "Me too.");
    };
    nothing_of_ada(&shop.request(request).await);
    assert_eq!(supporters(&shop).await.as_deref(), Some("2"));
    let summary = shop.request_field(request, "summary").await.unwrap();
    assert!(!summary.contains("teapot"), "{summary}");
    replica.stop().await;

    let token = CancellationToken::new();
    let running = projectors::rebuild::rebuild(&shop.services, View::Requests, &token)
        .await
        .unwrap();
    nothing_of_ada(&shop.request(request).await);
    running.finish().await;
    shop.assert_verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_is_lost_is_built_again_with_its_texts() {
    let mut shop = Shop::open().await;
    let ada = owner_id();
    let request = RequestId::new(Uuid::now_v7());
    let asked = shop.wrote(request, ada, "A teapot for two", "");
    shop.happens(request, [submitted(ada, asked)]).await;
    shop.relay().await;
    shop.build().await;
    assert_eq!(shop.request(request).await["title"], "A teapot for two");
    shop.flush().await;
    shop.build().await;
    assert_eq!(shop.request(request).await["title"], "A teapot for two");
    shop.assert_verified().await;
}
